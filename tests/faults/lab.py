"""Where a round happens: the engine, a client of the API, the injector, the one clock, and the ledger check."""

import base64
import copy
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest.mock import patch

from argon2 import PasswordHasher

from chalicelib import aws, clock, keyring
from chalicelib.accounts import passwords
from chalicelib.catalog.index import holding
from chalicelib.commerce import stripe_keys
from chalicelib.messaging import mailer
from chalicelib.settings import settings
from chalicelib.web import limits
from infra.local.stream_source import StreamSource
from tests.conftest import House
from tests.faults import commerce_ledger, goal_ledger, learning_ledger, ledger, stripe_fake
from tests.faults.clock import Clock
from tests.faults.injector import Injector
from tests.faults.ledger import World
from tests.faults.stripe_fake import Till
from tests.http.api import Api

#: Importing it has declared its invariants.
DECLARING = (learning_ledger, goal_ledger, commerce_ledger)
CHEAP = PasswordHasher(memory_cost=64, time_cost=1, parallelism=1)
#: Longer than the lease of a letter.
PAUSE_SECONDS = 61.0
#: The sweeper looks at minutes that have been over for five.
SWEPT_AFTER_SECONDS = 7 * 60.0
#: The same in every round, so that chance has no say in what a token looks like.
KEYS = json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(b"k" * 32).decode()}})


@dataclass
class Lab:
    """`seed` is the number of the round; whatever is not left to chance may be dealt out by it."""

    house: House
    seed: int = 0
    #: Only flows with this in their name are killed, and at every place.
    only: str = ""
    start: datetime = field(default_factory=lambda: beginning())
    #: Tells people of one name apart, where several flows share a world.
    suffix: str = ""
    clock: Clock = field(default_factory=Clock)
    api: Api = field(init=False)
    injector: Injector = field(init=False)
    till: Till = field(init=False)
    #: What this round did on purpose, for the ledger to expect: poison sent, mails that may come twice.
    expected: ledger.Expected = field(init=False)
    #: Whether something unusual may have been left behind: a thorough wipe is due.
    soiled: bool = True
    _mails_before: int = 0
    _drawn: float = 0.0
    _worlds: int = 0
    _noise: random.Random = field(default_factory=random.Random)
    _driving: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def opened(self, chance: random.Random, seed: int) -> Iterator[None]:
        """A round: a clean engine, a clock of its own, and all chance in the product drawn from the round's."""
        self.seed, self.start = seed, beginning()
        with ExitStack() as stack:
            stack.enter_context(patch.object(passwords, "_argon2id", lambda: CHEAP))
            stack.enter_context(patch.object(clock, "os", SimpleNamespace(urandom=self._noise.randbytes)))
            stack.enter_context(self.clock.running(self.start))
            self._drawn, self._worlds = chance.random(), 0
            self.injector = stack.enter_context(Injector())
            stack.enter_context(stripe_fake.connected(lambda: self.till, lambda: self.injector))
            self.fresh()
            yield

    def fresh(self, *, thoroughly: bool = True) -> None:
        """Everything as at the start of the round: nobody, no mail, no message, nothing remembered.

        Not thoroughly is three times as fast, and enough where the world before has come to rest in good order.
        """
        self.injector.heal()
        self.clock.move_to(self.start)
        self._worlds += 1
        self._noise.seed(f"{self._drawn}|{self._worlds}")
        random.seed(f"{self._drawn}|{self._worlds}")
        if thoroughly:
            self.house.wipe()
            put_keys(KEYS)
            self.soiled = False
            self._mails_before = 0
        else:
            self._delete_items()
            self._mails_before = len(self.house.mails())
        self.forget_instance()
        keyring.keys()
        stripe_keys.payment_keys()
        self.injector.forget()
        self.expected = ledger.Expected()
        self.suffix = ""
        self.api = Api()
        self.till = Till(stripe_fake.opened_door(self.api))

    def anew(self) -> None:
        """The same world once more, with the same ids and pauses: only on a thoroughly wiped engine."""
        self._worlds -= 1
        self.fresh()

    def _delete_items(self) -> None:
        table = self.house.cloud.client("dynamodb")
        for page in table.get_paginator("scan").paginate(TableName=settings.table_name):
            wanted = [{"DeleteRequest": {"Key": {"pk": each["pk"], "sk": each["sk"]}}} for each in page["Items"]]
            for start in range(0, len(wanted), 25):
                table.batch_write_item(RequestItems={settings.table_name: wanted[start : start + 25]})

    def forget_instance(self) -> None:
        """What dies with a killed instance: permits, keys, the catalogue, what it knew of queues and mail."""
        limits.forget()
        keyring.forget()
        stripe_keys.forget()
        aws.queue_url.cache_clear()
        mailer.breaker.close()
        holding.forget()

    def with_suffix(self, suffix: str) -> "Lab":
        """The same lab, where people have other names."""
        lab = copy.copy(self)
        lab.suffix = suffix
        return lab

    def let_records_not_age(self) -> None:
        """The engine dates stream records by its own clock. Where ours has gone ahead for days, none is too old."""
        for stream in self.house.driver.streams:
            stream.too_old = lambda batch: False  # type: ignore[method-assign]

    def named(self, name: str) -> str:
        return f"{name}{self.suffix}"

    def address(self, name: str) -> str:
        return f"{self.named(name)}@example.org"

    def settle(self, rounds: int = 400) -> None:
        """Step streams and queues until nothing moves. What failed comes back after a minute, by the one clock."""
        with self._driving:
            for _ in range(rounds):
                moved = self.till.move()
                if not self.house.driver.round(skip_delays=True) and not moved:
                    return
                if any(queue.held for queue in self.house.driver.queues):
                    self.clock.shift(PAUSE_SECONDS)
        raise AssertionError("it never comes to rest")

    def work(self) -> None:
        """One step of every stream and queue; what failed waits for the next `settle`."""
        with self._driving:
            self.till.move()
            self.house.driver.round()

    def step(self, name: str) -> None:
        """Let one source do all that it has to do now."""
        with self._driving:
            while self.house.driver.source(name).step():
                pass

    def fire(self, name: str, strikes: int = 20) -> None:
        """Fire a clock with AWS's retries; where all of them die, again by hand, as the runbook says."""
        at = self.clock.now()
        for schedule in self.house.driver.schedules:
            schedule.wait = self.clock.shift
        for _ in range(strikes):
            if not self.house.driver.fire(name, at).failed:
                return
            assert len(ledger.bodies(self.house, "schedules-dead")) == 1
            ledger.purge(self.house, "schedules-dead")
            self.clock.shift(2 * PAUSE_SECONDS)
        raise AssertionError(f"{name} never comes to an end")

    def trim(self) -> None:
        """Let the router's stream lose everything that was not read yet."""
        source = self.house.driver.source("react_to_facts")
        assert isinstance(source, StreamSource)
        source.trim()

    def finish(self) -> None:
        """What the cloud does by itself: everything settles, and the sweeper tells what was not told."""
        self.settle()
        if self.world().unacknowledged():
            self.clock.shift(SWEPT_AFTER_SECONDS)
            self.fire("sweep_facts")
            self.settle()

    def world(self) -> World:
        return World(self.house, self.expected, self._mails_before, self.till)

    def told(self) -> Counter[str]:
        """How often each fact has been written by now."""
        return Counter(fact["name"] for fact in self.world().facts.values())

    def items(self, kind: str = "") -> list[ledger.Item]:
        world = self.world()
        return world.all(kind) if kind else [item for each in world.by_kind.values() for item in each]

    def item(self, pk: str, sk: str) -> ledger.Item:
        return next(each for each in self.items() if (each["pk"], each["sk"]) == (pk, sk))

    def mailed_token(self, address: str) -> str:
        """The token in the newest mail to this address."""
        mail = next(each for each in self.house.mails() if each.to == [address])
        found = re.search(r"token=(\S+)", mail.text)
        assert found
        return found[1]

    def ledger(self) -> None:
        """Check everything that must hold in the table, the queues and the mails; raises AssertionError."""
        self.injector.heal()
        ledger.check(self.world())


def put_keys(text: str) -> None:
    aws.client("ssm").put_parameter(Name=settings.keys_parameter, Value=text, Type="SecureString", Overwrite=True)


def beginning() -> datetime:
    """Half past the present hour: the engine's own clock cannot be moved, so ours begins near it."""
    return datetime.now(UTC).replace(minute=30, second=30, microsecond=0)
