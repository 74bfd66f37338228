"""The demo that one meets in the local cloud: people, shelves full of courses, learners at all stages, orders
and goals.

`serve` fills an empty table with it. It goes through the product's own rules, with the moments it is said to have
happened at; everything about it but the ids is the same at each start. Shelves, and then learners, are made side by
side: no two of them touch the same items.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import TypeVar

from chalicelib.catalog.index import building
from infra.local.demo import bank as banks
from infra.local.demo import goals, learning, people, purchases, shelves
from infra.local.demo.people import Cast
from infra.local.stripe.server import Stripe

T = TypeVar("T")
R = TypeVar("R")
#: More would wait for the local cloud, which answers one after the other.
AT_ONCE = 2


def enter() -> Cast:
    """Its people alone, who can sign in and begin something of their own."""
    return dict(_side_by_side(people.enter, people.CAST))


def seed(bank: Stripe | None = None) -> None:
    """`bank` takes what is paid. Without one, as with a test account at Stripe, nothing is bought."""
    cast = enter()
    made = _side_by_side(lambda shelf: shelves.fill(shelf, cast), shelves.ALL)
    stock = {title: course for shelf in made for title, course in shelf.courses.items()}
    building.note([course.id for course in stock.values()] + [id for shelf in made for id in shelf.lessons])
    building.rebuild()
    _side_by_side(lambda code: purchases.give_out(code, cast, stock), purchases.CODES)
    with banks.at_work(bank) if bank else nullcontext():
        _side_by_side(lambda learner: learning.live(learner, cast, stock, bank), learning.ALL)
        if bank:
            _side_by_side(partial(purchases.live, cast=cast, stock=stock, bank=bank), purchases.BUYERS)
    _side_by_side(lambda person: goals.live(person, cast, stock), goals.ALL)


def _side_by_side(work: Callable[[T], R], things: Iterable[T]) -> list[R]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, things))
