"""The figures of the whole platform: what happened on a day, and how many there are of what.

`functions/fold_counters` counts, the daily report reads. A day is one of the platform's own time zone. Everybody's
facts meet here, so a day is cut into parts, and each batch goes into any one of them.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.insight.records import Figures
from chalicelib.settings import settings
from chalicelib.table import counting, keys, reads
from chalicelib.table.facts import Fact

SHARDS = 4
#: Under which "day" the numbers of all time are kept.
ALWAYS = "always"
#: The facts that a day's figures count, and what people call them.
COUNTED: Mapping[str, str] = {
    "user.registered": "New people",
    "user.erased": "Accounts erased",
    "course.published": "Courses published",
    "enrollment.created": "New enrollments",
    "enrollment.revived": "Returned to a course",
    "enrollment.cancelled": "Enrollments cancelled",
    "enrollment.nudged": "Learners reminded to begin",
    "lesson.completed": "Lessons completed",
    "enrollment.completed": "Courses completed",
    "certificate.issued": "Certificates issued",
    "order.placed": "Orders placed",
    "order.paid": "Orders paid",
    "order.refunded": "Refunds",
    "order.charged_back": "Lost disputes",
}
#: Beside how often it happened, a day sums up what was paid and what went back, as `<what>.<currency>` in hundredths.
SUMS: Mapping[str, str] = {"order.paid": "revenue", "order.refunded": "returned", "order.charged_back": "returned"}
#: The numbers of all time, and what people call them.
TOTALS: Mapping[str, str] = {
    "people": "People",
    "courses_published": "Courses published",
    "enrollments": "Enrollments under way or finished",
}
_MOVES: Mapping[str, tuple[str, int]] = {
    "user.registered": ("people", 1),
    "user.erased": ("people", -1),
    "course.published": ("courses_published", 1),
    "course.unpublished": ("courses_published", -1),
    "course.archived": ("courses_published", -1),
    "course.deleted": ("courses_published", -1),
    "enrollment.created": ("enrollments", 1),
    "enrollment.revived": ("enrollments", 1),
    "enrollment.cancelled": ("enrollments", -1),
}
#: Everything that is counted here in one way or another.
FACTS = frozenset({*COUNTED, *_MOVES})


def figure(told: Iterable[Fact]) -> None:
    """Count these facts in their days and in the numbers of all time. May be called twice with the same facts."""
    told = list(told)
    days: dict[str, list[Fact]] = {}
    for fact in told:
        if fact.name in COUNTED:
            days.setdefault(day_of(fact.at), []).append(fact)
    for day, facts in days.items():
        counting.fold("figures", _empty(day), facts, _count)
    if moving := [fact for fact in told if _move(fact)]:
        counting.fold("totals", _empty(ALWAYS), moving, _total)


def day_of(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(settings.default_zone)).date().isoformat()


def require_countable(fact: Fact) -> None:
    """Refuses (ValueError, TypeError, KeyError, AttributeError) what would fail in the midst of a batch."""
    if fact.name in COUNTED:
        _count(_empty(day_of(fact.at)), fact)


def money_of(counts: Mapping[str, Any], what: str) -> dict[str, int]:
    """What was paid ("revenue") or went back ("returned") by these figures, by currency."""
    begins = f"{what}."
    return {name.removeprefix(begins): int(sum) for name, sum in sorted(counts.items()) if name.startswith(begins)}


def of(day: date) -> dict[str, int]:
    """What happened on this day, by the name of the fact."""
    return _sum(day.isoformat())


def totals() -> dict[str, int]:
    """How many there are by now."""
    found = _sum(ALWAYS)
    return {name: found.get(name, 0) for name in TOTALS}


def _sum(day: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for part in reads.all_of(keys.figures_of(day)):
        if isinstance(part, Figures):
            counts.update({name: int(times) for name, times in part.counts.items()})
    return dict(counts)


def _empty(day: str) -> Figures:
    shard = str(random.randrange(SHARDS))  # noqa: S311 - spreads writes, is no secret
    made: Figures = Figures.under(keys.figures(day, shard))
    return made


def _move(fact: Fact) -> tuple[str, int] | None:
    """What a fact does to the numbers of all time. A course may be put away that was not published."""
    if fact.name in ("course.archived", "course.deleted") and fact.payload.get("was") != "published":
        return None
    return _MOVES.get(fact.name)


def _count(figures: Figures, fact: Fact) -> None:
    amount = sum(fact.payload["lines"].values()) if fact.name in SUMS else 0
    # What is less than nothing takes one back: a refund that failed in the end, a dispute that was won on appeal.
    figures.counts = _more(figures.counts, fact.name, -1 if amount < 0 else 1)
    if fact.name in SUMS:
        figures.counts = _more(figures.counts, f"{SUMS[fact.name]}.{fact.payload['currency']}", amount)


def _more(counts: Mapping[str, int], name: str, by: int) -> dict[str, int]:
    return {**counts, name: int(counts.get(name, 0)) + by}


def _total(figures: Figures, fact: Fact) -> None:
    name, by = _move(fact) or ("", 0)
    figures.counts = _more(figures.counts, name, by)
