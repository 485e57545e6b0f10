"""Draw modelled stations and posts for a workspace that has roads but no tables yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.data.drawn import draw_points
from metro_gis.data.graphml import read_graphml
from metro_gis.data.sample import table_csv
from metro_gis.errors import Fault, InputError
from metro_gis.workspace import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from metro_gis.workspace import Workspace


def build_points(
    workspace: Workspace, *, stations: int, posts: int, seed: int, replace: bool = False
) -> list[Path]:
    """Write ``data/stations.csv`` and ``data/posts.csv``, labelled modelled.

    Parameters
    ----------
    workspace
        Has ``data/roads.graphml``.
    stations, posts
        How many to draw.
    seed
        Of everything that is left to chance.
    replace
        Whether tables that hold rows may be replaced.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If there are no usable roads, a table holds rows already, or a file cannot be written.
    UsageError
        If there are more posts than stations.
    """
    targets = [workspace.root / "data" / f"{name}.csv" for name in ("stations", "posts")]
    taken = [Fault("tables-taken", file=workspace.shown(path)) for path in targets if _holds(path)]
    if taken and not replace:
        raise InputError(taken)
    graph = read_graphml(workspace.root / "data" / "roads.graphml")
    written = []
    rows = draw_points(graph, stations=stations, posts=posts, seed=seed)
    for target, table in zip(targets, rows, strict=True):
        write_bytes(target, table_csv(table, list(table[0])))
        written.append(target)
    return written


def _holds(path: Path) -> bool:
    """Tell whether a table has more than its header."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return sum(1 for line in stream if line.strip()) > 1
