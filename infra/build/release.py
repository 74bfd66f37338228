"""Which version and commit is being built; the template passes both to the product, which shows them."""

import re
import subprocess

from infra.build.contents import ARTEFACTS, ROOT

RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)


def version() -> str:
    """The newest version that CHANGELOG.md tells of: a release is prepared there first, and nowhere else."""
    found = RELEASE.search((ROOT / "CHANGELOG.md").read_text("utf-8"))
    if not found:
        raise LookupError("CHANGELOG.md names no version")
    return found[1]


def commit() -> str:
    """The commit checked out, marked when files differ from it; `unknown` in a copy without history."""
    head = _git("rev-parse", "--short=12", "HEAD")
    if not head:
        return "unknown"
    # A new file that nobody has added yet would ship all the same.
    shipped = sorted({source for artefact in ARTEFACTS for source in artefact.sources})
    changed = _git("status", "--porcelain", "--untracked-files=no") or _git("status", "--porcelain", "--", *shipped)
    return f"{head}-changed" if changed else head


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
