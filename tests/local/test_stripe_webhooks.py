"""The webhooks of Stripe's stand-in: signed, in any order, any number of times, until somebody takes them."""

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import stripe
from stripe import StripeClient

from infra.local.invocation import Killed
from infra.local.stripe import keeping
from infra.local.stripe.deliveries import GIVE_UP_AFTER, Deliveries, signature
from infra.local.stripe.line import client
from infra.local.stripe.server import Stripe
from tests.local.test_stripe_payments import confirmed, made

pytestmark = pytest.mark.row("M120")
SECRET, NEXT_SECRET = "whsec_now", "whsec_next"
PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated"]


class Endpoint:
    """Whoever receives: `answers` are given one after the other, then always 200."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        self.bodies.append(body)
        self.signatures.append(headers["Stripe-Signature"])
        return self.answers.pop(0) if self.answers else 200

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body in self.bodies]


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Stripe:
    return Stripe(clock=clock)


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def post(server: Stripe, endpoint: Endpoint) -> Deliveries:
    return Deliveries(server, endpoint, [SECRET])


def pay(server: Stripe) -> None:
    sdk = client(server)
    confirmed(sdk, made(sdk).id)


def test_every_event_of_a_payment_arrives_once_as_it_happened(
    server: Stripe, post: Deliveries, endpoint: Endpoint
) -> None:
    pay(server)
    assert post.step() == 4
    assert endpoint.types() == PAID
    assert post.step() == 0


def test_what_arrives_is_what_the_sdk_takes(server: Stripe, post: Deliveries, endpoint: Endpoint) -> None:
    server.store.clock = time.time
    pay(server)
    post.step()
    event = stripe.Webhook.construct_event(endpoint.bodies[2], endpoint.signatures[2], SECRET)
    assert (event.type, event.livemode, event.api_version) == ("payment_intent.succeeded", False, stripe.api_version)
    assert event.data.object["metadata"]["order_id"] == "ord_1"


def test_while_a_secret_is_replaced_both_sign(server: Stripe, endpoint: Endpoint) -> None:
    post = Deliveries(server, endpoint, [SECRET, NEXT_SECRET])
    server.store.clock = time.time
    pay(server)
    post.step()
    for secret in (SECRET, NEXT_SECRET):
        stripe.WebhookSignature.verify_header(endpoint.bodies[0], endpoint.signatures[0], secret, 300)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(endpoint.bodies[0], endpoint.signatures[0], "whsec_other", 300)


def test_a_signature_is_as_old_as_one_wants_it() -> None:
    assert signature("{}", [SECRET], 1_700_000_000).startswith("t=1700000000,v1=")


def test_each_attempt_is_signed_anew(server: Stripe, post: Deliveries, clock: Clock, endpoint: Endpoint) -> None:
    endpoint.answers = [500]
    made(client(server))
    post.step()
    clock.now += 60
    post.step()
    assert [each.partition(",")[0] for each in endpoint.signatures] == ["t=1800000000", "t=1800000060"]


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_what_is_not_taken_comes_again(
    server: Stripe, post: Deliveries, clock: Clock, endpoint: Endpoint, status: int
) -> None:
    endpoint.answers = [status]
    made(client(server))
    assert (post.step(), post.step()) == (1, 0)
    clock.now += 5
    assert (post.step(), post.step()) == (1, 0)
    (attempts,) = post.attempts.values()
    assert [each.outcome for each in attempts] == [str(status), "200"]


def test_pauses_grow_and_after_three_days_it_gives_up(server: Stripe, post: Deliveries, clock: Clock) -> None:
    post.send = lambda *_: 500
    made(client(server))
    moments = []
    while post.waiting:
        clock.now = post.waiting[0].due
        moments.append(clock.now - 1_800_000_000)
        post.step()
    assert moments[:4] == [0, 5, 25, 105]
    assert moments[-1] <= GIVE_UP_AFTER


@pytest.mark.parametrize("fate", [ConnectionError(), Killed()])
def test_a_receiver_that_dies_gets_it_again(server: Stripe, post: Deliveries, fate: BaseException) -> None:
    def die(*_: object) -> int:
        raise fate

    post.send = die
    made(client(server))
    post.step()
    post.send = lambda *_: 200
    post.settle()
    (attempts,) = post.attempts.values()
    assert [each.outcome for each in attempts] == [type(fate).__name__, "200"]


def test_twice_means_twice(server: Stripe, post: Deliveries, endpoint: Endpoint) -> None:
    post.plan = "twice"
    made(client(server))
    post.step()
    assert endpoint.types() == ["payment_intent.created"] * 2


def test_late_means_after_so_many_seconds(server: Stripe, post: Deliveries, clock: Clock) -> None:
    post.plan, post.late_seconds = "late", 600.0
    made(client(server))
    assert post.step() == 0
    clock.now += 600
    assert post.step() == 1


def test_reversed_means_newest_first(server: Stripe, post: Deliveries, endpoint: Endpoint) -> None:
    post.plan = "reversed"
    pay(server)
    post.step()
    assert endpoint.types() == PAID[::-1]


def test_dropped_means_lost_once_and_tried_again(
    server: Stripe, post: Deliveries, clock: Clock, endpoint: Endpoint
) -> None:
    post.plan = "dropped"
    made(client(server))
    post.step()
    assert endpoint.bodies == []
    clock.now += 5
    post.step()
    assert endpoint.types() == ["payment_intent.created"]


@pytest.mark.parametrize("reverse", [False, True])
def test_held_means_until_somebody_lets_them_go(
    server: Stripe, post: Deliveries, endpoint: Endpoint, reverse: bool
) -> None:
    post.plan = "held"
    pay(server)
    assert post.settle() == 0
    assert post.release(reverse) == 4
    post.step()
    assert endpoint.types() == (PAID[::-1] if reverse else PAID)


def test_any_event_can_be_delivered_again_in_any_order(server: Stripe, post: Deliveries, endpoint: Endpoint) -> None:
    pay(server)
    post.step()
    ids = list(post.attempts)
    for order, seed in (("newest", None), ("oldest", None), ("shuffled", 7), ("shuffled", 7)):
        post.again(ids, order, seed)
        post.step()
    told = [endpoint.types()[start : start + 4] for start in range(4, 20, 4)]
    assert told[:2] == [PAID[::-1], PAID]
    assert told[2] == told[3] != PAID


def test_an_event_keeps_the_state_of_its_moment(server: Stripe, post: Deliveries, endpoint: Endpoint) -> None:
    pay(server)
    post.step()
    assert json.loads(endpoint.bodies[0])["data"]["object"]["status"] == "requires_payment_method"


def test_what_nobody_subscribed_to_is_only_looked_up(
    server: Stripe, post: Deliveries, endpoint: Endpoint, sdk: StripeClient
) -> None:
    with pytest.raises(stripe.CardError):
        confirmed(sdk, made(sdk).id, "pm_card_chargeDeclined")
    post.step()
    assert endpoint.types() == ["payment_intent.created", "payment_intent.payment_failed"]
    assert sdk.v1.events.list({"type": "charge.failed"}).data


def test_four_threads_deliver_each_event_once(server: Stripe, post: Deliveries, endpoint: Endpoint) -> None:
    for _ in range(20):
        pay(server)
    threads = [threading.Thread(target=post.step) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(endpoint.bodies) == len(set(endpoint.bodies)) == 80


def test_a_restart_forgets_nothing(server: Stripe, post: Deliveries, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.answers = [500]
    intent = made(client(server))
    client(server).v1.payment_intents.create({"amount": 700, "currency": "usd"}, {"idempotency_key": "k"})
    post.step()
    keeping.keep(post, tmp_path / "stripe.json")
    after = Stripe(seed="another")
    again = Deliveries(after, endpoint, [SECRET])
    keeping.restore(again, tmp_path / "stripe.json")
    assert again.settle() == 1
    assert endpoint.types() == ["payment_intent.created"] * 3
    replayed = client(after).v1.payment_intents.create({"amount": 700, "currency": "usd"}, {"idempotency_key": "k"})
    assert replayed.id in server.store.things["payment_intent"]
    assert confirmed(client(after), intent.id).status == "succeeded"
