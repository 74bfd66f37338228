"""Goals: what their owners say of them, and what is shown."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.schemas.fields import COURSE, PERSON, CourseId, Listed, also, both_ways, one_of
from chalicelib.errors import FieldError
from chalicelib.goals import durations
from chalicelib.goals.goal_list import CATEGORIES, SORTS, Category, Status, Wanted
from chalicelib.goals.goals import percentage
from chalicelib.goals.records import Goal
from chalicelib.goals.schemas.fields import GOAL, Day, Few, GoalName, GoalText, Planned
from chalicelib.web.reading import FieldsInvalid, Flag, In, Out

#: What a body may say in a second way -> what the record calls it.
_TWOFOLD = {"goal_name": "name", "target_hours": "target_seconds"}
#: What stays as it is where a whole goal is sent without it.
_KEPT = frozenset({"status", "is_complete"})


def _category(value: Any) -> Any:
    """Clients write them in any case."""
    return (
        {name.lower(): name for name in CATEGORIES}.get(value.strip().lower(), value)
        if isinstance(value, str)
        else value
    )


AnyCase = Annotated[
    Category,
    BeforeValidator(_category),
    WithJsonSchema({"type": "string", "enum": list(CATEGORIES), "description": "In any case."}),
]


class GoalPatch(In):
    """Only the fields that are sent are changed; `null` clears what may be empty.

    `is_complete` is another way to set the status. The time that the goal is to take as a whole is `target_hours`
    ("40:00:00") or `target_seconds` (144000); 0 is none.
    """

    model_config = ConfigDict(json_schema_extra=example(category="Secondary", deadline="2027-03-31"))
    derived: ClassVar[frozenset[str]] = frozenset()

    goal_name: Annotated[GoalName, also("goal_name", "name")] = ""
    description: GoalText = ""
    category: AnyCase = "Primary"
    deadline: Day | None = None
    target_hours: Planned | None = None
    target_seconds: Planned | None = None
    course_id: Annotated[CourseId | None, also("course_id", "course")] = None
    status: Status = "active"
    is_complete: Flag = False

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> "GoalPatch":
        said = self.model_fields_set
        differing = []
        if {"target_hours", "target_seconds"} <= said and self.target_hours != self.target_seconds:
            differing.append("target_seconds")
        if {"status", "is_complete"} <= said and self.is_complete != (self.status == "completed"):
            differing.append("is_complete")
        if differing:
            raise FieldsInvalid(errors=[FieldError(name, "differs", "Send one of the two.") for name in differing])
        return self

    def wishes(self) -> dict[str, Any]:
        """By the record's names."""
        return self._said(self.model_fields_set)

    def _said(self, names: frozenset[str] | set[str]) -> dict[str, Any]:
        said = {name: getattr(self, name) for name in names}
        record = {_TWOFOLD.get(name, name): value for name, value in said.items()}
        return record | {name: value or None for name, value in record.items() if name == "target_seconds"}


class GoalIn(GoalPatch):
    """A new goal. It gets the next number of its owner."""

    model_config = ConfigDict(
        json_schema_extra=example(goal_name="Learn Django REST Framework", category="Primary", deadline="2025-12-31")
    )

    goal_name: Annotated[GoalName, also("goal_name", "name")]
    category: AnyCase


class GoalPut(GoalIn):
    """The whole goal: what is left out becomes empty, except the status, which stays."""

    def wishes(self) -> dict[str, Any]:
        left_out = _KEPT - self.model_fields_set
        twice = {"target_hours"} if "target_hours" not in self.model_fields_set else {"target_seconds"}
        return self._said(set(type(self).model_fields) - left_out - twice)


SORT_WORDS = both_ways(SORTS)
SortWord = Annotated[str, AfterValidator(one_of(SORT_WORDS)), WithJsonSchema({"type": "string", "enum": SORT_WORDS})]


class GoalsQuery(Few):
    """`sort` takes several names with commas, each with a minus for the other direction."""

    category: AnyCase | None = None
    is_complete: bool | None = None
    status: Status | None = None
    course_id: Annotated[CourseId | None, also("course_id", "course")] = None
    sort: Annotated[list[SortWord], also("sort", "ordering"), Listed, Field(max_length=len(SORTS))] = Field(
        default_factory=list
    )

    def wanted(self) -> Wanted:
        order = [(word.removeprefix("-"), word.startswith("-")) for word in self.sort]
        return Wanted(self.category, self.status, self.is_complete, self.course_id, order)


_GOAL: Any = {
    "id": GOAL,
    "number": 1,
    "user": PERSON,
    "user_id": PERSON,
    "goal_name": "Learn Django REST Framework",
    "description": "",
    "category": "Primary",
    "deadline": "2025-12-31",
    "status": "active",
    "is_complete": False,
    "completion_percentage": 50.0,
    "logged_hours": "02:30:00",
    "logged_seconds": 9000,
    "planned_hours": "05:00:00",
    "planned_seconds": 18000,
    "target_hours": None,
    "target_seconds": None,
    "entries": 1,
    "course_id": COURSE,
    "course": COURSE,
    "active_at": "2026-11-21T08:00:00Z",
    "paused_at": None,
    "completed_at": None,
    "created_at": "2026-11-20T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z",
}


class GoalOut(Out):
    """`completion_percentage` is what was logged of the target, or else of what the entries had planned."""

    model_config = ConfigDict(json_schema_extra={"examples": [_GOAL]})

    id: str
    number: int
    user: str
    user_id: str
    goal_name: str
    description: str
    category: str
    deadline: str | None
    status: str
    is_complete: bool
    completion_percentage: Annotated[float, Field(ge=0, le=100, description="Half up, two decimals.")]
    logged_hours: str
    logged_seconds: int
    planned_hours: str
    planned_seconds: int
    target_hours: str | None
    target_seconds: int | None
    entries: int
    course_id: str | None
    course: str | None
    active_at: datetime
    paused_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, result: Any) -> "GoalOut":
        """From a goal, or from what rules return that has one."""
        goal: Goal = getattr(result, "goal", result)
        logged, planned = int(goal.logged_seconds), int(goal.planned_seconds)
        target = None if goal.target_seconds is None else int(goal.target_seconds)
        return cls(
            id=goal.id,
            number=int(goal.number),
            user=goal.user_id,
            user_id=goal.user_id,
            goal_name=goal.name,
            description=goal.description,
            category=goal.category,
            deadline=goal.deadline,
            status=goal.status,
            is_complete=goal.status == "completed",
            completion_percentage=float(percentage(goal)),
            logged_hours=durations.text(logged),
            logged_seconds=logged,
            planned_hours=durations.text(planned),
            planned_seconds=planned,
            target_hours=None if target is None else durations.text(target),
            target_seconds=target,
            entries=int(goal.entries),
            course_id=goal.course_id,
            course=goal.course_id,
            active_at=goal.active_at,
            paused_at=goal.paused_at,
            completed_at=goal.completed_at,
            created_at=goal.created_at,
            updated_at=goal.updated_at,
        )


#: What follows from the entries, and what the platform says.
GoalPatch.derived = frozenset(GoalOut.model_fields) - frozenset(GoalPatch.model_fields) - {"course"}


class GoalListOut(Out):
    model_config = ConfigDict(json_schema_extra=example(count=1, next=None, previous=None, results=[_GOAL]))

    count: int
    next: str | None
    previous: str | None
    results: list[GoalOut]
