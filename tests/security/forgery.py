"""Forged and damaged access tokens: each named for the attack it is."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jwt

from chalicelib import clock
from chalicelib.keyring import keys
from tests.security import crew
from tests.security.crew import Person

Claims = dict[str, Any]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: bytes, payload: bytes, key: bytes | None = None, digest: Any = hashlib.sha256) -> str:
    """Any bytes as header and payload under a signature that is right for them."""
    message = f"{b64(header)}.{b64(payload)}"
    signature = hmac.new(crew.access_key() if key is None else key, message.encode(), digest).digest()
    return f"{message}.{b64(signature)}"


def made(header: Mapping[str, Any], claims: Mapping[str, Any], key: bytes | None = None) -> str:
    return signed(json.dumps(header).encode(), json.dumps(claims).encode(), key)


def opened(token: str) -> tuple[dict[str, Any], Claims]:
    """Header and claims of a good token, to be spoilt."""
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def forgeries(victim: Person) -> Iterator[tuple[str, str]]:
    """Name and token of every attack; the signature is right wherever the attack is about something else."""
    good = victim.access
    header, claims = opened(good)
    yield from _algorithms(good, header, claims)
    yield from _damages(good, header, claims)
    yield from _headers(header, claims)
    yield from _claims(header, claims)
    yield from _other_tokens(victim)


def _algorithms(good: str, header: Claims, claims: Claims) -> Iterator[tuple[str, str]]:
    _, second, third = good.split(".")
    for name in ("none", "None", "nOnE", "NONE", "", "HS512", "HS384", "RS256", "ES256", "EdDSA", "PS256", "hs256"):
        other = b64(json.dumps(header | {"alg": name}).encode())
        yield f"alg {name!r} without signature", f"{other}.{second}."
        yield f"alg {name!r} with the signature of HS256", made(header | {"alg": name}, claims)
        yield f"alg {name!r} with the old signature", f"{other}.{second}.{third}"
    wide = signed(json.dumps(header | {"alg": "HS512"}).encode(), json.dumps(claims).encode(), digest=hashlib.sha512)
    yield "another HMAC of our own key", wide
    for name, key in (
        ("empty key", b""),
        ("public key as secret", b"-----BEGIN PUBLIC KEY-----\nMFkw"),
        ("zeros", bytes(32)),
    ):
        yield f"HS256 with {name}", made(header, claims, key)
    yield "no alg at all", made({k: v for k, v in header.items() if k != "alg"}, claims)
    yield "alg that is a list", made(header | {"alg": ["HS256"]}, claims)


def _damages(good: str, header: Claims, claims: Claims) -> Iterator[tuple[str, str]]:
    first, second, third = good.split(".")
    yield "empty signature", f"{first}.{second}."
    yield "no signature part", f"{first}.{second}"
    yield "header only", first
    yield "four parts", f"{good}.{third}"
    yield "only dots", ".."
    yield "signature of another payload", f"{first}.{b64(json.dumps(claims | {'roles': ['admin']}).encode())}.{third}"
    for cut in (1, 2, len(third) // 2, len(third)):
        yield f"truncated by {cut}", good[:-cut]
    yield "truncated at the front", good[1:]
    yield "100 kB of letters", "a" * 100_000
    yield "100 kB payload", made(header, claims | {"pad": "x" * 75_000})
    yield "payload that is no JSON", signed(json.dumps(header).encode(), b"not json")
    yield "payload that is a list", signed(json.dumps(header).encode(), b"[]")
    yield "payload that is null", signed(json.dumps(header).encode(), b"null")
    yield "payload of broken UTF-8", signed(json.dumps(header).encode(), b'{"sub": "\xff"}')
    yield "payload nested deeply", signed(json.dumps(header).encode(), b"[" * 1400)
    yield "header that is no JSON", signed(b"nonsense", json.dumps(claims).encode())
    yield "header that is a list", signed(b"[]", json.dumps(claims).encode())
    yield "standard base64 with padding", ".".join(part + "==" for part in good.split("."))
    text = json.dumps(claims)
    for name, value in (("sub", "usr_somebodyelse"), ("exp", 99_999_999_999), ("roles", ["admin"])):
        twice = f'{text[:-1]}, "{name}": {json.dumps(value)}' + "}"
        yield f"{name} twice", signed(json.dumps(header).encode(), twice.encode())
    yield (
        "kid twice",
        signed((json.dumps(header)[:-1] + f', "kid": "{header["kid"]}"' + "}").encode(), json.dumps(claims).encode()),
    )


def _headers(header: Claims, claims: Claims) -> Iterator[tuple[str, str]]:
    odd: list[Any] = [
        "../../../../dev/null",
        "/etc/passwd",
        "k1' OR '1'='1",
        "k1; DROP TABLE users",
        "k1#",
        "#",
        "k2",
        "",
        "K1",
        " k1",
        "k1\x00",
        "k" * 3000,
        "http://attacker.example/key",
        1,
        None,
        True,
        ["k1"],
        {"k1": "k1"},
        1.5,
    ]
    for kid in odd:
        yield f"kid {str(kid)[:30]!r}", made(header | {"kid": kid}, claims)
        yield f"kid {str(kid)[:30]!r} with an empty key", made(header | {"kid": kid}, claims, b"")
    yield "no kid", made({k: v for k, v in header.items() if k != "kid"}, claims)
    for typ in ("JWT", "at+JWT ", "rt+jwt", "", None, 1, "application/at+jwt", "AT+JWT"):
        yield f"typ {typ!r}", made(header | {"typ": typ}, claims)
    yield "no typ", made({k: v for k, v in header.items() if k != "typ"}, claims)
    yield "crit", made(header | {"crit": ["exp"]}, claims)
    yield "crit of something unknown", made(header | {"crit": ["http://attacker.example"], "b64": False}, claims)
    yield "detached payload", made(header | {"b64": False}, claims)
    own = b"an attacker's own key of 32 bytes"
    for name, value in (
        ("jku", "https://attacker.example/jwks.json"),
        ("x5u", "https://attacker.example/cert.pem"),
        ("jwk", {"kty": "oct", "k": b64(own)}),
        ("x5c", ["MIIB"]),
    ):
        yield f"{name} with the attacker's key", made(header | {name: value}, claims, own)


def _claims(header: Claims, claims: Claims) -> Iterator[tuple[str, str]]:
    for name in ("exp", "iat", "nbf", "iss", "aud", "sub", "jti", "sid", "sv", "roles"):
        yield f"without {name}", made(header, {k: v for k, v in claims.items() if k != name})
    now = int(clock.now().timestamp())
    changed: list[tuple[str, Any]] = [
        ("iss", "somebody"),
        ("iss", "LearnFlow"),
        ("iss", ["learnflow"]),
        ("iss", None),
        ("iss", ""),
        ("aud", "learnflow"),
        ("aud", "other-api"),
        ("aud", []),
        ("aud", None),
        ("aud", 1),
        ("aud", {"learnflow-api": 1}),
        ("exp", now - 31),
        ("exp", 0),
        ("exp", -1),
        ("exp", "soon"),
        ("exp", None),
        ("exp", []),
        ("exp", "NaN"),
        ("iat", now + 3600),
        ("iat", "now"),
        ("iat", None),
        ("nbf", now + 3600),
        ("nbf", "later"),
        ("nbf", None),
        ("sub", 1),
        ("sub", None),
        ("sub", ["usr_x"]),
        ("sub", {"id": "usr_x"}),
        ("sub", True),
        ("sub", ""),
        ("sub", "usr_nobody"),
        ("sub", "USER"),
        ("sub", "x#y"),
        ("sub", "anonymous"),
        ("sub", "system"),
        ("jti", 1),
        ("jti", None),
        ("sid", None),
        ("sv", 0),
        ("sv", 99),
        ("sv", "1"),
        ("sv", None),
        ("roles", None),
        ("roles", 5),
    ]
    for name, value in changed:
        yield f"{name} = {value!r}", made(header, claims | {name: value})


def _other_tokens(victim: Person) -> Iterator[tuple[str, str]]:
    yield "a refresh token", victim.refresh
    yield "a mailed reset token", crew.mailed(victim, "reset")
    yield "a mailed verification token", crew.mailed(victim, "verify")
    yield "an expired token", victim.expired
    header, claims = opened(victim.access)
    for purpose in ("refresh", "mail", "cursor", "csrf", "unsubscribe", "idempotency"):
        yield f"signed with the key of {purpose}", made(header, claims, keys().own_key(purpose))
    yield "signed with the master key", made(header, claims, keys().masters[keys().current])


def endings() -> dict[str, Callable[[Person], None]]:
    """What makes a good token worthless."""
    from chalicelib.accounts import privacy, recovery, refreshing
    from chalicelib.accounts.sessions import Device

    def erased(person: Person) -> None:
        privacy.ask_erasure(crew.act(person.id), crew.PASSWORD)
        due = clock.now().replace(year=clock.now().year + 1)
        assert privacy.erase(crew.act("system"), person.id, as_of=due)

    def erasure_asked(person: Person) -> None:
        privacy.ask_erasure(crew.act(person.id), crew.PASSWORD)

    def password_changed(person: Person) -> None:
        recovery.change_password(crew.act(person.id), crew.PASSWORD, "nine-quiet-herons", Device("", ""))

    def password_reset(person: Person) -> None:
        recovery.reset(crew.act(), crew.mailed(person, "reset"), "nine-quiet-herons")

    def refresh_reused(person: Person) -> None:
        text = person.refresh
        for _ in range(3):
            text = refreshing.refresh(crew.act(), text).grant.refresh_token()
        try:
            refreshing.refresh(crew.act(), person.refresh)
        except refreshing.RefreshTokenReused:
            return
        raise AssertionError("the reuse went unseen")

    return {
        "logged out": crew.sign_out,
        "password changed": password_changed,
        "password reset": password_reset,
        "refresh token reused": refresh_reused,
        "erasure asked": erasure_asked,
        "erased": erased,
    }
