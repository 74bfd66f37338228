"""When a schedule is due next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.clockwork import BadExpression, next_after


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "moment", "due"),
    [
        ("rate(5 minutes)", "UTC", "2026-03-01T10:02:30", "2026-03-01T10:05:00"),
        ("rate(1 hour)", "UTC", "2026-03-01T10:00:00", "2026-03-01T11:00:00"),
        ("rate(1 day)", "Asia/Kolkata", "2026-03-01T10:00:00", "2026-03-02T00:00:00"),
        ("cron(30 2 * * ? *)", "UTC", "2026-03-01T02:29:59", "2026-03-01T02:30:00"),
        ("cron(30 2 * * ? *)", "UTC", "2026-03-01T02:30:00", "2026-03-02T02:30:00"),
        ("cron(0 18 * * ? *)", "Asia/Kolkata", "2026-03-01T12:29:00", "2026-03-01T12:30:00"),
        ("cron(0/15 8-9 * * ? *)", "UTC", "2026-03-01T09:45:00", "2026-03-02T08:00:00"),
        ("cron(0 9 ? * MON-FRI *)", "UTC", "2026-03-06T09:00:00", "2026-03-09T09:00:00"),
        ("cron(0 9 ? * 2#1 *)", "UTC", "2026-03-06T09:00:00", "2026-04-06T09:00:00"),
        ("cron(0 9 ? * 6L *)", "UTC", "2026-03-06T09:00:00", "2026-03-27T09:00:00"),
        ("cron(0 0 L * ? *)", "UTC", "2026-02-10T00:00:00", "2026-02-28T00:00:00"),
        ("cron(0 0 1,15 JAN,jul ? *)", "UTC", "2026-02-10T00:00:00", "2026-07-01T00:00:00"),
        ("cron(0 0 29 2 ? *)", "UTC", "2026-03-01T00:00:00", "2028-02-29T00:00:00"),
        ("cron(0 12 1 1 ? 2030)", "UTC", "2026-03-01T00:00:00", "2030-01-01T12:00:00"),
    ],
)
def test_the_next_time_is_the_first_one_after_the_moment(expression: str, zone: str, moment: str, due: str) -> None:
    assert next_after(expression, zone, utc(moment)) == utc(due)


def test_a_local_time_that_summer_time_skips_is_skipped() -> None:
    assert next_after("cron(30 2 * * ? *)", "Europe/Berlin", utc("2026-03-28T12:00:00")) == utc("2026-03-30T00:30:00")


def test_a_local_time_that_the_end_of_summer_time_repeats_counts_once() -> None:
    first = next_after("cron(30 2 * * ? *)", "Europe/Berlin", utc("2026-10-24T12:00:00"))
    assert first == utc("2026-10-25T00:30:00")
    assert next_after("cron(30 2 * * ? *)", "Europe/Berlin", first) == utc("2026-10-26T01:30:00")


def test_a_schedule_whose_years_are_over_is_never_due() -> None:
    assert next_after("cron(0 12 1 1 ? 2020)", "UTC", utc("2026-03-01T00:00:00")) is None


@pytest.mark.parametrize(
    "expression",
    [
        "every day",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "cron(0 12 * * *)",
        "cron(0 12 * * * *)",
        "cron(0 12 ? * ? *)",
        "cron(60 12 * * ? *)",
        "cron(0 12 32 * ? *)",
        "cron(0 12 ? * MOO *)",
        "cron(5-1 12 * * ? *)",
        "cron(0/0 12 * * ? *)",
        "cron(0 12 3W * ? *)",
    ],
)
def test_an_expression_that_aws_refuses_is_refused(expression: str) -> None:
    with pytest.raises(BadExpression):
        next_after(expression, "UTC", utc("2026-03-01T00:00:00"))


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_a_daily_clock_is_always_later_and_never_more_than_two_days_and_an_hour_away(
    moment: datetime, zone: str
) -> None:
    due = next_after("cron(30 2 * * ? *)", zone, moment)
    assert due is not None
    assert timedelta(0) < due - moment <= timedelta(days=2, hours=1)
