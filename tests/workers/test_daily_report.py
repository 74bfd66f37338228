"""The daily report: made once from the counters, kept, and told to each administrator who wants it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.accounts import people as persons
from chalicelib.accounts import rights
from chalicelib.insight import counting, reporting, reports
from chalicelib.insight.records import Report
from chalicelib.messaging import letters
from chalicelib.table import keys, reads
from chalicelib.table.acts import by_system
from tests.conftest import House
from tests.factories import people
from tests.factories.courses import told
from tests.faults.clock import Clock
from tests.http.api import Api, problem
from tests.workers.doubles import a_fact

pytestmark = pytest.mark.row("E40", "M105", "M106")
NOON = datetime.now(UTC).replace(hour=6, minute=30, second=0, microsecond=0)
DAY = NOON.date()
MORNING = NOON.replace(hour=1) + timedelta(days=1)
COURSE = "crs_01HZZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.fixture(autouse=True)
def traveller() -> Iterator[Clock]:
    moving = Clock()
    with moving.running(NOON):
        yield moving


def some_day() -> None:
    """Two people enroll, one does a lesson; somebody registers on the day after."""
    payload = {"course": COURSE, "lesson": f"les_{COURSE.removeprefix('crs_')}-1"}
    happened = [a_fact("enrollment.created", payload=payload, at=NOON) for _ in range(2)]
    counting.count([*happened, a_fact("lesson.completed", payload=payload, at=NOON)])
    counting.count([a_fact("user.registered", at=NOON + timedelta(days=1))])


def strike(house: House, traveller: Clock, at: datetime = MORNING) -> None:
    traveller.move_to(max(at, clock.now()))
    assert not house.driver.fire("daily_report", at).failed
    house.driver.settle()


def report_of(day: date = DAY) -> Report:
    found = reads.one(Report, keys.report(day.isoformat()))
    assert found
    return found


def test_the_figures_of_the_day_before_are_mailed_to_the_administrators(clean: House, traveller: Clock) -> None:
    people.enlisted("root", email="root@example.org", roles=("admin",))
    people.enlisted("lina", email="lina@example.org")
    some_day()
    strike(clean, traveller)
    (mail,) = clean.mails()
    assert mail.to == ["root@example.org"]
    assert "       2  New enrollments\n" in mail.text
    assert "       1  Lessons completed\n" in mail.text
    assert f"{DAY:%a} {DAY.day} {DAY:%b}" in mail.text
    assert "#" * 48 in mail.text
    assert (report_of().counts, report_of().totals["people"]) == ({"enrollment.created": 2, "lesson.completed": 1}, 1)


@pytest.mark.row("M30", "M106")
def test_the_money_of_the_day_is_told_in_each_currency(clean: House, traveller: Clock, api: Api) -> None:
    people.enlisted("root", email="root@example.org", roles=("admin",))
    moves = [("order.paid", "USD", 1999), ("order.paid", "EUR", 1050), ("order.refunded", "USD", 500)]
    for name, currency, amount in moves:
        payload = {"currency": currency, "lines": {"prd_premium": amount}, "teachers": {}, "shares": {}, "entries": []}
        counting.count([a_fact(name, payload=payload, at=NOON)])
    strike(clean, traveller)
    (mail,) = clean.mails()
    for line in (
        "       2  Orders paid",
        "   10.50  Revenue, EUR",
        "   19.99  Revenue, USD",
        "    5.00  Given back, USD",
    ):
        assert f"{line}\n" in mail.text
    said = api.get(f"/admin/reports/{DAY}", token=api.login("root").access).json()
    assert (said["revenue"], said["returned"]) == ({"EUR": "10.50", "USD": "19.99"}, {"USD": "5.00"})


def test_it_says_in_the_log_what_it_counted(clean: House, traveller: Clock, caplog: pytest.LogCaptureFixture) -> None:
    some_day()
    strike(clean, traveller)
    (line,) = [record for record in caplog.records if record.message == "reported"]
    assert "'enrollment.created': 2" in str(vars(line))


def test_striking_again_tells_nobody_twice(clean: House, traveller: Clock) -> None:
    people.enlisted("root", email="root@example.org", roles=("admin",))
    for _ in range(2):
        strike(clean, traveller)
    act = by_system("again")
    assert reports.address(act, reports.make(act, DAY), lambda: None) == 0
    assert told("report.made", "report.addressed") == {"report.made": 1, "report.addressed": 1}
    assert len(clean.mails()) == 1


def test_who_is_told_follows_the_role(clean: House, traveller: Clock) -> None:
    promoted, deposed = people.enlisted("promoted", email="promoted@example.org"), people.enlisted("deposed")
    act = by_system("rights")
    after = rights.with_rights(act, deposed, {"roles": ["student", "admin"]})
    rights.with_rights(act, promoted, {"roles": ["student", "admin"]})
    rights.with_rights(act, persons.person(after.id), {"roles": ["student"]})
    clean.driver.settle()
    strike(clean, traveller)
    assert [mail.to for mail in clean.mails()] == [["promoted@example.org"]]


def test_an_administrator_can_refuse_it(clean: House, traveller: Clock, api: Api) -> None:
    root = api.admin("root")
    assert api.put("/users/me/mail-preferences", {"digests": False}, token=root.access).status == 200
    clean.driver.settle()
    strike(clean, traveller)
    assert clean.mails() == []


def test_the_chart_is_made_of_cells_that_every_mail_program_shows() -> None:
    some_day()
    act = by_system("report")
    reports.make(act, DAY)
    html = letters.render(reporting.letter("Ada", DAY, "https://learn.example/stop")).html
    assert 'width="79%" bgcolor="#1d4ed8"' in html
    for held_back in ("<svg", "<img", "<script", "url("):
        assert held_back not in html


def test_a_day_that_was_never_reported_has_its_bar_all_the_same(clean: House, traveller: Clock) -> None:
    some_day()
    strike(clean, traveller, MORNING + timedelta(days=1))
    letter = reporting.letter("Rita", DAY + timedelta(days=1), "stop")
    assert [bar.value for bar in letter.chart_bars[-3:]] == [0, 1, 0]


def test_the_longest_bar_is_whole_and_a_day_on_which_nothing_happened_has_none() -> None:
    bars = reporting.bars([(DAY, 8), (DAY, 4), (DAY, 0)])
    assert [(bar.value, bar.width) for bar in bars] == [(8, 100), (4, 50), (0, 0)]


def test_administrators_read_the_reports(clean: House, traveller: Clock, api: Api) -> None:
    some_day()
    strike(clean, traveller)
    strike(clean, traveller, MORNING + timedelta(days=1))
    root = api.admin("root")
    listed = api.get("/admin/reports?page_size=1", token=root.access).json()
    assert [each["happened"]["user.registered"] for each in listed["results"]] == [1]
    following = api.get(listed["next"].partition("/api/v1")[2], token=root.access).json()
    assert [each["day"] for each in following["results"]] == [DAY.isoformat()]
    said = api.get(f"/admin/reports/{DAY}", token=root.access).json()
    assert said["happened"]["enrollment.created"] == 2
    assert json.dumps(said["totals"])
    for unknown in ("2020-01-01", "yesterday"):
        assert problem(api.get(f"/admin/reports/{unknown}", token=root.access)) == (404, "report_unknown")
