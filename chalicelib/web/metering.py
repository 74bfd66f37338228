"""Metering: requests about the progress of goals count against the day's quota of the caller's tier, exactly.

The door makes a `Meter` for a route that is declared `metered`. What a view writes is counted in the transaction of
its effect, which `together` sees to; reads are counted before their view; refusals and what wrote nothing, after it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from pynamodb.attributes import NumberAttribute

from chalicelib.errors import ProductError, TooMany, Unauthenticated, Unavailable
from chalicelib.settings import Quota, settings
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.web import limits
from chalicelib.web.identity import Standing
from chalicelib.web.limits import LimitReached, Usage
from chalicelib.web.windows import local_day

if TYPE_CHECKING:
    from chalicelib.web.exchange import Exchange
    from chalicelib.web.routes import Route

Answer = TypeVar("Answer")
#: One counter per person and day serves all tiers, so that a new tier finds what the old one has used.
COUNTER = "tier"
SCOPES: Mapping[str, str] = {"free": "tier_free", "premium": "tier_premium"}
#: Answers that cost nothing: nobody is known, nothing is left, or it is our fault.
FREE = (Unauthenticated, TooMany, Unavailable)
#: How long a counter that many use at once is asked again. To pass uncounted would break the promise.
PATIENCE_SECONDS = 2.0


class Counter(Record, discriminator="limit"):
    """How much of a quota is used. Most are counted in place and never read; a tier's is read with the standing."""

    n = NumberAttribute(default=0)


class Meter:
    """The counting of one request, at most once."""

    __slots__ = ("_early", "_exchange", "_seen", "_settled", "_span")

    def __init__(self, exchange: "Exchange", *, early: bool) -> None:
        self._exchange = exchange
        self._early = early
        self._seen: int | None = None
        self._settled = False
        self._span = local_day(exchange.now, exchange.caller.zone, exchange.caller.held_day)

    def around(self, work: Callable[[], Answer]) -> Answer:
        """The answer of the door, and its use of the quota counted."""
        if self._early:
            self._count()
        try:
            answer = work()
        except ProductError as error:
            if not isinstance(error, FREE):
                self._count()
            raise
        self._count()
        return answer

    def keys(self) -> Iterable[Key]:
        """What the view's first read brings along."""
        return () if self._settled else (self._key,)

    def look(self, found: Mapping[Key, Record]) -> None:
        """See what is used up; refused where it is everything."""
        if self._settled:
            return
        counter = found.get(self._key)
        self._seen = int(counter.n) if isinstance(counter, Counter) else 0
        if self._seen >= self._quota.limit:
            raise limits.used_up(self._scope, self._span)

    def piece(self) -> Mapping[str, Any] | None:
        """For the transaction of an effect: one more than was seen, if nobody else has counted since."""
        if self._settled or self._seen is None:
            return None
        return {"Update": limits.counting_from(self._seen, COUNTER, self._exchange.caller.id, self._span)}

    def counted(self) -> None:
        """That transaction has succeeded."""
        if not self._settled and self._seen is not None:
            self._settle(self._seen + 1)

    def waive(self) -> None:
        """A replay costs nothing."""
        self._settle(self._seen)

    @property
    def is_settled(self) -> bool:
        return self._settled

    @property
    def _scope(self) -> str:
        return SCOPES.get(self._exchange.caller.tier, SCOPES["free"])

    @property
    def _quota(self) -> Quota:
        return settings.quotas[self._scope]

    @property
    def _key(self) -> Key:
        return keys.limit(COUNTER, self._exchange.caller.id, self._span.name)

    def _settle(self, used: int | None) -> None:
        self._settled = True
        if used is not None:
            left = max(0, self._quota.limit - used)
            self._exchange.usage = limits.stricter(
                Usage(self._scope, self._quota, left, self._span.left), self._exchange.usage
            )

    def _count(self) -> None:
        if self._settled:
            return
        try:
            used = self._take()
        except LimitReached:
            if not self._has_risen():
                raise
            used = self._take()
        self._settle(used)

    def _take(self) -> int | None:
        subject = self._exchange.caller.id
        return limits.count(self._scope, subject, self._span, counter=COUNTER, patience=PATIENCE_SECONDS)

    def _has_risen(self) -> bool:
        """Whether the tier allows more than the token knows of."""
        if self._exchange.confirmed:
            return False
        standing = reads.one(Standing, keys.standing(self._exchange.caller.id))
        if standing is None:
            return False
        before = self._quota.limit
        self._exchange.caller = replace(self._exchange.caller, tier=standing.tier)
        return self._quota.limit > before


def meter(route: "Route", exchange: "Exchange", params: Mapping[str, str]) -> Meter | None:
    """The meter of a request that counts; strangers are refused or counted elsewhere."""
    if exchange.caller.is_anonymous or not _counts(route, exchange, params):
        return None
    return Meter(exchange, early=not route.writes and route.standing == "token")


def _counts(route: "Route", exchange: "Exchange", params: Mapping[str, str]) -> bool:
    if isinstance(route.metered, bool):
        return route.metered
    path = {name: unquote(value) for name, value in params.items()}
    return route.metered(path, {name: values[0] for name, values in exchange.query().items()})


def refused_by(error: ProductError) -> bool:
    """Whether a day's quota is what refuses. Who repeats what was counted gets its answer all the same."""
    return isinstance(error, LimitReached) and error.usage is not None and error.usage.scope in SCOPES.values()
