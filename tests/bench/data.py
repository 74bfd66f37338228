"""Data in any amount, written in batches past the API: people in the directory, sessions, events of a feed, facts."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from unittest import mock

from chalicelib import aws, clock
from chalicelib.accounts import audit, feed, names
from chalicelib.accounts.audit import AuditEntry
from chalicelib.accounts.feed import FeedHead
from chalicelib.accounts.records import Session
from chalicelib.catalog import bitmaps, gates, media
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Course, Curriculum, Lesson, Media, Tally
from chalicelib.goals import entries, ledgers
from chalicelib.goals.ids import goal_of
from chalicelib.goals.records import Goal, GoalDay, GoalLedger
from chalicelib.learning import activity
from chalicelib.learning.certificates import codes
from chalicelib.learning.ids import enrollment_of
from chalicelib.learning.records import Days, Enrollment, Totals
from chalicelib.settings import settings
from chalicelib.table import facts, keys
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import alone, delete
from tests.factories import certificates, people

CERTIFIED = "crs_01JDCERT0000000000000000AA"
CODE = "7F3K-9QXM-2WRA-D8TB-HN5C-V4EZ"

BATCH = 25


def listed(amount: int) -> None:
    """So many more people in the directory; their names begin with b, and sort before all others'."""
    made = [people.user(f"b{number:05d}") for number in range(amount)]
    store([record for user in made for record in (names.claims(user)[0].record, user)])


def fed(person: str, amount: int) -> None:
    """So many events in this person's feed."""
    told = [_fact(person) for _ in range(amount)]
    events = [feed._record(person, number, fact) for number, fact in enumerate(told, start=1)]
    store([FeedHead.under(keys.feed_head(person), sequence=amount), *events])


def uploaded(person: str, amount: int) -> None:
    """So many films of this person's, ready to be seen."""
    now, made = clock.now(), list[Record]()
    for number in range(amount):
        id = f"med_{number:026d}"
        film: Media = Media.under(
            keys.media(person, id),
            id=id,
            ver=2,
            owner_id=person,
            object_key=media.object_key(person, id),
            what="video",
            content_type="video/mp4",
            filename="a film of usual length.mp4",
            bytes=100_000_000,
            state="ready",
            version="3HL4kqtJvjVBH40Nrjfkd0000000000_",
            etag="d41d8cd98f00b204e9800998ecf8427e",
            created_at=now,
            updated_at=now,
        )
        made.append(film)
    store(made)


def signed_in(person: str, amount: int) -> None:
    """So many living sessions of this person."""
    now = clock.now()
    made: list[Record] = []
    for _ in range(amount):
        id = clock.new_id("ses")
        session: Session = Session.under(
            keys.session(person, id),
            id=id,
            user_id=person,
            version=1,
            turn=0,
            rotated_at=now,
            expires_at=now + timedelta(days=7),
            ends_at=now + timedelta(days=30),
            device="Firefox",
            place="198.51.100.7",
            created_at=now,
        )
        made.append(session)
    store(made)


def audited(person: str, amount: int) -> None:
    """So many entries about this person in the audit log, in a chain of one part."""
    entries: list[AuditEntry] = []
    for _ in range(amount):
        entries.append(audit._entry("0", audit.today(), entries[-1] if entries else None, _fact(person), None))
    store(entries)


def told(person: str, amount: int) -> None:
    """So many facts of this minute."""
    store([facts.record(_fact(person)) for _ in range(amount)])


def _fact(person: str) -> Fact:
    return Fact(
        id=clock.new_id("fct"),
        name="user.logged_in",
        actor=person,
        subject=person,
        at=clock.now(),
        request_id=clock.new_id("req"),
        audience=[person],
        payload={"session": clock.new_id("ses")},
    )


def store(records: Sequence[Record]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_batch, (records[start : start + BATCH] for start in range(0, len(records), BATCH))))


def _batch(records: Iterable[Record]) -> None:
    puts = [{"PutRequest": {"Item": each.get_save_kwargs_from_instance()["Item"]}} for each in records]
    answer = aws.client("dynamodb").batch_write_item(RequestItems={settings.table_name: puts})
    assert not answer["UnprocessedItems"]


#: How many goals whoever has goals has.
GOALS = 10
#: A course that is always the same one, in which order is forced.
COURSE = f"crs_{0:026d}"


def course_of(teacher: str, lessons: int) -> tuple[Course, Curriculum]:
    """A course of so many lessons."""
    now, ordinals = clock.now(), range(1, lessons + 1)
    course: Course = Course.under(
        keys.course(COURSE),
        id=COURSE,
        ver=2,
        instructor_id=teacher,
        title="A course of usual length",
        slug="a-course",
        status="published",
        forced_order=True,
        lessons=lessons,
        created_at=now,
        updated_at=now,
    )
    listed = [{"ordinal": each, "title": "A lesson of usual length", "minutes": 7} for each in ordinals]
    curriculum: Curriculum = Curriculum.under(
        keys.curriculum(COURSE),
        ver=2,
        course_id=COURSE,
        sections=[{"id": "sec_1", "title": "All of it", "lessons": listed}],
        next_ordinal=len(listed) + 1,
    )
    return course, curriculum


def taught(teacher: str, learner: str, lessons: int) -> None:
    """That course, with somebody enrolled who has done the first lesson."""
    now, (course, curriculum) = clock.now(), course_of(teacher, lessons)
    gate = gates.gate_of(course, curriculum)
    enrollment: Enrollment = Enrollment.under(
        keys.enrollment(learner, COURSE),
        id=enrollment_of(learner, COURSE),
        ver=2,
        user_id=learner,
        course_id=COURSE,
        instructor_id=teacher,
        course_title=course.title,
        enrolled_at=now,
        started_at=now,
        done=bitmaps.of([1]),
        live=gate.live,
        curriculum_ver=1,
    )
    store([course, curriculum, gate, enrollment, *(_lesson(teacher, each) for each in (2, 3))])


def _lesson(teacher: str, ordinal: int) -> Lesson:
    made: Lesson = Lesson.under(
        keys.lesson(lesson_of(COURSE, ordinal)),
        id=lesson_of(COURSE, ordinal),
        ver=1,
        course_id=COURSE,
        ordinal=ordinal,
        instructor_id=teacher,
        title="A lesson of usual length",
        content="Words of a lesson. " * 100,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    return made


def active(learner: str, lessons: int) -> None:
    """A month with 28 days of learning, as long on whatever day it is measured; and how a course of so many lessons
    has done.
    """
    tally: Tally = Tally.under(
        keys.tally(COURSE),
        course_id=COURSE,
        enrolled=4000,
        students=3000,
        completions=1000,
        done={str(number): 2000 for number in range(1, lessons + 1)},
    )
    store([_month(learner), tally])


def _month(learner: str) -> Days:
    now = clock.now()
    today = activity.day_of(now, settings.default_zone)
    entry = {"lessons": 2, "seconds": 1800, "zone": settings.default_zone}
    days = {today.replace(day=number).isoformat(): entry for number in range(1, 29)}
    month: Days = Days.under(
        keys.days(learner, f"{today:%Y-%m}"), days=days, courses={COURSE: moment_text(now)}, turn=today.day
    )
    return month


def certified(user: str) -> None:
    """A certificate under a code that is known beforehand. The enrollment goes again: lists stay as they are."""
    with mock.patch.object(codes, "new", return_value=CODE):
        certificates.certificate(user, certificates.course(id=CERTIFIED))
    alone(delete(Enrollment.under(keys.enrollment(user, CERTIFIED))))


#: A published course that nobody learns yet, free and without rules.
OPEN = f"crs_{1:026d}"


def opened(teacher: str, lessons: int) -> None:
    """That course with so many lessons."""
    course, curriculum = open_course(teacher, lessons)
    store([course, curriculum, gates.gate_of(course, curriculum)])


def open_course(teacher: str, lessons: int) -> tuple[Course, Curriculum]:
    """The same as the catalogue knows it."""
    now = clock.now()
    course: Course = Course.under(
        keys.course(OPEN),
        id=OPEN,
        ver=2,
        instructor_id=teacher,
        title="A course of usual length",
        slug="an-open-course",
        status="published",
        lessons=lessons,
        created_at=now,
        updated_at=now,
    )
    listed = [{"ordinal": each, "title": "A lesson of usual length", "minutes": 7} for each in range(1, lessons + 1)]
    curriculum: Curriculum = Curriculum.under(
        keys.curriculum(OPEN),
        ver=2,
        course_id=OPEN,
        sections=[{"id": "sec_1", "title": "All of it", "lessons": listed}],
        next_ordinal=len(listed) + 1,
    )
    return course, curriculum


def enrolled(learner: str, amount: int) -> None:
    """So many more enrollments of this person, each in a course of 20 lessons, none newer than a day, and a month."""
    moments = [clock.now() - timedelta(days=1, minutes=number) for number in range(amount)]
    made: list[Record] = []
    for number, moment in enumerate(moments, start=100):
        course = f"crs_{number:026d}"
        enrollment: Enrollment = Enrollment.under(
            keys.enrollment(learner, course),
            id=enrollment_of(learner, course),
            ver=1,
            user_id=learner,
            course_id=course,
            instructor_id=learner,
            course_title="A course of usual length",
            course_slug="a-course-of-usual-length",
            enrolled_at=moment,
            created_at=moment,
            updated_at=moment,
            done=bitmaps.of(range(1, 8)),
            live=bitmaps.of(range(1, 21)),
            curriculum_ver=2,
            course_ver=2,
            lsi1sk=f"{moment_text(moment)}#{course}",
        )
        made.append(enrollment)
    totals: Totals = Totals.under(keys.totals(learner), not_started=amount)
    store([*made, totals, _month(learner)])


def intended(user: str, amount: int) -> None:
    """Ten goals of this person, each with the totals of so many entries, and the ledger that belongs to them."""
    now = clock.now() - timedelta(days=1)
    made: list[Record] = [_goal(user, number, amount, now) for number in range(1, GOALS + 1)]
    ledger: GoalLedger = GoalLedger.under(
        keys.goal_ledger(user), user_id=user, last_number=GOALS, live=GOALS, turn=GOALS, **_filed(user, now)
    )
    store([*made, ledger])


def _goal(user: str, number: int, amount: int, now: datetime) -> Goal:
    goal: Goal = Goal.under(
        keys.goal(user, number),
        id=goal_of(user, number),
        ver=1 + amount,
        user_id=user,
        number=number,
        name="Read a chapter a day",
        description="One chapter, and a page of notes about what was new in it; on Sundays only the notes of the week.",
        category="Primary",
        deadline="2027-06-30",
        logged_seconds=1800 * amount,
        planned_seconds=3600 * amount,
        entries=amount,
        last_entry=amount,
        active_at=now,
        created_at=now,
        updated_at=now,
    )
    return goal


def noted(user: str, amount: int) -> None:
    """That many entries of the first of those goals, five on each day up to a week ago."""
    now, last = clock.now() - timedelta(days=7), clock.today(settings.default_zone) - timedelta(days=7)
    goal, made = _goal(user, 1, 0, now), list[Record]()
    for number in range(amount):
        day = (last - timedelta(days=(amount - 1 - number) // 5)).isoformat()
        goal.last_entry = number
        made.append(entries.made(goal, now, day, 1800, total_seconds=3600, text="A chapter and its notes"))
    store(made)


def _filed(user: str, now: datetime) -> dict[str, str]:
    return {name: str(value) for name, value in ledgers.filed_by(ledgers.empty(user), now).items()}


def dated(user: str, days: int) -> None:
    """The days of those ten goals up to today, two months and so many more; on each five had half an hour."""
    today = clock.today(settings.default_zone)
    made: list[Record] = []
    for ago in range(62 + days):
        day = (today - timedelta(days=ago)).isoformat()
        shares = {str(number): [1800, 1] for number in range(1 + ago % 2, GOALS + 1, 2)}
        item: GoalDay = GoalDay.under(keys.goal_day(user, day), date=day, goals=shares, turn=5)
        made.append(item)
    store(made)
