"""Ids of goals say whose and which: `gol_<number>-<user>` and `gp_<goal>-<number>-<user>`; both end in their owner."""

import re
from typing import NamedTuple

from chalicelib.catalog.ids import ULID

_NUMBER = r"[1-9]\d{0,11}"
_GOAL = re.compile(rf"gol_({_NUMBER})-({ULID})")
_ENTRY = re.compile(rf"gp_({_NUMBER})-({_NUMBER})-({ULID})")


class Intended(NamedTuple):
    """A goal of a person."""

    user: str
    goal: int


class Logged(NamedTuple):
    """An entry of a goal of a person."""

    user: str
    goal: int
    number: int


def goal_of(user: str, number: int) -> str:
    return f"gol_{number}-{user.removeprefix('usr_')}"


def intended(goal: str) -> Intended | None:
    """None for what is no id of a goal."""
    found = _GOAL.fullmatch(goal)
    return None if found is None else Intended(f"usr_{found[2]}", int(found[1]))


def number(text: str) -> int | None:
    """None for what is no number of a goal or an entry."""
    return int(text) if re.fullmatch(_NUMBER, text) else None


def entry_of(user: str, goal: int, number: int) -> str:
    return f"gp_{goal}-{number}-{user.removeprefix('usr_')}"


def logged(entry: str) -> Logged | None:
    """None for what is no id of an entry."""
    found = _ENTRY.fullmatch(entry)
    return None if found is None else Logged(f"usr_{found[3]}", int(found[1]), int(found[2]))
