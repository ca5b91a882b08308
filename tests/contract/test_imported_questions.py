"""What the catalog makes of foreign problems is what the assessment service takes."""

from xml.etree.ElementTree import fromstring

import pytest

from assessment.domain.questions import faults_of
from assessment.schemas.assessments import AssessmentRules
from assessment.schemas.questions import QuestionWrite
from catalog.archive.olx.capa import read_problem

CHOICES = '<choice correct="true">Iron<choicehint>Yes</choicehint></choice><choice correct="false">Tin</choice>'
PROBLEMS = [
    f"<multiplechoiceresponse><label>What rusts?</label><choicegroup>{CHOICES}</choicegroup></multiplechoiceresponse>",
    f"<choiceresponse><label>What rusts?</label><checkboxgroup>{CHOICES}</checkboxgroup></choiceresponse>",
    "<p>What rusts?</p><optionresponse><optioninput options=\"('Iron','Tin')\" correct='Iron'/></optionresponse>",
    '<p>What rusts?</p><stringresponse answer="Iron"><additional_answer answer="Fe"/></stringresponse>',
    '<p>What rusts?</p><stringresponse answer="[Ii]ro?n" type="ci regexp"/>',
    '<p>How {{many}} {{b1}}?</p><numericalresponse answer="12"/>',
    '<p>How many?</p><numericalresponse answer="-0.50"/>',
    '<p>How many?</p><numericalresponse answer="0"/>',
    f"<p>Q</p><multiplechoiceresponse><choicegroup>{CHOICES}</choicegroup></multiplechoiceresponse>",
]


@pytest.mark.parametrize("weight", ["1", "0.333", "7", "1000", "0.001"])
@pytest.mark.parametrize("inside", PROBLEMS)
def test_questions_are_well_formed(inside: str, weight: str) -> None:
    read = read_problem(fromstring(f'<problem display_name="Rust" weight="{weight}">{inside}</problem>'))
    [question] = read.questions
    assert faults_of(QuestionWrite.model_validate(question.model_dump())) == {}


def test_rules_are_known() -> None:
    rules = {"is_required", "max_attempts", "passing_score", "randomize_answers"}
    assert rules <= set(AssessmentRules.model_fields)
