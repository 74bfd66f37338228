"""Categories: shelves, and shelves on shelves, no deeper. Administrators make them, everybody sees them.

How many courses and shelves stand on one is counted in the transactions that put them there, so that one which is
needed cannot go.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import clock
from chalicelib.catalog import slugs
from chalicelib.catalog.courses import Outdated, actions, copied, edited
from chalicelib.catalog.records import Category
from chalicelib.errors import Conflict, NotFound, invalid
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, adjust, change, delete, put_new, together

SLUG = "category"


class CategoryUnknown(NotFound):
    """There is no such category."""


class CategoryInUse(Conflict):
    """Courses or other categories stand in this category."""


class CategoryChanged(Outdated):
    """The category has changed since you read it; read it again."""


def all_in_order() -> list[Category]:
    """Each shelf followed by those on it."""
    found = [each for each in reads.all_of(keys.categories()) if isinstance(each, Category)]
    found.sort(key=lambda each: (int(each.position), each.title.lower(), each.id))
    tops = [each for each in found if each.parent_id is None]
    return [one for top in tops for one in (top, *(each for each in found if each.parent_id == top.id))]


def category(category_id: str) -> Category:
    found = reads.one(Category, keys.category(category_id))
    if found is None:
        raise CategoryUnknown
    return found


def create(act: Act, wishes: Mapping[str, Any]) -> Category:
    id = clock.new_id("cat")

    def attempt(slug: str) -> Category:
        made: Category = Category.under(
            keys.category(id), id=id, ver=1, created_at=act.now, updated_at=act.now, **{**wishes, "slug": slug}
        )
        pieces = [put_new(made), slugs.claim(SLUG, slug, id), *_put_on(made.parent_id)]
        return together(act, *pieces, fact=act.fact("category.created", id, ver=1), result=made)

    wished = wishes.get("slug")
    if wished:
        return attempt(wished)
    slug = slugs.slug_of(wishes["title"], SLUG)
    try:
        return attempt(slug)
    except slugs.SlugTaken:
        return attempt(slugs.distinguished(slug, id))


def edit(act: Act, category_id: str, wishes: Mapping[str, Any], expected: int | None) -> Category:
    def attempt() -> Category:
        return _edit(act, _seen(category_id, expected), wishes)

    return edited(act, attempt)


def _seen(category_id: str, expected: int | None) -> Category:
    found = category(category_id)
    if expected is not None and int(found.ver) != expected:
        raise CategoryChanged
    return found


def _edit(act: Act, before: Category, wishes: Mapping[str, Any]) -> Category:
    changes = {name: value for name, value in wishes.items() if getattr(before, name) != value}
    if not changes:
        return before
    after = copied(before, {**changes, "ver": int(before.ver) + 1, "updated_at": act.now})
    pieces = [*_moved(before, changes), *_renamed(before, after)]
    write = change(before, *actions(before, changes), now=act.now, where=_still_bare(changes))
    fact = act.fact("category.changed", after.id, ver=int(after.ver), fields=sorted(changes))
    return together(act, write, *pieces, fact=fact, result=after)


def _renamed(before: Category, after: Category) -> list[Write]:
    """The old name is free: a category is found by its present one only."""
    if before.slug == after.slug:
        return []
    return [slugs.claim(SLUG, after.slug, after.id), slugs.release(SLUG, before.slug, before.id)]


def _moved(before: Category, changes: Mapping[str, Any]) -> list[Write]:
    if "parent_id" not in changes:
        return []
    if changes["parent_id"] is not None and int(before.children):
        raise invalid("parent_id", "has_children", "It holds categories itself; there are two levels.")
    if changes["parent_id"] == before.id:
        raise invalid("parent_id", "unknown", "It cannot stand on itself.")
    return [*_taken_off(before.parent_id), *_put_on(changes["parent_id"])]


def _still_bare(changes: Mapping[str, Any]) -> Any:
    return Category.children == 0 if changes.get("parent_id") else None


def remove(act: Act, category_id: str, expected: int | None) -> None:
    """Take away what nothing needs any more."""
    edited(act, lambda: _remove(act, _seen(category_id, expected)))


def _remove(act: Act, gone: Category) -> None:
    if int(gone.children) or int(gone.courses):
        raise CategoryInUse(f"{int(gone.courses)} courses and {int(gone.children)} categories stand in it.")
    bare = (Category.ver == int(gone.ver)) & (Category.children == 0) & (Category.courses == 0)
    pieces = [delete(gone, where=bare), slugs.release(SLUG, gone.slug, gone.id), *_taken_off(gone.parent_id)]
    together(act, *pieces, fact=act.fact("category.deleted", gone.id, ver=int(gone.ver) + 1), result=None)


def _put_on(parent_id: str | None) -> list[Write]:
    if parent_id is None:
        return []
    missing = invalid("parent_id", "unknown", "There is no such category, or it stands on another one itself.")
    top = Category.id.exists() & Category.parent_id.does_not_exist()
    return [adjust(_at(parent_id), Category.children.add(1), where=top, otherwise=missing)]


def _taken_off(parent_id: str | None) -> list[Write]:
    if parent_id is None:
        return []
    return [adjust(_at(parent_id), Category.children.add(-1), where=Category.children >= 1)]


def moved_course(before: str | None, after: str | None) -> list[Write]:
    """A course goes from one category to another; either may be none."""
    if before == after:
        return []
    unknown = invalid("category_id", "unknown", f"There is no such category: {after}")
    off = [] if before is None else [adjust(_at(before), Category.courses.add(-1), where=Category.courses >= 1)]
    if after is None:
        return off
    return [*off, adjust(_at(after), Category.courses.add(1), where=Category.id.exists(), otherwise=unknown)]


def _at(category_id: str) -> Category:
    found: Category = Category.under(keys.category(category_id))
    return found
