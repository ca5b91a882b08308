"""What a learner gave as an answer, in whatever way the question's type takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assessment.domain.configs import fault_of_pairs
from assessment.domain.paper import Item
from assessment.domain.texts import count_words, normalise
from assessment.models import AttemptAnswer
from assessment.schemas.attempts import AttemptAnswerSave
from assessment.schemas.configs import EssayConfig, FillBlankConfig, MatchingConfig, ShortAnswerConfig
from shared.errors import Invalid


@dataclass(frozen=True)
class Given:
    """One of these is filled; none is when the question is unanswered, or its answer was taken back."""

    chosen: frozenset[int] = frozenset()
    text: str = ""
    blanks: Mapping[str, str] = field(default_factory=dict)
    pairs: frozenset[tuple[str, str]] = frozenset()
    attachment: str | None = None
    """Key of the attached file."""

    @property
    def is_empty(self) -> bool:
        if self.attachment or self.chosen or self.pairs:
            return False
        return not (normalise(self.text) or any(map(normalise, self.blanks.values())))


def given_before(answer: AttemptAnswer) -> Given:
    """What a saved answer holds."""
    response = answer.response or {}
    one = answer.selected_answer_id
    return Given(
        chosen=frozenset(answer.selected_answer_ids or () if one is None else [one]),
        text=answer.text_answer or "",
        blanks=response.get("blanks") or {},
        pairs=frozenset((pair["left_id"], pair["right_id"]) for pair in response.get("pairs") or ()),
        attachment=answer.attachment_key,
    )


def given_in(item: Item, answer: AttemptAnswerSave) -> Given:
    """What is sent; an empty list, text or response takes the answer back. Raises Invalid."""
    match item.question_type:
        case "multiple_choice" | "true_false" | "multiple_select":
            return Given(chosen=_chosen_in(item, answer))
        case "short_answer" | "essay":
            return Given(text=_text_in(item, answer))
        case "fill_blank":
            return Given(blanks=_blanks_in(item, answer))
        case "matching":
            return Given(pairs=_pairs_in(item, answer))


def check_attachment(item: Item) -> None:
    """Raises Invalid unless the question takes files."""
    if item.question_type != "essay" or not EssayConfig.model_validate(item.config).allow_attachments:
        raise Invalid(attachment="This question takes no attachment.")


def _wants(item: Item, field: str) -> Invalid:
    return Invalid({field: [f"A {item.question_type} question is answered with this field."]})


def _chosen_in(item: Item, answer: AttemptAnswerSave) -> frozenset[int]:
    if item.question_type == "multiple_select":
        field, ids = "selected_answer_ids", answer.selected_answer_ids
    else:
        field = "selected_answer_id"
        ids = None if answer.selected_answer_id is None else [answer.selected_answer_id]
    if ids is None:
        raise _wants(item, field)
    if not item.option_ids.issuperset(ids):
        raise Invalid({field: ["This is not an answer of the question."]})
    return frozenset(ids)


def _text_in(item: Item, answer: AttemptAnswerSave) -> str:
    if answer.text_answer is None:
        raise _wants(item, "text_answer")
    text = answer.text_answer
    if normalise(text) and (fault := _fault_of_text(item, text)):
        raise Invalid(text_answer=fault)
    return text


def _fault_of_text(item: Item, text: str) -> str | None:
    if item.question_type == "short_answer":
        limits = ShortAnswerConfig.model_validate(item.config)
        low, high, size, unit = limits.min_length, limits.max_length, len(normalise(text)), "characters"
    else:
        words = EssayConfig.model_validate(item.config)
        low, high, size, unit = words.min_words, words.max_words or 0, count_words(text), "words"
    if size < low:
        return f"The answer needs at least {low} {unit}; it has {size}."
    return f"The answer takes at most {high} {unit}; it has {size}." if high and size > high else None


def _blanks_in(item: Item, answer: AttemptAnswerSave) -> dict[str, str]:
    blanks = answer.response.blanks if answer.response else None
    if blanks is None:
        raise _wants(item, "response.blanks")
    known = {blank.id for blank in FillBlankConfig.model_validate(item.config).blanks}
    if strange := set(blanks) - known:
        raise Invalid({f"response.blanks.{min(strange)}": ["The question has no such blank."]})
    return blanks


def _pairs_in(item: Item, answer: AttemptAnswerSave) -> frozenset[tuple[str, str]]:
    sent = answer.response.pairs if answer.response else None
    if sent is None:
        raise _wants(item, "response.pairs")
    config = MatchingConfig.model_validate(item.config)
    pairs = [(pair.left_id, pair.right_id) for pair in sent]
    lefts, rights = {one.id for one in config.left}, {one.id for one in config.right}
    for place, (left, right) in enumerate(pairs):
        if left not in lefts or right not in rights:
            raise Invalid({f"response.pairs.{place}": ["The question has no such items to match."]})
    if fault := fault_of_pairs(pairs, one_to_one=config.mode == "one_to_one"):
        raise Invalid({"response.pairs": [fault]})
    return frozenset(pairs)
