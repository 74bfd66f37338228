"""What questions to the catalogue cost: no trip in steady state, one small read a second for the pointer.

Their CPU at several sizes is measured by `python -m tests.bench.catalogue`.
"""

from collections.abc import Iterator

import pytest

from chalicelib.catalog.index import holding
from tests.bench.meter import Meter
from tests.bench.operations import QUERY, READ, READ_MANY
from tests.factories import courses, shelf
from tests.http.api import Api, Person

Scene = tuple[Api, Person, Person, str]


@pytest.fixture
def meter() -> Iterator[Meter]:
    with Meter() as counting:
        yield counting


@pytest.fixture
def scene(api: Api) -> Scene:
    """A loaded instance whose pointer needs no look, a teacher with a draft, an administrator, a published course."""
    teacher, boss = api.member("meera", roles=("instructor",)), api.admin()
    course = courses.a_course(teacher.id, title="Waves")
    courses.a_draft(teacher.id, title="Particles")
    shelf.published()
    for token in (None, teacher.access, boss.access):
        api.get("/courses-public", token=token)
    holding._holder.looked = float("inf")
    return api, teacher, boss, course.id


@pytest.mark.row("M125")
def test_lists_search_relatives_and_lessons_make_no_trip(scene: Scene, meter: Meter) -> None:
    api, teacher, _, course = scene
    meter.forget()
    for path in ("/courses", "/search?q=wavs&facets=true", f"/courses/{course}/related", "/lessons?q=lesson"):
        assert api.get(path).status == 200
    assert api.get("/courses?scope=published", token=teacher.access).status == 200
    assert meter.names() == []


def test_own_drafts_cost_a_query_and_a_batch_and_those_of_all_the_standing_alone(scene: Scene, meter: Meter) -> None:
    api, teacher, boss, _ = scene
    meter.forget()
    assert api.get("/courses", token=teacher.access).json()["count"] == 2
    assert tuple(meter.names()) == (QUERY, READ_MANY)
    meter.forget()
    assert api.get("/courses", token=boss.access).json()["count"] == 2
    assert len(meter.names()) == 1


def test_a_look_at_the_pointer_is_half_a_read_unit(scene: Scene, meter: Meter) -> None:
    api = scene[0]
    shelf.looked_away()
    meter.forget()
    assert api.get("/courses").status == 200
    assert api.get("/courses").status == 200
    assert (tuple(meter.names()), meter.reads, meter.writes) == ((READ,), 0.5, 0)
