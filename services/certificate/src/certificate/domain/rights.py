"""Who may do what with certificates and their templates: all of it. Administrators count as staff of every course.

The table of every route and caller is `tests/routes/test_permissions.py`.
"""

from shared.auth import Identity
from shared.errors import NotFound, PermissionDenied, Refusal, RoleRequired

_STAFF_ONLY = "Only the course's staff and administrators may do this."


class SubscriptionRequired(Refusal):
    code = "SUBSCRIPTION_REQUIRED"
    message = "Your certificates are listed for you with a premium subscription. They stay valid without one."


def may_be_staff(identity: Identity) -> bool:
    """Whether it is worth asking if this user is staff of a course: only those who teach are."""
    return identity.has_role("instructor")


def check_may_list(identity: Identity) -> None:
    """Premium users, and those who teach or administer. Raises SubscriptionRequired."""
    if not (identity.is_premium or identity.has_role("instructor")):
        raise SubscriptionRequired


def check_may_read(*, is_holder: bool, is_staff: bool) -> None:
    """A certificate, its PDF and its credential: its holder, whatever the subscription, and the course's staff.

    Premium gives the list; what was earned stays open to who earned it. Raises NotFound.
    """
    if not (is_holder or is_staff):
        raise NotFound


def check_may_manage(*, is_holder: bool, is_staff: bool) -> None:
    """Revoke and reissue a certificate: the course's staff. Raises PermissionDenied for its holder, else NotFound."""
    if is_staff:
        return
    if is_holder:
        raise PermissionDenied(_STAFF_ONLY)
    raise NotFound


def check_may_manage_course(*, is_staff: bool) -> None:
    """Bulk work, and making the course's template: the course's staff. Raises PermissionDenied."""
    if not is_staff:
        raise PermissionDenied(_STAFF_ONLY)


def check_may_read_template(*, is_default: bool, is_staff: bool) -> None:
    """The default for all who teach, a course's for its staff. Raises NotFound."""
    if not (is_default or is_staff):
        raise NotFound


def check_may_change_default(identity: Identity) -> None:
    """The default template: administrators. Raises RoleRequired."""
    if not identity.is_administrator:
        raise RoleRequired("Only administrators change the default template.", role="administrator")


def check_may_fetch(identity: Identity, starter_id: int) -> None:
    """The archive of a job: who started it, and administrators. Raises NotFound."""
    if not (identity.is_administrator or identity.user_id == starter_id):
        raise NotFound
