"""Links in mails are made and followed."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.commands.sessions import end_sessions
from gateway.identity.domain.links import LIFETIME, NO_LINK, WINDOW, Purpose, is_wanted, may_mail
from gateway.identity.secret import digest_of, new_secret
from gateway.models import MailLink, Token, User
from gateway.store import lock_user
from shared.errors import Invalid


async def make_link(session: AsyncSession, user: User, purpose: Purpose, *, now: datetime) -> str | None:
    """A token for a locked user to be mailed, which is stored nowhere. Older ones stay valid.

    None when it would be of no use, or the user was mailed too many lately.
    """
    if not is_wanted(purpose, is_active=user.is_active, is_email_verified=user.is_email_verified):
        return None
    of_user = select(func.count()).where(MailLink.user_id == user.id, MailLink.purpose == purpose)
    lately = await session.scalar(of_user.where(MailLink.created_date > now - WINDOW))
    if not may_mail(mailed_lately=lately or 0):
        return None
    token = new_secret()
    session.add(
        MailLink(
            digest=digest_of(token),
            user_id=user.id,
            purpose=purpose,
            created_date=now,
            expires_at=now + LIFETIME[purpose],
        )
    )
    await session.flush()
    return token


async def reset_password(session: AsyncSession, user_id: int, token: str, new_hash: str, *, now: datetime) -> None:
    """Set a password by a mailed link; all that was signed in with the old one ends, the token too.

    Whoever follows the link reads the address's mail, which is verified with it.
    Raises Invalid when the link was followed already, or has expired.
    """
    user = await _follow(session, user_id, token, "password_reset", now=now)
    user.password_hash = new_hash
    user.is_email_verified = True
    user.updated_date = now
    await session.execute(delete(Token).where(Token.user_id == user_id))
    await end_sessions(session, user_id)


async def verify_email(session: AsyncSession, user_id: int, token: str, *, now: datetime) -> None:
    """Note that the user's address is theirs. Raises Invalid when the link was followed already, or has expired."""
    user = await _follow(session, user_id, token, "email_verification", now=now)
    user.is_email_verified = True
    user.updated_date = now


async def _follow(session: AsyncSession, user_id: int, token: str, purpose: Purpose, *, now: datetime) -> User:
    """The link's user, locked. All their links for this purpose end with it."""
    user = await lock_user(session, user_id)
    ended = await session.execute(
        delete(MailLink)
        .where(MailLink.user_id == user_id, MailLink.purpose == purpose)
        .returning(MailLink.digest, MailLink.expires_at)
    )
    if not user.is_active or not any(row.digest == digest_of(token) and row.expires_at > now for row in ended):
        raise Invalid(token=NO_LINK)
    return user
