"""The signed document of a certificate, and what proves it. Pure but for the keys; nothing here knows the table.

The document names no one. Of each saying (whose it is, which course, ...) it holds the digest of a salt and the value;
salt and value travel beside it as a disclosure. So the learner can hold a saying back, and an erasure can forget it,
while the signature still proves the rest.
"""

import hashlib
import hmac
import json
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.keyring import LASTING, Keyring
from chalicelib.settings import settings
from chalicelib.table.record import moment_text

FORMAT = "learnflow-certificate/1"
ALGORITHM = "HMAC-SHA256"
#: What a learner may hide, by the name they choose it with.
SAYINGS = ("holder", "course", "instructor", "completed_on")

Document = dict[str, Any]
#: A saying's salt and its value.
Disclosures = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A document with its disclosures, and the signature with the id of the key that made it."""

    document: Document
    disclosures: Disclosures
    key_id: str
    signature: str


def canonical(document: Mapping[str, Any]) -> str:
    """One text for one document: sorted names, no spaces, plain UTF-8. Its values are texts and numbers only."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def disclosures(sayings: Mapping[str, str]) -> Disclosures:
    return {name: [secrets.token_urlsafe(16), unicodedata.normalize("NFC", value)] for name, value in sayings.items()}


def digest(name: str, salt: str, value: str) -> str:
    """Without the salt, nobody can try names until one fits."""
    return hashlib.sha256(canonical({"name": name, "salt": salt, "value": value}).encode()).hexdigest()


def seal(
    keys: Keyring, code: str, sayings: Mapping[str, str], issued_at: datetime, expires_at: datetime | None
) -> Sealed:
    disclosed = disclosures(sayings)
    document: Document = {
        "format": FORMAT,
        "code": code,
        "issuer": settings.public_url,
        "issued_at": moment_text(issued_at),
        "sayings": {name: digest(name, *pair) for name, pair in disclosed.items()},
        **({"expires_at": moment_text(expires_at)} if expires_at else {}),
    }
    return Sealed(document, disclosed, keys.current, keys.signed(LASTING, _message(keys.current, document)))


def proven(keys: Keyring, sealed: Sealed) -> bool:
    """Whether our key of this id signed exactly this, and every disclosure is what the document has the digest of."""
    made = keys.signed_with(sealed.key_id, LASTING, _message(sealed.key_id, sealed.document))
    if made is None or not hmac.compare_digest(made.encode(), sealed.signature.encode("utf-8", "replace")):
        return False
    digests = sealed.document["sayings"]
    return all(digests.get(name) == digest(name, *pair) for name, pair in sealed.disclosures.items())


def _message(key_id: str, document: Mapping[str, Any]) -> str:
    """The key's id is signed too."""
    return f"{key_id}.{canonical(document)}"


def shown(disclosed: Mapping[str, list[str]], hidden: frozenset[str] | set[str]) -> Disclosures:
    return {name: list(pair) for name, pair in disclosed.items() if name not in hidden}


def values(disclosed: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: pair[1] for name, pair in disclosed.items()}
