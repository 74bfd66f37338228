"""Double entry: every movement of money is a posting whose entries are nothing together. Pure.

`buyers` is what people paid (negative: it came from them), `platform` and `instructor:<id>` is what we and teachers
have of it, `stripe` is what Stripe keeps. A refund is the mirror of what it gives back; parts are rounded on the sum so
far, so that what is given back whole leaves nothing behind.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.settings import settings

BUYERS = "buyers"
PLATFORM = "platform"
STRIPE = "stripe"

Line = Mapping[str, Any]
Entries = list[list[Any]]
#: By line, what was given back.
Allotment = Mapping[str, int]
#: By teacher and course: [what moved, the platform's part of it, the teacher's].
Shares = Mapping[str, Mapping[str, list[int]]]


def account_of(instructor_id: str) -> str:
    return f"instructor:{instructor_id}"


def part(amount: int, share: int, whole: int) -> int:
    """The part of an amount that a share is of a whole, half up."""
    return (2 * amount * share + whole) // (2 * whole) if whole else 0


def with_fee(line: Line) -> dict[str, Any]:
    """A line with what the platform keeps of it; settled with the order, so that refunds mirror what was captured.

    What no teacher sold is the platform's own.
    """
    total = int(line["total_minor"])
    fee = part(total, settings.platform_fee_percent, 100) if line.get("instructor_id") else total
    return {**line, "fee_minor": fee}


def fee_of(line: Line) -> int:
    return int(line["fee_minor"])


def captured(lines: Iterable[Line]) -> Entries:
    return _entries((line, int(line["total_minor"]), fee_of(line)) for line in lines)


def refunded(lines: Iterable[Line], before: Allotment, after: Allotment) -> Entries:
    """From one allotment to another; the mirror of what was captured for the difference."""
    return _entries((line, *_moved(line, before, after)) for line in lines)


def _moved(line: Line, before: Allotment, after: Allotment) -> tuple[int, int]:
    had, has = before.get(line["id"], 0), after.get(line["id"], 0)
    return had - has, _fee_back(line, had) - _fee_back(line, has)


def _fee_back(line: Line, given_back: int) -> int:
    return part(fee_of(line), given_back, int(line["total_minor"]))


def fee(amount: int) -> Entries:
    """Stripe's own, which the platform bears."""
    return [[PLATFORM, -amount], [STRIPE, amount]] if amount else []


def _entries(moves: Iterable[tuple[Line, int, int]]) -> Entries:
    """Each move is a line, what of it moves, and how much of that is the platform's."""
    sums: Counter[str] = Counter()
    for line, amount, kept in moves:
        sums[BUYERS] -= amount
        sums[PLATFORM] += kept
        if line.get("instructor_id"):
            sums[account_of(line["instructor_id"])] += amount - kept
    return [[account, amount] for account, amount in sorted(sums.items()) if amount]


def teachers(lines: Iterable[Line]) -> dict[str, str]:
    """Who teaches what, by line; what we sell ourselves has nobody."""
    return {line["id"]: line["instructor_id"] for line in lines if line.get("instructor_id")}


def shares(lines: Iterable[Line], before: Allotment | None = None, after: Allotment | None = None) -> Shares:
    """Of the capture where no allotments are named, else of what moves from one to the other."""
    found: dict[str, dict[str, list[int]]] = {}
    for line in lines:
        if line.get("instructor_id"):
            whole = (int(line["total_minor"]), fee_of(line))
            amount, kept = whole if after is None else _moved(line, before or {}, after)
            if amount:
                found.setdefault(line["instructor_id"], {})[line["id"]] = [amount, kept, amount - kept]
    return found


def allotted(lines: Sequence[Line], given_back: int, designated: Allotment) -> dict[str, int]:
    """Which lines a sum that was given back belongs to: what was meant for a line first, the rest by what is left."""
    totals = {line["id"]: int(line["total_minor"]) for line in lines}
    meant = spread_over(given_back, {line: min(total, designated.get(line, 0)) for line, total in totals.items()})
    room = {line: total - meant[line] for line, total in totals.items()}
    rest = spread_over(given_back - sum(meant.values()), room)
    return {line: meant[line] + rest[line] for line in totals if meant[line] + rest[line]}


def spread_over(amount: int, room: Mapping[str, int]) -> dict[str, int]:
    """An amount in proportion to the room there is, whole to the last hundredth: largest remainders first."""
    whole = sum(room.values())
    amount = min(amount, whole)
    if not whole:
        return dict.fromkeys(room, 0)
    parts = {name: amount * space // whole for name, space in room.items()}
    by_remainder = sorted(room, key=lambda name: (-(amount * room[name] % whole), name))
    for name in by_remainder[: amount - sum(parts.values())]:
        parts[name] += 1
    return parts


def refunded_lines(lines: Iterable[Line], before: Allotment, after: Allotment) -> dict[str, int]:
    """By line, how much more was given back."""
    moves = {line["id"]: after.get(line["id"], 0) - before.get(line["id"], 0) for line in lines}
    return {line: amount for line, amount in moves.items() if amount}
