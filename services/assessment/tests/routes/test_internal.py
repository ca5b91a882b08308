"""What other services are told."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from shared.auth import ServiceCaller
from shared.contracts.assessment.http import CourseStanding
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Attempted = Callable[..., Awaitable[None]]
PATH = "/internal/courses/5/standing/"


@pytest.fixture
def attempted(start: Make, save: Callable[..., Awaitable[httpx.Response]], complete: Make) -> Attempted:
    """Learner 7 takes an assessment of one question, once with each of these answers."""

    async def build(assessment: Json, *answers: str) -> None:
        for answer in answers:
            attempt = await start(assessment)
            await save(attempt, 0, answer)
            await complete(attempt)

    return build


async def standing(service: ServiceUnderTest, path: str = PATH, user_id: int = 7) -> CourseStanding:
    answer = await service.client(ServiceCaller("certificate")).get(path, params={"user_id": user_id})
    assert answer.status_code == 200, answer.text
    return CourseStanding.model_validate_json(answer.content)


@contextmanager
def statements(service: ServiceUnderTest) -> Iterator[list[str]]:
    """The statements that the service sends to the database meanwhile."""
    seen: list[str] = []
    engine = service.database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


class TestStanding:
    @pytest.mark.parametrize(
        ("policy", "answers", "has_passed"),
        [
            ("highest", ["Beta", "Alpha"], True),
            ("latest", ["Beta", "Alpha"], False),
            ("latest", ["Alpha", "Beta"], True),
            ("first", ["Alpha", "Beta"], False),
            ("average", ["Beta", "Alpha"], False),
            ("highest", ["Alpha"], False),
            ("highest", [], False),
        ],
    )
    async def test_is_judged_by_the_scoring_policy(
        self,
        service: ServiceUnderTest,
        make: Make,
        question: Callable[..., Json],
        attempted: Attempted,
        policy: str,
        answers: list[str],
        has_passed: bool,
    ) -> None:
        made = await make(questions=[question()], scoring_policy=policy, max_attempts=5)
        await attempted(made, *answers)
        passed = [made["id"]] if has_passed else []
        assert await standing(service) == CourseStanding(course_id=5, user_id=7, required=[made["id"]], passed=passed)
        assert (await standing(service, user_id=8)).passed == []

    async def test_follows_a_change_of_the_policy(
        self,
        service: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        make: Make,
        question: Callable[..., Json],
        attempted: Attempted,
    ) -> None:
        made = await make(questions=[question()], scoring_policy="first", max_attempts=5)
        await attempted(made, "Alpha", "Beta")
        await teacher.patch(f"/api/assessments/{made['id']}/", json={"scoring_policy": "highest"})
        assert (await standing(service)).passed == [made["id"]]

    async def test_an_attempt_under_way_counts_for_nothing(
        self, service: ServiceUnderTest, make: Make, start: Make
    ) -> None:
        made = await make(passing_score=0)
        await start(made)
        assert (await standing(service)).passed == []

    @pytest.mark.parametrize("ceases", ["is not required", "is deleted"])
    async def test_names_only_what_is_required_now(
        self,
        service: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        make: Make,
        question: Callable[..., Json],
        attempted: Attempted,
        ceases: str,
    ) -> None:
        kept, other = await make(questions=[question()]), await make(lesson=12, questions=[question()])
        await attempted(other, "Beta")
        assert await standing(service) == CourseStanding(
            course_id=5, user_id=7, required=[kept["id"], other["id"]], passed=[other["id"]]
        )
        path = f"/api/assessments/{other['id']}/"
        await (teacher.delete(path) if ceases == "is deleted" else teacher.patch(path, json={"is_required": False}))
        assert await standing(service) == CourseStanding(course_id=5, user_id=7, required=[kept["id"]], passed=[])

    async def test_of_an_unknown_course_is_empty(self, service: ServiceUnderTest, make: Make) -> None:
        await make()
        nothing = CourseStanding(course_id=6, user_id=7, required=[], passed=[])
        assert await standing(service, "/internal/courses/6/standing/") == nothing

    async def test_takes_as_many_statements_for_many_assessments_as_for_one(
        self, service: ServiceUnderTest, make: Make
    ) -> None:
        await make()
        with statements(service) as for_one:
            assert len((await standing(service)).required) == 1
        await make(lesson=12)
        with statements(service) as for_two:
            assert len((await standing(service)).required) == 2
        assert len(for_one) == len(for_two) > 0

    @pytest.mark.parametrize("caller", [None, user(7), user(500, "instructor"), user(1, "administrator")])
    async def test_is_not_for_users(self, service: ServiceUnderTest, caller: Any) -> None:
        answer = await service.client(caller).get(PATH, params={"user_id": 7})
        assert answer.status_code == (404 if caller else 401)

    @pytest.mark.parametrize(
        ("path", "query"),
        [
            (PATH, ""),
            (PATH, "?user_id=0"),
            (PATH, "?user_id=x"),
            (PATH, f"?user_id={2**63}"),
            (f"/internal/courses/{2**63}/standing/", "?user_id=7"),
            ("/internal/courses/x/standing/", "?user_id=7"),
        ],
    )
    async def test_wrong_ids_are_refused(self, service: ServiceUnderTest, path: str, query: str) -> None:
        answer = await service.client(ServiceCaller("certificate")).get(f"{path}{query}")
        assert answer.status_code == 400
