"""Every way in which the sandbox's state can change: one verb each, `verb(world, actor, ...)`.

A verb checks the actor's right, validates, changes the state, writes the history and queues the webhooks; it raises
SandboxError and then has changed nothing. REST, GraphQL and the pages are thin layers over these.
"""

from app.sandbox.operations.accounts import (
    change_tier,
    create_access_token,
    create_handy_token,
    create_token,
    create_user,
    delete_user,
    revoke_access_token,
    revoke_token,
    rotate_token,
    update_user,
)
from app.sandbox.operations.applications import create_application
from app.sandbox.operations.awards import add_award, remove_award
from app.sandbox.operations.badges import create_badge, delete_badge, update_badge
from app.sandbox.operations.boards import (
    boards_of,
    create_board,
    create_board_list,
    delete_board,
    delete_board_list,
    label_lists,
    move_board_list,
    update_board,
)
from app.sandbox.operations.common import as_keywords
from app.sandbox.operations.groups import create_group, delete_group, restore_group, update_group
from app.sandbox.operations.hierarchy import children_of, move_child
from app.sandbox.operations.hooks import create_hook, delete_hook, hook_alert_status, hooks_of, update_hook
from app.sandbox.operations.labels import (
    available_labels,
    create_label,
    delete_label,
    ensure_labels,
    promote_label,
    set_label_subscription,
    update_label,
)
from app.sandbox.operations.members import (
    add_member,
    create_invitation,
    delete_invitation,
    direct_member,
    remove_member,
    share,
    update_invitation,
    update_member,
)
from app.sandbox.operations.milestones import (
    available_milestones,
    create_milestone,
    delete_milestone,
    update_milestone,
)
from app.sandbox.operations.notes import backdate_note, create_note, delete_note, resolve, update_note
from app.sandbox.operations.projects import create_project, delete_project, restore_project, update_project
from app.sandbox.operations.protections import set_protection, unprotect_branch
from app.sandbox.operations.relations import (
    LinkType,
    create_issue_link,
    delete_issue_link,
    links_of,
    mark_duplicate,
    move_issue,
)
from app.sandbox.operations.repository import commit_files, create_branch, delete_branch
from app.sandbox.operations.subscriptions import set_subscription
from app.sandbox.operations.time_tracking import forget_spent_time, set_estimate, spend_time
from app.sandbox.operations.wikis import create_wiki_page, delete_wiki_page, update_wiki_page
from app.sandbox.operations.work_items import backdate, create_work_item, delete_work_item, update_work_item

__all__ = [
    "LinkType",
    "add_award",
    "add_member",
    "as_keywords",
    "available_labels",
    "available_milestones",
    "backdate",
    "backdate_note",
    "boards_of",
    "change_tier",
    "children_of",
    "commit_files",
    "create_access_token",
    "create_application",
    "create_badge",
    "create_board",
    "create_board_list",
    "create_branch",
    "create_group",
    "create_handy_token",
    "create_hook",
    "create_invitation",
    "create_issue_link",
    "create_label",
    "create_milestone",
    "create_note",
    "create_project",
    "create_token",
    "create_user",
    "create_wiki_page",
    "create_work_item",
    "delete_badge",
    "delete_board",
    "delete_board_list",
    "delete_branch",
    "delete_group",
    "delete_hook",
    "delete_invitation",
    "delete_issue_link",
    "delete_label",
    "delete_milestone",
    "delete_note",
    "delete_project",
    "delete_user",
    "delete_wiki_page",
    "delete_work_item",
    "direct_member",
    "ensure_labels",
    "forget_spent_time",
    "hook_alert_status",
    "hooks_of",
    "label_lists",
    "links_of",
    "mark_duplicate",
    "move_board_list",
    "move_child",
    "move_issue",
    "promote_label",
    "remove_award",
    "remove_member",
    "resolve",
    "restore_group",
    "restore_project",
    "revoke_access_token",
    "revoke_token",
    "rotate_token",
    "set_estimate",
    "set_label_subscription",
    "set_protection",
    "set_subscription",
    "share",
    "spend_time",
    "unprotect_branch",
    "update_badge",
    "update_board",
    "update_group",
    "update_hook",
    "update_invitation",
    "update_label",
    "update_member",
    "update_milestone",
    "update_note",
    "update_project",
    "update_user",
    "update_wiki_page",
    "update_work_item",
]
