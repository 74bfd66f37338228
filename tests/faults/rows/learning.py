"""Rows F7, F22 and F23: many want the last seat, courses change under those who enroll and learn, two devices of one
learner report what they like in any order.
"""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from chalicelib.catalog import bulk, lessons
from chalicelib.catalog.ids import lesson_of
from chalicelib.learning import enrollments, ids
from chalicelib.learning.certificates import issuing
from chalicelib.web import limits
from infra.local.gateway import Reply
from tests.factories import courses
from tests.faults import certificate_flows
from tests.faults.lab import Lab
from tests.faults.moments import meanwhile
from tests.faults.overlap import Overlap
from tests.faults.table import Rounds, fault_row
from tests.http.api import Person, at_once

STUDENTS, DOUBLE_CLICKS = 50, 16


@fault_row(
    "F7",
    "50 students want one seat at once; one student enrolls 16 times at once",
    rounds=Rounds(reduced=3, full=100, test=1),
    goal="1 x 201 and 49 x 409 sold_out, 100 times of 100; 1 x 201 and 15 x 200",
)
def one_seat(lab: Lab, chance: random.Random) -> int:
    with lab.injector.calm():
        teacher = lab.api.member("tara", roles=("instructor",))
        students = [lab.api.member(f"student-{n}") for n in range(STUDENTS)]
    overlap = Overlap()
    overlap.on(lab.injector)
    race(lab, teacher, chance.sample(students, STUDENTS))
    double_clicks(lab, teacher, chance.choice(students))
    assert overlap.conflicts > 0
    lab.injector.heal()
    lab.finish()
    return STUDENTS + DOUBLE_CLICKS


def race(lab: Lab, teacher: Person, students: list[Person]) -> None:
    course = courses.a_course(teacher.id, lessons=1, capacity=1).id
    with lab.clock.waiting():
        replies = at_once(STUDENTS, lambda n: enrolling(lab, students[n], course))
    said = Counter(reply.status if reply.status == 201 else (reply.status, reply.json()["code"]) for reply in replies)
    assert said == {201: 1, (409, "sold_out"): STUDENTS - 1}, said


def double_clicks(lab: Lab, teacher: Person, student: Person) -> None:
    course = courses.a_course(teacher.id, lessons=1, capacity=2).id
    with lab.clock.waiting():
        replies = at_once(DOUBLE_CLICKS, lambda _: enrolling(lab, student, course))
    assert Counter(reply.status for reply in replies) == {201: 1, 200: DOUBLE_CLICKS - 1}
    assert len({reply.body for reply in replies}) == 1


def enrolling(lab: Lab, who: Person, course: str) -> Reply:
    return lab.api.post("/enrollments", {"course": course}, token=who.access)


def marking(lab: Lab, who: Person, course: str, ordinal: int) -> Reply:
    path = f"/enrollments/{ids.enrollment_of(who.id, course)}/mark-lesson-complete"
    return lab.api.post(path, {"lesson": lesson_of(course, ordinal)}, token=who.access)


#: What enrolling asks of AWS, and what finishing a course does, a permit of the limiter included.
ENROLLING, CALLS = 3, 4
#: So many rounds are all of them once.
SHARES = 4
Event = Callable[[str], object]
#: What happens to a course, and what somebody is told who comes after it.
UNDER_ENROLLING: dict[str, tuple[Event, tuple[int, str]]] = {
    "unpublished": (courses.unpublished, (404, "course_unknown")),
    "archived": (courses.archived, (404, "course_unknown")),
    "deleted": (courses.deleted, (404, "course_unknown")),
    "priced": (lambda course: courses.edited(course, price_minor=1999), (402, "payment_required")),
}


@fault_row(
    "F22",
    "a course is unpublished, archived, deleted, priced or sold out at each call of enrolling",
    rounds=Rounds(reduced=4, full=20, test=1),
    goal="enrolled by what the course said when it was read, or refused by what it says now; 0 in between, 0 times 500",
)
def changed_under_enrolling(lab: Lab, chance: random.Random) -> int:
    teacher = lab.api.member("tara", roles=("instructor",))
    schedules = [(name, place) for name in UNDER_ENROLLING for place in range(ENROLLING)][lab.seed % SHARES :: SHARES]
    for number, (name, place) in enumerate(schedules):
        changes_before_enrolling(lab, teacher, lab.api.member(f"lina-{number}"), name, place)
    sold_out_before_enrolling(lab, teacher, chance.randrange(ENROLLING))
    lab.finish()
    return len(schedules) + 1


def changes_before_enrolling(lab: Lab, teacher: Person, me: Person, name: str, place: int) -> None:
    event, refusal = UNDER_ENROLLING[name]
    course = courses.a_course(teacher.id, lessons=2, capacity=3).id
    reply, before = disturbed(lab, place, lambda: event(course), lambda: enrolling(lab, me, course))
    came_first = "BatchGetItem" in before
    assert answer(reply) == ((201, "") if came_first else refusal), (name, place, reply)
    assert is_enrolled(lab, me, course) == came_first, (name, place)


def sold_out_before_enrolling(lab: Lab, teacher: Person, place: int) -> None:
    """Somebody else takes the last seat: whoever comes second is told so."""
    one, two = lab.api.member(f"first-{place}"), lab.api.member(f"second-{place}")
    course = courses.a_course(teacher.id, lessons=1, capacity=1).id
    reply, _ = disturbed(
        lab, place, lambda: enrollments.enroll(courses.act(one.id), course), lambda: enrolling(lab, two, course)
    )
    assert answer(reply) == (409, "sold_out"), (place, reply)


def disturbed(lab: Lab, place: int, event: Callable[[], object], work: Callable[[], Reply]) -> tuple[Reply, list[str]]:
    """The answer where something happened in the instant before this trip; and the trips before it."""

    limits.forget()
    lab.injector.forget()
    disturb(lab, place, event)
    reply = work()
    lab.injector.heal()
    return reply, lab.injector.names()[:place]


def answer(reply: Reply) -> tuple[int, str]:
    return reply.status, "" if reply.status < 400 else reply.json()["code"]


def is_enrolled(lab: Lab, who: Person, course: str) -> bool:
    return any(item["id"] == ids.enrollment_of(who.id, course) for item in lab.items("enrollment"))


@fault_row(
    "F22",
    "a course is unpublished or deleted, gets a lesson or loses one, at each call of finishing it",
    rounds=Rounds(reduced=4, full=20, test=1),
    goal="finished by the lessons that count at that moment, or not; one certificate",
)
def changed_under_finishing(lab: Lab, chance: random.Random) -> int:
    teacher = lab.api.member("tara", roles=("instructor",))
    schedules = [(name, place) for name in UNDER_FINISHING for place in range(CALLS)][lab.seed % SHARES :: SHARES]
    for number, (name, place) in enumerate(schedules):
        changes_before_finishing(lab, teacher, lab.api.member(f"lina-{number}"), name, place)
    lab.finish()
    return len(schedules)


def changes_before_finishing(lab: Lab, teacher: Person, me: Person, name: str, place: int) -> None:
    event, missing, finishes = UNDER_FINISHING[name]
    course = courses.a_course(teacher.id, lessons=3).id
    enrolling(lab, me, course)
    for ordinal in range(1, 3 - missing):
        marking(lab, me, course, ordinal)
    reply, before = disturbed(lab, place, lambda: event(course, teacher.id), lambda: marking(lab, me, course, 3))
    in_time = name != "deleted" or "BatchGetItem" in before
    assert reply.status == (200 if in_time else 404), (name, place, reply)
    lab.settle()
    found = lab.item(f"LEARNER#{me.id}", f"ENROLLED#{course}")
    assert ("completed_at" in found) == (finishes and in_time), (name, place, reply)


def loses_its_second(course: str, _: str) -> None:
    lessons.remove(courses.act(), lesson_of(course, 2), None)


#: What happens, how many lessons are missing beside the last one, and whether the course is finished in the end.
UNDER_FINISHING: dict[str, tuple[Callable[[str, str], object], int, bool]] = {
    "unpublished": (lambda course, _: courses.unpublished(course), 0, True),
    "deleted": (lambda course, _: courses.deleted(course), 0, True),
    "gets a lesson": (courses.a_lesson, 0, False),
    "loses the one that is missing": (loses_its_second, 1, True),
    "loses one that is done": (loses_its_second, 0, True),
    "is called otherwise": (lambda course, _: courses.edited(course, title="Another"), 0, True),
}


@fault_row(
    "F23",
    "two devices report lessons and films out of order and at once, and finish the course at the same moment",
    rounds=Rounds(reduced=3, full=200, test=1),
    goal="the percentage never falls, nothing done is lost, one certificate, 200 times of 200",
)
def two_devices(lab: Lab, chance: random.Random) -> int:
    with lab.injector.calm():
        teacher, me = lab.api.member("tara", roles=("instructor",)), lab.api.member("lina", email="lina@example.org")
        course = courses.a_course(teacher.id, lessons=4).id
        enrolling(lab, me, course)
    plans = [reports(chance) for _ in range(2)]
    seen: list[list[float]] = [[], [], []]
    overlap = Overlap()
    overlap.on(lab.injector)
    with lab.clock.waiting():
        at_once(
            3, lambda n: watching(lab, me, course, seen[n]) if n == 2 else device(lab, me, course, plans[n], seen[n])
        )
        finals = at_once(2, lambda n: marking(lab, me, course, 4))
    lab.injector.heal()
    assert [reply.json()["is_completed"] for reply in finals] == [True, True], finals
    for percentages in seen:
        assert percentages == sorted(percentages), percentages
    lab.finish()
    told = lab.told()
    assert (told["lesson.completed"], told["enrollment.completed"], told["certificate.issued"]) == (4, 1, 1), told
    kept(lab, [each for plan in plans for each in plan])
    return sum(len(plan) for plan in plans) + len(finals)


Report = tuple[int, dict[str, Any]]


def reports(chance: random.Random) -> list[Report]:
    """What one device says of the first three lessons, in any order: done, not done, further on, further back."""
    said: list[Report] = []
    for ordinal in (1, 2, 3):
        said.append((ordinal, {"completed": True}))
        said.append((ordinal, {"completed": False}))
        said += [(ordinal, {"position": chance.randrange(600), "seconds": chance.randrange(600)}) for _ in range(2)]
    chance.shuffle(said)
    return said


def device(lab: Lab, me: Person, course: str, plan: list[Report], seen: list[float]) -> None:
    for ordinal, said in plan:
        reply = lab.api.post(f"/lessons/{lesson_of(course, ordinal)}/progress", said, token=me.access)
        assert reply.status == 200, reply.body
        seen.append(reply.json()["course_progress"]["completion_percentage"])


def watching(lab: Lab, me: Person, course: str, seen: list[float]) -> None:
    """Somebody who looks again and again how far it is."""
    for _ in range(12):
        reply = lab.api.get(f"/enrollments/{ids.enrollment_of(me.id, course)}", token=me.access)
        seen.append(reply.json()["completion_percentage"])


def kept(lab: Lab, said: list[Report]) -> None:
    """Of each film, the most seconds that any device has reported."""
    wanted: dict[int, int] = {}
    for ordinal, each in said:
        wanted[ordinal] = max(wanted.get(ordinal, 0), each.get("seconds", 0))
    found = {int(item["ordinal"]): int(item["seconds"]) for item in lab.items("watched")}
    assert found == wanted, (found, wanted)


@fault_row(
    "F23",
    "another worker issues the certificate at each call of issuing it",
    rounds=Rounds(reduced=4, full=40, test=1),
    goal="one certificate, one code that is valid, one fact",
)
def issued_by_two(lab: Lab, chance: random.Random) -> int:
    cast = certificate_flows.completed(lab)
    whose = cast["me"].id, cast["course"]

    def issue() -> None:
        issuing.issue(courses.act(), *whose)

    def other() -> None:
        with lab.injector.calm():
            issue()

    lab.injector.break_nth({lab.seed % ISSUING}, lambda _: True, meanwhile(other))
    issue()
    lab.injector.heal()
    lab.finish()
    assert lab.told()["certificate.issued"] == 1
    assert [each["status"] for each in lab.items("credential")] == ["valid"]
    return 1


#: What issuing asks of the table.
ISSUING = 4


@fault_row(
    "F22",
    "another author changes the course at each call of authoring it",
    rounds=Rounds(reduced=2, full=20, test=1),
    goal="both changes are there, each version has one fact, no lesson lies under the number of another",
)
def two_authors(lab: Lab, chance: random.Random) -> int:
    teacher = lab.api.member("tara", roles=("instructor",)).id
    pairs = [(one, other) for one in AUTHORING for other in AUTHORING]
    for one, other in chance.sample(pairs, 6):
        for place in range(CALLS):
            course = courses.a_draft(teacher, lessons=2).id
            disturb(lab, place, partial(AUTHORING[other], course, teacher, "other"))
            AUTHORING[one](course, teacher, "one")
            lab.injector.heal()
    lab.finish()
    return 6 * CALLS


def disturb(lab: Lab, place: int, event: Callable[[], object]) -> None:
    def happen() -> None:
        with lab.injector.calm():
            event()

    lab.injector.break_nth({place}, lambda _: True, meanwhile(happen))


def in_bulk(course: str, teacher: str, name: str) -> None:
    words = [{"title": f"{name} {n}", "content": "Some words.", "minutes": 7} for n in range(3)]
    assert len(bulk.create(courses.act(teacher), course, None, words)) == 3


AUTHORING: dict[str, Callable[[str, str, str], object]] = {
    "edit": lambda course, _, name: courses.edited(course, **{"title" if name == "one" else "subtitle": name}),
    "a lesson": lambda course, teacher, name: courses.a_lesson(course, teacher, title=name),
    "in bulk": in_bulk,
    "a section": lambda course, _, name: courses.a_section(course, name),
}
