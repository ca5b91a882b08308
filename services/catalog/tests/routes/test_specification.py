"""The specification's fields, defaults, limits and choices, as tables: what is left out or renamed fails here."""

import json
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from catalog.domain import choices
from catalog.schemas.categories import CategoryCreate
from catalog.schemas.courses import CourseCreate
from catalog.schemas.fields import Input
from catalog.schemas.instructors import InstructorCreate
from catalog.schemas.lessons import LessonCreate
from catalog.schemas.modules import ModuleCreate
from catalog.schemas.resources import ResourceCreate

DATES = "created_date updated_date"
CATEGORY = f"id name slug description icon sort_order is_active course_count {DATES}"
CARD = (
    "id slug title subtitle category thumbnail price discount_price discount_ends current_price is_free level language "
    "tags has_certificate is_featured is_draft is_published published_date duration_minutes lessons_count instructors "
    f"enrolled_students_count avg_rating total_reviews version {DATES}"
)
DETAIL = (
    f"{CARD} thumbnails description requirements skills learning_objectives target_audience creation_method "
    "completion_status completion_percentage parent_version last_enrollment_date modules versions"
)
"""Beside it the gateway adds `recent_reviews` and `user_progress`, which are enrollment's."""
OUTLINE_OF_MODULE = "id title description order duration_minutes is_published lessons"
OUTLINE_OF_LESSON = (
    "id title order type access_level is_free_preview duration_minutes has_assessment has_lab resources_count "
    "assessment_id"
)
LESSON_CARD = f"{OUTLINE_OF_LESSON} module course {DATES}"
LESSON = f"{LESSON_CARD} content content_tier access video_url transcript guest_content registered_content"
RESOURCE = (
    "id lesson title type description order url file premium uploaded file_name file_size mime_type storage_key "
    f"duration_minutes width height {DATES}"
)


async def test_fields_and_defaults(teacher, admin) -> None:
    """Made with what is required alone."""

    async def post(client: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def check(given: dict[str, Any], fields: str, **defaults: Any) -> None:
        assert set(given) == set(fields.split())
        assert {name: given[name] for name in defaults} == defaults

    category = await post(admin, "/api/categories/", {"name": "Über"})
    check(category, CATEGORY, slug="uber", description="", icon="", sort_order=0, is_active=True, course_count=0)
    made = await post(teacher, "/api/courses/", {"title": "Sea", "description": "d" * 50})
    check(
        made, DETAIL, slug="sea", subtitle="", thumbnail=None, thumbnails=None, price="490.00", discount_price=None,
        discount_ends=None, requirements=[], skills=[], learning_objectives=[], target_audience="", tags=[],
        creation_method="builder", completion_status="partially_complete", completion_percentage=25, version=1.0,
        is_draft=True, is_published=False, published_date=None, parent_version=None, has_certificate=False,
        is_featured=False, level="all_levels", language="en", duration_minutes=None, lessons_count=0,
        enrolled_students_count=0, avg_rating=0.0, total_reviews=0, last_enrollment_date=None, modules=[],
    )  # fmt: skip
    assert (made["category"]["name"], set(made["category"])) == ("General", {"id", "name", "slug"})
    [lead] = made["instructors"]
    check(lead, "id name is_lead title bio is_active", title="", bio="", is_lead=True, is_active=True)
    module = await post(teacher, "/api/modules/", {"course": made["slug"], "title": "Ab"})
    check(
        module, f"{OUTLINE_OF_MODULE} course {DATES}", description="", order=1, duration_minutes=None,
        is_published=False, lessons=[],
    )  # fmt: skip
    lesson = await post(teacher, "/api/lessons/", {"module": module["id"], "title": "Ab", "content": "c" * 10})
    check(
        lesson, LESSON, order=1, type="video", guest_content=None, registered_content=None, access_level="registered",
        is_free_preview=False, has_assessment=False, assessment_id=None, has_lab=False, video_url="", transcript=None,
        duration_minutes=None, resources_count=0,
    )  # fmt: skip
    check(lesson["access"], "granted user_level required_level code message", granted=True, code=None, message=None)
    link = {"lesson": lesson["id"], "title": "Ab", "type": "link", "url": "https://e.org"}
    resource = await post(teacher, "/api/resources/", link)
    check(
        resource, RESOURCE, description="", order=1, premium=False, file=None, uploaded=False, file_size=None,
        mime_type="", storage_key=None, duration_minutes=None,
    )  # fmt: skip
    shown = (await teacher.get(f"/api/courses/{made['id']}/")).json()
    check(shown, DETAIL)
    check(shown["modules"][0], OUTLINE_OF_MODULE)
    check(shown["modules"][0]["lessons"][0], OUTLINE_OF_LESSON)
    for path, fields in (
        ("categories", CATEGORY), ("courses/?is_draft=true", CARD), ("modules", f"{OUTLINE_OF_MODULE} course {DATES}"),
        ("lessons", LESSON_CARD), ("resources", RESOURCE),
    ):  # fmt: skip
        page = (await teacher.get(f"/api/{path}{'' if '?' in path else '/'}")).json()
        check(page, "count next previous results")
        check(page["results"][0], fields)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (choices.Level, "beginner intermediate advanced all_levels"),
        (choices.CreationMethod, "builder wizard ai import manual"),
        (choices.CompletionStatus, "not_started partially_complete complete published archived"),
        (choices.LessonType, "video reading interactive quiz lab_exercise assignment discussion"),
        (choices.AccessLevel, "guest registered premium"),
        (choices.ResourceType, "document video audio image link code_sample tool_software dataset template"),
    ],
)
def test_choices(kind: Any, values: str) -> None:
    assert list(get_args(kind)) == values.split()


REQUIRED: dict[type[Input], dict[str, Any]] = {
    CategoryCreate: {"name": "Ab"},
    CourseCreate: {"title": "Abc", "description": "d" * 50},
    InstructorCreate: {"instructor": 1},
    ModuleCreate: {"course": 1, "title": "Ab"},
    LessonCreate: {"module": 1, "title": "Ab", "content": "c" * 10},
    ResourceCreate: {"lesson": 1, "title": "Ab", "type": "document"},
}
LIMITS: list[tuple[type[Input], str, list[Any], list[Any]]] = [
    # model, field, values at its limits, values beyond them
    (CategoryCreate, "name", ["ab", "n" * 100], ["a", " a ", "n" * 101]),
    (CategoryCreate, "icon", ["", "i" * 50], ["i" * 51]),
    (CategoryCreate, "sort_order", [0, 1_000_000], [-1, 1_000_001]),
    (CourseCreate, "title", ["abc", "t" * 160], ["ab", " ab ", "t" * 161]),
    (CourseCreate, "subtitle", ["", "s" * 255], ["s" * 256]),
    (CourseCreate, "description", ["d" * 50, "d" * 20_000], ["d" * 49, "d" * 20_001]),
    (CourseCreate, "price", ["0", "10000", "0.01"], ["-0.01", "10000.01", "0.001"]),
    (CourseCreate, "discount_price", [None, "0", "10000"], ["-0.01", "10000.01"]),
    (CourseCreate, "discount_ends", [None, "2030-01-01T00:00:00Z"], ["2030-01-01T00:00:00", "9999-01-01T00:00:00Z"]),
    (CourseCreate, "requirements", [[], ["abc"] * 20], [["ab"], ["abc"] * 21, "abc", [1]]),
    (CourseCreate, "learning_objectives", [[], ["abcde"] * 15], [["abcd"], ["abcde"] * 16]),
    (CourseCreate, "skills", [[], ["a"] * 50], [[""], ["a"] * 51]),
    (CourseCreate, "tags", [[], ["ab"]], [["a"], ["t" * 51], [f"tag{n}" for n in range(21)]]),
    (CourseCreate, "level", ["advanced"], ["expert", None]),
    (CourseCreate, "creation_method", ["ai"], ["magic"]),
    (InstructorCreate, "title", ["", "t" * 100], ["t" * 101]),
    (InstructorCreate, "bio", ["", "b" * 20_000], ["b" * 20_001]),
    (ModuleCreate, "title", ["ab", "t" * 255], ["a", "t" * 256]),
    (ModuleCreate, "order", [1, 1_000_000], [0, -1, 1_000_001]),
    (LessonCreate, "title", ["ab", "t" * 255], ["a", "t" * 256]),
    (LessonCreate, "content", ["c" * 10, "c" * 200_000], ["c" * 9, " " * 20, "c" * 200_001]),
    (LessonCreate, "duration_minutes", [None, 0, 10_080], [-1, 10_081]),
    (LessonCreate, "video_url", ["", "https://vimeo.com/1"], ["https://e.org/", "ftp://e.org/a.mp4"]),
    (LessonCreate, "access_level", ["premium"], ["enrolled"]),
    (LessonCreate, "type", ["lab_exercise"], ["lecture"]),
    (ResourceCreate, "title", ["ab", "t" * 255], ["a", "t" * 256]),
    (ResourceCreate, "type", ["dataset"], ["folder"]),
]


@pytest.mark.parametrize(
    ("model", "field", "good", "bad"), LIMITS, ids=[f"{model.__name__}.{field}" for model, field, _, _ in LIMITS]
)
def test_limits(model: type[Input], field: str, good: list[Any], bad: list[Any]) -> None:
    adapter = TypeAdapter(model)
    for value in good:
        adapter.validate_json(json.dumps(REQUIRED[model] | {field: value}))
    for value in bad:
        with pytest.raises(ValidationError) as refused:
            adapter.validate_json(json.dumps(REQUIRED[model] | {field: value}))
        assert {error["loc"][0] for error in refused.value.errors()} == {field}, value
