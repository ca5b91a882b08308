"""A letter, and the message that mail servers are given."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr


@dataclass(frozen=True)
class Letter:
    """What is said to whom: in plain text, and where there is more to see, in HTML too."""

    recipient: str
    subject: str
    text: str
    html: str | None = None
    unsubscribe: str | None = None
    """Address of the page where mails like this one are switched off."""


def message_of(letter: Letter, sender: str, *, now: datetime) -> EmailMessage:
    """The letter from `sender` (`Name <address>`), marked as written by a machine, so that no machine answers it."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    # Without a domain of its own it would tell this machine's name.
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
    # Links stay on one line, also for who reads the file itself.
    message.set_content(letter.text, cte="7bit" if letter.text.isascii() else None)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    return message
