"""What an answer looks like: pages of a list, and whole objects in place of ids where `expand` asks; for `server`."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from infra.local.stripe.refusals import malformed
from infra.local.stripe.store import Store, Thing, shown

PAGE, LARGEST_PAGE, DEEPEST = 10, 100, 4
COMPARES = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}


def page(store: Store, kind: str, url: str, given: Mapping[str, Any], **where: Any) -> Thing:
    """A list as Stripe gives it: newest first, from one object on."""
    limit = given.get("limit", PAGE)
    if not 1 <= limit <= LARGEST_PAGE:
        raise malformed(f"Invalid limit: {limit}. It must be between 1 and {LARGEST_PAGE}.", param="limit")
    wanted = {name: value for name, value in where.items() if value is not None}
    found = [thing for thing in store.all(kind, **wanted) if within(thing["created"], given.get("created", {}))]
    if "ending_before" in given:
        earlier = found[: place(found, kind, given["ending_before"], "ending_before")]
        return listed(url, earlier[-limit:], len(earlier) > limit)
    start = place(found, kind, given["starting_after"], "starting_after") + 1 if "starting_after" in given else 0
    taken = list(islice(found, start, start + limit))
    return listed(url, taken, len(found) > start + limit)


def listed(url: str, things: list[Thing], has_more: bool = False) -> Thing:
    return {"object": "list", "url": url, "has_more": has_more, "data": things}


def within(second: int, bounds: Mapping[str, int]) -> bool:
    return all(COMPARES[name](second, bound) for name, bound in bounds.items())


def place(found: list[Thing], kind: str, id: str, param: str) -> int:
    for number, thing in enumerate(found):
        if thing["id"] == id:
            return number
    raise malformed(f"No such {kind}: '{id}'", "resource_missing", param)


def expanded(store: Store, answer: Thing, paths: list[str]) -> Thing:
    """The answer as the outside sees it, with what each path names put in; the stored objects stay as they are."""
    clean = cleaned(answer)
    for path in paths:
        names = path.split(".")
        if len(names) > DEEPEST:
            raise malformed(f"You cannot expand more than 4 levels of a property. Property: {path}", param="expand")
        put_in(store, clean, names)
    return clean


def cleaned(thing: Thing) -> Thing:
    copy = shown(thing)
    if copy.get("object") == "list":
        copy["data"] = [shown(each) for each in copy["data"]]
    return copy


def put_in(store: Store, thing: Thing, names: list[str]) -> None:
    name, *deeper = names
    if name == "data" and thing.get("object") == "list":
        for each in thing["data"] if deeper else ():
            put_in(store, each, deeper)
        return
    if thing.get("object") == "charge" and name == "refunds" and "refunds" not in thing:
        thing["refunds"] = refunds_of(store, thing)
    if name not in thing:
        raise malformed(f"This property cannot be expanded ({name}).", param="expand[]")
    thing[name] = in_full(store, thing[name])
    for inner in inside(thing[name]) if deeper else ():
        put_in(store, inner, deeper)


def refunds_of(store: Store, charge: Mapping[str, Any]) -> Thing:
    url = f"/v1/charges/{charge['id']}/refunds"
    return cleaned(page(store, "refund", url, {}, charge=charge["id"]))


def in_full(store: Store, value: Any) -> Any:
    found = store.known(value) if isinstance(value, str) else None
    return shown(found) if found else value


def inside(value: Any) -> Iterator[Thing]:
    if isinstance(value, dict):
        yield value
