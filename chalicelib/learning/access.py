"""The words of access: what may be open or not and why, and who looks. `release` judges; answers say what it says."""

from datetime import datetime
from typing import Literal, NamedTuple

#: What an answer may say, in the words that clients are told; the first six open, the others close.
REASONS = {
    "free": "It is free, and asks for nothing.",
    "preview": "The instructor shows this lesson to everybody.",
    "enrolled": "You are enrolled.",
    "completed": "You have finished the course.",
    "owner": "It is yours.",
    "admin": "You are an administrator.",
    "payment_required": "The course has a price; buy it.",
    "enrollment_required": "Enroll in the course.",
    "prerequisite": "Finish the courses in `missing` before.",
    "not_yet": "It opens at `unlocks_at`.",
    "lesson_order": "The lessons come in order; do those in `missing` before.",
    "access_ended": "Your time in this course is over.",
    "not_published": "It is not published.",
    "deleted": "It is no longer there.",
}
#: Reasons for which even that it exists is nobody's business.
HIDDEN = frozenset({"not_published", "deleted"})


class Access(NamedTuple):
    """`reason` is why it is open; where it is not fully open, why not. Progress takes full access."""

    access: Literal["full", "preview", "locked"]
    reason: str
    unlocks_at: datetime | None = None
    missing: tuple[str, ...] = ()

    @property
    def is_full(self) -> bool:
        return self.access == "full"

    @property
    def is_open(self) -> bool:
        """Whether the words and the film may be shown."""
        return self.access != "locked"

    @property
    def is_hidden(self) -> bool:
        """Whether even that it exists is nobody's business."""
        return self.reason in HIDDEN


class Viewer(NamedTuple):
    """Who is looking, `id` being None for a stranger."""

    id: str | None = None
    is_owner: bool = False
    is_admin: bool = False

    @property
    def runs_it(self) -> bool:
        """Whoever teaches it or runs the place."""
        return self.is_owner or self.is_admin


STRANGER = Viewer()
