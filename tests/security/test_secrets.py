"""Neither the log nor the repository holds a secret."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import House
from tests.security import crew
from tests.security.client import Api

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.row("E49")
def test_the_log_of_a_whole_story_has_no_password_token_or_address(
    api: Api, clean: House, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, new, mail = "canary-otters-swim-4711", "canary-herons-wade-0815", "canary.person@log-private.example"
    secrets = {secret, new, mail, "canary.person", "203.0.113.7"}
    body = {"username": "asha", "email": mail, "password": secret, "first_name": "Canaryname"}
    tokens = api.post("/api/v1/auth/register", body).json()
    secrets |= {"Canaryname", tokens["access"], tokens["refresh"]}
    api.post("/api/v1/auth/register", body)
    api.post("/api/v1/auth/login", {"email": mail, "password": secret + "x"})
    api.post("/api/v1/auth/login", {"email": mail, "password": secret})
    api.post("/api/v1/auth/login", raw=f'{{"email": "{mail}", "password": "{secret}"'.encode())
    api.post("/api/v1/auth/login", {"email": mail, "password": secret, "extra": secret})
    admin = crew.join("boss", "admin")
    secrets |= {admin.access}
    api.get(f"/api/v1/admin/users?q={mail}", token=admin.access)
    api.get(f"/api/v1/auth/me?email={mail}", token=tokens["access"])
    fresh = api.post("/api/v1/auth/refresh", {"refresh": tokens["refresh"]}).json()
    secrets |= {fresh["access"], fresh["refresh"]}
    api.post("/api/v1/auth/verify", {"token": fresh["access"]})
    api.post("/api/v1/auth/password/forgot", {"email": mail})
    clean.driver.settle()
    mailed = {token for each in clean.mails() for token in re.findall(r"token=([\w.~-]+)", each.text)}
    assert mailed
    secrets |= mailed
    for token in mailed:
        api.get(f"/api/v1/auth/password/reset?token={token}")
        api.post("/api/v1/auth/password/reset", {"token": token, "new_password": new})
    api.call("PATCH", "/api/v1/users/profile", {"first_name": "Canaryname", "bio": secret}, token=fresh["access"])
    api.call("DELETE", "/api/v1/users/me", {"password": new}, token=fresh["access"])
    clean.driver.settle()
    written = capsys.readouterr()
    log = written.out + written.err
    assert '"logger":"app.access"' in log
    assert [each for each in secrets if each in log] == []


KEY_LIKE = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|sk_live_\w{8,}|rk_live_\w{8,}|whsec_\w{16,}|ghp_\w{30,}"
    r"|xox[bp]-\w{10,}|eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}"
    r"|(?i:secret|api_?key|password)\s*[:=]\s*[\"'][A-Za-z0-9+/=_-]{24,}[\"']"
)
#: Passwords of invented people, which the documentation shows, and hashes that open nothing.
ALLOWED = ("learn-by-doing-2026",)


@pytest.mark.row("G47")
def test_no_file_of_the_repository_looks_as_if_it_held_a_key() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    found = []
    for name in listed.stdout.decode().splitlines():
        path = ROOT / name
        if path == Path(__file__) or not path.is_file() or path.stat().st_size > 1_000_000:
            continue
        likes = [match[0] for match in KEY_LIKE.finditer(path.read_bytes().decode("utf-8", "ignore"))]
        found += [f"{name}: {like[:60]}" for like in likes if not any(allowed in like for allowed in ALLOWED)]
    assert found == []
