"""Documents made from the code: JSON Schemas for editors and the README's settings table. A test keeps them current."""

from __future__ import annotations

import json
import re
from pathlib import Path

from app.journey.model import JourneyFile, PartnerFile
from app.settings import Settings

_TABLE = re.compile(r"(<!-- settings table -->\n).*?(<!-- end of settings table -->)", re.DOTALL)


def generate(root: Path) -> list[Path]:
    """Writes all generated documents below `root`; returns the paths that were written."""
    written = []
    for path, text in generated(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def generated(root: Path) -> dict[Path, str]:
    """Path -> text of every generated document."""
    folder = root / "journey_templates" / "schema"
    readme = root / "README.md"
    return {
        folder / "journey.schema.json": _schema(JourneyFile.model_json_schema()),
        folder / "partner.schema.json": _schema(PartnerFile.model_json_schema()),
        readme: _TABLE.sub(lambda m: f"{m[1]}{settings_table()}\n{m[2]}", readme.read_text(encoding="utf-8")),
    }


def settings_table() -> str:
    rows = ["| Variable | Default | What it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "**required**" if field.is_required() else _shown(field.default)
        rows.append(f"| `PARTNER_JOURNEY_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    return f"`{default}`" if default not in (None, "", ()) else ""


def _schema(schema: dict[str, object]) -> str:
    full = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(full, indent=2, ensure_ascii=False) + "\n"
