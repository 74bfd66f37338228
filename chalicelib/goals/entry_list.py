"""Lists of entries: those of one goal, newest first, and those of all goals of a person, newest day first.

A page costs a read of the goals and a query. Entries of goals that were deleted are nobody's, and not listed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.errors import invalid
from chalicelib.goals import ids
from chalicelib.goals.goals import GoalUnknown
from chalicelib.goals.logbook import Shown, goal_named
from chalicelib.goals.records import Goal, GoalEntry
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position

#: How many rows can be reached by page numbers; beyond them a list goes on from a cursor.
BY_PAGE = 1_000
#: So many are looked at for one page: where a filter leaves few, a page may be short and say where to go on.
MOST_LOOKED_AT = 500
HIGHEST = 10**12 - 1
FIRST, LAST = "0", "~"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A goal by its number or id, and the first and the last day; each may be open."""

    goal: str | None = None
    first: str | None = None
    last: str | None = None

    @property
    def is_open(self) -> bool:
        return self.first is None and self.last is None

    def key(self) -> str:
        return f"{self.goal}|{self.first}|{self.last}"


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list: so many rows, from a cursor on, or else those of this page."""

    size: int
    page: int = 1
    after: str | None = None

    @property
    def skipped(self) -> int:
        return 0 if self.after else (self.page - 1) * self.size

    def require_near(self) -> None:
        if self.skipped + self.size > BY_PAGE:
            raise invalid("page", "too_far", f"Pages reach {BY_PAGE} rows; follow next from the last of them.")


def of_goal(act: Act, goal: str, part: Part) -> Page[Shown]:
    """The entries of one goal of the caller's, the newest first."""
    part.require_near()
    number = goal_named(act, goal)
    key = keys.goal(act.actor, number)
    found = act.read([key]).get(key)
    if not isinstance(found, Goal):
        raise GoalUnknown
    scope = Scope("goal-entries", act.actor, str(number))
    newest = position(scope, part.after, act.now) - 1 if part.after else HIGHEST
    skipped = part.skipped
    if skipped and found.entries == found.last_entry:
        newest, skipped = int(found.last_entry) - skipped, 0  # None is lacking, so their numbers say where they are.
    rows = _numbered(act.actor, number, newest, skipped + part.size + 1)[skipped:]
    shown = [Shown(found, each) for each in rows[: part.size]]
    more = cursor(scope, int(shown[-1].entry.number), act.now) if len(rows) > part.size else None
    return Page(shown, more, count=int(found.entries))


def _numbered(user: str, goal: int, newest: int, most: int) -> list[GoalEntry]:
    if newest < 1:
        return []
    bounds = (keys.goal_entry(user, goal, 1).sk, keys.goal_entry(user, goal, newest).sk)
    found: list[GoalEntry] = []
    for each in reads.all_of(keys.goals_of(user), between=bounds, newest_first=True, limit=most):
        if isinstance(each, GoalEntry):
            found.append(each)
        if len(found) == most:
            break
    return found


def listed(act: Act, wanted: Wanted, part: Part) -> Page[Shown]:
    """The entries of all goals of the caller's, or of one, on these days: the newest day first."""
    part.require_near()
    scope = Scope("goal-progress", act.actor, wanted.key())
    mark: str | None = position(scope, part.after, act.now) if part.after else None
    goals = wanted_goals(act.actor, wanted.goal)
    count = sum(int(goal.entries) for goal in goals.values()) if wanted.is_open else None
    if not goals or count == 0:
        return Page([], count=count)
    found: list[Shown] = []
    wanted_rows, looked = part.skipped + part.size, 0
    for each in newest_first(act.actor, wanted, mark, most=wanted_rows + 1):
        if len(found) == wanted_rows or looked == MOST_LOOKED_AT + part.skipped:
            return Page(found[part.skipped :], cursor(scope, mark, act.now), count)
        if int(each.goal) in goals:
            found.append(Shown(goals[int(each.goal)], each))
        mark, looked = each.lsi1sk, looked + 1
    return Page(found[part.skipped :], count=count)


def newest_first(user: str, wanted: Wanted, mark: str | None = None, *, most: int | None = None) -> Iterator[GoalEntry]:
    """Every entry of these days after the mark, of goals that were deleted too. `most` are read at a time."""
    bounds = (wanted.first or FIRST, mark or f"{wanted.last or ''}{LAST}")
    limit = most if mark is None or most is None else most + 1
    for each in reads.all_of(keys.goals_of(user), index="lsi1", between=bounds, newest_first=True, limit=limit):
        if isinstance(each, GoalEntry) and each.lsi1sk != mark:
            yield each


def wanted_goals(user: str, goal: str | None) -> dict[int, Goal]:
    """The goals whose entries are asked for, by number: all that live, or one of them. A foreign one has none here."""
    goals = living(user)
    if goal is None:
        return goals
    named = ids.intended(goal)
    number = ids.number(goal) if named is None else named.goal
    if named is not None and named.user != user:
        return {}
    return {number: goals[number]} if number in goals else {}


def living(user: str) -> dict[int, Goal]:
    """Every goal that a person has now."""
    bounds = (keys.goal(user, 1).sk, keys.goal(user, HIGHEST).sk)
    found = reads.all_of(keys.goals_of(user), between=bounds)
    return {int(each.number): each for each in found if isinstance(each, Goal)}
