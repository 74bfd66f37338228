"""One engine for tests of the local cloud, with a small template of its own; the demo's test takes the product's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import resources, template
from infra.local.cloud import Cloud
from infra.local.template import Template
from infra.local.testing import running_engine

SMALL = Path(__file__).with_name("small.yaml")


@pytest.fixture(scope="session")
def small() -> Template:
    return template.load(files=(SMALL,))


@pytest.fixture(scope="session")
def engine_url() -> Iterator[str]:
    with running_engine() as url:
        yield url


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
