"""Minutes over the roads, against slower and simpler ways to find them."""

import json
import math
import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from metro_gis.data.legs import directed_legs, directed_tenths, find_legs
from metro_gis.data.minutes import directed_ns, travel_times
from metro_gis.data.network import load_network, network_from_graph
from metro_gis.data.road_graph import limit_tenths
from metro_gis.data.road_table import great_circle_m
from metro_gis.data.snapping import Snaps, snap_points
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS

KPH = 5.0
M_PER_DEGREE = 6371009 * math.pi / 180
MINUTE_NS = 60_000_000_000


def road_town(seed=7, side=6):
    """Make a bent grid with one-way streets, parallel edges and roads of all classes."""
    rng = np.random.default_rng(seed)
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for row in range(side):
        for col in range(side):
            x, y = rng.uniform(-0.0005, 0.0005, 2)
            graph.add_node(row * side + col, x=105.3 + col * 0.002 + x, y=-5.1 + row * 0.002 + y)
    classes = sorted(SPEEDS)

    def join(u, v):
        ends = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (u, v)])
        length = float(great_circle_m(*ends.T)[0])
        kind = classes[int(rng.integers(len(classes)))]
        for _ in range(1 + (rng.random() < 0.15)):
            graph.add_edge(u, v, length=length * 1.001, highway=kind)
            kind = classes[int(rng.integers(len(classes)))]
        if rng.random() < 0.6:
            graph.add_edge(v, u, length=length, highway=kind)

    for node in range(side * side):
        if node % side < side - 1:
            join(*((node, node + 1) if rng.random() < 0.5 else (node + 1, node)))
        if node + side < side * side:
            join(*((node, node + side) if rng.random() < 0.5 else (node + side, node)))
    return network_from_graph(graph, SPEEDS)


def strip(*pairs):
    """Nodes 0, 1, 2 in a row on the equator, 100 m apart, with the given directed edges."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node in range(3):
        graph.add_node(node, x=105.0 + node * 100 / M_PER_DEGREE, y=0.0)
    for u, v in pairs:
        graph.add_edge(u, v, length=100.0, highway="primary")
    return network_from_graph(graph, SPEEDS)


def at_metres(network, *places):
    """Points at metres east and north of node 0."""
    east, north = np.array(places, dtype=float).reshape(-1, 2).T
    return snap_points(network, 105.0 + east / M_PER_DEGREE, north / M_PER_DEGREE, snap_limit_m=300)


def attachments(network, snaps, point):
    """Edge, position, rest and access of a point in Python's whole numbers."""
    for at in range(snaps.indptr[point], snaps.indptr[point + 1]):
        edge = int(snaps.edge[at])
        ns = int(network.travel_ns[edge])
        along_um = round(float(snaps.along_m[at]) * 1e6)
        length_um = max(1, round(float(network.length_m[edge]) * 1e6))
        pos = ns * along_um // length_um
        yield edge, pos, ns - pos, round(round(float(snaps.access_m[at]) * 1e6) * 3600 / KPH)


def slow_ns(network, source, target, node_times):
    """Time from a point to a point, given a function for times between nodes."""
    (sources, a), (targets, b) = source, target
    if (sources.lon[a], sources.lat[a]) == (targets.lon[b], targets.lat[b]):
        return 0
    best = math.inf
    for edge, pos, rest, access in attachments(network, sources, a):
        times = node_times(int(network.edge_v[edge]))
        for to, to_pos, _, to_access in attachments(network, targets, b):
            between = times.get(int(network.edge_u[to]), math.inf)
            best = min(best, access + rest + between + to_pos + to_access)
            if to == edge and pos <= to_pos:
                best = min(best, access + to_pos - pos + to_access)
    return best


def networkx_times(network):
    """Find times between nodes by networkx, parallel edges by their fastest."""
    graph = nx.DiGraph()
    for u, v, ns in zip(
        network.edge_u.tolist(), network.edge_v.tolist(), network.travel_ns.tolist(), strict=True
    ):
        if ns < graph.get_edge_data(u, v, {"ns": math.inf})["ns"]:
            graph.add_edge(u, v, ns=ns)
    return lambda node: nx.single_source_dijkstra_path_length(graph, node, weight="ns")


def bellman_ford(network):
    """Find times between nodes by relaxing every edge as often as there are nodes."""
    edges = list(
        zip(
            network.edge_u.tolist(),
            network.edge_v.tolist(),
            network.travel_ns.tolist(),
            strict=True,
        )
    )

    def times(node):
        found = {node: 0}
        for _ in range(network.n_nodes):
            for u, v, ns in edges:
                if u in found:
                    found[v] = min(found.get(v, math.inf), found[u] + ns)
        return found

    return times


def all_ns(network, sources, targets, **how):
    """Every directed time, pieces joined."""
    pieces = [ns for _, ns in directed_ns(network, sources, targets, access_kph=KPH, **how)]
    return np.concatenate(pieces)


def random_points(network, count, seed):
    """Points in and around the roads."""
    rng = np.random.default_rng(seed)
    lon = rng.uniform(network.node_lon.min(), network.node_lon.max(), count)
    lat = rng.uniform(network.node_lat.min(), network.node_lat.max(), count)
    return snap_points(network, lon, lat, snap_limit_m=300)


def test_times_equal_networkx_on_a_town_with_one_way_streets():
    """Every pair has, to the nanosecond, the time that a loop over networkx paths finds."""
    network = road_town()
    posts, stations = random_points(network, 5, 1), random_points(network, 40, 2)
    times = networkx_times(network)
    for sources in (posts, stations):
        fast = all_ns(network, sources, stations)
        for a in range(len(sources)):
            for b in range(len(stations)):
                assert fast[a, b] == slow_ns(network, (sources, a), (stations, b), times)


def test_tenths_follow_from_nanoseconds():
    """Deploy is one way and rounded up; beats take the larger direction within the limit."""
    network = road_town()
    posts, stations = random_points(network, 4, 1), random_points(network, 30, 2)
    found = travel_times(network, posts, stations, access_kph=KPH, beat_limit_minutes=3.0)
    deploy = all_ns(network, posts, stations)
    expected = [
        [-1 if math.isinf(ns) else math.ceil(Fraction(int(ns), 6_000_000_000)) for ns in row]
        for row in deploy.tolist()
    ]
    assert found.deploy.tolist() == expected
    ns = all_ns(network, stations, stations)
    for a in range(len(stations)):
        row = slice(found.beat_indptr[a], found.beat_indptr[a + 1])
        assert found.beat_indices[row].tolist() == sorted(found.beat_indices[row].tolist())
        beat = dict(
            zip(found.beat_indices[row].tolist(), found.beat_tenths[row].tolist(), strict=True)
        )
        for b in range(len(stations)):
            larger = 0 if a == b else max(ns[a, b], ns[b, a])
            tenths = None if math.isinf(larger) else math.ceil(Fraction(int(larger), 6 * 10**9))
            assert beat.get(b) == (tenths if tenths is not None and tenths <= 30 else None)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_times_equal_bellman_ford_on_tiny_graphs(data):
    """On any tiny graph, with points anywhere on its edges, times are those of brute force."""
    nodes = data.draw(st.integers(2, 4))
    node = st.integers(0, nodes - 1)
    edges = data.draw(st.lists(st.tuples(node, node, st.booleans()), min_size=1, max_size=7))
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for number in range(nodes):
        graph.add_node(number, x=105.0 + number * 100 / M_PER_DEGREE, y=0.0)
    for u, v, fast in edges:
        kind = "primary" if fast else "track"
        graph.add_edge(u, v, length=100.0 * max(1, abs(u - v)), highway=kind)
    if all(u == v for u, v, _ in edges):
        graph.add_edge(0, 1, length=100.0)
    network = network_from_graph(graph, SPEEDS)
    place = st.tuples(st.integers(0, network.n_edges - 1), st.integers(0, 100), st.integers(0, 9))
    points = data.draw(st.lists(st.lists(place, max_size=3), min_size=1, max_size=4))
    hung = [place for point in points for place in sorted(point)]
    snaps = Snaps(
        lon=np.arange(len(points), dtype=float),
        lat=np.zeros(len(points)),
        indptr=np.cumsum([0, *map(len, points)]),
        edge=np.array([edge for edge, _, _ in hung], dtype=np.int32),
        along_m=np.array([share * network.length_m[edge] / 100 for edge, share, _ in hung]),
        access_m=np.array([float(access) for *_, access in hung]),
        nearest_m=np.zeros(len(points)),
    )
    fast = all_ns(network, snaps, snaps)
    times = bellman_ford(network)
    for a in range(len(points)):
        for b in range(len(points)):
            assert fast[a, b] == slow_ns(network, (snaps, a), (snaps, b), times)


def test_a_point_joins_nothing_that_roads_do_not_join():
    """A point between two separate roads is no bridge between them."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for number, (east, north) in enumerate([(0, 0), (100, 0), (0, 20), (100, 20)]):
        graph.add_node(number, x=105.0 + east / M_PER_DEGREE, y=north / M_PER_DEGREE)
    for u, v in ((0, 1), (1, 0), (2, 3), (3, 2)):
        graph.add_edge(u, v, length=100.0)
    network = network_from_graph(graph, SPEEDS)
    snaps = at_metres(network, (20, 0), (50, 10), (80, 20))
    assert np.diff(snaps.indptr).tolist() == [2, 4, 2]
    ns = all_ns(network, snaps, snaps)
    assert np.isinf(ns[0, 2])
    assert np.isfinite(ns[0, 1])
    assert np.isfinite(ns[1, 2])


def test_a_one_way_street_counts_the_way_round():
    """Against a one-way street there is no path, so the pair is in no beat."""
    network = strip((0, 1), (1, 2))
    stations = at_metres(network, (20, 0), (150, 0))
    found = travel_times(network, stations, stations, access_kph=KPH, beat_limit_minutes=60)
    assert found.deploy.tolist() == [[0, 2], [-1, 0]]
    assert found.beat_indices.tolist() == [0, 1]
    assert found.beat_tenths.tolist() == [0, 0]


def test_of_parallel_edges_the_fastest_counts():
    """Parallel edges are not added up, as a sparse matrix would do by itself."""
    network = strip((0, 1), (0, 1), (0, 1), (1, 2))
    snaps = at_metres(network, (150, 0))
    post = at_metres(network, (0, 0))
    ns = all_ns(network, post, snaps)
    assert ns[0, 0] == pytest.approx(150 * 3.6e9 / 45, rel=1e-4)


def test_points_on_one_edge_go_straight_ahead_or_round():
    """Ahead on an edge is direct; behind means to the end and back where the road allows it."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    corners = [(105.0 + east / M_PER_DEGREE, north / M_PER_DEGREE)
               for east, north in ((0, 0), (100, 0), (100, 100), (0, 100))]  # fmt: skip
    for node, (x, y) in enumerate(corners[:2]):
        graph.add_node(node, x=x, y=y)
    graph.add_edge(0, 1, length=100.0, highway="primary")
    way_back = LineString([*corners[1:], corners[0]])
    graph.add_edge(1, 0, length=300.0, highway="primary", geometry=way_back)
    network = network_from_graph(graph, SPEEDS)
    snaps = at_metres(network, (20, 1), (80, 1))
    forward, backward = all_ns(network, snaps, snaps)[[0, 1], [1, 0]]
    access = 2 * round(1e6 * 3600 / KPH)
    assert forward == pytest.approx(60 * 3.6e9 / 45 + access, rel=1e-4)
    assert backward == pytest.approx((20 + 300 + 20) * 3.6e9 / 45 + access, rel=1e-4)


def test_points_at_one_place_are_zero_apart():
    """The same longitude and latitude is the same site, with and without a road."""
    network = strip((0, 1), (1, 2))
    stations = at_metres(network, (50, 5), (50, 5), (50, 5000), (50, 5000))
    assert stations.has_road.tolist() == [True, True, False, False]
    found = travel_times(network, stations, stations, access_kph=KPH, beat_limit_minutes=1)
    assert found.deploy.tolist() == [[0, 0, -1, -1]] * 2 + [[-1, -1, 0, 0]] * 2
    assert found.beat_indices.tolist() == [0, 1, 0, 1, 2, 3, 2, 3]


def test_empty_tables_have_no_minutes():
    """No posts or no stations give empty arrays of the right shape."""
    network = strip((0, 1), (1, 2))
    none, one = at_metres(network), at_metres(network, (50, 0))
    found = travel_times(network, none, one, access_kph=KPH, beat_limit_minutes=1)
    assert found.deploy.shape == (0, 1)
    found = travel_times(network, one, none, access_kph=KPH, beat_limit_minutes=1)
    assert found.deploy.shape == (1, 0)
    assert found.beat_indptr.tolist() == [0]


def test_pieces_give_what_the_whole_gives(monkeypatch):
    """Memory is bounded by pieces, and pieces change no number."""
    network = road_town()
    stations = random_points(network, 25, 3)
    how = {"access_kph": KPH, "beat_limit_minutes": 4.0}
    whole = travel_times(network, stations, stations, **how)
    told = []
    monkeypatch.setattr("metro_gis.data.minutes.PIECE_BYTES", 2000)
    parts = travel_times(
        network, stations, stations, **how, progress=lambda done, total: told.append((done, total))
    )
    assert np.array_equal(whole.deploy, parts.deploy)
    assert np.array_equal(whole.beat_indptr, parts.beat_indptr)
    assert np.array_equal(whole.beat_tenths, parts.beat_tenths)
    assert told[-1] == (50, 50)


@pytest.mark.parametrize(
    ("minutes", "tenths"), [(8.0, 80), (0.3, 3), (0.7, 7), (8.05, 80), (2.3, 23), (0.0, 0)]
)
def test_limits_are_whole_tenths(minutes, tenths):
    """A limit is cut to tenths, and the dust of binary fractions takes none away."""
    assert limit_tenths(minutes) == tenths


def test_legs_agree_with_minutes_and_lie_on_roads():
    """A leg has the directed time, and its way is as long as its time says, from foot to foot."""
    network = road_town()
    stations = random_points(network, 20, 5)
    ns = all_ns(network, stations, stations)
    stops = [0, 4, 9, 13, 2, 0]
    (legs,) = directed_legs(network, stations, [stops], access_kph=KPH)
    groups = directed_tenths(network, stations, [[0, 4, 9], [13, 2]], access_kph=KPH)
    assert groups[0].tolist()[0][1] == legs[0].tenths
    assert groups[1].shape == (2, 2)
    for leg, (a, b) in zip(legs, pairwise(stops), strict=True):
        assert leg.ns == (-1 if np.isinf(ns[a, b]) else ns[a, b])
        if leg.ns < 0:
            assert len(leg.lon) == 0
            continue
        length = great_circle_m(leg.lon, leg.lat).sum()
        slowest = length * 3.6e9 / min(SPEEDS.values())
        fastest = length * 3.6e9 / max(SPEEDS.values())
        access = sum(float(stations.nearest_m[point]) for point in (a, b)) * 3.6e9 / KPH
        assert fastest * 0.99 <= leg.ns - access <= slowest * 1.01
        for point, at in ((a, 0), (b, -1)):
            gap = great_circle_m(
                np.array([stations.lon[point], leg.lon[at]]),
                np.array([stations.lat[point], leg.lat[at]]),
            )[0]
            assert gap == pytest.approx(stations.nearest_m[point], abs=0.05)


def test_legs_on_one_edge_at_one_place_and_nowhere():
    """Short legs are parts of one edge, legs of one site a point, and no path is no line."""
    network = strip((0, 1), (1, 2))
    stations = at_metres(network, (120, 0), (180, 0), (180, 0))
    ahead, same, back = find_legs(
        network, stations, stations, [(0, 1), (1, 2), (1, 0)], access_kph=KPH
    )
    assert (ahead.lon - 105.0) * M_PER_DEGREE == pytest.approx([120, 180], abs=0.01)
    assert (same.tenths, len(same.lon)) == (0, 1)
    assert (back.tenths, len(back.lon)) == (-1, 0)


def test_long_legs_are_found_too(monkeypatch):
    """What is not found near by is looked for everywhere."""
    network = road_town()
    stations = random_points(network, 12, 5)
    pairs = [(a, b) for a in range(12) for b in range(12)]
    near = find_legs(network, stations, stations, pairs, access_kph=KPH)
    monkeypatch.setattr("metro_gis.data.legs.NEAR_NS", (1000,))
    far = find_legs(network, stations, stations, pairs, access_kph=KPH)
    assert [leg.ns for leg in near] == [leg.ns for leg in far]
    ns = all_ns(network, stations, stations)
    assert [leg.ns for leg in far] == [
        -1 if np.isinf(ns[pair]) else int(ns[pair]) for pair in pairs
    ]


@pytest.mark.real_data
def test_cambridge_equals_networkx():
    """On a real one-way city random pairs agree with networkx to a millionth of a minute."""
    folder = os.environ.get("METRO_GIS_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("METRO_GIS_REAL_DATA names no folder")
    cambridge = Path(folder) / "cambridge"
    network = load_network(cambridge / "roads.graphml", speeds=SPEEDS)
    text = (cambridge / "ELECTIONS_PollingLocations.geojson").read_text(encoding="utf-8")
    places = [item["geometry"]["coordinates"][:2] for item in json.loads(text)["features"]]
    stations = snap_points(network, *np.array(places).T, snap_limit_m=300)
    fast = all_ns(network, stations, stations)
    times = networkx_times(network)
    rng = np.random.default_rng(1)
    for a in rng.choice(len(stations), 12, replace=False):
        for b in rng.choice(len(stations), 12, replace=False):
            slow = slow_ns(network, (stations, int(a)), (stations, int(b)), times)
            assert fast[a, b] / MINUTE_NS == pytest.approx(slow / MINUTE_NS, abs=1e-6)
