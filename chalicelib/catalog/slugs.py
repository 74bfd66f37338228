"""Readable names of courses and categories, unique by a claim each. A course keeps its old ones, so old links hold;
the old one of a category is free, for nothing is found by it.
"""

import re
import unicodedata

from chalicelib.catalog.records import Slug
from chalicelib.errors import Conflict, FieldError
from chalicelib.table import keys
from chalicelib.table.writes import Write, delete, put_new

LONGEST = 80


class SlugTaken(Conflict):
    """Something else has this readable name."""


def slug_of(title: str, otherwise: str) -> str:
    """A title in small Latin letters, digits and hyphens; `otherwise` where nothing of it can be written so."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].rstrip("-") or otherwise


def distinguished(slug: str, id: str) -> str:
    """The same name with something of the thing's own id, for the second of two equal titles."""
    return f"{slug[: LONGEST - 7].rstrip('-')}-{id[-6:].lower()}"


def claim(what: str, slug: str, of: str) -> Write:
    taken = SlugTaken(errors=[FieldError("slug", "taken", SlugTaken.__doc__ or "")])
    return put_new(Slug.under(keys.slug(what, slug), of=of), unless=Slug.of == of, otherwise=taken)


def release(what: str, slug: str, of: str) -> Write:
    return delete(Slug.under(keys.slug(what, slug)), where=Slug.of == of)
