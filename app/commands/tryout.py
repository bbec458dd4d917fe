"""`sandbox` and `demo`: everything on this machine, without a GitLab."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from app.commands.console import out


def sandbox(
    port: Annotated[int, typer.Option(min=1, max=65535, help="port on this machine")] = 8929,
    tier: Annotated[str, typer.Option(help="ce, free, premium or ultimate")] = "ultimate",
    seed: Annotated[int, typer.Option(help="the same seed gives the same ids")] = 1,
) -> None:
    """A GitLab in one process to try things on: REST, GraphQL, webhooks, pages. Loopback only."""
    from app.demo.live import run_sandbox

    run_sandbox(out, port=port, tier=tier, seed=seed)


def demo(
    once: Annotated[bool, typer.Option("--once", help="play a whole journey headless, print it, exit")] = False,
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="port of the sandbox GitLab; the service takes the next one")
    ] = 8929,
    tier: Annotated[str, typer.Option(help="ce, free, premium or ultimate")] = "ultimate",
) -> None:
    """Sandbox GitLab, bot and a partner in mid-stage: the whole thing, on this machine, in seconds."""
    if once:
        from app.demo.story import play

        raise typer.Exit(0 if play(Console(width=None if out.is_terminal else 150), tier=tier) else 1)
    from app.demo.live import run_demo

    run_demo(out, port=port, tier=tier)
