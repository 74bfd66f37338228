"""After the erasure of a teacher and of a learner, a look at all that is kept: no name, no file name, no mail."""

import json
from dataclasses import dataclass

import pytest

from chalicelib import aws, clock
from chalicelib.accounts import privacy
from chalicelib.accounts.records import User
from chalicelib.catalog.index import asking, holding
from chalicelib.catalog.index.asking import Query
from chalicelib.catalog.records import Media
from chalicelib.insight.holders import HOLDERS
from chalicelib.learning.certificates import erasing, printing, verifying
from chalicelib.learning.records import Certificate
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import by_system
from chalicelib.table.writes import alone, put
from tests.conftest import House
from tests.factories import courses, goals, shelf
from tests.http.api import Api, Person
from tests.http.test_privacy import ask_erasure, whole_table

TEACHER_SAID = ("Zephyrine", "Oxblood", "quokka-77", "zq.canary", "Oxfilm")
LEARNER_SAID = ("Quillon", "Marrowby", "wombat-77", "qm.canary")


@dataclass(frozen=True)
class Scene:
    """A published course, and somebody who has finished it and has a certificate with its paper."""

    api: Api
    house: House
    teacher: Person
    learner: Person
    course_id: str
    code: str
    paper: bytes


def papers() -> list[bytes]:
    s3, place = aws.client("s3"), settings.certificates_bucket
    listed = s3.list_objects_v2(Bucket=place).get("Contents", [])
    return [s3.get_object(Bucket=place, Key=each["Key"])["Body"].read() for each in listed]


@pytest.fixture
def scene(api: Api, clean: House) -> Scene:
    teacher = api.member("quokka-77", first_name="Zephyrine Oxblood", email="zq.canary@example.org",
                         roles=("instructor",))  # fmt: skip
    learner = api.register("wombat-77", first_name="Quillon", last_name="Marrowby", email="qm.canary@example.org")
    for name in ("Quillon's first song", "A letter to Aunt Marrowby"):
        goals.logged(goals.a_goal(learner.id, name=name), text="Marrowby heard it")
    api.delete("/goals/2", token=learner.access)
    film = {"owner_id": teacher.id, "object_key": "u/1", "what": "video", "content_type": "video/mp4", "bytes": 7}
    alone(put(Media.under(keys.media(teacher.id, "med_1"), id="med_1", ver=1, filename="Oxfilm.mp4", **film)))
    course = courses.a_course(teacher.id, title="Waves", lessons=1)
    assert api.post("/enrollments", {"course": course.id}, token=learner.access).status == 201
    [lesson] = api.get(f"/courses/{course.id}/lessons", token=learner.access).json()["results"]
    done = api.post(f"/lessons/{lesson['id']}/progress", {"completed": True}, token=learner.access)
    assert done.status == 200
    clean.driver.settle()
    certificate = reads.one(Certificate, keys.certificate(learner.id, course.id))
    assert certificate
    [paper] = papers()
    return Scene(api, clean, teacher, learner, course.id, certificate.code, paper)


def erased(scene: Scene, person: Person) -> None:
    """As the nightly clock does it, twice: it may have been killed at any point of the first."""
    ask_erasure(scene.api, person)
    user = reads.one(User, keys.user(person.id))
    assert user
    assert user.erasure_due
    for _ in range(2):
        assert privacy.erase(by_system("night"), person.id, as_of=user.erasure_due, holders=HOLDERS)
    scene.house.driver.settle()


@pytest.mark.row("B15")
def test_of_a_teacher_who_was_erased_nothing_tells_the_name(scene: Scene) -> None:
    shelf.looked_away()
    assert "Zephyrine" in asking.found(holding.current(), Query()).results[0].card
    assert [word for word in TEACHER_SAID[:2] if word not in whole_table()] == []
    erased(scene, scene.teacher)
    assert [word for word in TEACHER_SAID if word in whole_table()] == []
    shelf.looked_away()
    shown = json.dumps([*holding.held().shelf.closed("course", 9), asking.found(holding.current(), Query()).results])
    assert [word for word in TEACHER_SAID if word in shown] == []


@pytest.mark.row("B15")
def test_a_certificate_outlives_its_teacher_and_names_them_no_more(scene: Scene) -> None:
    erased(scene, scene.teacher)
    found = verifying.verify(scene.code, clock.now())
    assert (found.status, found.sayings["holder"]) == ("valid", "Quillon Marrowby")
    assert "instructor" not in found.sayings
    assert papers() == []
    printing.keep(scene.learner.id, scene.course_id, clock.now())
    assert papers()
    assert papers() != [scene.paper]


def test_a_code_that_has_forgotten_everything_is_not_reminded_of_anything(scene: Scene) -> None:
    erasing.erase(by_system("night"), scene.learner.id)
    erasing.forget_teacher(by_system("night"), scene.teacher.id)
    assert verifying.verify(scene.code, clock.now()).status == "erased"


@pytest.mark.row("B15")
def test_of_a_learner_who_was_erased_nothing_tells_the_name(scene: Scene) -> None:
    assert [word for word in LEARNER_SAID if word not in whole_table()] == []
    erased(scene, scene.learner)
    assert [word for word in LEARNER_SAID if word in whole_table()] == []
    assert papers() == []
