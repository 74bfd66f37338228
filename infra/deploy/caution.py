"""What a deployment must not do unawares: lose data, or bring unfinished work to prod."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from infra.build import Manifest
from infra.deploy import Refused
from infra.deploy.stack import Change

#: What holds what cannot be made again: no command here removes or replaces it.
KEEPERS = frozenset({"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Backup::BackupVault"})


def keep_data(changes: Sequence[Change]) -> None:
    lost = [each for each in changes if each.kind in KEEPERS and (each.replaces or each.action == "Remove")]
    if lost:
        told = "\n".join(f"  {each}" for each in lost)
        raise Refused(
            f"This would lose what these hold, so nothing was changed:\n{told}\n"
            "Bring data over first (docs/decisions/0019-deployment.md says how), then remove them by hand."
        )


def fit_for(stage: str, manifest: Manifest) -> None:
    """Stop for a build of another stage: its template names that stage's resources."""
    if manifest.stage != stage:
        raise Refused(f"This was built for {manifest.stage}, not for {stage}.")


def finished(manifest: Manifest) -> None:
    """Stop for prod where nobody could say later what runs there, or where each cold start would be slow."""
    if manifest.commit == "unknown" or manifest.commit.endswith("-changed"):
        raise Refused(f"prod takes only what is committed; this is {manifest.commit}. Commit, or say ANYWAY=1.")
    if not manifest.bytecode:
        raise Refused("prod takes only artefacts with bytecode: build where Lambda's Python is, or say ANYWAY=1.")


def whole(manifest: Manifest, artefacts: Path) -> None:
    """Stop where a file is not the one that the manifest tells of."""
    wanted = {archive.file: archive.sha256 for archive in manifest.artefacts.values()}
    wanted["template.yaml"] = manifest.template_sha256
    for name, digest in wanted.items():
        if hashlib.sha256((artefacts / name).read_bytes()).hexdigest() != digest:
            raise Refused(f"{artefacts / name} is not what was built; package again.")
