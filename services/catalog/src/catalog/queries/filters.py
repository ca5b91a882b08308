"""What lists of courses are narrowed to: one table of filters for the catalog and for search."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, case, exists, func, or_, select

from catalog.domain.choices import CreationMethod, Level
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


def narrowed(wanted: CourseFilter, now: datetime) -> list[Condition]:
    return list(tests_of(wanted, now).values())


def tests_of(wanted: CourseFilter, now: datetime) -> dict[str, Condition]:
    """What a course must be, by the name of the filter."""
    price = price_at(now)
    tests: dict[str, Callable[[Any], Condition]] = {
        "category": _in_category,
        "level": lambda level: Course.level == level,
        "search": _contains,
        "min_price": lambda least: price >= least,
        "max_price": lambda most: price <= most,
        "is_free": lambda free: price == 0 if free else price > 0,
        "min_rating": lambda least: Course.avg_rating >= least,
        "min_duration": lambda least: Course.duration_minutes >= least,
        "max_duration": lambda most: Course.duration_minutes <= most,
        "instructor": _taught_by,
        "language": lambda tag: func.lower(Course.language) == tag.lower(),
        "tag": lambda tag: Course.tags.contains([tag.strip().lower()]),
        "has_certificate": lambda has: Course.has_certificate if has else ~Course.has_certificate,
        "is_featured": lambda featured: Course.is_featured if featured else ~Course.is_featured,
        "creation_method": lambda method: Course.creation_method == method,
    }
    values = {name: getattr(wanted, name) for name in tests}
    return {name: tests[name](value) for name, value in values.items() if value is not None and value != ""}


def price_at(now: datetime) -> ColumnElement[Decimal]:
    """`domain.pricing.current_price` in SQL."""
    open_ended = or_(Course.discount_ends.is_(None), Course.discount_ends > now)
    return case((Course.discount_price.is_not(None) & open_ended, Course.discount_price), else_=Course.price)


def _in_category(slug: str) -> Condition:
    return Course.category_id == select(Category.id).where(Category.slug == slug).scalar_subquery()


def _contains(words: str) -> Condition:
    pattern = contains(words)
    return or_(Course.title.ilike(pattern), Course.subtitle.ilike(pattern), Course.description.ilike(pattern))


def _taught_by(user_id: int) -> Condition:
    return exists().where(
        CourseInstructor.course_id == Course.id, CourseInstructor.user_id == user_id, CourseInstructor.is_active
    )
