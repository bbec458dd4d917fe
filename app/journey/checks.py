"""What must be true across journey and partner files, beyond the form of each: references, doubles, texts.

Each check gives problems with line and fix and goes on. The trap it avoids: a journey that loads, and that GitLab then
refuses, or runs as a quick action.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from app.journey.languages import ENGLISH, capability_and_language
from app.journey.model import (
    COMPLETE,
    REVIEW,
    CapabilityEntry,
    JourneyFile,
    Partner,
    PracticeRules,
)
from app.journey.templates import Templates, entries_of, stages_of
from app.journey.yaml_lines import Document, Problem

_SECTIONS = ("Objective", "Steps", "Evidence", "Good to know", "Resources")


_LONGEST = 100_000  # GitLab takes descriptions of a million, and people write below the bot's part


def check_body(path: str, body: str, first_line: int) -> list[Problem]:
    problems: list[Problem] = []
    if len(body) > _LONGEST:
        problems.append(
            Problem(path, first_line, f"The text has {len(body)} characters.", f"Keep it below {_LONGEST}.")
        )
    headings = []
    for number, line in enumerate(body.splitlines(), first_line):
        if line.startswith("/"):
            problems.append(
                Problem(
                    path,
                    number,
                    "GitLab runs a line that starts with `/` as a quick action.",
                    "Indent it or put it in backticks.",
                )
            )
        if "<!--" in line:
            problems.append(
                Problem(path, number, "An HTML comment could be taken for one of the bot's marks.", "Remove it.")
            )
        if "\u27e6" in line:
            problems.append(Problem(path, number, "The bracket \u27e6 is reserved.", "Use another character."))
        if line.startswith("## "):
            headings.append(line[3:].strip())
    problems += _check_sections(path, headings, first_line)
    if "- [ ] " not in body:
        problems.append(
            Problem(path, first_line, "There is no step to tick.", "Add lines that start with `- [ ] ` under ## Steps.")
        )
    return problems


def _check_sections(path: str, headings: list[str], first_line: int) -> list[Problem]:
    """A translation has the same sections in the same order, with headings in its own words."""
    order = f"the order is {', '.join(_SECTIONS)}."
    if capability_and_language(path)[1] == ENGLISH:
        missing = [wanted for wanted in _SECTIONS if wanted not in headings]
        return [
            Problem(path, first_line, f"The section `## {name}` is missing.", f"Add it; {order}") for name in missing
        ]
    if len(headings) == len(_SECTIONS):
        return []
    what = f"There are {len(headings)} sections that start with `## `, and the English text has {len(_SECTIONS)}."
    return [Problem(path, first_line, what, f"Translate each of them; {order}")]


def check_references(file: JourneyFile, document: Document, files: Mapping[str, str]) -> list[Problem]:
    problems: list[Problem] = []
    stages = {stage.id for stage in file.stages}
    seen: dict[str, int] = {}

    def entry(item: CapabilityEntry, path: tuple[str | int, ...]) -> None:
        line = document.line((*path, "id"))
        if item.id in seen:
            problems.append(
                Problem(
                    document.file,
                    line,
                    f"The capability `{item.id}` is listed twice (line {seen[item.id]}).",
                    "Keep one.",
                )
            )
        seen.setdefault(item.id, line)
        if item.id.endswith(f"/{REVIEW}"):
            what = f"The name `{REVIEW}` is that of a stage's own review."
            problems.append(Problem(document.file, line, what, "Use another id, or `gate: sa` on the stage."))
        if f"capabilities/{item.id}.md" not in files and not item.retired:
            problems.append(
                Problem(
                    document.file, line, f"There is no file capabilities/{item.id}.md.", "Write it, or correct the id."
                )
            )

    for index, stage in enumerate(file.stages):
        for number, item in enumerate(stage.capabilities):
            entry(item, ("stages", index, "capabilities", number))
    for category, overlay in file.overlays.items():
        for number, added in enumerate(overlay.add):
            entry(added, ("overlays", category, "add", number))
        for number, item in enumerate(overlay.practice.entry.capabilities if overlay.practice else ()):
            entry(item, ("overlays", category, "practice", "entry", "capabilities", number))
    problems += [
        Problem(document.file, document.line(("tracks", name)), f"There is no file {path}.", "Write it.")
        for name in file.tracks
        if (path := f"capabilities/tracks/{name}.md") not in files
    ]
    problems += [
        Problem(
            document.file, document.line(("tracks", name, "after", number)), f"There is no track `{other}`.",
            f"Use one of {', '.join(file.tracks)}.",
        )
        for name, track in file.tracks.items()
        for number, other in enumerate(track.after)
        if other not in file.tracks
    ]  # fmt: skip
    problems += _check_stage_names(file, document, stages)
    problems += _check_former_ids(file, document)
    problems += _check_known(file, document, set(seen))
    problems += _check_order(file, document)
    for category, overlay in file.overlays.items():
        if overlay.practice is not None:
            problems += _check_practice_rules(overlay.practice, document, category, stages)
    return problems


def _check_practice_rules(rules: PracticeRules, document: Document, category: str, stages: set[str]) -> list[Problem]:
    place = ("overlays", category, "practice")
    problems = [
        Problem(
            document.file, document.line((*place, "stages", number)), f"There is no stage `{stage}`.",
            f"Use one of {', '.join(sorted(stages))}.",
        )
        for number, stage in enumerate(rules.stages)
        if stage not in stages
    ]  # fmt: skip
    if rules.unlock not in {item.id for item in rules.entry.capabilities}:
        what = f"The unlock capability `{rules.unlock}` is not in the entry stage."
        problems.append(Problem(document.file, document.line((*place, "unlock")), what, "List it there."))
    if rules.entry.id in stages or rules.entry.id == COMPLETE:
        what = f"The entry stage `{rules.entry.id}` has the id of another stage."
        problems.append(Problem(document.file, document.line((*place, "entry", "id")), what, "Use another id."))
    return problems


def _check_stage_names(file: JourneyFile, document: Document, stages: set[str]) -> list[Problem]:
    named: list[tuple[tuple[str | int, ...], str]] = []
    for category, overlay in file.overlays.items():
        for number, added in enumerate(overlay.add):
            named.append((("overlays", category, "add", number, "stage"), added.stage))
    named += [(("tracks", name, "stage"), track.stage) for name, track in file.tracks.items()]
    problems = [
        Problem(
            document.file,
            document.line(path),
            f"There is no stage `{stage}`.",
            f"Use one of {', '.join(sorted(stages))}.",
        )
        for path, stage in named
        if stage not in stages
    ]
    return problems + _check_stage_doubles(file, document)


def _check_stage_doubles(file: JourneyFile, document: Document) -> list[Problem]:
    """Ids become labels and titles become milestones: GitLab takes each only once."""
    problems: list[Problem] = []
    for index, stage in enumerate(file.stages):
        line = document.line(("stages", index, "id"))
        earlier = file.stages[:index]
        if all(entry.retired for entry in stage.capabilities):
            what = f"The stage `{stage.id}` has no capability left."
            problems.append(Problem(document.file, line, what, "Keep one, or remove the stage."))
        if stage.id == COMPLETE:
            what = f"The stage id `{COMPLETE}` is reserved for the end of the journey."
            problems.append(Problem(document.file, line, what, "Use another id."))
        if any(stage.id == other.id for other in earlier):
            what = f"The stage `{stage.id}` is listed twice."
            problems.append(Problem(document.file, line, what, "Give each stage its own id."))
        if any(stage.title == other.title for other in earlier):
            line = document.line(("stages", index, "title"))
            what = f"The stage title `{stage.title}` is used twice."
            problems.append(Problem(document.file, line, what, "Give each stage its own title."))
    return problems


def _check_former_ids(file: JourneyFile, document: Document) -> list[Problem]:
    """An issue that says an old id must belong to one capability only."""
    present, taken = {entry.id for entry in entries_of(file)}, dict[str, str]()
    paths: list[tuple[tuple[str | int, ...], CapabilityEntry]] = []
    for index, stage in enumerate(file.stages):
        paths += [(("stages", index, "capabilities", n), entry) for n, entry in enumerate(stage.capabilities)]
    for category, overlay in file.overlays.items():
        paths += [(("overlays", category, "add", n), entry) for n, entry in enumerate(overlay.add)]
    problems = []
    for path, entry in paths:
        for old in entry.was:
            line = document.line((*path, "was"))
            if old in present:
                what, fix = f"`{entry.id}` was `{old}`, but `{old}` is listed as well.", "Remove one of the two."
                problems.append(Problem(document.file, line, what, fix))
            elif taken.setdefault(old, entry.id) != entry.id:
                what = f"Both `{taken[old]}` and `{entry.id}` were `{old}`."
                problems.append(Problem(document.file, line, what, "Name it once: the issue can go on as one only."))
    return problems


def _check_known(file: JourneyFile, document: Document, known: set[str]) -> list[Problem]:
    """Every capability that another one, or an overlay, names must exist."""
    named: list[tuple[tuple[str | int, ...], str]] = []
    reviews = {f"{stage.id}/{REVIEW}" for stage in stages_of(file) if stage.gate == "sa"}
    for index, stage in enumerate(file.stages):
        for number, item in enumerate(stage.capabilities):
            named += [(("stages", index, "capabilities", number, "after"), other) for other in item.after]
    for category, overlay in file.overlays.items():
        named += [(("overlays", category, "set", name), name) for name in overlay.set]
        gone = ((number, name) for number, name in enumerate(overlay.skip) if name not in reviews)
        named += [(("overlays", category, "skip", number), name) for number, name in gone]
        for number, added in enumerate(overlay.add):
            named += [(("overlays", category, "add", number, "after"), other) for other in added.after]
    return [_unknown(document, path, name, known) for path, name in named if name not in known]


def _check_order(file: JourneyFile, document: Document) -> list[Problem]:
    """What waits for itself, or in its stage for a later one, would be blocked for ever."""
    lines: dict[str, int] = {}
    waits: dict[str, tuple[str, ...]] = {}
    stage_of: dict[str, int] = {}
    order = {stage.id: index for index, stage in enumerate(file.stages)}
    for index, stage in enumerate(file.stages):
        for number, item in enumerate(stage.capabilities):
            lines[item.id] = document.line(("stages", index, "capabilities", number, "after"))
            waits[item.id], stage_of[item.id] = item.after, index
    for category, overlay in file.overlays.items():
        for number, added in enumerate(overlay.add):
            lines[added.id] = document.line(("overlays", category, "add", number, "after"))
            waits[added.id], stage_of[added.id] = added.after, order.get(added.stage, 0)
    for name, track in file.tracks.items():
        lines[f"tracks/{name}"] = document.line(("tracks", name, "after"))
        waits[f"tracks/{name}"] = tuple(f"tracks/{other}" for other in track.after)
    problems = [
        Problem(
            document.file, lines[name], f"`{name}` waits for `{other}`, which is in a later stage.",
            "Take it out of `after`, or move one of the two.",
        )
        for name, others in waits.items()
        for other in others
        if stage_of.get(other, 0) > stage_of.get(name, 0)
    ]  # fmt: skip
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]  # each one waits for the next
        what = f"These wait for each other: {', '.join(f'`{name}`' for name in circle)}."
        problems.append(Problem(document.file, lines[circle[0]], what, "Take one of them out of `after`."))
    return problems


def check_partner(partner: Partner, document: Document, templates: Templates) -> list[Problem]:
    known = {c.id for c in templates.journey_for(partner.model_copy(update={"tracks": (), "skip": ()})).capabilities}
    problems = [
        Problem(
            document.file,
            document.line(("tracks", number)),
            f"There is no track `{track}`.",
            f"Use one of {', '.join(templates.file.tracks) or 'none'}.",
        )
        for number, track in enumerate(partner.tracks)
        if track not in templates.file.tracks
    ]
    known |= {f"tracks/{track}" for track in partner.tracks}
    known |= {entry.id for entry in entries_of(templates.file) if entry.retired}
    problems += _check_language(partner, document, templates)
    problems += _check_practices(partner, document, templates)
    named = [(("waivers", n, "capability"), w.capability) for n, w in enumerate(partner.waivers)]
    problems += [_unknown(document, path, name, known) for path, name in named if name not in known]
    known |= {name.split("@")[0] for name in known}  # a skip without `@practice` is for all practices
    named = [(("skip", n, "capability"), s.capability) for n, s in enumerate(partner.skip)]
    return problems + [_unknown(document, path, name, known) for path, name in named if name not in known]


def _check_language(partner: Partner, document: Document, templates: Templates) -> list[Problem]:
    if partner.language in templates.languages:
        return []
    what = f"There is nothing in the language `{partner.language}`."
    fix = f"Use one of {', '.join(templates.languages)}, or write languages/{partner.language}.yaml."
    return [Problem(document.file, document.line(("language",)), what, fix)]


def _check_practices(partner: Partner, document: Document, templates: Templates) -> list[Problem]:
    overlay = templates.file.overlays.get(partner.category)
    problems: list[Problem] = []
    if partner.practices and (overlay is None or overlay.practice is None):
        what = f"The category `{partner.category}` has no practices."
        problems.append(Problem(document.file, document.line(("practices",)), what, "Remove them, or use `gsi`."))
    first = re.split(r"[^a-z0-9]+", partner.name.lower())[0]
    seen = set[str]()
    for number, practice in enumerate(partner.practices):
        line = document.line(("practices", number, "id"))
        if practice.id in seen:
            what = f"The practice `{practice.id}` is listed twice."
            problems.append(Problem(document.file, line, what, "Keep one."))
        if f"-{partner.slug}-" in f"-{practice.id}-" or (first and first in practice.id.split("-")):
            what = f"The practice `{practice.id}` names the partner, and other partners can read its label."
            problems.append(Problem(document.file, line, what, "Name the business, e.g. `banking`."))
        seen.add(practice.id)
    if overlay is not None and overlay.practice is not None:
        gone = (*overlay.skip, *(skip.capability for skip in partner.skip))
        wins = {overlay.practice.unlock, *(f"{overlay.practice.unlock}@{each.id}" for each in partner.practices)}
        problems += [
            Problem(
                document.file, document.line(("skip",)), f"`{name}` opens the journey of a practice.",
                "Do not skip it; waive it with a reason, or take the practice out of the file.",
            )
            for name in gone
            if partner.practices and name in wins
        ]  # fmt: skip
    return problems


def _unknown(document: Document, path: tuple[str | int, ...], name: str, known: set[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"Did you mean `{near[0]}`?" if near else "Use an id that journey.yaml lists."
    return Problem(document.file, document.line(path), f"There is no capability `{name}`.", fix)
