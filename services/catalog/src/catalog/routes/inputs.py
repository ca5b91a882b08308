"""What several routes take in: bodies with HTML made safe, and the filter `?course=`."""

import asyncio
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel

from catalog.domain.html import clean
from catalog.domain.slugs import parse_ref
from catalog.schemas.fields import Input
from shared.errors import Invalid, NotFound

D = TypeVar("D", bound=Input)


async def sanitised(data: D) -> D:
    """The body with its HTML fields made safe, off the event loop. Raises Invalid when too little is left of one."""
    given = {name: value for name, value in data.sent().items() if name in data.HTML and value is not None}
    if not given:
        return data
    cleaned = await asyncio.to_thread(lambda: {name: clean(value).strip() for name, value in given.items()})
    short = {
        name: [f"At least {least} characters are needed; {len(cleaned[name])} are left without unsafe HTML."]
        for name, least in data.HTML.items()
        if name in cleaned and len(cleaned[name]) < least
    }
    if short:
        raise Invalid(short)
    return data.model_copy(update=cleaned)


def takes(model: type[BaseModel], file_field: str) -> dict[str, Any]:
    """What the API's documentation says of a body that `forms.read_form` reads: JSON, or a form with a file."""
    schema = model.model_json_schema()
    binary = {"type": "string", "contentMediaType": "application/octet-stream", "description": "The file."}
    form = {**schema, "properties": {**schema["properties"], file_field: binary}}
    content = {"application/json": {"schema": schema}, "multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}


async def _public_url(request: Request) -> str:
    return str(request.app.state.settings.public_url)


PublicUrl = Annotated[str, Depends(_public_url)]
"""Route parameter: the address that users type, for links in answers."""


async def _course_query(
    course: Annotated[str | None, Query(max_length=100, description="A course's slug or id.")] = None,
) -> int | str | None:
    try:
        return None if course is None else parse_ref(course)
    except NotFound:
        raise Invalid(course=f"'{course}' is neither a slug nor an id.") from None


CourseQuery = Annotated[int | str | None, Depends(_course_query)]
"""Route parameter: `?course=`, by slug or id."""
