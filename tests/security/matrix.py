"""Reads matrix.yaml and sets up what its cells need: actors, objects, and requests with their parts filled in."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from chalicelib import clock
from chalicelib.accounts import mail_tokens, privacy
from chalicelib.accounts.sessions import Device
from chalicelib.catalog import money
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.index import building
from chalicelib.commerce import carts, receipts, stripe_gateway
from chalicelib.commerce.records import Order
from chalicelib.goals.ids import entry_of
from chalicelib.keyring import Keyring, keys
from chalicelib.learning import enrollments, ids
from chalicelib.table.writes import adjust, alone, put
from infra.local import resources
from infra.local.cloud import Cloud
from tests.conftest import ENDPOINT
from tests.factories import certificates, commerce, courses, goals, media, people, shop
from tests.security import crew, forgery
from tests.security.client import Answer, Api
from tests.security.crew import Person

#: What is B's and nobody else's. Each stands in a field of its own, so that a leak says where it comes from.
CANARIES = {
    "email": "canary.mail@b-private.example",
    "first name": "Canaryfirst",
    "bio": "canary-bio-9c1",
    "headline": "canary-headline-4d2",
    "website": "https://canary-site.example/b",
    "agent": "CanaryAgent-77e",
    "address": "198.51.100.213",
    "ban reason": "canary-reason-5a0",
}
#: What has become of a course after a student has enrolled in it; nobody has in a draft.
STATES: dict[str, Callable[[str], object]] = {
    "published": lambda course: None,
    "draft": lambda course: None,
    "unpublished": courses.unpublished,
    "archived": courses.archived,
    "deleted": courses.deleted,
}
#: What rows may want of somebody who is there for one try alone.
OF_A_HELPER: dict[str, Callable[[Person], str]] = {
    "helper": lambda helper: str(helper.user.username),
    "refresh": lambda helper: helper.refresh,
    "access": lambda helper: helper.access,
    "verify": lambda helper: crew.mailed(helper, "verify"),
    "reset": lambda helper: crew.mailed(helper, "reset"),
    "unsubscribe": lambda helper: mail_tokens.unsubscribe_token(helper.id, "news"),
}
READERS = ("anonymous", "student", "instructor", "expired", "revoked", "premium", "leaving", "forged", "erased")


@dataclass(frozen=True)
class Row:
    """One route: what is sent, and the status each actor gets, in the order of `actors`."""

    route: str
    expect: dict[str, int]
    path: str
    body: Any = None

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def user(self) -> str:
        """Who gets through the guard to what comes behind it, the least of them."""
        return next((each for each in ("student", "instructor", "admin") if self.expect[each] < 400), "student")


@cache
def chart() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text("utf-8"))
    return loaded


def actors() -> list[str]:
    return [*chart()["actors"], *chart()["like"]]


def rows() -> dict[str, Row]:
    named = chart()["actors"]
    found = {}
    for route, given in chart()["routes"].items():
        row = given if isinstance(given, dict) else {"expect": given}
        expect = dict(zip(named, row["expect"], strict=True))
        expect |= {actor: expect[model] for actor, model in chart()["like"].items()}
        expect |= chart()["unlike"].get(route, {})
        found[route] = Row(route, expect, row.get("path", route.partition(" ")[2]), row.get("send"))
    return found


@dataclass
class Stage:
    """The people and the objects on which one route is tried."""

    api: Api
    actors: dict[str, Person]
    target: Person
    #: What has become of the course that rows are about, see `STATES`.
    state: str = "published"
    counted: int = 0
    #: What the last request was about, if it left that as it was.
    unused: tuple[Row, str, str, tuple[str, Any]] | None = None

    def token(self, actor: str) -> str | None:
        if actor == "anonymous":
            return None
        if actor == "forged":
            return forged(self.actors["admin"])
        if actor not in self.actors:
            self.actors[actor] = LATECOMERS[actor]()
        return self.actors[actor].expired if actor == "expired" else self.actors[actor].access

    def renewed(self, actor: str) -> Person:
        """The actor after something that ended their sessions, with the rights and the password of before."""
        self.counted += 1
        roles = (actor,) if actor in ("admin", "instructor") else ()
        return crew.join(f"{actor}-{self.counted}", *roles)

    def tried(self, row: Row, actor: str, path: str = "", method: str = "") -> Answer:
        """The objects are new ones, unless the one before was refused them or has only read them."""
        if self.unused and self.unused[:3] == (row, path, self.state):
            where, body = self.unused[3]
        else:
            where, body = self.request(row, actor, path)
        answer = self.api.call(method or row.method, where, body, token=self.token(actor))
        kept = answer.status >= 400 or (method or row.method) in ("GET", "HEAD")
        self.unused = (row, path, self.state, (where, body)) if kept else None
        return answer

    def request(self, row: Row, actor: str, path: str = "") -> tuple[str, Any]:
        """Path and body with everything in pointed brackets filled in."""
        text, where = json.dumps(row.body), path or row.path
        if "<" not in text + where:
            return where, row.body
        wanted = text + where
        objects = self.uploads(wanted) | self.certificates(wanted) | self.learning(wanted)
        objects |= self.authoring(wanted, objects) | self.intending(wanted)
        objects |= self.buying(wanted) | self.ordering(wanted)
        if "course" in objects:
            STATES[self.state](objects["course"])
        for name, value in (self.filled(actor, wanted) | objects).items():
            text, where = text.replace(f"<{name}>", value), where.replace(f"<{name}>", value)
        return where, json.loads(text)

    def certificates(self, wanted: str) -> dict[str, str]:
        """One of student A's, with a paper, and with a name that has changed since."""
        if "<certificate>" not in wanted:
            return {}
        made = certificates.certificate(self.actors["student"].id)
        made.holder, made.printed_at = "A former name", clock.now()
        alone(put(made))
        return {"certificate": made.id, "code": made.code}

    def learning(self, wanted: str) -> dict[str, str]:
        """A published course of the instructor, its first lesson, and student A's enrollment in it."""
        parts = {"<course>", "<lesson>", "<second>", "<section>", "<enrollment>", "<step>"}
        if not parts & set(re.findall("<[a-z]+>", wanted)):
            return {}
        student, instructor = self.actors["student"].id, self.actors["instructor"].id
        begun = courses.a_draft if self.state == "draft" else courses.a_course
        course: str = begun(instructor, lessons=2).id
        if self.state != "draft":
            enrollments.enroll(crew.act(student), course)
        enrolled, step = ids.enrollment_of(student, course), ids.progress_of(student, course, 1)
        return {"course": course, "lesson": lesson_of(course, 1), "enrollment": enrolled, "step": step}

    def authoring(self, wanted: str, objects: dict[str, str]) -> dict[str, str]:
        """A category, an empty section of the course, and the course's second lesson."""
        found = {"category": courses.a_category().id} if "<category>" in wanted else {}
        if "<section>" in wanted:
            found["section"] = courses.a_section(objects["course"])
        if "<second>" in wanted:
            found["second"] = lesson_of(objects["course"], 2)
        return found

    def intending(self, wanted: str) -> dict[str, str]:
        """A goal of student A's, and an entry of it."""
        if not {"<goal>", "<entry>"} & set(re.findall("<[a-z]+>", wanted)):
            return {}
        goal = goals.a_goal(self.actors["student"].id)
        if "<entry>" not in wanted:
            return {"goal": goal.id}
        goals.logged(goal)
        return {"goal": goal.id, "entry": entry_of(goal.user_id, int(goal.number), 1)}

    def buying(self, wanted: str) -> dict[str, str]:
        """Something to buy, something in the cart of student A, a code that holds for it, and one of the instructor."""
        found = {}
        if "<sold>" in wanted:
            found["sold"] = self.sold()
        if {"<carted>", "<discount>"} & set(re.findall("<[a-z]+>", wanted)):
            student = self.actors["student"].id
            carts.clear(crew.act(student))
            found["carted"] = self.sold()
            commerce.a_cart(student, found["carted"])
            found["discount"] = shop.a_code().code
        if "<coupon>" in wanted:
            found["coupon"] = shop.a_code(self.actors["instructor"].id).code
        return found

    def ordering(self, wanted: str) -> dict[str, str]:
        """Orders of student A's, one that waits to be paid and one that is paid; a refund; what the cart comes to."""
        student, found = self.actors["student"].id, dict[str, str]()
        if "<order>" in wanted:
            found["order"] = commerce.a_stored_record(student).id
        if "<paid>" in wanted:
            paid = {"captured_minor": commerce.PRICE, "intent_id": "pi_a", "charge_id": "ch_a"}
            found["paid"] = commerce.a_stored_record(student, paid_at=clock.now(), **paid).id
        if {"<printed>", "<receipt>"} & set(re.findall("<[a-z]+>", wanted)):
            printed = commerce.a_printed_record(student)
            found |= {"printed": printed.id, "receipt": receipts.code_of(printed.id)}
        if "<refund>" in wanted:
            found["refund"] = commerce.a_refund(commerce.a_stored_record(student)).id
        if "<begun>" in wanted:
            begun = commerce.a_stored_record(student)
            found |= {"begun": begun.id, "intent": stripe_gateway.create_intent(begun).intent_id}
            alone(adjust(begun, Order.intent_id.set(found["intent"]), where=Order.ver == int(begun.ver)))
        if "<total>" in wanted:
            people.verified(student)
            carts.clear(crew.act(student))
            commerce.a_cart(student, self.sold())
            found["total"] = money.decimal(shop.PRICE)
        return found

    def sold(self) -> str:
        if "seller" not in self.actors:
            self.actors["seller"] = crew.join("seller", "instructor")
        return str(shop.sold(self.actors["seller"].id).id)

    def uploads(self, wanted: str) -> dict[str, str]:
        """One of the instructor's."""
        return {"media": media.asked(owner=self.actors["instructor"].id).id} if "<media>" in wanted else {}

    def filled(self, actor: str, wanted: str) -> dict[str, str]:
        """New objects for each try, so that what one actor used up is there for the next."""
        self.counted += 1
        return self.helpers(f"helper{self.counted}-{actor}", wanted) | {
            "fresh": f"fresh{self.counted}-{actor}",
            "password": crew.PASSWORD,
            "target": self.target.id,
            "session": self.actors["student"].grant.session_id,
            "today": clock.today("UTC").isoformat(),
        }

    @staticmethod
    def helpers(name: str, wanted: str) -> dict[str, str]:
        """What a helper has of the things that are wanted; most rows want no helper."""
        made = {each: make for each, make in OF_A_HELPER.items() if f"<{each}>" in wanted}
        helper = crew.join(name) if made else None
        return {each: make(helper) for each, make in made.items() if helper}


def played(stage: Stage, row: Row) -> Iterator[tuple[str, Answer]]:
    """What every actor gets from this route, one after the other."""
    for actor in row.expect:
        yield actor, stage.tried(row, actor)


def leaks(stage: Stage, actor: str, answer: Answer) -> list[str]:
    """What of B's an actor reads who is neither B nor an administrator."""
    if actor not in READERS:
        return []
    text = answer.everything().casefold()
    secrets = CANARIES | {"id": stage.target.id, "session": stage.target.grant.session_id}
    return [f"{actor} reads the {name} of B" for name, value in secrets.items() if value.casefold() in text]


def forged(person: Person) -> str:
    """A token that says all the right things, signed by a key that is not ours."""
    header, claims = forgery.opened(person.access)
    return forgery.made(header, claims, b"an attacker's own key of 32 bytes")


def _leaving() -> Person:
    person = crew.join("leaving")
    privacy.ask_erasure(crew.act(person.id), crew.PASSWORD)
    return crew.again(person)


def _erased() -> Person:
    person = crew.join("erased")
    forgery.endings()["erased"](person)
    return person


LATECOMERS: dict[str, Callable[[], Person]] = {
    "premium": lambda: crew.join("premium", tier="premium"),
    "leaving": _leaving,
    "erased": _erased,
    "rival": lambda: crew.join("rival", "instructor"),
}


def stage(api: Api) -> Stage:
    """The people of `built`, as when they were made: engines that can go back do, and know nobody else then."""
    cloud, signing = Cloud(ENDPOINT), keys()
    kept = _KEPT.get("stage")
    if kept and kept.fits(signing) and resources.recalled(cloud, "stage"):
        return Stage(api, dict(kept.actors), kept.actors["other"])
    made = built(api)
    resources.remember(cloud, "stage")
    _KEPT["stage"] = Kept(dict(made.actors), signing, time.monotonic())
    return made


@dataclass(frozen=True)
class Kept:
    """People of a stage, for as long as their tokens are good."""

    actors: dict[str, Person]
    signing: Keyring
    since: float

    def fits(self, signing: Keyring) -> bool:
        return self.signing == signing and time.monotonic() - self.since < KEPT_SECONDS


KEPT_SECONDS = 300
_KEPT: dict[str, Kept] = {}


def built(api: Api) -> Stage:
    """Student A and B and the others. `target` is a second account of B's kind, for what ends or changes accounts."""
    secret = Device(CANARIES["address"], CANARIES["agent"])
    other = crew.join("bystander", email=CANARIES["email"], first_name=CANARIES["first name"], device=secret)
    profile = {name: CANARIES[name] for name in ("bio", "headline", "website")}
    assert api.call("PATCH", "/api/v1/users/profile", profile, token=other.access).status == 200
    actors = {
        "student": crew.join("student-a"),
        "other": other,
        "instructor": crew.join("instructor", "instructor"),
        "admin": crew.join("administrator", "admin"),
        "banned": crew.join("banned"),
        "expired": crew.join("expired"),
        "revoked": crew.join("revoked"),
    }
    boss = crew.act(actors["admin"].id)
    crew.ban(actors["banned"], CANARIES["ban reason"], boss)
    crew.ban(other, CANARIES["ban reason"], boss)
    crew.unban(other, boss)
    actors["other"] = crew.again(other, secret)
    crew.sign_out(actors["revoked"])
    building.rebuild(())
    return Stage(api, actors, actors["other"])
