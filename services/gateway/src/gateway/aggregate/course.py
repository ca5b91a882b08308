"""A course's page: the catalog's answer, and what enrollment adds to it (reviews, one's own progress).

Both are asked at the same time when the course's id is known, from the address or from an earlier slug. The bytes are
joined, not parsed. What the catalog says to guests it says to learners too, so for them its part is kept (`cache`), and
only enrollment is asked. Enrollment is an optional part: without it, what it adds is null, and `degraded` names it.
"""

import asyncio
import hashlib
import re
from collections import OrderedDict
from dataclasses import replace

import structlog
from starlette.types import Send

from gateway.cache.pages import Pages, page_of
from gateway.shape import role_in, user_in
from gateway.upstream.client import UpstreamDown, Upstreams
from gateway.upstream.headers import RawHeaders
from gateway.upstream.inside import Inside
from gateway.upstream.proxy import Incoming
from gateway.upstream.whole import Whole, fetch
from shared.fields import LARGEST_ID

OVERLAY_LIMIT_S = 1.0
"""How long enrollment may take, beyond the catalog."""
MOST_REMEMBERED = 10_000

_PATH = re.compile(r"/api/courses/([^/]+)/")
_OWN_ID = re.compile(rb'\{\s*"id"\s*:\s*(\d{1,19})\s*,')
_OVERLAY = re.compile(rb'\{\s*"recent_reviews"\s*:.*\}', re.DOTALL)
_NOTHING = b'{"recent_reviews":null,"user_progress":null}'

log = structlog.get_logger()


def course_ref_in(path: str) -> str | None:
    """The slug or id in the path of a course's page; None in every other path."""
    found = _PATH.fullmatch(path)
    return found.group(1) if found else None


class CoursePage:
    """Composes the page, and remembers which slug is which course's: a slug stays."""

    def __init__(self, upstreams: Upstreams, inside: Inside, kept: Pages) -> None:
        self._upstreams = upstreams
        self._inside = inside
        self._kept = kept
        self._ids: OrderedDict[str, int] = OrderedDict()

    async def answer(self, request: Incoming, ref: str, send: Send) -> None:
        """Raises ServiceUnavailable when the catalog does not answer."""
        user_id = user_in(request.signature) if request.signature else None
        guessed = self._id_of(ref)
        early = asyncio.create_task(self._overlay(guessed, user_id)) if guessed else None
        try:
            page = await self._of_catalog(request)
            course_id = _id_in(page)
            if course_id is not None:
                known = early if guessed == course_id else None
                overlay = await (known or self._overlay(course_id, user_id))
                page = _joined(page, overlay, request.headers, is_personal=user_id is not None)
                self._remember(ref, course_id)
        finally:
            if early is not None:
                early.cancel()
        await page.give(send)

    async def _of_catalog(self, request: Incoming) -> Whole:
        """The catalog's part. Staff see more than guests do, and the enrolled see what is no longer published."""
        if request.signature is not None and role_in(request.signature) != "student":
            return await fetch(self._upstreams, request)
        key = b"catalog " + request.target.encode()
        if (found := await self._kept.find(key)) is not None:
            return Whole(200, found.headers, found.body)
        began = self._kept.changes
        page = await fetch(self._upstreams, replace(request, signature=None))
        if page.status == 200:
            if self._kept.is_open and (new := page_of(page.headers, page.body)) is not None:
                self._kept.keep(key, new, began)
            return page
        return page if request.signature is None else await fetch(self._upstreams, request)

    async def _overlay(self, course_id: int, user_id: int | None) -> bytes | None:
        """What enrollment adds; None when it does not say."""
        whose = f"?user_id={user_id}" if user_id is not None else ""
        try:
            overlay = await self._inside.get(
                "enrollment", f"/internal/courses/{course_id}/overlay/{whose}", limit_s=OVERLAY_LIMIT_S
            )
        except UpstreamDown as error:
            log.warning("course page without enrollment", error=str(error))
            return None
        return overlay if overlay is not None and _OVERLAY.fullmatch(overlay) else None

    def _id_of(self, ref: str) -> int | None:
        if ref.isascii() and ref.isdigit():
            return int(ref) if len(ref) <= 19 and 0 < int(ref) <= LARGEST_ID else None
        return self._ids.get(ref)

    def _remember(self, ref: str, course_id: int) -> None:
        if not ref.isdigit():
            self._ids[ref] = course_id
            self._ids.move_to_end(ref)
            if len(self._ids) > MOST_REMEMBERED:
                self._ids.popitem(last=False)


def _id_in(page: Whole) -> int | None:
    """Which course it is; None when the answer is no course."""
    found = _OWN_ID.match(page.body) if page.is_json_object else None
    return int(found.group(1)) if found else None


def _joined(page: Whole, overlay: bytes | None, asked: RawHeaders, *, is_personal: bool) -> Whole:
    degraded = b"[]" if overlay is not None else b'["enrollment"]'
    added = (overlay or _NOTHING)[1:-1]
    body = b'%b,%b,"degraded":%b}' % (page.body[:-1], added, degraded)
    headers = [(name, value) for name, value in page.headers if name != b"etag"]
    if is_personal and page.header(b"cache-control") is None:
        headers.append((b"cache-control", b"private"))
    tag = _tag(page.header(b"etag"), added + degraded)
    if tag is None:
        return Whole(page.status, headers, body)
    headers.append((b"etag", tag))
    if _is_known(tag, asked):
        return Whole(304, [header for header in headers if header[0] != b"content-type"], b"")
    return Whole(page.status, headers, body)


def _tag(of_course: bytes | None, added: bytes) -> bytes | None:
    """The catalog's tag, and one of what was added; a service reads its own part of it (`shared.conditional`)."""
    if of_course is None or not of_course.endswith(b'"'):
        return None
    return b'%b.%b"' % (of_course[:-1], hashlib.blake2b(added, digest_size=8).hexdigest().encode())


def _is_known(tag: bytes, asked: RawHeaders) -> bool:
    """Whether the client has this page already (`If-None-Match`, compared weakly)."""
    known = [part.strip() for name, value in asked if name == b"if-none-match" for part in value.split(b",")]
    return b"*" in known or tag.removeprefix(b"W/") in [part.removeprefix(b"W/") for part in known]
