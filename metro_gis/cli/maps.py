"""`metro-gis maps`: pages and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metro_gis.cli.parts import guarded
from metro_gis.cli.sealing import asked_passphrase, page_facts, seal_options
from metro_gis.errors import Fault, UsageError
from metro_gis.maps.tiles import OPENSTREETMAP, TileServer, refuse_sealed
from metro_gis.messages import number, text

if TYPE_CHECKING:
    from pathlib import Path

    from metro_gis.terminal import Terminal

SHEETS = ("A0", "A1", "A2", "A3", "A4")


@click.group()
def maps() -> None:
    """Draw pages, write orders."""


@maps.command()
@click.argument("plan")
@click.option("--audience", default="commander", metavar="WHO")
@click.option("--paper", type=click.Choice(SHEETS, case_sensitive=False), metavar="|".join(SHEETS))
@click.option("--tiles", "tile_template", metavar="[URL]", is_flag=False, flag_value=OPENSTREETMAP)
@seal_options
@click.pass_obj
def draw(
    terminal: Terminal,
    plan: str,
    *,
    audience: str,
    paper: str | None,
    tile_template: str | None,
    seal: bool,
    seal_fd: int | None,
) -> None:
    """Draw the page of a plan, or its wall map."""
    with guarded(terminal):
        from metro_gis.drawing import draw_plan

        path = terminal.workspace.find_plan(plan)
        tiles = None if tile_template is None else TileServer(tile_template)
        private = seal or seal_fd is not None or audience != "commander"
        if paper:
            if private or tiles is not None:
                raise UsageError(Fault("paper-alone", value=paper))
            _draw_wall(terminal, path, paper)
            return
        if private:
            refuse_sealed(tiles)
        passphrase = asked_passphrase(terminal, seal=seal, seal_fd=seal_fd)
        warnings: list[Fault] = []
        page = draw_plan(
            terminal.workspace,
            path,
            lang=terminal.lang,
            audience=audience,
            tiles=tiles,
            passphrase=passphrase,
            progress=terminal.progress,
            warnings=warnings,
        )
        terminal.warn(warnings)
        facts, told = page_facts(terminal, page)
        if audience != "commander" and passphrase is None:
            told = text("cli.drawn-for", terminal.lang, audience=audience, page=facts["page"])
        asks = {} if tiles is None else {"asks": tiles.host}
        terminal.show({**facts, "audience": audience, **asks}, told)


def _draw_wall(terminal: Terminal, plan: Path, paper: str) -> None:
    from metro_gis.drawing import draw_wall

    path, wall = draw_wall(
        terminal.workspace,
        plan,
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
