"""The learners of the demo, as `learners.yaml` tells of them: enrolled, half way, finished, idle, gone."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.catalog.records import Course
from chalicelib.learning import enrollments, ids, leaving, progress
from chalicelib.learning.steps import Wish
from chalicelib.table.acts import Act
from chalicelib.table.writes import together
from infra.local.demo import purchases
from infra.local.demo.moments import ZONE, act, days_ago
from infra.local.demo.people import Cast
from infra.local.stripe.server import Stripe
from infra.local.template import parsed

ALL: tuple[Mapping[str, Any], ...] = tuple(parsed(Path(__file__).with_name("learners.yaml")))
DONE = Wish(completed=True)


class Step(NamedTuple):
    """One thing that a learner did: `lesson` is its number in the course, 0 for the enrollment, -1 for leaving."""

    moment: datetime
    course: str
    lesson: int


def live(said: Mapping[str, Any], cast: Cast, stock: Mapping[str, Course], bank: Stripe | None) -> None:
    """Do all that this learner did, in the order of time: what was finished opens what comes after it."""
    for step in sorted(_steps(said)):
        _do(act(cast[said["learner"]], step.moment), stock[step.course], step, bank)


def _steps(said: Mapping[str, Any]) -> list[Step]:
    steps = []
    for number, one in enumerate(said["courses"]):
        course = one["course"]
        steps.append(Step(days_ago(one["enrolled"], number), course, 0))
        for lesson, days in enumerate(one.get("done", ()), 1):
            steps.append(Step(days_ago(days, 10 * lesson), course, lesson))
        if "left" in one:
            steps.append(Step(days_ago(one["left"]), course, -1))
    return steps


def _do(by: Act, course: Course, step: Step, bank: Stripe | None) -> None:
    if step.lesson > 0:
        progress.record_step(by, ZONE, course.id, step.lesson, DONE)
    elif step.lesson == 0:
        _enroll(by, course, bank)
    else:
        leaving.cancel(by, ids.enrollment_of(by.actor, course.id))


def _enroll(by: Act, course: Course, bank: Stripe | None) -> None:
    """Courses that cost something are bought, and granted where nobody keeps a bank for the demo."""
    if not int(course.price_minor):
        enrollments.enroll(by, course.id)
    elif bank is not None:
        purchases.buy(by.actor, course.id, by.now, bank)
    else:
        case = enrollments.case_of(by.read(enrollments.wanted(by.actor, course.id)), by.actor, course.id)
        granted = enrollments.granting(by, case)
        together(by, *granted.writes, fact=granted.fact, result=None)
