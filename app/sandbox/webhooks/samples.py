"""Bodies for the "Test" button of a webhook: made from the newest real record, never invented
(https://docs.gitlab.com/user/project/integrations/webhooks/#test-a-webhook).
"""

from __future__ import annotations

from app.sandbox.errors import Unprocessable
from app.sandbox.webhooks import container_payloads, payloads
from app.sandbox.webhooks.shapes import Payload
from app.sandbox.world import Container, Project, User, World


def sample(world: World, actor: User, subject: Container, trigger: str) -> tuple[str, Payload]:
    """Header and body for a trigger such as `issues_events`, from the newest record of this project or group.

    Raises Unprocessable when there is none, or when GitLab has no test for the trigger.
    """
    projects = _projects_below(world, subject)
    ids = {project.id for project in projects}
    items = [item for item in world.work_items.values() if item.project_id in ids]
    if trigger in ("issues_events", "confidential_issues_events"):
        confidential = trigger.startswith("confidential")
        chosen = [item for item in items if item.confidential == confidential] or items
        if not chosen:
            raise Unprocessable("Ensure the project has issues.")
        header = "Confidential Issue Hook" if confidential else "Issue Hook"
        return header, payloads.item_payload(world, actor, chosen[-1], "update", {})
    if trigger in ("note_events", "confidential_note_events"):
        notes = [(item, note) for item in items for note in item.notes if not note.system]
        if not notes:
            raise Unprocessable("Ensure the project has notes.")
        item, note = notes[-1]
        project = next(project for project in projects if project.id == item.project_id)
        return "Note Hook", payloads.note_payload(world, actor, project, item, note, "create")
    if trigger == "push_events":
        pushed = [(project, project.commits[-1]) for project in projects if project.commits]
        if not pushed:
            raise Unprocessable("Ensure the project has at least one commit.")
        project, commit = pushed[-1]
        return "Push Hook", container_payloads.push_payload(world, actor, project, commit, project.default_branch)
    if trigger == "milestone_events":
        milestones = [milestone for milestone in world.milestones.values() if milestone.project_id in ids]
        if not milestones:
            raise Unprocessable("Ensure the project has milestones.")
        return "Milestone Hook", container_payloads.milestone_payload(world, milestones[-1], "create")
    raise Unprocessable("Testing not available for this hook")


def _projects_below(world: World, subject: Container) -> list[Project]:
    if isinstance(subject, Project):
        return [subject]
    return [project for project in world.projects.values() if any(above is subject for above in world.lineage(project))]
