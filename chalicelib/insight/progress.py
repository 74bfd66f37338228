"""Progress of every kind in one list, as the older systems' `/progress` has it. `KINDS` says which kinds there are.

The beginning of an id tells its kind, and each kind has its own addresses too; a new kind is one entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.errors import NotFound
from chalicelib.learning import lesson_list, progress
from chalicelib.learning.lesson_list import Wanted
from chalicelib.learning.steps import Wish
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position

KindName = Literal["lesson"]


class ProgressUnknown(NotFound):
    """There is no such progress."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of progress is listed, read and written. A list is asked for a size and where it goes on from."""

    prefix: str
    listed: Callable[[Act, int, str | None], Page[Any]]
    one: Callable[[Act, str], Any]
    written: Callable[[Act, str, str, Any], Any]


def _lessons(act: Act, size: int, after: str | None) -> Page[Any]:
    return lesson_list.listed(act, Wanted(), size=size, after=after)


def _write_lesson(act: Act, zone: str, progress_id: str, wish: Wish) -> Any:
    return progress.record(act, zone, lesson_list.lesson_named(act, progress_id), wish)


#: In the order of the list.
KINDS: Mapping[str, Kind] = {
    "lesson": Kind("lp_", _lessons, lesson_list.one, _write_lesson),
}


def listed(act: Act, kind: str | None, *, size: int, after: str | None) -> Page[Any]:
    """The rows of one kind, or of one kind after the other."""
    scope = Scope("progress", act.actor, str(kind))
    wanted = [kind] if kind else list(KINDS)
    at, inner = position(scope, after, act.now) if after else (wanted[0], None)
    rows: list[Any] = []
    for name in wanted[wanted.index(at) :]:
        page = KINDS[name].listed(act, size - len(rows), inner)
        rows += page.results
        if page.next_cursor is not None:
            return Page(rows, cursor(scope, [name, page.next_cursor], act.now))
        inner = None
        if len(rows) == size and name != wanted[-1]:
            return Page(rows, cursor(scope, [wanted[wanted.index(name) + 1], None], act.now))
    return Page(rows)


def one(act: Act, progress_id: str) -> Any:
    return _kind_of(act, progress_id).one(act, progress_id)


def written(act: Act, zone: str, progress_id: str, wish: Any) -> Any:
    return _kind_of(act, progress_id).written(act, zone, progress_id, wish)


def _kind_of(act: Act, progress_id: str) -> Kind:
    for kind in KINDS.values():
        if progress_id.startswith(kind.prefix):
            return kind
    act.read(())  # Whoever may not act any more is told that first.
    raise ProgressUnknown
