"""Orders as administrators see them: what is open, and all of one buyer."""

import pytest

from chalicelib.commerce import orders, payments
from chalicelib.commerce.news import News, Returned
from tests.factories import commerce, people
from tests.factories.courses import act
from tests.http.api import Api, Person, fields

pytestmark = pytest.mark.row("M14")


@pytest.fixture
def mona(api: Api) -> Person:
    person = api.member("mona")
    people.verified(person.id)
    return person


def listed(api: Api, boss: Person, query: str) -> set[str]:
    reply = api.get(f"/admin/orders{query}", token=boss.access)
    assert reply.status == 200, reply.body
    assert all(each["user_id"].startswith("usr_") for each in reply.json()["results"])
    return {each["id"] for each in reply.json()["results"]}


def test_those_that_something_is_open_of_are_listed(api: Api, mona: Person) -> None:
    pending = commerce.a_pending_order(mona.id, commerce.a_priced_course())
    settled = commerce.a_paid_order(commerce.a_buyer().id, commerce.a_priced_course(), fee_minor=88)
    disputed = commerce.a_paid_order(commerce.a_buyer().id, commerce.a_priced_course(), fee_minor=88)
    payments.apply(act(), disputed.id, News(dispute="open", disputed_minor=2000))
    returned = commerce.a_paid_order(commerce.a_buyer().id, commerce.a_priced_course(), fee_minor=88)
    payments.apply(act(), returned.id, News(refunds={"re_1": Returned(2000)}))
    boss = api.admin()
    assert listed(api, boss, "") == {pending.id, disputed.id}
    assert listed(api, boss, "?status=disputed") == {disputed.id}
    assert listed(api, boss, "?status=pending") == {pending.id}
    assert listed(api, boss, f"?user={settled.user_id}") == {settled.id}


def test_pages_go_on_where_the_last_one_ended(api: Api, mona: Person) -> None:
    open_ones = {commerce.a_stored_record(commerce.a_buyer().id).id for _ in range(7)}
    boss, path, seen = api.admin(), "/admin/orders?page_size=3", list[str]()
    while path:
        page = api.get(path, token=boss.access).json()
        seen += [each["id"] for each in page["results"]]
        path = (page["next"] or "").partition("/api/v1")[2]
    assert (sorted(seen), len(seen)) == (sorted(open_ones), 7)


def test_where_few_match_a_page_is_short_and_says_where_to_go_on(
    api: Api, mona: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "MOST_LOOKED_AT", 4)
    for _ in range(6):
        commerce.a_stored_record(commerce.a_buyer().id)
    boss = api.admin()
    page = api.get("/admin/orders?status=disputed", token=boss.access).json()
    assert (page["results"], page["next"] is None) == ([], False)
    rest = api.get(page["next"].partition("/api/v1")[2], token=boss.access).json()
    assert (rest["results"], rest["next"]) == ([], None)


def test_what_no_list_has_needs_a_buyer(api: Api) -> None:
    reply = api.get("/admin/orders?status=refunded", token=api.admin().access)
    assert (reply.status, fields(reply)) == (422, {"status": "needs_user"})


def test_one_order_says_when_it_is_looked_at(api: Api, mona: Person) -> None:
    order = commerce.a_pending_order(mona.id, commerce.a_priced_course())
    said = api.get(f"/admin/orders/{order.id}", token=api.admin().access).json()
    assert (said["user_id"], said["looks"], said["looked_at_next"]) == (mona.id, 0, said["expires_at"])
