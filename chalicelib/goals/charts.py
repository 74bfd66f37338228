"""A summary as a picture: bars of hours per day, coloured by goal, before those of the period before. Pure.

SVG by hand, so that it costs no library: no script, no font from elsewhere, a title and a description for those who do
not see it. `routes/summaries.py` sends it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import chain, repeat

from chalicelib.goals import chart_style, chart_words, svg
from chalicelib.goals.periods import MONTHS, WEEKDAYS, Period
from chalicelib.goals.summaries import Day, Line, Summary

WIDTH, EDGE = 860.0, 28.0
LEFT, RIGHT, TOP, BOTTOM = 78.0, WIDTH - EDGE, 104.0, 334.0
#: Where the legend begins, and its columns.
LEGEND, ROW, COLUMNS = 404.0, 26.0, 3
#: What lies between two lines of the axis, in seconds: the first with which at most five lines are needed.
STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 28800, 43200)
LINES = 5
#: The head is of 21 pixels; its bold letters are as wide as larger ones.
BOLD = 25.5


@dataclass(frozen=True, slots=True)
class Band:
    """What has a colour: a goal, or all that have none of their own."""

    look: str
    name: str
    goals: frozenset[str]
    seconds: int

    def part_of(self, day: Day) -> int:
        return sum(day.shares[goal][0] for goal in self.goals & day.shares.keys())


@dataclass(frozen=True, slots=True)
class Scale:
    """The hours axis."""

    step: int
    lines: int

    @classmethod
    def up_to(cls, seconds: int) -> "Scale":
        step = next((each for each in STEPS if seconds <= each * LINES), STEPS[-1])
        return cls(step, max(1, -(-seconds // step)))

    def height(self, seconds: int) -> float:
        return (BOTTOM - TOP) * seconds / (self.step * self.lines)


def drawn(summary: Summary) -> str:
    """The whole picture."""
    bands = _bands(summary.lines)
    previous = [day.logged.seconds for day in summary.previous()]
    longest = max(*previous, *(day.logged.seconds for day in summary.days))
    scale = Scale.up_to(longest or 4 * 3600)
    legend = list(_legend(summary, bands))
    height = LEGEND + ROW * -(-len(legend) // COLUMNS) + 2
    large, small = chart_words.heads(summary)
    parts = [
        svg.element("title", escape(chart_words.title(summary)), id="chart-title"),
        svg.element("desc", escape(chart_words.described(summary)), id="chart-desc"),
        svg.element("style", chart_style.STYLE),
        svg.box(0, 0, WIDTH, height, "paper", round_=14),
        svg.words(svg.fitted(large, BOLD, RIGHT - EDGE), EDGE, 44, "head"),
        svg.words(svg.fitted(small, 14, RIGHT - EDGE), EDGE, 70, "sub"),
        *_axis(scale),
        *_columns(summary.days, previous, bands, scale),
        *_marks(summary.period),
        svg.element("line", x1=LEFT, y1=BOTTOM, x2=RIGHT, y2=BOTTOM, class_="base"),
        *_nothing(summary),
        *(_placed(number, item) for number, item in enumerate(legend)),
    ]
    return _picture(height, "".join(parts))


def _picture(height: float, content: str) -> str:
    size = {"width": WIDTH, "height": height, "viewBox": f"0 0 {svg.number(WIDTH)} {svg.number(height)}"}
    named = {"role": "img", "aria_labelledby": "chart-title chart-desc", "lang": "en"}
    return svg.element("svg", content, xmlns="http://www.w3.org/2000/svg", **size, **named)


def _bands(lines: Iterable[Line]) -> list[Band]:
    """Goals with time, those with the most in colour where there are too many; a goal keeps its colour if it can."""
    busy = sorted((line for line in lines if line.logged.seconds), key=lambda line: -line.logged.seconds)
    own, others = busy[: len(chart_style.LIGHT)], busy[len(chart_style.LIGHT) :]
    free = list(range(len(chart_style.LIGHT)))
    bands = []
    for line in sorted(own, key=lambda line: line.aim.number):
        liked = (line.aim.number - 1) % len(chart_style.LIGHT)
        colour = liked if liked in free else free[0]
        free.remove(colour)
        bands.append(_band(f"c{colour}", svg.clean(line.aim.name), [line]))
    if others:
        bands.append(_band(chart_style.REST, f"{len(others)} other goal{'s' * (len(others) > 1)}", others))
    return bands


def _band(look: str, name: str, lines: list[Line]) -> Band:
    goals = frozenset(line.aim.key for line in lines)
    return Band(look, name, goals, sum(line.logged.seconds for line in lines))


def _axis(scale: Scale) -> Iterator[str]:
    for number in range(scale.lines + 1):
        seconds = number * scale.step
        y = BOTTOM - scale.height(seconds)
        if number:
            yield svg.element("line", x1=LEFT, y1=y, x2=RIGHT, y2=y, class_="grid")
        yield svg.words(chart_words.short(seconds) if number else "0", LEFT - 10, y + 4, "tick", anchor="end")


def _columns(days: list[Day], previous: list[int], bands: list[Band], scale: Scale) -> Iterator[str]:
    slot = (RIGHT - LEFT) / len(days)
    for number, (day, before) in enumerate(zip(days, chain(previous, repeat(0)), strict=False)):
        middle = LEFT + slot * (number + 0.5)
        parts = [(band.name, band.part_of(day)) for band in bands]
        column = _column(day, before, bands, scale, middle, slot)
        yield svg.group(column, chart_words.of_day(day, parts, before))


def _column(day: Day, before: int, bands: list[Band], scale: Scale, middle: float, slot: float) -> Iterator[str]:
    behind, width = min(slot * 0.86, 74.0), min(slot * 0.6, 48.0)
    if before:
        height = scale.height(before)
        yield svg.box(middle - behind / 2, BOTTOM - height, behind, height, "before", round_=2)
    y = BOTTOM
    for band in bands:
        height = scale.height(band.part_of(day))
        if height:
            y -= height
            yield svg.box(middle - width / 2, y, width, max(height - 1, 0.6), band.look)
    if day.logged.seconds and slot > 60:
        yield svg.words(chart_words.short(day.logged.seconds), middle, y - 7, "value", anchor="middle")
    yield from _below(day.date, middle, slot)


def _below(day: date, middle: float, slot: float) -> Iterator[str]:
    """Which day it is, and below it what there is room for."""
    if slot > 60:
        yield svg.words(WEEKDAYS[day.weekday()][:3], middle, BOTTOM + 21, "day", anchor="middle")
        yield svg.words(f"{day.day} {MONTHS[day.month - 1][:3]}", middle, BOTTOM + 38, "day", anchor="middle")
        return
    yield svg.words(str(day.day), middle, BOTTOM + 21, "day", anchor="middle")


def _marks(period: Period) -> Iterator[str]:
    """Below the many days of a month: its Mondays, or where it is of two months, where each begins."""
    slot = (RIGHT - LEFT) / period.days
    for number, day in enumerate(period.dates() if slot <= 60 else ()):
        mark = "Mon" if day.weekday() == 0 else ""
        if period.first.month != period.last.month:
            mark = MONTHS[day.month - 1][:3] if number == 0 or day.day == 1 else ""
        if mark:
            yield svg.words(mark, LEFT + slot * (number + 0.5), BOTTOM + 38, "day", anchor="middle")


def _nothing(summary: Summary) -> Iterator[str]:
    if not summary.total.seconds:
        middle = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
        yield svg.words("No time was logged in these days.", *middle, "none", anchor="middle")


def _legend(summary: Summary, bands: list[Band]) -> Iterator[tuple[str, str, int]]:
    for band in bands:
        yield band.look, band.name, band.seconds
    if summary.before.seconds:
        yield "before", f"The {chart_words.unit(summary.period)} before", summary.before.seconds


def _placed(number: int, item: tuple[str, str, int]) -> str:
    look, name, seconds = item
    width = (RIGHT - EDGE) / COLUMNS
    x, y = EDGE + width * (number % COLUMNS), LEGEND + ROW * (number // COLUMNS)
    time = chart_words.short(seconds)
    room = width - 22 - 44 - 7.5 * len(time)
    return svg.group(
        (
            svg.box(x, y - 11, 14, 14, look, round_=3),
            svg.words(svg.fitted(name, 13, room), x + 22, y + 1, "name"),
            svg.words(time, x + width - 28, y + 1, "time", anchor="end"),
        ),
        name,
    )
