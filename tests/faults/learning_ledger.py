"""The ledger check of catalogue and learning: what must hold over courses, enrollments and what is made of them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from chalicelib import clock
from chalicelib.accounts.records import User
from chalicelib.catalog import curricula, gates, ids
from chalicelib.catalog.index import cards, holding
from chalicelib.catalog.index.cards import About, Entry
from chalicelib.catalog.records import Category, Course, Curriculum, Gate, Lesson, Tally
from chalicelib.commerce.records import Order
from chalicelib.learning import completion, rosters, totals
from chalicelib.learning.records import Enrollment, Totals
from chalicelib.table import keys
from chalicelib.table.record import Record
from tests.faults.ledger import Item, World, invariant

R = TypeVar("R", bound=Record)
#: Counted by others, a moment later.
COUNTED = frozenset({"students", "rating", "ratings"})


def records(world: World, kind: type[R]) -> list[R]:
    """The items of a kind as the product reads them."""
    name = re.sub(r"(?<=.)([A-Z])", r"_\1", kind.__name__).lower()
    return [kind.from_raw_data(raw) for raw in world.raw if raw["kind"]["S"] == name]


def by(items: list[R], key: Callable[[R], Any]) -> dict[Any, R]:
    return {key(each): each for each in items}


def course_of(record: Record) -> str:
    """Of the gate, the curriculum, the tally."""
    of: str = record.course_id  # type: ignore[attr-defined]
    return of


@invariant
def each_enrollment_is_one_with_one_entry_in_its_roster(world: World) -> Iterator[str]:
    """I3: one row for a person and a course, under the key that its id names; and each is in the roster once."""
    should = Counter[str]()
    for each in records(world, Enrollment):
        if each.key != keys.enrollment(each.user_id, each.course_id):
            yield f"{each.id} lies under {each.key}"
        should[f"{rosters.key(each)}"] += 1
    found = Counter(f"{keys.Key(item['pk'], item['sk'])}" for item in world.all("roster"))
    yield from (f"not once in the roster: {each}" for each in (should - found) + (found - should))


@invariant
def whoever_never_began_is_on_the_list_for_it(world: World) -> Iterator[str]:
    """And nobody else: not who has begun, has left, or has paid."""
    entries = {(item["user_id"], item["course_id"]): item for item in world.all("roster")}
    for each in records(world, Enrollment):
        waits = each.status == "active" and each.via == "free" and each.started_at is None
        if waits != ("gsi2pk" in entries.get((each.user_id, each.course_id), {})):
            yield f"{each.id} is {each.status}, began {each.started_at}, and on the list: {not waits}"


@invariant
def seats_taken_are_the_people_who_sit(world: World) -> Iterator[str]:
    """I4: exact wherever seats are counted, and never more than there are. Orders that wait to be paid hold theirs."""
    active = Counter(item["course_id"] for item in world.all("enrollment") if item["status"] == "active")
    waiting = (each for each in records(world, Order) if not each.ended and each.captured_minor is None)
    active.update(line["id"] for order in waiting for line in order.lines if line["limited"])
    for item in world.all("seats"):
        course = item["pk"].removeprefix("SEATS#")
        taken, capacity = int(item["taken"]), int(item["capacity"])
        if not taken == active[course] <= capacity:
            yield f"{course} has {capacity} seats, {taken} taken, {active[course]} people"
    counted = {item["pk"].removeprefix("SEATS#"): int(item["capacity"]) for item in world.all("seats")}
    for each in records(world, Course):
        if counted.get(each.id) != (None if each.capacity is None else int(each.capacity)):
            yield f"{each.id} says {each.capacity} seats, and counts {counted.get(each.id)}"


@invariant
def each_gate_is_that_of_its_course(world: World) -> Iterator[str]:
    found = by(records(world, Gate), course_of)
    curriculums = by(records(world, Curriculum), course_of)
    for course in records(world, Course):
        gate, curriculum = found.pop(course.id, None), curriculums.pop(course.id, None)
        if curriculum is None or gate is None:
            yield f"{course.id} lacks its gate or its curriculum"
        elif gate.serialize() != gates.gate_of(course, curriculum).serialize():
            yield f"the gate of {course.id} is another: {gate.serialize()}"
    yield from (f"gate or curriculum of no course: {id}" for id in {*found, *curriculums})


@invariant
def each_listed_lesson_has_its_words(world: World) -> Iterator[str]:
    """And the other way round: what is not listed was deleted, or ends by itself."""
    bodies = by(records(world, Lesson), lambda each: each.id)
    for curriculum in records(world, Curriculum):
        plan = curricula.sections_of(curriculum)
        numbers = curricula.ordinals(plan)
        if len(set(numbers)) != len(numbers) or any(each >= int(curriculum.next_ordinal) for each in numbers):
            yield f"{curriculum.course_id} lists {numbers}, and counts on from {curriculum.next_ordinal}"
        for entry in curricula.entries(plan):
            lesson = bodies.pop(ids.lesson_of(curriculum.course_id, entry.ordinal), None)
            if lesson is None or lesson.deleted_at is not None or lesson.ttl is not None:
                yield f"{curriculum.course_id} lists {entry.ordinal}, which is not kept"
            elif (lesson.title, lesson.what, int(lesson.minutes)) != (entry.title, entry.kind, entry.minutes):
                yield f"{lesson.id} is listed as something else"
    for lesson in bodies.values():
        if lesson.course_id is not None and lesson.deleted_at is None and lesson.ttl is None:
            yield f"orphan: {lesson.id}"


@invariant
def courses_know_how_long_they_are(world: World) -> Iterator[str]:
    """I10."""
    plans = {course_of(each): curricula.sections_of(each) for each in records(world, Curriculum)}
    for each in records(world, Course):
        listed = list(curricula.entries(plans.get(each.id, ())))
        if (int(each.lessons), int(each.minutes)) != (len(listed), sum(entry.minutes for entry in listed)):
            yield f"{each.id} says {each.lessons} lessons, {each.minutes} minutes, and lists {len(listed)}"


@invariant
def enrollments_remember_their_course(world: World) -> Iterator[str]:
    """Who has not finished is measured by the lessons that count now; who has, by those of then."""
    found = by(records(world, Gate), course_of)
    for each in records(world, Enrollment):
        gate, share = found.get(each.course_id), completion.of(each)
        if not 0 <= share.percentage <= 100:
            yield f"{each.id} is at {share.percentage} percent"
        if each.completed_at is not None and share.percentage != 100:
            yield f"{each.id} is finished at {share.percentage} percent"
        if gate is None or gate.is_deleted or each.status != "active" or each.completed_at is not None:
            continue
        remembered = (bytes(each.live), int(each.curriculum_ver), each.course_title, each.course_slug)
        if remembered != (bytes(gate.live), int(gate.curriculum_ver), gate.title, gate.slug):
            yield f"{each.id} remembers {remembered}, the course is at {gate.curriculum_ver}"
        if completion.is_whole(each.done, gate.live):
            yield f"{each.id} has done everything, and is not finished"


@invariant
def whoever_has_finished_a_course_has_its_certificate(world: World) -> Iterator[str]:
    """I5 from the other side: one for each, where the course gives any and its learner is somebody."""
    certified = {(item["user_id"], item["course_id"]) for item in world.all("certificate")}
    gates_ = by(records(world, Gate), course_of)
    for each in records(world, Enrollment):
        gate = gates_.get(each.course_id)
        if each.completed_at is None or gate is None or not gate.certified or each.user_id not in world.living:
            continue
        if (each.user_id, each.course_id) not in certified:
            yield f"{each.id} is finished, and has no certificate"


@invariant
def completions_are_told_once(world: World) -> Iterator[str]:
    told = Counter(fact["subject"] for fact in world.facts.values() if fact["name"] == "enrollment.completed")
    for item in world.all("enrollment"):
        if told[item["id"]] != ("completed_at" in item):
            yield f"{item['id']} was finished {told[item['id']]} times"


@invariant
def days_count_no_lesson_that_was_not_done(world: World) -> Iterator[str]:
    """Each lesson is in exactly one day of its learner, however often it was opened again."""
    done = {_lesson(fact) for fact in world.facts.values() if fact["name"] == "lesson.completed"}
    should = Counter(person for person, _ in done)
    found = Counter[str]()
    for item in world.all("days"):
        for day in _days(item).values():
            found[item["pk"].removeprefix("LEARNER#")] += int(day.get("lessons", 0))
    for person in {*should, *found}:
        if should[person] != found[person] and person in world.living:
            yield f"{person} did {should[person]} lessons, and {found[person]} on their days"


def _lesson(fact: Item) -> tuple[str, str]:
    return fact["actor"], json.loads(fact["payload"])["lesson"]


@invariant
def totals_are_what_a_recount_finds(world: World) -> Iterator[str]:
    should: dict[str, Counter[str]] = {person: Counter() for person in world.living}
    for each in records(world, Enrollment):
        should.setdefault(each.user_id, Counter())[totals.stage_of(each) or "none"] += 1
    for item in world.all("certificate"):
        should.setdefault(item["user_id"], Counter())["certificates"] += item["status"] == "issued"
    kept = by(records(world, Totals), lambda each: each.pk.removeprefix("LEARNER#"))
    for person in should.keys() & world.living.keys():
        found = kept.get(person) or Totals()
        for name in (*totals.STAGES, "certificates"):
            if int(getattr(found, name)) != should[person][name]:
                yield f"{person} has {should[person][name]} {name}, and totals say {getattr(found, name)}"


def _days(item: Item) -> dict[str, Any]:
    days: dict[str, Any] = json.loads(item["days"])
    return days


@invariant
def the_catalogue_is_what_the_table_says(world: World) -> Iterator[str]:
    """Every course and lone lesson, and nothing else, as it is now; only numbers about many people may lag."""
    if not world.all("course") and not world.all("index_pointer"):
        return
    should = {entry["id"]: entry for entry in _entries(world) if entry["state"] != cards.GONE}
    shelf = holding.Holder().current().shelf
    shown: dict[str, str] = dict(shelf.connection.execute("SELECT id, what FROM thing"))
    closed = {entry["id"]: entry for what in ("course", "lesson") for entry in shelf.closed(what, 10_000)}
    for id in {*should, *shown, *closed}:
        state = should.get(id, {}).get("state", cards.GONE)
        found = cards.PUBLISHED if id in shown else cards.CLOSED if id in closed else cards.GONE
        if found != state or (id in shown and id in closed):
            yield f"{id} is {state}, and {found} in the catalogue"
        elif state == cards.CLOSED and _settled(closed[id]["facts"]) != _settled(should[id]["facts"]):
            yield f"{id} is {should[id]['facts']}, and {closed[id]['facts']} in the catalogue"
        elif (page := shelf.page(id)) and _page(page.body) != _page(should[id]["page"]):
            yield f"{id} should say {should[id]['page']}, and says {page.body}"


def _entries(world: World) -> Iterator[Entry]:
    people = by(records(world, User), lambda each: each.id)
    shelves = by(records(world, Category), lambda each: each.id)
    curriculums, tallies = by(records(world, Curriculum), course_of), by(records(world, Tally), course_of)
    for course in records(world, Course):
        teacher = people.get(course.instructor_id)
        about = About(
            course,
            curriculums.get(course.id),
            tallies.get(course.id),
            teacher.name if teacher else "",
            shelves.get(course.category_id or ""),
            _offers(teacher),
        )
        yield cards.of_course(about, clock.now())
    for lesson in records(world, Lesson):
        if lesson.course_id is None:
            yield cards.of_lesson(lesson, offered=_offers(people.get(lesson.instructor_id)))


def _offers(teacher: User | None) -> bool:
    return teacher is None or (teacher.banned_at is None and teacher.erased_at is None)


def _page(text: str) -> dict[str, Any]:
    return _settled(json.loads(text))


def _settled(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in COUNTED}
