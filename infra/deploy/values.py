"""The template's parameters for one stage: what the command says, and what earlier commands said.

Everything else stands in the template as a default; those of a stage come from `.chalice/config.json`.
"""

from collections.abc import Mapping
from typing import Any

from infra.deploy import Refused


def given(text: str) -> dict[str, str]:
    """`Name=value; Other=value` as it stands on the command line; an empty value goes back to the default."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    if nameless := [name.strip() for name, sign, _ in pairs if not sign]:
        raise Refused(f"SET wants Name=value, several parted by semicolons; without a value: {', '.join(nameless)}")
    return {name.strip(): value.strip() for name, _, value in pairs}


def chosen(
    declared: Mapping[str, Mapping[str, Any]], now: Mapping[str, str], before: Mapping[str, str]
) -> dict[str, str]:
    """The values to deploy with: a value said once stays until another is said.

    `before` may hold parameters that the template no longer has; `now` may not.
    """
    if strangers := [name for name in now if name not in declared]:
        raise Refused(f"The template has no parameter {', '.join(strangers)}; it has {', '.join(declared)}.")
    values = {name: value for name, value in {**before, **now}.items() if name in declared and value}
    missing = [name for name, rules in declared.items() if name not in values and "Default" not in rules]
    if missing:
        told = "\n".join(f"  {name}: {declared[name].get('Description', '')}" for name in missing)
        example = "; ".join(f"{name}=…" for name in missing)
        raise Refused(f'Values are missing:\n{told}\nSay them once with SET="{example}"; later deployments keep them.')
    return values
