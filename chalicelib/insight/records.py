"""What insight keeps in the table. No decisions here."""

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.table.record import MomentAttribute, Record, words


class Figures(Record, discriminator="figures"):
    """A part of the figures of a day, or of all time: by name, how often it happened or how many there are."""

    counts: Any = JSONAttribute(default=dict)
    #: How many facts are in it. It guards what two workers fold at the same time.
    folded = NumberAttribute(default=0)


class Sales(Record, discriminator="sales"):
    """What one teacher, or the whole platform in parts, has sold on a day; folded from facts."""

    day = UnicodeAttribute()
    placed = NumberAttribute(default=0)
    paid = NumberAttribute(default=0)
    #: By currency: orders that were paid, what was paid, how often money went back, and how much.
    sums: Any = JSONAttribute(default=dict)
    #: By currency and course or product: how often it was sold, what was paid for it, what of that went back.
    things: Any = JSONAttribute(default=dict)
    folded = NumberAttribute(default=0)


class Report(Record, discriminator="report"):
    """What was reported of a day: its figures, and how many there were of what when it was written."""

    day = UnicodeAttribute()
    counts: Any = JSONAttribute(default=dict)
    totals: Any = JSONAttribute(default=dict)
    #: What its chart shows: how many lessons were done on each of the last days.
    charted: Any = JSONAttribute(default=dict)
    made_at = MomentAttribute()
    #: To which administrators it has been sent.
    told = words(default=list)
