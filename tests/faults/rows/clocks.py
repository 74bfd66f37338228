"""Row F16: a clock that strikes twice, three times at once, a day late, or is killed halfway has done its work once.

A job joins by a line in `CLOCKS`: its name, how to make work for it, and what must be true when the work is done.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import aws, clock
from chalicelib.accounts import audit, chain
from chalicelib.accounts.records import AddressClaim, User, UsernameClaim
from chalicelib.catalog.courses import copied
from chalicelib.goals import goals
from chalicelib.goals.letters import GoalsWaiting
from chalicelib.learning import enrollments, rosters, totals
from chalicelib.learning.letters import Nudge
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.messaging.jobs import Job
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.record import moment_text
from chalicelib.table.writes import adjust, alone, together
from chalicelib.web.identity import Standing
from infra.local.schedule_source import ScheduleSource
from infra.local.stream_source import StreamSource
from tests.factories import commerce, courses, people
from tests.factories.goals import a_goal, act, logged
from tests.faults import fan_out
from tests.faults.effects import audited, happenings
from tests.faults.injector import killed_after, killed_before
from tests.faults.lab import Lab
from tests.faults.moments import meanwhile
from tests.faults.table import Rounds, fault_row
from tests.workers.doubles import dead, happened

LATE = timedelta(hours=26)


@dataclass(frozen=True)
class Clock:
    """`prepare` makes so much work that is due at the moment; `done` checks it and says how much there was.

    `trips` is about how many requests one run makes, so that kills and crowds are spread over all of it. The sweeper
    looks at every minute it missed, so here it is late by hours; row F29 lets it be late by a day.
    """

    name: str
    prepare: Callable[[Lab, datetime, int], object]
    done: Callable[[Lab, datetime, int], int]
    trips: Callable[[int], int]
    leaves_job: bool = True
    late: timedelta = LATE
    #: How much work there may be; and in the first round, which every run of the tests can afford.
    crowds: tuple[int, ...] = (3, 4, 5, 6, 7, 8)
    first: int = 5


def erasures(lab: Lab, at: datetime, amount: int) -> None:
    """So many people whose time is up, one who has changed their mind, and one who has a day left."""
    for number in range(amount):
        leaving(f"leaver{number}", at - timedelta(hours=number + 1))
    leaving("waverer", None)
    leaving("tomorrow", at + timedelta(days=1))


def leaving(username: str, due: datetime | None) -> None:
    user = people.user(username)
    if due is not None:
        user.erasure_due, user.gsi1pk, user.gsi1sk = due, keys.erasures(), f"{moment_text(due)}~{user.id}"
    people.write(user)


def erased(lab: Lab, at: datetime, amount: int) -> int:
    told = Counter(fact.subject for fact in happenings("user.erased"))
    assert len(told) == amount, told
    assert set(told.values()) == {1}, told
    for number in range(amount):
        user = people.user(f"leaver{number}")
        assert reads.one(UsernameClaim, keys.username(user.username)) is None
        assert reads.one(AddressClaim, keys.address(keys.digest(user.email))) is None
    for id in told:
        left = list(reads.all_of(keys.user(id).pk))
        assert [type(record) for record in left] == [User], left
        assert not list(reads.all_of(keys.erasures(), index="gsi1", between=("0", f"{moment_text(at)}~~")))
    for name in ("waverer", "tomorrow"):
        claim = reads.one(UsernameClaim, keys.username(name))
        assert claim is not None
        assert reads.one(Standing, keys.standing(claim.user_id)) is not None
    return amount + 2


def audit_entries(lab: Lab, at: datetime, amount: int) -> None:
    """So many entries on the day before; the job locks that day's heads away."""
    for _ in range(amount):
        happened("user.viewed", "usr_somebody")
    lab.settle()


def anchored(lab: Lab, at: datetime, amount: int) -> int:
    day = audit.day_of(at - timedelta(days=1))
    found = chain.verify(day)
    assert (found.anchored, found.entries, found.broken) == (True, amount, ()), found
    versions = aws.client("s3").list_object_versions(Bucket=settings.audit_heads_bucket).get("Versions", [])
    assert len(versions) == 1, versions
    return amount


def untold(lab: Lab, at: datetime, amount: int) -> None:
    """So many facts that the stream has lost."""
    lab.clock.move_to(at - timedelta(minutes=10))
    lab.house.driver.fire("sweep_facts", clock.now())
    for number in range(amount):
        reader = people.enlisted(f"w{number}", email=f"w{number}@example.org")
        happened("user.password_changed", reader.id, at=at - timedelta(minutes=7 + number % 20))
    lost_by_the_stream(lab)


def lost_by_the_stream(lab: Lab) -> None:
    for source in lab.house.driver.streams:
        assert isinstance(source, StreamSource)
        source.trim()


def swept(lab: Lab, at: datetime, amount: int) -> int:
    lab.settle()
    letters = Counter(address for mail in lab.house.mails() for address in mail.to)
    assert letters == Counter(f"w{number}@example.org" for number in range(amount)), letters
    assert audited() == Counter(fact.id for fact in happenings("user.password_changed"))
    return amount


def users_to_tell(lab: Lab, at: datetime, amount: int) -> None:
    fan_out.users[:] = [f"usr_{number:04d}" for number in range(amount)]
    for memory in (fan_out.visits, fan_out.leases, fan_out.intrusions):
        memory.clear()


def told_once(lab: Lab, at: datetime, amount: int) -> int:
    assert Counter(fact.subject for fact in happenings(fan_out.TOLD)) == Counter(fan_out.users)
    assert fan_out.intrusions == [], "two at work at once"
    return amount


def never_begun(lab: Lab, at: datetime, amount: int) -> None:
    """So many who are to be reminded, so many who were in vain; one who has begun, and one who has paid."""
    teacher = people.enlisted("teacher", roles=("instructor",))
    course = courses.a_course(teacher.id, capacity=100)
    for number in range(amount):
        in_course(f"new{number}", course.id, at - timedelta(days=14, minutes=number))
        reminded(in_course(f"old{number}", course.id, at - timedelta(days=31)), at)
    begun = in_course("begun", course.id, at - timedelta(days=31))
    started = copied(begun, {"started_at": at})
    for write in (
        adjust(begun, Enrollment.started_at.set(at), where=Enrollment.pk.exists()),
        *totals.moved(begun, started),
    ):
        alone(write)
    in_course("paid", course.id, at - timedelta(days=31), via="order")


def in_course(username: str, course_id: str, moment: datetime, via: str = "free") -> Enrollment:
    learner = people.enlisted(username, email=f"{username}@example.org")
    act = replace(courses.act(learner.id), now=moment)
    case = enrollments.case_of(reads.many(enrollments.wanted(learner.id, course_id)), learner.id, course_id)
    granted = enrollments.granting(act, case, via=via)
    # The facts are of today: those of a month ago would be gone from every stream.
    fact = replace(granted.fact, at=clock.now())
    return together(act, *granted.writes, fact=fact, result=granted.enrollment)


def reminded(enrollment: Enrollment, at: datetime) -> None:
    due = f"{moment_text(at)}#{enrollment.course_id}#{enrollment.user_id}"
    entry: Roster = Roster.under(rosters.key(enrollment))
    marks = (Roster.nudged_at.set(at - timedelta(days=16)), Roster.gsi2sk.set(due))
    alone(adjust(entry, *marks, where=Roster.pk.exists()))


def cleaned(lab: Lab, at: datetime, amount: int) -> int:
    for name, prefix in (("enrollment.nudged", "new"), ("enrollment.cancelled", "old")):
        found = Counter(fact.subject for fact in happenings(name))
        assert (len(found), set(found.values())) == (amount, {1}), (name, found)
        for number in range(amount):
            claim = reads.one(UsernameClaim, keys.username(f"{prefix}{number}"))
            assert claim is not None
            assert any(subject.endswith(claim.user_id.removeprefix("usr_")) for subject in found)
    lab.settle()
    sent = Counter(mail.to[0] for mail in lab.house.mails() if mail.subject == Nudge.subject)
    assert sent == Counter(f"new{number}@example.org" for number in range(amount)), sent
    return 2 * amount + 2


def administrators(lab: Lab, at: datetime, amount: int) -> None:
    for number in range(amount):
        people.enlisted(f"boss{number}", email=f"boss{number}@example.org", roles=("admin",))


def reported(lab: Lab, at: datetime, amount: int) -> int:
    assert len(happenings("report.made")) == 1
    assert set(Counter(fact.subject for fact in happenings("report.addressed")).values()) == {1}
    lab.settle()
    sent = Counter(mail.to[0] for mail in lab.house.mails())
    assert sent == Counter(f"boss{number}@example.org" for number in range(amount)), sent
    return amount


def idle_goals(lab: Lab, at: datetime, amount: int) -> None:
    """So many who have done nothing for a week; and five of whom nobody is to be reminded, or not yet."""
    begun = at - timedelta(days=8)
    for number in range(amount):
        a_goal(intender(f"idle{number}"), begun - timedelta(minutes=number))
    logged(a_goal(intender("busy"), begun))
    a_goal(intender("new"), clock.now())
    resting = a_goal(intender("resting"), begun)
    goals.pause(act(resting.user_id), "1", None)
    a_goal(intender("silent", refused_mail=["reminders"]), begun)
    a_goal(intender("leaver", erasure_due=at + timedelta(days=9)), begun)


def intender(username: str, **marks: Any) -> str:
    user = people.user(username, email=f"{username}@example.org")
    for name, value in marks.items():
        setattr(user, name, value)
    people.write(user)
    return str(user.id)


def reminded_of_goals(lab: Lab, at: datetime, amount: int) -> int:
    """The workers die as well, three times; each person still has one reminder, and one letter at most."""
    moments = random.Random(lab.seed).sample(range(6 * amount), 3)
    lab.injector.break_nth(moments, lambda trip: trip.operation != "ReceiveMessage", killed_after)
    lab.settle()
    lab.injector.heal()
    told = Counter(fact.subject for fact in happenings("goals.reminded"))
    assert (len(told), set(told.values())) == (amount, {1}), told
    sent = Counter(mail.to[0] for mail in lab.house.mails() if mail.subject == GoalsWaiting.subject)
    assert set(sent.values()) == {1}, sent
    assert len(sent) >= amount - len(moments), "more letters were lost than workers of letters"
    assert all(address.startswith("idle") for address in sent), sent
    return amount + 5


def over(lab: Lab, at: datetime, amount: int) -> None:
    """So many orders of the last seats of a course, whose time is up; one that is still held, and one for nothing."""
    teacher = people.enlisted("teacher", roles=("instructor",))
    course = courses.a_course(teacher.id, 1, price_minor=2000, capacity=amount + 1).id
    lab.clock.move_to(at - timedelta(minutes=31))
    for _ in range(amount):
        commerce.a_pending_order(commerce.a_buyer().id, course)
    free = courses.a_course(teacher.id, 1).id
    commerce.a_stored_record(commerce.a_buyer().id, commerce.a_line(free, 0))
    lab.clock.move_to(at - timedelta(minutes=1))
    commerce.a_pending_order(commerce.a_buyer().id, course)


def reconciled(lab: Lab, at: datetime, amount: int) -> int:
    told = Counter(fact.subject for name in ("order.expired", "order.paid") for fact in happenings(name))
    assert set(told.values()) == {1}, told
    assert len(told) >= amount + 1, told
    (seats,) = lab.items("seats")
    assert int(seats["taken"]) == amount + 2 - len(told), "the one that was held may be over as well, where it got late"
    return amount + 2


CLOCKS = (
    Clock(
        fan_out.NAME,
        users_to_tell,
        told_once,
        lambda amount: amount + amount // fan_out.PAGE,
        crowds=(1000,),
        first=40,
    ),
    Clock("erase_accounts", erasures, erased, lambda amount: 8 * amount),
    Clock("anchor_audit", audit_entries, anchored, lambda _: 30),
    Clock("sweep_facts", untold, swept, lambda _: 200, leaves_job=False, late=timedelta(hours=2)),
    Clock("clean_abandoned_enrollments", never_begun, cleaned, lambda amount: 20 + 8 * amount),
    Clock("reconcile_payments", over, reconciled, lambda amount: 24 + 6 * amount, leaves_job=False),
    Clock("daily_report", administrators, reported, lambda amount: 10 + 2 * amount),
    Clock(
        "remind_goals",
        idle_goals,
        reminded_of_goals,
        lambda amount: 40 + amount // 6,
        crowds=(30, 30, 30, 1000),
        first=12,
    ),
)


@fault_row(
    "F16",
    "a clock strikes twice, 3x at once, 26 h late, is killed halfway",
    rounds=Rounds(reduced=8, full=200, test=len(CLOCKS)),
    goal="the work of each occurrence exactly once; resumed, not begun again",
)
def clocks_strike_badly(lab: Lab, chance: random.Random) -> int:
    """Each clock in turn. The double and the clock of reminders have a thousand people, except in the first rounds."""
    job = CLOCKS[(lab.seed - 1) % len(CLOCKS)]
    amount = job.first if lab.seed <= len(CLOCKS) else chance.choice(job.crowds)
    at = lab.clock.now() + timedelta(days=1)
    strikes = Strikes(lab, job, at)
    job.prepare(lab, at, amount)
    lab.clock.move_to(at + chance.choice([timedelta(seconds=1), job.late]))
    kills = strikes.badly(chance, job.trips(amount))
    strikes.at_last()
    again = len(fan_out.visits) - len(fan_out.users)
    assert job.name != fan_out.NAME or again <= kills * fan_out.PAGE, f"{again} visited again after {kills} kills"
    cases = job.done(lab, at, amount)
    lab.settle()
    return cases


class Strikes:
    """One occurrence of a job, and everything that strikes for it."""

    def __init__(self, lab: Lab, job: Clock, at: datetime) -> None:
        self.lab, self.job, self.at = lab, job, at

    def strike(self) -> None:
        """Another clock strikes; each has its own memory, as every call of the scheduler is one of its own."""
        driver = self.lab.house.driver
        found = next((source for source in driver.schedules if source.name == self.job.name), None)
        function, trigger = (found.function, found.trigger) if found else (fan_out.FUNCTION, fan_out.TRIGGER)
        clock = ScheduleSource(function, trigger, self.lab.house.cloud, driver.schedules[0].find)
        clock.wait = self.lab.clock.shift
        clock.fire(self.at)

    def badly(self, chance: random.Random, trips: int) -> int:
        """Up to three strikes one after another; each meets another one, and up to three more of those and of kills.

        Returns how often somebody lost their place: by a kill, or by standing still for longer than the lease.
        """
        met = 0
        for _ in range(chance.randint(1, 3)):
            moments = chance.sample(range(max(trips, 8)), chance.randint(1, 4))
            for number, moment in enumerate(moments):
                crash = chance.choice([killed_before, killed_after])
                what = chance.choice([crash, meanwhile(self.strike)]) if number else meanwhile(self.strike)
                self.lab.injector.break_nth({moment}, lambda _: True, what)
            self.strike()
            self.lab.injector.heal()
            met += len(moments)
        return met

    def at_last(self) -> None:
        """What had no luck in three attempts is in the dead letters; somebody looks, and it is called once more."""
        self.lab.clock.shift(timedelta(minutes=10))
        unlucky = len(dead("schedules"))
        for _ in range(min(unlucky, 1)):
            self.strike()
        if self.job.leaves_job:
            record = reads.one(Job, keys.job(self.job.name, self.at.date().isoformat()))
            assert record is not None
            assert record.done_at is not None, "a clock gave up, and told nobody"
            self.once_more()
        else:
            self.at = clock.now()
            self.strike()
        assert dead("schedules") == []

    def once_more(self) -> None:
        """Who strikes when all is done sees that, and writes nothing."""
        before = len(self.lab.injector.trips)
        self.strike()
        assert not [trip for trip in self.lab.injector.trips[before:] if trip.writes]
