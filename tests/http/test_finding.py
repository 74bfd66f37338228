"""Lists and search of courses: filters, order, facets, pages, what each may see."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog import finding
from chalicelib.catalog.index import asking, building, holding
from chalicelib.settings import settings
from infra.local.gateway import Reply
from tests.conftest import House
from tests.factories import courses, shelf
from tests.http.api import Api, Person, fields, problem


@pytest.fixture
def meera(api: Api) -> Person:
    return api.member("meera", roles=("instructor",), first_name="Meera")


@pytest.fixture
def stocked(meera: Person) -> dict[str, str]:
    """A small catalogue: by title, the id."""
    science = courses.a_category("Science", slug="science")
    physics = courses.a_category("Physics", slug="physics", parent_id=science.id)
    art = courses.a_category("Art", slug="art")
    made = [
        courses.a_course(meera.id, title="Python for beginners", category_id=science.id, level="beginner"),
        courses.a_course(meera.id, title="Waves", category_id=physics.id, price_minor=1999, language="hi"),
        courses.a_course(meera.id, title="Algebra", category_id=science.id, price_minor=500, level="advanced"),
        courses.a_course(meera.id, title="Painting", category_id=art.id, price_minor=4999),
        courses.a_draft(meera.id, lessons=1, title="Secret python", category_id=science.id),
    ]
    shelf.published()
    return {course.title: course.id for course in made}


def found(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return [each["title"] for each in reply.json()["results"]]


def counts(reply: Reply, facet: str) -> dict[Any, int]:
    return {each["value"]: each["count"] for each in reply.json()["facets"][facet]}


@pytest.mark.row("E09", "E15", "E16", "C08", "M56")
def test_strangers_and_students_see_what_is_published_the_newest_first(api: Api, stocked: dict[str, str]) -> None:
    listed = ["Painting", "Algebra", "Waves", "Python for beginners"]
    student = api.member("sam")
    assert found(api.get("/courses")) == listed
    assert found(api.get("/courses-public")) == listed
    assert found(api.get("/courses", token=student.access)) == listed
    assert api.get("/courses").json()["count"] == 4


FILTERED: dict[str, set[str]] = {
    "category=science": {"Python for beginners", "Waves", "Algebra"},
    "category=physics": {"Waves"},
    "category=nothing": set(),
    "level=beginner": {"Python for beginners"},
    "level=beginner,advanced": {"Python for beginners", "Algebra"},
    "language=hi": {"Waves"},
    "free=true": {"Python for beginners"},
    "free=false": {"Waves", "Algebra", "Painting"},
    "min_price=5&max_price=19.99": {"Algebra", "Waves"},
    "max_price=4.99": {"Python for beginners"},
    "min_rating=4": set(),
    "category=science&free=false": {"Waves", "Algebra"},
    "q=python": {"Python for beginners"},
    "search=pyth": {"Python for beginners"},
    "q=meera%20alg": {"Algebra"},
    "status=published&q=waves": {"Waves"},
    "status=draft": set(),
}


@pytest.mark.row("M11", "M107", "M62", "X32")
def test_filters_leave_what_fits_all_of_them_in_the_list_and_in_search(api: Api, stocked: dict[str, str]) -> None:
    assert {query: set(found(api.get(f"/courses?{query}"))) for query in FILTERED} == FILTERED
    assert {query: set(found(api.get(f"/search?{query}"))) for query in FILTERED} == FILTERED


def test_a_category_and_an_instructor_may_be_named_by_their_ids(
    api: Api, stocked: dict[str, str], meera: Person
) -> None:
    rows = api.get("/courses").json()["results"]
    [shelf_of_art] = [each["category"]["id"] for each in rows if each["title"] == "Painting"]
    assert found(api.get(f"/courses?category={shelf_of_art}")) == ["Painting"]
    assert len(found(api.get(f"/courses?instructor={meera.id}"))) == 4
    assert found(api.get("/courses?instructor=usr_nobody")) == []


SORTED = {
    "title": ["Algebra", "Painting", "Python for beginners", "Waves"],
    "-title": ["Waves", "Python for beginners", "Painting", "Algebra"],
    "-price": ["Painting", "Waves", "Algebra", "Python for beginners"],
    "-rating,title": ["Algebra", "Painting", "Python for beginners", "Waves"],
    "-rating,-title": ["Waves", "Python for beginners", "Painting", "Algebra"],
    "published_at": ["Python for beginners", "Waves", "Algebra", "Painting"],
}


@pytest.mark.row("M112")
def test_several_fields_make_an_order(api: Api, stocked: dict[str, str]) -> None:
    assert {sort: found(api.get(f"/courses?sort={sort}")) for sort in SORTED} == SORTED


@pytest.mark.row("M108")
def test_facets_count_what_each_value_would_leave_without_their_own_filter(api: Api, stocked: dict[str, str]) -> None:
    reply = api.get("/courses?facets=true&level=beginner")
    assert counts(reply, "level") == {"all": 2, "beginner": 1, "advanced": 1}
    assert counts(reply, "price") == {"free": 1}
    assert counts(api.get("/courses?facets=true&free=false"), "price") == {"paid": 3, "free": 1}
    titles = {each["slug"]: each["count"] for each in api.get("/courses?facets=true").json()["facets"]["category"]}
    assert titles == {"science": 3, "physics": 1, "art": 1}
    assert "facets" not in api.get("/courses").json()


@pytest.mark.row("M113")
def test_fields_names_what_each_row_says(api: Api, stocked: dict[str, str]) -> None:
    reply = api.get("/courses?fields=id,title,access&q=waves")
    assert reply.json()["results"] == [{"id": stocked["Waves"], "title": "Waves", "access": "locked"}]


@pytest.mark.row("M110", "M111")
def test_pages_are_of_twenty_unless_said_and_lead_to_their_neighbours(api: Api, stocked: dict[str, str]) -> None:
    first = api.get("/courses?page_size=3&sort=title").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (4, 3, None)
    assert first["next"].endswith("/api/v1/courses?page_size=3&sort=title&page=2")
    second = api.get("/courses?page_size=3&sort=title&page=2")
    assert (found(second), second.json()["next"]) == (["Waves"], None)
    assert second.json()["previous"].endswith("&page=1")
    assert api.get("/courses?page_size=3&page=9").json()["previous"].endswith("&page=2")
    assert found(api.get("/courses?page_size=500")) == found(api.get("/courses"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("level=expert", "level.0"),
        ("min_price=-1", "min_price"),
        ("min_price=9&max_price=2", "min_price"),
        ("sort=colour", "sort.0"),
        ("fields=password", "fields.0"),
        ("page=0", "page"),
        ("min_rating=6", "min_rating"),
        ("scope=mine", "scope"),
        (f"q={'x' * 201}", "q"),
    ],
)
def test_what_is_no_filter_is_refused(api: Api, query: str, field: str) -> None:
    for path in ("/courses", "/courses-public", "/search"):
        reply = api.get(f"{path}?{query}")
        assert reply.status == 422, reply.body
        assert field in fields(reply)


@pytest.mark.row("X32", "M62")
def test_the_list_and_search_are_one_engine(api: Api, stocked: dict[str, str]) -> None:
    for query in ("q=python&facets=true", "sort=-price&free=false", "category=science&facets=true&fields=id"):
        one, other = api.get(f"/courses?{query}").json(), api.get(f"/search?{query}").json()
        assert one == other


@pytest.mark.row("X15")
def test_every_row_says_how_open_its_course_is_and_why(api: Api, stocked: dict[str, str], meera: Person) -> None:
    def said(reply: Reply) -> dict[str, tuple[str, str]]:
        return {each["title"]: (each["access"], each["reason_code"]) for each in reply.json()["results"]}

    public = said(api.get("/courses"))
    assert public["Python for beginners"] == ("full", "free")
    assert public["Waves"] == ("locked", "payment_required")
    assert set(said(api.get("/courses", token=meera.access)).values()) == {("full", "owner")}


@pytest.mark.row("X16", "C10")
def test_who_teaches_sees_published_and_own_courses_and_at_the_older_path_their_own(
    api: Api, stocked: dict[str, str], meera: Person
) -> None:
    ravi = api.member("ravi", roles=("instructor",))
    courses.a_draft(ravi.id, title="Draft of Ravi")
    everything = [*stocked, "Draft of Ravi"]
    assert set(found(api.get("/courses", token=ravi.access))) == set(everything) - {"Secret python"}
    assert found(api.get("/courses?scope=own", token=ravi.access)) == ["Draft of Ravi"]
    assert found(api.get("/api/courses", token=ravi.access)) == ["Draft of Ravi"]
    assert len(found(api.get("/api/courses?scope=published", token=ravi.access))) == 4
    assert set(found(api.get("/api/courses", token=meera.access))) == set(stocked)
    assert len(found(api.get("/api/courses"))) == 4


def test_own_drafts_are_filtered_searched_and_counted_like_all_others(
    api: Api, stocked: dict[str, str], meera: Person
) -> None:
    reply = api.get("/courses?q=pyhton&facets=true&sort=title", token=meera.access)
    assert found(reply) == ["Python for beginners", "Secret python"]
    assert counts(reply, "level") == {"beginner": 1, "all": 1}
    assert found(api.get("/courses?status=draft", token=meera.access)) == ["Secret python"]


def test_a_course_that_was_just_made_is_in_its_authors_list_at_once(api: Api, stocked: Any, meera: Person) -> None:
    courses.edited(stocked["Waves"], title="Waves and light")
    made = api.post("/courses", {"title": "Brand new"}, token=meera.access)
    assert made.status == 201
    assert {"Brand new", "Waves and light"} <= set(found(api.get("/courses", token=meera.access)))
    assert "Waves" in found(api.get("/courses"))


@pytest.mark.row("X16")
def test_administrators_see_everything(api: Api, stocked: dict[str, str], meera: Person) -> None:
    boss = api.admin()
    assert set(found(api.get("/courses", token=boss.access))) == set(stocked)
    assert found(api.get("/courses?status=draft", token=boss.access)) == ["Secret python"]
    assert len(found(api.get("/courses?scope=published", token=boss.access))) == 4
    assert found(api.get("/courses?q=secret", token=boss.access)) == ["Secret python"]
    assert found(api.get(f"/courses?status=draft&instructor={meera.id}", token=boss.access)) == ["Secret python"]


def test_who_is_no_administrator_any_more_sees_no_drafts(api: Api, stocked: dict[str, str]) -> None:
    boss = api.admin()
    other = api.admin("other-admin")
    assert api.patch(f"/admin/users/{boss.id}", {"roles": ["student"]}, token=other.access).status == 200
    assert problem(api.get("/courses", token=boss.access)) == (403, "role_missing")


@pytest.mark.parametrize("scope", ["own", "all"])
def test_scopes_of_those_who_teach_are_refused_to_others(api: Api, stocked: dict[str, str], scope: str) -> None:
    assert problem(api.get(f"/courses?scope={scope}")) == (401, "token_missing")
    student = api.member("sam")
    assert problem(api.get(f"/courses?scope={scope}", token=student.access)) == (403, "role_missing")


@pytest.mark.row("X30", "E42", "E44", "M99", "M102")
def test_strangers_may_keep_a_list_for_a_minute_and_it_changes_with_the_catalogue(
    api: Api, stocked: dict[str, str]
) -> None:
    first = api.get("/courses")
    assert first.header("cache-control") == "public, max-age=60"
    assert first.header("vary") == "Authorization, Origin"
    tag = first.header("etag") or ""
    assert api.get("/courses", if_none_match=tag).status == 304
    courses.edited(stocked["Waves"], title="Waves and light")
    shelf.published()
    assert api.get("/courses", if_none_match=tag).status == 200


def test_who_signs_in_keeps_nothing_for_others(api: Api, stocked: dict[str, str]) -> None:
    reply = api.get("/courses", token=api.member("sam").access)
    assert reply.header("cache-control") == "private, no-cache"
    assert reply.header("etag")


@pytest.mark.row("M12", "M60")
def test_relatives_share_words_or_shelves_and_drafts_are_nobodys(api: Api, stocked: dict[str, str]) -> None:
    kin = found(api.get(f"/courses/{stocked['Algebra']}/related"))
    assert set(kin) == {"Waves", "Python for beginners"}
    assert problem(api.get(f"/courses/{stocked['Secret python']}/related")) == (404, "course_not_listed")
    assert len(found(api.get(f"/courses/{stocked['Algebra']}/related?page_size=1"))) == 1


def test_lessons_are_found_by_their_titles_and_never_say_more(api: Api, stocked: dict[str, str], meera: Person) -> None:
    courses.a_lesson(None, meera.id, title="Counting ducks", kg_class="KG1")
    courses.a_lesson(stocked["Waves"], meera.id, title="Refraction of light", preview=True)
    courses.a_lesson(stocked["Secret python"], meera.id, title="Hidden light")
    shelf.published()
    [row] = api.get("/lessons?search=light").json()["results"]
    assert (row["title"], row["course_id"], row["access"]) == ("Refraction of light", stocked["Waves"], "preview")
    assert "content" not in row
    assert found(api.get("/lessons?kg_class=KG1")) == ["Counting ducks"]
    assert len(found(api.get(f"/lessons?course={stocked['Waves']}"))) == 4
    assert found(api.get(f"/lessons?course={stocked['Secret python']}")) == []
    own = api.get("/lessons?scope=own&q=light", token=meera.access)
    assert set(found(own)) == {"Refraction of light", "Hidden light"}
    assert api.get("/lessons").json()["count"] == 14


@pytest.mark.row("E45", "X30")
def test_without_copies_every_answer_is_the_same(
    api: Api, stocked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("/courses", "/search?q=pyhton&facets=true", "/courses?sort=-price,title&fields=id", "/lessons?q=lesson")
    kept = [api.get(target).body for target in asked]
    monkeypatch.setattr(finding, "settings", replace(settings, enable_cache=False))
    monkeypatch.setattr(holding, "settings", replace(settings, enable_cache=False))
    assert [api.get(target).body for target in asked] == kept
    courses.edited(stocked["Waves"], title="Waves and light")
    building.rebuild(stocked.values())
    assert "Waves and light" in found(api.get("/courses"))


@pytest.mark.row("M109")
def test_what_many_ask_is_worked_out_once_until_the_catalogue_changes(
    api: Api, stocked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = api.get("/search?q=python&facets=true").body
    monkeypatch.setattr(asking, "found", lambda *_: pytest.fail("worked out again"))
    assert api.get("/search?q=python&facets=true").body == first
    monkeypatch.undo()
    courses.unpublished(stocked["Python for beginners"])
    shelf.published()
    assert found(api.get("/search?q=python&facets=true")) == []


@pytest.mark.row("E16", "C08")
def test_a_draft_leaks_through_no_list_search_relative_count_facet_or_validator(
    api: Api, stocked: dict[str, str], meera: Person
) -> None:
    asked = ("/courses?facets=true", "/search?q=secret", "/search?q=secrt", "/lessons", "/courses?status=draft")
    before = [(reply.body, reply.header("etag")) for reply in map(api.get, asked)]
    draft = courses.a_draft(meera.id, title="Secret plans", lessons=2, level="advanced")
    shelf.published()
    api.get("/courses?q=secret&facets=true", token=meera.access)
    after = [(reply.body, reply.header("etag")) for reply in map(api.get, asked)]
    assert after == before
    assert draft.id not in api.get(f"/courses/{stocked['Algebra']}/related").body.decode()


def test_an_instance_without_a_catalogue_says_when_to_come_back_and_asks_for_one(clean: House, api: Api) -> None:
    reply = api.get("/courses")
    assert problem(reply) == (503, "catalogue_unavailable")
    assert reply.header("retry-after") == "2"
    clean.driver.settle()
    shelf.looked_away()
    assert api.get("/courses").json()["count"] == 0
