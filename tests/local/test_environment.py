"""Where an operator's command works: one answer for all of them."""

import os
from pathlib import Path

import pytest

from infra.local import environment

COMMANDS = ("redrive", "verify_audit", "restore", "export_day", "rotate_keys")
INFRA = Path(environment.__file__).parents[1]


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that is put back afterwards, and names no stage."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in ("STAGE", "TABLE_NAME", "RESOURCE_PREFIX", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)


def test_without_a_stage_it_is_the_cloud_of_this_machine() -> None:
    assert environment.enter_stage() == "learnflow-local"
    assert os.environ["AWS_ENDPOINT_URL"] == environment.LOCAL_ENGINE


def test_on_this_machine_a_developers_own_profile_is_dropped() -> None:
    os.environ["AWS_PROFILE"] = "work"
    environment.enter_stage("local")
    assert "AWS_PROFILE" not in os.environ


def test_a_local_cloud_at_another_address_stays_there() -> None:
    os.environ["AWS_ENDPOINT_URL"] = "http://localhost:9"
    environment.enter_stage()
    assert os.environ["AWS_ENDPOINT_URL"] == "http://localhost:9"


def test_a_stage_is_aws_as_the_shell_has_it() -> None:
    os.environ |= {"STAGE": "prod", "AWS_PROFILE": "work"}
    assert environment.enter_stage() == "learnflow-prod"
    assert (os.environ["TABLE_NAME"], os.environ["RESOURCE_PREFIX"]) == ("learnflow-prod", "learnflow-prod")
    assert os.environ["AWS_PROFILE"] == "work"
    assert "AWS_ENDPOINT_URL" not in os.environ


@pytest.mark.parametrize("name", ["TABLE_NAME", "RESOURCE_PREFIX"])
def test_half_a_stage_stops_the_command_instead_of_working_elsewhere(name: str) -> None:
    os.environ[name] = "learnflow-prod"
    with pytest.raises(SystemExit, match="Say which stage: STAGE=…; the environment only names learnflow-prod"):
        environment.enter_stage()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_asks_here_and_nowhere_else(command: str) -> None:
    source = (INFRA / f"{command}.py").read_text("utf-8")
    assert "enter_stage(" in source
    assert "os.environ" not in source


def test_without_a_key_of_a_test_account_payments_go_to_the_stand_in() -> None:
    os.environ.pop("STRIPE_API_KEY", None)
    told = environment.local_environment("http://localhost:9", "http://localhost:8001")
    assert told["STRIPE_API_BASE"] == "http://localhost:8001/_local/stripe"
    assert environment.payment_keys()["api_key"] == environment.STRIPE_KEY


@pytest.mark.row("M16")
def test_with_one_the_same_code_talks_to_stripe() -> None:
    os.environ |= {"STRIPE_API_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1", "STRIPE_PUBLISHABLE": "pk_test_1"}
    told = environment.local_environment("http://localhost:9")
    assert (told["STRIPE_API_BASE"], told["STRIPE_PUBLISHABLE"]) == ("https://api.stripe.com", "pk_test_1")
    assert environment.payment_keys() == {
        "api_key": "sk_test_1",
        "worker_key": "sk_test_1",
        "webhook_secrets": ["whsec_1"],
        "livemode": False,
    }


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_real_money_is_never_taken_on_this_machine(key: str) -> None:
    os.environ["STRIPE_API_KEY"] = key
    with pytest.raises(SystemExit, match="real money"):
        environment.payment_keys()
