"""Ids and keys: whatever text arrives, raw or percent-encoded, is itself again after the key, or refused."""

import inspect
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from chalicelib.table import keys
from chalicelib.table.keys import BadKeyPart, Key
from chalicelib.web import door
from tests.security import crew
from tests.security.attacks.ground import Ground
from tests.security.attacks.mutation import LETTERS
from tests.security.attacks.table import Tally, Volume, attack

ODD = "#%/\\.\x00\n\r\t \"'<>;$*|&?=+~éß漢😀\u202e\ud800"
NAMED = ("..", "%2e%2e", "%23", "%2523", "usr_%00", "USER", "me%23STANDING", "a" * 81, "a" * 2000, "%ff", "%", "")
#: One of so many goes through the whole gateway as well.
THROUGH_THE_DOOR = 50
PLACES = (
    ("GET", "admin/users"),
    ("DELETE", "auth/sessions"),
    ("GET", "courses"),
    ("GET", "lessons"),
    ("DELETE", "enrollments"),
    ("GET", "certificates"),
    ("GET", "media"),
    ("GET", "goals"),
)


@attack(
    "fuzz",
    "ids: random texts into every key function and through the door, raw and percent-encoded",
    goal="parse(build(x)) == x or refused; 0 answers 5xx, 0 strangers found",
    volume=Volume(5_000, 100_000, 1_000_000),
)
def ids(ground: Ground, volume: int) -> Tally:
    tally, chance = Tally(), ground.chance("ids")
    boss = crew.join("boss", "admin")
    makers = list(key_functions())
    for number, text in enumerate(_texts(volume, chance)):
        _through_a_key(tally, makers[number % len(makers)], text)
        _through_the_path(tally, text)
        if number % THROUGH_THE_DOOR == 0:
            _through_the_gateway(tally, ground, text, number, boss.access)
    return tally


def key_functions() -> Iterator[tuple[str, Callable[..., Any], int]]:
    """Every function of the key chart that takes texts and joins them as they are."""
    for name, function in inspect.getmembers(keys, inspect.isfunction):
        own = function.__module__ == keys.__name__ and not name.startswith("_")
        parameters = inspect.signature(function, eval_str=True).parameters.values() if own else ()
        texts = [each for each in parameters if each.annotation is str]
        if texts and len(texts) == len(list(parameters)) and name not in ("digest", "name_bucket"):
            yield name, function, len(texts)


def _texts(number: int, chance: random.Random) -> Iterator[str]:
    yield from NAMED
    for count in range(number - len(NAMED)):
        alphabet = ODD + LETTERS if count % 2 else LETTERS
        yield "".join(chance.choices(alphabet, k=chance.randint(1, 12)))


def _through_a_key(tally: Tally, maker: tuple[str, Callable[..., Any], int], text: str) -> None:
    name, function, arity = maker
    try:
        made = function(*[text] * arity)
    except BadKeyPart:
        tally.count(True, "")
        return
    whole = keys.SEPARATOR.join(made) if isinstance(made, Key) else made
    parts = whole.split(keys.SEPARATOR)
    held = parts.count(text) >= arity and len(parts) <= arity + 3
    tally.count(held and "#" not in text and text.isprintable(), f"{name}({text!r}) became {whole!r}")


def _through_the_path(tally: Tally, text: str) -> None:
    """What the door lets through is what was meant, and nothing that could steer a key or a query."""
    for raw in (text, quote(text.encode("utf-8", "surrogatepass"), safe="")):
        try:
            value = door._path_value(raw)
        except door.PathInvalid:
            continue
        harmless = value.isascii() and all(letter.isalnum() or letter in "_.-" for letter in value)
        tally.count(harmless and value == unquote(raw), f"the door made {value!r} of {raw!r}")
    tally.cases += 1


def _through_the_gateway(tally: Tally, ground: Ground, text: str, number: int, token: str) -> None:
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="" if number % 3 else "/#?")
    raw = text if text.startswith("%") else encoded
    for method, path in [(method, f"/api/v1/{place}/{raw}") for method, place in PLACES]:
        answer = ground.api.call(method, path, token=token)
        listed = answer.status == 200 and not raw.strip("/?#")
        tally.count(answer.status in (400, 404, 405, 422) or listed, f"{answer.status} to {method} {path!r}")
