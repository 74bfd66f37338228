"""The catalogue at several sizes: `python -m tests.bench.catalogue 1000 10000 100000`. Not part of `make test`.

Each size is a fresh process. It makes so many courses of twenty lessons, with words as frequent as words are, builds
the base, loads it as a first request does, and asks the packaged questions through the whole API, without the network:
limits and the look at the pointer are answered at once, and answers are not kept, so that each is worked out anew.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.environment import enter, local_environment

LESSONS = 20
VOCABULARY = 30_000
DESCRIPTION = 120
SHELVES = [[f"cat_{n}", f"shelf-{n}", f"Shelf {n}", None] for n in range(40)]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
QUESTIONS = {
    "list, page of 20": "/courses",
    "list, sorted by two fields": "/courses?sort=-rating,title",
    "list, three filters and facets": "/courses?level=beginner&free=false&min_rating=4&facets=true",
    "search with facets": "/search?q={41} {107}&facets=true",
    "search for a frequent word with facets": "/search?q={3}&facets=true",
    "search with a typing error and facets": "/search?q={417}x&facets=true",
    "page 40 of a list": "/courses?page=40&category=shelf-3",
    "lessons by title": "/lessons?q={41}",
}
Document = dict[str, Any]
#: The words of this run, the most frequent first.
SAID: list[str] = []


def words(chance: random.Random) -> Callable[[int], str]:
    """Words as frequent as in a text: the second half as often as the first, the third a third."""
    syllables = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]
    made = dict.fromkeys("".join(chance.choices(syllables, k=chance.choice([2, 2, 3, 3, 4, 5]))) for _ in range(90_000))
    known = list(made)[:VOCABULARY]
    SAID[:] = known
    weights = [1 / (number + 5) for number in range(VOCABULARY)]
    total, running = 0.0, []
    for weight in weights:
        total += weight
        running.append(total)
    return lambda count: " ".join(chance.choices(known, cum_weights=running, k=count))


def entries(amount: int) -> Iterator[Document]:
    from chalicelib.catalog.index import cards
    from chalicelib.catalog.index.cards import About
    from chalicelib.catalog.records import Category, Course, Curriculum, Tally
    from chalicelib.clock import derived_id
    from chalicelib.table import keys

    chance = random.Random(7)
    said = words(chance)
    for number in range(amount):
        id, teacher = derived_id("crs", str(number)), derived_id("usr", str(number % max(1, amount // 20)))
        shelf = chance.randrange(40)
        lessons = [
            {"ordinal": each, "title": said(5), "kind": "video", "minutes": 7, "preview": each == 1}
            for each in range(1, LESSONS + 1)
        ]
        course: Course = Course.under(
            keys.course(id), id=id, instructor_id=teacher, title=said(6), slug=f"course-{number}", subtitle=said(8),
            description=said(DESCRIPTION), outcomes=[said(6) for _ in range(4)], requirements=[said(5)],
            level=chance.choice(["all", "beginner", "intermediate", "advanced"]),
            language=chance.choice(["en", "en", "en", "hi", "de"]), category_id=f"cat_{shelf}",
            price_minor=chance.choice([0, 999, 1999, 4999]), status="published",
            published_at=NOW - timedelta(minutes=number), created_at=NOW, updated_at=NOW, lessons=LESSONS, minutes=140,
        )  # fmt: skip
        curriculum = Curriculum(course_id=id, sections=[{"id": f"sec_{number}", "title": said(3), "lessons": lessons}])
        tally = Tally(
            course_id=id, students=chance.randrange(500), rating_sum=chance.randrange(30, 50), rating_count=10
        )
        category = Category(id=f"cat_{shelf}", title=f"Shelf {shelf}", slug=f"shelf-{shelf}")
        yield cards.of_course(About(course, curriculum, tally, f"Teacher {teacher[-6:]}", category), NOW)


def question(name: str) -> str:
    """One of the questions, with the words of this catalogue."""
    if not SAID:
        words(random.Random(7))
    return QUESTIONS[name].format(*SAID).replace(" ", "%20")


def built(amount: int, path: Path) -> Document:
    from chalicelib.catalog.index import files

    connection, spent = files.create(path), 0.0
    with connection:
        for entry in entries(amount):
            begun = time.process_time()
            files.put(connection, entry)
            spent += time.process_time() - begun
        files.put_categories(connection, SHELVES)
    begun = time.process_time()
    files.finish(connection)
    return {
        "build CPU, s": round(spent + time.process_time() - begun, 1),
        "file, MB": round(path.stat().st_size / 1e6, 1),
    }


def asked(path: Path, rounds: int = 5) -> Document:
    """In a process of its own: what an instance pays."""
    import app
    from chalicelib.catalog.index import files, holding
    from chalicelib.catalog.index.shelves import Shelf
    from chalicelib.web import limits
    from tests.http.api import Api

    words(random.Random(7))
    memory = _memory()
    begun = time.process_time()
    copy, digest = path.with_suffix(".copy"), hashlib.sha256()
    with path.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    shelf = Shelf.of(files.opened(copy))
    loaded = (time.process_time() - begun) * 1000
    holding._holder.held = holding.Held(shelf, "base", 1)
    holding._holder.looked = float("inf")
    vars(limits)["lease"] = lambda *_: None
    api = Api()
    seen: Document = {"load CPU, ms": round(loaded)}
    seen["memory after loading, MB more"] = round(_memory() - memory, 1)
    course = shelf.cards([1])[0].id
    questions = {**QUESTIONS, "relatives": f"/courses/{course}/related"}
    for name, asks in questions.items():
        seen[name] = _cpu(app.app, api, shelf, asks.format(*SAID).replace(" ", "%20"), rounds)
    seen["course page"] = _cpu(app.app, api, shelf, f"/courses/{course}", rounds)
    seen["page, from the index alone"] = _median(lambda: shelf.page(course), rounds)
    seen["memory, MB more"] = round(_memory() - memory, 1)
    return seen


def _cpu(app: Any, api: Any, shelf: Any, target: str, rounds: int) -> float:
    events: list[Any] = []

    def spy(event: Any, context: Any) -> Any:
        events.append((event, context))
        return app(event, context)

    spy.routes, spy.api = app.routes, app.api  # type: ignore[attr-defined]
    api.gateway.app = spy
    reply = api.get(target)
    assert reply.status == 200, reply.body
    event, context = events[0]

    def once() -> None:
        shelf.answers.clear()
        app(event, context)

    return _median(once, rounds)


def _median(work: Callable[[], Any], rounds: int) -> float:
    """Of rounds that take a tenth of a second each, in milliseconds."""
    work()
    begun = time.process_time()
    work()
    times, seen = max(3, min(400, int(0.1 / (time.process_time() - begun)))), []
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(times):
            work()
        seen.append((time.process_time() - begun) * 1000 / times)
    return round(sorted(seen)[rounds // 2], 3)


def _memory() -> float:
    """Megabytes that are this process's own; a file that is looked at through memory is the system's."""
    rows = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return int(rows["RssAnon"].split()[0]) / 1000


def main(sizes: list[int]) -> None:
    table: Document = {}
    for amount in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "base.db")
            child = [sys.executable, "-m", "tests.bench.catalogue"]
            figures: Document = {}
            for step in ("--build", "--ask"):
                command = [*child, step, str(amount), str(path)]
                done = subprocess.run(command, env=os.environ, stdout=subprocess.PIPE, text=True, check=True)
                figures |= json.loads(done.stdout.splitlines()[-1])
            table[str(amount)] = figures
            print(json.dumps({str(amount): figures}, indent=1), flush=True)
    Path("build/catalogue.json").write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    import logging

    enter(local_environment("http://localhost:9"))
    logging.disable(logging.CRITICAL)
    if sys.argv[1] == "--build":
        print(json.dumps(built(int(sys.argv[2]), Path(sys.argv[3]))))
    elif sys.argv[1] == "--ask":
        print(json.dumps(asked(Path(sys.argv[3]))))
    else:
        main([int(each) for each in sys.argv[1:]])
