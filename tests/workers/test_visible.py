"""A change of a course is seen by everybody within two seconds: the real triggers run, and nobody hurries them."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import House
from tests.factories import courses, people
from tests.http.api import Api, Person

SECONDS = 2.0


@pytest.fixture
def running(clean: House, api: Api) -> Iterator[Person]:
    """Somebody who teaches, while streams and queues are read as in the local cloud. There is a catalogue."""
    teacher = api.member("tessa", roles=("instructor",))
    people.verified(teacher.id)
    courses.a_course(teacher.id)
    clean.driver.settle()
    assert len(listed(api)) == 1
    stop = threading.Event()
    threads = clean.driver.run(stop)
    yield teacher
    stop.set()
    for thread in threads:
        thread.join()


def listed(api: Api) -> list[str]:
    return [each["title"] for each in api.get("/courses").json()["results"]]


def until(seen: Callable[[], bool]) -> bool:
    """Ask again and again; False where it has not come within the time that is promised."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if seen():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.row("E44")
def test_what_is_published_changed_and_taken_back_is_seen_within_two_seconds(api: Api, running: Person) -> None:
    draft = courses.a_draft(running.id, lessons=1, title="A very new course")
    path = f"/courses/{draft.id}"
    assert api.post(f"{path}/publish", token=running.access).status == 200
    assert until(lambda: "A very new course" in listed(api))
    assert api.patch(path, {"title": "A better name"}, token=running.access).status == 200
    assert until(lambda: api.get("/search?q=better").json()["count"] == 1)
    assert api.post(f"{path}/unpublish", token=running.access).status == 200
    assert until(lambda: "A better name" not in listed(api) and api.get("/search?q=better").json()["count"] == 0)
    assert api.get(path).status == 404
