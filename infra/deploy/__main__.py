"""`make deploy`, `make rollback`, `make releases`, `make outputs` and `make logs`: arguments in, sentences out."""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.build.template import stages
from infra.deploy import Refused, advice, deployment, logs, releases, values
from infra.deploy.account import Account
from infra.deploy.bucket import Bucket
from infra.deploy.deployment import Order, stack_of

BUILDS = Path(__file__).resolve().parents[2] / "build"


def main(words: list[str]) -> int:
    arguments = parser().parse_args(words)
    try:
        require(arguments)
        return int(arguments.run(arguments, Account()))
    except Refused as problem:
        print(f"\n{problem}", file=sys.stderr)
    except (BotoCoreError, ClientError) as problem:
        print(f"\nAWS says: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped watching. What CloudFormation began, it goes on with.", file=sys.stderr)
    return 1


def require(arguments: argparse.Namespace) -> None:
    """`make` hands on what nobody said as an empty word."""
    said = vars(arguments)
    missing = [f"{name.upper()}=…" for name in ("stage", "bucket", "function") if said.get(name) == ""]
    if missing:
        raise Refused(f"Say also {' '.join(missing)}")


def parser() -> argparse.ArgumentParser:
    outer = argparse.ArgumentParser(prog="infra.deploy", description=__doc__)
    commands = outer.add_subparsers(required=True)
    stage, bucket = argparse.ArgumentParser(add_help=False), argparse.ArgumentParser(add_help=False)
    stage.add_argument("--stage", required=True)
    bucket.add_argument("--bucket", required=True)

    deploy = commands.add_parser("deploy", parents=[stage, bucket])
    deploy.add_argument("--artefacts", default="", help="a build that exists; without it, one is made")
    deploy.add_argument("--set", dest="given", default="", help="Name=value; Other=value")
    deploy.add_argument("--new-bucket", action="store_true", help="make the bucket, private")
    deploy.add_argument("--anyway", action="store_true", help="prod from a working tree with changes")
    deploy.set_defaults(run=run_deploy)

    rollback = commands.add_parser("rollback", parents=[stage, bucket])
    rollback.add_argument("--to", default="", help="a release or a commit; without it, the release before")
    rollback.set_defaults(run=run_rollback)

    commands.add_parser("releases", parents=[stage, bucket]).set_defaults(run=run_releases)
    commands.add_parser("outputs", parents=[stage]).set_defaults(run=run_outputs)

    reading = commands.add_parser("logs", parents=[stage])
    reading.add_argument("function", help="its name in the template, for example SendEmail")
    reading.add_argument("--since", default="10m", help="90s, 10m, 2h, 1d")
    reading.add_argument("--follow", action="store_true")
    reading.set_defaults(run=run_logs)
    return outer


def run_deploy(arguments: argparse.Namespace, account: Account) -> int:
    stage: str = arguments.stage
    if stage not in stages():
        raise Refused(f"There is no stage {stage}; .chalice/config.json has {', '.join(stages())}.")
    given = values.given(arguments.given)
    print(f"{stage} in {account.title}")
    bucket = Bucket(account, arguments.bucket)
    bucket.require(make=arguments.new_bucket)
    artefacts = Path(arguments.artefacts) if arguments.artefacts else packaged(stage)
    order = Order(stage, artefacts, given, anyway=arguments.anyway)
    release = deployment.deploy(order, bucket, say)
    if release is None:
        print("Everything stands there already; nothing was changed.")
        return 0
    print(f"\nDeployed version {release.version}, commit {release.commit}, as release {release.name}.")
    stack = stack_of(account, stage)
    show(stack.outputs())
    for step in advice.next_steps(account, stack.parameters(), stack.outputs()):
        print(f"Next: {step}")
    return 0


def run_rollback(arguments: argparse.Namespace, account: Account) -> int:
    print(f"{arguments.stage} in {account.title}")
    bucket = Bucket(account, arguments.bucket)
    bucket.require()
    release = deployment.roll_back(arguments.stage, bucket, arguments.to or None, say)
    print(f"\nversion {release.version}, commit {release.commit} runs again. Data and keys were not touched.")
    return 0


def run_releases(arguments: argparse.Namespace, account: Account) -> int:
    bucket = Bucket(account, arguments.bucket)
    bucket.require()
    for release in releases.history(bucket, arguments.stage):
        print(release)
    return 0


def run_outputs(arguments: argparse.Namespace, account: Account) -> int:
    outputs = stack_of(account, arguments.stage).outputs()
    if not outputs:
        raise Refused(f"{arguments.stage} is not deployed in {account.title}.")
    show(outputs)
    return 0


def run_logs(arguments: argparse.Namespace, account: Account) -> int:
    group = logs.group_of(stack_of(account, arguments.stage), arguments.function)
    start = datetime.now(UTC) - logs.since(arguments.since)
    for line in logs.lines(account, group, start, follow=arguments.follow):
        say(line)
    return 0


def packaged(stage: str) -> Path:
    """A fresh build, linted, as `make package` makes it."""
    if subprocess.run([sys.executable, "-m", "infra.build", stage], check=False).returncode:
        raise Refused("Nothing was deployed.")
    return BUILDS / stage


def show(outputs: Mapping[str, str]) -> None:
    width = max(map(len, outputs), default=0)
    for name, value in sorted(outputs.items()):
        print(f"  {name:<{width}}  {value}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
