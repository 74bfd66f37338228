"""Issuing a certificate, and issuing it anew; the worker calls `issue`, the door `reissue`.

That there is one per learner and course, and only for what is completed, are conditions of the transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.accounts.records import User
from chalicelib.catalog.courses import edited
from chalicelib.catalog.records import Course
from chalicelib.errors import Conflict, Stale
from chalicelib.keyring import keys as signing_keys
from chalicelib.learning import ids, totals
from chalicelib.learning.certificates import codes, document, holding
from chalicelib.learning.certificates.holding import CertificateUnknown, NotYoursToJudge, Viewer
from chalicelib.learning.records import Certificate, Credential, Enrollment
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import moment_text
from chalicelib.table.writes import Write, change, check, persistently, put_new, together

#: What a reissue makes anew on the certificate.
_RENEWED = ("code", "issue", "status", "course_title", "holder", "issued_at", "gsi1pk", "gsi1sk")


class CertificateUpToDate(Conflict):
    """It says already what it would say anew; a reissue is for a changed name, or after a revocation."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a certificate is made from. `taught_by` is nobody where the instructor has left."""

    enrollment: Enrollment
    course: Course
    learner: User
    taught_by: User | None

    def sayings(self) -> Mapping[str, str]:
        return {
            "holder": self.learner.name,
            "course": self.enrollment.course_title,
            "completed_on": self.enrollment.completed_at.date().isoformat(),
            **({"instructor": self.taught_by.name} if self.taught_by else {}),
        }

    def expiry(self, issued_at: datetime) -> datetime | None:
        days = self.course.certificate_days
        return None if days is None else issued_at + timedelta(days=int(days))


def issue(act: Act, user_id: str, course_id: str) -> Certificate | None:
    """The certificate of a completed course, made now where there is none; None where none is due.

    May be called as often as one likes, by several at once: whoever comes second finds what the first has made.
    """
    return persistently(act, lambda: _issue(act, user_id, course_id))


def _issue(act: Act, user_id: str, course_id: str) -> Certificate | None:
    place = keys.certificate(user_id, course_id)
    found = reads.one(Certificate, place)
    if found is not None:
        return found
    grounds = _grounds(user_id, course_id)
    if grounds is None or not grounds.course.certified:
        return None
    certificate, credential = _made(act, grounds, 1)
    fact = act.fact("certificate.issued", certificate.id, audience=[user_id], ver=1, course=course_id, issue=1)
    return together(
        act,
        check(grounds.enrollment, Enrollment.completed_at.exists(), otherwise=Stale()),
        _living(grounds),
        put_new(certificate, otherwise=Stale()),
        put_new(credential, otherwise=Stale()),
        totals.certified(user_id, 1),
        fact=fact,
        result=certificate,
    )


def _grounds(user_id: str, course_id: str) -> Grounds | None:
    """None for whoever has not finished, is not there any more, or learns what is not there."""
    places = [keys.enrollment(user_id, course_id), keys.course(course_id), keys.user(user_id)]
    enrollment, course, learner = map(reads.many(places).get, places)
    if not isinstance(enrollment, Enrollment) or enrollment.completed_at is None:
        return None
    if not isinstance(course, Course) or not isinstance(learner, User) or learner.erased_at is not None:
        return None
    teacher = reads.one(User, keys.user(enrollment.instructor_id))
    return Grounds(enrollment, course, learner, teacher if teacher and teacher.erased_at is None else None)


def _living(grounds: Grounds) -> Write:
    """An erasure blanks the person before it looks for certificates: after that none with a name may come."""
    return check(grounds.learner, User.pk.exists() & User.erased_at.does_not_exist(), otherwise=Stale())


def _made(act: Act, grounds: Grounds, number: int) -> tuple[Certificate, Credential]:
    code, user_id, course_id = codes.new(), grounds.learner.id, grounds.enrollment.course_id
    expires_at, sayings = grounds.expiry(act.now), grounds.sayings()
    sealed = document.seal(signing_keys(), code, sayings, act.now, expires_at)
    credential: Credential = Credential.under(
        keys.credential(code),
        code=code,
        user_id=user_id,
        course_id=course_id,
        document=sealed.document,
        disclosures=sealed.disclosures,
        key_id=sealed.key_id,
        signature=sealed.signature,
        expires_at=expires_at,
        created_at=act.now,
    )
    certificate: Certificate = Certificate.under(
        keys.certificate(user_id, course_id),
        id=ids.certificate_of(user_id, course_id),
        ver=number,
        user_id=user_id,
        course_id=course_id,
        instructor_id=grounds.enrollment.instructor_id,
        course_title=sayings["course"],
        holder=sayings["holder"],
        code=code,
        issue=number,
        completed_at=grounds.enrollment.completed_at,
        issued_at=act.now,
        expires_at=expires_at,
        created_at=act.now,
        updated_at=act.now,
        gsi1pk=keys.unprinted(),
        gsi1sk=f"{moment_text(act.now)}#{code}",
    )
    return certificate, credential


def reissue(act: Act, viewer: Viewer, name: str, expected: int | None = None) -> Certificate:
    """A new code and a new document, for a changed name or after a revocation.

    What went out before says from now on that it was replaced, and no more: it forgets the old name and does not lead
    to the new code.
    """
    return edited(act, lambda: _reissue(act, viewer, holding.present(name, viewer, expected)))


def _reissue(act: Act, viewer: Viewer, present: Certificate) -> Certificate:
    if present.status == "revoked" and not viewer.judges(present):
        raise NotYoursToJudge("A revoked certificate is issued anew by the instructor or an administrator.")
    grounds = _grounds(present.user_id, present.course_id)
    if grounds is None:
        raise CertificateUnknown
    says = (grounds.learner.name, grounds.enrollment.course_title)
    if present.status == "issued" and (present.holder, present.course_title) == says:
        raise CertificateUpToDate
    fresh, credential = _made(act, grounds, int(present.issue) + 1)
    fresh.ver, fresh.created_at = int(present.ver) + 1, present.created_at
    fresh.hidden = credential.hidden = list(present.hidden)
    fact = act.fact(
        "certificate.reissued",
        fresh.id,
        audience=[fresh.user_id],
        ver=int(fresh.ver),
        course=fresh.course_id,
        issue=int(fresh.issue),
    )
    return together(
        act,
        _living(grounds),
        _renewing(present, fresh, act.now),
        holding.closing(present.code, "replaced", act.now, forget=holding.FORGOTTEN),
        put_new(credential, otherwise=Stale()),
        *([totals.certified(fresh.user_id, 1)] if present.status == "revoked" else []),
        fact=fact,
        result=fresh,
    )


def _renewing(present: Certificate, fresh: Certificate, now: datetime) -> Write:
    return change(
        present,
        *(getattr(Certificate, name).set(getattr(fresh, name)) for name in _RENEWED),
        *(getattr(Certificate, name).remove() for name in ("printed_at", "revoked_at", "reason")),
        Certificate.expires_at.set(fresh.expires_at) if fresh.expires_at else Certificate.expires_at.remove(),
        now=now,
    )
