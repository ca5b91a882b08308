"""A task that is to stop, stops, whatever error came at the same moment."""

import asyncio


def stop_if_cancelled() -> None:
    """Raise CancelledError when this task was told to end. For wherever an error is followed by another attempt.

    A lost connection and a cancellation may come at the same moment, as when everything is stopped at once. Then
    `gather` passes on a child's ConnectionError, or a rollback on a closed connection its OperationalError, in place of
    the CancelledError, which does not come again.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
