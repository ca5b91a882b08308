"""HTTP models of resources."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, StringConstraints

from catalog.domain.choices import ResourceType
from catalog.domain.validation import validate_url
from catalog.schemas.fields import OMITTED, Description, Input, Moment, Name, Order, RowId

Url = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(validate_url)]


class ResourceUpdate(Input):
    """Any subset of a resource's fields. A resource stays in its lesson."""

    HTML: ClassVar[dict[str, int]] = {"description": 0}

    lesson: RowId = OMITTED
    title: Name = OMITTED
    type: ResourceType = OMITTED
    description: Description = OMITTED
    order: Order = OMITTED
    url: Url = OMITTED
    premium: bool = OMITTED


class ResourceCreate(ResourceUpdate):
    """A `link` needs `url`; any other type a `file` or a `url`. Left out, `order` is the next one, `premium` false."""

    lesson: RowId
    title: Name
    type: ResourceType


class ResourceView(BaseModel):
    """A resource. `url`, `file` and `storage_key` are for those who may download it, and null for others.

    `file` is where it is downloaded; `file_size` in bytes, `width` and `height` in pixels, `duration_minutes` of sound
    and video, all read from the file.
    """

    id: int
    lesson: int
    title: str
    type: ResourceType
    description: str
    order: int
    url: str | None
    file: str | None
    premium: bool
    uploaded: bool
    file_name: str
    file_size: int | None
    mime_type: str
    storage_key: str | None
    duration_minutes: int | None
    width: int | None
    height: int | None
    created_date: Moment
    updated_date: Moment
