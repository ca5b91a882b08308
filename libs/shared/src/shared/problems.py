"""Errors on their way out: the API's two error formats.

Validation is 400 `{"field": ["message", …]}`; everything else is `{"error", "code", "details"}`. Nothing here tells a
stack trace, SQL or a host name; a 5xx repeats the request id in `details`, so that a user can name it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg import DataError as DriverDataError
from psycopg import OperationalError as DriverOperationalError
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from shared.errors import Invalid, Refusal, ServiceUnavailable
from shared.telemetry import request_id

STATUS = {
    "ALREADY_ENROLLED": 400,
    "ALREADY_REVIEWED": 400,
    "ANSWER_NOT_KEPT": 409,
    "ASSESSMENT_NOT_AVAILABLE": 403,
    "ATTEMPT_EXPIRED": 400,
    "ATTEMPT_LIMIT_EXCEEDED": 403,
    "ATTEMPT_NOT_OPEN": 400,
    "AUTHENTICATION_REQUIRED": 401,
    "ACCOUNT_DEACTIVATED": 401,
    "CATEGORY_IN_USE": 400,
    "COOLDOWN_ACTIVE": 403,
    "COURSE_NOT_AVAILABLE": 400,
    "CSRF_FAILED": 403,
    "ENROLLMENT_REQUIRED": 403,
    "IDEMPOTENCY_KEY_REUSED": 400,
    "INVALID_CREDENTIALS": 401,
    "INVALID_TOKEN": 401,
    "LESSON_LOCKED": 403,
    "MALFORMED_REQUEST": 400,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_FOUND": 404,
    "PAYLOAD_TOO_LARGE": 413,
    "PERMISSION_DENIED": 403,
    "PRECONDITION_FAILED": 412,
    "RATE_LIMITED": 429,
    "REQUEST_IN_PROGRESS": 409,
    "ROLE_REQUIRED": 403,
    "SERVICE_UNAVAILABLE": 503,
    "SUBSCRIPTION_REQUIRED": 403,
    "UNSUPPORTED_MEDIA_TYPE": 415,
}
"""Every code of the API and its HTTP status."""

_CODE_OF_STATUS = {
    404: ("NOT_FOUND", "Not found."),
    405: ("METHOD_NOT_ALLOWED", "This method is not allowed here."),
    413: ("PAYLOAD_TOO_LARGE", "The body is too large."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "This content type is not accepted here."),
}

log = structlog.get_logger()


def problem(
    status: int,
    code: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An answer in the general error format."""
    details = dict(details or {})
    if status >= 500:
        details["request_id"] = request_id()
    return JSONResponse(
        {"error": message, "code": code, "details": details}, status_code=status, headers=dict(headers or {})
    )


def of_refusal(refusal: Refusal) -> JSONResponse:
    headers = {}
    if isinstance(refusal, ServiceUnavailable):
        headers["Retry-After"] = str(refusal.retry_after)
    elif STATUS[refusal.code] == 401:
        headers["WWW-Authenticate"] = "Token"
    return problem(STATUS[refusal.code], refusal.code, refusal.message, refusal.details, headers)


def of_validation(errors: Sequence[Any]) -> JSONResponse:
    """Pydantic's errors as the API's: a path without `body`, a sentence that names the limit."""
    fields: dict[str, list[str]] = {}
    for error in errors:
        if error["type"] == "json_invalid":
            return problem(400, "MALFORMED_REQUEST", "The body is not valid JSON.", {"at": error["loc"][-1]})
        place, *location = [str(part) for part in error["loc"]] or [""]
        if place not in ("body", "query", "path", "header"):
            location.insert(0, place)
        messages = fields.setdefault(".".join(location) or "non_field_errors", [])
        if (sentence := _sentence(error)) not in messages:
            messages.append(sentence)
    return JSONResponse(fields, status_code=400)


def _sentence(error: Any) -> str:
    if error["type"] == "missing":
        return "This field is required."
    if error["type"] in ("model_attributes_type", "model_type", "dict_type"):
        return "Expected a JSON object."
    if error["type"] == "value_error" and "error" in error.get("ctx", {}):
        return str(error["ctx"]["error"])
    return str(error["msg"]).rstrip(".") + "."


def install(app: FastAPI) -> None:
    """Let every error of `app` leave in the API's formats."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> JSONResponse:
        return of_refusal(refusal)

    @app.exception_handler(Invalid)
    async def invalid(request: Request, error: Invalid) -> JSONResponse:
        return JSONResponse(error.errors, status_code=400)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> JSONResponse:
        return of_validation(error.errors())

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        code, message = _CODE_OF_STATUS.get(error.status_code, ("MALFORMED_REQUEST", "The request cannot be read."))
        return problem(error.status_code, code, message, headers=error.headers)

    @app.exception_handler(DataError)
    @app.exception_handler(DriverDataError)
    @app.exception_handler(UnicodeEncodeError)
    async def not_storable(request: Request, error: Exception) -> JSONResponse:
        """The net below the models: a value that PostgreSQL cannot hold (NUL, unpaired surrogates, out of range)."""
        log.warning("value not storable", error=type(error).__name__, path=request.url.path)
        return problem(400, "MALFORMED_REQUEST", "The request has a value that cannot be stored.")

    @app.exception_handler(OperationalError)
    @app.exception_handler(DriverOperationalError)
    @app.exception_handler(PoolExhausted)
    @app.exception_handler(PoolTimeout)
    async def database_away(request: Request, error: Exception) -> JSONResponse:
        log.error("database unavailable", error=type(error).__name__)
        return of_refusal(ServiceUnavailable())
