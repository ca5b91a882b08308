"""Who may enroll, as a table of facts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from enrollment.domain.courses import check_can_manage, price_at
from enrollment.domain.eligibility import AlreadyEnrolled, CourseNotAvailable, SubscriptionRequired, check_eligible
from enrollment.models import Course
from shared.auth import Identity
from shared.errors import NotFound, PermissionDenied
from shared.testing import user

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def course(**changes: Any) -> Course:
    fields: dict[str, Any] = {
        "course_id": 5,
        "price": Decimal(0),
        "discount_price": None,
        "discount_ends": None,
        "is_draft": False,
        "is_published": True,
        "is_deleted": False,
        "staff": [{"user_id": 500, "name": "Tess", "is_lead": True}],
    }
    return Course(**fields | changes)


class TestPriceAt:
    @pytest.mark.parametrize(
        ("discount", "ends", "price"),
        [
            (None, None, 49),
            (None, NOW + timedelta(days=1), 49),
            (20, None, 20),
            (20, NOW + timedelta(microseconds=1), 20),
            (20, NOW, 49),
            (0, NOW + timedelta(days=1), 0),
        ],
    )
    def test_the_discount_holds_until_it_ends(self, discount: int | None, ends: datetime | None, price: int) -> None:
        assert price_at(course(price=49, discount_price=discount, discount_ends=ends), NOW) == price


class TestCheckEligible:
    @pytest.mark.parametrize("status", [None, "unenrolled", "dropped"])
    def test_open_to_those_not_in_it(self, status: Any) -> None:
        check_eligible(course(), user(7), status, NOW)

    @pytest.mark.parametrize("status", ["active", "completed", "suspended"])
    @pytest.mark.parametrize("changes", [{}, {"is_published": False}, {"is_deleted": True}])
    def test_whoever_is_in_it_is_told_so_whatever_became_of_the_course(self, status: Any, changes: Any) -> None:
        with pytest.raises(AlreadyEnrolled):
            check_eligible(course(**changes), user(7), status, NOW)

    @pytest.mark.parametrize(
        ("changes", "learner", "refusal"),
        [
            ({"is_deleted": True}, user(7), NotFound),
            ({"is_deleted": True}, user(500, "instructor"), NotFound),
            ({"is_draft": True, "is_published": False}, user(7), NotFound),
            ({"is_draft": True, "is_published": False}, user(500, "instructor"), CourseNotAvailable),
            ({"is_published": False}, user(7, premium=True), CourseNotAvailable),
            ({"price": Decimal("0.01")}, user(7), SubscriptionRequired),
            ({"price": Decimal(49)}, user(8, "instructor"), SubscriptionRequired),
        ],
    )
    def test_refusals(self, changes: Any, learner: Identity, refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            check_eligible(course(**changes), learner, None, NOW)

    @pytest.mark.parametrize(
        "learner", [user(7, premium=True), user(500, "instructor"), user(500), user(1, "administrator")]
    )
    def test_who_enters_a_course_with_a_price(self, learner: Identity) -> None:
        check_eligible(course(price=Decimal(49)), learner, None, NOW)


class TestCheckCanManage:
    def test_staff_and_administrators_may(self) -> None:
        for changes in ({}, {"is_published": False}, {"is_draft": True, "is_published": False}):
            check_can_manage(course(**changes), user(500, "instructor"))
            check_can_manage(course(**changes), user(1, "administrator"))

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [({}, PermissionDenied), ({"is_published": False}, NotFound), ({"is_deleted": True}, NotFound)],
    )
    def test_others_may_not_know_what_they_may_not_see(self, changes: Any, refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            check_can_manage(course(**changes), user(8, "instructor"))
