"""HTTP models of modules."""

from typing import ClassVar

from pydantic import BaseModel

from catalog.schemas.fields import OMITTED, Choice, Description, Input, Moment, Name, Order
from catalog.schemas.lessons import LessonOutlineView


class ModuleUpdate(Input):
    """Any subset of a module's fields. A module stays in its course."""

    HTML: ClassVar[dict[str, int]] = {"description": 0}

    course: Choice = OMITTED
    title: Name = OMITTED
    description: Description = OMITTED
    order: Order = OMITTED
    is_published: bool = OMITTED


class ModuleCreate(ModuleUpdate):
    """`course` is an id or a slug. Left out, `order` is the next one and `is_published` false."""

    course: Choice
    title: Name


class ModuleOutlineView(BaseModel):
    """A module in a course. `duration_minutes` is the sum of its lessons'."""

    id: int
    title: str
    description: str
    order: int
    duration_minutes: int | None
    is_published: bool
    lessons: list[LessonOutlineView]


class ModuleView(ModuleOutlineView):
    """A module with its lessons' outline. `course` is an id."""

    course: int
    created_date: Moment
    updated_date: Moment
