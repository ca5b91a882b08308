"""Worked examples for the types of question whose key is in their config."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.domain.given import Given
from assessment.domain.paper import Item, Paper
from assessment.domain.scoring import grade_item
from assessment.models import QuestionType


def an_item(kind: QuestionType, config: dict[str, Any], points: int = 6) -> Item:
    return Item(
        question_id=1,
        question_type=kind,
        question_text="What?",
        points=points,
        weight=Decimal(1),
        explanation="",
        options=(),
        config=config,
    )


def a_paper(partial_credit: bool = False, penalty: str = "0") -> Paper:
    return Paper(
        time_limit=0,
        feedback_mode="after_completion",
        partial_credit=partial_credit,
        penalty_fraction=Decimal(penalty),
        items=(),
    )


def keyword(text: str, fraction: float) -> dict[str, Any]:
    return {"text": text, "fraction": fraction}


def blank(id_: str, *accepted: tuple[str, float], **fields: Any) -> dict[str, Any]:
    return {"id": id_, "accepted": [keyword(*one) for one in accepted], **fields}


SHORT = an_item("short_answer", {"keywords": [keyword("light", 0.5), keyword("water", 0.5), keyword("CO2", 0.3333)]})
BLANKS = an_item(
    "fill_blank",
    {
        "text": "{{a}} {{b}} {{c}}",
        "blanks": [
            blank("a", ("one", 1), ("won", 0.5)),
            blank("b", ("two", 1)),
            blank("c", ("th.*", 1), match="regex"),
        ],
    },
)
MATCHING = an_item(
    "matching",
    {
        "left": [{"id": id_, "text": id_} for id_ in "abc"],
        "right": [{"id": id_, "text": id_} for id_ in "xyzw"],
        "pairs": [{"left_id": left, "right_id": right} for left, right in ("ax", "by", "cz")],
    },
)


class TestShortAnswer:
    @pytest.mark.parametrize(
        ("text", "penalty", "points", "is_correct"),
        [
            ("Light and water", "0", "6.00", True),
            ("Light, water and CO2", "0", "6.00", True),  # capped at 1
            ("light", "0", "3.00", False),
            ("only CO2", "0", "2.00", False),  # 6 × 0.3333 = 1.9998
            ("soil", "0", "0", False),
            ("soil", "0.25", "-1.50", False),
            ("light", "0.25", "3.00", False),
            ("   ", "0.25", "0", False),
        ],
    )
    @pytest.mark.parametrize("partial_credit", [False, True])
    def test_fractions_of_keywords_add_up(
        self, text: str, penalty: str, points: str, is_correct: bool, partial_credit: bool
    ) -> None:
        grade = grade_item(a_paper(partial_credit, penalty), SHORT, Given(text=text))
        assert grade is not None
        assert (grade.points, grade.is_correct) == (Decimal(points), is_correct)

    @pytest.mark.parametrize("config", [{}, {"keywords": []}, {"keywords": [keyword("x", 1)], "auto_grade": False}])
    def test_others_are_graded_by_hand(self, config: dict[str, Any]) -> None:
        item = an_item("short_answer", config)
        assert grade_item(a_paper(), item, Given(text="x")) is None
        assert grade_item(a_paper(), item, Given(text=" ")) is not None, "nobody needs to read what is empty"


def test_an_essay_is_graded_by_hand() -> None:
    assert grade_item(a_paper(), an_item("essay", {}), Given(text="Long ago")) is None


class TestFillBlank:
    @pytest.mark.parametrize(
        ("blanks", "partial_credit", "penalty", "points", "is_correct"),
        [
            ({"a": "one", "b": "two", "c": "three"}, False, "0", "6.00", True),
            ({"a": " ONE ", "b": "two", "c": "thirty"}, True, "0.5", "6.00", True),
            ({"a": "won", "b": "two", "c": "three"}, False, "0", "5.00", False),
            ({"a": "won", "b": "two", "c": "three"}, True, "1", "5.00", False),
            ({"a": "one", "b": "too", "c": "three"}, False, "0", "0.00", False),
            ({"a": "one", "b": "too", "c": "three"}, False, "0.5", "-3.00", False),
            ({"a": "one", "b": "too", "c": "three"}, True, "0", "4.00", False),
            ({"a": "one", "b": "too", "c": "three"}, True, "0.5", "3.00", False),
            ({"a": "one", "b": "", "c": "three"}, True, "0.5", "4.00", False),  # empty is not wrong
            ({"a": "one"}, True, "0.5", "2.00", False),
            ({"a": "x", "b": "x", "c": "x"}, True, "0.5", "0.00", False),
            ({"a": "", "b": " "}, True, "1", "0", False),
            ({}, False, "1", "0", False),
        ],
    )
    def test_a_share_for_each_blank(
        self, blanks: dict[str, str], partial_credit: bool, penalty: str, points: str, is_correct: bool
    ) -> None:
        grade = grade_item(a_paper(partial_credit, penalty), BLANKS, Given(blanks=blanks))
        assert grade is not None
        assert (grade.points, grade.is_correct) == (Decimal(points), is_correct)


class TestMatching:
    @pytest.mark.parametrize(
        ("pairs", "partial_credit", "penalty", "points", "is_correct"),
        [
            (["ax", "by", "cz"], False, "0", "6.00", True),
            (["ax", "by"], False, "0.5", "-3.00", False),
            (["ax", "by"], True, "0.5", "4.00", False),
            (["ax", "bz", "cy"], True, "0", "2.00", False),
            (["ax", "bz", "cy"], True, "0.25", "1.00", False),
            (["ay", "bz", "cx"], True, "0.25", "0.00", False),
            ([], False, "1", "0", False),
        ],
    )
    def test_a_share_for_each_pair(
        self, pairs: list[str], partial_credit: bool, penalty: str, points: str, is_correct: bool
    ) -> None:
        given_ = Given(pairs=frozenset((pair[0], pair[1]) for pair in pairs))
        grade = grade_item(a_paper(partial_credit, penalty), MATCHING, given_)
        assert grade is not None
        assert (grade.points, grade.is_correct) == (Decimal(points), is_correct)


answers = st.one_of(
    st.tuples(st.just(SHORT), st.builds(Given, text=st.text(max_size=40) | st.sampled_from(["light", "water CO2"]))),
    st.tuples(
        st.just(BLANKS),
        st.builds(
            Given,
            blanks=st.dictionaries(
                st.sampled_from("abc"), st.text(max_size=10) | st.sampled_from(["one", "won", "two", "three"])
            ),
        ),
    ),
    st.tuples(
        st.just(MATCHING),
        st.builds(Given, pairs=st.frozensets(st.tuples(st.sampled_from("abc"), st.sampled_from("xyzw")))),
    ),
)
papers = st.builds(a_paper, st.booleans(), st.decimals("0", "1", places=4).map(str))


@given(papers, answers)
def test_points_lie_between_the_penalty_and_the_worth(paper: Paper, answered: tuple[Item, Given]) -> None:
    item, given_ = answered
    grade = grade_item(paper, item, given_)
    assert grade is not None
    assert -item.worth * paper.penalty_fraction - Decimal("0.01") <= grade.points <= item.worth
    assert grade.points == round(grade.points, 2)
    assert not grade.is_correct or grade.points == item.worth
    assert not given_.is_empty or grade.points == 0
