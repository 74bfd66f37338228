"""A learner's name and address, what is hidden on a certificate, and what files are called, reach nobody else.

They are planted as in test_locked_words, and every reading route is asked about them by people who have no business
there.
"""

import re
from typing import TYPE_CHECKING

import pytest

from app import app
from chalicelib.catalog.ids import lesson_of
from chalicelib.learning import ids
from tests.factories import certificates, courses, media, shelf
from tests.security import crew
from tests.security.client import Api
from tests.security.test_locked_words import DOMAINS, accepted, enrolled

if TYPE_CHECKING:
    from tests.conftest import House

NAME, ADDRESS, FILE = "Zzlearnername", "zzlearneraddress@example.org", "zzfilename.png"
SECRETS = (NAME, ADDRESS, FILE)


@pytest.fixture
def planted(clean: "House", api: Api) -> dict[str, str]:
    """A learner with a certificate that hides who holds it, in a course of an instructor who has uploaded a file."""
    teacher = crew.join("teacher", "instructor")
    learner = crew.join("zzlearnerhandle", email=ADDRESS, first_name=NAME)
    course = courses.a_course(teacher.id, 2)
    enrolled(learner, course)
    finished = certificates.certificate(learner.id, certificates.course(teacher.id))
    shown = api.call("PATCH", f"/api/v1/certificates/{finished.id}", {"shows": {"holder": False}}, token=learner.access)
    assert shown.status == 200
    assert NAME in shown.everything()
    upload = media.asked(owner=teacher.id, filename=FILE)
    own = api.get(f"/api/v1/media/{upload.id}", token=teacher.access).everything()
    seen = api.get(f"/api/v1/enrollments?course={course.id}", token=teacher.access).everything()
    assert FILE in own
    assert NAME in seen
    assert ADDRESS not in seen
    shelf.published()
    return {
        "course_id": course.id,
        "lesson_id": lesson_of(course.id, 1),
        "enrollment_id": ids.enrollment_of(learner.id, course.id),
        "progress_id": ids.progress_of(learner.id, course.id, 1),
        "certificate_id": finished.id,
        "code": finished.code,
        "media_id": upload.id,
        "user_id": learner.id,
        "user": learner.id,
        "course": course.id,
    }


@pytest.mark.row("K09", "X17")
@pytest.mark.parametrize("who", ["anonymous", "student", "rival"])
def test_no_answer_to_a_stranger_has_a_learners_name_or_the_name_of_a_file(
    api: Api, planted: dict[str, str], who: str
) -> None:
    roles = {"student": (), "rival": ("instructor",)}
    token = crew.join(who, *roles[who]).access if who in roles else None
    leaks, answered = set(), 0
    for route in app.operations:
        if route.method == "GET" and route.view.__module__.startswith(DOMAINS):
            path = re.sub(r"{(\w+)}", lambda found: planted.get(found[1], "unknown"), route.path)
            queries = [f"{name}={planted[name]}" for name in {"user", "course"} & set(accepted(route))]
            queries += [f"{name}={word[:9]}" for name in {"q", "search"} & set(accepted(route)) for word in SECRETS]
            for query in ["", *queries]:
                answer = api.get(f"{path}?{query}" if query else path, token=token)
                assert answer.status < 500, (path, answer.body)
                answered += answer.status == 200
                leaks |= {f"{word} from {route.path}?{query}" for word in SECRETS if word in answer.everything()}
    assert leaks == set()
    assert answered > 10
