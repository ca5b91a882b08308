"""Resuming: what a client missed while it was not connected, read from the log."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from gateway.push.outlet import Outlet
from gateway.push.store import Logged, log_bounds, read_log
from shared.database import Database

PAGE = 500


async def missed(database: Database, outlet: Outlet, last_event_id: int) -> AsyncIterator[Logged | str]:
    """What is after `last_event_id`, up to where the outlet's own messages begin.

    Before it comes a text of type `resync` when the log does not reach back so far, or never had that id: the client
    has to read the state anew.
    """
    upto = outlet.start
    async with database.reading() as session:
        first, last = await log_bounds(session)
    if last_event_id > max(last, upto):
        yield _resync()
        return
    if last_event_id + 1 < first or (not first and last_event_id < upto):
        yield _resync()
    # Another process may have been ahead of this one: what the client has from there must not come again.
    outlet.skip(last_event_id)
    after, audiences = last_event_id, sorted(outlet.audiences)
    while after < upto:
        async with database.reading() as session:
            page = await read_log(session, audiences, after=after, upto=upto, limit=PAGE)
        for message in page:
            if outlet.channel.wants(message.type, message.course_id, message.assessment_id):
                yield message
        if len(page) < PAGE:
            return
        after = page[-1].id


def _resync() -> str:
    time = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    data = {"reason": "Messages after that one are no longer kept. Read what you show anew."}
    return json.dumps({"id": None, "type": "resync", "timestamp": time, "data": data})
