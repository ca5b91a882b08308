"""Links inside a course while it has no ids: by the number of a lesson, and of a resource in its lesson, from 0.

They have a random token in front, so that nothing that an author wrote can be taken for one.
"""

import re
from collections.abc import Callable


def file_link(token: str, lesson: int, resource: int) -> str:
    """To the resource itself; `download/` after it leads to the file."""
    return f"/{token}/file/{lesson}/{resource}/"


def lesson_link(token: str, lesson: int) -> str:
    return f"/{token}/lesson/{lesson}/"


def with_addresses(
    html: str, token: str, resource: Callable[[int, int], str | None], lesson: Callable[[int], str | None]
) -> str:
    """`html` with the addresses that these functions give; where they give none, the link leads nowhere."""

    def address(match: re.Match[str]) -> str:
        if match[1] is not None:
            return resource(int(match[1]), int(match[2])) or "#"
        return lesson(int(match[3])) or "#"

    return re.sub(rf"/{token}/(?:file/(\d{{1,6}})/(\d{{1,6}})|lesson/(\d{{1,6}}))/", address, html)
