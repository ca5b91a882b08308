"""Examples for the document: made from the schemas, with values that mean something by the names of their fields.

Made rather than written, so that no example can be out of date; a field whose name says nothing gets the simplest value
that its schema allows. What is left out: fields of request bodies that say of themselves that they need not be sent and
whose default is null.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

_DEEPEST = 6
_METHODS = ("get", "put", "post", "delete", "patch")
_UUID = "018f6f3e-5b7a-7c1d-9e2f-4a5b6c7d8e9f"
_FORMATS = {
    "date-time": "2026-03-14T09:30:00Z",
    "date": "2026-03-14",
    "email": "ada@example.com",
    "uuid": _UUID,
    "uri": "https://example.com/rust",
    "decimal": "490.00",
}
_MEANINGS: dict[str, tuple[Any, ...]] = {
    "accent": ("#1F6FEB",),
    "answer_text": ("By moving it.",),
    "average": (4.6,),
    "avg_rating": (4.6,),
    "bio": ("Has written Rust since 2015.",),
    "blanks": ({"b1": "ownership"},),
    "body": ("Why may a value have one owner only?",),
    "certificate_number": ("CERT-2026-7F3K9Q2M",),
    "code": ("NOT_FOUND",),
    "comment": ("Clear, and every exercise works.",),
    "content": ("<p>Every value has one owner.</p>",),
    "count": (1,),
    "course": (7, "rust-from-scratch"),
    "course_title": ("Rust from scratch",),
    "description": ("Ownership, borrowing and lifetimes, from the beginning.",),
    "discount_price": ("390.00",),
    "download_url": ("/api/resources/3/download/",),
    "duration_minutes": (25,),
    "email": ("ada@example.com",),
    "error": ("Not found.",),
    "event_types": ("catalog.course.published.v1",),
    "explanation": ("A value that is moved has a new owner.",),
    "feedback": ("Right, and well said.",),
    "file_name": ("slides.pdf",),
    "first_name": ("Ada",),
    "full_name": ("Ada Byron",),
    "heading": ("Certificate of completion",),
    "id": (7, _UUID),
    "ink": ("#1B1F24",),
    "icon": ("code",),
    "instructor_name": ("Grace Hopper",),
    "is_draft": (False,),
    "is_free": (False,),
    "kind": ("certificates.issue",),
    "language": ("en",),
    "last_name": ("Byron",),
    "learning_objectives": ("Write programs without data races",),
    "max_attempts": (3,),
    "mime_type": ("application/pdf",),
    "name": ("Programming",),
    "new_password": ("nine-quiet-harbours",),
    "next": ("http://127.0.0.1:8000/api/courses/?page=2",),
    "notes": ("Ask about lifetimes.",),
    "old_password": ("seven-green-lanterns",),
    "order": (1,),
    "organisation": ("Syllabus",),
    "page": (1,),
    "paper": ("#FFFFFF",),
    "passing_score": (70,),
    "password": ("seven-green-lanterns",),
    "points": (1, 1.0, "1"),
    "previous": (None,),
    "price": ("490.00",),
    "current_price": ("490.00",),
    "progress_percentage": (40.0, 40),
    "q": ("rust",),
    "query": ("rust",),
    "question_text": ("How is a value given a new owner?",),
    "rating": (5,),
    "reason": ("Issued to the wrong person.",),
    "requirements": ("A computer with a terminal",),
    "signatory": ("Grace Hopper",),
    "skills": ("rust",),
    "slug": ("rust-from-scratch",),
    "student_name": ("Ada Byron",),
    "subject": ("course/7",),
    "subtitle": ("Without fear of the borrow checker",),
    "tags": ("rust",),
    "target_audience": ("People who have programmed before",),
    "term": ("rust",),
    "text": ("By moving it.",),
    "text_answer": ("By moving it.",),
    "tier": ("premium",),
    "thumbnail": ("/api/media/018f6f3e5b7a/medium.webp",),
    "timestamp": ("2026-03-14T09:30:00Z",),
    "title": ("Rust from scratch",),
    "token": ("Vb3k0wz5Zq8mJ2yT6rPnXc1dLf9sHgAe",),
    "topic": (7,),
    "url": ("https://example.com/rust",),
    "user_name": ("Ada Byron",),
    "version": (1, 1.0, "0.1.0"),
    "video_url": ("https://example.com/videos/ownership.mp4",),
}
"""Values by the names of fields (of an array: of its entries); the first that the schema allows is taken."""
_QUESTION: Document = {
    "question_text": "How is a value given a new owner?",
    "question_type": "multiple_choice",
    "points": 2,
    "explanation": "A value that is moved has a new owner.",
    "answers": [
        {"answer_text": "By moving it.", "is_correct": True},
        {"answer_text": "By borrowing it.", "is_correct": False},
    ],
}
_ASSESSMENT: Document = {
    "title": "Ownership",
    "time_limit": 20,
    "passing_score": 70,
    "max_attempts": 3,
    "questions": [_QUESTION],
}
_ALTERNATIVES: Mapping[tuple[str, str], Document] = {
    ("post", "/api/attempt-answers/"): {"attempt_id": 7, "question_id": 7, "selected_answer_id": 21},
    ("post", "/api/courses/{ref}/enrollments/bulk/"): {"emails": ["ada@example.com", "grace@example.com"]},
    ("post", "/api/assessments/"): {"lesson": 7, **_ASSESSMENT},
    ("put", "/api/assessments/{assessment_id}/"): {"lesson": 7, **_ASSESSMENT},
    ("patch", "/api/assessments/{assessment_id}/"): {"max_attempts": 5, "passing_score": 60},
    ("post", "/api/questions/"): {"assessment": 7, **_QUESTION},
    ("put", "/api/questions/{question_id}/"): _QUESTION,
    ("patch", "/api/questions/{question_id}/"): {"points": 3},
}
"""Requests whose fields depend on one another, which no schema says: written by hand."""


def add_examples(paths: Document, schemas: Mapping[str, Document]) -> None:
    """Give every JSON body, asked for or answered with success, an example, where it has none."""
    for path, item in paths.items():
        for method in (method for method in _METHODS if method in item):
            operation = item[method]
            asked = _json(operation.get("requestBody", {}))
            if (method, path) in _ALTERNATIVES and asked:
                asked["example"] = _ALTERNATIVES[method, path]
            _illustrate(asked, schemas, is_request=True)
            for status, body in operation["responses"].items():
                if status.startswith("2"):
                    _illustrate(_json(body), schemas, is_request=False)


def _json(body: Document) -> Document:
    media: Document = body.get("content", {}).get("application/json", {})
    return media


def _illustrate(media: Document, schemas: Mapping[str, Document], *, is_request: bool) -> None:
    if "schema" in media and not {"example", "examples"} & media.keys():
        media["example"] = example(media["schema"], schemas, is_request=is_request)


def example(schema: Any, schemas: Mapping[str, Document], *, is_request: bool = False) -> Any:
    """A value that the schema allows."""
    return _Maker(schemas, is_request).make(schema, "", 0)


class _Maker:
    """Makes the examples of one document."""

    def __init__(self, schemas: Mapping[str, Document], is_request: bool) -> None:
        self._schemas = schemas
        self._is_request = is_request

    def make(self, schema: Any, name: str, depth: int) -> Any:
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            return self.make(self._schemas.get(schema["$ref"].rpartition("/")[2], {}), name, depth + 1)
        for known in ("example", "const"):
            if known in schema:
                return schema[known]
        if schema.get("examples"):
            return schema["examples"][0]
        if schema.get("enum"):
            return next((value for value in _MEANINGS.get(name, ()) if value in schema["enum"]), schema["enum"][0])
        if choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return self._one_of(choices, name, depth)
        return self._of_type(schema, name, depth)

    def _one_of(self, choices: list[Any], name: str, depth: int) -> Any:
        empty = [choice for choice in choices if isinstance(choice, dict) and choice.get("type") == "null"]
        if empty and (depth >= _DEEPEST or None in _MEANINGS.get(name, ())):
            return None
        full = [choice for choice in choices if choice not in empty]
        for value in _MEANINGS.get(name, ()):
            if any("type" in choice and _fits(value, choice["type"], choice) for choice in full):
                return value
        return self.make(full[0] if full else None, name, depth)

    def _of_type(self, schema: Document, name: str, depth: int) -> Any:
        kinds = schema.get("type", "object")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if "null" in kinds and (depth >= _DEEPEST or kinds == ["null"]):
            return None
        kind = next(each for each in kinds if each != "null")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        fitting = [value for value in _MEANINGS.get(name, ()) if _fits(value, kind, schema)]
        return fitting[0] if fitting else _simplest(kind, name, schema)

    def _object(self, schema: Document, depth: int) -> Document:
        required = schema.get("required", ())
        wanted = {
            name: field
            for name, field in schema.get("properties", {}).items()
            if name in required or self._is_told(name, field, depth)
        }
        made = {name: self.make(field, name, depth + 1) for name, field in wanted.items()}
        patterns = schema.get("propertyNames", {})
        if not schema.get("properties") and isinstance(schema.get("additionalProperties"), dict):
            key = (patterns.get("enum") or [patterns.get("const", "key")])[0]
            made[key] = self.make(schema["additionalProperties"], key, depth + 1)
        return made

    def _is_told(self, name: str, field: Document, depth: int) -> bool:
        """Whether a field that need not be there is in the example: in answers all, in requests what one would send."""
        if depth >= _DEEPEST:
            return False
        return not self._is_request or (name != "id" and field.get("default", "") is not None)

    def _array(self, schema: Document, name: str, depth: int) -> list[Any]:
        if depth >= _DEEPEST + 2 and not schema.get("minItems"):
            return []
        if "prefixItems" in schema:
            return [self.make(entry, name, depth + 1) for entry in schema["prefixItems"]]
        if schema.get("maxItems") == 0:
            return []
        first = self.make(schema.get("items", {}), name, depth + 1)
        return [first, *(_next(first, number) for number in range(1, schema.get("minItems", 1)))]


def _next(value: Any, number: int) -> Any:
    """Another like it."""
    if isinstance(value, str):
        return f"{value} {number + 1}"
    return value + number if isinstance(value, int | float) else value


def _fits(value: Any, kind: str, schema: Document) -> bool:
    if kind == "string":
        return isinstance(value, str) and _is_text_of(value, schema)
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    if not isinstance(value, int | float):
        return False
    return (kind == "number" or isinstance(value, int)) and _is_within(value, schema)


def _is_text_of(value: str, schema: Document) -> bool:
    shape = _FORMATS.get(schema.get("format", ""))
    if shape is not None and schema["format"] != "email":
        return False
    size = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    return size and re.search(schema.get("pattern", ""), value) is not None


def _is_within(value: float, schema: Document) -> bool:
    if value <= schema.get("exclusiveMinimum", -math.inf) or value >= schema.get("exclusiveMaximum", math.inf):
        return False
    return bool(schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf))


def _simplest(kind: str, name: str, schema: Document) -> Any:
    if kind == "boolean":
        return schema.get("default", True)
    if schema.get("default") is not None:
        return schema["default"]
    if kind == "string":
        return _text(name, schema)
    number = next((each for each in (7, 1, 0, 0.5) if _is_within(each, schema)), schema.get("minimum", 0))
    return float(number) if kind == "number" else int(number)


def _text(name: str, schema: Document) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    guesses = [name.replace("_", " "), "text", name, "ab", "1", "en", "#1F6FEB", "0" * schema.get("minLength", 1)]
    return next((guess for guess in guesses if guess and _is_text_of(guess, schema)), "")
