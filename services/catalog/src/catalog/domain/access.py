"""Who may see a course, and which body of a lesson a reader gets. Pure: a table of cases is the test.

Levels are guest < registered < premium. A lesson has up to three bodies; `content` is the full one.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from catalog.domain.choices import AccessLevel
from shared.auth import Identity
from shared.errors import AuthenticationRequired, NotFound, PermissionDenied, Refusal, ServiceUnavailable

Tier = Literal["full", "registered", "guest"]
_RANK: dict[AccessLevel, int] = {"guest": 0, "registered": 1, "premium": 2}


class EnrollmentRequired(Refusal):
    code: ClassVar[str] = "ENROLLMENT_REQUIRED"
    message = "Enroll in the course to read this lesson."


class SubscriptionRequired(Refusal):
    code: ClassVar[str] = "SUBSCRIPTION_REQUIRED"
    message = "Reading this lesson takes an active premium subscription, or enrolling in the course."


class LessonLocked(Refusal):
    code: ClassVar[str] = "LESSON_LOCKED"
    message = "Complete the lessons before this one first."


@dataclass(frozen=True)
class Standing:
    """What somebody is to one course. `is_enrolled`: active or completed; None when its owner could not be asked."""

    identity: Identity | None = None
    teaches: bool = False
    is_enrolled: bool | None = False

    @property
    def is_staff(self) -> bool:
        """May change the course: its active instructors while they have the role, and administrators."""
        if self.identity is None:
            return False
        return self.identity.is_administrator or (self.teaches and self.identity.has_role("instructor"))

    @property
    def level(self) -> AccessLevel:
        if self.identity is None:
            return "guest"
        return "premium" if self.identity.is_premium else "registered"


@dataclass(frozen=True)
class Visibility:
    """What decides who sees a course, or a module with its lessons."""

    is_draft: bool
    is_published: bool
    is_deleted: bool
    module_is_published: bool = True


def can_see(what: Visibility, standing: Standing) -> bool | None:
    """Staff see all but deleted courses; others what is published; the enrolled also a course that was unpublished.

    None when that depends on an enrollment nobody could be asked about.
    """
    if what.is_deleted:
        return False
    if standing.is_staff:
        return True
    if not what.module_is_published:
        return False
    return what.is_published or (not what.is_draft and standing.is_enrolled)


def check_visible(what: Visibility, standing: Standing) -> None:
    """Raises NotFound, or ServiceUnavailable when it cannot be told."""
    visible = can_see(what, standing)
    if visible is None:
        raise ServiceUnavailable
    if not visible:
        raise NotFound


def check_staff(what: Visibility, standing: Standing) -> None:
    """Raises PermissionDenied where the course may be seen, else NotFound."""
    if standing.is_staff and not what.is_deleted:
        return
    check_visible(what, standing)
    raise PermissionDenied("Only the course's instructors and administrators may do this.")


@dataclass(frozen=True)
class Bodies:
    """A lesson as far as access goes."""

    access_level: AccessLevel
    is_free_preview: bool
    content: str
    registered_content: str | None
    guest_content: str | None


@dataclass(frozen=True)
class Access:
    """What a reader gets of a lesson. `code` and `message` say what would give more, where `granted` is false."""

    content: str
    tier: Tier
    granted: bool
    user_level: AccessLevel
    required_level: AccessLevel
    code: str | None = None
    message: str | None = None


def has_full_access(lesson: Bodies, standing: Standing) -> bool | None:
    """Free previews, staff, premium users and the enrolled. None when it depends on an unknown enrollment."""
    if lesson.is_free_preview or standing.is_staff or standing.level == "premium":
        return True
    return standing.is_enrolled if standing.identity is not None else False


def read(lesson: Bodies, standing: Standing) -> Access:
    """The body that `standing` may read: the full one, else the best of the lower tiers that is not empty.

    With nothing to show raises AuthenticationRequired for guests, SubscriptionRequired or EnrollmentRequired for
    others, and ServiceUnavailable when an enrollment might have opened it.
    """
    full = has_full_access(lesson, standing)
    level, required = standing.level, lesson.access_level
    if full:
        return Access(lesson.content, "full", granted=True, user_level=level, required_level=required)
    refusal = _refusal(lesson, standing)
    body = _best_lower_body(lesson, standing)
    if body is None:
        raise refusal if full is not None else ServiceUnavailable()
    if _RANK[level] >= _RANK[required]:
        return Access(*body, granted=True, user_level=level, required_level=required)
    return Access(
        *body,
        granted=False,
        user_level=level,
        required_level=required,
        code=refusal.code,
        message=refusal.message,
    )


def _best_lower_body(lesson: Bodies, standing: Standing) -> tuple[str, Tier] | None:
    if standing.identity is not None and (lesson.registered_content or "").strip():
        return lesson.registered_content or "", "registered"
    if (lesson.guest_content or "").strip():
        return lesson.guest_content or "", "guest"
    return None


def _refusal(lesson: Bodies, standing: Standing) -> Refusal:
    if standing.identity is None:
        return AuthenticationRequired("Sign in to read this lesson.")
    return SubscriptionRequired() if lesson.access_level == "premium" else EnrollmentRequired()


def check_download(lesson: Bodies, standing: Standing, *, premium: bool) -> None:
    """Resources go to whom the lesson's full content goes; premium ones only to subscribers, and the course's staff.

    Raises AuthenticationRequired, SubscriptionRequired, EnrollmentRequired, ServiceUnavailable.
    """
    if premium and not standing.is_staff:
        if standing.identity is None:
            raise AuthenticationRequired("Sign in to download this resource.")
        if standing.level != "premium":
            raise SubscriptionRequired("This resource takes an active premium subscription.")
    full = has_full_access(lesson, standing)
    if full is None:
        raise ServiceUnavailable
    if not full:
        raise _refusal(lesson, standing)


def may_download(lesson: Bodies, standing: Standing, *, premium: bool) -> bool:
    """The same as yes or no, as far as it is known."""
    try:
        check_download(lesson, standing, premium=premium)
    except Refusal:
        return False
    return True


def depends_on_enrollment(what: Visibility, standing: Standing, lesson: Bodies | None = None) -> bool:
    """Whether a 'not enrolled' of ours decides what somebody gets: then it is for the owner to say."""
    if standing.identity is None or standing.is_enrolled:
        return False
    unknown = replace(standing, is_enrolled=None)
    visible = can_see(what, unknown)
    if visible is None:
        return True
    return visible and lesson is not None and has_full_access(lesson, unknown) is None
