"""Certificates as their holders have them: finding them, who may see or judge them, what strangers are shown."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.catalog.courses import Outdated, edited
from chalicelib.errors import Forbidden, NotFound, Stale
from chalicelib.learning import ids, totals
from chalicelib.learning.certificates import codes
from chalicelib.learning.records import Certificate, Credential
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, adjust, change, together

#: What a code forgets of a person; the digests that stay in its document mean nothing without their salts.
FORGOTTEN = ("disclosures", "user_id")


class CertificateUnknown(NotFound):
    """There is no such certificate, or none that you may see."""


class CertificateChanged(Outdated):
    """The certificate has changed since you read it; read it again."""


class NotYoursToJudge(Forbidden):
    """Certificates are revoked by the course's instructor or an administrator."""


class Viewer(NamedTuple):
    """Who asks."""

    id: str
    is_admin: bool = False

    def judges(self, certificate: Certificate) -> bool:
        """Nobody judges their own, whatever else they are."""
        return self.id != certificate.user_id and (self.is_admin or self.id == certificate.instructor_id)


def all_of(user_id: str) -> list[Certificate]:
    """Somebody's own, newest first."""
    found = reads.all_of(keys.learner(user_id), prefix="CERTIFICATE#")
    own = [each for each in found if isinstance(each, Certificate)]
    return sorted(own, key=lambda each: each.issued_at, reverse=True)


def one(name: str, viewer: Viewer) -> Certificate:
    """By its id or its code, for its holder, the course's instructor, or an administrator."""
    certificate = _found(name)
    if certificate is None or not (viewer.id == certificate.user_id or viewer.judges(certificate)):
        raise CertificateUnknown
    return certificate


def _found(name: str) -> Certificate | None:
    place = ids.certified(name)
    if place is not None:
        return reads.one(Certificate, keys.certificate(place.user, place.course))
    code = codes.read(name)
    credential = None if code is None else reads.one(Credential, keys.credential(code))
    if credential is None or credential.user_id is None:
        return None
    found = reads.one(Certificate, keys.certificate(credential.user_id, credential.course_id))
    return found if found is not None and found.code == code else None


def present(name: str, viewer: Viewer, expected: int | None) -> Certificate:
    """The same, refused where the request names another version than the present one."""
    return _unchanged(one(name, viewer), expected)


def _unchanged(certificate: Certificate, expected: int | None) -> Certificate:
    if expected is not None and int(certificate.ver) != expected:
        raise CertificateChanged
    return certificate


def own(name: str, viewer: Viewer) -> Certificate:
    """The same for what only its holder may do."""
    certificate = one(name, viewer)
    if viewer.id != certificate.user_id:
        raise Forbidden("Only its holder may do this.")
    return certificate


def credential(certificate: Certificate) -> Credential:
    found = reads.one(Credential, keys.credential(certificate.code))
    if found is None:
        raise CertificateUnknown
    return found


def show(act: Act, viewer: Viewer, name: str, wishes: dict[str, bool], expected: int | None) -> Certificate:
    """What strangers see of it from now on; `wishes` says of each saying whether it is shown."""
    return edited(act, lambda: _show(act, _unchanged(own(name, viewer), expected), wishes))


def _show(act: Act, certificate: Certificate, wishes: dict[str, bool]) -> Certificate:
    shown = {name for name, wanted in wishes.items() if wanted}
    hidden = sorted((set(certificate.hidden) | set(wishes)) - shown)
    if hidden == sorted(certificate.hidden):
        return certificate
    after = changed(certificate, act.now, hidden=hidden)
    public = Credential.under(keys.credential(certificate.code))
    fact = act.fact(
        "certificate.changed",
        certificate.id,
        audience=[certificate.user_id],
        ver=int(after.ver),
        course=certificate.course_id,
        hidden=hidden,
    )
    return together(
        act,
        change(certificate, Certificate.hidden.set(hidden), now=act.now),
        adjust(public, Credential.hidden.set(hidden), where=Credential.pk.exists(), otherwise=Stale()),
        fact=fact,
        result=after,
    )


def revoke(act: Act, viewer: Viewer, name: str, reason: str, expected: int | None = None) -> Certificate:
    """It holds no longer. Revoking it again changes nothing, not even the reason."""
    return edited(act, lambda: _revoke(act, viewer, present(name, viewer, expected), reason))


def _revoke(act: Act, viewer: Viewer, certificate: Certificate, reason: str) -> Certificate:
    if not viewer.judges(certificate):
        raise NotYoursToJudge
    if certificate.status == "revoked":
        return certificate
    after = changed(certificate, act.now, status="revoked", reason=reason, revoked_at=act.now)
    fact = act.fact(
        "certificate.revoked",
        certificate.id,
        audience=[certificate.user_id],
        ver=int(after.ver),
        course=certificate.course_id,
        issue=int(certificate.issue),
    )
    return together(
        act,
        change(
            certificate,
            Certificate.status.set("revoked"),
            Certificate.reason.set(reason),
            Certificate.revoked_at.set(act.now),
            now=act.now,
        ),
        closing(certificate.code, "revoked", act.now),
        totals.certified(certificate.user_id, -1),
        fact=fact,
        detail={"reason": reason},
        result=after,
    )


def closing(code: str, status: str, now: datetime, forget: Iterable[str] = ()) -> Write:
    """The credential holds no longer, and forgets these of its attributes."""
    public = Credential.under(keys.credential(code))
    return adjust(
        public,
        Credential.status.set(status),
        Credential.changed_at.set(now),
        *(getattr(Credential, name).remove() for name in forget),
        where=Credential.pk.exists(),
        otherwise=Stale(),
    )


def changed(certificate: Certificate, now: datetime, **values: Any) -> Certificate:
    """The certificate as the transaction will leave it; the original serves a second attempt."""
    after: Certificate = Certificate.from_raw_data(certificate.serialize())
    for name, value in {**values, "ver": int(certificate.ver) + 1, "updated_at": now}.items():
        setattr(after, name, value)
    return after
