"""Rows F6, F26 and F29 of goals: devices that meet, answers and messages that come again after a day, a dead relay."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from chalicelib import aws
from chalicelib.catalog.ids import lesson_of
from chalicelib.goals.letters import GoalsWaiting
from chalicelib.messaging.sweeper import CLOSED
from chalicelib.settings import settings
from infra.local.gateway import Reply
from tests.faults.disorder import reader
from tests.faults.effects import untold
from tests.faults.flows import FLOWS, Cast, Flow
from tests.faults.goal_flows import (
    ENTRY,
    GOAL,
    LOG,
    Body,
    busy,
    idle,
    intending,
    is_counted,
    is_timed,
    metered,
    of_a_course,
    paused,
    stands,
)
from tests.faults.injector import Trip
from tests.faults.lab import Lab
from tests.faults.learning_flows import finish
from tests.faults.moments import meanwhile
from tests.faults.overlap import Overlap
from tests.faults.schedules import ask
from tests.faults.table import Rounds, fault_row
from tests.http.api import at_once

DAY = timedelta(hours=24)
#: What people may have done a day ago, and ask for again as if they had not.
AGAIN = (
    "correct an entry of a goal",
    "move an entry of a goal to another day",
    "take an entry of a goal back",
    "pause a goal",
    "take a goal up again",
    "give a goal up",
)
Call = Callable[[Lab, Cast, str | None], Reply | None]
#: What devices do with four goals, and with entries of three of them on two days. Whatever one took back is gone for
#: the others.
DEVICES: tuple[Call, ...] = (
    *(metered("POST", f"/goals/{number}/progress", ENTRY) for number in (1, 2, 3)),
    metered("PATCH", f"{LOG}/1", {"logged_hours": "00:40:00"}),
    metered("PATCH", f"{LOG}/1", lambda cast: {"logged_on": cast["yesterday"]}),
    metered("PATCH", "/goals/2/progress/1", {"total_hours": "06:00:00"}),
    metered("DELETE", "/goals/2/progress/1"),
    lambda lab, cast, _: lab.api.patch("/goals/1", {"goal_name": "Another"}, token=cast["me"].access),
    lambda lab, cast, _: lab.api.post("/goals/1/pause", token=cast["me"].access),
    lambda lab, cast, _: lab.api.post("/goals", GOAL, token=cast["me"].access),
    lambda lab, cast, _: lab.api.delete("/goals/5", token=cast["me"].access),
)


def makes_one_while_another_gives_up_one(lab: Lab, cast: Cast) -> None:
    """In the instant before the new goal is written."""
    gives_up = meanwhile(lambda: lab.api.delete("/goals/4", token=cast["me"].access))
    lab.injector.break_nth((0,), times_goal, gives_up)
    made = lab.api.post("/goals", GOAL, token=cast["me"].access)
    lab.injector.heal()
    assert made.json()["number"] == 5, made


#: Says which lesson it was.
BY_HAND: Body = {}
#: What a learner does in the moment in which a worker writes down a lesson for their first goal.
MEANWHILE: tuple[tuple[str, str, Body | None], ...] = (
    ("POST", "/goals/2/progress", ENTRY),
    ("POST", LOG, ENTRY),
    ("POST", LOG, BY_HAND),
    ("POST", "/goals/1/pause", None),
    ("DELETE", "/goals/1", None),
)


@fault_row(
    "F6",
    "devices of one person log, correct, move and take back at once: transactions that really meet",
    rounds=Rounds(reduced=5, full=50, test=1),
    goal="all of them answered as if alone; goals, days and quota as a recount gives",
)
def devices_meet(lab: Lab, chance: random.Random) -> int:
    with lab.injector.calm():
        cast = busy(lab)
        for _ in range(3):
            lab.api.post("/goals", GOAL, token=cast["me"].access)
        DEVICES[1](lab, cast, None)
    makes_one_while_another_gives_up_one(lab, cast)
    overlap = Overlap()
    overlap.on(lab.injector)
    calls = [*DEVICES, *DEVICES[:3], *DEVICES[:3]]
    chance.shuffle(calls)
    casts = [{**cast, "counted": 0} for _ in calls]
    with lab.clock.waiting():
        replies = at_once(len(calls), lambda n: calls[n](lab, casts[n], None))
    lab.injector.heal()
    assert {reply.status for reply in replies if reply} <= {200, 201, 204, 404}, replies
    assert overlap.conflicts > 0
    cast["counted"] += sum(each["counted"] for each in casts)
    is_counted(lab, cast)
    lab.finish()
    return len(calls)


@fault_row(
    "F6",
    "while a worker makes time of a lesson, its learner logs on the same day, names the lesson, pauses or gives up",
    rounds=Rounds(reduced=1, full=20, test=1),
    goal="neither is lost, and no lesson counts twice",
)
def worker_meets_learner(lab: Lab, chance: random.Random) -> int:
    for method, path, body in MEANWHILE:
        lab.fresh(thoroughly=False)
        lab.let_records_not_age()
        cast = about_to_be_timed(lab)
        said = {**ENTRY, "lesson_id": lesson_of(cast["course"], 1)} if body == BY_HAND else body
        replies: list[Reply] = []
        other = partial(lab.api.call, method, path, said, token=cast["me"].access)
        happens = meanwhile(lambda replies=replies, other=other: replies.append(other()))  # type: ignore[misc]
        lab.injector.break_nth((0,), times_goal, happens)
        lab.step("keep_projections")
        lab.injector.heal()
        assert [reply.status // 100 for reply in replies] == [2], replies
        lab.finish()
        lab.ledger()
    return len(MEANWHILE)


def times_goal(trip: Trip) -> bool:
    return trip.operation == "TransactWriteItems" and b"GOALS#" in trip.request.body


def about_to_be_timed(lab: Lab) -> Cast:
    """A lesson is done, its message waits; of the day there is some time already, of another goal."""
    cast = intending(lab)
    lab.api.post("/goals", GOAL, token=cast["me"].access)
    assert lab.api.post("/goals/2/progress", ENTRY, token=cast["me"].access).status == 201
    lab.settle()
    finish(1)(lab, cast, None)
    lab.step("react_to_facts")
    return cast


@fault_row(
    "F6",
    "a goal is taken up again while the worker of reminders takes its owner off the list",
    rounds=Rounds(reduced=1, full=20, test=1),
    goal="whoever has an active goal stays on the list of the clock",
)
def nobody_is_forgotten(lab: Lab, chance: random.Random) -> int:
    lab.let_records_not_age()
    cast = paused(lab)
    lab.settle()
    lab.clock.shift(timedelta(days=settings.reminder_days, hours=chance.randrange(1, 24)))
    access = lab.api.login(cast["me"].username).access
    assert not lab.house.driver.fire("remind_goals", lab.clock.now()).failed
    takes_up = meanwhile(lambda: lab.api.post("/goals/1/resume", token=access))
    lab.injector.break_nth((0,), files_anew, takes_up)
    lab.step("remind_people")
    assert lab.injector.broken, "the worker has written nothing"
    lab.injector.heal()
    lab.finish()
    stands(status="active")(lab, cast)
    return 1


def files_anew(trip: Trip) -> bool:
    return trip.operation == "PutItem" and b"GOALS#" in trip.request.body


@fault_row(
    "F26",
    "a stored answer about goals, a message and a night of the clock are over, and come again",
    rounds=Rounds(reduced=1, full=20, test=1),
    goal="0 second effects: versions, slots of lessons and dates of reminders hold",
)
def goals_after_a_day(lab: Lab, chance: random.Random) -> int:
    for name in AGAIN:
        lab.fresh(thoroughly=False)
        again_after_a_day(lab, FLOWS[name])
    lab.fresh()  # The stream is about to be read from its beginning.
    lab.let_records_not_age()
    lesson_told_again(lab)
    lab.fresh(thoroughly=False)
    lab.let_records_not_age()
    night_comes_again(lab)
    return len(AGAIN) + 2


def again_after_a_day(lab: Lab, flow: Flow) -> None:
    cast = flow.begin(lab)
    ask(lab, flow, cast, "k")
    lab.finish()
    told = lab.told()
    lab.clock.shift(DAY)
    cast = {**cast, "me": lab.api.login(cast["me"].username)}
    reply = flow.go(lab, cast, "k")
    assert reply is not None
    assert reply.header("idempotency-replayed") is None
    assert reply.status in flow.repeated, (flow.name, reply)
    # Who has signed in again is a fact of its own.
    now = lab.told()
    assert {name: now[name] for name in now if name.startswith("goal")} == {
        name: told[name] for name in told if name.startswith("goal")
    }, flow.name
    flow.holds(lab, cast)
    lab.finish()
    lab.ledger()


def lesson_told_again(lab: Lab) -> None:
    """The stream is read from its beginning once more, a day later, and the entry was taken back meanwhile."""
    cast = of_a_course(lab)
    lab.settle()
    is_timed(lab, cast)
    taken = lab.api.delete(f"{LOG}/1", token=cast["me"].access)
    assert taken.status == 204, taken
    lab.settle()
    lab.clock.shift(DAY)
    told = lab.told()
    reader(lab.house.driver).rewind()
    lab.settle()
    assert lab.told() == told
    assert lab.items("goal_entry") == []
    lab.finish()
    lab.ledger()


def night_comes_again(lab: Lab) -> None:
    """The same night strikes after the job has forgotten that it was done."""
    cast = idle(lab)
    at = lab.clock.now()
    for _ in range(2):
        assert not lab.house.driver.fire("remind_goals", at).failed
        lab.settle()
        lab.clock.shift(DAY)
        forget_jobs(lab)
    assert lab.told()["goals.reminded"] == 1
    mine = [mail for mail in lab.world().mails if mail.to == [cast["me"].email]]
    assert [mail.subject for mail in mine] == [GoalsWaiting.subject]


def forget_jobs(lab: Lab) -> None:
    table = aws.client("dynamodb")
    for item in lab.items("job"):
        table.delete_item(TableName=settings.table_name, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}})


@fault_row(
    "F29",
    "relay dead for a day while lessons of goals are done and people reminded",
    rounds=Rounds(reduced=1, full=12, test=1),
    goal="0 lost: each lesson is time of its goal once, each reminder a mail",
)
def relay_is_dead_for_goals(lab: Lab, chance: random.Random) -> int:
    """The first round's relay is dead for an hour, which every run of the tests can afford."""
    lab.let_records_not_age()
    lazy = [idle(lab.with_suffix(f"-{number}")) for number in range(2)]
    keen = [intending(lab.with_suffix(f"-keen{number}")) for number in range(2)]
    lab.settle()
    sweep(lab)
    assert not lab.house.driver.fire("remind_goals", lab.clock.now()).failed
    lab.step("remind_people")
    for number, cast in enumerate(keen):
        finish(1)(lab.with_suffix(f"-keen{number}"), cast, None)
        lab.clock.shift(timedelta(seconds=chance.randrange(60)))
    reader(lab.house.driver).trim()
    lab.clock.shift(CLOSED + timedelta(hours=1 if lab.seed == 1 else 25, seconds=chance.randrange(60)))
    sweep(lab)
    assert untold() == set()
    lab.settle()
    for cast in keen:
        is_timed(lab, cast)
    told = Counter(mail.to[0] for mail in lab.world().mails if mail.subject == GoalsWaiting.subject)
    assert told == Counter(cast["me"].email for cast in lazy), told
    return len(lazy) + len(keen)


def sweep(lab: Lab) -> None:
    run = lab.house.driver.fire("sweep_facts", lab.clock.now())
    assert not run.failed, run.error
