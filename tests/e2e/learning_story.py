"""The story of a course, from a draft to a certificate that a stranger checks, played through the gateway.

The tests look at what happened; the index, the letters, the counting and the paper are the deployed workers' work.
"""

from dataclasses import dataclass
from typing import Any

from infra.local.gateway import Reply
from infra.local.mailbox import Mail
from tests.e2e import story
from tests.e2e.stage import Stage, until
from tests.e2e.story import API
from tests.factories.forms import Fetched, fetched

TITLE = "Tides and the moon"
GOAL = "See the sea at full moon"
SECRET = "Neap tides come with the half moon."


@dataclass(frozen=True)
class Learned:
    unseen: Reply
    unfound: list[dict[str, Any]]
    published: Reply
    found: list[dict[str, Any]]
    locked: Reply
    enrolled: Reply
    repeated: Reply
    confirmed: Mail
    halfway: Reply
    finished: Reply
    completion: Reply
    congratulated: Mail
    certificate: dict[str, Any]
    announced: Mail
    paper: Fetched
    unsigned: Fetched
    checked: Reply
    page: Reply
    counted: dict[str, Any]
    timed: int


def play(stage: Stage) -> Learned:
    teacher, learner = joined(stage, "tenzin", "instructor"), joined(stage, "lena")
    stage.call("POST", f"{API}/goals", {"name": GOAL, "category": "Primary"}, token=learner)
    course, lessons = drafted(stage, teacher)
    until("a catalogue, which a new stage makes when somebody first asks", lambda: asked(stage, learner).status == 200)
    unseen, unfound = stage.call("GET", f"{API}/courses/{course}", token=learner), search(stage, learner)
    published = stage.call("POST", f"{API}/courses/{course}/publish", token=teacher)
    found = until("the course in the catalogue", lambda: search(stage, learner))

    locked = stage.call("GET", f"{API}/lessons/{lessons[1]}", token=learner)
    enrolled = stage.call("POST", f"{API}/courses/{course}/enroll", token=learner)
    repeated = stage.call("POST", f"{API}/enrollments", {"course": course}, token=learner)
    confirmed = stage.mail_to("lena@example.org", about="enrolled")
    enrollment = enrolled.json()["id"]
    aim = {"name": "Know the tides", "category": "Secondary", "course_id": course}
    stage.call("POST", f"{API}/goals", aim, token=learner)
    halfway, finished = (done(stage, learner, enrollment, lesson) for lesson in lessons)
    completion = stage.call("GET", f"{API}/enrollments/{enrollment}/completion", token=learner)
    congratulated = stage.mail_to("lena@example.org", about="finished")

    certificate = until("a printed certificate", lambda: printed(stage, learner))
    announced = stage.mail_to("lena@example.org", about="certificate")
    link = stage.call("GET", f"{API}/certificates/{certificate['id']}/pdf", token=learner).json()["url"]
    check = f"{API}/certificates/verify"
    return Learned(
        unseen, unfound, published, found, locked, enrolled, repeated, confirmed, halfway, finished, completion,
        congratulated, certificate, announced, fetched(link), fetched(link.partition("?")[0]),
        stage.call("GET", f"{check}/{certificate['code']}"),
        stage.call("GET", f"{check}?code={certificate['code']}"),
        until("the learner is counted", lambda: performance(stage, teacher, course)),
        until("the lesson is time of a goal", lambda: timed(stage, learner)),
    )  # fmt: skip


def joined(stage: Stage, name: str, role: str = "") -> str:
    """Somebody new with a verified address; their access token."""
    story.register(stage, name)
    mail = stage.mail_to(f"{name}@example.org")
    stage.call("POST", f"{API}/auth/email/verify", {"token": story.mailed_token(mail)})
    if role:
        stage.call("POST", f"{API}/users/me/roles", {"role": role}, token=access(stage, name))
    return access(stage, name)


def access(stage: Stage, name: str) -> str:
    return str(story.login(stage, name).json()["access"])


def drafted(stage: Stage, teacher: str) -> tuple[str, list[str]]:
    """A course in which one thing follows the other, and its two lessons."""
    said = {"title": TITLE, "forced_order": True}
    course: str = stage.call("POST", f"{API}/courses", said, token=teacher).json()["id"]
    first = {"title": "Spring tides", "content": "Twice a month.", "minutes": 20}
    lessons = [first, {"title": "Neap tides", "content": SECRET}]
    made = stage.call("POST", f"{API}/lessons/bulk", {"course_id": course, "lessons": lessons}, token=teacher).json()
    return course, [lesson["id"] for lesson in made["lessons"]]


def search(stage: Stage, learner: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(stage, learner).json()["results"]
    return found


def asked(stage: Stage, learner: str) -> Reply:
    """What somebody is told who types the beginning of a word. Strangers may not ask as often as this story does."""
    return stage.call("GET", f"{API}/search?q=tid", token=learner)


def done(stage: Stage, learner: str, enrollment: str, lesson: str) -> Reply:
    path = f"{API}/enrollments/{enrollment}/mark-lesson-complete"
    return stage.call("POST", path, {"lesson": lesson}, token=learner)


def printed(stage: Stage, learner: str) -> dict[str, Any] | None:
    own: list[dict[str, Any]] = stage.call("GET", f"{API}/certificates", token=learner).json()["results"]
    return own[0] if own and own[0]["printed"] else None


def performance(stage: Stage, teacher: str, course: str) -> dict[str, Any] | None:
    figures: dict[str, Any] = stage.call("GET", f"{API}/courses/{course}/performance", token=teacher).json()
    return figures if figures["completions"] else None


def timed(stage: Stage, learner: str) -> int:
    """Seconds of the goal that points at the course."""
    return int(stage.call("GET", f"{API}/goals/2", token=learner).json()["logged_seconds"])
