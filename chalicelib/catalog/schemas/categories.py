"""Categories: what administrators say of them, and what everybody sees."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.records import Category
from chalicelib.catalog.schemas.fields import CATEGORY, CategoryId, Slug, Title, Whole, also
from chalicelib.web.reading import In, Out, Text

_KEPT = frozenset({"slug"})


class CategoryPatch(In):
    """Only the fields that are sent are changed. With a `parent_id` it stands on that category, which has none."""

    model_config = ConfigDict(json_schema_extra=example(description="Counting, measuring, comparing"))

    title: Annotated[Title, also("title", "name")] = ""
    slug: Slug = ""
    description: Annotated[Text, Field(max_length=1000)] = ""
    parent_id: Annotated[CategoryId | None, also("parent_id", "parent")] = None
    position: Annotated[Annotated[Whole, Field(ge=0, le=9999)], also("position", "order")] = 0

    def wishes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


class CategoryIn(CategoryPatch):
    model_config = ConfigDict(json_schema_extra=example(title="Mathematics", description="Numbers and shapes"))

    title: Annotated[Title, also("title", "name")]


class CategoryPut(CategoryIn):
    """The whole category: what is left out becomes empty, except the slug, which stays."""

    def wishes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in set(type(self).model_fields) - (_KEPT - self.model_fields_set)}


class CategoryOut(Out):
    model_config = ConfigDict(
        json_schema_extra=example(
            id=CATEGORY,
            title="Mathematics",
            name="Mathematics",
            slug="mathematics",
            description="Numbers and shapes",
            parent_id=None,
            position=0,
            created_at="2026-11-21T08:00:00Z",
            updated_at="2026-11-21T08:00:00Z",
        )
    )

    id: str
    title: str
    name: str
    slug: str
    description: str
    parent_id: str | None
    position: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, result: Any) -> "CategoryOut":
        category: Category = result
        return cls(
            id=category.id,
            title=category.title,
            name=category.title,
            slug=category.slug,
            description=category.description,
            parent_id=category.parent_id,
            position=int(category.position),
            created_at=category.created_at,
            updated_at=category.updated_at,
        )
