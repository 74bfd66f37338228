"""What learning keeps in the table. No decisions here."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.catalog import bitmaps
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
    #: The order that paid for it, where one did.
    order_id = UnicodeAttribute(null=True)
    enrolled_at = MomentAttribute()
    cancelled_at = MomentAttribute(null=True)
    done = BinaryAttribute(legacy_encoding=False)
    live = BinaryAttribute(legacy_encoding=False)
    #: What was done, was opened again, and counts in no day another time.
    again = BinaryAttribute(legacy_encoding=False, null=True)
    curriculum_ver = NumberAttribute()
    #: The version of the course that all this was read at. It moves without the enrollment's own.
    course_ver = NumberAttribute(default=0)
    started_at = MomentAttribute(null=True)
    last_at = MomentAttribute(null=True)
    last_ordinal = NumberAttribute(null=True)
    completed_at = MomentAttribute(null=True)
    #: What the instructor allows this learner in spite of the rules of the course.
    unlocked = BooleanAttribute(default=False)
    access_until = MomentAttribute(null=True)

    def exported(self) -> dict[str, Any]:
        sets = {name: list(bitmaps.numbers(getattr(self, name) or b"")) for name in ("done", "again", "live")}
        return {**super().exported(), **sets}


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
    #: How many of the seconds are in the days already.
    counted = NumberAttribute(default=0)


class LoneProgress(Record, discriminator="lone_progress"):
    """One learner in a lesson that belongs to no course. Its version counts facts; where the film stopped has none."""

    user_id = UnicodeAttribute()
    lesson_id = UnicodeAttribute()
    completed_at = MomentAttribute(null=True)
    position = NumberAttribute(default=0)
    seconds = NumberAttribute(default=0)
    #: It was done and opened again: doing it another time counts in no day.
    again = BooleanAttribute(default=False)


class Days(Record, discriminator="days"):
    """A month of a learner in their own zone: by day what was done, and by course when it was last open."""

    days: Any = JSONAttribute(default=dict)
    courses: Any = JSONAttribute(default=dict)
    #: Goes up with each write, so that two devices do not overwrite one another. No fact tells of it.
    turn = NumberAttribute(default=0)


class Totals(Record, discriminator="totals"):
    """The courses of a learner by how far they are in them, and their certificates that hold. `totals.py` counts."""

    not_started = NumberAttribute(default=0)
    in_progress = NumberAttribute(default=0)
    completed = NumberAttribute(default=0)
    certificates = NumberAttribute(default=0)


class Streak(Record, discriminator="streak"):
    """What a learner wants of their streak. Freezes are not kept: days and wishes say which were used.

    `rest_days` is a list of {since, weekdays} (0 is Monday), oldest first; `vacations` one of {first, last}.
    """

    rest_days: Any = JSONAttribute(default=list)
    vacations: Any = JSONAttribute(default=list)
    shown = BooleanAttribute(default=True)


class Certificate(Record, discriminator="certificate"):
    """That a learner has finished a course. `issue` counts reissues; the newest credential is the valid one.

    It is in the index of those without paper until `printed_at` is set.
    """

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    course_id = UnicodeAttribute()
    instructor_id = UnicodeAttribute()
    course_title = UnicodeAttribute()
    #: The name that stands on it.
    holder = UnicodeAttribute()
    code = UnicodeAttribute()
    issue = NumberAttribute(default=1)
    #: issued or revoked.
    status = UnicodeAttribute(default="issued")
    reason = UnicodeAttribute(null=True)
    completed_at = MomentAttribute()
    issued_at = MomentAttribute()
    expires_at = MomentAttribute(null=True)
    revoked_at = MomentAttribute(null=True)
    printed_at = MomentAttribute(null=True)
    #: What the learner does not want strangers to see.
    hidden = words(default=list)


class Credential(Record, discriminator="credential"):
    """What a stranger who has the code may learn: the signed document, and whether it still holds.

    The document holds salted digests of what it says; the sayings themselves are `disclosures`, each of which can be
    held back or forgotten without breaking the signature.
    """

    code = UnicodeAttribute()
    #: Whose it is, for as long as that may be told.
    user_id = UnicodeAttribute(null=True)
    course_id = UnicodeAttribute()
    document: Any = JSONAttribute()
    disclosures: Any = JSONAttribute(default=dict)
    key_id = UnicodeAttribute()
    signature = UnicodeAttribute()
    #: valid, replaced, revoked or erased.
    status = UnicodeAttribute(default="valid")
    changed_at = MomentAttribute(null=True)
    expires_at = MomentAttribute(null=True)
    hidden = words(default=list)
