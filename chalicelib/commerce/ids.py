"""Ids of commerce say whose they are: `ord_<order>-<user>` and `rfd_<number>-<order>-<user>`.

The id of an order follows from the cart that it was made of, so the same cart cannot be ordered twice.
"""

import re
from typing import NamedTuple

from chalicelib.catalog.ids import ULID
from chalicelib.clock import derived_id

_ORDER = re.compile(rf"ord_({ULID})-({ULID})")
_REFUND = re.compile(rf"rfd_([1-9]\d{{0,3}})-({ULID})-({ULID})")


class Ordered(NamedTuple):
    """An order of a person; `order` is the part of the id that keys are made of."""

    user: str
    order: str


class GivenBack(NamedTuple):
    user: str
    order: str
    number: int


def order_of(user: str, cart_ver: int) -> str:
    """The one order that can come out of this state of somebody's cart."""
    return f"{derived_id('ord', 'order', user, str(cart_ver))}-{user.removeprefix('usr_')}"


def ordered(order: str) -> Ordered | None:
    """None for what is no id of an order."""
    found = _ORDER.fullmatch(order)
    return None if found is None else Ordered(f"usr_{found[2]}", found[1])


def place_of(order: str) -> Ordered:
    """The same for an order that was read from the table: its id is one, or it is no order of ours (ValueError)."""
    place = ordered(order)
    if place is None:
        raise ValueError(order)
    return place


def refund_of(order: str, number: int) -> str:
    return f"rfd_{number}-{order.removeprefix('ord_')}"


def given_back(refund: str) -> GivenBack | None:
    """None for what is no id of a refund."""
    found = _REFUND.fullmatch(refund)
    return None if found is None else GivenBack(f"usr_{found[3]}", found[2], int(found[1]))
