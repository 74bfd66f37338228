"""Progress of every kind in one list, as the older systems' `/progress` has it. `KINDS` says which kinds there are.

The beginning of an id tells its kind, and each kind has its own addresses too; a new kind is one entry.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from chalicelib.errors import NotFound
from chalicelib.goals import entry_list, logbook
from chalicelib.goals.entry_list import Part
from chalicelib.goals.logbook import Change
from chalicelib.learning import lesson_list, progress
from chalicelib.learning.lesson_list import Wanted
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.pages import Page, Scope, cursor, position
from chalicelib.table.record import Record
from chalicelib.web.identity import Caller
from chalicelib.web.policies import Policy, signed_in, student

KindName = Literal["goal", "lesson"]


class ProgressUnknown(NotFound):
    """There is no such progress."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a row is to say, in the words of its kind, and the version this was made from, where it is named."""

    progress_id: str
    wish: Any
    expected: int | None
    zone: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Who has such progress, and how it is listed, read and written. A list is asked for a part of it."""

    name: KindName
    prefix: str
    policy: Policy
    listed: Callable[[Act, Part], Page[Any]]
    one: Callable[[Act, str], Any]
    written: Callable[[Act, Edit], Any]


def _entries(act: Act, part: Part) -> Page[Any]:
    return entry_list.listed(act, entry_list.Wanted(), part)


def _write_entry(act: Act, edit: Edit) -> Any:
    return logbook.edit(act, edit.zone, edit.progress_id, Change(edit.wish, edit.expected))


def _lessons(act: Act, part: Part) -> Page[Any]:
    return lesson_list.listed(act, Wanted(), size=part.size, after=part.after)


def _write_lesson(act: Act, edit: Edit) -> Any:
    return progress.record(act, edit.zone, lesson_list.lesson_named(act, edit.progress_id), edit.wish)


#: In the order of the list.
KINDS: Mapping[str, Kind] = {
    "goal": Kind("goal", "gp_", signed_in, _entries, logbook.one, _write_entry),
    "lesson": Kind("lesson", "lp_", student, _lessons, lesson_list.one, _write_lesson),
}


def listed(act: Act, caller: Caller, kind: str | None, part: Part) -> Page[Any]:
    """The rows of one kind, or of one kind after the other: of all that somebody like the caller has."""
    part.require_near()
    if kind is not None:
        KINDS[kind].policy.admit(caller)
    wanted = [kind] if kind else [name for name, each in KINDS.items() if _admits(each.policy, caller)]
    found = _from(act, Scope("progress", act.actor, str(kind)), wanted, replace(part, size=part.skipped + part.size))
    return replace(found, results=found.results[part.skipped :])


def _admits(policy: Policy, caller: Caller) -> bool:
    return not policy.roles or not caller.roles.isdisjoint(policy.roles)


def _from(act: Act, scope: Scope, wanted: list[str], part: Part) -> Page[Any]:
    at, inner = position(scope, part.after, act.now) if part.after else (wanted[0], None)
    rows, count = list[Any](), None
    for name in _since(wanted, at):
        page = KINDS[name].listed(act, Part(part.size - len(rows), after=inner))
        rows += page.results
        count = page.count if len(wanted) == 1 else None
        if page.next_cursor is not None:
            return Page(rows, cursor(scope, [name, page.next_cursor], act.now), count)
        inner = None
        if len(rows) == part.size and name != wanted[-1]:
            return Page(rows, cursor(scope, [wanted[wanted.index(name) + 1], None], act.now))
    return Page(rows, count=count)


def _since(wanted: list[str], name: str) -> list[str]:
    """From this kind on; all of them where the caller does not have that kind any more."""
    return wanted[wanted.index(name) :] if name in wanted else wanted


def kind_of(act: Act, progress_id: str) -> Kind:
    for kind in KINDS.values():
        if progress_id.startswith(kind.prefix):
            return kind
    act.read(())  # Whoever may not act any more is told that first.
    raise ProgressUnknown


def admitted(act: Act, kind: Kind, caller: Callable[[], Caller]) -> Act:
    """The act of somebody who may have this kind of progress: by their token, and by what their first read says."""
    kind.policy.admit(caller())

    def read(wanted: Iterable[Key]) -> Mapping[Key, Record]:
        found = act.read(wanted)
        kind.policy.admit(caller())
        return found

    return replace(act, read=read)
