"""What the mails about accounts say. They name nobody: a name is what anyone typed who registered with the address."""

from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.commands.links import make_link
from gateway.identity.domain.links import LIFETIME, PURPOSES, Purpose
from gateway.mail.letter import Letter
from gateway.mail.queue import Write
from gateway.models import User
from gateway.settings import Settings

PAGES: dict[Purpose, str] = {"password_reset": "password-reset", "email_verification": "verify-email"}

_SUBJECTS: dict[Purpose, str] = {
    "password_reset": "Reset your password",
    "email_verification": "Confirm your e-mail address",
}
_TEXTS: dict[Purpose, str] = {
    "password_reset": """Hello,

somebody asked for a new password for the Syllabus account with this address.
If it was you, choose one here:

{link}

The link works once, until {until}. If it was not you, there is
nothing to do: the password stays as it is.
""",
    "email_verification": """Hello,

somebody made a Syllabus account with this address. If it was you, confirm
that the address is yours:

{link}

The link works once, until {until}. If it was not you, there is
nothing to do.
""",
}


def letters(settings: Settings) -> Write:
    """How mails about accounts are written. Each letter has a link of its own, made as it is written."""

    async def write(session: AsyncSession, kind: str, recipient: str, now: datetime) -> Letter | None:
        purpose = next(purpose for purpose in PURPOSES if purpose == kind)
        user = await session.scalar(select(User).where(User.email == recipient).with_for_update())
        token = await make_link(session, user, purpose, now=now) if user else None
        if user is None or token is None:
            return None
        link = f"{settings.link_to(PAGES[purpose])}?{urlencode({'token': token})}"
        until = f"{now + LIFETIME[purpose]:%d %B %Y, %H:%M} UTC"
        # To the address as it was registered: one that only passes for it is somebody else's.
        return Letter(user.email, _SUBJECTS[purpose], _TEXTS[purpose].format(link=link, until=until))

    return write
