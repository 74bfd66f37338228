"""What an erasure does to certificates: the learner's own say nothing personal any more, others no longer by whom."""

from collections.abc import Iterable, Iterator
from itertools import islice

from chalicelib.errors import Stale
from chalicelib.learning.certificates import holding, lending
from chalicelib.learning.records import Certificate, Credential, Roster
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import moment_text
from chalicelib.table.writes import adjust, alone, persistently

TEACHER = "instructor"
BATCH = 50


def erase(act: Act, user_id: str) -> None:
    """Repeatable. The certificates themselves go with the person's other learning, and must go after this."""
    for certificate in holding.all_of(user_id):
        lending.clear(certificate, range(1, int(certificate.issue) + 1))
        alone(holding.closing(certificate.code, "erased", act.now, forget=holding.FORGOTTEN))


def forget_teacher(act: Act, user_id: str) -> None:
    """Certificates of those whom somebody taught hold on, without the name. Repeatable: what is done is passed over."""
    entries = (each for each in reads.all_of(keys.teaches(user_id), index="gsi1") if isinstance(each, Roster))
    while some := list(islice(entries, BATCH)):
        for certificate in _naming(some):
            _redraw(act, certificate)
            persistently(act, lambda code=certificate.code: _forget(code))  # type: ignore[misc]


def _naming(entries: Iterable[Roster]) -> Iterator[Certificate]:
    """Those of the certificates that still say who taught."""
    found = reads.many(keys.certificate(each.user_id, each.course_id) for each in entries)
    issued = {keys.credential(each.code): each for each in found.values() if isinstance(each, Certificate)}
    for key, credential in reads.many(issued).items():
        if isinstance(credential, Credential) and TEACHER in (credential.disclosures or {}):
            yield issued[key]


def _redraw(act: Act, certificate: Certificate) -> None:
    """The paper goes, and the clock that looks after those without one makes another."""
    again = (
        Certificate.printed_at.remove(),
        Certificate.gsi1pk.set(keys.unprinted()),
        Certificate.gsi1sk.set(f"{moment_text(act.now)}#{certificate.code}"),
    )
    same = (Certificate.code == certificate.code) & (Certificate.status == "issued")
    try:
        alone(adjust(certificate, *again, where=same))
    except Stale:
        return  # Revoked, issued anew or gone meanwhile; then so is this paper.
    lending.clear(certificate, [int(certificate.issue)])


def _forget(code: str) -> None:
    """Only while it stands as it was read: whoever closes it may have made it forget more than this."""
    credential = reads.one(Credential, keys.credential(code))
    if credential is None or TEACHER not in (credential.disclosures or {}):
        return
    kept = {name: said for name, said in credential.disclosures.items() if name != TEACHER}
    same = (Credential.status == credential.status) & Credential.disclosures.exists()
    alone(adjust(credential, Credential.disclosures.set(kept), where=same))
