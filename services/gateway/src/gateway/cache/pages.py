"""The courses' pages as guests see them, kept as encoded bytes: lists, featured ones, details.

A page is kept while the bus tells of changes (`drops`), for `LONGEST_S` at most. It is never older than what the last
change left: a page whose making began before a change arrived is not kept.
"""

import gzip
import re
import time
from asyncio import Future, get_running_loop, to_thread
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.types import Message, Scope, Send

from shared.settings import ServiceName

LONGEST_S = 60.0
"""The bound on what no event tells: that a discount has ended is known, but not all that depends on the clock."""
LARGEST_PAGE = 256 * 1024
LONGEST_KEY = 512
SMALLEST_ZIPPED = 1024
MOST_CHANGES = 100_000
UNSETTLED_S = 10.0
"""So long after a figure began to change, pages with it are kept for a moment only: the catalog may follow late."""
COURSES = "courses"
"""Tag of every page that lists courses."""

Headers = list[tuple[bytes, bytes]]

_PERSONAL = frozenset((b"authorization", b"cookie", b"range", b"x-syllabus-identity"))
_COURSE = re.compile(r"/api/courses/[^/]+/?")
_OWN_ID = re.compile(rb'\{"id":(\d{1,19}),')
_DISCOUNT_ENDS = re.compile(rb'"discount_ends":"([0-9T:.Z+-]{19,35})"')
_VARY = (b"vary", b"accept-encoding")
_ABOUT_ONE_FORM = (b"content-length", b"content-encoding", b"transfer-encoding", b"vary")
_COMPLETE = b'"degraded":[]}'


@dataclass(slots=True)
class Page:
    """An answer, ready to be sent. `zipped` is the same body by gzip, if that is worth it."""

    headers: Headers
    body: bytes
    etag: bytes
    expires_at: float
    tags: Sequence[str]
    zipped: bytes | None = None
    zipped_headers: Headers = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.body) + len(self.zipped or b"") + 1024


def key_of(scope: Scope) -> bytes | None:
    """What a guest's page is kept by: path and query as they were sent. None for every other request."""
    if scope["method"] != "GET":
        return None
    path: str = scope["path"]
    if not path.startswith("/api/courses") or not (path.rstrip("/") == "/api/courses" or _COURSE.fullmatch(path)):
        return None
    for name, _ in scope["headers"]:
        if name in _PERSONAL:
            return None
    key: bytes = scope.get("raw_path", b"") + b"?" + scope["query_string"]
    return key if len(key) <= LONGEST_KEY else None


def is_changed_by(service: ServiceName, method: str, path: str) -> bool:
    """Whether a request that went well may have changed what is on some page."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return False
    return "/reviews/" in path if service == "enrollment" else service == "catalog" and "/search/" not in path


class Pages:
    """The pages of this process, up to so many bytes; those not asked for longest go first."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._pages: OrderedDict[bytes, Page] = OrderedDict()
        self._keys: dict[str, set[bytes]] = {}
        self._changes = 0
        self._last_change: dict[str, int] = {}
        self._oldest_known = 0
        self._unsettled: dict[str, tuple[float, float]] = {}
        self._being_made: dict[bytes, Future[None]] = {}
        self.is_open = False
        """Whether the bus tells of changes now. Nothing is kept while it does not."""

    async def find(self, key: bytes) -> Page | None:
        """The page, if it is kept. While it is being made for somebody else, this waits for that."""
        if (being_made := self._being_made.get(key)) is not None:
            await being_made
        page = self._pages.get(key)
        if page is None:
            return None
        if page.expires_at < time.monotonic():
            self._forget(key)
            return None
        self._pages.move_to_end(key)
        return page

    async def make(self, key: bytes, answer: Callable[[Send], Awaitable[None]], send: Send) -> None:
        """Have `answer` answer, and keep the page."""
        if not self.is_open or key in self._being_made:
            await answer(send)
            return
        made = self._being_made[key] = get_running_loop().create_future()
        try:
            began, copy = self._changes, _Copy(send)
            await answer(copy.send)
            page = copy.page()
            if page is not None:
                await _zip(page)
                self.keep(key, page, began)
        finally:
            del self._being_made[key]
            made.set_result(None)

    @property
    def changes(self) -> int:
        """How many there have been: noted before a page is made, to be told to `keep`."""
        return self._changes

    def drop(self, tag: str) -> None:
        """What has this tag has changed."""
        self._note(tag)
        for key in tuple(self._keys.get(tag, ())):
            self._forget(key)

    def fade(self, tag: str, within_s: float) -> None:
        """A figure on pages with this tag changes about now, or a moment later: keep them for so long only."""
        self._note(tag)
        now = time.monotonic()
        until = now + within_s
        if len(self._unsettled) >= MOST_CHANGES:
            self._unsettled.clear()
        self._unsettled[tag] = (now + UNSETTLED_S, within_s)
        for key in self._keys.get(tag, ()):
            page = self._pages[key]
            page.expires_at = min(page.expires_at, until)

    def drop_all(self) -> None:
        self._changes += 1
        self._oldest_known = self._changes
        self._last_change.clear()
        self._pages.clear()
        self._keys.clear()
        self._bytes = 0

    def close(self) -> None:
        """The bus no longer tells of changes."""
        self.is_open = False
        self.drop_all()

    def _note(self, tag: str) -> None:
        self._changes += 1
        if len(self._last_change) >= MOST_CHANGES:
            self._last_change.clear()
            self._oldest_known = self._changes
        self._last_change[tag] = self._changes

    def keep(self, key: bytes, page: Page, began: int) -> None:
        """Keep a page that was begun after so many changes, if it has not changed since."""
        changed = max((self._last_change.get(tag, 0) for tag in page.tags), default=0)
        if not self.is_open or max(changed, self._oldest_known) > began:
            return
        now = time.monotonic()
        for tag in page.tags:
            settled_at, lasts_s = self._unsettled.get(tag, (0.0, 0.0))
            if now < settled_at:
                page.expires_at = min(page.expires_at, now + lasts_s)
        self._forget(key)
        self._pages[key] = page
        self._bytes += page.size
        for tag in page.tags:
            self._keys.setdefault(tag, set()).add(key)
        while self._bytes > self._most_bytes:
            self._forget(next(iter(self._pages)))

    def _forget(self, key: bytes) -> None:
        page = self._pages.pop(key, None)
        if page is None:
            return
        self._bytes -= page.size
        for tag in page.tags:
            keys = self._keys[tag]
            keys.discard(key)
            if not keys:
                del self._keys[tag]


async def give(
    page: Page, send: Send, *, accepts_gzip: bool, known: bytes, added: Iterable[tuple[bytes, bytes]]
) -> None:
    """Send a page; 304 when the client's `If-None-Match`, `known`, names it."""
    if known and (page.etag in known or known.strip() == b"*"):
        headers = [(b"etag", page.etag), _VARY, *added]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    zipped = accepts_gzip and page.zipped is not None
    headers = [*(page.zipped_headers if zipped else page.headers), *added]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": page.zipped if zipped else page.body})


class _Copy:
    """Passes an answer on, and has a copy of it when it is over."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            piece = message.get("body", b"")
            self._size += len(piece)
            if self._size <= LARGEST_PAGE:
                self._pieces.append(piece)
            self._is_whole = not message.get("more_body", False)
        await self._send(message)

    def page(self) -> Page | None:
        """None for what is not to be kept: refusals, incomplete pages, ones too large."""
        start, body = self._start, b"".join(self._pieces)
        if start is None or start["status"] != 200 or not self._is_whole or self._size > LARGEST_PAGE:
            return None
        if b'"degraded":' in body[-200:] and not body.endswith(_COMPLETE):
            return None
        return page_of(start["headers"], body)


def page_of(sent: Sequence[tuple[bytes, bytes]], body: bytes) -> Page | None:
    """A good answer as a page; None when it is one that cannot be kept."""
    named = dict(sent)
    if b"etag" not in named or b"set-cookie" in named:
        return None
    own_id = _OWN_ID.match(body)
    headers = [(name, value) for name, value in sent if name not in _ABOUT_ONE_FORM]
    return Page(
        headers=[*headers, _VARY, (b"content-length", b"%d" % len(body))],
        body=body,
        etag=named[b"etag"],
        expires_at=time.monotonic() + _lasts_s(body, datetime.now(UTC)),
        tags=[f"course:{int(own_id.group(1))}"] if own_id else [COURSES],
    )


async def _zip(page: Page) -> None:
    if len(page.body) < SMALLEST_ZIPPED:
        return
    page.zipped = await to_thread(gzip.compress, page.body, 6, mtime=0)
    headers = [(name, value) for name, value in page.headers if name not in _ABOUT_ONE_FORM]
    length = (b"content-length", b"%d" % len(page.zipped))
    page.zipped_headers = [*headers, _VARY, (b"content-encoding", b"gzip"), length]


def _lasts_s(body: bytes, now: datetime) -> float:
    """Until the first discount on the page ends, which changes a price; `LONGEST_S` at most."""
    ends = (datetime.fromisoformat(found.decode()) for found in _DISCOUNT_ENDS.findall(body))
    left = (seconds for end in ends if (seconds := (end - now).total_seconds()) > 0)
    return min((LONGEST_S, *left))
