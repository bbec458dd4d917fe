"""One issue, task or epic: read it, tick its boxes, comment, close, change its labels.

Every change is one verb of `operations` done as the viewer. The trap it avoids: losing what somebody typed. A refused
write shows the page again with the reason and the text still in the box.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from app.sandbox import addresses, operations, permissions
from app.sandbox.errors import Conflict, Invalid, SandboxError
from app.sandbox.http import Response
from app.sandbox.pages import markdown, rendering
from app.sandbox.pages.references import labels_of
from app.sandbox.pages.timeline import entries_of, tally
from app.sandbox.pages.visit import Hidden, Visit, fingerprint
from app.sandbox.world import Container, Project, User, WorkItem

STATE_EVENTS: dict[str, Literal["close", "reopen"]] = {"close": "close", "reopen": "reopen"}
TEMPLATE_FOLDER = ".gitlab/issue_templates/"


def show(visit: Visit, home: Container, number: int) -> Response:
    """`/-/issues/<iid>`, `/-/work_items/<iid>` and `/groups/<path>/-/epics/<iid>`."""
    return _page(visit, home, _find(visit, home, number))


def change(visit: Visit, home: Container, number: int) -> Response:
    """The item's forms, told apart by `action`; `back`: the board on which a card's button was pressed."""
    item = _find(visit, home, number)
    try:
        fragment, notice = _change(visit, item)
    except SandboxError as refused:
        visit.alert, visit.status = "; ".join(refused.sentences()), refused.status
        visit.draft = visit.form.get("body", "")
        return _page(visit, home, item)
    if back := visit.form.get("back"):
        return rendering.redirect(visit, back, notice)
    return rendering.redirect(visit, addresses.of_item(visit.world, item), notice, fragment)


def _find(visit: Visit, home: Container, number: int) -> WorkItem:
    item, noun = visit.world.item_at(home, number), "issue" if isinstance(home, Project) else "epic"
    visit.require(noun, item)
    if item is None:
        raise Hidden(noun)
    return item


def _page(visit: Visit, home: Container, item: WorkItem) -> Response:
    world, viewer = visit.world, visit.viewer
    may_update = permissions.can_update_item(world, viewer, item)
    linked = [world.work_items[i] for i in item.linked_ids if i in world.work_items]
    return rendering.page(
        visit,
        "item.html",
        title=item.title,
        home=home,
        tab="epics" if item.type == "EPIC" else "issues",
        item=item,
        description=markdown.render(item.description, visit.setting(home, tickable=may_update)),
        seen=fingerprint(item.description),
        entries=entries_of(visit, item),
        awards=tally(item.awards),
        children=[x for x in operations.children_of(world, item) if visit.sees(x)],
        linked=[x for x in linked if visit.sees(x)],
        moved_to=_visible(visit, item.moved_to_id),
        duplicate_of=_visible(visit, item.duplicated_to_id),
        may_update=may_update,
        may_set_metadata=permissions.can_set_metadata(world, viewer, item),
        may_comment=permissions.can_comment(world, viewer, item),
        may_comment_internally=permissions.can_write_internal_notes(world, viewer, item),
        other_labels=[x for x in labels_of(world, home) if x.id not in item.label_ids],
        open_milestones=[
            x for x in operations.available_milestones(world, home) if x.state == "active" or x.id == item.milestone_id
        ],
        assignable=_assignable(visit, home),
        editors=[] if may_update else visit.others(lambda user: permissions.can_update_item(world, user, item)),
    )


def _visible(visit: Visit, item_id: int | None) -> WorkItem | None:
    found = visit.world.work_items.get(item_id) if item_id is not None else None
    return found if found is not None and visit.sees(found) else None


def _assignable(visit: Visit, home: Container) -> list[User]:
    ids = {member.user_id for member in permissions.members_of(visit.world, home)}
    return sorted((visit.world.users[i] for i in ids if i in visit.world.users), key=lambda user: user.name.lower())


# Changes ----------------------------------------------------------------------------------------------------------


def _change(visit: Visit, item: WorkItem) -> tuple[str, str]:
    """Does what the form asks; returns the fragment to land on and a notice. Raises SandboxError when refused."""
    verbs: dict[str, Callable[[Visit, WorkItem], tuple[str, str]]] = {
        "comment": _comment,
        "close": _comment,
        "reopen": _comment,
        "labels": _labels,
        "details": _details,
        "edit": _edit,
        "task": _task,
    }
    verb = verbs.get(visit.form.get("action", "task" if "task" in visit.form else ""))
    if verb is None:
        raise Invalid("This form is incomplete. Open the page again and retry.")
    return verb(visit, item)


def _comment(visit: Visit, item: WorkItem) -> tuple[str, str]:
    """A comment, a change of state, or both: the buttons share one form."""
    body = visit.form.get("body", "")
    action = visit.form["action"]
    notice = ""
    if action == "comment" and not body.strip():
        raise Invalid("Note can't be blank")
    if body.strip():
        internal = visit.form.get("internal") == "1"
        outcome = operations.create_note(visit.world, visit.viewer, item, body=body, internal=internal)
        notice = " ".join(outcome.summary)
        visit.form["body"] = ""  # it is saved: a refused change of state must not offer it again
    if event := STATE_EVENTS.get(action):
        operations.update_work_item(visit.world, visit.viewer, item, state_event=event)
    return "latest", notice


def _labels(visit: Visit, item: WorkItem) -> tuple[str, str]:
    """Add the chosen label, or remove the one whose cross was pressed."""
    if removed := visit.form.get("remove"):
        operations.update_work_item(visit.world, visit.viewer, item, remove_label_ids=[_number(removed, "label")])
    else:
        added = _number(visit.form.get("add", ""), "label")
        operations.update_work_item(visit.world, visit.viewer, item, add_label_ids=[added])
    return "", ""


def _details(visit: Visit, item: WorkItem) -> tuple[str, str]:
    """Assignee, milestone and due date, as far as the form has them."""
    form = visit.form
    changes: dict[str, Any] = {}
    if "assignee" in form:
        changes["assignee_ids"] = [_number(form["assignee"], "assignee")] if form["assignee"] else []
    if "milestone" in form:
        changes["milestone_id"] = _number(form["milestone"], "milestone") if form["milestone"] else None
    if "due_date" in form:
        changes["due_date"] = _day(form["due_date"])
    operations.update_work_item(visit.world, visit.viewer, item, **changes)
    return "", ""


def _edit(visit: Visit, item: WorkItem) -> tuple[str, str]:
    _require_seen(visit, item)
    title, description = visit.form.get("title", ""), visit.form.get("description", "")
    operations.update_work_item(visit.world, visit.viewer, item, title=title, description=description)
    return "", ""


def _task(visit: Visit, item: WorkItem) -> tuple[str, str]:
    _require_seen(visit, item)
    line = _number(visit.form.get("task", ""), "task")
    try:
        description = markdown.toggle_task(item.description, line)
    except LookupError as missing:
        raise Invalid("This box is no longer there. Open the page again and retry.") from missing
    operations.update_work_item(visit.world, visit.viewer, item, description=description)
    return f"task-{line}", ""


def _require_seen(visit: Visit, item: WorkItem) -> None:
    if visit.form.get("seen") != fingerprint(item.description):
        raise Conflict("The description was changed meanwhile. Look at the new text and repeat your change.")


def _number(text: str, noun: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise Invalid(f"Choose a {noun} first.")
    return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as wrong:
        raise Invalid(f"{text} is not a date; write it as 2026-11-30.") from wrong


# A new issue ------------------------------------------------------------------------------------------------------


def new(visit: Visit, project: Project) -> Response:
    """`/-/issues/new?issuable_template=<Name>`: templates lie in `.gitlab/issue_templates/` on the default branch
    (https://docs.gitlab.com/user/project/description_templates/)."""
    templates = _templates(project)
    chosen = visit.query("issuable_template") or visit.query("description_template")
    text = templates.get(chosen, visit.query("issue[description]"))
    return _new_page(visit, project, visit.query("issue[title]"), text, chosen)


def create(visit: Visit, project: Project) -> Response:
    """Open the issue and show it."""
    title, description = visit.form.get("title", ""), visit.form.get("description", "")
    confidential = visit.form.get("confidential") == "1"
    try:
        item = operations.create_work_item(
            visit.world,
            visit.viewer,
            type="ISSUE",
            title=title,
            description=description,
            project=project,
            confidential=confidential,
        )
    except SandboxError as refused:
        visit.alert, visit.status = "; ".join(refused.sentences()), refused.status
        return _new_page(visit, project, title, description, "")
    return rendering.redirect(visit, addresses.of_item(visit.world, item))


def _templates(project: Project) -> dict[str, str]:
    files = {p: t for p, t in project.files.items() if p.startswith(TEMPLATE_FOLDER) and p.endswith(".md")}
    return {path.removeprefix(TEMPLATE_FOLDER).removesuffix(".md"): text for path, text in sorted(files.items())}


def _new_page(visit: Visit, project: Project, title: str, description: str, chosen: str) -> Response:
    values = {"draft_title": title, "draft_description": description, "chosen": chosen}
    templates = list(_templates(project))
    may_create = permissions.can_create_item(visit.world, visit.viewer, project)
    return rendering.page(
        visit,
        "new_issue.html",
        title="New issue",
        home=project,
        tab="issues",
        templates=templates,
        may_create=may_create,
        **values,
    )
