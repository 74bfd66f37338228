"""The one place that the time of a lesson has in a goal, so that no lesson is counted twice, whatever comes first.

Whoever logs a lesson takes its slot in the same transaction: `lesson_time.py` when a lesson is finished, and only where
nobody ever held it; `entries.py` when a person names the lesson. What a person says wins: they take over the entry that
came by itself. A slot stays when its entry is deleted, so a deleted time does not come back with the next message.
"""

from datetime import datetime

from chalicelib.catalog.ids import place_of
from chalicelib.errors import Conflict, Stale, invalid
from chalicelib.goals import ids
from chalicelib.goals.records import Goal, GoalEntry, TimedLesson
from chalicelib.table import keys
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, adjust, put, put_new


class LessonTimed(Conflict):
    """The time of this lesson is in this goal already, as an entry that you made or changed; change that one."""


def require_of_course(goal: Goal, lesson_id: str) -> None:
    """A goal counts lessons of its own course only."""
    place = place_of(lesson_id)
    if place is None or place.course is None or place.course != goal.course_id:
        raise invalid("lesson_id", "of_another_course", "The goal does not point at the course of this lesson.")


def holder(slot: Record | None) -> int:
    """The number of the entry that holds a slot; 0 where none does."""
    return int(slot.entry) if isinstance(slot, TimedLesson) else 0


def require_automatic(entry: GoalEntry | None) -> None:
    """A person takes over what came by itself. An entry that they made or changed says already what they want."""
    if entry is not None and (entry.source != "lesson" or int(entry.ver) > 1):
        raise LessonTimed(
            f"Its time is in the entry {ids.entry_of(entry.user_id, int(entry.goal), int(entry.number))}."
        )


def taken(slot: Record | None, user_id: str, goal: int, lesson_id: str, entry: int, now: datetime) -> Write:
    """The slot held by this entry, if it is still as it was read."""
    made: TimedLesson = TimedLesson.under(
        keys.timed_lesson(user_id, goal, lesson_id), goal=goal, lesson_id=lesson_id, entry=entry, created_at=now
    )
    if not isinstance(slot, TimedLesson):
        return put_new(made, otherwise=Stale())
    return put(made, where=TimedLesson.entry == int(slot.entry), otherwise=Stale())


def vacated(entry: GoalEntry) -> list[Write]:
    """For the transaction that deletes an entry: the slot it held is nobody's, and no message takes it again."""
    if entry.lesson_id is None:
        return []
    slot: TimedLesson = TimedLesson.under(keys.timed_lesson(entry.user_id, int(entry.goal), entry.lesson_id))
    return [adjust(slot, TimedLesson.entry.set(0), where=TimedLesson.entry == int(entry.number), otherwise=Stale())]
