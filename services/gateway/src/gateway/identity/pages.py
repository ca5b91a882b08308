"""The pages that links in mails lead to, for where there is no frontend with better ones.

Opening one changes nothing, since programs that look at mails open links too: a button does.
"""

from markupsafe import Markup
from starlette.responses import HTMLResponse

from gateway.identity.domain.names import LONGEST_EMAIL
from gateway.identity.domain.passwords import LONGEST, SHORTEST
from gateway.pages import page

_ALERT = Markup('<p role="alert"><strong>{}</strong></p>')
_NOTICE = Markup('<h1>{title}</h1><p role="status">{sentence}</p>')
_ASK = Markup("""<h1>Reset your password</h1>{alert}
<form action="/account/password-reset/" method="post">
<label for="email">E-mail address of your account</label>
<input id="email" name="email" type="email" maxlength="{longest}" required autocomplete="email">
<button type="submit">Mail me a link</button>
</form>""")
_CHOOSE = Markup("""<h1>Choose a new password</h1>{alert}
<form action="/account/password-reset/" method="post">
<input type="hidden" name="token" value="{token}">
<label for="password">New password</label>
<input id="password" name="password" type="password" minlength="{shortest}" maxlength="{longest}" required
 autocomplete="new-password" aria-describedby="hint">
<button type="submit">Set the password</button>
<p id="hint">At least {shortest} characters; not a common word, nor your address.</p>
</form>""")
_VERIFY = Markup("""<h1>Confirm your e-mail address</h1>
<form action="/account/verify-email/" method="post">
<input type="hidden" name="token" value="{token}">
<button type="submit">Yes, this address is mine</button>
</form>""")
_PRIVATE = {"Cache-Control": "no-store"}


def ask_page(*, wrong: str = "") -> HTMLResponse:
    return _page("Reset your password", _ASK.format(alert=_alert(wrong), longest=LONGEST_EMAIL), wrong=wrong)


def choose_page(token: str, *, wrong: str = "") -> HTMLResponse:
    content = _CHOOSE.format(alert=_alert(wrong), token=token, shortest=SHORTEST, longest=LONGEST)
    return _page("Choose a new password", content, wrong=wrong)


def verify_page(token: str) -> HTMLResponse:
    return _page("Confirm your e-mail address", _VERIFY.format(token=token))


def notice_page(title: str, sentence: str) -> HTMLResponse:
    return _page(title, _NOTICE.format(title=title, sentence=sentence))


def dead_link_page(sentence: str) -> HTMLResponse:
    title = "This link does not work"
    return _page(title, _NOTICE.format(title=title, sentence=sentence), wrong=sentence)


def _page(title: str, content: Markup, *, wrong: str = "") -> HTMLResponse:
    return page(title, content, status=400 if wrong else 200, headers=_PRIVATE)


def _alert(wrong: str) -> Markup:
    return _ALERT.format(wrong) if wrong else Markup("")
