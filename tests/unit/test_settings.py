"""The environment: what is missing is named, what the sample names is read, and each stage has its own."""

import json
from pathlib import Path
from typing import get_args

import pytest

from chalicelib import settings
from chalicelib.catalog.schemas.fields import Currency
from infra import sample

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = """
    STAGE TABLE_NAME RESOURCE_PREFIX AUDIT_HEADS_BUCKET ML_BUCKET KEYS_PARAMETER PAYMENTS_PARAMETER PUBLIC_URL
    MAIL_SENDER AWS_DEFAULT_REGION
""".split()


@pytest.mark.row("G54", "K74")
@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_name_stops_the_start_and_is_called_by_name(name: str) -> None:
    environment = {key: value for key, value in sample.environment().items() if key not in (name, "AWS_REGION")}
    with pytest.raises(settings.MissingSetting, match=name):
        settings.read(environment)


@pytest.mark.row("M15")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CURRENCY", "usd"),
        ("CURRENCY", "JPY"),
        ("PREMIUM_PRICE_MINOR", "-1"),
        ("SMALLEST_CHARGE_MINOR", "0"),
        ("PLATFORM_FEE_PERCENT", "101"),
        ("RESERVATION_MINUTES", "1440"),
        ("REFUND_DAYS", "a month"),
    ],
)
def test_a_value_that_would_lose_money_stops_the_start_and_its_name_is_called(name: str, value: str) -> None:
    with pytest.raises(settings.SettingInvalid, match=f"^{name}: .*{value}"):
        settings.read(sample.environment() | {name: value})


def test_what_we_sell_ourselves_is_paid_in_a_currency_that_courses_may_have() -> None:
    assert frozenset(get_args(Currency)) == settings.CURRENCIES


@pytest.mark.row("G54", "K74")
def test_the_sample_environment_starts_the_product() -> None:
    read = settings.read(sample.environment())
    assert read.is_local
    assert read.cors_allowed_origins == {"http://localhost:3000", "http://localhost:5173"}


@pytest.mark.row("C39")
def test_the_sender_and_the_tracking_of_mail_are_settings() -> None:
    changed = {**sample.environment(), "MAIL_SENDER": "School <post@school.example>", "MAIL_TRACKING": "school"}
    read = settings.read(changed)
    assert (read.mail_sender, read.mail_tracking) == ("School <post@school.example>", "school")


def test_limits_are_settings_and_only_those_per_address_are_wider_on_one_machine() -> None:
    local = settings.read({**sample.environment(), "LIMIT_USER": "7", "LIMIT_ANONYMOUS": "3"}).quotas
    deployed = settings.read({**sample.environment(), "STAGE": "dev", "LIMIT_ANONYMOUS": "3"}).quotas
    assert (local["user"].limit, local["anonymous"].limit, deployed["anonymous"].limit) == (7, 300, 3)
    assert local["login_pair"] == deployed["login_pair"] == settings.Quota(5, 900)


def test_each_stage_has_a_sender_and_web_clients_of_its_own() -> None:
    stages = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]
    assert set(stages) == {"dev", "staging", "prod"}
    assert all(stage["api_gateway_stage"] == name != "api" for name, stage in stages.items())
    assert len({stage["environment_variables"]["MAIL_SENDER"] for stage in stages.values()}) == 3
    assert len({stage["environment_variables"]["CORS_ALLOWED_ORIGINS"] for stage in stages.values()}) == 3


@pytest.mark.parametrize(
    ("address", "origin", "prefix"),
    [
        ("https://api.school.example", "https://api.school.example", ""),
        ("https://api.school.example/", "https://api.school.example", ""),
        ("https://x.execute-api.eu-west-1.amazonaws.com/dev", "https://x.execute-api.eu-west-1.amazonaws.com", "/dev"),
        ("http://localhost:8000/a/b", "http://localhost:8000", "/a/b"),
    ],
)
def test_the_public_address_is_an_origin_and_what_stands_before_our_paths(
    address: str, origin: str, prefix: str
) -> None:
    read = settings.read({**sample.environment(), "PUBLIC_URL": address})
    assert (read.origin, read.prefix) == (origin, prefix)
