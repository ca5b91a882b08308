"""Who may open which channel: by the copies, and where they would say no, on the owners' word."""

from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel

from gateway.push.access import follow_course, follow_enrollment
from gateway.push.domain.channels import Address, Channel
from gateway.push.hub import Hub
from gateway.push.outlet import Credential, Outlet
from gateway.push.store import course_of, courses_of, lock_log, running_attempt
from gateway.upstream.client import UpstreamDown, Upstreams
from shared.auth import HEADER
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState
from shared.contracts.gateway.events import Role
from shared.database import Database
from shared.errors import NotFound, PermissionDenied, ServiceUnavailable
from shared.peers import Peers

LARGEST_ANSWER = 8 * 1024 * 1024


@dataclass(frozen=True)
class Person:
    """Someone signed in, who wants to open a channel."""

    user_id: int
    role: Role
    credential: Credential
    signature: str
    """What services know them by."""


class _AssessmentSeen(BaseModel):
    course: int


class Admission:
    """Opens outlets for those who may have them."""

    def __init__(self, hub: Hub, database: Database, peers: Peers, upstreams: Upstreams) -> None:
        self._hub = hub
        self._database = database
        self._peers = peers
        self._upstreams = upstreams

    async def admit(self, person: Person, address: Address) -> Outlet:
        """An open outlet. Raises PermissionDenied, NotFound, ServiceUnavailable."""
        if address.user_id is not None and address.user_id != person.user_id:
            raise PermissionDenied
        await self._hub.ready()
        with self._hub.watching(person.user_id) as changes:
            channel = await self._channel(person, address)
            outlet = Outlet(channel, person.credential)
            for change in changes:
                channel.change(**change)
            if not channel.is_allowed():
                raise PermissionDenied
            self._hub.open(outlet)
        if address.assessment_id is not None:
            try:
                async with self._database.reading() as session:
                    outlet.attempt = await running_attempt(session, person.user_id, address.assessment_id)
            except BaseException:
                self._hub.close(outlet)
                raise
        return outlet

    async def _channel(self, person: Person, address: Address) -> Channel:
        course_id = address.course_id
        if address.assessment_id is not None:
            course_id = await self._course_of(person, address.assessment_id)
        make = partial(
            Channel, address.kind, person.user_id, person.role, course_id=course_id, assessment_id=address.assessment_id
        )
        channel = make()
        channel.learns_in, channel.teaches = await self._courses(person.user_id, course_id)
        if course_id is not None and not channel.is_allowed():
            await self._learn(person.user_id, course_id)
            channel.learns_in, channel.teaches = await self._courses(person.user_id, course_id)
        return channel

    async def _courses(self, user_id: int, course_id: int | None) -> tuple[set[int], set[int]]:
        async with self._database.reading() as session:
            return await courses_of(session, user_id, course_id)

    async def _learn(self, user_id: int, course_id: int) -> None:
        """Ask the owners who this is in that course, and keep what they say. Raises NotFound where there is none."""
        enrollment = await self._peers.get(
            "enrollment", "/internal/enrollments/", EnrollmentState, {"user_id": user_id, "course_id": course_id}
        )
        course = None
        if enrollment is None or not enrollment.may_read:
            course = await self._peers.get("catalog", f"/internal/courses/{course_id}/", CourseState)
            if course is None or course.is_deleted:
                raise NotFound
            if not course.is_published and enrollment is None and not course.is_staff(user_id):
                raise NotFound
        async with self._database.transaction() as session:
            await lock_log(session)
            if enrollment is not None:
                await follow_enrollment(session, enrollment)
            if course is not None:
                await follow_course(session, course)

    async def _course_of(self, person: Person, assessment_id: int) -> int:
        """The course of an assessment. Raises NotFound, PermissionDenied."""
        async with self._database.reading() as session:
            known = await course_of(session, assessment_id)
        return known or await self._ask_course_of(person, assessment_id)

    async def _ask_course_of(self, person: Person, assessment_id: int) -> int:
        """As this person sees it at the assessment service, which alone can say that there is none."""
        target = f"/api/assessments/{assessment_id}/"
        try:
            async with self._upstreams.ask("assessment", "GET", target, [(HEADER, person.signature)]) as answer:
                if answer.status == 403:
                    raise PermissionDenied
                if answer.status == 404:
                    raise NotFound
                if answer.status != 200:
                    raise ServiceUnavailable
                body = await answer.whole(LARGEST_ANSWER)
        except UpstreamDown as error:
            raise ServiceUnavailable from error
        return _AssessmentSeen.model_validate_json(body).course
