"""How charts look: one style sheet for light and dark. The colours can be told apart by whoever is colour-blind.

Pure. They were chosen by their distance from each other as people without red, green or blue cones see them, and each
is three times as light or dark as the paper. The stylesheet is the same in every chart, so that a policy can name it.
"""

LIGHT = ("#135bcd", "#fb4b09", "#0e8c65", "#c4678c", "#3295d4", "#848c25", "#76348b")
DARK = ("#38b4ff", "#ef6218", "#0da371", "#e47ebc", "#ffc048", "#9466ff", "#9c5033")
#: Of all goals that have no colour of their own.
REST = "rest"


def _colours(colours: tuple[str, ...], rest: str) -> str:
    rules = [f".c{number} {{ fill: {colour}; }}" for number, colour in enumerate(colours)]
    return " ".join([*rules, f".{REST} {{ fill: {rest}; }}"])


STYLE = f"""
svg {{ color-scheme: light dark; }}
text {{ font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: #1d2733; }}
.head {{ font-size: 21px; font-weight: 650; }}
.sub {{ font-size: 14px; fill: #566474; }}
.tick, .day {{ font-size: 12px; fill: #566474; }}
.name, .time {{ font-size: 13px; }}
.time, .value {{ font-variant-numeric: tabular-nums; }}
.time {{ fill: #566474; }}
.value {{ font-size: 12px; font-weight: 600; }}
.none {{ font-size: 16px; fill: #566474; paint-order: stroke; stroke: #fff; stroke-width: 9px; }}
.paper {{ fill: #fff; }}
.grid {{ stroke: #e1e6eb; stroke-width: 1; }}
.base {{ stroke: #8b97a4; stroke-width: 1.5; }}
.before {{ fill: #d8dfe6; }}
{_colours(LIGHT, "#433d30")}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e7edf3; }}
.sub, .tick, .day, .time, .none {{ fill: #9fb0c0; }}
.none {{ stroke: #12181f; }}
.paper {{ fill: #12181f; }}
.grid {{ stroke: #26313b; }}
.base {{ stroke: #66747f; }}
.before {{ fill: #303c47; }}
{_colours(DARK, "#bdcddb")}
}}
"""
