"""What Asha intends: a goal, the time she gives to it, her week, what to do next, and a reminder that she ends."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from infra.tour.visitor import API, Lost, Visitor, link_in

#: As the document of the goal tracker has them.
GOAL = {"goal_name": "Learn Django REST Framework", "category": "Primary", "deadline": "2025-12-31"}
ENTRY = {"progress": "Completed authentication module", "logged_hours": "02:30:00", "total_hours": "05:00:00"}
LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


def intend(visitor: Visitor, asha: str, email: str) -> None:
    begin(visitor, asha)
    look_at_the_week(visitor, asha)
    be_reminded(visitor, asha, email)


def begin(visitor: Visitor, asha: str) -> None:
    visitor.say("She sets herself a goal, with the app of the goal tracker: its paths and bodies work as they were.")
    shows = ("number", "goal_name", "category", "deadline")
    visitor.send("POST", "/api/goals/", GOAL, token=asha, expect=201, shows=shows)
    visitor.say("Two and a half hours of five. What can be worked out is: nobody sets it by hand.")
    said = {**ENTRY, "is_complete": True}
    visitor.send("POST", "/api/goals/1/progress/", said, token=asha, expect=422)
    shows = ("logged_hours", "total_hours", "percentage_complete", "is_complete")
    logged = visitor.send("POST", "/api/goals/1/progress/", ENTRY, token=asha, expect=201, shows=shows)
    visitor.say("Ten such requests a day are free. Both have counted, the refused one too.")
    print(f"  (headers) {', '.join(f'{name}: {logged.headers[name]}' for name in LIMITS)}")
    if logged.headers["x-ratelimit-remaining"] != "8":
        raise Lost("the quota of the day was counted wrong")


def look_at_the_week(visitor: Visitor, asha: str) -> None:
    visitor.say("Her week is there at once, as numbers and as a picture.")
    week = visitor.send("GET", "/api/summary/weekly/", token=asha, shows=("total_hours", "entries", "period"))
    if week.body["total_seconds"] != 9000:
        raise Lost("the week has another sum")
    chart = visitor.quietly("GET", f"{API}/summary/weekly/chart.svg", None, {"Authorization": f"Bearer {asha}"})
    if "<svg" not in chart.body:
        raise Lost("the chart is no picture")
    print(f"  GET {API}/summary/weekly/chart.svg\n  -> {chart.status} an SVG of {len(chart.body) // 1024} KB")
    visitor.say("What now? The list gives a reason for each thing. The deadline of the document lies in the past.")
    rows = visitor.send("GET", f"{API}/next-actions", token=asha, shows=("kind", "title")).body["results"]
    for row in rows:
        print(f"  {row['title']}: {row['reason']}")


def be_reminded(visitor: Visitor, asha: str, email: str) -> None:
    visitor.say("More than a week goes by in which she logs nothing. At midnight a mail comes: once for that night.")
    strike(visitor)
    letter = visitor.mail(email, "goals")
    link = urlsplit(link_in(letter[letter.index("No more mail of this kind") :]))
    visitor.say("She wants no more of these. The link in the mail needs no signing in, and stops this kind alone.")
    visitor.send("POST", f"{link.path}?{link.query}")
    wishes: Any = visitor.send("GET", f"{API}/users/me/mail-preferences", token=asha).body
    if wishes["reminders"] is not False:
        raise Lost("she will be reminded again")


def strike(visitor: Visitor) -> None:
    """Let the clock of reminders strike in a coming night. Each strikes once, so a second tour takes a later one."""
    path = "/_local/schedules/remind_goals"
    for days in count(8):
        at = (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")
        answer = visitor.quietly("POST", path, {"at": at}, {}).body["answer"]
        if answer["done"]:
            print(f'  POST {path}  {{"at": "{at}"}}\n  -> {json.dumps(answer)}')
            return
