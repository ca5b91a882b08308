"""Put the demo courses into a running system, as its demo instructor would: over the public API."""

from collections.abc import Callable
from typing import Any

from demo.api import Api
from demo.content import Course, all_courses

Progress = Callable[[int, int, str], None]
"""`(lessons done, lessons in all, title of the one just made)`."""


def load(api: Api) -> None:
    """Load what is not there yet. Safe to repeat: a course left half made by an interruption is made anew."""
    instructor = api.log_in("instructor@example.com")
    admin = api.log_in("admin@example.com")
    for course in all_courses():
        if _find(instructor, course.title, is_draft=False):
            print(f"  {course.title}: there already")
            continue
        for draft in _find(instructor, course.title, is_draft=True):
            instructor.delete(f"/courses/{draft['slug']}/")
        made = make_course(instructor, admin, course)
        print(f"  {course.title}: {course.lessons} lessons, {api.address}/api/courses/{made['slug']}/")


def make_course(
    instructor: Api, admin: Api, course: Course, *, title: str | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Make a course with modules, lessons and assessments, and publish it; returns the published course."""
    category = _category(admin, course.category)
    made = instructor.post("/courses/", {**course.fields, "title": title or course.title, "category": category})
    done = 0
    for module in course.modules:
        made_module = instructor.post("/modules/", {**module.fields, "course": made["id"]})
        for lesson in module.lessons:
            made_lesson = instructor.post("/lessons/", {**lesson.fields, "module": made_module["id"]})
            if lesson.assessment:
                instructor.post("/assessments/", {**lesson.assessment, "lesson": made_lesson["id"]})
            done += 1
            if progress:
                progress(done, course.lessons, lesson.fields["title"])
    published: dict[str, Any] = instructor.put(f"/courses/{made['slug']}/publish/")
    return published


def _find(instructor: Api, title: str, *, is_draft: bool) -> list[dict[str, Any]]:
    found = instructor.get("/courses/", search=title, is_draft=str(is_draft).lower(), page_size=100)["results"]
    return [course for course in found if course["title"] == title]


def _category(admin: Api, name: str) -> str:
    """Slug of the category of that name, made if there is none."""
    for category in admin.get("/categories/", search=name, page_size=100)["results"]:
        if category["name"] == name:
            return str(category["slug"])
    return str(admin.post("/categories/", {"name": name})["slug"])
