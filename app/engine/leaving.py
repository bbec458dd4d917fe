"""A partner leaves: look, plan, do, until nothing is left to do. Safe to interrupt and to run again at any point.

The partner's file is moved first, so a service that runs meanwhile finds none and leaves the partner alone; what it
had begun before is seen by the look after the last step. The trap: an export of what still changes. So the looks after
the freezing are those that count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.engine.desired import DesiredState, PartnerFileError, UnknownPartnerError
from app.engine.seats import Locks
from app.engine.standings import Standings
from app.gitlab.client import Client
from app.gitlab.control import Control, partner_path
from app.gitlab.errors import Transient
from app.gitlab.ground import Ground
from app.gitlab.hook_secrets import HookSecrets
from app.gitlab.leaving import Departure, LastLook, was_told
from app.journey import prose
from app.journey.export import export_files, export_of
from app.journey.leaving import (
    FreezeProject,
    KeepExport,
    MoveFile,
    Remains,
    Step,
    archived_path,
    export_paths,
    plan_leaving,
)
from app.journey.loading import TemplateError, load_partner
from app.journey.model import Journey, Partner
from app.journey.recall import record_before

_ROUNDS = 4
"""Two are usual: up to the freezing, and after it. A service that had begun a run may cost one more."""


@dataclass(frozen=True)
class Leaver:
    """A partner who leaves: what is left to do, and the files of the export as they would be now, by path."""

    partner: Partner
    steps: tuple[Step, ...]
    export: Mapping[str, str]
    shares: tuple[str, ...]


class Leaving:
    """Plans and does the leaving of a partner. Every verb raises GitLabError."""

    def __init__(
        self,
        client: Client,
        control: Control,
        ground: Ground,
        desired: DesiredState,
        standings: Standings,
        locks: Locks,
        secrets: HookSecrets,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._control = control
        self._ground = ground
        self._desired = desired
        self._standings = standings
        self._locks = locks
        self._secrets = secrets
        self._clock = clock

    def plan(self, slug: str) -> Leaver:
        """What would be done, without a single write."""
        scene = self._look(slug)
        return Leaver(scene.partner, plan_leaving(scene.look.remains), scene.files, scene.look.remains.shares)

    def leave(self, slug: str, done: Callable[[Step], None] = lambda _step: None) -> Leaver:
        """Does it all; `done` hears of each step. Run it again after an error: it goes on where it was."""
        with self._locks.alone(f"partner/{slug}"):
            for _ in range(_ROUNDS):
                scene = self._look(slug)
                steps = plan_leaving(scene.look.remains)
                if not steps:
                    self._standings.drop(slug)
                    return Leaver(scene.partner, (), scene.files, scene.look.remains.shares)
                for step in steps:
                    scene.do(step)
                    done(step)
                    if isinstance(step, FreezeProject):
                        break
        raise Transient(
            f"Something keeps changing what is left of {slug}.", "Run the command again; see that no second bot works."
        )

    def _look(self, slug: str) -> _Scene:
        kept = self._control.kept(slug)
        text = kept.get(partner_path(slug)) or kept.get(archived_path(slug))
        if text is None:
            raise UnknownPartnerError(
                f"There is no partner {slug}, and none of that name has left.",
                "Check the name: `partner-journey partner list`.",
            )
        templates = self._desired.refresh(slug).templates
        try:
            partner = load_partner(slug, text, templates)
        except TemplateError as error:
            raise PartnerFileError(str(error), "Correct the file first: the export needs it.") from None
        journey = templates.journey_for(partner)
        departure = Departure(self._client, self._ground.footing, partner, self._secrets)
        active = partner_path(slug) in kept
        files = frozenset(kept) - {partner_path(slug)}
        look = departure.look(Remains(slug, "active" if active else "archived", files))
        now = self._clock()
        mark = prose.left_mark(record_before(journey, look.observed, now.date()).announced.changes)
        look = replace(look, remains=replace(look.remains, told=was_told(look.observed, mark)))
        return _Scene(self._control, departure, partner, journey, look, kept, mark, now)


@dataclass(frozen=True)
class _Scene:
    """One round: everything that its steps need."""

    control: Control
    departure: Departure
    partner: Partner
    journey: Journey
    look: LastLook
    kept: Mapping[str, str]
    mark: str
    now: datetime

    @property
    def files(self) -> Mapping[str, str]:
        """The export that is there already, else as it would be now."""
        paths = export_paths(self.partner.slug)
        if self.look.remains.file == "archived" and all(path in self.kept for path in paths):
            return {path: self.kept[path] for path in paths}
        found = export_of(self.journey, self.partner, self.look.observed, self.look.closers, self.now)
        return export_files(found, self.partner.slug)

    def do(self, step: Step) -> None:
        slug = self.partner.slug
        if isinstance(step, MoveFile):
            self.control.archive_partner(step)
        elif isinstance(step, KeepExport):
            self.control.keep_export(slug, self.files)
        else:
            self.departure.do(step, self.look.observed, self._comment())

    def _comment(self) -> str:
        project = self.look.observed.project
        return prose.left_comment(
            self.partner.name, mark=self.mark, export_url=self.control.page_url(archived_path(self.partner.slug, "md")),
            project_url=project.url if project else None,
        )  # fmt: skip
