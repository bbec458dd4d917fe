"""Webhooks: made from state changes inside operations, queued, signed and sent
(https://docs.gitlab.com/user/project/integrations/webhooks/).

`events` is what operations call, `payloads` the bodies, `queue` the delivery rules. The trap this avoids: a receiver
that is only ever tested with hand-made payloads, in order and exactly once.
"""

from app.sandbox.webhooks.events import (
    awarded,
    branch_changed,
    item_changed,
    item_opened,
    member_changed,
    milestone_changed,
    noted,
    project_changed,
    pushed,
    subgroup_changed,
)
from app.sandbox.webhooks.payloads import Snapshot, snapshot
from app.sandbox.webhooks.queue import Post, alert_status, resend, send_next, test_hook
from app.sandbox.webhooks.signing import sign

__all__ = [
    "Post",
    "Snapshot",
    "alert_status",
    "awarded",
    "branch_changed",
    "item_changed",
    "item_opened",
    "member_changed",
    "milestone_changed",
    "noted",
    "project_changed",
    "pushed",
    "resend",
    "send_next",
    "sign",
    "snapshot",
    "subgroup_changed",
    "test_hook",
]
