"""`metro-gis maps`: pages and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metro_gis.cli.parts import guarded
from metro_gis.maps.tiles import OPENSTREETMAP, TileServer
from metro_gis.messages import text

if TYPE_CHECKING:
    from metro_gis.errors import Fault
    from metro_gis.terminal import Terminal


@click.group()
def maps() -> None:
    """Draw pages, write orders."""


@maps.command()
@click.argument("plan")
@click.option("--tiles", "tile_template", metavar="[URL]", is_flag=False, flag_value=OPENSTREETMAP)
@click.pass_obj
def draw(terminal: Terminal, plan: str, tile_template: str | None) -> None:
    """Draw the page of a plan."""
    with guarded(terminal):
        from metro_gis.drawing import draw_plan

        tiles = None if tile_template is None else TileServer(tile_template)
        warnings: list[Fault] = []
        page = draw_plan(
            terminal.workspace,
            terminal.workspace.find_plan(plan),
            lang=terminal.lang,
            tiles=tiles,
            warnings=warnings,
            progress=terminal.progress,
        )
        terminal.warn(warnings)
        name = terminal.workspace.shown(page)
        facts = {"page": name} | ({} if tiles is None else {"asks": tiles.host})
        terminal.show(facts, text("cli.drawn", terminal.lang, page=name))


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
