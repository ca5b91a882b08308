"""The pages. A verdict is told by a word and a shape, never by colour alone."""

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
_RESULT = Markup("""<div class="verdict" role="status">{shape}<div><h1>{verdict}</h1><p>{sentence}</p></div></div>
{facts}<h2 class="screen">Verify another</h2>{form}""")
_FACTS = Markup("""<h2>What it certifies</h2><dl>
<dt>Name</dt><dd>{name}</dd>
<dt>Course</dt><dd>{course}</dd>
<dt>Completed</dt><dd>{completed}</dd>
<dt>Issued</dt><dd>{issued}</dd>
<dt>Number</dt><dd>{number}</dd>
<dt>Status</dt><dd>{status}</dd>
</dl>{checks}""")
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

_NOT_VALID = ("Not valid", _CROSS_IN_OCTAGON)
_TAMPERED = ("Tampered with", _WARNING_TRIANGLE)
_VERDICTS = {
    "revoked": ("Revoked", _CROSS_IN_OCTAGON),
    "superseded": ("Superseded", _ARROW_IN_CIRCLE),
    "expired": ("Expired", _CLOCK),
}

_NAMES = {
    "hash": "Content unchanged",
    "signature": "Signature",
    "revocation": "Not revoked",
    "log": "In the public log",
}


def start_page() -> HTMLResponse:
    return page("Verify a certificate", _START.format(form=_form("")))


def known_page(found: Verification) -> HTMLResponse:
    """A certificate that there is: valid, or not."""
    if found.valid:
        shape, verdict, sentence = _TICK_IN_CIRCLE, "Valid", "This certificate is genuine and in force."
    else:
        verdict, shape = _verdict_against(found)
        sentence = found.reason or f"This certificate is {found.status}."
    return page(verdict, _result(shape, verdict, sentence, found.certificate_number, _facts(found)))


def _verdict_against(found: Verification) -> tuple[str, Markup]:
    """Forgery is told before all else: of what was changed, the status means nothing."""
    if any(found.checks.get(name) is False for name in ("hash", "signature", "log")):
        return _TAMPERED
    return _VERDICTS.get(found.status, _NOT_VALID)


def unknown_page(number: str) -> HTMLResponse:
    sentence = f"There is no certificate with the number {number[:LONGEST_NUMBER]}. Compare it with the certificate."
    return page("Unknown", _result(_QUESTION_IN_DIAMOND, "Unknown", sentence, number), status=404)


def unknown_file_page() -> HTMLResponse:
    sentence = "The file names a certificate that was never issued here."
    return page("Unknown", _result(_QUESTION_IN_DIAMOND, "Unknown", sentence, ""), status=404)


def unreadable_page(sentence: str, *, status: int, closing: bool = False) -> HTMLResponse:
    """A file that nothing can be said of; `closing` where the rest of it is still on its way."""
    content = _result(_BROKEN_LINE, "Not verified", sentence, "")
    return page("Not verified", content, status=status, headers={"Connection": "close"} if closing else None)


def unavailable_page(number: str) -> HTMLResponse:
    sentence = "Certificates cannot be verified at the moment. This says nothing about yours: try again in a minute."
    content = _result(_BROKEN_LINE, "Not verified", sentence, number)
    return page("Not verified", content, status=503, headers={"Retry-After": "60"})


def _result(shape: Markup, verdict: str, sentence: str, number: str, facts: Markup | str = "") -> Markup:
    return _RESULT.format(shape=shape, verdict=verdict, sentence=sentence, facts=facts, form=_form(number))


def _form(number: str) -> Markup:
    return _FORM.format(number=number[:LONGEST_NUMBER], longest=LONGEST_NUMBER, largest=LARGEST_PDF_MB)


def _facts(found: Verification) -> Markup:
    checks = Markup("").join(
        _CHECK.format(_NAMES.get(name, name), _outcome(outcome)) for name, outcome in found.checks.items()
    )
    return _FACTS.format(
        name=found.student_name or "Erased",
        course=found.course_title,
        completed=_day(found.completion_date),
        issued=_day(found.issued_at),
        number=found.certificate_number,
        status=found.status,
        checks=_CHECKS.format(checks) if checks else "",
    )


def _outcome(outcome: object) -> str:
    if isinstance(outcome, bool):
        return "Passed" if outcome else "Failed"
    return "Not checked" if outcome is None else str(outcome)


def _day(time: datetime) -> Markup:
    return _TIME.format(time.date().isoformat(), f"{time.day} {time:%B %Y}")
