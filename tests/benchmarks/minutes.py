"""Travel minutes against networkx and igraph: same graph, same points, same process.

One task, all that a plan needs of a graph with its points: posts to stations; stations to stations
within the limit, the larger of both directions; legs to the road included; rounded up. metro_gis
makes it as `metro-gis run` does. Others search for shortest paths on the plain graph, and what they
find is made a table in the same way for all of them (`plain_minutes`); networkx may stop at the
limit, igraph is asked for the nodes that stations hang on. Tables must come out equal. Seconds are
of the processor, so that other work on the machine weighs less.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from plain_minutes import plain_table

from metro_gis.data.minutes import RoadMinutes, travel_times

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.instances import Ground

    from metro_gis.data.road_graph import RoadGraph

OURS = "metro_gis"
ACCESS_KPH = 5.0
BEAT_MINUTES = 8.0
REPEATED_S = 10.0
MOST_REPEATS = 9


@dataclass(frozen=True)
class Clocked:
    """Seconds of one way to find the minutes.

    Parameters
    ----------
    library
        Whose shortest paths.
    search_s
        In searches alone; of ours, all of it.
    table_s
        All of it.
    repeats
        How often it was run; seconds are medians.
    equal
        Whether its table is equal to ours.
    """

    library: str
    search_s: float
    table_s: float
    repeats: int
    equal: bool


@dataclass(frozen=True)
class Comparison:
    """Ways to find the minutes of one graph.

    Parameters
    ----------
    graph
        Name.
    nodes, edges, stations, posts
        Its size.
    pairs
        Pairs of stations within the limit.
    ways
        Ours first.
    """

    graph: str
    nodes: int
    edges: int
    stations: int
    posts: int
    pairs: int
    ways: tuple[Clocked, ...]


class _Library:
    """Shortest paths by a library, and the seconds that they take."""

    library: str
    search_s = 0.0

    def __init__(self, graph: RoadGraph) -> None:
        self.first, self.size = graph.n_nodes, graph.matrix.shape[0]
        self.state(graph.matrix.tocoo())

    def __call__(self, sources: np.ndarray, limit_ns: float, nodes: np.ndarray) -> np.ndarray:
        seconds, found = _clock(lambda: self.paths(self.first + sources, limit_ns, nodes))
        type(self).search_s += seconds
        return self.rows(found, nodes)


class _Networkx(_Library):
    """Networkx on the kind of graph that OSMnx hands over."""

    library = "networkx (MultiDiGraph)"
    kind = nx.MultiDiGraph

    def state(self, matrix: Any) -> None:
        self.roads = self.kind()
        self.roads.add_nodes_from(range(self.size))
        rows, columns = (axis.tolist() for axis in matrix.coords)
        self.roads.add_weighted_edges_from(
            zip(rows, columns, matrix.data.tolist(), strict=True), weight="ns"
        )

    def paths(self, sources: np.ndarray, limit_ns: float, _nodes: np.ndarray) -> Any:
        cutoff = limit_ns if np.isfinite(limit_ns) else None
        return [
            nx.single_source_dijkstra_path_length(self.roads, one, cutoff=cutoff, weight="ns")
            for one in sources.tolist()
        ]

    def rows(self, found: Any, nodes: np.ndarray) -> np.ndarray:
        result = np.full((len(found), self.size), np.inf)
        for row, lengths in zip(result, found, strict=True):
            row[list(lengths)] = list(lengths.values())
        return result[:, nodes]


class _NetworkxSimple(_Networkx):
    """Networkx on a graph without parallel edges, which is faster."""

    library = "networkx (DiGraph)"
    kind = nx.DiGraph


class _Igraph(_Library):
    library = "igraph"

    def state(self, matrix: Any) -> None:
        import igraph

        self.roads = igraph.Graph(self.size, np.column_stack(matrix.coords), directed=True)
        self.weights = matrix.data.tolist()

    def paths(self, sources: np.ndarray, _limit_ns: float, nodes: np.ndarray) -> Any:
        return self.roads.distances(
            source=sources.tolist(), target=nodes.tolist(), weights=self.weights, mode="out"
        )

    def rows(self, found: Any, _nodes: np.ndarray) -> np.ndarray:
        return np.array(found)


def compare(name: str, ground: Ground) -> Comparison:
    """Clock every library that is installed, and ours before and after each of its runs."""
    kinds: list[type[_Library]] = [_Networkx, _NetworkxSimple]
    if importlib.util.find_spec("igraph") is not None:
        kinds.insert(0, _Igraph)
    how = {"access_kph": ACCESS_KPH, "beat_limit_minutes": BEAT_MINUTES}
    own_s: list[float] = []

    def ours() -> RoadMinutes:
        seconds, table = _clock(lambda: travel_times(*_points(ground), **how))
        own_s.append(seconds)
        return table

    table = ours()
    ways = []
    for kind in kinds:
        searched_s: list[float] = []
        spent_s: list[float] = []
        equal = True
        # what takes a moment on a small graph is clocked more than once
        while not spent_s or (sum(spent_s) < REPEATED_S and len(spent_s) < MOST_REPEATS):
            kind.search_s = 0.0
            seconds, other = _clock(lambda kind=kind: plain_table(kind, *_points(ground), **how))
            searched_s.append(kind.search_s)
            spent_s.append(seconds)
            equal &= _equal(table, other)
            again = ours()
            assert _equal(table, again)
        median_s = statistics.median(searched_s), statistics.median(spent_s)
        ways.append(Clocked(kind.library, *median_s, len(spent_s), equal))
    own = statistics.median(own_s)
    return Comparison(
        name,
        ground.network.n_nodes,
        ground.network.n_edges,
        len(ground.stations),
        len(ground.posts),
        len(table.beat_indices),
        (Clocked(OURS, own, own, len(own_s), equal=True), *ways),
    )


def _points(ground: Ground) -> tuple[Any, ...]:
    return ground.network, ground.posts, ground.stations


def _clock(run: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def _equal(a: RoadMinutes, b: RoadMinutes) -> bool:
    names = ("deploy", "beat_indptr", "beat_indices", "beat_tenths")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)
