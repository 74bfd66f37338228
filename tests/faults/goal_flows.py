"""The flows of goals: making and ending them, time logged by hand and by lessons, corrections, the clock of reminders.

Their people are premium: whoever meets kills asks more often than the ten times a day that are free.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib import clock
from chalicelib.settings import settings
from infra.local.gateway import Reply
from infra.local.invocation import Killed
from tests.faults.flows import Cast, Go, flow
from tests.faults.lab import Lab
from tests.faults.learning_flows import finish, learner
from tests.faults.people_flows import as_member, firing, keyed, settling

Body = dict[str, Any]
GOAL: Body = {"goal_name": "Learn Django REST Framework", "category": "Primary", "deadline": "2025-12-31"}
ENTRY: Body = {"progress": "Completed authentication module", "logged_hours": "02:30:00", "total_hours": "05:00:00"}
LOG = "/goals/1/progress"
#: What one entry of ENTRY makes of a goal.
ONCE = {"logged_seconds": 9000, "planned_seconds": 18000, "entries": 1, "last_entry": 1}
#: Answers that use nothing up.
FREE = frozenset({401, 429, 503})


def intent(lab: Lab) -> Cast:
    """Somebody who may have goals and has none."""
    name = lab.named("gauri")
    me = lab.api.member(name, email=lab.address("gauri"), first_name="Gauri", tier="premium")
    return {"me": me, "counted": 0, "unsure": 0}


def resolved(lab: Lab) -> Cast:
    """One goal."""
    cast = intent(lab)
    made = lab.api.post("/goals", GOAL, token=cast["me"].access)
    assert made.status == 201, made.body
    return cast


def busy(lab: Lab) -> Cast:
    """One goal with an entry of today."""
    cast = resolved(lab)
    made = metered("POST", LOG, ENTRY)(lab, cast, None)
    assert made is not None
    assert made.status == 201, made.body
    return {**cast, "yesterday": (clock.today(settings.default_zone) - timedelta(days=1)).isoformat()}


def paused(lab: Lab) -> Cast:
    cast = resolved(lab)
    lab.api.post("/goals/1/pause", token=cast["me"].access)
    return cast


def metered(method: str, path: str, body: Body | Callable[[Cast], Body] | None = None) -> Go:
    """A request that uses up one of the day, unless it is a replay. Of one that was killed nobody can tell."""

    def go(lab: Lab, cast: Cast, key: str | None) -> Reply:
        said = body(cast) if callable(body) else body
        try:
            reply = lab.api.call(method, path, said, token=cast["me"].access, **keyed(key))
        except Killed:
            cast["unsure"] += 1
            raise
        if reply.status == 503:
            cast["unsure"] += 1
        cast["counted"] += reply.status not in FREE and not reply.header("idempotency-replayed")
        return reply

    return go


def goal(lab: Lab, cast: Cast) -> dict[str, Any]:
    return dict(lab.item(f"GOALS#{cast['me'].id}", f"GOAL#{1:012d}"))


def stands(**wanted: Any) -> Callable[[Lab, Cast], None]:
    def holds(lab: Lab, cast: Cast) -> None:
        found = goal(lab, cast)
        assert {name: found.get(name) for name in wanted} == wanted
        is_counted(lab, cast)

    return holds


def is_counted(lab: Lab, cast: Cast) -> None:
    """The counter says what was admitted: exactly, unless somebody was killed on the way."""
    ours = [item for item in lab.items("limit") if item["pk"].startswith(f"LIMIT#tier#{cast['me'].id}#")]
    used = sum(int(item["n"]) for item in ours)
    assert cast["counted"] <= used <= cast["counted"] + cast["unsure"], (used, cast["counted"], cast["unsure"])


def logged_once_or_more(lab: Lab, cast: Cast) -> None:
    """Without a key a second attempt is a second entry; each is whole."""
    found = goal(lab, cast)
    times = int(found["entries"])
    assert times >= 1
    assert {name: int(found[name]) for name in ONCE} == {name: times * each for name, each in ONCE.items()}
    is_counted(lab, cast)


def is_on(day: str) -> Callable[[Lab, Cast], None]:
    """All of its time is on this day, and none on another."""

    def holds(lab: Lab, cast: Cast) -> None:
        days = [item for item in lab.items("goal_day") if item["pk"] == f"GOALS#{cast['me'].id}"]
        assert [item["date"] for item in days if "9000" in item["goals"]] == [cast[day]], days
        is_counted(lab, cast)

    return holds


def is_gone(lab: Lab, cast: Cast) -> None:
    kinds = [item["kind"] for item in lab.items() if item["pk"] == f"GOALS#{cast['me'].id}"]
    assert sorted(kinds) == ["goal_day", "goal_entry", "goal_ledger", "gone_goal"]


flow("make a goal", as_member("POST", "/goals", GOAL), begin=intent, told={"goal.created": 1})
flow(
    "log time for a goal",
    metered("POST", LOG, ENTRY),
    begin=resolved,
    told={"goal.logged": 1},
    holds=logged_once_or_more,
)
flow(
    "correct an entry of a goal",
    metered("PATCH", f"{LOG}/1", {"logged_hours": "01:00:00", "progress": "Half of it"}),
    begin=busy,
    told={"goal.log_changed": 1},
    once_without_key=True,
    holds=stands(**{**ONCE, "logged_seconds": 3600}),
)
flow(
    "move an entry of a goal to another day",
    metered("PATCH", f"{LOG}/1", lambda cast: {"logged_on": cast["yesterday"]}),
    begin=busy,
    told={"goal.log_changed": 1},
    once_without_key=True,
    holds=is_on("yesterday"),
)
flow(
    "take an entry of a goal back",
    metered("DELETE", f"{LOG}/1"),
    begin=busy,
    told={"goal.log_deleted": 1},
    repeated=frozenset({404}),
    once_without_key=True,
    holds=stands(logged_seconds=0, planned_seconds=0, entries=0, last_entry=1),
)
flow(
    "pause a goal",
    as_member("POST", "/goals/1/pause"),
    begin=resolved,
    told={"goal.paused": 1},
    once_without_key=True,
    holds=stands(status="paused"),
)
flow(
    "take a goal up again",
    as_member("POST", "/goals/1/resume"),
    begin=paused,
    told={"goal.resumed": 1},
    once_without_key=True,
    holds=stands(status="active"),
)
flow(
    "give a goal up",
    as_member("DELETE", "/goals/1"),
    begin=busy,
    told={"goal.deleted": 1},
    repeated=frozenset({404}),
    once_without_key=True,
    holds=is_gone,
)


def idle(lab: Lab) -> Cast:
    """Two goals for which nothing was done for a week, and a paused one."""
    cast = resolved(lab)
    for number in (2, 3):
        lab.api.post("/goals", {**GOAL, "goal_name": f"Goal {number}"}, token=cast["me"].access)
    lab.api.post("/goals/3/pause", token=cast["me"].access)
    lab.settle()
    lab.clock.shift(timedelta(days=settings.reminder_days, hours=1))
    return cast


def is_reminded(lab: Lab, cast: Cast) -> None:
    """One mail at most, since this kind is chosen to come at most once; and never of the paused one."""
    mine = [mail for mail in lab.world().mails if mail.to == [cast["me"].email]]
    assert len(mine) <= 1
    assert not any("Goal 3" in mail.text for mail in mine)
    assert lab.item(f"GOALS#{cast['me'].id}", "LEDGER")["reminded_on"]


def intending(lab: Lab) -> Cast:
    """A learner with a goal that counts the lessons of their course."""
    cast = learner(lab)
    wish = {**GOAL, "course_id": cast["course"]}
    assert lab.api.post("/goals", wish, token=cast["me"].access).status == 201
    return cast


def of_a_course(lab: Lab) -> Cast:
    """They have just finished a lesson, and the workers are about to hear of it."""
    cast = intending(lab)
    lab.settle()
    finish(1)(lab, cast, None)
    for worker in ("react_to_facts", "keep_history", "fold_counters", "index_catalog"):
        lab.step(worker)
    return cast


def is_timed(lab: Lab, cast: Cast) -> None:
    """The lesson is time of the goal once, and stays so when its message comes again."""
    found = goal(lab, cast)
    assert (int(found["entries"]), int(found["last_entry"])) == (1, 1)
    slots = [item for item in lab.items("timed_lesson") if item["pk"] == f"GOALS#{cast['me'].id}"]
    assert [int(slot["entry"]) for slot in slots] == [1]


flow(
    "remind of idle goals",
    firing("remind_goals"),
    begin=idle,
    told={"goals.reminded": 1},
    alone=True,
    once_without_key=True,
    holds=is_reminded,
)
flow(
    "a finished lesson becomes time of a goal",
    settling,
    begin=of_a_course,
    told={"goal.logged": 1},
    alone=True,
    once_without_key=True,
    holds=is_timed,
)
