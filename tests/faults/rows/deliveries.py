"""Rows F10 and F11: queues deliver twice, some messages cannot be handled yet, others never."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib.accounts import reactions
from chalicelib.accounts.records import User
from chalicelib.messaging import queues, router
from chalicelib.settings import settings
from functions import handle_mail_event, send_email
from infra.local.invocation import imported, invoke
from infra.redrive import redrive
from tests.factories import people
from tests.faults.disorder import reader
from tests.faults.effects import audited, fed
from tests.faults.lab import Lab
from tests.faults.table import Rounds, fault_row
from tests.workers.doubles import a_fact, dead, happened

#: The queues with a worker of ours behind them.
QUEUES = tuple(queues.RECEIVES)
#: A message of the full size leaves no room beside it for the reason, which is then in the log only.
FULL = 256 * 1024


@fault_row(
    "F10",
    "duplicate delivery; batches of 10 with 1 poison among them",
    rounds=Rounds(reduced=2, full=50, test=1),
    goal="9 effects once, poison alone in the dead letters; after the repair its effect once",
)
def delivered_twice(lab: Lab, chance: random.Random) -> int:
    wanting = [people.enlisted(f"p{number}", email=f"p{number}@example.org") for number in range(10)]
    bouncing = [people.enlisted(f"b{number}", email=f"b{number}@example.org") for number in range(10)]
    facts = [happened("user.banned", each.id) for each in wanting]
    told = {
        "emails": [router.message("account_banned", fact) for fact in facts],
        "history": [router.message("keep", fact) for fact in facts],
        "mail-events": [json.dumps(bounce(each)) for each in bouncing],
    }
    place = chance.randrange(10)
    deliver_some_twice(lab, chance)
    with broken_for(wanting[place].id, f"m-{bouncing[place].id}"):
        for queue, bodies in told.items():
            healthy = [body for body in bodies if body != bodies[place]]
            sent = [*bodies, *chance.sample(healthy, 5)]
            chance.shuffle(sent)
            assert queues.send_many(queue, sent) == []
        reader(lab.house.driver).trim()
        lab.settle()
    healthy_people = [each for each in (*wanting, *bouncing) if each not in (wanting[place], bouncing[place])]
    effects_once(lab, healthy_people)
    for queue, bodies in told.items():
        ((body, reason),) = dead(queue)
        assert body == bodies[place]
        assert reason == f"given up after {queues.RECEIVES[queue]} attempts: RuntimeError: broken", reason
        queues.dead_letter(queue, body, reason)
        assert redrive(lab.house.cloud.client("sqs"), f"learnflow-local-{queue}") == 1
    lab.settle()
    effects_once(lab, [*wanting, *bouncing])
    reader(lab.house.driver).rewind()
    lab.settle()
    effects_once(lab, [*wanting, *bouncing])
    return sum(map(len, told.values()))


def bounce(user: User) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "mail": {"messageId": f"m-{user.id}"},
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": user.email}]},
    }


def deliver_some_twice(lab: Lab, chance: random.Random) -> None:
    """SQS forgets about every third deletion of what was received once or twice."""

    def undeleted(message: Mapping[str, Any]) -> bool:
        return int(message["Attributes"]["ApproximateReceiveCount"]) <= 2 and chance.random() < 0.33

    for source in lab.house.driver.queues:
        source.undeleted = undeleted


@contextmanager
def broken_for(person: str, mail: str) -> Iterator[None]:
    """Whatever concerns this person or this mail fails, as with a mistake of ours that only their data meet."""

    def breaking(work: Callable[[Any], Any], concerns: Callable[[Any], bool]) -> Any:
        def attempt(given: Any) -> Any:
            if concerns(given):
                raise RuntimeError("broken")
            return work(given)

        return attempt

    write, keep, silenced = send_email.WRITERS["account_banned"], reactions.keep, handle_mail_event.silence
    send_email.WRITERS["account_banned"] = breaking(write, lambda fact: fact.subject == person)
    reactions.keep = breaking(keep, lambda told: any(fact.subject == person for fact in told))
    handle_mail_event.silence = breaking(silenced, lambda told: told.id == mail)
    try:
        yield
    finally:
        send_email.WRITERS["account_banned"] = write
        reactions.keep = keep
        handle_mail_event.silence = silenced


def effects_once(lab: Lab, whose: list[User]) -> None:
    """A letter and an event for who was banned, an event for whose address bounced, an entry for each; no more."""
    mails = Counter(address for mail in lab.house.mails() for address in mail.to)
    assert mails == Counter(user.email for user in whose if user.email.startswith("p"))
    events = {user.id: [event.name for event in fed(user.id)] for user in whose}
    assert all(events[user.id] == [EVENTS[user.email[0]]] for user in whose), events
    assert sorted(audited().values()) == [1] * len(whose)


EVENTS = {"p": "user.banned", "b": "mail.silenced"}

#: What none of our workers can read, whatever queue it is in.
GARBAGE: Mapping[str, str] = {
    "cut": '{"reaction": "keep", "fact": {"id"',
    "list": "[]",
    "null": "null",
    "number": "1e999",
    "empty object": "{}",
    "words": "hello",
    "nested": "[" * 50_000,
    "no fact": '{"reaction": "verify_address", "fact": {}, "eventType": "Bounce", "mail": {}}',
    "no moment": '{"reaction": "keep", "fact": {"at": "soon"}, "eventType": "Complaint", "mail": {"messageId": "m"}}',
    "wrong types": '{"reaction": ["keep"], "fact": [1, 2], "eventType": {"a": 1}, "bounce": "no", "mail": []}',
    "nearly 256 KB": json.dumps({"reaction": "keep", "fact": {"id": "x" * (FULL - 1024)}}),
    "256 KB": "x" * FULL,
}


@fault_row(
    "F11",
    "10 of 10 poison: malformed JSON, empty events, unknown types, 256 KB bodies",
    rounds=Rounds(reduced=1, full=50),
    goal="10 of 10 in the dead letters with a reason, each after one receive; no crash",
)
def nothing_but_poison(lab: Lab, chance: random.Random) -> int:
    cases = sum(poisoned_queue(lab, queue, chance) for queue in QUEUES)
    for source in (*lab.house.driver.queues, *lab.house.driver.streams):
        assert source.last_failure is None, source.name
        nothing: tuple[dict[str, Any], ...] = ({"Records": []}, {})
        for event in nothing:
            run = invoke(imported, source.function.handler, event, source.function.timeout)
            assert run.answer == {"batchItemFailures": []}, (source.name, run.error)
    return cases + poisoned_stream(lab, chance)


def poisoned_queue(lab: Lab, queue: str, chance: random.Random) -> int:
    unknown = router.message(chance.choice(["no_such_letter", "", "__class__"]), a_fact())
    # The history worker keeps whatever is a fact; for the others this is of an unknown type.
    garbage = dict(GARBAGE) if queue == "history" else {**GARBAGE, "unknown": unknown}
    bodies = chance.sample(list(garbage.values()), 10)
    assert queues.send_many(queue, bodies) == []
    source = next(each for each in lab.house.driver.queues if each.trigger.queue.endswith(f"-{queue}"))
    runs = source.runs
    lab.settle()
    once = -(-len(bodies) // min(source.trigger.batch_size, len(bodies)))
    assert source.runs - runs <= once + 1, "a message that can never be read came back"
    letters = dead(queue)
    assert Counter(body for body, _ in letters) == Counter(bodies)
    assert all(reason or len(body) == FULL for body, reason in letters)
    return len(bodies)


def poisoned_stream(lab: Lab, chance: random.Random) -> int:
    """Items that say they are facts and are none, among facts that are."""
    healthy = [happened("user.viewed").id for _ in range(5)]
    shapes: list[dict[str, Any]] = [
        {},
        {"id": {"S": "fct_1"}},
        {"id": {"N": "1"}, "name": {"S": "user.banned"}},
        {"at": {"S": "yesterday"}, "id": {"S": "fct_2"}, "name": {"S": "x"}},
        {"payload": {"S": "{"}, "id": {"S": "fct_3"}},
        {"payload": {"S": "x" * 200_000}},
    ]
    chance.shuffle(shapes)
    table, broken = lab.house.cloud.client("dynamodb"), list[dict[str, Any]]()
    for number, shape in enumerate(shapes):
        item = {"pk": {"S": "FACTS#2026-01-01T00:00#0"}, "sk": {"S": f"bad{number}"}, "kind": {"S": "fact"}, **shape}
        table.put_item(TableName=settings.table_name, Item=item)
        broken.append({"pk": item["pk"], "sk": item["sk"]})
    lab.settle()
    for source in lab.house.driver.streams:
        letters = dead(str(source.trigger.on_failure).removeprefix("learnflow-local-").removesuffix("-dead"))
        assert sorted(json.loads(body)["Keys"]["sk"]["S"] for body, _ in letters) == [key["sk"]["S"] for key in broken]
        assert all(reason and "unreadable" in reason for _, reason in letters)
    assert audited() == Counter(healthy)
    for key in broken:
        table.delete_item(TableName=settings.table_name, Key=key)
    return len(shapes)
