"""Courses that are drafts, put away or gone: nobody learns that they are there who may not see them.

Whoever does not find a course is answered as if it had never been, by every route that names it or what hangs on it.
"""

import json
import re
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.catalog.ids import lesson_of
from chalicelib.learning import ids
from tests.security import matrix
from tests.security.client import Answer, Api
from tests.security.matrix import Row, Stage

Objects = dict[str, str]
PARTS = ("course", "lesson", "second", "section", "enrollment", "step")
ROWS = {route: row for route, row in matrix.rows().items() if set(re.findall("<([a-z]+)>", row.path)) & (set(PARTS))}
#: Who finds a course of the instructor when nobody else does. Student A has enrolled, but in a draft nobody has.
FINDS = {
    "draft": {"instructor", "admin"},
    "unpublished": {"student", "instructor", "admin"},
    "archived": {"student", "instructor", "admin"},
    "deleted": set[str](),
}
ACTORS = ("anonymous", "student", "other", "instructor", "rival", "admin", "premium")
#: What somebody has achieved is theirs, whatever becomes of the course; and those who taught it still see it.
KEPT = ("/enrollments", "/enroll", "progress/{progress_id}")
KEEPERS = ("student", "instructor", "admin")


def is_kept(route: str) -> bool:
    return route.endswith(KEPT) or "/enrollments/" in route


def course_of(stage: Stage, state: str) -> Objects:
    """A course in this state, and what hangs on it."""
    stage.state = "draft" if state == "draft" else "published"
    _, wanted = stage.request(Row("", {}, "", [f"<{part}>" for part in PARTS]), "student")
    matrix.STATES[state](wanted[0])
    return dict(zip(PARTS, wanted, strict=True))


def nothing(stage: Stage) -> Objects:
    """What would hang on a course that has never been."""
    student, course = stage.actors["student"].id, clock.new_id("crs")
    first, second = lesson_of(course, 1), lesson_of(course, 2)
    made = (course, first, second, clock.new_id("sec"), ids.enrollment_of(student, course))
    return dict(zip(PARTS, (*made, ids.progress_of(student, course, 1)), strict=True))


def tried(stage: Stage, row: Row, actor: str, objects: Objects) -> Answer:
    text, path = json.dumps(row.body), row.path
    for name, value in objects.items():
        text, path = text.replace(f"<{name}>", value), path.replace(f"<{name}>", value)
    return stage.api.call(row.method, path, json.loads(text), token=stage.token(actor))


def told(answer: Answer, objects: Objects) -> Any:
    """All that tells one refusal from another, without the ids that the caller sent."""
    if answer.status < 400:
        return answer.status
    problem = json.dumps({name: answer.json()[name] for name in ("status", "code", "title", "detail", "errors")})
    for name, value in objects.items():
        problem = problem.replace(value, f"<{name}>")
    return problem


@pytest.mark.row("X14", "C07")
@pytest.mark.parametrize("state", FINDS)
def test_who_may_not_see_a_course_is_told_what_they_would_be_told_of_none(api: Api, state: str) -> None:
    stage = matrix.stage(api)
    there, never = course_of(stage, state), nothing(stage)
    differ = []
    for route, row in ROWS.items():
        for actor in ACTORS:
            if actor in FINDS[state] or (is_kept(route) and actor in KEEPERS):
                continue
            one, other = (told(tried(stage, row, actor, each), each) for each in (there, never))
            if one != other:
                differ.append(f"{route} as {actor}: {one} but {other}")
    assert differ == []


@pytest.mark.parametrize("state", [state for state, finders in FINDS.items() if finders])
def test_who_may_see_a_course_reads_it_as_if_it_were_published(api: Api, state: str) -> None:
    stage = matrix.stage(api)
    there, wrong = course_of(stage, state), []
    for route, row in ROWS.items():
        if row.method == "GET" and not (
            state == "draft" and set(re.findall("<([a-z]+)>", row.path)) & {"enrollment", "step"}
        ):
            for actor in FINDS[state]:
                answer = tried(stage, row, actor, there)
                if answer.status != row.expect[actor]:
                    wrong.append(f"{route} as {actor}: {answer.status}")
    assert wrong == []


def test_what_a_learner_has_done_in_a_course_that_is_gone_is_still_theirs_alone(api: Api) -> None:
    stage = matrix.stage(api)
    there = course_of(stage, "deleted")
    for path in ("enrollments/<enrollment>", "enrollments/<enrollment>/completion", "lesson-progress/<step>"):
        row = matrix.Row("GET", {}, f"/api/v1/{path}")
        assert tried(stage, row, "student", there).status == 200, path
        assert tried(stage, row, "other", there).status == 404, path
