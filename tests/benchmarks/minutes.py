"""Travel minutes against networkx and igraph: same graph, same sources, same process.

Two tasks. *paths*: from every source to every node, without a limit, the graph being in each
library's own form already. *table*: all that a plan needs - posts to stations, and stations to
stations within the limit, rounded up and the larger of both directions - where only the search for
shortest paths is exchanged; networkx may stop at the limit, igraph is asked for the nodes that
stations hang on. Tables must come out equal. Seconds are of the processor, so that other work on
the machine weighs less.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import networkx as nx
import numpy as np

from metro_gis.data import minutes as road_minutes
from metro_gis.data.road_graph import access_times, build_graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.instances import Ground

    from metro_gis.data.road_graph import RoadGraph

ACCESS_KPH = 5.0
BEAT_MINUTES = 8.0
REPEATS = 5


@dataclass(frozen=True)
class Clocked:
    """Seconds of one way to find the minutes.

    Parameters
    ----------
    library
        Whose shortest paths.
    paths_s, table_s
        Medians over the repeats.
    repeats
        How often each was run.
    equal
        Whether its table is equal to ours.
    """

    library: str
    paths_s: float
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
    nodes, edges, sources
        Its size, and the number of stations and posts.
    ways
        Ours first.
    """

    graph: str
    nodes: int
    edges: int
    sources: int
    ways: tuple[Clocked, ...]


class _Ours:
    library = "metro_gis (scipy)"

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph

    def paths(self, sources: np.ndarray, limit_ns: float, _wanted: np.ndarray) -> Any:
        return road_minutes.node_times(self.graph, sources, limit_ns)

    def rows(self, found: Any, _wanted: np.ndarray) -> np.ndarray:
        return found


class _Networkx:
    """Networkx on the kind of graph that OSMnx hands over."""

    library = "networkx (MultiDiGraph)"
    kind = nx.MultiDiGraph

    def __init__(self, graph: RoadGraph) -> None:
        matrix = graph.matrix.tocoo()
        self.first, self.size = graph.n_nodes, graph.matrix.shape[0]
        self.roads = self.kind()
        self.roads.add_nodes_from(range(self.size))
        rows, columns = (axis.tolist() for axis in matrix.coords)
        self.roads.add_weighted_edges_from(
            zip(rows, columns, matrix.data.tolist(), strict=True), weight="ns"
        )

    def paths(self, sources: np.ndarray, limit_ns: float, _wanted: np.ndarray) -> Any:
        cutoff = limit_ns if np.isfinite(limit_ns) else None
        return [
            nx.single_source_dijkstra_path_length(
                self.roads, self.first + one, cutoff=cutoff, weight="ns"
            )
            for one in sources.tolist()
        ]

    def rows(self, found: Any, _wanted: np.ndarray) -> np.ndarray:
        result = np.full((len(found), self.size), np.inf)
        for row, lengths in zip(result, found, strict=True):
            row[list(lengths)] = list(lengths.values())
        return result


class _NetworkxSimple(_Networkx):
    """Networkx on a graph without parallel edges, which is faster."""

    library = "networkx (DiGraph)"
    kind = nx.DiGraph


class _Igraph:
    library = "igraph"

    def __init__(self, graph: RoadGraph) -> None:
        import igraph

        matrix = graph.matrix.tocoo()
        self.first, self.size = graph.n_nodes, graph.matrix.shape[0]
        edges = np.column_stack(matrix.coords)
        self.roads = igraph.Graph(self.size, edges, directed=True)
        self.weights = matrix.data.tolist()

    def paths(self, sources: np.ndarray, _limit_ns: float, wanted: np.ndarray) -> Any:
        return self.roads.distances(
            source=(self.first + sources).tolist(),
            target=None if len(wanted) == self.size else wanted.tolist(),
            weights=self.weights,
            mode="out",
        )

    def rows(self, found: Any, wanted: np.ndarray) -> np.ndarray:
        result = np.full((len(found), self.size), np.inf)
        result[:, wanted] = found
        return result


def compare(name: str, ground: Ground, *, repeats: int = REPEATS) -> Comparison:
    """Clock every library that is installed on one graph; networkx once, being slow."""
    kinds: list[tuple[Any, int]] = [(_Ours, repeats)]
    if importlib.util.find_spec("igraph") is not None:
        kinds.append((_Igraph, repeats))
    kinds += [(_Networkx, 1), (_NetworkxSimple, 1)]
    access = access_times(ground.network, ground.stations, ACCESS_KPH)
    graph = build_graph(ground.network, access, len(ground.stations))
    sources = np.arange(len(ground.stations))
    everywhere = np.arange(graph.matrix.shape[0])
    ready = [(kind(graph), times) for kind, times in kinds]
    path_s: dict[str, list[float]] = {one.library: [] for one, _ in ready}
    table_s: dict[str, list[float]] = {one.library: [] for one, _ in ready}
    tables = {}
    # in turns, so that a slow minute of the machine falls on all
    for turn in range(repeats):
        for one, times in ready:
            if turn < times:
                path_s[one.library].append(
                    _clock(lambda one=one: one.paths(sources, np.inf, everywhere))[0]
                )
                seconds, tables[one.library] = _clock(lambda one=one: _table(ground, type(one)))
                table_s[one.library].append(seconds)
    ours = tables[_Ours.library]
    return Comparison(
        name,
        ground.network.n_nodes,
        ground.network.n_edges,
        len(ground.stations) + len(ground.posts),
        tuple(
            Clocked(
                one.library,
                statistics.median(path_s[one.library]),
                statistics.median(table_s[one.library]),
                times,
                _equal(ours, tables[one.library]),
            )
            for one, times in ready
        ),
    )


def _clock(run: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def _table(ground: Ground, kind: Any) -> road_minutes.RoadMinutes:
    """Make the whole table with another library's shortest paths."""
    wanted = np.unique(ground.network.edge_u[ground.stations.edge]).astype(np.int64)
    known: dict[int, Any] = {}

    def node_times(graph: RoadGraph, sources: np.ndarray, limit_ns: float) -> np.ndarray:
        if id(graph) not in known:
            known[id(graph)] = kind(graph)
        way = known[id(graph)]
        return way.rows(way.paths(sources, limit_ns, wanted), wanted)

    def make() -> road_minutes.RoadMinutes:
        return road_minutes.travel_times(
            ground.network,
            ground.posts,
            ground.stations,
            access_kph=ACCESS_KPH,
            beat_limit_minutes=BEAT_MINUTES,
        )

    if kind is _Ours:
        return make()
    with mock.patch.object(road_minutes, "node_times", node_times):
        return make()


def _equal(a: road_minutes.RoadMinutes, b: road_minutes.RoadMinutes) -> bool:
    names = ("deploy", "beat_indptr", "beat_indices", "beat_tenths")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)
