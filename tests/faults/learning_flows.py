"""The flows of learners: coming, leaving and coming back, lesson by lesson to the certificate; and those who wait."""

from datetime import timedelta
from typing import Any

from chalicelib.catalog import bitmaps, lessons
from chalicelib.catalog.ids import lesson_of
from chalicelib.learning import ids
from chalicelib.settings import settings
from infra.local.gateway import Reply
from tests.factories import courses
from tests.faults.flows import Cast, Go, flow
from tests.faults.lab import Lab
from tests.faults.people_flows import firing, keyed, settling


def newcomer(lab: Lab, **course: Any) -> Cast:
    """Somebody before a course that is open."""
    tara = lab.api.member(lab.named("tara"), roles=("instructor",))
    me = lab.api.member(lab.named("lina"), email=lab.address("lina"), first_name="Lina")
    made = courses.a_course(tara.id, lessons=2, **course)
    lab.settle()
    return {"me": me, "teacher": tara, "course": made.id, "enrollment": ids.enrollment_of(me.id, made.id)}


def before_two_seats(lab: Lab) -> Cast:
    return newcomer(lab, capacity=2)


def learner(lab: Lab, **course: Any) -> Cast:
    """Somebody who has enrolled and not begun."""
    cast = newcomer(lab, **course)
    enroll(lab, cast, None)
    lab.settle()
    return cast


def seated(lab: Lab) -> Cast:
    return learner(lab, capacity=2)


def gone(lab: Lab) -> Cast:
    cast = seated(lab)
    leave(lab, cast, None)
    lab.settle()
    return cast


def halfway(lab: Lab) -> Cast:
    """One of two lessons is done."""
    cast = learner(lab)
    finish(1)(lab, cast, None)
    lab.settle()
    return cast


def enroll(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.post("/enrollments", {"course": cast["course"]}, token=cast["me"].access, **keyed(key))


def leave(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.delete(f"/enrollments/{cast['enrollment']}", token=cast["me"].access, **keyed(key))


def finish(ordinal: int) -> Go:
    def go(lab: Lab, cast: Cast, key: str | None) -> Reply:
        path = f"/enrollments/{cast['enrollment']}/mark-lesson-complete"
        body = {"lesson": lesson_of(cast["course"], ordinal)}
        return lab.api.post(path, body, token=cast["me"].access, **keyed(key))

    return go


def report(ordinal: int, **said: Any) -> Go:
    def go(lab: Lab, cast: Cast, key: str | None) -> Reply:
        path = f"/lessons/{lesson_of(cast['course'], ordinal)}/progress"
        return lab.api.post(path, said, token=cast["me"].access, **keyed(key))

    return go


def override(lab: Lab, cast: Cast, key: str | None) -> Reply:
    path = f"/enrollments/{cast['enrollment']}/override"
    return lab.api.put(path, {"unlocked": True}, token=cast["teacher"].access, **keyed(key))


def enrollment(lab: Lab, cast: Cast) -> dict[str, Any]:
    return dict(lab.item(f"LEARNER#{cast['me'].id}", f"ENROLLED#{cast['course']}"))


def stands(**wanted: Any) -> Any:
    def holds(lab: Lab, cast: Cast) -> None:
        found = enrollment(lab, cast)
        assert {name: found.get(name) for name in wanted} == wanted

    return holds


def has_done(*ordinals: int) -> Any:
    def holds(lab: Lab, cast: Cast) -> None:
        assert tuple(bitmaps.numbers(bytes(enrollment(lab, cast)["done"]))) == ordinals

    return holds


def is_through(lab: Lab, cast: Cast) -> None:
    """The course is finished, its letter is in the box, and the certificate says so."""
    assert "completed_at" in enrollment(lab, cast)
    assert [each["course_id"] for each in lab.items("certificate")].count(cast["course"]) == 1
    to_me = [mail.subject for mail in lab.world().mails if mail.to == [cast["me"].email]]
    assert len(to_me) == 3, to_me


def has_watched(lab: Lab, cast: Cast) -> None:
    film = lab.item(f"LEARNER#{cast['me'].id}", f"WATCHED#{cast['course']}#{1:012d}")
    assert (int(film["position"]), int(film["seconds"])) == (40, 60)


flow(
    "enroll",
    enroll,
    begin=newcomer,
    told={"enrollment.created": 1},
    once_without_key=True,
    holds=stands(status="active", via="free"),
)
flow(
    "enroll where seats are counted",
    lambda lab, cast, key: lab.api.post(f"/courses/{cast['course']}/enroll", token=cast["me"].access, **keyed(key)),
    begin=before_two_seats,
    told={"enrollment.created": 1},
    once_without_key=True,
    holds=stands(status="active"),
)
flow(
    "leave a course",
    leave,
    begin=seated,
    told={"enrollment.cancelled": 1},
    once_without_key=True,
    holds=stands(status="cancelled"),
)
flow(
    "come back to a course",
    enroll,
    begin=gone,
    told={"enrollment.revived": 1},
    once_without_key=True,
    holds=stands(status="active"),
)
flow(
    "finish a lesson",
    finish(1),
    begin=learner,
    told={"lesson.completed": 1},
    once_without_key=True,
    holds=has_done(1),
)
flow(
    "finish the last lesson",
    finish(2),
    begin=halfway,
    told={"lesson.completed": 1, "enrollment.completed": 1, "certificate.issued": 1},
    once_without_key=True,
    holds=is_through,
)
flow(
    "report a film",
    report(1, position=40, seconds=60),
    begin=learner,
    once_without_key=True,
    holds=has_watched,
)
flow(
    "open a lesson again",
    report(1, reset=True),
    begin=halfway,
    told={"lesson.reopened": 1},
    once_without_key=True,
    holds=has_done(),
)
flow(
    "open a course to one learner",
    override,
    begin=learner,
    told={"enrollment.overridden": 1},
    once_without_key=True,
    holds=stands(unlocked=True),
)
flow(
    "wish of the streak",
    lambda lab, cast, key: lab.api.patch(
        "/streak", {"shown": False, "rest_days": ["sunday"]}, token=cast["me"].access, **keyed(key)
    ),
    begin=lambda lab: {"me": lab.api.member(lab.named("lina"))},
    told={"streak.changed": 1},
    once_without_key=True,
)


def idle(lab: Lab) -> Cast:
    """Somebody in the last seat who has not begun for two weeks."""
    cast = learner(lab, capacity=1)
    lab.clock.shift(timedelta(days=settings.abandoned_nudge_days, hours=1))
    return cast


def reminded(lab: Lab) -> Cast:
    """Somebody who was reminded, in vain."""
    cast = idle(lab)
    lab.fire("clean_abandoned_enrollments")
    lab.settle()
    lab.clock.shift(timedelta(days=settings.abandoned_cancel_days))
    return cast


def lessons_change(lab: Lab) -> Cast:
    """One has done all that is left when the second lesson goes, and another has not begun."""
    cast = halfway(lab)
    other = lab.api.member(lab.named("other"))
    enroll(lab, {**cast, "me": other}, None)
    lab.settle()
    lessons.remove(courses.act(), lesson_of(cast["course"], 2), None)
    lab.step("react_to_facts")
    lab.step("keep_history")
    lab.step("fold_counters")
    lab.step("index_catalog")
    return cast


CLEANING = firing("clean_abandoned_enrollments")
flow(
    "remind the idle",
    CLEANING,
    begin=idle,
    told={"enrollment.nudged": 1},
    alone=True,
    once_without_key=True,
    holds=stands(status="active"),
)
flow(
    "end the idle",
    CLEANING,
    begin=reminded,
    told={"enrollment.cancelled": 1},
    alone=True,
    once_without_key=True,
    holds=stands(status="cancelled"),
)
flow(
    "renew what enrollments remember",
    settling,
    begin=lessons_change,
    told={"enrollment.completed": 1, "certificate.issued": 1},
    alone=True,
    once_without_key=True,
    holds=has_done(1),
)
