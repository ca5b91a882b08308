"""HTTP models of a course's instructors."""

from typing import Annotated, ClassVar, Self

from pydantic import StringConstraints, model_validator

from catalog.schemas.fields import LINE, OMITTED, Description, Input, RowId

RoleTitle = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), LINE]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"), LINE
]


class InstructorUpdate(Input):
    """Any subset. `title` and `bio` are for this course; `is_lead` true passes the lead on to this instructor."""

    HTML: ClassVar[dict[str, int]] = {"bio": 0}

    title: RoleTitle = OMITTED
    bio: Description = OMITTED
    is_lead: bool = OMITTED
    is_active: bool = OMITTED


class InstructorCreate(InstructorUpdate):
    """Who is to teach: `instructor`, a user's id, or `email`, one of the two."""

    instructor: RowId | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.instructor is None) == (self.email is None):
            raise ValueError("Name the instructor either by 'instructor', a user's id, or by 'email'.")
        return self

    @property
    def named_by(self) -> str:
        """The field that says who."""
        return "email" if self.instructor is None else "instructor"
