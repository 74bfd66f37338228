"""The artefacts start in an interpreter that knows nothing else, and do there what only they can fail at."""

import base64
import importlib.util
import json
import os
from collections import Counter
from itertools import product

import bcrypt
import pytest
from botocore.session import get_session

from chalicelib.messaging import letters
from chalicelib.web import viewing
from infra import coldpath
from infra.build import contents
from tests.packaging.built import Built

NAMES = [artefact.name for artefact in contents.ARTEFACTS]

ASK = """
import json
from app import app
event = {{
    "resource": {resource!r}, "path": {path!r}, "httpMethod": "GET", "headers": {{}}, "multiValueHeaders": {{}},
    "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": {parameters!r},
    "stageVariables": None, "body": None, "isBase64Encoded": False,
    "requestContext": {{
        "identity": {{"sourceIp": "192.0.2.1"}}, "httpMethod": "GET", "path": {path!r}, "resourcePath": {resource!r},
        "requestId": "1", "stage": "dev",
    }},
}}
class Context:
    aws_request_id, function_name = "1", "api"
    def get_remaining_time_in_millis(self): return 20_000
print(json.dumps(app(event, Context())))
"""


def test_every_handler_of_the_template_starts_alone(here: Built) -> None:
    for artefact, handler in here.handlers:
        module, _, name = handler.rpartition(".")
        printed = here.alone(artefact, f"import {module}; print(callable({module}.{name}))")
        assert printed.splitlines()[-1] == "True", handler


def test_both_artefacts_have_handlers_and_no_worker_lies_outside_the_template(here: Built) -> None:
    files = [path for folder in ("functions", "schedules") for path in (contents.ROOT / folder).glob("[!_]*.py")]
    assert Counter(artefact for artefact, _ in here.handlers) == {"api": 1, "workers": len(files)}


@pytest.mark.parametrize("name", NAMES)
def test_an_artefact_hashes_and_verifies_passwords(here: Built, name: str) -> None:
    old = "bcrypt$" + bcrypt.hashpw(b"seven-lean-otters", bcrypt.gensalt(4)).decode()
    code = f"""
from chalicelib.accounts import passwords
for stored in (passwords.hashed("seven-lean-otters"), {old!r}):
    print(passwords.verify("seven-lean-otters", stored).matches, passwords.verify("seven-fat-otters", stored).matches)
print(passwords.is_listed("password1234"))
"""
    assert here.alone(name, code).split() == ["True", "False", "True", "False", "True"]


@pytest.mark.parametrize("name", NAMES)
def test_the_clients_of_an_artefact_go_where_botocore_would(
    here: Built, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = ["us-east-1", "ap-south-1", "cn-north-1", "us-gov-west-1"]
    code = f"""
from botocore.session import get_session
session = get_session()
for service in {sorted(contents.SERVICES)}:
    for region in {regions}:
        client = session.create_client(service, region)
        print(service, region, client.meta.endpoint_url, client._request_signer.signing_name)
"""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    lines, session = [], get_session()
    for service, region in product(sorted(contents.SERVICES), regions):
        client = session.create_client(service, region)
        lines.append(f"{service} {region} {client.meta.endpoint_url} {client._request_signer.signing_name}")
    assert here.alone(name, code).splitlines() == lines


@pytest.mark.parametrize("name", NAMES)
def test_an_artefact_carries_its_own_time_zones(here: Built, name: str) -> None:
    code = "import zoneinfo; zoneinfo.reset_tzpath(to=[]); print(zoneinfo.ZoneInfo('Asia/Kolkata').key)"
    assert here.alone(name, code) == "Asia/Kolkata"


def test_the_workers_write_letters(here: Built) -> None:
    code = """
from chalicelib.messaging import letters
names = sorted(path.stem for path in letters.TEMPLATES.glob("*.jinja"))
for name in names:
    letters._environment("html").get_template(f"{name}.jinja")
print(len(names))
"""
    assert int(here.alone("workers", code)) == len(list(letters.TEMPLATES.glob("*.jinja")))


def test_the_cold_path_of_the_packaged_api_is_light(here: Built) -> None:
    heavy = coldpath.TOO_HEAVY + coldpath.ABSENT
    code = f"from app import app; app.load(); print([name for name in {heavy} if name in sys.modules])"
    assert here.alone("api", code) == "[]"


def test_all_that_the_packaged_api_loads_comes_from_itself_and_as_bytecode(here: Built) -> None:
    code = """
import os, sysconfig
from app import app
app.load()
standard = sysconfig.get_path("stdlib")
files = [(m.__file__, m.__cached__) for m in list(sys.modules.values()) if getattr(m, "__cached__", None)]
ours = [(f, c) for f, c in files if not f.startswith(standard)]
print([f for f, c in ours if not f.startswith(sys.path[0]) or not os.path.isfile(c)], len(ours) > 200)
"""
    assert here.alone("api", code) == "[] True"


@pytest.mark.row("K75")
@pytest.mark.parametrize("name", [*viewing.OURS, *viewing.FETCHED])
def test_the_packaged_api_serves_its_static_files(here: Built, name: str) -> None:
    resource = "/api/docs/assets/{name}"
    asked = ASK.format(resource=resource, path=f"/api/docs/assets/{name}", parameters={"name": name})
    answer = json.loads(here.alone("api", asked).splitlines()[-1])
    body = base64.b64decode(answer["body"]).decode() if answer["isBase64Encoded"] else answer["body"]
    found = viewing.asset(name)
    assert answer["statusCode"] == 200
    assert found is not None
    assert body == found.text


def test_the_interpreter_of_these_tests_would_see_what_is_missing(here: Built) -> None:
    assert importlib.util.find_spec("boto3") is not None
    code = "import importlib.util; print([importlib.util.find_spec(name) for name in ('boto3', 'pytest', 'infra')])"
    assert here.alone("api", code) == "[None, None, None]"
    assert os.fspath(contents.ROOT) not in here.alone("workers", "print(sys.path)")
