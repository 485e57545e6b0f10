"""Borders of kecamatan and kelurahan, to be drawn under a plan.

They come from ``inputs.areas``, or else from the outlines that stations were joined to. A plan
does not depend on them: what is wrong with the file is told, and stops nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from metro_gis.data.join import find_columns, outlines_of
from metro_gis.data.table_source import find_input, load_source
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import shapely
    from numpy.typing import NDArray

    from metro_gis.scenario import AreasInput
    from metro_gis.workspace import Workspace

Line = list[tuple[float, float]]
Names = dict[str, str]

LEVELS: Final = ("kecamatan", "kelurahan")
TOLERANCE_M: Final = 10.0
GRID_M: Final = 1.0
"""Borders are laid on a grid, so that one line of two neighbours is one line."""
MARGIN_M: Final = 3000.0
"""Borders farther than this from the box of stations and posts are not drawn."""
DEGREE_M: Final = 111_195.0

__all__ = ["Outlines", "outline_warnings", "read_outlines"]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Borders to be drawn.

    Parameters
    ----------
    lines
        ``kecamatan`` and ``kelurahan``, as far as given, to lines of (lon, lat), EPSG:4326. Each
        border is one line, and where both kinds run together it is that of the kecamatan.
    warnings
        What is wrong with the file; then there may be no lines.
    """

    lines: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()


def outline_warnings(workspace: Workspace, areas: AreasInput | None) -> tuple[Fault, ...]:
    """Check a file of outlines before it is needed.

    Parameters
    ----------
    workspace
        Where its path starts from.
    areas
        The file; None where the scenario names none.

    Returns
    -------
    tuple of Fault
        Warnings.
    """
    return () if areas is None else _read(workspace, areas)[1]


def read_outlines(
    workspace: Workspace, areas: AreasInput, points: Iterable[tuple[float, float]]
) -> Outlines:
    """Read borders, simplify them and keep those near the points.

    Parameters
    ----------
    workspace
        Where the path starts from.
    areas
        File of outlines, and its columns with the names of kecamatan and kelurahan. Outlines of
        one name are one area.
    points
        Stations and posts: (lon, lat), EPSG:4326; at least one.

    Returns
    -------
    Outlines
        Nothing is raised for what is wrong with the file.
    """
    named, warnings = _read(workspace, areas)
    lines = _borders(named, list(points)) if named else {}
    if named and not lines:
        file = find_input(workspace, areas.file)[1]
        warnings += (Fault("outlines-elsewhere", "warning", file=file),)
    return Outlines(lines, warnings)


def _read(
    workspace: Workspace, areas: AreasInput
) -> tuple[list[tuple[Names, shapely.Geometry]], tuple[Fault, ...]]:
    """Read outlines, each with its names by level; what is wrong is told as warnings."""
    path, shown = find_input(workspace, areas.file)
    try:
        source = load_source(path, shown=shown, kinds=("geojson", "gpkg"))
        # the libraries behind these formats take long to import
        from metro_gis.data.geo_layer import read_geo_layer

        layer = read_geo_layer(source, layer=areas.layer)
    except InputError as error:
        return [], _as_warnings(error.faults)
    indices, faults = find_columns(layer, {str(one): name for one, name in areas.columns.items()})
    outlines, kind_faults = outlines_of(layer)
    named = [
        ({level: row[index].strip() for level, index in indices.items()}, outline)
        for row, outline in zip(layer.rows, outlines, strict=False)
        if indices and outline is not None
    ]
    return named, _as_warnings([*faults, *kind_faults])


def _as_warnings(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(replace(fault, severity="warning") for fault in faults)


def _borders(
    named: Sequence[tuple[Names, shapely.Geometry]], points: Sequence[tuple[float, float]]
) -> dict[str, list[Line]]:
    import numpy as np
    import shapely

    lons, lats = zip(*points, strict=True)
    # metres in a plane round the city
    scale = np.array([DEGREE_M * math.cos(math.radians((min(lats) + max(lats)) / 2)), DEGREE_M])
    west, south = np.array([min(lons), min(lats)]) * scale - MARGIN_M
    east, north = np.array([max(lons), max(lats)]) * scale + MARGIN_M
    city = shapely.box(west, south, east, north)
    areas, names = [], []
    for own_names, outline in named:
        flat = shapely.transform(outline, lambda at: at * scale)
        # what was mended may hold stray lines
        faces = [one for one in _parts(flat) if one.geom_type == "Polygon"]
        if flat.intersects(city) and faces:
            areas.append(shapely.multipolygons(faces))
            names.append(own_names)
    if not areas:
        return {}
    simple = shapely.coverage_simplify(areas, TOLERANCE_M)
    borders: dict[str, Any] = {}
    for level in LEVELS:
        groups: dict[tuple[str, ...], list[Any]] = {}
        for area, own_names in zip(simple, names, strict=True):
            if level in own_names:
                # two kecamatan may each have a kelurahan of the same name
                key = tuple(own_names.get(one, "") for one in LEVELS[: LEVELS.index(level) + 1])
                groups.setdefault(key, []).append(area)
        whole = [shapely.union_all(own, grid_size=GRID_M).boundary for own in groups.values()]
        borders[level] = shapely.union_all(whole, grid_size=GRID_M)
    borders["kelurahan"] = shapely.difference(
        borders["kelurahan"], borders["kecamatan"], grid_size=GRID_M
    )
    lines = {
        level: _lines(shapely.intersection(all_, city), scale) for level, all_ in borders.items()
    }
    return {level: found for level, found in lines.items() if found}


def _lines(border: shapely.Geometry, scale: NDArray[np.float64]) -> list[Line]:
    """Join the pieces of borders end to end and bring them back to degrees."""
    import shapely

    pieces = [one for one in _parts(border) if one.geom_type == "LineString"]
    if not pieces:
        return []
    merged = shapely.line_merge(shapely.multilinestrings(pieces))
    return sorted(
        [(x, y) for x, y in (shapely.get_coordinates(one) / scale).tolist()]
        for one in _parts(merged)
    )


def _parts(geometry: shapely.Geometry) -> list[Any]:
    """Take the simple parts of a geometry, and of its parts."""
    import shapely

    # the parts of a collection may have parts themselves
    parts: list[Any] = shapely.get_parts(shapely.get_parts(geometry)).tolist()
    return parts
