"""Problems of Open edX: which question each becomes, and why some become none."""

import re
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.archive.olx.answers import numeric
from catalog.archive.olx.capa import Problem, read_problem
from catalog.archive.olx.problems import problem_of
from shared.contracts.assessment.content import QuestionContent


def problem(inside: str, attributes: str = "") -> Problem:
    return read_problem(fromstring(f"<problem {attributes}>{inside}</problem>"))


def only(inside: str, attributes: str = "") -> QuestionContent:
    [question] = problem(inside, attributes).questions
    return question


CHOICES = '<choicegroup><choice correct="false">Tin</choice><choice correct="true">Iron</choice></choicegroup>'
OLD = f"<p>What rusts?</p><multiplechoiceresponse>{CHOICES}</multiplechoiceresponse>"
LABEL = "<label>What rusts?</label><description>Pick.</description>"
NEW = f"<multiplechoiceresponse>{LABEL}{CHOICES}</multiplechoiceresponse>"
FIVE = "<numericalresponse answer='5'><responseparam type='tolerance' default='5%'/></numericalresponse>"


class TestChoices:
    @pytest.mark.parametrize(("inside", "text"), [(OLD, "What rusts?"), (NEW, "What rusts?\nPick.")])
    def test_both_ways_of_writing_are_read(self, inside: str, text: str) -> None:
        question = only(inside)
        assert (question.question_type, question.question_text, question.order) == ("multiple_choice", text, 1)
        assert [(one.answer_text, one.is_correct, one.order) for one in question.answers] == [
            ("Tin", False, 1),
            ("Iron", True, 2),
        ]

    def test_several_may_be_right(self) -> None:
        boxes = CHOICES.replace("choicegroup", "checkboxgroup").replace('"false"', '"true"')
        question = only(f"<p>What conducts?</p><choiceresponse>{boxes}</choiceresponse>")
        assert question.question_type == "multiple_select"
        assert all(answer.is_correct for answer in question.answers)

    @pytest.mark.parametrize(
        "inside",
        [
            "<optioninput options=\"('Tin','Iron')\" correct='Iron'/>",
            '<optioninput><option correct="False">Tin</option><option correct="True">Iron</option></optioninput>',
        ],
    )
    def test_drop_down_lists_are_choices(self, inside: str) -> None:
        question = only(f"<p>What rusts?</p><optionresponse>{inside}</optionresponse>")
        assert [(one.answer_text, one.is_correct) for one in question.answers] == [("Tin", False), ("Iron", True)]

    def test_hints_and_solutions_are_explanations(self) -> None:
        question = only(
            "<multiplechoiceresponse><label>What rusts?</label><choicegroup>"
            '<choice correct="true">Iron <choicehint>Indeed</choicehint></choice>'
            '<choice correct="false">Tin</choice></choicegroup>'
            "<solution><p>Explanation</p><p>Iron oxide.</p></solution></multiplechoiceresponse>"
            "<demandhint><hint>Think of nails</hint></demandhint>"
        )
        assert question.answers[0].explanation == "Indeed"
        assert question.answers[0].answer_text == "Iron"
        assert question.explanation == "Iron oxide."

    def test_a_table_gives_each_its_row_and_column(self) -> None:
        cell = "<td><optionresponse><optioninput options=\"('a','b')\" correct='a'/></optionresponse></td>"
        read = problem(f"<p>Who and where?</p><table><tr><th>What</th><th>Who</th><th>Where</th></tr>"
                       f"<tr><td>Radium</td>{cell}{cell}</tr></table>")  # fmt: skip
        assert [question.question_text for question in read.questions] == [
            "Who and where?\nRadium: Who",
            "Who and where?\nRadium: Where",
        ]
        assert [question.order for question in read.questions] == [1, 2]


class TestBlanks:
    @pytest.mark.parametrize(
        ("response", "blank"),
        [
            ('<stringresponse answer="Iron" type="ci"/>', ("exact", False, ["Iron"])),
            ('<stringresponse answer="Fe"/>', ("exact", True, ["Fe"])),
            (
                '<stringresponse answer="Fe"><additional_answer answer="Iron"/>'
                "<additional_answer>iron</additional_answer></stringresponse>",
                ("exact", True, ["Fe", "Iron", "iron"]),
            ),
            ('<stringresponse answer="ir.n" type="ci regexp"/>', ("regex", False, ["ir.n"])),
        ],
    )
    def test_text_is_a_blank(self, response: str, blank: tuple[str, bool, list[str]]) -> None:
        question = only(f"<p>What rusts?</p>{response}")
        assert (question.question_type, question.config["text"]) == ("fill_blank", "{{b1}}")
        [given] = question.config["blanks"]
        assert (given["match"], given["case_sensitive"], [one["text"] for one in given["accepted"]]) == blank

    @pytest.mark.parametrize(
        ("answer", "right", "wrong"),
        [
            ("12", ["12", "+12", "012", "12.0", "12."], ["-12", "120", "12.1", "1 2", "", "1.2e1"]),
            ("-0.50", ["-0.5", "-.5", "-0.500"], ["0.5", "-0.51", "-5"]),
            ("1.5", ["1.5", "1.50", "01.5"], ["1,5", "15", "1.05"]),
            ("0", ["0", "0.0", "-0", ".0", "00"], ["", ".", "1"]),
        ],
    )
    def test_a_number_may_be_written_in_any_decimals(self, answer: str, right: list[str], wrong: list[str]) -> None:
        read = problem(f'<p>How many?</p><numericalresponse answer="{answer}"/>')
        pattern = read.questions[0].config["blanks"][0]["accepted"][0]["text"]
        assert [text for text in right if not re.fullmatch(pattern, text)] == []
        assert [text for text in wrong if re.fullmatch(pattern, text)] == []
        assert read.changed == ["The number must be given in decimals; expressions are not worked out."]

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**6), max_value=10**6))
    def test_a_number_matches_itself(self, number: Any) -> None:
        question = numeric(fromstring(f'<numericalresponse answer="{number:f}"/>'))
        assert re.fullmatch(question.config["blanks"][0]["accepted"][0]["text"], f"{number:f}")


class TestWorth:
    @pytest.mark.parametrize(
        ("weight", "worth"),
        [
            ("3", (3, 1)),
            ("2.5", (1, 2.5)),
            ("0", (1, 1)),
            ("-1", (1, 1)),
            ("many", (1, 1)),
            ("1e9", (1, 1)),
            ("", (1, 1)),
        ],
    )
    def test_a_problem_is_worth_its_weight(self, weight: str, worth: tuple[int, float]) -> None:
        question = only(OLD, f'weight="{weight}"')
        assert (question.points, float(question.weight)) == worth

    def test_its_responses_share_it(self) -> None:
        assert [question.points for question in problem(OLD + OLD, 'weight="6"').questions] == [3, 3]


class TestNotCarried:
    @pytest.mark.parametrize(
        ("inside", "words"),
        [
            ("<customresponse cfn='f'><textline/></customresponse>", "program"),
            ("<imageresponse><imageinput/></imageresponse>", "picture"),
            ("<formularesponse answer='x'/>", "formula"),
            ("<strangeresponse/>", "not known"),
            ("<p>Just text</p>", "no response"),
            (OLD.replace('"false"', '"true"'), "2 of its choices"),
            (OLD.replace('"true"', '"false"'), "0 of its choices"),
            (OLD.replace("Tin", "<img src='x'/>"), "no words"),
            (OLD.replace("Tin", "t" * 501), "501 characters"),
            (OLD.replace('<choice correct="false">Tin</choice>', ""), "offers 1"),
            (f"<p>What?</p>{FIVE}", "within 5%"),
            ("<p>How many?</p><numericalresponse answer='[1,2)'/>", "range"),
            ("<p>How many?</p><numericalresponse answer='2*3'/>", "expression"),
            ("<p>What?</p><stringresponse answer='(?=a)b' type='regexp'/>", "looks around"),
            (r"<p>What?</p><stringresponse answer='(a)\1' type='regexp'/>", "looks around"),
            ("<p>What?</p><stringresponse answer='(a' type='regexp'/>", "not a regular"),
            ("<p>What?</p><stringresponse answer=''/>", "no right answer"),
            (f"<p>What?</p><stringresponse answer='{'a' * 201}'/>", "200 characters"),
            ("<script>x = 1</script><p>Twice $x?</p><numericalresponse answer='$x'/>", "program"),
            ("<multiplechoiceresponse><choicegroup/></multiplechoiceresponse>", "0 of its"),
            (CHOICES.join(("<multiplechoiceresponse>", "</multiplechoiceresponse>")), "no text"),
            (f"<p>{'long ' * 2500}</p>" + OLD, "characters"),
        ],
    )  # fmt: skip
    def test_the_reason_is_told(self, inside: str, words: str) -> None:
        read = problem(inside)
        assert read.questions == []
        assert words in read.refused[0][1]

    def test_dollars_without_a_script_are_money(self) -> None:
        assert only(OLD.replace("What rusts?", "What costs $x?")).question_text == "What costs $x?"


class TestWritten:
    @pytest.mark.parametrize(
        "inside",
        [NEW, '<p>What rusts?</p><stringresponse answer="ir.n" type="ci regexp"/>',
         '<p>What rusts?</p><stringresponse answer="a"><additional_answer answer="b"/></stringresponse>'],
    )  # fmt: skip
    def test_a_question_written_as_a_problem_is_read_as_the_same(self, inside: str) -> None:
        question = only(inside, 'weight="2"')
        written = problem_of(question)
        assert written is not None
        assert read_problem(written).questions == [question]

    def test_essays_are_no_problems(self) -> None:
        assert problem_of(QuestionContent(question_text="Discuss", question_type="essay", order=1)) is None
