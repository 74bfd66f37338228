"""What the build leaves out of the start or makes beforehand changes nothing: dataclasses, pydantic, its schemas."""

import ast
import importlib.util
import json
import marshal
from pathlib import Path

import pydantic_core.core_schema
import pytest

from app import app
from chalicelib import starting
from chalicelib.web import openapi
from infra.build import contents, core_schema
from infra.build.contents import ARTEFACTS
from tests.packaging.built import Built

SOURCE = '''from typing import TypedDict

class Plain:
    total: int = 1

class Inner(TypedDict, total=False):
    """Words."""

    name: Required[str]
    more: int


class Outer(Inner, total=False):
    one: str
    two: str

def made(name: str) -> Inner:
    return {"name": name}
'''


def test_the_start_compiles_no_dataclass_of_its_own(here: Built) -> None:
    code = """
import dataclasses
from chalicelib import starting
take, known, unknown = dataclasses.exec, starting.packaged_code(), []
def watched(text, *places):
    unknown.extend([] if text in known else [text])
    take(text, *places)
vars(dataclasses)["exec"] = watched
import app
print(len(known) > 50, unknown)
"""
    assert here.alone("api", code) == "True []"


def test_the_packaged_code_is_what_python_would_make_of_the_text(here: Built) -> None:
    code = """
from chalicelib import starting
known = starting.packaged_code().items()
print([text for text, code in known if compile(text, "<string>", "exec", dont_inherit=True) != code])
"""
    assert here.alone("api", code) == "[]"


def test_after_the_start_dataclasses_are_made_as_ever(here: Built) -> None:
    assert here.alone("api", "import app, dataclasses; print('exec' in vars(dataclasses))") == "False"


def test_only_the_api_carries_code(on_lambda: Built) -> None:
    assert contents.CODE in on_lambda.names("api")
    assert contents.CODE not in on_lambda.names("workers")
    assert starting.CODE == contents.ROOT / contents.CODE


@pytest.mark.parametrize("magic", [b"\0\0\r\n", b""])
def test_code_that_another_python_made_is_not_taken(
    magic: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "CODE", tmp_path / "starting.code")
    known = {"1": compile("1", "<string>", "exec")}
    starting.CODE.write_bytes(magic + marshal.dumps(known))
    assert starting.packaged_code() == {}
    starting.CODE.write_bytes(importlib.util.MAGIC_NUMBER + marshal.dumps(known))
    assert starting.packaged_code() == known


def test_trimming_empties_the_typed_dictionaries_and_leaves_every_other_line_where_it_was() -> None:
    before, after = SOURCE.split("\n"), core_schema.emptied(SOURCE).split("\n")
    changed = {number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    assert changed == {6, 8, 9, 13, 14}
    assert (after[6], after[13]) == ("    pass", "    pass")
    compile("\n".join(after), "core_schema", "exec")


def test_the_trimmed_module_differs_only_in_the_bodies_of_its_typed_dictionaries(here: Built) -> None:
    whole = ast.parse(Path(str(pydantic_core.core_schema.__file__)).read_text()).body
    trimmed = ast.parse((here.out / "api" / core_schema.MODULE).read_text()).body
    emptied = [old for old, new in zip(whole, trimmed, strict=True) if ast.dump(old) != ast.dump(new)]
    assert len(emptied) > 50
    assert all(core_schema.is_typed_dictionary(each) for each in emptied)


@pytest.mark.parametrize("artefact", ARTEFACTS, ids=lambda each: each.name)
def test_an_artefacts_typed_dictionaries_are_empty(on_lambda: Built, artefact: contents.Artefact) -> None:
    place = on_lambda.out / artefact.name / core_schema.MODULE
    if "pydantic_core" in artefact.distributions:
        text = place.read_text()
        assert core_schema.emptied(text) == text
    assert place.exists() is ("pydantic_core" in artefact.distributions)


def test_the_packaged_pydantic_describes_our_models_as_the_whole_one(here: Built) -> None:
    code = (
        "import json; from app import app; from chalicelib.web import openapi; print(json.dumps(openapi.document(app)))"
    )
    told, whole = json.loads(here.alone("api", code)), openapi.document(app)
    for part in ("paths", "components"):
        assert told[part] == json.loads(json.dumps(whole[part]))


def test_the_packaged_pydantic_refuses_what_the_whole_one_refuses(here: Built) -> None:
    code = """
import json
from app import app
from chalicelib.errors import ProductError
from chalicelib.web import reading
odd = [{}, [], None, {"email": 1}, {"identifier": "a", "password": "b", "more": {}}, {"token": "x" * 5000}]
odd += [{"time_zone": "Nowhere", "language": "german", "bio": "\\x00"}, {"role": "student"}, {"roles": ["x"]}]
odd += [{"day": 7}, {"page_size": "x"}]
models = {each for route in app.operations for each in (route.body, route.query) if each}
told = []
for model in sorted(models, key=lambda each: (each.__name__, each.__module__)):
    for values in odd:
        try:
            told.append([model.__name__, reading.model_of(model, values).model_dump_json()])
        except ProductError as error:
            told.append([model.__name__, [[each.field, each.code, each.message] for each in error.errors]])
print(json.dumps(told))
"""
    names: dict[str, object] = {"print": lambda text: names.update(told=text)}
    exec(code, names)  # noqa: S102 -- the same words here and there
    assert json.loads(here.alone("api", code)) == json.loads(str(names["told"]))
