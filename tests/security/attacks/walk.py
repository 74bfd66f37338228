"""Schemathesis over the whole application: every check, every phase, as people whose tokens are good.

It reads the OpenAPI document that the application serves and calls the gateway in this process, so what it finds is
wrong in the product or in the document.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import schemathesis
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER
from schemathesis.transport.wsgi import WSGITransport

from infra.local.wsgi import Wsgi, wsgi
from tests.security.attacks.cast import Cast
from tests.security.attacks.excuses import Judge
from tests.security.attacks.ground import Ground
from tests.security.attacks.table import Tally, Volume, attack
from tests.security.client import PROBLEM_KEYS

log = logging.getLogger("attack")
#: Cases for each operation and mode; the reduced walk leaves out the aliases.
OFTEN = Volume(2, 100, 1_000)
BOTH = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
#: After these, the token that asked for them is dead.
ENDINGS = frozenset({"logout", "change_password", "put_password", "delete_my_account", "restore_my_account"})
#: Settings of sockets, which a call inside the process does not have.
OF_SOCKETS = ("max_redirects", "verify", "cert", "proxies")
LONGEST_KEY = 255
#: What the caller has already is as good an answer.
UNCHANGED = 304
#: What takes somebody else's hand: Stripe's signature, and a card that was charged. Their own tests see them succeed.
OUTSIDE = frozenset({"POST /api/v1/payments/webhook", "POST /api/v1/payments/confirm-payment"})


@attack(
    "schemathesis",
    "each operation of the document: examples, coverage, fuzzing with valid and with invalid data, links",
    goal="0 failures of any check, each operation succeeds at least once, each refusal is a whole problem",
    volume=OFTEN,
)
def walk_through_the_document(ground: Ground, volume: int) -> Tally:
    walk = Walk(ground, only_canonical=volume < OFTEN.pull)
    # Every boundary of every field is what takes long; `make attack` tries them.
    walk.go(["examples"] if walk.only_canonical else ["examples", "coverage"], BOTH, 1)
    for mode in BOTH:
        walk.go(["fuzzing"], [mode], volume)
    walk.go(["stateful"], BOTH, volume)
    return walk.done()


class Walk:
    """One application, walked through several times with the same people."""

    def __init__(self, ground: Ground, *, only_canonical: bool) -> None:
        self.application = _unpacked(wsgi(ground.gateway))
        self.document = json.loads(ground.api.get("/api/schema").body)
        self.only_canonical, self.seed = only_canonical, ground.seed
        self.cast, self.judge, self.tally = Cast(), Judge(), Tally()
        self.statuses: dict[str, Counter[int]] = {}
        self.failed: Counter[str] = Counter()
        self.tried: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.phases: Counter[str] = Counter()
        self.calls = 0

    def go(self, phases: list[str], modes: Sequence[GenerationMode], examples: int) -> None:
        schema = self._schema(phases, modes, examples)
        for each in schema.get_all_operations():
            self.statuses.setdefault(each.ok().label, Counter())
        with self._hooks(schema):
            for event in from_schema(schema).execute():
                self._see(event)

    def _schema(self, phases: list[str], modes: Sequence[GenerationMode], examples: int) -> Any:
        # Not loaded from its address: Schemathesis leaves out the operation that it read the document from.
        schema: Any = schemathesis.openapi.from_dict(self.document, config=SchemathesisConfig(seed=self.seed))
        schema.app = self.application
        if self.only_canonical:
            schema = schema.exclude(deprecated=True)
        schema.config.phases.update(phases=phases)
        schema.config.generation.update(modes=list(modes), max_examples=examples, no_shrink=True)
        schema.config.generation.database = "none"
        schema.config.continue_on_failure = True
        return schema

    @contextmanager
    def _hooks(self, schema: Any) -> Iterator[None]:
        walk = self

        class Auth:
            def get(self, case: Any, _: Any) -> str:
                return walk.cast.person(walk.cast.part_of(case.operation.definition.raw)).access

            def set(self, case: Any, token: str, _: Any) -> None:
                case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}

        def before_call(context: Any, case: Any, kwargs: Any) -> None:
            walk.prepare(case)

        def after_call(context: Any, case: Any, response: Any) -> None:
            walk.answered(case, response)

        def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
            return walk.judge.keeps(failure, response, case.operation.definition.raw["operationId"])

        schema.auth(refresh_interval=None)(Auth)
        # Hypothesis also tries words of the modules that happen to be loaded: other tests would change what is sent.
        hooks = (before_call, after_call, filter_failure)
        for each in hooks:
            schemathesis.hook(each)
        try:
            in_process = mock.patch.object(WSGITransport, "send", _in_process(WSGITransport.send))
            with in_process, mock.patch.object(providers, "_get_local_constants", Constants):
                yield
        finally:
            for each in hooks:
                GLOBAL_HOOK_DISPATCHER.unregister(each)

    def prepare(self, case: Any) -> None:
        """Put living values where the case is valid; every third call of an operation goes out as it was made."""
        self.calls += 1
        self.tried[case.operation.label] += 1
        helped = self.tried[case.operation.label] % 3
        operation = case.operation.definition.raw
        values = self.cast.values(operation["operationId"].partition("_alias_")[0])
        if helped:
            for location, given in self._places(case):
                if not _is_negative(case, location):
                    for name in [name for name in given if name in values and given[name] is not None]:
                        made = values[name]()
                        given.update({name: made}) if made is not None else given.pop(name)
        if isinstance(case.query, dict) and not _is_negative(case, ParameterLocation.QUERY):
            self.asked[case.operation.label] += 1
            if self.asked[case.operation.label] % 3 == 1:
                # A list that is asked for nothing in particular is one that answers.
                needed = {each["name"] for each in operation.get("parameters", ()) if each.get("required")}
                case.query = {name: value for name, value in case.query.items() if name in needed}
        if helped and "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = "*"
        if "Idempotency-Key" in (case.headers or {}) and not _is_negative(case, ParameterLocation.HEADER):
            case.headers["Idempotency-Key"] = f"{self.calls:08}{case.headers['Idempotency-Key']}"[:LONGEST_KEY]

    def _places(self, case: Any) -> Iterator[tuple[ParameterLocation, dict[str, Any]]]:
        for location, given in (
            (ParameterLocation.PATH, case.path_parameters),
            (ParameterLocation.QUERY, case.query),
            (ParameterLocation.BODY, case.body),
        ):
            if isinstance(given, dict):
                yield location, given

    def answered(self, case: Any, response: Any) -> None:
        label, status = case.operation.label, response.status_code
        if case.method.upper() == case.operation.method.upper():
            self.statuses.setdefault(label, Counter())[status] += 1
        self.tally.cases += 1
        if status >= 400:
            self._require_problem(label, case, response)
        ended = case.operation.definition.raw["operationId"].partition("_alias_")[0] in ENDINGS and status < 300
        if ended or status in (401, 403):
            self.cast.dismiss(str(response.request.headers.get("Authorization", "")).removeprefix("Bearer "))

    def _require_problem(self, label: str, case: Any, response: Any) -> None:
        kind = ",".join(response.headers.get("content-type", []))
        whole = kind == "application/problem+json" and set(json.loads(response.content or b"{}")) == PROBLEM_KEYS
        if not whole and case.method != "HEAD":
            self.failed[f"{label}: {response.status_code} is no whole problem ({kind})"] += 1

    def _see(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError):
            self.failed[f"{event.label}: {type(event.value).__name__}: {event.value}"[:300]] += 1
        elif isinstance(event, events.ScenarioFinished):
            self.phases[event.phase.value] += len(event.recorder.interactions)
            for id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        self._failed(event.recorder, id, check)

    def _failed(self, recorder: Any, id: str, check: Any) -> None:
        case, failure = recorder.cases[id].value, check.failure_info.failure
        key = f"{case.operation.label}: {check.name}: {failure.title}"
        self.failed[key] += 1
        if self.failed[key] == 1:
            got = recorder.interactions.get(id)
            answer = got.response.content[-300:] if got and got.response else b""
            sent = (case.method, case.formatted_path, case.query, case.body)
            log.error("%s\n  %s\n  %s %s %s %.300s\n  %s", key, failure.message, *sent, answer)

    def done(self) -> Tally:
        for label, statuses in self.statuses.items():
            if label not in OUTSIDE and not any(200 <= status < 300 or status == UNCHANGED for status in statuses):
                self.failed[f"{label}: never succeeded: {dict(statuses)}"] += 1
        self.tally.failures = [f"{text} ({times} times)" for text, times in self.failed.items()]
        self.tally.notes = [f"{len(self.statuses)} operations", *(f"{n} {phase}" for phase, n in self.phases.items())]
        self.tally.notes += [f"excused {times}: {reason}" for reason, times in self.judge.excused.items()]
        return self.tally


def _in_process(send: Any) -> Any:
    """Schemathesis hands its probes settings of sockets, which its own transport for WSGI does not take."""

    def sent(self: Any, case: Any, **settings: Any) -> Any:
        return send(self, case, **{name: value for name, value in settings.items() if name not in OF_SOCKETS})

    return sent


def _unpacked(application: Wsgi) -> Wsgi:
    """The same without compression: the client of werkzeug asks for it and does not undo it."""

    def answer(environ: Any, start_response: Any) -> Any:
        return application({k: v for k, v in environ.items() if k != "HTTP_ACCEPT_ENCODING"}, start_response)

    return answer


def _is_negative(case: Any, location: ParameterLocation) -> bool:
    return case.meta is not None and bool(case.meta.is_negative_at(location))
