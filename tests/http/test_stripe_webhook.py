"""The door where Stripe knocks: believed by its signature, answered as soon as the event is in the queue."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ConnectTimeoutError

from chalicelib.commerce import stripe_gateway, stripe_keys
from infra.local.environment import STRIPE_WEBHOOK_SECRET
from infra.local.gateway import Reply
from tests.factories import bank, commerce
from tests.factories.bank import Bank, an_event, send, signed
from tests.faults.injector import Injector, broken
from tests.http.api import Api, problem
from tests.workers.doubles import waiting

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
OLD, NEW = "whsec_old", "whsec_new"


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch, api: Api) -> Bank:
    return bank.opened(monkeypatch, api)


def kept() -> list[dict[str, Any]]:
    return waiting("stripe-events")


def say(api: Api, text: str, **options: Any) -> Reply:
    reply: Reply = send(api, text.encode(), signed(text, **options))
    return reply


def holding(monkeypatch: pytest.MonkeyPatch, parameter: str) -> None:
    monkeypatch.setattr(stripe_keys, "_fetch", lambda: parameter)
    monkeypatch.setattr(stripe_keys._Held, "keys", None)


@pytest.mark.row("M96", "M98")
def test_a_signed_event_is_put_into_the_queue_in_one_trip_without_asking_stripe(
    api: Api, stripe: Bank, faults: Injector
) -> None:
    say(api, an_event(id="evt_0"))
    del faults.trips[:]
    reply = say(api, an_event())
    assert (reply.status, reply.json()) == (200, {"received": True})
    assert [str(trip) for trip in faults.trips] == ["SendMessageBatch"]
    assert stripe.asked == []
    assert [event["id"] for event in kept()] == ["evt_0", "evt_1"]


@pytest.mark.row("M97", "M98")
def test_what_is_kept_of_an_event_is_ids_amounts_and_states(api: Api, stripe: Bank) -> None:
    buyer = commerce.a_buyer()
    order = commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    payable = stripe_gateway.create_intent(order)
    stripe.stripe.pay(payable.intent_id)
    stripe.deliveries.release()
    stripe.deliveries.settle(1)
    succeeded = next(event for event in kept() if event["type"] == "payment_intent.succeeded")
    (charge,) = stripe.stripe.captured()
    assert set(succeeded) == {"id", "type", "created", "livemode", "account", "thing"}
    assert succeeded["thing"] == {
        "id": payable.intent_id,
        "object": "payment_intent",
        "amount": 2000,
        "amount_received": 2000,
        "currency": "usd",
        "status": "succeeded",
        "latest_charge": charge["id"],
        "metadata": {"order_id": order.id, "user_id": buyer.id},
    }


TEXT = an_event(created=AT)
GOOD = signed(TEXT, at=AT)
T, V1 = GOOD.split(",")
MALFORMED = [
    None,
    "",
    " ",
    "t=",
    T,
    V1,
    f"{T},",
    f"{T},v1=",
    f"{T},v0={V1[3:]}",
    f"{T},v1={V1[3:-1]}",
    f"{T},v1={V1[3:]}0",
    f"{T},{V1.upper()}",
    f"t=now,{V1}",
    f"t=-1,{V1}",
    f"t={T[2:]}.0,{V1}",
    f"t=1{'0' * 40},{V1}",
    f"{T},t={T[2:]},{V1}",
    f"t=٣,{V1}",
    f"{T},v1=é{V1[3:]}",
    f"{T},v1=\x00,v1=,=,==",
    f"{V1};{T}",
    "Bearer abc",
    ",".join(["v1=0"] * 2000),
    signed(TEXT, "whsec_of_others", at=AT),
]


@pytest.mark.row("M96")
@pytest.mark.parametrize("header", MALFORMED)
def test_whatever_is_no_signature_of_ours_is_refused_and_nothing_kept(
    api: Api, stripe: Bank, header: str | None
) -> None:
    with time_machine.travel(NOON, tick=False):
        assert problem(send(api, TEXT.encode(), header)) == (400, "signature_invalid")
    assert kept() == []


@pytest.mark.row("M96")
@pytest.mark.parametrize(
    "body",
    [
        TEXT + " ",
        " " + TEXT,
        TEXT.replace("evt_1", "evt_2"),
        TEXT[:-1],
        "",
        TEXT.encode("utf-16"),
        b"\xff" + TEXT.encode(),
    ],
)
def test_a_body_that_is_not_byte_for_byte_what_was_signed_is_refused(api: Api, stripe: Bank, body: str | bytes) -> None:
    raw = body if isinstance(body, bytes) else body.encode()
    assert problem(send(api, raw, signed(TEXT))) == (400, "signature_invalid")
    assert kept() == []


@pytest.mark.row("M96")
@pytest.mark.parametrize(
    ("seconds", "status"),
    [(s, 200) for s in (-300, -299, -60, -1, 0, 1, 60, 299, 300)] + [(s, 400) for s in (-86400, -301, 301, 86400)],
)
def test_a_signature_is_good_for_five_minutes_in_both_directions(
    api: Api, stripe: Bank, seconds: int, status: int
) -> None:
    with time_machine.travel(NOON, tick=False):
        assert say(api, TEXT, at=AT + seconds).status == status


@pytest.mark.row("M96")
def test_while_a_secret_is_replaced_either_is_believed(api: Api, stripe: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    text = an_event()
    holding(monkeypatch, bank.keys([NEW, OLD]))
    headers = [signed(text, OLD), signed(text, NEW), signed(text, NEW, OLD), signed(text, "whsec_older", NEW)]
    assert [send(api, text.encode(), header).status for header in headers] == [200] * 4
    holding(monkeypatch, bank.keys([NEW]))
    assert [send(api, text.encode(), header).status for header in headers] == [400, 200, 200, 200]


@pytest.mark.row("M96")
def test_an_event_that_comes_again_is_taken_again(api: Api, stripe: Bank) -> None:
    assert [say(api, TEXT).status for _ in range(3)] == [200] * 3
    assert [event["id"] for event in kept()] == ["evt_1"] * 3


@pytest.mark.row("M96")
def test_a_body_that_the_gateway_has_encoded_is_read_as_it_was_sent(
    api: Api, stripe: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = an_event(note="naïve ☃")
    app = api.gateway.app

    def encoding(event: Any, context: Any) -> Any:
        body = base64.b64encode(event["body"].encode()).decode()
        return app(event | {"body": body, "isBase64Encoded": True}, context)

    encoding.routes = app.routes  # type: ignore[attr-defined]
    monkeypatch.setattr(api.gateway, "app", encoding)
    assert say(api, text).status == 200


@pytest.mark.row("M96")
@pytest.mark.parametrize(
    ("body", "code"), [(base64.b64encode(b"\xff\xfe{}").decode(), "signature_invalid"), ("not base64!", "malformed")]
)
def test_bytes_that_are_no_text_are_refused(
    api: Api, stripe: Bank, monkeypatch: pytest.MonkeyPatch, body: str, code: str
) -> None:
    app = api.gateway.app

    def encoding(event: Any, context: Any) -> Any:
        return app(event | {"body": body, "isBase64Encoded": True}, context)

    encoding.routes = app.routes  # type: ignore[attr-defined]
    monkeypatch.setattr(api.gateway, "app", encoding)
    assert problem(say(api, TEXT)) == (400, code)


@pytest.mark.row("M96")
@pytest.mark.parametrize(("ours", "theirs"), [(False, True), (True, False)])
def test_test_money_is_not_taken_for_real_money_nor_the_other_way_round(
    api: Api, stripe: Bank, monkeypatch: pytest.MonkeyPatch, ours: bool, theirs: bool
) -> None:
    holding(monkeypatch, bank.keys(livemode=ours))
    assert problem(say(api, an_event(livemode=theirs))) == (400, "livemode_differs")
    assert say(api, an_event(livemode=ours)).status == 200
    assert len(kept()) == 1


@pytest.mark.parametrize("kind", ["customer.created", "payment_intent.created", "payout.paid", "v2.core.event"])
def test_events_that_mean_nothing_to_us_are_taken_and_forgotten(api: Api, stripe: Bank, kind: str) -> None:
    assert say(api, an_event(kind)).status == 200
    assert kept() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "{not json",
        "[" * 100_000,
        an_event(id=None),
        an_event(id="evt#1"),
        an_event(id="e" * 300),
        an_event(livemode="false"),
        an_event(created="now"),
        an_event(data=None),
        an_event(data={"object": []}),
        an_event(thing={"id": "pi_1", "amount": "1"}),
        an_event(thing={"id": "pi_1", "amount": 1.5}),
        an_event(thing={"id": "pi_1", "metadata": {"order_id": {"a": 1}}}),
        an_event(thing={"id": "pi_1", "currency": "u" * 300}),
    ],
)
def test_what_is_signed_and_no_event_is_refused(api: Api, stripe: Bank, text: str) -> None:
    assert problem(say(api, text)) == (400, "event_unreadable")
    assert kept() == []


@pytest.mark.row("M92")
def test_a_body_of_more_than_256_kilobytes_is_refused(api: Api, stripe: Bank) -> None:
    text = an_event(note="x" * 256 * 1024)
    assert problem(say(api, text)) == (413, "body_too_large")
    assert kept() == []


@pytest.mark.row("M98")
def test_where_the_queue_does_not_take_it_stripe_is_told_to_come_again(
    api: Api, stripe: Bank, faults: Injector
) -> None:
    faults.break_when(lambda trip: trip.operation == "SendMessageBatch", broken)
    reply = say(api, TEXT)
    assert problem(reply) == (503, "event_not_taken")
    assert reply.header("retry-after")


def test_stripe_may_come_as_often_as_it_likes(api: Api, stripe: Bank) -> None:
    reply = say(api, TEXT)
    assert reply.header("ratelimit") is None


@pytest.fixture
def out_of_reach(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail() -> str:
        raise ConnectTimeoutError(endpoint_url="ssm")

    monkeypatch.setattr(stripe_keys, "_fetch", fail)
    yield
    stripe_keys.forget()


@pytest.mark.row("M96")
def test_without_the_secrets_nothing_is_believed_and_stripe_comes_again(
    api: Api, stripe: Bank, out_of_reach: None
) -> None:
    stripe_keys.forget()
    assert problem(say(api, TEXT)) == (503, "payment_keys_unavailable")


def test_secrets_that_were_read_serve_on_while_the_store_is_out_of_reach(
    api: Api, stripe: Bank, out_of_reach: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_keys._Held, "since", float("-inf"))
    assert say(api, TEXT).status == 200


@pytest.mark.row("M97")
def test_nothing_of_a_card_or_a_person_is_logged_or_kept(
    api: Api, stripe: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    card = {"brand": "visa", "last4": "4242", "fingerprint": "canary-fingerprint"}
    error = {"code": "card_declined", "decline_code": "lost_card", "message": "canary-message", "payment_method": card}
    thing = {
        "id": "pi_1",
        "client_secret": "pi_1_secret_canary",
        "receipt_email": "canary@example.org",
        "last_payment_error": error,
        "shipping": {"name": "Canary"},
        "metadata": {"note": "canary-note"},
    }
    text = an_event("payment_intent.payment_failed", thing)
    say(api, text)
    send(api, text.encode(), signed(text, "whsec_of_others"))
    shown = capsys.readouterr().out.lower() + json.dumps(kept()).lower()
    assert "lost_card" in shown
    for word in ("canary", "4242", "visa", STRIPE_WEBHOOK_SECRET, GOOD[-20:]):
        assert word not in shown
