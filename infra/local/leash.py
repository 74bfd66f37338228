"""Runs ministack under its own interpreter and stops it cleanly when its owner goes away; started by `engine`.

Ministack saves its state only on a clean stop, and an owner that is killed cannot ask for one: so this file, which
imports nothing of ours, holds the other end of a pipe and notices when it closes.
"""

import importlib
import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


def watch_owner() -> None:
    # Not sys.stdin: its lock would still be held when the interpreter ends, which Python answers with an abort.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def mend_versions(s3: Any) -> None:
    """S3 gives parts of any version, under the headers that a signed link asks for; ministack 1.5.33 only of the
    newest. Films are links to versions, and no player does without parts.
    """
    whole: Callable[..., Answer] = s3._get_object

    def get_object(bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> Answer:
        status, told, body = whole(bucket, key, headers, query)
        if status != 200 or not s3._qp(query or {}, "versionId", ""):
            return status, told, body
        s3._apply_response_overrides(told, query)
        part = s3._parse_range(headers["range"], len(body)) if headers.get("range") else None
        if part is None:
            return status, told, body
        start, end = part
        # The checksums are of the whole.
        kept = {name: value for name, value in told.items() if not name.lower().startswith("x-amz-checksum")}
        more = {"Content-Length": str(end + 1 - start), "Content-Range": f"bytes {start}-{end}/{len(body)}"}
        return 206, {**kept, **more}, body[start : end + 1]

    s3._get_object = get_object


if __name__ == "__main__":
    threading.Thread(target=watch_owner, daemon=True).start()
    mend_versions(importlib.import_module("ministack.services.s3"))
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")
