"""Take columns from the outline that holds a point: the kecamatan of a station, by its place.

A point in no outline, and a point on a border between outlines that say different things, is a
fault: which side it belongs to is for the planner to say, in a column of the table.
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metro_gis.data.flaws import Flaw, Params
from metro_gis.data.schema import fold_name
from metro_gis.data.table_source import find_input, load_source
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import shapely

    from metro_gis.data.geo_layer import GeoLayer
    from metro_gis.scenario import Join
    from metro_gis.workspace import Workspace

__all__ = ["Joined", "find_columns", "join_columns", "outlines_of"]

BORDER_DEGREES = 1e-9
"""A point this near to a border (a tenth of a millimetre) lies on it: nearer, the arithmetic of
two programs may disagree on the side."""
AREA_KINDS = frozenset({"Polygon", "MultiPolygon"})


@dataclass(frozen=True, slots=True)
class Joined:
    """Columns taken by place.

    Parameters
    ----------
    columns
        Our name to the text for each point, empty where a flaw stands.
    flaws
        Point, counted from zero, to why nothing could be taken for it.
    faults
        Faults and warnings about the file of outlines.
    file
        That file as the planner named it.
    sha256
        Its hash; empty where it could not be read.
    count
        How many outlines it holds.
    labels
        Our name to what the file calls the column.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flaws: Mapping[int, Flaw] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    file: str = ""
    sha256: str = ""
    count: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


def join_columns(
    lon: Sequence[float], lat: Sequence[float], join: Join, workspace: Workspace
) -> Joined:
    """Take columns from the outline that holds each point.

    Parameters
    ----------
    lon, lat
        Points in EPSG:4326, shape ``(n_points,)``.
    join
        File of outlines (GeoJSON or GeoPackage) and which of its columns to take for ours.
    workspace
        Where its path starts from.

    Returns
    -------
    Joined
        The texts; nothing is raised for what is wrong with the file.
    """
    path, shown = find_input(workspace, join.file)
    try:
        source = load_source(path, shown=shown, kinds=("geojson", "gpkg"))
        # the libraries behind these formats take long to import
        from metro_gis.data.geo_layer import read_geo_layer

        layer = read_geo_layer(source, layer=None)
    except InputError as error:
        return Joined(faults=error.faults, file=shown)
    indices, faults = find_columns(layer, join.columns)
    outlines, kind_faults = outlines_of(layer)
    faults += kind_faults
    values: dict[str, tuple[str, ...]] = {}
    flaws: dict[int, Flaw] = {}
    if not any(fault.severity == "error" for fault in faults):
        values, flaws = _take(lon, lat, outlines, layer, indices)
    return Joined(
        columns=values,
        flaws=flaws,
        faults=tuple(faults),
        file=shown,
        sha256=source.sha256,
        count=len(layer.rows),
        labels={ours: layer.columns[index] for ours, index in indices.items()},
    )


def find_columns(layer: GeoLayer, columns: Mapping[str, str]) -> tuple[dict[str, int], list[Fault]]:
    """Find the columns of a file of outlines.

    Parameters
    ----------
    layer
        The file.
    columns
        Our name to what the file calls the column.

    Returns
    -------
    indices : dict
        Our name to the place of the column in the file.
    faults : list of Fault
        One for each column that is not there.
    """
    indices: dict[str, int] = {}
    faults = []
    for ours, theirs in columns.items():
        wanted = unicodedata.normalize("NFC", theirs.strip())
        if wanted in layer.columns:
            indices[ours] = layer.columns.index(wanted)
            continue
        folded = {fold_name(one): one for one in layer.columns}
        near = difflib.get_close_matches(fold_name(theirs), folded, 1)
        params = {
            "ours": ours,
            "nearest": folded[near[0]] if near else "-",
            "known": ", ".join(layer.columns) or "-",
        }
        faults.append(Fault("column-mapped-missing", file=layer.file, column=theirs, params=params))
    return indices, faults


def outlines_of(layer: GeoLayer) -> tuple[list[shapely.Geometry | None], list[Fault]]:
    """Take the outlines out of a file, and mend those that cross themselves.

    Parameters
    ----------
    layer
        The file.

    Returns
    -------
    outlines : list of Geometry
        One for each feature, valid, EPSG:4326; None where it has none.
    faults : list of Fault
        An error for each feature without an outline, a warning for those that were mended.
    """
    import shapely

    if layer.crs_fault is not None:
        return [], [layer.crs_fault]
    faults = []
    outlines: list[shapely.Geometry | None] = []
    mended = []
    for number, one in enumerate(layer.geometries, start=1):
        if one is None or one.geom_type not in AREA_KINDS:
            kind = "-" if one is None else one.geom_type
            faults.append(Fault("join-no-outline", file=layer.file, row=number, value=kind))
            outlines.append(None)
        elif shapely.is_valid(one):
            outlines.append(one)
        else:
            # what an odd number of its lines surrounds is inside, as a checker counts it
            mended.append(number)
            outlines.append(shapely.make_valid(one))
    if mended:
        params: Params = {
            "count": len(mended),
            "features": ", ".join(str(number) for number in mended[:10]),
        }
        faults.append(
            Fault("join-outline-crossed", "warning", file=layer.file, row=mended[0], params=params)
        )
    return outlines, faults


def _take(
    lon: Sequence[float],
    lat: Sequence[float],
    outlines: Sequence[shapely.Geometry | None],
    layer: GeoLayer,
    indices: Mapping[str, int],
) -> tuple[dict[str, tuple[str, ...]], dict[int, Flaw]]:
    import shapely

    tree = shapely.STRtree(outlines)
    pairs = tree.query(shapely.points(lon, lat), predicate="dwithin", distance=BORDER_DEGREES)
    holders: dict[int, list[int]] = {}
    for point, outline in sorted(zip(*pairs.tolist(), strict=True)):
        holders.setdefault(point, []).append(outline)
    taken: dict[str, list[str]] = {ours: [] for ours in indices}
    flaws: dict[int, Flaw] = {}
    for point in range(len(lon)):
        cells, flaw = _cells_of(holders.get(point, []), layer, indices)
        if flaw:
            flaws[point] = flaw
        for ours, cell in zip(indices, cells, strict=True):
            taken[ours].append(cell)
    return {ours: tuple(cells) for ours, cells in taken.items()}, flaws


def _cells_of(
    holders: Sequence[int], layer: GeoLayer, indices: Mapping[str, int]
) -> tuple[tuple[str, ...], Flaw | None]:
    nothing = ("",) * len(indices)
    if not holders:
        return nothing, Flaw("join-outside", {"outlines": layer.file})
    found = [
        tuple(layer.rows[holder][index].strip() for index in indices.values()) for holder in holders
    ]
    for holder, cells in zip(holders, found, strict=True):
        for ours, cell in zip(indices, cells, strict=True):
            if not cell:
                params: Params = {"outlines": layer.file, "feature": holder + 1, "ours": ours}
                return nothing, Flaw("join-value-missing", params)
        if cells != found[0]:
            params = {
                "outlines": layer.file,
                "one": f"{', '.join(found[0])} ({holders[0] + 1})",
                "other": f"{', '.join(cells)} ({holder + 1})",
            }
            return nothing, Flaw("join-border", params)
    return found[0], None
