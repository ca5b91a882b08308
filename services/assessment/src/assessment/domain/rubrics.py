"""What a well-formed rubric is, and the points that grades by it give."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from assessment.domain.configs import repeated
from assessment.domain.scoring import to_cents
from assessment.schemas.rubrics import Criterion, CriterionWrite, RubricContent, RubricGrade
from shared.errors import Invalid


def criteria_of(wanted: Sequence[CriterionWrite]) -> list[dict[str, Any]]:
    """The criteria as they are kept, with ids where there were none. Raises Invalid."""
    faults = _faults_of(wanted)
    if faults:
        raise Invalid({path: [message] for path, message in faults.items()})
    made = []
    for criterion, id_ in zip(wanted, _fill_ids([one.id for one in wanted]), strict=True):
        ids = _fill_ids([rating.id for rating in criterion.ratings])
        ratings = [rating.model_copy(update={"id": id_}) for rating, id_ in zip(criterion.ratings, ids, strict=True)]
        made.append(criterion.model_copy(update={"id": id_, "ratings": ratings}).model_dump(mode="json"))
    return made


def points_by_rubric(rubric: RubricContent, grades: Sequence[RubricGrade], worth: Decimal) -> Decimal:
    """What was reached of the rubric's points, as a share of what the question is worth. Raises Invalid."""
    known = {criterion.id: criterion for criterion in rubric.criteria}
    faults = {
        f"rubric_grades.{place}.criterion_id": "This criterion is graded twice."
        for place in repeated(grade.criterion_id for grade in grades)
    }
    for place, grade in enumerate(grades):
        if fault := _fault_of_grade(known.get(grade.criterion_id), grade):
            faults[f"rubric_grades.{place}.{fault[0]}"] = fault[1]
    if missing := known.keys() - {grade.criterion_id for grade in grades}:
        faults["rubric_grades"] = f"Every criterion needs a grade; {min(missing)} has none."
    if faults:
        raise Invalid({path: [message] for path, message in faults.items()})
    earned = sum((_points(known[grade.criterion_id], grade) for grade in grades), Decimal(0))
    return to_cents(worth * earned / sum(criterion.points for criterion in rubric.criteria))


def _faults_of(criteria: Sequence[CriterionWrite]) -> dict[str, str]:
    faults = {f"criteria.{place}.id": "Another criterion has this id." for place in repeated(c.id for c in criteria)}
    for at, criterion in enumerate(criteria):
        for place in repeated(rating.id for rating in criterion.ratings):
            faults[f"criteria.{at}.ratings.{place}.id"] = "Another rating has this id."
        for place, rating in enumerate(criterion.ratings):
            if rating.points > criterion.points:
                faults[f"criteria.{at}.ratings.{place}.points"] = f"The criterion gives at most {criterion.points}."
    if not any(criterion.points for criterion in criteria):
        faults["criteria"] = "At least one criterion must give points."
    return faults


def _fill_ids(ids: Sequence[int | None]) -> list[int]:
    """Each left out is the lowest one free."""
    taken = {id_ for id_ in ids if id_ is not None}
    free = (id_ for id_ in range(1, 2 * len(ids) + 1) if id_ not in taken)
    return [next(free) if id_ is None else id_ for id_ in ids]


def _fault_of_grade(criterion: Criterion | None, grade: RubricGrade) -> tuple[str, str] | None:
    if criterion is None:
        return "criterion_id", "The rubric has no such criterion."
    if all(rating.id != grade.rating_id for rating in criterion.ratings):
        return "rating_id", "The criterion has no such rating."
    if grade.points is not None and grade.points > criterion.points:
        return "points", f"The criterion gives at most {criterion.points}."
    return None


def _points(criterion: Criterion, grade: RubricGrade) -> Decimal:
    if grade.points is not None:
        return grade.points
    return next(rating.points for rating in criterion.ratings if rating.id == grade.rating_id)
