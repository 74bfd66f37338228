"""The buttons of the page of payments: which path is which method of the counter; `pages` asks here."""

from collections.abc import Callable, Mapping
from typing import Any

from infra.local.stripe.counter import Counter
from infra.local.stripe.deliveries import LATE_SECONDS
from infra.local.stripe.refusals import invalid

Said = Mapping[str, Any]
ID = "([A-Za-z0-9_]+)"
MOST_SECONDS, MOST_TIMES = 7 * 86_400, 1000


def said(body: Said, name: str, otherwise: str) -> str:
    return str(body.get(name, otherwise))


def number(body: Said, name: str, otherwise: float, most: int) -> float:
    text = said(body, name, str(otherwise))
    try:
        value = float(text)
    except ValueError as error:
        raise invalid(f"Not a number: {text}", param=name) from error
    if not 0 <= value <= most:
        raise invalid(f"Not between 0 and {most}: {text}", param=name)
    return value


def amount(body: Said) -> str | None:
    return said(body, "amount", "") or None


BUTTONS: tuple[tuple[str, Callable[[Counter, str, Said], None]], ...] = (
    (f"/intents/{ID}/pay", lambda at, id, body: at.pay(id, said(body, "card", "pm_card_visa"))),
    (f"/intents/{ID}/authenticate", lambda at, id, body: at.authenticate(id, said(body, "passes", "yes") == "yes")),
    (f"/intents/{ID}/cancel", lambda at, id, _: at.cancel(id)),
    (f"/intents/{ID}/refund", lambda at, id, body: at.refund(id, amount(body))),
    (f"/intents/{ID}/dispute", lambda at, id, _: at.dispute(id)),
    (f"/intents/{ID}/events", lambda at, id, body: at.deliver_all(id, said(body, "order", "oldest"))),
    (f"/disputes/{ID}", lambda at, id, body: at.judge(id, said(body, "verdict", ""))),
    (f"/refunds/{ID}", lambda at, id, body: at.settle(id, said(body, "status", ""))),
    (
        f"/events/{ID}",
        lambda at, id, body: at.deliver(
            id, said(body, "plan", "now"), number(body, "seconds", at.late(), MOST_SECONDS)
        ),
    ),
    (
        "/deliveries()",
        lambda at, _, body: at.travel(said(body, "plan", "now"), number(body, "seconds", LATE_SECONDS, MOST_SECONDS)),
    ),
    ("/deliveries/release()", lambda at, _, body: at.release(said(body, "order", "oldest"))),
    (
        "/troubles()",
        lambda at, _, body: at.trouble(said(body, "kind", ""), int(number(body, "times", 1, MOST_TIMES))),
    ),
)
