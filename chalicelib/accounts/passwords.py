"""Password hashes and the rules a new password must meet.

Called by registration, login, password change and reset; knows the hashes that came along from the older systems.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MINIMUM = 12
MAXIMUM = 128

# The hash of 32 random bytes nobody kept, at the parameters of `_argon2id`.
DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$m8Ym6hn5wgUWXjgPkvyPkA$05clGP2yOQML0C2bIqch2hWBpZr6CJ3ZJF8aJD9RYOU"


# Hashes


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password matches its stored hash and, if it does, whether that hash is due to be replaced."""

    matches: bool
    outdated: bool


def hashed(password: str) -> str:
    """Return a new argon2id hash of the NFKC form, in the standard encoding."""
    return _argon2id().hash(_bytes(normal(password)))


def verify(password: str, stored: str) -> Verdict:
    """Compare with a hash of ours or of an older system; a stored hash that cannot be read matches nothing."""
    if stored.startswith("$argon2id$"):
        matches = _matches_argon2(_bytes(normal(password)), stored)
        return Verdict(matches, outdated=matches and _argon2id().check_needs_rehash(stored))
    algorithm, _, rest = stored.partition("$")
    check = _LEGACY.get(algorithm, _matches_nothing)
    # The older systems hashed what was typed, so both forms are tried.
    matches = any(check(_bytes(form), rest) for form in dict.fromkeys((password, normal(password))))
    return Verdict(matches, outdated=matches)


def verify_nobody(password: str) -> Verdict:
    """Take as long as `verify` does for a known user, and never match."""
    verify(password, DUMMY)
    return Verdict(matches=False, outdated=False)


def normal(password: str) -> str:
    """Return the form in which a password is measured and hashed: NFKC."""
    return unicodedata.normalize("NFKC", password)


def _bytes(text: str) -> bytes:
    # JSON can carry a lone surrogate; it must fail as a wrong password, not as an encoding error.
    return text.encode("utf-8", "surrogatepass")


@cache
def _argon2id() -> "PasswordHasher":
    # Imported here because it costs 41 ms that most cold starts need not pay.
    from argon2 import PasswordHasher

    return PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)


def _matches_argon2(password: bytes, stored: str) -> bool:
    from argon2.exceptions import Argon2Error

    try:
        return _argon2id().verify(stored, password)
    except (Argon2Error, ValueError):
        return False


_PBKDF2 = re.compile(r"([1-9][0-9]{0,6})\$([^$]+)\$([A-Za-z0-9+/]{43}=)")
_MAXIMUM_ITERATIONS = 5_000_000


def _matches_pbkdf2(password: bytes, rest: str) -> bool:
    parts = _PBKDF2.fullmatch(rest)
    if not parts or int(parts[1]) > _MAXIMUM_ITERATIONS:
        return False
    digest = hashlib.pbkdf2_hmac("sha256", password, _bytes(parts[2]), int(parts[1]))
    return hmac.compare_digest(base64.b64encode(digest), parts[3].encode())


# Costs above 16 take seconds and were never used by the older systems.
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}")


def _matches_bcrypt(password: bytes, rest: str) -> bool:
    import bcrypt

    if not _BCRYPT.fullmatch(rest):
        return False
    try:
        # The older systems ran on a bcrypt that silently ignored what follows byte 72; ours raises.
        return bcrypt.checkpw(password[:72], rest.encode())
    except ValueError:
        return False


def _matches_bcrypt_sha256(password: bytes, rest: str) -> bool:
    return _matches_bcrypt(hashlib.sha256(password).hexdigest().encode(), rest)


def _matches_nothing(_password: bytes, _rest: str) -> bool:
    return False


# By what stands before the first dollar sign: Django's names, and nothing at all for a bare bcrypt hash.
_LEGACY: dict[str, Callable[[bytes, str], bool]] = {
    "pbkdf2_sha256": _matches_pbkdf2,
    "bcrypt": _matches_bcrypt,
    "bcrypt_sha256": _matches_bcrypt_sha256,
    "argon2": lambda password, rest: _matches_argon2(password, "$" + rest),
    "": lambda password, rest: _matches_bcrypt(password, "$" + rest),
}


# Rules for a new password


@dataclass(frozen=True, slots=True)
class Weakness:
    """One reason why a password is refused: a code for programs, a message for people."""

    code: str
    message: str


_SIMILAR = "Leave out your user name, your mail address, your name and the word learnflow."


def weaknesses(
    password: str, *, username: str = "", email: str = "", name: str = "", minimum: int = MINIMUM
) -> list[Weakness]:
    """Return every reason to refuse a new password, or nothing; what kinds of characters it has never matters."""
    # Cut so that the work is bounded whatever was sent.
    given = normal(password)[: MAXIMUM + 1]
    text = folded(given)
    reasons = [
        (len(given) < minimum, "too_short", f"Use at least {minimum} characters."),
        (len(given) > MAXIMUM, "too_long", f"Use at most {MAXIMUM} characters."),
        (_is_common(text, minimum), "too_common", "Choose something else: this is among the first passwords guessed."),
        (_is_similar(text, set(_personal(username, email, name))), "too_similar", _SIMILAR),
        (_is_not_text(given), "not_text", "Leave out NUL and broken characters."),
    ]
    return [Weakness(code, message) for holds, code, message in reasons if holds]


def folded(text: str) -> str:
    """Return the form in which passwords are compared with lists and names: case and width do not matter."""
    return normal(normal(text).casefold())


def _is_not_text(text: str) -> bool:
    return any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


_DECORATED = re.compile(r"([\W\d_]*)(.*?)([\W\d_]*)", re.DOTALL)
_LEET = [str.maketrans("013457@$!", "oieastasi"), str.maketrans("013457@$!", "oleastasi")]
# As in "princ3$$": so many look-alikes at the end may belong to the word.
_LEET_ENDING = 3


def _undecorated(text: str) -> tuple[str, str, str]:
    parts = _DECORATED.fullmatch(text)
    return (parts[1], parts[2], parts[3]) if parts else ("", text, "")


def _is_common(text: str, minimum: int) -> bool:
    return any(_repeats(guess, minimum) or is_listed(guess) for guess in set(_guesses(text)))


def _guesses(text: str) -> Iterator[str]:
    """Yield what the password comes down to without slight decoration, also with look-alikes read as letters."""
    front, core, back = _undecorated(text)
    for end in range(min(len(back), _LEET_ENDING) + 1):
        for start, rest in ((front, ""), ("", front)):
            if _is_slight(rest + back[end:]):
                guess = start + core + back[:end]
                yield from (guess, *(guess.translate(table) for table in _LEET))
    yield text


# Up to this many surprises no decoration makes a password strong; "12345678!" has two, a date has eight at most.
SLIGHT = 8


def _is_slight(decoration: str) -> bool:
    surprises = sum(abs(ord(sign) - ord(before)) > 1 for before, sign in pairwise(decoration))
    return surprises < SLIGHT or is_listed(decoration)


# Fewer different signs than this are no password; shorter words than this are too ordinary to forbid inside one.
_DIFFERENT = 4
_TELLING = 4


def _repeats(text: str, minimum: int) -> bool:
    """Whether the text has hardly any different signs, or is something shorter than the minimum over and over."""
    periods = range(1, min(minimum, (len(text) + 1) // 2 + 1))
    return 0 < len(set(text)) < _DIFFERENT <= len(text) or any(text.startswith(text[period:]) for period in periods)


def _is_similar(text: str, personal: set[str]) -> bool:
    bare = {text, _undecorated(text)[1]}
    contains = any(len(word) >= _TELLING and word in text for word in personal)
    return contains or any(bare & {word, word[::-1], _undecorated(word)[1][::-1]} for word in personal)


def _personal(username: str, email: str, name: str) -> Iterator[str]:
    for words in (username, email, email.partition("@")[0], name, *name.split(), "learnflow"):
        word = folded(words)
        yield from {word, re.sub(r"[\W_]", "", word)} - {""}


# The packed list, made by `python -m infra.common_passwords`

MARK = 5


def mark(text: str) -> bytes:
    """Return what the packed list keeps of an entry; 5 bytes refuse one good password in ten million by mistake."""
    return hashlib.sha256(_bytes(text)).digest()[:MARK]


def is_listed(text: str) -> bool:
    """Whether the folded text is on the list of common passwords and of the words people decorate."""
    marks, wanted = _marks(), mark(text)
    found = bisect_left(range(len(marks) // MARK), wanted, key=lambda i: marks[i * MARK : (i + 1) * MARK])
    return marks[found * MARK : (found + 1) * MARK] == wanted


@cache
def _marks() -> bytes:
    return Path(__file__).with_name("common_passwords.bin").read_bytes()
