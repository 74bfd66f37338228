"""What one request of each operation costs: calls to AWS one after the other, read units, write units, exactly.

The rows stand in `tests/bench/operations.py`. A failing row names its calls with their units.
"""

from collections.abc import Iterator
from copy import deepcopy

import pytest

from chalicelib import clock
from chalicelib.web import limits
from infra.local import resources
from tests.bench import till
from tests.bench.meter import Call, Meter
from tests.bench.operations import OPERATIONS, Operation, grown, scene, warm
from tests.conftest import House
from tests.http.api import Api, Person


@pytest.fixture
def meter() -> Iterator[Meter]:
    with Meter() as counting:
        yield counting


@pytest.fixture
def product(api: Api, clean: House) -> tuple[Person, Person]:
    """The scene. It speaks of this minute, so it is made once a minute, and brought back in between."""
    minute = f"budgets-{clock.now():%H%M}"
    if minute not in _MADE or not resources.recalled(clean.cloud, minute):
        people = scene(api)
        resources.remember(clean.cloud, minute)
        _MADE[minute] = people, deepcopy(limits._leases)
    people, leases = _MADE[minute]
    limits._leases.update(deepcopy(leases))
    warm()
    return people


_MADE: dict[str, tuple[tuple[Person, Person], dict[tuple[str, str], limits._Lease]]] = {}


@pytest.fixture(autouse=True)
def _stripe() -> Iterator[None]:
    with till.opened():
        yield


@pytest.mark.parametrize("operation", OPERATIONS, ids=[each.name for each in OPERATIONS])
def test_an_operation_keeps_to_its_trips_and_units(
    product: tuple[Person, Person], api: Api, meter: Meter, operation: Operation
) -> None:
    me, boss = product
    meter.forget()
    reply = operation.request(api, me, boss)
    calls = "; ".join(map(str, meter.calls))
    assert reply.status == operation.status, reply.body
    assert tuple(meter.names()) == operation.trips, f"{operation.name}: {calls}"
    assert (meter.reads, meter.writes) == (operation.reads, operation.writes), f"{operation.name}: {calls}"


@pytest.mark.row("M125")
def test_no_operation_costs_more_in_a_product_a_hundred_times_as_large(clean: House, api: Api, meter: Meter) -> None:
    seen: dict[str, list[list[Call]]] = {each.name: [] for each in grown()}
    for factor in (1, 10, 100):
        clean.wipe()
        limits.forget()
        me, boss = scene(api, factor)
        for operation in grown():
            meter.forget()
            assert operation.request(api, me, boss).status == operation.status
            seen[operation.name].append(list(meter.calls))
    growing = {
        name: list(map(str, calls)) for name, (small, *larger) in seen.items() for calls in larger if calls != small
    }
    assert growing == {}
