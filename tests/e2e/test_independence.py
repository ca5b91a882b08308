"""A service that is down takes with it what needs it, and nothing else; it catches up when it is back."""

import httpx
import pytest

from demo.api import Refused

pytestmark = pytest.mark.stack


@pytest.fixture
def stopped(system):
    """Stops services for one test."""
    names: list[str] = []

    def stop(service: str) -> None:
        names.append(service)
        system.stack.stop(service)

    yield stop
    for name in names:
        if system.stack.missing(name):
            system.stack.start(name)


def test_the_others_go_on_without_enrollment(system, make_course, stopped, wait_until) -> None:
    course = make_course(system.instructor, quiz=False)
    stopped("enrollment")
    # what does not need it
    assert system.guest.get("/courses/")["count"] >= 1
    assert system.guest.get(f"/courses/{course['slug']}/")["title"] == course["title"]
    made = make_course(system.instructor)
    health = system.guest.get("/health/")
    assert (health["status"], health["services"]["catalog"]["status"]) == ("degraded", "healthy")
    # what does: 503, never "no"
    lesson = course["modules"][0]["lessons"][0]["id"]
    for ask in (
        lambda: system.student.get("/enrollments/"),
        lambda: system.student.post(f"/courses/{course['slug']}/enroll/"),
        lambda: system.student.get(f"/lessons/{lesson}/"),
    ):
        with pytest.raises(Refused, match=r"503.*SERVICE_UNAVAILABLE"):
            ask()
    # back again, it knows what happened meanwhile
    system.stack.start("enrollment")
    enrollment = system.student.post(f"/courses/{made['slug']}/enroll/")
    assert enrollment["total_lessons"] == 3


def test_certificates_come_when_their_service_is_back(system, make_course, stopped, wait_until) -> None:
    course = make_course(system.instructor, lessons=1, quiz=False)
    stopped("certificate")
    enrollment = system.premium.post(f"/courses/{course['slug']}/enroll/")
    (row,) = system.premium.get("/progress/", enrollment=enrollment["id"])["results"]
    answer = system.premium.put(f"/progress/{row['id']}/", {"is_completed": True})
    assert (answer["enrollment"]["progress_percentage"], answer["enrollment"]["status"]) == (100, "completed")
    with pytest.raises(Refused, match="503"):
        system.premium.get("/certificates/")
    system.stack.start("certificate")

    def issued() -> bool:
        rows = system.premium.get("/certificates/", page_size=100)["results"]
        return any(certificate["enrollment"] == enrollment["id"] for certificate in rows)

    wait_until(issued)


def test_a_restarted_catalog_is_found_again_by_the_gateway(system, make_course) -> None:
    course = make_course(system.instructor, quiz=False)
    system.stack.kill("catalog")
    answer = httpx.get(f"{system.stack.url}/api/courses/")
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) >= 1
    system.stack.start("catalog")
    assert system.guest.get(f"/courses/{course['slug']}/")["id"] == course["id"]
