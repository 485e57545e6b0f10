"""Roads of a place or an area, asked of OpenStreetMap's servers through OSMnx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from metro_gis.data.osm_graph import finish_graph
from metro_gis.data.osm_profile import SourceReport, overpass_filter
from metro_gis.data.osm_settings import AnswerError, osmnx_settings
from metro_gis.errors import DataSourceError, Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx
    from shapely import MultiPolygon, Polygon

AREA_LIMIT_DEG2: Final = 25.0
"""Largest area to ask for, in square degrees: about 300,000 km2 at the equator."""
_AREAS: Final = ("Polygon", "MultiPolygon")


def roads_from_place(
    name: str,
    *,
    nominatim_url: str | None = None,
    overpass_url: str | None = None,
    timeout_s: float = 60.0,
    cache_folder: Path | None = None,
    keep_islands: bool = False,
) -> nx.MultiDiGraph[Any]:
    """Ask OpenStreetMap for the roads of a place.

    Parameters
    ----------
    name
        Place as Nominatim knows it, such as ``"Kota Metro, Lampung, Indonesia"``.
    nominatim_url, overpass_url
        Servers to ask; None for the public ones.
    timeout_s
        Longest wait for an answer, seconds.
    cache_folder
        Folder for answers; None keeps none.
    keep_islands
        Whether parts that no road joins to the largest stay.

    Returns
    -------
    networkx.MultiDiGraph
        As OSMnx makes it, with ``source``, ``modelled`` and a report (``source_report``).

    Raises
    ------
    InputError
        If the name is empty, or the place is unknown, has no area or no roads.
    DataSourceError
        If a server does not answer, or refuses.
    """
    if not name.strip():
        raise InputError(Fault("roads-place-unknown", value=name))
    with osmnx_settings(
        nominatim_url=nominatim_url,
        overpass_url=overpass_url,
        timeout_s=timeout_s,
        cache_folder=cache_folder,
    ) as osmnx:
        server = osmnx.settings.nominatim_url
        try:
            found = osmnx.geocode_to_gdf(name)
        except TypeError as error:
            # osmnx's word for a place that is known, but only as a point or a line
            raise InputError(Fault("roads-place-no-area", value=name)) from error
        except Exception as error:  # noqa: BLE001 - sorted out below, raised again if unknown
            _sort_out(error, osmnx, asked=name, server=server, empty="roads-place-unknown")
        polygon = found.geometry.iloc[0]
        text = f"OpenStreetMap contributors (ODbL): Overpass, place {name.strip()!r}"
        return _roads(osmnx, polygon, asked=name, source=text, keep_islands=keep_islands)


def roads_from_polygon(
    polygon: Polygon | MultiPolygon,
    *,
    name: str = "",
    overpass_url: str | None = None,
    timeout_s: float = 60.0,
    cache_folder: Path | None = None,
    keep_islands: bool = False,
) -> nx.MultiDiGraph[Any]:
    """Ask OpenStreetMap for the roads of an area.

    Parameters
    ----------
    polygon
        Area in degrees, EPSG:4326.
    name
        What to call the area.
    overpass_url
        Server to ask; None for the public one.
    timeout_s
        Longest wait for an answer, seconds.
    cache_folder
        Folder for answers; None keeps none.
    keep_islands
        Whether parts that no road joins to the largest stay.

    Returns
    -------
    networkx.MultiDiGraph
        As OSMnx makes it, with ``source``, ``modelled`` and a report (``source_report``).

    Raises
    ------
    InputError
        If the polygon is no valid area in degrees, or has no roads.
    DataSourceError
        If the server does not answer, or refuses.
    """
    asked = name or "polygon"
    with osmnx_settings(
        overpass_url=overpass_url, timeout_s=timeout_s, cache_folder=cache_folder
    ) as osmnx:
        west, south, east, north = (round(float(value), 4) for value in polygon.bounds or [0] * 4)
        box = f"{west}, {south}, {east}, {north}"
        text = f"OpenStreetMap contributors (ODbL): Overpass, {asked} within {box}"
        return _roads(osmnx, polygon, asked=asked, source=text, keep_islands=keep_islands)


def _roads(
    osmnx: Any,  # noqa: ANN401 - the module
    polygon: Polygon | MultiPolygon,
    *,
    asked: str,
    source: str,
    keep_islands: bool,
) -> nx.MultiDiGraph[Any]:
    _require_area(polygon, asked)
    server = osmnx.settings.overpass_url
    try:
        graph = osmnx.graph_from_polygon(
            polygon, custom_filter=overpass_filter(), retain_all=True, simplify=True
        )
    except Exception as error:  # noqa: BLE001 - sorted out below, raised again if unknown
        _sort_out(error, osmnx, asked=asked, server=server, empty="roads-place-no-roads")
    if not graph.number_of_edges():
        raise InputError(Fault("roads-place-no-roads", value=asked))
    osmids: set[int] = set()
    for _, _, ids in graph.edges(data="osmid"):
        osmids.update(ids if isinstance(ids, list) else [ids])
    report = SourceReport(ways_kept=len(osmids), ways_dropped={})
    return finish_graph(graph, report, source=source, created_date=None, keep_islands=keep_islands)


def _require_area(polygon: Polygon | MultiPolygon, asked: str) -> None:
    if polygon.geom_type not in _AREAS or polygon.is_empty or not polygon.is_valid:
        raise InputError(Fault("roads-place-no-area", value=asked))
    west, south, east, north = polygon.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - degrees
        raise InputError(Fault("roads-area-not-degrees", value=asked))
    if polygon.area > AREA_LIMIT_DEG2:
        raise InputError(Fault("roads-area-too-large", value=asked))


def _sort_out(
    error: Exception,
    osmnx: Any,  # noqa: ANN401 - the module
    *,
    asked: str,
    server: str,
    empty: str,
) -> NoReturn:
    """Turn what OSMnx and requests raise into what a planner can act on."""
    import requests

    params = {"server": server, "why": str(error)}
    if isinstance(error, requests.exceptions.RequestException):
        raise DataSourceError(Fault("roads-network-down", value=asked, params=params)) from error
    if isinstance(error, (AnswerError, KeyError, AttributeError, TypeError)):
        params["why"] = f"{type(error).__name__}: {error}"
        raise DataSourceError(Fault("roads-server-answer", value=asked, params=params)) from error
    # the private module is the only home of this one
    if isinstance(error, (osmnx._errors.InsufficientResponseError, ValueError)):  # noqa: SLF001
        raise InputError(Fault(empty, value=asked)) from error
    raise error
