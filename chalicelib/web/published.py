"""The application as the routes of the platform itself see it: `application.py` hands itself in, `system.py` asks."""

from typing import Protocol

from chalicelib.web.routes import Route


class Described(Protocol):
    """What the documentation needs of the application. Each of these loads all domains."""

    def load(self) -> None: ...

    @property
    def operations(self) -> list[Route]: ...

    @property
    def alias_rows(self) -> list[tuple[str, str, Route]]: ...


_published: list[Described] = []


def publish(app: Described) -> None:
    _published[:] = [app]


def application() -> Described:
    return _published[0]
