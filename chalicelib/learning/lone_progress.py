"""Progress in a lesson that belongs to no course: nothing to enroll in, nothing to finish but the lesson itself.

`progress.record` comes here; the same wishes mean the same.
"""

from typing import Any

from chalicelib.catalog import courses
from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.catalog.records import Lesson
from chalicelib.errors import Stale
from chalicelib.learning import diary, ids, lesson_progress, release
from chalicelib.learning.access import Viewer
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.looking import is_offered
from chalicelib.learning.records import LoneProgress
from chalicelib.learning.steps import Wish
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, alone, change, persistently, put, put_new, together


def record(act: Act, zone: str, lesson_id: str, wish: Wish) -> LessonProgress:
    return persistently(act, lambda: _record(act, zone, lesson_id, wish))


def shown(act: Act, lesson_id: str) -> LessonProgress:
    before, _ = _read(act, lesson_id)
    return _shown(act, lesson_id, before)


def _record(act: Act, zone: str, lesson_id: str, wish: Wish) -> LessonProgress:
    moment = diary.moment_of(wish.done_at, act.now)
    before, days = _read(act, lesson_id, diary.key(act.actor, moment, zone))
    is_done = before is not None and before.completed_at is not None
    if wish.reset:
        return _shown(act, lesson_id, before) if before is None else _reopened(act, before)
    if wish.completed and not is_done:
        after, write = _next(act, lesson_id, before, {**_moved(before, wish), "completed_at": act.now})
        day = diary.noted(days, act.actor, None, moment, zone, lessons=0 if before and before.again else 1)
        fact = _fact(act, "lesson.completed", after, on=diary.day_of(moment, zone))
        return together(act, write, day, fact=fact, result=_shown(act, lesson_id, after))
    return _watched(act, lesson_id, before, wish) if wish.watches else _shown(act, lesson_id, before)


def _read(act: Act, lesson_id: str, *month: Key) -> tuple[LoneProgress | None, Record | None]:
    mine = keys.lone_progress(act.actor, lesson_id)
    found = act.read([keys.lesson(lesson_id), mine, *month])
    lesson, progress = found.get(keys.lesson(lesson_id)), found.get(mine)
    if not isinstance(lesson, Lesson) or not release.alone(lesson, Viewer(act.actor)).is_full:
        raise LessonUnknown
    if progress is None and not is_offered(lesson_id, lesson.instructor_id):
        raise LessonUnknown
    days = found.get(month[0]) if month else None
    return (progress if isinstance(progress, LoneProgress) else None), days


def _moved(before: LoneProgress | None, wish: Wish) -> dict[str, Any]:
    seconds = int(before.seconds) if before else 0
    position = int(before.position) if before else 0
    return {
        "position": position if wish.position is None else wish.position,
        "seconds": max(seconds, wish.seconds or 0),
    }


def _next(act: Act, lesson_id: str, before: LoneProgress | None, changes: dict[str, Any]) -> tuple[LoneProgress, Write]:
    if before is None:
        made = _made(act, lesson_id, ver=1, **changes)
        return made, put_new(made, otherwise=Stale())
    actions = [
        getattr(LoneProgress, name).remove() if value is None else getattr(LoneProgress, name).set(value)
        for name, value in changes.items()
    ]
    after = courses.copied(before, {**changes, "ver": int(before.ver) + 1, "updated_at": act.now})
    return after, change(before, *actions, now=act.now)


def _made(act: Act, lesson_id: str, *, ver: int, **values: Any) -> LoneProgress:
    made: LoneProgress = LoneProgress.under(
        keys.lone_progress(act.actor, lesson_id),
        user_id=act.actor,
        lesson_id=lesson_id,
        ver=ver,
        **{"created_at": act.now, "updated_at": act.now, **values},
    )
    return made


def _watched(act: Act, lesson_id: str, before: LoneProgress | None, wish: Wish) -> LessonProgress:
    """No fact, so the version stays; refused where another device has been further, or has finished, meanwhile."""
    ver = int(before.ver) if before else 0
    kept = {name: getattr(before, name) for name in ("completed_at", "created_at", "again")} if before else {}
    film = _made(act, lesson_id, ver=ver, **_moved(before, wish), **kept)
    same = (LoneProgress.ver == ver) & (LoneProgress.seconds <= int(film.seconds))
    alone(put(film, where=Record.pk.does_not_exist() | same, otherwise=Stale()))
    return _shown(act, lesson_id, film)


def _reopened(act: Act, before: LoneProgress) -> LessonProgress:
    after, write = _next(act, before.lesson_id, before, _opened(before))
    shown = _shown(act, before.lesson_id, after)
    return together(act, write, fact=_fact(act, "lesson.reopened", after), result=shown)


def _opened(before: LoneProgress) -> dict[str, Any]:
    was_done = before.completed_at is not None or bool(before.again)
    return {"completed_at": None, "position": 0, "seconds": 0, "again": was_done}


def _fact(act: Act, name: str, progress: LoneProgress, **more: str) -> Fact:
    subject = ids.lone_progress_of(progress.user_id, progress.lesson_id)
    return act.fact(name, subject, audience=[act.actor], ver=int(progress.ver), lesson=progress.lesson_id, **more)


def _shown(act: Act, lesson_id: str, progress: LoneProgress | None) -> LessonProgress:
    return lesson_progress.alone(act.actor, lesson_id, progress)
