"""The columns of a road graph as text, whatever they were read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx


@dataclass(slots=True)
class RawRoads:
    """A road graph as it was found: text, in the order of the file.

    Parameters
    ----------
    facts
        Attributes of the graph.
    node_id, lon, lat
        Per node, as text.
    source, target, edge_id
        Per edge: node ids and the edge's own id, empty where it has none.
    length, highway, maxspeed, name
        Per edge, as text, empty where absent.
    geometry
        Per edge: well-known text, a geometry, or None.
    """

    facts: dict[str, str] = field(default_factory=dict)
    node_id: list[str] = field(default_factory=list)
    lon: list[str] = field(default_factory=list)
    lat: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)
    edge_id: list[str] = field(default_factory=list)
    length: list[str] = field(default_factory=list)
    highway: list[str] = field(default_factory=list)
    maxspeed: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    geometry: list[Any] = field(default_factory=list)


def raw_from_graph(graph: nx.MultiDiGraph[Any]) -> RawRoads:
    """Take the columns out of an OSMnx graph.

    Parameters
    ----------
    graph
        Nodes with ``x, y`` in degrees (EPSG:4326), edges with ``length`` in metres.

    Returns
    -------
    RawRoads
        As text.
    """
    raw = RawRoads(facts={str(name): str(value) for name, value in graph.graph.items()})
    for node, data in graph.nodes(data=True):
        raw.node_id.append(str(node))
        raw.lon.append(as_text(data.get("x")))
        raw.lat.append(as_text(data.get("y")))
    for u, v, key, data in graph.edges(keys=True, data=True):
        raw.source.append(str(u))
        raw.target.append(str(v))
        raw.edge_id.append(as_text(key))
        raw.length.append(as_text(data.get("length")))
        raw.highway.append(as_text(data.get("highway")))
        raw.maxspeed.append(as_text(data.get("maxspeed")))
        raw.name.append(as_text(data.get("name")))
        raw.geometry.append(data.get("geometry"))
    return raw


def edge_name(raw: RawRoads, at: int) -> str:
    """Name an edge as its faults do.

    Parameters
    ----------
    raw
        The graph.
    at
        Place of the edge in the file.

    Returns
    -------
    str
        Start, end and id, joined by hyphens.
    """
    return f"{raw.source[at]}-{raw.target[at]}-{raw.edge_id[at] or '?'}"


def as_text(value: object) -> str:
    """Write an attribute as text, an absent one as empty text.

    Parameters
    ----------
    value
        The attribute.

    Returns
    -------
    str
        Lists as Python writes them.
    """
    return "" if value is None else value if isinstance(value, str) else str(value)
