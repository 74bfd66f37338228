"""The catalogue from facts to files: what follows a change, what heals, and that two builders lose nothing."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import aws, clock
from chalicelib.catalog.index import asking, building, deltas, gathering, holding, lessons, objects, reading
from chalicelib.catalog.index.asking import Query
from chalicelib.catalog.index.building import Changes
from chalicelib.catalog.index.lessons import LessonQuery
from chalicelib.catalog.records import IndexPointer, Tally
from chalicelib.errors import Unavailable
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from infra import index
from tests.conftest import House
from tests.factories import courses, people, shelf

MEERA = "usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F"


def titles(query: str = "") -> set[str]:
    shelf.looked_away()
    found = asking.found(holding.current(), Query(text=query))
    return {each.card.split('"title":"')[1].split('"')[0] for each in found.results}


def publish(*things: str, **more: Any) -> building.Published:
    return building.publish(Changes(frozenset(things), **more), time.monotonic() + 10)


def pointer() -> IndexPointer:
    found = reads.one(IndexPointer, keys.index_pointer(holding.NAME))
    assert found
    return found


def spoil(key: str) -> None:
    aws.client("s3").put_object(Bucket=settings.catalog_bucket, Key=key, Body=b"spoilt")


def lose(key: str) -> None:
    aws.client("s3").delete_object(Bucket=settings.catalog_bucket, Key=key)


@pytest.mark.row("E44", "M102")
def test_every_change_of_a_course_is_in_the_catalogue_once_its_fact_was_told(clean: House) -> None:
    course = courses.a_course(MEERA, title="Waves")
    draft = courses.a_draft(MEERA, title="Particles")
    clean.driver.settle()
    assert titles() == {"Waves"}
    courses.edited(course.id, title="Waves and light")
    courses.a_lesson(draft.id, MEERA)
    courses.edited(draft.id, status="published")
    clean.driver.settle()
    assert titles() == {"Waves and light", "Particles"}
    courses.unpublished(course.id)
    clean.driver.settle()
    assert titles() == {"Particles"}
    courses.deleted(draft.id)
    clean.driver.settle()
    assert titles() == set()


def test_a_teacher_of_another_name_is_found_by_it_and_one_who_is_suspended_offers_nothing(clean: House) -> None:
    meera = people.enlisted("meera", roles=("instructor",), first_name="Meera")
    course = courses.a_course(meera.id, title="Waves")
    publish(course.id)
    assert titles("meera") == {"Waves"}
    meera.first_name = "Mira"
    alone(put(meera))
    publish(people=frozenset({meera.id}))
    assert (titles("mira"), titles("meera")) == ({"Waves"}, set())
    meera.banned_at = clock.now()
    alone(put(meera))
    publish(people=frozenset({meera.id}))
    assert titles() == set()


def test_a_shelf_of_another_name_is_called_so_on_its_courses(clean: House) -> None:
    physics = courses.a_category("Physics")
    course = courses.a_course(MEERA, title="Waves", category_id=physics.id)
    building.rebuild([course.id])
    physics.title = "Natural science"
    alone(put(physics))
    publish(categories=frozenset({physics.id}), shelves=True)
    assert titles("natural") == {"Waves"}
    counted = asking.found(holding.current(), Query(facets=True)).facets or {}
    assert [(each["value"], each["count"]) for each in counted["category"]] == [(physics.id, 1)]


def test_numbers_that_were_read_after_a_fact_are_not_read_again_for_it(clean: House) -> None:
    course, now = courses.a_course(MEERA, title="Waves"), int(time.time())
    publish(course.id)
    publish(course.id)
    assert publish(counted={course.id: now - 60}).entries == 0
    alone(put(Tally.under(keys.tally(course.id), course_id=course.id, students=7)))
    assert publish(counted={course.id: now}).entries == 1
    shelf.looked_away()
    assert '"students":7' in asking.found(holding.current(), Query()).results[0].card


def test_the_files_are_made_anew_when_the_pointer_is_lost(clean: House) -> None:
    course = courses.a_course(MEERA, title="Waves")
    clean.driver.settle()
    assert titles() == {"Waves"}
    before = pointer()
    reads.call("delete_item", TableName=settings.table_name, Key=reads.raw_key(before.key))
    assert titles() == {"Waves"}
    clean.driver.settle()
    assert int(pointer().sequence) > int(before.sequence)
    courses.unpublished(course.id)
    clean.driver.settle()
    assert titles() == set()


@pytest.mark.parametrize("harm", [spoil, lose], ids=["damaged", "missing"])
@pytest.mark.parametrize("which", ["base", "delta"])
def test_an_instance_with_a_catalogue_answers_from_it_and_one_without_says_so_until_it_is_healed(
    clean: House, harm: Callable[[str], None], which: str
) -> None:
    course = courses.a_course(MEERA, title="Waves")
    clean.driver.settle()
    courses.edited(course.id, title="Light")
    clean.driver.settle()
    harm(getattr(pointer(), which))
    holding.forget()
    with pytest.raises(holding.CatalogueUnavailable):
        titles()
    assert reading.page(course.id, clock.now()) is None
    clean.driver.settle()
    assert titles() == {"Light"}


def test_a_healthy_instance_goes_on_while_the_newest_files_are_damaged(clean: House) -> None:
    course = courses.a_course(MEERA, title="Waves")
    publish(course.id)
    assert titles() == {"Waves"}
    courses.edited(course.id, title="Light")
    publish(course.id)
    spoil(pointer().delta or "")
    assert titles() == {"Waves"}
    clean.driver.settle()
    assert titles() == {"Light"}


def test_asking_for_files_that_are_in_order_makes_none(clean: House) -> None:
    publish(courses.a_course(MEERA).id)
    before = pointer().base
    holding.ask_for_rebuild(clock.now())
    holding.ask_for_rebuild(clock.now())
    clean.driver.settle()
    assert pointer().base == before


def test_of_two_builders_the_slower_reads_again_and_loses_nothing(
    clean: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = courses.a_course(MEERA, title="One"), courses.a_course(MEERA, title="Other")
    building.rebuild(())
    entries, raced = gathering.entries, list[str]()

    def slowly(things: Any, now: Any) -> Any:
        read = list(entries(things, now))
        if not raced:
            raced.append("yes")
            courses.edited(one.id, title="One, renamed")
            publish(one.id, other.id)
        return read

    monkeypatch.setattr(gathering, "entries", slowly)
    publish(one.id)
    assert titles() == {"One, renamed", "Other"}


def test_what_is_published_while_a_base_is_made_is_carried_over(clean: House, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = courses.a_course(MEERA, title="One"), courses.a_course(MEERA, title="Other")
    building.rebuild([one.id])
    put_file, raced = objects.put_file, list[str]()

    def slowly(folder: str, path: Any) -> str:
        if not raced:
            raced.append("yes")
            courses.unpublished(one.id)
            publish(one.id, other.id)
        return put_file(folder, path)

    monkeypatch.setattr(objects, "put_file", slowly)
    building.rebuild([one.id, other.id])
    assert titles() == {"Other"}
    publish(other.id)
    assert titles() == {"Other"}


def test_an_older_pointer_that_is_read_late_takes_nothing_back(clean: House) -> None:
    course = courses.a_course(MEERA, title="Waves")
    publish(course.id)
    older = pointer()
    courses.edited(course.id, title="Light")
    publish(course.id)
    assert titles() == {"Light"}
    alone(put(older))
    assert titles() == {"Light"}


def test_facts_in_another_order_and_twice_leave_the_same_catalogue(clean: House) -> None:
    course = courses.a_course(MEERA, title="Waves")
    courses.unpublished(course.id)
    for _ in range(2):
        publish(course.id)
    assert titles() == set()
    courses.edited(course.id, status="published")
    publish(course.id)
    publish(course.id)
    assert titles() == {"Waves"}


def test_a_large_delta_becomes_a_base(clean: House, monkeypatch: pytest.MonkeyPatch) -> None:
    course = courses.a_course(MEERA, title="Waves")
    publish(course.id)
    publish(course.id)
    assert pointer().delta
    before = pointer().base
    monkeypatch.setattr(deltas, "LARGEST", 100)
    courses.edited(course.id, title="Light")
    publish(course.id)
    assert pointer().delta is None
    assert pointer().base != before
    assert titles() == {"Light"}
    holding.forget()
    assert titles() == {"Light"}


def test_the_nightly_clock_brings_in_what_was_missed(clean: House) -> None:
    course = courses.a_course(MEERA, title="Waves")
    publish(course.id)
    courses.edited(course.id, title="Light")
    clean.driver.fire("rebuild_catalog")
    assert titles() == {"Light"}


def test_the_command_finds_courses_that_no_fact_told_of(clean: House, capsys: pytest.CaptureFixture[str]) -> None:
    courses.a_course(MEERA, title="Waves")
    courses.a_lesson(None, MEERA, title="Counting ducks", kg_class="KG1")
    assert index.rebuilt(scanning=False) == 0
    assert titles() == set()
    assert index.rebuilt(scanning=True) == 0
    assert "2 courses and lessons" in capsys.readouterr().out
    assert titles() == {"Waves"}
    assert lessons.found(holding.current(), LessonQuery(text="ducks")).count == 1


def test_a_table_that_does_not_answer_is_no_reason_to_forget(clean: House, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(courses.a_course(MEERA, title="Waves").id)
    assert titles() == {"Waves"}

    def silent(*_: Any, **__: Any) -> Any:
        raise Unavailable

    monkeypatch.setattr(reads, "one", silent)
    assert titles() == {"Waves"}
    holding.forget()
    with pytest.raises(holding.CatalogueUnavailable):
        titles()
