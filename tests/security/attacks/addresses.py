"""Web addresses that people give us to show: nothing but a plain https address of a public, named host is kept."""

import socket
from typing import Any
from unittest import mock

from tests.security import crew
from tests.security.attacks.ground import Ground
from tests.security.attacks.table import Tally, Volume, attack
from tests.security.test_web_addresses import EVIL


@attack(
    "properties",
    "evil web addresses in every field that takes one: loopback in all spellings, metadata, userinfo, punycode",
    goal="0 stored, 0 names looked up",
    volume=Volume(0, 1, 1),
)
def evil_addresses(ground: Ground, volume: int) -> Tally:
    tally, token = Tally(), crew.join("asha").access
    looked_up: list[Any] = []
    real = socket.getaddrinfo

    def watched(host: Any, *given: Any, **named: Any) -> Any:
        looked_up.append(host)
        return real(host, *given, **named)

    with mock.patch.object(socket, "getaddrinfo", watched):
        for field in ("website", "avatar_url"):
            for method in ("PATCH", "PUT"):
                for address in EVIL:
                    answer = ground.api.call(method, "/api/v1/users/profile", {field: address}, token=token)
                    tally.count(answer.status == 422, f"{answer.status} {method} {field} {address!r}")
    strange = {host for host in looked_up if host not in ("localhost", "127.0.0.1")}
    tally.count(not strange, f"looked up {strange}")
    return tally
