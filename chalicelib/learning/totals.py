"""In how many courses a learner is and how far, and how many certificates hold: what the dashboard reads instead of
every enrollment.

Pieces for the transactions that change it. Each stands beside a write that happens only once (an enrollment or a
certificate as it was read), so nothing is counted twice; the item is the learner's own, so nobody waits for it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, get_args

from chalicelib.learning.records import Enrollment, Totals
from chalicelib.table import keys
from chalicelib.table.writes import Write

Stage = Literal["not_started", "in_progress", "completed"]
STAGES: tuple[Stage, ...] = get_args(Stage)


def stage_of(enrollment: Enrollment | None) -> Stage | None:
    """How far a learner is; None where they are not in the course."""
    if enrollment is None or enrollment.status != "active":
        return None
    if enrollment.completed_at:
        return "completed"
    return "in_progress" if enrollment.started_at else "not_started"


def moved(before: Enrollment | None, after: Enrollment) -> list[Write]:
    """From one stage to another; nothing where it stays."""
    return all_moved([(before, after)])


def all_moved(pairs: Iterable[tuple[Enrollment | None, Enrollment]]) -> list[Write]:
    """The same for several courses of one learner at once: a transaction writes to an item only once."""
    steps: Counter[Stage | None] = Counter()
    learner = ""
    for before, after in pairs:
        learner = after.user_id
        steps[stage_of(before)] -= 1
        steps[stage_of(after)] += 1
    counted = {stage: by for stage, by in steps.items() if stage and by}
    return [_added(learner, counted)] if counted else []


def certified(user_id: str, by: int) -> Write:
    """So many certificates more, or fewer, that hold."""
    return _added(user_id, {"certificates": by})


def _added(user_id: str, steps: dict[Any, int]) -> Write:
    """The first of them makes the item, which is why its kind is named each time."""
    totals: Totals = Totals.under(keys.totals(user_id))
    counted = (getattr(Totals, name).add(by) for name, by in steps.items())
    return Write("Update", totals, None, (Totals.kind.set(Totals), *counted))
