"""What prod takes, and what belongs to which stage. No account is asked."""

from dataclasses import replace

import pytest

from infra.build import LAMBDA, Manifest
from infra.deploy import Refused, caution

GOOD = Manifest("prod", "1.0", "abc123def456", LAMBDA, True, {}, "")


def test_prod_takes_a_commit_with_bytecode() -> None:
    caution.finished(GOOD)


@pytest.mark.parametrize("commit", ["abc123def456-changed", "unknown"])
def test_prod_takes_nothing_that_is_not_committed(commit: str) -> None:
    with pytest.raises(Refused, match="only what is committed"):
        caution.finished(replace(GOOD, commit=commit))


def test_prod_takes_nothing_without_bytecode() -> None:
    with pytest.raises(Refused, match="bytecode"):
        caution.finished(replace(GOOD, bytecode=False))


def test_a_build_of_another_stage_is_refused() -> None:
    with pytest.raises(Refused, match="built for prod, not for dev"):
        caution.fit_for("dev", GOOD)
