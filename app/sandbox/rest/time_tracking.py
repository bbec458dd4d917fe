"""Estimated and spent time of an issue (https://docs.gitlab.com/api/issues/#time-tracking).

The trap: three statuses for five verbs. What is spent is created (201), an estimate and both resets are 200.
"""

from __future__ import annotations

from app.sandbox import operations
from app.sandbox.durations import seconds_of
from app.sandbox.errors import Invalid
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_issue
from app.sandbox.rest.parameters import text
from app.sandbox.rest.presenters.items import time_stats
from app.sandbox.rest.routing import Call, Routes, created, ok

routes = Routes()

ISSUE = "/projects/:id/issues/:issue_iid"
DURATION = text("duration", required=True)


@routes.get(f"{ISSUE}/time_stats")
def read_time_stats(call: Call) -> Response:
    return ok(time_stats(the_issue(call)))


@routes.post(f"{ISSUE}/time_estimate", DURATION)
def set_time_estimate(call: Call) -> Response:
    item = the_issue(call)
    seconds = seconds_of(call.get("duration", ""))
    if seconds is None or seconds < 0:
        complaint = "Time estimate must have a valid format and be greater than or equal to zero."
        raise Invalid(f"400 Bad request - {complaint}")
    operations.set_estimate(call.world, call.actor, item, seconds)
    return ok(time_stats(item))


@routes.post(f"{ISSUE}/reset_time_estimate")
def reset_time_estimate(call: Call) -> Response:
    item = the_issue(call)
    operations.set_estimate(call.world, call.actor, item, 0)
    return ok(time_stats(item))


@routes.post(f"{ISSUE}/add_spent_time", DURATION, text("summary"))
def add_spent_time(call: Call) -> Response:
    item = the_issue(call)
    seconds = seconds_of(call.get("duration", ""))
    if seconds is None:
        raise Invalid({"timelogs": ["is invalid"]})
    operations.spend_time(call.world, call.actor, item, seconds)
    return created(time_stats(item))


@routes.post(f"{ISSUE}/reset_spent_time")
def reset_spent_time(call: Call) -> Response:
    item = the_issue(call)
    operations.forget_spent_time(call.world, call.actor, item)
    return ok(time_stats(item))
