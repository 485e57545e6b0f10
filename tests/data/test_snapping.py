"""Points on their nearest roads."""

import math
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from metro_gis.data.network import network_from_graph
from metro_gis.data.road_table import great_circle_m
from metro_gis.data.snapping import snap_points
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS

K = 6371009 * math.pi / 180
LAT = -5.1


def town(seed=1, nodes=12, edges=24, lat=LAT, spread=0.01):
    """Random directed edges, half of them bent, lengths as OSMnx measures them."""
    rng = np.random.default_rng(seed)
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node in range(nodes):
        x, y = rng.uniform(0, spread, 2)
        graph.add_node(node, x=105.3 + x, y=lat + y)
    for number in range(edges):
        u, v = (int(node) for node in rng.choice(nodes, 2, replace=False))
        line = [(graph.nodes[u]["x"], graph.nodes[u]["y"])]
        if number % 2:
            line.append((105.3 + rng.uniform(0, spread), lat + rng.uniform(0, spread)))
        line.append((graph.nodes[v]["x"], graph.nodes[v]["y"]))
        length = float(great_circle_m(*np.array(line).T).sum())
        graph.add_edge(u, v, length=length, geometry=LineString(line))
        if number % 3:
            graph.add_edge(v, u, length=length, geometry=LineString(line[::-1]))
    return network_from_graph(graph, SPEEDS)


def measure(network, edge, lon0, lat0):
    """Share along an edge and distance to it, in plain Python."""
    first, last = network.edge_geom_ptr[edge : edge + 2]
    squeeze = math.cos(math.radians(lat0))
    line = [
        ((lon - lon0) * squeeze * K, (lat - lat0) * K)
        for lon, lat in zip(
            network.geom_lon[first:last].tolist(),
            network.geom_lat[first:last].tolist(),
            strict=True,
        )
    ]
    best, walked, total = (math.inf, 0.0), 0.0, 0.0
    for (ax, ay), (bx, by) in pairwise(line):
        dx, dy = bx - ax, by - ay
        t = min(1.0, max(0.0, -(ax * dx + ay * dy) / (dx * dx + dy * dy)))
        distance = math.hypot(ax + t * dx, ay + t * dy)
        if distance < best[0]:
            best = (distance, total + t * math.hypot(dx, dy))
        total += math.hypot(dx, dy)
    walked = best[1]
    return walked / total, best[0]


def snap_slowly(network, lon0, lat0, limit):
    """Attachments of a point by looking at every edge."""
    found = [measure(network, edge, lon0, lat0) for edge in range(network.n_edges)]
    least = min(distance for _, distance in found)
    if least > limit:
        return [], least
    return [
        (edge, share * network.length_m[edge], distance)
        for edge, (share, distance) in enumerate(found)
        if distance <= least + 0.001
    ], least


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 50),
    st.sampled_from([LAT, 42.4, 64.0]),
    st.floats(-0.004, 0.014),
    st.floats(-0.004, 0.014),
)
def test_snapping_equals_looking_at_every_edge(seed, lat, x, y):
    """The index finds the same edges, feet and distances as a loop over all edges."""
    network = town(seed, lat=lat)
    lon0, lat0 = 105.3 + x, lat + y
    expected, least = snap_slowly(network, lon0, lat0, 300.0)
    snaps = snap_points(network, [lon0], [lat0], snap_limit_m=300.0)
    assert snaps.edge.tolist() == [edge for edge, _, _ in expected]
    assert snaps.along_m == pytest.approx([along for _, along, _ in expected], abs=2e-6)
    assert snaps.access_m == pytest.approx([access for *_, access in expected], abs=2e-6)
    assert snaps.nearest_m[0] == pytest.approx(least, rel=1e-3 if not expected else 1e-9)


def test_both_directions_of_a_street_are_attached():
    """A point beside a two-way street hangs on both edges, its feet at one place."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_node("a", x=105.3, y=0.0)
    graph.add_node("b", x=105.3 + 100 / K, y=0.0)
    graph.add_edge("a", "b", length=100.0)
    graph.add_edge("b", "a", length=100.0)
    network = network_from_graph(graph, SPEEDS)
    snaps = snap_points(network, [105.3 + 30 / K], [10 / K], snap_limit_m=300)
    assert snaps.edge.tolist() == [0, 1]
    assert snaps.along_m == pytest.approx([30.0, 70.0], abs=1e-5)
    assert snaps.access_m == pytest.approx([10.0, 10.0], abs=1e-5)
    # whole micrometres, so that a table can hold them exactly
    assert [round(value, 6) for value in snaps.along_m.tolist()] == snaps.along_m.tolist()


def test_a_point_on_a_junction_hangs_on_every_edge_there():
    """At a junction all incident edges are as near as each other."""
    network = town(3)
    node = int(network.edge_u[0])
    at = (network.node_lon[node], network.node_lat[node])
    snaps = snap_points(network, [at[0]], [at[1]], snap_limit_m=10)
    incident = np.flatnonzero((network.edge_u == node) | (network.edge_v == node))
    assert set(incident) <= set(snaps.edge.tolist())
    assert snaps.access_m.max() <= 0.001


def test_far_points_hang_on_nothing_but_know_how_far():
    """A point beyond the limit, even 3,000 km away, has no road and a distance."""
    network = town()
    snaps = snap_points(
        network, [105.305, 105.305, 78.0], [LAT + 0.005, LAT + 0.1, LAT], snap_limit_m=300
    )
    assert snaps.has_road.tolist() == [True, False, False]
    assert 9_000 < snaps.nearest_m[1] < 11_500
    assert snaps.nearest_m[2] > 2_900_000
    assert len(snaps) == 3
    assert snaps.point.tolist() == [0] * len(snaps.edge)


def test_no_points_are_no_special_case():
    """An empty table of points snaps to empty arrays."""
    snaps = snap_points(town(), [], [], snap_limit_m=300)
    assert len(snaps) == 0
    assert snaps.indptr.tolist() == [0]


def test_order_of_points_does_not_matter():
    """Many points snap as each of them alone does."""
    network = town(5)
    rng = np.random.default_rng(0)
    lon, lat = 105.3 + rng.uniform(0, 0.01, 600), LAT + rng.uniform(0, 0.01, 600)
    together = snap_points(network, lon, lat, snap_limit_m=300)
    for at in (0, 511, 512, 599):
        alone = snap_points(network, lon[at : at + 1], lat[at : at + 1], snap_limit_m=300)
        part = slice(together.indptr[at], together.indptr[at + 1])
        assert together.edge[part].tolist() == alone.edge.tolist()
        assert together.along_m[part].tolist() == alone.along_m.tolist()
