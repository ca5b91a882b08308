"""What is done with links in mails: a new password, an address confirmed."""

from datetime import UTC, datetime

from fastapi import APIRouter

from gateway.authentication import UseAuthentication
from gateway.identity.commands.links import reset_password, verify_email
from gateway.identity.domain.passwords import check_password
from gateway.identity.hashing import UsePasswords
from gateway.identity.queries import find_link
from gateway.identity.schemas import AddressRequest, EmailVerification, MailAnswer, PasswordReset
from gateway.mail.queue import post
from shared.database import OpenDatabase, Transaction

router = APIRouter(prefix="/api/auth", tags=["Identity"])

# The same for everyone, and after the same work: whether there is an account is looked up when the mail is written.


@router.post("/password-reset/", status_code=202)
async def ask_for_password_reset(body: AddressRequest, session: Transaction) -> MailAnswer:
    """Have a link mailed that allows one new password, within an hour.

    The answer is the same whether or not there is an account with this address. At most three mails are sent to an
    account in 15 minutes.
    """
    await post(session, "password_reset", body.email, now=datetime.now(UTC))
    return MailAnswer()


@router.post("/password-reset/confirm/", status_code=204)
async def confirm_password_reset(
    body: PasswordReset, database: OpenDatabase, passwords: UsePasswords, authentication: UseAuthentication
) -> None:
    """Set a new password with the token of a mailed link, which works once.

    The account's token and sessions end: log in anew, with the new password. A token that is not valid (any more) is
    400 on `token`; a password that is refused leaves it valid.
    """
    now = datetime.now(UTC)
    async with database.reading() as reading:
        link = await find_link(reading, body.token, "password_reset", now=now)
    check_password(body.password, link.email)
    new_hash = await passwords.hash(body.password)
    async with authentication.changing(link.user_id) as session:
        await reset_password(session, link.user_id, body.token, new_hash, now=now)


@router.post("/verify-email/", status_code=204)
async def confirm_email(body: EmailVerification, session: Transaction) -> None:
    """Confirm one's address with the token of a mailed link, which works once, within two days.

    A token that is not valid (any more) is 400 on `token`.
    """
    now = datetime.now(UTC)
    link = await find_link(session, body.token, "email_verification", now=now)
    await verify_email(session, link.user_id, body.token, now=now)


@router.post("/verify-email/resend/", status_code=202)
async def ask_for_email_verification(body: AddressRequest, session: Transaction) -> MailAnswer:
    """Have the link mailed once more that confirms an address; registering mails the first.

    The answer is the same whether or not there is an account with this address that is to be confirmed. At most three
    mails are sent to an account in 15 minutes.
    """
    await post(session, "email_verification", body.email, now=datetime.now(UTC))
    return MailAnswer()
