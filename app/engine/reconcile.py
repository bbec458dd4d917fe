"""One reconcile: observe one partner, plan, apply. The same for an event, a schedule, a person and a dry run.

Every observation says which commit of the control project is newest. The trap: planning with yesterday's file. So where
that commit is another one than the plan's, the files are read again first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from app.engine.best_practices import BestPractices
from app.engine.desired import DesiredState, JourneyFilesError, PartnerFileError, UnknownPartnerError
from app.engine.loop import Turn, TurnError
from app.engine.problems import Problems
from app.engine.seats import Locks
from app.engine.standings import Standings
from app.gitlab.client import Client
from app.gitlab.errors import Denied, GitLabError, OfferChanged, Refused
from app.gitlab.ground import Footing, Ground
from app.gitlab.observe import Look
from app.journey import prose
from app.journey.actions import CreateIssue, Plan
from app.journey.best_practices import answers_of
from app.journey.model import Journey, Partner
from app.journey.observed import Observed
from app.journey.plan import PartnerError, RemovalsError, plan
from app.journey.progress import Progress, assess
from app.journey.prose import portfolio_title
from app.journey.questions import questions
from app.journey.recall import record_before
from app.journey.standing import Standing, foreseen, standing

ALLOW_REMOVALS = "partner-journey apply --allow-removals"
"""The reason of a run in which the journey may take much away. It goes where reasons go, to a running service too."""

log = logging.getLogger(__name__)


class ManyRemovalsError(GitLabError):
    """The journey's files take much away from a partner, and nobody has said yet that this is meant."""

    kind = "removals"


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
        desired: DesiredState,
        problems: Problems,
        ground: Ground,
        clock: Callable[[], datetime],
        standings: Standings,
        locks: Locks,
        best_practices: BestPractices,
    ) -> None:
        self._client = client
        self._desired = desired
        self._problems = problems
        self._ground = ground
        self._clock = clock
        self._standings = standings
        self._locks = locks
        self._best_practices = best_practices
        self._unseen: set[str] = set()

    # --- looking and planning ---

    def view(self, slug: str, *, allow_removals: bool = False) -> View:
        """Observes and plans without a single write. Raises GitLabError. `allow_removals`: see `plan`."""
        partner, templates = self._desired.partner(slug)
        look, footing = self._look(partner)
        if look.control_commit != self._desired.known().wishes.commit:
            self._desired.known(commit=look.control_commit)
            looked_for, (partner, templates) = partner, self._desired.partner(slug)
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
        done: list[str] = []
        with self._client.counting() as count:
            try:
                view = self._reconcile(slug, done, allow_removals=reason == ALLOW_REMOVALS)
            except UnknownPartnerError:
                self._standings.drop(slug)
                return Turn((), count.requests)
            except Exception as error:
                subject = _subjects(slug).get(type(error))
                if subject is not None and isinstance(error, GitLabError):
                    self._problems.report(subject, error)
                raise TurnError(Turn(tuple(done), count.requests)) from error
        if done:
            log.info("%s: %d actions with %d requests (%s)", slug, len(done), count.requests, reason)
        return Turn(tuple(done), count.requests, view.plan.wake_at, view.plan.wake_reason)

    def _reconcile(self, slug: str, done: list[str], *, allow_removals: bool) -> View:
        view = self.view(slug, allow_removals=allow_removals)
        for subject in _subjects(slug).values():
            self._problems.report(subject, None)
        if view.plan.touches_group:
            with self._locks.alone("group"):  # labels and portfolio board
                # Looked at again inside: another partner may just have made them.
                view = self.view(slug, allow_removals=allow_removals)
                view.footing.applier.apply(view.plan, view.observed, done)
        else:
            view.footing.applier.apply(view.plan, view.observed, done)
        view.footing.observer.heard(slug, view.observed)
        if view.plan:
            self._foresee(view)
        # Last of all: what goes wrong with the pages of best practices holds up nothing else of this partner.
        done += self._best_practices.collect(slug, answers_of(view.partner, view.progress))
        return view

    def _foresee(self, view: View) -> None:
        """Without another look at GitLab: what the pages show should not wait for the partner's next event."""
        now = self._clock()
        after = foreseen(view.observed, view.plan, now)
        self._standings.put(standing(view.journey, view.partner, after, now))
        if any(isinstance(action, CreateIssue) for action in view.plan.actions):
            self._unseen.add(view.partner.slug)

    def take_unseen(self) -> set[str]:
        """Partners for whom issues were opened that no look has seen yet: pages lack their links until one has."""
        taken, self._unseen = self._unseen, set()
        return taken


def _subjects(slug: str) -> dict[type[Exception], str]:
    """Where each mistake that a person must mend is told, as for Problems.report."""
    return {
        PartnerFileError: slug,
        ManyRemovalsError: prose.removals_subject(slug),
        JourneyFilesError: prose.JOURNEY_FILES,
    }
