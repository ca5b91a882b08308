"""Text out of mark-up, and text into it."""

import html
import re

import nh3

_BREAKS = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6]|/td|/th|/pre|/blockquote|/section)\b[^>]*>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_CUE = re.compile(r"^\s*(?:\d+\s*|[\d:.,]+ *--> *[\d:.,]+.*)$")


def storable(text: str) -> str:
    """`text` without control characters that cannot be kept."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(markup: str) -> str:
    """The words of HTML, a line for each paragraph."""
    text = html.unescape(nh3.clean(_BREAKS.sub("\n", markup), tags=set())) if "<" in markup else html.unescape(markup)
    return _LINES.sub("\n", _SPACES.sub(" ", storable(text))).strip()


def line(text: str, longest: int) -> str:
    """One line, cut to a length."""
    return cut(" ".join(storable(text).split()), longest)


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def subtitles(text: str) -> str:
    """What is said in SRT or VTT subtitles, without numbers and times, as one paragraph of HTML."""
    lines = (part.strip() for part in storable(text).splitlines() if not _CUE.match(part))
    said = " ".join(plain(part) for part in lines if part and part != "WEBVTT")
    return f"<p>{html.escape(said, quote=False)}</p>" if said else ""


def paragraph(text: str) -> str:
    return f"<p>{html.escape(text, quote=False)}</p>"


def link(address: str, text: str) -> str:
    return f'<p><a href="{html.escape(address)}">{html.escape(text, quote=False)}</a></p>'
