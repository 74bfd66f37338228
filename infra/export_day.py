"""Makes the ML side's files of one day anew and checks them: `python -m infra.export_day 2026-11-20`.

What the raw zone lacks is taken from the table first, which has the facts of 35 days. It works where the environment
points; without a STAGE, that is the cloud of `make run` on this machine.
"""

import os
import sys
from datetime import UTC, date, datetime

from infra.local.environment import LOCAL_ENGINE, enter, local_environment


def main(arguments: list[str]) -> int:
    try:
        (day,) = (date.fromisoformat(argument) for argument in arguments)
    except ValueError:
        print("Say which day: python -m infra.export_day 2026-11-20")
        return 2
    if day > datetime.now(UTC).date():
        print(f"{day} has not begun.")
        return 2
    if "STAGE" not in os.environ:
        enter(local_environment(os.environ.get("AWS_ENDPOINT_URL", LOCAL_ENGINE)))
    return show(day.isoformat())


def show(day: str) -> int:
    from chalicelib import clock  # its settings are read when it is imported
    from chalicelib.ml import compaction
    from chalicelib.settings import settings

    if (clock.now().date() - date.fromisoformat(day)).days >= settings.fact_days:
        print(f"The table no longer has the facts of {day}: its files cannot be compared, and stay as they are.")
        return 2
    made = compaction.compact(day)
    for each in made:
        print(f"{each.dataset}: {each.distinct} rows of {each.rows} raw ones, {each.healed} taken from the table")
        for item, versions in each.missing.items():
            print(f"  {item}: missing {', '.join(map(str, versions))}")
        for item, versions in each.double.items():
            print(f"  {item}: double {', '.join(map(str, versions))}")
    complete = all(each.complete for each in made)
    print(f"{day}: complete" if complete else f"{day}: INCOMPLETE")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
