"""What holds for all types of question whose key is in their config."""

from decimal import Decimal
from typing import Any

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
