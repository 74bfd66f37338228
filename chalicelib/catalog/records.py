"""What the catalogue keeps in the table. No decisions here.

A course is four items: `Course` what its page says, `Curriculum` its sections and lessons in order, `Gate` the little
that enrolling and progress need of both, flat in the number of lessons, and `Seats` where there are not endless ones.
Every change of a course is guarded by the version of `Course`; the others are written with it and carry the same one.
"""

import json
from typing import Any

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.table.record import MomentAttribute, Record, words


class CompactAttribute(JSONAttribute):
    """JSON without blanks and escapes: a title in Hindi takes half the room, and what is read costs by its size."""

    def serialize(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Slug(Record, discriminator="slug"):
    """Makes the readable name of a course or a category unique."""

    of = UnicodeAttribute()


class Category(Record, discriminator="category"):
    """A shelf. One with a `parent_id` stands on another, which has none."""

    id = UnicodeAttribute()
    title = UnicodeAttribute()
    slug = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    parent_id = UnicodeAttribute(null=True)
    position = NumberAttribute(default=0)
    #: How many courses stand on it, and how many shelves: one that is needed is not taken away.
    courses = NumberAttribute(default=0)
    children = NumberAttribute(default=0)


class Course(Record, discriminator="course"):
    id = UnicodeAttribute()
    instructor_id = UnicodeAttribute()
    title = UnicodeAttribute()
    slug = UnicodeAttribute()
    subtitle = UnicodeAttribute(default="")
    description = UnicodeAttribute(default="")
    #: What you learn, and what you should bring along: a line each.
    outcomes = words(default=list)
    requirements = words(default=list)
    level = UnicodeAttribute(default="all")
    language = UnicodeAttribute(default="en")
    category_id = UnicodeAttribute(null=True)
    price_minor = NumberAttribute(default=0)
    currency = UnicodeAttribute(default="USD")
    cover_url = UnicodeAttribute(null=True)
    #: How many may learn at the same time; none where there is no limit.
    capacity = NumberAttribute(null=True)
    #: draft, published or archived.
    status = UnicodeAttribute(default="draft")
    published_at = MomentAttribute(null=True)
    deleted_at = MomentAttribute(null=True)
    #: Release rules of the whole course: lessons in order, courses to finish first, days of access.
    forced_order = BooleanAttribute(default=False)
    prerequisites = words(default=list)
    access_days = NumberAttribute(null=True)
    #: Whether finishing it earns a certificate.
    certified = BooleanAttribute(default=True)
    #: How long a certificate of it holds; none where it does not end.
    certificate_days = NumberAttribute(null=True)
    lessons = NumberAttribute(default=0)
    minutes = NumberAttribute(default=0)

    @property
    def is_published(self) -> bool:
        return self.status == "published" and self.deleted_at is None


class Curriculum(Record, discriminator="curriculum"):
    """`sections` is a list of {id, title, lessons}, each lesson {ordinal, title, kind, minutes, preview, kg_class,
    after_days, opens_at}. A lesson exists for learners if and only if it is listed. Ordinals are never used again.
    """

    course_id = UnicodeAttribute()
    sections: Any = CompactAttribute()
    next_ordinal = NumberAttribute(default=1)
    #: The version of the course in which another set of lessons was last listed.
    live_ver = NumberAttribute(default=1)


class Gate(Record, discriminator="gate"):
    """What enrolling, progress and access need to know of a course: one small read, however long the course is."""

    course_id = UnicodeAttribute()
    instructor_id = UnicodeAttribute()
    title = UnicodeAttribute()
    slug = UnicodeAttribute()
    is_published = BooleanAttribute()
    is_deleted = BooleanAttribute(default=False)
    category_id = UnicodeAttribute(null=True)
    price_minor = NumberAttribute(default=0)
    currency = UnicodeAttribute(default="USD")
    limited = BooleanAttribute(default=False)
    certified = BooleanAttribute(default=True)
    forced_order = BooleanAttribute(default=False)
    prerequisites = words(default=list)
    access_days = NumberAttribute(null=True)
    #: Which ordinals are listed, and which of them anybody may see: a bit each.
    live = BinaryAttribute(legacy_encoding=False)
    previews = BinaryAttribute(legacy_encoding=False)
    #: The listed ordinals in their order, two bytes each.
    sequence = BinaryAttribute(legacy_encoding=False)
    #: By ordinal, for lessons that have any: {after_days, opens_at}.
    rules: Any = JSONAttribute(default=dict)
    #: The version of the course in which `live` last changed.
    curriculum_ver = NumberAttribute()


class Seats(Record, discriminator="seats"):
    """Taken seats of a course with a capacity; both move under conditions of their own."""

    capacity = NumberAttribute()
    taken = NumberAttribute(default=0)


class Tally(Record, discriminator="tally"):
    """Numbers about many people, folded from facts: they may be some seconds behind. `done` is by ordinal."""

    course_id = UnicodeAttribute()
    #: How many facts are in it. It guards what two workers fold at the same time.
    folded = NumberAttribute(default=0)
    #: Who learns now, and everybody who ever enrolled; the two after them count among the latter.
    students = NumberAttribute(default=0)
    enrolled = NumberAttribute(default=0)
    completions = NumberAttribute(default=0)
    done: Any = JSONAttribute(default=dict)
    rating_sum = NumberAttribute(default=0)
    rating_count = NumberAttribute(default=0)


class Lesson(Record, discriminator="lesson"):
    """A lesson's own words. One of a course is what its curriculum says of it; one without stands for itself."""

    id = UnicodeAttribute()
    course_id = UnicodeAttribute(null=True)
    ordinal = NumberAttribute(null=True)
    instructor_id = UnicodeAttribute()
    title = UnicodeAttribute()
    #: text, video or file; quizzes join later.
    what = UnicodeAttribute(default="text")
    content = UnicodeAttribute(default="")
    media_id = UnicodeAttribute(null=True)
    #: A film or file that lies with a host we know, where it is not among our own.
    media_url = UnicodeAttribute(null=True)
    minutes = NumberAttribute(default=0)
    preview = BooleanAttribute(default=False)
    kg_class = UnicodeAttribute(null=True)
    after_days = NumberAttribute(null=True)
    opens_at = MomentAttribute(null=True)
    #: Of a lesson that stands for itself; one of a course is as public as its course.
    is_published = BooleanAttribute(default=True)
    deleted_at = MomentAttribute(null=True)


class Teaching(Record, discriminator="teaching"):
    """That a course, or a lesson that stands for itself, is somebody's: read consistently, unlike an index."""

    thing = UnicodeAttribute()


class Media(Record, discriminator="media"):
    """An upload. `state` goes from waiting to ready or refused, and no further."""

    id = UnicodeAttribute()
    owner_id = UnicodeAttribute()
    object_key = UnicodeAttribute()
    #: image, video, audio or document.
    what = UnicodeAttribute()
    content_type = UnicodeAttribute()
    filename = UnicodeAttribute(default="")
    bytes = NumberAttribute()
    #: A picture for everybody, such as a cover; when it is ready, `public_key` is where its copy lies.
    is_public = BooleanAttribute(default=False)
    public_key = UnicodeAttribute(null=True)
    state = UnicodeAttribute(default="waiting")
    reason = UnicodeAttribute(null=True)
    #: The version of the object that was inspected: the only one that is ever served.
    version = UnicodeAttribute(null=True)
    etag = UnicodeAttribute(null=True)


class IndexPointer(Record, discriminator="index_pointer"):
    """Which files are the catalogue now; `sequence` moves by one with each publication."""

    sequence = NumberAttribute()
    base = UnicodeAttribute()
    delta = UnicodeAttribute(null=True)
    built_at = MomentAttribute()


class Indexed(Record, discriminator="indexed"):
    """That the catalogue has looked at a course or a lesson: a new one is made from these, without a scan."""

    thing = UnicodeAttribute()
