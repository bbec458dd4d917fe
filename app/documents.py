"""Documents made from the code: JSON Schemas for editors and the README's settings table. A test keeps them current."""

from __future__ import annotations

import json
import re
from pathlib import Path

from app.journey.model import JourneyFile, PartnerFile
from app.sandbox import rest
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
        root / "docs" / "sandbox-coverage.md": sandbox_coverage(),
        readme: _TABLE.sub(lambda m: f"{m[1]}{settings_table()}\n{m[2]}", readme.read_text(encoding="utf-8")),
    }


def settings_table() -> str:
    rows = ["| Variable | Default | What it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "**required**" if field.is_required() else _shown(field.default)
        rows.append(f"| `PARTNER_JOURNEY_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def sandbox_coverage() -> str:
    """What the sandbox GitLab serves, and what holds it to the real one."""
    routes = "\n".join(f"- `{route}`" for route in rest.coverage())
    return f"""# What the sandbox GitLab can do

The sandbox serves the part of GitLab that the bot and a person who plays a partner need. **Neither it nor the bot has
run against a real GitLab yet.** What holds it to GitLab's published contract:

- GraphQL: every type, field, argument and enum value of `app/sandbox/graphql/schema.graphql` is compared with GitLab's
  published schema (`tests/contract/test_sandbox_schema.py`), and so is every document that the bot sends, in its
  Premium and its Free form, with length and complexity (`tests/contract/test_queries.py`).
- REST: the tests use the real python-gitlab client (`tests/sandbox/test_rest_*.py`). Unknown parameters are refused.
- Webhooks: payloads are derived from state changes, signed by Standard Webhooks (`tests/sandbox/test_webhooks.py`).

A route that is not in this list answers 501 and names itself.

## REST routes: {len(rest.coverage())}

{routes}
"""


def _shown(default: object) -> str:
    return f"`{default}`" if default not in (None, "", ()) else ""


def _schema(schema: dict[str, object]) -> str:
    full = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(full, indent=2, ensure_ascii=False) + "\n"
