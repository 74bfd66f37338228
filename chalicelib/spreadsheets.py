"""Files for spreadsheets (RFC 4180, in UTF-8 by a mark at its beginning) in which nothing is a formula. Pure.

Whoever opens one did not write what stands in it: titles and names come from people.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

#: A cell that begins with one of these, after blanks or not, is a formula to a spreadsheet; wide letters are to some.
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BLANK = ("\t", "\r", "\n")
MEDIA = "text/csv; charset=utf-8"


def text(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A whole file; its first line are the names of the columns, which people may have given too."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(map(cell, columns))
    for row in rows:
        writer.writerow(map(cell, row))
    return "\ufeff" + written.getvalue()


def cell(value: object) -> str:
    """As text that no spreadsheet takes for a formula. A number of ours is none, also with a minus before it."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return str(value)
    said = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{said}" if said.startswith(BLANK) or said.lstrip().startswith(FORMULA) else said


def named(filename: str) -> dict[str, str]:
    """The header by which a browser keeps it as a file."""
    return {"Content-Disposition": f'attachment; filename="{filename}"'}
