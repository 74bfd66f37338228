"""One stage for all end-to-end tests: built, deployed by the deployment program, played through once.

`make e2e` runs them. Nothing here imports the product: what it does, the deployed functions do.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import pytest

from infra.build import Target, package
from infra.deploy import deployment
from infra.deploy.account import Account
from infra.deploy.bucket import Bucket
from infra.deploy.deployment import Order
from infra.local import engine
from tests.e2e import bank as banks
from tests.e2e import bridge, buying_story, learning_story, story
from tests.e2e.bank import Bank
from tests.e2e.buying_story import Bought
from tests.e2e.clocks import Strikes, strike, strike_all
from tests.e2e.learning_story import Learned
from tests.e2e.stage import Stage
from tests.e2e.story import Story

ROOM = 4_000_000_000
SENDER = "LearnFlow <no-reply@learnflow.example>"
PUBLISHABLE = "pk_test_endtoend"


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """Builds are large and of no use afterwards."""
    with tempfile.TemporaryDirectory(prefix="learnflow-e2e-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    with enforcing_engine() as endpoint_url:
        yield Account(endpoint_url)


@contextmanager
def enforcing_engine() -> Iterator[str]:
    """A fresh emulation that enforces IAM. Its functions are processes of their own, which end with it."""
    running = engine.start(port=engine.free_port(), enforcing=True, scratch_in=in_memory())
    try:
        yield running.endpoint_url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)  # it leads a group of its own
        running.stop()


def in_memory() -> Path | None:
    """Functions are unpacked into 20,000 small files; where memory has room for them, they come and go in a moment."""
    shared = Path("/dev/shm")  # noqa: S108  # Each run makes a folder of its own in it.
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > ROOM else None


@pytest.fixture(scope="session")
def bucket(account: Account) -> Bucket:
    account.client("sesv2").create_email_identity(EmailIdentity="learnflow.example")
    made = Bucket(account, "learnflow-artefacts")
    made.require(make=True)
    return made


def deployed(name: str, bucket: Bucket, scratch: Path, settings: Mapping[str, str] = MappingProxyType({})) -> Stage:
    """The real artefacts, for the interpreter that the emulation runs functions on, and the real template: a stage
    as the deployment program leaves it.
    """
    package(name, Target.here(), scratch / name)
    here = scratch / f"{name}-here"
    left_out = bridge.leave_out(scratch / name, here)
    bridge.add_settings(here, settings)
    banks.give_keys(name, bucket.account.client("ssm"))
    order = Order(name, here, given={"MailSender": SENDER, "StripePublishableKey": PUBLISHABLE})
    assert deployment.deploy(order, bucket, lambda _: None) is not None
    stack = deployment.stack_of(bucket.account, name)
    return Stage(bucket.account, stack, stack.outputs(), left_out)


@pytest.fixture(scope="session")
def bare(bucket: Bucket, scratch: Path) -> Stage:
    """A second stage, with nothing made up for."""
    return deployed("staging", bucket, scratch)


@pytest.fixture(scope="session")
def bank() -> Iterator[Bank]:
    """Where the stage of the stories has Stripe."""
    with banks.opened() as made:
        yield made


@pytest.fixture(scope="session")
def stage(bucket: Bucket, scratch: Path, bank: Bank) -> Stage:
    """The stage that the stories play in."""
    made = deployed("dev", bucket, scratch, bank.settings())
    bridge.mend(made.account, made.stack, bridge.load(scratch / "dev"))
    return made


@pytest.fixture(scope="session")
def told(stage: Stage) -> Story:
    """The story of the accounts, played to its end."""
    return story.play(stage)


@pytest.fixture(scope="session")
def learned(stage: Stage, told: Story) -> Learned:
    """The story of a course, played to its end."""
    return learning_story.play(stage)


@pytest.fixture(scope="session")
def bought(stage: Stage, bank: Bank, learned: Learned) -> Bought:
    """The story of a purchase, played until its last order waits for the clock."""
    return buying_story.play(stage, bank)


@pytest.fixture(scope="session")
def struck(stage: Stage, bare: Stage, told: Story, learned: Learned, bought: Bought) -> Strikes:
    """Every clock has struck once since the stories ended; in the other stage one did, as it was deployed."""
    strike(bare, bare.stack.physical("SweepFactsClock"), None)
    return strike_all(stage)
