"""Runs ministack under its own interpreter and stops it cleanly when its owner goes away; started by `engine`.

Ministack saves its state only on a clean stop, and an owner that is killed cannot ask for one: so this file, which
imports nothing of ours, holds the other end of a pipe and notices when it closes.
"""

import asyncio
import copy
import importlib
import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable, Iterator
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


class Bookmark:
    """What stands in the engine at a moment, to be brought back in a few milliseconds: tests begin with it by the
    thousand, and making it anew takes fifty calls. Ministack's own reset empties; what it has emptied is filled again.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.kept: dict[tuple[str, str], Any] = {}

    def remember(self) -> None:
        held = {place: container for place, container in self._containers() if container}
        memo: dict[int, Any] = {}
        copies = {place: _copied(container, memo) for place, container in held.items()}
        self.app._reset_all_state()
        self.kept = {place: copies[place] for place, container in held.items() if not container}
        if lost := [place for place, kept in self.kept.items() if kept is None]:
            raise TypeError(f"cannot be remembered: {lost}")
        self._fill()

    def recall(self) -> None:
        self.app._reset_all_state()
        self._fill()

    def _containers(self) -> Iterator[tuple[tuple[str, str], Any]]:
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith("ministack.services.") and hasattr(module, "reset"):
                for name, value in vars(module).items():
                    if not isinstance(value, type) and hasattr(value, "clear") and hasattr(value, "__len__"):
                        yield (module_name, name), getattr(value, "_data", value)

    def _fill(self) -> None:
        now = dict(self._containers())
        for place, kept in copy.deepcopy(self.kept).items():
            container = now[place]
            (container.extend if hasattr(container, "extend") else container.update)(kept)


def _copied(container: Any, memo: dict[int, Any]) -> Any:
    """None for what holds locks or threads; whether that matters shows when it is emptied."""
    try:
        return copy.deepcopy(container, memo)
    except TypeError:
        return None


def keep_place(app: Any) -> None:
    """`POST /_leash/remember` marks a place, `POST /_leash/recall` goes back to it; others wait meanwhile."""
    theirs, bookmark = app._handle_pre_body_request, Bookmark(app)
    ours = {"/_leash/remember": bookmark.remember, "/_leash/recall": bookmark.recall}

    async def handled(method: str, path: str, *more: Any) -> Any:
        if method != "POST" or path not in ours:
            return await theirs(method, path, *more)
        if path.endswith("recall") and not bookmark.kept:
            return 404, {}, b""
        async with app._get_reset_lock():
            await asyncio.to_thread(ours[path])
        return 200, {}, b""

    app._handle_pre_body_request = handled


if __name__ == "__main__":
    threading.Thread(target=watch_owner, daemon=True).start()
    mend_versions(importlib.import_module("ministack.services.s3"))
    keep_place(importlib.import_module("ministack.app"))
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")
