"""What the mails about notifications say: one at once, or a digest of many. In text and HTML."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course
from gateway.mail.letter import Letter
from gateway.mail.queue import Write
from gateway.models import User
from gateway.notifications.domain.texts import Wording, wording
from gateway.notifications.models import Digest, Notification
from gateway.settings import Settings

NOTIFYING = ("notification:", "digest:")
"""How kinds of mails begin that are written here; the row's id follows."""
MOST_IN_DIGEST = 50

_FOOT = "You can choose which notifications are mailed to you, and how often: {link}"
_HTML = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family:system-ui,sans-serif;line-height:1.5;max-width:40rem">
{items}
<hr>
<p><small>You can choose which notifications are mailed to you, and how often:
<a href="{link}">notification preferences</a>.</small></p>
</body></html>
""")
_ITEM = Markup('<h2 style="font-size:1.1rem;margin-bottom:.2rem">{title}</h2>\n<p>{body}</p>\n')


def notification_letters(settings: Settings) -> Write:
    """How mails about notifications are written."""
    link = settings.preferences_link

    async def write(session: AsyncSession, kind: str, recipient: str, now: datetime) -> Letter | None:
        what, _, number = kind.partition(":")
        # Whoever was deactivated or has another address by now is not written to.
        user = await session.scalar(select(User).where(User.email == recipient, User.is_active))
        if user is None:
            return None
        if what == "digest":
            return await _digest(session, user, int(number), link)
        items = await _items(session, user, Notification.id == int(number))
        return _letter(user, items[0].title, items, link) if items else None

    return write


async def _digest(session: AsyncSession, user: User, digest_id: int, link: str) -> Letter | None:
    digest = await session.get(Digest, digest_id)
    items = await _items(session, user, Notification.digest_id == digest_id)
    if digest is None or not items:
        return None
    span = "day" if digest.cadence == "daily" else "week"
    if len(items) > MOST_IN_DIGEST:
        items = [*items[:MOST_IN_DIGEST], Wording("And more", "The rest is in your list of notifications.")]
    return _letter(user, f"Your {span} on Syllabus", items, link)


async def _items(session: AsyncSession, user: User, which: object) -> list[Wording]:
    """What the notifications say, newest first; one more than fit tells that there are more."""
    rows = await session.execute(
        select(Notification, Course.title)
        .outerjoin(Course, Course.course_id == Notification.course_id)
        .where(which, Notification.user_id == user.id)  # type: ignore[arg-type]
        .order_by(Notification.id.desc())
        .limit(MOST_IN_DIGEST + 1)
    )
    return [wording(one.type, one.data, title) for one, title in rows]


def _letter(user: User, subject: str, items: Sequence[Wording], link: str) -> Letter:
    subject = " ".join(subject.split())  # a header is one line
    text = "\n\n".join(f"{item.title}\n\n{item.body}" for item in items)
    shown = Markup("").join(_ITEM.format(title=item.title, body=item.body) for item in items)
    return Letter(
        user.email,
        subject,
        f"{text}\n\n-- \n{_FOOT.format(link=link)}\n",
        str(_HTML.format(subject=subject, items=shown, link=link)),
        link,
    )
