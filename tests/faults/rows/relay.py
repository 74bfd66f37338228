"""Rows F29 and F32: the stream is lost for a day; it brings facts out of order, twice, in overlapping batches."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chalicelib import clock
from chalicelib.messaging.sweeper import CLOSED
from chalicelib.reactions import REACTIONS
from chalicelib.table.facts import Fact
from functions.send_email import WRITERS
from infra.local.gateway import Reply
from tests.factories import people
from tests.factories.people import PASSWORD
from tests.faults.disorder import disturb, reader
from tests.faults.effects import audited, broken_chains, fed, happenings, untold
from tests.faults.injector import killed_after, killed_before
from tests.faults.lab import Lab
from tests.faults.moments import meanwhile
from tests.faults.table import Rounds, fault_row
from tests.http.api import Person
from tests.workers.doubles import dead, happened

DEAD_LETTERS = ("emails", "history", "mail-events", "facts", "schedules")
#: What accounts can be told of without anybody's request.
NAMES = ("user.password_changed", "user.banned", "user.token_reused", "user.erasure_cancelled", "user.viewed")


@fault_row(
    "F29",
    "relay dead for 25 h, stream trimmed",
    rounds=Rounds(reduced=2, full=12, test=1),
    goal="0 lost, outbox empty after 1 sweep, every effect once",
)
def relay_is_dead(lab: Lab, chance: random.Random) -> int:
    """Facts happen all the time; of the stream's last day a part is told after all when the relay is back."""
    hours = 1 if lab.seed == 1 else 25  # The first round is one that every run of the tests can afford.
    whose = [people.enlisted().id for _ in range(5)]
    lab.house.driver.fire("sweep_facts", clock.now())
    told = [a_moment_later(lab, chance, timedelta(minutes=2), whose) for _ in range(3)]
    lab.settle()
    told += [a_moment_later(lab, chance, timedelta(hours=hours) / 20, whose) for _ in range(20)]
    reader(lab.house.driver).trim()
    if chance.random() < 0.5:
        told += [a_moment_later(lab, chance, timedelta(seconds=20), whose) for _ in range(3)]
    lab.clock.shift(CLOSED + timedelta(minutes=1, seconds=chance.randrange(60)))
    if chance.random() < 0.5:
        moment = chance.randrange(300)
        lab.injector.break_nth({moment}, lambda _: True, chance.choice([killed_before, killed_after]))
    run = lab.house.driver.fire("sweep_facts", clock.now())
    lab.injector.heal()
    assert not run.failed, run.error
    assert untold() == set()
    lab.settle()
    everything_once(lab, told)
    return len(told)


def a_moment_later(lab: Lab, chance: random.Random, pause: timedelta, whose: list[str]) -> Fact:
    lab.clock.shift(pause * chance.uniform(0.9, 1.1))
    return happened(chance.choice(NAMES), chance.choice(whose))


def everything_once(lab: Lab, told: list[Fact]) -> None:
    """Everything that follows from these facts is there, once, whatever way they came."""
    assert {fact.id for fact in happenings()} >= {fact.id for fact in told}
    for followed in FOLLOWS:
        followed(lab, told)
    assert [dead(queue) for queue in DEAD_LETTERS] == [[]] * len(DEAD_LETTERS)


def in_the_chain(lab: Lab, told: list[Fact]) -> None:
    assert audited(days=3) == Counter(fact.id for fact in told)
    assert broken_chains(days=3) == []


def in_the_feeds(lab: Lab, told: list[Fact]) -> None:
    for who in {each for fact in told for each in fact.audience}:
        events = fed(who)
        assert Counter(event.id for event in events) == Counter(fact.id for fact in told if who in fact.audience)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))


def in_the_mail(lab: Lab, told: list[Fact]) -> None:
    sent = Counter((address, mail.subject) for mail in lab.house.mails() for address in mail.to)
    assert sent == Counter(letter for fact in told for letter in letters_of(fact)), sent


#: What must follow from facts, as a fold of their set. A projection joins by a line.
FOLLOWS: tuple[Callable[[Lab, list[Fact]], None], ...] = (in_the_chain, in_the_feeds, in_the_mail)


def letters_of(fact: Fact) -> list[tuple[str, str]]:
    """To whom this fact has a letter written, and what about."""
    asked = (WRITERS[reaction.name](fact) for reaction in REACTIONS.get(fact.name, ()) if reaction.queue == "emails")
    return [(outgoing.to, outgoing.letter.subject) for outgoing in asked if outgoing]


@fault_row(
    "F32",
    "facts reach readers swapped, twice, in overlapping batches, two workers at a time",
    rounds=Rounds(reduced=3, full=60, test=1),
    goal="chain, feeds and mails as from the facts in order and once",
)
def facts_come_in_disorder(lab: Lab, chance: random.Random) -> int:
    disturb(lab.house.driver, chance)
    a_busy_day(lab, chance)
    told = happenings()
    while_another_worker_steps(lab, chance)
    lab.settle()
    everything_once(lab, told)
    reader(lab.house.driver).rewind()
    lab.settle()
    lab.injector.heal()
    everything_once(lab, told)
    assert untold() == set()
    return len(told)


def while_another_worker_steps(lab: Lab, chance: random.Random) -> None:
    """At some moments of one worker's run, another takes the next batch of a queue and finishes first."""
    for moment in chance.sample(range(300), 12):
        other = chance.choice(lab.house.driver.queues)
        lab.injector.break_nth({moment}, lambda _: True, meanwhile(other.step))


Change = Callable[[Lab, Person, Person], Reply]
CHANGES: tuple[Change, ...] = (
    lambda lab, me, boss: lab.api.patch("/users/profile", {"bio": str(lab.clock.now())}, token=me.access),
    lambda lab, me, boss: lab.api.put("/users/me/mail-preferences", {"news": False}, token=me.access),
    lambda lab, me, boss: lab.api.post("/users/me/roles", {"role": "instructor"}, token=me.access),
    lambda lab, me, boss: lab.api.post("/auth/password/forgot", {"email": me.email}),
    lambda lab, me, boss: lab.api.post("/auth/email/resend", {"email": me.email}),
    lambda lab, me, boss: lab.api.post(
        "/auth/change-password", {"current_password": PASSWORD, "new_password": PASSWORD}, token=me.access
    ),
    lambda lab, me, boss: lab.api.delete("/users/me", {"password": PASSWORD}, token=me.access),
    lambda lab, me, boss: lab.api.post("/users/me/restore", token=me.access),
    lambda lab, me, boss: lab.api.patch(f"/admin/users/{me.id}", {"tier": "premium"}, token=boss.access),
    lambda lab, me, boss: lab.api.post(f"/admin/users/{me.id}/ban", {"reason": "spam"}, token=boss.access),
    lambda lab, me, boss: lab.api.delete(f"/admin/users/{me.id}/ban", token=boss.access),
    lambda lab, me, boss: lab.api.post("/auth/logout", {"refresh": me.refresh}),
)


def a_busy_day(lab: Lab, chance: random.Random) -> None:
    """Twenty changes of three people, in an order of the seed's choice; some are refused, as they are by day."""
    names = ("asha", "bela", "chandra")
    who = {name: lab.api.register(name) for name in names}
    lab.api.admin("boss")
    for _ in range(20):
        lab.clock.shift(timedelta(minutes=4))
        name = chance.choice(names)
        reply = lab.api.post("/auth/login", {"identifier": name, "password": PASSWORD})
        if reply.status == 200:
            said = reply.json()
            who[name] = replace(who[name], access=said["access"], refresh=said["refresh"])
        reply = chance.choice(CHANGES)(lab, who[name], lab.api.login("boss"))
        assert reply.status < 500, reply.body
