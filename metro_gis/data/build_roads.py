"""Build a workspace's road graph from whichever source was named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metro_gis.data.osm import (
    read_graphml,
    roads_from_osm_file,
    roads_from_place,
    roads_from_polygon,
    save_graphml_bytes,
    source_report,
)
from metro_gis.errors import Fault, UsageError
from metro_gis.progress import Silent
from metro_gis.workspace import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx
    from shapely import MultiPolygon, Polygon

    from metro_gis.progress import Progress
    from metro_gis.workspace import Workspace

ROADS_FILE = "data/roads.graphml"


@dataclass(frozen=True, slots=True)
class Servers:
    """Whom to ask for places and roads.

    Parameters
    ----------
    nominatim_url, overpass_url
        None for the public ones.
    """

    nominatim_url: str | None = None
    overpass_url: str | None = None


def build_roads(
    workspace: Workspace,
    *,
    place: str | None = None,
    polygon: Path | None = None,
    osm: Path | None = None,
    modelled: bool = False,
    servers: Servers | None = None,
    keep_islands: bool = False,
    lang: str = "en",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write ``data/roads.graphml``.

    Parameters
    ----------
    workspace
        Where it is written.
    place
        Name of a place, asked of Nominatim and Overpass.
    polygon
        File with the outline of an area (EPSG:4326), asked of Overpass.
    osm
        OpenStreetMap file, or a GraphML file of OSMnx's.
    modelled
        Take the modelled roads of the sample city.
    servers
        Servers to ask; the public ones by default.
    keep_islands
        Whether parts that no road joins to the largest stay.
    lang
        Language of the report.
    progress
        Hears of the steps.

    Returns
    -------
    dict
        ``roads`` (path), ``nodes, edges, source, modelled`` and ``report`` (lines).

    Raises
    ------
    UsageError
        If not exactly one source was named.
    InputError
        If the source cannot be used or the file cannot be written.
    DataSourceError
        If a server does not answer.
    """
    progress = progress or Silent()
    if sum(1 for one in (place, polygon, osm, modelled or None) if one is not None) != 1:
        raise UsageError(Fault("roads-one-source"))
    target = workspace.root / ROADS_FILE
    progress.step("roads-source")
    if modelled:
        # the sample's own bytes, so that the file equals the one that ships
        from metro_gis.data.sample import make_roads, roads_graphml

        graph, content = make_roads(), roads_graphml()
    else:
        graph = _from_source(place, polygon, osm, servers or Servers(), keep_islands=keep_islands)
        content = save_graphml_bytes(graph)
    write_bytes(target, content)
    report = source_report(graph)
    return {
        "roads": workspace.shown(target),
        "nodes": graph.number_of_nodes(),
        "edges": graph.number_of_edges(),
        "source": str(graph.graph.get("source", "")),
        "modelled": modelled,
        "report": report.lines(lang) if report is not None else [],
    }


def _from_source(
    place: str | None,
    polygon: Path | None,
    osm: Path | None,
    servers: Servers,
    *,
    keep_islands: bool,
) -> nx.MultiDiGraph[Any]:
    if place is not None:
        return roads_from_place(
            place,
            nominatim_url=servers.nominatim_url,
            overpass_url=servers.overpass_url,
            keep_islands=keep_islands,
        )
    if polygon is not None:
        return roads_from_polygon(
            _outline(polygon),
            name=polygon.stem,
            overpass_url=servers.overpass_url,
            keep_islands=keep_islands,
        )
    if osm is None:
        raise UsageError(Fault("roads-one-source"))
    if osm.suffix == ".graphml":
        return read_graphml(osm)
    return roads_from_osm_file(osm, keep_islands=keep_islands)


def _outline(path: Path) -> Polygon | MultiPolygon:
    import geopandas as gpd
    from shapely import MultiPolygon, Polygon, union_all

    try:
        table = gpd.read_file(path)
        is_map = isinstance(table, gpd.GeoDataFrame)
        shapes = list(table.to_crs("EPSG:4326").geometry) if is_map else []
    except (OSError, ValueError, RuntimeError) as error:
        fault = Fault("unreadable", file=path.as_posix(), params={"why": str(error)})
        raise UsageError(fault) from error
    outline = union_all([shape for shape in shapes if shape is not None])
    if not isinstance(outline, (Polygon, MultiPolygon)):
        raise UsageError(Fault("roads-no-outline", file=path.as_posix()))
    return outline
