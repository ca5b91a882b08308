"""What values the fields may take: the specification's validators, as pure functions.

Each returns the value to keep, or raises ValueError with a sentence that names the limit and what was given; in an
HTTP model that becomes the error of the field.
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import SplitResult, urlsplit

HIGHEST_PRICE = Decimal(10_000)
LONGEST_MINUTES = 10_080
MOST_REQUIREMENTS = 20
MOST_OBJECTIVES = 15
MOST_SKILLS = 50
MOST_TAGS = 20
LONGEST_ITEM = 300
LONGEST_TAG = 50
_CENT = Decimal("0.01")
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_YOUTUBE = {"youtube.com", "www.youtube.com", "m.youtube.com", "youtube-nocookie.com", "www.youtube-nocookie.com"}
_YOUTUBE_PATH = re.compile(r"/(embed|shorts|live|v)/[\w-]{6,20}/?", re.ASCII)
_YOUTUBE_ID = re.compile(r"[\w-]{6,20}", re.ASCII)
_VIMEO_PATH = re.compile(r"/(channels/\w+/|groups/\w+/videos/|video/)?\d{1,15}(/\w+)?/?", re.ASCII)
_VIDEO_FILE = re.compile(r".+\.(mp4|m4v|webm|ogv|ogg|mov|m3u8|mpd)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*", re.IGNORECASE)


def _given(value: object) -> str:
    """What was given, short enough for a message."""
    shown = str(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"


def validate_text(value: str) -> str:
    """Text of any number of lines; PostgreSQL cannot keep the NUL character."""
    if "\0" in value:
        raise ValueError("Text cannot contain the NUL character (U+0000).")
    return value


def validate_line(value: str) -> str:
    """Text of one line, without control characters."""
    if any(character < " " or character == "\x7f" for character in value):
        raise ValueError("This must be one line of text, without control characters.")
    return value


def validate_price_range(value: Decimal) -> Decimal:
    """A price from 0 to 10,000 with at most two decimals."""
    if not 0 <= value <= HIGHEST_PRICE:
        raise ValueError(f"A price must be between 0 and 10,000; {_given(value)} was given.")
    cents = value.quantize(_CENT, ROUND_HALF_UP)
    if cents != value:
        raise ValueError(f"A price has at most two decimals; {_given(value)} was given.")
    return cents


def validate_duration_minutes(value: int) -> int:
    if not 0 <= value <= LONGEST_MINUTES:
        raise ValueError(f"A duration must be between 0 and 10,080 minutes (a week); {_given(value)} was given.")
    return value


def validate_moment(value: datetime) -> datetime:
    """A time from 2000 to 2199, in UTC: one that cannot be meant is refused before it overflows something."""
    if not _EARLIEST.replace(tzinfo=None) <= value.replace(tzinfo=None) < _LATEST.replace(tzinfo=None):
        raise ValueError(f"The time must be between the years 2000 and 2199; {_given(value.isoformat())} was given.")
    return value.astimezone(UTC)


def validate_language(value: str) -> str:
    if len(value) > 35 or not _LANGUAGE.fullmatch(value):
        raise ValueError(f"A language is a BCP 47 tag such as 'en' or 'pt-BR'; '{_given(value)}' was given.")
    return value


def validate_video_url(value: str) -> str:
    """A YouTube or Vimeo video, or a video file by its ending; empty for none."""
    if not value or _is_video(value):
        return value
    raise ValueError(
        "A video URL must be a YouTube or Vimeo video, or a direct link (http or https) to a video file "
        f"(mp4, m4v, webm, ogv, ogg, mov, m3u8, mpd); '{_given(value)}' was given."
    )


def validate_url(value: str) -> str:
    """An address of the web; empty for none."""
    if not value or _web_address(value) is not None:
        return value
    raise ValueError(f"A URL must be a whole web address, http or https; '{_given(value)}' was given.")


def _is_video(value: str) -> bool:
    found = _web_address(value)
    if found is None:
        return False
    host, url = found
    return _is_youtube(host, url) or _is_vimeo(host, url) or bool(_VIDEO_FILE.fullmatch(url.path))


def _web_address(value: str) -> tuple[str, SplitResult] | None:
    """Host and parts; None when it is no web address, or one that could do harm in a page."""
    try:
        url = urlsplit(value)
        host = (url.hostname or "").lower()
        _ = url.port  # raises on a port that is none
    except ValueError:
        return None
    if url.scheme not in ("http", "https") or url.username is not None or not _HOST.fullmatch(host):
        return None
    if any(character <= " " or character in "<>\"'`\\\x7f" or "\ud800" <= character <= "\udfff" for character in value):
        return None
    return host, url


def _is_youtube(host: str, url: SplitResult) -> bool:
    if host == "youtu.be":
        return bool(_YOUTUBE_ID.fullmatch(url.path.strip("/")))
    if host not in _YOUTUBE:
        return False
    parameters = dict(pair.partition("=")[::2] for pair in url.query.split("&"))
    watched = url.path.rstrip("/") == "/watch" and _YOUTUBE_ID.fullmatch(parameters.get("v", ""))
    return bool(watched or _YOUTUBE_PATH.fullmatch(url.path))


def _is_vimeo(host: str, url: SplitResult) -> bool:
    return host in ("vimeo.com", "www.vimeo.com", "player.vimeo.com") and bool(_VIMEO_PATH.fullmatch(url.path))


def validate_course_requirements(value: list[str]) -> list[str]:
    return _lines(value, "requirements", most=MOST_REQUIREMENTS, shortest=3, longest=LONGEST_ITEM)


def validate_learning_objectives(value: list[str]) -> list[str]:
    return _lines(value, "learning objectives", most=MOST_OBJECTIVES, shortest=5, longest=LONGEST_ITEM)


def validate_skills(value: list[str]) -> list[str]:
    return _lines(value, "skills", most=MOST_SKILLS, shortest=1, longest=100)


def validate_tags(value: list[str]) -> list[str]:
    """Tags in lower case, each once."""
    lines = _lines(value, "tags", most=MOST_TAGS, shortest=2, longest=LONGEST_TAG)
    return list(dict.fromkeys(line.lower() for line in lines))


def _lines(value: list[str], what: str, *, most: int, shortest: int, longest: int) -> list[str]:
    """Short texts, stripped."""
    if len(value) > most:
        raise ValueError(f"There can be at most {most} {what}; {len(value)} were given.")
    lines = [validate_line(item.strip()) for item in value]
    for place, line in enumerate(lines, start=1):
        if not shortest <= len(line) <= longest:
            raise ValueError(
                f"Each of the {what} must have {shortest} to {longest} characters; "
                f"number {place} has {len(line)}: '{_given(line)}'."
            )
    return lines


def validate_discount(price: Decimal, discount_price: Decimal | None) -> None:
    if discount_price is not None and discount_price >= price:
        raise ValueError(f"The discount price must be below the price, {price}; {discount_price} was given.")


def validate_guest_content(access_level: str, guest_content: str | None) -> None:
    if access_level == "guest" and not (guest_content or "").strip():
        raise ValueError("A lesson with access level 'guest' must have guest content; none was given.")
