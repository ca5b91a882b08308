"""HTTP models of categories."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, StringConstraints

from catalog.schemas.fields import LARGEST_ORDER, LINE, OMITTED, Description, Input, Moment

CategoryName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100), LINE]
Icon = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50), LINE]


class CategoryUpdate(Input):
    """Any subset of a category's fields."""

    HTML: ClassVar[dict[str, int]] = {"description": 0}

    name: CategoryName = OMITTED
    description: Description = OMITTED
    icon: Icon = OMITTED
    sort_order: Annotated[int, Field(ge=0, le=LARGEST_ORDER)] = OMITTED
    is_active: bool = OMITTED


class CategoryCreate(CategoryUpdate):
    """`sort_order` is 0 and `is_active` true unless given. The slug is made from the name and stays."""

    name: CategoryName


class CategoryView(BaseModel):
    """`course_count`: published courses in it."""

    id: int
    name: str
    slug: str
    description: str
    icon: str
    sort_order: int
    is_active: bool
    course_count: int
    created_date: Moment
    updated_date: Moment
