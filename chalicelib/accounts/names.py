"""Names and addresses: unique by their keys, and listed in a directory cut into parts by first letters."""

from datetime import datetime
from typing import Any

from chalicelib.accounts.records import AddressClaim, User, UsernameClaim
from chalicelib.errors import Conflict, FieldError, ProductError
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.pages import Page, Scope, cursor, position
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, put_new

#: Sorts after every letter there is, also after those beyond the basic plane.
LAST = "\U0010ffff"


class NameTaken(Conflict):
    """This username is taken."""


class AddressTaken(Conflict):
    """An account with this mail address exists; sign in, or have a new password sent."""


def claims(user: User) -> list[Write]:
    """The items that make name and address unique; each condition names its field when it fails."""
    name = user.username.lower()
    directory = UsernameClaim.under(
        keys.username(name),
        user_id=user.id,
        username=user.username,
        listed=user.listed,
        gsi1pk=keys.name_bucket(name),
        gsi1sk=name,
    )
    address = AddressClaim.under(keys.address(keys.digest(user.email)), user_id=user.id)
    return [
        put_new(directory, otherwise=_taken(NameTaken, "username")),
        put_new(address, otherwise=_taken(AddressTaken, "email")),
    ]


def _taken(kind: type[ProductError], field: str) -> ProductError:
    return kind(errors=[FieldError(field, "taken", (kind.__doc__ or "").strip())])


def owner(text: str) -> str | None:
    """The id of the person with exactly this username or mail address."""
    name = text.strip().lower()
    key: Key
    kind: type[Record] = UsernameClaim
    if "@" in name:
        kind, key = AddressClaim, keys.address(keys.digest(name))
    elif name and name.isprintable() and keys.SEPARATOR not in name and len(name) <= 150:
        key = keys.username(name)
    else:
        return None
    found = reads.one(kind, key)
    return found.user_id if isinstance(found, (UsernameClaim, AddressClaim)) else None


def usernames(person: str, now: datetime, *, prefix: str, size: int, after: str | None) -> Page[UsernameClaim]:
    """The directory in the order of names, listed people only.

    One query for each part of it that the page touches, and more where many in a row are not listed.
    """
    return directory(Scope("users", person, prefix), now, prefix=prefix, size=size, after=after, everybody=False)


def directory(
    scope: Scope, now: datetime, *, prefix: str, size: int, after: str | None, everybody: bool
) -> Page[UsernameClaim]:
    prefix = prefix.lower()
    last = position(scope, after, now) if after else ""
    found: list[UsernameClaim] = []
    for bucket in _buckets(prefix, last):
        for claim in reads.all_of(bucket, index="gsi1", limit=size + 1, **_narrowed(prefix, last)):
            if isinstance(claim, UsernameClaim) and (everybody or claim.listed):
                found.append(claim)
            if len(found) > size:
                return Page(found[:size], cursor(scope, found[size - 1].gsi1sk, now))
    return Page(found)


def _buckets(prefix: str, last: str) -> list[str]:
    if prefix:
        ends = {keys.name_bucket(prefix), keys.name_bucket(prefix + LAST)}
        return [bucket for bucket in keys.name_buckets() if min(ends) <= bucket <= max(ends)]
    return [bucket for bucket in keys.name_buckets() if not last or bucket >= keys.name_bucket(last)]


def _narrowed(prefix: str, last: str) -> dict[str, Any]:
    """DynamoDB takes one condition on the sort key: from the last name on, or from the prefix to its end."""
    if prefix:
        return {"between": (f"{last}\x01" if last else prefix, prefix + LAST)}
    return {"after": last} if last else {}
