"""`Routes`: one decorator per verb, and with it everything that is the same for every route.

A view takes an `Ask` whose type names its body and query models, calls a rule, and returns what the rule returned.
The door in front of it is `door.py`; what is declared here also becomes the OpenAPI document.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, get_args, get_type_hints

from pydantic import BaseModel

from chalicelib.errors import ProductError
from chalicelib.table.acts import Act
from chalicelib.web.exchange import Exchange
from chalicelib.web.identity import Caller
from chalicelib.web.policies import Policy
from chalicelib.web.reading import BODY_BYTES, Out

Body = TypeVar("Body")
Query = TypeVar("Query")
View = TypeVar("View", bound=Callable[..., Any])
#: How a route learns that its caller's token may still act: from the token alone, by a read of its own before the
#: view, or in the view's own first read (`ask.act.read`), which saves that trip. Where that read is "offered", a view
#: that shows a person their own needs none and trusts the token; whatever is somebody else's comes through it.
StandingMode = Literal["token", "confirmed", "joined", "offered"]
#: Whether requests count against the day's quota of the caller's tier: all of a route, or those whose path and query
#: values say so. What writes reads the counter in the view's own first read, so its standing is joined.
Metered = bool | Callable[[Mapping[str, str], Mapping[str, str]], bool]
BASE = "/api/v1"
#: For answers that every stranger gets alike: anybody may keep them for a while, proxies too.
PUBLIC = "public, max-age=60"
#: Under which heading the documentation lists what is the platform's own.
SYSTEM = "System"


@dataclass(frozen=True, slots=True)
class Ask(Generic[Body, Query]):
    """A request that has passed the door."""

    body: Body
    query: Query
    act: Act
    exchange: Exchange

    @property
    def caller(self) -> Caller:
        return self.exchange.caller

    @property
    def now(self) -> datetime:
        return self.act.now

    @property
    def expected_version(self) -> int | None:
        """The version named by `If-Match`, as our ETags carry it; one that is not ours matches nothing."""
        tag = self.exchange.headers.get("if-match", "*").strip()
        if tag == "*":
            return None
        number = tag.strip('"').partition(".")[0]
        return int(number) if number.isdecimal() and len(number) < 16 else -1


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer that is JSON text already: nothing makes models of it again. `etag`, where it is known before."""

    body: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """For views that must say more than their result: another status, headers, or a page instead of JSON."""

    result: Any = None
    status: int | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    page: str | None = None
    content_type: str = "text/html; charset=utf-8"
    #: Nothing was done, because it had been done before. A repeat with its idempotency key gets the first answer;
    #: without one, the status that the route declares as `repeats`.
    repeated: bool = False
    prepared: Prepared | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Everything that is known about one operation."""

    method: str
    path: str
    view: Callable[..., Any]
    policy: Policy
    status: int
    #: The status where what is asked for was there before, if it may be.
    repeats: int | None
    gives: type[Out] | None
    is_list: bool
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    #: How large a body may be.
    body_bytes: int
    standing: StandingMode
    throttled: bool
    limits: Sequence[str]
    metered: Metered
    errors: Sequence[type[ProductError]]
    location: str | None
    cache: str | None
    form: bool
    media: str
    #: Another type that the answer may have, where the query asks for it.
    also: str
    tag: str

    @property
    def name(self) -> str:
        return self.view.__name__

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD")

    def summary(self) -> str:
        return (self.view.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    def description(self) -> str:
        lines = (self.view.__doc__ or "").strip().partition("\n")[2].split("\n")
        return "\n".join(line.strip() for line in lines).strip()


class Routes:
    """A domain's routes. `tag` is the heading under which the documentation lists them."""

    def __init__(self, *, tag: str, base: str = BASE) -> None:
        self.tag = tag
        self.base = base
        self.declared: list[Route] = []

    def get(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("DELETE", path, **options)

    def _declare(
        self,
        method: str,
        path: str,
        *,
        policy: Policy,
        gives: type[Out] | None = None,
        lists: type[Out] | None = None,
        status: int | None = None,
        repeats: int | None = None,
        body_bytes: int = BODY_BYTES,
        standing: StandingMode | None = None,
        throttled: bool = True,
        limits: Sequence[str] = (),
        metered: Metered = False,
        errors: Sequence[type[ProductError]] = (),
        location: str | None = None,
        cache: str | None = None,
        form: bool = False,
        media: str = "application/json",
        also: str = "",
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            body, query = _models(view)
            self.declared.append(
                Route(
                    method=method,
                    path=self.base + path,
                    view=view,
                    policy=policy,
                    status=status or (204 if gives is lists is None and media == "application/json" else 200),
                    repeats=repeats,
                    gives=gives or lists,
                    is_list=lists is not None,
                    body=body,
                    query=query,
                    body_bytes=body_bytes,
                    standing=standing or _standing_of(method, policy, metered),
                    throttled=throttled,
                    limits=limits,
                    metered=metered,
                    errors=errors,
                    location=location,
                    cache=cache,
                    form=form,
                    media=media,
                    also=also,
                    tag=self.tag,
                )
            )
            return view

        return declare


def _standing_of(method: str, policy: Policy, metered: Metered) -> StandingMode:
    """What writes or takes a role asks the table; what a signed-in person reads trusts a living token."""
    if metered is not False and method != "GET":
        return "joined"
    needs = policy.signed_in and (method != "GET" or bool(policy.roles))
    return "confirmed" if needs else "token"


def _models(view: Callable[..., Any]) -> tuple[type[BaseModel] | None, type[BaseModel] | None]:
    body, query = get_args(get_type_hints(view)["ask"])
    return _model(body), _model(query)


def _model(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
