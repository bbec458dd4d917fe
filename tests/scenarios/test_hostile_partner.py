"""A partner who plays tricks: copies, fake marks, commands in text, moved labels. Nothing of it moves a stage."""

from __future__ import annotations

import json

from markdown_it import MarkdownIt
from stagehand import (
    BOT,
    Listener,
    Theatre,
    ask,
    capabilities,
    capability,
    close_required,
    comments,
    epic,
    issue_of,
    labels,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    stage_labels,
    told,
)

from app.demo.local import GLOBEX, LocalStage
from app.journey import markers
from app.sandbox import operations

NASTY = 'Innocent\n/close\n/label ~"stage::strategic"\n/assign @gl.sa1\n@all look\n<!-- hidden -->\n| a | b |'


def create_issue(stage: LocalStage, by: str, **given: object) -> int:
    answer = ask(stage, by, "/projects/partners%2Facme/issues", method="POST", body=given)
    assert answer.status == 201, answer.text
    iid: int = answer.json()["iid"]
    return iid


def test_a_copy_of_a_capability_issue_made_by_a_partner_does_not_count(nearly_done: LocalStage) -> None:
    (last,) = close_required(nearly_done, leave=1)
    iid = create_issue(nearly_done, "acme.lead", title=last.title, description=last.description)
    copy = next(i for i in nearly_done.issues("acme") if i.iid == iid)
    nearly_done.finish(copy, "acme.lead")
    pass_quiet_time(nearly_done)
    assert told(nearly_done, page(nearly_done)) == []
    assert last.state == "opened"
    assert copy.description == last.description, "it is the partner's own and is left alone"
    assert nothing_to_do(nearly_done)


def test_a_fake_status_page_and_fake_comments_are_not_the_bots(nearly_done: LocalStage, theatre: Theatre) -> None:
    stage, mark = nearly_done, "stage/1/enabling"
    create_issue(stage, "acme.lead", title="Where we are", description=page(stage).description)
    for place in (page(stage), capabilities(stage)[0]):
        stage.comment(place, "acme.lead", f"{markers.mark('comment', mark)}\nWe have reached everything.")
    close_required(stage)
    pass_quiet_time(stage)
    assert told(stage, page(stage)) == told(stage, epic(stage)) == [mark]
    assert len(comments(page(stage))) == 2
    assert nothing_to_do(stage)


def test_a_fake_record_of_the_stage_does_not_move_it(onboarded: LocalStage) -> None:
    stage = onboarded
    state = markers.state_mark({"stage": "complete", "since": "2020-01-01", "changes": 9})
    for item in (page(stage), capabilities(stage)[0]):
        text = f"{item.description}\n{state}\n{markers.mark('partner', 'acme')}"
        answer = ask(
            stage, "acme.lead", f"/projects/partners%2Facme/issues/{item.iid}", method="PUT", body={"description": text}
        )
        assert answer.status == 200
    pass_quiet_time(stage)
    assert stage_labels(stage, page(stage)) == stage_labels(stage, epic(stage)) == {"stage::onboarding"}
    assert len(capabilities(stage)) == 8


def test_stage_labels_set_by_a_partner_are_put_back(onboarded: LocalStage) -> None:
    stage = onboarded
    for item in (page(stage), capabilities(stage)[0]):
        before = labels(stage, item)
        body = {"add_labels": "stage::strategic", "remove_labels": "journey::status,journey::capability"}
        path = f"/projects/partners%2Facme/issues/{item.iid}"
        assert ask(stage, "acme.lead", path, method="PUT", body=body).status == 200
        assert labels(stage, item) != before
        stage.settle()
        assert labels(stage, item) == before
    assert nothing_to_do(stage)


def test_an_issue_that_a_partner_made_visible_is_hidden_again(onboarded: LocalStage) -> None:
    """Else its parent, the confidential epic, and the people of other partners would come together in one place."""
    item = capabilities(onboarded)[0]
    operations.update_work_item(onboarded.world, onboarded.user("gl.sa1"), item, parent_id=None)
    operations.update_work_item(onboarded.world, onboarded.user("gl.sa1"), item, confidential=False)
    onboarded.settle()
    assert item.confidential
    assert item.parent_id == epic(onboarded).id
    assert nothing_to_do(onboarded)


def test_text_of_a_partner_is_never_run_as_a_command_of_the_bot(nearly_done: LocalStage) -> None:
    stage = nearly_done
    for item in capabilities(stage):
        stage.comment(item, "acme.dev", NASTY.replace("/close", "/shrug"))
    create_issue(stage, "acme.lead", title='/close | <b>x</b> "', description=NASTY)
    close_required(stage)
    pass_quiet_time(stage)
    assert page(stage).state == epic(stage).state == "opened"
    assert told(stage, page(stage)) == ["stage/1/enabling"]
    for item in (page(stage), epic(stage)):
        assert "@all" not in item.description
        assert not any("@all" in n.body for n in comments(item) if n.author_id == stage.user(BOT).id)
    assert nothing_to_do(stage)


def test_hostile_words_in_a_partner_file_stay_words(theatre: Theatre, listener: Listener) -> None:
    name = '/close @all <!-- partner-journey page=status --> | [x](http://evil.example) ~"stage::complete" #1'
    text = GLOBEX.replace("Globex Consulting", json.dumps(name)).replace("Americas", json.dumps("/label ~x @gl.sa2 |"))
    with theatre.open(channels=(listener.channel,)) as stage:
        onboard(stage, "globex", text)
        assert stage.service.store.partner("globex").cause == ""
        close_required(stage, "globex")
        pass_quiet_time(stage)
        status, found = page(stage, "globex"), epic(stage, "globex")
        assert status.state == found.state == "opened"
        assert stage_labels(stage, status) == stage_labels(stage, found) == {"stage::enabling"}
        for body in [status.description, found.description, *(n.body for i in (status, found) for n in comments(i))]:
            assert "@all" not in body
            assert 'href="http://evil' not in MarkdownIt("commonmark").enable("table").render(body)
            assert not any(line.startswith("/") for line in body.splitlines())
            assert body.count("<!-- partner-journey page=") <= 1
        assert len(comments(status)) == 1
        assert nothing_to_do(stage, "globex")


def test_two_marks_in_one_issue_count_for_one_capability_only(nearly_done: LocalStage) -> None:
    """The lead writes the missing capability's mark into an issue that is done already."""
    stage = nearly_done
    (last,) = close_required(stage, leave=1)
    done = capabilities(stage, state="closed")[0]
    text = f"{markers.mark('capability', str(capability(last)))}\n{done.description}"
    path = f"/projects/partners%2Facme/issues/{done.iid}"
    assert ask(stage, "acme.lead", path, method="PUT", body={"description": text}).status == 200
    pass_quiet_time(stage)
    assert stage_labels(stage, epic(stage)) == {"stage::onboarding"}


def test_an_issue_of_the_bot_copied_with_its_mark_by_the_bots_own_hand_counts_once(onboarded: LocalStage) -> None:
    """A double, as a crash of another bot might leave it: the older one stays, the younger one is closed."""
    first = capabilities(onboarded)[0]
    twin = operations.create_work_item(
        onboarded.world, onboarded.user(BOT), type="ISSUE", title=first.title, description=first.description,
        project=onboarded.project("acme"),
    )  # fmt: skip
    onboarded.service.loop.run("acme", "look")
    assert (first.state, twin.state) == ("opened", "closed")
    assert issue_of(onboarded, str(capability(first))).id == first.id
    assert "0 of 8 required capabilities done" in page(onboarded).description
    assert nothing_to_do(onboarded)
