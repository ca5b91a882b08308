"""How a certificate looks: its words, colours and layout. All of it is data; nothing of it is ever code."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.errors import Invalid
from shared.fields import Storable

BUILT_IN = "1"
"""The `template_version` of certificates that no template was made for."""

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: between text and its ground."""
SHAPE_CONTRAST = 3.0
"""WCAG 2.2, 1.4.11: between lines and their ground."""

LEVELS = ("all_levels", "beginner", "intermediate", "advanced")
"""Of a course; the wording has a word for each."""

Layout = Literal["classic", "modern", "minimal"]


@cache
def _is_language(code: str) -> bool:
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _known_language(code: str) -> str:
    if not _is_language(code):
        raise ValueError(f"'{code}' is not a language known here. Give its ISO 639 code, such as en, de or ar.")
    return code


def _hex(colour: str) -> str:
    return colour.lower()


Phrase = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), Storable]
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), Storable]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), Storable]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$"), AfterValidator(_hex)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$"), AfterValidator(_known_language)]


class Wording(BaseModel):
    """What stands on the page beside names, title and dates. Empty: nothing stands there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    organisation: Name = Field(default="Syllabus", description="At the top; read out in place of the logo.")
    heading: Name = "Certificate of Completion"
    presented: Phrase = "This is to certify that"
    achieved: Phrase = "has successfully completed the course"
    all_levels: Label = Field(default="All levels", description="Below the title, of a course of this level.")
    beginner: Label = Field(default="Beginner", description="As `all_levels`.")
    intermediate: Label = Field(default="Intermediate", description="As `all_levels`.")
    advanced: Label = Field(default="Advanced", description="As `all_levels`.")
    completed: Label = "Completed on"
    issued: Label = "Issued on"
    instructor: Label = Field(default="Instructor", description="Below the lead instructor's name.")
    signatory: Phrase = Field(default="", description="Who signs, in place of the lead instructor.")
    signatory_title: Label = Field(default="", description="Below the signatory's name.")
    number: Label = "No."
    verify: Label = "Verify"


class Colours(BaseModel):
    """As `#rrggbb`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ink: Colour = Field(default="#1c2733", description=f"Of text: contrast with the paper at least {TEXT_CONTRAST}.")
    accent: Colour = Field(default="#a8842c", description=f"Of lines: contrast at least {SHAPE_CONTRAST}.")
    paper: Colour = "#fdfcf8"


class Design(BaseModel):
    """A look, without its images."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Language = Field(default="en", description="ISO 639: of the wording, and of the dates.")
    layout: Layout = "classic"
    wording: Wording = Wording()
    colours: Colours = Colours()


def changed(design: Design, changes: Mapping[str, Any]) -> Design:
    """The design with some of its values, and some words and colours, changed. Raises Invalid for colours that
    cannot be told apart.
    """
    values = design.model_dump()
    for name, value in changes.items():
        values[name] = {**values[name], **value} if isinstance(value, Mapping) else value
    result = Design.model_validate(values)
    check_colours(result.colours)
    return result


def check_colours(colours: Colours) -> None:
    """Raises Invalid, naming each colour that does not stand out from the paper."""
    errors = {}
    for name, colour, least in (("ink", colours.ink, TEXT_CONTRAST), ("accent", colours.accent, SHAPE_CONTRAST)):
        reached = contrast(colour, colours.paper)
        if reached < least:
            errors[f"colours.{name}"] = [
                f"The contrast of {colour} with the paper {colours.paper} is {int(reached * 100) / 100};"
                f" it must be at least {least}."
            ]
    if errors:
        raise Invalid(errors)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two colours: 1 for the same, 21 for black and white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def is_dark(colour: str) -> bool:
    """Whether white stands out from it more than black does."""
    return contrast(colour, "#ffffff") > contrast(colour, "#000000")


def softened(ink: str, paper: str) -> str:
    """The ink, as near to the paper as small text may be; at most three tenths of the way."""
    for share in (0.3, 0.25, 0.2, 0.15, 0.1, 0.05):
        mixed = [round(a + (b - a) * share) for a, b in zip(_rgb(ink), _rgb(paper), strict=True)]
        colour = "#" + "".join(f"{part:02x}" for part in mixed)
        if contrast(colour, paper) >= TEXT_CONTRAST:
            return colour
    return ink


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _rgb(colour)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
