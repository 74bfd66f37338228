"""Proves the audit chain of a day: `python -m infra.verify_audit 2026-11-20`; the last line says whether it holds.

It reads where the environment points; without a STAGE, that is the cloud of `make run` on this machine.
"""

import sys
from datetime import date

from infra.local.environment import enter_stage


def main(arguments: list[str]) -> int:
    try:
        (day,) = (date.fromisoformat(argument).isoformat() for argument in arguments)
    except ValueError:
        print("Say which day: python -m infra.verify_audit 2026-11-20")
        return 2
    enter_stage()
    return show(day)


def show(day: str) -> int:
    from chalicelib.accounts import chain  # its settings are read when it is imported

    found = chain.verify(day)
    for each in found.chains:
        erased = f", {each.erased} with erased details" if each.erased else ""
        print(f"shard {each.shard}: {each.entries} entries{erased}: {each.broken or 'whole'}")
    print(f"{day}: {'compared with its anchored heads' if found.anchored else 'not anchored'}")
    print("BROKEN" if found.broken else f"The chain holds: {found.entries} entries.")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
