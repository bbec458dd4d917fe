"""How GitLab is late, locked or silent, by name: what its eventual consistency and its timeouts look like to a client.

Each fault is a number in `world.faults`, counted down or compared with the world's clock in one place. All are zero in
a GitLab that behaves. The trap this avoids: a client that was only ever tested on a GitLab where every read sees every
write at once (https://docs.gitlab.com/administration/postgresql/database_load_balancing/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Faults:
    """What goes wrong from now on.

    late_*_seconds: so long after its making nobody sees the thing: a project answers 404, a comment is in no list, a
    member has no access yet (https://docs.gitlab.com/user/project/members/). `locked`: so many next writes are refused,
    for another process holds the lock, and do nothing. `lost`: so many next writes are done, but the caller gets no
    answer. `paths_kept`: a project that waits for its deletion keeps its path, as before 18.0 and wherever the renaming
    failed (https://docs.gitlab.com/user/project/working_with_projects/#delete-a-project).
    """

    late_projects_seconds: float = 0
    late_notes_seconds: float = 0
    late_members_seconds: float = 0
    locked: int = 0
    lost: int = 0
    paths_kept: bool = False

    def take_lock(self) -> bool:
        """Whether this write meets a lock; counts it."""
        met, self.locked = self.locked > 0, max(self.locked - 1, 0)
        return met

    def take_loss(self) -> bool:
        """Whether the answer to this write is lost; counts it."""
        met, self.lost = self.lost > 0, max(self.lost - 1, 0)
        return met


def is_late(made_at: datetime, seconds: float, now: datetime) -> bool:
    """Whether something that was made at `made_at` is not to be seen yet."""
    return made_at + timedelta(seconds=seconds) > now
