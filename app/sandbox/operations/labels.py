"""Labels of projects and groups (https://docs.gitlab.com/user/project/labels/).

The trap this covers: scoped labels (`stage::1`, `stage::2`) replace each other on Premium and Ultimate only; elsewhere
`::` is plain text and both stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.sandbox import permissions
from app.sandbox.errors import Conflict, Invalid
from app.sandbox.operations.common import UNSET, one_container, require, require_visible
from app.sandbox.world import Container, Group, Label, Project, User, World, belonging_to, records_of

DEFAULT_COLOR = "#6699cc"
_HEX = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}")
_CSS_COLORS = {
    "black": "#000000",
    "blue": "#0000FF",
    "brown": "#A52A2A",
    "crimson": "#DC143C",
    "cyan": "#00FFFF",
    "darkgreen": "#006400",
    "darkorange": "#FF8C00",
    "gold": "#FFD700",
    "gray": "#808080",
    "green": "#008000",
    "indigo": "#4B0082",
    "lightgray": "#D3D3D3",
    "lime": "#00FF00",
    "magenta": "#FF00FF",
    "maroon": "#800000",
    "navy": "#000080",
    "olive": "#808000",
    "orange": "#FFA500",
    "orchid": "#DA70D6",
    "pink": "#FFC0CB",
    "purple": "#800080",
    "red": "#FF0000",
    "silver": "#C0C0C0",
    "teal": "#008080",
    "violet": "#EE82EE",
    "white": "#FFFFFF",
    "yellow": "#FFFF00",
}


def available_labels(world: World, container: Container) -> list[Label]:
    """Labels that items of this project or group can carry: its own and those of all groups above, by title."""
    found = [label for place in world.lineage(container) for label in records_of(place, world.labels)]
    return sorted(found, key=lambda label: (label.title.lower(), label.id))


def create_label(
    world: World,
    actor: User,
    *,
    title: str,
    color: str = DEFAULT_COLOR,
    description: str | None = None,
    group: Group | None = None,
    project: Project | None = None,
) -> Label:
    """Planner and up. Raises Conflict when this project, this group or a group above has the title, Invalid otherwise.

    `color` is `#RRGGBB` or one of the common CSS names.
    """
    container = one_container(world, project, group)
    _require_admin(world, actor, container)
    return _add(world, container, title, color, description)


def _add(world: World, container: Container, title: str, color: str, description: str | None) -> Label:
    title = title.strip()
    _check_title(title)
    if any(label.title == title for label in available_labels(world, container)):
        raise Conflict("Label already exists")
    now = world.clock()
    label = Label(
        id=world.ids.next("label"),
        title=title,
        color=_color(color),
        description=description,
        created_at=now,
        updated_at=now,
        **belonging_to(container),
    )
    world.labels[label.id] = label
    return label


def update_label(
    world: World,
    actor: User,
    label: Label,
    *,
    title: str = UNSET,
    color: str = UNSET,
    description: str | None = UNSET,
    priority: int | None = UNSET,
    archived: bool = UNSET,
) -> Label:
    """Planner and up. Raises Invalid (also for a taken title), Forbidden, NotFound."""
    container = world.container_of(label)
    _require_admin(world, actor, container)
    if title is not UNSET and title != label.title:
        _check_title(title)
        if any(other.title == title for other in available_labels(world, container)):
            raise Invalid({"title": ["has already been taken"]})
        label.title = title
    if color is not UNSET:
        label.color = _color(color)
    if description is not UNSET:
        label.description = description
    if priority is not UNSET:
        label.priority = priority
    if archived is not UNSET:
        label.archived = archived
    label.updated_at = world.clock()
    return label


def delete_label(world: World, actor: User, label: Label) -> None:
    """Planner and up. The label leaves all items and board lists; no hook tells."""
    container = world.container_of(label)
    _require_admin(world, actor, container)
    del world.labels[label.id]
    for item in world.work_items.values():
        if label.id in item.label_ids:
            item.label_ids.remove(label.id)
    for board in world.boards.values():
        board.lists = [entry for entry in board.lists if entry.label_id != label.id]


def promote_label(world: World, actor: User, label: Label) -> Label:
    """Make a project's label its group's. Equal ones of the group's other projects become the same label.

    Raises NotFound, Forbidden, and Invalid for a label that is a group's already.
    """
    if label.project_id is None:
        raise Invalid("Failed to promote project label to group label")
    group = world.groups[world.projects[label.project_id].group_id]
    require_visible(world, actor, group)
    require(permissions.can_admin_labels(world, actor, group))
    below = {row.id for row in world.descendants(group)}
    equal = [
        other
        for other in world.labels.values()
        if other.title == label.title
        and (other.group_id in below or (other.project_id and world.projects[other.project_id].group_id in below))
    ]
    for other in equal:
        del world.labels[other.id]
    promoted = _add(world, group, label.title, label.color, label.description)
    gone = {other.id for other in equal}
    for item in world.work_items.values():
        item.label_ids = list(dict.fromkeys(promoted.id if each in gone else each for each in item.label_ids))
        for event in item.label_events:
            event.label_id = promoted.id if event.label_id in gone else event.label_id
    for board in world.boards.values():
        for row in board.lists:
            row.label_id = promoted.id if row.label_id in gone else row.label_id
    return promoted


def set_label_subscription(world: World, actor: User, label: Label, subscribed: bool) -> bool:
    """Subscribe or unsubscribe the caller; False when it was so already. Raises NotFound."""
    require_visible(world, actor, world.container_of(label))
    if (actor.id in label.subscriber_ids) is subscribed:
        return False
    (label.subscriber_ids.append if subscribed else label.subscriber_ids.remove)(actor.id)
    return True


def ensure_labels(world: World, actor: User, project: Project, titles: Iterable[str]) -> list[int]:
    """Ids for titles in their order; an unknown title silently becomes a project label, as in REST issue calls.

    Somebody who may not create labels gets only those that exist, without an error.
    """
    known = {label.title: label for label in available_labels(world, project)}
    ids: list[int] = []
    for title in (title.strip() for title in titles):
        if not title:
            continue
        label = known.get(title)
        if label is None and permissions.can_admin_labels(world, actor, project):
            label = known[title] = _add(world, project, title, DEFAULT_COLOR, None)
        if label is not None and label.id not in ids:
            ids.append(label.id)
    return ids


def _scope(title: str) -> str | None:
    """`a::b::c` -> `a::b`; None without a scope."""
    scope, separator, value = title.rpartition("::")
    return scope if separator and scope and value else None


def apply_labels(world: World, current: list[int], add: Iterable[int], remove: Iterable[int]) -> list[int]:
    """The label ids after a change. On Premium and Ultimate the last added label of a scope drives out the others."""
    removed = set(remove)
    result = [label_id for label_id in current if label_id not in removed]
    for label_id in add:
        if label_id in result or label_id in removed:
            continue
        scope = _scope(world.labels[label_id].title) if world.licensed else None
        if scope is not None:
            result = [other for other in result if _scope(world.labels[other].title) != scope]
        result.append(label_id)
    return result


def _require_admin(world: World, actor: User, container: Container) -> None:
    require_visible(world, actor, container)
    require(permissions.can_admin_labels(world, actor, container))


def _check_title(title: str) -> None:
    if not title:
        raise Invalid({"title": ["can't be blank"]})
    if len(title) > 255:
        raise Invalid({"title": ["is too long (maximum is 255 characters)"]})
    if "," in title:
        raise Invalid({"title": ["is invalid"]})


def _color(color: str) -> str:
    if _HEX.fullmatch(color):
        return color if len(color) == 7 else "#" + "".join(digit * 2 for digit in color[1:])
    if color.lower() in _CSS_COLORS:
        return _CSS_COLORS[color.lower()]
    raise Invalid({"color": ["must be a valid color code"]})
