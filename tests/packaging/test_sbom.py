"""The list of what is inside names everything that ships, once, and is the same each time."""

import json

import pytest

from infra.build import contents, dependencies
from infra.build.sbom import sbom
from infra.pins import normal

PINS = dependencies.pins()


def test_every_distribution_of_an_artefact_is_listed_with_its_version() -> None:
    listed = {each["name"]: each for each in sbom(PINS)["components"]}
    for artefact in contents.ARTEFACTS:
        for name in artefact.distributions:
            component = listed[normal(name)]
            assert artefact.name in [each["value"] for each in component["properties"]]
            assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
    assert len(listed) == len(PINS)


def test_it_says_what_kind_of_document_it_is() -> None:
    document = sbom(PINS, "1.2.3", "abc")
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    assert document["metadata"]["component"]["version"] == "1.2.3"
    assert document["dependencies"][0]["dependsOn"] == [each["bom-ref"] for each in document["components"]]


@pytest.mark.parametrize("change", [PINS[1:], [*PINS, "other==1.0"]])
def test_the_same_pins_give_the_same_document_and_others_another_number(change: list[str]) -> None:
    assert json.dumps(sbom(PINS)) == json.dumps(sbom(list(reversed(PINS))))
    assert sbom(change)["serialNumber"] != sbom(PINS)["serialNumber"]
