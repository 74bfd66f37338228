"""The heart of the tour: from a draft course to a certificate that a stranger checks.

Tara teaches (she is in the demo), Asha learns, and somebody who knows neither asks whether the certificate is real.
"""

from dataclasses import dataclass
from typing import Any

from infra.local.views import PASSWORD
from infra.tour.visitor import API, Lost, Visitor, link_in

LESSONS = [
    {"title": "Flour, water, time", "content": "Three things, and the third does the work.", "preview": True},
    {"title": "Folding", "content": "Four times, half an hour apart.", "minutes": 8},
    {"title": "Into the oven", "content": "As hot as it gets, with a bowl of water.", "minutes": 12},
]

#: What an enrollment says of progress.
HOW_FAR = ("completed_lessons", "total_lessons", "completion_percentage", "is_completed")


@dataclass(frozen=True)
class Bread:
    """The course of this story, as Tara made it: its lessons in their order."""

    id: str
    lessons: list[str]
    teacher: str


def learn(visitor: Visitor, asha: str, email: str) -> None:
    course = write(visitor)
    look_around(visitor, course)
    enroll(visitor, asha, email, course)
    work_through(visitor, asha, course)
    code = be_certified(visitor, asha, email)
    check(visitor, code)
    look_back(visitor, course)


def write(visitor: Visitor) -> Bread:
    visitor.say("Tara teaches. She drafts a course whose lessons come in order; nobody else sees it yet.")
    tara: str = visitor.send("POST", f"{API}/auth/login", {"username": "teacher", "password": PASSWORD}).body["access"]
    wish = {"title": "Sourdough for the impatient", "level": "beginner", "forced_order": True}
    course = visitor.send("POST", f"{API}/courses", wish, token=tara, expect=201).body["id"]
    visitor.send("GET", f"{API}/courses/{course}", expect=404)
    visitor.say("An empty course is not published, and the answer says why. She adds its lessons in one call.")
    visitor.send("POST", f"{API}/courses/{course}/publish", token=tara, expect=409)
    body = {"course_id": course, "lessons": LESSONS}
    made = visitor.send("POST", f"{API}/lessons/bulk", body, token=tara, expect=201)
    visitor.send("POST", f"{API}/courses/{course}/publish", token=tara, shows=("title", "status", "lessons"))
    return Bread(course, [lesson["id"] for lesson in made.body["lessons"]], tara)


def look_around(visitor: Visitor, course: Bread) -> None:
    visitor.say("A moment later it is found, also by somebody who cannot spell it. Each lesson says if it is open.")
    search = f"{API}/search?q=sourdouh&fields=id,title,access"
    visitor.until(lambda: course.id in [row["id"] for row in visitor.see(search)["results"]], "the course in search")
    visitor.send("GET", search)
    for row in visitor.see(f"{API}/courses/{course.id}/lessons")["results"]:
        print(f"  {row['title']}: {row['access']}, {row['reason_code']}")


def enroll(visitor: Visitor, asha: str, email: str, course: Bread) -> None:
    visitor.say("Asha enrolls. Doing so twice makes one enrollment, and one mail.")
    visitor.send("POST", f"{API}/enrollments", {"course": course.id}, token=asha, expect=201, shows=HOW_FAR)
    visitor.send("POST", f"{API}/courses/{course.id}/enroll", token=asha, shows=HOW_FAR)
    visitor.mail(email, "enrolled")
    visitor.say("She is curious and begins in the middle. No door lets her.")
    last = course.lessons[-1]
    visitor.send("POST", f"{API}/lessons/{last}/progress", {"completed": True}, token=asha, expect=403)


def work_through(visitor: Visitor, asha: str, course: Bread) -> None:
    visitor.say("So she goes one by one. It counts in whole, whichever path her app knows.")
    enrollment = visitor.see(f"{API}/enrollments", asha)["results"][0]["id"]
    first, second, third = course.lessons
    visitor.send("POST", f"{API}/lessons/{first}/progress", {"completed": True}, token=asha, shows=("completed",))
    marked = {"lesson": second}
    visitor.send("POST", f"{API}/enrollments/{enrollment}/mark-lesson-complete", marked, token=asha, shows=HOW_FAR)
    visitor.say("Where was I? The dashboard leads to the next lesson, and her streak has begun.")
    next_one = ("course_title", "completion_percentage", "next_position")
    visitor.send("GET", f"{API}/dashboard/continue-learning", token=asha, shows=next_one)
    visitor.send("GET", f"{API}/streak?days=1", token=asha, shows=("current", "learned_today"))
    rows = {row["lesson"]: row["id"] for row in visitor.see("/api/progress/", asha)["results"]}
    visitor.send("PUT", f"/api/progress/{rows[third]}/", {"is_completed": True}, token=asha, shows=("is_completed",))
    visitor.send("GET", f"{API}/enrollments/{enrollment}", token=asha, shows=HOW_FAR)


def be_certified(visitor: Visitor, asha: str, email: str) -> str:
    visitor.say("With the last lesson the course is finished. The certificate comes by mail, its paper by a link.")
    letter = visitor.mail(email, "certificate")
    visitor.until(lambda: _printed(visitor, asha), "the printed certificate")
    shows = ("code", "holder", "course_title", "status")
    mine = visitor.send("GET", f"{API}/certificates", token=asha, shows=shows).body["results"][0]
    code: str = mine["code"]
    if code not in letter or code not in link_in(letter):
        raise Lost("the mail is about another certificate")
    paper = visitor.send("GET", f"{API}/certificates/{code}/pdf", token=asha).body
    print(f"  -> {visitor.paper(paper['url'])}")
    return code


def _printed(visitor: Visitor, asha: str) -> bool:
    return any(each["printed"] for each in visitor.see(f"{API}/certificates", asha)["results"])


def check(visitor: Visitor, code: str) -> None:
    visitor.say("A stranger has the code from the paper and asks if it is real. A misread one is answered too.")
    said: Any = visitor.send("GET", f"{API}/certificates/verify/{code}", shows=("valid", "meaning")).body
    misread = code[:-1] + ("0" if code[-1] != "0" else "1")
    wrong: Any = visitor.send("GET", f"{API}/certificates/verify/{misread}", shows=("valid", "meaning")).body
    if not said["valid"] or wrong["valid"]:
        raise Lost("the check is wrong")


def look_back(visitor: Visitor, course: Bread) -> None:
    visitor.say("And Tara sees how her course does.")
    address = f"{API}/courses/{course.id}/performance"
    visitor.until(lambda: visitor.see(address, course.teacher)["completions"] == 1, "the completion in her numbers")
    visitor.send("GET", address, token=course.teacher, shows=("students", "completions", "completion_rate"))
