"""Makes the ML side's files of one day anew and checks them: `python -m infra.export_day 2026-11-20`.

What the raw zone lacks is taken from the table first, which has the facts of 35 days. Days before it that are not in
order come first, since its verdict begins where they end. It works where the environment points; without a STAGE, that
is the cloud of `make run` on this machine.
"""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from infra.local.environment import enter_stage

if TYPE_CHECKING:
    from chalicelib.ml.manifests import Manifest


def main(arguments: list[str]) -> int:
    try:
        (day,) = (date.fromisoformat(argument) for argument in arguments)
    except ValueError:
        print("Say which day: python -m infra.export_day 2026-11-20")
        return 2
    if day > datetime.now(UTC).date():
        print(f"{day} has not begun.")
        return 2
    enter_stage()
    return show(day)


def show(day: date) -> int:
    from chalicelib import clock  # its settings are read when it is imported
    from chalicelib.ml import days
    from chalicelib.settings import settings

    oldest = clock.now().date() - timedelta(days=settings.fact_days - 1)
    if day < oldest:
        print(f"The table no longer has the facts of {day}: its files cannot be compared, and stay as they are.")
        return 2
    before = [each for each in days.unsettled_before(day) if each >= oldest.isoformat()]
    done = days.compact([*before, day.isoformat()])
    for each in done.made:
        tell(each)
    for failed, error in done.failed.items():
        print(f"{failed}: FAILED: {type(error).__name__}: {error}")
    complete = day.isoformat() not in done.failed and all(each.complete for each in done.made if each.day == str(day))
    print(f"{day}: complete" if complete else f"{day}: INCOMPLETE")
    return 0 if complete else 1


def tell(made: "Manifest") -> None:
    of = f"{made.dataset} {made.day}"
    print(f"{of}: {made.distinct} rows of {made.rows} raw ones, {made.healed} taken from the table")
    for word, found in (("missing", made.missing), ("double", made.double)):
        for item, versions in found.items():
            print(f"  {item}: {word} {', '.join(map(str, versions))}")
    if not made.verified:
        print("  not compared: a day before it failed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
