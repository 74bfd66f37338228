"""What lies in the artefacts that are deployed: all that is needed, nothing else, and only so much of it."""

import marshal
import re
import sys
from pathlib import Path

import pytest

from infra import viewers
from infra.build import contents
from infra.build.contents import API, ARTEFACTS, ROOT, WORKERS, Artefact
from infra.pins import normal
from tests.packaging import imports
from tests.packaging.built import Built

FORBIDDEN = {
    "api": "PIL boto3 cryptography functions infra jinja2 reportlab requests schedules segno tests uharfbuzz",
    "workers": "app.py boto3 chalice cryptography infra pydantic requests tests",
}
SECRETS = re.compile(
    rb"(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"
    rb"|[rs]k_(live|test)_\w{10}|whsec_\w{10}|gh[ps]_\w{30}|xox[bp]-\w{10}"
)
ARM64 = (b"\x7fELF", 0xB7)
UNCHECKED_HASH = b"\x01\x00\x00\x00"

every_artefact = pytest.mark.parametrize("artefact", ARTEFACTS, ids=lambda artefact: artefact.name)


@every_artefact
def test_an_artefact_is_no_larger_than_promised(on_lambda: Built, artefact: Artefact) -> None:
    made = on_lambda.manifest.artefacts[artefact.name]
    assert made.bytes == (on_lambda.out / made.file).stat().st_size <= artefact.limit
    assert made.unzipped_bytes <= contents.UNPACKED_LIMIT


def test_the_limits_are_the_promised_ones() -> None:
    assert (API.limit, WORKERS.limit) == (22_000_000, 40_000_000)


@every_artefact
def test_every_package_that_the_code_can_ask_for_is_there(here: Built, artefact: Artefact) -> None:
    handlers = [handler for name, handler in here.handlers if name == artefact.name]
    asked = {name.split(".")[0] for names in imports.reached(handlers).values() for name in names}
    foreign = asked - set(sys.stdlib_module_names) - set(imports.PRODUCT)
    there = {name.split("/")[0].removesuffix(".py") for name in here.names(artefact.name)}
    assert foreign
    assert foreign - there == set()


def test_every_requirement_ships_or_has_a_reason_not_to() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    required = {normal(line.partition("==")[0]) for line in lines if "==" in line}
    shipped = {normal(name) for artefact in ARTEFACTS for name in artefact.distributions}
    assert required - shipped == set(contents.NOT_SHIPPED)


def test_exactly_the_services_in_use_are_described(on_lambda: Built) -> None:
    data = re.compile(r"botocore/data/(\w+)/")
    for artefact in ARTEFACTS:
        described = {found[1] for name in on_lambda.names(artefact.name) if (found := data.match(name))}
        assert described == imports.services() == contents.SERVICES


@pytest.mark.row("K75")
def test_every_file_of_the_product_ships_with_the_api(on_lambda: Built) -> None:
    files = [path for path in (ROOT / "chalicelib").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    names = {path.relative_to(ROOT).as_posix() for path in files if not path.name.startswith(".")}
    assert {f"chalicelib/web/viewers/{name}" for name in viewers.FILES} < names
    assert "chalicelib/accounts/common_passwords.bin" in names
    left = {name for name in names if "/certificates/fonts/" in name}
    assert names - set(on_lambda.names("api")) == left
    assert left <= set(on_lambda.names("workers"))


def test_the_workers_have_every_file_of_the_product_but_the_pages_of_the_api(on_lambda: Built) -> None:
    left = set(API.product_files()) - set(on_lambda.names("workers")) - {"app.py"}
    assert {Path(name).parent.name for name in left} == {"assets", "viewers"}


@every_artefact
def test_an_artefact_holds_nothing_that_it_must_not(on_lambda: Built, artefact: Artefact) -> None:
    names = on_lambda.names(artefact.name)
    tops = {name.split("/")[0] for name in names}
    assert tops & set(FORBIDDEN[artefact.name].split()) == set()
    parts = {part for name in names for part in name.split("/")}
    assert {part for part in parts if part.startswith(".") or part.endswith((".dist-info", ".egg-info"))} == set()
    assert parts & {"test", "tests", "constraints.txt", "requirements.lock", "requirements.txt", "config.json"} == set()


@every_artefact
def test_an_artefact_tells_no_secret_and_no_folder_of_the_machine_that_built_it(
    here: Built, artefact: Artefact
) -> None:
    places = [str(place).encode() for place in (ROOT, here.out, contents.ROOT / "build")]
    for name in here.names(artefact.name):
        content = (here.out / artefact.name / name).read_bytes()
        assert not SECRETS.search(content), name
        assert not any(place in content for place in places), name


@every_artefact
def test_what_is_compiled_for_a_machine_is_compiled_for_that_of_lambda(on_lambda: Built, artefact: Artefact) -> None:
    compiled = [name for name in on_lambda.names(artefact.name) if name.endswith((".so", ".dylib", ".pyd"))]
    assert compiled
    for name in compiled:
        head = (on_lambda.out / artefact.name / name).read_bytes()[:19]
        assert (head[:4], head[18]) == ARM64, name
        assert "cpython-313-aarch64" in name or "abi3" in name


@every_artefact
def test_every_module_has_bytecode_that_python_takes_without_a_look_at_the_source(
    here: Built, artefact: Artefact
) -> None:
    names = set(here.names(artefact.name))
    sources = [name for name in names if name.endswith(".py")]
    for source in sources:
        folder, _, file = source.rpartition("/")
        cached = f"{folder}/__pycache__/".lstrip("/") + f"{file[:-3]}.{sys.implementation.cache_tag}.pyc"
        bytecode = (here.out / artefact.name / cached).read_bytes()
        assert bytecode[4:8] == UNCHECKED_HASH
        code = marshal.loads(bytecode[16:])  # noqa: S302 -- written by the build just now
        assert code.co_filename == f"/var/task/{source}"


@every_artefact
def test_a_dependency_takes_its_licence_along(on_lambda: Built, artefact: Artefact) -> None:
    there = {name.split("/")[1] for name in on_lambda.names(artefact.name) if name.startswith("licences/")}
    assert there == {normal(name) for name in artefact.distributions}
