"""What an instructor allows one learner."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.schemas.fields import Moment
from chalicelib.learning.overrides import Override
from chalicelib.web.reading import Flag, In, Out


class OverrideIn(In):
    """Both are set; what is left out goes back to the rules of the course."""

    model_config = ConfigDict(json_schema_extra=example(unlocked=True, access_until="2027-06-30T18:00:00Z"))

    unlocked: Flag = False
    access_until: Moment | None = None


class OverrideOut(Out):
    """`access_ends_at` is when it ends for this learner, by the override or by the course; null where it never does."""

    id: str
    enrollment_id: str
    course_id: str
    user_id: str
    status: str
    unlocked: bool
    access_until: datetime | None
    access_ends_at: datetime | None

    @classmethod
    def of(cls, result: Any) -> "OverrideOut":
        override: Override = result
        enrollment = override.enrollment
        return cls(
            id=enrollment.id,
            enrollment_id=enrollment.id,
            course_id=enrollment.course_id,
            user_id=enrollment.user_id,
            status=enrollment.status,
            unlocked=enrollment.unlocked,
            access_until=enrollment.access_until,
            access_ends_at=override.ends_at,
        )
