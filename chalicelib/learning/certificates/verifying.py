"""Is this certificate real? For a stranger with a code, and for a program with a whole credential."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.keyring import keys as signing_keys
from chalicelib.learning.certificates import codes, document
from chalicelib.learning.certificates.document import Sealed
from chalicelib.learning.records import Credential
from chalicelib.table import keys, reads

#: What a certificate can be, for whoever asks.
MEANINGS = {
    "valid": "This certificate is genuine and valid.",
    "expired": "This certificate is genuine. It was valid for a time that is over.",
    "revoked": "This certificate was issued by us and has been revoked. It is not valid.",
    "replaced": "This certificate was issued by us and has been replaced by a newer one, which has a code of its own.",
    "erased": "This certificate was issued by us. Its holder has left, and nothing else is known of it.",
    "damaged": "What we hold under this code is not what was signed. It is not valid; please tell us.",
    "altered": "This is not what we signed. It is not valid.",
    "unknown": "We have issued no certificate with this code. Look whether every letter of it is right.",
}
#: Those of which nothing is told but that.
SILENT = frozenset({"replaced", "erased", "damaged", "altered", "unknown"})


@dataclass(frozen=True, slots=True)
class Verification:
    """What a stranger is told. `sayings` are those that the learner shows; `proof` is what was signed."""

    code: str
    status: str
    sayings: Mapping[str, str] = field(default_factory=dict)
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    changed_at: datetime | None = None
    proof: Sealed | None = None

    @property
    def valid(self) -> bool:
        return self.status == "valid"

    @property
    def meaning(self) -> str:
        return MEANINGS[self.status]

    @property
    def completed_on(self) -> date | None:
        text = self.sayings.get("completed_on")
        return None if text is None else date.fromisoformat(text)


def verify(text: str, now: datetime) -> Verification:
    """By its code, in one read. Whatever is no code of ours is unknown."""
    code = codes.read(text)
    credential = None if code is None else reads.one(Credential, keys.credential(code))
    if code is None or credential is None:
        return Verification(code or "", "unknown")
    return _judged(credential, sealed(credential, set(credential.hidden)), now)


def verify_whole(claimed: Sealed, now: datetime) -> Verification:
    """A credential as somebody was given it: each byte must be what we signed, and it must still hold."""
    code = codes.read(str(claimed.document.get("code", "")))
    credential = None if code is None else reads.one(Credential, keys.credential(code))
    if code is None or credential is None:
        return Verification(code or "", "unknown")
    if claimed.document != credential.document or not _is_proven(claimed):
        return Verification(code, "altered")
    return _judged(credential, claimed, now)


def sealed(credential: Credential, hidden: set[str]) -> Sealed:
    """The credential as it is passed on, without what is hidden."""
    shown = document.shown(credential.disclosures or {}, hidden)
    return Sealed(credential.document, shown, credential.key_id, credential.signature)


def _judged(credential: Credential, proof: Sealed, now: datetime) -> Verification:
    code, status = credential.code, _status(credential, proof, now)
    if status in SILENT:
        return Verification(code, status, changed_at=credential.changed_at)
    return Verification(
        code,
        status,
        document.values(proof.disclosures),
        datetime.fromisoformat(credential.document["issued_at"]),
        _until(proof),
        credential.changed_at,
        proof,
    )


def _status(credential: Credential, proof: Sealed, now: datetime) -> str:
    if credential.status != "valid":
        return str(credential.status)
    if proof.document.get("code") != credential.code or not _is_proven(proof):
        return "damaged"
    until = _until(proof)
    return "expired" if until and until <= now else "valid"


def _until(proof: Sealed) -> datetime | None:
    """What was signed counts, not what stands beside it."""
    text = proof.document.get("expires_at")
    return None if text is None else datetime.fromisoformat(text)


def _is_proven(proof: Sealed) -> bool:
    """Whatever has the wrong form proves nothing."""
    try:
        return document.proven(signing_keys(), proof)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
