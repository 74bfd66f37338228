"""The public page on which a stranger checks a certificate: plain, without script, readable in light and dark."""

from datetime import date, datetime
from html import escape

from chalicelib.learning.certificates.verifying import Verification
from chalicelib.settings import settings
from chalicelib.web import pages
from chalicelib.web.exchange import Exchange
from chalicelib.web.routes import BASE, Reply

TITLES = {
    "valid": "This certificate is valid",
    "expired": "This certificate has expired",
    "revoked": "This certificate was revoked",
    "replaced": "This certificate was replaced",
    "erased": "This certificate is no longer shown",
    "damaged": "This certificate is not valid",
    "altered": "This certificate is not valid",
    "unknown": "We know no such certificate",
}
_STYLE = """
.verdict { display: inline-flex; gap: .6rem; align-items: center; margin: 0 0 1.2rem;
  padding: .25rem .95rem .25rem .5rem; border: 1.5px solid; border-radius: 2rem; font-weight: 600; }
.verdict svg { width: 1.5rem; height: 1.5rem; fill: none; stroke: currentColor;
  stroke-width: 2.4; stroke-linecap: round; }
.good { color: #0a6b3d; } .poor { color: #a3261b; } .past { color: #8a5a00; }
@media (prefers-color-scheme: dark) { .good { color: #6fdca3; } .poor { color: #ff9d92; } .past { color: #f0c36b; } }
dl { margin: 1.6rem 0; padding: 1.1rem 1.4rem 1.3rem; border: 1px solid var(--line); border-radius: .6rem; }
dl dt { margin: .8rem 0 0; padding: 0; color: var(--quiet); font-size: .9rem; }
dl dt:first-child { margin-top: 0; }
dl dd { overflow-wrap: anywhere; }
dl .name { font-size: 1.5rem; line-height: 1.3; }
"""
_MARKS = {
    "good": '<path d="M6 12.5l4 4 8-9"/>',
    "poor": '<path d="M7 7l10 10M17 7L7 17"/>',
    "past": '<path d="M12 6.5v6.5M12 17.4v.2"/>',
}
_WORDS = {"good": "Valid", "poor": "Not valid", "past": "No longer valid"}
_TONES = {"valid": "good", "expired": "past", "revoked": "poor", "replaced": "past", "erased": "past"}


def shown(exchange: Exchange, found: Verification) -> Verification | Reply:
    """JSON for programs; a page for whoever comes with a browser, from the code on the paper."""
    if "text/html" in exchange.headers.get("accept", ""):
        return page(found)
    return found


def asked(code: str, found: Verification) -> Reply:
    """The page where a code is typed in, and its answer once there is one."""
    return page(found) if code.strip() else _question()


def page(found: Verification) -> Reply:
    tone = _TONES.get(found.status, "poor")
    verdict = (
        f'<p class="verdict {tone}"><svg viewBox="0 0 24 24" aria-hidden="true">{_MARKS[tone]}</svg>{_WORDS[tone]}</p>'
    )
    again = f'<p><a href="{escape(_place())}">Check another certificate</a></p>'
    body = verdict + pages.paragraph(found.meaning) + _said(found) + again
    return pages.page(TITLES[found.status], body, style=_STYLE)


def _said(found: Verification) -> str:
    said = found.sayings
    rows = [
        ("Awarded to", said.get("holder", ""), "name"),
        ("Course", said.get("course", ""), ""),
        ("Instructor", said.get("instructor", ""), ""),
        ("Completed", _day(found.completed_on), ""),
        ("Issued", _day(found.issued_at), ""),
        ("Valid until", _day(found.expires_at), ""),
        ("Revoked", _day(found.changed_at) if found.status == "revoked" else "", ""),
        ("Code", found.code, ""),
    ]
    return "<dl>" + "".join(_row(*row) for row in rows if row[1]) + "</dl>" if found.code else ""


def _row(label: str, value: str, style: str) -> str:
    named = f' class="{style}"' if style else ""
    # A name may be written from right to left.
    return f"<dt>{escape(label)}</dt><dd{named}><bdi>{escape(value)}</bdi></dd>"


def _question() -> Reply:
    text = pages.paragraph(
        "Type in the code that stands on the certificate. Small letters and missing dashes do not matter."
    )
    field = pages.Field("code", label="Code", hint="Six groups of four letters and digits.")
    form = pages.form(_place(), [field], "Check it", method="get")
    return pages.page("Check a certificate", text + form, style=_STYLE)


def _place() -> str:
    return f"{settings.prefix}{BASE}/certificates/verify"


def _day(day: date | datetime | None) -> str:
    return "" if day is None else f"{day.day} {day:%B %Y}"
