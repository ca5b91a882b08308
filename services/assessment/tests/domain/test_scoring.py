"""What holds for all scores. Worked examples are in `test_worked_examples.py`."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.domain.given import Given
from assessment.domain.paper import Item, Option, Paper
from assessment.domain.scoring import Grade, is_passed, percentage, total
from assessment.domain.scoring import grade_item as grade
from assessment.models import QuestionType

OPTIONS = range(1, 7)


def an_item(
    kind: QuestionType = "multiple_select", *, correct: set[int], points: int = 1, weight: str = "1", options: int = 6
) -> Item:
    return Item(
        question_id=1,
        question_type=kind,
        question_text="What?",
        points=points,
        weight=Decimal(weight),
        explanation="",
        options=tuple(
            Option(answer_id=id_, answer_text=str(id_), is_correct=id_ in correct, explanation="")
            for id_ in range(1, options + 1)
        ),
    )


def configured(kind: QuestionType, config: dict[str, Any]) -> Item:
    return an_item(kind, correct=set(), points=6, options=0).model_copy(update={"config": config})


def a_paper(*, partial_credit: bool = False, penalty: str = "0") -> Paper:
    return Paper(
        time_limit=0,
        feedback_mode="after_completion",
        partial_credit=partial_credit,
        penalty_fraction=Decimal(penalty),
        items=(),
    )


def grade_item(paper: Paper, item: Item, chosen: frozenset[int]) -> Grade:
    graded = grade(paper, item, Given(chosen=chosen))
    assert graded is not None
    return graded


class TestTotal:
    def test_penalties_never_take_it_below_zero(self) -> None:
        assert total([Decimal("1.00"), Decimal("-2.50")]) == 0
        assert total([Decimal("3.00"), Decimal("-2.50")]) == Decimal("0.50")
        assert total([]) == 0

    @pytest.mark.parametrize(
        ("score", "max_score", "passing", "passed"),
        [
            ("7", "10", 70, True),
            ("6.99", "10", 70, False),
            ("0", "10", 0, True),
            ("10", "10", 100, True),
            ("2", "3", 67, False),  # 66.67 is not 67
            ("69.999", "100", 70, False),  # shown as 70.0
        ],
    )
    def test_a_pass_is_judged_unrounded(self, score: str, max_score: str, passing: int, passed: bool) -> None:
        assert is_passed(Decimal(score), Decimal(max_score), passing) is passed

    def test_the_percentage_is_shown_with_two_places(self) -> None:
        assert percentage(Decimal(2), Decimal(3)) == Decimal("66.67")


items = st.builds(
    lambda correct, points, weight: an_item(correct=correct, points=points, weight=weight),
    st.sets(st.sampled_from(OPTIONS), min_size=1),
    st.integers(1, 1000),
    st.decimals("0.01", "100", places=2).map(str),
)
papers = st.builds(
    lambda partial_credit, penalty: a_paper(partial_credit=partial_credit, penalty=penalty),
    st.booleans(),
    st.decimals("0", "1", places=4).map(str),
)


def keyword(text: str, fraction: float) -> dict[str, Any]:
    return {"text": text, "fraction": fraction}


def blank(id_: str, *accepted: tuple[str, float], **fields: Any) -> dict[str, Any]:
    return {"id": id_, "accepted": [keyword(*one) for one in accepted], **fields}


SHORT = configured("short_answer", {"keywords": [keyword("light", 0.5), keyword("water", 0.5), keyword("CO2", 0.3333)]})
BLANKS = configured(
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
MATCHING = configured(
    "matching",
    {
        "left": [{"id": id_, "text": id_} for id_ in "abc"],
        "right": [{"id": id_, "text": id_} for id_ in "xyzw"],
        "pairs": [{"left_id": left, "right_id": right} for left, right in ("ax", "by", "cz")],
    },
)


ANSWERED = st.one_of(
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
choices = st.frozensets(st.sampled_from(OPTIONS))


class TestAlways:
    @given(papers, items, choices)
    def test_points_lie_between_the_penalty_and_the_worth(
        self, paper: Paper, item: Item, chosen: frozenset[int]
    ) -> None:
        graded = grade_item(paper, item, chosen)
        assert -item.worth <= graded.points <= item.worth
        assert graded.points == round(graded.points, 2)
        assert graded.is_correct == (chosen == item.correct_ids)
        if paper.partial_credit:
            assert graded.points >= 0

    @given(papers, items)
    def test_the_key_earns_everything_and_silence_nothing(self, paper: Paper, item: Item) -> None:
        assert grade_item(paper, item, item.correct_ids).points == item.worth
        assert grade_item(paper, item, frozenset()).points == 0

    @given(papers, st.lists(st.tuples(items, choices), min_size=1, max_size=8))
    def test_the_score_lies_between_zero_and_the_maximum(
        self, paper: Paper, answered: list[tuple[Item, frozenset[int]]]
    ) -> None:
        score = total(grade_item(paper, item, chosen).points for item, chosen in answered)
        assert 0 <= score <= sum(item.worth for item, _ in answered)

    @given(
        st.lists(st.decimals("-100", "100", places=2), max_size=8).flatmap(
            lambda own: st.tuples(st.just(own), st.permutations(own))
        )
    )
    def test_the_order_of_questions_does_not_matter(self, points: tuple[list[Decimal], list[Decimal]]) -> None:
        assert total(points[0]) == total(points[1])

    @given(papers, items, choices)
    def test_a_wrong_choice_more_never_earns_more(self, paper: Paper, item: Item, chosen: frozenset[int]) -> None:
        wrong = item.option_ids - item.correct_ids - chosen
        if chosen and wrong and paper.partial_credit:
            assert grade_item(paper, item, chosen | {min(wrong)}).points <= grade_item(paper, item, chosen).points


@given(papers, ANSWERED)
def test_points_of_what_is_written_lie_between_the_penalty_and_the_worth(
    paper: Paper, answered: tuple[Item, Given]
) -> None:
    item, given_ = answered
    graded = grade(paper, item, given_)
    assert graded is not None
    assert -item.worth * paper.penalty_fraction - Decimal("0.01") <= graded.points <= item.worth
    assert graded.points == round(graded.points, 2)
    assert not graded.is_correct or graded.points == item.worth
    assert not given_.is_empty or graded.points == 0
