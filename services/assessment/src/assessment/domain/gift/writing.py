"""Questions → GIFT text, which `reading` understands again. What GIFT cannot say is left out, with a comment."""

from collections.abc import Iterable
from decimal import Decimal

from assessment.domain.gift.reading import SPECIAL
from assessment.models import Answer, Question
from assessment.schemas.configs import FillBlankConfig, MatchingConfig

_ESCAPES = str.maketrans({character: f"\\{character}" for character in f"\\{SPECIAL}"} | {"\n": "\\n", "\r": None})


def write_gift(questions: Iterable[Question]) -> str:
    """One block for each question."""
    return "\n".join(f"{_block(question)}\n" for question in questions)


def _block(question: Question) -> str:
    title = f"::Q{question.id}::"
    explanation = f"####{_escaped(question.explanation)}" if question.explanation else ""
    match question.question_type:
        case "essay":
            return f"{title}{_escaped(question.question_text)}{{{explanation}}}"
        case "true_false":
            return f"{title}{_escaped(question.question_text)}{{{_truth(question)}{explanation}}}"
        case "multiple_choice" | "multiple_select":
            answers = " ".join(_choices(question))
            return f"{title}{_escaped(question.question_text)}{{{answers}{explanation}}}"
        case "matching":
            return f"{title}{_escaped(question.question_text)}{{{_pairs(question)}{explanation}}}"
        case "fill_blank":
            return _blank(question, title, explanation)
        case _:
            return f"// {title} {question.question_type} with keywords cannot be written in GIFT."


def _truth(question: Question) -> str:
    true, false = question.answers
    right, wrong = (true, false) if question.config["correct_answer"] else (false, true)
    feedback = f"#{_escaped(wrong.explanation)}#{_escaped(right.explanation)}"
    return ("T" if right is true else "F") + (feedback if right.explanation or wrong.explanation else "")


def _choices(question: Question) -> Iterable[str]:
    correct = sum(answer.is_correct for answer in question.answers)
    share = Decimal(100) / correct
    for answer in question.answers:
        if question.question_type == "multiple_choice":
            mark = "=" if answer.is_correct else "~"
        else:
            mark = f"~%{share.quantize(Decimal('0.00001')).normalize():f}%" if answer.is_correct else "~%-100%"
        yield f"{mark}{_escaped(answer.answer_text)}{_why(answer)}"


def _why(answer: Answer) -> str:
    return f"#{_escaped(answer.explanation)}" if answer.explanation else ""


def _pairs(question: Question) -> str:
    config = MatchingConfig.model_validate(question.config)
    lefts = {side.id: side.text for side in config.left}
    rights = {side.id: side.text for side in config.right}
    paired = [f"={_escaped(lefts[pair.left_id])} -> {_escaped(rights[pair.right_id])}" for pair in config.pairs]
    spare = rights.keys() - {pair.right_id for pair in config.pairs}
    return " ".join([*paired, *(f"= -> {_escaped(rights[id_])}" for id_ in rights if id_ in spare)])


def _blank(question: Question, title: str, explanation: str) -> str:
    config = FillBlankConfig.model_validate(question.config)
    (blank, *more) = config.blanks
    if more or blank.match == "regex":
        return f"// {title} several blanks, and regular expressions, cannot be written in GIFT."
    answers = " ".join(f"=%{one.fraction * 100:f}%{_escaped(one.text)}" for one in blank.accepted)
    marker = f"{{{{{blank.id}}}}}"
    before, _, after = config.text.partition(marker)
    if not (before.strip() or after.strip()):
        before = question.question_text
    return f"{title}{_escaped(before.strip())} {{{answers}{explanation}}} {_escaped(after.strip())}".rstrip()


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
