"""Progress of every kind: bodies and answers are those of the kind that the id of a row tells."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from chalicelib.accounts.schemas.fields import example
from chalicelib.goals.entry_list import BY_PAGE, Part
from chalicelib.goals.logbook import Shown
from chalicelib.goals.schemas import entries, fields
from chalicelib.goals.schemas.entries import EntryFields, EntryOut, EntryPatch, EntryPut
from chalicelib.insight.progress import KindName
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.schemas.lesson_progress import LessonProgressIn, LessonProgressOut
from chalicelib.web.reading import LARGEST_PAGE, In, Out, model_of

PAGE = 20


class ProgressQuery(In):
    """By `page` up to 1,000 rows; whoever follows `next` goes on beyond them. Pages of goals' entries are small."""

    kind: Annotated[KindName | None, Field(description="Rows of this kind only.")] = None
    page: Annotated[int, Field(ge=1, le=BY_PAGE)] | None = None
    page_size: Annotated[
        int | None,
        Field(ge=1, description="20 and at most 100; 5 and at most 10 with `kind=goal`. More is read as that."),
    ] = None
    cursor: Annotated[str, Field(max_length=2048)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "ProgressQuery":
        if self.page is not None and self.cursor is not None:
            raise ValueError("send page or cursor, not both")
        return self

    def part(self) -> Part:
        usual, most = (entries.PAGE, fields.LARGEST_PAGE) if self.kind == "goal" else (PAGE, LARGEST_PAGE)
        size = usual if self.page_size is None else min(self.page_size, most)
        return Part(size, 1 if self.page is None else self.page, self.cursor)


class ProgressPatch(LessonProgressIn, EntryFields):
    """Of a lesson (`lp_…`) or of an entry of a goal (`gp_…`): fields of the other kind are refused.

    A lesson goes forward only; of an entry only the fields that are sent are changed.
    """

    model_config = ConfigDict(json_schema_extra=example(completed=True))
    of_goals: ClassVar[type[EntryPatch | EntryPut]] = EntryPatch

    def meant_for(self, kind: KindName) -> Any:
        """What it says to a row of this kind, checked by the model of that kind."""
        sent = self.model_dump(exclude_unset=True)
        return model_of(self.of_goals, sent).changes() if kind == "goal" else model_of(LessonProgressIn, sent).wish()


class ProgressPut(ProgressPatch):
    """The same, but of an entry of a goal it is all: what is left out becomes empty, except its day."""

    model_config = ConfigDict(json_schema_extra=example(completed=True))
    of_goals = EntryPut


class ProgressOut(Out):
    """Progress in a lesson or an entry of a goal: `kind` says which."""

    @classmethod
    def of(cls, result: Any) -> Out:
        return OUTS[type(result)].of(result)

    @classmethod
    def of_kind(cls, kind: KindName) -> type[Out]:
        """What rows of this kind look like."""
        return EntryOut if kind == "goal" else LessonProgressOut

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        for out in OUTS.values():
            out.model_rebuild()
        return {"oneOf": [handler(out.__pydantic_core_schema__) for out in OUTS.values()], "description": cls.__doc__}


#: What a row looks like, by what it is.
OUTS: Mapping[type, type[Out]] = {Shown: EntryOut, LessonProgress: LessonProgressOut}
