"""The journey files, checked, and what one partner's journey is made of: base, category, practices, tracks, skips.

The trap it avoids: a category or a skip that is known in two places. Whoever walks asks `journey_for` and sees the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.journey import evidence
from app.journey.catalogue import IN_ENGLISH, Catalogue
from app.journey.languages import ENGLISH
from app.journey.model import (
    REVIEW,
    Capability,
    CapabilityEntry,
    CapabilitySettings,
    CapabilityText,
    Category,
    Form,
    Journey,
    JourneyFile,
    PartnerFile,
    Practice,
    PracticeEntry,
    PracticeRules,
    Stage,
    StageEntry,
)
from app.journey.prose.reviews import review_text

_BASE = {
    "required": True, "owner": "partner", "verify": "none", "evidence": "none", "days": 30, "weight": 1,
    "per_practice": True,
}  # fmt: skip
_REVIEW_DAYS = 7


_KINDS_OF_PARTNERS = 256
"""Journeys that are remembered: most partners differ in nothing but category, language and tracks."""


@dataclass(frozen=True)
class Choices:
    """What in a partner file shapes the journey."""

    category: Category
    language: str
    tracks: tuple[str, ...]
    skipped: frozenset[str]
    practices: tuple[PracticeEntry, ...]


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
        self._remembered = lru_cache(maxsize=_KINDS_OF_PARTNERS)(self._journey_for)
        self._form = Form(
            evidence=tuple(dict.fromkeys(c.tell(evidence.EVIDENCE) for c in self.catalogues.values())),
            answer=tuple(dict.fromkeys(c.tell(evidence.ANSWER) for c in self.catalogues.values())),
        )

    def changed(self, **parts: Any) -> Templates:
        """The same texts and words with other parts of journey.yaml, by their names there."""
        return Templates(self.file.model_copy(update=parts), self.texts, self.catalogues)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which there is anything."""
        return tuple(sorted({*self.texts, *self.catalogues}))

    def _catalogue(self, language: str) -> Catalogue:
        return self.catalogues.get(language) or Catalogue(language=language)

    def journey_for(self, partner: PartnerFile) -> Journey:
        """Applies the category's overlay, the partner's practices, tracks and skips. KeyError for an unknown track.

        Partners who chose the same get the same one.
        """
        skipped = frozenset(skip.capability for skip in partner.skip)
        return self._remembered(Choices(partner.category, partner.language, partner.tracks, skipped, partner.practices))

    def _journey_for(self, choices: Choices) -> Journey:
        file, rules = self.file, self._practice_rules(choices)
        stages = tuple(
            self._stage(
                choices,
                stage,
                self._company_entries(choices, stage, rules),
                walked=rules is not None and stage.id in rules.stages,
            )
            for stage in file.stages
        )
        company = Journey(
            id=file.id, version=file.version, title=file.title, roles=file.roles, policy=file.policy, stages=stages,
            offered=frozenset([
                *(e.id for e in entries_of(file) if not e.retired), *(f"tracks/{name}" for name in file.tracks),
                *(f"{stage.id}/{REVIEW}" for stage in stages_of(file)),  # to drop a gate takes no capability away
            ]),
            former=frozenset(n for e in entries_of(file) for n in (*e.was, *([e.id] if e.retired else ()))),
            walked=frozenset(stage.title for stage in stages_of(file)),
            catalogue=self._catalogue(choices.language), catalogues=tuple(self.catalogues.values()),
        )  # fmt: skip
        if rules is None:
            return company
        walked = [rules.entry, *(stage for stage in file.stages if stage.id in rules.stages)]
        shared = tuple(self._stage(choices, stage, self._practice_entries(choices, stage)) for stage in walked)
        runs = tuple(self._practice(shared, choices.skipped, company, rules, p) for p in choices.practices)
        return company.model_copy(update={"practices": runs, "shared": shared})

    def _practice_rules(self, choices: Choices) -> PracticeRules | None:
        overlay = self.file.overlays.get(choices.category)
        return overlay.practice if overlay and choices.practices else None

    def _company_entries(
        self, choices: Choices, stage: StageEntry, rules: PracticeRules | None
    ) -> list[CapabilityEntry]:
        """What the company does once. Without practices that is everything but what their wins bring up."""
        tracks = (name for name in dict.fromkeys(choices.tracks) if self.file.tracks[name].stage == stage.id)
        entries = self._entries(choices, stage)
        if rules is None:
            entries = [entry for entry in entries if not entry.after_wins]
        elif stage.id in rules.stages:
            entries = [entry for entry in entries if not self._settings(choices, entry)["per_practice"]]
        return entries + [self._track_entry(name) for name in tracks]

    def _practice_entries(self, choices: Choices, stage: StageEntry) -> list[CapabilityEntry]:
        return [e for e in self._entries(choices, stage) if self._settings(choices, e)["per_practice"]]

    @staticmethod
    def _practice(
        shared: tuple[Stage, ...], skipped: frozenset[str], company: Journey, rules: PracticeRules, entry: PracticeEntry
    ) -> Practice:
        """The run of one practice; its ids end in `@practice`, its titles name it, so that each is found again."""
        own = {c.id for stage in shared for c in stage.capabilities}

        def named(capability: Capability) -> Capability:
            after = tuple(f"{name}@{entry.id}" if name in own else name for name in capability.after)
            titles = {language: f"{title} ({entry.id})" for language, title in capability.titles.items()}
            return capability.model_copy(update={
                "id": f"{capability.id}@{entry.id}", "title": f"{capability.title} ({entry.id})", "after": after,
                "practice": entry.id, "titles": titles, "was": tuple(f"{old}@{entry.id}" for old in capability.was),
            })  # fmt: skip

        stages = []
        for plain in shared:
            capabilities = tuple(c for c in map(named, plain.capabilities) if c.id not in skipped)
            review = named(plain.review) if plain.review else None
            if review is not None and review.id in skipped:
                review = None
            stages.append(plain.model_copy(update={
                "title": f"{plain.title}: {entry.id}", "capabilities": capabilities, "review": review,
            }))  # fmt: skip
        run = company.model_copy(update={"id": entry.id, "stages": tuple(stages)})
        return Practice(
            id=entry.id, lead=entry.lead, champion=entry.champion, unlock=f"{rules.unlock}@{entry.id}", journey=run
        )

    def _entries(self, choices: Choices, stage: StageEntry) -> list[CapabilityEntry]:
        overlay = self.file.overlays.get(choices.category)
        return [*stage.capabilities, *(added for added in (overlay.add if overlay else ()) if added.stage == stage.id)]

    def _stage(
        self, choices: Choices, stage: StageEntry, entries: list[CapabilityEntry], *, walked: bool = False
    ) -> Stage:
        """`walked`: by practices, each with a review of its own, so that the company has none."""
        overlay = self.file.overlays.get(choices.category)
        gone = choices.skipped | set(overlay.skip if overlay else ())
        capabilities = tuple(
            self._capability(choices, stage.id, entry)
            for entry in entries
            if entry.id not in gone and not entry.retired
        )
        found = Stage(id=stage.id, title=stage.title, goal=stage.goal, days=stage.days, capabilities=capabilities)
        if stage.gate == "none" or walked or f"{stage.id}/{REVIEW}" in gone or not found.required:
            return found
        return found.model_copy(update={"review": self._review(found, self._catalogue(choices.language))})

    def _review(self, stage: Stage, say: Catalogue) -> Capability:
        """The review of a stage with a gate: work of the SA, who confirms it by closing it. It asks for no evidence."""
        titles = {c.language: review_text(stage, c).title for c in self.catalogues.values()}
        text = review_text(stage, say)
        return Capability(
            id=f"{stage.id}/{REVIEW}", stage=stage.id, title=text.title, titles=titles, language=say.language,
            required=True, owner="sa", verify="sa", evidence="none", days=_REVIEW_DAYS, weight=0,
            after=tuple(c.id for c in stage.required), valid_days=None, text=text, form=self._form, review=True,
        )  # fmt: skip

    def base(self) -> Journey:
        """The journey without any overlay: what the template check and the picture show."""
        people: dict[str, Any] = {"lead": "lead", "sa": "sa"}
        plain = PartnerFile(name="any", category="rsi", region="-", people=people)
        return self.changed(overlays={}).journey_for(plain)

    def _track_entry(self, name: str) -> CapabilityEntry:
        track = self.file.tracks[name]
        return CapabilityEntry(
            id=f"tracks/{name}", title=track.title, required=False, verify="sa", evidence="link", days=track.days,
            valid_days=track.valid_days, after=tuple(f"tracks/{other}" for other in track.after),
        )  # fmt: skip

    def _settings(self, choices: Choices, entry: CapabilityEntry) -> dict[str, Any]:
        """Defaults, then the entry, then what the category sets."""
        overlay = self.file.overlays.get(choices.category)
        keys = set(CapabilitySettings.model_fields)
        settings: dict[str, Any] = dict(_BASE)
        for layer in (self.file.defaults, entry, overlay.set.get(entry.id) if overlay else None):
            if layer is not None:
                settings |= {k: v for k, v in layer.model_dump(include=keys).items() if v is not None}
        return settings

    def _capability(self, choices: Choices, stage: str, entry: CapabilityEntry) -> Capability:
        settings = self._settings(choices, entry)
        del settings["per_practice"]
        track = self.file.tracks.get(entry.id.removeprefix("tracks/")) if entry.id.startswith("tracks/") else None
        texts = {language: given[entry.id] for language, given in self.texts.items() if entry.id in given}
        titles = {language: text.title for language, text in texts.items()}
        titles[ENGLISH] = entry.title or titles[ENGLISH]
        language = choices.language if choices.language in texts else ENGLISH
        return Capability(
            id=entry.id, stage=stage, title=titles[language], titles=titles, text=texts[language], language=language,
            form=self._form,
            after=entry.after, valid_days=entry.valid_days, after_wins=entry.after_wins,
            needs=track.needs if track else {}, counts_from=entry.counts_from, was=entry.was, **settings,
        )  # fmt: skip


def stages_of(file: JourneyFile) -> tuple[StageEntry, ...]:
    """Every stage that the file has, the first ones of practices last."""
    return (*file.stages, *(overlay.practice.entry for overlay in file.overlays.values() if overlay.practice))


def entries_of(file: JourneyFile) -> tuple[CapabilityEntry, ...]:
    """Every capability that the file lists, retired ones and those of all categories included."""
    listed = tuple(entry for stage in stages_of(file) for entry in stage.capabilities)
    return listed + tuple(added for overlay in file.overlays.values() for added in overlay.add)
