"""Who teaches a course: one leads, always, and only active instructors are its staff."""

from catalog.domain.access import Standing
from shared.contracts.gateway.events import Role
from shared.errors import PermissionDenied

MOST_INSTRUCTORS = 50
"""Of a course."""


def can_teach(role: Role, *, is_active: bool) -> bool:
    return is_active and role in ("instructor", "administrator")


def check_may_pass_lead(standing: Standing, lead_id: int | None) -> None:
    """The lead is passed on by who has it, or by an administrator. Raises PermissionDenied."""
    identity = standing.identity
    if identity is None or not (identity.is_administrator or identity.user_id == lead_id):
        raise PermissionDenied("Only the lead instructor or an administrator may pass on the lead.")


def problem_with_lead(*, leads: bool, is_lead: bool | None, is_active: bool | None) -> dict[str, str]:
    """What is wrong with a change of an instructor who leads or does not, by field; empty when nothing is."""
    if leads and is_lead is False:
        return {"is_lead": "A course has one lead instructor. Make another one the lead instead."}
    if is_active is False and (leads or is_lead):
        return {"is_active": "The lead instructor stays active. Make another one the lead first."}
    return {}
