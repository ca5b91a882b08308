"""The frame of the gateway's few HTML pages: readable without script, without internet, and by a screen reader.

Everything put into a page goes through `Markup.format`, which escapes it.
"""

import base64
import hashlib

from markupsafe import Markup
from starlette.responses import HTMLResponse

_STYLE = """
:root{color-scheme:light dark;--line:#8888;--soft:#8882}
html{background:Canvas;color:CanvasText}
*{box-sizing:border-box}
body{font:1rem/1.55 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
a{color:#0b4fc4}
@media(prefers-color-scheme:dark){a{color:#a9c7ff}}
:focus-visible{outline:3px solid;outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:0}
main{padding-block:1rem}
input,button{font:inherit;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.3rem}
input,button{margin-block-end:.4rem}
input{inline-size:min(100%,28rem)}
label{display:block;font-weight:600;margin-block-end:.25rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem}
dt{font-weight:600}
dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;inline-size:100%}
caption{text-align:start;font-weight:600;padding-block:.4rem}
th,td{text-align:start;vertical-align:top;padding:.3rem .6rem;border-block-end:1px solid var(--line)}
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
.verdict{border:3px solid;border-radius:.5rem;padding:.75rem 1rem;display:flex;gap:1rem;align-items:center;
border-inline-start-width:.75rem}
.verdict div{color:CanvasText}
.valid{color:light-dark(#19692c,#7ddb93)}
.revoked,.tampered{color:light-dark(#a3181f,#ff9d9d)}
.tampered{border-style:dashed;border-inline-start-style:solid}
.expired{color:light-dark(#7a4b00,#f0c36d)}
.superseded{color:light-dark(#0b4fc4,#a9c7ff)}
.verdict svg{inline-size:3.5rem;block-size:3.5rem;flex:none}
.verdict div{min-inline-size:0;overflow-wrap:anywhere}
.verdict h1{margin:0;font-size:1.5rem}
.verdict p{margin:0}
details{border:1px solid var(--line);border-radius:.3rem;margin-block:.4rem;padding:.4rem .7rem}
summary{cursor:pointer;overflow-wrap:anywhere}
.method{display:inline-block;min-inline-size:4.5rem;font-weight:700}
.scroll{overflow-x:auto}
@media(max-width:34rem){dl{display:block}dd{margin-block-end:.6rem}}
@media print{nav,form,.screen{display:none}body{font-size:11pt;max-width:none;padding:0}}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_FRAME = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Syllabus</title>
<style>{style}</style>
</head>
<body>
<header><nav aria-label="Syllabus"><ul>
<li><a href="/">Syllabus</a></li>
<li><a href="/verify/">Verify a certificate</a></li>
<li><a href="/api/docs/">API</a></li>
</ul></nav></header>
<main>
{content}
</main>
</body>
</html>
"""
)


def render(title: str, content: Markup) -> str:
    """A whole page; `content` is what stands in `<main>`, beginning with its `<h1>`."""
    return _FRAME.format(title=title, style=Markup(_STYLE), content=content)  # noqa: S704  (our own constant)


def respond(html: str, *, status: int = 200, headers: dict[str, str] | None = None) -> HTMLResponse:
    """A page on its way: nothing but its own style may be loaded or run."""
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY, **(headers or {})})


def page(title: str, content: Markup, *, status: int = 200, headers: dict[str, str] | None = None) -> HTMLResponse:
    return respond(render(title, content), status=status, headers=headers)
