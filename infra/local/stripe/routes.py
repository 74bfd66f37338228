"""The endpoints of Stripe's API that the stand-in has, each with what it takes and who does it; `server` looks here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.stripe import charges, disputes, intents, refunds
from infra.local.stripe.forms import Form, Reader, folder, metadata, moment, positive, text, truth, whole, words
from infra.local.stripe.refusals import Refusal
from infra.local.stripe.showing import page
from infra.local.stripe.store import Store, Thing

Given = Mapping[str, Any]
#: Done with the store, what the path captured, and the parameters.
Does = Callable[[Store, str, Given], Thing]
PAGED: dict[str, Reader] = {"limit": whole, "starting_after": text, "ending_before": text, "created": moment}


@dataclass(frozen=True)
class Route:
    """`public`: a browser may ask it too, with the publishable key and the secret of its payment."""

    method: str
    pattern: str
    does: Does
    form: Form
    public: bool = False


def route(
    method: str, pattern: str, does: Does, takes: Mapping[str, Reader], *needed: str, public: bool = False
) -> Route:
    browser: Mapping[str, Reader] = {"client_secret": text} if public else {}
    return Route(method, pattern, does, Form({"expand": words, **browser, **takes}, needed), public)


def finding(kind: str, param: str = "id") -> Does:
    return lambda store, id, _: store.find(kind, id, param)


def listing(kind: str, url: str, *by: str) -> Does:
    return lambda store, _, given: page(store, kind, url, given, **{name: given.get(name) for name in by})


def events(store: Store, _: str, given: Given) -> Thing:
    types = given.get("types")
    found = page(store, "event", "/v1/events", given, type=given.get("type"))
    return {**found, "data": [each for each in found["data"] if types is None or each["type"] in types]}


CREATED: Mapping[str, Reader] = {
    "amount": whole,
    "currency": text,
    "automatic_payment_methods": folder,
    "payment_method_types": words,
    "payment_method": text,
    "confirm": truth,
    "return_url": text,
    "description": text,
    "receipt_email": text,
    "metadata": metadata,
}
CONFIRMED: Mapping[str, Reader] = {"payment_method": text, "return_url": text, "off_session": truth}
REFUNDED: Mapping[str, Reader] = {
    "charge": text,
    "payment_intent": text,
    "amount": positive,
    "reason": text,
    "metadata": metadata,
}
EVIDENCE: Mapping[str, Reader] = {"evidence": folder, "metadata": metadata, "submit": truth}
ONE = "([A-Za-z0-9_]+)"
ROUTES = (
    route("POST", "/v1/payment_intents", lambda s, _, g: intents.create(s, g), CREATED, "amount", "currency"),
    route("GET", "/v1/payment_intents", listing("payment_intent", "/v1/payment_intents"), PAGED),
    route("GET", f"/v1/payment_intents/{ONE}", finding("payment_intent", "intent"), {}, public=True),
    route("POST", f"/v1/payment_intents/{ONE}", intents.update, {"metadata": metadata, "description": text}),
    route("POST", f"/v1/payment_intents/{ONE}/confirm", intents.confirm, CONFIRMED, public=True),
    route("POST", f"/v1/payment_intents/{ONE}/cancel", intents.cancel, {"cancellation_reason": text}),
    route("GET", "/v1/charges", listing("charge", "/v1/charges", "payment_intent"), PAGED | {"payment_intent": text}),
    route("GET", f"/v1/charges/{ONE}", finding("charge"), {}),
    route("POST", "/v1/refunds", lambda s, _, g: refunds.create(s, g), REFUNDED),
    route(
        "GET",
        "/v1/refunds",
        listing("refund", "/v1/refunds", "charge", "payment_intent"),
        PAGED | {"charge": text, "payment_intent": text},
    ),
    route("GET", f"/v1/refunds/{ONE}", finding("refund"), {}),
    route("POST", f"/v1/refunds/{ONE}", refunds.update, {"metadata": metadata}),
    route(
        "GET",
        "/v1/disputes",
        listing("dispute", "/v1/disputes", "charge", "payment_intent"),
        PAGED | {"charge": text, "payment_intent": text},
    ),
    route("GET", f"/v1/disputes/{ONE}", finding("dispute", "dispute"), {}),
    route("POST", f"/v1/disputes/{ONE}", disputes.update, EVIDENCE),
    route("POST", f"/v1/disputes/{ONE}/close", lambda s, id, _: disputes.close(s, id), {}),
    route("GET", "/v1/balance", lambda s, *_: charges.balance(s), {}),
    route(
        "GET",
        "/v1/balance_transactions",
        listing("balance_transaction", "/v1/balance_transactions", "source", "type"),
        PAGED | {"source": text, "type": text},
    ),
    route("GET", f"/v1/balance_transactions/{ONE}", finding("balance_transaction"), {}),
    route("GET", f"/v1/payment_methods/{ONE}", finding("payment_method"), {}),
    route("GET", "/v1/events", events, PAGED | {"type": text, "types": words}),
    route("GET", f"/v1/events/{ONE}", finding("event"), {}),
)


def found(method: str, path: str) -> tuple[Route, str]:
    """The endpoint at a path, and the id that the path names."""
    for each in ROUTES:
        match = re.fullmatch(each.pattern, path)
        if match and each.method == method:
            return each, "".join(match.groups())
    message = f"Unrecognized request URL ({method}: {path})."
    raise Refusal(404, "invalid_request_error", message, kept=False)
