"""A learner takes each type of question over `/api/`: told at once, saved, resumed, graded by hand, graded anew."""

import time
from typing import Any

import pytest

pytestmark = pytest.mark.stack

Json = dict[str, Any]
CRITERIA = [
    {"title": "Facts", "points": 3, "ratings": [{"title": "All", "points": 3}, {"title": "Some", "points": 1}]},
    {"title": "Style", "points": 1, "ratings": [{"title": "Clear", "points": 1}]},
]


def questions(rubric: int) -> list[Json]:
    """One of each type, worth 2 each."""
    colours = [{"answer_text": text, "is_correct": text in ("Red", "Blue")} for text in ("Red", "Green", "Blue")]
    configs: list[tuple[str, Json]] = [
        ("multiple_choice", {}),
        ("multiple_select", {}),
        ("true_false", {"correct_answer": True}),
        ("short_answer", {"keywords": [{"text": "airway"}]}),
        ("essay", {"rubric_id": rubric}),
        ("fill_blank", {"text": "A {{b1}}.", "blanks": [{"id": "b1", "accepted": [{"text": "caf\u00e9"}]}]}),
        (
            "matching",
            {
                "left": [{"id": "fr", "text": "France"}, {"id": "it", "text": "Italy"}],
                "right": [{"id": "p", "text": "Paris"}, {"id": "r", "text": "Rome"}, {"id": "o", "text": "Oslo"}],
                "pairs": [{"left_id": "fr", "right_id": "p"}, {"left_id": "it", "right_id": "r"}],
            },
        ),
    ]
    asked = [
        {"question_text": f"Of type {kind}", "question_type": kind, "points": 2, "config": config}
        for kind, config in configs
    ]
    # The key is wrong at first: Green is the right one.
    asked[0]["answers"] = [{"answer_text": "Red", "is_correct": True}, {"answer_text": "Green", "is_correct": False}]
    asked[1]["answers"] = colours
    return asked


def given(attempt: Json) -> dict[str, Json]:
    """What the learner answers, by type of question."""
    options = {
        question["question_type"]: {answer["answer_text"]: answer["id"] for answer in question["answers"]}
        for question in attempt["questions"]
    }
    return {
        "multiple_choice": {"selected_answer_id": options["multiple_choice"]["Green"]},
        "multiple_select": {"selected_answer_ids": [options["multiple_select"][text] for text in ("Blue", "Red")]},
        "true_false": {"selected_answer_id": options["true_false"]["True"]},
        "short_answer": {"text_answer": "First the airway."},
        "essay": {"text_answer": "It began"},
        "fill_blank": {"response": {"blanks": {"b1": "Cafe\u0301"}}},
        "matching": {"response": {"pairs": [{"left_id": "it", "right_id": "r"}, {"left_id": "fr", "right_id": "o"}]}},
    }


def test_each_type_from_the_first_answer_to_a_mended_key(system, make_course, wait_until) -> None:
    teacher = system.instructor
    course = make_course(teacher, lessons=1, quiz=False)
    lesson = course["modules"][0]["lessons"][0]["id"]
    rubric = teacher.post("/rubrics/", {"title": "Essays", "criteria": CRITERIA})
    rules = {"feedback_mode": "immediate", "partial_credit": True, "time_limit": 30, "passing_score": 90}
    made = teacher.post(
        "/assessments/", {"lesson": lesson, "title": "All of it", "questions": questions(rubric["id"]), **rules}
    )
    learner, user = system.guest.register(f"taker-{time.time_ns()}@example.com", "Tala", "Taker")
    learner.post(f"/courses/{course['slug']}/enroll/")

    attempt = learner.post(f"/assessments/{made['id']}/start/")
    ids = {question["question_type"]: question["id"] for question in attempt["questions"]}

    def answer(kind: str, **fields: Any) -> Json:
        sent = {"attempt_id": attempt["attempt_id"], "question_id": ids[kind], **fields}
        saved: Json = learner.post("/attempt-answers/", sent)
        return saved

    told = {kind: answer(kind, **fields)["result"] for kind, fields in given(attempt).items()}
    earned = {kind: result["points_earned"] for kind, result in told.items()}
    assert earned == {
        "multiple_choice": 0,
        "multiple_select": 2,
        "true_false": 2,
        "short_answer": 2,
        "essay": None,
        "fill_blank": 2,
        "matching": 1,
    }
    assert told["matching"]["correct_response"]["pairs"][0] == {"left_id": "fr", "right_id": "p"}
    # What a person grades has told nothing, and is saved again as it grows.
    answer("essay", text_answer="It began, and it ended.")
    resumed = learner.post(f"/assessments/{made['id']}/start/")
    assert (resumed["attempt_id"], resumed["questions"]) == (attempt["attempt_id"], attempt["questions"])
    saved = {one["question_id"]: one for one in resumed["saved_answers"]}
    assert saved[ids["essay"]]["text_answer"] == "It began, and it ended."
    assert len(saved) == 7

    done = learner.post(f"/assessment-attempts/{attempt['attempt_id']}/complete/")
    assert (done["status"], done["score"], done["passed"], done["max_score"]) == ("pending_review", None, None, 14)
    (waiting,) = teacher.get("/grading-queue/", assessment=made["id"])["results"]
    first, second = waiting["question"]["rubric"]["criteria"]
    grades = [
        {"criterion_id": first["id"], "rating_id": first["ratings"][1]["id"], "comment": "Which ones?"},
        {"criterion_id": second["id"], "rating_id": second["ratings"][0]["id"]},
    ]
    graded = teacher.put(f"/attempt-answers/{waiting['id']}/grade/", {"rubric_grades": grades, "feedback": "Short."})
    # Two of the rubric's four points, of a question worth 2.
    assert (graded["points_earned"], graded["status"], graded["score"], graded["passed"]) == (1, "graded", 10, False)

    choice = next(one for one in made["questions"] if one["id"] == ids["multiple_choice"])
    green = next(one for one in choice["answers"] if one["answer_text"] == "Green")
    teacher.put(f"/answers/{green['id']}/", {"answer_text": "Green", "is_correct": True})
    teacher.post(f"/assessments/{made['id']}/regrade/")

    def shown() -> Json:
        result: Json = learner.get(f"/assessment-attempts/{attempt['attempt_id']}/")
        return result

    wait_until(lambda: shown()["previous_score"] is not None)
    after = shown()
    assert (after["score"], after["previous_score"], after["score_percentage"]) == (12, 10, 85.71)
    essay = next(one for one in after["answers"] if one["question_id"] == ids["essay"])
    assert (essay["feedback"], essay["rubric_grades"][0]["comment"]) == ("Short.", "Which ones?")
    result = learner.get(f"/assessments/{made['id']}/")["result"]
    assert result == {"score_percentage": 85.71, "passed": False, "attempts_used": 1}
    assert system.rows("SELECT count(*) FROM assessment.attempts WHERE user_id = %s", user["id"]) == [(1,)]
