"""The embedded AWS that tests of the product run on: one engine for each process, wiped before each test.

The product reads its settings when it is imported, which happens while tests are collected. So the engine's address is
chosen and entered here, at import; the engine itself starts when the first test wants it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.local import door, environment, mailbox, resources, template
from infra.local import engine as engines
from infra.local.cloud import Cloud
from infra.local.driver import Driver
from infra.local.mailbox import Mail
from infra.local.template import Template

HERE = Path(__file__).resolve().parent
#: Folders whose tests begin on a clean engine without asking for it.
ON_THE_CLOUD = frozenset({"workers", "http", "security", "faults"})

PORT = engines.free_port()
ENDPOINT = f"http://localhost:{PORT}"
# No test spends anything of a developer's account.
os.environ.pop("STRIPE_API_KEY", None)
environment.enter(environment.local_environment(ENDPOINT))


@dataclass
class House:
    """The running cloud of the tests. `driver` is new for each test; step it with `settle` or `fire`."""

    cloud: Cloud
    template: Template
    driver: Driver = field(init=False)

    def __post_init__(self) -> None:
        self.driver = Driver(self.template, self.cloud)

    def mails(self) -> list[Mail]:
        """Every mail sent in this test, newest first."""
        return mailbox.inbox(self.cloud)

    def wipe(self) -> None:
        resources.wipe(self.template, self.cloud)
        self.driver = Driver(self.template, self.cloud)


@pytest.fixture(scope="session")
def engine() -> Iterator[House]:
    with engines.start(port=PORT) as running, door.opened(running):
        house = House(Cloud(ENDPOINT), template.load())
        resources.create(house.template, house.cloud)
        resources.remember(house.cloud)
        yield house


@pytest.fixture
def clean(engine: House) -> House:
    """The engine as it was after its start, and nothing remembered in this process."""
    from chalicelib.catalog.index import holding
    from chalicelib.messaging import mailer
    from chalicelib.web import limits

    engine.wipe()
    limits.forget()
    holding.forget()
    mailer.breaker.close()
    return engine


@pytest.fixture(autouse=True)
def _on_a_clean_cloud(request: pytest.FixtureRequest) -> None:
    if request.node.path.relative_to(HERE).parts[0] in ON_THE_CLOUD:
        request.getfixturevalue("clean")
