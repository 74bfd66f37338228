"""What learning keeps in the table. No decisions here."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.table.record import MomentAttribute, Record, words


class Enrollment(Record, discriminator="enrollment"):
    """One learner in one course: which lessons are done, against a snapshot of those that count.

    The snapshot is that of the newest curriculum until the course is finished, and stays then.
    """

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    course_id = UnicodeAttribute()
    instructor_id = UnicodeAttribute()
    course_title = UnicodeAttribute()
    course_slug = UnicodeAttribute(default="")
    #: active or cancelled.
    status = UnicodeAttribute(default="active")
    #: free, order or grant: how the learner came in. Only a free one may be cancelled for idleness.
    via = UnicodeAttribute(default="free")
    enrolled_at = MomentAttribute()
    cancelled_at = MomentAttribute(null=True)
    done = BinaryAttribute(legacy_encoding=False)
    live = BinaryAttribute(legacy_encoding=False)
    curriculum_ver = NumberAttribute()
    started_at = MomentAttribute(null=True)
    last_at = MomentAttribute(null=True)
    last_ordinal = NumberAttribute(null=True)
    completed_at = MomentAttribute(null=True)
    #: What the instructor allows this learner in spite of the rules of the course.
    unlocked = BooleanAttribute(default=False)
    access_until = MomentAttribute(null=True)


class Roster(Record, discriminator="roster"):
    """The entry of an enrollment in its course and with its instructor, and among those who have not begun."""

    user_id = UnicodeAttribute()
    course_id = UnicodeAttribute()
    nudged_at = MomentAttribute(null=True)


class Watched(Record, discriminator="watched"):
    """Where a film stopped. Written often, told to nobody: it has neither version nor fact."""

    ordinal = NumberAttribute()
    position = NumberAttribute(default=0)
    seconds = NumberAttribute(default=0)


class Days(Record, discriminator="days"):
    """A month of a learner in their own zone: by day what was done, and by course when it was last open."""

    days: Any = JSONAttribute(default=dict)
    courses: Any = JSONAttribute(default=dict)


class Streak(Record, discriminator="streak"):
    """What a learner wants of their streak: weekdays of rest (0 is Monday), holidays, freezes that were used."""

    rest_days: Any = JSONAttribute(default=list)
    vacations: Any = JSONAttribute(default=list)
    frozen: Any = JSONAttribute(default=list)
    shown = BooleanAttribute(default=True)


class Certificate(Record, discriminator="certificate"):
    """That a learner has finished a course. `issue` counts reissues; the newest credential is the valid one."""

    user_id = UnicodeAttribute()
    course_id = UnicodeAttribute()
    code = UnicodeAttribute()
    issue = NumberAttribute(default=1)
    #: issued or revoked.
    status = UnicodeAttribute(default="issued")
    issued_at = MomentAttribute()
    printed_at = MomentAttribute(null=True)


class Credential(Record, discriminator="credential"):
    """What a stranger who has the code may learn: the signed document, and whether it still holds."""

    code = UnicodeAttribute()
    user_id = UnicodeAttribute()
    course_id = UnicodeAttribute()
    document: Any = JSONAttribute()
    key_id = UnicodeAttribute()
    signature = UnicodeAttribute()
    #: valid, replaced or revoked.
    status = UnicodeAttribute(default="valid")
    reason = UnicodeAttribute(null=True)
    hidden = words(default=list)
