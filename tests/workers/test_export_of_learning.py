"""What learners do, as the ML side gets it: fixed words, numbers and ids of the catalogue, and nothing else."""

from typing import Any

import pytest

from chalicelib.catalog.ids import lesson_of
from chalicelib.learning import ids
from chalicelib.ml import compaction
from chalicelib.ml.datasets import COMMON, DATASETS, learned
from chalicelib.table import keys
from functions import export_for_ml
from tests.conftest import House
from tests.factories import courses
from tests.factories.exports import compacted, pseudonym, stream
from tests.http.api import Api, Person

NAME = "lesson_interactions_raw"
DATASET = DATASETS[NAME]
COURSE, LINA = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F", "usr_01KAKZ6Q8M4T6V1N2B3C4D5E6G"


@pytest.fixture
def learner() -> Person:
    return Api().member("lina")


def step(api: Api, who: Person, path: str, body: dict[str, Any]) -> None:
    assert api.post(path, body, token=who.access).status in (200, 201)


@pytest.mark.row("K38")
def test_each_step_of_a_learner_is_a_row_with_what_was_done_and_how_far_that_is(clean: House, learner: Person) -> None:
    api, teacher = Api(), Api().member("tessa", roles=("instructor",))
    course = courses.a_course(teacher.id, lessons=2, title="Secret words")
    step(api, learner, "/enrollments", {"course": course.id})
    for ordinal in (1, 2):
        step(api, learner, f"/lessons/{lesson_of(course.id, ordinal)}/progress", {"completed": True})
    told = courses.facts()
    day = min(fact["at"]["S"] for fact in told)[:10]
    assert export_for_ml.handler(stream(*told), None) == {"batchItemFailures": []}
    compaction.compact(day)
    found = compacted(day, NAME)
    assert found.manifest.complete
    assert [(row["what"], row["ver"], row["percentage"]) for row in found.rows] == [
        ("enrollment.created", 1, None),
        ("lesson.completed", 2, 50),
        ("lesson.completed", 3, 100),
        ("enrollment.completed", None, None),
    ]
    assert {row["pseudonym"] for row in found.rows} == {pseudonym(learner.id)}
    assert {row["course"] for row in found.rows} == {course.id}
    assert all(set(row) == {*COMMON, *DATASET.columns} for row in found.rows)
    assert learner.id.removeprefix("usr_") not in str(found.rows)
    assert "Secret" not in str(found.rows)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("course", "crs_short"),
        ("course", f"{COURSE} and more"),
        ("course", 7),
        ("lesson", LINA),
        ("ordinal", 10_000),
        ("ordinal", True),
        ("ordinal", "1"),
        ("percentage", 100.5),
        ("percentage", -1),
        ("via", "a friend"),
    ],
)
def test_a_column_takes_what_it_is_for_and_nothing_else(name: str, value: Any) -> None:
    assert DATASET.columns[name]({name: value}) is None


def test_an_item_is_found_by_the_id_of_what_happened() -> None:
    lesson = "les_01KAKZ6Q8M4T6V1N2B3C4D5E6H"
    assert learned(ids.enrollment_of(LINA, COURSE)) == keys.enrollment(LINA, COURSE)
    assert learned(ids.lone_progress_of(LINA, lesson)) == keys.lone_progress(LINA, lesson)
    assert learned("crs_1") is None
