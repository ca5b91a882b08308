"""How errors look in the document: said once, and referred to by every operation that can answer so."""

from typing import Any

Document = dict[str, Any]

ERROR_SCHEMAS: Document = {
    "Problem": {
        "type": "object",
        "description": "Every error but validation.",
        "required": ["error", "code", "details"],
        "properties": {
            "error": {"type": "string", "description": "A sentence for people."},
            "code": {"type": "string", "description": "For programs.", "examples": ["NOT_FOUND"]},
            "details": {"type": "object", "description": "By code; `request_id` where the fault is on our side."},
        },
    },
    "ValidationErrors": {
        "type": "object",
        "description": "Messages by field; nested fields as a path (`questions.0.points`), the whole as"
        " `non_field_errors`.",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    },
}
_WAIT: Document = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}


def _problem(description: str, code: str, error: str, details: Document | None = None, **more: Any) -> Document:
    example = {"error": error, "code": code, "details": details or {}}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/json": {"schema": schema, "example": example}}, **more}


ERROR_RESPONSES: Document = {
    "Problem": _problem("Refused: see `code`.", "NOT_FOUND", "Not found."),
    "Unauthenticated": _problem(
        "Nobody is signed in, or not by this: `AUTHENTICATION_REQUIRED`, `INVALID_TOKEN`, `INVALID_CREDENTIALS`,"
        " `ACCOUNT_DEACTIVATED`.",
        "AUTHENTICATION_REQUIRED",
        "Sign in first.",
    ),
    "Forbidden": _problem(
        "Not for this user, or not now: `PERMISSION_DENIED`, `ROLE_REQUIRED`, `ENROLLMENT_REQUIRED`,"
        " `SUBSCRIPTION_REQUIRED`, `ATTEMPT_LIMIT_EXCEEDED`, `COOLDOWN_ACTIVE`, `CSRF_FAILED`, `LESSON_LOCKED`,"
        " `ASSESSMENT_NOT_AVAILABLE`.",
        "ENROLLMENT_REQUIRED",
        "Enroll in the course first.",
    ),
    "NotFound": _problem("Not there, or not for this user to know of.", "NOT_FOUND", "Not found."),
    "Stale": _problem(
        "It has changed since the `ETag` in `If-Match`.", "PRECONDITION_FAILED", "This has changed meanwhile."
    ),
    "TooManyRequests": _problem(
        "More requests than the limit allows.", "RATE_LIMITED", "Too many requests.", headers=_WAIT
    ),
    "Unavailable": _problem(
        "A part of the system is down.",
        "SERVICE_UNAVAILABLE",
        "This part of the system does not answer now.",
        {"request_id": "018f6f3e-5b7a-7c1d-9e2f-4a5b6c7d8e9f"},
        headers=_WAIT,
    ),
    "Invalid": {
        "description": "Fields that cannot have these values, or another refusal.",
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/ValidationErrors"},
                        {"$ref": "#/components/schemas/Problem"},
                    ]
                },
                "examples": {
                    "fields": {
                        "summary": "Fields that cannot have these values",
                        "value": {"title": ["This field is required."], "questions.0.points": ["Give at least 0."]},
                    },
                    "refusal": {
                        "summary": "A rule that does not allow it",
                        "value": {"error": "You are enrolled already.", "code": "ALREADY_ENROLLED", "details": {}},
                    },
                },
            }
        },
    },
}


def errors_of(method: str, path: str, operation: Document) -> Document:
    """References to the errors that an operation can answer with, by status."""
    names = {"401": "Unauthenticated", "403": "Forbidden", "429": "TooManyRequests", "503": "Unavailable"}
    if operation["responses"].keys() & {"422", "400"} or "requestBody" in operation:
        names["400"] = "Invalid"
    if "{" in path or any(parameter["name"] == "page" for parameter in operation.get("parameters", ())):
        names["404"] = "NotFound"
    if method in ("put", "patch", "delete"):
        names["412"] = "Stale"
    references = {status: {"$ref": f"#/components/responses/{name}"} for status, name in sorted(names.items())}
    return references | {"default": {"$ref": "#/components/responses/Problem"}}
