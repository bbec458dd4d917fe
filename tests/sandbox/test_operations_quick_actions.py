"""Quick actions: found where GitLab finds them, run with the writer's rights."""

from __future__ import annotations

from datetime import date

import pytest

from app.sandbox import operations as ops
from app.sandbox.errors import Invalid
from app.sandbox.quick_actions import Command, extract
from tests.sandbox.story import Story


@pytest.mark.parametrize(
    ("text", "kept", "names"),
    [
        ("/close", "", ["close"]),
        ("Done.\n/close\nThanks", "Done.\nThanks", ["close"]),
        ("/CLOSE  ", "", ["close"]),
        ("/label ~a\n/assign me", "", ["label", "assign"]),
        ("/closed", "/closed", []),
        ("/shipit now", "/shipit now", []),
        (" /close", " /close", []),
        ("> /close", "> /close", []),
        ("see /close", "see /close", []),
        ("```\n/close\n```", "```\n/close\n```", []),
        ("~~~text\n/close\n~~~\n/reopen", "~~~text\n/close\n~~~", ["reopen"]),
        ("```\n/close", "```\n/close", []),
        (">>>\n/close\n>>>", ">>>\n/close\n>>>", []),
        ("<details>\n/close\n</details>", "<details>\n/close\n</details>", []),
    ],
)
def test_which_lines_are_commands(text: str, kept: str, names: list[str]) -> None:
    rest, commands = extract(text)
    assert (rest, [command.name for command in commands]) == (kept, names)


def test_arguments_are_the_rest_of_the_line() -> None:
    assert extract('/title  A "new" one \n')[1] == [Command("title", 'A "new" one')]


def test_a_comment_of_commands_only_makes_no_comment() -> None:
    story = Story()
    label = story.label("needs info")
    issue = story.issue()
    outcome = ops.create_note(
        story.world, story.sa, issue, body='/label ~"needs info"\n/due 2026-12-24\n/assign @acme.lead\n/close'
    )
    assert outcome.note is None
    assert outcome.commands_changes == {
        "add_label_ids": [label.id],
        "due_date": "2026-12-24",
        "assignee_ids": [story.lead.id],
        "state_event": "close",
    }
    assert outcome.summary[-1] == "Closed this issue."
    assert (issue.state, issue.due_date, issue.assignee_ids) == ("closed", date(2026, 12, 24), [story.lead.id])
    assert story.titles(issue) == ["needs info"]
    assert [note for note in issue.notes if not note.system] == []


def test_commands_run_with_the_rights_of_the_writer() -> None:
    story = Story()
    story.label("x")
    issue = story.issue()
    outcome = ops.create_note(story.world, story.guest, issue, body="Please\n/close\n/label ~x")
    assert outcome.note is not None
    assert outcome.note.body == "Please"
    assert outcome.summary == ["Could not apply close command.", "Could not apply label command."]
    assert (issue.state, issue.label_ids) == ("opened", [])
    own = story.issue(actor=story.guest)
    ops.create_note(story.world, story.guest, own, body="/close")
    assert own.state == "closed"


def test_an_unknown_label_alone_fails() -> None:
    story = Story()
    with pytest.raises(Invalid, match="Failed to apply commands"):
        ops.create_note(story.world, story.sa, story.issue(), body="/label ~nowhere")


def test_commands_in_a_new_description_run_and_state_commands_do_not() -> None:
    story = Story()
    story.label("x")
    milestone = ops.create_milestone(story.world, story.bot, title="Stage 1", project=story.project)
    issue = story.issue(description='Text\n/label ~x\n/milestone %"Stage 1"\n/close\n/confidential')
    assert (issue.description, issue.milestone_id, issue.state) == ("Text", milestone.id, "opened")
    assert issue.confidential
    assert story.titles(issue) == ["x"]


def test_the_rest_of_the_commands() -> None:
    story = Story()
    story.label("a"), story.label("b")
    epic, kept = story.epic(), story.issue("Kept")
    issue = story.issue(description="/label ~a", assignee_ids=[story.lead.id])

    def say(body: str) -> None:
        ops.create_note(story.world, story.sa, issue, body=body)

    say(f"/relabel ~b\n/unassign @acme.lead\n/set_parent &{epic.iid}\n/title Better\n/lock")
    assert (story.titles(issue), issue.assignee_ids, issue.parent_id) == (["b"], [], epic.id)
    assert (issue.title, issue.discussion_locked) == ("Better", True)
    say("/unlabel ~b\n/remove_parent\n/unlock")
    assert (issue.label_ids, issue.parent_id, issue.discussion_locked) == ([], None, False)
    say(f"/duplicate #{kept.iid}")
    assert (issue.state, issue.duplicated_to_id) == ("closed", kept.id)
    say("/reopen")
    assert (issue.state, issue.duplicated_to_id) == ("opened", None)


def test_parents_need_a_licence() -> None:
    story = Story("free")
    outcome = ops.create_note(story.world, story.sa, story.issue(), body="/set_parent &1")
    assert "does not exist" in outcome.summary[0]
