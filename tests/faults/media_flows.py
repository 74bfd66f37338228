"""The flows of uploads: asking for a form, what the worker makes of what has come, deleting."""

from typing import Any

from infra.local.gateway import Reply
from tests.factories import media as files
from tests.factories.media import asked, stored
from tests.faults import ledger
from tests.faults.flows import Cast, flow
from tests.faults.lab import Lab
from tests.faults.people_flows import keyed, settling

WISH = {"what": "video", "content_type": "video/mp4", "filename": "one.mp4", "bytes": len(files.MP4)}


def teacher(lab: Lab) -> Cast:
    return {"me": lab.api.member(lab.named("teacher"), email=lab.address("teacher"), roles=("instructor",))}


def picture_of_mine(lab: Lab) -> Cast:
    """A picture for everybody that is ready."""
    cast = teacher(lab)
    upload = asked(files.PNG, cast["me"].id, what="image", content_type="image/png", public=True)
    stored(upload, files.PNG)
    told_by_the_bucket(lab, 1)
    lab.settle()
    return {**cast, "upload": upload}


def uploads_wait(lab: Lab) -> Cast:
    """One that is what it says, for everybody, and one that is not."""
    good = asked(files.PNG, what="image", content_type="image/png", public=True)
    bad = asked(files.HTML)
    lab.settle()
    stored(good, files.PNG)
    stored(bad, files.HTML)
    told_by_the_bucket(lab, 2)
    return {"good": good, "bad": bad}


def told_by_the_bucket(lab: Lab, number: int) -> None:
    """It answers first, and tells its queue a moment later."""
    files.until(lambda: ledger.waiting(lab.house, "media") >= number)


def ask(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.post("/media/uploads", WISH, token=cast["me"].access, **keyed(key))


def remove(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.delete(f"/media/{cast['upload'].id}", token=cast["me"].access, **keyed(key))


def settled(lab: Lab, cast: Cast) -> None:
    states = {item["id"]: item["state"] for item in lab.items("media")}
    assert states == {cast["good"].id: "ready", cast["bad"].id: "refused"}
    assert lying(cast["bad"]) == []
    assert sorted(lying(cast["good"])) == ["public", "u"]


def gone(lab: Lab, cast: Cast) -> None:
    lab.settle()
    assert [key for key in files.shown() if cast["upload"].id.removeprefix("med_") in key] == []


def lying(upload: Any) -> list[str]:
    """Where something lies that belongs to this upload."""
    ulid = upload.id.removeprefix("med_")
    return [key.partition("/")[0] for key in files.shown() if ulid in key]


flow("ask for an upload", ask, begin=teacher, told={"media.asked": 1})
flow(
    "delete an upload",
    remove,
    begin=picture_of_mine,
    told={"media.deleted": 1},
    repeated=frozenset({204, 404}),
    once_without_key=True,
    alone=True,
    holds=gone,
)
flow(
    "inspect uploads",
    settling,
    begin=uploads_wait,
    told={"media.ready": 1, "media.refused": 1},
    alone=True,
    once_without_key=True,
    holds=settled,
)
