"""What the bot stands on: what GitLab offers, and an observer and an applier made for that.

A licence may end or start in mid-journey. Then both are made anew, so that none of their remembered numbers belongs to
the other world; the trap is a look that begins with epics and ends without. Who works holds one footing to the end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.gitlab.apply import Applier
from app.gitlab.client import Client
from app.gitlab.instance import Instance, ask_instance
from app.gitlab.observe import Observer
from app.journey.observed import Place

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Footing:
    """One offer of GitLab and what was made for it."""

    instance: Instance
    place: Place
    observer: Observer
    applier: Applier


class Ground:
    """Holds the present footing. Safe to use from several threads."""

    def __init__(self, client: Client, group: str, instance: Instance, make: Callable[[Instance], Footing]) -> None:
        self._client = client
        self._group = group
        self._make = make
        self._lock = threading.Lock()
        self.footing = make(instance)

    @property
    def place(self) -> Place:
        """Where the bot works, as GitLab is now. Ask again for each piece of work: a licence may have ended."""
        return self.footing.place

    def renew(self, old: Footing) -> bool:
        """Asks GitLab what it offers now, unless somebody has since `old`; True when that differs from `old`.

        At most one request. Raises GitLabError.
        """
        with self._lock:
            if self.footing is old:
                instance = ask_instance(self._client, self._group)
                if (instance.epic_type, instance.enterprise) != (old.instance.epic_type, old.instance.enterprise):
                    log.warning("GitLab offers %s epics from now on.", "" if instance.epics else "no")
                    self.footing = self._make(instance)
            return self.footing is not old
