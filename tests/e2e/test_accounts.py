"""The story of the accounts, as it went through the deployed gateway, functions, queues and stream."""

import pytest

from tests.e2e.stage import ORIGIN
from tests.e2e.story import Story


@pytest.mark.row("M126", "M121")
def test_a_registration_is_answered_within_three_seconds_even_by_a_cold_function(told: Story) -> None:
    assert told.registered.status == 201


def test_a_repeated_registration_is_replayed(told: Story) -> None:
    assert told.replayed.header("idempotency-replayed") == "true"
    assert told.replayed.json()["id"] == told.asha


@pytest.mark.row("M121", "E56", "G50")
def test_a_registration_mails_a_link_that_verifies_the_address(told: Story) -> None:
    assert told.verification.to == ["asha@example.org"]
    assert told.verified.json()["is_verified"] is True
    assert told.me.json()["is_verified"] is True


def test_a_profile_is_changed_only_by_who_has_seen_its_latest_version(told: Story) -> None:
    assert (told.changed.status, told.too_late.status) == (200, 412)
    assert told.changed.json()["headline"] == "First"


def test_a_session_is_refreshed_and_ends_with_its_logout(told: Story) -> None:
    assert told.refreshed.status == 200
    assert told.after_logout.status == 401


@pytest.mark.row("C48")
def test_the_first_administrator_is_made_as_the_guide_says_and_may_ban(told: Story) -> None:
    assert told.banned.status == 200
    assert told.after_ban.status == 403
    assert told.after_ban.json()["code"] == "account_banned"


def test_the_audit_log_tells_of_the_ban_and_its_chain_holds(told: Story) -> None:
    assert [entry["action"] for entry in told.log] == ["user.banned"]
    assert told.entry.json()["id"] == told.log[0]["id"]
    assert told.chain.json()["is_whole"] is True


@pytest.mark.row("M121")
def test_the_event_feed_has_no_gap(told: Story) -> None:
    assert [event["sequence"] for event in told.events] == list(range(1, len(told.events) + 1))


def test_asking_for_erasure_is_confirmed_by_mail(told: Story) -> None:
    assert told.leaving.json()["erasure_due"]
    assert told.farewell.to == ["asha@example.org"]


def test_an_answer_names_the_page_that_asked(told: Story) -> None:
    assert told.registered.header("access-control-allow-origin") == ORIGIN
