"""The films and files that lessons name: the instructor's uploads, which the check of their bytes has not refused."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.catalog.courses import Found
from chalicelib.catalog.records import Media
from chalicelib.errors import invalid
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key

FIELD = "media_id"


def keys_of(act: Act, wishes: Iterable[Mapping[str, Any]]) -> list[Key]:
    """What has to be read before these wishes are judged."""
    return [keys.media(act.actor, id) for id in _named(wishes)]


def require_usable(act: Act, found: Found, wishes: Iterable[Mapping[str, Any]], instructor_id: str) -> None:
    """Refused where one of them is not the instructor's, whoever names it: readers look for it there."""
    known = found if instructor_id == act.actor else _of_instructor(instructor_id, wishes)
    for id in _named(wishes):
        media = known.get(keys.media(instructor_id, id))
        if not isinstance(media, Media):
            raise invalid(FIELD, "unknown", f"There is no such upload of the instructor's: {id}")
        if media.state == "refused":
            raise invalid(FIELD, "refused", f"This upload was refused: {id}")


def _of_instructor(instructor_id: str, wishes: Iterable[Mapping[str, Any]]) -> Found:
    return reads.many(keys.media(instructor_id, id) for id in _named(wishes))


def _named(wishes: Iterable[Mapping[str, Any]]) -> list[str]:
    return [wish[FIELD] for wish in wishes if wish.get(FIELD)]
