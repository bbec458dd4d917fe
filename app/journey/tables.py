"""A table as data: shown on a page, and downloaded as CSV or JSON. One definition for all three.

The trap: a cell that a spreadsheet runs. A partner's name that begins with `=` is a formula there, so such cells get a
leading apostrophe (https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
Kind = Literal["csv", "json"]
MEDIA_TYPES: dict[Kind, str] = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@dataclass(frozen=True)
class Table:
    """Rows of plain values under `columns`, which name the keys in order."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


def table(name: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> Table:
    keys = tuple(columns)
    return Table(name, keys, tuple({key: row[key] for key in keys} for row in rows))


def exported(found: Table, kind: Kind) -> str:
    """The table as text. Times are ISO 8601 in UTC, lists are joined by spaces in CSV."""
    if kind == "json":
        return json.dumps([dict(row) for row in found.rows], default=_json, ensure_ascii=False, indent=2) + "\n"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(found.columns)
    for row in found.rows:
        writer.writerow(_cell(row[key]) for key in found.columns)
    return out.getvalue()


def _json(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a table holds no {type(value).__name__}")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    text = str(value)
    return f"'{text}" if text[:1] in _FORMULA and not isinstance(value, int | float) else text
