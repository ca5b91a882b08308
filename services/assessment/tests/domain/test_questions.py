from typing import Any

import pytest

from assessment.domain.questions import answers_of, check_questions, fill_orders
from assessment.schemas.questions import MOST_ORDER, QuestionWrite
from shared.errors import Invalid


def a_question(
    kind: str = "multiple_choice", correct: tuple[bool, ...] = (True, False), **fields: Any
) -> QuestionWrite:
    answers = [{"answer_text": f"A{place}", "is_correct": right} for place, right in enumerate(correct)]
    return QuestionWrite.model_validate(
        {"question_text": "What is it?", "question_type": kind, "answers": answers, **fields}
    )


class TestCheckQuestions:
    @pytest.mark.parametrize(
        ("question", "field"),
        [
            (a_question(correct=(True,)), "answers"),
            (a_question(correct=(False, False)), "answers"),
            (a_question(correct=(True, True)), "answers"),
            (a_question("multiple_select", correct=(False, False)), "answers"),
            (a_question("multiple_select", correct=()), "answers"),
            (a_question("true_false", correct=()), "config.correct_answer"),
            (a_question("true_false", correct=(True, False)), "config.correct_answer"),
        ],
    )
    def test_names_the_field_by_its_path(self, question: QuestionWrite, field: str) -> None:
        with pytest.raises(Invalid) as refused:
            check_questions([a_question(), question])
        assert list(refused.value.errors) == [f"questions.1.{field}"]

    def test_takes_what_is_well_formed(self) -> None:
        check_questions(
            [
                a_question(),
                a_question("multiple_select", correct=(True, True)),
                a_question("true_false", correct=(), config={"correct_answer": False}),
            ]
        )

    def test_two_cannot_have_one_place_nor_be_the_same(self) -> None:
        with pytest.raises(Invalid) as refused:
            check_questions([a_question(order=1, id=4), a_question(order=1, id=4), a_question(order=2)])
        assert sorted(refused.value.errors) == ["questions.1.id", "questions.1.order"]


def test_an_order_left_out_is_the_next_one() -> None:
    assert fill_orders([None, None]) == [1, 2]
    assert fill_orders([5, None, 2, None]) == [5, 6, 2, 7]


def test_no_order_is_past_the_last() -> None:
    assert fill_orders([MOST_ORDER, 1]) == [MOST_ORDER, 1]
    with pytest.raises(Invalid, match=str(MOST_ORDER)):
        fill_orders([MOST_ORDER, None])


def test_a_true_false_question_makes_its_two_answers() -> None:
    made = answers_of(a_question("true_false", correct=(), config={"correct_answer": False}))
    assert [(answer.answer_text, answer.is_correct) for answer in made] == [("True", False), ("False", True)]
