"""Nights and hand-made days: which days, in what order, and what one that fails means for the others."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.messaging.jobs import Held
from chalicelib.ml import compaction, days, manifests, raw, reconciliation, truth
from chalicelib.ml.days import Incomplete, Unfinished
from chalicelib.ml.manifests import Overtaken
from chalicelib.ml.rows import item_of
from chalicelib.settings import settings
from infra import export_day
from tests.conftest import House
from tests.factories.exports import ACTIVITY, DAWN, DAY, compacted, pseudonym
from tests.workers.doubles import Kill, waiting
from tests.workers.exporting import NEXT, changed, changed_silently, compact, export, somebody, tomorrow

THIRD = "2027-03-04"


@pytest.fixture(autouse=True)
def dawn(clean: House) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(DAWN, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _short_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole day is 5,760 queries. Here everything happens in its first minutes."""
    whole = truth._hours
    monkeypatch.setattr(truth, "_hours", lambda begin, end: whole(begin, min(end, begin + timedelta(minutes=9))))


def killed(*_: Any) -> Any:
    raise Kill


class TestByTheClock:
    """The nightly run: which days, what becomes of a failure, a kill, rows that come late."""

    def night(self, clean: House) -> Any:
        return clean.driver.fire("compact_exports", DAWN + timedelta(days=1))

    def test_the_night_compacts_the_day_before(self, clean: House) -> None:
        export(somebody())
        assert self.night(clean).answer == {"days": [DAY], "done": True}
        assert compacted().manifest.complete

    def test_a_gap_fails_the_run_and_ends_in_the_dead_letters_of_schedules(self, clean: House) -> None:
        somebody()
        changed_silently()
        run = self.night(clean)
        assert isinstance(run.error, Incomplete)
        assert str(run.error) == f"{ACTIVITY} {DAY}"
        (letter,) = waiting("schedules-dead")
        assert letter["responsePayload"]["errorType"] == "Incomplete"

    def test_a_killed_run_is_done_again_by_the_next(self, clean: House, monkeypatch: pytest.MonkeyPatch) -> None:
        export(somebody())
        with monkeypatch.context() as broken:
            broken.setattr(manifests, "write", killed)
            assert self.night(clean).failed
        with time_machine.travel(DAWN + timedelta(minutes=3), tick=False):
            assert self.night(clean).answer["done"]
        assert compacted().manifest.complete

    def test_rows_that_come_late_reopen_a_day_and_others_are_left_alone(self, dawn: time_machine.Traveller) -> None:
        told = somebody()
        compaction.compact(DAY)
        night = DAWN + timedelta(days=2)
        assert days.pending(night) == [NEXT]
        export(told)
        assert days.pending(night) == [DAY, NEXT]
        compaction.compact(DAY)
        assert days.pending(night) == [NEXT]

    @pytest.mark.parametrize(("nights", "again"), [(1, True), (2, True), (8, True), (9, False)])
    def test_nights_that_failed_are_made_up_for_during_a_week(self, nights: int, again: bool) -> None:
        export(somebody())
        assert (DAY in days.pending(DAWN + timedelta(days=nights))) is again

    def test_a_file_that_is_not_the_manifests_reopens_the_day(self, clean: House) -> None:
        export(somebody())
        file = compact().manifest.file
        clean.cloud.client("s3").put_object(Bucket=settings.ml_bucket, Key=file, Body=raw.packed(b""))
        assert days.pending(DAWN + timedelta(days=2)) == [DAY, NEXT]
        assert len(compact().rows) == 1


def damage(clean: House, day: str) -> tuple[str, bytes]:
    """A raw object of the day is not what its name says; returns what it was."""
    (name,) = raw.objects(ACTIVITY, day)
    s3 = clean.cloud.client("s3")
    whole: bytes = s3.get_object(Bucket=settings.ml_bucket, Key=name)["Body"].read()
    s3.put_object(Bucket=settings.ml_bucket, Key=name, Body=raw.packed(b"{}\n"))
    return name, whole


def three_days(dawn: time_machine.Traveller) -> None:
    export(somebody())
    for number, first in enumerate((200, 300)):
        tomorrow(dawn) if number == 0 else dawn.shift(timedelta(days=1))
        export(changed(times=2), first=first)
    dawn.shift(timedelta(days=1))


class TestADayThatFails:
    """It is told at the end; the others go on and wait with their verdict for it."""

    def test_the_others_get_their_files_and_the_error_names_the_days(
        self, clean: House, dawn: time_machine.Traveller
    ) -> None:
        three_days(dawn)
        damage(clean, NEXT)
        done = days.compact([DAY, NEXT, THIRD])
        with pytest.raises(Unfinished, match=f"^{NEXT} Damaged: raw/{ACTIVITY}/"):
            done.require()
        assert compacted(DAY).manifest.complete
        assert compacted(THIRD).versions(pseudonym("usr_ada")) == [4, 5]

    def test_days_after_it_have_no_verdict_until_it_is_mended(self, clean: House, dawn: time_machine.Traveller) -> None:
        three_days(dawn)
        name, whole = damage(clean, NEXT)
        days.compact([DAY, NEXT, THIRD])
        assert (compacted(THIRD).manifest.complete, compacted(THIRD).manifest.missing) == (False, {})
        clean.cloud.client("s3").put_object(Bucket=settings.ml_bucket, Key=name, Body=whole)
        wanted = days.pending(DAWN + timedelta(days=4))
        assert wanted == [NEXT, THIRD, "2027-03-05"]
        days.compact(wanted).require()
        assert [compacted(day).manifest.complete for day in (DAY, NEXT, THIRD)] == [True] * 3

    def test_a_silent_change_on_it_is_found_when_it_is_mended(self, clean: House, dawn: time_machine.Traveller) -> None:
        export(somebody())
        tomorrow(dawn)
        changed_silently()
        export(changed(), first=200)
        dawn.shift(timedelta(days=1))
        export(changed(), first=300)
        name, whole = damage(clean, NEXT)
        days.compact([DAY, NEXT, THIRD])
        clean.cloud.client("s3").put_object(Bucket=settings.ml_bucket, Key=name, Body=whole)
        days.compact([NEXT, THIRD])
        assert list(compacted(NEXT).manifest.missing.values()) == [[2]]
        assert compacted(THIRD).manifest.complete

    def test_the_night_fails_once_all_days_had_their_turn(self, clean: House, dawn: time_machine.Traveller) -> None:
        three_days(dawn)
        damage(clean, DAY)
        run = clean.driver.fire("compact_exports", DAWN + timedelta(days=3))
        assert isinstance(run.error, Unfinished)
        assert [len(compacted(day).rows) for day in (NEXT, THIRD)] == [2, 2]

    def test_a_day_that_another_run_has_finished_is_no_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        export(somebody())
        real, told = manifests.write, []

        def overtaken(*given: Any) -> Any:
            told.append(given)
            if len(told) == 1:
                raise Overtaken
            return real(*given)

        monkeypatch.setattr(manifests, "write", overtaken)
        days.compact([DAY]).require()
        assert compacted().manifest.complete

    def test_a_run_that_has_lost_its_lease_stops_at_once(self) -> None:
        def held() -> None:
            raise Held("the lease was lost")

        with pytest.raises(Held):
            days.compact([DAY, NEXT], alive=held)

    def test_a_kill_before_the_heads_have_moved_leaves_the_day_to_be_done_again(
        self, dawn: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        export(somebody())
        with monkeypatch.context() as broken:
            broken.setattr(reconciliation, "advance", killed)
            with pytest.raises(Kill):
                compaction.compact(DAY)
        assert manifests.read(ACTIVITY, DAY) is None
        tomorrow(dawn)
        export(changed(), first=200)
        days.compact(days.pending(DAWN + timedelta(days=2))).require()
        assert compacted(NEXT).manifest.complete


class TestByHand:
    """`make export-day`."""

    def test_a_day_is_made_anew_and_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        export(somebody() + changed(times=2))
        assert export_day.main([DAY]) == 0
        said = capsys.readouterr().out.splitlines()
        assert f"{ACTIVITY} {DAY}: 3 rows of 3 raw ones, 0 taken from the table" in said
        assert said[-2:] == [
            f"tombstones {DAY}: 0 rows of 0 raw ones, 0 taken from the table",
            f"{DAY}: complete",
        ]

    def test_what_is_missing_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        somebody()
        changed_silently()
        assert export_day.main([DAY]) == 1
        said = capsys.readouterr().out
        assert f"{item_of(pseudonym('usr_ada'))}: missing 2" in said
        assert f"{DAY}: INCOMPLETE" in said

    @pytest.mark.parametrize("arguments", [[], ["yesterday"], [NEXT], ["2027-01-26"]])
    def test_what_is_no_day_not_yet_or_too_long_ago_is_refused(self, arguments: list[str]) -> None:
        assert export_day.main(arguments) == 2

    def test_days_before_it_that_are_not_in_order_come_first(
        self, dawn: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        somebody()
        changed()
        tomorrow(dawn)
        changed()
        assert export_day.main([NEXT]) == 0
        assert compacted(DAY).manifest.complete
        assert f"{ACTIVITY} {DAY}: 2 rows" in capsys.readouterr().out

    def test_a_day_before_it_that_fails_is_told_and_makes_no_gap_of_it(
        self, clean: House, dawn: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        three_days(dawn)
        damage(clean, NEXT)
        assert export_day.main([THIRD]) == 1
        said = capsys.readouterr().out
        assert f"{NEXT}: FAILED: Damaged: raw/" in said
        assert "not compared: a day before it failed" in said
        assert "missing" not in said
