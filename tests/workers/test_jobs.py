"""A clock strikes once: twice, at once, late or killed, the work of a date is done once and resumed."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from chalicelib import clock
from chalicelib.messaging import jobs
from chalicelib.messaging.jobs import Held, Save
from chalicelib.table.acts import by_system
from tests.workers.doubles import Kill

PEOPLE = [f"usr_{number:03d}" for number in range(50)]


class Rounds:
    """A job that visits people in order, and may be stopped after some of them."""

    def __init__(self) -> None:
        self.visited: list[str] = []
        self.stop_at: str = ""
        self.stop_with: BaseException = Kill()

    def work(self, cursor: str, save: Save) -> None:
        for each in PEOPLE:
            if each <= cursor:
                continue
            self.visited.append(each)
            save(each)
            if each == self.stop_at:
                self.stop_at = ""
                raise self.stop_with

    def strike(self, occurrence: str = "2026-11-21") -> bool:
        return jobs.run("rounds", occurrence, self.work, by_system("req_test"))


def later() -> time_machine.travel:
    return time_machine.travel(clock.now() + jobs.LEASE + timedelta(seconds=1))


@pytest.mark.row("G51")
def test_a_clock_that_strikes_twice_works_once() -> None:
    rounds = Rounds()
    assert [rounds.strike(), rounds.strike()] == [True, False]
    assert rounds.visited == PEOPLE


def test_another_date_is_another_occurrence() -> None:
    rounds = Rounds()
    assert [rounds.strike("2026-11-21"), rounds.strike("2026-11-22")] == [True, True]


@pytest.mark.parametrize("place", [0, 24, 49])
def test_a_killed_run_is_resumed_where_it_stopped_when_its_lease_is_over(place: int) -> None:
    rounds = Rounds()
    rounds.stop_at = PEOPLE[place]
    with pytest.raises(Kill):
        rounds.strike()
    with pytest.raises(Held):
        rounds.strike()
    with later():
        assert rounds.strike()
        assert not rounds.strike()
    assert rounds.visited == PEOPLE


def test_a_failed_run_is_resumed_at_once() -> None:
    rounds = Rounds()
    rounds.stop_at, rounds.stop_with = PEOPLE[9], RuntimeError("table full")
    with pytest.raises(RuntimeError):
        rounds.strike()
    assert rounds.strike()
    assert rounds.visited == PEOPLE


def test_of_many_runs_at_once_one_works() -> None:
    rounds = Rounds()
    barrier = threading.Barrier(6)
    outcomes: list[str] = []

    def strike() -> None:
        barrier.wait()
        try:
            outcomes.append(str(rounds.strike()))
        except Held:
            outcomes.append("held")

    threads = [threading.Thread(target=strike) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("True"), len(outcomes)) == (1, 6)
    assert rounds.visited == PEOPLE


def test_a_run_that_lost_its_lease_stops_at_its_next_save() -> None:
    rounds = Rounds()

    def overtaken(cursor: str, save: Save) -> None:
        save(PEOPLE[4])
        with later():
            assert rounds.strike()
        save(PEOPLE[5])

    with pytest.raises(Held):
        jobs.run("rounds", "2026-11-21", overtaken, by_system("req_test"))
    assert rounds.visited == PEOPLE[5:]
    assert not rounds.strike()


@pytest.mark.parametrize(
    "event",
    [
        {"scheduled_at": "2026-11-21T01:10:00Z"},
        {"scheduled_at": "2026-11-21T06:40:00+05:30"},
        {"scheduled_at": "2026-11-21T01:10:00"},
        {"scheduled_at": "2026-11-22T03:00:00Z", "as_of": "2026-11-21T01:10:00Z"},
    ],
)
def test_the_date_is_the_schedulers_not_the_clocks(event: dict[str, str]) -> None:
    assert jobs.moment(event) == datetime(2026, 11, 21, 1, 10, tzinfo=UTC)
