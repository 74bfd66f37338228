"""Runs ministack under its own interpreter and stops it cleanly when its owner goes away; started by `engine`.

Ministack saves its state only on a clean stop, and an owner that is killed cannot ask for one: so this file, which
imports nothing of ours, holds the other end of a pipe and notices when it closes.
"""

import os
import runpy
import signal
import sys
import threading


def watch_owner() -> None:
    # Not sys.stdin: its lock would still be held when the interpreter ends, which Python answers with an abort.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=watch_owner, daemon=True).start()
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")
