"""The bus, documented: an AsyncAPI 3 document and `docs/events.md`, made from the contracts.

`make openapi` writes them to `docs/`; a test fails when they are stale.
"""

import inspect
from itertools import groupby
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.contracts import EVENTS, Event

_HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 attributes, binary mode over AMQP.",
    "required": ["cloudEvents_id", "cloudEvents_type", "cloudEvents_source", "cloudEvents_specversion"],
    "properties": {
        "cloudEvents_specversion": {"const": "1.0"},
        "cloudEvents_id": {"type": "string", "format": "uuid", "description": "The same when delivered again."},
        "cloudEvents_type": {"type": "string", "description": "Type of the event; the routing key."},
        "cloudEvents_source": {"type": "string", "description": "`/` and the name of the service."},
        "cloudEvents_subject": {"type": "string", "description": "`<aggregate>/<id>`."},
        "cloudEvents_time": {"type": "string", "format": "date-time", "description": "When it was committed."},
        "cloudEvents_partitionkey": {"type": "string", "description": "The aggregate's id."},
        "cloudEvents_sequence": {"type": "string", "description": "The aggregate's version after the event."},
        "cloudEvents_causationid": {"type": "string", "description": "Id of the event that caused this one, if any."},
    },
}


def document() -> dict[str, Any]:
    """The AsyncAPI document of every event on the bus."""
    events = sorted(EVENTS.values(), key=lambda event: event.TYPE)
    _, schemas = models_json_schema(
        [(event, "serialization") for event in events], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Syllabus events",
            "version": "1",
            "description": "Every fact that the services of Syllabus publish. Bind a queue of your own to the topic"
            " exchange `syllabus.events` with a pattern of event types. Delivery is at least once: skip what"
            " has an id you have seen, and take a state only when its `version` is above the one you have.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {event.TYPE: _channel(event) for event in events},
        "operations": {
            event.TYPE: {"action": "send", "channel": {"$ref": f"#/channels/{event.TYPE}"}} for event in events
        },
        "components": {
            "messages": {event.TYPE: _message(event) for event in events},
            "messageTraits": {"cloudEvent": {"headers": _HEADERS}},
            "schemas": schemas.get("$defs", {}),
        },
    }


def _channel(event: type[Event]) -> dict[str, Any]:
    return {
        "address": event.TYPE,
        "messages": {"event": {"$ref": f"#/components/messages/{event.TYPE}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": "syllabus.events", "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": _meaning(event),
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
    }


def _meaning(event: type[Event]) -> str:
    return inspect.cleandoc(event.__doc__ or "").replace("\n", " ")


def table() -> str:
    """`docs/events.md`: every event with its meaning and fields, by the service that publishes it."""
    lines = [
        "# Events",
        "",
        "Made from `libs/shared/src/shared/contracts` by `make openapi`; do not edit. The same as a machine-readable",
        "document: [asyncapi.json](asyncapi.json), served at `/api/events/schema/`. How events travel, and what a",
        "consumer can rely on: [architecture.md](architecture.md#events).",
    ]
    for owner, events in groupby(EVENTS.values(), key=lambda event: event.owner()):
        lines += ["", f"## {owner}", "", "| type | meaning | fields |", "|---|---|---|"]
        for event in events:
            fields = ", ".join(f"`{name}`" for name in event.model_fields)
            lines.append(f"| `{event.TYPE}` | {_meaning(event)} | {fields} |")
    return "\n".join(lines) + "\n"
