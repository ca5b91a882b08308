"""Reading e-mail addresses from what spreadsheets and people write."""

import csv
import io
import re

from shared.errors import Invalid

MOST_ADDRESSES = 10_000
LONGEST_ADDRESS = 254
LONGEST_HEADER = 50

_ADDRESS = re.compile(r"[^\s@\"'<>(),;:\\=+@-][^\s@\"'<>(),;:\\]*@[^\s@\"'<>(),;:\\]+\.[^\s@\"'<>(),;:\\.]+")
_HEADERS = ("email", "e-mail", "mail", "email address", "e-mail address")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_address(value: str) -> bool:
    """Whether it could be an address; nothing that a spreadsheet would take for a formula is."""
    return len(value) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(value) is not None


def decode(sent: bytes) -> str:
    """A file as text: UTF-8, or UTF-16 where it says so. Raises Invalid (`file`)."""
    encoding = "utf-16" if sent[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return sent.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid(file="The file is not text in UTF-8. Save it as 'CSV UTF-8'.") from error


def read_addresses(text: str, field: str = "file") -> list[str]:
    """The addresses of a CSV: of the column named `email`, else of the first one. Raises Invalid (`field`).

    Separated by commas, semicolons or tabs. Empty lines are passed over.
    """
    if _UNSTORABLE.search(text):
        raise Invalid({field: ["NUL characters and unpaired surrogates are not allowed."]})
    first = text.lstrip("\ufeff").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    column, found = 0, []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator)):
            if number == 0 and (named := _column_of(row)) is not None:
                column = named
            elif any(cell.strip() for cell in row):
                found.append(row[column].strip() if column < len(row) else "")
    except csv.Error as error:
        raise Invalid({field: [f"It cannot be read as CSV: {error}."]}) from error
    return distinct(found, field)


def _column_of(row: list[str]) -> int | None:
    names = [cell.strip().lower() if len(cell) <= LONGEST_HEADER else "" for cell in row]
    return next((names.index(name) for name in _HEADERS if name in names), None)


def distinct(addresses: list[str], field: str) -> list[str]:
    """In lower case, each once, by the alphabet. Raises Invalid for none, for too many and for long ones."""
    found = sorted({address.strip().lower() for address in addresses})
    if not found:
        raise Invalid({field: ["There are no addresses in it."]})
    if len(found) > MOST_ADDRESSES:
        raise Invalid({field: [f"At most {MOST_ADDRESSES} addresses at once; got {len(found)}."]})
    longest = max(found, key=len)
    if len(longest) > LONGEST_ADDRESS:
        raise Invalid({field: [f"An address has {LONGEST_ADDRESS} characters at most: {longest[:50]}…"]})
    return found
