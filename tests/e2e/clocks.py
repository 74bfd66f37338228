"""Makes the deployed schedules fire: a copy of each strikes at once, and says what the job is to take for its date.

The emulation's scheduler calls the schedule's own target. Ours are the time, because nobody waits for the night, and
the date, because the emulation hands `<aws.scheduler.scheduled-time>` on as it is.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.stage import Stage, until

#: For each clock, what its date is: late enough that it deals with the story, where it deals with a day not yet over.
DATES = {
    "SweepFacts": timedelta(minutes=30),
    "AnchorAudit": timedelta(0),
    "CompactExports": timedelta(days=1),
    "EraseAccounts": timedelta(days=15),
    "CleanAbandonedEnrollments": timedelta(days=15),
    "ReconcilePayments": timedelta(minutes=15),
    "DailyReport": timedelta(days=1),
    "RemindGoals": timedelta(days=8),
    "RebuildCatalog": timedelta(0),
    "RetryCertificates": timedelta(hours=1),
}

#: All of them start cold, together, in whatever time the machine leaves them. One that fails does not have to be waited
#: for: after its retries it stands among the dead letters.
AT_MOST_SECONDS = 600.0
#: The last is of a retry, where an attempt did its work and its end was not heard.
ENDINGS = frozenset({"done", "swept", "done before"})


class ClockFailed(Exception):
    """A clock was given up after its retries."""


@dataclass(frozen=True)
class Strikes:
    """What each clock's function printed last, by the name of the function in the template."""

    lines: dict[str, list[dict[str, Any]]]


def strike_all(stage: Stage) -> Strikes:
    schedules = stage.stack.resources("AWS::Scheduler::Schedule")
    functions = {logical: logical.removesuffix("Clock") for logical in schedules}
    for logical, name in schedules.items():
        strike(stage, name, datetime.now(UTC) + DATES[functions[logical]])
    return Strikes(until("every clock has done its work", lambda: printed(stage, functions.values()), AT_MOST_SECONDS))


def strike(stage: Stage, schedule: str, date: datetime | None) -> None:
    """Add the schedule a second time, for once and now; without a date, with the input that was deployed."""
    scheduler = stage.client("scheduler")
    found = scheduler.get_schedule(Name=schedule)
    moment = datetime.now(UTC) - timedelta(seconds=1)
    scheduler.create_schedule(
        Name=f"{schedule}-now",
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow=found["FlexibleTimeWindow"],
        Target=found["Target"] | ({"Input": json.dumps({"scheduled_at": date.isoformat()})} if date else {}),
        ActionAfterCompletion="DELETE",
    )


def printed(stage: Stage, functions: Iterable[str]) -> dict[str, list[dict[str, Any]]] | None:
    """The lines of all, once each has done its work."""
    lines = {each: stage.lines(each) for each in functions}
    missing = {each: said for each, said in lines.items() if not ENDINGS & {line.get("message") for line in said}}
    if missing and stage.depth("SchedulesDead"):
        raise ClockFailed(missing)
    return None if missing else lines
