"""Labels of projects and groups (https://docs.gitlab.com/api/labels/).

The trap: a project lists the labels of its groups too, but changes only its own; and a label is named by id or by
title, in the path or, as older clients do it, as parameter `name` of the collection.
"""

from __future__ import annotations

from app.sandbox import operations
from app.sandbox.errors import NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_container, the_project
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, integer, only_for, require_any, require_one, text
from app.sandbox.rest.presenters import labels as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Container, Group, Label, Project, belongs

routes = Routes()

CHANGES = (
    text("new_name"),
    text("color"),
    text("description"),
    boolean("archived"),
    *only_for("projects", integer("priority")),
)
REACH = (
    boolean("include_ancestor_groups"),
    *only_for("groups", boolean("include_descendant_groups"), boolean("only_group_labels")),
)


@routes.get("/:scope/:id/labels", *REACH, boolean("with_counts"), text("search"), boolean("archived"), listed=True)
def list_labels(call: Call) -> Response:
    container = the_container(call)
    word = call.get("search", "").lower()
    rows = [label for label in _reach(call, container) if word in f"{label.title}\n{label.description or ''}".lower()]
    rows = [label for label in rows if call.get("archived") in (None, label.archived)]
    return paginate(call, rows, lambda label: _present(call, container, label))


def _reach(call: Call, container: Container) -> list[Label]:
    """Labels in reach of the list, by title. GitLab includes ancestors by default for projects and groups."""
    world = call.world
    rows = operations.available_labels(world, container)
    if not call.get("include_ancestor_groups", True):
        rows = [label for label in rows if belongs(label, container)]
    if isinstance(container, Group) and call.get("include_descendant_groups"):
        below = {group.id for group in world.descendants(container)} - {container.id}
        rows += [label for label in world.labels.values() if label.group_id in below]
        rows.sort(key=lambda label: (label.title.lower(), label.id))
    return rows


def _find(call: Call, container: Container, reference: str) -> Label:
    rows = _reach(call, container)
    for label in rows:
        if label.title == reference or (reference.isdecimal() and label.id == int(reference)):
            return label
    raise NotFound.of("Label")


def _own(call: Call, container: Container, reference: str) -> Label:
    label = _find(call, container, reference)
    if not belongs(label, container):
        raise NotFound.of("Label")
    return label


def _present(call: Call, container: Container, label: Label) -> Json:
    counts = _count(call, label) if call.get("with_counts") else None
    return presenters.label(label, call.user, for_project=isinstance(container, Project), counts=counts)


def _count(call: Call, label: Label) -> tuple[int, int]:
    issues = [i for i in call.world.work_items.values() if label.id in i.label_ids and i.project_id is not None]
    return sum(i.state == "opened" for i in issues), sum(i.state == "closed" for i in issues)


@routes.get("/:scope/:id/labels/:name", *REACH)
def read_label(call: Call) -> Response:
    container = the_container(call)
    return ok(_present(call, container, _find(call, container, call.path["name"])))


@routes.post(
    "/:scope/:id/labels",
    text("name", required=True),
    text("color", required=True),
    text("description"),
    boolean("archived"),
    *only_for("projects", integer("priority")),
)
def create_label(call: Call) -> Response:
    container = the_container(call)
    label = operations.create_label(
        call.world,
        call.actor,
        title=call.get("name", ""),
        color=call.get("color", ""),
        description=call.get("description"),
        **operations.as_keywords(container),
    )
    later = call.some("priority", "archived")
    if later:
        operations.update_label(call.world, call.actor, label, **later)
    return created(_present(call, container, label))


@routes.put("/:scope/:id/labels/:name", *CHANGES)
def update_label(call: Call) -> Response:
    container = the_container(call)
    return _update(call, container, _own(call, container, call.path["name"]))


@routes.put("/:scope/:id/labels", integer("label_id"), text("name"), *CHANGES)
def update_named_label(call: Call) -> Response:
    require_one(call.given, "label_id", "name")
    container = the_container(call)
    return _update(call, container, _own(call, container, str(call.given.get("label_id") or call.given["name"])))


def _update(call: Call, container: Container, label: Label) -> Response:
    require_any(call.given, "new_name", "color", "description", "archived", "priority")
    changes = call.some("color", "description", "archived", "priority")
    if "new_name" in call.given:
        changes["title"] = call.given["new_name"]
    operations.update_label(call.world, call.actor, label, **changes)
    return ok(_present(call, container, label))


@routes.delete("/:scope/:id/labels/:name")
def delete_label(call: Call) -> Response:
    operations.delete_label(call.world, call.actor, _own(call, the_container(call), call.path["name"]))
    return no_content()


@routes.delete(
    "/:scope/:id/labels",
    *only_for("projects", integer("label_id"), text("name")),
    *only_for("groups", text("name", required=True)),
)
def delete_named_label(call: Call) -> Response:
    require_one(call.given, "label_id", "name")
    reference = str(call.given.get("label_id") or call.given["name"])
    operations.delete_label(call.world, call.actor, _own(call, the_container(call), reference))
    return no_content()


@routes.post("/:scope/:id/labels/:name/subscribe")
def subscribe(call: Call) -> Response:
    """304 when the caller is subscribed already (https://docs.gitlab.com/api/labels/#subscribe-to-a-label)."""
    return _subscription(call, True)


@routes.post("/:scope/:id/labels/:name/unsubscribe")
def unsubscribe(call: Call) -> Response:
    """304 when the caller is not subscribed."""
    return _subscription(call, False)


def _subscription(call: Call, subscribed: bool) -> Response:
    container = the_container(call)
    label = _find(call, container, call.path["name"])
    changed = operations.set_label_subscription(call.world, call.actor, label, subscribed)
    return created(_present(call, container, label)) if changed else Response(304)


@routes.put("/projects/:id/labels/:name/promote")
def promote_label(call: Call) -> Response:
    """https://docs.gitlab.com/api/labels/#promote-a-project-label-to-a-group-label"""
    return _promote(call, call.path["name"])


@routes.put("/projects/:id/labels/promote", text("name", required=True))
def promote_named_label(call: Call) -> Response:
    return _promote(call, call.get("name", ""))


def _promote(call: Call, reference: str) -> Response:
    project = the_project(call)
    label = operations.promote_label(call.world, call.actor, _own(call, project, reference))
    return ok(presenters.label(label, call.user, for_project=False))
