"""Logs, request ids and metrics.

One correlation id follows a request from the gateway through every service (`X-Request-ID`) and, in the outbox row
and the message, over the bus to whatever the event causes. It is in every line of the log.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from uuid_utils import uuid7

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_cause: ContextVar[str | None] = ContextVar("cause", default=None)

METRICS = CollectorRegistry()
"""All metrics of this process, served at `/metrics`."""

HTTP_SECONDS = Histogram(
    "syllabus_http_request_seconds",
    "Time to answer a request.",
    ["method", "route", "status"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=METRICS,
)
OUTBOX_UNPUBLISHED = Gauge("syllabus_outbox_unpublished_rows", "Events waiting to be published.", registry=METRICS)
OUTBOX_OLDEST_AGE = Gauge("syllabus_outbox_oldest_age_seconds", "Age of the oldest event that waits.", registry=METRICS)
PUBLISHED = Counter("syllabus_events_published_total", "Events confirmed by the broker.", ["type"], registry=METRICS)
CONFIRM_SECONDS = Histogram(
    "syllabus_publish_confirm_seconds",
    "From handing a batch of messages to the broker to its last confirm.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=METRICS,
)
RECONNECTS = Counter(
    "syllabus_broker_reconnects_total", "Connections to the broker that were lost.", ["connection"], registry=METRICS
)
QUEUE_DEPTH = Gauge("syllabus_queue_depth", "Events waiting for a consumer.", ["queue"], registry=METRICS)
QUEUE_CONSUMERS = Gauge("syllabus_queue_consumers", "Processes that listen to a queue.", ["queue"], registry=METRICS)
RETRY_DEPTH = Gauge("syllabus_queue_retrying", "Events waiting for another attempt.", ["queue"], registry=METRICS)
DEAD_LETTERS = Gauge(
    "syllabus_dead_letters", "Events that were given up, and wait for a person.", ["queue"], registry=METRICS
)
UNROUTED = Gauge("syllabus_unrouted_events", "Events that no queue wanted.", registry=METRICS)
REDELIVERED = Counter(
    "syllabus_events_redelivered_total", "Events handed out by the broker before.", ["queue"], registry=METRICS
)
CONSUMED = Counter(
    "syllabus_events_consumed_total", "Events that had their effect.", ["queue", "type"], registry=METRICS
)
DUPLICATES = Counter("syllabus_inbox_duplicates_total", "Events seen before, and skipped.", ["queue"], registry=METRICS)
RETRIED = Counter("syllabus_events_retried_total", "Events put off after a failure.", ["queue"], registry=METRICS)
DEAD_LETTERED = Counter("syllabus_events_dead_lettered_total", "Events given up.", ["queue"], registry=METRICS)
CONSUME_LAG = Histogram(
    "syllabus_event_lag_seconds",
    "From the commit of an event to the commit of its effect.",
    ["queue"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600),
    registry=METRICS,
)


def request_id() -> str:
    """The correlation id of what is being done; empty outside of a request or event."""
    return _request_id.get()


def cause() -> str | None:
    """Id of the event being handled, which is the cause of events recorded meanwhile; none in a request."""
    return _cause.get()


def begin(correlation_id: str | None, *, cause_id: str | None = None) -> str:
    """Start a request or the handling of an event: everything logged and recorded from here carries the id."""
    identifier = correlation_id or str(uuid7())
    _request_id.set(identifier)
    _cause.set(cause_id)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=identifier)
    return identifier


def _traceback(exc_info: structlog.typing.ExcInfo) -> str:
    """A traceback without the rows that PostgreSQL quotes in the DETAIL of an error: they may be personal data."""
    lines = structlog.processors.format_exc_info.format_exception(exc_info).split("\n")
    return "\n".join(line for line in lines if not line.startswith("DETAIL:"))


def log_request(logger: str, *, method: str, path: str, status: int, seconds: float) -> None:
    """The line of a request that has ended.

    Every request pays for it: JSON is written by hand, to the letter what structlog writes, at a fraction of its cost.
    """
    if not logging.getLogger(logger).isEnabledFor(logging.INFO):
        return
    milliseconds = round(seconds * 1000, 1)
    if _json_lines is None:
        structlog.get_logger(logger).info("request", method=method, path=path, status=status, ms=milliseconds)
        return
    _json_lines.write(
        f'{{"method": {_quoted(method)}, "path": {_quoted(path)}, "status": {status}, "ms": {milliseconds},'
        f' "event": "request", "request_id": {_quoted(_request_id.get())}, "level": "info", "logger": "{logger}",'
        f' "timestamp": "{datetime.now(UTC).isoformat()[:-6]}Z"}}\n'
    )


class _Lines:
    """The stream of a handler of logging, for lines that are ready."""

    def __init__(self, handler: logging.StreamHandler[TextIO]) -> None:
        self._handler = handler

    def write(self, line: str) -> None:
        self._handler.acquire()
        try:
            self._handler.stream.write(line)
            self._handler.flush()
        finally:
            self._handler.release()


_json_lines: _Lines | None = None
"""Where JSON lines go; None while lines are for people."""
_quoted = json.encoder.encode_basestring_ascii


def configure_logging(service: str, *, form: Literal["console", "json"], level: str) -> None:
    """Structured lines on standard output, those of libraries included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_traceback),
    ]
    renderer: list[structlog.typing.Processor]
    if form == "json":
        renderer = [structlog.processors.JSONRenderer()]
    else:
        renderer = [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    global _json_lines
    _json_lines = _Lines(handler) if form == "json" else None
    root.setLevel(level.upper())
    for noisy in ("aio_pika", "aiormq", "httpx", "httpcore", "alembic", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
    structlog.contextvars.clear_contextvars()
    logging.getLogger(service).debug("logging configured")
