"""Tables. Assessments and attempts are owned here; courses, lessons and enrollments are copies by event.

Two aggregates: an assessment with its questions and their answers, and an attempt with the answers given in it. An
attempt carries in `paper` all that was asked and how it is scored, so that it needs the assessment no more.

Rows are locked in one order everywhere: imports of a course, course, assessment, enrollment, attempts by id, standings.
"""

from assessment.models.assessments import (
    Answer,
    Assessment,
    FeedbackMode,
    Import,
    Question,
    QuestionBank,
    QuestionType,
    ScoringPolicy,
)
from assessment.models.attempts import Attempt, AttemptAnswer, AttemptStatus, Override, Standing, SubmittedBy
from assessment.models.copies import Course, Enrollment, Lesson
from assessment.models.rubrics import Rubric
from assessment.models.table import Table

__all__ = [
    "Answer",
    "Assessment",
    "Attempt",
    "AttemptAnswer",
    "AttemptStatus",
    "Course",
    "Enrollment",
    "FeedbackMode",
    "Import",
    "Lesson",
    "Override",
    "Question",
    "QuestionBank",
    "QuestionType",
    "Rubric",
    "ScoringPolicy",
    "Standing",
    "SubmittedBy",
    "Table",
]
