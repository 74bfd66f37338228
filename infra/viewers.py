"""Fetches the files of Swagger UI and ReDoc into the product, which serves them itself; called by the installer.

They come from a pinned package and are never committed. Its dependencies (Django) stay away: only files are wanted.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "drf-spectacular-sidecar==2026.10.1"
SHA256 = "fe1d005d8ac9b5d0472f2fe5deeb2e7d6dcffaa24118044f22578b4b8c4b31f2"  # of its only wheel
FOLDER = Path(__file__).resolve().parent.parent / "chalicelib" / "web" / "viewers"
INSIDE = Path("drf_spectacular_sidecar", "static", "drf_spectacular_sidecar")

# Name in our folder -> where the package keeps it. The standalone preset only adds a top bar that we do not show.
FILES = {
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui-favicon.png": "swagger-ui-dist/favicon-32x32.png",
    "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
    "redoc.standalone.js": "redoc/bundles/redoc.standalone.js",
    "redoc.standalone.js.LICENSE.txt": "redoc/bundles/redoc.standalone.js.LICENSE.txt",
    "redoc.LICENSE.txt": "redoc/LICENSE",
}


def current() -> bool:
    version = FOLDER / "VERSION"
    return version.is_file() and version.read_text() == PACKAGE and all((FOLDER / name).is_file() for name in FILES)


def fetch() -> None:
    """Replace the folder's files by those of the pinned package; harmless to repeat."""
    with tempfile.TemporaryDirectory() as unpacked:
        wanted = Path(unpacked, "wanted.txt")
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}")
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
        command += ["--no-compile", "--no-deps", "--target", unpacked]
        subprocess.run([*command, "--only-binary=:all:", "--require-hashes", "-r", wanted], check=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        for name, origin in FILES.items():
            shutil.copyfile(Path(unpacked) / INSIDE / origin, FOLDER / name)
    (FOLDER / "VERSION").write_text(PACKAGE)


if __name__ == "__main__":
    fetch()
