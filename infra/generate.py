"""`make generate`: writes the files that are made from the code; `--check` names the stale ones instead."""

import json
import sys
from importlib import import_module
from pathlib import Path

from infra import sample

ROOT = Path(__file__).resolve().parent.parent

# Generated file -> module and function that returns its text. Imported late, so that each stands or falls alone.
GENERATED = {
    "docs/openapi.json": "infra.generate:openapi",
    "docs/asvs.md": "tests.security.asvs:render",
    "docs/configuration.md": "infra.configuration:render",
    "docs/costs.md": "infra.costs:render",
    "docs/data-model.md": "infra.data_model:render",
    "docs/performance.md": "infra.performance:render",
    "docs/problems.md": "infra.problems:render",
    "docs/rows.md": "infra.rows:render",
}


def openapi() -> str:
    app = import_module("app").app
    document = import_module("chalicelib.web.openapi").document(app)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def produce(producer: str) -> str:
    module, _, function = producer.partition(":")
    text: str = getattr(import_module(module), function)()
    return text


def write() -> int:
    for name, producer in GENERATED.items():
        path, text = ROOT / name, produce(producer)
        if _stored(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return 0


def check() -> int:
    stale = [name for name, producer in GENERATED.items() if _stored(ROOT / name) != produce(producer)]
    for name in stale:
        print(f"stale: {name}", file=sys.stderr)
    if stale:
        print("Run `make generate` and commit what it writes.", file=sys.stderr)
        return 1
    print(f"Generated files: {len(GENERATED)}, all fresh.")
    return 0


def _stored(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sample.apply()
    sys.exit(check() if sys.argv[1:] == ["--check"] else write())
