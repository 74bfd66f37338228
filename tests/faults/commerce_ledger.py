"""The ledger check of commerce: what must hold over orders, what they hold, the books, and what Stripe has done."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chalicelib.commerce import couponing, ids, states
from chalicelib.commerce.records import Balance, CouponUse, Earning, Order, Posting, Refund
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from tests.faults.learning_ledger import by, records
from tests.faults.ledger import World, invariant
from tests.faults.stripe_fake import Thing

#: What a client secret has in its midst.
SECRET = "_secret_"
ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
GIVEN = ("pending", "succeeded")


def id_of(record: Any) -> str:
    return str(record.id)


def things(world: World, kind: str) -> list[Thing]:
    """What Stripe has of a kind, the oldest first."""
    if world.till is None:
        return []
    store = world.till.stripe.store
    with store.lock:
        return [dict(each) for each in reversed(list(store.all(kind)))]


def charges(world: World) -> list[Thing]:
    """Those that took money."""
    return [each for each in things(world, "charge") if each["paid"]]


def intents(world: World) -> dict[str, str]:
    """Which order a payment at Stripe is for."""
    return {each["id"]: each["metadata"].get("order_id", "") for each in things(world, "payment_intent")}


def failures(world: World) -> list[str]:
    """The order of each request for a payment that Stripe has answered with a failure for good."""
    kept = world.till.stripe.replays.answers if world.till else {}
    return [key.split(":")[1] for key, each in kept.items() if key.startswith("order:") and each.status >= 500]


@invariant
def each_order_that_is_paid_was_charged_once_and_no_other(world: World) -> Iterator[str]:
    """I1: what Stripe has taken, and what orders say was taken, is the same money."""
    orders = by(records(world, Order), id_of)
    meant = intents(world)
    taken: defaultdict[str, list[Thing]] = defaultdict(list)
    for charge in charges(world):
        taken[meant[charge["payment_intent"]]].append(charge)
    for id, found in taken.items():
        order = orders.get(id)
        if order is None or len(found) != 1:
            yield f"{len(found)} charges of {id}, which is {order and states.status(order)}"
        elif states.captured(order) != found[0]["amount"] or order.currency.lower() != found[0]["currency"]:
            yield f"{id} says {order.captured_minor}, and {found[0]['amount']} was charged"
        elif (order.intent_id, order.charge_id) != (found[0]["payment_intent"], found[0]["id"]):
            yield f"{id} knows {order.charge_id}, and {found[0]['id']} was charged"
    paid = {id for id, order in orders.items() if states.captured(order)}
    yield from (f"{id} is paid, and nothing was charged" for id in paid - set(taken))


@invariant
def an_order_has_one_payment_which_knows_it(world: World) -> Iterator[str]:
    found = {item["intent_id"]: item["order_id"] for item in world.all("intent")}
    meant = intents(world)
    for order in records(world, Order):
        if order.intent_id and found.get(order.intent_id, order.id) != order.id:
            yield f"{order.intent_id} leads to {found[order.intent_id]}, and {order.id} has it"
        if order.intent_id in meant and meant[order.intent_id] != order.id:
            yield f"{order.id} has the payment of {meant[order.intent_id]}"
    failed = Counter(failures(world))
    for id, times in Counter(id for id in meant.values() if id).items():
        # Where Stripe failed after it had made one, nobody has heard of that: its secret is lost with it.
        if times > 1 + failed[id]:
            yield f"{id} has {times} payments, of which Stripe kept {failed[id]} to itself"


@invariant
def totals_are_the_sums_of_their_lines(world: World) -> Iterator[str]:
    """I2."""
    for order in records(world, Order):
        lines = order.lines
        sums = tuple(
            sum(int(line[name]) for line in lines) for name in ("price_minor", "discount_minor", "total_minor")
        )
        if sums != (int(order.subtotal_minor), int(order.discount_minor), int(order.total_minor)):
            yield f"{order.id} says {order.subtotal_minor}, {order.discount_minor}, {order.total_minor}: lines {sums}"
        if sums[0] - sums[1] != sums[2] or order.captured_minor not in (None, order.total_minor):
            yield f"{order.id}: {sums}, captured {order.captured_minor}"
        for line in lines:
            if not 0 <= int(line["fee_minor"]) <= int(line["total_minor"]) <= int(line["price_minor"]):
                yield f"{order.id} has a line of {line}"


@invariant
def whoever_has_paid_for_a_course_is_in_it_and_nobody_else(world: World) -> Iterator[str]:
    """I3: in by an order, where it is paid and the line is not closed; unless they have left by themselves."""
    orders = by(records(world, Order), id_of)
    enrolled = {(each.user_id, each.course_id): each for each in records(world, Enrollment)}
    left = {
        f["subject"] for f in world.facts.values() if f["name"] == "enrollment.cancelled" and f["actor"][:3] == "usr"
    }
    for each in enrolled.values():
        if each.status == "active" and each.order_id is not None:
            order = orders.get(each.order_id)
            if order is None or each.course_id not in _open_lines(order) or order.user_id != each.user_id:
                yield f"{each.id} is there by {each.order_id}, which is {order and states.status(order)}"
    for order in orders.values():
        for course in _open_lines(order):
            found = enrolled.get((order.user_id, course))
            there = found is not None and (found.status == "active" or found.id in left)
            if course.startswith("crs_") and not there and order.user_id in world.living:
                yield f"{order.id} is {states.status(order)}, and its buyer is not in {course}"


def _open_lines(order: Order) -> set[str]:
    if not states.is_paid(order):
        return set()
    return {line["id"] for line in order.lines} - set(order.closed)


@invariant
def uses_of_codes_are_what_a_recount_finds(world: World) -> Iterator[str]:
    """I4, of codes: in all, by buyer, and never more than there may be."""
    held, ever, each_of = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for order in records(world, Order):
        if order.coupon:
            ever[order.coupon] += 1
        if couponing.holds(order):
            held[order.coupon] += 1
            each_of[(keys.coupon_use(order.user_id, order.coupon).pk, order.coupon)] += 1
    late = any(f["name"] == "order.paid" for f in world.facts.values()) and any(
        states.is_paid(order) and order.ended for order in records(world, Order)
    )
    for item in world.all("coupon_slots"):
        code = next(each["code"] for each in world.all("coupon") if keys.coupon_slots(each["code"]).pk == item["pk"])
        if (int(item["taken"]), int(item["ever"])) != (held[code], ever[code]):
            yield f"{code} is held by {held[code]} of {ever[code]}, and says {item['taken']} of {item['ever']}"
        if "capacity" in item and item["capacity"] is not None and held[code] > item["capacity"] and not late:
            yield f"{code} is held by {held[code]} orders, of {item['capacity']}"
    for use in records(world, CouponUse):
        if int(use.uses) != each_of.pop((use.pk, use.code), 0):
            yield f"{use.pk} has used {use.code} {use.uses} times"
    yield from (f"{pk} holds {code}, and it is not noted" for (pk, code), times in each_of.items() if _lives(world, pk))


def _lives(world: World, pk: str) -> bool:
    return pk.partition("#")[2] in world.living


@invariant
def postings_mirror_what_stripe_has_done(world: World) -> Iterator[str]:
    """Each is nothing in all; together they are what was taken, what was given back, and what Stripe keeps."""
    posted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for posting in records(world, Posting):
        if sum(amount for _, amount in posting.entries):
            yield f"{posting.order_id} {posting.what}: {posting.entries}"
        posted[posting.order_id].update(dict(map(tuple, posting.entries)))
    meant = intents(world)
    kept = Counter({meant[each["payment_intent"]]: each["amount"] for each in charges(world)})
    kept.subtract(_given_back(world, meant))
    fees = {each["source"]: each["fee"] for each in things(world, "balance_transaction") if each["type"] == "charge"}
    for order in records(world, Order):
        accounts = posted[order.id]
        if order.intent_id in meant and -accounts["buyers"] != kept[order.id]:
            yield f"{order.id}: the books have {accounts['buyers']} of buyers, Stripe has kept {kept[order.id]}"
        if accounts["stripe"] != int(order.fee_minor or 0) + int(order.dispute_fee_minor or 0) or (
            order.fee_minor or 0
        ) not in (
            0,
            fees.get(order.charge_id),
        ):
            taken = fees.get(order.charge_id)
            yield f"{order.id}: a fee of {order.fee_minor}, posted {accounts['stripe']}, {taken} taken"
        if states.returned(order) == states.captured(order) and any(
            amount for account, amount in accounts.items() if account not in ("platform", "stripe")
        ):
            yield f"{order.id} was given back whole, and leaves {dict(accounts)}"


def _given_back(world: World, meant: dict[str, str]) -> Counter[str]:
    """By order: refunds, and what a bank took back for good."""
    given = Counter[str]()
    for refund in things(world, "refund"):
        if refund["status"] == "succeeded":
            given[meant[refund["payment_intent"]]] += refund["amount"]
    for dispute in things(world, "dispute"):
        if dispute["status"] == "lost":
            given[meant[dispute["payment_intent"]]] += dispute["amount"]
    return given


@invariant
def nothing_is_given_back_that_was_not_taken(world: World) -> Iterator[str]:
    """Each refund of ours at most once, all of them at most the charge, and what is under way is held back."""
    charged = {each["payment_intent"]: each["amount"] for each in charges(world)}
    given, ours = Counter[str](), defaultdict(list)
    for refund in things(world, "refund"):
        if refund["status"] in GIVEN:
            given[refund["payment_intent"]] += refund["amount"]
            ours[refund["metadata"].get("refund_id", "")].append(refund)
    yield from (f"{given[id]} of {charged.get(id, 0)} given back" for id in given if given[id] > charged.get(id, 0))
    waiting = Counter[str]()
    for asked in records(world, Refund):
        found = ours[asked.id]
        if len(found) > 1 or any(each["amount"] != asked.amount_minor for each in found):
            yield f"{asked.id} was given back {len(found)} times"
        if asked.status == "succeeded" and not found:
            yield f"{asked.id} was never given back"
        if asked.status == "failed" and any(each["status"] == "succeeded" for each in found):
            yield f"{asked.id} has failed, and was given back"
        waiting[asked.order_id] += int(asked.amount_minor) if asked.status == "requested" else 0
    for order in records(world, Order):
        if int(order.refunding_minor) != waiting[order.id]:
            yield f"{order.id} holds back {order.refunding_minor}, and {waiting[order.id]} are under way"
        if states.refunded(order) + waiting[order.id] > states.captured(order):
            yield f"{order.id} gives back {states.refunded(order)} and {waiting[order.id]} of {order.captured_minor}"


@invariant
def earnings_and_balances_are_what_the_books_say(world: World) -> Iterator[str]:
    """I10, of money."""
    booked, moved = Counter[tuple[str, str]](), Counter[str]()
    for posting in records(world, Posting):
        for account, amount in posting.entries:
            booked[(account, posting.currency)] += amount
            if account.startswith("instructor:"):
                moved[f"{account} {posting.order_id} {posting.what}"] += amount
    for earning in records(world, Earning):
        account = f"instructor:{earning.instructor_id} {earning.order_id} {earning.what}"
        if moved.pop(account, None) != earning.amount_minor:
            yield f"{account} is {earning.amount_minor} in earnings"
    yield from (f"{account} is no earning" for account, amount in moved.items() if amount)
    folded = Counter[tuple[str, str]]()
    for balance in records(world, Balance):
        folded.update({(balance.account, currency): int(amount) for currency, amount in balance.sums.items()})
    for each in {*booked, *folded}:
        if booked[each] != folded[each]:
            yield f"{each} has {booked[each]}, its balance says {folded[each]}"


@invariant
def whatever_is_open_of_an_order_is_on_the_list(world: World) -> Iterator[str]:
    """What the clock of payments walks over: an order that should be there and is not would be stuck for ever."""
    for order in records(world, Order):
        if (order.gsi2pk is not None) != (states.due(order, ANY_TIME) is not None):
            yield f"{order.id} is {states.status(order)}, and on the list: {order.gsi2pk}"
        if order.id != ids.order_of(order.user_id, int(order.cart_ver)):
            yield f"{order.id} is not of its cart"


@invariant
def no_secret_of_a_payment_is_kept(world: World) -> Iterator[str]:
    for raw in world.raw:
        if SECRET in json.dumps(raw, default=repr):
            yield f"{raw['pk']['S']} {raw['sk']['S']} holds the secret of a payment"
