"""Each build is made once in a session, whatever number of processes it has; what pip fetched and what was pruned of it
is kept between sessions.
"""

import fcntl
import os

import pytest

from infra.build import LAMBDA, Target, manifest
from infra.build.dependencies import Unfetched
from tests.packaging import built
from tests.packaging.built import Built


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The artefacts as they would be for this machine: their handlers can be started."""
    return once("here", Target.here(), tmp_path_factory)


@pytest.fixture(scope="session")
def on_lambda(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The artefacts that are deployed."""
    try:
        return once("lambda", LAMBDA, tmp_path_factory)
    except Unfetched as problem:
        pytest.skip(str(problem))


def once(name: str, target: Target, factory: pytest.TempPathFactory) -> Built:
    """The process that comes first builds, the others wait for it and look at the same."""
    base = factory.getbasetemp()
    out = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"built-{name}"
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (out / manifest.FILE).exists():
            return Built(out, manifest.read(out))
        return built.build(target, out)
