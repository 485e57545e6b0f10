"""Tables from GeoJSON and GeoPackage: a point's place may stand for the columns lon and lat."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metro_gis.data.geo_layer import read_geo_layer
from metro_gis.data.raw_table import RawTable

if TYPE_CHECKING:
    import shapely

    from metro_gis.data.table_source import Source

__all__ = ["read_geo_table"]


def read_geo_table(source: Source, *, layer: str | None) -> RawTable:
    """Read the features of a layer as rows.

    Parameters
    ----------
    source
        A GeoJSON or GeoPackage file.
    layer
        Name of the layer; needed where there are several.

    Returns
    -------
    RawTable
        Rows are numbered as features, from 1.

    Raises
    ------
    InputError
        If the file is broken, the layer cannot be told, or it is empty.
    """
    found = read_geo_layer(source, layer=layer)
    located = any(one is not None for one in found.geometries) or found.crs_fault is not None
    return RawTable(
        file=found.file,
        sha256=source.sha256,
        columns=found.columns,
        rows=found.rows,
        numbers=tuple(range(1, len(found.rows) + 1)),
        flaws=found.flaws,
        points=tuple(_point(one) for one in found.geometries) if located else None,
        shapes=tuple("" if one is None else one.geom_type for one in found.geometries),
        crs_fault=found.crs_fault,
    )


def _point(geometry: shapely.Geometry | None) -> tuple[float, float] | None:
    if geometry is None:
        return None
    # desktop programs store single points as collections of one
    parts = list(geometry.geoms) if geometry.geom_type == "MultiPoint" else [geometry]
    if len(parts) != 1 or parts[0].geom_type != "Point":
        return None
    lon, lat = float(parts[0].x), float(parts[0].y)
    return (lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None
