"""How an assessment and its questions work, over those who took it."""

from pydantic import BaseModel

from assessment.models import QuestionType


class QuestionStatistics(BaseModel):
    """`difficulty` is the mean share of the points that was earned: 1 is easy, 0 hard. `discrimination`, from -1 to 1,
    is the correlation of what was earned here with what was earned in the rest of the attempt: at 0 or below, the
    question does not tell those who know from those who do not. Both are null where there is nothing to compute from.
    """

    question: int
    question_text: str
    question_type: QuestionType
    asked: int
    answered: int
    correct: int
    difficulty: float | None
    discrimination: float | None


class AssessmentStatistics(BaseModel):
    """Over the first graded attempt of each learner: later ones know the questions. Of very many learners, the latest
    2,000 count. Percentages are null while nobody was graded.
    """

    assessment: int
    learners: int
    mean_percentage: float | None
    median_percentage: float | None
    standard_deviation: float | None
    pass_rate: float | None
    """Share of these attempts that passed, 0 to 1."""
    questions: list[QuestionStatistics]
