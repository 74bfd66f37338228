"""Small HTML pages for people who follow a link in a mail: plain, without script, readable in light and dark.

Pure functions, used by the routes that mails lead to and by the pages of the platform itself. Everything that is not
already HTML is escaped here.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from chalicelib.web.routes import Reply

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --paper: #fff; --quiet: #566474; --line: #c3ccd6; --act: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7edf3; --paper: #12181f; --quiet: #9fb0c0; --line: #44525f; --act: #7db8f5; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem; background: var(--paper); color: var(--ink); }
body { font: 1.05rem/1.6 system-ui, sans-serif; }
main { max-width: 42rem; margin: 6vh auto; }
header { max-width: 42rem; margin: 0 auto; color: var(--quiet); font-weight: 600; letter-spacing: .02em; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.25; text-wrap: balance; }
h2 { margin: 2.2rem 0 .4rem; font-size: 1.15rem; }
a { color: var(--act); }
code { font: .95em ui-monospace, monospace; overflow-wrap: anywhere; }
dt { margin-top: .9rem; padding: .1rem .4rem; margin-left: -.4rem; border-radius: .3rem; }
dt:target { outline: 2px solid var(--act); }
dd { margin: 0; }
label { display: block; margin: 1.1rem 0 .3rem; font-weight: 600; }
input { width: 100%; padding: .6rem .7rem; border: 1px solid var(--line); border-radius: .4rem; }
input { background: transparent; }
input, button { color: inherit; font: inherit; }
small { display: block; margin-top: .3rem; color: var(--quiet); }
button { margin-top: 1.5rem; padding: .6rem 1.3rem; border: 0; border-radius: .4rem; cursor: pointer; }
button { background: var(--act); color: var(--paper); font-weight: 600; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
"""


@cache
def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


POLICY = _policy(_STYLE)
#: An empty picture keeps browsers from asking for one that we do not have.
ICON = '<link rel="icon" href="data:,">'


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form. `autocomplete` lets a browser or a password manager fill it in."""

    name: str
    label: str = ""
    kind: str = "text"
    value: str = ""
    autocomplete: str = "off"
    hint: str = ""


def page(title: str, body_html: str, *, status: int = 200, style: str = "") -> Reply:
    """A whole page as a view returns it. `title` is text, `body_html` is HTML: escape what goes into it.

    `style` is what the page needs beyond the common look; the policy allows exactly that.
    """
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · LearnFlow</title>\n{ICON}\n<style>{_STYLE}{style}</style>\n</head>\n"
        f"<body>\n<header>LearnFlow</header>\n<main>\n<h1>{escape(title)}</h1>\n{body_html}\n</main>\n</body>\n</html>\n"
    )
    return Reply(page=html, status=status, headers={"Content-Security-Policy": _policy(_STYLE + style)})


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def form(action: str, fields: Sequence[Field], button: str, *, method: str = "post") -> str:
    """A form that goes to `action`, a path of ours."""
    inputs = "\n".join(_input(field) for field in fields)
    return f'<form method="{method}" action="{escape(action)}">\n{inputs}\n<button>{escape(button)}</button>\n</form>'


def _input(field: Field) -> str:
    name, value = escape(field.name), escape(field.value)
    if field.kind == "hidden":
        return f'<input type="hidden" name="{name}" value="{value}">'
    hint = f'\n<small id="{name}-hint">{escape(field.hint)}</small>' if field.hint else ""
    described = f' aria-describedby="{name}-hint"' if field.hint else ""
    return (
        f'<label for="{name}">{escape(field.label or field.name)}</label>\n'
        f'<input id="{name}" name="{name}" type="{escape(field.kind)}" value="{value}" '
        f'autocomplete="{escape(field.autocomplete)}" required{described}>{hint}'
    )
