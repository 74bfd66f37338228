"""Row F27: the catalogue's pointer and objects are lost, cut, spoilt, of another form, or somebody else's.

What is damaged is never answered from. An instance that holds nothing says 503 for lists and takes pages from the
table; it asks for a rebuild, and is well again by itself.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from chalicelib import aws
from chalicelib.catalog.index import building, deltas, files, holding, objects
from chalicelib.catalog.index.building import Changes
from chalicelib.catalog.records import IndexPointer
from chalicelib.settings import settings
from chalicelib.table import reads
from chalicelib.table.writes import alone, delete, put
from infra.local.gateway import Reply
from tests.factories import courses, shelf
from tests.faults.lab import Lab
from tests.faults.moments import meanwhile
from tests.faults.table import Rounds, fault_row

BUCKET = settings.catalog_bucket
Damage = Callable[[IndexPointer, random.Random], object]
#: Longer than an instance waits before it asks for another rebuild.
AGAIN_SECONDS = 61.0
#: So many rounds overtake a builder once at each of its calls.
SHARES = 6


def pointer() -> IndexPointer:
    found = reads.one(IndexPointer, building.KEY)
    assert found is not None
    return found


def spoilt(key: str, chance: random.Random) -> None:
    """One byte is another one."""
    body = bytearray(stored(key))
    body[chance.randrange(len(body))] ^= 1 + chance.randrange(255)
    store(key, bytes(body))


def stored(key: str) -> bytes:
    body: bytes = aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def store(key: str, body: bytes) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def pointed(found: IndexPointer, **said: Any) -> None:
    for name, value in said.items():
        setattr(found, name, value)
    alone(put(found))


def delta_of_another_form() -> bytes:
    head = json.loads(deltas.EMPTY.text())
    return json.dumps({**head, "form": files.FORM + 1}).encode() + b"\n"


def base_of_another_form() -> bytes:
    with objects.scratch() as path:
        connection = files.create(path)
        connection.execute("UPDATE form SET number = number + 1")
        connection.close()
        return path.read_bytes()


DAMAGES: dict[str, Damage] = {
    "base lost": lambda found, _: aws.client("s3").delete_object(Bucket=BUCKET, Key=found.base),
    "base empty": lambda found, _: store(found.base, b""),
    "base cut": lambda found, chance: store(found.base, stored(found.base)[: chance.randrange(1, 20_000)]),
    "base spoilt": lambda found, chance: spoilt(found.base, chance),
    "base of another form": lambda found, _: pointed(found, base=objects.put(objects.BASES, base_of_another_form())),
    "base that is none": lambda found, _: pointed(found, base=objects.put(objects.BASES, b"not a file of SQLite")),
    "delta lost": lambda found, _: aws.client("s3").delete_object(Bucket=BUCKET, Key=found.delta),
    "delta empty": lambda found, _: store(found.delta, b""),
    "delta cut": lambda found, _: store(found.delta, stored(found.delta)[:-7]),
    "delta spoilt": lambda found, chance: spoilt(found.delta, chance),
    "delta of another form": lambda found, _: pointed(
        found, delta=objects.put(objects.DELTAS, delta_of_another_form())
    ),
    "delta that is none": lambda found, _: pointed(found, delta=objects.put(objects.DELTAS, b"[]\n")),
    "delta whose parts are none": lambda found, _: pointed(found, delta=objects.put(objects.DELTAS, delta_with_junk())),
    "pointer lost": lambda found, _: alone(delete(found)),
    "pointer to nothing": lambda found, _: pointed(found, base="base/none", delta=None),
    "pointer at the wrong kind": lambda found, _: pointed(found, base=found.delta, delta=found.base),
}


def delta_with_junk() -> bytes:
    head = {**json.loads(deltas.EMPTY.text()), "parts": [["crs_x", 10**15, 0, 4]]}
    return json.dumps(head).encode() + b"\njunk"


@fault_row(
    "F27",
    "pointer, base or delta of the catalogue lost, cut, spoilt, of another form, junk",
    rounds=Rounds(reduced=4, full=40, test=1),
    goal="pages from the table, lists right or 503 with Retry-After, healed by itself; 0 wrong answers",
)
def catalogue_damaged(lab: Lab, chance: random.Random) -> int:
    teacher = lab.api.member("tara", roles=("instructor",))
    names = chance.sample(list(DAMAGES), len(DAMAGES) // 2)
    shown = courses.a_course(teacher.id, lessons=1, title="Waves").id
    hidden = courses.a_course(teacher.id, lessons=1, title="Particles").id
    lab.settle()
    courses.unpublished(hidden)
    lab.settle()
    for name in names:
        lab.forget_instance()
        if chance.random() < 0.3:
            assert listed(lab) == {"Waves"}  # This instance goes on with what it holds.
        DAMAGES[name](pointer(), chance)
        shelf.looked_away()
        look_around(lab, name, shown, hidden)
        settle_and_change(lab, teacher.id)
        lab.forget_instance()
        look_around(lab, name, shown, hidden)
        settle_and_change(lab, teacher.id)
        lab.forget_instance()
        assert listed(lab) == {"Waves"}, name
        look_around(lab, name, shown, hidden)
    return len(names)


def settle_and_change(lab: Lab, teacher: str) -> None:
    """A minute later; and somebody works on another course, so that there is a delta again."""
    lab.clock.shift(AGAIN_SECONDS)
    lab.settle()
    courses.a_draft(teacher)
    lab.settle()


def look_around(lab: Lab, name: str, shown: str, hidden: str) -> None:
    """Right, or not now; the pages of courses always."""
    for path in ("/courses", "/courses-public", "/search?q=waves"):
        reply = lab.api.get(path)
        if reply.status == 503:
            assert reply.header("retry-after"), (name, path)
        else:
            assert titles(reply) == {"Waves"}, (name, path, reply.body)
    page = lab.api.get(f"/courses/{shown}")
    assert (page.status, page.json()["title"]) == (200, "Waves"), (name, page)
    assert lab.api.get(f"/courses/{hidden}").status == 404, name


def listed(lab: Lab) -> set[str]:
    reply = lab.api.get("/courses")
    assert reply.status == 200, reply.body
    return titles(reply)


def titles(reply: Reply) -> set[str]:
    assert reply.status == 200, reply.body
    return {each["title"] for each in reply.json()["results"]}


@fault_row(
    "F27",
    "a builder is overtaken at each of its calls; an instance lags behind the pointer",
    rounds=Rounds(reduced=SHARES, full=3 * SHARES, test=1),
    goal="nothing older ever replaces something newer; the instance catches up",
)
def catalogue_overtaken(lab: Lab, chance: random.Random) -> int:
    teacher = lab.api.member("tara", roles=("instructor",))
    course = courses.a_course(teacher.id, lessons=1, title="Before").id
    other = courses.a_course(teacher.id, lessons=1, title="Other").id
    lab.settle()
    assert listed(lab) == {"Before", "Other"}
    work: list[tuple[str, Callable[[], object]]] = [
        ("publish", lambda: building.publish(Changes(frozenset({course, other})), 1e12)),
        ("merge", building.merge),
        ("rebuild", building.rebuild),
    ]
    cases = 0
    for name, build in chance.sample(work, len(work)):
        for place in range(lab.seed % SHARES, trips_of(lab, build), SHARES):
            cases += 1
            overtaken(lab, course, f"{name} {place}", place, build)
    return cases


def trips_of(lab: Lab, build: Callable[[], object]) -> int:
    lab.injector.forget()
    build()
    return len(lab.injector.trips)


def overtaken(lab: Lab, course: str, title: str, place: int, build: Callable[[], object]) -> None:
    """At this call, or after the last one, somebody else publishes that the course is called otherwise."""
    happened: list[str] = []

    def other() -> None:
        with lab.injector.calm():
            courses.edited(course, title=title)
            building.publish(Changes(frozenset({course})), 1e12)
        happened.append(title)

    lab.injector.break_nth({place}, lambda _: True, meanwhile(other))
    try:
        build()
    except building.Overtaken:
        assert title.startswith("merge")  # Nothing is lost: it is done again when the delta has grown.
    lab.injector.heal()
    if not happened:
        other()
    shelf.looked_away()
    assert listed(lab) == {title, "Other"}, title
    holding.forget()
    assert listed(lab) == {title, "Other"}, f"{title}, by a new instance"
    lab.settle()
