"""The pages. A verdict is told by a word and a shape, never by colour alone."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from gateway.pages import page

LONGEST_NUMBER = 50
"""As the certificate service takes it; anything longer is no number."""
LARGEST_PDF_MB = 5
"""What the certificate service takes."""


class Verification(BaseModel):
    """What the certificate service says of a certificate, as far as the page shows it."""

    valid: bool
    status: str
    reason: str | None = None
    certificate_number: str
    student_name: str
    course_title: str
    completion_date: datetime
    issued_at: datetime
    checks: dict[str, object] = {}


_FORM = Markup("""<form action="/verify/" method="get">
<label for="number">Certificate number</label>
<input id="number" name="certificate_number" value="{number}" maxlength="{longest}" required autocomplete="off"
 spellcheck="false" aria-describedby="hint">
<button type="submit">Verify</button>
<p id="hint">It stands on the certificate, and begins with CERT.</p>
</form>
<form action="/verify/" method="post" enctype="multipart/form-data">
<label for="file">Or its PDF</label>
<input id="file" name="file" type="file" accept="application/pdf,.pdf" required aria-describedby="file-hint">
<button type="submit">Verify the file</button>
<p id="file-hint">Choose the file or drop it on the field; {largest} MB at most. It is read, and not kept.</p>
</form>""")
_START = Markup("<h1>Verify a certificate</h1>{form}")
_RESULT = Markup("""<div class="verdict {kind}" role="status">{shape}
<div><h1>{verdict}</h1><p>{sentence}</p></div></div>
{facts}<h2 class="screen">Verify another</h2>{form}""")
_FACTS = Markup("""<h2>{heading}</h2><dl>
<dt>Name</dt><dd>{name}</dd>
<dt>Course</dt><dd>{course}</dd>
<dt>Completed</dt><dd>{completed}</dd>
<dt>Issued</dt><dd>{issued}</dd>
<dt>Number</dt><dd>{number}</dd>
</dl>{checks}<p>Checked on {checked}.</p>""")
_CHECKS = Markup("<h2>What was checked</h2><dl>{}</dl>")
_CHECK = Markup("<dt>{}</dt><dd>{}</dd>")
_TIME = Markup('<time datetime="{}">{}</time>')

_SVG = '<svg viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="4">'
_TICK_IN_CIRCLE = Markup(_SVG + '<circle cx="24" cy="24" r="20"/><path d="M14 25l7 7 13-15"/></svg>')  # noqa: S704
_CROSS_IN_OCTAGON = Markup(  # noqa: S704
    _SVG + '<path d="M16 4h16l12 12v16L32 44H16L4 32V16z"/><path d="M17 17l14 14M31 17L17 31"/></svg>'
)
_QUESTION_IN_DIAMOND = Markup(  # noqa: S704
    _SVG + '<path d="M24 3l21 21-21 21L3 24z"/><path d="M19 20a5 5 0 1 1 6 5v3M24 32v4"/></svg>'
)
_BROKEN_LINE = Markup(_SVG + '<path d="M4 24h12M32 24h12M20 14l8 20"/></svg>')  # noqa: S704

_ARROW_IN_CIRCLE = Markup(  # noqa: S704
    _SVG + '<circle cx="24" cy="24" r="20"/><path d="M14 24h19M25 15l9 9-9 9"/></svg>'
)
_CLOCK = Markup(_SVG + '<rect x="4" y="4" width="40" height="40" rx="6"/><path d="M24 12v13l9 6"/></svg>')  # noqa: S704
_WARNING_TRIANGLE = Markup(_SVG + '<path d="M24 4l21 38H3z"/><path d="M24 18v12M24 34v4"/></svg>')  # noqa: S704


@dataclass(frozen=True)
class _Verdict:
    word: str
    shape: Markup
    heading: str
    """Over the facts: they do not stand where the verdict is against them."""


_VALID = _Verdict("Valid", _TICK_IN_CIRCLE, "What it certifies")
_TAMPERED = _Verdict("Tampered with", _WARNING_TRIANGLE, "What is on record")
_VERDICTS = {
    "revoked": _Verdict("Revoked", _CROSS_IN_OCTAGON, "What it certified"),
    "superseded": _Verdict("Superseded", _ARROW_IN_CIRCLE, "What it certified"),
    "expired": _Verdict("Expired", _CLOCK, "What it certified"),
}
_NOT_VALID = _Verdict("Not valid", _CROSS_IN_OCTAGON, "What is on record")
_UNKNOWN = _Verdict("Unknown", _QUESTION_IN_DIAMOND, "")
_NOT_VERIFIED = _Verdict("Not verified", _BROKEN_LINE, "")

_CHECKED = {
    "hash": ("Content", "Unchanged", "Changed"),
    "signature": ("Signature", "Genuine", "Not genuine"),
    "revocation": ("Revocation", "Not revoked", "Revoked"),
    "log": ("Public log", "Agrees", "Disagrees"),
}
"""Each check, and what is said of it when it passed and when it failed."""


def start_page() -> HTMLResponse:
    return page("Verify a certificate", _START.format(form=_form("")))


def known_page(found: Verification, *, now: datetime) -> HTMLResponse:
    """A certificate that there is: valid, or not."""
    verdict = _verdict_on(found)
    sentence = found.reason or f"This certificate is {found.status}."
    if found.valid:
        sentence = "This certificate is genuine and in force."
    return page(verdict.word, _result(verdict, sentence, "", _facts(found, verdict, now)))


def _verdict_on(found: Verification) -> _Verdict:
    """Forgery is told before all else: of what was changed, the status means nothing."""
    if found.valid:
        return _VALID
    if any(found.checks.get(name) is False for name in ("hash", "signature", "log")):
        return _TAMPERED
    return _VERDICTS.get(found.status, _NOT_VALID)


def unknown_page(number: str) -> HTMLResponse:
    sentence = f"There is no certificate with the number {number[:LONGEST_NUMBER]}. Compare it with the certificate."
    return page(_UNKNOWN.word, _result(_UNKNOWN, sentence, number), status=404)


def unknown_file_page() -> HTMLResponse:
    sentence = "The file names a certificate that was never issued here."
    return page(_UNKNOWN.word, _result(_UNKNOWN, sentence, ""), status=404)


def unreadable_page(sentence: str, *, status: int, closing: bool = False) -> HTMLResponse:
    """A file that nothing can be said of; `closing` where the rest of it is still on its way."""
    content = _result(_NOT_VERIFIED, sentence, "")
    return page(_NOT_VERIFIED.word, content, status=status, headers={"Connection": "close"} if closing else None)


def unavailable_page(number: str) -> HTMLResponse:
    sentence = "Certificates cannot be verified at the moment. This says nothing about yours: try again in a minute."
    content = _result(_NOT_VERIFIED, sentence, number)
    return page(_NOT_VERIFIED.word, content, status=503, headers={"Retry-After": "60"})


def _result(verdict: _Verdict, sentence: str, number: str, facts: Markup | str = "") -> Markup:
    kind = verdict.word.split()[0].lower()
    return _RESULT.format(
        kind=kind, shape=verdict.shape, verdict=verdict.word, sentence=sentence, facts=facts, form=_form(number)
    )


def _form(number: str) -> Markup:
    return _FORM.format(number=number[:LONGEST_NUMBER], longest=LONGEST_NUMBER, largest=LARGEST_PDF_MB)


def _facts(found: Verification, verdict: _Verdict, now: datetime) -> Markup:
    checks = Markup("").join(_CHECK.format(*_outcome(name, outcome)) for name, outcome in found.checks.items())
    return _FACTS.format(
        heading=verdict.heading,
        name=found.student_name or "Erased",
        course=found.course_title,
        completed=_day(found.completion_date),
        issued=_day(found.issued_at),
        number=found.certificate_number,
        checks=_CHECKS.format(checks) if checks else "",
        checked=_day(now),
    )


def _outcome(name: str, outcome: object) -> tuple[str, str]:
    title, passed, failed = _CHECKED.get(name, (name, "Passed", "Failed"))
    if outcome is None:
        return title, "Not checked"
    return title, passed if outcome is True else failed


def _day(time: datetime) -> Markup:
    return _TIME.format(time.date().isoformat(), f"{time.day} {time:%B %Y}")
