"""Addresses that people give us to show to others: nothing but a plain https address of a public, named host."""

from typing import Any

import pytest

from tests.factories import courses
from tests.security import crew
from tests.security.client import Api, require_problem

EVIL = [
    "http://example.org/",
    "//example.org/",
    "example.org",
    "https:example.org",
    "https:///example.org",
    "https://",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.org/",
    "gopher://example.org/",
    "blob:https://example.org/x",
    "mailto:a@example.org",
    "about:blank",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://127.0.0.1./",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://169.254.170.2/",
    "https://100.100.100.200/",
    "https://10.0.0.1/",
    "https://192.168.0.1/",
    "https://172.16.0.1/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://foo.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router.lan/",
    "https://wiki.intranet/",
    "https://x.home.arpa/",
    "https://user@example.org/",
    "https://user:pw@example.org/",
    "https://@example.org/",
    "https://example.org@attacker.example/",
    "https://example.org:80/",
    "https://example.org:22/",
    "https://example.org:8443/",
    "https://example.org:99999/",
    "https://example.org:x/",
    "https://example.org./",
    "https://example..org/",
    "https://-example.org/",
    "https://xn--80ak6aa92e.com/",
    "https://www.xn--e1awd7f.com/",
    "https://exämple.org/",
    "https://аpple.com/",
    "https://example.org\\@attacker.example/",
    "https:\\\\example.org/",
    "https://example.org\\evil",
    "https://example.org/ x",
    "https://example.org/\tx",
    "https://example.org/\nx",
    "https://example.org/\r\nSet-Cookie: a=b",
    "https://example.org/<script>",
    'https://example.org/"onload="x',
    "https://example.org/'x",
    "https://example.org/\u202egpj.exe",
    "https://example.org/\u200b",
    "https://example.org/\x00",
    "https://ex%61mple.org/",
    "https://example.org%2f@attacker.example/",
    "https://example_x.org/",
    "https://example.org/" + "a" * 500,
    "https://" + "a" * 64 + ".org/",
    " ",
    "",
]
FINE = [
    "https://example.org/",
    "https://www.example.org:443/a/b?c=d#e",
    "https://EXAMPLE.org/me",
    "https://a-b.example.co.uk",
]


@pytest.mark.parametrize("field", ["website", "avatar_url"])
def test_no_evil_address_is_stored(api: Api, field: str) -> None:
    token = crew.join("asha").access
    taken = []
    for method in ("PATCH", "PUT"):
        for address in EVIL:
            answer = api.call(method, "/api/v1/users/profile", {field: address}, token=token)
            if answer.status != 422:
                taken.append(f"{answer.status} {address!r}")
                continue
            require_problem(answer, 422)
            assert answer.json()["errors"][0]["field"] == field
    assert taken == []
    assert len(EVIL) >= 60


def test_no_evil_address_of_a_film_or_a_cover_is_stored(api: Api) -> None:
    teacher = crew.join("tara", "instructor")
    course = courses.a_draft(teacher.id, lessons=1).id
    taken = []
    for field, path in (
        ("cover_url", f"/api/v1/courses/{course}"),
        ("media_url", f"/api/v1/lessons/les_{course[4:]}-1"),
    ):
        for address in (*EVIL, *FINE):
            answer = api.call("PATCH", path, {field: address}, token=teacher.access)
            if answer.status != 422 or answer.json()["errors"][0]["field"] != field:
                taken.append(f"{answer.status} {field} {address!r}")
    assert taken == []


@pytest.mark.parametrize("address", FINE)
def test_an_ordinary_address_is(api: Api, address: str) -> None:
    token = crew.join("asha").access
    answer = api.call("PATCH", "/api/v1/users/profile", {"website": address}, token=token)
    assert answer.json()["website"] == address


def test_a_picture_is_on_a_media_host_or_nowhere(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.settings import settings

    token = crew.join("asha").access

    def status(address: Any) -> int:
        return api.call("PATCH", "/api/v1/users/profile", {"avatar_url": address}, token=token).status

    assert status("https://media.learnflow.example/a.png") == 422
    before = settings.media_hosts
    object.__setattr__(settings, "media_hosts", frozenset({"media.learnflow.example"}))
    try:
        assert status("https://media.learnflow.example/a.png") == 200
        assert status("https://media.learnflow.example:443/a.png") == 200
        for other in ("x.media.learnflow.example", "media.learnflow.example.attacker.example", "learnflow.example"):
            assert status(f"https://{other}/a.png") == 422
        for trick in (
            "media.learnflow.example@attacker.example",
            "media.learnflow.example:8080",
            "media.learnflow.example.",
        ):
            assert status(f"https://{trick}/a.png") == 422
        assert status(None) == 200
    finally:
        object.__setattr__(settings, "media_hosts", before)
