"""The flows of certificates: issuing one, choosing what it shows, making it anew, taking it back, a forgotten paper."""

from datetime import timedelta
from typing import Any

from chalicelib.catalog.ids import lesson_of
from chalicelib.learning.certificates import holding, verifying
from infra.local.gateway import Reply
from tests.factories import certificates, courses
from tests.faults.flows import Cast, Go, flow
from tests.faults.lab import Lab
from tests.faults.people_flows import firing, keyed, settling


def completed(lab: Lab) -> Cast:
    """Somebody who has finished a course; nothing has followed from it yet."""
    me = lab.api.member(lab.named("meera"), email=lab.address("meera"), first_name="Meera")
    boss = lab.api.member(lab.named("the-boss"), roles=("admin",))
    tara = lab.api.member(lab.named("tara"), roles=("instructor",))
    course = courses.a_course(tara.id, lessons=1)
    learning = lab.api.post("/enrollments", {"course_id": course.id}, token=me.access).json()["id"]
    lab.settle()
    lesson = {"lesson_id": lesson_of(course.id, 1)}
    lab.api.post(f"/enrollments/{learning}/mark-lesson-complete", lesson, token=me.access)
    return {"me": me, "boss": boss, "course": course.id}


def certified(lab: Lab) -> Cast:
    cast = completed(lab)
    lab.settle()
    return {**cast, "first": certificate(lab, cast)["code"]}


def renamed(lab: Lab) -> Cast:
    cast = certified(lab)
    lab.api.patch("/users/profile", {"first_name": "Mira"}, token=cast["me"].access)
    lab.settle()
    return cast


def forgotten(lab: Lab) -> Cast:
    """A certificate whose paper nobody has made."""
    cast = certified(lab)
    made = holding.all_of(cast["me"].id)[0]
    certificates.unprinted(made)
    lab.clock.shift(timedelta(hours=2))
    return cast


def certificate(lab: Lab, cast: Cast) -> dict[str, Any]:
    return dict(lab.item(f"LEARNER#{cast['me'].id}", f"CERTIFICATE#{cast['course']}"))


def calling(method: str, path: str, body: Any = None, *, who: str = "me") -> Go:
    def go(lab: Lab, cast: Cast, key: str | None) -> Reply:
        where = f"/certificates/{certificate(lab, cast)['id']}{path}"
        return lab.api.call(method, where, body, token=cast[who].access, **keyed(key))

    return go


def is_printed(lab: Lab, cast: Cast) -> None:
    lab.settle()
    made = certificate(lab, cast)
    assert "printed_at" in made
    assert "gsi1pk" not in made
    assert verifying.verify(made["code"], lab.clock.now()).valid


def hides_the_name(lab: Lab, cast: Cast) -> None:
    assert "holder" not in verifying.verify(cast["first"], lab.clock.now()).sayings


def has_a_new_name(lab: Lab, cast: Cast) -> None:
    is_printed(lab, cast)
    now = lab.clock.now()
    assert verifying.verify(certificate(lab, cast)["code"], now).sayings["holder"] == "Mira"
    assert verifying.verify(cast["first"], now).status == "replaced"


def is_revoked(lab: Lab, cast: Cast) -> None:
    assert verifying.verify(cast["first"], lab.clock.now()).status == "revoked"


flow(
    "issue certificate",
    settling,
    begin=completed,
    told={"certificate.issued": 1},
    alone=True,
    once_without_key=True,
    holds=is_printed,
)
flow(
    "choose what a certificate shows",
    calling("PATCH", "", {"shows": {"holder": False}}),
    begin=certified,
    told={"certificate.changed": 1},
    once_without_key=True,
    holds=hides_the_name,
)
flow(
    "reissue certificate",
    calling("POST", "/reissue"),
    begin=renamed,
    told={"certificate.reissued": 1},
    repeated=frozenset({200, 409}),
    once_without_key=True,
    holds=has_a_new_name,
)
flow(
    "revoke certificate",
    calling("POST", "/revoke", {"reason": "It was copied."}, who="boss"),
    begin=certified,
    told={"certificate.revoked": 1},
    once_without_key=True,
    holds=is_revoked,
)
flow(
    "retry certificates",
    firing("retry_certificates"),
    begin=forgotten,
    alone=True,
    once_without_key=True,
    holds=is_printed,
)
