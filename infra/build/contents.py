"""What each artefact holds, and what is left out of it: the one list that the build follows and the tests check.

A distribution stands here by name; the lock has its version and the hashes of its files. A test fails when the code of
an artefact imports a package that the artefact lacks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
LOCK = "requirements.lock"
MEGABYTE = 1_000_000
#: AWS counts an unpacked function and its layers together.
UNPACKED_LIMIT = 250 * MEGABYTE

# Each with what it needs when it runs, which is less than what it needs when it is installed.
STORE = ("botocore", "jmespath", "pynamodb", "python-dateutil", "six", "typing_extensions", "urllib3")
PASSWORDS = ("argon2-cffi", "argon2-cffi-bindings", "bcrypt", "cffi")
DOOR = ("annotated-types", "chalice", "pydantic", "pydantic_core", "typing-inspection")
CATALOGUE = ("apsw",)
LETTERS = ("Jinja2", "MarkupSafe")
PAYMENTS = ("stripe",)
PAPERS = ("pillow", "reportlab", "segno", "uharfbuzz")

#: In requirements.txt, and in neither artefact until something imports it.
NOT_SHIPPED = {
    "boto3": "the product calls botocore",
}

#: The AWS services that the code calls; botocore's descriptions of all others are left out.
SERVICES = frozenset({"dynamodb", "s3", "sesv2", "sqs", "ssm"})

#: Of these packages only the named files run in Lambda.
ONLY = {
    "apsw": ("apsw/__init__.*.so",),  # SQLite with what holds it; the rest is a shell and tools
    "chalice": ("chalice/__init__.py", "chalice/app.py"),  # the rest deploys, or serves on a desk
    "cffi": ("_cffi_backend*",),  # argon2 was compiled with the rest
}
#: Parts of the others that nothing of ours loads.
NEEDLESS = (
    # reportlab asks Pillow for its pictures and never gets one of ours: without type, colours and further formats.
    "PIL/ImageFont.py",
    "PIL/_avif",
    "PIL/_imagingcms",
    "PIL/_imagingft",
    "PIL/_webp",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/",
    "pillow.libs/libavif",
    "pillow.libs/libfreetype",
    "pillow.libs/libharfbuzz",
    "pillow.libs/liblcms2",
    "pillow.libs/libwebpdemux",
    "pillow.libs/libwebpmux",
    "pydantic/mypy.py",
    "pydantic/v1/",
    "reportlab/fonts/",
    "reportlab/graphics/",
    # Types for editors, and Stripe's products beside plain payments. (Its second API has the base of the first.)
    *(
        f"stripe/{part}/"
        for part in "apps billing billing_portal checkout climate entitlements events financial_connections "
        "forwarding identity issuing params product_catalog radar reporting reserve sigma tax terminal test_helpers "
        "three_d_secure treasury v2/billing v2/commerce v2/core/accounts v2/core/vault v2/money_management "
        "v2/test_helpers".split()
    ),
)
NEEDLESS_FOLDERS = frozenset({"__pycache__", "test", "tests"})
NEEDLESS_SUFFIXES = frozenset({".c", ".h", ".pxd", ".pyc", ".pyi", ".pyx", ".typed"})
#: Made by the build for the API: which module has which path, so that a domain is imported when it is first asked.
OWNERS = "chalicelib/web/owners.json"
#: And the compiled code of the dataclasses that its start makes.
CODE = "chalicelib/starting.code"
LICENCES = ("licen", "copying", "notice", "authors")


@dataclass(frozen=True)
class Artefact:
    name: str
    limit: int
    distributions: tuple[str, ...]
    sources: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.name}.zip"

    def product_files(self, root: Path = ROOT) -> list[str]:
        """Every file of ours that ships, whatever its kind, as sorted paths from the checkout's root."""
        found = (path for source in self.sources for path in _files(root / source))
        names = (path.relative_to(root).as_posix() for path in found)
        return sorted(name for name in names if not name.startswith(self.without))


API = Artefact(
    name="api",
    limit=22 * MEGABYTE,
    distributions=(*STORE, *PASSWORDS, *DOOR, *CATALOGUE, *PAYMENTS, "PyJWT", "tzdata"),
    sources=("app.py", "chalicelib"),
    without=("chalicelib/learning/certificates/fonts/",),  # papers are made by a worker
)
WORKERS = Artefact(
    name="workers",
    limit=40 * MEGABYTE,
    distributions=(
        *STORE,
        *PASSWORDS,
        *LETTERS,
        *PAPERS,
        *CATALOGUE,
        *PAYMENTS,
        "PyJWT",
        "aws_lambda_powertools",
        "tzdata",
    ),
    sources=("chalicelib", "functions", "schedules"),
    without=("chalicelib/web/assets/", "chalicelib/web/viewers/"),  # pages of the API
)
ARTEFACTS = (API, WORKERS)


def runs(distribution: str, name: str) -> bool:
    """Whether a file of a distribution is needed by a running function."""
    path = PurePosixPath(name)
    if distribution in ONLY:
        return any(path.match(pattern) for pattern in ONLY[distribution])
    if name.startswith(NEEDLESS) or NEEDLESS_FOLDERS & set(path.parts) or path.suffix in NEEDLESS_SUFFIXES:
        return False
    return _is_used_data(path.parts) if distribution == "botocore" else True


def is_licence(name: str) -> bool:
    """Whether a file of a distribution's metadata is one that its licence wants to see passed on."""
    path = PurePosixPath(name)
    return ".dist-info" in path.parts[0] and path.name.lower().startswith(LICENCES)


def _is_used_data(parts: tuple[str, ...]) -> bool:
    """Everything that is code, the data about all services, and the data of ours but for its examples."""
    if parts[:2] != ("botocore", "data") or len(parts) == 3:
        return True
    return parts[2] in SERVICES and not parts[-1].startswith("examples-")


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
    for path in source.rglob("*") if source.is_dir() else ():
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(source).parts)
        if path.is_file() and path.suffix != ".pyc" and not hidden:
            yield path
