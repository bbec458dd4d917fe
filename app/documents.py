"""Documents made from the code: JSON Schemas for editors and tables in the documents. A test keeps them current."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from app.journey.catalogue import LanguageFile
from app.journey.model import JourneyFile, PartnerFile
from app.journey.prose import command_table, states_table, words_table
from app.metrics import METRICS
from app.sandbox import rest
from app.settings import Settings


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
    docs, readme = root / "docs", root / "README.md"
    operate, journey, sandbox = (docs / f"{name}.md" for name in ("operate", "journey", "sandbox-coverage"))
    return {
        folder / "journey.schema.json": _schema(JourneyFile.model_json_schema()),
        folder / "partner.schema.json": _schema(PartnerFile.model_json_schema()),
        folder / "language.schema.json": _schema(LanguageFile.model_json_schema()),
        sandbox: _with_tables(sandbox, **coverage_tables(root)),
        readme: _with_tables(readme, settings=settings_table()),
        operate: _with_tables(operate, metrics=metrics_table()),
        journey: _with_tables(journey, states=states_table(), words=words_table(), commands=command_table()),
    }


def settings_table() -> str:
    rows = ["| Variable | Default | What it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "**required**" if field.is_required() else _shown(field.default)
        rows.append(f"| `PARTNER_JOURNEY_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def metrics_table() -> str:
    rows = ["| Metric | Kind | Labels | What it tells |", "| --- | --- | --- | --- |"]
    for name, metric in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{name}` | {metric.kind} | {labels} | {metric.text} |")
    return "\n".join(rows)


def _with_tables(path: Path, **tables: str) -> str:
    """The text of a document with what stands between the marks of each table made anew."""
    text = path.read_text(encoding="utf-8")
    for name, table in tables.items():
        marks = re.compile(rf"(<!-- {name} table -->\n).*?(<!-- end of {name} table -->)", re.DOTALL)
        text = marks.sub(partial(_filled, table), text)
    return text


def _filled(table: str, marks: re.Match[str]) -> str:
    return f"{marks[1]}{table}\n{marks[2]}"


def coverage_tables(root: Path) -> dict[str, str]:
    """What the sandbox GitLab serves, what holds it to the real one, whether the bot uses it, and which tests do.

    The facts are in `docs/sandbox-coverage.json`, which the contract tests keep true, and `docs/sandbox-uses.json`.
    """
    facts = json.loads((root / "docs" / "sandbox-coverage.json").read_text(encoding="utf-8"))
    uses = json.loads((root / "docs" / "sandbox-uses.json").read_text(encoding="utf-8"))
    known = {route: facts.get(route, {"pinned_by": "tests", "bot": False}) for route in rest.coverage()}
    return {"routes": _routes_table(known, uses), "fields": _fields_table(uses)}


def _routes_table(known: dict[str, dict[str, object]], uses: dict[str, list[str]]) -> str:
    """With its heading and figures."""
    pins = [str(fact["pinned_by"]) for fact in known.values()]
    schemas, entities = (sum(pin.startswith(start) for pin in pins) for start in ("JSON schema", "OpenAPI API"))
    return "\n".join(
        [
            f"## REST routes: {len(known)}",
            "",
            f"- {schemas} answer what one of GitLab's JSON schemas says,",
            f"- {entities} what an entity of its OpenAPI document says,",
            f"- {pins.count('OpenAPI operation')} have no body to compare, only path, parameters and status,",
            f"- {pins.count('tests')} only our own tests hold.",
            "",
            f"The bot uses {sum(bool(fact['bot']) for fact in known.values())} of them; the others serve people and "
            "other clients.",
            "",
            "| Route | Pinned by | Used by the bot | Used in |",
            "| --- | --- | --- | --- |",
            *(_coverage_row(route, fact, uses.get(route, [])) for route, fact in known.items()),
        ]
    )


def _fields_table(uses: dict[str, list[str]]) -> str:
    begun_with = {name: files for name, files in uses.items() if name.startswith(("Query.", "Mutation."))}
    rows = (f"| `{name}` | {_shown_uses(files)} |" for name, files in begun_with.items())
    return "\n".join(["| Field | Used in |", "| --- | --- |", *rows])


def _coverage_row(route: str, fact: dict[str, object], files: list[str]) -> str:
    kind, _, name = str(fact["pinned_by"]).rpartition(" ")
    pin = f"{kind} `{name}`" if name not in ("operation", "tests") else str(fact["pinned_by"])
    return f"| `{route}` | {pin} | {'yes' if fact['bot'] else ''} | {_shown_uses(files)} |"


def _shown_uses(files: list[str]) -> str:
    """`S: limits, tiers; C: faults`: the folder's letter and the test files' names; many are counted."""
    parts = []
    for letter, folder in (("S", "tests/scenarios/"), ("C", "tests/sandbox/"), ("R", "tests/real/")):
        names = [name.removeprefix(f"{folder}test_").removesuffix(".py") for name in files if name.startswith(folder)]
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 4 else ""
            parts.append(f"{letter}: {', '.join(names[:3] if more else names)}{more}")
    return "; ".join(parts)


def _shown(default: object) -> str:
    return f"`{default}`" if default not in (None, "", (), {}) else ""


def _schema(schema: dict[str, object]) -> str:
    full = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(full, indent=2, ensure_ascii=False) + "\n"
