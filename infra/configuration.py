"""The text of docs/configuration.md, made from what chalicelib/settings.py declares; `make generate` writes it."""

from chalicelib import settings
from chalicelib.settings import Named, Quota, Scope

INTRODUCTION = """\
# Configuration

Made by `make generate` from [settings.py](../chalicelib/settings.py), the only reader of the environment. Everything is
read once, at the start. A required name that is missing stops the start and is called by name
(`MissingSetting: TABLE_NAME`), and so is one with a value that cannot work (`SettingInvalid`). No secret is among them:
signing keys lie in the parameter store, under `KEYS_PARAMETER`, and Stripe's under `PAYMENTS_PARAMETER`.

[.env.example](../.env.example) has the values of the local stage, which `make run` sets by itself. On AWS the template
sets them, from the values of the stage: [deployment](guides/deployment.md).
"""

LIMITS = """\
## Limits

`LIMIT_<SCOPE>` changes how many; the windows are fixed. What happens when a limit is reached, and when it cannot be
counted, stands in [security](security.md#limits). In the local stage those per network address are a hundred times as
high.
"""

FIXED = """\
## Fixed in the code

Numbers that an operator has no reason to change; they are fields of `Settings` all the same.
"""


def render() -> str:
    return "\n".join([INTRODUCTION, *_names(), "", LIMITS, *_limits(), "", FIXED, *_fixed(), ""])


def _names() -> list[str]:
    head = ["## Names", "", "| Name | Default | Meaning |", "| --- | --- | --- |"]
    region = "| `AWS_REGION`, else `AWS_DEFAULT_REGION` | required | the region; Lambda sets the first |"
    return [*head, *map(_name, settings.names().values()), region]


def _name(named: Named) -> str:
    default = "required" if named.default is None else f"`{named.default}`" if named.default else "empty"
    local = f"; local: `{named.local}`" if named.local else ""
    return f"| `{named.name}` | {default}{local} | {named.meaning} |"


def _limits() -> list[str]:
    rows = [_limit(name, scope) for name, scope in settings.SCOPES.items()]
    return ["| Name | Default | In | Counts |", "| --- | ---: | ---: | --- |", *rows]


def _limit(name: str, scope: Scope) -> str:
    return f"| `LIMIT_{name.upper()}` | {scope.quota.limit:,} | {_window(scope.quota)} | {scope.meaning} |"


def _window(quota: Quota) -> str:
    return {settings.HOUR: "1 h", settings.DAY: "1 day"}.get(quota.seconds, f"{quota.seconds // 60} min")


def _fixed() -> list[str]:
    rows = [f"| `{name}` | {value} |" for name, value in settings.fixed().items()]
    return ["| Field | Value |", "| --- | ---: |", *rows]
