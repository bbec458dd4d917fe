"""A plan to GitLab's writes, in order, as few requests as the order allows.

Mutations that do not wait for each other travel in one request. A batch is sent before the first action that needs an
id made in it, before any REST call, and before the commit point, so that a crash anywhere leaves only work that the
next run finds and goes on with. The trap: repeating a create that got no answer. Nothing here ever repeats.
"""

from __future__ import annotations

from collections.abc import Callable

from app.crash_points import Passing, carry_on
from app.gitlab.client import Client
from app.gitlab.errors import GitLabError
from app.gitlab.hook_secrets import HookSecrets
from app.gitlab.instance import Instance
from app.gitlab.names import names_of
from app.gitlab.observe import Observer
from app.gitlab.steps import Steps
from app.gitlab.writes import Writes
from app.journey.actions import Action, Notify, Plan, React
from app.journey.observed import Observed

_BATCH = 30


class Applier:
    """Applies plans. `tell` receives each Notify before the change is recorded; it must be durable when it returns."""

    def __init__(
        self,
        client: Client,
        instance: Instance,
        observer: Observer,
        secrets: HookSecrets,
        tell: Callable[[Notify], None],
        passing: Passing = carry_on,
    ) -> None:
        self._client = client
        self._instance = instance
        self._observer = observer
        self._secrets = secrets
        self._tell = tell
        self._passing = passing

    def apply(self, plan: Plan, observed: Observed, done: list[str]) -> None:
        """Does everything in the plan and notes in `done` what was done. Raises the first GitLabError it meets."""
        names = names_of(observed)
        steps = Steps(self._client, names, observed.group_id, self._secrets)
        writes = Writes(names, observed.place, self._instance, plan.partner)
        batch = _Batch(self._client, writes, done, self._passing)
        try:
            for action in plan.actions:
                if isinstance(action, Notify) or steps.takes(action):
                    batch.send()
                    if isinstance(action, Notify):
                        self._tell(action)
                    else:
                        steps.do(action)
                    done.append(f"{action.verb} {action.key}")
                else:
                    batch.add(action)
            batch.send()
        finally:
            self._observer.remember(plan.partner, **names.numbers())


def _is_done_already(action: Action, error: GitLabError) -> bool:
    """A reaction of the same kind is taken once; a crash before the record makes the next run give it again."""
    return isinstance(action, React) and "already been taken" in str(error)


class _Batch:
    """Mutations that wait to be sent together."""

    def __init__(self, client: Client, writes: Writes, done: list[str], passing: Passing) -> None:
        self._client = client
        self._writes = writes
        self._done = done
        self._passing = passing
        self._waiting: list[Action] = []

    def add(self, action: Action) -> None:
        """Lets an action wait; sends what waits already when the action must not travel with it."""
        if not self._writes.ready(action, self._waiting) or len(self._waiting) >= _BATCH:
            self.send()
        self._waiting.append(action)

    def send(self) -> None:
        """Sends what is waiting in one request and takes in the ids. Raises the first error after reading all."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        answers = self._client.mutate([self._writes.write(action) for action in waiting])
        self._passing("writes are sent")
        errors = []
        for action, answer in zip(waiting, answers, strict=True):
            if isinstance(answer, GitLabError):
                if not _is_done_already(action, answer):
                    errors.append(answer)
            else:
                self._writes.take_in(action, answer)
                self._done.append(f"{action.verb} {action.key}")
        if errors:
            raise errors[0]
