"""Contracted roads give the times of the plain ones, on any roads and with any points on them."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_minutes import plain_pieces, plain_table
from scipy.sparse.csgraph import dijkstra

from metro_gis.data import contraction
from metro_gis.data.contraction import contract
from metro_gis.data.minutes import directed_ns, travel_times
from metro_gis.data.network import network_from_graph
from metro_gis.data.snapping import Snaps
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS

KPH = 5.0
METRE = 180 / (math.pi * 6371009)
CLASSES = ("primary", "residential", "track")
TABLE = ("deploy", "beat_indptr", "beat_indices", "beat_tenths")


@st.composite
def roads(draw):
    """Draw roads: one-way streets, parallel edges, loops, dead ends and islands among them."""
    nodes = draw(st.integers(2, 12))
    node = st.integers(0, nodes - 1)
    edge = st.tuples(node, node, st.integers(0, 2), st.booleans(), st.integers(0, 300))
    edges = draw(st.lists(edge, min_size=1, max_size=24))
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for number in range(nodes):
        graph.add_node(number, x=105.0 + number * 100 * METRE, y=0.0)
    for u, v, kind, both_ways, detour in [(0, 1, 0, False, 0), *edges]:
        length = 100.0 * max(1, abs(u - v)) * (1 + detour / 30_000)
        graph.add_edge(u, v, length=length, highway=CLASSES[kind])
        if both_ways:
            graph.add_edge(v, u, length=length, highway=CLASSES[kind])
    return network_from_graph(graph, SPEEDS)


@st.composite
def points(draw, network):
    """Draw points that hang on edges, many on one edge, some at one place, some on none."""
    edge = st.integers(0, min(network.n_edges - 1, draw(st.integers(0, 30))))
    place = st.tuples(edge, st.integers(0, 100), st.integers(0, 9))
    hung = draw(st.lists(st.lists(place, max_size=3).map(sorted), max_size=6))
    lon = draw(st.lists(st.integers(0, 9), min_size=len(hung), max_size=len(hung)))
    flat = [place for one in hung for place in one]
    return Snaps(
        lon=np.array(lon, dtype=float),
        lat=np.zeros(len(hung)),
        indptr=np.cumsum([0, *map(len, hung)]),
        edge=np.array([edge for edge, _, _ in flat], dtype=np.int32),
        along_m=np.array([share * network.length_m[edge] / 100 for edge, share, _ in flat]),
        access_m=np.array([float(access) for *_, access in flat]),
        nearest_m=np.zeros(len(hung)),
    )


def scipy_paths(graph):
    """Search the plain roads by scipy."""

    def between(rows, limit_ns, nodes):
        return dijkstra(graph.matrix, indices=graph.n_nodes + rows, limit=limit_ns)[:, nodes]

    return between


def rows_of(pieces, n_sources, n_targets):
    found = np.full((n_sources, n_targets), np.inf)
    for first, ns in pieces:
        found[first : first + len(ns)] = ns
    return found


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([0, 1, 2, 3, 8]), st.integers(0, 60))
def test_times_between_nodes_stay(data, neighbours, limit_s):
    """However far roads are contracted, times are those of Dijkstra; below the limit, if any."""
    network = data.draw(roads())
    n = network.n_nodes
    starts = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=4))
    ends = data.draw(st.lists(st.integers(0, n - 1), max_size=6))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contraction, "MOST_NEIGHBOURS", neighbours)
        patched.setattr(contraction, "LEAST_NODES", data.draw(st.sampled_from([1, 4])))
        contracted, rank = contract(
            network, np.array(starts, dtype=np.int32), np.array(ends, dtype=np.int32)
        )
    assert sorted(rank.tolist()) == list(range(n))
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n))
    for u, v, ns in zip(network.edge_u, network.edge_v, network.travel_ns, strict=True):
        graph.add_edge(int(u), int(v), ns=int(ns))
    limit_ns = limit_s * 1e9 if limit_s else math.inf
    times = np.full((n, len(starts)), np.inf)
    times[rank[starts], np.arange(len(starts))] = 0.0
    contracted.spread(times, limit_ns)
    for column, start in enumerate(starts):
        expected = nx.single_source_dijkstra_path_length(graph, start, weight="ns")
        for end in ends:
            ns = expected.get(end, math.inf)
            found = times[rank[end], column]
            assert found == ns if ns <= limit_ns else found > limit_ns


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([0, 2, 8]), st.sampled_from([1, 2000, 2**26]))
def test_tables_are_those_of_the_plain_roads(data, neighbours, piece_bytes):
    """Posts to stations and beats are equal, whatever the pieces, the layers and the limit."""
    network = data.draw(roads())
    posts, stations = data.draw(points(network)), data.draw(points(network))
    how = {"access_kph": KPH, "beat_limit_minutes": data.draw(st.integers(0, 30)) / 10}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contraction, "MOST_NEIGHBOURS", neighbours)
        patched.setattr(contraction, "LEAST_NODES", data.draw(st.sampled_from([1, 4])))
        patched.setattr("metro_gis.data.minutes.PIECE_BYTES", piece_bytes)
        fast = travel_times(network, posts, stations, **how)
        ns = directed_ns(network, posts, stations, access_kph=KPH)
        found = rows_of(ns, len(posts), len(stations))
    plain = plain_table(scipy_paths, network, posts, stations, **how)
    for name in TABLE:
        ours, theirs = getattr(fast, name), getattr(plain, name)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs), name
    pieces = plain_pieces(scipy_paths, network, posts, stations, access_kph=KPH)
    expected = rows_of(
        ((piece.sources[0], piece.ns.T) for piece in pieces), len(posts), len(stations)
    )
    assert np.array_equal(found, expected)


def test_most_of_a_town_is_contracted():
    """Of streets in squares only a small core is left, and it does not grow with dead ends."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    side = 30
    for n in range(2 * side * side):
        graph.add_node(n, x=105.0 + n % side / 500, y=-5.0 + n // side / 500)
    for n in range(side * side):
        for m in [n + 1] * ((n + 1) % side > 0) + [n + side] * (n + side < side * side):
            graph.add_edge(n, m, length=222.0)
            graph.add_edge(m, n, length=222.0)
        graph.add_edge(n, n + side * side, length=50.0)
        graph.add_edge(n + side * side, n, length=50.0)
    network = network_from_graph(graph, SPEEDS)
    everywhere = np.arange(network.n_nodes, dtype=np.int32)
    contracted, _ = contract(network, everywhere, everywhere)
    assert contracted.n == network.n_nodes
    assert contracted.n_core < side * side / 2
    assert len(contracted.up.steps.ns) < 3 * network.n_edges


def test_islands_and_lone_nodes_are_no_core(monkeypatch):
    """Roads that fall apart are contracted to nothing, and paths are found all the same."""
    monkeypatch.setattr(contraction, "LEAST_NODES", 1)
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for n in range(9):
        graph.add_node(n, x=105.0 + n * 100 * METRE, y=0.0)
    for u, v in ((0, 1), (2, 3), (3, 2), (4, 4), (4, 5)):
        graph.add_edge(u, v, length=100.0 * max(1, v - u))
    network = network_from_graph(graph, SPEEDS)
    everywhere = np.arange(network.n_nodes, dtype=np.int32)
    contracted, rank = contract(network, everywhere, everywhere)
    assert contracted.n_core == 0
    times = np.full((network.n_nodes, 1), np.inf)
    times[rank[3]] = 0.0
    contracted.spread(times, np.inf)
    assert np.flatnonzero(np.isfinite(times[rank, 0])).tolist() == [2, 3]
