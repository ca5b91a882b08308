"""What notifications say: made when they are shown, from ids and the course's present title. The table has no text."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gateway.notifications.domain.kinds import Kind


class Wording(NamedTuple):
    title: str
    body: str


def wording(kind: str, data: Mapping[str, Any], course: str | None) -> Wording:
    """Title and body of a notification; `course` is the title of its course, None when that is not known (yet)."""
    named = f"“{course}”" if course else "your course"
    return _WORDINGS[kind](data, named)  # type: ignore[index]  # the table's check holds it to the kinds


def _graded(data: Mapping[str, Any], course: str) -> Wording:
    percentage = data.get("score_percentage")
    score = f"{percentage:g} %" if percentage is not None else "a result"
    verdict = "" if data.get("passed") is None else ", and passed" if data["passed"] else ", and did not pass"
    return Wording("Your result is here", f"You have {score} in an assessment of {course}{verdict}.")


def _reissued(data: Mapping[str, Any], course: str) -> Wording:
    number = data["certificate_number"]
    return Wording("Your certificate was reissued", f"Certificate {number} of {course} takes the place of the old one.")


def _deadline(data: Mapping[str, Any], course: str) -> Wording:
    return Wording(
        f"Due soon: {data['title']}", f"“{data['title']}” in {course} is due on {_time(data['due_date'])} UTC."
    )


def _review(data: Mapping[str, Any], course: str) -> Wording:
    waiting = "" if data.get("is_approved") else " It waits for a moderator."
    return Wording("New review", f"A learner gave {course} {data['rating']} out of 5.{waiting}")


def _disabled(data: Mapping[str, Any], course: str) -> Wording:
    return Wording(
        "A webhook was switched off",
        f"Webhook {data['webhook_id']} ({data['host']}) was switched off: {data['reason']} Switch it on again to go on"
        " with the next event; the one that failed can be redelivered.",
    )


def _time(value: str) -> str:
    return value[:16].replace("T", " ")


_WORDINGS: dict[Kind, Callable[[Mapping[str, Any], str], Wording]] = {
    "assessment_graded": _graded,
    "course_completed": lambda data, course: Wording(
        "Course completed", f"Congratulations: you have completed {course}."
    ),
    "certificate_issued": lambda data, course: Wording(
        "Your certificate is ready", f"Certificate {data['certificate_number']} of {course} was issued to you."
    ),
    "certificate_reissued": _reissued,
    "certificate_revoked": lambda data, course: Wording(
        "Your certificate was revoked", f"Certificate {data['certificate_number']} of {course} is no longer valid."
    ),
    "announcement": lambda data, course: Wording(data["title"], f"A new announcement in {course}."),
    "discussion_reply": lambda data, course: Wording(
        "New reply", f"Somebody replied to your topic “{data['title']}” in {course}."
    ),
    "deadline": _deadline,
    "enrollment_created": lambda data, course: Wording("New enrollment", f"A learner enrolled in {course}."),
    "review_created": _review,
    "assessment_submitted": lambda data, course: Wording(
        "An attempt waits for a grade", f"A learner handed in an assessment of {course} that is graded by a person."
    ),
    "maintenance": lambda data, course: Wording(data["title"], data["body"]),
    "feature_announcement": lambda data, course: Wording(data["title"], data["body"]),
    "webhook_disabled": _disabled,
}
