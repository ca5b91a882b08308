"""What an event is.

An event is a fact that has happened to one aggregate (a course, an enrollment). Its class names the fact, its
fields carry the aggregate's state after it, so that a consumer can keep a copy from any one of them: the copy takes
the state when `version` is higher than the version it has, and skips it otherwise. A lost order or a repeat
therefore does no harm.

Inside a major version fields are only added, and only optional ones; a breaking change is a new class with `.v2`,
published beside the old one until no consumer binds it. Consumers ignore fields they do not know.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class State(BaseModel):
    """The state of an aggregate as other services may know it. `version` grows with every change of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: int


class Event(State):
    """Base of all events."""

    TYPE: ClassVar[str]
    """CloudEvents type and routing key: `<service>.<aggregate>.<fact>.v<major>`."""
    KEY: ClassVar[str]
    """Name of the field that identifies the aggregate; events with the same key are delivered in order."""

    @classmethod
    def owner(cls) -> str:
        """The service that publishes it."""
        return cls.TYPE.split(".")[0]

    @classmethod
    def aggregate(cls) -> str:
        return cls.TYPE.split(".")[1]

    @property
    def aggregate_id(self) -> str:
        return str(getattr(self, self.KEY))
