"""Files to a `Journey` or a `Partner`, with every error named by file, line and fix, all of them at once.

Works on texts, not on a disk: the files may come from the package, a folder or the control project. The trap it
avoids: a loader that stops at the first mistake and makes the author run it ten times.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.journey import evidence
from app.journey.catalogue import IN_ENGLISH, Catalogue, LanguageFile, catalogue_of, checked
from app.journey.languages import (
    ENGLISH,
    capability_and_language,
    is_catalogue,
    is_text,
    language_of_catalogue,
    misnamed,
)
from app.journey.model import (
    COMPLETE,
    Capability,
    CapabilityEntry,
    CapabilitySettings,
    CapabilityText,
    Form,
    Journey,
    JourneyFile,
    Partner,
    PartnerFile,
    Practice,
    PracticeEntry,
    PracticeRules,
    Stage,
    StageEntry,
)
from app.journey.yaml_lines import Document, Problem, parse

__all__ = ["Problem", "TemplateError", "Templates", "load_partner", "load_templates"]

_Model = TypeVar("_Model", bound=BaseModel)
_SECTIONS = ("Objective", "Steps", "Evidence", "Good to know", "Resources")
_LONGEST = 100_000  # GitLab takes descriptions of a million, and people write below the bot's part
_BASE = {
    "required": True, "owner": "partner", "verify": "none", "evidence": "none", "days": 30, "weight": 1,
    "per_practice": True,
}  # fmt: skip


class TemplateError(ValueError):
    """One or more problems in journey or partner files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line)))
        super().__init__("\n".join(str(p) for p in self.problems))


class Templates:
    """A checked set of journey files; `journey_for` gives the journey as one partner walks it."""

    def __init__(
        self,
        file: JourneyFile,
        texts: Mapping[str, Mapping[str, CapabilityText]],
        catalogues: Mapping[str, Catalogue] | None = None,
    ) -> None:
        """`texts`: by language, then by capability; English has all of them. `catalogues`: by language."""
        self.file = file
        self.texts = {language: dict(given) for language, given in texts.items()}
        self.catalogues = {ENGLISH: IN_ENGLISH, **(catalogues or {})}
        self._form = Form(
            evidence=tuple(dict.fromkeys(c.tell(evidence.EVIDENCE) for c in self.catalogues.values())),
            answer=tuple(dict.fromkeys(c.tell(evidence.ANSWER) for c in self.catalogues.values())),
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which there is anything."""
        return tuple(sorted({*self.texts, *self.catalogues}))

    def _catalogue(self, language: str) -> Catalogue:
        return self.catalogues.get(language) or Catalogue(language=language)

    def journey_for(self, partner: PartnerFile) -> Journey:
        """Applies the category's overlay, the partner's practices, tracks and skips. KeyError for an unknown track."""
        file, rules = self.file, self._practice_rules(partner)
        stages = tuple(
            self._stage(partner, stage, self._company_entries(partner, stage, rules)) for stage in file.stages
        )
        company = Journey(
            id=file.id, version=file.version, title=file.title, roles=file.roles, policy=file.policy, stages=stages,
            offered=frozenset(
                [*(e.id for e in _entries(file) if not e.retired), *(f"tracks/{name}" for name in file.tracks)]
            ),
            catalogue=self._catalogue(partner.language), catalogues=tuple(self.catalogues.values()),
        )  # fmt: skip
        if rules is None:
            return company
        runs = tuple(self._practice(partner, company, rules, practice) for practice in partner.practices)
        return company.model_copy(update={"practices": runs})

    def _practice_rules(self, partner: PartnerFile) -> PracticeRules | None:
        overlay = self.file.overlays.get(partner.category)
        return overlay.practice if overlay and partner.practices else None

    def _company_entries(
        self, partner: PartnerFile, stage: StageEntry, rules: PracticeRules | None
    ) -> list[CapabilityEntry]:
        """What the company does once. Without practices that is everything but what their wins bring up."""
        tracks = (name for name in dict.fromkeys(partner.tracks) if self.file.tracks[name].stage == stage.id)
        entries = self._entries(partner, stage)
        if rules is None:
            entries = [entry for entry in entries if not entry.after_wins]
        elif stage.id in rules.stages:
            entries = [entry for entry in entries if not self._settings(partner, entry)["per_practice"]]
        return entries + [self._track_entry(name) for name in tracks]

    def _practice(self, partner: PartnerFile, company: Journey, rules: PracticeRules, entry: PracticeEntry) -> Practice:
        """The run of one practice; its ids end in `@practice`, its titles name it, so that each is found again."""
        walked = [rules.entry, *(stage for stage in self.file.stages if stage.id in rules.stages)]
        chosen = {
            stage.id: [e for e in self._entries(partner, stage) if self._settings(partner, e)["per_practice"]]
            for stage in walked
        }
        own = {e.id for entries in chosen.values() for e in entries}

        def named(capability: Capability) -> Capability:
            after = tuple(f"{name}@{entry.id}" if name in own else name for name in capability.after)
            titles = {language: f"{title} ({entry.id})" for language, title in capability.titles.items()}
            return capability.model_copy(update={
                "id": f"{capability.id}@{entry.id}", "title": f"{capability.title} ({entry.id})", "after": after,
                "practice": entry.id, "titles": titles,
            })  # fmt: skip

        skipped = {skip.capability for skip in partner.skip}
        stages = []
        for stage in walked:
            plain = self._stage(partner, stage, chosen[stage.id])
            capabilities = tuple(c for c in map(named, plain.capabilities) if c.id not in skipped)
            stages.append(
                plain.model_copy(update={"title": f"{plain.title}: {entry.id}", "capabilities": capabilities})
            )
        run = company.model_copy(update={"id": entry.id, "stages": tuple(stages)})
        return Practice(
            id=entry.id, lead=entry.lead, champion=entry.champion, unlock=f"{rules.unlock}@{entry.id}", journey=run
        )

    def _entries(self, partner: PartnerFile, stage: StageEntry) -> list[CapabilityEntry]:
        overlay = self.file.overlays.get(partner.category)
        return [*stage.capabilities, *(added for added in (overlay.add if overlay else ()) if added.stage == stage.id)]

    def _stage(self, partner: PartnerFile, stage: StageEntry, entries: list[CapabilityEntry]) -> Stage:
        overlay = self.file.overlays.get(partner.category)
        gone = {skip.capability for skip in partner.skip} | set(overlay.skip if overlay else ())
        capabilities = tuple(
            self._capability(partner, stage.id, entry)
            for entry in entries
            if entry.id not in gone and not entry.retired
        )
        return Stage(id=stage.id, title=stage.title, goal=stage.goal, days=stage.days, capabilities=capabilities)

    def base(self) -> Journey:
        """The journey without any overlay: what the template check and the picture show."""
        people: dict[str, Any] = {"lead": "lead", "sa": "sa"}
        plain = PartnerFile(name="any", category="rsi", region="-", people=people)
        return Templates(self.file.model_copy(update={"overlays": {}}), self.texts, self.catalogues).journey_for(plain)

    def _track_entry(self, name: str) -> CapabilityEntry:
        track = self.file.tracks[name]
        return CapabilityEntry(
            id=f"tracks/{name}", title=track.title, required=False, verify="sa", evidence="link", days=track.days,
            valid_days=track.valid_days, after=tuple(f"tracks/{other}" for other in track.after),
        )  # fmt: skip

    def _settings(self, partner: PartnerFile, entry: CapabilityEntry) -> dict[str, Any]:
        """Defaults, then the entry, then what the category sets."""
        overlay = self.file.overlays.get(partner.category)
        keys = set(CapabilitySettings.model_fields)
        settings: dict[str, Any] = dict(_BASE)
        for layer in (self.file.defaults, entry, overlay.set.get(entry.id) if overlay else None):
            if layer is not None:
                settings |= {k: v for k, v in layer.model_dump(include=keys).items() if v is not None}
        return settings

    def _capability(self, partner: PartnerFile, stage: str, entry: CapabilityEntry) -> Capability:
        settings = self._settings(partner, entry)
        del settings["per_practice"]
        track = self.file.tracks.get(entry.id.removeprefix("tracks/")) if entry.id.startswith("tracks/") else None
        texts = {language: given[entry.id] for language, given in self.texts.items() if entry.id in given}
        titles = {language: text.title for language, text in texts.items()}
        titles[ENGLISH] = entry.title or titles[ENGLISH]
        language = partner.language if partner.language in texts else ENGLISH
        return Capability(
            id=entry.id, stage=stage, title=titles[language], titles=titles, text=texts[language], language=language,
            form=self._form,
            after=entry.after, valid_days=entry.valid_days, after_wins=entry.after_wins,
            needs=track.needs if track else {}, counts_from=entry.counts_from, was=entry.was, **settings,
        )  # fmt: skip


def load_templates(files: Mapping[str, str]) -> Templates:
    """`files` maps paths (`journey.yaml`, `capabilities/<stage>/<name>.md`) to texts. Raises TemplateError.

    `capabilities/<stage>/<name>.<language>.md` is a translation, with English in its place where there is none, and
    `languages/<language>.yaml` has the bot's own words.
    """
    problems: list[Problem] = []
    if "journey.yaml" not in files:
        raise TemplateError(
            [
                Problem(
                    "journey.yaml", 1, "The file is missing.", "Start from the default journey_templates/journey.yaml."
                )
            ]
        )
    document = parse("journey.yaml", files["journey.yaml"])
    file = _validate(JourneyFile, document, problems)
    texts: dict[str, dict[str, CapabilityText]] = {ENGLISH: {}}
    for path in filter(is_text, sorted(files)):
        wrong = misnamed(path, files)
        if wrong is not None:
            problems.append(wrong)
            continue
        capability, language = capability_and_language(path)
        text = _load_text(path, files[path], problems)
        if text is not None:
            texts.setdefault(language, {})[capability] = text
    catalogues = _load_catalogues(files, problems)
    if file is not None:
        problems += _check_references(file, document, files)
    if problems or file is None:
        raise TemplateError(problems)
    return Templates(file, texts, catalogues)


def _load_catalogues(files: Mapping[str, str], problems: list[Problem]) -> dict[str, Catalogue]:
    catalogues: dict[str, Catalogue] = {}
    for path in filter(is_catalogue, sorted(files)):
        wrong = misnamed(path, files)
        if wrong is not None:
            problems.append(wrong)
            continue
        document = parse(path, files[path])
        file = _validate(LanguageFile, document, problems)
        if file is not None:
            problems += checked(file, document)
            language = language_of_catalogue(path)
            catalogues[language] = catalogue_of(language, file)
    return catalogues


def load_partner(slug: str, text: str, templates: Templates) -> Partner:
    """Reads `partners/<slug>.yaml`. Raises TemplateError with all problems."""
    file = f"partners/{slug}.yaml"
    problems: list[Problem] = []
    document = parse(file, text)
    data = document.data
    if isinstance(data, dict) and "slug" not in data:
        document.data = {**data, "slug": slug}
    elif isinstance(data, dict):
        problems.append(
            Problem(file, document.line(("slug",)), "`slug` is given by the file name.", "Remove this line.")
        )
    partner = _validate(Partner, document, problems)
    if partner is not None:
        partner = _with_present_ids(partner, templates.file)
        problems += _check_partner(partner, document, templates)
    if problems or partner is None:
        raise TemplateError(problems)
    return partner


def _with_present_ids(partner: Partner, file: JourneyFile) -> Partner:
    """A partner file may go on naming a capability by a former id."""
    now = {old: entry.id for entry in _entries(file) for old in entry.was}
    return partner.model_copy(
        update={
            name: tuple(
                each.model_copy(update={"capability": now.get(each.capability, each.capability)}) for each in given
            )
            for name, given in (("waivers", partner.waivers), ("skip", partner.skip))
        }
    )


def _entries(file: JourneyFile) -> tuple[CapabilityEntry, ...]:
    """Every capability that the file lists, retired ones and those of all categories included."""
    overlays = file.overlays.values()
    stages = [*file.stages, *(overlay.practice.entry for overlay in overlays if overlay.practice)]
    listed = tuple(entry for stage in stages for entry in stage.capabilities)
    return listed + tuple(added for overlay in overlays for added in overlay.add)


def _validate(model: type[_Model], document: Document, problems: list[Problem]) -> _Model | None:
    if document.problems:
        problems += document.problems
        return None
    if not isinstance(document.data, dict):
        problems.append(
            Problem(document.file, 1, "The file has no keys.", "Fill it in; docs/templates.md shows an example.")
        )
        return None
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors():
            location = tuple(detail["loc"])
            problems.append(Problem(document.file, document.line(location), *_explain(model, location, detail)))
        return None


def _explain(model: type[BaseModel], location: tuple[str | int, ...], detail: Any) -> tuple[str, str]:
    """What is wrong and the fix, in words for people who write YAML and not Python."""
    name = ".".join(str(part) for part in location if part != "slug") or "the file"
    kind = detail["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), _keys_of(model), n=1)
        fix = f"Did you mean `{near[0]}`?" if near else "Remove it, or see the JSON Schema for the keys that exist."
        return f"The key `{name}` is not known.", fix
    if kind == "missing":
        return f"The key `{name}` is missing.", "Add it."
    if kind == "literal_error":
        return (
            f"`{name}` is {detail['input']!r}, which is not one of the allowed values.",
            f"Use {detail['ctx']['expected']}.",
        )
    if kind == "string_pattern_mismatch":
        return (
            f"`{name}` is {str(detail['input'])[:60]!r}, which has the wrong form.",
            f"It must match {detail['ctx']['pattern']}.",
        )
    if kind == "string_type" and isinstance(detail["input"], bool):
        return (
            f"YAML reads `{name}` as true or false, as it does with a bare `no` or `yes`.",
            "Put the value in quotes.",
        )
    return f"`{name}`: {detail['msg']}.", "Correct the value."


def _keys_of(model: type[BaseModel]) -> list[str]:
    """All keys of a model and the models inside it: near misses are looked up here."""
    seen: set[str] = set()
    for name, definition in {"": model.model_json_schema(), **model.model_json_schema().get("$defs", {})}.items():
        seen |= set(definition.get("properties", {})) if name is not None else set()
    return sorted(seen)


def _load_text(path: str, text: str, problems: list[Problem]) -> CapabilityText | None:
    text = text.replace("\r\n", "\n")
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if not found:
        problems.append(
            Problem(
                path,
                1,
                "The front matter is missing.",
                "Start with ---, then title, who, verifier, question, then ---.",
            )
        )
        return None
    document = parse(path, found.group(1), first_line=2)
    body = text[found.end() :].strip("\n")
    if isinstance(document.data, dict):
        document.data = {**document.data, "body": body}
    problems += _check_body(path, body, first_line=text[: found.end()].count("\n") + 1)
    return _validate(CapabilityText, document, problems)


def _check_body(path: str, body: str, first_line: int) -> list[Problem]:
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


def _check_references(file: JourneyFile, document: Document, files: Mapping[str, str]) -> list[Problem]:
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
    present, taken = {entry.id for entry in _entries(file)}, dict[str, str]()
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
    for index, stage in enumerate(file.stages):
        for number, item in enumerate(stage.capabilities):
            named += [(("stages", index, "capabilities", number, "after"), other) for other in item.after]
    for category, overlay in file.overlays.items():
        named += [(("overlays", category, "set", name), name) for name in overlay.set]
        named += [(("overlays", category, "skip", number), name) for number, name in enumerate(overlay.skip)]
        for number, added in enumerate(overlay.add):
            named += [(("overlays", category, "add", number, "after"), other) for other in added.after]
    return [_unknown(document, path, name, known) for path, name in named if name not in known]


def _check_partner(partner: Partner, document: Document, templates: Templates) -> list[Problem]:
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
    known |= {entry.id for entry in _entries(templates.file) if entry.retired}
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
