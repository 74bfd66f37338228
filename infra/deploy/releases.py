"""What was deployed when: one small note per deployment in the bucket, which a rollback goes back along."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from infra.deploy import Refused
from infra.deploy.bucket import FOLDER, Bucket


@dataclass(frozen=True)
class Release:
    """`template` is the key of the template, `restores` the earlier release that a rollback went back to."""

    name: str
    commit: str
    version: str
    template: str
    values: Mapping[str, str]
    artefacts: tuple[str, ...]
    restores: str | None = None

    @property
    def origin(self) -> str:
        return self.restores or self.name

    def __str__(self) -> str:
        back = f", back to {self.restores}" if self.restores else ""
        return f"{self.name}  version {self.version}, commit {self.commit}{back}"


def new_name(now: datetime | None = None) -> str:
    return f"{now or datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"


def note(bucket: Bucket, stage: str, release: Release) -> None:
    bucket.note(f"{folder(stage)}{release.name}.json", asdict(release))


def history(bucket: Bucket, stage: str) -> list[Release]:
    """Every release of the stage, the newest last."""
    return [as_release(bucket.read(key)) for key in sorted(bucket.names(folder(stage)))]


def before(releases: list[Release]) -> Release:
    """What ran before that which runs now; after a rollback, what ran before the release it went back to."""
    if not releases:
        raise Refused("Nothing was deployed from this bucket to this stage.")
    now = releases[-1]
    earlier = [each for each in releases if each.restores is None and each.name < now.origin]
    others = [each for each in earlier if (each.template, each.values) != (now.template, now.values)]
    if not others:
        raise Refused(f"There is no release before {now.origin}.")
    return others[-1]


def named(releases: list[Release], name: str) -> Release:
    """The release with this name, or the last one that was built from this commit."""
    found = [each for each in releases if each.name == name or each.commit.startswith(name)]
    if not found:
        raise Refused(f"There is no release {name}; `make releases` lists them.")
    return found[-1]


def as_release(raw: dict[str, Any]) -> Release:
    return Release(**{**raw, "artefacts": tuple(raw["artefacts"])})


def folder(stage: str) -> str:
    return f"{FOLDER}/releases/{stage}/"
