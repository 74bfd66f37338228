"""What goals keep in the table, all of it in one partition per person. No decisions here."""

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.table.record import MomentAttribute, Record


class Goal(Record, discriminator="goal"):
    """One goal with its totals, which move in the transaction of the entry that moves them.

    `planned_seconds` is the sum of what its entries had planned; `target_seconds` is what the goal as a whole is to
    take, where its owner has said so.
    """

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    number = NumberAttribute()
    name = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    #: Primary, Secondary or Minor.
    category = UnicodeAttribute()
    #: A date.
    deadline = UnicodeAttribute(null=True)
    target_seconds = NumberAttribute(null=True)
    #: The course whose finished lessons count as time of this goal.
    course_id = UnicodeAttribute(null=True)
    #: Since when it points there: lessons that were finished before do not count.
    course_at = MomentAttribute(null=True)
    #: active, paused or completed.
    status = UnicodeAttribute(default="active")
    paused_at = MomentAttribute(null=True)
    completed_at = MomentAttribute(null=True)
    logged_seconds = NumberAttribute(default=0)
    planned_seconds = NumberAttribute(default=0)
    #: How many entries there are, and the number of the newest that ever was.
    entries = NumberAttribute(default=0)
    last_entry = NumberAttribute(default=0)
    #: When something was last done for it: its newest entry, or its beginning.
    active_at = MomentAttribute()


class GoneGoal(Goal, discriminator="gone_goal"):
    """A goal that was deleted, out of the way of those that live. Its number is never given again."""

    deleted_at = MomentAttribute()


class GoalEntry(Record, discriminator="goal_entry"):
    """Time that was given to a goal. `logged_on` is the day it counts for, never worked out anew."""

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    goal = NumberAttribute()
    number = NumberAttribute()
    text = UnicodeAttribute(default="")
    logged_seconds = NumberAttribute()
    #: What was planned; 0 where nothing was.
    total_seconds = NumberAttribute(default=0)
    logged_on = UnicodeAttribute()
    #: manual, or lesson where finishing one made it.
    source = UnicodeAttribute(default="manual")
    lesson_id = UnicodeAttribute(null=True)


class GoalDay(Record, discriminator="goal_day"):
    """A day of a person: {number of a goal: [seconds, entries]}. Devices take turns by `turn`; no fact tells of it."""

    date = UnicodeAttribute()
    goals: Any = JSONAttribute(default=dict)
    turn = NumberAttribute(default=0)


class GoalLedger(Record, discriminator="goal_ledger"):
    """What belongs to all goals of a person at once. It is in the index of reminders while a goal is active."""

    user_id = UnicodeAttribute()
    #: The newest number that was ever given, and how many goals there are now.
    last_number = NumberAttribute(default=0)
    live = NumberAttribute(default=0)
    #: {course: [numbers of goals that count its lessons]}.
    courses: Any = JSONAttribute(default=dict)
    #: {number of a goal: the date of its last reminder, or on which it became active again}.
    reminded: Any = JSONAttribute(default=dict)
    #: The date of the last reminder of any of them.
    reminded_on = UnicodeAttribute(null=True)
    turn = NumberAttribute(default=0)


class TimedLesson(Record, discriminator="timed_lesson"):
    """That a lesson has become time of a goal, so that it never does twice; `entry` is 0 where that one was deleted."""

    goal = NumberAttribute()
    lesson_id = UnicodeAttribute()
    entry = NumberAttribute()
