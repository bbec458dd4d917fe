"""What must be true of a partner file beyond its form: whatever it names is in the journey.

The trap: a skip or a waiver that silently means nothing, and a practice whose name tells other partners who it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.journey.check_journey import unknown_capabilities
from app.journey.model import Overlay, Partner
from app.journey.templates import Templates, entries_of
from app.journey.yaml_lines import Document, Problem


def check_partner(partner: Partner, document: Document, templates: Templates) -> Iterator[Problem]:
    known = {c.id for c in templates.journey_for(partner.model_copy(update={"tracks": (), "skip": ()})).capabilities}
    for number, track in enumerate(partner.tracks):
        if track not in templates.file.tracks:
            fix = f"Use one of {', '.join(templates.file.tracks) or 'none'}."
            yield document.problem(("tracks", number), f"There is no track `{track}`.", fix)
    known |= {f"tracks/{track}" for track in partner.tracks}
    known |= {entry.id for entry in entries_of(templates.file) if entry.retired}
    yield from _check_language(partner, document, templates)
    overlay = templates.file.overlays.get(partner.category)
    yield from _check_practices(partner, document, overlay)
    if overlay is not None:
        yield from _check_unlocks(partner, document, overlay)
    waived = [(("waivers", n, "capability"), w.capability) for n, w in enumerate(partner.waivers)]
    yield from unknown_capabilities(document, waived, known)
    known |= {name.split("@")[0] for name in known}  # a skip without `@practice` is for all practices
    skipped = [(("skip", n, "capability"), s.capability) for n, s in enumerate(partner.skip)]
    yield from unknown_capabilities(document, skipped, known)


def _check_language(partner: Partner, document: Document, templates: Templates) -> Iterator[Problem]:
    if partner.language not in templates.languages:
        what = f"There is nothing in the language `{partner.language}`."
        fix = f"Use one of {', '.join(templates.languages)}, or write languages/{partner.language}.yaml."
        yield document.problem(("language",), what, fix)


def _check_practices(partner: Partner, document: Document, overlay: Overlay | None) -> Iterator[Problem]:
    if partner.practices and (overlay is None or overlay.practice is None):
        what = f"The category `{partner.category}` has no practices."
        yield document.problem(("practices",), what, "Remove them, or use `gsi`.")
    first = re.split(r"[^a-z0-9]+", partner.name.lower())[0]
    seen = set[str]()
    for number, practice in enumerate(partner.practices):
        place = ("practices", number, "id")
        if practice.id in seen:
            yield document.problem(place, f"The practice `{practice.id}` is listed twice.", "Keep one.")
        if f"-{partner.slug}-" in f"-{practice.id}-" or (first and first in practice.id.split("-")):
            what = f"The practice `{practice.id}` names the partner, and other partners can read its label."
            yield document.problem(place, what, "Name the business, e.g. `banking`.")
        seen.add(practice.id)


def _check_unlocks(partner: Partner, document: Document, overlay: Overlay) -> Iterator[Problem]:
    """Without what unlocks its later stages a practice would stand in its first one for ever."""
    if overlay.practice is None or not partner.practices:
        return
    gone = (*overlay.skip, *(skip.capability for skip in partner.skip))
    wins = {overlay.practice.unlock, *(f"{overlay.practice.unlock}@{each.id}" for each in partner.practices)}
    for name in gone:
        if name in wins:
            fix = "Do not skip it; waive it with a reason, or take the practice out of the file."
            yield document.problem(("skip",), f"`{name}` opens the journey of a practice.", fix)
