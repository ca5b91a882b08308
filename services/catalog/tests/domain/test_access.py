"""Which body of a lesson a reader gets: the table of all cases, and who sees a course."""

from dataclasses import replace
from itertools import product

import pytest

from catalog.domain.access import (
    Bodies,
    EnrollmentRequired,
    Standing,
    SubscriptionRequired,
    Visibility,
    can_see,
    check_staff,
    check_visible,
    depends_on_enrollment,
    read,
)
from shared.errors import AuthenticationRequired, NotFound, PermissionDenied, ServiceUnavailable
from shared.testing import user

GUEST = Standing()
REGISTERED = Standing(user(1))
UNKNOWN = Standing(user(1), is_enrolled=None)
PREMIUM = Standing(user(1, premium=True))
ENROLLED = Standing(user(1), is_enrolled=True)
STAFF = Standing(user(1, "instructor"), teaches=True)
OTHER_INSTRUCTOR = Standing(user(1, "instructor"))
DEMOTED = Standing(user(1), teaches=True)
ADMINISTRATOR = Standing(user(1, "administrator"))

FULL = {"premium": PREMIUM, "enrolled": ENROLLED, "staff": STAFF, "administrator": ADMINISTRATOR}
LESSER = {"registered": REGISTERED, "other instructor": OTHER_INSTRUCTOR, "demoted": DEMOTED}
LEVELS = ("guest", "registered", "premium")


def lesson(level="registered", *, preview=False, registered=None, guest=None) -> Bodies:
    return Bodies(level, preview, "full body", registered, guest)


class TestFullContent:
    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("who", FULL)
    def test_goes_to_those_who_have_it_whatever_else_there_is(self, who: str, level: str) -> None:
        for registered, guest in product((None, "r"), (None, "g")):
            access = read(lesson(level, registered=registered, guest=guest), FULL[who])
            assert (access.content, access.tier, access.granted, access.code) == ("full body", "full", True, None)

    @pytest.mark.parametrize("level", LEVELS)
    def test_of_a_free_preview_goes_to_everybody(self, level: str) -> None:
        for standing in (GUEST, UNKNOWN, *FULL.values(), *LESSER.values()):
            assert read(lesson(level, preview=True, guest="g"), standing).tier == "full"

    def test_tells_the_readers_level(self) -> None:
        assert [read(lesson(preview=True), who).user_level for who in (GUEST, ENROLLED, PREMIUM)] == list(LEVELS)


#        access level, registered body, guest body -> (tier, granted, code) or the refusal
TABLE_OF_REGISTERED = {
    ("guest", None, None): EnrollmentRequired,
    ("guest", None, "g"): ("guest", True, None),
    ("guest", "r", None): ("registered", True, None),
    ("guest", "r", "g"): ("registered", True, None),
    ("registered", None, None): EnrollmentRequired,
    ("registered", None, "g"): ("guest", True, None),
    ("registered", "r", None): ("registered", True, None),
    ("registered", "r", "g"): ("registered", True, None),
    ("premium", None, None): SubscriptionRequired,
    ("premium", None, "g"): ("guest", False, "SUBSCRIPTION_REQUIRED"),
    ("premium", "r", None): ("registered", False, "SUBSCRIPTION_REQUIRED"),
    ("premium", "r", "g"): ("registered", False, "SUBSCRIPTION_REQUIRED"),
    ("premium", "  ", "g"): ("guest", False, "SUBSCRIPTION_REQUIRED"),
    ("registered", "", " "): EnrollmentRequired,
}
TABLE_OF_GUESTS = {
    ("guest", None, None): AuthenticationRequired,
    ("guest", "r", None): AuthenticationRequired,
    ("guest", None, "g"): ("guest", True, None),
    ("guest", "r", "g"): ("guest", True, None),
    ("registered", "r", None): AuthenticationRequired,
    ("registered", None, "g"): ("guest", False, "AUTHENTICATION_REQUIRED"),
    ("registered", "r", "g"): ("guest", False, "AUTHENTICATION_REQUIRED"),
    ("premium", None, None): AuthenticationRequired,
    ("premium", "r", None): AuthenticationRequired,
    ("premium", "r", "g"): ("guest", False, "AUTHENTICATION_REQUIRED"),
}
CASES = [
    *((who, case, outcome) for who in LESSER for case, outcome in TABLE_OF_REGISTERED.items()),
    *(("guest", case, outcome) for case, outcome in TABLE_OF_GUESTS.items()),
]


class TestLowerTiers:
    @pytest.mark.parametrize(("who", "case", "outcome"), CASES)
    def test_the_best_body_that_there_is(self, who: str, case, outcome) -> None:
        level, registered, guest = case
        given, standing = lesson(level, registered=registered, guest=guest), {**LESSER, "guest": GUEST}[who]
        if isinstance(outcome, tuple):
            access = read(given, standing)
            assert (access.tier, access.granted, access.code) == outcome
            assert access.content == {"registered": registered, "guest": guest}[access.tier]
            assert access.required_level == level
            assert (access.message is None) is access.granted
        else:
            with pytest.raises(outcome):
                read(given, standing)

    def test_an_unknown_enrollment_still_gets_them(self) -> None:
        assert read(lesson(guest="g"), UNKNOWN).tier == "guest"

    def test_but_is_never_taken_for_none(self) -> None:
        with pytest.raises(ServiceUnavailable):
            read(lesson(), UNKNOWN)


PUBLISHED = Visibility(is_draft=False, is_published=True, is_deleted=False)
UNPUBLISHED = replace(PUBLISHED, is_published=False)
DRAFT = replace(UNPUBLISHED, is_draft=True)
DELETED = replace(PUBLISHED, is_deleted=True)
HIDDEN_MODULE = replace(PUBLISHED, module_is_published=False)


class TestVisibility:
    @pytest.mark.parametrize(
        ("what", "standing", "visible"),
        [
            *((PUBLISHED, who, True) for who in (GUEST, REGISTERED, UNKNOWN, ENROLLED, STAFF, ADMINISTRATOR)),
            *((what, who, True) for what in (UNPUBLISHED, DRAFT, HIDDEN_MODULE) for who in (STAFF, ADMINISTRATOR)),
            *((DELETED, who, False) for who in (GUEST, ENROLLED, STAFF, ADMINISTRATOR, UNKNOWN)),
            *(
                (DRAFT, who, False)
                for who in (GUEST, REGISTERED, PREMIUM, ENROLLED, UNKNOWN, OTHER_INSTRUCTOR, DEMOTED)
            ),
            *((HIDDEN_MODULE, who, False) for who in (GUEST, REGISTERED, ENROLLED, UNKNOWN)),
            *((UNPUBLISHED, who, False) for who in (GUEST, REGISTERED, PREMIUM, OTHER_INSTRUCTOR)),
            (UNPUBLISHED, ENROLLED, True),
            (UNPUBLISHED, UNKNOWN, None),
        ],
    )
    def test_who_sees_what(self, what: Visibility, standing: Standing, visible: bool | None) -> None:
        assert can_see(what, standing) is visible

    def test_what_may_not_be_known_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            check_visible(DRAFT, REGISTERED)
        with pytest.raises(ServiceUnavailable):
            check_visible(UNPUBLISHED, UNKNOWN)

    def test_only_staff_change_and_others_learn_only_of_what_they_see(self) -> None:
        check_staff(DRAFT, STAFF)
        check_staff(DRAFT, ADMINISTRATOR)
        with pytest.raises(PermissionDenied):
            check_staff(PUBLISHED, OTHER_INSTRUCTOR)
        for what in (DRAFT, DELETED):
            with pytest.raises(NotFound):
                check_staff(what, OTHER_INSTRUCTOR)
        with pytest.raises(NotFound):
            check_staff(DELETED, ADMINISTRATOR)


class TestAskingTheOwner:
    @pytest.mark.parametrize("standing", [GUEST, ENROLLED, STAFF, ADMINISTRATOR, PREMIUM])
    def test_never_for_those_whose_answer_is_settled(self, standing: Standing) -> None:
        assert not depends_on_enrollment(PUBLISHED, standing, lesson())

    def test_only_where_it_decides(self) -> None:
        assert depends_on_enrollment(PUBLISHED, REGISTERED, lesson())
        assert depends_on_enrollment(PUBLISHED, REGISTERED, lesson(registered="r"))
        assert not depends_on_enrollment(PUBLISHED, REGISTERED, lesson(preview=True))
        assert not depends_on_enrollment(PUBLISHED, REGISTERED)
        assert not depends_on_enrollment(DRAFT, REGISTERED, lesson())
        assert not depends_on_enrollment(HIDDEN_MODULE, REGISTERED, lesson())
        assert depends_on_enrollment(UNPUBLISHED, REGISTERED)
        assert depends_on_enrollment(UNPUBLISHED, PREMIUM, lesson(preview=True))
        assert not depends_on_enrollment(UNPUBLISHED, GUEST, lesson())
