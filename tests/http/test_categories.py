"""Categories: two levels, made by administrators, seen by everybody, and not deleted while something needs them."""

from typing import Any

import pytest

from tests.factories import courses
from tests.http.api import Api, Person, at_once, fields, problem


@pytest.fixture
def boss(api: Api) -> Person:
    return api.admin()


@pytest.mark.row("M08", "M36")
def test_an_administrator_makes_categories_on_two_levels(api: Api, boss: Person) -> None:
    reply = api.post("/categories", {"name": "Mathematics"}, token=boss.access)
    top = reply.json()
    assert (reply.status, reply.header("location")) == (201, f"/api/v1/categories/{top['id']}")
    below = api.post("/categories", {"title": "Numbers", "parent_id": top["id"]}, token=boss.access).json()
    deeper = api.post("/categories", {"title": "Primes", "parent_id": below["id"]}, token=boss.access)
    assert (top["slug"], top["name"], below["parent_id"]) == ("mathematics", "Mathematics", top["id"])
    assert (deeper.status, fields(deeper)) == (422, {"parent_id": "unknown"})


@pytest.mark.row("M08")
def test_everybody_sees_each_category_followed_by_those_on_it(api: Api) -> None:
    music = courses.a_category("Music", position=2)
    maths = courses.a_category("Maths", position=1)
    courses.a_category("Sums", parent_id=maths.id)
    courses.a_category("Choirs", parent_id=music.id)
    courses.a_category("Numbers", parent_id=maths.id)
    said = api.get("/categories").json()
    assert [each["title"] for each in said["results"]] == ["Maths", "Numbers", "Sums", "Music", "Choirs"]
    assert said["count"] == 5


@pytest.mark.parametrize("path", ["/categories", "/categories/{}"])
def test_strangers_may_keep_the_answer_a_minute_and_others_ask_again(api: Api, path: str) -> None:
    path = path.format(courses.a_category().id)
    strange, known = api.get(path), api.get(path, token=api.member("sam").access)
    assert strange.header("cache-control") == "public, max-age=60"
    assert known.header("cache-control") == "private, no-cache"
    assert api.get(path, if_none_match=strange.header("etag") or "").status == 304


@pytest.mark.row("M08")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/categories", {"title": "x"}),
        ("PUT", "/categories/{}", {"title": "x"}),
        ("PATCH", "/categories/{}", {"title": "x"}),
        ("DELETE", "/categories/{}", None),
    ],
)
def test_only_administrators_change_them(api: Api, method: str, path: str, body: Any) -> None:
    place = path.format(courses.a_category().id)
    for who in (api.member("sam"), api.member("tara", roles=("instructor",))):
        assert api.call(method, place, body, token=who.access).status == 403
    assert api.call(method, place, body).status == 401


def test_put_empties_what_is_left_out_and_patch_does_not(api: Api, boss: Person) -> None:
    id = courses.a_category("Maths", description="Words", position=4).id
    patched = api.patch(f"/categories/{id}", {"title": "Sums"}, token=boss.access).json()
    assert (patched["title"], patched["description"], patched["position"]) == ("Sums", "Words", 4)
    put = api.put(f"/categories/{id}", {"title": "Sums"}, token=boss.access).json()
    assert (put["description"], put["position"], put["slug"]) == ("", 0, "maths")


def test_a_change_made_on_an_older_version_is_412(api: Api, boss: Person) -> None:
    id = courses.a_category().id
    tag = api.get(f"/categories/{id}").header("etag") or ""
    assert api.patch(f"/categories/{id}", {"title": "first"}, token=boss.access, if_match=tag).status == 200
    reply = api.patch(f"/categories/{id}", {"title": "second"}, token=boss.access, if_match=tag)
    assert problem(reply) == (412, "category_changed")


@pytest.mark.row("M36")
class TestMoving:
    def test_a_category_moves_onto_another_and_off_again(self, api: Api, boss: Person) -> None:
        top, other = courses.a_category(), courses.a_category()
        for parent in (top.id, None, other.id):
            said = api.patch(f"/categories/{courses_child(api)}", {"parent_id": parent}, token=boss.access).json()
            assert said["parent_id"] == parent

    def test_one_that_holds_others_stays_on_top(self, api: Api, boss: Person) -> None:
        top, other = courses.a_category(), courses.a_category()
        courses.a_category(parent_id=top.id)
        reply = api.patch(f"/categories/{top.id}", {"parent_id": other.id}, token=boss.access)
        assert (reply.status, fields(reply)) == (422, {"parent_id": "has_children"})

    def test_none_stands_on_itself(self, api: Api, boss: Person) -> None:
        top = courses.a_category()
        reply = api.patch(f"/categories/{top.id}", {"parent_id": top.id}, token=boss.access)
        assert (reply.status, fields(reply)) == (422, {"parent_id": "unknown"})

    def test_two_that_move_onto_each_other_at_once_never_make_a_third_level(self, api: Api, boss: Person) -> None:
        one, other = courses.a_category(), courses.a_category()
        ids = [one.id, other.id]
        at_once(2, lambda n: api.patch(f"/categories/{ids[n]}", {"parent_id": ids[1 - n]}, token=boss.access))
        found = {each["id"]: each["parent_id"] for each in api.get("/categories").json()["results"]}
        assert len(found) == 2
        assert list(found.values()).count(None) == 1


def courses_child(api: Api) -> str:
    """The one category of that name, made when first asked for."""
    found = [each["id"] for each in api.get("/categories").json()["results"] if each["title"] == "Child"]
    return str(found[0]) if found else str(courses.a_category("Child").id)


class TestDeleting:
    @pytest.mark.row("M08")
    def test_one_that_nothing_needs_goes_and_its_name_is_free(self, api: Api, boss: Person) -> None:
        id = courses.a_category("Maths").id
        assert api.delete(f"/categories/{id}", token=boss.access).status == 204
        assert api.get(f"/categories/{id}").status == 404
        assert courses.a_category("Maths").slug == "maths"

    def test_an_old_name_is_free_from_the_renaming_on(self, api: Api, boss: Person) -> None:
        id = courses.a_category("Maths").id
        for slug in ("numbers", "maths", "sums"):
            assert api.patch(f"/categories/{id}", {"slug": slug}, token=boss.access).json()["slug"] == slug
        assert api.post("/categories", {"title": "x", "slug": "numbers"}, token=boss.access).status == 201
        assert api.delete(f"/categories/{id}", token=boss.access).status == 204
        for slug in ("maths", "sums"):
            assert api.post("/categories", {"title": "x", "slug": slug}, token=boss.access).status == 201

    def test_one_with_courses_or_categories_stays_and_says_why(self, api: Api, boss: Person) -> None:
        full, top = courses.a_category(), courses.a_category()
        courses.a_draft("usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F", category_id=full.id)
        courses.a_category(parent_id=top.id)
        for id, words in ((full.id, "1 courses and 0 categories"), (top.id, "0 courses and 1 categories")):
            reply = api.delete(f"/categories/{id}", token=boss.access)
            assert problem(reply) == (409, "category_in_use")
            assert words in reply.json()["detail"]

    def test_it_goes_when_its_courses_have_gone_elsewhere(self, api: Api, boss: Person) -> None:
        old, new = courses.a_category(), courses.a_category()
        course = courses.a_draft("usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F", category_id=old.id)
        courses.edited(course.id, category_id=new.id)
        assert api.delete(f"/categories/{old.id}", token=boss.access).status == 204
        assert api.delete(f"/categories/{new.id}", token=boss.access).status == 409

    def test_it_stays_where_it_has_changed_since_it_was_read(self, api: Api, boss: Person) -> None:
        id = courses.a_category().id
        tag = api.get(f"/categories/{id}").header("etag")
        api.patch(f"/categories/{id}", {"title": "needed after all"}, token=boss.access)
        reply = api.delete(f"/categories/{id}", token=boss.access, if_match=tag)
        assert problem(reply) == (412, "category_changed")
        assert api.get(f"/categories/{id}").status == 200

    def test_a_course_that_comes_in_this_moment_never_stands_in_nothing(self, api: Api, boss: Person) -> None:
        category = courses.a_category()
        calls: list[tuple[str, str, Any]] = [
            ("DELETE", f"/categories/{category.id}", None),
            ("POST", "/courses", {"title": "x", "category_id": category.id}),
        ]
        gone, made = at_once(2, lambda n: api.call(*calls[n], token=boss.access))
        assert (gone.status, made.status) in ((204, 422), (409, 201))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("slug", "A b"),
        ("parent_id", "cat_x"),
        ("position", -1),
        ("courses", 4),
        ("children", 4),
        ("id", "x"),
    ],
)
def test_what_a_category_cannot_be_is_refused_by_name(api: Api, boss: Person, field: str, value: Any) -> None:
    reply = api.post("/categories", {"title": "x", field: value}, token=boss.access)
    assert (reply.status, list(fields(reply))) == (422, [field])
