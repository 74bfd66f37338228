"""Charts of summaries: whole and harmless whatever people call their goals, and told to those who do not see them."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.goals import chart_style, charts, periods, summaries, svg
from chalicelib.goals.periods import Kind
from chalicelib.goals.summaries import Aim, Summary

TODAY = date(2026, 11, 18)
SPACE = "{http://www.w3.org/2000/svg}"
Spent = dict[str, dict[str, list[int]]]


def summary(kind: Kind, names: list[str], logged: Spent, *, start: date | None = None) -> Summary:
    aims = [Aim(number, name, "Primary", False, Decimal("0.00")) for number, name in enumerate(names, start=1)]
    period = periods.period(kind, TODAY, start=start)
    return summaries.told("usr_1", "Asia/Kolkata", period, aims, logged)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - we have made it ourselves


def drawn(kind: Kind, names: list[str], logged: Spent, **options: date) -> ET.Element:
    return parsed(charts.drawn(summary(kind, names, logged, **options)))


def each_day(first: date, amount: int, shares: dict[str, list[int]]) -> Spent:
    return {(first + timedelta(days=number)).isoformat(): shares for number in range(amount)}


def bars(picture: ET.Element, look: str) -> list[ET.Element]:
    """Without the legend's, which are square."""
    found = [each for each in picture.iter(f"{SPACE}rect") if each.get("class") == look]
    return [each for each in found if (each.get("width"), each.get("height")) != ("14", "14")]


def texts(picture: ET.Element, look: str) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SPACE}text") if each.get("class") == look]


def test_a_bar_is_as_high_as_its_time_and_stands_on_the_one_below() -> None:
    picture = drawn("weekly", ["Spanish", "Piano"], {"2026-11-16": {"1": [7200, 2], "2": [3600, 1]}})
    [below], [above] = bars(picture, "c0"), bars(picture, "c1")
    assert float(below.get("height", "")) + 1 == pytest.approx(2 * (float(above.get("height", "")) + 1), abs=0.2)
    assert float(above.get("y", "")) < float(below.get("y", ""))
    assert (below.get("x"), texts(picture, "value")) == (above.get("x"), ["3 h"])


def test_the_axis_has_hours_up_to_the_longest_day() -> None:
    picture = drawn("weekly", ["Spanish"], {"2026-11-16": {"1": [7200, 2]}, "2026-11-09": {"1": [16200, 1]}})
    assert texts(picture, "tick") == ["0", "1 h", "2 h", "3 h", "4 h", "5 h"]


def test_the_period_before_stands_behind_the_same_days() -> None:
    picture = drawn("weekly", ["Spanish"], {"2026-11-09": {"1": [3600, 1]}, "2026-11-17": {"1": [3600, 1]}})
    [before], [bar] = bars(picture, "before"), bars(picture, "c0")
    assert float(before.get("x", "")) < 180 < float(bar.get("x", ""))
    assert "The week before" in texts(picture, "name")


@pytest.mark.parametrize("start", [date(2026, 10, 1), date(2026, 1, 31), date(2026, 2, 1)])
def test_a_month_has_a_bar_for_each_of_its_days(start: date) -> None:
    picture = drawn("monthly", ["Spanish"], each_day(start, 31, {"1": [3600, 1]}), start=start)
    days = periods.period("monthly", TODAY, start=start).days
    assert (len(bars(picture, "c0")), len(texts(picture, "day")) >= days) == (days, True)


def test_a_period_without_time_says_so() -> None:
    picture = drawn("monthly", ["Spanish"], {})
    assert texts(picture, "none") == ["No time was logged in these days."]
    assert not bars(picture, "c0")


def test_no_goals_at_all_is_no_reason_to_fail() -> None:
    assert texts(drawn("weekly", [], {}), "sub") == ["Nothing was logged"]


def test_of_many_goals_those_with_the_most_time_have_a_colour_and_the_others_share_one() -> None:
    shares = {str(number): [number * 600, 1] for number in range(1, 13)}
    picture = drawn("weekly", [f"Goal {number}" for number in range(1, 13)], {"2026-11-16": shares})
    assert texts(picture, "name") == [*(f"Goal {number}" for number in range(6, 13)), "5 other goals"]
    looks = [each.get("class") for each in picture.iter(f"{SPACE}rect")]
    assert all(looks.count(f"c{number}") == 2 for number in range(7))
    assert len(bars(picture, chart_style.REST)) == 1


def test_a_goal_keeps_its_colour_when_others_have_no_time() -> None:
    both = drawn("weekly", ["Spanish", "Piano"], {"2026-11-16": {"1": [60, 1], "2": [60, 1]}})
    alone = drawn("weekly", ["Spanish", "Piano"], {"2026-11-16": {"2": [60, 1]}})
    assert (len(bars(both, "c1")), len(bars(alone, "c1"))) == (1, 1)


def test_whoever_does_not_see_it_is_told_what_is_in_it() -> None:
    picture = drawn("weekly", ["Spanish"], {"2026-11-16": {"1": [5400, 1]}, "2026-11-10": {"1": [3600, 1]}})
    assert picture.get("role") == "img"
    title, desc = (picture.find(f"{SPACE}{name}") for name in ("title", "desc"))
    assert title is not None
    assert desc is not None
    assert picture.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == "16 to 22 November 2026"
    assert desc.text == (
        "Bars of hours per day, coloured by goal. 1 h 30 on 1 day, 30 min more than in the week before. "
        "Monday 16 November: 1 h 30. Spanish: 1 h 30."
    )


NASTY = st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=9)


@given(NASTY)
def test_no_name_breaks_a_chart_or_puts_anything_into_it(names: list[str]) -> None:
    shares = {str(number): [3600, 1] for number in range(1, 10)}
    text = charts.drawn(summary("weekly", names, {"2026-11-16": shares}))
    kinds = {each.tag.removeprefix(SPACE) for each in parsed(text).iter()}
    assert kinds <= {"svg", "title", "desc", "style", "rect", "g", "text", "line"}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"/><image href="https://evil.example"/>', "]]><a>"])
def test_a_name_stays_a_name(name: str) -> None:
    text = charts.drawn(summary("weekly", [name], {"2026-11-16": {"1": [60, 1]}}))
    assert parsed(text).find(f".//{SPACE}script") is None
    assert "<script" not in text
    assert "<image" not in text
    [told] = texts(parsed(text), "name")
    assert svg.clean(name).startswith(told.removesuffix("…"))


def test_marks_that_nobody_sees_are_left_out_of_names() -> None:
    assert svg.clean("a\u202eb\x00c\ud800d\ufffee\n f") == "abcde f"


@pytest.mark.parametrize("name", ["W" * 160, "i" * 160, "語" * 160, "Straße nach Süden " * 9])
def test_a_long_name_is_cut_where_its_room_ends(name: str) -> None:
    cut = svg.fitted(name, 13, 170)
    assert (cut[-1], svg.fitted(cut, 13, 170)) == ("…", cut)


def test_nothing_of_a_chart_comes_from_elsewhere() -> None:
    text = charts.drawn(summary("weekly", ["Spanish"], {"2026-11-16": {"1": [60, 1]}}))
    assert set(re.findall(r"https?://[^\"< ]*", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\(|@import|@font-face|href|\son\w+=|\sstyle=", text)


def light_of(colour: str) -> float:
    """The relative luminance of WCAG."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("colours", "paper"), [(chart_style.LIGHT, "#ffffff"), (chart_style.DARK, "#12181f")])
def test_every_colour_stands_out_from_the_paper(colours: tuple[str, ...], paper: str) -> None:
    for colour in colours:
        darker, lighter = sorted((light_of(colour), light_of(paper)))
        assert (lighter + 0.05) / (darker + 0.05) >= 3, colour


#: What eyes without one kind of cones make of linear red, green and blue (Machado, Oliveira and Fernandes, 2009).
EYES = {
    "red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


@pytest.mark.parametrize("colours", [chart_style.LIGHT, chart_style.DARK])
@pytest.mark.parametrize("lacking", EYES)
def test_colours_can_be_told_apart_without_one_kind_of_cones(colours: tuple[str, ...], lacking: str) -> None:
    seen = [_seen(colour, lacking) for colour in colours]
    assert min(sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in combinations(seen, 2)) > 0.05


def _seen(colour: str, lacking: str) -> tuple[float, ...]:
    """In Oklab, where distances are what people see; 0.02 can just be noticed."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    red, green, blue = (max(0.0, sum(a * b for a, b in zip(row, linear, strict=True))) for row in EYES[lacking])
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )
