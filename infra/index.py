"""Makes the catalogue anew from the table: `make index`, or `python -m infra.index --scan`.

It finds courses by the entries that the catalogue keeps of them in the table. With `--scan` it first reads the whole
table, for courses that were brought in without facts: half a read unit for each 4 KB of everything there is, so nothing
but this command does it. It works where the environment points; without a STAGE, that is the cloud of `make run`.
"""

import sys
import time
from collections.abc import Iterator
from typing import Any

from infra.local.environment import enter_stage


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--scan"]):
        print("Say nothing, or --scan.")
        return 2
    enter_stage()
    return rebuilt(scanning=bool(arguments))


def rebuilt(*, scanning: bool) -> int:
    from chalicelib.catalog.index import building  # its settings are read when it is imported

    begun = time.monotonic()
    if scanning:
        building.note(set(_things()) - set(building.known()))
    done = building.rebuild()
    print(f"{done.entries} courses and lessons in {time.monotonic() - begun:.1f} s, publication {done.sequence}")
    return 0


def _things() -> Iterator[str]:
    """The ids of all courses, and of the lessons without one."""
    from chalicelib.settings import settings
    from chalicelib.table import reads

    asked: dict[str, Any] = {
        "TableName": settings.table_name,
        "FilterExpression": "kind IN (:c, :l) AND attribute_not_exists(course_id)",
        "ProjectionExpression": "id",
        "ExpressionAttributeValues": {":c": {"S": "course"}, ":l": {"S": "lesson"}},
    }
    while True:
        answer = reads.call("scan", **asked)
        yield from (item["id"]["S"] for item in answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
