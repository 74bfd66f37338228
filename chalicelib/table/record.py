"""The base of every item: keys, kind, version, times. Records hold no decisions."""

from datetime import datetime
from typing import Any, ClassVar

from pynamodb.attributes import (
    Attribute,
    DiscriminatorAttribute,
    ListAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
)
from pynamodb.constants import STRING
from pynamodb.models import Model

from chalicelib.settings import settings
from chalicelib.table.keys import Key


class MomentAttribute(Attribute[datetime]):
    """An aware moment as RFC 3339 in UTC, which sorts as text."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return moment_text(value)

    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


def words(**options: Any) -> "ListAttribute[str]":
    """A list of texts; pynamodb's own annotation of `of` asks for the wrong kind of type."""
    return ListAttribute(of=UnicodeAttribute, **options)  # type: ignore[arg-type]


def moment_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Record(Model):
    """An item of the table. `ver` counts the facts told of it; items without facts have none."""

    class Meta:
        table_name = settings.table_name
        region = settings.region

    #: Attributes that neither an export nor a log may show.
    withheld: ClassVar[frozenset[str]] = frozenset()
    #: What their owner's erasure does to items of this kind in their partition.
    kept_on_erasure: ClassVar[bool] = False

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    ver = NumberAttribute(null=True)
    created_at = MomentAttribute(null=True)
    updated_at = MomentAttribute(null=True)
    ttl = TTLAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    lsi1sk = UnicodeAttribute(null=True)

    @property
    def key(self) -> Key:
        return Key(self.pk, self.sk)

    @classmethod
    def under(cls, key: Key, **values: Any) -> Any:
        """An instance under this key."""
        return cls(pk=key.pk, sk=key.sk, **values)

    def exported(self) -> dict[str, Any]:
        """What its owner gets to see of it in an export: all but keys and secrets."""
        hidden = {"pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "lsi1sk", "kind", "ttl"} | self.withheld
        return {name: value for name, value in self.attribute_values.items() if name not in hidden}
