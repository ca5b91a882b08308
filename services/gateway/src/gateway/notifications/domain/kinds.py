"""The kinds of notification there are, and by which channels each goes unless its reader says otherwise."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "assessment_graded",
    "course_completed",
    "certificate_issued",
    "certificate_reissued",
    "certificate_revoked",
    "announcement",
    "discussion_reply",
    "deadline",
    "enrollment_created",
    "review_created",
    "assessment_submitted",
    "maintenance",
    "feature_announcement",
    "webhook_disabled",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
BroadcastKind = Literal["maintenance", "feature_announcement"]
BROADCASTS: tuple[BroadcastKind, ...] = get_args(BroadcastKind)
Cadence = Literal["immediate", "daily", "weekly", "never"]


@dataclass(frozen=True)
class Channels:
    """Where a notification of one kind goes: the list, and a mail at once or in the next digest."""

    web: bool
    email: bool
    email_cadence: Cadence

    @property
    def mail(self) -> Cadence:
        """When a mail tells of it; `never` also when mail is switched off."""
        return self.email_cadence if self.email else "never"

    @property
    def is_silent(self) -> bool:
        return not self.web and self.mail == "never"


_AT_ONCE = Channels(web=True, email=True, email_cadence="immediate")
_DAILY = Channels(web=True, email=True, email_cadence="daily")
_LIST_ONLY = Channels(web=True, email=False, email_cadence="daily")

DEFAULTS: dict[Kind, Channels] = {
    "assessment_graded": _DAILY,
    "course_completed": _AT_ONCE,
    "certificate_issued": _AT_ONCE,
    "certificate_reissued": _AT_ONCE,
    "certificate_revoked": _AT_ONCE,
    "announcement": _AT_ONCE,
    "discussion_reply": _DAILY,
    "deadline": _AT_ONCE,
    "enrollment_created": _LIST_ONLY,
    "review_created": _DAILY,
    "assessment_submitted": _DAILY,
    "maintenance": _LIST_ONLY,
    "feature_announcement": _LIST_ONLY,
    "webhook_disabled": _AT_ONCE,
}
