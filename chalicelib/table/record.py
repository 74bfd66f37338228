"""The base of every item: keys, kind, version, times. Records hold no decisions."""

from datetime import datetime
from typing import Any, ClassVar, Self

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
from chalicelib.table.shapes import Item, Shape


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
    """Of an aware moment in UTC, which all of ours are."""
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def moment_said(moment: datetime) -> str:
    """As answers say it, those made by pydantic too: without the fraction where that is nothing. It does not sort."""
    return moment_text(moment).replace(".000000Z", "Z")


def said_shortly(text: str | None) -> str | None:
    """The same of a text of `moment_text`, where there is one."""
    return text and text.replace(".000000Z", "Z")


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

    #: Of each class; made when its first item is read, made or written.
    _shape: ClassVar[Shape | None] = None

    @classmethod
    def shape(cls) -> Shape:
        made = cls.__dict__.get("_shape")
        if made is None:
            made = cls._shape = Shape(cls)
        return made

    @classmethod
    def from_raw_data(cls, data: Item) -> Self:
        """An item as it came over the wire, as one of its own kind; refused where that is not `cls` or below."""
        kind = cls._get_discriminator_class(data) or cls  # type: ignore[arg-type]
        if not issubclass(kind, cls):
            raise ValueError(f"Cannot instantiate a {cls.__name__} from the returned class: {kind.__name__}")  # noqa: TRY004 - theirs
        made: Self = kind.__new__(kind)
        made._container_deserialize(data)
        return made

    def _container_deserialize(self, attribute_values: Item) -> None:
        self._set_defaults()
        type(self).shape().read(attribute_values, self.attribute_values)

    def _container_serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
        return type(self).shape().written(self.attribute_values, null_check=null_check)

    def _set_defaults(self, _user_instantiated: bool = True) -> None:
        self.attribute_values = type(self).shape().defaults()

    def _set_attributes(self, **attributes: Any) -> None:
        plain = type(self).shape().plain
        for name, value in attributes.items():
            if name in plain:
                self.attribute_values[name] = value
            elif name in self.get_attributes():
                setattr(self, name, value)
            else:
                raise ValueError(f"Attribute {name} specified does not exist")

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
