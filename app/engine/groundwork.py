"""What all partners stand on, made before the first of them: control project, webhook, group labels, portfolio board.

The same plan as a partner's own, cut to what belongs to the group; so a group that was set up leaves a partner's plan
nothing of it, and the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.engine.desired import DesiredState
from app.engine.seats import Locks
from app.gitlab.control import Control, Step
from app.gitlab.errors import Missing
from app.gitlab.ground import Footing, Ground
from app.gitlab.hook_secrets import HookSecrets
from app.journey.actions import Action, AddBoardList, Plan
from app.journey.loading import load_templates
from app.journey.model import Journey
from app.journey.observed import Observed
from app.journey.plan_project import plan_boards, plan_group

NOBODY = "-"
"""The slug of a partner that cannot be: GitLab takes no such path (https://docs.gitlab.com/user/reserved_names/)."""


@dataclass(frozen=True)
class SetupPlan:
    """What is missing: the control project's steps, then the group's actions, in the order of doing."""

    steps: tuple[Step, ...]
    group: Plan
    observed: Observed
    footing: Footing

    @property
    def lines(self) -> tuple[Step | Action, ...]:
        """Each has verb, key and reason."""
        return (*self.steps, *self.group.actions)

    def __bool__(self) -> bool:
        return bool(self.lines)


class Groundwork:
    """Plans and makes it. Safe to run again: what is there is left as it is."""

    def __init__(
        self,
        control: Control,
        ground: Ground,
        desired: DesiredState,
        secrets: HookSecrets,
        locks: Locks,
        defaults: Mapping[str, str],
    ) -> None:
        """`defaults`: the built-in journey's files by path, for a group whose control project is still to be made."""
        self._control = control
        self._ground = ground
        self._desired = desired
        self._secrets = secrets
        self._locks = locks
        self._defaults = defaults

    def plan(self) -> SetupPlan:
        """Observes and plans without a single write. Raises GitLabError."""
        steps = tuple(self._control.missing(self._ground.place.hook_url, self._secrets))
        footing = self._ground.footing
        observed = footing.observer.look(NOBODY, (), "").observed
        journey = self._journey()
        lists = [a for a in plan_boards(journey, observed) if isinstance(a, AddBoardList) and a.where == "portfolio"]
        return SetupPlan(steps, Plan(NOBODY, (*plan_group(journey, observed), *lists)), observed, footing)

    def make(self, planned: SetupPlan) -> list[str]:
        """Does it all; returns what was done. Raises the first GitLabError; run again, it goes on from there."""
        done = [step.done() for step in planned.steps]
        with self._locks.alone("group"):
            planned.footing.applier.apply(planned.group, planned.observed, done)
        return done

    def _journey(self) -> Journey:
        try:
            return self._desired.known().templates.base()
        except Missing:
            return load_templates(dict(self._defaults)).base()
