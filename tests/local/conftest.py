"""One engine for tests of the local cloud, with a small template of its own; the demo's test takes the product's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from stripe import StripeClient

from infra.local import engine, resources, template
from infra.local.cloud import Cloud
from infra.local.engine import Engine
from infra.local.stripe import line
from infra.local.stripe.server import Stripe
from infra.local.template import Template

SMALL = Path(__file__).with_name("small.yaml")


@pytest.fixture(scope="session")
def small() -> Template:
    return template.load(files=(SMALL,))


@pytest.fixture(scope="session")
def running() -> Iterator[Engine]:
    with engine.start(port=engine.free_port()) as started:
        yield started


@pytest.fixture(scope="session")
def engine_url(running: Engine) -> str:
    return running.endpoint_url


@pytest.fixture(scope="session")
def made_once(engine_url: str, small: Template) -> Cloud:
    cloud = Cloud(engine_url)
    resources.create(small, cloud)
    resources.remember(cloud)
    return cloud


@pytest.fixture
def cloud(made_once: Cloud, small: Template) -> Cloud:
    """The engine as it was after `create`."""
    resources.wipe(small, made_once)
    return made_once


@pytest.fixture
def server() -> Stripe:
    """Stripe's stand-in, in this process."""
    return Stripe()


@pytest.fixture
def sdk(server: Stripe) -> StripeClient:
    """The official SDK at it, without a network."""
    return line.client(server)
