"""Each build is made once in a session; what pip fetched and what was pruned of it is kept between sessions."""

import pytest

from infra.build import LAMBDA, Target
from infra.build.dependencies import Unfetched
from tests.packaging import built
from tests.packaging.built import Built


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The artefacts as they would be for this machine: their handlers can be started."""
    return built.build(Target.here(), tmp_path_factory.mktemp("here"))


@pytest.fixture(scope="session")
def on_lambda(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The artefacts that are deployed."""
    try:
        return built.build(LAMBDA, tmp_path_factory.mktemp("lambda"))
    except Unfetched as problem:
        pytest.skip(str(problem))
