"""Files to a journey: the handbook's wording to the letter, and every mistake named with file, line and fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
import yaml
from build import (
    NOW,
    PARTNER_FILE,
    SMALL,
    SMALL_TEMPLATES,
    World,
    built_in,
    capability_text,
    nothing,
    partner,
    small_files,
)
from hypothesis import given
from hypothesis import strategies as st

from app.journey.loading import TemplateError, load_partner, load_templates
from app.journey.model import CATEGORY_TITLES
from app.journey.yaml_lines import Problem

Loaded = TypeVar("Loaded")

# https://handbook.gitlab.com, "Partner Capabilities Journey Maturity Model": titles in its order and wording.
HANDBOOK = {
    "01 - Onboarding (Stand)": [
        "Login into GitLab Partner Portal, familiarize with content, and begin persona Journey progression",
        "Qualify GitLab opportunities within existing customer base",
        "GitLab 101 pitch to hook a new prospect (Enterprise / Commercial)",
        "Understand GitLab licensing and pricing model",
        "Understand how to register opportunities, transact, and discount GitLab quotes",
        "Understand how to engage with GitLab Channel team when needed",
        "Getting GitLab certified on sales, presales and services delivery",
        "NFR licence delivery from Partner Portal",
    ],
    "02 - Enabling (Walk)": [
        "Deliver lunch & learns on each of the GitLab capabilities within the DevOps lifecycle",
        "Deliver a GitLab Demo using gitlab.com",
        "Competitive differentiation",
        "Architect GitLab into customer DevSecOps workflows",
        "Understand how to scope GitLab services (migration, implementation, CI, etc)",
        "Deliver presales VSA",
        "Achievement of Certified Training Partner (CTP), Professional Services Partner (PSP), "
        "Managed Services Partner (MSP) status as desired",
        "Delivery of GitLab professional services solutions: Deployment, Migration, Training as appropriate",
        "Include GitLab sales and benefits collateral into Partner sales, presales, education tools and processes",
    ],
    "03 - Partner Leading (Run)": [
        "Address more advanced use cases such as Explain how GitOps works with GitLab and Kubernetes Agent",
        "Deliver a GitLab demo using a self hosted GitLab instance",
        "Deliver a GitLab Proof of Value (PoV) to a customer/prospect",
        "Joint webinar marketing lead generation activities",
        "Architecting GitLab centric solutions in their domain of expertise",
        "Deploy GitLab HA with/out Geo replication",
        "Run advanced migration projects from other SCM/GitLab instances into GitLab "
        "(Epics/Issues, Pipelines, content).",
        "Run CI/CD migrations from external CI/CD tools into GitLab pipelines",
    ],
    "04 - Strategic (Sprint)": [
        "Creating branded offerings in the market leveraging GitLab solutions",
        "Joint development of whitepapers, blog posts, reference architectures",
        "Co-marketing / branding campaigns",
        "Make consulting recommendations for GitLab Platform within customer new application development, "
        "digital transformation, strategic business initiatives",
        "Contribute to GitLab Open Source Core",
        "GitLab Field promote partner strategic services offerings to our customers",
    ],
}


def problems_of(files: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(TemplateError) as raised:
        load_templates(files)
    return raised.value.problems


def partner_problems(text: str, slug: str = "acme") -> tuple[Problem, ...]:
    with pytest.raises(TemplateError) as raised:
        load_partner(slug, text, SMALL_TEMPLATES)
    return raised.value.problems


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


# --- the journey that comes with the program ---


def test_the_built_in_journey_has_the_handbooks_31_capabilities_word_for_word() -> None:
    journey = built_in().base()
    assert {stage.title: [c.title for c in stage.capabilities] for stage in journey.stages} == HANDBOOK
    assert [stage.title for stage in journey.stages] == list(HANDBOOK)
    assert len(journey.capabilities) == 31


@pytest.mark.parametrize("category", CATEGORY_TITLES)
def test_every_category_walks_all_four_stages_with_all_tracks(category: str) -> None:
    templates = built_in()
    tracks = f"tracks: [{', '.join(templates.file.tracks)}]\n"
    text = PARTNER_FILE.replace("category: rsi", f"category: {category}") + tracks
    journey = templates.journey_for(partner(text, templates=templates))
    assert [stage.title for stage in journey.stages] == list(HANDBOOK)
    assert all(stage.required for stage in journey.stages)
    assert {f"tracks/{name}" for name in templates.file.tracks} <= {c.id for c in journey.capabilities}
    assert World(templates, partner(text, templates=templates), nothing()).run().plan().actions == ()


def test_a_reseller_is_not_held_by_services_and_a_federal_partner_has_one_capability_more() -> None:
    templates = built_in()
    by_category = {
        name: templates.journey_for(partner(PARTNER_FILE.replace("rsi", name), templates=templates))
        for name in CATEGORY_TITLES
    }
    assert by_category["rsi"].stages == templates.base().stages
    assert not by_category["dmr"].capability("leading/ha-geo").required
    assert by_category["gsi"].capability("onboarding/deal-registration").owner == "manager"
    assert len(by_category["fsi"].capabilities) == 32


# --- how a partner's own journey is made ---


def test_overlay_tracks_and_skips_shape_the_journey_of_one_partner() -> None:
    text = PARTNER_FILE.replace("rsi", "gsi") + "tracks: [psp]\nskip: [{capability: run/deploy, reason: no servers}]\n"
    journey = SMALL_TEMPLATES.journey_for(partner(text))
    assert [(c.id, c.required) for c in journey.capabilities] == [
        ("stand/portal", True), ("stand/pitch", False), ("walk/demo", True), ("gsi/sponsor", True),
        ("tracks/psp", False),
    ]  # fmt: skip


def test_settings_come_from_defaults_then_entry_then_overlay() -> None:
    text = SMALL.replace("stages:", "defaults: {weight: 5, days: 7}\nstages:", 1)
    journey = load_templates(small_files() | {"journey.yaml": text}).base()
    assert (journey.capability("stand/portal").days, journey.capability("stand/portal").weight) == (14, 2)
    assert (journey.capability("walk/demo").days, journey.capability("walk/demo").weight) == (7, 5)


def test_a_track_named_twice_is_walked_once() -> None:
    journey = SMALL_TEMPLATES.journey_for(partner(PARTNER_FILE + "tracks: [psp, psp]\n"))
    assert [c.id for c in journey.capabilities].count("tracks/psp") == 1


def test_files_with_windows_line_ends_are_read() -> None:
    files = {path: text.replace("\n", "\r\n") for path, text in small_files().items()}
    assert load_templates(files).base().model_dump() == SMALL_TEMPLATES.base().model_dump()


# --- mistakes in journey.yaml: (what is changed, into what, where it is found, what is said, what to do) ---

JOURNEY_MISTAKES = [
    ("unknown key", "goal: Learn to stand.", "gaol: Learn to stand.", "gaol:", "`stages.0.gaol` is not", "`goal`"),
    ("missing key", "    goal: Learn to walk.\n", "", "- id: walk", "`stages.1.goal` is missing", "Add it"),
    ("wrong choice", "owner: sa", "owner: boss", "id: run/deploy", "'boss'", "'partner', 'sa' or 'manager'"),
    ("wrong form", "id: stand/extra", "id: Stand Extra", "Stand Extra", "has the wrong form", "stage/name"),
    ("wrong type", "days: 90", "days: soon", "days: soon", "whole number", "Correct"),
    ("out of range", "days: 180", "days: 0", "days: 0", "greater than or equal to 1", "Correct"),
    ("endless", "settle_minutes: 10", "settle_minutes: .inf", "settle_minutes", "settle_minutes", "Correct"),
    ("too long a grace", "grace_days: 30", "grace_days: 999999999999", "grace_days", "grace_days", "Correct"),
    ("too long a track", "walk, valid_days: 365}", "walk, days: 99999}", "days: 99999", "tracks.psp.days", "Correct"),
    ("no YAML", "stages:", "stages: [", "- id: stand", "not valid YAML", "Check indentation"),
    ("key twice", "version: 1", "version: 1\nversion: 2", "version: 2", "given twice", "Keep one"),
    ("unreadable value", "version: 1", "version: !!int x", "version:", "cannot be read", "Quote it"),
    ("no file", "id: walk/demo", "id: walk/demos", "walk/demos", "no file capabilities/walk/demos.md", "Write it"),
    ("listed twice", "id: run/deploy", "id: walk/demo", "walk/demo, owner", "listed twice (line", "Keep one"),
    ("unknown stage", "sponsor, stage: walk", "sponsor, stage: fly", "stage: fly", "no stage `fly`", "walk"),
    ("unknown after", "[stand/pitch]", "[stand/pich]", "stand/pich", "no capability `stand/pich`", "`stand/pitch`"),
    ("later", "portal, days", "portal, after: [run/deploy], days", "portal, after", "in a later stage", "move one"),
    ("circle", "pitch, days", "pitch, after: [stand/pitch], days", "pitch, after", "for each other", "out of `after`"),
    ("no list", "skip: [stand/extra]", "skip: stand/extra", "skip: stand", "is not a list", "docs/templates.md"),
    ("no track", "  psp: {", "  - {", "tracks:", "`tracks` is not a list of keys", "docs/templates.md"),
    ("unknown set", "stand/pitch: {", "stand/patch: {", "stand/patch", "no capability `stand/patch`", "stand/pitch"),
    ("unknown skip", "skip: [stand/extra]", "skip: [x/y]", "skip: [x/y]", "no capability `x/y`", "journey.yaml"),
    ("track without file", "  psp: {", "  msp: {", "msp: {", "no file capabilities/tracks/msp.md", "Write it"),
    ("stage twice", "- id: run\n", "- id: walk\n", "- id: walk\n    title: 03", "`walk` is listed twice", "its own id"),
    ("title twice", "title: 03 - Run", "title: 02 - Walk", "02 - Walk\n    goal: Learn to run", "`02 - Walk`", "title"),
    ("reserved stage", "- id: run\n", "- id: complete\n", "- id: complete", "`complete` is reserved", "another id"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "fix"), [m[1:] for m in JOURNEY_MISTAKES], ids=[m[0] for m in JOURNEY_MISTAKES]
)
def test_a_mistake_in_journey_yaml_is_named(old: str, new: str, where: str, what: str, fix: str) -> None:
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    found = problems_of(small_files() | {"journey.yaml": text})
    hits = [p for p in found if what in p.what]
    assert hits, [str(p) for p in found]
    assert hits[0].file == "journey.yaml"
    assert hits[0].line == line_of(text, where)
    assert fix in hits[0].fix


TEXT = capability_text("Pitch")
MARKDOWN_MISTAKES = [
    ("no front matter", "---\ntitle", "title", "title", "front matter is missing", "Start with ---"),
    ("no title", "title: Pitch\n", "", "who:", "`title` is missing", "Add it"),
    ("two titles", "title: Pitch", "title: Pitch\ntitle: Catch", "title: Catch", "given twice", "Keep one"),
    ("unknown key", "who:", "whom:", "whom:", "`whom` is not known", "`who`"),
    ("unquoted colon", "question: What", "question: What: so", "question:", "not valid YAML", "colons"),
    ("no section", "## Evidence", "## Proof", "## Objective", "`## Evidence` is missing", "the order is"),
    ("nothing to tick", "- [ ] ", "- ", "## Objective", "no step to tick", "- [ ]"),
    ("quick action", "A note.", "/close", "/close", "quick action", "backticks"),
    ("hidden comment", "A note.", "A <!-- hidden -->", "A <!--", "HTML comment", "Remove it"),
    ("reserved bracket", "A note.", "A \u27e6note\u27e7", "A \u27e6", "is reserved", "another character"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "fix"), [m[1:] for m in MARKDOWN_MISTAKES], ids=[m[0] for m in MARKDOWN_MISTAKES]
)
def test_a_mistake_in_a_capability_file_is_named(old: str, new: str, where: str, what: str, fix: str) -> None:
    text = TEXT.replace(old, new)
    found = problems_of(small_files(stand__pitch=text))
    hits = [p for p in found if what in p.what]
    assert hits, [str(p) for p in found]
    assert hits[0].file == "capabilities/stand/pitch.md"
    assert hits[0].line == line_of(text, where)
    assert fix in hits[0].fix


PARTNER_MISTAKES = [
    ("unknown key", "region:", "regoin:", "regoin:", "`regoin` is not known", "`region`"),
    ("missing key", "region: EMEA\n", "", "name:", "`region` is missing", "Add it"),
    ("category", "category: rsi", "category: xyz", "category: xyz", "'xyz'", "'dmr', 'gsi', 'rsi' or 'fsi'"),
    ("username", "lead: acme.lead", 'lead: "@acme"', "lead:", "'@acme'", "without @"),
    ("several lines", "region: EMEA", 'region: "EMEA\\n/close"', "region:", "wrong form", "one line"),
    ("no letter", "name: Acme Integrators", 'name: " \u200b."', "name:", "no letter and no digit", "Correct"),
    ("slug given", "region: EMEA", "region: EMEA\nslug: other", "slug:", "given by the file name", "Remove"),
    ("track", "region: EMEA", "region: EMEA\ntracks: [abc]", "tracks:", "no track `abc`", "psp"),
    ("waiver", "region: EMEA",
     "region: EMEA\nwaivers:\n- {capability: stand/pich, until: 2027-01-01, reason: x, by: a}", "- {cap",
     "no capability `stand/pich`", "stand/pitch"),
    ("waiver without an end", "region: EMEA", "region: EMEA\nwaivers:\n- {capability: stand/pitch, reason: x, by: a}",
     "- {cap", "`waivers.0.until` is missing", "Add it"),
    ("skip", "region: EMEA", "region: EMEA\nskip: [{capability: x/y, reason: x}]", "skip:", "no capability `x/y`", ""),
    ("of another category", "region: EMEA", "region: EMEA\nskip: [{capability: gsi/sponsor, reason: x}]", "skip:",
     "no capability `gsi/sponsor`", ""),
    ("empty", PARTNER_FILE, "", "", "has no keys", "docs/templates.md"),
    ("a list", PARTNER_FILE, "- a", "", "has no keys", "docs/templates.md"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "fix"), [m[1:] for m in PARTNER_MISTAKES], ids=[m[0] for m in PARTNER_MISTAKES]
)
def test_a_mistake_in_a_partner_file_is_named(old: str, new: str, where: str, what: str, fix: str) -> None:
    text = PARTNER_FILE.replace(old, new, 1)
    found = partner_problems(text)
    hits = [p for p in found if what in p.what]
    assert hits, [str(p) for p in found]
    assert hits[0].file == "partners/acme.yaml"
    assert hits[0].line == line_of(text, where)
    assert fix in hits[0].fix


def test_a_file_name_that_gitlab_could_not_use_as_a_path_is_named() -> None:
    (problem,) = partner_problems(PARTNER_FILE, slug="Acme_Inc")
    assert problem.what == "The slug (the file's name) is 'Acme_Inc', which has the wrong form."
    assert "small letters, digits and inner dashes" in problem.fix


def test_all_problems_of_all_files_come_at_once_sorted_by_file_and_line() -> None:
    journey = SMALL.replace("id: walk/demo", "id: walk/x").replace("id: run/deploy", "id: run/y")
    bad = TEXT.replace("## Evidence", "## Proof").replace("A note.", "/close")
    found = problems_of(small_files(stand__pitch=bad, stand__extra="nothing") | {"journey.yaml": journey})
    assert [(p.file, p.line) for p in found] == sorted((p.file, p.line) for p in found)
    assert {p.file for p in found} == {
        "journey.yaml", "capabilities/stand/pitch.md", "capabilities/stand/extra.md",
    }  # fmt: skip
    assert sum(p.file == "journey.yaml" for p in found) == 2
    error = TemplateError(found)
    assert len(str(error).splitlines()) == len(found)
    assert all(re.match(r"\S+:\d+: .+\.", line) for line in str(error).splitlines())


def test_without_a_journey_file_the_fix_is_to_start_from_the_default() -> None:
    (problem,) = problems_of({})
    assert (problem.file, problem.line) == ("journey.yaml", 1)
    assert "default" in problem.fix


def test_a_bomb_of_aliases_is_refused_in_no_time() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 18)]
    found = problems_of(small_files() | {"journey.yaml": "\n".join(lines)})
    assert any("too large" in problem.what for problem in found)
    assert len(found) < 10


# --- any text at all ---

KEYS = st.sampled_from(["id", "title", "days", "stages", "capabilities", "set", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
    | st.sampled_from(["stand/pitch", "walk", "sa", "partner", "complete"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """A good file after an accident: a piece cut out, put twice, replaced by anything, or one value exchanged."""
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    piece = draw(st.sampled_from(["", text[start:end] * 2]) | st.text(max_size=20))
    if draw(st.booleans()):
        return text[:start] + piece + text[end:]
    lines = text.splitlines()
    number = draw(st.integers(0, len(lines) - 1))
    key, colon, _value = lines[number].partition(":")
    value = yaml.safe_dump(draw(VALUES), default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    lines[number] = f"{key}{colon} {value}"
    return "\n".join(lines)


def tried(load: Callable[[], Loaded]) -> tuple[Loaded | None, tuple[Problem, ...]]:
    """What was loaded, or the problems; any other exception fails the test."""
    try:
        return load(), ()
    except TemplateError as error:
        return None, error.problems


@given(st.text() | damaged(SMALL))
def test_any_text_as_journey_yaml_loads_or_is_refused_with_problems(text: str) -> None:
    loaded, problems = tried(lambda: load_templates(small_files() | {"journey.yaml": text}))
    assert all(p.line >= 1 and p.what and p.fix for p in problems)
    if loaded is None:
        assert problems
    else:
        assert World(loaded, partner(), nothing(), NOW).run().plan().actions == ()


@given(st.text() | damaged(TEXT))
def test_any_text_as_a_capability_loads_or_is_refused_with_problems(text: str) -> None:
    loaded, problems = tried(lambda: load_templates(small_files(stand__pitch=text)))
    if loaded is None:
        assert {p.file for p in problems} == {"capabilities/stand/pitch.md"}
    else:
        assert World(loaded, partner(), nothing(), NOW).run().plan().actions == ()


FULL_PARTNER = (
    PARTNER_FILE
    + """\
tracks: [psp]
waivers:
  - {capability: stand/pitch, until: 2026-12-31, reason: Not here, by: gl.sa1}
skip:
  - {capability: run/deploy, reason: Resells only}
"""
)


@given(st.text() | damaged(FULL_PARTNER))
def test_any_text_as_a_partner_file_loads_or_is_refused_with_problems(text: str) -> None:
    loaded, problems = tried(lambda: load_partner("acme", text, SMALL_TEMPLATES))
    if loaded is None:
        assert {p.file for p in problems} == {"partners/acme.yaml"}
    else:
        users = dict.fromkeys(loaded.people.everyone, "gid://gitlab/User/1")
        observed = replace(nothing(), known_users=users)
        assert World(SMALL_TEMPLATES, loaded, observed, NOW).run().plan().actions == ()
