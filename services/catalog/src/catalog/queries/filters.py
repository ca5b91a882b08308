"""What lists of courses are narrowed to: one table of filters for the catalog and for search.

The tests are made once, with names for values, so that a statement's text depends only on which filters there are.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    String,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from catalog.domain.choices import CreationMethod, Level
from catalog.domain.search import wanted_part
from catalog.models import Category, Course, CourseInstructor
from catalog.queries.pages import contains

Condition = SQLColumnExpression[bool]


@dataclass(frozen=True)
class CourseFilter:
    """None does not narrow. Prices are current ones. `is_draft` asks for drafts instead of what is published."""

    category: str | None = None
    level: Level | None = None
    search: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    is_free: bool | None = None
    min_rating: float | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    instructor: int | None = None
    language: str | None = None
    tag: str | None = None
    has_certificate: bool | None = None
    is_featured: bool | None = None
    is_draft: bool | None = None
    creation_method: CreationMethod | None = None

    @cached_property
    def given(self) -> "Given":
        """The filters that there are, by name; of those that have two tests, which."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name in TESTS}
        return tuple(
            (name, value if isinstance(value, bool) else True)
            for name, value in values.items()
            if value is not None and value != ""
        )

    def values(self, now: datetime) -> dict[str, Any]:
        """What the names in the tests stand for. Names that are in none do no harm."""
        return {
            "now": now,
            "category_slug": self.category,
            "level": self.level,
            "search": contains(self.search or ""),
            "searched": wanted_part(self.search or ""),
            "min_price": self.min_price,
            "max_price": self.max_price,
            "min_rating": self.min_rating,
            "min_duration": self.min_duration,
            "max_duration": self.max_duration,
            "instructor": self.instructor,
            "language": (self.language or "").lower(),
            "tag": (self.tag or "").strip().lower(),
            "creation_method": self.creation_method,
        }


Given = tuple[tuple[str, bool], ...]


def _current_price() -> ColumnElement[Decimal]:
    """`domain.pricing.current_price` in SQL."""
    open_ended = or_(Course.discount_ends.is_(None), Course.discount_ends > bindparam("now"))
    return case((Course.discount_price.is_not(None) & open_ended, Course.discount_price), else_=Course.price)


def _contains() -> Condition:
    pattern = bindparam("search", type_=String)
    return or_(Course.title.ilike(pattern), Course.subtitle.ilike(pattern), Course.description.ilike(pattern))


def _in_category() -> Condition:
    return (
        Course.category_id == select(Category.id).where(Category.slug == bindparam("category_slug")).scalar_subquery()
    )


def _taught() -> Condition:
    taught = select(CourseInstructor.course_id).where(
        CourseInstructor.user_id == bindparam("instructor"), CourseInstructor.is_active
    )
    return Course.id.in_(taught)


current_price = _current_price()
TESTS: dict[str, Condition] = {
    "category": _in_category(),
    "level": Course.level == bindparam("level"),
    "search": _contains(),
    "min_price": current_price >= bindparam("min_price"),
    "max_price": current_price <= bindparam("max_price"),
    "is_free": current_price == literal_column("0"),
    "min_rating": Course.avg_rating >= bindparam("min_rating"),
    "min_duration": Course.duration_minutes >= bindparam("min_duration"),
    "max_duration": Course.duration_minutes <= bindparam("max_duration"),
    "instructor": _taught(),
    "language": func.lower(Course.language) == bindparam("language"),
    "tag": Course.tags.contains(func.jsonb_build_array(bindparam("tag", type_=Text))),
    "has_certificate": Course.has_certificate.expression,
    "is_featured": Course.is_featured.expression,
    "creation_method": Course.creation_method == bindparam("creation_method"),
}
"""What a course must be, by the name of the filter; of yes and no, for yes."""


def tests_of(given: Given) -> dict[str, Condition]:
    return {name: TESTS[name] if wanted else not_(TESTS[name]) for name, wanted in given}
