"""`/api/certificate-templates/`"""

from datetime import UTC, datetime

from fastapi import APIRouter

from certificate import learn
from certificate.commands import templates as commands
from certificate.queries import templates
from certificate.routes.access import check_may_edit, check_may_edit_template, find_template, is_staff
from certificate.routes.parameters import PublicUrl
from certificate.schemas import TemplateCreate, TemplateUpdate, TemplateVersionView, TemplateView
from shared.auth import Instructor
from shared.database import OpenDatabase
from shared.errors import Invalid
from shared.fields import PathId, QueryRef
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["certificate templates"], prefix="/api/certificate-templates")


@router.get("/")
async def list_certificate_templates(
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    paging: Paging,
    public_url: PublicUrl,
    course: QueryRef = None,
) -> Page[TemplateView]:
    """Templates of the courses you are staff of, and the default; all for administrators.

    For instructors and administrators. Order by `created_date` (the newest first if left out) or `updated_date`.
    """
    course_id = None if course is None else await learn.find_course_id(database, peers, course)
    sees_all = await is_staff(database, peers, identity, course_id)
    async with database.reading() as session:
        return await templates.list_templates(
            session,
            paging,
            staff_id=None if sees_all else identity.user_id,
            course_id=course_id,
            public_url=public_url,
        )


@router.post("/", status_code=201)
async def create_certificate_template(
    body: TemplateCreate, identity: Instructor, database: OpenDatabase, peers: AskPeers, public_url: PublicUrl
) -> TemplateView:
    """Make the template of a course (for its staff and administrators), or the default (for administrators).

    A course has one at most, 400 if there is one. Certificates issued from now on look so; those issued before stay as
    they are. Text must have a contrast of 4.5 with the paper, lines of 3 (400 naming the colour).
    """
    course_id = None
    if body.course is not None:
        course_id = await learn.find_course_id(database, peers, body.course)
        if not (course_id and await learn.is_course(database, peers, course_id)):
            raise Invalid(course="There is no such course.")
    await check_may_edit(database, peers, identity, course_id)
    values = body.model_dump(exclude_unset=True, exclude={"course"})
    async with database.transaction() as session:
        made = await commands.create(session, course_id, values, identity.user_id)
    return templates.view(*made, public_url)


@router.get("/{template_id}/")
async def get_certificate_template(
    template_id: PathId, identity: Instructor, database: OpenDatabase, peers: AskPeers, public_url: PublicUrl
) -> TemplateView:
    """A template as it is now. The default for all who teach; a course's for its staff and administrators, else 404."""
    return templates.view(*await find_template(database, peers, identity, template_id), public_url)


@router.put("/{template_id}/")
async def replace_certificate_template(
    template_id: PathId,
    body: TemplateUpdate,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
) -> TemplateView:
    """Change a template, as a new version. What is left out keeps its value: as PATCH."""
    return await change_certificate_template(template_id, body, identity, database, peers, public_url)


@router.patch("/{template_id}/")
async def change_certificate_template(
    template_id: PathId,
    body: TemplateUpdate,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
) -> TemplateView:
    """Change a template, as a new version. What is left out, of `wording` and `colours` too, stays as it is.

    Certificates that were issued keep the version they were issued with. For the course's staff and administrators; the
    default for administrators.
    """
    await check_may_edit_template(database, peers, identity, template_id)
    values = body.model_dump(exclude_unset=True)
    async with database.transaction() as session:
        made = await commands.change(session, template_id, values, identity.user_id, now=datetime.now(UTC))
    return templates.view(*made, public_url)


@router.delete("/{template_id}/", status_code=204)
async def delete_certificate_template(
    template_id: PathId, identity: Instructor, database: OpenDatabase, peers: AskPeers
) -> None:
    """Delete a template: the course's certificates look as the default from now on. Those issued stay as they are."""
    await check_may_edit_template(database, peers, identity, template_id)
    async with database.transaction() as session:
        await commands.delete(session, template_id)


@router.get("/{template_id}/versions/")
async def list_certificate_template_versions(
    template_id: PathId,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    paging: Paging,
    public_url: PublicUrl,
) -> Page[TemplateVersionView]:
    """All versions of a template, the newest first."""
    await find_template(database, peers, identity, template_id)
    async with database.reading() as session:
        return await templates.list_versions(session, paging, template_id, public_url)
