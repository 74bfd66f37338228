"""Rows F12 and F13: the mail provider is away for an hour; a worker dies between the provider's yes and our mark."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from chalicelib import aws, clock
from chalicelib.accounts.letters import ErasureCancelled
from chalicelib.messaging import mailer, queues, router
from chalicelib.messaging.batches import Later
from chalicelib.messaging.mailer import LetterRecord, Outgoing
from chalicelib.table import keys, reads
from infra.local.invocation import Killed
from infra.local.queue_source import QueueSource
from tests.factories import people
from tests.faults.lab import Lab
from tests.faults.mail_fake import (
    DOWN,
    MailFake,
    Mood,
    accept,
    accept_then_kill,
    accept_then_timeout,
)
from tests.faults.table import Rounds, fault_row
from tests.faults.virtual_queue import VirtualQueue
from tests.workers.doubles import a_fact, dead

OUTAGE = timedelta(minutes=60)
CATCHING_UP = timedelta(minutes=30)
MOST_TRIES = 12
WORKERS = 5
#: How often all workers together may knock within one pause of their breakers.
KNOCKS = WORKERS * mailer.Breaker.FAILURES


@fault_row(
    "F12",
    "mail provider down for an hour, 500 mails waiting",
    rounds=Rounds(reduced=2, full=21, test=1),
    goal="all sent once within 30 min, at most 12 tries each, 0 dead letters",
)
def mail_provider_down(lab: Lab, chance: random.Random) -> int:
    amount = 50 if lab.seed == 1 else 500  # The first round is one that every run of the tests can afford.
    recovery = lab.clock.now() + OUTAGE
    with MailFake() as provider:
        queue = waiting_letters(lab, amount, WORKERS)
        provider.mood = lambda _: accept if clock.now() >= recovery else chance.choice(DOWN)
        finished = queue.work_off(lab.clock)
    assert set(provider.copies(lambda sent: f"{sent.to} {sent.text}").values()) == {1}
    assert len(provider.accepted) == amount
    assert finished <= recovery + CATCHING_UP, finished
    assert max(queue.receives.values()) <= MOST_TRIES, max(queue.receives.values())
    assert (queue.dead, dead("emails")) == (0, [])
    knocks = [moment for moment in provider.calls if moment < recovery]
    assert all(late - soon >= mailer.Breaker.PAUSE for soon, late in zip(knocks, knocks[KNOCKS:], strict=False))
    return amount


def waiting_letters(lab: Lab, amount: int, workers: int) -> VirtualQueue:
    """So many letters in the queue, for ten people in turn; each letter names another minute."""
    readers = [people.enlisted(f"letter{number}", email=f"letter{number}@example.org").id for number in range(10)]
    facts = [
        a_fact(subject=readers[number % 10], at=clock.now() - timedelta(minutes=number)) for number in range(amount)
    ]
    assert queues.send_many("emails", [router.message("password_changed", fact) for fact in facts]) == []
    source = lab.house.driver.source("send_email")
    assert isinstance(source, QueueSource)
    queue = VirtualQueue(lab.house.template, lab.house.cloud, source, workers)
    assert queue.fill() == amount
    return queue


def killed_before(_: MailFake, __: Any) -> Any:
    raise Killed


#: What may happen to one letter on its way, and whether the recipient gets another copy because of it.
MISHAPS: dict[str, tuple[Mood, bool]] = {
    "killed before the call": (killed_before, False),
    "killed after the yes": (accept_then_kill, True),
    "the yes got lost": (accept_then_timeout, True),
}


@fault_row(
    "F13",
    "killed between the provider's yes and our mark",
    rounds=Rounds(reduced=4, full=100, test=1),
    goal="0 lost; one repeat for each such kill and none elsewhere; at most once where that was chosen",
)
def killed_after_the_yes(lab: Lab, chance: random.Random) -> int:
    amount = 10
    plans = plans_for(amount, chance)
    repeats = {to: sum(MISHAPS[mishap][1] for mishap in plan) for to, plan in plans.items()}
    with MailFake() as provider:
        queue = waiting_letters(lab, amount, workers=2)
        with killed_once_marked(chance.randint(0, 3)):
            steps = {to: list(plan) for to, plan in plans.items()}
            provider.mood = lambda to: MISHAPS[steps[to].pop(0)][0] if steps[to] else accept
            queue.work_off(lab.clock)
        assert provider.copies() == Counter({to: 1 + again for to, again in repeats.items()}), plans
        assert (queue.dead, dead("emails")) == (0, [])
        lab.expected.repeats = sum(repeats.values())
        return amount + at_most_once(lab, chance, provider)


def plans_for(amount: int, chance: random.Random) -> dict[str, list[str]]:
    """What happens to each letter; at most eight mishaps, as each kill costs a whole batch one of its 15 receives."""
    plans: dict[str, list[str]] = {f"letter{number}@example.org": [] for number in range(amount)}
    for _ in range(8):
        plan = plans[chance.choice(list(plans))]
        if len(plan) < 3:
            plan.append(chance.choice(list(MISHAPS)))
    return plans


@contextmanager
def killed_once_marked(times: int) -> Iterator[None]:
    """So many times, the worker dies as soon as a letter is marked as sent."""
    client, event = aws.client("dynamodb"), "before-send.dynamodb.PutItem"
    kills = [Killed()] * times

    def listen(request: Any, **_: Any) -> Any:
        item = json.loads(request.body)["Item"]
        if kills and item["kind"]["S"] == "letter" and item["state"]["S"] == "sent":
            client._endpoint.http_session.send(request)
            raise kills.pop()

    client.meta.events.register_first(event, listen)
    try:
        yield
    finally:
        client.meta.events.unregister(event, listen)


def at_most_once(lab: Lab, chance: random.Random, provider: MailFake) -> int:
    """The other choice, for letters that are worth nothing the second time: whatever happens, no repeat."""
    before = provider.copies()
    for number, mishap in enumerate([*MISHAPS, ""]):
        to = f"hint{number}@example.org"
        moods = [MISHAPS[mishap][0]] if mishap else []
        provider.mood = lambda _, moods=moods: moods.pop() if moods else accept  # type: ignore[misc]
        letter = Outgoing(ErasureCancelled(name="Ada"), to)
        try_four_times(lab, chance, f"hint{number}", letter)
        copies = provider.copies()[to]
        lab.expected.repeats += copies  # Where the yes got lost, the letter is in the box and not marked as sent.
        assert copies <= 1, (mishap, copies)
        assert copies == 1 or mishap == "killed before the call", mishap
    assert all(provider.copies()[to] == times for to, times in before.items())
    return len(MISHAPS) + 1


def try_four_times(lab: Lab, chance: random.Random, key: str, letter: Outgoing) -> None:
    for _ in range(4):
        with suppress(Later, Killed):
            mailer.deliver(key, lambda: letter, at_most_once=True)
        lab.clock.shift(chance.randint(1, 200))
    record = reads.one(LetterRecord, keys.letter(key))
    assert record is not None
