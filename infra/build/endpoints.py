"""Cuts botocore's list of endpoints down to the services in use; called for the dependencies of each artefact.

botocore reads the whole list for its first client: 1.2 MB, 17 ms of CPU and 7 MB of memory in each cold start.
"""

import gzip
import json
from pathlib import Path
from typing import Any

DATA = Path("botocore", "data")


def trim(dependencies: Path) -> None:
    """Keep each partition's regions and defaults, and the endpoints of the services whose descriptions are there."""
    place = dependencies / DATA / "endpoints.json"
    endpoints = json.loads(place.read_text("utf-8"))
    used = {_prefix(description) for description in place.parent.glob("*/*/service-2.json.gz")}
    for partition in endpoints["partitions"]:
        partition["services"] = {name: body for name, body in partition["services"].items() if name in used}
    place.unlink()  # It is a link to the file that the other artefact takes.
    place.write_text(json.dumps(endpoints, separators=(",", ":")), "utf-8")


def _prefix(description: Path) -> str:
    """The name under which a service's endpoints are listed, which is not always its own."""
    content: dict[str, Any] = json.loads(gzip.decompress(description.read_bytes()))
    return str(content["metadata"]["endpointPrefix"])
