"""How long summaries take: `make benchmark-summaries USER_ID=student`, or `python -m infra.benchmark_summaries`.

A hundred calls each of the real handler, weekly and monthly, without and with the ETag that a client keeps. It works in
the cloud of `make run` on this machine, for a person by id, name or address; where that does not run, in a cloud of its
own, for somebody with ten goals and two months of days. What the local cloud takes is in the figures, so they compare
the four rows; what a request costs on Lambda is measured by `make bench`.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from unittest import mock

from infra.local import engine, resources, template
from infra.local.cloud import Cloud
from infra.local.environment import LOCAL_ENGINE, STAGE, enter, local_environment
from infra.local.gateway import Gateway

CALLS = 100
DEMO = "student"
#: Of the person in a cloud of one's own.
GOALS, DAYS = 10, 70


@dataclass(frozen=True)
class Row:
    """Some calls of one sort: their status, how long the answer was, and milliseconds in rising order."""

    name: str
    status: int
    bytes: int
    taken: Sequence[float]

    def line(self) -> str:
        middle, rare = statistics.median(self.taken), self.taken[int(len(self.taken) * 0.95)]
        figures = f"{self.taken[0]:8.2f} {middle:8.2f} {rare:8.2f}"
        return f"{self.name:28} {self.status:6} {self.bytes:7} {figures}"


HEAD = f"{'calls, each ' + str(CALLS) + ' times':28} {'status':>6} {'bytes':>7} {'min':>8} {'median':>8} {'p95':>8}  ms"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make benchmark-summaries", description=__doc__)
    parser.add_argument("--user-id", default="", help=f"id, username or address (USER_ID=); without it {DEMO}")
    asked = parser.parse_args().user_id
    if os.environ.get("STAGE", STAGE) != STAGE:
        print("It acts for somebody without asking them, so it works on this machine only.", file=sys.stderr)
        return 2
    with cloud(asked) as user:
        if user is None:
            print(f"There is nobody called {asked or DEMO}.", file=sys.stderr)
            return 1
        print(f"Summaries of {user}\n{HEAD}")
        for row in measured(user):
            print(row.line())
    return 0


@contextmanager
def cloud(asked: str) -> Iterator[str | None]:
    """The id of the person in the cloud that runs, or else of one in a cloud made for this."""
    running = os.environ.get("AWS_ENDPOINT_URL", LOCAL_ENGINE)
    if engine.answers(running):
        enter(local_environment(running))
        yield found(asked or DEMO)
        return
    with engine.start(port=engine.free_port()) as own:
        enter(local_environment(own.endpoint_url))
        resources.create(template.load(), Cloud(own.endpoint_url))
        yield somebody() if asked in ("", DEMO) else None


def found(asked: str) -> str | None:
    from chalicelib.accounts import names, records  # settings are read when the product is imported

    id = asked if asked.startswith("usr_") else names.owner(asked)
    person = records.user(id) if id else None
    return None if person is None else str(person.id)


def somebody() -> str:
    """Somebody with goals, and time for half of them on each day."""
    from chalicelib import clock
    from chalicelib.goals.ids import goal_of
    from chalicelib.goals.records import Goal, GoalDay
    from chalicelib.settings import settings
    from chalicelib.table import keys
    from chalicelib.table.writes import alone, put

    user, now, today = clock.new_id("usr"), clock.now(), clock.today(settings.default_zone)
    for number in range(1, GOALS + 1):
        said = {"name": f"Goal {number}", "category": "Primary", "active_at": now, "logged_seconds": 3600 * number}
        key, id = keys.goal(user, number), goal_of(user, number)
        alone(put(Goal.under(key, id=id, ver=1, user_id=user, number=number, target_seconds=72_000, **said)))
    for ago in range(DAYS):
        day = (today - timedelta(days=ago)).isoformat()
        shares = {str(number): [900 * number, 1] for number in range(1 + ago % 2, GOALS + 1, 2)}
        alone(put(GoalDay.under(keys.goal_day(user, day), date=day, goals=shares, turn=1)))
    return user


def measured(user: str, calls: int = CALLS) -> Iterator[Row]:
    from app import app
    from chalicelib.accounts import records
    from chalicelib.settings import settings
    from chalicelib.web import limits

    person = records.user(user)
    token = token_of(user, settings.default_zone if person is None else str(person.time_zone))
    gateway = Gateway(app, settings.public_url)
    # Their requests of this hour are theirs: these are not counted, nor logged.
    with mock.patch.object(limits, "lease", return_value=None), mock.patch("chalicelib.web.application.access"):
        for kind in ("weekly", "monthly"):
            for name, keeps in (("without the ETag", False), ("with the ETag", True)):
                yield row(gateway, token, f"/api/v1/summary/{kind}", f"{kind}, {name}", calls, keeps=keeps)


def row(gateway: Gateway, token: str, path: str, name: str, calls: int, *, keeps: bool) -> Row:
    headers = {"authorization": f"Bearer {token}"}
    first = gateway.answer("GET", path, headers)
    tag = first.header("etag") or ""
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        reply = gateway.answer("GET", path, headers | ({"if-none-match": tag} if keeps else {}))
        taken.append((time.perf_counter() - begun) * 1000)
    return Row(name, reply.status, len(reply.body), sorted(taken))


def token_of(user: str, zone: str) -> str:
    from chalicelib import clock
    from chalicelib.web.identity import Caller, access_token

    return access_token(Caller(user, zone=zone), now=clock.now(), id=clock.new_id("tok"))


if __name__ == "__main__":
    sys.exit(main())
