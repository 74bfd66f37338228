"""What courses are filtered, counted and sorted by, in memory: a set of courses is one whole number, a bit for each.

Two sets meet in a microsecond at 10,000 courses, so that every count of every facet is exact. A `Columns` never
changes: `after` makes the next one, which shares what has stayed the same, and readers keep theirs.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apsw import Connection

Numbers = int
Row = tuple[Any, ...]
Order = tuple[tuple[str, bool], ...]

FIELDS = (
    "title status category level language instructor price rating students minutes lessons published created"
).split()
AT = {name: place for place, name in enumerate(FIELDS)}
SETS = ("status", "category", "level", "language")
SLICED = {"price": 32, "rating": 9}
SORTS = frozenset({"title", "price", "rating", "students", "minutes", "lessons", "published", "created"})
NEWEST: Order = (("published", True),)
_SELECT = f"SELECT n, {', '.join(FIELDS)} FROM thing WHERE what = 'course'"  # noqa: S608 -- names of ours
#: What looking at one course costs in a walk along an order, beside taking one out of a set and sorting it.
_STEP = 0.1
_KEPT_ORDERS = 16
ONE = ord("1")


@dataclass(frozen=True, slots=True)
class Columns:
    rows: list[Row | None]
    live: Numbers
    sets: Mapping[str, Mapping[str, Numbers]]
    slices: Mapping[str, tuple[Numbers, ...]]
    teachers: Mapping[str, frozenset[int]]
    lessons: int
    orders: dict[Order, list[int]] = field(default_factory=dict)
    #: What these were made from, and which numbers differ: an order is taken over when it is asked for.
    before: "tuple[Columns, frozenset[int]] | None" = None

    @classmethod
    def of(cls, connection: "Connection") -> "Columns":
        empty = cls([], 0, {name: {} for name in SETS}, {name: (0,) * bits for name, bits in SLICED.items()}, {}, 0)
        return empty._with({row[0]: row[1:] for row in connection.execute(_SELECT)})

    def after(self, connection: "Connection", numbers: Iterable[int]) -> "Columns":
        """The same after these have changed in the file."""
        changed = frozenset(numbers)
        fresh = {n: row for n in changed if (row := _row(connection, n)) is not None}
        return replace(self._without(changed)._with(fresh), orders={}, before=(self, changed))

    def settled(self) -> "Columns":
        """With the orders that are in use, and without what they were made from: for one that stays."""
        if self.before is None:
            return self
        return replace(self, orders={order: self._order(order) for order in self.before[0].orders}, before=None)

    def _with(self, fresh: Mapping[int, Row]) -> "Columns":
        size = max([len(self.rows), *(n + 1 for n in fresh)])
        rows = [*self.rows, *[None] * (size - len(self.rows))]
        for n, row in fresh.items():
            rows[n] = row
        sets = {name: _joined(self.sets[name], _grouped(fresh, name)) for name in SETS}
        slices = {
            name: tuple(
                bits | set_of(n for n, row in fresh.items() if row[AT[name]] >> place & 1)
                for place, bits in enumerate(self.slices[name])
            )
            for name in SLICED
        }
        teachers = dict(self.teachers)
        for who, numbers in _grouped(fresh, "instructor").items():
            teachers[who] = teachers.get(who, frozenset()) | frozenset(numbers)
        lessons = self.lessons + sum(row[AT["lessons"]] for row in fresh.values())
        return Columns(rows, self.live | set_of(fresh), sets, slices, teachers, lessons)

    def _without(self, numbers: frozenset[int]) -> "Columns":
        there = [n for n in numbers if n < len(self.rows) and self.rows[n] is not None]
        if not there:
            return self
        kept = ~set_of(there)
        rows, teachers = list(self.rows), dict(self.teachers)
        for n in there:
            row = rows[n]
            rows[n] = None
            teachers[_of(row, "instructor")] -= {n}
        return Columns(
            rows,
            self.live & kept,
            {name: {value: bits & kept for value, bits in held.items()} for name, held in self.sets.items()},
            {name: tuple(bits & kept for bits in held) for name, held in self.slices.items()},
            teachers,
            self.lessons - sum(_of(self.rows[n], "lessons") for n in there),
        )

    def at_least(self, name: str, value: int) -> Numbers:
        """Where a number is as large as this or larger, found bit by bit from the highest."""
        larger, equal = 0, self.live
        slices = self.slices[name]
        if value >> len(slices):
            return 0
        for place in reversed(range(len(slices))):
            if value >> place & 1:
                equal &= slices[place]
            else:
                larger |= equal & slices[place]
                equal &= ~slices[place]
        return larger | equal

    def taught_by(self, who: str) -> Numbers:
        return set_of(self.teachers.get(who, ()))

    def sorted(self, chosen: Numbers, order: Order, first: int, size: int) -> list[int]:
        """A page of a set in an order: along the whole order where many are chosen, by sorting where few are."""
        count, end = chosen.bit_count(), first + size
        if count == 0:
            return []
        if chosen == self.live:
            return self._order(order)[first:end]
        if min(end, count) * len(self.rows) / count * _STEP < count:
            return list(_walked(self._order(order), chosen, end))[first:end]
        return nsmallest(end, members(chosen), key=self.key(order))[first:end]

    def key(self, order: Order) -> Callable[[int], Any]:
        """Equal ones stand in the order in which they came, the newest first."""
        rows, wanted = self.rows, [(AT[name], -1 if falling else 1) for name, falling in order]

        def of(n: int) -> Any:
            row = rows[n]
            return (*(_sortable(row[at], sign) for at, sign in wanted), -n) if row else (-n,)

        return of

    def _order(self, order: Order) -> list[int]:
        if order not in self.orders:
            while len(self.orders) >= _KEPT_ORDERS:
                self.orders.pop(next(iter(self.orders)), None)
            known = None if self.before is None else self.before[0]._order(order)
            changed = self.before[1] if self.before else frozenset[int]()
            self.orders[order] = self._sorted_anew(order) if known is None else self._mended(order, known, changed)
        return self.orders[order]

    def _sorted_anew(self, order: Order) -> list[int]:
        return sorted(members(self.live), key=self.key(order))

    def _mended(self, order: Order, known: list[int], changed: frozenset[int]) -> list[int]:
        mended, key = [n for n in known if n not in changed], self.key(order)
        for n in changed:
            if n < len(self.rows) and self.rows[n] is not None:
                insort(mended, n, key=key)
        return mended


class _Falling(str):
    """A text that sorts the other way round."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)


def _sortable(value: Any, sign: int) -> Any:
    if isinstance(value, str):
        text = value.casefold()
        return text if sign > 0 else _Falling(text)
    return value * sign


def members(chosen: Numbers) -> Iterator[int]:
    for place, byte in enumerate(chosen.to_bytes((chosen.bit_length() + 7) // 8, "little")):
        if byte:
            for bit in range(8):
                if byte >> bit & 1:
                    yield place * 8 + bit


def held_of(numbers: Iterable[int], chosen: Numbers) -> Iterator[int]:
    """Those that are in the set."""
    return _walked(numbers, chosen, -1)


def _walked(order: Iterable[int], chosen: Numbers, end: int) -> Iterator[int]:
    bits = chosen.to_bytes((chosen.bit_length() + 7) // 8, "little")
    last, found = len(bits) * 8, 0
    for n in order:
        if n < last and bits[n >> 3] >> (n & 7) & 1:
            yield n
            found += 1
            if found == end:
                return


def set_of(numbers: Iterable[int]) -> Numbers:
    listed = list(numbers)
    if not listed:
        return 0
    digits = bytearray(b"0") * (max(listed) + 1)
    for n in listed:
        digits[~n] = ONE
    return int(digits, 2)


def union(sets: Iterable[Numbers]) -> Numbers:
    together = 0
    for each in sets:
        together |= each
    return together


def _grouped(rows: Mapping[int, Row], name: str) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for n, row in rows.items():
        groups.setdefault(row[AT[name]] or "", []).append(n)
    return groups


def _joined(held: Mapping[str, Numbers], groups: Mapping[str, list[int]]) -> dict[str, Numbers]:
    return {**held, **{value: held.get(value, 0) | set_of(numbers) for value, numbers in groups.items()}}


def _row(connection: "Connection", number: int) -> Row | None:
    found = connection.execute(f"{_SELECT} AND n = ?", (number,)).fetchone()
    return None if found is None else found[1:]


def _of(row: Row | None, name: str) -> Any:
    return None if row is None else row[AT[name]]
