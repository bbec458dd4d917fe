"""What people change in the control project: partner files, the journey and its texts. Added to `verbs.VERBS`.

`JOURNEY` is small on purpose: three stages are enough for every rule, and a story is played in tenths of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import yaml

from app.journey.labels import NEWCOMER
from app.sandbox import operations
from simulation.verbs import PEOPLE, Act, Here, verb

JOURNEY = """\
id: small
version: 1
title: Small Journey
roles:
  sa: {title: Coach}
policy: {settle_minutes: 10, grace_days: 4, stalled_days: 21}
stages:
  - id: stand
    title: 01 - Stand
    goal: Learn to stand.
    days: 90
    capabilities:
      - {id: stand/portal, days: 14, weight: 2}
      - {id: stand/pitch, days: 45, evidence: link}
      - {id: stand/extra, required: false}
  - id: walk
    title: 02 - Walk
    goal: Learn to walk.
    days: 180
    capabilities:
      - {id: walk/demo, after: [stand/pitch], valid_days: 365}
  - id: run
    title: 03 - Run
    goal: Learn to run.
    days: 270
    capabilities:
      - {id: run/deploy, owner: sa}
tracks:
  psp: {title: Services Partner, stage: walk, valid_days: 365}
overlays:
  gsi:
    set:
      stand/pitch: {required: false}
    add:
      - {id: gsi/sponsor, stage: walk}
    skip: [stand/extra]
"""
CAPABILITIES = ("stand/portal", "stand/pitch", "stand/extra", "walk/demo", "run/deploy", "gsi/sponsor", "tracks/psp")
SPARE = "stand/more"


def capability_text(name: str, *, title: str | None = None, step: str = "Do it") -> str:
    """A capability's Markdown file."""
    return (
        f"---\ntitle: {title or f'Title of {name}'}\nwho: Lead\nverifier: Coach\nquestion: What was new?\n---\n"
        f"## Objective\n\nMaster {name}.\n\n## Steps\n\n- [ ] Learn\n- [ ] {step}\n\n## Evidence\n\nA note.\n\n"
        "## Good to know\n\nNothing.\n\n## Resources\n\nNone.\n"
    )


def partner_text(slug: str) -> str:
    """A partner file as it is first written."""
    name, category, lead, engineer, architect = PEOPLE[slug]
    people = {"lead": lead, "engineers": [engineer], "sa": architect, "manager": "gl.cam1"}
    return yaml.safe_dump({"name": name, "category": category, "region": "EMEA", "people": people}, sort_keys=False)


def journey_files() -> dict[str, str]:
    """The small journey, to be committed to the control project: path -> text."""
    texts = {f"capabilities/{name}.md": capability_text(name) for name in (*CAPABILITIES, SPARE)}
    return {"journey.yaml": JOURNEY, **texts}


def on_partner_file(name: str, change: Callable[[Here, dict[str, Any]], None]) -> None:
    """A verb that changes the partner's file, if there is one and it can be read."""

    def chosen(here: Here) -> Act | None:
        path = f"partners/{here.deed.slug}.yaml"
        try:
            data = yaml.safe_load(here.people.control.files.get(path, ""))
        except yaml.YAMLError:
            return None
        if not isinstance(data, dict):
            return None
        change(here, data)
        return lambda: here.people.commit(here.people.control, path, yaml.safe_dump(data, sort_keys=False))

    verb(name)(chosen)


def _waive(here: Here, data: dict[str, Any]) -> None:
    name = ("stand/portal", "stand/pitch", "walk/demo", "run/deploy")[here.number % 4]
    until = here.world.clock().date() + timedelta(days=here.number % 12)
    others = [w for w in data.get("waivers", []) if w["capability"] != name]
    data["waivers"] = [*others, {"capability": name, "until": until, "reason": "agreed", "by": "gl.sa1"}]


def _skip(here: Here, data: dict[str, Any]) -> None:
    name = ("stand/portal", "walk/demo", "run/deploy")[here.number % 3]
    data["skip"] = [] if data.get("skip") else [{"capability": name, "reason": "not sold there"}]
    data["waivers"] = [w for w in data.get("waivers", []) if w["capability"] != name]


def _change_category(_here: Here, data: dict[str, Any]) -> None:
    data["category"] = "rsi" if data["category"] == "gsi" else "gsi"


def _change_people(here: Here, data: dict[str, Any]) -> None:
    people = data["people"]
    people["sa"] = "gl.sa2" if people["sa"] == "gl.sa1" else "gl.sa1"
    if here.number % 2:
        people["engineers"] = sorted({*people["engineers"], "guest.dev"})


on_partner_file("waive", _waive)
on_partner_file("skip", _skip)
on_partner_file("end waivers", lambda _h, data: data.update(waivers=[]))
on_partner_file("track", lambda _h, data: data.update(tracks=[] if data.get("tracks") else ["psp"]))
on_partner_file("rename partner", lambda h, data: data.update(name=f"Renamed {h.number}"))
on_partner_file("change category", _change_category)
on_partner_file("change people", _change_people)
on_partner_file("break partner file", lambda _h, data: data.update(category="nonsense"))


@verb("join")
def _join(here: Here) -> Act | None:
    slug = here.deed.slug
    return lambda: here.people.commit(here.people.control, f"partners/{slug}.yaml", partner_text(slug))


@verb("join by form")
def _join_by_form(here: Here) -> Act | None:
    """An architect describes the partner in an issue of the control project."""
    text = f'```yaml\nslug: {here.deed.slug}\n{partner_text(here.deed.slug)}```\n/label ~"{NEWCOMER}"'

    def act() -> None:
        operations.create_work_item(
            here.world, here.architect, type="ISSUE", title="New partner", description=text, project=here.people.control
        )

    return act


# --- the journey ---


def _journey(here: Here, path: str, text: str) -> Act:
    return lambda: here.people.commit(here.people.control, path, text)


@verb("change text")
def _change_text(here: Here) -> Act | None:
    name = CAPABILITIES[here.number % len(CAPABILITIES)]
    return _journey(here, f"capabilities/{name}.md", capability_text(name, step=f"Do it {here.number} times"))


@verb("retitle capability")
def _retitle(here: Here) -> Act | None:
    name = CAPABILITIES[here.number % len(CAPABILITIES)]
    return _journey(here, f"capabilities/{name}.md", capability_text(name, title=f"Title {here.number} of {name}"))


@verb("add capability")
def _add_capability(here: Here) -> Act | None:
    """The program manager asks for more, or for less again."""
    text = here.people.control.files["journey.yaml"]
    line = "      - {id: stand/extra, required: false}\n"
    more = f"{line}      - {{id: {SPARE}, days: 20}}\n"
    return _journey(here, "journey.yaml", text.replace(more, line) if more in text else text.replace(line, more))


@verb("break journey")
def _break_journey(here: Here) -> Act | None:
    return _journey(here, "journey.yaml", here.people.control.files["journey.yaml"] + "tracks: [never closed\n")


@verb("mend")
def _mend(here: Here) -> Act | None:
    """All that stops the bot is put right."""

    def act() -> None:
        people, control = here.people, here.people.control
        people.commit(control, "journey.yaml", control.files["journey.yaml"].replace("tracks: [never closed\n", ""))
        for slug in PEOPLE:
            if "nonsense" in control.files.get(f"partners/{slug}.yaml", ""):
                people.commit(control, f"partners/{slug}.yaml", partner_text(slug))

    return act
