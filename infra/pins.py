"""What a lock pins: each package's version and the hashes of its files. Read by the installer and by the build.

The installer runs on a bare Python, so this imports the standard library alone.
"""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Each lock with the files it is made from by `make lock`. Together these name every package that is installed.
LOCKED = {
    "requirements.lock": ("requirements-dev.txt", "requirements.txt", "constraints.txt"),
    "requirements-cloud.lock": ("requirements-cloud.txt",),
}


@dataclass(frozen=True)
class Pin:
    name: str
    version: str
    hashes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"

    @property
    def line(self) -> str:
        """As pip reads it where it is told to require hashes."""
        return " ".join([str(self), *(f"--hash={each}" for each in self.hashes)])


def normal(name: str) -> str:
    """A distribution's name as pip compares it."""
    return name.strip().lower().replace("_", "-").replace(".", "-")


def pinned(*files: Path) -> dict[str, Pin]:
    """The pins of locks or of requirements files, by name."""
    lines = [line for path in files for line in path.read_text("utf-8").replace("\\\n", " ").splitlines()]
    pins = [_pin(line.partition("#")[0]) for line in lines if "==" in line.partition("#")[0]]
    return {pin.name: pin for pin in pins}


def _pin(line: str) -> Pin:
    requirement, *hashes = line.split("--hash=")
    name, _, version = requirement.partition("==")
    return Pin(normal(name), version.strip(), tuple(each.strip() for each in hashes))


def differences(lock: str) -> list[str]:
    """How a lock is not what the requirements want; nothing where both agree."""
    locked = {str(pin) for pin in pinned(ROOT / lock).values()}
    wanted = {str(pin) for name in LOCKED[lock] for pin in pinned(ROOT / name).values()}
    lacking = [f"{lock} lacks {pin}" for pin in sorted(wanted - locked)]
    return lacking + [f"{lock} has {pin}, which nothing asks for" for pin in sorted(locked - wanted)]
