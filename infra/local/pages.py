"""The pages under `/_local/`: mail, payments, clocks, queues and facts, as HTML for people and as JSON for programs.

`serve` puts them beside the API; every page is one entry of `ROUTES` and shows what `views` found.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.local import views
from infra.local.cloud import Cloud
from infra.local.driver import Driver
from infra.local.gateway import Reply
from infra.local.proxy_event import header
from infra.local.stripe import running
from infra.local.stripe.buttons import BUTTONS
from infra.local.stripe.counter import Counter
from infra.local.stripe.refusals import Refusal
from infra.local.stripe.troubles import Lost
from infra.local.template import Template
from infra.redrive import NothingToRedriveTo, redrive

HOME = "/_local"
STRIPE = f"{HOME}/stripe"


@dataclass(frozen=True)
class Asked:
    """One request for a page: what the path captured, the query, and what the body said."""

    place: tuple[str, ...]
    query: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(eq=False)
class Refused(Exception):
    """The page cannot do that; becomes a problem."""

    status: int
    code: str
    detail: str


class Pages:
    """Callable as `wsgi` wants it: a reply for paths under `/_local`, None for all others."""

    def __init__(
        self,
        template: Template,
        cloud: Cloud,
        driver: Driver,
        kept_mail: Path | None = None,
        payments: Counter | None = None,
    ) -> None:
        self.template = template
        self.cloud = cloud
        self.driver = driver
        self.kept_mail = kept_mail
        self.payments = payments or running.counter(send=lambda *_: 404)  # Nobody listens.

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        address = urlsplit(target)
        path = address.path.rstrip("/")
        if path != HOME and not path.startswith(f"{HOME}/"):
            return None
        try:
            return self.reply(method, target, headers, body)
        finally:
            if method == "POST" and path.startswith(f"{STRIPE}/"):
                self.payments.keep()

    def reply(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        address = urlsplit(target)
        path = address.path.rstrip("/")
        if path.startswith(f"{STRIPE}/v1/"):
            return self.stripe(method, target, headers, body)
        for_people = "text/html" in (header(list(headers.items()), "accept") or "")
        try:
            page, shown = self.found(method, path, dict(parse_qsl(address.query)), headers, body)
        except Refused as refused:
            back = method == "POST" and for_people and path.startswith(STRIPE)
            return seen_on_page(refused) if back else problem(refused)
        if method == "POST" and for_people:
            return Reply(303, [("Location", place_after(page, path))], b"")
        return as_html(page, shown) if for_people else as_json(shown)

    def found(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[str, Any]:
        at_path = [
            (verb, page, view, match)
            for verb, pattern, page, view in ROUTES
            if (match := re.fullmatch(HOME + pattern, path))
        ]
        for verb, page, view, match in at_path:
            if verb == ("GET" if method == "HEAD" else method):
                if verb == "POST":
                    refuse_strangers(headers)
                return page, view(self, Asked(match.groups(), query, read_body(body)))
        if at_path:
            raise Refused(405, "method_not_allowed", f"This page does not take {method}.")
        raise Refused(404, "no_such_route", "There is no such local page.")

    def index(self, _: Asked) -> Any:
        return views.index(self.cloud)

    def mail(self, asked: Asked) -> Any:
        return views.mails(self.cloud, self.kept_mail, asked.query.get("to"))

    def bounce(self, asked: Asked) -> Any:
        address, kind = asked.body.get("address"), asked.body.get("kind", "bounce")
        if not isinstance(address, str) or "@" not in address or kind not in views.MAIL_EVENTS:
            raise Refused(422, "invalid", f'Wanted: {{"address": ..., "kind": one of {", ".join(views.MAIL_EVENTS)}}}')
        return views.report_mail_event(self.cloud, self.template, address, kind)

    def schedules(self, _: Asked) -> Any:
        return [views.schedule(source) for source in self.driver.schedules]

    def fire(self, asked: Asked) -> Any:
        (name,) = asked.place
        if name not in {source.name for source in self.driver.schedules}:
            raise Refused(404, "not_found", f"There is no schedule {name}.")
        return views.outcome(name, self.driver.fire(name, moment(asked.body.get("at"))))

    def stripe(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Stripe's API itself. An answer that is lost breaks off in the middle, as it does on the way."""
        try:
            return self.payments.server.answer(method, target, headers, body)
        except Lost:
            return Reply(200, [("Content-Length", "1")], b"")

    def paid(self, asked: Asked) -> Any:
        return {**self.payments.shown(), "said": asked.query.get("said")}

    def queues(self, _: Asked) -> Any:
        return views.queues(self.cloud, self.template)

    def redrive(self, asked: Asked) -> Any:
        (name,) = asked.place
        try:
            moved = redrive(self.cloud.client("sqs"), f"{views.prefix(self.template)}{name}")
        except NothingToRedriveTo as error:
            raise Refused(404, "not_found", str(error)) from error
        return {"queue": name, "moved": moved}

    def facts(self, _: Asked) -> Any:
        return {
            "readers": [views.reader(source) for source in self.driver.streams],
            "workers": [views.worker(source) for source in self.driver.queues],
            "facts": views.facts(self.cloud, self.template),
        }


View = Callable[[Pages, Asked], Any]


def button(press: Callable[[Counter, str, Mapping[str, Any]], None]) -> View:
    """A button of the page of payments. What it made Stripe tell is delivered before the page is seen again."""

    def pressed(pages: Pages, asked: Asked) -> Any:
        try:
            press(pages.payments, asked.place[0], asked.body)
        except Refusal as refusal:
            raise Refused(refusal.status, refusal.code or "refused", refusal.message) from refusal
        finally:
            pages.payments.deliveries.step()
        return pages.payments.shown()

    return pressed


ROUTES: tuple[tuple[str, str, str, View], ...] = (
    ("GET", "", "index", Pages.index),
    ("GET", "/mail", "mail", Pages.mail),
    ("POST", "/mail/bounces", "mail", Pages.bounce),
    ("GET", "/schedules", "schedules", Pages.schedules),
    ("POST", "/schedules/([a-z_]+)", "schedules", Pages.fire),
    ("GET", "/queues", "queues", Pages.queues),
    ("POST", "/queues/([a-z-]+)/redrive", "queues", Pages.redrive),
    ("GET", "/facts", "facts", Pages.facts),
    ("GET", "/stripe", "stripe", Pages.paid),
    *(("POST", f"/stripe{path}", "stripe", button(press)) for path, press in BUTTONS),
)


def refuse_strangers(headers: Mapping[str, str]) -> None:
    """A page of another site, open in the same browser, must not press our buttons."""
    site = header(list(headers.items()), "sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        raise Refused(403, "forbidden", "Only the local pages themselves may do that.")


def read_body(body: bytes) -> Mapping[str, Any]:
    """The fields of a JSON object or of a form."""
    text = body.decode("utf-8", errors="replace").strip()
    if not text.startswith("{"):
        return {name: value for name, value in parse_qsl(text) if value}
    try:
        fields: Mapping[str, Any] = json.loads(text)
    except ValueError as error:
        raise Refused(400, "malformed", "The body is not JSON.") from error
    return fields


def moment(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise Refused(422, "invalid", f"`at` is not an RFC 3339 time: {text}") from error
    if at.tzinfo is None:
        raise Refused(422, "invalid", f"`at` needs a time zone: {text}")
    return at


def place_after(page: str, path: str) -> str:
    """Where the page is on which a button was pressed, and where on it."""
    if page == "queues":
        return path.rsplit("/", 2)[0]
    payment = re.search(r"/intents/(\w+)/", path)
    return f"{HOME}/{page}#{payment[1]}" if payment else f"{HOME}/{page}"


def seen_on_page(refused: Refused) -> Reply:
    """Back to the page of payments, which says why it was not done."""
    return Reply(303, [("Location", f"{STRIPE}?{urlencode({'said': refused.detail})}")], b"")


def problem(refused: Refused) -> Reply:
    body = {"title": refused.detail, "status": refused.status, "code": refused.code, "detail": refused.detail}
    return Reply(refused.status, [("Content-Type", "application/problem+json")], json.dumps(body).encode())


def as_json(shown: Any) -> Reply:
    body = json.dumps(shown, indent=2, ensure_ascii=False, default=as_number).encode()
    return Reply(200, [("Content-Type", "application/json"), *PRIVATE], body)


def as_number(value: Any) -> Any:
    """DynamoDB's numbers come as decimals."""
    return int(value) if value == value.to_integral_value() else float(value)


def as_html(page: str, shown: Any) -> Reply:
    body = HTML.get_template(f"{page}.html").render(shown=shown, page=page).encode()
    return Reply(
        200, [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", POLICY), *PRIVATE], body
    )


PRIVATE = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
# Everything is inline: the pages load nothing, and a mail's own markup cannot run or fetch anything either.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-src 'self'"
HTML = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("html")), autoescape=True, undefined=StrictUndefined
)
