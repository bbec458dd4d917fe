"""Commands about the connection to GitLab: doctor, access check, hook check, revive and rotate.

Thin like all commands: they ask one part and print its findings. Exit code 1 when a finding failed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.doctor import access_of, diagnose, hooks_of, projects_of
from app.gitlab.findings import Finding
from app.settings import load_settings
from app.wiring import open_bot

hook_app = typer.Typer(help="Webhooks: check them, switch them on again, change their secret.", no_args_is_help=True)
access_app = typer.Typer(help="Who could see what they must not.", no_args_is_help=True)
out = Console(highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]
_COLORS = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def doctor(as_json: AsJson = False) -> None:
    """Check everything between the bot and GitLab; each line is ok, warning or failed, with cause and fix."""
    with open_bot(load_settings()) as bot:
        _show(diagnose(bot), as_json=as_json)


@access_app.command("check")
def access_check(as_json: AsJson = False) -> None:
    """List every way in which a partner's people could see another partner, the control project or an epic."""
    with open_bot(load_settings()) as bot:
        _show(access_of(bot).check(), as_json=as_json)


@hook_app.command("check")
def hook_check(as_json: AsJson = False) -> None:
    """Webhooks that are switched off or carry no secret, and deliveries that failed in seven days."""
    with open_bot(load_settings()) as bot:
        _show(hooks_of(bot).check(projects_of(bot)), as_json=as_json)


@hook_app.command("revive")
def hook_revive(as_json: AsJson = False) -> None:
    """Send a test delivery to each webhook that GitLab has switched off; success switches it on again."""
    with open_bot(load_settings()) as bot:
        _show(hooks_of(bot).revive(projects_of(bot)), as_json=as_json)


@hook_app.command("rotate")
def hook_rotate(as_json: AsJson = False) -> None:
    """Give all webhooks the present secret. Keep the old one as PARTNER_JOURNEY_PREVIOUS_… until this is done."""
    with open_bot(load_settings()) as bot:
        _show(hooks_of(bot).rotate(projects_of(bot)), as_json=as_json)


def _show(findings: Iterable[Finding], *, as_json: bool) -> None:
    seen = []
    for finding in findings:
        seen.append(finding)
        if not as_json:
            color = _COLORS[finding.state]
            out.print(f"[{color}]{finding.state:7}[/] {finding.check}: {escape(finding.text)}", soft_wrap=True)
            if finding.fix:
                out.print(f"        {escape(finding.fix)}", soft_wrap=True)
    if as_json:
        sys.stdout.write(json.dumps([f.as_json() for f in seen], indent=2, ensure_ascii=False) + "\n")
    elif not seen:
        out.print("Nothing to do.")
    if any(f.state == "failed" for f in seen):
        raise typer.Exit(1)
