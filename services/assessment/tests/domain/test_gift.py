from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.commands.writing import write_question
from assessment.domain.gift.reading import read_gift
from assessment.domain.gift.writing import write_gift
from assessment.models import Question
from assessment.schemas.questions import QuestionWrite

FILE = r"""
// a comment
$CATEGORY: first aid

::Title:: [html]What comes first\: look or act?{
=Look#Right so.
~Act
~Wait####Safety comes first.
}

Two plus two is four.{T#No, count again.#Yes}

Which are vowels? {~%50%a ~%50%e ~%-100%x}

Who wrote Hamlet? {=Shakespeare =%50%Marlowe*}

The {=heart =hart} pumps blood.

Match the capitals. {=France -> Paris =Italy -> Rome = -> Oslo}

Explain why. {}

How many bones? {#206:2}

Just a remark.

Broken {=only one choice ~}
"""


def read_one(text: str) -> dict[str, Any]:
    questions, skipped = read_gift(text)
    assert skipped == []
    (question,) = questions
    return question.model_dump(mode="json", exclude_unset=True)


class TestRead:
    def test_a_file(self) -> None:
        questions, skipped = read_gift(FILE)
        assert [question.question_type for question in questions] == [
            "multiple_choice", "true_false", "multiple_select", "fill_blank", "fill_blank", "matching", "essay",
        ]  # fmt: skip
        assert [line for line, _ in skipped] == [23, 25, 27]
        assert skipped[0][1] == "Numerical questions are not supported."

    def test_a_choice(self) -> None:
        (question, *_) = read_gift(FILE)[0]
        assert question.question_text == "What comes first: look or act?"
        assert question.explanation == "Safety comes first."
        assert [(one.answer_text, one.is_correct, one.explanation) for one in question.answers] == [
            ("Look", True, "Right so."), ("Act", False, ""), ("Wait", False, ""),
        ]  # fmt: skip

    def test_true_or_false_with_feedback_for_the_wrong_one_first(self) -> None:
        question = read_gift(FILE)[0][1]
        assert question.config.correct_answer is True
        assert [one.explanation for one in question.answers] == ["Yes", "No, count again."]

    def test_short_answers_are_one_blank(self) -> None:
        open_end, gap = (question.config for question in read_gift(FILE)[0][3:5])
        assert (open_end.text, open_end.blanks[0].match) == ("{{b1}}", "wildcard")
        assert [float(one.fraction) for one in open_end.blanks[0].accepted] == [1, 0.5]
        assert (gap.text, gap.blanks[0].match) == ("The {{b1}} pumps blood.", "exact")

    def test_matching_with_a_distractor(self) -> None:
        config = read_gift(FILE)[0][5].config
        assert ([one.text for one in config.left], [one.text for one in config.right]) == (
            ["France", "Italy"],
            ["Paris", "Rome", "Oslo"],
        )
        assert len(config.pairs) == 2

    def test_equal_items_on_the_right_are_one(self) -> None:
        config = read_one("Match these words. {=cat -> animal =dog -> animal =oak -> plant}")["config"]
        assert (config["mode"], len(config["right"])) == ("one_to_many", 2)

    @pytest.mark.parametrize(
        "text",
        [
            "Nothing here",
            "Open {=a ~b",
            "Turned }=a ~b{",
            "What is it? {a =b}",
            "Huge {=x ~%999999%y}",
            "Hi {T}",
            "\\{",
            "{",
        ],
    )
    def test_what_is_not_understood_is_skipped_with_a_reason(self, text: str) -> None:
        questions, skipped = read_gift(text)
        assert (questions, len(skipped)) == ([], 1)

    @given(st.text(alphabet="{}=~#%:\\-> aT1\n/$[]", max_size=60) | st.text(max_size=60))
    def test_nothing_breaks_it(self, text: str) -> None:
        read_gift(text)


def stored(wanted: QuestionWrite) -> Question:
    row = Question(answers=[], id=1)
    write_question(row, wanted, 1)
    return row


class TestWrite:
    def test_what_was_read_is_read_again(self) -> None:
        questions, _ = read_gift(FILE)
        again, skipped = read_gift(write_gift(stored(question) for question in questions))
        assert skipped == []
        assert again == questions

    @given(st.text(alphabet="{}=~#%:\\-> aB\n", min_size=1, max_size=20))
    def test_special_characters_survive(self, text: str) -> None:
        answers = [{"answer_text": f"a{text}z", "is_correct": True}, {"answer_text": "other"}]
        question = QuestionWrite.model_validate(
            {"question_text": f"What is {text}?", "question_type": "multiple_choice", "answers": answers}
        )
        again, skipped = read_gift(write_gift([stored(question)]))
        assert skipped == []
        assert again[0].question_text == question.question_text
        assert again[0].answers[0].answer_text == question.answers[0].answer_text

    def test_what_gift_cannot_say_is_a_comment(self) -> None:
        question = QuestionWrite.model_validate(
            {
                "question_text": "Why is it?",
                "question_type": "short_answer",
                "config": {"keywords": [{"text": "because"}]},
            }
        )
        assert write_gift([stored(question)]).startswith("// ")
