"""The signing keys of a stage, one step of a rotation at a time; `make keys STAGE=dev DO=add` runs it.

It keeps the waits of docs/runbooks/key-rotation.md, never prints a key, and refuses what would sign people out unasked.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.deploy import Refused
from infra.deploy.account import Account
from infra.deploy.keys import fresh, parameter
from infra.local.environment import enter_stage

#: Instances read the parameter every five minutes; twice that, and all of them have.
SPREAD = timedelta(minutes=10)
#: What the oldest signature that people still hold may need.
NEEDED = timedelta(days=31)

Document = dict[str, Any]


@dataclass(frozen=True)
class Ring:
    """The parameter as it stands: its document, and how long it has stood."""

    document: Document
    age: timedelta

    @property
    def current(self) -> str:
        return str(self.document["current"])

    @property
    def keys(self) -> dict[str, str]:
        return dict(self.document["keys"])

    def with_keys(self, current: str, keys: dict[str, str]) -> Document:
        """The next document. Of a key that goes, what proves the certificates it has signed stays."""
        from chalicelib.keyring import lasting_key  # which reads the settings, and those the stage's

        gone = {kid: lasting_key(value) for kid, value in self.keys.items() if kid not in keys}
        lasting = {**self.document.get("lasting", {}), **gone}
        return {"current": current, "keys": keys, **({"lasting": lasting} if lasting else {})}

    @property
    def names(self) -> set[str]:
        """Every name that has signed something which is still believed."""
        return {*self.keys, *self.document.get("lasting", {})}

    def told(self) -> str:
        others = [kid for kid in self.keys if kid != self.current]
        return f"signs with {self.current}, and believes {', '.join(others) or 'no other'}"


def added(ring: Ring, key: str, _force: bool) -> Document:
    """A new key that is believed and does not sign yet."""
    if key in ring.names:
        raise Refused(f"There is a key {key} already.")
    return ring.with_keys(ring.current, {**ring.keys, key: fresh()})


def used(ring: Ring, key: str, force: bool) -> Document:
    """From now on this key signs."""
    _known(ring, key)
    _stood(ring, SPREAD, force, "before all instances believe it")
    return ring.with_keys(key, ring.keys)


def dropped(ring: Ring, key: str, force: bool) -> Document:
    """This key is believed no longer."""
    _known(ring, key)
    if key == ring.current:
        raise Refused(f"{key} signs at present: use another first.")
    _stood(ring, NEEDED, force, "while people hold what it signed")
    return ring.with_keys(ring.current, {kid: value for kid, value in ring.keys.items() if kid != key})


def replaced(ring: Ring, key: str, force: bool) -> Document:
    """One new key alone: everybody is signed out."""
    if not force:
        raise Refused("This signs everybody out. If a key is known to somebody else, say FORCE=1.")
    if key in ring.names:
        raise Refused(f"There is a key {key} already.")
    return ring.with_keys(key, {key: fresh()})


STEPS: dict[str, Callable[[Ring, str, bool], Document]] = {
    "add": added,
    "use": used,
    "drop": dropped,
    "replace": replaced,
}


def _known(ring: Ring, key: str) -> None:
    if key not in ring.keys:
        raise Refused(f"There is no key {key}, but {', '.join(ring.keys)}.")


def _stood(ring: Ring, least: timedelta, force: bool, why: str) -> None:
    if ring.age < least and not force:
        raise Refused(f"Wait {whole(least - ring.age)} more: not {why}. (FORCE=1 does it all the same.)")


def whole(length: timedelta) -> str:
    minutes = max(1, round(length / timedelta(minutes=1)))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"


def read(ssm: Any, name: str) -> Ring:
    parameter = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    return Ring(json.loads(parameter["Value"]), datetime.now(UTC) - parameter["LastModifiedDate"])


def next_name(ring: Ring) -> str:
    numbers = [int(kid[1:]) for kid in ring.names if kid[:1] == "k" and kid[1:].isdigit()]
    return f"k{max(numbers, default=0) + 1}"


def main(given: Sequence[str]) -> int:
    asked = arguments(given)
    enter_stage(asked.stage)
    ssm, name = Account().client("ssm"), parameter(asked.stage)
    try:
        ring = read(ssm, name)
        print(f"{name} {ring.told()}. It has stood for {whole(ring.age)}.")
        if asked.step:
            step(ssm, name, ring, asked)
    except Refused as problem:
        print(problem)
        return 1
    except ssm.exceptions.ParameterNotFound:
        print(f"There is no {name}. The first deployment makes it.")
        return 1
    return 0


def step(ssm: Any, name: str, ring: Ring, asked: argparse.Namespace) -> None:
    key = asked.key or next_name(ring)
    document = STEPS[asked.step](ring, key, asked.force)
    ssm.put_parameter(Name=name, Type="SecureString", Overwrite=True, Value=json.dumps(document))
    print(f"Done: {asked.step} {key}. It {Ring(document, timedelta(0)).told()}.")


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make keys", description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("step", nargs="?", default="", choices=["", *STEPS])
    parser.add_argument("--key", default="", help="which key; a new one gets the next number")
    parser.add_argument("--force", action="store_true", help="do not wait, or sign everybody out")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
