"""What somebody teaches, read consistently from the table: whoever has just made a course finds it here."""

from chalicelib.catalog.records import Teaching
from chalicelib.table import keys, reads

COURSES, LESSONS = "crs_", "les_"
#: As many as a list of one's own looks at; the index has all that is published.
MOST = 200


def things(instructor_id: str, what: str, limit: int = MOST) -> list[str]:
    """The ids of somebody's courses, or of their lessons that belong to no course, newest first."""
    span = reads.span(keys.teaching_of(instructor_id), prefix=what, limit=limit, newest_first=True)
    return [each.thing for each in span.records if isinstance(each, Teaching)]


def everything(instructor_id: str) -> list[str]:
    """The ids of all courses and lessons of somebody's."""
    return [each.thing for each in reads.all_of(keys.teaching_of(instructor_id)) if isinstance(each, Teaching)]


def teaching(instructor_id: str, thing: str) -> Teaching:
    made: Teaching = Teaching.under(keys.teaching(instructor_id, thing), thing=thing)
    return made
