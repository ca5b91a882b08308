"""What of a question's `config` may leave the service: what one must know to answer, and later the key."""

from typing import Any

from assessment.domain.paper import Item
from assessment.schemas.configs import EssayConfig, FillBlankConfig, MatchingConfig, ShortAnswerConfig


def asked_config(item: Item) -> dict[str, Any] | None:
    """What a learner must know to answer; nothing of it tells the key."""
    match item.question_type:
        case "short_answer":
            return _dump(ShortAnswerConfig.model_validate(item.config), "min_length", "max_length")
        case "essay":
            config = EssayConfig.model_validate(item.config)
            rubric = None if item.rubric is None else item.rubric.model_dump(mode="json")
            return _dump(config, "allow_attachments", "min_words", "max_words") | {"rubric": rubric}
        case "fill_blank":
            gaps = FillBlankConfig.model_validate(item.config)
            return {"text": gaps.text, "blanks": [{"id": blank.id} for blank in gaps.blanks]}
        case "matching":
            return _dump(MatchingConfig.model_validate(item.config), "left", "right", "mode")
        case _:
            return None


def correct_response(item: Item) -> dict[str, Any] | None:
    """The key of a question without answers to choose from; None where there is none, or no single one."""
    match item.question_type:
        case "short_answer" if not item.is_graded_by_hand:
            return _dump(ShortAnswerConfig.model_validate(item.config), "keywords")
        case "fill_blank":
            blanks = FillBlankConfig.model_validate(item.config).blanks
            best = {blank.id: max(blank.accepted, key=lambda accepted: accepted.fraction) for blank in blanks}
            return {"blanks": {id_: accepted.text for id_, accepted in best.items()}}
        case "matching":
            return _dump(MatchingConfig.model_validate(item.config), "pairs")
        case _:
            return None


def _dump(config: ShortAnswerConfig | EssayConfig | MatchingConfig, *fields: str) -> dict[str, Any]:
    return config.model_dump(mode="json", include=set(fields))
