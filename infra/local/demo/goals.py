"""The goals of the demo, as `goals.yaml` tells of them: begun, worked at for weeks, paused, reached."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib import clock
from chalicelib.catalog.records import Course
from chalicelib.goals import goals, logbook
from chalicelib.goals.logbook import Wish
from infra.local.demo.moments import ZONE, act, days_ago
from infra.local.demo.people import Cast
from infra.local.template import parsed

ALL: tuple[Mapping[str, Any], ...] = tuple(parsed(Path(__file__).with_name("goals.yaml")))


class Step(NamedTuple):
    """One thing done for a goal, the oldest first; how it ends comes after what was logged on that day."""

    days: int
    goal: str
    wish: Wish | None = None
    ending: str = ""


def live(said: Mapping[str, Any], cast: Cast, stock: Mapping[str, Course]) -> None:
    """Make the goals of this person, and then do all that they did for them, in the order of time."""
    person = cast[said["person"]]
    numbers = {each["name"]: _begin(person, each, stock) for each in said["goals"]}
    steps = [step for each in said["goals"] for step in _steps(each)]
    for minutes, step in enumerate(sorted(steps, key=lambda step: (-step.days, bool(step.ending)))):
        _do(person, numbers[step.goal], step, minutes)


def _begin(person: str, said: Mapping[str, Any], stock: Mapping[str, Course]) -> str:
    wishes = {"name": said["name"], "category": said["category"]}
    if "deadline" in said:
        wishes["deadline"] = (clock.today(ZONE) + timedelta(days=said["deadline"])).isoformat()
    if "target" in said:
        wishes["target_seconds"] = 3600 * said["target"]
    if "course" in said:
        wishes["course_id"] = stock[said["course"]].id
    return str(int(goals.create(act(person, days_ago(said["begun"])), wishes).goal.number))


def _steps(said: Mapping[str, Any]) -> Iterator[Step]:
    notes: Sequence[str] = said["notes"]
    for (days, minutes), note in zip(said["log"].items(), cycle(notes), strict=False):
        yield Step(days, said["name"], Wish(60 * minutes, 60 * said.get("plan", 0), note))
    for ending in ("paused", "completed"):
        if ending in said:
            yield Step(said[ending], said["name"], ending=ending)


def _do(person: str, goal: str, step: Step, minutes: int) -> None:
    by = act(person, days_ago(step.days, minutes))
    if step.wish is not None:
        logbook.log(by, ZONE, goal, step.wish)
    elif step.ending == "paused":
        goals.pause(by, goal, None)
    else:
        goals.complete(by, goal, None)
