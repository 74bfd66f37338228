"""The list of what somebody could do next."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib.insight.actions import Action, Kind
from chalicelib.web.reading import In, Out

MOST = 20


class NextActionsQuery(In):
    limit: Annotated[int, Field(ge=1, description="At most 20; more is read as 20.")] = 10

    @property
    def size(self) -> int:
        return min(self.limit, MOST)


class NextActionOut(Out):
    """Something to do, and why. Ids are those that the kind has."""

    kind: Annotated[Kind, Field(description="In the order of their urgency.")]
    title: Annotated[str, Field(description="Of the course or the goal.")]
    reason: str
    link: Annotated[str, Field(description="Where in the API to go on.")]
    since: Annotated[datetime | None, Field(description="When it became so: opened, last open, overdue, last active.")]
    until: Annotated[
        datetime | None, Field(description="The end of the deadline's day, or of your time in the course.")
    ]
    course_id: str | None
    enrollment_id: str | None
    lesson_id: str | None
    goal: Annotated[int | None, Field(description="The number of the goal.")]
    goal_id: str | None

    @classmethod
    def of(cls, result: Any) -> "NextActionOut":
        action: Action = result
        return cls(
            kind=action.kind,
            title=action.title,
            reason=action.reason,
            link=action.link,
            since=action.since,
            until=action.until,
            course_id=action.course_id,
            enrollment_id=action.enrollment_id,
            lesson_id=action.lesson_id,
            goal=action.goal,
            goal_id=action.goal_id,
        )
