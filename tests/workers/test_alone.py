"""On AWS each function runs in an interpreter of its own: it must know all that it needs without its neighbours."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.accounts import privacy, records, registering
from chalicelib.accounts.registering import Registration
from chalicelib.accounts.sessions import Device
from chalicelib.settings import settings
from chalicelib.table import acts, keys, reads
from infra.local import template
from tests.conftest import House

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "seven-lean-otters"
HANDLERS = sorted(function.handler for function in template.load().functions)


def alone(code: str) -> str:
    """What an interpreter that knows nothing yet prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_starts_alone_and_without_chalice(handler: str) -> None:
    module = handler.rpartition(".")[0]
    printed = alone(f"import sys, {module}; assert callable({handler}); print('chalice' in sys.modules)")
    assert printed.strip().splitlines()[-1] == "False"


def test_the_nightly_erasure_alone_erases_every_kind_of_item(engine: House) -> None:
    act = acts.by_system("test")
    wish = Registration("zoe@example.org", PASSWORD, "zoe-alone", "Zoe", "Alone", "student", "free", "UTC", "en")
    user = registering.register(act, wish, Device("127.0.0.1", "test")).user
    engine.driver.settle()
    assert list(reads.all_of(keys.feed_of(user.id)))
    asked = acts.by_system("test")
    privacy.ask_erasure(replace(asked, actor=user.id), PASSWORD)
    engine.driver.settle()
    meant = (asked.now + timedelta(days=settings.erasure_grace_days + 1)).isoformat()
    code = f"from schedules.erase_accounts import handler; handler({{'scheduled_at': {meant!r}}}, None)"
    alone(code)
    left = records.user(user.id)
    assert left is not None
    assert left.erased_at is not None
    assert [record.sk for record in reads.all_of(keys.user(user.id).pk)] == ["USER"]
    assert list(reads.all_of(keys.feed_of(user.id))) == []
