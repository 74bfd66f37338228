"""All that is held of a person, and its erasure."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from chalicelib.accounts.privacy import Export
from chalicelib.accounts.schemas.fields import Password, example
from chalicelib.web.reading import In, Out


class ExportOut(Out):
    user_id: str
    made_at: datetime
    items: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, result: Any) -> "ExportOut":
        export: Export = result
        return cls(user_id=export.user_id, made_at=export.made_at, items=export.items)


class ErasureIn(In):
    model_config = ConfigDict(json_schema_extra=example(password="learn-by-doing-2026"))

    password: Password
