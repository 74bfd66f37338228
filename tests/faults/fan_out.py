"""A clock that tells every user something once a day: what a job that fans out looks like, in small.

Row F16 proves `jobs.run` on it at the size of a thousand users. It reaches them page by page, and each is told in a
transaction with an item whose key says who and for which day.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.messaging import jobs
from chalicelib.messaging.jobs import Job, Save
from chalicelib.table import keys
from chalicelib.table.acts import Act, by_system
from chalicelib.table.writes import AlreadyThere, put_new, together
from infra.local.triggers import Function, ScheduleTrigger

NAME = "fan_out"
TOLD = "user.reminded"
PAGE = 20
#: As a schedule of the template would be read.
FUNCTION = Function("FanOut", NAME, f"tests.faults.{NAME}.handler", 120, ())
TRIGGER = ScheduleTrigger(
    "cron(30 18 * * ? *)",
    "UTC",
    '{"scheduled_at": "<aws.scheduler.scheduled-time>"}',
    2,
    "learnflow-local-schedules-dead",
)

#: Who there is, and in which order they were visited, once or again.
users: list[str] = []
visits: list[str] = []
#: When each run that is under way took or renewed its lease; and who began while somebody else's was good.
leases: list[datetime] = []
intrusions: list[str] = []


def handler(event: dict[str, Any], context: Any) -> None:
    date = jobs.moment(event).date().isoformat()

    def work(cursor: str, save: Save) -> None:
        if any(clock.now() - taken < jobs.LEASE for taken in leases):
            intrusions.append(cursor)
        leases.append(clock.now())
        try:
            for page in pages([user for user in users if user > cursor]):
                for user in page:
                    tell(by_system(f"{NAME}-{date}"), user, date)
                save(page[-1])
                leases[-1] = clock.now()
        finally:
            leases.pop()

    jobs.run(NAME, date, work, by_system(context.aws_request_id))


def pages(left: list[str]) -> Iterator[list[str]]:
    return (left[start : start + PAGE] for start in range(0, len(left), PAGE))


def tell(act: Act, user: str, date: str) -> None:
    visits.append(user)
    key = keys.job(f"{NAME}-{date}", user)
    once: Job = Job.under(key, owner=act.request_id, lease_until=act.now, done_at=clock.now(), ttl=jobs.KEPT)
    with suppress(AlreadyThere):
        together(act, put_new(once), fact=act.fact(TOLD, user, date=date), result=None)
