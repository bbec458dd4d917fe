"""Documents are executed or compared: what they say about commands, settings and schemas is what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from app.cli import app
from app.demo.local import ACME, GLOBEX
from app.documents import generated
from app.journey.loading import load_templates
from app.journey.observed import Place
from app.journey.prose import control_readme

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLACE = Place(base_url="https://gitlab.example.com", group="partners", control="partners/journey-control", bot="bot")


@pytest.mark.parametrize("path", sorted(generated(ROOT)), ids=lambda path: path.name)
def test_generated_documents_are_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated(ROOT)[path], "renew them with `make schema`"


def test_every_command_has_a_line_in_the_readme_and_the_other_way_round() -> None:
    commands = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        commands |= {f"{name} {sub}" for sub in getattr(command, "commands", {})} or {name}
    commands.discard("docs generate")  # for developers only: `make schema`
    table = README[README.index("## Commands") : README.index("## Settings")]
    named = set()
    for cell in re.findall(r"^\| (`partner-journey .*?) \|", table, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", cell)
        words = re.sub(r"\s*\[.*", "", first.removeprefix("partner-journey ")).split()
        named.add(" ".join(words))
        named |= {f"{words[0]} {other}" for other in others}
    assert named == commands


def test_every_command_explains_itself() -> None:
    for name in ("plan", "apply", "sync", "serve", "setup", "sandbox", "demo", "partner", "template"):
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0
        assert len(result.output) > 100


def test_make_knows_the_commands_that_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^\s*make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_between_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


def _partner_schema() -> dict[str, object]:
    schema: dict[str, object] = json.loads((ROOT / "journey_templates/schema/partner.schema.json").read_text())
    return schema


@pytest.mark.parametrize(
    "text",
    [
        ACME,
        GLOBEX,
        re.findall(r"```yaml\n(.*?)```", control_readme(PLACE), re.DOTALL)[0],
        re.findall(r"```yaml\n(name:.*?)```", (ROOT / "docs/templates.md").read_text(encoding="utf-8"), re.DOTALL)[0],
    ],
    ids=["acme", "globex", "control project", "docs"],
)
def test_example_partner_files_fit_the_published_schema(text: str) -> None:
    values = json.loads(json.dumps(yaml.safe_load(text), default=str))
    jsonschema.validate(values, _partner_schema())


def test_the_built_in_journey_fits_the_published_schema() -> None:
    schema = json.loads((ROOT / "journey_templates/schema/journey.schema.json").read_text())
    jsonschema.validate(yaml.safe_load((ROOT / "journey_templates/journey.yaml").read_text()), schema)


def test_the_journey_of_the_docs_is_a_whole_file() -> None:
    text = re.findall(r"```yaml\n(id:.*?)```", (ROOT / "docs/templates.md").read_text(encoding="utf-8"), re.DOTALL)[0]
    names = ("onboarding/partner-portal", "onboarding/nfr-license", "tracks/psp")
    files = {f"capabilities/{n}.md": (ROOT / f"journey_templates/capabilities/{n}.md").read_text() for n in names}
    assert load_templates({"journey.yaml": text, **files}).base().stages


def test_the_services_lock_is_a_part_of_the_developers() -> None:
    """The image holds what was tested, and no tool of developers."""
    pin = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
    everything, service = (
        dict(pin.findall((ROOT / name).read_text(encoding="utf-8")))
        for name in ("requirements.lock", "requirements-service.lock")
    )
    assert service.items() < everything.items()
    assert {"dbos", "fastapi", "python-gitlab"} < service.keys()
    assert not {"pytest", "ruff", "hatchling"} & service.keys()


def test_nothing_committed_names_a_package_index_or_this_machine() -> None:
    hosts = re.compile(r"(pypi|pythonhosted|npmjs)\.(org|com)")
    for path in [*ROOT.glob("requirements*.lock"), ROOT / "README.md", ROOT / "Dockerfile", ROOT / ".gitlab-ci.yml"]:
        assert not hosts.search(path.read_text(encoding="utf-8")), path
