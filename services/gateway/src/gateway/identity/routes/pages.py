"""The HTTP entrance of the pages that links in mails lead to. What a form sends goes the way of the API (`links`)."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse

from gateway.authentication import UseAuthentication
from gateway.identity.domain.links import NO_LINK
from gateway.identity.domain.passwords import LONGEST, SHORTEST
from gateway.identity.hashing import UsePasswords
from gateway.identity.pages import ask_page, choose_page, dead_link_page, notice_page, verify_page
from gateway.identity.routes.links import ask_for_password_reset, confirm_email, confirm_password_reset
from gateway.identity.schemas import LONGEST_LINK_TOKEN, AddressRequest, EmailVerification, PasswordReset
from shared.database import OpenDatabase, Transaction
from shared.errors import Invalid

router = APIRouter(prefix="/account", include_in_schema=False)

MOST_FIELDS = 5


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name; none where the body is no form."""
    try:
        sent = parse_qs((await request.body()).decode(), max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in sent.items()}


Form = Annotated[dict[str, str], Depends(_form)]
Token = Annotated[str, Query()]


@router.get("/password-reset/")
async def password_reset_page(token: Token = "") -> HTMLResponse:
    """With a token, where to choose a password; without, where to ask for a link."""
    return choose_page(token[:LONGEST_LINK_TOKEN]) if token else ask_page()


@router.post("/password-reset/")
async def submit_password_reset(
    form: Form,
    database: OpenDatabase,
    passwords: UsePasswords,
    authentication: UseAuthentication,
) -> HTMLResponse:
    if "token" not in form:
        return await _ask(form, database)
    token = form["token"][:LONGEST_LINK_TOKEN]
    try:
        body = PasswordReset(token=token, password=form.get("password", ""))
        await confirm_password_reset(body, database, passwords, authentication)
    except ValidationError as error:
        if any(each["loc"] == ("token",) for each in error.errors()):
            return dead_link_page(NO_LINK)
        return choose_page(token, wrong=f"The password must have {SHORTEST} to {LONGEST} characters.")
    except Invalid as error:
        if "token" in error.errors:
            return dead_link_page(NO_LINK)
        return choose_page(token, wrong=" ".join(error.errors["password"]))
    return notice_page("Your password is set", "You are logged out everywhere: log in with the new password.")


@router.get("/verify-email/")
async def verify_email_page(token: Token = "") -> HTMLResponse:
    return verify_page(token[:LONGEST_LINK_TOKEN])


@router.post("/verify-email/")
async def submit_verify_email(form: Form, session: Transaction) -> HTMLResponse:
    try:
        await confirm_email(EmailVerification(token=form.get("token", "")), session)
    except (ValidationError, Invalid):
        return dead_link_page(NO_LINK)
    return notice_page("Your address is confirmed", "There is nothing more to do.")


async def _ask(form: dict[str, str], database: OpenDatabase) -> HTMLResponse:
    try:
        body = AddressRequest(email=form.get("email", ""))
    except ValidationError:
        return ask_page(wrong="Enter an e-mail address.")
    async with database.transaction() as session:
        answer = await ask_for_password_reset(body, session)
    return notice_page("Look into your mail", answer.message)
