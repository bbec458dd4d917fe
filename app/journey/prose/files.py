"""README of the partner's project, README of the control project, and the issue about a file with a mistake."""

from __future__ import annotations

from urllib.parse import quote

from app.journey import markers
from app.journey.observed import Place
from app.journey.picture import BADGE_FILE, PICTURE_FILE, headline, spoken
from app.journey.prose.newcomers import FORM_NAME
from app.journey.prose.scene import Scene
from app.journey.text import code, plain, title

CONTROL_NAME = "Journey control"
CONTROL_DESCRIPTION = "Partner files and journey templates. Solution architects only."
CONTROL_START = "Start the control project"
README = "README.md"
BADGE = "Journey"


def files_commit(scene: Scene) -> str:
    """Message of a commit that makes or renews all files; starts no pipeline."""
    return f"{scene.say('Update the templates and README of the partner journey')} [skip ci]"


def partner_commit(slug: str) -> str:
    return f"Add partner {slug}"


def progress_commit(scene: Scene) -> str:
    """Message of a commit that only renews the pictures; starts no pipeline."""
    return f"{title(headline(scene.picture))} [skip ci]"


def badge_addresses(place: Place) -> tuple[str, str]:
    """Where the project's badge leads, and its image: a file of the repository, so only members see it.

    GitLab fills the placeholders (https://docs.gitlab.com/user/project/badges/#placeholders).
    """
    project = f"{place.base_url}/%{{project_path}}"
    return f"{project}/-/blob/%{{default_branch}}/{PICTURE_FILE}", f"{project}/-/raw/%{{default_branch}}/{BADGE_FILE}"


def readme(scene: Scene) -> str:
    """README.md of the partner's project: the picture, and how to work here. What is next is on the status page."""
    say, journey, partner, url = scene.say, scene.journey, scene.partner, scene.project_url
    rows = [f"| {plain(s.title)} | {plain(say.of_journey(s.goal))} | {len(s.capabilities)} |" for s in journey.stages]
    page, board, shows = say("Where we are"), say("The board"), say("stage, percent, what is next")
    return "\n".join(
        [
            f"# {plain(partner.name)}: {plain(journey.title)}",
            "",
            f"[![{plain(spoken(scene.picture))}]({PICTURE_FILE})]({PICTURE_FILE})",
            "",
            say("This project is where we work together. Each capability is an issue; close it when it is done."),
            "",
            f"- **[{page}]({url}/-/issues?label_name%5B%5D=journey%3A%3Astatus)**: {shows}",
            f"- **[{board}]({url}/-/boards)**: {say('every open capability by stage')}",
            f"- **[{say('Milestones')}]({url}/-/milestones)**: {say('one for each stage')}",
            "",
            f"| {say('Stage')} | {say('What it is about')} | {say('Capabilities')} |",
            "| --- | --- | --- |",
            *rows,
            "",
            f"## {say('How it works')}",
            "",
            "1. " + say("Pick the next issue from the status page and do its steps."),
            "2. " + say("Add the evidence it asks for: a note or a link."),
            "3. " + say("Close the issue. The status page follows; after the last required one the next stage opens."),
            "4. " + say("Closed something by mistake? Reopen it, nothing is lost."),
            "",
            say("Please write no customer names, prices, licence keys or personal data in this project."),
            "",
            say("Questions? Comment on an issue and mention {architect}.", architect=code(partner.people.sa)),
            "",
        ]
    )


def control_readme(place: Place) -> str:
    """README.md of the control project."""
    return "\n".join(
        [
            "# Partner journeys: control",
            "",
            "Solution architects decide here which partners there are. Partners never see this project.",
            "",
            "- `partners/<slug>.yaml`: one file for each partner; the file name is the path of the partner's project",
            "- `journey.yaml` and `capabilities/<stage>/<name>.md`: only to override the built-in journey",
            "",
            f"Add a partner by [a form]({_form_url(place)}), with a merge request, the API, or",
            "`partner-journey partner add`.",
            "A file looks like this:",
            "",
            "```yaml",
            "name: Acme Integrators",
            "category: rsi            # dmr | gsi | rsi | fsi",
            "region: EMEA",
            "people:",
            "  lead: acme.lead        # the partner's practice lead",
            "  engineers: [acme.dev]",
            "  sa: gl.sa1             # who coaches the partner",
            "  manager: gl.cam1",
            "```",
            "",
            f"The bot then creates the project `{place.group}/<slug>`, its issues and board, and the partner's epic.",
            "A file that cannot be used is reported as an issue here; nothing is changed until it is mended.",
            "",
        ]
    )


def _form_url(place: Place) -> str:
    """A new issue with the form filled in (https://docs.gitlab.com/user/project/issues/create_issues/)."""
    return f"{place.base_url}/{place.control}/-/issues/new?issuable_template={quote(FORM_NAME)}"


JOURNEY_FILES = "journey.yaml"
"""The subject of the issue about the journey's own files; no partner's slug has a dot."""


_REMOVALS = "/removals"


def removals_subject(slug: str) -> str:
    """The subject of the issue about a journey that takes much away from one partner."""
    return f"{slug}{_REMOVALS}"


_CONNECTION = "connection/"


def connection_subject(topic: str) -> str:
    """The subject of the issue about trouble between bot and GitLab. `topic`: token, webhooks or access."""
    return f"{_CONNECTION}{topic}"


def problem_title(subject: str) -> str:
    """`subject`: a partner's slug, what `removals_subject` or `connection_subject` makes, or JOURNEY_FILES."""
    if subject.startswith(_CONNECTION):
        return f"Trouble with {subject.removeprefix(_CONNECTION)}: the bot cannot work as it should"
    if subject.endswith(_REMOVALS):
        return f"The journey takes much away from {subject.removesuffix(_REMOVALS)}"
    return "The journey files cannot be used" if subject == JOURNEY_FILES else f"partners/{subject}.yaml cannot be used"


def problem_description(subject: str, problem: str, architects: str = "") -> str:
    """The issue about a problem; its text is shown as code, for it may quote what somebody typed.

    `architects`: full path of the group that is called when the connection is in trouble.
    """
    lines = "\n".join(f"    {line}" for line in problem.splitlines())
    if subject.startswith(_CONNECTION):
        return (
            f"{markers.mark('problem', subject)}\nThis keeps the bot from its work:\n\n{lines}\n\n"
            f"@{architects}: tell whoever runs the bot. `partner-journey doctor` says more; "
            "this issue closes by itself when all is well."
        )
    if subject.endswith(_REMOVALS):
        left = (
            f"The partner `{subject.removesuffix(_REMOVALS)}` is left as it is until somebody says that this is meant:"
        )
        return f"{markers.mark('problem', subject)}\n{left}\n\n{lines}\n\nThis issue closes by itself."
    left = (
        "Every partner is left as it is, because the journey's own files have a problem:"
        if subject == JOURNEY_FILES
        else f"The partner `{subject}` is left as it is, because its file has a problem:"
    )
    return (
        f"{markers.mark('problem', subject)}\n{left}\n\n{lines}\n\n"
        "Correct the file on the default branch; this issue closes by itself."
    )
