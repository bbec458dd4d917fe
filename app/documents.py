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
    readme, operate, journey = root / "README.md", root / "docs" / "operate.md", root / "docs" / "journey.md"
    return {
        folder / "journey.schema.json": _schema(JourneyFile.model_json_schema()),
        folder / "partner.schema.json": _schema(PartnerFile.model_json_schema()),
        folder / "language.schema.json": _schema(LanguageFile.model_json_schema()),
        root / "docs" / "sandbox-coverage.md": sandbox_coverage(root),
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


def sandbox_coverage(root: Path) -> str:
    """What the sandbox GitLab serves, what holds it to the real one, whether the bot uses it, and which tests do.

    The facts are in `docs/sandbox-coverage.json`, which the contract tests keep true, and `docs/sandbox-uses.json`.
    """
    facts = json.loads((root / "docs" / "sandbox-coverage.json").read_text(encoding="utf-8"))
    uses = json.loads((root / "docs" / "sandbox-uses.json").read_text(encoding="utf-8"))
    known = {route: facts.get(route, {"pinned_by": "tests", "bot": False}) for route in rest.coverage()}
    rows = "\n".join(_coverage_row(route, fact, uses.get(route, [])) for route, fact in known.items())
    fields = "\n".join(
        f"| `{name}` | {_shown_uses(files)} |"
        for name, files in uses.items()
        if name.startswith(("Query.", "Mutation."))
    )
    pins = [str(fact["pinned_by"]) for fact in known.values()]
    schemas, entities = (sum(pin.startswith(start) for pin in pins) for start in ("JSON schema", "OpenAPI API"))
    operations = pins.count("OpenAPI operation")
    return f"""# What the sandbox GitLab can do

The sandbox serves the part of GitLab that the bot and a person who plays a partner need. **Neither it nor the bot has
run against a real GitLab yet**: `tests/real` asks one for what the sandbox claims, as soon as somebody names one (see
[operate](operate.md#try-it-on-a-real-gitlab)). What holds it to GitLab's published contract:

- GraphQL: every type, field, argument and enum value of `app/sandbox/graphql/schema.graphql` is compared with GitLab's
  published schema (`tests/contract/test_sandbox_schema.py`), and so is every document that the bot sends, in its
  Premium and its Free form, with length and complexity (`tests/contract/test_queries.py`).
- REST requests: each that the bot makes while two partners go through the whole journey, on Ultimate and on Free, is
  an operation of GitLab's OpenAPI document with known parameters of the right types. So are the parameters that the
  sandbox takes; all others are refused (`tests/contract/test_rest_requests.py`).
- REST answers: each that the bot got, and each on a tour of the real python-gitlab client over all routes on
  Ultimate, Free and CE, has the fields and types of GitLab's JSON schema or, where there is none, of the OpenAPI
  entity (`tests/contract/test_rest_responses.py`). What deviates on purpose is in the
  tables of `tests/contract/answers.py` and `rest_contract.py`, with sources and reasons.
- Every scenario (`tests/scenarios`) ends with the same checks of all that was asked and answered on its stages, by the
  bot and by the people in it: REST and GraphQL, variables included (`tests/contract/exchanges.py`).
- Webhooks: each that the sandbox sends has the fields, types and time formats of GitLab's examples, and the bot reads
  all of GitLab's examples (`tests/contract/test_webhook_payloads.py`). They are signed by Standard Webhooks.
- Other people's clients: python-gitlab, gitbeaker 43.8.0 and glab, its requests and the program itself in the versions
  1.33.0 and 1.53.0 (`tests/sandbox/test_client_*.py`; gitbeaker and glab where they are installed).

A route that is not in this list answers 501 and names itself; a method that GitLab has not either is 405.

"Used in" names the test files that got an answer: `S` scenarios, `C` clients and rules of the sandbox
(`tests/sandbox`), `R` the suite for a real GitLab. Where a cell is empty only the tour of the contract tests asks, or a
test below HTTP. The column is made by `python tests/contract/uses.py`, which listens at the request journal.

## REST routes: {len(known)}

- {schemas} answer what one of GitLab's JSON schemas says,
- {entities} what an entity of its OpenAPI document says,
- {operations} have no body to compare, only path, parameters and status,
- {pins.count("tests")} only our own tests hold.

The bot uses {sum(bool(fact["bot"]) for fact in known.values())} of them; the others serve people and other clients.

| Route | Pinned by | Used by the bot | Used in |
| --- | --- | --- | --- |
{rows}

## GraphQL

All are pinned by GitLab's published schema, to the last argument; below the fields that a document begins with.

| Field | Used in |
| --- | --- |
{fields}
"""


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
