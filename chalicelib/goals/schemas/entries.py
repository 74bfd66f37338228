"""Entries of goals: what is sent, what is shown, and how lists of them are asked for."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.schemas.fields import LessonId, Whole, also
from chalicelib.errors import FieldError
from chalicelib.goals import durations, entries, periods
from chalicelib.goals.durations import LONGEST_LOGGED, LONGEST_PLANNED
from chalicelib.goals.entry_list import BY_PAGE, Part, Wanted
from chalicelib.goals.logbook import Shown, Wish
from chalicelib.goals.schemas.fields import ENTRY, GOAL, LARGEST_PAGE, Day, GoalRef, GoalText, Logged, Planned
from chalicelib.web.reading import FieldsInvalid, In, Out

PAGE = 5
_EITHER = [{"required": ["logged_hours"]}, {"required": ["logged_seconds"]}]


def _in_our_time(day: str) -> str:
    if day < periods.FIRST.isoformat():
        raise ValueError(f"must not be before {periods.FIRST}")
    return day


class EntryFields(In):
    """Times go as `HH:MM:SS`, as ISO 8601 durations or in seconds; `*_hours` and `*_seconds` are two names of one
    thing. Whether an entry is complete, and how far, is worked out from them and is not sent.
    """

    derived: ClassVar[frozenset[str]] = frozenset({"is_complete", "percentage_complete"})

    progress: Annotated[GoalText, also("progress", "text")] = ""
    logged_hours: Logged = 0
    logged_seconds: Annotated[Whole, Field(ge=0, le=LONGEST_LOGGED)] = 0
    total_hours: Planned = 0
    total_seconds: Annotated[Whole, Field(ge=0, le=LONGEST_PLANNED)] = 0
    logged_on: Annotated[
        Annotated[Day, AfterValidator(_in_our_time)],
        also("logged_on", "date"),
        Field(description="The day it counts for, in your time zone; today where it is left out."),
    ] = ""

    @model_validator(mode="after")
    def _one_time(self) -> "EntryFields":
        twice = [kind for kind in ("logged", "total") if {f"{kind}_hours", f"{kind}_seconds"} <= self.model_fields_set]
        differing = [f"{kind}_seconds" for kind in twice if len(set(self._spellings(kind).values())) > 1]
        if differing:
            raise FieldsInvalid(errors=[FieldError(name, "differs", "Send one of the two.") for name in differing])
        return self

    def _spellings(self, kind: str) -> dict[str, int]:
        names = (f"{kind}_hours", f"{kind}_seconds")
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}

    def said(self) -> dict[str, Any]:
        """What was sent, by the record's names."""
        said: dict[str, Any] = {"text": self.progress} if "progress" in self.model_fields_set else {}
        for kind in ("logged", "total"):
            said |= {f"{kind}_seconds": seconds for seconds in self._spellings(kind).values()}
        return {**said, "logged_on": self.logged_on} if self.logged_on else said


class _WholeEntry(EntryFields):
    """Without time there is no entry."""

    @model_validator(mode="after")
    def _timed(self) -> "_WholeEntry":
        if not self._spellings("logged"):
            raise FieldsInvalid(errors=[FieldError("logged_hours", "required", "This field is required.")])
        return self


class EntryIn(_WholeEntry):
    """An entry is of one day, so up to 24 hours are logged; up to 10,000 are planned. Nothing is logged for days to
    come. With `lesson_id`, a lesson of the goal's course, it takes the place of the time that came by itself.
    """

    model_config = ConfigDict(
        json_schema_extra=example(
            progress="Completed authentication module", logged_hours="02:30:00", total_hours="05:00:00"
        )
        | {"anyOf": _EITHER}
    )

    lesson_id: Annotated[LessonId | None, also("lesson_id", "lesson")] = None

    def wish(self) -> Wish:
        return Wish(**self.said(), lesson_id=self.lesson_id)


class EntryPatch(EntryFields):
    """Only the fields that are sent are changed."""

    model_config = ConfigDict(json_schema_extra=example(logged_hours="03:00:00"))

    def changes(self) -> dict[str, Any]:
        return self.said()


class EntryPut(_WholeEntry):
    """The whole entry: what is left out becomes empty, except its day, which stays."""

    model_config = ConfigDict(
        json_schema_extra=example(progress="Authentication and tokens", logged_hours="03:00:00", total_hours="05:00:00")
        | {"anyOf": _EITHER}
    )

    def changes(self) -> dict[str, Any]:
        return {"text": "", "total_seconds": 0, **self.said()}


class EntryOut(Out):
    """`number` counts the entries of a goal and is never given again."""

    model_config = ConfigDict(
        json_schema_extra=example(
            id=ENTRY,
            kind="goal",
            number=1,
            goal=1,
            goal_id=GOAL,
            goal_name="Learn Django REST Framework",
            progress="Completed authentication module",
            logged_hours="02:30:00",
            logged_seconds=9000,
            total_hours="05:00:00",
            total_seconds=18000,
            is_complete=False,
            percentage_complete=50.0,
            logged_on="2026-11-21",
            source="manual",
            lesson_id=None,
            created_at="2026-11-21T08:05:00Z",
            updated_at="2026-11-21T08:05:00Z",
        )
    )

    id: str
    kind: Literal["goal"]
    number: int
    goal: int
    goal_id: str
    goal_name: str
    progress: str
    logged_hours: str
    logged_seconds: int
    total_hours: str
    total_seconds: int
    is_complete: bool
    percentage_complete: float
    logged_on: Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
    source: Annotated[str, Field(description="`manual`, or `lesson` where finishing one made it.")]
    lesson_id: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, result: Any) -> "EntryOut":
        shown: Shown = result
        entry, logged, total = shown.entry, int(shown.entry.logged_seconds), int(shown.entry.total_seconds)
        return cls(
            id=entry.id,
            kind="goal",
            number=int(entry.number),
            goal=int(entry.goal),
            goal_id=shown.goal.id,
            goal_name=shown.goal.name,
            progress=entry.text,
            logged_hours=durations.text(logged),
            logged_seconds=logged,
            total_hours=durations.text(total),
            total_seconds=total,
            is_complete=entries.is_complete(entry),
            percentage_complete=float(entries.percentage(entry)),
            logged_on=entry.logged_on,
            source=entry.source,
            lesson_id=entry.lesson_id,
            created_at=entry.created_at,
            updated_at=entry.updated_at,
        )


class EntriesQuery(In):
    """By `page` up to 1,000 rows; whoever follows `next` goes on beyond them."""

    page: Annotated[int, Field(ge=1, le=BY_PAGE)] | None = None
    page_size: Annotated[int, Field(ge=1, description=f"At most {LARGEST_PAGE}; more is read as that.")] = PAGE
    cursor: Annotated[str, Field(max_length=2048)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "EntriesQuery":
        if self.page is not None and self.cursor is not None:
            raise ValueError("send page or cursor, not both")
        return self

    def part(self) -> Part:
        return Part(min(self.page_size, LARGEST_PAGE), 1 if self.page is None else self.page, self.cursor)


class DaysQuery(In):
    """A stretch of days, both ends included, and one goal of several."""

    first: Annotated[Day | None, also("from", "start", "date_from")] = None
    last: Annotated[Day | None, also("to", "end", "date_to")] = None
    goal: Annotated[GoalRef | None, also("goal", "goal_id", "goal_number")] = None

    @model_validator(mode="after")
    def _forward(self) -> "DaysQuery":
        if self.first is not None and self.last is not None and self.first > self.last:
            raise FieldsInvalid(errors=[FieldError("to", "before_from", "It lies before the first day.")])
        return self

    def wanted(self) -> Wanted:
        return Wanted(self.goal, self.first, self.last)


class GoalProgressQuery(EntriesQuery, DaysQuery):
    """All entries, newest day first."""
