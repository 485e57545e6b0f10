"""Turns road graphs into arrays, and says what is weak about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from metro_gis.data.graphml import scan_graphml
from metro_gis.data.network_cache import cached_network, from_npz, to_npz
from metro_gis.data.raw_roads import raw_from_graph
from metro_gis.data.road_files import UNPACKED_LIMIT_BYTES, inspect_road_file
from metro_gis.data.road_network import NetworkCounts, RoadNetwork
from metro_gis.data.road_table import RoadTable, check_roads
from metro_gis.data.speeds import edge_speeds, travel_ns
from metro_gis.data.street_names import name_edges
from metro_gis.errors import Fault, InputError
from metro_gis.workspace import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx

SHOWN_VALUES: Final = 5

__all__ = [
    "NetworkCounts",
    "RoadNetwork",
    "from_npz",
    "load_network",
    "network_from_graph",
    "network_warnings",
    "to_npz",
]


def network_from_graph(
    graph: nx.MultiDiGraph[Any],
    speeds: Mapping[str, float],
    factor: float = 1.0,
    sha256: str = "",
) -> RoadNetwork:
    """Turn an OSMnx graph into arrays.

    Parameters
    ----------
    graph
        Nodes with ``x, y`` in degrees (EPSG:4326), edges with ``length`` in metres and, where
        known, ``highway``, ``maxspeed``, ``name`` and ``geometry``.
    speeds
        Speed of every road class in km/h, with an entry ``unknown``.
    factor
        Multiplies the speeds: 0.8 is a fifth slower.
    sha256
        Of the file the graph was read from.

    Returns
    -------
    RoadNetwork
        Nodes in the order of the graph, edges by start, end and key.

    Raises
    ------
    InputError
        With every fault of the graph.
    """
    if not (graph.is_directed() and graph.is_multigraph()):
        raise InputError(Fault("roads-undirected"))
    return _network(check_roads(raw_from_graph(graph)), speeds, factor, sha256)


def load_network(
    path: Path,
    *,
    speeds: Mapping[str, float],
    factor: float = 1.0,
    cache_dir: Path | None = None,
    warnings: list[Fault] | None = None,
    size_limit_bytes: int = UNPACKED_LIMIT_BYTES,
) -> RoadNetwork:
    """Read a road network from GraphML, or from what was kept of the same content.

    Parameters
    ----------
    path
        GraphML file of an OSMnx graph.
    speeds
        Speed of every road class in km/h, with an entry ``unknown``.
    factor
        Multiplies the speeds: 0.8 is a fifth slower.
    cache_dir
        Folder for networks as arrays; None keeps nothing.
    warnings
        Receives a fault where a kept network was damaged and had to be built again.
    size_limit_bytes
        Largest file to read.

    Returns
    -------
    RoadNetwork
        The same whether it was read or kept.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    path = Path(path)
    if not path.is_file() or path.stat().st_size > size_limit_bytes:
        inspect_road_file(path, unpacked_limit_bytes=size_limit_bytes)
    sha256 = _hash(path)

    def build() -> RoadNetwork:
        raw = scan_graphml(path, size_limit_bytes=size_limit_bytes)
        return _network(check_roads(raw, path.as_posix()), speeds, factor, sha256)

    if cache_dir is None:
        return build()
    return cached_network(
        Path(cache_dir),
        sha256=sha256,
        speeds=speeds,
        factor=factor,
        build=build,
        warnings=warnings,
    )


def network_warnings(network: RoadNetwork, file: str | None = None) -> list[Fault]:
    """Say what is weak about a network although it can be used.

    Parameters
    ----------
    network
        The network.
    file
        Name for the faults.

    Returns
    -------
    list of Fault
        Warnings: roads without class and speed, signs set aside, parts that roads do not join both
        ways, no date.
    """
    counts = network.counts
    faults = []
    if counts.unknown:
        params = {"count": counts.unknown, "edges": counts.edges}
        faults.append(Fault("roads-speed-unknown", "warning", file=file, params=params))
    if not counts.tagged and counts.table:
        params = {"edges": counts.edges}
        faults.append(Fault("roads-speed-table", "warning", file=file, params=params))
    if counts.rejected_speeds:
        listed = ", ".join(f"{text} ({n})" for text, n in counts.rejected_speeds[:SHOWN_VALUES])
        count = sum(n for _, n in counts.rejected_speeds)
        told: dict[str, str | int | float] = {
            "count": count,
            "kinds": len(counts.rejected_speeds),
            "values": listed,
        }
        faults.append(
            Fault("roads-speed-rejected", "warning", file=file, column="maxspeed", params=told)
        )
    sizes = network.component_sizes
    if len(sizes) > 1:
        params = {"parts": len(sizes), "largest": int(sizes[0]), "rest": int(sizes[1:].sum())}
        faults.append(Fault("roads-parts", "warning", file=file, params=params))
    if not network.created_date:
        faults.append(Fault("roads-undated", "warning", file=file))
    return faults


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise InputError(Fault("roads-closed", file=path.as_posix())) from error


def _network(
    table: RoadTable, speeds: Mapping[str, float], factor: float, sha256: str
) -> RoadNetwork:
    found = edge_speeds(table.highway, table.maxspeed, speeds)
    street_names, street = name_edges(table.name, table.highway)
    pair = table.edge_u.astype(np.int64) * len(table.node_id) + table.edge_v
    _, inverse, size = np.unique(pair, return_inverse=True, return_counts=True)
    counts = NetworkCounts(
        nodes=len(table.node_id),
        edges=len(pair),
        tagged=found.tagged,
        table=found.table,
        unknown=found.unknown,
        parallel=int((size[inverse] > 1).sum()),
        self_loops=int((table.edge_u == table.edge_v).sum()),
        flipped=table.flipped,
        rejected_speeds=found.rejected,
    )
    return RoadNetwork(
        node_id=table.node_id,
        node_lon=table.node_lon,
        node_lat=table.node_lat,
        edge_u=table.edge_u,
        edge_v=table.edge_v,
        edge_key=table.edge_key,
        length_m=table.length_m,
        highway=found.highway,
        speed_kph=found.speed_kph,
        speed_source=found.speed_source,
        street=street,
        street_names=street_names,
        travel_ns=travel_ns(table.length_m, found.speed_kph, factor),
        geom_lon=table.geom_lon,
        geom_lat=table.geom_lat,
        edge_geom_ptr=table.edge_geom_ptr,
        source=table.facts.get("source", ""),
        created_date=table.facts.get("created_date", ""),
        modelled=table.facts.get("modelled", "") == "True",
        sha256=sha256,
        counts=counts,
    )
