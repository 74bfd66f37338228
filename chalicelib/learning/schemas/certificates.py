"""Certificates as their holders see them, and what strangers are told."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib.accounts.schemas.fields import example
from chalicelib.learning.certificates import lending
from chalicelib.learning.certificates.document import ALGORITHM, FORMAT, SAYINGS, Sealed
from chalicelib.learning.certificates.lending import Link
from chalicelib.learning.certificates.verifying import Verification
from chalicelib.learning.records import Certificate
from chalicelib.web.reading import Flag, In, Line, Out


class Shows(Out):
    """What strangers who have the code see of it."""

    holder: bool
    course: bool
    instructor: bool
    completed_on: bool


class CertificateOut(Out):
    id: str
    code: str
    user_id: str
    course_id: str
    course_title: str
    instructor_id: str
    holder: Annotated[str, Field(description="The name that stands on it.")]
    status: Annotated[str, Field(description="`issued` or `revoked`.")]
    issue: Annotated[int, Field(description="1, and one more with each reissue.")]
    completed_on: date
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    reason: Annotated[str | None, Field(description="Why it was revoked.")]
    printed: Annotated[bool, Field(description="Whether its PDF can be fetched.")]
    shows: Shows
    verify_url: Annotated[str, Field(description="The public page; its QR code leads there.")]

    @classmethod
    def of(cls, result: Any) -> "CertificateOut":
        certificate: Certificate = result
        return cls(
            id=certificate.id,
            code=certificate.code,
            user_id=certificate.user_id,
            course_id=certificate.course_id,
            course_title=certificate.course_title,
            instructor_id=certificate.instructor_id,
            holder=certificate.holder,
            status=certificate.status,
            issue=int(certificate.issue),
            completed_on=certificate.completed_at.date(),
            issued_at=certificate.issued_at,
            expires_at=certificate.expires_at,
            revoked_at=certificate.revoked_at,
            reason=certificate.reason,
            printed=certificate.printed_at is not None and certificate.status == "issued",
            shows=Shows(**{name: name not in certificate.hidden for name in SAYINGS}),
            verify_url=lending.check_address(certificate.code),
        )


class ShowsIn(In):
    holder: Flag | None = None
    course: Flag | None = None
    instructor: Flag | None = None
    completed_on: Flag | None = None


class CertificateIn(In):
    """What is not named stays as it is."""

    model_config = ConfigDict(json_schema_extra=example(shows={"holder": False}))

    shows: ShowsIn

    def wishes(self) -> dict[str, bool]:
        return self.shows.model_dump(exclude_none=True)


class RevocationIn(In):
    model_config = ConfigDict(json_schema_extra=example(reason="The project was somebody else's work."))

    reason: Annotated[Line, Field(min_length=3, max_length=300, description="The learner is told; strangers are not.")]


class PaperOut(Out):
    """A link that opens the PDF for whoever has it, for five minutes. Fetch it without your token."""

    url: str
    expires_at: datetime

    @classmethod
    def of(cls, result: Any) -> "PaperOut":
        link: Link = result
        return cls(url=link.url, expires_at=link.expires_at)


Disclosed = Annotated[
    dict[str, list[str]],
    Field(description="By name: a salt and the value. Together they have the digest in `sayings`."),
]


class CredentialOut(Out):
    """What was signed, for programs. What the learner hides is left out, and the signature holds all the same."""

    document: Annotated[dict[str, Any], Field(description="Signed as `<key_id>.<canonical JSON>`.")]
    disclosures: Disclosed
    key_id: str
    algorithm: str
    signature: str

    @classmethod
    def of(cls, result: Any) -> "CredentialOut":
        sealed: Sealed = result
        return cls(
            document=sealed.document,
            disclosures=sealed.disclosures,
            key_id=sealed.key_id,
            algorithm=ALGORITHM,
            signature=sealed.signature,
        )


_EXAMPLE = {
    "document": {
        "format": FORMAT,
        "code": "7F3K-9QXM-2WRA-D8TB-HN5C-V4EZ",
        "issuer": "https://api.learnflow.example",
        "issued_at": "2026-11-20T10:00:00.000000Z",
        "sayings": {"holder": "5a0f7c1e"},
    },
    "disclosures": {"holder": ["Jr0cZ2rJ0b7mXw", "Meera Krishnamurthy"]},
    "key_id": "k1",
    "algorithm": ALGORITHM,
    "signature": "zC5n",
}


class CredentialIn(In):
    """A credential as `GET /certificates/{certificate_id}/credential` gives it."""

    model_config = ConfigDict(json_schema_extra=example(**_EXAMPLE))

    document: dict[str, Any]
    disclosures: Annotated[dict[str, list[str]], Field(max_length=20, default_factory=dict)]
    key_id: Annotated[str, Field(max_length=40)]
    algorithm: Annotated[str, Field(max_length=40)] = ALGORITHM
    signature: Annotated[str, Field(max_length=200)]

    def sealed(self) -> Sealed:
        return Sealed(self.document, self.disclosures, self.key_id, self.signature)


class CodeQuery(In):
    code: Annotated[
        str, Field(max_length=80, description="As it stands on the paper; case and dashes do not matter.")
    ] = ""


class VerificationOut(Out):
    """`valid` says it in a word, `status` why. What the learner hides, and all of a replaced one, is null."""

    valid: bool
    status: Annotated[
        str,
        Field(description="`valid`, `expired`, `revoked`, `replaced`, `erased`, `damaged`, `altered` or `unknown`."),
    ]
    meaning: str
    code: str
    holder: str | None
    course: str | None
    instructor: str | None
    completed_on: date | None
    issued_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    credential: CredentialOut | None

    @classmethod
    def of(cls, result: Any) -> "VerificationOut":
        found: Verification = result
        return cls(
            valid=found.valid,
            status=found.status,
            meaning=found.meaning,
            code=found.code,
            holder=found.sayings.get("holder"),
            course=found.sayings.get("course"),
            instructor=found.sayings.get("instructor"),
            completed_on=found.completed_on,
            issued_at=found.issued_at,
            expires_at=found.expires_at,
            revoked_at=found.changed_at if found.status == "revoked" else None,
            credential=CredentialOut.of(found.proof) if found.proof else None,
        )
