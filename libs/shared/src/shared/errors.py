"""Refusals: facts that rules raise, and that the entrances turn into answers (`problems`).

    Refusal                     code, sentence, details
    ├── NotFound                also for what the caller may not know exists
    ├── AuthenticationRequired
    ├── InvalidToken
    ├── PermissionDenied        the role would do, but not for this row
    ├── RoleRequired            a higher role would do
    ├── PreconditionFailed      If-Match is stale
    ├── PayloadTooLarge
    └── ServiceUnavailable      a part of the system that is needed does not answer
    Invalid                     a field has a value that it cannot have

A service adds its own by naming the fact: `class AlreadyEnrolled(Refusal): code = "ALREADY_ENROLLED"`. The codes and
their HTTP statuses are one table, in `problems`.
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """A request that is understood and not carried out. `message` is a sentence for people."""

    code: ClassVar[str]
    message: str = "The request was refused."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or type(self).message
        self.details = details
        super().__init__(self.message)


class NotFound(Refusal):
    code = "NOT_FOUND"
    message = "Not found."


class AuthenticationRequired(Refusal):
    code = "AUTHENTICATION_REQUIRED"
    message = "Sign in first: send the header Authorization: Token <token>."


class InvalidToken(Refusal):
    code = "INVALID_TOKEN"
    message = "The token is not valid. Log in again."


class PermissionDenied(Refusal):
    code = "PERMISSION_DENIED"
    message = "You may not do this."


class RoleRequired(Refusal):
    code = "ROLE_REQUIRED"
    message = "Your role does not allow this."


class PreconditionFailed(Refusal):
    code = "PRECONDITION_FAILED"
    message = "The resource has changed since you read it. Read it again, then repeat the change."


class PayloadTooLarge(Refusal):
    code = "PAYLOAD_TOO_LARGE"
    message = "The body is too large."


class ServiceUnavailable(Refusal):
    """`retry_after` in seconds."""

    code = "SERVICE_UNAVAILABLE"
    message = "A part of the system does not answer at the moment. Try again soon."
    retry_after: ClassVar[int] = 2


class Invalid(Exception):
    """Input that breaks a rule: messages by field path (`questions.0.points`); no field is `non_field_errors`."""

    def __init__(self, errors: dict[str, list[str]] | None = None, /, **fields: str) -> None:
        self.errors = dict(errors or {}) | {name: [message] for name, message in fields.items()}
        super().__init__("; ".join(f"{name}: {' '.join(messages)}" for name, messages in self.errors.items()))
