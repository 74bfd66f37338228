"""The people on whose behalf Schemathesis acts, and the values of theirs that no schema can make up.

Whoever was signed out, renamed or erased by one request is replaced before the next. Where a body, a path or a query is
valid by the schema, what stands for a token, a password or an id is replaced by a living one, two times out of three.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

from chalicelib import clock
from chalicelib.accounts import mail_tokens, privacy, reactions
from chalicelib.table.facts import Fact
from tests.factories import media
from tests.security import crew
from tests.security.attacks.props import Props
from tests.security.crew import Person

NEW = "nine-quiet-herons"
Values = dict[str, Callable[[], Any]]
#: Parts that take a role, which are called as the policies are; all others are students.
_ROLES = {"admin": ("admin",), "teacher": ("instructor",)}


class Cast:
    def __init__(self) -> None:
        self._numbers = count(1)
        self._people: dict[str, Person] = {}
        self.entry = _audit_entry()
        self.props = Props(lambda: self.person("teacher"), lambda: self.person("student"))

    def person(self, part: str) -> Person:
        if part not in self._people:
            self._people[part] = self._cast(part)
        return self._people[part]

    def _cast(self, part: str) -> Person:
        fresh = crew.join(f"{part}{next(self._numbers)}", *_ROLES.get(part, ()))
        if part != "leaving":
            return fresh
        privacy.ask_erasure(crew.act(fresh.id), crew.PASSWORD)
        return crew.again(fresh)

    def dismiss(self, access: str) -> None:
        """Whoever holds this token no longer plays."""
        self._people = {part: person for part, person in self._people.items() if person.access != access}

    def part_of(self, operation: Mapping[str, Any]) -> str:
        if operation["operationId"] == "restore_my_account":
            return "leaving"
        policy = operation.get("x-policy")
        return str(policy) if policy in _ROLES else "student"

    def fresh(self) -> Person:
        """Somebody whom one request may use up."""
        return crew.join(f"extra{next(self._numbers)}")

    def number(self) -> int:
        return next(self._numbers)

    def values(self, name: str) -> Values:
        """By the name of a field or parameter of this operation: how to make a value that works."""
        common: Values = {
            "user_id": lambda: self.fresh().id,
            "session_id": lambda: crew.again(self.person("student")).grant.session_id,
            "entry_id": lambda: self.entry,
            "media_id": lambda: media.asked(owner=self.person("teacher").id).id,
            "name": lambda: "viewer.css",
            "cursor": lambda: None,
        }
        return common | self.props.values(name) | (_OWN[name](self) if name in _OWN else {})


def _mailed(purpose: str, cast: Cast) -> str:
    return crew.mailed(cast.fresh(), purpose)


def _unsubscribe(cast: Cast) -> str:
    return mail_tokens.unsubscribe_token(cast.person("student").id, "news")


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


def _login(cast: Cast) -> Values:
    names = dict.fromkeys(("identifier", "username"), lambda: cast.person("student").user.username)
    return {**names, "email": lambda: cast.person("student").user.email, "password": _always(crew.PASSWORD)}


def _register(cast: Cast) -> Values:
    return {
        "username": lambda: f"new{cast.number()}",
        "email": lambda: f"new{cast.number()}@example.org",
        "password": _always(crew.PASSWORD),
        "role": _always("student"),
        "tier": _always("free"),
    }


def _refresh(cast: Cast) -> Values:
    """The two names must not differ."""
    held: list[str] = []

    def token() -> str:
        held.append(held[0] if held else cast.fresh().refresh)
        return held[0]

    return {"refresh": token, "refresh_token": token}


def _passwords(cast: Cast) -> Values:
    old: Values = dict.fromkeys(("current_password", "old_password"), _always(crew.PASSWORD))
    return {**old, "new_password": _always(NEW)}


def _upload(_: Cast) -> Values:
    """What goes together."""
    return {"what": _always("image"), "content_type": _always("image/png"), "bytes": _always(1000)}


def _token(make: Callable[[Cast], str]) -> Callable[[Cast], Values]:
    return lambda cast: {"token": partial(make, cast), **dict.fromkeys(("new_password", "password"), _always(NEW))}


_OWN: dict[str, Callable[[Cast], Values]] = {
    "login": _login,
    "register": _register,
    "refresh": _refresh,
    "logout": _refresh,
    "ask_upload": _upload,
    "change_password": _passwords,
    "put_password": _passwords,
    "delete_my_account": lambda cast: {"password": _always(crew.PASSWORD)},
    "verify_token": _token(lambda cast: cast.person("student").access),
    "verification_page": _token(partial(_mailed, "verify")),
    "verify_email": _token(partial(_mailed, "verify")),
    "reset_page": _token(partial(_mailed, "reset")),
    "reset_password": _token(partial(_mailed, "reset")),
    "unsubscribe_page": _token(_unsubscribe),
    "unsubscribe": _token(_unsubscribe),
    "verify_audit_log": lambda cast: {"day": lambda: clock.today("UTC").isoformat()},
}


def _audit_entry() -> str:
    """An entry of the audit log that can be read."""
    told = Fact(clock.new_id("fct"), "user.registered", "system", "usr_x", clock.now(), "req-of-the-cast")
    reactions.keep([told])
    return told.id
