"""The road network as arrays: what snapping and shortest paths work on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray


EDGE_ARRAYS: Final = (
    "edge_u",
    "edge_v",
    "edge_key",
    "length_m",
    "highway",
    "speed_kph",
    "speed_source",
    "street",
    "travel_ns",
)
"""Fields of a network with one entry per edge."""


@dataclass(frozen=True, slots=True)
class NetworkCounts:
    """What a road network is made of.

    Parameters
    ----------
    nodes, edges
        All nodes and directed edges.
    tagged, table, unknown
        Edges by the source of their speed: a sign, the road class, neither.
    parallel
        Edges that have another edge with the same start and end.
    self_loops
        Edges that end where they start.
    flipped
        Edges whose line ran from end to start and was turned round.
    rejected_speeds
        Tagged speeds that are not plausible, with the number of their edges.
    """

    nodes: int
    edges: int
    tagged: int
    table: int
    unknown: int
    parallel: int
    self_loops: int
    flipped: int
    rejected_speeds: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """A road network that can be driven on.

    Nodes stand in the order of the file; edges are directed and sorted by start node, end node
    and key. All arrays are read-only.

    Parameters
    ----------
    node_id
        Ids as text, shape ``(n_nodes,)``.
    node_lon, node_lat
        Degrees, EPSG:4326, shape ``(n_nodes,)``.
    edge_u, edge_v
        Index of the start and end node per edge, int32, shape ``(n_edges,)``.
    edge_key
        Number of the edge among those between the same two nodes, int32.
    length_m
        Length per edge in metres.
    highway
        Slowest road class known to the speed table, without ``_link``; empty where none is.
    speed_kph
        Speed per edge in km/h, before the factor.
    speed_source
        Per edge: 0 tagged, 1 table, 2 unknown; uint8.
    street
        Per edge: index into ``street_names``, -1 where it has no name to draw; int32.
    travel_ns
        Time per edge in whole nanoseconds, with the factor; int64.
    geom_lon, geom_lat, edge_geom_ptr
        Vertices of edge ``e`` are ``edge_geom_ptr[e]:edge_geom_ptr[e + 1]``, from start to end.
    street_names
        Names of streets, each once.
    source, created_date
        Where the roads come from and when they were made; empty where the file does not say.
    modelled
        True where the roads are made up: not for operations.
    sha256
        Of the file the network was read from; empty where there was none.
    counts
        What the network is made of.
    """

    node_id: NDArray[np.str_]
    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    edge_u: NDArray[np.int32]
    edge_v: NDArray[np.int32]
    edge_key: NDArray[np.int32]
    length_m: NDArray[np.float64]
    highway: NDArray[np.str_]
    speed_kph: NDArray[np.float64]
    speed_source: NDArray[np.uint8]
    street: NDArray[np.int32]
    travel_ns: NDArray[np.int64]
    geom_lon: NDArray[np.float64]
    geom_lat: NDArray[np.float64]
    edge_geom_ptr: NDArray[np.int64]
    street_names: tuple[str, ...]
    source: str
    created_date: str
    modelled: bool
    sha256: str
    counts: NetworkCounts

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in self.arrays().values():
            array.setflags(write=False)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_id)

    @property
    def n_edges(self) -> int:
        """Number of directed edges."""
        return len(self.edge_u)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """List the arrays by name.

        Returns
        -------
        dict
            In the order of the fields.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    @cached_property
    def component(self) -> NDArray[np.int32]:
        """Strong component per node: between two nodes of one, roads lead there and back.

        Components are numbered from the largest; of two as large, the one with the earlier node
        comes first.
        """
        shape = (self.n_nodes, self.n_nodes)
        ones = np.ones(self.n_edges, dtype=np.int8)
        links = csr_array((ones, (self.edge_u, self.edge_v)), shape=shape)
        _, label = connected_components(links, directed=True, connection="strong")
        _, first, inverse, size = np.unique(
            label, return_index=True, return_inverse=True, return_counts=True
        )
        rank = np.empty(len(size), dtype=np.int32)
        rank[np.lexsort((first, -size))] = np.arange(len(size), dtype=np.int32)
        numbered: NDArray[np.int32] = rank[inverse]
        numbered.setflags(write=False)
        return numbered

    @cached_property
    def component_sizes(self) -> NDArray[np.int64]:
        """Nodes per strong component, falling."""
        return np.bincount(self.component).astype(np.int64)

    def without(self, edges: NDArray[np.int32]) -> RoadNetwork:
        """Leave edges out; nodes stay, so that their numbers do.

        Parameters
        ----------
        edges
            Indices of the edges, each once.

        Returns
        -------
        RoadNetwork
            With the counts of before, but for the number of edges.
        """
        kept = np.ones(self.n_edges, dtype=np.bool_)
        kept[edges] = False
        vertices = np.diff(self.edge_geom_ptr)
        shown = np.repeat(kept, vertices)
        arrays: dict[str, Any] = {name: getattr(self, name)[kept] for name in EDGE_ARRAYS}
        arrays |= {name: getattr(self, name)[shown] for name in ("geom_lon", "geom_lat")}
        arrays["edge_geom_ptr"] = np.concatenate(([0], np.cumsum(vertices[kept])))
        return replace(self, **arrays, counts=replace(self.counts, edges=int(kept.sum())))

    def edge_name(self, edge: int) -> str:
        """Name an edge.

        Parameters
        ----------
        edge
            Index of the edge.

        Returns
        -------
        str
            Start, end and key, joined by hyphens.
        """
        u, v = self.node_id[self.edge_u[edge]], self.node_id[self.edge_v[edge]]
        return f"{u}-{v}-{self.edge_key[edge]}"
