"""The words of lessons that are made by the hundred: laid down to expire, and kept once their course lists them.

`bulk.py` lays them down; the worker of projections keeps them when it is told.
"""

from datetime import timedelta

from chalicelib.catalog.records import Lesson
from chalicelib.errors import Stale
from chalicelib.table import keys
from chalicelib.table.facts import Fact
from chalicelib.table.writes import adjust, alone

#: What the fact of the listing calls it.
LAID = "lessons_laid"
#: So long the fact may take to be told, which is a matter of seconds, and of minutes after a breakdown.
EXPIRES = timedelta(days=14)


def keep_words(fact: Fact, _: str) -> None:
    """The words of listed lessons no longer expire. Doing it again changes nothing."""
    if fact.payload.get("what") == LAID:
        for id in fact.payload["lessons"]:
            _keep(id)


def _keep(lesson_id: str) -> None:
    lesson = Lesson.under(keys.lesson(lesson_id))
    try:
        alone(adjust(lesson, Lesson.ttl.remove(), where=Lesson.id.exists()))
    except Stale:
        return
