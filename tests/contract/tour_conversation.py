"""The part of the tour that looks at threads, time, counts, subscriptions, namespaces and what commits changed."""

from __future__ import annotations

from typing import Any

import gitlab

from app.sandbox.world import World


def threads(bot: gitlab.Gitlab, item: Any) -> None:
    """On an issue or an epic."""
    thread = item.discussions.create({"body": "Who looks at it?"})
    answer = thread.notes.create({"body": "I do"})
    answer.body = "I did"
    answer.save()
    thread.notes.get(answer.id)
    path = f"{item.manager.path}/{item.encoded_id}/discussions/{thread.id}"
    bot.http_put(path, post_data={"resolved": True})
    bot.http_get(f"{path}/notes")
    item.discussions.get(thread.id)
    item.discussions.list(get_all=True)
    item.notes.create({"body": "Alone"})
    thread.notes.delete(answer.id)


def epic_threads(bot: gitlab.Gitlab, group: Any) -> None:
    """python-gitlab has no threads of epics."""
    epic = group.epics.create({"title": "Talked about"})
    path = f"/groups/{group.id}/epics/{epic.id}/discussions"
    thread: Any = bot.http_post(path, post_data={"body": "Who looks at it?"})
    one = f"{path}/{thread['id']}"
    answer: Any = bot.http_post(f"{one}/notes", post_data={"body": "I do"})
    bot.http_put(f"{one}/notes/{answer['id']}", post_data={"body": "I did"})
    bot.http_put(one, post_data={"resolved": True})
    for address in (path, one, f"{one}/notes", f"{one}/notes/{answer['id']}"):
        bot.http_get(address)
    bot.http_delete(f"{one}/notes/{answer['id']}")


def time_and_counts(bot: gitlab.Gitlab, group: Any, project: Any) -> None:
    issue = project.issues.get(1)
    issue.time_estimate("1w 3h30m")
    issue.add_spent_time("45m")
    bot.http_get(f"/projects/{project.id}/issues/1/time_stats")  # `issue.time_stats` is the attribute
    project.issues.get(1)
    issue.reset_spent_time()
    issue.reset_time_estimate()
    issue.related_merge_requests(get_all=True)
    issue.closed_by(get_all=True)
    bot.issues_statistics.get(scope="all")
    group.issues_statistics.get()
    project.issues_statistics.get(labels="new")


def labels(bot: gitlab.Gitlab, container: Any) -> None:
    label = container.labels.create({"name": f"{container.path}-heard", "color": "red"})
    label.subscribe()
    container.labels.list(get_all=True)
    label.unsubscribe()


def promoted_labels(bot: gitlab.Gitlab, project: Any) -> None:
    project.labels.create({"name": "promoted", "color": "red"}).promote()
    project.labels.create({"name": "promoted too", "color": "red"})
    bot.http_put(f"/projects/{project.id}/labels/promote", post_data={"name": "promoted too"})


def namespaces(world: World, bot: gitlab.Gitlab, root: gitlab.Gitlab) -> None:
    bot.namespaces.list(get_all=True)
    bot.namespaces.get("partners")
    bot.namespaces.exists("partners")
    root.http_put("/namespaces/partners", post_data={"shared_runners_minutes_limit": 100})


def commits(bot: gitlab.Gitlab, project: Any) -> None:
    for commit in project.commits.list(get_all=True):
        commit.diff(get_all=True)
        commit.refs(get_all=True)
        commit.statuses.list(get_all=True)
        commit.merge_requests(get_all=True)
