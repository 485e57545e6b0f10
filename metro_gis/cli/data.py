"""`metro-gis data`: roads, points, checks, columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metro_gis.cli.parts import guarded, scenario_of
from metro_gis.messages import text

if TYPE_CHECKING:
    from metro_gis.data.schema import TableName
    from metro_gis.terminal import Terminal


@click.group()
def data() -> None:
    """Prepare inputs: roads, tables, checks."""


@data.command()
@click.option("--place", metavar="NAME")
@click.option(
    "--polygon",
    type=click.Path(path_type=Path),
)
@click.option(
    "--osm",
    type=click.Path(path_type=Path),
)
@click.option("--modelled", is_flag=True)
@click.option("--keep-islands", is_flag=True)
@click.option("--nominatim-url", metavar="URL")
@click.option("--overpass-url", metavar="URL")
@click.pass_obj
def roads(
    terminal: Terminal,
    place: str | None,
    polygon: Path | None,
    osm: Path | None,
    modelled: bool,  # noqa: FBT001
    keep_islands: bool,  # noqa: FBT001
    nominatim_url: str | None,
    overpass_url: str | None,
) -> None:
    """Build data/roads.graphml."""
    with guarded(terminal):
        from metro_gis.data.build_roads import Servers, build_roads

        facts = build_roads(
            terminal.workspace,
            place=place,
            polygon=polygon,
            osm=osm,
            modelled=modelled,
            servers=Servers(nominatim_url, overpass_url),
            keep_islands=keep_islands,
            lang=terminal.lang,
            progress=terminal.progress,
        )
        line = text("cli.roads", terminal.lang, **(facts | {"report": ""}))
        terminal.show(facts, "\n  ".join([line, *facts["report"]]))


@data.command()
@click.option("--stations", type=click.IntRange(1), required=True)
@click.option("--posts", type=click.IntRange(1), required=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--force", is_flag=True)
@click.pass_obj
def points(
    terminal: Terminal,
    stations: int,
    posts: int,
    seed: int,
    force: bool,  # noqa: FBT001
) -> None:
    """Draw modelled stations and posts along data/roads.graphml, to try a city out."""
    with guarded(terminal):
        from metro_gis.data.build_points import build_points

        files = build_points(
            terminal.workspace, stations=stations, posts=posts, seed=seed, replace=force
        )
        names = [terminal.workspace.shown(path) for path in files]
        terminal.show(
            {"files": names, "modelled": True},
            text("cli.points", terminal.lang, files=", ".join(names)),
        )


@data.command()
@click.argument("scenario", required=False)
@click.pass_obj
def check(terminal: Terminal, scenario: str | None) -> None:
    """Tell every fault of every input at once."""
    with guarded(terminal):
        from metro_gis import pipeline

        inputs = pipeline.check_inputs(
            terminal.workspace, scenario_of(terminal, scenario, {}, ()), terminal.progress
        )
        terminal.warn(inputs.warnings)
        network = inputs.network
        facts: dict[str, Any] = {
            "stations": len(inputs.stations),
            "posts": len(inputs.posts),
            "officers": sum(post.officers for post in inputs.posts),
            "nodes": network.n_nodes,
            "edges": network.n_edges,
            "components": len(network.component_sizes),
            "snap_m_max": round(max(inputs.station_snaps.nearest_m.tolist(), default=0.0), 1),
            "modelled": inputs.modelled,
            "warnings": [fault.as_dict(terminal.lang) for fault in inputs.warnings],
        }
        shown = {key: value for key, value in facts.items() if key != "warnings"}
        lines = [text("cli.checked", terminal.lang, **shown)]
        if inputs.personnel is not None:
            facts["personnel"] = len(inputs.personnel)
            lines.append(text("cli.checked-list", terminal.lang, count=facts["personnel"]))
        terminal.show(facts, "\n".join(lines))


@data.command()
@click.argument("table", type=click.Choice(["stations", "posts", "personnel"]))
@click.pass_obj
def schema(terminal: Terminal, table: TableName) -> None:
    """Print the columns of a table."""
    from metro_gis.data.schema import describe_table

    terminal.show_schema(table, describe_table(table, terminal.lang))
