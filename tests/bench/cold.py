"""Runs inside the unpacked artefact, in a fresh interpreter: from nothing to the first answer, ours or the floor's.

`bench` starts it once for each measurement. The floor is a bare Chalice app with one botocore client of DynamoDB that
answers the same event after the same read.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.replay import Context, installed

Document = dict[str, Any]


def ours(document: Document, which: str) -> int:
    """The parameter store answers at once; `whole` asks it through its client, as a new instance does."""
    from app import app
    from chalicelib import keyring

    stand_in(document)
    if which == "ours":
        held = json.loads(document["keys"]["body"])["Parameter"]["Value"]
        keyring._fetch = lambda: held
    return int(app(document["case"]["event"], Context())["statusCode"])


def floor(document: Document) -> int:
    import botocore.session
    from chalice import Chalice

    app = Chalice("floor", configure_logs=False)
    client = botocore.session.get_session().create_client("dynamodb")
    stand_in(document)
    event = document["case"]["event"]

    @app.route(event["resource"])
    def answer() -> Document:
        key = {"pk": {"S": "USER#usr_1"}, "sk": {"S": "USER"}}
        found = client.batch_get_item(RequestItems={"learnflow-local": {"Keys": [key], "ConsistentRead": True}})
        return {"found": len(found["Responses"])}

    return int(app(event, Context())["statusCode"])


def stand_in(document: Document) -> None:
    installed(document["keys"], document["payments"]).take(document["case"]["replies"], [])


def peak_megabytes() -> float:
    """Of this program alone: what the kernel tells as the maximum of a process begins with its parent's."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main(which: str, recording: Path, result: Path) -> None:
    document = json.loads(recording.read_text())
    status = floor(document) if which == "floor" else ours(document, which)
    if status != 200:
        raise SystemExit(f"{which} answered {status}")
    seen = {"cpu_ms": time.process_time() * 1000, "rss_mb": peak_megabytes(), "modules": len(sys.modules)}
    result.write_text(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
