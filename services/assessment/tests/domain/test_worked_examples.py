"""What answers earn, computed by hand: one table for each type of question."""

from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from assessment.domain.given import Given
from assessment.domain.paper import Item, Option, Paper
from assessment.domain.scoring import grade_item, total
from assessment.models import QuestionType

WRONG_COSTS_ALL = "1"
E_ACUTE, E_AND_ACUTE = "caf\u00e9", "cafe\u0301"
"""The same word, composed and decomposed."""


def an_item(
    kind: QuestionType, *, points: int = 6, weight: str = "1", right: str = "", options: str = "", **config: Any
) -> Item:
    """`options` are letters to choose from, `right` those that are."""
    return Item(
        question_id=1,
        question_type=kind,
        question_text="What?",
        points=points,
        weight=Decimal(weight),
        explanation="",
        options=tuple(
            Option(answer_id=ord(letter), answer_text=letter, is_correct=letter in right, explanation="")
            for letter in options
        ),
        config=config,
    )


def accept(*texts: str | tuple[str, float]) -> list[dict[str, Any]]:
    pairs = [(text, 1.0) if isinstance(text, str) else text for text in texts]
    return [{"text": text, "fraction": fraction} for text, fraction in pairs]


def blank(id_: str, *accepted: str | tuple[str, float], **fields: Any) -> dict[str, Any]:
    return {"id": id_, "accepted": accept(*accepted), **fields}


def blanks(*each: dict[str, Any], **fields: Any) -> Item:
    text = " ".join(f"{{{{{one['id']}}}}}" for one in each)
    return an_item("fill_blank", text=text, blanks=list(each), **fields)


def pairs(key: str, mode: str = "one_to_one", **fields: Any) -> Item:
    """`"ax by"`: a belongs to x, b to y; z is a distractor."""
    sides = {
        "left": [{"id": letter, "text": letter} for letter in sorted({pair[0] for pair in key.split()})],
        "right": [{"id": letter, "text": letter} for letter in "xyz"],
    }
    made = [{"left_id": pair[0], "right_id": pair[1]} for pair in key.split()]
    return an_item("matching", **sides, pairs=made, mode=mode, **fields)


def chose(letters: str) -> Given:
    return Given(chosen=frozenset(map(ord, letters)))


def wrote(text: str) -> Given:
    return Given(text=text)


def filled(*texts: str) -> Given:
    return Given(blanks=dict(zip("abc", texts, strict=False)))


def matched(sent: str) -> Given:
    return Given(pairs=frozenset((pair[0], pair[1]) for pair in sent.split()))


class Example(NamedTuple):
    item: Item
    given: Given
    points: str | None
    """None: a person grades it."""
    is_correct: bool = False
    partial: bool = False
    """Whether partial credit is on."""
    penalty: str = "0"


CHOICE = an_item("multiple_choice", points=3, weight="1.5", right="b", options="abc")  # worth 4.50
TRUE = an_item("true_false", points=2, right="t", options="tf")
SELECT = an_item("multiple_select", points=10, right="abc", options="abcdef")
CENTS = an_item("multiple_select", points=1, weight="0.25", right="ab", options="abc")
KEYWORDS = an_item("short_answer", keywords=accept(("light", 0.5), ("water", 0.5), ("CO2", 0.3333)))
EXACTING = an_item("short_answer", case_sensitive=True, keywords=accept("NaCl"))
ESSAY = an_item("essay")
THREE = blanks(blank("a", "one", ("won", 0.5)), blank("b", "two"), blank("c", "th.*", match="regex"))
CAFE = blanks(blank("a", E_ACUTE))
PAIRS = pairs("ax by cz")
MANY = pairs("ax ay bz", "one_to_many", points=3)

MULTIPLE_CHOICE = (
    Example(CHOICE, chose("b"), "4.50", True),
    Example(CHOICE, chose("a"), "0"),
    Example(CHOICE, chose(""), "0"),
    Example(CHOICE, chose("b"), "4.50", True, penalty="0.25"),
    Example(CHOICE, chose("c"), "-1.13", penalty="0.25"),  # 4.50 × 0.25 = 1.125, half up
    Example(CHOICE, chose(""), "0", penalty="0.25"),  # unanswered is not wrong
    Example(CHOICE, chose("c"), "-4.50", penalty=WRONG_COSTS_ALL),
    Example(CHOICE, chose("c"), "-1.13", partial=True, penalty="0.25"),  # there is no part of one
    Example(an_item("multiple_choice", points=1, weight="0.01", right="a", options="ab"), chose("a"), "0.01", True),
)
TRUE_FALSE = (
    Example(TRUE, chose("t"), "2.00", True),
    Example(TRUE, chose("f"), "0"),
    Example(TRUE, chose(""), "0"),
    Example(TRUE, chose("f"), "-1.00", penalty="0.5"),
    Example(TRUE, chose("t"), "2.00", True, penalty="0.5"),
    Example(TRUE, chose(""), "0", penalty=WRONG_COSTS_ALL),
    Example(TRUE, chose("f"), "-2.00", partial=True, penalty=WRONG_COSTS_ALL),
    Example(an_item("true_false", points=3, weight="0.33", right="f", options="tf"), chose("f"), "0.99", True),
)
MULTIPLE_SELECT = (
    Example(SELECT, chose("abc"), "10.00", True),
    Example(SELECT, chose("cba"), "10.00", True),  # in whatever order
    Example(SELECT, chose("aabbcc"), "10.00", True),  # twice is once
    Example(SELECT, chose("ab"), "0"),
    Example(SELECT, chose("ab"), "-5.00", penalty="0.5"),
    Example(SELECT, chose("abcd"), "-5.00", penalty="0.5"),
    Example(SELECT, chose(""), "0", penalty=WRONG_COSTS_ALL),
    Example(SELECT, chose("abc"), "10.00", True, partial=True),
    Example(SELECT, chose("ab"), "6.67", partial=True),  # 10 × 2 / 3
    Example(SELECT, chose("a"), "3.33", partial=True),
    Example(SELECT, chose("abd"), "6.67", partial=True),  # a wrong one costs nothing
    Example(SELECT, chose("abd"), "5.00", partial=True, penalty="0.5"),  # 10 × 1.5 / 3
    Example(SELECT, chose("abcdef"), "5.00", partial=True, penalty="0.5"),  # 10 × 1.5 / 3
    Example(SELECT, chose("ade"), "0", partial=True, penalty="0.5"),
    Example(SELECT, chose("adef"), "0", partial=True, penalty=WRONG_COSTS_ALL),  # a part is never below 0
    Example(CENTS, chose("a"), "0.13", partial=True),  # 0.25 / 2 = 0.125, half up
)
SHORT_ANSWER = (
    Example(KEYWORDS, wrote("Light and water"), "6.00", True),
    Example(KEYWORDS, wrote("water, then LIGHT"), "6.00", True),  # in whatever order and case
    Example(KEYWORDS, wrote("light, water and CO2"), "6.00", True),  # 1.3333, capped at 1
    Example(KEYWORDS, wrote("light light light"), "3.00"),  # said thrice is said
    Example(KEYWORDS, wrote("only CO2"), "2.00"),  # 6 × 0.3333 = 1.9998
    Example(KEYWORDS, wrote("lighthouse, waterfall"), "0"),  # words of their own
    Example(KEYWORDS, wrote("soil"), "-1.50", penalty="0.25"),
    Example(KEYWORDS, wrote("light"), "3.00", penalty="0.25", partial=True),
    Example(KEYWORDS, wrote("light"), "3.00", penalty="0.25"),  # a teacher's fractions count either way
    Example(KEYWORDS, wrote(" \t\n\u00a0\u3000"), "0", penalty=WRONG_COSTS_ALL),  # blank is unanswered
    Example(EXACTING, wrote("It is NaCl."), "6.00", True),
    Example(EXACTING, wrote("It is nacl."), "0"),
    Example(an_item("short_answer", keywords=accept(E_ACUTE)), wrote(f"a {E_AND_ACUTE}."), "6.00", True),
    Example(an_item("short_answer", keywords=accept("Straße")), wrote("HAUPTSTRASSE, STRASSE"), "6.00", True),
    Example(an_item("short_answer", keywords=accept("ΣΊΣΥΦΟΣ")), wrote("ο Σίσυφος"), "6.00", True),  # final sigma
    Example(
        an_item("short_answer", keywords=accept("光合作用")), wrote("植物通过光合作用生长"), "6.00", True
    ),  # no spaces
    Example(an_item("short_answer", keywords=accept("الماء")), wrote("نشرب الماء كل يوم"), "6.00", True),
    Example(an_item("short_answer"), wrote("Anything"), None),
    Example(an_item("short_answer", keywords=accept("x"), auto_grade=False), wrote("x"), None),
    Example(an_item("short_answer"), wrote(" "), "0"),  # nobody needs to read what is empty
)
BY_HAND = (
    Example(ESSAY, wrote("Long ago."), None),
    Example(ESSAY, wrote("."), None),
    Example(ESSAY, wrote("\u00e9"), None),
    Example(ESSAY, wrote("Long ago."), None, partial=True, penalty=WRONG_COSTS_ALL),
    Example(ESSAY, Given(attachment="a file"), None),
    Example(ESSAY, Given(text=" ", attachment="a file"), None),
    Example(ESSAY, wrote(""), "0"),
    Example(ESSAY, wrote("\n \u2003 \t"), "0", penalty=WRONG_COSTS_ALL),
)
FILL_BLANK = (
    Example(THREE, filled("one", "two", "three"), "6.00", True),
    Example(THREE, filled("  ONE\t", "Two", "thirty"), "6.00", True),
    Example(THREE, filled("won", "two", "three"), "5.00"),  # 6 × 2.5 / 3
    Example(THREE, filled("won", "two", "three"), "5.00", partial=True, penalty=WRONG_COSTS_ALL),
    Example(THREE, filled("one", "too", "three"), "0"),
    Example(THREE, filled("one", "too", "three"), "-3.00", penalty="0.5"),
    Example(THREE, filled("one", "too", "three"), "4.00", partial=True),
    Example(THREE, filled("one", "too", "three"), "3.00", partial=True, penalty="0.5"),  # 6 × 1.5 / 3
    Example(THREE, filled("one", "", "three"), "4.00", partial=True, penalty="0.5"),  # empty is not wrong
    Example(THREE, filled("one"), "2.00", partial=True, penalty="0.5"),
    Example(THREE, filled("two", "one", "three"), "2.00", partial=True),  # each in its own place
    Example(THREE, filled("one", "one", "one"), "2.00", partial=True),
    Example(THREE, filled("x", "x", "x"), "0", partial=True, penalty="0.5"),
    Example(THREE, filled(" ", "\t", ""), "0", penalty=WRONG_COSTS_ALL),
    Example(CAFE, filled(E_AND_ACUTE), "6.00", True),
    Example(CAFE, filled("CAFE\u0301"), "6.00", True),
    Example(CAFE, filled("cafe"), "0"),  # an accent is a letter's own
    Example(blanks(blank("a", E_ACUTE, case_sensitive=True)), filled("Cafe\u0301"), "0"),
    Example(blanks(blank("a", "straße")), filled("STRASSE"), "6.00", True),
    Example(blanks(blank("a", "İstanbul")), filled("i\u0307stanbul"), "6.00", True),
    # Digits of other scripts are other characters: whoever takes them says so.
    Example(blanks(blank("a", "42")), filled("٤٢"), "0"),
    Example(blanks(blank("a", "42", "٤٢", "四十二")), filled("٤٢"), "6.00", True),
    Example(blanks(blank("a", "42", "٤٢", "四十二")), filled("四十二"), "6.00", True),
    Example(blanks(blank("a", r"\d+", match="regex")), filled("٤٢"), "0"),
    Example(blanks(blank("a", r"\p{Nd}+", match="regex")), filled("٤٢"), "6.00", True),
    Example(blanks(blank("a", "gr?y", match="wildcard")), filled("GREY"), "6.00", True),
    Example(blanks(blank("a", "gr?y", match="wildcard")), filled("gry"), "0"),
    Example(blanks(blank("a", "?", match="wildcard")), filled("e\u0301"), "6.00", True),  # one character, composed
    Example(blanks(blank("a", ("gold", 0.25), ("go*", 0.75), match="wildcard"), points=4), filled("gold"), "3.00"),
)
MATCHING = (
    Example(PAIRS, matched("ax by cz"), "6.00", True),
    Example(PAIRS, matched("cz ax by"), "6.00", True),  # in whatever order
    Example(PAIRS, matched("ax ax by cz"), "6.00", True),  # twice is once
    Example(PAIRS, matched("ax by"), "0"),
    Example(PAIRS, matched("ax by"), "-3.00", penalty="0.5"),
    Example(PAIRS, matched("ax by"), "4.00", partial=True, penalty="0.5"),  # a missing one is not wrong
    Example(PAIRS, matched("ax bz cy"), "2.00", partial=True),
    Example(PAIRS, matched("ax bz cy"), "1.00", partial=True, penalty="0.25"),  # 6 × (1 − 0.5) / 3
    Example(PAIRS, matched("ay bz cx"), "0", partial=True, penalty="0.25"),
    Example(PAIRS, matched(""), "0", penalty=WRONG_COSTS_ALL),
    Example(MANY, matched("ax ay bz"), "3.00", True),
    Example(MANY, matched("ax bz"), "2.00", partial=True),
    Example(MANY, matched("ax ay az bz"), "2.50", partial=True, penalty="0.5"),  # 3 × 2.5 / 3
    Example(pairs("ax by", points=1, weight="0.25"), matched("ax"), "0.13", partial=True),  # 0.125, half up
)
TABLES: dict[QuestionType, tuple[Example, ...]] = {
    "multiple_choice": MULTIPLE_CHOICE,
    "true_false": TRUE_FALSE,
    "multiple_select": MULTIPLE_SELECT,
    "short_answer": SHORT_ANSWER,
    "essay": BY_HAND,
    "fill_blank": FILL_BLANK,
    "matching": MATCHING,
}
HOSTILE = (
    "(a+)+b",
    "(a|a)*b",
    "(.*)*x",
    "(a?){50}(a*)*b",
    "((a?){90}){3}a{90}",
    "(a|aa)+$b",
    "(.*a){20}b",
    "([a-z]+)*!x",
)


def a_paper(*, partial: bool = False, penalty: str = "0") -> Paper:
    return Paper(
        time_limit=0,
        feedback_mode="after_completion",
        partial_credit=partial,
        penalty_fraction=Decimal(penalty),
        items=(),
    )


@pytest.mark.parametrize("kind", TABLES)
def test_what_answers_earn(kind: QuestionType) -> None:
    assert len(TABLES[kind]) >= 8
    for row, example in enumerate(TABLES[kind]):
        assert example.item.question_type == kind
        paper = a_paper(partial=example.partial, penalty=example.penalty)
        grade = grade_item(paper, example.item, example.given)
        if example.points is None:
            assert grade is None, row
        else:
            assert grade is not None, row
            assert (grade.points, grade.is_correct) == (Decimal(example.points), example.is_correct), (kind, row)


def test_what_a_whole_attempt_earns() -> None:
    """3 of 4.50 + 2 + 10, with a quarter lost by a wrong answer: −1.13 + 2.00 + 6.67 = 7.54."""
    paper = a_paper(partial=True, penalty="0.25")
    answered = [(CHOICE, chose("a")), (TRUE, chose("t")), (SELECT, chose("ab"))]
    grades = [grade_item(paper, item, given) for item, given in answered]
    assert total(grade.points for grade in grades if grade) == Decimal("7.54")


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_pattern_is_only_wrong(pattern: str) -> None:
    """Backtracking over these would take longer than any test may."""
    item = blanks(blank("a", pattern, match="regex"))
    grade = grade_item(a_paper(), item, filled("a" * 2_000 + "?"))
    assert grade is not None
    assert not grade.is_correct
