"""HTTP models of a course's versions."""

from typing import Literal

from pydantic import BaseModel, Field

from catalog.schemas.courses import CourseCard, Title
from catalog.schemas.fields import Input, RowId

MOST_VERSIONS = 50
"""That one request changes."""

VersionAction = Literal["publish", "unpublish", "archive", "delete"]


class CloneOptions(Input):
    """What of a course its copy gets. `title` left out or null: the source's with the new version's number.

    `create_as_draft` false publishes the copy at once. Resources and assessments come with their lessons only, so not
    without `copy_modules`; assessments some seconds later.
    """

    title: Title | None = None
    copy_modules: bool = True
    copy_resources: bool = True
    copy_assessments: bool = True
    create_as_draft: bool = True


class VersionCard(CourseCard):
    """A version in its family. `parent_version` is the id of the one it was made from."""

    parent_version: int | None


class VersionsChange(Input):
    """What is done to which versions."""

    action: VersionAction
    ids: list[RowId] = Field(min_length=1, max_length=MOST_VERSIONS)


class VersionResult(BaseModel):
    """What became of one version. Where it was refused, `code` and `error` say why, and `fields` what is missing."""

    id: int
    done: bool
    code: str | None = None
    error: str | None = None
    fields: dict[str, list[str]] | None = None


class VersionResults(BaseModel):
    """A result for each id, in the order asked."""

    results: list[VersionResult]
