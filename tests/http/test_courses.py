"""Courses in the hands of their authors: making, changing, publishing, deleting them, and who may."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog import authoring, own
from chalicelib.catalog.records import Course, Gate, Seats
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.writes import adjust, alone
from tests.factories import courses, people
from tests.http.api import Api, Person, at_once, fields, problem

BASES = ["/courses", "/api/courses"]


@pytest.fixture
def tara(api: Api) -> Person:
    """A teacher whose address is verified."""
    teacher = api.member("tara", roles=("instructor",))
    people.verified(teacher.id)
    return teacher


def gate(course_id: str) -> Gate:
    found = reads.one(Gate, keys.gate(course_id))
    assert found
    return found


def made(api: Api, who: Person, **changes: Any) -> dict[str, Any]:
    reply = api.post("/courses", {"title": "Counting", **changes}, token=who.access)
    assert reply.status == 201, reply.body
    return dict(reply.json())


@pytest.mark.row("E17", "C11", "C07", "E13", "M07", "M37", "X23", "X55")
@pytest.mark.parametrize("path", [*BASES, "/courses/"])
def test_a_teacher_makes_a_course_which_is_a_draft_and_free(api: Api, tara: Person, path: str) -> None:
    reply = api.post(path, {"title": "Counting", "description": "One, two."}, token=tara.access)
    said = reply.json()
    assert (reply.status, reply.header("location")) == (201, f"/api/v1/courses/{said['id']}")
    assert (said["title"], said["description"], said["slug"]) == ("Counting", "One, two.", "counting")
    assert (said["status"], said["is_published"], said["published_at"]) == ("draft", False, None)
    assert (said["price"], said["price_minor"], said["money"]) == ("0.00", 0, {"amount_minor": 0, "currency": "USD"})
    assert (said["instructor_id"], said["owner"]) == (tara.id, tara.id)


@pytest.mark.row("E17", "C11")
@pytest.mark.parametrize("path", BASES)
def test_learners_make_no_courses(api: Api, path: str) -> None:
    assert problem(api.post(path, {"title": "Mine"}, token=api.register().access)) == (403, "role_missing")
    assert api.post(path, {"title": "Mine"}).status == 401


def test_an_administrator_makes_courses_too(api: Api) -> None:
    boss = api.admin()
    assert made(api, boss)["instructor_id"] == boss.id


@pytest.mark.row("E13", "M37")
def test_a_course_says_all_that_was_said_of_it(api: Api, tara: Person) -> None:
    category = courses.a_category()
    body = {
        "title": "Counting with animals",
        "slug": "count-them",
        "subtitle": "From one to ten",
        "description": "What flies,\nand what swims.",
        "outcomes": ["Count to ten"],
        "requirements": ["Ten fingers"],
        "level": "beginner",
        "language": "hi",
        "category_id": category.id,
        "price": "19.99",
        "currency": "INR",
        "capacity": 30,
        "forced_order": True,
        "access_days": 90,
        "certified": False,
        "certificate_days": 365,
    }
    said = made(api, tara, **body)
    assert {name: said[name] for name in body} == body
    assert said["money"] == {"amount_minor": 1999, "currency": "INR"}


@pytest.mark.parametrize(
    ("theirs", "ours"), [({"what_you_learn": ["x"]}, "outcomes"), ({"price_minor": 500}, "price_minor")]
)
def test_other_customary_names_are_taken(api: Api, tara: Person, theirs: dict[str, Any], ours: str) -> None:
    assert made(api, tara, **theirs)[ours] == next(iter(theirs.values()))


NEVER: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", "x" * 161),
    ("title", "two\nlines"),
    ("slug", "No Spaces"),
    ("slug", "-x"),
    ("description", "x" * 20_001),
    ("outcomes", ["x"] * 31),
    ("outcomes", "one line"),
    ("level", "hard"),
    ("language", "english"),
    ("category_id", "cat_x"),
    ("price", "-1"),
    ("price", "1.999"),
    ("price", True),
    ("price_minor", 1.5),
    ("price_minor", -1),
    ("price_minor", 100_000_000),
    ("currency", "JPY"),
    ("cover_url", "https://example.org/x.png"),
    ("capacity", 0),
    ("capacity", "10"),
    ("prerequisites", ["crs_x"]),
    ("access_days", 0),
    ("status", "deleted"),
    ("is_published", "yes"),
    ("id", "crs_x"),
    ("instructor_id", "usr_x"),
    ("owner", "usr_x"),
    ("rating", 5),
    ("students", 1000),
    ("lessons", 9),
    ("minutes", 9),
    ("published_at", "2026-01-01T00:00:00Z"),
    ("deleted_at", None),
    ("ver", 7),
]


def test_what_a_course_cannot_be_is_refused_by_name(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    taken = []
    for method, path in (("POST", "/courses"), ("PUT", f"/courses/{course.id}"), ("PATCH", f"/courses/{course.id}")):
        for field, value in NEVER:
            reply = api.call(method, path, {"title": "Counting", field: value}, token=tara.access)
            if reply.status != 422 or [name.partition(".")[0] for name in fields(reply)] != [field]:
                taken.append((method, field, value, reply.status))
    assert taken == []


@pytest.mark.parametrize("body", [{"price": "1.00", "price_minor": 200}, {"status": "archived", "is_published": True}])
def test_a_body_that_says_two_things_at_once_is_refused(api: Api, tara: Person, body: dict[str, Any]) -> None:
    course = courses.a_draft(tara.id)
    assert api.patch(f"/courses/{course.id}", body, token=tara.access).status == 422


@pytest.mark.parametrize("body", [{"price": "0.49"}, {"price": 0.01}, {"price_minor": 49}])
def test_a_price_that_nobody_could_pay_is_refused(api: Api, tara: Person, body: dict[str, Any]) -> None:
    for method, path in (("POST", "/courses"), ("PATCH", f"/courses/{courses.a_draft(tara.id).id}")):
        reply = api.call(method, path, {"title": "Counting", **body}, token=tara.access)
        assert (problem(reply), fields(reply)) == ((422, "price_too_small"), {"price": "too_small"})
        assert reply.json()["errors"][0]["message"] == "At least 0.50, or 0."


@pytest.mark.parametrize("price", ["0", "0.50"])
def test_what_is_free_or_costs_the_least_is_taken(api: Api, tara: Person, price: str) -> None:
    course = courses.a_draft(tara.id, price_minor=500)
    assert api.patch(f"/courses/{course.id}", {"price": price}, token=tara.access).status == 200


def test_a_price_that_became_too_small_stays_until_another_is_set(
    api: Api, tara: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = courses.a_draft(tara.id, price_minor=500)
    monkeypatch.setattr(authoring, "settings", replace(settings, smallest_charge_minor=600))
    path, body = f"/courses/{course.id}", {"title": "New", "price_minor": 500}
    assert api.patch(path, body, token=tara.access).json()["price_minor"] == 500
    assert problem(api.patch(path, {"price_minor": 501}, token=tara.access)) == (422, "price_too_small")


@pytest.mark.parametrize("field", ["category_id", "prerequisites"])
def test_what_a_course_names_has_to_be_there(api: Api, tara: Person, field: str) -> None:
    id = "01KAKZ6Q8M4T6V1N2B3C4D5E6F"
    value: Any = f"cat_{id}" if field == "category_id" else [f"crs_{id}"]
    for method, path in (("POST", "/courses"), ("PATCH", f"/courses/{courses.a_draft(tara.id).id}")):
        reply = api.call(method, path, {"title": "Counting", field: value}, token=tara.access)
        assert (reply.status, fields(reply)) == (422, {field: "unknown"})


def test_courses_that_wait_for_each_other_are_refused(api: Api, tara: Person) -> None:
    first = courses.a_draft(tara.id)
    second = courses.a_draft(tara.id, prerequisites=[first.id])
    reply = api.patch(f"/courses/{first.id}", {"prerequisites": [second.id]}, token=tara.access)
    assert (reply.status, fields(reply)) == (422, {"prerequisites": "cycle"})


class TestSlugs:
    def test_two_courses_of_one_title_have_two_names(self, api: Api, tara: Person) -> None:
        names = {made(api, tara)["slug"] for _ in range(2)}
        assert len(names) == 2
        assert all(name.startswith("counting") for name in names)

    def test_of_eight_at_once_each_gets_a_name_of_its_own(self, api: Api, tara: Person) -> None:
        said = at_once(8, lambda _: api.post("/courses", {"title": "Counting"}, token=tara.access))
        assert [reply.status for reply in said] == [201] * 8
        assert len({reply.json()["slug"] for reply in said}) == 8

    def test_a_wished_name_that_is_taken_is_refused(self, api: Api, tara: Person) -> None:
        made(api, tara)
        other = courses.a_draft(tara.id)
        for method, path in (("POST", "/courses"), ("PATCH", f"/courses/{other.id}")):
            reply = api.call(method, path, {"title": "Other", "slug": "counting"}, token=tara.access)
            assert (problem(reply), fields(reply)) == ((409, "slug_taken"), {"slug": "taken"})

    def test_the_name_stays_when_the_title_changes(self, api: Api, tara: Person) -> None:
        id = made(api, tara)["id"]
        assert api.put(f"/courses/{id}", {"title": "Sums"}, token=tara.access).json()["slug"] == "counting"

    def test_an_old_name_is_kept_for_the_course(self, api: Api, tara: Person) -> None:
        id = made(api, tara)["id"]
        api.patch(f"/courses/{id}", {"slug": "sums"}, token=tara.access)
        assert api.post("/courses", {"title": "x", "slug": "counting"}, token=tara.access).status == 409
        assert api.patch(f"/courses/{id}", {"slug": "counting"}, token=tara.access).status == 200


@pytest.mark.row("E20", "X22")
@pytest.mark.parametrize("base", BASES)
def test_patch_changes_only_what_is_sent(api: Api, tara: Person, base: str) -> None:
    course = courses.a_draft(tara.id, description="Words", capacity=3)
    said = api.patch(f"{base}/{course.id}", {"title": "New", "capacity": None}, token=tara.access).json()
    assert (said["title"], said["description"], said["capacity"]) == ("New", "Words", None)


@pytest.mark.row("E19", "C13", "X22")
@pytest.mark.parametrize("base", BASES)
def test_put_empties_what_is_left_out(api: Api, tara: Person, base: str) -> None:
    course = courses.a_course(tara.id, description="Words", price_minor=500)
    said = api.put(f"{base}/{course.id}", {"title": "New"}, token=tara.access).json()
    assert (said["title"], said["description"], said["price_minor"]) == ("New", "", 0)
    assert (said["status"], said["slug"], said["lessons"]) == ("published", course.slug, 3)


def test_what_changes_shows_in_the_gate_at_once(api: Api, tara: Person) -> None:
    course = courses.a_course(tara.id)
    api.patch(f"/courses/{course.id}", {"price": 5, "title": "New", "forced_order": True}, token=tara.access)
    now = gate(course.id)
    assert (now.price_minor, now.title, now.forced_order, now.is_published) == (500, "New", True, True)


def test_a_change_that_changes_nothing_keeps_the_version(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id, title="Same")
    replies = [api.patch(f"/courses/{course.id}", {"title": "Same"}, token=tara.access) for _ in range(2)]
    assert {reply.header("etag") for reply in replies} == {replies[0].header("etag")}
    assert courses.course_now(course.id).ver == course.ver


class TestWhose:
    """A foreign draft is not there; a foreign published course is there, and not to be changed."""

    CALLS: tuple[tuple[str, str, Any], ...] = (
        ("PUT", "", {"title": "Mine"}),
        ("PATCH", "", {"title": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/publish", None),
        ("POST", "/unpublish", None),
        ("POST", "/archive", None),
        ("GET", "/curriculum", None),
        ("POST", "/sections", {"title": "Mine"}),
        ("POST", "/lessons/reorder", {"lessons": []}),
    )

    @pytest.mark.row("C09", "E08", "E28", "C13", "C14", "C15", "M46")
    def test_another_teacher_changes_nothing(self, api: Api, tara: Person) -> None:
        theo = api.member("theo", roles=("instructor",))
        draft, published = courses.a_draft(tara.id), courses.a_course(tara.id)
        for method, step, body in self.CALLS:
            seen = [
                problem(api.call(method, f"/courses/{course.id}{step}", body, token=theo.access))
                for course in (draft, published)
            ]
            assert seen == [(404, "course_unknown"), (403, "course_not_yours")], (method, step)
        assert [courses.course_now(each.id).ver for each in (draft, published)] == [draft.ver, published.ver]

    @pytest.mark.row("E28")
    def test_an_administrator_may(self, api: Api, tara: Person) -> None:
        boss = api.admin()
        for method, step, body in self.CALLS:
            course = courses.a_draft(tara.id, lessons=0 if body == {"lessons": []} else 1)
            reply = api.call(method, f"/courses/{course.id}{step}", body, token=boss.access)
            assert reply.status < 300, reply.body

    def test_what_is_put_away_is_not_there_for_others(self, api: Api, tara: Person) -> None:
        course = courses.archived(courses.a_course(tara.id).id)
        theo = api.member("theo", roles=("instructor",))
        assert api.patch(f"/courses/{course.id}", {"title": "x"}, token=theo.access).status == 404

    def test_somebody_who_no_longer_is_an_administrator_is_none_at_once(self, api: Api, tara: Person) -> None:
        course, boss, fallen = courses.a_course(tara.id), api.admin(), api.admin("fallen")
        api.patch(f"/admin/users/{fallen.id}", {"roles": ["instructor"]}, token=boss.access)
        reply = api.patch(f"/courses/{course.id}", {"title": "x"}, token=fallen.access)
        assert problem(reply) == (403, "course_not_yours")


class TestPublishing:
    @pytest.mark.row("C15", "X21")
    @pytest.mark.parametrize("path", ["/courses/{}/publish", "/api/courses/{}/publish", "/api/courses/{}/publish/"])
    def test_a_course_with_a_lesson_is_published_and_again_without_harm(
        self, api: Api, tara: Person, path: str
    ) -> None:
        course = courses.a_draft(tara.id, lessons=1)
        replies = [api.post(path.format(course.id), token=tara.access) for _ in range(2)]
        assert [reply.status for reply in replies] == [200, 200]
        assert replies[0].json() == replies[1].json()
        assert (replies[0].json()["status"], replies[0].json()["is_published"]) == ("published", True)
        assert gate(course.id).is_published

    @pytest.mark.row("E13", "X21")
    @pytest.mark.parametrize("body", [{"is_published": True}, {"status": "published"}])
    def test_a_field_publishes_as_well(self, api: Api, tara: Person, body: dict[str, Any]) -> None:
        course = courses.a_draft(tara.id, lessons=1)
        said = api.patch(f"/courses/{course.id}", body, token=tara.access).json()
        assert (said["status"], said["is_published"]) == ("published", True)

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/courses/{}/publish", None),
            ("PATCH", "/courses/{}", {"is_published": True}),
            ("PUT", "/courses/{}", {"title": "x", "status": "published"}),
            ("POST", "/courses", {"title": "x", "is_published": True}),
        ],
    )
    def test_an_empty_course_is_not_published_and_says_why(
        self, api: Api, tara: Person, method: str, path: str, body: Any
    ) -> None:
        reply = api.call(method, path.format(courses.a_draft(tara.id).id), body, token=tara.access)
        assert problem(reply) == (409, "course_empty")
        assert "add a lesson" in reply.json()["detail"]

    @pytest.mark.row("X39")
    @pytest.mark.parametrize(
        ("method", "step", "body"), [("POST", "/publish", None), ("PATCH", "", {"is_published": True})]
    )
    def test_publishing_waits_for_a_verified_address(self, api: Api, method: str, step: str, body: Any) -> None:
        theo = api.member("theo", roles=("instructor",))
        course = courses.a_draft(theo.id, lessons=1)
        reply = api.call(method, f"/courses/{course.id}{step}", body, token=theo.access)
        assert problem(reply) == (403, "address_unverified")
        people.verified(theo.id)
        assert api.call(method, f"/courses/{course.id}{step}", body, token=theo.access).status == 200

    @pytest.mark.row("X39")
    def test_a_setting_decides_whether_publishing_waits(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        theo = api.member("theo", roles=("instructor",))
        course = courses.a_draft(theo.id, lessons=1)
        monkeypatch.setattr("chalicelib.accounts.verification.settings", _without_waiting())
        assert api.post(f"/courses/{course.id}/publish", token=theo.access).status == 200

    @pytest.mark.row("X21")
    def test_unpublishing_makes_a_draft_and_again_without_harm(self, api: Api, tara: Person) -> None:
        course = courses.a_course(tara.id)
        replies = [api.post(f"/courses/{course.id}/unpublish", token=tara.access) for _ in range(2)]
        assert [(reply.status, reply.json()["status"]) for reply in replies] == [(200, "draft")] * 2
        assert not gate(course.id).is_published

    @pytest.mark.row("X21")
    def test_a_course_is_put_away_and_brought_back(self, api: Api, tara: Person) -> None:
        course = courses.a_course(tara.id)
        steps = ("archive", "archive", "unpublish", "publish")
        said = [api.post(f"/courses/{course.id}/{step}", token=tara.access).json() for step in steps]
        assert [each["status"] for each in said] == ["archived", "archived", "archived", "published"]
        assert said[0]["published_at"] == said[3]["published_at"] is not None

    def test_each_change_of_status_is_told_by_its_name(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=1)
        for step in ("publish", "publish", "unpublish", "archive"):
            api.post(f"/courses/{course.id}/{step}", token=tara.access)
        assert courses.told("course.published", "course.unpublished", "course.archived", "course.changed") == {
            "course.published": 1,
            "course.unpublished": 1,
            "course.archived": 1,
            "course.changed": 0,
        }


def _without_waiting() -> Any:
    from dataclasses import replace

    return replace(settings, verification_required_for=frozenset())


class TestVersions:
    def test_a_change_made_on_what_was_read_is_accepted(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        tag = api.get(f"/courses/{course.id}/curriculum", token=tara.access).header("etag") or ""
        assert api.patch(f"/courses/{course.id}", {"title": "x"}, token=tara.access, if_match=tag).status == 200

    def test_a_change_made_on_an_older_version_is_412(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        courses.edited(course.id, title="first")
        for method, step, body in (
            ("PATCH", "", {"title": "second"}),
            ("PUT", "", {"title": "second"}),
            ("DELETE", "", None),
            ("POST", "/publish", None),
            ("POST", "/archive", None),
            ("POST", "/sections", {"title": "second"}),
            ("POST", "/lessons/reorder", {"lessons": []}),
        ):
            path = f"/courses/{course.id}{step}"
            reply = api.call(method, path, body, token=tara.access, if_match=f'"{course.ver}.x"')
            assert problem(reply) == (412, "course_changed"), (method, step)
        assert courses.course_now(course.id).title == "first"

    def test_of_eight_who_change_one_version_at_once_exactly_one_succeeds(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        replies = at_once(
            8,
            lambda n: api.patch(
                f"/courses/{course.id}", {"title": f"t{n}"}, token=tara.access, if_match=f'"{course.ver}.x"'
            ),
        )
        assert sorted(reply.status for reply in replies) == [200] + [412] * 7

    def test_changes_at_once_without_a_version_all_succeed(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        bodies = [{"title": "a"}, {"subtitle": "b"}, {"description": "c"}, {"level": "advanced"}]
        replies = at_once(4, lambda n: api.patch(f"/courses/{course.id}", bodies[n], token=tara.access))
        assert [reply.status for reply in replies] == [200] * 4
        now = courses.course_now(course.id)
        assert (now.title, now.subtitle, now.description, now.level) == ("a", "b", "c", "advanced")


class TestDeleting:
    @pytest.mark.row("E21", "C14", "M48")
    @pytest.mark.parametrize("base", BASES)
    def test_a_deleted_course_is_gone_for_everybody_and_kept(self, api: Api, tara: Person, base: str) -> None:
        course = courses.a_course(tara.id)
        assert api.delete(f"{base}/{course.id}", token=tara.access).status == 204
        for who in (tara, api.admin()):
            assert api.delete(f"{base}/{course.id}", token=who.access).status == 404
            assert api.patch(f"{base}/{course.id}", {"title": "x"}, token=who.access).status == 404
        kept = reads.one(Course, keys.course(course.id))
        assert kept
        assert kept.deleted_at
        assert (gate(course.id).is_deleted, gate(course.id).is_published) == (True, False)

    def test_a_deleted_course_is_in_no_list_of_ones_own(self, api: Api, tara: Person) -> None:
        kept, gone = courses.a_draft(tara.id), courses.a_draft(tara.id)
        api.delete(f"/courses/{gone.id}", token=tara.access)
        assert own.things(tara.id, own.COURSES) == [kept.id]

    def test_a_deleted_course_leaves_its_category(self, api: Api, tara: Person) -> None:
        category = courses.a_category()
        course = courses.a_draft(tara.id, category_id=category.id)
        api.delete(f"/courses/{course.id}", token=tara.access)
        assert api.delete(f"/categories/{category.id}", token=api.admin().access).status == 204


class TestSeats:
    def seats(self, course_id: str) -> tuple[int, int] | None:
        found = reads.one(Seats, keys.seats(course_id))
        return (int(found.capacity), int(found.taken)) if found else None

    def test_a_limit_comes_and_goes_until_the_course_is_published(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        seen = []
        for capacity in (5, 3, None, 4):
            api.patch(f"/courses/{course.id}", {"capacity": capacity}, token=tara.access)
            seen.append((self.seats(course.id), gate(course.id).limited))
        assert seen == [((5, 0), True), ((3, 0), True), (None, False), ((4, 0), True)]

    @pytest.mark.parametrize(("before", "after"), [(5, None), (None, 5)])
    def test_whether_seats_are_limited_is_settled_with_the_first_publication(
        self, api: Api, tara: Person, before: int | None, after: int | None
    ) -> None:
        course = courses.unpublished(courses.a_course(tara.id, capacity=before).id)
        reply = api.patch(f"/courses/{course.id}", {"capacity": after}, token=tara.access)
        assert (problem(reply), fields(reply)) == ((409, "capacity_settled"), {"capacity": "settled"})

    def test_the_number_may_change_but_not_below_what_is_taken(self, api: Api, tara: Person) -> None:
        course = courses.a_course(tara.id, capacity=5)
        alone(adjust(Seats.under(keys.seats(course.id)), Seats.taken.set(3), where=Seats.taken == 0))
        replies = {n: api.patch(f"/courses/{course.id}", {"capacity": n}, token=tara.access) for n in (2, 3, 9)}
        assert {n: reply.status for n, reply in replies.items()} == {2: 409, 3: 200, 9: 200}
        assert problem(replies[2]) == (409, "seats_taken")
        assert self.seats(course.id) == (9, 3)


def test_a_repeat_with_its_key_makes_one_course(api: Api, tara: Person) -> None:
    replies = [
        api.post("/courses", {"title": "Once"}, token=tara.access, idempotency_key="once-and-once-only")
        for _ in range(2)
    ]
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].json()["id"] == replies[1].json()["id"]
    assert len(own.things(tara.id, own.COURSES)) == 1
