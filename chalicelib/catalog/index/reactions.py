"""What a fact means for the catalogue; `chalicelib/reactions.py` says which. Pure: the worker joins and publishes.

Each refuses (KeyError, ValueError) a fact that does not name what it must.
"""

import re

from chalicelib.catalog import ids
from chalicelib.catalog.index.building import Changes
from chalicelib.table.facts import PERSON, Fact

_PERSON = re.compile(PERSON + ids.ULID)


def index_thing(fact: Fact) -> Changes:
    """A course or a lesson says something else."""
    return Changes(things=frozenset({_thing(fact.subject)}))


def index_shelves(fact: Fact) -> Changes:
    """Categories are others, or are called otherwise: then so do the courses on them."""
    renamed = frozenset({fact.subject}) if fact.name == "category.changed" else frozenset[str]()
    return Changes(shelves=True, categories=renamed)


def index_teacher(fact: Fact) -> Changes:
    """Somebody is called otherwise, or may offer courses no more, or again."""
    if not _PERSON.fullmatch(fact.subject):
        raise ValueError("no person")
    return Changes(people=frozenset({fact.subject}))


def index_numbers(fact: Fact) -> Changes:
    """How many learn, or how they rate: seen within a minute or two, and read once for all that came meanwhile."""
    return Changes(counted={_thing(fact.payload["course"]): int(fact.at.timestamp())})


def index_anew(fact: Fact) -> Changes:  # noqa: ARG001 -- it is asked as the others are
    """An instance could not load the catalogue."""
    return Changes(anew=True)


def _thing(id: str) -> str:
    if ids.is_course(id):
        return id
    place = ids.place_of(id)
    if place is None:
        raise ValueError("neither course nor lesson")
    return place.course or id
