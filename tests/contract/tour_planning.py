"""The part of the tour that looks at planning: issues, comments, links, wiki pages, epics and epic boards."""

from __future__ import annotations

from typing import Any

import gitlab

from app.sandbox import operations
from app.sandbox.world import World


def issues(bot: gitlab.Gitlab, project: Any) -> None:
    milestone = project.milestones.list(get_all=True)[0]
    sam = bot.users.list(username="gl.sa1", get_all=True)[0]
    issue = project.issues.create({
        "title": "Scan code", "description": "- [x] one\n- [ ] two", "labels": ["acme-stage::1", "new"],
        "milestone_id": milestone.id, "assignee_ids": [sam.id], "due_date": "2026-11-30",
    })  # fmt: skip
    project.issues.create({"title": "Between us", "confidential": True})
    project.issues.update(issue.iid, {"state_event": "close"})
    project.issues.update(issue.iid, {"state_event": "reopen", "add_labels": "acme-stage::2", "milestone_id": 0})
    fresh = project.issues.get(issue.iid)
    for events in (fresh.resourcelabelevents, fresh.resourcestateevents, fresh.resourcemilestoneevents):
        events.get(events.list(get_all=True)[0].id)
    fresh.participants()
    project.issues.list(get_all=True, labels="acme-stage::2", with_labels_details=True)
    project.issues.list(iterator=True, pagination="keyset", order_by="created_at", sort="asc")
    bot.groups.get("partners").issues.list(get_all=True)
    bot.issues.list(get_all=True, scope="all")
    milestone.issues(get_all=True)
    milestone.merge_requests(get_all=True)
    project.issues.update(issue.iid, {"milestone_id": milestone.id})
    list(milestone.issues(get_all=True))
    doomed = project.issues.create({"title": "Deleted"})
    doomed.delete()


def conversation(project: Any) -> None:
    issue = project.issues.get(1)
    note = issue.notes.create({"body": "Done?"})
    note.body = "Done."
    note.save()
    issue.notes.create({"body": "Not yet, I think", "internal": True})
    issue.notes.create({"body": "Thanks\n/label ~new"})
    issue.notes.get(note.id)
    issue.notes.list(get_all=True)
    for target in (issue, note):
        award = target.awardemojis.create({"name": "thumbsup"})
        target.awardemojis.get(award.id)
        target.awardemojis.list(get_all=True)
        award.delete()
    issue.notes.create({"body": "Never mind"}).delete()


def links_and_moves(world: World, bot: gitlab.Gitlab, group: Any, project: Any) -> None:
    first, second = project.issues.get(1), project.issues.create({"title": "Two"})
    first.links.create({"target_project_id": project.id, "target_issue_iid": second.iid})
    linked = first.links.list(get_all=True)[0]
    bot.http_get(f"/projects/{project.id}/issues/1/links/{linked.issue_link_id}")
    first.links.delete(linked.issue_link_id)
    third = project.issues.create({"title": "Three"})
    third.unsubscribe()
    third.subscribe()
    if world.licensed:
        third.links.create({"target_project_id": project.id, "target_issue_iid": 1, "link_type": "is_blocked_by"})
        first.links.list(get_all=True)
    other = bot.projects.create({"name": "Globex", "path": "globex", "namespace_id": group.id})
    second.move(other.id)
    double = project.issues.create({"title": "Double"})
    double.notes.create({"body": "/duplicate #1"})
    project.issues.get(double.iid)
    group.milestones.list(get_all=True)[0].issues(get_all=True)
    group.milestones.list(get_all=True)[0].merge_requests(get_all=True)


def wiki(project: Any) -> None:
    page = project.wikis.create({"title": "Best practices", "content": "Do"})
    page.content = "Do more"
    page.save()
    project.wikis.list(get_all=True)
    project.wikis.get(page.slug)
    page.delete()


def epics(world: World, bot: gitlab.Gitlab, group: Any, project: Any) -> None:
    epic = group.epics.create({"title": "Acme", "labels": "partners-stage::1", "due_date_fixed": "2026-12-31"})
    child = group.epics.create({"title": "Practice", "parent_id": epic.id})
    group.epics.list(get_all=True)
    bot.http_list(f"/groups/{group.id}/epics/{epic.iid}/epics", get_all=True)
    link = epic.issues.create({"issue_id": project.issues.get(1).id})
    second = epic.issues.create({"issue_id": project.issues.create({"title": "Further"}).id})
    second.move_before_id = link.id
    second.save()
    epic.issues.list(get_all=True)
    group.epics.get(epic.iid)
    project.issues.get(1)
    link.delete()
    note = epic.notes.create({"body": "On the epic"})
    note.body = "Still on it"
    note.save()
    epic.notes.get(note.id)
    epic.notes.list(get_all=True)
    note.delete()
    award = bot.http_post(f"/groups/{group.id}/epics/{epic.iid}/award_emoji", post_data={"name": "tada"})
    bot.http_get(f"/groups/{group.id}/epics/{epic.iid}/award_emoji/{award['id']}")
    bot.http_list(f"/groups/{group.id}/epics/{epic.iid}/award_emoji", get_all=True)
    bot.http_delete(f"/groups/{group.id}/epics/{epic.iid}/award_emoji/{award['id']}")
    epic.state_event = "close"
    epic.save()
    for kind in ("resource_label_events", "resource_state_events"):
        path = f"/groups/{group.id}/epics/{epic.id}/{kind}"
        bot.http_get(f"{path}/{bot.http_list(path, get_all=True)[0]['id']}")
    if world.tier == "ultimate":
        below = f"/groups/{group.id}/epics/{epic.iid}/epics"
        other = bot.http_post(below, post_data={"title": "Further"})
        bot.http_put(f"{below}/{child.id}", post_data={"move_before_id": other["id"]})
        bot.http_delete(f"{below}/{child.id}")
        bot.http_post(f"{below}/{child.id}")
    child.delete()
    _epic_boards(world, bot, group)


def _epic_boards(world: World, bot: gitlab.Gitlab, group: Any) -> None:
    """REST only reads them; GraphQL makes them."""
    actor, home = world.user_by_name("partner-bot"), world.groups[group.id]
    label = next(label for label in world.labels.values() if label.group_id == home.id)
    board = operations.create_board(world, actor, name="Portfolio", group=home, epic=True)
    operations.create_board_list(world, actor, board, label_id=label.id)
    path = f"/groups/{group.id}/epic_boards"
    bot.http_list(path, get_all=True)
    bot.http_get(f"{path}/{board.id}")
    entries = bot.http_list(f"{path}/{board.id}/lists", get_all=True)
    bot.http_get(f"{path}/{board.id}/lists/{entries[0]['id']}")
