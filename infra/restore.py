"""Brings items back from a table that was restored beside the stage's own; `make restore FROM=table` runs it.

It says what is missing or different, and writes only when asked to. It may be stopped and run again at any point.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.account import Account
from infra.local.environment import enter_stage

Item = dict[str, Any]
Place = tuple[str, str]

PAGE = 100  # What BatchGetItem takes.
#: What is done about each verdict: nothing, or a put under this condition.
CONDITIONS = {"missing": "attribute_not_exists(pk)", "different": "attribute_exists(pk)"}
PERSON = re.compile("usr_[0-9A-Za-z]+")
#: The heads of a person who is brought back: where their items stood is not known (chalicelib/ml/reconciliation.py).
NO_HEADS = {"S": json.dumps({"restored": {}})}
DONE = {"missing": "brought back", "different": "put back to what it was"}


@dataclass(frozen=True)
class Restoring:
    """Two tables, the items it is about (partition keys that begin with `only`), and the verdicts to act on."""

    dynamodb: Any
    restored: str
    live: str
    only: str = ""
    acts_on: frozenset[str] = frozenset()

    def run(self) -> Counter[str]:
        erased, found = self.erased(), Counter[str]()
        # Facts come last: what follows from them then finds the marks of having been done, and no mail goes out again.
        for facts in (False, True):
            for items in pages(item for item in self.wanted() if (kind(item) == "fact") == facts):
                living = self.living(items)
                for item in items:
                    there = living.get(place(item))
                    wanted = without_heads(item, there)
                    found[self.settled(wanted, there, verdict(wanted, there, erased))] += 1
        return found

    def settled(self, item: Item, living: Item | None, found: str) -> str:
        if found not in self.acts_on:
            return found
        condition: Item = {"ConditionExpression": CONDITIONS[found]}
        if living and "heads" in living:
            condition["ConditionExpression"] += " AND heads = :heads"
            condition["ExpressionAttributeValues"] = {":heads": living["heads"]}
        try:
            self.dynamodb.put_item(TableName=self.live, Item=item, **condition)
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return "changed meanwhile, left alone"
        return DONE[found]

    def erased(self) -> frozenset[str]:
        """The people whom the living table has forgotten on purpose: all of them, since any item may mention them."""
        return frozenset(item["id"]["S"] for item in self.scan(self.live) if "erased_at" in item)

    def wanted(self) -> Iterator[Item]:
        return (item for item in self.scan(self.restored) if item["pk"]["S"].startswith(self.only))

    def scan(self, table: str) -> Iterator[Item]:
        for answer in self.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            yield from answer["Items"]

    def living(self, items: Sequence[Item]) -> dict[Place, Item]:
        wanted = {self.live: {"Keys": [{"pk": item["pk"], "sk": item["sk"]} for item in items], "ConsistentRead": True}}
        found: dict[Place, Item] = {}
        while wanted:
            answer = self.dynamodb.batch_get_item(RequestItems=wanted)
            found |= {place(item): item for item in answer["Responses"].get(self.live, ())}
            wanted = answer.get("UnprocessedKeys", {})
        return found


def without_heads(item: Item, living: Item | None) -> Item:
    """Heads say what has been exported, and exports are not undone: the old ones would make gaps of what is there."""
    if kind(item) != "pseudonym":
        return item
    return {**item, "heads": living["heads"] if living else NO_HEADS}


def verdict(item: Item, living: Item | None, erased: frozenset[str]) -> str:
    if not erased.isdisjoint(people(item)):
        return "of people who were erased since"
    if "ttl" in item and int(item["ttl"]["N"]) < time.time():
        return "expired"
    if living is None:
        return "missing"
    return "the same" if living == item else "different"


def people(item: Item) -> set[str]:
    """Every person whom an item mentions, however deep, in a name or a value."""
    return set(PERSON.findall(json.dumps(item, default=str)))


def kind(item: Item) -> str:
    return str(item["kind"]["S"])


def place(item: Item) -> Place:
    return item["pk"]["S"], item["sk"]["S"]


def pages(items: Iterator[Item]) -> Iterator[list[Item]]:
    page: list[Item] = []
    for item in items:
        page.append(item)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make restore", description=__doc__)
    parser.add_argument("restored", help="the table that was restored beside the living one")
    parser.add_argument("--only", default="", help="partition keys that begin with this, such as USER#usr_...")
    parser.add_argument("--apply", default="", help="missing, different, or both with a comma; nothing: only tell")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    asked = arguments(given)
    live = enter_stage()
    acts_on = frozenset(filter(None, asked.apply.split(",")))
    if unknown := acts_on - CONDITIONS.keys():
        print(f"APPLY takes {' or '.join(CONDITIONS)}, not {', '.join(sorted(unknown))}.")
        return 2
    try:
        found = Restoring(Account().client("dynamodb"), asked.restored, live, asked.only, acts_on).run()
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        print(f"One of the tables is not there: {asked.restored}, {live}.")
        return 1
    print(f"{found.total()} items of {asked.restored}, compared with {live}:")
    for words, amount in found.most_common():
        print(f"{amount:9,} {words}")
    if not acts_on and found.keys() & CONDITIONS.keys():
        print("Nothing was written. APPLY=missing brings back what is missing, APPLY=missing,different also the rest.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
