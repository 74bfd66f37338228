"""Each person's events have gapless numbers, whoever writes them at once and however often (X51, S6)."""

from datetime import timedelta

import pytest
import time_machine

from chalicelib import clock
from chalicelib.accounts import feed
from tests.conftest import House
from tests.workers.doubles import a_fact, crowd, happened, person


def numbers(person: str = "usr_ada") -> list[int]:
    return [event.sequence for event in feed.since(person, 0, 1000)]


@pytest.mark.row("X51")
def test_a_change_appears_in_the_feed_of_whom_it_concerns(engine: House) -> None:
    person()
    fact = happened("user.registered", token="mtk_1")
    engine.driver.settle()
    (event,) = feed.since("usr_ada", 0, 10)
    assert (event.sequence, event.id, event.name, event.subject) == (1, fact.id, "user.registered", "usr_ada")
    assert event.payload == {}
    assert feed.since("usr_eve", 0, 10) == []


@pytest.mark.row("X51")
def test_a_reader_goes_on_after_the_last_number_it_saw() -> None:
    told = [a_fact() for _ in range(7)]
    feed.append(told)
    seen: list[str] = []
    last = 0
    while page := feed.since("usr_ada", last, 3):
        seen += [event.id for event in page]
        last = page[-1].sequence
    assert seen == [fact.id for fact in told]
    assert (last, feed.newest("usr_ada")) == (7, 7)
    assert feed.newest("usr_eve") == 0


def test_a_fact_told_again_is_one_event() -> None:
    told = [a_fact() for _ in range(3)]
    feed.append([*told, *told])
    feed.append(told)
    assert numbers() == [1, 2, 3]


def test_an_event_concerns_all_its_audience_and_each_has_numbers_of_their_own() -> None:
    feed.append([a_fact(), a_fact(audience=["usr_ada", "usr_eve"]), a_fact(audience=[])])
    assert (numbers(), numbers("usr_eve")) == ([1, 2], [1])


@pytest.mark.row("X51")
def test_many_writers_leave_no_gap_and_no_double() -> None:
    told = [a_fact() for _ in range(60)]
    crowd(feed.append, told)
    assert numbers() == list(range(1, 61))
    assert sorted(event.id for event in feed.since("usr_ada", 0, 100)) == sorted(fact.id for fact in told)


def test_more_facts_than_one_transaction_holds_are_all_in_the_feed() -> None:
    feed.append([a_fact() for _ in range(120)])
    assert numbers() == list(range(1, 121))


def test_events_older_than_35_days_are_gone_whether_or_not_they_were_cleaned_up() -> None:
    feed.append([a_fact()])
    with time_machine.travel(clock.now() + timedelta(days=34)):
        feed.append([a_fact()])
        assert numbers() == [1, 2]
    with time_machine.travel(clock.now() + timedelta(days=36)):
        assert numbers() == [2]
