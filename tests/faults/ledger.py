"""The ledger check: what must hold over the whole table, the queues and the mails, whatever has happened before.

Reads the items as they lie there, not through the rules that wrote them. An invariant is a small function that yields
what is wrong; a domain adds its own with one line, the mark above it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from chalicelib import clock
from chalicelib.accounts.audit import GENESIS, AuditEntry
from chalicelib.catalog import bitmaps, tallies
from chalicelib.insight import figures
from chalicelib.messaging import mailer
from chalicelib.messaging.router import EVERY
from chalicelib.reactions import AT_MOST_ONCE, REACTIONS
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.record import Record
from chalicelib.web import metering
from infra.local.cloud import Cloud
from infra.local.mailbox import Mail
from tests.conftest import House
from tests.faults.stripe_fake import Till

Item = dict[str, Any]
_PLAIN = TypeDeserializer()


@dataclass
class Expected:
    """What a round did on purpose.

    Poison by queue; how many letters may be in the box once more (F13); and invariants that mean nothing in a world
    that the row has built itself, such as people without names or messages about facts that nobody wrote.
    """

    poison: dict[str, Counter[str]] = field(default_factory=dict)
    repeats: int = 0
    meaningless: set[Callable[["World"], Iterator[str]]] = field(default_factory=set)

    def poisoned(self, queue: str, body: str) -> None:
        self.poison.setdefault(queue, Counter())[body] += 1


class World:
    """Everything there is, read once."""

    def __init__(self, house: House, expected: Expected, mails_before: int = 0, till: Till | None = None) -> None:
        self.house, self.expected, self.mails_before = house, expected, mails_before
        self.till = till
        self.raw: list[Item] = []
        pages = house.cloud.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=settings.table_name, ConsistentRead=True):
            self.raw += page["Items"]
        self.by_kind: dict[str, list[Item]] = defaultdict(list)
        for raw in self.raw:
            item = {name: _PLAIN.deserialize(value) for name, value in raw.items()}
            self.by_kind[item.get("kind", "")].append(item)

    def all(self, kind: str) -> list[Item]:
        return self.by_kind[kind]

    @cached_property
    def mails(self) -> list[Mail]:
        """Newest first, so those of before come last."""
        found = self.house.mails()
        return found[: len(found) - self.mails_before]

    @cached_property
    def people(self) -> dict[str, Item]:
        return {item["id"]: item for item in self.all("user")}

    @cached_property
    def living(self) -> dict[str, Item]:
        return {id: item for id, item in self.people.items() if "erased_at" not in item}

    @cached_property
    def facts(self) -> dict[str, Item]:
        return {item["id"]: item for item in self.all("fact") if "id" in item}  # Some rows write poison.

    def unacknowledged(self) -> list[str]:
        told = {id for item in self.all("ack") if item["pk"].startswith("ACKS#router#") for id in item["fact_ids"]}
        return sorted(set(self.facts) - told)


Invariant = Callable[[World], Iterator[str]]
INVARIANTS: list[Invariant] = []


def invariant(check: Invariant) -> Invariant:
    INVARIANTS.append(check)
    return check


def check(world: World) -> None:
    expected = world.expected
    wrong = [
        f"{each.__name__}: {what}" for each in INVARIANTS if each not in expected.meaningless for what in each(world)
    ]
    assert not wrong, "\n".join(wrong[:20])


@invariant
def each_item_is_of_a_known_kind(world: World) -> Iterator[str]:
    """I12. Counters are written without a model of their own."""
    known = {*Record.get_attributes()["kind"]._discriminator_map, "limit"}  # type: ignore[attr-defined]
    for kind, items in world.by_kind.items():
        if kind not in known:
            yield f"{len(items)} items of kind {kind!r}, such as {items[0]['pk']}"


@invariant
def names_and_people_point_at_one_another(world: World) -> Iterator[str]:
    """I12, and uniqueness: whoever lives has exactly their name and their address, and nobody else has any."""
    should = Counter[str]()
    for id, user in world.living.items():
        should[f"{keys.username(user['username'].lower()).pk} {id}"] += 1
        should[f"{keys.address(keys.digest(user['email'])).pk} {id}"] += 1
    found = Counter(f"{item['pk']} {item['user_id']}" for kind in ("username", "address") for item in world.all(kind))
    yield from (f"missing: {each}" for each in should - found)
    yield from (f"orphan: {each}" for each in found - should)


@invariant
def what_belongs_to_a_person_has_a_living_owner(world: World) -> Iterator[str]:
    """I12: nothing of somebody who never was, or of somebody who has been erased."""
    for kind in ("session", "standing", "detail"):
        for item in world.all(kind):
            if item["pk"].removeprefix("USER#") not in world.living:
                yield f"{kind} of nobody: {item['pk']} {item['sk']}"
    for item in world.all("session"):
        if item["user_id"] != item["pk"].removeprefix("USER#") or item["id"] != item["sk"].removeprefix("SESSION#"):
            yield f"session under a foreign key: {item['pk']} {item['sk']}"
    for item in world.all("mail_token"):
        if item["user_id"] not in world.people:
            yield f"mail token of nobody: {item['id']}"
    for item in world.all("answer"):
        owner = item.get("gsi1pk", "").removeprefix("ANSWERSTO#")
        if owner in world.people and owner not in world.living:
            yield f"answer to somebody erased: {item['pk']}"


@invariant
def standings_agree_with_their_people(world: World) -> Iterator[str]:
    standings = {item["pk"].removeprefix("USER#"): item for item in world.all("standing")}
    for id, user in world.living.items():
        standing = standings.get(id)
        if standing is None:
            yield f"{id} has no standing"
            continue
        for name, seen in (("roles", user["roles"]), ("tier", user["tier"]), ("banned", "banned_at" in user)):
            if standing[name] != seen:
                yield f"{id}: {name} is {seen!r}, in the standing {standing[name]!r}"


@invariant
def versions_count_the_facts_about_a_thing(world: World) -> Iterator[str]:
    """R7: +1 per write, told by exactly one fact each; where facts name a version, none is missing or doubled."""
    told: dict[str, list[int]] = defaultdict(list)
    for fact in world.facts.values():
        if fact.get("subject_ver") is not None:
            told[fact["subject"]].append(int(fact["subject_ver"]))
    for kind in ("user", "course", "enrollment", "goal", "gone_goal", "order", "refund"):
        for item in world.all(kind):
            seen = sorted(ver for ver in told[item["id"]] if ver > 1)
            if seen != list(range(2, int(item["ver"]) + 1)):
                yield f"{item['id']} has version {item['ver']}, but facts tell of {seen}"


@invariant
def details_belong_to_facts(world: World) -> Iterator[str]:
    for item in world.all("detail"):
        if item["fact_id"] not in world.facts:
            yield f"detail of no fact: {item['fact_id']}"


@invariant
def each_fact_was_acknowledged(world: World) -> Iterator[str]:
    """I7: nothing is left to be told."""
    yield from world.unacknowledged()


@invariant
def each_letter_was_dealt_with(world: World) -> Iterator[str]:
    """0 lost intents: whatever a fact asks to be written has come to an end.

    One that goes out at most once is left alone after a kill while it was being sent.
    """
    letters = {item["pk"].removeprefix("LETTER#"): item["state"] for item in world.all("letter")}
    poisoned = any(world.expected.poison.get("emails", ()))
    for fact in world.facts.values():
        for reaction in REACTIONS.get(fact["name"], ()):
            state = letters.get(f"{reaction.name}-{fact['id']}")
            ended = state in mailer.ENDS or (state == "sending" and reaction.name in AT_MOST_ONCE)
            if reaction.queue == "emails" and not ended and not poisoned:
                yield f"{reaction.name} of {fact['id']} is {state}"


@invariant
def each_letter_is_in_the_box_once(world: World) -> Iterator[str]:
    """I6; a repeat only where the provider's yes got lost (F13)."""
    sent = sum(item["state"] == "sent" for item in world.all("letter"))
    if not sent <= len(world.mails) <= sent + world.expected.repeats:
        yield f"{len(world.mails)} mails of {sent} letters sent, {world.expected.repeats} repeats allowed"


@invariant
def the_dead_letters_are_the_poison_we_sent(world: World) -> Iterator[str]:
    """I8."""
    for queue in dead_letter_queues(world.house):
        expected = world.expected.poison.get(queue.removesuffix("-dead"), Counter[str]())
        found = Counter(bodies(world.house, queue)) if expected or waiting(world.house, queue) else Counter[str]()
        yield from (f"{queue} lacks {body[:200]}" for body in expected - found)
        yield from (f"unexplained in {queue}: {body[:400]}" for body in found - expected)


@invariant
def every_queue_is_empty(world: World) -> Iterator[str]:
    for source in world.house.driver.queues:
        if left := waiting(world.house, source.trigger.queue.removeprefix(f"{settings.resource_prefix}-")):
            yield f"{left} messages wait in {source.trigger.queue}"


@invariant
def counters_stay_within_their_limits(world: World) -> Iterator[str]:
    """I10, as far as counters of attempts can be told afterwards: never below nothing, never above the quota."""
    shared = {metering.COUNTER: metering.SCOPES["premium"]}
    for item in world.all("limit"):
        scope, counted = item["pk"].split("#")[1], item.get("n")
        if counted is not None and not 0 <= counted <= settings.quotas[shared.get(scope, scope)].limit:
            yield f"{item['pk']} counts {counted}"


@invariant
def uploads_are_what_their_facts_say(world: World) -> Iterator[str]:
    """Settled once or not at all, and nobody's upload is forgotten without a word."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for fact in world.facts.values():
        if fact["name"].startswith("media."):
            told[fact["subject"]][fact["name"].removeprefix("media.")] += 1
    uploads = {item["id"]: item for item in world.all("media")}
    for id, said in told.items():
        state = uploads[id]["state"] if id in uploads else "deleted"
        once = {"asked": 1, **({state: 1} if state in ("ready", "refused") else {})}
        if state != "deleted" and dict(said) != once:
            yield f"{id} is {state}, but facts tell {dict(said)}"
        if state == "deleted" and said["deleted"] != 1:
            yield f"{id} is gone, but facts tell {dict(said)}"


@invariant
def tallies_are_what_a_recount_gives(world: World) -> Iterator[str]:
    """I10. Where somebody was erased, what they had done is counted still, and cannot be recounted."""
    recount: dict[str, Counter[str]] = defaultdict(Counter)
    for item in world.all("enrollment"):
        counts = recount[item["course_id"]]
        counts["enrolled"] += 1
        counts["students"] += item["status"] == "active"
        counts["completions"] += "completed_at" in item
        counts.update(str(ordinal) for ordinal in bitmaps.numbers(bytes(item["done"])))
    tallied: dict[str, Counter[str]] = defaultdict(Counter)
    for item in world.all("tally"):
        tallied[item["course_id"]].update({name: int(item[name]) for name in ("enrolled", "students", "completions")})
        tallied[item["course_id"]].update({ordinal: int(times) for ordinal, times in json.loads(item["done"]).items()})
    told = {fact["name"] for fact in world.facts.values()}
    if "user.erased" not in told and told & set(tallies.COUNTS):
        for course in {*recount, *tallied}:
            if +recount[course] != +tallied[course]:
                yield f"{course} has {dict(recount[course])}, its tally says {dict(tallied[course])}"


@invariant
def figures_are_what_a_recount_gives(world: World) -> Iterator[str]:
    """I10, over the facts of each day: each is counted once."""
    recount: dict[str, Counter[str]] = defaultdict(Counter)
    for fact in world.facts.values():
        if fact["name"] in figures.COUNTED:
            counts = recount[figures.day_of(datetime.fromisoformat(fact["at"]))]
            counts[fact["name"]] += 1
            if fact["name"] in figures.SUMS:
                told = json.loads(fact["payload"])
                counts[f"{figures.SUMS[fact['name']]}.{told['currency']}"] += sum(told["lines"].values())
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item in world.all("figures"):
        found[item["pk"].removeprefix("FIGURES#")].update(
            {name: int(times) for name, times in json.loads(item["counts"]).items()}
        )
    found.pop(figures.ALWAYS, None)
    for day in {*recount, *found}:
        if recount[day] != found[day]:
            yield f"{day} had {dict(recount[day])}, its figures say {dict(found[day])}"


@invariant
def certificates_are_one_per_learner_and_course_and_only_for_what_is_completed(world: World) -> Iterator[str]:
    """I5. Each has one valid code at most, which is its own; whatever else was issued is closed and names nobody."""
    enrollments = {(each["user_id"], each["course_id"]): each for each in world.all("enrollment")}
    codes = {each["code"]: each for each in world.all("credential")}
    issued = Counter(fact["subject"] for fact in world.facts.values() if fact["name"] == "certificate.issued")
    for certificate in world.all("certificate"):
        whose = certificate["user_id"], certificate["course_id"]
        if not enrollments.get(whose, {}).get("completed_at"):
            yield f"{certificate['id']} is of a course that was not completed"
        if issued[certificate["id"]] != 1:
            yield f"{certificate['id']} was issued {issued[certificate['id']]} times"
        credential = codes.pop(certificate["code"], {})
        found = credential.get("user_id"), credential.get("course_id"), credential.get("status")
        if found != (*whose, {"issued": "valid", "revoked": "revoked"}[certificate["status"]]):
            yield f"{certificate['id']} is {certificate['status']}, its code {found}"
        if certificate["status"] == "issued" and "printed_at" not in certificate:
            yield f"{certificate['id']} has no paper"
    for code, credential in codes.items():
        if credential["status"] not in ("replaced", "erased") or "disclosures" in credential:
            yield f"{code} belongs to no certificate and is {credential['status']}"


#: How far apart the clocks of two instances may be (F18).
SKEW = timedelta(minutes=5)


@invariant
def sessions_are_one_family_each(world: World) -> Iterator[str]:
    """I11: a family has one newest turn, dated no later than the clock of the fastest instance may say."""
    for item in world.all("session"):
        if int(item["turn"]) < 0 or datetime.fromisoformat(item["rotated_at"]) > clock.now() + SKEW:
            yield f"{item['id']} is at turn {item['turn']} since {item['rotated_at']}"


@invariant
def each_fact_is_in_the_audit_once(world: World) -> Iterator[str]:
    if not any(reaction.queue == "history" for reaction in REACTIONS[EVERY]):
        return
    entries = Counter(item["fact_id"] for item in world.all("audit_entry"))
    pointers = Counter(item["pk"].removeprefix("AUDITED#") for item in world.all("audited"))
    yield from (f"{id} is in the audit {entries[id]} times" for id in world.facts if entries[id] != 1)
    yield from (f"no fact: {id}" for id in entries if id not in world.facts)
    yield from (f"entry and pointer differ: {id}" for id in (entries - pointers) + (pointers - entries))


@invariant
def the_audit_chain_is_whole(world: World) -> Iterator[str]:
    chains: dict[str, list[AuditEntry]] = defaultdict(list)
    for raw in world.raw:
        if raw["kind"]["S"] == "audit_entry":
            entry = AuditEntry.from_raw_data(raw)
            chains[entry.shard].append(entry)
    heads = {item["pk"].removeprefix("AUDITHEAD#"): item for item in world.all("audit_head")}
    for shard, entries in chains.items():
        previous = GENESIS
        for number, entry in enumerate(sorted(entries, key=lambda each: int(each.sequence)), start=1):
            if int(entry.sequence) != number or entry.previous != previous or entry.hash != entry.sealed():
                yield f"shard {shard} breaks at {number}"
                break
            previous = entry.hash
        if heads[shard]["hash"] != previous or int(heads[shard]["sequence"]) != len(entries):
            yield f"shard {shard} does not end at its head"


@invariant
def each_feed_is_gapless_and_tells_each_fact_once(world: World) -> Iterator[str]:
    feeds: dict[str, list[Item]] = defaultdict(list)
    for item in world.all("feed_event"):
        feeds[item["pk"].removeprefix("FEED#")].append(item)
    heads = {item["pk"].removeprefix("FEED#"): int(item["sequence"]) for item in world.all("feed_head")}
    for person, events in feeds.items():
        numbers = sorted(int(event["sequence"]) for event in events)
        if numbers != list(range(1, len(numbers) + 1)) or heads.get(person) != len(numbers):
            yield f"feed of {person}: {numbers}, head at {heads.get(person)}"
    should = Counter(f"{who} {fact['id']}" for fact in world.facts.values() for who in fact["audience"])
    found = Counter(f"{person} {event['fact_id']}" for person, events in feeds.items() for event in events)
    for each in (should - found) + (found - should):
        if each.partition(" ")[0] in world.living:
            yield f"not once in its feed: {each}"


@invariant
def no_clock_is_left_half_done(world: World) -> Iterator[str]:
    for item in world.all("job"):
        if "done_at" not in item:
            yield f"{item['pk']} {item['sk']} stands at {item['cursor']!r}"


@invariant
def the_acknowledged_are_facts(world: World) -> Iterator[str]:
    for item in world.all("ack"):
        _, _, minute, shard = item["pk"].split("#")
        for id in item["fact_ids"]:
            fact = world.facts.get(id)
            if fact is None or fact["pk"] != keys.facts_of(minute, shard):
                yield f"{item['pk']} acknowledges {id}"


def dead_letter_queues(house: House) -> list[str]:
    names = [str(each.properties["QueueName"]) for each in house.template.of_type("AWS::SQS::Queue")]
    return [name.removeprefix(f"{settings.resource_prefix}-") for name in names if name.endswith("-dead")]


@cache
def _urls(cloud: Cloud, queue: str) -> str:
    return str(cloud.client("sqs").get_queue_url(QueueName=settings.queue(queue))["QueueUrl"])


def _url(house: House, queue: str) -> str:
    return _urls(house.cloud, queue)


def waiting(house: House, queue: str) -> int:
    """How many messages lie there, visible or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = house.cloud.client("sqs").get_queue_attributes(QueueUrl=_url(house, queue), AttributeNames=names)
    return sum(int(told["Attributes"][name]) for name in names)


def bodies(house: House, queue: str) -> list[str]:
    """What lies there; it stays out of sight for a while."""
    found: list[str] = []
    sqs = house.cloud.client("sqs")
    while batch := sqs.receive_message(QueueUrl=_url(house, queue), MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in batch]
    return found


def purge(house: House, queue: str) -> None:
    house.cloud.client("sqs").purge_queue(QueueUrl=_url(house, queue))
