"""Traces over HTTP and the bus: W3C `traceparent` in, on and out; spans to a collector by OTLP over HTTP (JSON).

Off unless `SYLLABUS_OTLP_ENDPOINT` names a collector: then nothing is made, sent or stored. On, a span is made for each
request served, each question to another service and each event handled. The `traceparent` of a change is kept in its
outbox row and travels in the message, so the effect of an event is part of the trace that caused it, a replay too.

The format is small and stable, so it is written here rather than by an SDK with a dozen packages.
"""

import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.settings import ServiceSettings
from shared.telemetry import METRICS, request_id

Kind = Literal["internal", "server", "client", "producer", "consumer"]
_KINDS: dict[Kind, int] = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_ERROR = 2
MOST_WAITING = 10_000
SENT_AT_ONCE = 500
SENT_EVERY_S = 2.0
SEND_LIMIT_S = 5.0
_UNTRACED = ("/livez", "/readyz", "/metrics")

LOST = Counter("syllabus_spans_lost_total", "Spans that the collector did not take.", registry=METRICS)


@dataclass(slots=True)
class Span:
    """A piece of work, as the collector is told."""

    name: str
    kind: Kind
    trace_id: str
    span_id: str
    parent_id: str
    sampled: bool
    started_ns: int
    attributes: dict[str, str | int] = field(default_factory=dict)
    ended_ns: int = 0
    failed: bool = False

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def told(self) -> dict[str, Any]:
        """As OTLP writes it in JSON."""
        return {
            "traceId": self.trace_id,
            "spanId": self.span_id,
            "parentSpanId": self.parent_id,
            "name": self.name,
            "kind": _KINDS[self.kind],
            "startTimeUnixNano": str(self.started_ns),
            "endTimeUnixNano": str(self.ended_ns),
            "attributes": [_attribute(name, value) for name, value in self.attributes.items()],
            "status": {"code": _ERROR} if self.failed else {},
        }


class Exporter:
    """Sends spans to a collector, from a thread of its own. A collector that is away costs spans, and nothing else."""

    def __init__(self, service: str, endpoint: str, ratio: float) -> None:
        self.ratio = ratio
        self._address = f"{endpoint.rstrip('/')}/v1/traces"
        self._resource = {"attributes": [_attribute("service.name", service)]}
        self._waiting: deque[Span] = deque()
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def add(self, span: Span) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(span)
        else:
            LOST.inc()

    def close(self) -> None:
        """Send what waits, once."""
        self._ended = True
        self._wake.set()
        self._thread.join(SEND_LIMIT_S)

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(SENT_EVERY_S)
            while self._waiting:
                count = min(len(self._waiting), SENT_AT_ONCE)
                self._send([self._waiting.popleft() for _ in range(count)])

    def _send(self, spans: list[Span]) -> None:
        scope = {"scope": {"name": "syllabus"}, "spans": [span.told() for span in spans]}
        body = json.dumps({"resourceSpans": [{"resource": self._resource, "scopeSpans": [scope]}]}).encode()
        request = urllib.request.Request(  # noqa: S310 - the operator's own address
            self._address, body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=SEND_LIMIT_S):  # noqa: S310
                pass
        except (OSError, urllib.error.URLError):
            LOST.inc(len(spans))


_exporter: Exporter | None = None
_current: ContextVar[Span | None] = ContextVar("span", default=None)
_OFF: AbstractContextManager[None] = nullcontext()


def configure(settings: ServiceSettings) -> bool:
    """Whether this process traces: from here on, if the settings name a collector."""
    global _exporter
    if _exporter is None and settings.otlp_endpoint:
        _exporter = Exporter(settings.SERVICE, settings.otlp_endpoint, settings.trace_ratio)
    return _exporter is not None


def close() -> None:
    """Send what waits, and trace no more."""
    global _exporter
    exporter, _exporter = _exporter, None
    if exporter is not None:
        exporter.close()


def traceparent() -> str | None:
    """Of what is being done, for the header of a request or a row of the outbox; None when nothing is traced."""
    span = _current.get() if _exporter is not None else None
    return span.traceparent if span is not None else None


def span(
    name: str, kind: Kind = "internal", *, parent: str | None = None, **attributes: str | int
) -> AbstractContextManager[Span | None]:
    """A span around the inside of a `with`: a child of the current one, else of `parent`, else a new trace."""
    return _OFF if _exporter is None else _span(_exporter, name, kind, parent, attributes)


@contextmanager
def _span(
    exporter: Exporter, name: str, kind: Kind, parent: str | None, attributes: dict[str, str | int]
) -> Iterator[Span]:
    above = _current.get()
    if above is not None:
        trace_id, parent_id, sampled = above.trace_id, above.span_id, above.sampled
    elif (read := parse(parent)) is not None:
        trace_id, parent_id, sampled = read
    else:
        trace_id, parent_id = secrets.token_hex(16), ""
        sampled = int(trace_id[:8], 16) < exporter.ratio * 2**32
    made = Span(name, kind, trace_id, secrets.token_hex(8), parent_id, sampled, time.time_ns(), attributes)
    token = _current.set(made)
    try:
        yield made
    except BaseException:
        made.failed = True
        raise
    finally:
        _current.reset(token)
        if sampled:
            made.ended_ns = time.time_ns()
            exporter.add(made)


def parse(traceparent: str | None) -> tuple[str, str, bool] | None:
    """Trace, span and whether it is sampled; None for what is no `traceparent` of version 00."""
    parts = (traceparent or "").split("-")
    if len(parts) != 4 or [len(part) for part in parts] != [2, 32, 16, 2] or parts[0] != "00":
        return None
    if not all(set(part) <= set("0123456789abcdef") for part in parts) or not (int(parts[1], 16) and int(parts[2], 16)):
        return None
    return parts[1], parts[2], bool(int(parts[3], 16) & 1)


def sampled(traceparent: str | None) -> str | None:
    """It, if its trace goes on here and to the collector."""
    read = parse(traceparent) if _exporter is not None else None
    return traceparent if read is not None and read[2] else None


class Traced:
    """ASGI: a span for each request served."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNTRACED:
            await self._app(scope, receive, send)
            return
        parent = Headers(scope=scope).get("traceparent")
        attributes = {"http.request.method": scope["method"], "url.path": scope["path"][:500]}
        with span(scope["method"], "server", parent=parent, **attributes) as made:

            async def told(message: Message) -> None:
                if made is not None and message["type"] == "http.response.start":
                    made.attributes["http.response.status_code"] = message["status"]
                    made.failed = message["status"] >= 500
                await send(message)

            try:
                await self._app(scope, receive, told)
            finally:
                route = getattr(scope.get("route"), "path", None)
                if made is not None:
                    made.attributes["syllabus.request_id"] = request_id()
                    if route:
                        made.name = f"{scope['method']} {route}"
                        made.attributes["http.route"] = route


def _attribute(name: str, value: str | int) -> dict[str, Any]:
    return {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
