"""Draw modelled stations and posts for a workspace that has roads but no tables yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.data.drawn import draw_points
from metro_gis.data.graphml import read_graphml
from metro_gis.data.sample import table_csv
from metro_gis.workspace import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from metro_gis.workspace import Workspace


def build_points(workspace: Workspace, *, stations: int, posts: int, seed: int) -> list[Path]:
    """Write ``data/stations.csv`` and ``data/posts.csv``, labelled modelled.

    Parameters
    ----------
    workspace
        Has ``data/roads.graphml``.
    stations, posts
        How many to draw.
    seed
        Of everything that is left to chance.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If there are no usable roads or a file cannot be written.
    UsageError
        If there are more posts than stations.
    """
    graph = read_graphml(workspace.root / "data" / "roads.graphml")
    written = []
    rows = draw_points(graph, stations=stations, posts=posts, seed=seed)
    for name, table in zip(("stations", "posts"), rows, strict=True):
        target = workspace.root / "data" / f"{name}.csv"
        write_bytes(target, table_csv(table, list(table[0])))
        written.append(target)
    return written
