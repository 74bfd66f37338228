"""Clients of the older systems, who know nothing but the paths and fields of those: they get by here.

Each test plays what one of them would send in a working day, with and without the slash at the end, and looks at the
fields that it reads.
"""

from typing import Any

import pytest

from infra.local.gateway import Reply
from tests.conftest import House
from tests.factories import bank, courses, people, shelf, shop
from tests.factories.people import PASSWORD
from tests.http.api import Api, Person

pytestmark = pytest.mark.parametrize("slash", ["/", ""])
ENVELOPE = {"results", "next", "previous"}


class Client:
    """Somebody who has signed in on a path of theirs and sends on with the token of the answer."""

    def __init__(self, api: Api, base: str, slash: str) -> None:
        self.api, self.base, self.slash, self.token = api, base, slash, ""

    def sign_in(self, **said: str) -> "Client":
        found = self.send("POST", "/auth/login", {"password": PASSWORD, **said}, 200)
        self.token = found["access"]
        return self

    def reply(self, method: str, path: str, body: Any = None) -> Reply:
        path, _, query = path.partition("?")
        address = self.base + path + self.slash + ("?" + query if query else "")
        return self.api.call(method, address, body, token=self.token or None)

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        reply = self.reply(method, path, body)
        assert reply.status == status, (method, path, reply.status, reply.body)
        return reply.json() if reply.body else None

    def rows(self, path: str) -> list[Any]:
        found = self.send("GET", path)
        assert set(found) >= ENVELOPE
        return list(found["results"])


@pytest.fixture
def teacher(api: Api) -> Person:
    tess = api.member("tess", email="tess@example.org", roles=("instructor",))
    people.verified(tess.id)
    return tess


@pytest.fixture
def learner(api: Api) -> Person:
    return api.member("luca", email="luca@example.org")


def told(house: House) -> None:
    """All news has arrived, and the instance looks at the catalogue again."""
    house.driver.settle()
    shelf.looked_away()


# What clients of the course backend send.


@pytest.mark.row("E14", "E17", "E18", "E19", "E20", "E21", "E23", "E24", "E25", "E26", "E28", "E55", "X21", "X22")
def test_an_instructor_of_the_course_backend_keeps_courses_and_lessons(
    api: Api, clean: House, teacher: Person, slash: str
) -> None:
    tess = Client(api, "/api/v1", slash).sign_in(username="tess")
    wish = {"title": "Maps", "description": "How to read one.", "price": "0.00", "is_published": False}
    course = tess.send("POST", "/courses", wish, 201)
    assert (course["owner"], course["is_published"], course["price"]) == (teacher.id, False, "0.00")
    lesson = tess.send("POST", "/lessons", {"course": course["id"], "title": "North", "content": "Up."}, 201)
    tess.send("PUT", f"/lessons/{lesson['id']}", {"course": course["id"], "title": "North", "content": "Mostly up."})
    assert tess.send("PATCH", f"/lessons/{lesson['id']}", {"title": "North is up"})["course"] == course["id"]
    assert tess.send("PATCH", f"/courses/{course['id']}", {"is_published": True})["is_published"] is True
    assert tess.send("PUT", f"/courses/{course['id']}", {**wish, "title": "Maps!", "is_published": True})["title"]
    told(clean)
    assert [row["title"] for row in tess.rows("/courses")] == ["Maps!"]
    assert [row["title"] for row in tess.rows("/lessons")] == ["North is up"]
    tess.send("POST", "/lessons", {"course": course["id"], "title": "South"}, 201)
    tess.send("DELETE", f"/lessons/{lesson['id']}", status=204)
    tess.send("DELETE", f"/courses/{course['id']}", status=204)
    tess.send("GET", f"/courses/{course['id']}", status=404)


@pytest.mark.row("E15", "E16", "E22", "E27", "E30", "E31", "E32", "E33", "E34", "E35", "E36", "E55")
def test_a_student_of_the_course_backend_finds_a_course_enrolls_gets_a_mail_and_leaves(
    api: Api, clean: House, teacher: Person, learner: Person, slash: str
) -> None:
    course = courses.a_course(teacher.id, title="Knots", lessons=2)
    courses.a_draft(teacher.id, title="Loose ends", lessons=1)
    shelf.published()
    luca = Client(api, "/api/v1", slash)
    assert [row["title"] for row in luca.rows("/courses-public")] == ["Knots"]
    luca.sign_in(username="luca")
    assert [row["id"] for row in luca.rows("/courses")] == [course.id]
    assert len(luca.rows("/lessons")) == 2
    enrolled = luca.send("POST", "/enrollments", {"course": course.id}, 201)
    assert (enrolled["student"], enrolled["course"]) == (learner.id, course.id)
    assert [row["id"] for row in luca.rows("/enrollments")] == [enrolled["id"]]
    told(clean)
    assert ["Knots" in mail.text for mail in clean.mails() if "luca@example.org" in mail.to] == [True]
    tess = Client(api, "/api/v1", slash).sign_in(username="tess")
    assert [row["student"] for row in tess.rows("/enrollments")] == [learner.id]
    tess.send("POST", "/enrollments", {"course": course.id}, 403)
    luca.send("DELETE", f"/enrollments/{enrolled['id']}", status=204)


# What the course platform's clients send.


@pytest.mark.row("C07", "C10", "C11", "C12", "C13", "C14", "C15", "C17", "C18", "C19", "C20", "C21", "C22")
def test_an_instructor_of_the_course_platform_drafts_fills_and_publishes_a_course(
    api: Api, clean: House, teacher: Person, slash: str
) -> None:
    courses.a_course(api.member("other", roles=("instructor",)).id, title="Somebody else's")
    tess = Client(api, "/api", slash).sign_in(username="tess")
    course = tess.send("POST", "/courses", {"title": "Bread", "description": "With time."}, 201)
    assert course["status"] == "draft"
    tess.send("POST", f"/courses/{course['id']}/publish", status=409)
    words = [{"title": "Water", "content": "Cold.", "order": 2}, {"title": "Flour", "content": "White.", "order": 1}]
    made = tess.send("POST", "/lessons/bulk_create", {"course": course["id"], "lessons": words}, 201)
    assert [(each["order"], each["title"]) for each in made["lessons"]] == [(1, "Flour"), (2, "Water")]
    salt = {"course": course["id"], "title": "Salt", "content": "A pinch.", "order": 2}
    last = tess.send("POST", "/lessons", salt, 201)
    assert last["order"] == 2
    assert tess.send("POST", f"/courses/{course['id']}/publish")["status"] == "published"
    assert tess.send("GET", f"/lessons/{last['id']}")["content"] == "A pinch."
    assert tess.send("PUT", f"/lessons/{last['id']}", {**salt, "order": 3})["order"] == 3
    told(clean)
    assert [row["title"] for row in tess.rows("/courses")] == ["Bread"]
    tess.send("PUT", f"/courses/{course['id']}", {"title": "Bread", "description": "With more time."})
    tess.send("DELETE", f"/lessons/{last['id']}", status=204)
    tess.send("DELETE", f"/courses/{course['id']}", status=204)


@pytest.mark.row("C08", "C16", "C24", "C25", "C26", "C27", "C28", "C29", "C30", "C31", "C32", "C33", "C34", "C35")
def test_a_student_of_the_course_platform_finishes_a_course_by_its_progress_rows(
    api: Api, clean: House, teacher: Person, learner: Person, slash: str
) -> None:
    course = courses.a_course(teacher.id, title="Tea", lessons=3)
    draft = courses.a_draft(teacher.id, lessons=1)
    shelf.published()
    luca = Client(api, "/api", slash).sign_in(username="luca")
    assert [row["title"] for row in luca.rows("/courses")] == ["Tea"]
    luca.send("POST", "/enrollments", {"course": draft.id}, 404)
    enrolled = luca.send("POST", "/enrollments", {"course": course.id}, 201)
    rows = luca.rows("/progress")
    assert len(rows) == 3
    assert not any(row["is_completed"] for row in rows)
    luca.send("PUT", f"/progress/{rows[0]['id']}", {"lesson": rows[1]["lesson"], "is_completed": True}, 422)
    luca.send("PUT", f"/progress/{rows[0]['id']}", {"lesson": rows[0]["lesson"], "is_completed": True})
    seen = luca.send("GET", f"/enrollments/{enrolled['id']}")
    assert (seen["total_lessons"], seen["completed_lessons"], seen["is_completed"]) == (3, 1, False)
    assert seen["completion_percentage"] == 33.33
    for row in rows[1:]:
        luca.send("PUT", f"/progress/{row['id']}", {"completed": True})
    assert luca.send("GET", f"/progress/{rows[2]['id']}")["is_completed"] is True
    assert luca.send("GET", f"/enrollments/{enrolled['id']}")["is_completed"] is True


@pytest.mark.row("C36", "C46")
def test_a_student_of_the_course_platform_is_told_by_mail_that_the_course_is_finished(
    api: Api, clean: House, teacher: Person, learner: Person, slash: str
) -> None:
    course = courses.a_course(teacher.id, title="Tea", lessons=1)
    luca = Client(api, "/api", slash).sign_in(username="luca")
    luca.send("POST", "/enrollments", {"course": course.id}, 201)
    luca.send("PUT", f"/progress/{luca.rows('/progress')[0]['id']}", {"completed": True})
    told(clean)
    assert "You have finished a course" in [mail.subject for mail in clean.mails() if "luca@example.org" in mail.to]


# What the marketplace's frontend sends.


@pytest.mark.row(
    "M11", "M12", "M18", "M19", "M20", "M56", "M57", "M60", "M61", "M62", "M72", "M73", "M74", "M75", "M76"
)
def test_the_frontend_of_the_marketplace_shows_and_teaches_a_course(
    api: Api, clean: House, teacher: Person, learner: Person, slash: str
) -> None:
    category = courses.a_category("Kitchen", slug="kitchen")
    soup, stew = (
        courses.a_course(teacher.id, title=title, lessons=2, category_id=category.id, level="beginner")
        for title in ("Soup for beginners", "Stew for beginners")
    )
    shelf.published()
    page = Client(api, "/api/v1", slash)
    filtered = page.rows("/courses?category=kitchen&level=beginner&max_price=10&sort=-rating,title")
    assert [row["id"] for row in filtered] == [soup.id, stew.id]
    assert [row["id"] for row in page.rows("/search?q=soop")] == [soup.id]
    assert {"title", "price", "instructor", "level"} <= set(page.send("GET", f"/courses/{soup.id}"))
    assert [row["id"] for row in page.rows(f"/courses/{soup.id}/related")] == [stew.id]
    page.sign_in(email="luca@example.org")
    enrolled = page.send("POST", f"/courses/{soup.id}/enroll", status=201)
    page.send("POST", f"/courses/{soup.id}/enroll", status=200)
    lesson = page.send("GET", f"/courses/{soup.id}")["sections"][0]["lessons"][0]["id"]
    marked = page.send("POST", f"/enrollments/{enrolled['id']}/mark-lesson-complete", {"lesson_id": lesson})
    assert marked["completion_percentage"] == 50.0
    assert [row["id"] for row in page.rows("/enrollments")] == [enrolled["id"]]
    assert page.send("GET", f"/enrollments/{enrolled['id']}")["completed_lessons"] == 1
    assert page.send("GET", "/dashboard/stats")["learner"]["in_progress"] == 1
    assert [row["course_id"] for row in page.rows("/dashboard/continue-learning")] == [soup.id]


@pytest.mark.row("M13", "M14", "M16", "M63", "M64", "M65", "M66", "M67", "M68", "M69", "M70", "M71")
def test_the_frontend_of_the_marketplace_fills_a_cart_pays_and_opens_the_course(
    api: Api, clean: House, teacher: Person, learner: Person, slash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe = bank.opened(monkeypatch, api)
    people.verified(learner.id)
    soup, stew = (shop.sold(teacher.id, title=title).id for title in ("Soup", "Stew"))
    shelf.published()
    page = Client(api, "/api/v1", slash).sign_in(email="luca@example.org")
    assert page.send("GET", "/cart")["items"] == []
    page.send("POST", f"/courses/{soup}/enroll", status=402)
    page.send("POST", "/cart/items", {"course_id": stew}, 201)
    page.send("DELETE", "/cart", status=204)
    for course in (soup, stew):
        item = page.send("POST", "/cart/items", {"course_id": course}, 201)
        assert (item["course_id"], item["price"]) == (course, "19.99")
    page.send("DELETE", f"/cart/items/{stew}")
    shown = page.send("GET", "/cart")
    assert ([item["id"] for item in shown["items"]], shown["total"]) == ([soup], "19.99")
    order = page.send("POST", "/orders/create-from-cart", {}, 201)
    assert (order["status"], order["total"]) == ("pending", "19.99")
    begun = page.send("POST", "/payments/create-payment-intent", {"order_id": order["id"]})
    assert begun["client_secret"].startswith(begun["payment_intent_id"])
    stripe.stripe.pay(begun["payment_intent_id"])
    both = {"order_id": order["id"], "payment_intent_id": begun["payment_intent_id"]}
    assert page.send("POST", "/payments/confirm-payment", both)["status"] == "paid"
    assert [(row["id"], row["status"]) for row in page.rows("/orders")] == [(order["id"], "paid")]
    assert page.send("GET", f"/orders/{order['id']}")["items"][0]["title"] == "Soup"
    assert [row["course_id"] for row in page.rows("/enrollments")] == [soup]
    assert page.send("GET", "/cart")["items"] == []


# What the goal tracker's client sends: the examples of its document, with a password that is long enough.


JOHN = {
    "username": "john_doe",
    "password": "secure_password",
    "email": "john@example.com",
    "first_name": "John",
    "last_name": "Doe",
    "tier": "free",
}
GOAL = {"goal_name": "Learn Django REST Framework", "category": "Primary", "deadline": "2025-12-31"}
ENTRY = {"progress": "Completed authentication module", "logged_hours": "02:30:00", "total_hours": "05:00:00"}


def john(api: Api, slash: str) -> Client:
    """Registered and signed in as in the document."""
    client = Client(api, "/api", slash)
    said = {**JOHN, "password": PASSWORD}
    assert client.send("POST", "/user", said, 201)["tier"] == "free"
    found = client.send("POST", "/token", {"username": "john_doe", "password": PASSWORD})
    again = client.send("POST", "/token/refresh", {"refresh": found["refresh"]})
    client.token = again["access"]
    return client


@pytest.mark.row("G04", "G05", "G06", "G07", "G08", "G09", "G10", "G11", "G12", "G13", "G25", "G30", "G31", "G42")
def test_a_client_of_the_goal_tracker_registers_and_keeps_goals(api: Api, clean: House, slash: str) -> None:
    me = john(api, slash)
    assert "john_doe" in [row["username"] for row in me.rows("/users")]
    made = me.send("POST", "/goals", GOAL, 201)
    assert {name: made[name] for name in GOAL} == GOAL
    assert (made["number"], made["is_complete"], made["completion_percentage"]) == (1, False, 0.0)
    for number in range(2, 13):
        me.send("POST", "/goals", {"goal_name": f"Goal {number}", "category": "Minor"}, 201)
    assert [row["number"] for row in me.rows("/goals?category=Primary&is_complete=false")] == [1]
    assert me.rows("/goals?is_complete=true") == []
    sizes = [len(me.rows(f"/goals{query}")) for query in ("", "?page=2", "?page_size=7", "?page_size=100", "?page=3")]
    assert sizes == [5, 5, 7, 10, 2]
    assert me.send("GET", "/goals/1")["goal_name"] == GOAL["goal_name"]
    me.send("GET", "/goals/13", status=404)


@pytest.mark.row(
    "G02", "G14", "G15", "G16", "G17", "G18", "G19", "G20", "G21", "G22", "G26", "G27", "G28", "G29", "G32", "G34"
)
def test_a_client_of_the_goal_tracker_logs_progress_and_reads_summaries(api: Api, clean: House, slash: str) -> None:
    me = john(api, slash)
    me.send("POST", "/goals", GOAL, 201)
    made = me.send("POST", "/goals/1/progress", ENTRY, 201)
    assert {name: made[name] for name in ENTRY} == ENTRY
    assert (made["is_complete"], made["percentage_complete"]) == (False, 50.0)
    assert me.send("GET", "/goals/1/progress/1")["progress"] == ENTRY["progress"]
    changed = me.send("PATCH", "/goals/1/progress/1", {"logged_hours": "05:00:00"})
    assert (changed["is_complete"], changed["percentage_complete"]) == (True, 100.0)
    assert [row["id"] for row in me.rows("/goals/1/progress?page_size=10")] == [made["id"]]
    assert [row["id"] for row in me.rows("/progress")] == [made["id"]]
    for period in ("weekly", "monthly"):
        for of in ("", "/1"):
            said = me.send("GET", f"/summary/{period}{of}")
            assert (said["total_hours"], [line["goal_name"] for line in said["goals"]]) == (
                "05:00:00",
                [GOAL["goal_name"]],
            )
    assert me.send("GET", "/goals/1")["completion_percentage"] == 100.0
    spent = [me.reply("GET", "/goals/1/progress").status for _ in range(7)]
    assert spent == [200] * 6 + [429]
    assert me.reply("GET", "/summary/weekly").status == 200


# What the kindergarten's client sends.


@pytest.mark.row("K05", "K16", "K17", "K19", "K49")
def test_a_tablet_of_the_kindergarten_shows_lessons_and_reports_progress(
    api: Api, clean: House, teacher: Person, learner: Person, slash: str
) -> None:
    lesson = courses.a_lesson(None, teacher.id, title="Good morning", kg_class="KG1", content="Sing.")
    courses.a_lesson(None, teacher.id, title="Rhymes", kg_class="KG3")
    shelf.published()
    tablet = Client(api, "/api", slash).sign_in(username="luca")
    assert [row["title"] for row in tablet.rows("/lessons?kg_class=KG1")] == ["Good morning"]
    assert tablet.send("GET", f"/lessons/{lesson.id}")["content"] == "Sing."
    assert tablet.send("POST", f"/lessons/{lesson.id}/progress", {"completed": True})["completed"] is True
