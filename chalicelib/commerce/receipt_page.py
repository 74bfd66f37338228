"""The public page on which whoever has a receipt checks it: plain, without script, readable in light and dark."""

from html import escape

from chalicelib.catalog import money
from chalicelib.commerce.receipts import Checked
from chalicelib.web import pages
from chalicelib.web.exchange import Exchange
from chalicelib.web.routes import Reply

TITLES = {
    "paid": "This receipt is real",
    "partially_refunded": "This receipt is real; some of the money was given back",
    "refunded": "This receipt is real; all of the money was given back",
    "disputed": "This receipt is real; the payment is disputed",
}
_STYLE = """
dl { margin: 1.6rem 0; padding: 1.1rem 1.4rem 1.3rem; border: 1px solid var(--line); border-radius: .6rem; }
dl dt { margin: .8rem 0 0; padding: 0; color: var(--quiet); font-size: .9rem; }
dl dt:first-child { margin-top: 0; }
dl dd { overflow-wrap: anywhere; }
"""
WORDS = "We made it, and this is what is true of the order now. Who bought what is nobody's business but the buyer's."
OWN = "If it is yours, the paper is among your orders."


def shown(exchange: Exchange, found: Checked) -> Checked | Reply:
    """JSON for programs; a page for whoever comes with a browser, from the code on the paper."""
    if "text/html" in exchange.headers.get("accept", ""):
        return _page(found)
    return found


def _page(found: Checked) -> Reply:
    rows = [
        ("Number of the order", found.number),
        ("Paid on", f"{found.paid_at.day} {found.paid_at:%B %Y, %H:%M} (UTC)"),
        ("Paid", f"{money.decimal(found.total_minor)} {found.currency}"),
    ]
    if found.returned_minor:
        rows.append(("Given back since", f"{money.decimal(found.returned_minor)} {found.currency}"))
    said = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in rows)
    return pages.page(
        TITLES[found.status], pages.paragraph(WORDS) + f"<dl>{said}</dl>" + pages.paragraph(OWN), style=_STYLE
    )
