"""What is inside the artefacts, as a CycloneDX document: `package` writes it beside them as `sbom.json`.

Made of the pins alone, without a date, so that the same source gives the same document.
"""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from infra.build.contents import ARTEFACTS
from infra.pins import normal

FILE = "sbom.json"
Document = dict[str, Any]


def sbom(pins: Iterable[str], version: str = "local", commit: str = "") -> Document:
    """`pins` are lines `name==version`; each becomes a component that names the artefacts it is in."""
    components = [_component(*pin.split("==")) for pin in sorted(pins, key=str.lower)]
    product: Document = {"type": "application", "name": "learnflow", "version": version, "bom-ref": "learnflow"}
    if commit:
        product["properties"] = [{"name": "learnflow:commit", "value": commit}]
    document: Document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": components,
        "dependencies": [{"ref": "learnflow", "dependsOn": [each["bom-ref"] for each in components]}],
    }
    return {"serialNumber": f"urn:uuid:{_number(document)}", **document}


def _component(name: str, version: str) -> Document:
    purl = f"pkg:pypi/{normal(name)}@{version}"
    inside = [each.name for each in ARTEFACTS if normal(name) in map(normal, each.distributions)]
    return {
        "type": "library",
        "bom-ref": purl,
        "name": normal(name),
        "version": version,
        "purl": purl,
        "properties": [{"name": "learnflow:artefact", "value": artefact} for artefact in inside],
    }


def _number(document: Document) -> uuid.UUID:
    """The same content has the same number."""
    return uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
