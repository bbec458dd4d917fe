"""What must be true across the journey's files, beyond the form of each: references, doubles, order.

Each check gives problems with line and fix and goes on. The trap: a journey that loads, and that GitLab then refuses or
that nobody can walk to its end.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from app.journey.model import COMPLETE, REVIEW, CapabilityEntry, JourneyFile, PracticeRules
from app.journey.templates import entries_of, stages_of
from app.journey.yaml_lines import Document, Path, Problem


@dataclass(frozen=True)
class _Listed:
    """One capability in journey.yaml: where it stands, and the index of its stage; None in the run of practices."""

    path: Path
    entry: CapabilityEntry
    stage: int | None


def _listed(file: JourneyFile) -> Iterator[_Listed]:
    """All of them, in the order of the file."""
    order = {stage.id: index for index, stage in enumerate(file.stages)}
    for index, stage in enumerate(file.stages):
        for number, entry in enumerate(stage.capabilities):
            yield _Listed(("stages", index, "capabilities", number), entry, index)
    for category, overlay in file.overlays.items():
        for number, added in enumerate(overlay.add):
            yield _Listed(("overlays", category, "add", number), added, order.get(added.stage, 0))
        for number, entry in enumerate(overlay.practice.entry.capabilities if overlay.practice else ()):
            path = ("overlays", category, "practice", "entry", "capabilities", number)
            yield _Listed(path, entry, None)


def check_journey(file: JourneyFile, document: Document, files: Mapping[str, str]) -> Iterator[Problem]:
    """`files`: all files of the journey by path."""
    listed = list(_listed(file))
    yield from _check_entries(listed, document, files)
    yield from _check_tracks(file, document, files)
    yield from _check_stage_references(file, document)
    yield from _check_stages(file, document)
    yield from _check_former_ids(file, listed, document)
    yield from unknown_capabilities(document, _named(file), {each.entry.id for each in listed})
    yield from _check_order(file, listed, document)
    for category, overlay in file.overlays.items():
        if overlay.practice is not None:
            yield from _check_practice_rules(overlay.practice, document, category, {stage.id for stage in file.stages})


def _check_entries(listed: Iterable[_Listed], document: Document, files: Mapping[str, str]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for each in listed:
        entry, place = each.entry, (*each.path, "id")
        if entry.id in seen:
            what = f"The capability `{entry.id}` is listed twice (line {seen[entry.id]})."
            yield document.problem(place, what, "Keep one.")
        seen.setdefault(entry.id, document.line(place))
        if entry.id.endswith(f"/{REVIEW}"):
            what = f"The name `{REVIEW}` is that of a stage's own review."
            yield document.problem(place, what, "Use another id, or `gate: sa` on the stage.")
        if f"capabilities/{entry.id}.md" not in files and not entry.retired:
            what = f"There is no file capabilities/{entry.id}.md."
            yield document.problem(place, what, "Write it, or correct the id.")


def _check_tracks(file: JourneyFile, document: Document, files: Mapping[str, str]) -> Iterator[Problem]:
    for name, track in file.tracks.items():
        path = f"capabilities/tracks/{name}.md"
        if path not in files:
            yield document.problem(("tracks", name), f"There is no file {path}.", "Write it.")
        for number, other in enumerate(track.after):
            if other not in file.tracks:
                fix = f"Use one of {', '.join(file.tracks)}."
                yield document.problem(("tracks", name, "after", number), f"There is no track `{other}`.", fix)


def _check_stage_references(file: JourneyFile, document: Document) -> Iterator[Problem]:
    named: list[tuple[Path, str]] = [
        (("overlays", category, "add", number, "stage"), added.stage)
        for category, overlay in file.overlays.items()
        for number, added in enumerate(overlay.add)
    ]
    named += [(("tracks", name, "stage"), track.stage) for name, track in file.tracks.items()]
    yield from _unknown_stages(document, named, {stage.id for stage in file.stages})


def _check_stages(file: JourneyFile, document: Document) -> Iterator[Problem]:
    """Ids become labels and titles become milestones: GitLab takes each only once."""
    for index, stage in enumerate(file.stages):
        place, earlier = ("stages", index, "id"), file.stages[:index]
        if all(entry.retired for entry in stage.capabilities):
            what = f"The stage `{stage.id}` has no capability left."
            yield document.problem(place, what, "Keep one, or remove the stage.")
        if stage.id == COMPLETE:
            what = f"The stage id `{COMPLETE}` is reserved for the end of the journey."
            yield document.problem(place, what, "Use another id.")
        if any(stage.id == other.id for other in earlier):
            yield document.problem(place, f"The stage `{stage.id}` is listed twice.", "Give each stage its own id.")
        if any(stage.title == other.title for other in earlier):
            what = f"The stage title `{stage.title}` is used twice."
            yield document.problem(("stages", index, "title"), what, "Give each stage its own title.")


def _check_former_ids(file: JourneyFile, listed: Iterable[_Listed], document: Document) -> Iterator[Problem]:
    """An issue that says an old id must belong to one capability only."""
    present, taken = {entry.id for entry in entries_of(file)}, dict[str, str]()
    for each in listed:
        entry, place = each.entry, (*each.path, "was")
        for old in entry.was if each.stage is not None else ():
            if old in present:
                what = f"`{entry.id}` was `{old}`, but `{old}` is listed as well."
                yield document.problem(place, what, "Remove one of the two.")
            elif taken.setdefault(old, entry.id) != entry.id:
                what = f"Both `{taken[old]}` and `{entry.id}` were `{old}`."
                yield document.problem(place, what, "Name it once: the issue can go on as one only.")


def _named(file: JourneyFile) -> Iterator[tuple[Path, str]]:
    """Every capability that another one, or an overlay, names."""
    reviews = {f"{stage.id}/{REVIEW}" for stage in stages_of(file) if stage.gate == "sa"}
    for each in _listed(file):
        yield from (((*each.path, "after"), other) for other in each.entry.after if each.stage is not None)
    for category, overlay in file.overlays.items():
        yield from ((("overlays", category, "set", name), name) for name in overlay.set)
        gone = ((number, name) for number, name in enumerate(overlay.skip) if name not in reviews)
        yield from ((("overlays", category, "skip", number), name) for number, name in gone)


def _check_order(file: JourneyFile, listed: Iterable[_Listed], document: Document) -> Iterator[Problem]:
    """What waits for itself, or in its stage for a later one, would be blocked for ever."""
    stages = {each.entry.id: each.stage for each in listed if each.stage is not None}
    places: dict[str, Path] = {each.entry.id: (*each.path, "after") for each in listed if each.stage is not None}
    waits = {each.entry.id: each.entry.after for each in listed if each.stage is not None}
    for name, track in file.tracks.items():
        places[f"tracks/{name}"] = ("tracks", name, "after")
        waits[f"tracks/{name}"] = tuple(f"tracks/{other}" for other in track.after)
    for name, others in waits.items():
        for other in others:
            if stages.get(other, 0) > stages.get(name, 0):
                what = f"`{name}` waits for `{other}`, which is in a later stage."
                yield document.problem(places[name], what, "Take it out of `after`, or move one of the two.")
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]  # each one waits for the next
        what = f"These wait for each other: {', '.join(f'`{name}`' for name in circle)}."
        yield document.problem(places[circle[0]], what, "Take one of them out of `after`.")


def _check_practice_rules(
    rules: PracticeRules, document: Document, category: str, stages: set[str]
) -> Iterator[Problem]:
    place = ("overlays", category, "practice")
    walked = [((*place, "stages", number), stage) for number, stage in enumerate(rules.stages)]
    yield from _unknown_stages(document, walked, stages)
    if rules.unlock not in {item.id for item in rules.entry.capabilities}:
        what = f"The unlock capability `{rules.unlock}` is not in the entry stage."
        yield document.problem((*place, "unlock"), what, "List it there.")
    if rules.entry.id in stages or rules.entry.id == COMPLETE:
        what = f"The entry stage `{rules.entry.id}` has the id of another stage."
        yield document.problem((*place, "entry", "id"), what, "Use another id.")


def _unknown_stages(document: Document, named: Iterable[tuple[Path, str]], known: set[str]) -> Iterator[Problem]:
    for path, name in named:
        if name not in known:
            yield document.problem(path, f"There is no stage `{name}`.", f"Use one of {', '.join(sorted(known))}.")


def unknown_capabilities(document: Document, named: Iterable[tuple[Path, str]], known: set[str]) -> Iterator[Problem]:
    """A problem for each of those that are named and not known, with the nearest name as the fix."""
    for path, name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"Did you mean `{near[0]}`?" if near else "Use an id that journey.yaml lists."
            yield document.problem(path, f"There is no capability `{name}`.", fix)
