"""Selects and sorts issues by the query of a list (https://docs.gitlab.com/api/issues/#list-issues).

The trap: the small words. `labels=None`, `milestone=Any`, `assignee_id=None` are filters, and several labels mean all
of them at once. `GET /issues` shows only what the caller has written unless `scope=all`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.sandbox import permissions
from app.sandbox.rest.finding import ISSUE_TYPES
from app.sandbox.rest.parameters import (
    Parameter,
    boolean,
    integer,
    integer_or_text,
    integers,
    mapping,
    span,
    text,
    texts,
)
from app.sandbox.rest.routing import Call
from app.sandbox.world import WorkItem

ORDERS = (
    "created_at",
    "due_date",
    "label_priority",
    "milestone_due",
    "popularity",
    "priority",
    "relative_position",
    "title",
    "updated_at",
    "weight",
)
KEYED_ORDERS = ("created_at", "updated_at", "title", "due_date", "relative_position")
TYPES = ("issue", "incident", "task")
SCOPES = ("created-by-me", "assigned-to-me", "created_by_me", "assigned_to_me", "all")
DUE_WORDS = ("0", "any", "today", "tomorrow", "overdue", "week", "month", "next_month_and_previous_two_weeks", "")

MILESTONE_WORDS = ("Any", "None", "Upcoming", "Started")
HEALTH_WORDS = ("on_track", "needs_attention", "at_risk", "none", "any")

_NEGATABLE: tuple[Parameter, ...] = (
    texts("labels"),
    text("milestone"),
    text("milestone_id", *MILESTONE_WORDS),
    integers("iids"),
    integers("author_id"),
    text("author_username"),
    integers("assignee_id"),
    texts("assignee_username"),
    integer("weight"),
    texts("my_reaction_emoji"),
    integer_or_text("iteration_id"),
    text("iteration_title"),
)
FILTERS: tuple[Parameter, ...] = (
    boolean("with_labels_details"),
    text("state", "opened", "closed", "all"),
    text("order_by", *ORDERS),
    text("sort", "asc", "desc"),
    text("due_date", *DUE_WORDS),
    text("issue_type", *TYPES),
    texts("labels"),
    text("milestone"),
    text("milestone_id", *MILESTONE_WORDS),
    integers("iids"),
    text("search"),
    text("in"),
    integer("author_id"),
    text("author_username"),
    integer_or_text("assignee_id"),
    texts("assignee_username"),
    integer("closed_by_id"),
    *span("created"),
    *span("updated"),
    mapping("not", *_NEGATABLE),
    text("scope", *SCOPES),
    text("my_reaction_emoji"),
    boolean("confidential"),
    integer_or_text("weight"),
    integer_or_text("epic_id"),
    integer_or_text("iteration_id"),
    text("iteration_title"),
    text("health_status", *HEALTH_WORDS),
)


def select_issues(call: Call, rows: list[WorkItem], default_scope: str = "all") -> list[WorkItem]:
    """The visible issues among `rows` that match the query, in the order asked for."""
    scope = call.get("scope", default_scope).replace("-", "_")
    kept = [
        item
        for item in rows
        if item.type in ISSUE_TYPES
        and _in_scope(call, item, scope)
        and _matches(call, item)
        and not _excluded(call, item)
        and permissions.can_read_item(call.world, call.user, item)
    ]
    descending = call.get("sort", "desc") == "desc"
    order = call.get("order_by", "created_at")
    kept.sort(key=lambda item: item.id, reverse=descending)
    keys = {item.id: sort_key(call, item, order) for item in kept}
    valued = [item for item in kept if not keys[item.id][0]]
    valued.sort(key=lambda item: keys[item.id][1], reverse=descending)
    return valued + [item for item in kept if keys[item.id][0]]  # what has no value comes last either way


def sort_key(call: Call, item: WorkItem, order: str) -> tuple[bool, Any]:
    """(has no value, value) of an item for an order."""
    world = call.world
    if order in ("priority", "label_priority"):
        given = [world.labels[i].priority for i in item.label_ids if world.labels[i].priority is not None]
        value: Any = min((priority for priority in given if priority is not None), default=None)
    elif order == "milestone_due":
        milestone = world.milestones.get(item.milestone_id or 0)
        value = None if milestone is None else milestone.due_date
    elif order == "popularity":
        value = sum(award.name == "thumbsup" for award in item.awards)
    else:
        value = getattr(item, order)
    return (True, 0) if value is None else (False, value.lower() if isinstance(value, str) else value)


def _in_scope(call: Call, item: WorkItem, scope: str) -> bool:
    if scope == "all":
        return True
    user_id = call.actor.id
    return item.author_id == user_id if scope == "created_by_me" else user_id in item.assignee_ids


def _matches(call: Call, item: WorkItem) -> bool:
    get = call.get
    checks = (
        get("state", "all") in ("all", item.state),
        get("issue_type") in (None, item.type.lower()),
        get("confidential") in (None, item.confidential),
        get("author_id") in (None, item.author_id),
        get("closed_by_id") in (None, item.closed_by_id),
        "iids" not in call.given or not call.given["iids"] or item.iid in call.given["iids"],
        call.within("created", item.created_at),
        call.within("updated", item.updated_at),
    )
    return all(checks) and _matches_words(call, item)


def _matches_words(call: Call, item: WorkItem) -> bool:
    get = call.get
    return (
        _has_labels(call, item, get("labels", []))
        and _has_milestone(call, item, get("milestone", get("milestone_id")))
        and _has_author(call, item, get("author_username"))
        and _has_assignee(call, item)
        and _has_text(call, item)
        and _is_due(item, get("due_date"), call.world.clock().date())
        and _has_parent(call, item, get("epic_id"))
        and _number_or_word(item.weight, get("weight"))
        and _number_or_word(None, get("iteration_id"))  # the sandbox has no iterations, and no health of an issue
        and get("iteration_title") is None
        and get("health_status") in (None, "none")
        and has_reaction(call, item, get("my_reaction_emoji"))
    )


def _excluded(call: Call, item: WorkItem) -> bool:
    """True when any part of `not[...]` applies."""
    unwanted: dict[str, Any] = call.get("not", {})
    names = {call.world.users[user_id].username for user_id in item.assignee_ids}
    titles = {call.world.labels[label_id].title for label_id in item.label_ids}
    milestone = unwanted.get("milestone") or unwanted.get("milestone_id")
    checks = (
        bool(titles & set(unwanted.get("labels", []))),
        bool(milestone) and _has_milestone(call, item, milestone),
        item.iid in unwanted.get("iids", []),
        item.author_id in unwanted.get("author_id", []),
        call.world.users[item.author_id].username == unwanted.get("author_username"),
        bool(set(item.assignee_ids) & set(unwanted.get("assignee_id", []))),
        bool(names & set(unwanted.get("assignee_username", []))),
        item.weight is not None and item.weight == unwanted.get("weight"),
        any(has_reaction(call, item, name) for name in unwanted.get("my_reaction_emoji", [])),
    )
    return any(checks)


def _has_labels(call: Call, item: WorkItem, wanted: list[str]) -> bool:
    if [word.lower() for word in wanted] == ["none"]:
        return not item.label_ids
    if [word.lower() for word in wanted] == ["any"]:
        return bool(item.label_ids)
    return set(wanted) <= {call.world.labels[label_id].title for label_id in item.label_ids}


def _has_milestone(call: Call, item: WorkItem, wanted: str | None) -> bool:
    if not wanted:
        return True
    milestone = call.world.milestones.get(item.milestone_id or 0)
    word, today = wanted.lower(), call.world.clock().date()
    if word in ("none", "any"):
        return (milestone is None) == (word == "none")
    if milestone is None:
        return False
    if word == "started":
        return milestone.start_date is not None and milestone.start_date <= today and milestone.state == "active"
    if word == "upcoming":
        return milestone.due_date is not None and milestone.due_date > today and milestone.state == "active"
    return milestone.title == wanted


def _has_author(call: Call, item: WorkItem, username: str | None) -> bool:
    return username is None or call.world.users[item.author_id].username.lower() == username.lower()


def _has_assignee(call: Call, item: WorkItem) -> bool:
    wanted = call.get("assignee_id")
    if isinstance(wanted, str):
        return bool(item.assignee_ids) is (wanted.lower() == "any")
    if wanted is not None:
        return wanted in item.assignee_ids if wanted else not item.assignee_ids
    names = {call.world.users[user_id].username.lower() for user_id in item.assignee_ids}
    return {name.lower() for name in call.get("assignee_username", [])} <= names


def _has_text(call: Call, item: WorkItem) -> bool:
    """All words of `search` occur in title or description, as `in` says."""
    fields = call.get("in", "title,description").split(",")
    haystack = "\n".join(
        part for name, part in (("title", item.title), ("description", item.description)) if name in fields
    )
    return all(word in haystack.lower() for word in call.get("search", "").lower().split())


def _is_due(item: WorkItem, word: str | None, today: date) -> bool:
    if not word:
        return True
    due = item.due_date
    if word == "0" or due is None:
        return word == "0" and due is None
    month_end = (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    spans = {
        "any": (due, due),
        "today": (today, today),
        "tomorrow": (today + timedelta(days=1), today + timedelta(days=1)),
        "overdue": (date.min, today - timedelta(days=1)),
        "week": (today - timedelta(days=today.weekday()), today + timedelta(days=6 - today.weekday())),
        "month": (today.replace(day=1), month_end),
        "next_month_and_previous_two_weeks": (today - timedelta(days=14), month_end + timedelta(days=31)),
    }
    first, last = spans[word]
    return first <= due <= last


def _has_parent(call: Call, item: WorkItem, wanted: int | str | None) -> bool:
    parent = call.world.work_items.get(item.parent_id or 0)
    return _number_or_word(None if parent is None else parent.epic_id, wanted)


def _number_or_word(value: int | None, wanted: int | str | None) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return (value is not None) is (wanted.lower() == "any")
    return value == wanted


def has_reaction(call: Call, item: WorkItem, name: str | None) -> bool:
    if name is None:
        return True
    own = {award.name for award in item.awards if call.user is not None and award.user_id == call.user.id}
    if name.lower() in ("none", "any"):
        return bool(own) is (name.lower() == "any")
    return name in own
