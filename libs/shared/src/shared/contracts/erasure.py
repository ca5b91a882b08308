"""What every service tells once it has forgotten a user, in answer to `gateway.user.erased.v1`."""

from typing import ClassVar

from shared.contracts.event import Event


class UserDataErased(Event):
    """Nothing that names or describes the user is left in this service.

    `version` is that of the `gateway.user.erased.v1` it answers. `erased` counts the rows that were blanked or
    deleted, by table.
    """

    KEY: ClassVar[str] = "user_id"

    user_id: int
    erased: dict[str, int]
