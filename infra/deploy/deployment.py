"""Deploying a build, and going back to an earlier one; `python -m infra.deploy` and the end-to-end tests call it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from infra.build import Manifest, read
from infra.build.template import tags
from infra.deploy import Refused, caution, gateway_log, keys, releases
from infra.deploy.account import Account
from infra.deploy.bucket import Bucket
from infra.deploy.releases import Release
from infra.deploy.stack import Say, Stack
from infra.deploy.values import chosen
from infra.local.template import parsed


@dataclass(frozen=True)
class Order:
    """What is wanted: a build, and the values of parameters that the command names."""

    stage: str
    artefacts: Path
    given: Mapping[str, str] = field(default_factory=dict)
    anyway: bool = False


def stack_of(account: Account, stage: str) -> Stack:
    return Stack(account, f"learnflow-{stage}", tags(stage))


def deploy(order: Order, bucket: Bucket, say: Say) -> Release | None:
    """Upload what is new, show what changes, change it; None when everything stands there already."""
    manifest = accepted(order)
    stack = stack_of(bucket.account, order.stage)
    first = not stack.exists()
    template = parsed(order.artefacts / "template.yaml")
    past = releases.history(bucket, order.stage)
    values = chosen(template.get("Parameters", {}), order.given, past[-1].values if past else {})
    if keys.require(bucket.account, order.stage, first):
        say(f"Made the signing keys: {keys.parameter(order.stage)}. Keep a copy where only the operators can read it.")
    if gateway_log.require(bucket.account):
        say(f"Gateways of this account and region write their access logs in the role {gateway_log.ROLE} from now on.")
    placed = {
        archive.file: bucket.upload(order.artefacts / archive.file, archive.sha256)
        for archive in manifest.artefacts.values()
    }
    uris = {file: bucket.uri(key) for file, key in placed.items()}
    text = json.dumps(with_addresses(template, uris), sort_keys=True)
    release = Release(
        name=releases.new_name(),
        commit=manifest.commit,
        version=manifest.version,
        template=bucket.write("templates", text),
        values=values,
        artefacts=tuple(placed.values()),
    )
    return release if changed(stack, bucket, order.stage, release, say) else None


def roll_back(stage: str, bucket: Bucket, to: str | None, say: Say) -> Release:
    """Run an earlier release again, the one before the present unless named; data and keys stay as they are."""
    past = releases.history(bucket, stage)
    goal = releases.named(past, to) if to else releases.before(past)
    if lost := [key for key in (goal.template, *goal.artefacts) if not bucket.holds(key)]:
        raise Refused(f"{goal.name} cannot run again, the bucket has lost {', '.join(lost)}.")
    say(f"Back to {goal}")
    again = replace(goal, name=releases.new_name(), restores=goal.origin)
    if not changed(stack_of(bucket.account, stage), bucket, stage, again, say):
        raise Refused(f"{goal.name} is what runs already.")
    return again


def changed(stack: Stack, bucket: Bucket, stage: str, release: Release, say: Say) -> bool:
    """Whether there was anything to change; a release is noted when it stands."""
    planned = stack.planned(bucket.url(release.template), release.values, f"commit {release.commit}")
    if planned is None:
        return False
    for change in planned.changes:
        say(f"  {change}")
    try:
        caution.keep_data(planned.changes)
    except Refused:
        stack.abandon(planned)
        raise
    say(f"{stack.name}: {len(planned.changes)} changes")
    stack.execute(planned, say)
    releases.note(bucket, stage, release)
    return True


def accepted(order: Order) -> Manifest:
    try:
        manifest = read(order.artefacts)
    except FileNotFoundError as error:
        raise Refused(
            f"There is no build in {order.artefacts}; `make package STAGE={order.stage}` makes one."
        ) from error
    caution.fit_for(order.stage, manifest)
    caution.whole(manifest, order.artefacts)
    if order.stage == "prod" and not order.anyway:
        caution.finished(manifest)
    return manifest


def with_addresses(value: Any, uris: Mapping[str, str]) -> Any:
    """The template with each artefact's file name replaced by its address in the bucket."""
    if isinstance(value, list):
        return [with_addresses(item, uris) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: uris.get(item, item) if name == "CodeUri" and isinstance(item, str) else with_addresses(item, uris)
        for name, item in value.items()
    }
