"""Events for every worker and clock that infra/functions.yaml names: damaged messages beside healthy ones.

A new worker joins by itself. What is healthy for it, and how its effect is seen, stands in `HEALTHY`; a test fails when
a worker is missing there.
"""

import copy
import importlib
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest import mock

from chalicelib import aws, clock, reactions
from chalicelib.accounts.audit import Audited
from chalicelib.catalog import inspection
from chalicelib.catalog.index import holding, reading
from chalicelib.catalog.records import Media
from chalicelib.catalog.records import Tally as CourseTally
from chalicelib.commerce import ids, refunds
from chalicelib.commerce.records import Order, Receipt, Refund
from chalicelib.commerce.refunds import Wish
from chalicelib.commerce.stripe_events import Event
from chalicelib.goals import ledgers
from chalicelib.learning import enrollments
from chalicelib.learning.certificates import holding as certificates_held
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.messaging import batches, mailer, router, silence
from chalicelib.messaging.mailer import LetterRecord
from chalicelib.table import facts, keys, reads
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from infra.local import invocation, template
from infra.local.invocation import Run
from infra.local.template import Function, QueueTrigger, ScheduleTrigger, StreamTrigger
from tests.factories import certificates, commerce, courses, gateway, goals, media
from tests.security import crew
from tests.security.attacks.ground import STRIPE, Ground
from tests.security.attacks.mutation import mutated
from tests.security.attacks.table import Tally, Volume, attack
from tests.workers.doubles import MailFake

BATCH = 10
HEALTHY_IN_BATCH = 2
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", " ", "\x00", "é", "a" * 300, [], {}, [1], {"a": 1}, "#", "usr_x#y", "now",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00", "2026-02-30",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A healthy message for a worker, and whether what it asks for has been done."""

    make: Callable[[], str]
    done: Callable[[str], bool]


def functions(trigger: type[Any]) -> Iterator[tuple[Function, Any]]:
    for function in template.load().functions:
        for each in function.triggers:
            if isinstance(each, trigger):
                yield function, each


@attack(
    "event fuzz",
    "queue workers: batches of damaged messages, with healthy ones among them",
    goal="each poison reported or buried, no batch crashes, each healthy neighbour done",
    volume=Volume(40, 2_000, 20_000),
)
def queue_events(ground: Ground, volume: int) -> Tally:
    tally = Tally()
    for function, trigger in functions(QueueTrigger):
        ground.clear()
        with _quiet_mail():
            _queue(tally, function, trigger, volume, ground.chance(function.name))
    return tally


def _queue(tally: Tally, function: Function, trigger: QueueTrigger, volume: int, chance: random.Random) -> None:
    kind = HEALTHY[function.name]
    parse = importlib.import_module(function.handler.rpartition(".")[0]).parse
    dead = template.load().queues[trigger.queue].dead_letter or ""
    for _ in range(max(1, volume // (BATCH - HEALTHY_IN_BATCH))):
        good = [kind.make() for _ in range(HEALTHY_IN_BATCH)]
        bad = [_damaged(kind.make(), chance) for _ in range(BATCH - HEALTHY_IN_BATCH)]
        bodies = chance.sample([*good, *bad], BATCH)
        before = _waiting(dead)
        run = _invoke(function, _records(bodies, chance))
        failed = _failed(run)
        tally.cases += len(bad)
        if failed is None:
            tally.failures.append(f"{function.name} crashed: {run.error!r:.200}")
            continue
        poisoned = [body for body in bad if _poison(parse, body)]
        kept = len([body for number, body in enumerate(bodies) if f"m{number}" in failed and body in poisoned])
        if _waiting(dead) - before < len(poisoned) - kept:
            tally.failures.append(f"{function.name} lost poison: {poisoned!r:.300}")
        for body in good:
            if f"m{bodies.index(body)}" in failed or not kind.done(body):
                tally.failures.append(f"{function.name} left a healthy neighbour undone: {body[:200]}")
    tally.notes.append(f"{function.name}: {_waiting(dead)} buried")


@attack(
    "event fuzz",
    "stream readers: batches of damaged table images, with healthy facts among them",
    goal="each poison reported or buried, no batch crashes, each healthy neighbour told",
    volume=Volume(40, 2_000, 20_000),
)
def stream_events(ground: Ground, volume: int) -> Tally:
    tally = Tally()
    for function, _ in functions(StreamTrigger):
        ground.clear()
        chance = ground.chance(function.name)
        for _ in range(max(1, volume // (BATCH - HEALTHY_IN_BATCH))):
            good = [_image(_fact()) for _ in range(HEALTHY_IN_BATCH)]
            bad = [_wounded(_image(_fact()), chance) for _ in range(BATCH - HEALTHY_IN_BATCH)]
            images = chance.sample([*good, *bad], BATCH)
            run = _invoke(function, {"Records": [_change(image, number) for number, image in enumerate(images)]})
            failed = _failed(run)
            tally.cases += len(bad)
            if failed is None:
                tally.failures.append(f"{function.name} crashed: {run.error!r:.200}")
                continue
            for image in good:
                if str(images.index(image)) in failed:
                    tally.failures.append(f"{function.name} did not tell a healthy neighbour of {bad!r:.200}")
    return tally


@attack(
    "event fuzz",
    "clocks: schedule events without a moment, with a damaged one, or with one of the wrong kind",
    goal="refused by an error, which the scheduler retries and buries, or done; a good event afterwards is done",
    volume=Volume(4, 300, 2_000),
)
def schedule_events(ground: Ground, volume: int) -> Tally:
    tally = Tally()
    for function, trigger in functions(ScheduleTrigger):
        ground.clear()
        person, chance = crew.join("asha"), ground.chance(function.name)
        for _ in range(volume):
            run = _invoke(function, _schedule(json.loads(trigger.input), chance))
            tally.count(run.error is None or isinstance(run.error, Exception), f"{function.name}: {run.error!r}")
        good = _invoke(function, {"scheduled_at": (clock.now() - timedelta(minutes=1)).isoformat()})
        tally.count(good.error is None, f"{function.name} fails after the attack: {good.error!r}")
        tally.count(ground.api.get("/api/v1/auth/me", token=person.access).status == 200, f"{function.name} did harm")
    return tally


def _schedule(good: dict[str, Any], chance: random.Random) -> Any:
    moment = clock.now().isoformat()
    choice = chance.randrange(4)
    if choice == 0:
        return {
            chance.choice([*good, "as_of", "x"]): chance.choice(
                [each for each in ODD if each != "9999-12-31T23:59:59Z"]
            )
        }
    if choice == 1:
        wounded = mutated(moment, chance)
        return {"scheduled_at": wounded if wounded[:4] <= moment[:4] else wounded[::-1]}
    return {} if choice == 2 else {"Records": [chance.choice(ODD)], "source": "aws.events"}


def _invoke(function: Function, event: Any) -> Run:
    return invocation.invoke(invocation.imported, function.handler, event, function.timeout)


def _failed(run: Run) -> set[str] | None:
    """What comes back; nothing where the batch as a whole crashed."""
    if run.error is not None or not isinstance(run.answer, dict) or "batchItemFailures" not in run.answer:
        return None
    return {str(each["itemIdentifier"]) for each in run.answer["batchItemFailures"]}


def _poison(parse: Callable[[str], Any], body: str) -> bool:
    try:
        parse(body)
    except (batches.Poison, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return True
    return False


def _records(bodies: list[str], chance: random.Random) -> dict[str, Any]:
    records = []
    for number, body in enumerate(bodies):
        receives = str(chance.choice((1, 2, 20)))
        attributes = {"ApproximateReceiveCount": receives}
        records.append({"messageId": f"m{number}", "receiptHandle": "r", "body": body, "attributes": attributes})
    return {"Records": records}


def _waiting(queue: str) -> int:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def _damaged(body: str, chance: random.Random) -> str:
    """Broken as text, or whole JSON with something wrong in it. What SQS itself would refuse is left out."""
    if chance.random() < 0.3:
        return mutated(body, chance).replace("\x00", "?") or "?"
    if chance.random() < 0.1:
        return json.dumps(chance.choice(ODD))
    return json.dumps(_wounded(json.loads(body), chance)).replace("\\u0000", "?")


def _wounded(document: Any, chance: random.Random) -> Any:
    """The same with one value gone, another, or one too many, at any depth."""
    found = copy.deepcopy(document)
    place = found
    while isinstance(place, dict) and place and chance.random() < 0.5:
        inner = [each for each in place.values() if isinstance(each, dict) and each]
        if not inner:
            break
        place = chance.choice(inner)
    name = chance.choice(sorted(place))
    if chance.random() < 0.3:
        del place[name]
    else:
        place[chance.choice((name, name, "strange"))] = chance.choice(ODD)
    return found


def _fact(name: str = "user.password_changed") -> Fact:
    subject = clock.new_id("usr")
    return Fact(clock.new_id("fct"), name, subject, subject, clock.now(), "req-of-the-attack", [subject])


def _image(fact: Fact) -> dict[str, Any]:
    serialized: dict[str, Any] = facts.record(fact).serialize()
    return serialized


def _change(image: Any, number: int) -> dict[str, Any]:
    change = {"SequenceNumber": str(number), "NewImage": image, "StreamViewType": "NEW_IMAGE"}
    return {"eventID": str(number), "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}


def _letter() -> str:
    person = crew.join(f"p{clock.new_id('x')[-12:].lower()}")
    fact = Fact(clock.new_id("fct"), "user.password_changed", person.id, person.id, clock.now(), "req", [person.id])
    return router.message(_letter_reaction(), fact)


def _letter_reaction() -> str:
    return next(each.name for each in reactions.REACTIONS["user.password_changed"] if each.queue == "emails")


def _letter_sent(body: str) -> bool:
    name, fact = router.read(body)
    return reads.one(LetterRecord, keys.letter(f"{name}-{fact.id}")) is not None


def _history() -> str:
    reaction = next(each.name for each in reactions.REACTIONS[router.EVERY] if each.queue == "history")
    return router.message(reaction, _fact())


def _kept(body: str) -> bool:
    return reads.one(Audited, keys.audited(router.read(body)[1].id)) is not None


def _bounce() -> str:
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": f"{clock.new_id('b')}@example.org"}]}
    return json.dumps({"eventType": "Bounce", "mail": {"messageId": clock.new_id("m")}, "bounce": bounce})


def _silenced(body: str) -> bool:
    address = json.loads(body)["bounce"]["bouncedRecipients"][0]["emailAddress"]
    return silence.is_silenced(address)


def _walk() -> str:
    """Of an enrollment that is behind its course."""
    person, course = crew.join(f"p{clock.new_id('x')[-12:].lower()}"), courses.a_course(clock.new_id("usr"), lessons=1)
    enrolled = enrollments.enroll(courses.act(person.id), course.id).enrollment
    changed = courses.edited(course.id, title="Another title")
    fact = replace(
        _fact("course.changed"), subject=course.id, subject_ver=int(changed.ver), payload={"fields": ["title"]}
    )
    assert enrolled.course_title != changed.title
    return router.message("renew_snapshots", fact)


def _renewed(body: str) -> bool:
    course = router.read(body)[1].subject
    entries = [each for each in reads.all_of(keys.roster_of(course)) if isinstance(each, Roster)]
    found = [reads.one(Enrollment, keys.enrollment(each.user_id, course)) for each in entries]
    return [each.course_title for each in found if each] == ["Another title"]


def _upload() -> str:
    upload = media.asked()
    return media.arrival(upload, media.stored(upload))


def _inspected(body: str) -> bool:
    (told,) = inspection.arrivals(json.loads(body))
    found = reads.one(Media, keys.media(*told.upload)) if told.upload else None
    return found is not None and found.state == "ready"


def _indexed() -> str:
    """Of a course that has another title by now."""
    course = courses.a_course(clock.new_id("usr"), lessons=1)
    fact = replace(_fact("course.changed"), subject=course.id)
    return router.message("index_thing", fact)


def _is_published(body: str) -> bool:
    course = router.read(body)[1].subject
    holding.forget()
    return reading.page(course, clock.now()) is not None


def _countable() -> str:
    course = clock.new_id("crs")
    fact = replace(_fact("enrollment.created"), subject=f"enr_{course[4:]}-{clock.new_id('usr')[4:]}")
    return router.message("count", replace(fact, payload={"course": course}))


def _counted(body: str) -> bool:
    tally = reads.one(CourseTally, keys.tally(router.read(body)[1].payload["course"]))
    return tally is not None and int(tally.students) == 1


def _completed() -> str:
    person = crew.join(f"p{clock.new_id('x')[-12:].lower()}")
    return router.message("issue_certificate", certificates.completed(person.id, certificates.course()))


def _certified(body: str) -> bool:
    return [each.printed_at is not None for each in certificates_held.all_of(router.read(body)[1].owner)] == [True]


def _idle() -> str:
    """Of somebody who has done nothing for a goal for eight days."""
    person = crew.join(f"p{clock.new_id('x')[-12:].lower()}")
    now = clock.now()
    goals.a_goal(person.id, now - timedelta(days=8))
    return json.dumps({"user": person.id, "on": ledgers.day_of(now).isoformat()})


def _reminded(body: str) -> bool:
    document = json.loads(body)
    return goals.ledger_of(document["user"]).reminded_on == str(document["on"])


def _declined() -> str:
    """Of the payment of an order."""
    order = commerce.a_stored_record(clock.new_id("usr"))
    thing = {
        "id": clock.new_id("pi"),
        "currency": "usd",
        "status": "requires_payment_method",
        "last_payment_error": {"code": "card_declined"},
        "metadata": {"order_id": order.id},
    }
    return Event(clock.new_id("evt"), "payment_intent.payment_failed", 1_700_000_000, False, thing).text()


def _noted(body: str) -> bool:
    return commerce.order_now(json.loads(body)["thing"]["metadata"]["order_id"]).declined == "card_declined"


def _requested() -> str:
    """A hundredth of an order that is paid at the Stripe of this attack; it serves for some more."""
    order = reads.one(Order, PAID[-1]) if PAID else None
    if order is None or int(order.refunds_asked) >= FROM_ONE_ORDER:
        buyer = commerce.a_buyer(f"p{clock.new_id('x')[-12:].lower()}").id
        order = gateway.bought(STRIPE, buyer, commerce.a_priced_course(clock.new_id("usr")))
        PAID.append(order.key)
    refund = refunds.ask(courses.act(), order.id, Wish(amount_minor=1), anybodys=True).refund
    return router.message("give_refund", replace(_fact("refund.requested"), subject=refund.id))


def _given_back(body: str) -> bool:
    place = ids.given_back(router.read(body)[1].subject)
    found = reads.one(Refund, keys.refund(*place)) if place else None
    return found is not None and found.status == "succeeded"


def _paid() -> str:
    """Of an order that waits for its receipt."""
    buyer = crew.join(f"p{clock.new_id('x')[-12:].lower()}")
    order = commerce.a_stored_record(buyer.id, captured_minor=commerce.PRICE, paid_at=clock.now())
    return router.message("print_receipt", replace(_fact("order.paid"), subject=order.id, payload={}))


def _receipted(body: str) -> bool:
    place = ids.ordered(router.read(body)[1].subject)
    return place is not None and reads.one(Receipt, keys.receipt(*place)) is not None


HEALTHY = {
    "print_receipt": Kind(_paid, _receipted),
    "give_refunds": Kind(_requested, _given_back),
    "handle_stripe_event": Kind(_declined, _noted),
    "remind_people": Kind(_idle, _reminded),
    "issue_certificate": Kind(_completed, _certified),
    "index_catalog": Kind(_indexed, _is_published),
    "inspect_media": Kind(_upload, _inspected),
    "fold_counters": Kind(_countable, _counted),
    "send_email": Kind(_letter, _letter_sent),
    "keep_history": Kind(_history, _kept),
    "keep_projections": Kind(_walk, _renewed),
    "handle_mail_event": Kind(_bounce, _silenced),
}


FROM_ONE_ORDER = 50
PAID: list[Key] = []


@contextmanager
def _quiet_mail() -> Iterator[None]:
    """No mail leaves, and failures of the attack's own do not make the mailer pause."""
    fake, real = MailFake(), aws.client

    def client(service: str, **options: Any) -> Any:
        return fake if service == "sesv2" else real(service, **options)

    with mock.patch.object(aws, "client", client):
        mailer.breaker.close()
        yield
    mailer.breaker.close()
