"""Questions as problems of Open edX (CAPA), where that is possible."""

from xml.etree.ElementTree import Element, SubElement

from shared.contracts.assessment.content import QuestionContent


def problem_of(question: QuestionContent) -> "Element[str] | None":
    """None for what there is no response for: those graded by people or keywords, several blanks, matching."""
    response: Element[str] | None = None
    if question.question_type in ("multiple_choice", "multiple_select"):
        response = _choosing(question, [(one.answer_text, one.is_correct, one.explanation) for one in question.answers])
    elif question.question_type == "true_false":
        right = question.config.get("correct_answer") is True
        response = _choosing(question, [("True", right, ""), ("False", not right, "")])
    elif question.question_type == "fill_blank":
        response = _filling(question)
    if response is None:
        return None
    problem = Element("problem", {"weight": str(question.points * question.weight)})
    problem.append(response)
    if question.explanation:
        SubElement(SubElement(problem, "solution"), "p").text = question.explanation
    return problem


def _choosing(question: QuestionContent, answers: list[tuple[str, bool, str]]) -> "Element[str]":
    several = question.question_type == "multiple_select"
    response = Element("choiceresponse" if several else "multiplechoiceresponse")
    SubElement(response, "label").text = question.question_text
    group = SubElement(response, "checkboxgroup" if several else "choicegroup")
    for text, is_correct, why in answers:
        choice = SubElement(group, "choice", {"correct": str(is_correct).lower()})
        choice.text = text
        if why:
            SubElement(choice, "choicehint", {"selected": "true"} if several else {}).text = why
    return response


def _filling(question: QuestionContent) -> "Element[str] | None":
    """One blank that stands alone, for what is accepted whole."""
    blanks = question.config.get("blanks") or []
    if len(blanks) != 1 or blanks[0].get("match") == "wildcard":
        return None
    blank = blanks[0]
    accepted = [one["text"] for one in blank["accepted"] if float(one.get("fraction", 1)) == 1]
    if len(accepted) != len(blank["accepted"]) or question.config.get("text") != f"{{{{{blank['id']}}}}}":
        return None
    kinds = ("cs" if blank.get("case_sensitive") else "ci") + (" regexp" if blank.get("match") == "regex" else "")
    response = Element("stringresponse", {"answer": accepted[0], "type": kinds})
    SubElement(response, "label").text = question.question_text
    for text in accepted[1:]:
        SubElement(response, "additional_answer", {"answer": text})
    SubElement(response, "textline", {"size": "20"})
    return response
