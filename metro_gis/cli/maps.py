"""`metro-gis maps`: pages and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metro_gis.cli.parts import guarded
from metro_gis.messages import text

if TYPE_CHECKING:
    from metro_gis.terminal import Terminal


@click.group()
def maps() -> None:
    """Draw pages, write orders."""


@maps.command()
@click.argument("plan")
@click.option("--audience", default="commander", metavar="WHO")
@click.pass_obj
def draw(terminal: Terminal, plan: str, audience: str) -> None:
    """Draw the page of a plan."""
    with guarded(terminal):
        from metro_gis.drawing import draw_plan

        page = draw_plan(
            terminal.workspace,
            terminal.workspace.find_plan(plan),
            lang=terminal.lang,
            audience=audience,
            progress=terminal.progress,
        )
        facts = {"page": terminal.workspace.shown(page), "audience": audience}
        key = "cli.drawn" if audience == "commander" else "cli.drawn-for"
        terminal.show(facts, text(key, terminal.lang, **facts))


@maps.command()
@click.argument("plan")
@click.option("--format", "formats", metavar="FORMAT,...")
@click.pass_obj
def export(terminal: Terminal, plan: str, formats: str | None) -> None:
    """Write the orders of a plan, to be handed out."""
    with guarded(terminal):
        from metro_gis import export as orders

        exported = orders.export_orders(
            terminal.workspace,
            terminal.workspace.find_plan(plan),
            orders.parse_formats(formats),
            lang=terminal.lang,
            progress=terminal.progress,
        )
        facts = exported.as_dict(terminal.workspace)
        names = ", ".join(facts["files"].values())
        terminal.show(facts, text("cli.exported", terminal.lang, files=names))
