"""The tables: to the terminal, and to RESULTS.md, each with the machine, the versions and the load of its hour.

The trap: figures without their circumstances. Absolute ones are of one machine and one hour; compare within a table.
"""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "RESULTS.md"


@dataclass
class Report:
    """One table. `notes` say what must hold and whether it does, and what was left out and why."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    taken: str = ""

    def add(self, *cells: object) -> None:
        self.rows.append(tuple(str(cell) for cell in cells))

    def judge(self, what: str, holds: bool) -> None:
        self.notes.append(f"{'holds' if holds else 'MISSED'}: {what}")

    def show(self, console: Console) -> None:
        """Prints it as soon as it is complete, and keeps the circumstances."""
        self.taken = circumstances()
        table = Table(*self.columns, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)
        for note in self.notes:
            console.print(f"  {note}", markup=False, highlight=False)

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", _line(self.columns), _line(("---",) * len(self.columns))]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes), "", f"*{self.taken}*", ""])


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def circumstances() -> str:
    """The machine, its load and the versions, in one paragraph."""
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in ("dbos", "fastapi", "uvicorn", "sqlalchemy"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, load average at the end {load} (the load generator and the servers share the cores). "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}."
    )


_HEAD = """# Results

Made by `make bench`. Each table tells when and under what load it was made; figures are of one machine, so compare
within a table.

"""


def write(made: Report) -> None:
    """Puts the table into RESULTS.md, in the place of the former one of its title; the others stay."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else ""
    sections = {part.partition("\n")[0]: f"## {part.strip()}\n" for part in text.split("\n## ")[1:]}
    sections[made.title] = made.markdown()
    RESULTS.write_text(_HEAD + "\n".join(sections.values()), encoding="utf-8")
