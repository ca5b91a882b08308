"""The contracts between services: pydantic models only, one package for each owner.

`events` is the catalogue of every event on the bus, by type. `docs/events.md` and the AsyncAPI document are made
from it, and a snapshot of each schema stands in `docs/events/`, so that a change of a contract shows in review.
"""

from shared.contracts.assessment import events as assessment_events
from shared.contracts.catalog import events as catalog_events
from shared.contracts.certificate import events as certificate_events
from shared.contracts.enrollment import events as enrollment_events
from shared.contracts.event import Event, State
from shared.contracts.gateway import events as gateway_events

EVENTS: dict[str, type[Event]] = {
    event.TYPE: event
    for module in (gateway_events, catalog_events, enrollment_events, assessment_events, certificate_events)
    for event in module.EVENTS
}
"""Every event type on the bus."""

__all__ = ["EVENTS", "Event", "State"]
