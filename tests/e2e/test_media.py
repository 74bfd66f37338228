"""An upload through the deployed whole: the API signs in its own role, the bucket tells, the worker looks."""

from typing import Any

import pytest

from tests.e2e import story
from tests.e2e.stage import Stage, until
from tests.e2e.story import API, Story
from tests.factories.forms import fetched, sent

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture(scope="module")
def token(stage: Stage, told: Story) -> str:
    """Of somebody who teaches."""
    story.register(stage, "tara")
    access = story.login(stage, "tara").json()["access"]
    stage.call("POST", f"{API}/users/me/roles", {"role": "instructor"}, token=access)
    return str(story.login(stage, "tara").json()["access"])


def uploaded(stage: Stage, token: str, content: bytes) -> dict[str, Any]:
    """What is told of it once somebody has looked."""
    wish = {"what": "image", "content_type": "image/png", "filename": "a.png", "bytes": len(content), "public": True}
    asked = stage.call("POST", f"{API}/media/uploads", wish, token=token).json()
    assert sent(asked["upload"], content)[0] == 204

    def settled() -> dict[str, Any] | None:
        found: dict[str, Any] = stage.call("GET", f"{API}/media/{asked['id']}", token=token).json()
        return None if found["state"] == "waiting" else found

    return until("an upload is looked at", settled)


@pytest.mark.row("K69", "M115")
def test_an_upload_is_inspected_and_its_link_works(stage: Stage, token: str) -> None:
    said = uploaded(stage, token, PICTURE)
    assert said["state"] == "ready"
    assert said["public_url"].startswith(f"https://{stage.outputs['MediaHost']}/public/")
    seen = fetched(said["playback"]["url"])
    assert (seen.status, seen.body, seen.headers["Content-Type"]) == (200, PICTURE, "image/png")


@pytest.mark.row("K69")
def test_what_is_no_picture_is_refused_and_nobody_reads_the_bucket_without_a_link(stage: Stage, token: str) -> None:
    said = uploaded(stage, token, b"<html>".ljust(len(PICTURE)))
    assert (said["state"], said["reason"], said["playback"]) == ("refused", "wrong_type", None)
    link = uploaded(stage, token, PICTURE)["playback"]["url"]
    assert fetched(link.partition("?")[0]).status == 403
    assert fetched(link.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200")).status == 403
