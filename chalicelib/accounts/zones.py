"""What a change of zone does to the day that quotas count: it goes on to its end, and the new zone counts from there.

`people.py` asks when somebody changes their zone, `sessions.py` for what a new token says of it.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.accounts.records import User
from chalicelib.web.windows import HeldDay, local_day


def held_day(user: User, now: datetime) -> HeldDay | None:
    """The day that a change of zone fell into, for as long as it matters: until the new zone has a later date."""
    if user.held_day is None or user.held_until is None:
        return None
    here = now.astimezone(ZoneInfo(user.time_zone)).date().isoformat()
    over = now >= user.held_until and here > user.held_day
    return None if over else (user.held_day, int(user.held_until.timestamp()))


def holding(user: User, now: datetime) -> dict[str, Any]:
    """What their item is to remember when somebody leaves their present zone."""
    span = local_day(now, user.time_zone, held_day(user, now))
    return {"held_day": span.name, "held_until": datetime.fromtimestamp(int(now.timestamp()) + span.left, UTC)}
