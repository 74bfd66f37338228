"""Weeks and months of summaries: which days they have in which zone, and with which they are compared."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import Invalid
from chalicelib.goals import periods
from chalicelib.goals.periods import Kind, Period

TODAY = date(2026, 11, 18)  # A Wednesday.
DAYS = st.dates(date(2000, 1, 1), date(2030, 12, 31))
KINDS = st.sampled_from(["weekly", "monthly"])


def limits(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


@pytest.mark.row("X45", "G57")
@pytest.mark.parametrize("day", [date(2026, 11, 16), TODAY, date(2026, 11, 22)])
def test_a_week_is_from_monday_to_sunday(day: date) -> None:
    assert limits(periods.period("weekly", day)) == ("2026-11-16", "2026-11-22")


@pytest.mark.row("X45", "G57")
@pytest.mark.parametrize(
    ("day", "last"), [("2026-02-14", "2026-02-28"), ("2028-02-29", "2028-02-29"), ("2026-12-31", "2026-12-31")]
)
def test_a_month_is_that_of_the_calendar(day: str, last: str) -> None:
    assert limits(periods.period("monthly", date.fromisoformat(day))) == (f"{day[:7]}-01", last)


@pytest.mark.row("X45")
def test_a_rolling_period_ends_today() -> None:
    assert limits(periods.period("weekly", TODAY, rolling=True)) == ("2026-11-12", "2026-11-18")
    assert limits(periods.period("monthly", TODAY, rolling=True)) == ("2026-10-20", "2026-11-18")


@pytest.mark.row("X45")
@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-10-01", "2026-10-31"),
        ("2026-01-15", "2026-02-14"),
        ("2026-01-28", "2026-02-27"),
        ("2026-01-31", "2026-02-28"),
        ("2026-02-28", "2026-03-27"),
    ],
)
def test_a_month_from_a_day_ends_before_that_day_of_the_next(start: str, last: str) -> None:
    assert limits(periods.period("monthly", TODAY, start=date.fromisoformat(start))) == (start, last)


@pytest.mark.row("X45")
def test_a_week_may_begin_on_any_day() -> None:
    assert limits(periods.period("weekly", TODAY, start=date(2026, 11, 5))) == ("2026-11-05", "2026-11-11")


@given(KINDS, DAYS, DAYS, st.booleans())
def test_the_period_before_ends_the_day_before_and_none_is_longer_than_31_days(
    kind: Kind, day: date, start: date, rolling: bool
) -> None:
    asked = periods.period(kind, max(day, start), start=None if rolling else start, rolling=rolling)
    before = asked.before()
    assert before.last + timedelta(days=1) == asked.first
    assert 28 <= before.days <= 31 or kind == "weekly" == before.kind
    assert len(asked.dates()) == asked.days <= 31


@given(DAYS)
def test_a_month_is_compared_with_the_month_before_it(day: date) -> None:
    asked = periods.period("monthly", day)
    assert asked.before() == periods.period("monthly", asked.first - timedelta(days=1))


@pytest.mark.row("X44")
def test_today_is_where_the_person_is() -> None:
    moment = datetime(2026, 11, 15, 20, 0, tzinfo=UTC)
    days = {zone: periods.today(moment, zone).isoformat() for zone in ("Asia/Kolkata", "America/New_York")}
    assert days == {"Asia/Kolkata": "2026-11-16", "America/New_York": "2026-11-15"}


@pytest.mark.row("X44")
@pytest.mark.parametrize("moment", [datetime(2026, 3, 8, 4, 59, tzinfo=UTC), datetime(2026, 11, 1, 3, 59, tzinfo=UTC)])
def test_the_minute_before_midnight_is_of_the_old_day_when_clocks_change_that_night(moment: datetime) -> None:
    before, after = (periods.today(moment + timedelta(minutes=more), "America/New_York") for more in (0, 1))
    assert (after - before).days == 1


@pytest.mark.row("X45")
@pytest.mark.parametrize("clocks_change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_week_in_which_clocks_change_has_seven_days(clocks_change: date) -> None:
    week = periods.period("weekly", clocks_change)
    assert (week.days, len(set(week.dates())), week.last) == (7, 7, clocks_change)


@pytest.mark.parametrize("start", [date(2026, 11, 19), date(1999, 12, 31), date(9999, 12, 31), date.min])
def test_a_period_that_nobody_can_have_lived_in_is_refused(start: date) -> None:
    with pytest.raises(Invalid) as refused:
        periods.period("weekly", TODAY, start=start)
    assert [(each.field, each.code) for each in refused.value.errors] == [("start", "out_of_range")]


def test_a_beginning_and_a_rolling_period_contradict_one_another() -> None:
    with pytest.raises(Invalid):
        periods.period("weekly", TODAY, start=TODAY, rolling=True)
