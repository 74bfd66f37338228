"""The query of the list of all progress. Its rows are those of their kinds."""

from typing import Annotated

from pydantic import Field

from chalicelib.insight.progress import KindName
from chalicelib.web.reading import CursorPaged


class ProgressQuery(CursorPaged):
    kind: Annotated[KindName | None, Field(description="Rows of this kind only.")] = None
