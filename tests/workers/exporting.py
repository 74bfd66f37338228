"""People whose changes are exported, for tests of a day or of a night: each change with its fact, or without."""

from datetime import timedelta

import time_machine

from chalicelib import clock
from chalicelib.accounts import pseudonyms
from chalicelib.accounts.records import User
from chalicelib.ml import compaction
from chalicelib.table import acts, keys, reads
from chalicelib.table.facts import Fact
from chalicelib.table.writes import alone, change, together
from functions import export_for_ml
from tests.factories.exports import DAWN, DAY, Compacted, compacted, stream
from tests.workers.doubles import a_fact, person

NEXT = "2027-03-03"


def somebody(id: str = "usr_ada") -> list[Fact]:
    """Somebody new, with the fact of it."""
    fact = a_fact("user.registered", id, subject_ver=1)
    person(id)
    together(acts.by_system("req_test"), pseudonyms.made(id), fact=fact, result=None)
    return [fact]


def changed(id: str = "usr_ada", times: int = 1) -> list[Fact]:
    """Changes of theirs, each with its fact, as a rule makes them."""
    made = []
    for _ in range(times):
        user = reads.one(User, keys.user(id))
        assert user is not None
        fact = a_fact("user.mail_preferences_changed", id, subject_ver=int(user.ver) + 1)
        together(
            acts.by_system("req_test"), change(user, User.language.set("de"), now=clock.now()), fact=fact, result=0
        )
        made.append(fact)
    return made


def changed_silently(id: str = "usr_ada") -> None:
    """A change without a fact, as no rule of ours makes it."""
    user = reads.one(User, keys.user(id))
    assert user is not None
    alone(change(user, User.language.set("fr"), now=clock.now()))


def export(told: list[Fact], first: int = 100) -> None:
    assert export_for_ml.handler(stream(*told, first=first), None) == {"batchItemFailures": []}


def compact(day: str = DAY) -> Compacted:
    compaction.compact(day)
    return compacted(day)


def tomorrow(traveller: time_machine.Traveller) -> None:
    traveller.move_to(DAWN + timedelta(days=1))
