"""Taking a mended key into a question that was asked already."""

from collections.abc import Mapping

from assessment.domain.paper import Item, Paper
from assessment.models import Question
from assessment.schemas.configs import FillBlankConfig, MatchingConfig

KEYS_OF_SHORT_ANSWER = ("keywords", "case_sensitive", "auto_grade")


def mended_paper(paper: Paper, questions: Mapping[int, Question]) -> Paper:
    """The paper with the key that the questions, by id, have now. What was asked and what it is worth stay."""
    items = tuple(_mended(item, questions.get(item.question_id)) for item in paper.items)
    return paper.model_copy(update={"items": items})


def _mended(item: Item, question: Question | None) -> Item:
    """The item as it was where its question is gone, or has become another that this key does not fit."""
    if question is None or question.question_type != item.question_type:
        return item
    told = item.model_copy(update={"explanation": question.explanation})
    match item.question_type:
        case "multiple_choice" | "multiple_select" | "true_false":
            return _with_choices(told, question) or item
        case "short_answer":
            keys = {name: question.config[name] for name in KEYS_OF_SHORT_ANSWER}
            return told.model_copy(update={"config": item.config | keys})
        case "fill_blank":
            return _with_blanks(told, question) or item
        case "matching":
            return _with_pairs(told, question) or item
        case "essay":
            return told


def _with_choices(item: Item, question: Question) -> Item | None:
    correct = {answer.id for answer in question.answers if answer.is_correct}
    if not correct & item.option_ids:
        return None
    options = tuple(one.model_copy(update={"is_correct": one.answer_id in correct}) for one in item.options)
    return item.model_copy(update={"options": options})


def _with_blanks(item: Item, question: Question) -> Item | None:
    asked, now = (FillBlankConfig.model_validate(config).blanks for config in (item.config, question.config))
    if {blank.id for blank in asked} != {blank.id for blank in now}:
        return None
    return item.model_copy(update={"config": item.config | {"blanks": question.config["blanks"]}})


def _with_pairs(item: Item, question: Question) -> Item | None:
    asked, now = MatchingConfig.model_validate(item.config), MatchingConfig.model_validate(question.config)
    lefts, rights = {one.id for one in asked.left}, {one.id for one in asked.right}
    if {pair.left_id for pair in now.pairs} != lefts or not {pair.right_id for pair in now.pairs} <= rights:
        return None
    return item.model_copy(update={"config": item.config | {"pairs": question.config["pairs"], "mode": now.mode}})
