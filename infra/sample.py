"""The environment of `.env.example`, for programs that import the product without running it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """Every name of `.env.example` with its value; a test or check that uses it keeps that file honest."""
    lines = [line.strip() for line in (ROOT / ".env.example").read_text().splitlines()]
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def apply() -> None:
    """Must come before the first import of the product, whose settings are read once."""
    os.environ.update(environment())
