"""When something in the demo happened: noon of a day so long ago, where its people live; and acts of that time."""

import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from chalicelib import clock
from chalicelib.table.acts import Act

ZONE = "Asia/Kolkata"
PATIENCE_SECONDS = 60


def days_ago(days: int, minutes: int = 0) -> datetime:
    """Today's have just happened: a noon of today may be yet to come."""
    if days == 0:
        return clock.now()
    day = clock.today(ZONE) - timedelta(days=days)
    return datetime.combine(day, time_of_day(12), ZoneInfo(ZONE)).astimezone(UTC) + timedelta(minutes=minutes)


def act(actor: str, moment: datetime) -> Act:
    return Act(actor, moment, "demo", time.monotonic() + PATIENCE_SECONDS)
