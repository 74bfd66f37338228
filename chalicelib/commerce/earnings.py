"""Who has how much: balances of the accounts and the months of teachers, folded from what the facts of orders post.

`functions/fold_counters` counts, each fact once in each account. Every fact that moves money carries the entries of its
posting, so the balances are what a recount of the postings gives, a few seconds later.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.commerce import books
from chalicelib.commerce.records import Balance, Earning, Statement
from chalicelib.settings import settings
from chalicelib.table import counting, keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.pages import Page, Scope, cursor, position

#: The facts that carry entries.
FACTS = frozenset({"order.paid", "order.refunded", "order.charged_back", "order.fee_known", "order.dispute_fee_known"})
#: Our own accounts, which every order moves: they are cut into parts, and each batch goes into any one of them.
OWN = (books.BUYERS, books.PLATFORM, books.STRIPE)
SHARDS = 4
#: By currency.
Sums = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Earnings:
    """What a teacher has, and what has moved it, the newest first."""

    balance: Sums
    movements: Page[Earning]


def fold(told: Iterable[Fact]) -> None:
    """May be called twice, late and out of order with the same facts."""
    accounts: dict[str, list[Fact]] = {}
    months: dict[tuple[str, str], list[Fact]] = {}
    for fact in told:
        for account, _ in _entries(fact):
            accounts.setdefault(account, []).append(fact)
        for teacher in _shares(fact):
            months.setdefault((teacher, month_of(fact.at)), []).append(fact)
    for account, facts in accounts.items():
        counting.fold(f"balance-{account}", _empty(account), facts, _add)
    for (teacher, month), facts in months.items():
        counting.fold(f"month-{teacher}", _blank(teacher, month), facts, partial(_note, teacher))


def require_countable(fact: Fact) -> None:
    """Refuses (ValueError, TypeError, KeyError, AttributeError) what would fail in the midst of a batch."""
    for account, _ in _entries(fact):
        _add(_empty(account), fact)
    for teacher in _shares(fact):
        _note(teacher, _blank(teacher, month_of(fact.at)), fact)


def month_of(moment: datetime) -> str:
    """A month is one of the platform's own time zone."""
    return moment.astimezone(ZoneInfo(settings.default_zone)).strftime("%Y-%m")


def balances(accounts: Iterable[str]) -> dict[str, Sums]:
    """What is in each of these accounts, in one trip."""
    wanted = {account: _parts(account) for account in accounts}
    found = reads.many(key for parts in wanted.values() for key in parts)
    return {account: summed(found.get(key) for key in parts) for account, parts in wanted.items()}


def accounts() -> dict[str, Sums]:
    """Our own, and what all teachers have together, which follows: all accounts of a currency are nothing together."""
    found = balances(OWN)
    theirs: Counter[str] = Counter()
    for sums in found.values():
        theirs.subtract(sums)
    return {**found, "instructors": dict(sorted(theirs.items()))}


def own(act: Act, *, size: int, after: str | None) -> Earnings:
    """The caller's. Two trips."""
    parts = _parts(books.account_of(act.actor))
    found = act.read(parts)
    return Earnings(summed(found.get(key) for key in parts), _movements(act, size, after))


def _movements(act: Act, size: int, after: str | None) -> Page[Earning]:
    scope = Scope("earnings", act.actor)
    start = {"pk": {"S": keys.earnings_of(act.actor)}, "sk": {"S": position(scope, after, act.now)}} if after else None
    span = reads.span(keys.earnings_of(act.actor), limit=size, newest_first=True, start=start)
    found = [each for each in span.records if isinstance(each, Earning)]
    return Page(found, cursor(scope, found[-1].sk, act.now) if span.more_after and found else None)


def summed(parts: Iterable[Any]) -> Sums:
    sums: Counter[str] = Counter()
    for part in parts:
        if isinstance(part, Balance | Statement):
            sums.update({currency: int(amount) for currency, amount in part.sums.items()})
    return dict(sorted(sums.items()))


def _entries(fact: Fact) -> list[list[Any]]:
    return fact.payload.get("entries", []) if fact.name in FACTS else []


def _shares(fact: Fact) -> Mapping[str, Mapping[str, list[int]]]:
    return fact.payload.get("shares", {}) if fact.name in FACTS else {}


def _parts(account: str) -> list[keys.Key]:
    return [keys.balance(account, str(shard)) for shard in range(SHARDS if account in OWN else 1)]


def _empty(account: str) -> Balance:
    shard = str(random.randrange(SHARDS)) if account in OWN else "0"  # noqa: S311 - spreads writes, is no secret
    made: Balance = Balance.under(keys.balance(account, shard), account=account)
    return made


def _blank(teacher: str, month: str) -> Statement:
    account = books.account_of(teacher)
    made: Statement = Statement.under(keys.statement(account, month), account=account, month=month)
    return made


def _add(balance: Balance, fact: Fact) -> None:
    moved = sum(amount for account, amount in _entries(fact) if account == balance.account)
    balance.sums = _more(balance.sums, fact.payload["currency"], moved)


def _note(teacher: str, month: Statement, fact: Fact) -> None:
    """What was given back stands in the facts as less than nothing, in the statement as its own number."""
    currency, shares = fact.payload["currency"], _shares(fact)[teacher]
    lines = dict(month.courses.get(currency, {}))
    for course, moved in shares.items():
        sold = [1, *moved, 0, 0, 0] if fact.name == "order.paid" else [0, 0, 0, 0, *(-amount for amount in moved)]
        lines[course] = [had + more for had, more in zip(lines.get(course, [0] * 7), sold, strict=True)]
    month.courses = {**month.courses, currency: lines}
    month.sums = _more(month.sums, currency, sum(share for _, _, share in shares.values()))


def _more(sums: Mapping[str, int], currency: str, amount: int) -> dict[str, int]:
    return {**sums, currency: int(sums.get(currency, 0)) + amount}
