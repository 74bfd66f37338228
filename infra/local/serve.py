"""Serves the API, the local pages and the event sources from one process; `python -m infra.local` starts it."""

import argparse
import importlib
import importlib.util
import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import yaml
from waitress.server import create_server

from infra.local import mailbox, resources, template
from infra.local.clockwork import BadExpression
from infra.local.cloud import Cloud
from infra.local.console import Splitter, say, served
from infra.local.driver import Driver
from infra.local.environment import enter, local_environment
from infra.local.gateway import Gateway
from infra.local.intrinsics import TemplateError
from infra.local.invocation import own_traceback
from infra.local.pages import Pages
from infra.local.stripe import keeping, running
from infra.local.stripe.counter import Counter
from infra.local.template import Template
from infra.local.views import LOG_INS, PASSWORD
from infra.local.watch import ROOT
from infra.local.wsgi import wsgi

LOG = ROOT / "build" / "local.log"
TELLER = "react_to_facts"
THREADS = 16  # A request that asks Stripe keeps one and needs another: the stand-in is served here too.
JOIN_SECONDS = 0.5
OWNER_POLL_SECONDS = 0.3
LARGEST_BODY = 64 * 1024 * 1024  # Far above the gateway's limit, so that its answer is the one that is seen.


def main() -> int:
    options = arguments()
    started = time.perf_counter()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=watch_owner, args=(os.getppid(),), daemon=True).start()
    logging.basicConfig(format="  %(message)s", level=logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # That requests queue for a moment is no news.
    sys.stdout = Splitter(sys.stdout, LOG)
    try:
        serve(options, started, stop)
    except KeyboardInterrupt:
        return 0
    finally:
        stop.set()
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=int, required=True, help="the listening socket of the parent")
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--state", type=Path, required=True, help="where readers keep their place, and mail its copies")
    parser.add_argument("--demo", required=True)
    parser.add_argument("--keeps-data", action="store_true")
    parser.add_argument("--again", action="store_true", help="a restart after a change: no banner")
    return parser.parse_args()


def serve(options: argparse.Namespace, started: float, stop: threading.Event) -> None:
    listening = socket.socket(fileno=options.socket)
    public_url = f"http://localhost:{listening.getsockname()[1]}"
    enter(local_environment(options.endpoint, public_url))
    cloud = Cloud(options.endpoint)
    declared, driver = surroundings(cloud, made(options.state / "positions"))
    gateway = Gateway(product(), public_url)
    kept_mail = options.state / "mail.json" if options.keeps_data else None
    kept_payments = options.state / "stripe.json"  # Also without a data folder: the table outlives this process.
    payments, threads = running.start(gateway, served, kept_payments, stop)
    seeded = seed_demo(cloud, declared.table, payments, options.demo)
    driver.leave_behind(TELLER, afresh=seeded)  # The first mail of a visitor does not wait for the demo's.
    threads += driver.run(stop)
    pages = Pages(declared, cloud, driver, kept_mail, payments)
    # A dictionary, because the published types of waitress take no single setting.
    settings: dict[str, Any] = {"sockets": [listening], "threads": THREADS, "ident": None}
    settings["max_request_body_size"] = LARGEST_BODY
    server = create_server(wsgi(gateway, pages, served), **settings)
    seconds = time.perf_counter() - started
    say(f"  Ready again after {seconds:.1f} s." if options.again else banner(public_url, options.endpoint, seconds))
    try:
        server.run()
    finally:
        keeping.keep(payments.deliveries, kept_payments)
        finish(stop, threads, cloud, kept_mail)


def finish(stop: threading.Event, threads: list[threading.Thread], cloud: Cloud, kept_mail: Path | None) -> None:
    stop.set()
    deadline = time.monotonic() + JOIN_SECONDS
    if kept_mail:
        try:
            mailbox.keep(cloud, kept_mail)
        except OSError:
            say("  The mailbox could not be kept: the local cloud was gone already.")
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def surroundings(cloud: Cloud, positions: Path) -> tuple[Template, Driver]:
    """What the templates declare, made and ready to run; a mistake in them is told in a sentence."""
    try:
        declared = template.load()
        resources.create(declared, cloud)
        return declared, Driver(declared, cloud, positions=positions)
    except (TemplateError, BadExpression, yaml.YAMLError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def product() -> Any:
    """The Chalice app. What is wrong with it is shown as its author would want to see it."""
    try:
        return importlib.import_module("app").app
    except Exception as error:  # noqa: BLE001  # Whatever the code being edited raises.
        print(own_traceback(error), file=sys.stderr)
        sys.exit(1)


def seed_demo(cloud: Cloud, table: str, payments: Counter, how_much: str) -> bool:
    """Fill an empty table with the demo, as soon as there is one; whether it was."""
    is_empty = not cloud.client("dynamodb").scan(TableName=table, Limit=1)["Items"]
    if not is_empty or not importlib.util.find_spec("infra.local.demo"):
        return False
    say("  Seeding the demo …")
    demo = importlib.import_module("infra.local.demo")
    if how_much == "people":
        demo.enter()
    else:
        demo.seed(payments.server if payments.in_use else None)
    return True


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def banner(url: str, endpoint: str, seconds: float) -> str:
    log_ins = ", ".join(LOG_INS)
    return f"""
  LearnFlow is ready after {seconds:.1f} s.

    Start here      {url}/_local
    API             {url}/api/v1
    Documentation   {url}/api/docs   (to read: {url}/redoc)
    Mailbox         {url}/_local/mail
    Payments        {url}/_local/stripe
    Local AWS       {endpoint}
    Log-ins         {log_ins} @learnflow.example
    Password        {PASSWORD}

  Ctrl-C stops everything. The full log is in {LOG.relative_to(ROOT)}.
"""


def end(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def watch_owner(owner: int) -> None:
    """End with the parent, also when it was killed and could not tell us."""
    while os.getppid() == owner:
        time.sleep(OWNER_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
