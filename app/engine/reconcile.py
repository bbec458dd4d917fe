"""One reconcile: observe one partner, plan, apply. The same for an event, a schedule, a person and a dry run.

Desired state is the control project at its newest commit, kept in memory by that commit; every observation says which
commit is newest, so a changed file is noticed without a request of its own. The trap: planning with yesterday's file.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from app.engine.best_practices import BestPractices
from app.engine.loop import Turn, TurnError
from app.engine.seats import LocalLocks, Locks
from app.engine.standings import Standings
from app.gitlab.client import Client, Count
from app.gitlab.control import Control, Wishes, partner_path
from app.gitlab.errors import Denied, GitLabError, OfferChanged, Refused
from app.gitlab.ground import Footing, Ground
from app.gitlab.observe import Look
from app.journey import prose
from app.journey.actions import CreateIssue, Plan
from app.journey.best_practices import answers_of
from app.journey.languages import laid_over
from app.journey.loading import TemplateError, load_partner, load_templates
from app.journey.model import Journey, Partner
from app.journey.observed import Observed
from app.journey.plan import PartnerError, RemovalsError, plan
from app.journey.progress import Progress, assess
from app.journey.prose import portfolio_title
from app.journey.questions import questions
from app.journey.record import record_before
from app.journey.standing import Standing, foreseen, standing
from app.journey.templates import Templates

ALLOW_REMOVALS = "partner-journey apply --allow-removals"
"""The reason of a run in which the journey may take much away. It goes where reasons go, to a running service too."""

log = logging.getLogger(__name__)


@lru_cache(maxsize=4)
def _templates(files: tuple[tuple[str, str], ...]) -> Templates | TemplateError:
    """Partner files change much more often than the journey's, which take a twentieth of a second to read.

    Broken files are remembered too: until they are mended, everybody who asks gets the same answer at no cost.
    """
    try:
        return load_templates(dict(files))
    except TemplateError as error:
        return error


class PartnerFileError(GitLabError):
    """A partner file that cannot be used. The partner is left as it is until a person mends the file."""

    kind = "partner_file"


class ManyRemovalsError(GitLabError):
    """The journey's files take much away from a partner, and nobody has said yet that this is meant."""

    kind = "removals"


class JourneyFilesError(GitLabError):
    """The control project's own journey files cannot be used; no partner file is to blame."""

    kind = "journey_files"


class UnknownPartnerError(GitLabError):
    """There is no partner file for this slug."""

    kind = "missing"


@dataclass(frozen=True)
class Desired:
    """What people want, at one commit of the control project."""

    wishes: Wishes
    templates: Templates


@dataclass(frozen=True)
class View:
    """One partner, observed and planned but not touched."""

    partner: Partner
    journey: Journey
    observed: Observed
    plan: Plan
    standing: Standing
    footing: Footing
    progress: Progress


class Reconciler:
    """Holds what a reconcile needs. Safe to use from several threads, for different partners."""

    def __init__(
        self,
        client: Client,
        control: Control,
        ground: Ground,
        clock: Callable[[], datetime],
        standings: Standings,
        defaults: Mapping[str, str],
        settle_minutes: float | None = None,
        locks: Locks | None = None,
        best_practices: BestPractices | None = None,
    ) -> None:
        """`defaults`: the built-in journey's files by path; `settle_minutes` overrides the journey's own policy.

        `locks`: things that belong to all partners are made by one process at a time; None: there is only this one.
        """
        self._client = client
        self._control = control
        self._ground = ground
        self._clock = clock
        self._standings = standings
        self._defaults = dict(defaults)
        self._settle_minutes = settle_minutes
        self._desired: Desired | None = None
        self._reported: dict[str, str] | None = None
        self._unseen: set[str] = set()
        self._lock = threading.Lock()
        self._locks = locks or LocalLocks()
        self._best_practices = best_practices

    # --- what people want ---

    def desired(self, *, commit: str | None = None) -> Desired:
        """The wishes in memory; read again when there are none or `commit` says that they are old."""
        with self._lock:
            if self._desired is None or (commit is not None and commit != self._desired.wishes.commit):
                return self._read()
            return self._desired

    def refresh(self, slug: str | None = None) -> Desired:
        """Reads the control project again in any case; `slug`: a partner whose file may be new there."""
        with self._lock:
            return self._read(slug)

    def reload(self) -> Desired:
        """As refresh; and whether the journey's own files can be used is told in the control project.

        Raises JourneyFilesError when they cannot, and GitLabError.
        """
        try:
            desired = self.refresh()
        except JourneyFilesError as error:
            self._report(prose.JOURNEY_FILES, error)
            raise
        self._report(prose.JOURNEY_FILES, None)
        return desired

    def _read(self, slug: str | None = None) -> Desired:
        known = self._desired.wishes.paths if self._desired else frozenset()
        wishes = self._control.read(known | {partner_path(slug)} if slug and known else known)
        self._desired = Desired(wishes, self._load(wishes))
        return self._desired

    def slugs(self) -> list[str]:
        return sorted(self.desired().wishes.partners)

    def partner(self, slug: str) -> tuple[Partner, Templates]:
        """Raises UnknownPartnerError or PartnerFileError, both only after a look at the newest commit."""
        try:
            return _partner_in(self.desired(), slug)
        except (UnknownPartnerError, PartnerFileError):
            return _partner_in(self.refresh(slug), slug)

    def _load(self, wishes: Wishes) -> Templates:
        """Raises GitLabError when the control project's journey files are broken: better no run than a wrong one."""
        templates = _templates(tuple(sorted(laid_over(self._defaults, wishes.journey_files).items())))
        if isinstance(templates, TemplateError):
            raise JourneyFilesError(
                f"The journey files of the control project have problems:\n{templates}",
                "Correct them; `partner-journey template check DIR` lists all problems.",
            )
        if self._settle_minutes is not None:
            policy = templates.file.policy.model_copy(update={"settle_minutes": self._settle_minutes})
            return Templates(templates.file.model_copy(update={"policy": policy}), templates.texts)
        return templates

    # --- looking and planning ---

    def view(self, slug: str, *, allow_removals: bool = False) -> View:
        """Observes and plans without a single write. Raises GitLabError. `allow_removals`: see `plan`."""
        partner, templates = self.partner(slug)
        look, footing = self._look(partner)
        if look.control_commit != self.desired().wishes.commit:
            self.desired(commit=look.control_commit)
            looked_for, (partner, templates) = partner, self.partner(slug)
            if partner != looked_for:
                look, footing = self._look(partner)
        partner = partner.spelt_as(look.observed.known_users)
        journey = templates.journey_for(partner)
        now = self._clock()
        look = self._ask(journey, partner, look, footing)
        assessment = assess(journey, partner, look.observed, now)
        try:
            planned = plan(journey, partner, look.observed, now, allow_removals=allow_removals, assessment=assessment)
        except RemovalsError as error:
            raise ManyRemovalsError(error.what, error.fix) from None
        except PartnerError as error:
            raise PartnerFileError(error.what, error.fix) from None
        seen = standing(journey, partner, look.observed, now, progress=assessment.progress)
        seen = seen.model_copy(update={"pending_changes": len(planned.actions)})
        self._standings.put(seen)
        return View(partner, journey, look.observed, planned, seen, footing, assessment.progress)

    def _ask(self, journey: Journey, partner: Partner, look: Look, footing: Footing) -> Look:
        """Asks for what the look does not show: who closed an issue at a gate, who set a label, who may command."""
        record = record_before(journey, look.observed, self._clock().date())
        wanted = questions(journey, look.observed, record)
        observed = footing.observer.ask(look.observed, partner.slug, wanted, partner.people)
        return replace(look, observed=observed)

    def _look(self, partner: Partner) -> tuple[Look, Footing]:
        """Looks again when a licence has ended or started: what was refused may be possible with the new offer."""
        footing = self._ground.footing
        try:
            return self._look_from(footing, partner), footing
        except (OfferChanged, Denied, Refused):
            if not self._ground.renew(footing):
                raise
        footing = self._ground.footing
        return self._look_from(footing, partner), footing

    def _look_from(self, footing: Footing, partner: Partner) -> Look:
        return footing.observer.look(partner.slug, partner.everyone, portfolio_title(partner))

    def standing(self, slug: str, *, fresh: bool = True) -> Standing:
        """Where a partner is: `fresh` from GitLab now, else as of the last look if there was one."""
        known = None if fresh else self._standings.get(slug)
        return known or self.view(slug).standing

    # --- doing ---

    def turn(self, slug: str, reason: str) -> Turn:
        """One reconcile. Raises TurnError from what went wrong, with what had been done by then."""
        with self._client.counting() as count:
            done: list[str] = []
            allow_removals = reason == ALLOW_REMOVALS
            try:
                view = self.view(slug, allow_removals=allow_removals)
                self._report(slug, None)
                self._report(prose.removals_subject(slug), None)
                self._report(prose.JOURNEY_FILES, None)
                if view.plan.touches_group:
                    with self._locks.alone("group"):  # labels and portfolio board
                        view = self.view(
                            slug, allow_removals=allow_removals
                        )  # another partner may just have made the labels and the board
                        view.footing.applier.apply(view.plan, view.observed, done)
                else:
                    view.footing.applier.apply(view.plan, view.observed, done)
                view.footing.observer.heard(slug, view.observed)
                if view.plan:
                    # Without another look at GitLab: what the pages show should not wait for the partner's next event.
                    now = self._clock()
                    after = foreseen(view.observed, view.plan, now)
                    self._standings.put(standing(view.journey, view.partner, after, now))
                    if any(isinstance(action, CreateIssue) for action in view.plan.actions):
                        self._unseen.add(slug)
                self._collect(view, done)
            except UnknownPartnerError:
                self._standings.drop(slug)
                return Turn((), count.requests)
            except ManyRemovalsError as error:
                raise TurnError(self._stopped(prose.removals_subject(slug), error, done, count)) from error
            except PartnerFileError as error:
                raise TurnError(self._stopped(slug, error, done, count)) from error
            except JourneyFilesError as error:
                raise TurnError(self._stopped(prose.JOURNEY_FILES, error, done, count)) from error
            except Exception as error:
                raise TurnError(Turn(tuple(done), count.requests)) from error
        if done:
            log.info("%s: %d actions with %d requests (%s)", slug, len(done), count.requests, reason)
        return Turn(tuple(done), count.requests, view.plan.wake_at, view.plan.wake_reason)

    def _collect(self, view: View, done: list[str]) -> None:
        """Last of all: what goes wrong with the pages of best practices holds up nothing else of this partner."""
        if self._best_practices is not None:
            done += self._best_practices.collect(view.partner.slug, answers_of(view.partner, view.progress))

    def take_unseen(self) -> set[str]:
        """Partners for whom issues were opened that no look has seen yet: pages lack their links until one has."""
        taken, self._unseen = self._unseen, set()
        return taken

    def _stopped(self, subject: str, error: GitLabError, done: list[str], count: Count) -> Turn:
        self._report(subject, error)
        return Turn(tuple(done), count.requests)

    def _report(self, subject: str, error: GitLabError | None) -> None:
        """Keeps one open issue in the control project for each file with a problem, none for the others.

        A broken journey stops every partner; only the first of them asks GitLab.
        """
        problem = f"{error.cause}\n{error.fix}" if error else None
        known = self._reported
        if known is not None and known.get(subject) == problem:
            return
        with self._locks.alone("problems"):
            if self._reported is None:
                self._reported = dict.fromkeys(self._control.reported_problems(), "")
            if self._reported.get(subject) != problem:
                self._control.report_problem(subject, problem)
                self._reported.pop(subject, None)
                if problem is not None:
                    self._reported[subject] = problem


def _partner_in(desired: Desired, slug: str) -> tuple[Partner, Templates]:
    text = desired.wishes.partners.get(slug)
    if text is None:
        raise UnknownPartnerError(
            f"There is no partner {slug}.",
            f"Check the name with `partner-journey partner list`, or add partners/{slug}.yaml to the control project.",
        )
    try:
        return load_partner(slug, text, desired.templates), desired.templates
    except TemplateError as error:
        raise PartnerFileError(str(error), "Correct the file; the partner is left as it is until then.") from None
