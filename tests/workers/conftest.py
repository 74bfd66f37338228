"""Fixtures of the worker tests, among them a mail provider that does as it is told."""

from typing import Any

import pytest

from chalicelib import aws
from tests.http.conftest import _cheap_hash, api, faults
from tests.workers.doubles import MailFake

__all__ = ["_cheap_hash", "api", "faults"]


@pytest.fixture
def mail_fake(monkeypatch: pytest.MonkeyPatch) -> MailFake:
    fake, real = MailFake(), aws.client

    def client(service: str, **options: Any) -> Any:
        return fake if service == "sesv2" else real(service, **options)

    monkeypatch.setattr(aws, "client", client)
    return fake
