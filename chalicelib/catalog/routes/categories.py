"""Categories: everybody sees them, administrators make them."""

from chalicelib.catalog import categories
from chalicelib.catalog.categories import CategoryChanged, CategoryInUse, CategoryUnknown
from chalicelib.catalog.records import Category
from chalicelib.catalog.schemas.categories import CategoryIn, CategoryOut, CategoryPatch, CategoryPut
from chalicelib.catalog.slugs import SlugTaken
from chalicelib.table.pages import Page
from chalicelib.web.policies import admin, anyone
from chalicelib.web.routes import PUBLIC, Ask, Routes

routes = Routes(tag="Categories")


@routes.get("/categories", policy=anyone, lists=CategoryOut, cache=PUBLIC)
def list_categories(ask: Ask[None, None]) -> Page[Category]:
    """All categories, each followed by those on it"""
    found = categories.all_in_order()
    return Page(found, count=len(found))


@routes.get("/categories/{category_id}", policy=anyone, gives=CategoryOut, errors=(CategoryUnknown,), cache=PUBLIC)
def get_category(ask: Ask[None, None], category_id: str) -> Category:
    """One category"""
    return categories.category(category_id)


@routes.post(
    "/categories",
    policy=admin,
    gives=CategoryOut,
    status=201,
    errors=(SlugTaken,),
    location="/api/v1/categories/{id}",
)
def create_category(ask: Ask[CategoryIn, None]) -> Category:
    """Make a category, or one on another"""
    return categories.create(ask.act, ask.body.wishes())


@routes.put(
    "/categories/{category_id}",
    policy=admin,
    gives=CategoryOut,
    errors=(CategoryUnknown, CategoryChanged, SlugTaken),
)
def put_category(ask: Ask[CategoryPut, None], category_id: str) -> Category:
    """Replace a category

    What is left out becomes empty, except the slug.
    """
    return categories.edit(ask.act, category_id, ask.body.wishes(), ask.expected_version)


@routes.patch(
    "/categories/{category_id}",
    policy=admin,
    gives=CategoryOut,
    errors=(CategoryUnknown, CategoryChanged, SlugTaken),
)
def patch_category(ask: Ask[CategoryPatch, None], category_id: str) -> Category:
    """Change parts of a category, or where it stands"""
    return categories.edit(ask.act, category_id, ask.body.wishes(), ask.expected_version)


@routes.delete("/categories/{category_id}", policy=admin, errors=(CategoryUnknown, CategoryChanged, CategoryInUse))
def delete_category(ask: Ask[None, None], category_id: str) -> None:
    """Delete a category that nothing stands in"""
    categories.remove(ask.act, category_id, ask.expected_version)
