"""Every text that the bot writes into GitLab, as pure functions. No other module words anything for people there.

Each message ends in what to do next. Dates are absolute, never "in 3 days": a page that changes by itself every night
would be a write per partner per day. Partner-supplied words go through `text.plain`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.journey import markers
from app.journey.model import CATEGORY_TITLES, Capability, Journey, Partner, Stage
from app.journey.observed import Place
from app.journey.progress import Announced, CapabilityProgress, Progress, StageProgress
from app.journey.text import code, plain, title

Reference = Callable[[str], str]
_EVIDENCE = {"none": "none needed", "note": "a short note", "link": "a link"}


@dataclass(frozen=True)
class Scene:
    """What most texts need: who, where, how far, and how to refer to an issue."""

    journey: Journey
    partner: Partner
    place: Place
    progress: Progress
    announced: Announced
    reference: Reference

    @property
    def stage(self) -> StageProgress | None:
        """The announced stage; None once the journey is complete."""
        position = self.journey.position(self.announced.stage) or 0
        return self.progress.stages[position] if position < len(self.progress.stages) else None

    @property
    def project_url(self) -> str:
        return self.place.project_url(self.partner.slug)


# --- names ---


def project_name(partner: Partner) -> str:
    """GitLab takes letters, digits, emoji, `_`, `.`, `+`, `-` and spaces: https://docs.gitlab.com/user/reserved_names/"""
    name = re.sub(r"[^\w.+\- \u00a9-\U0001f9ff]+", " ", title(partner.name).replace("\u2060", ""))
    return re.sub(r" +", " ", name).strip(" .+-") or partner.slug


def project_description(journey: Journey, partner: Partner) -> str:
    return f"{plain(partner.name)} on the {plain(journey.title)}. Start with the issue labelled journey::status."


def portfolio_title(partner: Partner) -> str:
    return title(partner.name) or partner.slug


def issue_title(capability: Capability) -> str:
    return title(capability.title)


STATUS_TITLE = "Where we are: your partner journey"
BOARD = "Journey"
PORTFOLIO_BOARD = "Partner portfolio"


def milestone_description(stage: Stage) -> str:
    count = len(stage.required)
    return (
        f"{plain(stage.goal)} {count} required capabilities. The bot closes this milestone when all of them are done."
    )


def template_name(capability: Capability) -> str:
    """File name of the issue template, as GitLab's template list shows it."""
    stage, name = capability.id.split("/")
    return f"{stage.capitalize()} - {name.replace('-', ' ').capitalize()}"


# --- issues ---


def capability_body(journey: Journey, capability: Capability) -> str:
    """The part of a capability issue that the bot owns; also the issue template in the repository."""
    kind = "Required" if capability.required else "Optional, never holds a stage"
    stage = next(s for s in journey.stages if s.id == capability.stage)
    after = [plain(journey.capability(c).title) for c in capability.after if c in {x.id for x in journey.capabilities}]
    facts = [
        f"**Stage:** {plain(stage.title)}",
        f"**{kind}**",
        f"**Who:** {plain(capability.text.who)}",
        f"**Verified by:** {plain(capability.text.verifier)}",
        f"**Evidence:** {_EVIDENCE[capability.evidence]}",
        f"**Typical time:** {capability.days} days from the start of the stage",
    ]
    if capability.valid_days:
        facts.append(f"**Valid for:** {capability.valid_days} days, then renewed")
    if after:
        facts.append(f"**Easier after:** {'; '.join(after)}")
    return "\n\n".join([" · ".join(facts), capability.text.body.strip(), _how_to_finish(capability)])


def _how_to_finish(capability: Capability) -> str:
    evidence = {
        "none": "close the issue",
        "note": "write a note as evidence below or in a comment, close the issue",
        "link": "put the link to your evidence below or in a comment, close the issue",
    }[capability.evidence]
    return "\n".join(
        [
            "## How to finish",
            "",
            f"Tick what is done, {evidence}. Closed by mistake? Reopen it, nothing is lost.",
            "",
            "> Please write no customer names, prices, licence keys or personal data in this project.",
            "",
            f"**One thing the next partner should know:** {plain(capability.text.question)}",
        ]
    )


NOTES_BELOW = """## Evidence and notes

*This part is yours: the bot never changes it.*

**Evidence:**

**One thing the next partner should know:**
"""


def capability_description(journey: Journey, capability: Capability) -> str:
    """The whole description of a new capability issue."""
    body = capability_body(journey, capability)
    return f"{markers.mark('capability', capability.id)}\n{markers.section(body)}\n\n{NOTES_BELOW}"


def double_description(text: str, name: str, reference: str) -> str:
    """Description of an issue that exists twice: says where the work goes on, and is never counted again."""
    kept = markers.without("page" if name == "page/status" else "capability", text)
    note = f"This issue was made twice by mistake. Please go on in {reference}; what was written here is kept below."
    return f"{markers.mark('double', name)}\n{note}\n\n{kept}"


def template_file(journey: Journey, capability: Capability) -> str:
    return f"{capability_body(journey, capability)}\n\n{NOTES_BELOW}"


# --- the status page ---


def status_body(scene: Scene) -> str:
    """The partner's page: where we are, what is next and who does it. Read on phones: short lines, few columns."""
    parts = [_headline(scene), _stage_table(scene), _at_risk(scene)]
    stage = scene.stage
    if stage is not None:
        ready = [i for i in stage.required if not i.counts]
        optional = [i for i in stage.items if not i.capability.required and not i.counts]
        parts.append(_work_list("### Next", ready, scene) if ready else _all_done(stage, scene))
        parts.append(_work_list("### Optional in this stage", optional, scene) if optional else "")
    parts += [
        _earlier_open(scene),
        _done_list(scene),
        _waived(scene),
        _skipped(scene),
        _contacts(scene),
        _how_to_work(scene),
    ]
    return "\n\n".join(part for part in parts if part)


def status_description(scene: Scene) -> str:
    return f"{markers.mark('page', 'status')}\n{markers.section(status_body(scene))}\n"


def _headline(scene: Scene) -> str:
    name, stage = plain(scene.partner.name), scene.stage
    if stage is None:
        return (
            f"**{name} has completed the {plain(scene.journey.title)}.** "
            f"All {len(scene.journey.stages)} stages are done. Keep what you have: a reopened issue shows here."
        )
    done = sum(item.counts for item in stage.required)
    return (
        f"**{name}** is in **{plain(stage.stage.title)}**. {plain(stage.stage.goal)}\n\n"
        f"{_bar(stage.percent)} **{stage.percent} %** · {done} of {len(stage.required)} required capabilities done"
    )


def _bar(percent: int) -> str:
    filled = percent // 5
    return f"`{'█' * filled}{'░' * (20 - filled)}`"


def _stage_table(scene: Scene) -> str:
    rows = ["| Stage | State | Required done |", "| --- | --- | --- |"]
    current = scene.journey.position(scene.announced.stage) or 0
    for index, stage in enumerate(scene.progress.stages):
        state = "later" if index > current else f"since {scene.announced.since.isoformat()}"
        if index < current:
            state = "done" if stage.complete else "open again"
        counted = sum(i.counts for i in stage.required)
        rows.append(f"| {plain(stage.stage.title)} | {state} | {counted} of {len(stage.required)} |")
    return "\n".join(rows)


def _at_risk(scene: Scene) -> str:
    if scene.announced.at_risk_since is None:
        return ""
    last = _grace_end(scene).isoformat()
    return (
        f"> **At risk until {last}.** A capability of an earlier stage is open again. "
        f"Close it by {last} and nothing changes; after that the stage steps back."
    )


def _grace_end(scene: Scene) -> date:
    at_risk = scene.announced.at_risk_since
    if at_risk is None:
        raise ValueError("the stage is not at risk")
    return date.fromordinal(at_risk.date().toordinal() + scene.journey.policy.grace_days)


def _work_list(heading: str, items: Iterable[CapabilityProgress], scene: Scene) -> str:
    rows = [heading, "", "| Capability | Who | Due |", "| --- | --- | --- |"]
    ordered = sorted(items, key=lambda i: (_due(i, scene) or date.max, i.capability.id))
    for item in ordered:
        due = day.isoformat() if (day := _due(item, scene)) else "-"
        note = f" ({item.why})" if item.state == "dropped" else ""
        rows.append(f"| {_linked(item, scene)}{note} | {_people(item, scene)} | {due} |")
    return "\n".join(rows)


def _due(item: CapabilityProgress, scene: Scene) -> date | None:
    """An issue that this very plan opens shows the date that it will have: else the next plan would not be empty."""
    return item.issue.due if item.issue is not None else first_due(item.capability, scene.announced)


def first_due(capability: Capability, announced: Announced) -> date:
    """The due date of an issue when it is opened; afterwards people may change it."""
    return announced.since + timedelta(days=capability.days)


def _linked(item: CapabilityProgress, scene: Scene) -> str:
    return f"{scene.reference(item.capability.id)} {plain(item.capability.title)}"


def _people(item: CapabilityProgress, scene: Scene) -> str:
    if item.issue and item.issue.assignees:
        return ", ".join(code(name) for name in item.issue.assignees)
    return code(owner_of(item.capability, scene.partner))


def owner_of(capability: Capability, partner: Partner) -> str:
    """Username of the person who does the work unless somebody else is assigned."""
    people = partner.people
    return {"partner": people.lead, "sa": people.sa, "manager": people.manager or people.sa}[capability.owner]


def _all_done(stage: StageProgress, scene: Scene) -> str:
    minutes = scene.journey.policy.settle_minutes
    wait = f" within about {minutes:g} minutes" if minutes else ""
    return f"### Next\n\nAll required capabilities of {plain(stage.stage.title)} are done. The next stage opens{wait}."


def _earlier_open(scene: Scene) -> str:
    current = scene.journey.position(scene.announced.stage) or 0
    reopened = [i for s in scene.progress.stages[:current] for i in s.required if not i.counts]
    return _work_list("### Open again in an earlier stage", reopened, scene) if reopened else ""


def _done_list(scene: Scene) -> str:
    done = [i for i in scene.progress.items if i.state == "done"]
    if not done:
        return ""
    lines = [f"- {_linked(i, scene)}" for i in done]
    return "\n".join([f"<details><summary>Done so far: {len(done)}</summary>", "", *lines, "", "</details>"])


def _waived(scene: Scene) -> str:
    waived = [i for i in scene.progress.items if i.state == "waived" and i.waiver]
    lines = [
        f"- {plain(i.capability.title)}: until {i.waiver.until.isoformat()}, "
        f"{plain(i.waiver.reason)} ({code(i.waiver.by)})"
        for i in waived
        if i.waiver
    ]
    return "\n".join(["### Waived", "", *lines]) if lines else ""


def _skipped(scene: Scene) -> str:
    lines = [f"- `{skip.capability}`: {plain(skip.reason)}" for skip in scene.partner.skip]
    return "\n".join(["### Not applicable", "", *lines]) if lines else ""


def _contacts(scene: Scene) -> str:
    people, roles = scene.partner.people, scene.journey.roles
    rows = [
        f"- Your lead: {code(people.lead)}",
        f"- {plain(roles['sa'].title) if 'sa' in roles else 'SA'}: {code(people.sa)}",
    ]
    if people.manager:
        rows.append(f"- {plain(roles['manager'].title) if 'manager' in roles else 'Manager'}: {code(people.manager)}")
    if people.sponsor:
        rows.append(f"- Executive sponsor: {plain(people.sponsor)}")
    return "\n".join(["### People", "", *rows])


def _how_to_work(scene: Scene) -> str:
    return (
        "### How to work here\n\n"
        "Open an issue from the list above, do the steps, add the evidence, close it. This page and the stage follow "
        f"by themselves. Everything at a glance: [the board]({scene.project_url}/-/boards). "
        f"Stuck? Comment on the issue and mention {code(scene.partner.people.sa)}."
    )


# --- the epic ---


def portfolio_body(scene: Scene) -> str:
    """For SAs and managers: roll-up, what is next, links. Partners never see it."""
    partner = scene.partner
    facts = [
        f"**{plain(partner.name)}** · {CATEGORY_TITLES[partner.category]} · {plain(partner.region)}",
        f"Project: {scene.project_url}",
        f"Status page: {scene.reference('page/status')}",
    ]
    stage = scene.stage
    parts = ["\n\n".join(facts), _stage_table(scene), _at_risk(scene)]
    if stage is not None:
        waiting = [i for i in stage.required if not i.counts]
        parts.append(_work_list("### Open in this stage", waiting, scene) if waiting else _all_done(stage, scene))
    parts += [_earlier_open(scene), _waived(scene), _skipped(scene), _contacts(scene)]
    parts.append(
        f"To change people, waivers or skips, edit `partners/{partner.slug}.yaml` in the control project. "
        "Write private notes about this partner here, never in the partner's project."
    )
    return "\n\n".join(part for part in parts if part)


def portfolio_description(scene: Scene, text: str | None = None) -> str:
    """The whole description; `text`: the present one, whose parts outside the bot's section are kept."""
    a = scene.announced
    state = {"stage": a.stage, "since": a.since.isoformat(), "changes": a.changes}
    if a.at_risk_since is not None:
        state["at_risk_since"] = a.at_risk_since.isoformat()
    body = f"{portfolio_body(scene)}\n\n{markers.state_mark(state)}"
    if text is None:
        return f"{markers.mark('partner', scene.partner.slug)}\n{markers.section(body)}\n"
    kept = markers.replace_section(text, body)
    head = markers.mark("partner", scene.partner.slug)
    return kept if markers.find("partner", kept) == scene.partner.slug else f"{head}\n{kept}"


# --- comments ---


@dataclass(frozen=True)
class StageChange:
    """From which position to which, counted in stages; `mark` identifies this very change."""

    before: Announced
    after: Announced
    from_position: int
    to_position: int
    today: date

    @property
    def mark(self) -> str:
        return f"stage/{self.after.changes}/{self.after.stage}"

    @property
    def kind(self) -> str:
        return "step-back" if self.to_position < self.from_position else "advance"


def stage_change_title(scene: Scene, change: StageChange) -> str:
    stage = scene.stage
    if stage is None:
        return f"{plain(scene.partner.name)} has completed the {plain(scene.journey.title)}"
    verb = "steps back to" if change.kind == "step-back" else "has reached"
    return f"{plain(scene.partner.name)} {verb} {plain(stage.stage.title)}"


def stage_change_comment(scene: Scene, change: StageChange, *, for_partner: bool) -> str:
    """The one comment of a stage change: what was achieved, since when, what comes next, who does what."""
    people = scene.partner.people
    callers = [people.lead, people.sa] if for_partner else [people.sa, *([people.manager] if people.manager else [])]
    head = f"{'🧭' if change.kind == 'step-back' else '🎉'} **{stage_change_title(scene, change)}**"
    calls = " ".join(f"@{name}" for name in dict.fromkeys(callers))
    parts = [markers.mark("comment", change.mark), f"{head}\n\n{calls}"]
    parts.append(_reopened(scene, change) if change.kind == "step-back" else _achieved(scene, change))
    parts.append(_what_next(scene, for_partner=for_partner))
    return "\n\n".join(parts)


def _achieved(scene: Scene, change: StageChange) -> str:
    passed = scene.progress.stages[change.from_position : change.to_position]
    since = change.before.since
    days = (change.today - since).days
    lines = [f"### Achieved since {since.isoformat()} ({days} {'day' if days == 1 else 'days'})", ""]
    for stage in passed:
        lines.append(f"**{plain(stage.stage.title)}**")
        lines += [f"- {_linked(i, scene)}" for i in stage.items if i.state == "done"]
        lines += [f"- {plain(i.capability.title)} ({i.why.split(':')[0]})" for i in stage.items if i.state == "waived"]
        lines.append("")
    return "\n".join(lines).rstrip()


def _reopened(scene: Scene, change: StageChange) -> str:
    lost = [i for s in scene.progress.stages[: change.from_position] for i in s.required if not i.counts]
    lines = [f"- {_linked(i, scene)}: {i.why}" for i in lost]
    return "\n".join(["### Open again for longer than the grace period", "", *lines])


def _what_next(scene: Scene, *, for_partner: bool) -> str:
    stage, people = scene.stage, scene.partner.people
    if stage is None:
        return (
            "### What comes next\n\nEvery stage is done. "
            f"{code(people.lead)}: share what worked; {code(people.sa)}: plan the yearly review together."
        )
    lines = [f"### What comes next: {plain(stage.stage.title)}", "", plain(stage.stage.goal), ""]
    for item in stage.items:
        if not item.counts:
            optional = "" if item.capability.required else " (optional)"
            lines.append(f"- {_linked(item, scene)}{optional}")
    lines += [
        "",
        "### Who does what",
        "",
        f"- {code(people.lead)}: assign the issues above and start with the one that is due first.",
        f"- {code(people.sa)}: agree on the first working session and on who verifies what.",
    ]
    if people.manager and not for_partner:
        lines.append(f"- {code(people.manager)}: tell the account teams; check what the partner may now claim.")
    return "\n".join(lines)


# --- files ---


def readme(journey: Journey, partner: Partner, place: Place) -> str:
    """README.md of the partner's project. Only says what does not change with progress: that is the status page."""
    url = place.project_url(partner.slug)
    rows = [f"| {plain(s.title)} | {plain(s.goal)} | {len(s.capabilities)} |" for s in journey.stages]
    return "\n".join(
        [
            f"# {plain(partner.name)}: {plain(journey.title)}",
            "",
            "This project is where we work together. Each capability is an issue; close it when it is done.",
            "",
            f"- **[Where we are]({url}/-/issues?label_name%5B%5D=journey%3A%3Astatus)**: stage, percent, what is next",
            f"- **[The board]({url}/-/boards)**: every open capability by stage",
            f"- **[Milestones]({url}/-/milestones)**: one for each stage",
            "",
            "| Stage | What it is about | Capabilities |",
            "| --- | --- | --- |",
            *rows,
            "",
            "## How it works",
            "",
            "1. Pick the next issue from the status page and do its steps.",
            "2. Add the evidence it asks for: a note or a link.",
            "3. Close the issue. The status page follows; after the last required one the next stage opens.",
            "4. Closed something by mistake? Reopen it, nothing is lost.",
            "",
            "Please write no customer names, prices, licence keys or personal data in this project.",
            "",
            f"Questions? Comment on an issue and mention {code(partner.people.sa)}.",
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
            "Add a partner with a merge request, the API, or `partner-journey partner add`. A file looks like this:",
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


def problem_title(slug: str) -> str:
    return f"partners/{slug}.yaml cannot be used"


def problem_description(slug: str, problem: str) -> str:
    """The issue about a partner file; the problem text is shown as code, for it may quote what somebody typed."""
    lines = "\n".join(f"    {line}" for line in problem.splitlines())
    return (
        f"{markers.mark('problem', slug)}\n"
        f"The partner `{slug}` is left as it is, because its file has a problem:\n\n{lines}\n\n"
        "Correct the file on the default branch; this issue closes by itself."
    )
