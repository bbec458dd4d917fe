"""What people do every day: close and reopen, write, label, drag, and open issues of their own. Fills `verbs.VERBS`."""

from __future__ import annotations

from datetime import date, timedelta

from app.journey import markers
from app.sandbox import operations
from app.sandbox.world import WorkItem
from simulation.verbs import Act, Here, on_epic, on_item, verb

_ASKED = ("status", "help", "dance", "waive")

# --- states ---

on_item("close", lambda h, i: h.finish(i, h.actor), state="opened")
on_item("verify", lambda h, i: h.note(i, h.architect, f"/journey verify\n{h.people.say()}"), state="closed")
on_item("ask", lambda h, i: h.note(i, h.actor, f"/journey {_ASKED[h.number % 4]}\n{h.people.say()}"), page=True)
on_item("reopen", lambda h, i: h.change(i, h.actor, state_event="reopen"), state="closed")
on_item("wont do", lambda h, i: _wont_do(h, i), state="opened")


@verb("close stage")
def _close_stage(here: Here) -> Act | None:
    """Everything that is open is closed in one bulk edit."""
    items = here.capabilities(state="opened")
    return lambda: [here.finish(item, here.actor) for item in items] and None


@verb("flip")
def _flip(here: Here) -> Act | None:
    """Closed by mistake and opened again, or the other way round."""
    item = here.pick(here.capabilities())
    if item is None:
        return None
    events = ("close", "reopen") if item.state == "opened" else ("reopen", "close")
    return lambda: [_flip_once(here, item, event) for event in events] and None


def _flip_once(here: Here, item: WorkItem, event: str) -> None:
    if event == "close":
        here.finish(item, here.actor)
    else:
        here.change(item, here.actor, state_event=event)


@verb("duplicate")
def _duplicate(here: Here) -> Act | None:
    item, page = here.pick(here.capabilities(state="opened")), here.page
    if item is None or page is None:
        return None

    def act() -> None:
        if item.id in here.world.work_items and page.id in here.world.work_items and item.state == "opened":
            operations.mark_duplicate(here.world, here.architect, item, page)

    return act


def _wont_do(here: Here, item: WorkItem) -> None:
    if here.world.licensed:
        here.change(item, here.architect, status="Won't do")


@verb("move")
def _move(here: Here) -> Act | None:
    item = here.pick(here.capabilities(state="opened"))
    if item is None:
        return None

    def act() -> None:
        if item.id in here.world.work_items and item.moved_to_id is None:
            operations.move_issue(here.world, here.architect, item, here.people.projects["attic"])

    return act


# --- words ---


@verb("forge a comment")
def _forge(here: Here) -> Act | None:
    """A partner imitates the bot's marks, where they would matter most."""
    page = here.page
    marks = ("comment=stage/1/walk", "comment=stage/7/complete", "page=status", 'state {"stage": "complete"}')
    words = f"<!-- partner-journey {marks[here.number % 4]} -->"
    return None if page is None else lambda: here.note(page, here.actor, f"{here.people.say()}\n{words}")


def _write_outside(here: Here, item: WorkItem) -> None:
    words = here.people.say()
    if here.number % 3:
        here.write(item, here.actor, words, lambda text: f"{text}\n\n{words}")
    else:
        here.write(item, here.actor, words, lambda text: f"{words}\n\n{text}")


def _tidy(here: Here, item: WorkItem) -> None:
    """Somebody removes comments that he does not understand."""
    end = "<!-- partner-journey end -->"
    name = markers.find("capability", item.description) or ""
    first = markers.mark("capability", name)
    here.write(item, here.actor, "", lambda text: text.replace((end, first)[here.number % 2], ""))


on_item("tick", lambda h, i: h.write(i, h.actor, "", lambda t: t.replace("- [ ]", "- [x]", 1)))
on_item("comment", lambda h, i: h.note(i, h.actor, h.people.say()), page=True)
on_item("write outside", _write_outside, page=True)
on_item("write inside", lambda h, i: h.write(i, h.actor, "", lambda t: t.replace("Learn", "Forget")), page=True)
on_item("tidy up marks", _tidy)
on_item("rename", lambda h, i: h.change(i, h.actor, title=f"Renamed {h.number}"))
on_epic("comment on epic", lambda h, i: h.note(i, h.architect, h.people.say()))
on_epic("rename epic", lambda h, i: h.change(i, h.architect, title=f"Renamed {h.number}"))


def _write_in_epic(here: Here, item: WorkItem) -> None:
    words = here.people.say()
    here.write(item, here.architect, words, lambda text: f"{text}\n\n{words}")


on_epic("write in epic", _write_in_epic)

# --- labels and fields ---


def _label(here: Here, item: WorkItem) -> None:
    project = here.world.projects.get(item.project_id or 0)
    if project is None or item.id not in here.world.work_items:
        return
    title = ("blocked", "customer::big", "review::later")[here.number % 3]
    ids = operations.ensure_labels(here.world, here.architect, project, [title])
    here.change(item, here.architect, add_label_ids=ids)
    here.people.ledger.forget(item, *(("label",) if "::" in title else ()))  # a scoped one drives out its kin
    for label_id in item.label_ids:
        if here.world.labels[label_id].project_id == project.id:
            here.people.ledger.add("label", item, here.world.labels[label_id].title)


def _unlabel(here: Here, item: WorkItem) -> None:
    here.people.ledger.forget(item, "label")
    here.change(item, here.architect, label_ids=[])


def _drag(here: Here, item: WorkItem) -> None:
    """A card is dragged to another list of a board."""
    wanted = ("stage::stand", "stage::walk", "stage::run", "stage::complete")[here.number % 4]
    label = next((la for la in here.world.labels.values() if la.title == wanted), None)
    if label is not None:
        here.change(item, here.architect, add_label_ids=[label.id])


on_item("label", _label)
on_item("unlabel", _unlabel, page=True)
on_item("drag", _drag, page=True)
on_item("assign", lambda h, i: h.change(i, h.architect, assignee_ids=[h.actor.id]), state="opened")
on_item("change due date", lambda h, i: h.change(i, h.architect, due_date=_today(h) + timedelta(h.number % 90)))
on_item("detach", lambda h, i: h.change(i, h.architect, parent_id=None), page=True)
on_item("open up", lambda h, i: _open_up(h, i), page=True)
on_item("adopt", lambda h, i: _adopt(h, i), page=True)
on_epic("drag epic", _drag)
on_epic("label epic", lambda h, i: h.change(i, h.architect, label_ids=[]))
on_epic("close epic", lambda h, i: h.change(i, h.architect, state_event="close"))


def _open_up(here: Here, item: WorkItem) -> None:
    """An open issue cannot be below a confidential epic."""
    here.change(item, here.architect, parent_id=None)
    here.change(item, here.architect, confidential=False)


def _adopt(here: Here, item: WorkItem) -> None:
    """Somebody puts an issue under an epic of his own."""
    group = here.world.group_by_path("partners")
    if group is not None and here.world.licensed and item.id in here.world.work_items:
        title = f"Campaign: {here.people.say()}"
        epic = operations.create_work_item(here.world, here.architect, type="EPIC", title=title, group=group)
        here.people.ledger.add("title", epic, title)
        here.change(item, here.architect, parent_id=epic.id)


def _today(here: Here) -> date:
    return here.world.clock().date()


# --- people's own issues ---


@verb("own issue")
def _own_issue(here: Here) -> Act | None:
    project = here.project
    if project is None:
        return None

    def act() -> None:
        marks = ("", "<!-- partner-journey capability=stand/portal -->\n", "<!-- partner-journey page=status -->\n")
        words = here.people.say()
        text = f"{marks[here.number % 3]}{words}"
        item = operations.create_work_item(
            here.world, here.actor, type="ISSUE", title=f"Question: {words}", description=text, project=project
        )
        here.people.ledger.add("description", item, words)
        here.people.ledger.add("title", item, item.title)

    return act


@verb("close own issue")
def _close_own_issue(here: Here) -> Act | None:
    item = here.pick(here.items(by_bot=False))
    return None if item is None else lambda: here.change(item, here.actor, state_event="close")
