"""`metro-gis maps`: pages and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metro_gis.cli.parts import guarded
from metro_gis.messages import number, text

if TYPE_CHECKING:
    from metro_gis.terminal import Terminal

SHEETS = ("A0", "A1", "A2", "A3", "A4")


@click.group()
def maps() -> None:
    """Draw pages, write orders."""


@maps.command()
@click.argument("plan")
@click.option("--paper", type=click.Choice(SHEETS, case_sensitive=False), metavar="|".join(SHEETS))
@click.pass_obj
def draw(terminal: Terminal, plan: str, paper: str | None) -> None:
    """Draw the page of a plan, or its wall map."""
    with guarded(terminal):
        if paper:
            _draw_wall(terminal, plan, paper)
            return
        from metro_gis.drawing import draw_plan

        page = draw_plan(
            terminal.workspace,
            terminal.workspace.find_plan(plan),
            lang=terminal.lang,
            progress=terminal.progress,
        )
        name = terminal.workspace.shown(page)
        terminal.show({"page": name}, text("cli.drawn", terminal.lang, page=name))


def _draw_wall(terminal: Terminal, plan: str, paper: str) -> None:
    from metro_gis.drawing import draw_wall

    path, wall = draw_wall(
        terminal.workspace,
        terminal.workspace.find_plan(plan),
        paper=paper,
        lang=terminal.lang,
        progress=terminal.progress,
    )
    name = terminal.workspace.shown(path)
    facts = {
        "wall": name,
        "paper": paper,
        "scale": wall.scale,
        "names": {
            kind: {"shown": shown, "all": all_} for kind, (shown, all_) in wall.names.items()
        },
    }
    scale = number(wall.scale, terminal.lang)
    line = text("cli.drawn-wall", terminal.lang, page=name, paper=paper, scale=scale)
    terminal.show(facts, line)


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
