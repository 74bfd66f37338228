"""Reminders of goals: whom they reach and when, once per date whatever happens; nobody else hears anything."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib import aws, clock
from chalicelib.accounts import administration, privacy
from chalicelib.accounts.records import User
from chalicelib.goals import goals, ledgers, reminders
from chalicelib.goals.letters import GoalsWaiting
from chalicelib.goals.records import Goal
from chalicelib.goals.reminders import Asked
from chalicelib.insight.holders import HOLDERS
from chalicelib.messaging import queues, router, silence
from chalicelib.settings import settings
from chalicelib.table.facts import from_image
from chalicelib.table.writes import adjust, alone, put
from functions import remind_people, send_email
from infra.local.invocation import Killed
from infra.local.template import ScheduleTrigger
from tests.conftest import House
from tests.factories import people
from tests.factories.courses import facts, told
from tests.factories.goals import a_goal, act, ledger_of, logged
from tests.faults.clock import Clock
from tests.faults.injector import Injector, killed_after, killed_before, lost_acknowledgement
from tests.faults.moments import meanwhile
from tests.http.api import Api, at_once
from tests.workers.doubles import MailFake, dead, records, waiting

NAME = "remind_goals"
INDIA = ZoneInfo("Asia/Kolkata")
#: An afternoon in India.
START = datetime(2026, 11, 21, 15, 0, tzinfo=INDIA).astimezone(UTC)
TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def traveller() -> Iterator[Clock]:
    moving = Clock()
    with moving.running(START):
        yield moving


@pytest.fixture
def asha() -> User:
    return people.enlisted("asha", email="asha@example.org", first_name="Asha")


def midnight(days: int) -> datetime:
    """So many midnights of India after the start."""
    return datetime.combine(TODAY + timedelta(days=days), datetime.min.time(), INDIA).astimezone(UTC)


def nights(house: House, *days: int) -> None:
    """The clock strikes at these midnights; the product's own clock stays where it is, as in the local cloud."""
    for day in days:
        house.driver.fire(NAME, midnight(day))
        house.driver.settle()


def reminded() -> list[tuple[str, list[int]]]:
    """Dates and goals of all reminders, in their order."""
    found = [json.loads(fact["payload"]["S"]) for fact in facts() if fact["name"]["S"] == "goals.reminded"]
    return sorted((each["date"], each["goals"]) for each in found)


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def asked(user: User, days: int) -> Asked:
    return Asked(user.id, TODAY + timedelta(days=days))


def remind(user: User, days: int) -> str:
    return reminders.remind(act("system"), asked(user, days))


@pytest.mark.row("G39", "X46")
def test_after_seven_days_without_activity_a_reminder_comes_and_then_every_seven(clean: House, asha: User) -> None:
    a_goal(asha.id)
    nights(clean, 6, 7, 8, 13, 14, 15, 20, 21)
    assert reminded() == [(day(7), [1]), (day(14), [1]), (day(21), [1])]
    assert [mail.subject for mail in clean.mails()] == ["Your goals are waiting for you"] * 3


@pytest.mark.row("G39", "X46")
def test_an_entry_begins_the_seven_days_anew(clean: House, asha: User, traveller: Clock) -> None:
    goal = a_goal(asha.id)
    logged(goal, at=START + timedelta(days=5))
    nights(clean, 7, 11)
    assert reminded() == []
    nights(clean, 12)
    assert reminded() == [(day(12), [1])]


def test_an_entry_does_not_touch_the_index(asha: User, faults: Injector) -> None:
    before = ledger_of(a_goal(asha.id).user_id)
    goal = a_goal(asha.id)
    logged(goal, at=START + timedelta(days=3))
    after = ledger_of(asha.id)
    assert (before.gsi2sk, after.gsi2sk) == (f"{day(7)}#{asha.id}",) * 2


@pytest.mark.row("X46")
def test_whoever_is_late_is_reminded_once_and_seven_days_from_then(clean: House, asha: User) -> None:
    a_goal(asha.id)
    nights(clean, 30, 31, 36)
    assert reminded() == [(day(30), [1])]
    nights(clean, 37)
    assert reminded() == [(day(30), [1]), (day(37), [1])]


def test_a_goal_that_is_begun_after_a_run_with_a_date_in_the_future_is_told_of_on_its_own_date(
    clean: House, asha: User
) -> None:
    a_goal(asha.id)
    nights(clean, 30)
    a_goal(asha.id)
    nights(clean, 6, 7)
    assert reminded() == [(day(7), [2]), (day(30), [1])]


@pytest.mark.row("G39")
def test_one_mail_tells_of_all_goals_that_are_idle_and_of_no_other(clean: House, asha: User) -> None:
    cello = a_goal(asha.id, name="Play the cello", deadline="2026-12-01")
    a_goal(asha.id, name="Learn <b>AWS</b>")
    busy = a_goal(asha.id, name="Write a book")
    logged(cello, 5400)
    logged(busy, at=START + timedelta(days=4))
    nights(clean, 9)
    (mail,) = clean.mails()
    assert mail.to == ["asha@example.org"]
    for words in ("Hello Asha,", "Play the cello\n", "Goal 2\n", "Logged: 1 h 30 min"):
        assert words in mail.text, words
    assert "Idle for 9 days." in mail.text
    assert "Deadline: 1 December 2026 (in 1\nday)." in mail.text
    assert "Write a book" not in mail.text + mail.html
    assert "<b>AWS" not in mail.html
    assert reminded() == [(day(9), [1, 2])]


def test_whoever_has_verified_the_address_reads_their_goals_as_they_wrote_them(clean: House, asha: User) -> None:
    people.verified(asha.id)
    a_goal(asha.id, name="Learn <b>AWS</b>/CDK")
    nights(clean, 7)
    (mail,) = clean.mails()
    assert "Learn <b>AWS</b>/CDK" in mail.text
    assert "Learn &lt;b&gt;AWS&lt;/b&gt;/CDK" in mail.html


def test_a_letter_has_room_for_twenty_goals_and_counts_the_others(clean: House, asha: User) -> None:
    for _ in range(22):
        a_goal(asha.id)
    nights(clean, 7)
    (mail,) = clean.mails()
    assert mail.text.count("Idle for") == 20
    assert "And 2 more." in mail.text
    assert reminded() == [(day(7), list(range(1, 23)))]


@pytest.mark.row("G38", "X44")
def test_the_clock_strikes_at_midnight_of_the_configured_zone(clean: House) -> None:
    (found,) = [each for each in clean.driver.schedules if each.name == NAME]
    assert isinstance(found.trigger, ScheduleTrigger)
    assert (found.trigger.expression, found.trigger.zone) == ("cron(0 0 * * ? *)", "Asia/Kolkata")
    assert found.due is not None
    assert (found.due.astimezone(UTC).hour, found.due.astimezone(UTC).minute) == (18, 30)


@pytest.mark.row("G38", "X44")
@pytest.mark.parametrize(("hour", "minute", "comes"), [(18, 29, False), (18, 30, True)])
def test_the_date_is_that_of_the_zone_and_not_of_utc(
    clean: House, asha: User, hour: int, minute: int, comes: bool
) -> None:
    """The twenty-eighth begins in India while it is still the twenty-seventh in Greenwich."""
    a_goal(asha.id)
    clean.driver.fire(NAME, datetime(2026, 11, 27, hour, minute, tzinfo=UTC))
    clean.driver.settle()
    assert bool(reminded()) is comes


@pytest.mark.row("X44")
def test_another_zone_has_another_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ledgers.day_of(datetime(2026, 11, 21, 20, 0, tzinfo=UTC)) == date(2026, 11, 22)
    monkeypatch.setattr(ledgers, "settings", changed_settings(reminder_time_zone="America/New_York"))
    assert ledgers.day_of(datetime(2026, 11, 22, 4, 59, tzinfo=UTC)) == date(2026, 11, 21)
    assert ledgers.day_of(datetime(2026, 11, 22, 5, 0, tzinfo=UTC)) == date(2026, 11, 22)


def changed_settings(**values: object) -> object:
    return replace(settings, **values)  # type: ignore[arg-type]


def paused(goal: Goal) -> None:
    goals.pause(act(goal.user_id), str(goal.number), None)


def completed(goal: Goal) -> None:
    goals.complete(act(goal.user_id), str(goal.number), None)


def deleted(goal: Goal) -> None:
    goals.remove(act(goal.user_id), str(goal.number), None)


@pytest.mark.row("X46")
@pytest.mark.parametrize("ended", [paused, completed, deleted], ids=lambda each: each.__name__)
def test_of_what_is_paused_completed_or_deleted_nobody_is_reminded(
    clean: House, asha: User, ended: Callable[[Goal], None]
) -> None:
    ended(a_goal(asha.id))
    nights(clean, 7, 8, 30)
    assert reminded() == []
    assert clean.mails() == []
    assert ledger_of(asha.id).gsi2pk is None


@pytest.mark.row("X46")
@pytest.mark.parametrize("ended", [paused, completed], ids=lambda each: each.__name__)
def test_who_takes_a_goal_up_again_is_reminded_seven_days_later(
    clean: House, asha: User, traveller: Clock, ended: Callable[[Goal], None]
) -> None:
    goal = a_goal(asha.id)
    ended(goal)
    nights(clean, 7)
    traveller.move_to(START + timedelta(days=20))
    again = goals.resume if ended is paused else goals.reopen
    again(act(asha.id), str(goal.number), None)
    nights(clean, 21, 26)
    assert reminded() == []
    nights(clean, 27)
    assert reminded() == [(day(27), [1])]


@pytest.mark.row("X46")
def test_what_was_taken_up_again_waits_while_another_goal_is_told_of(
    clean: House, asha: User, traveller: Clock
) -> None:
    goal = a_goal(asha.id)
    paused(goal)
    a_goal(asha.id)
    traveller.move_to(START + timedelta(days=6))
    goals.resume(act(asha.id), str(goal.number), None)
    nights(clean, 7, 13)
    assert reminded() == [(day(7), [2]), (day(13), [1])]


def test_whoever_takes_a_goal_up_while_the_worker_looks_stays_in_the_index(
    asha: User, faults: Injector, traveller: Clock
) -> None:
    goal = a_goal(asha.id)
    paused(goal)
    traveller.move_to(START + timedelta(days=6))
    resume = meanwhile(lambda: goals.resume(act(asha.id), str(goal.number), None))
    faults.break_nth({0}, lambda trip: trip.operation == "PutItem", resume)
    assert remind(asha, 7) == "filed anew"
    assert ledger_of(asha.id).gsi2sk == f"{day(13)}#{asha.id}"


def test_whoever_begins_a_goal_takes_the_turn_also_where_the_date_stays(asha: User) -> None:
    a_goal(asha.id)
    before = ledger_of(asha.id)
    paused(a_goal(asha.id))
    goals.resume(act(asha.id), "2", None)
    after = ledger_of(asha.id)
    assert (int(after.turn), after.gsi2sk) == (int(before.turn) + 2, before.gsi2sk)


def banned(user: User) -> None:
    administration.ban(act(people.enlisted("boss", roles=("admin",)).id), user.id, "spam")


def leaving(user: User) -> None:
    alone(adjust(user, User.erasure_due.set(clock.now()), where=User.pk.exists()))


def refusing(user: User) -> None:
    alone(adjust(user, User.refused_mail.set(["reminders"]), where=User.pk.exists()))


def silenced(user: User) -> None:
    alone(put(silence.record(user.email, "bounce", clock.now())))


@pytest.mark.row("X46")
@pytest.mark.parametrize("quiet", [banned, leaving, refusing, silenced], ids=lambda each: each.__name__)
def test_who_is_not_to_be_reminded_hears_nothing(clean: House, asha: User, quiet: Callable[[User], None]) -> None:
    a_goal(asha.id)
    quiet(asha)
    nights(clean, 7)
    assert reminded() == []
    assert not [mail for mail in clean.mails() if mail.subject == GoalsWaiting.subject]


def test_who_may_be_reminded_again_is_reminded_in_the_next_night(clean: House, asha: User) -> None:
    a_goal(asha.id)
    banned(asha)
    nights(clean, 7, 8)
    administration.unban(act(people.enlisted("chief", roles=("admin",)).id), asha.id)
    nights(clean, 9)
    assert reminded() == [(day(9), [1])]


def test_of_an_erased_account_nothing_is_left_to_remind_of(clean: House, asha: User) -> None:
    a_goal(asha.id)
    leaving(asha)
    privacy.erase(act("system"), asha.id, as_of=clock.now() + timedelta(days=1), holders=HOLDERS)
    nights(clean, 7)
    assert remind(asha, 7) == "not due"
    assert clean.mails() == []


@pytest.mark.parametrize("ended", [paused, completed, deleted], ids=lambda each: each.__name__)
def test_what_ends_before_the_letter_is_written_is_not_in_it(
    clean: House, asha: User, ended: Callable[[Goal], None]
) -> None:
    goal = a_goal(asha.id)
    assert remind(asha, 7) == "reminded"
    ended(goal)
    clean.driver.settle()
    assert clean.mails() == []


@pytest.mark.parametrize("quiet", [banned, leaving, refusing, silenced], ids=lambda each: each.__name__)
def test_who_may_not_be_reminded_any_more_when_the_letter_is_written_gets_none(
    clean: House, asha: User, quiet: Callable[[User], None]
) -> None:
    a_goal(asha.id)
    assert remind(asha, 7) == "reminded"
    quiet(asha)
    clean.driver.settle()
    assert GoalsWaiting.subject not in [mail.subject for mail in clean.mails()]


def test_what_was_worked_on_before_the_letter_is_written_is_not_in_it(clean: House, asha: User) -> None:
    first, _ = a_goal(asha.id, name="Cello"), a_goal(asha.id, name="Violin")
    assert remind(asha, 7) == "reminded"
    logged(first, at=START + timedelta(days=7))
    clean.driver.settle()
    (mail,) = clean.mails()
    assert "Violin" in mail.text
    assert "Cello" not in mail.text


def test_the_link_in_the_mail_stops_reminders_without_signing_in(clean: House, api: Api, asha: User) -> None:
    a_goal(asha.id)
    nights(clean, 7)
    link = re.search(r"/mail/unsubscribe\?token=\S+", clean.mails()[0].text)
    assert link
    one_click = api.post(link[0], "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert one_click.status == 200, one_click.body
    nights(clean, 14)
    assert len(clean.mails()) == 1


def test_a_mail_program_is_told_how_to_stop_with_one_click(asha: User, mail_fake: MailFake) -> None:
    a_goal(asha.id)
    remind(asha, 7)
    send_email.handler(letters(), None)
    headers = {each["Name"]: each["Value"] for each in mail_fake.accepted[0]["Content"]["Simple"]["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/api/v1/mail/unsubscribe?token=" in headers["List-Unsubscribe"]


def letters() -> dict[str, object]:
    """The reminders that were told, as messages for the worker of mails."""
    found = [from_image(fact) for fact in facts() if fact["name"]["S"] == "goals.reminded"]
    return records(*[router.message("remind_of_goals", fact) for fact in found])


@pytest.mark.row("X46")
@pytest.mark.parametrize(("moment", "copies"), [("before", 0), ("after", 1)])
def test_a_reminder_that_may_have_gone_out_is_not_sent_again(
    asha: User, mail_fake: MailFake, traveller: Clock, moment: str, copies: int
) -> None:
    a_goal(asha.id)
    remind(asha, 7)

    def killed() -> None:
        raise Killed

    setattr(mail_fake, f"fails_{moment}", killed)
    with suppress(Killed):
        send_email.handler(letters(), None)
    setattr(mail_fake, f"fails_{moment}", lambda: None)
    for _ in range(3):
        traveller.shift(200)
        assert send_email.handler(letters(), None) == {"batchItemFailures": []}
    assert len(mail_fake.accepted) == copies


def test_the_reminder_is_in_the_feed_of_events(clean: House, api: Api, asha: User) -> None:
    a_goal(asha.id)
    nights(clean, 7)
    token = api.login("asha").access
    events = api.get("/events", token=token).json()["results"]
    (found,) = [each for each in events if each["name"] == "goals.reminded"]
    assert found["data"] == {"date": day(7), "goals": [1]}


@pytest.mark.row("G51")
def test_four_workers_at_once_remind_once(asha: User) -> None:
    a_goal(asha.id)
    outcomes = at_once(4, lambda _: remind(asha, 7))
    assert sorted(outcomes) == ["not due", "not due", "not due", "reminded"]
    assert told("goals.reminded") == {"goals.reminded": 1}


@pytest.mark.parametrize("fault", [lost_acknowledgement, killed_before, killed_after], ids=lambda each: each.__name__)
def test_a_worker_that_dies_or_hears_nothing_has_reminded_once_in_the_end(
    asha: User, faults: Injector, fault: Callable[..., object]
) -> None:
    a_goal(asha.id)
    faults.break_nth({0}, lambda trip: trip.operation == "TransactWriteItems", fault)
    with suppress(Killed):
        remind(asha, 7)
    remind(asha, 7)
    assert reminded() == [(day(7), [1])]


@pytest.mark.parametrize("fault", [lost_acknowledgement, killed_before, killed_after], ids=lambda each: each.__name__)
def test_who_is_filed_anew_by_a_worker_that_dies_or_hears_nothing_is_filed(
    asha: User, faults: Injector, fault: Callable[..., object]
) -> None:
    logged(a_goal(asha.id), at=START + timedelta(days=2))
    faults.break_nth({0}, lambda trip: trip.operation == "PutItem", fault)
    with suppress(Killed):
        remind(asha, 7)
    remind(asha, 7)
    assert (reminded(), ledger_of(asha.id).gsi2sk) == ([], f"{day(9)}#{asha.id}")


def test_on_one_date_there_is_one_reminder_whatever_comes_to_wait_after_it(asha: User) -> None:
    goal = a_goal(asha.id, status="paused")
    a_goal(asha.id)
    assert remind(asha, 7) == "reminded"
    goals.resume(act(asha.id), str(goal.number), None)
    past = ledger_of(asha.id)
    alone(ledgers.changed(past, {"reminded": {"2": day(7)}, **ledgers.filed(past, TODAY)}))
    assert remind(asha, 7) == "filed anew"
    assert ledger_of(asha.id).gsi2sk == f"{day(8)}#{asha.id}"
    assert remind(asha, 8) == "reminded"
    assert reminded() == [(day(7), [2]), (day(8), [1])]


def a_crowd(amount: int) -> list[User]:
    crowd = [people.user(f"p{number}", email=f"p{number}@example.org") for number in range(amount)]
    for user in crowd:
        alone(put(user))
        alone(put(people.standing(user)))
        a_goal(user.id)
    return crowd


def test_it_looks_at_those_who_are_due_and_at_nobody_else(asha: User, faults: Injector) -> None:
    a_goal(asha.id)
    faults.forget()
    assert reminders.ask(TODAY + timedelta(days=6), "", lambda cursor: None) == 0
    assert [trip.operation for trip in faults.trips] == ["Query"] * 16


@pytest.mark.row("G51")
def test_a_clock_that_was_killed_goes_on_behind_its_last_page(clean: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "PAGE", 2)
    crowd = a_crowd(7)
    places: list[str] = []

    def until_killed(cursor: str) -> None:
        places.append(cursor)
        if len(places) == 3:
            raise Killed

    on = TODAY + timedelta(days=7)
    with suppress(Killed):
        reminders.ask(on, "", until_killed)
    before = [each["user"] for each in waiting("reminders")]
    reminders.ask(on, places[-1], places.append)
    after = [each["user"] for each in waiting("reminders")]
    assert sorted(before + after) == sorted(user.id for user in crowd)


def test_a_page_that_the_queue_refuses_is_not_passed_over(clean: House, monkeypatch: pytest.MonkeyPatch) -> None:
    a_crowd(3)
    places: list[str] = []
    monkeypatch.setattr(queues, "send_many", lambda queue, messages: [len(messages) - 1])
    with pytest.raises(reminders.NotAsked):
        reminders.ask(TODAY + timedelta(days=7), "", places.append)
    assert places == []


@pytest.mark.row("G51")
def test_messages_that_come_twice_remind_once(clean: House) -> None:
    crowd = a_crowd(3)
    bodies = [json.dumps({"user": user.id, "on": day(7)}) for user in crowd]
    for _ in range(2):
        assert remind_people.handler(records(*bodies, *bodies), None) == {"batchItemFailures": []}
    assert told("goals.reminded") == {"goals.reminded": 3}


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"user": 1, "on": "2026-11-21"}',
        '{"user": "usr_x#y", "on": "2026-11-21"}',
        '{"user": "usr_01K0000000000000000000000A", "on": "9999-12-31"}',
    ],
)
def test_what_no_clock_wrote_is_buried(clean: House, body: str) -> None:
    assert remind_people.handler(records(body), None) == {"batchItemFailures": []}
    ((letter, reason),) = dead("reminders")
    assert letter == body
    assert reason is not None
    assert reason.startswith("unreadable")


@pytest.mark.row("G52")
def test_each_person_is_a_message_of_their_own_so_that_any_number_of_workers_can_share_them(clean: House) -> None:
    crowd = a_crowd(12)
    reminders.ask(TODAY + timedelta(days=7), "", lambda cursor: None)
    bodies = [json.dumps(each) for each in waiting("reminders")]
    assert len(bodies) == len(crowd)
    at_once(4, lambda number: remind_people.handler(records(*bodies[number::4]), None))
    assert told("goals.reminded") == {"goals.reminded": len(crowd)}


def test_the_queue_of_reminders_is_there(clean: House) -> None:
    assert aws.queue_url(reminders.QUEUE)
