"""How far reserves come, against networkx and by hand."""

import math

import networkx as nx
import numpy as np
import pytest

from metro_gis.data.basemap import basemap_lines
from metro_gis.data.minutes import travel_times
from metro_gis.data.network import network_from_graph
from metro_gis.data.reserve_reach import find_reach
from metro_gis.data.road_graph import TENTH_NS, access_times
from metro_gis.data.road_table import great_circle_m
from metro_gis.data.snapping import snap_points
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS

KPH = 5.0
M_PER_DEGREE = 6371009 * math.pi / 180
WEST, SOUTH, STEP = 105.3, -5.1, 0.004


def street():
    """Nodes 0 to 3 in a row on the equator, 300 m apart, both ways at 45 km/h: 24 s each."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node in range(4):
        graph.add_node(node, x=105.0 + node * 300 / M_PER_DEGREE, y=0.0)
    for u in range(3):
        graph.add_edge(u, u + 1, length=300.0, highway="primary")
        graph.add_edge(u + 1, u, length=300.0, highway="primary")
    return network_from_graph(graph, SPEEDS)


def at_metres(network, *places):
    """Hang points on the roads, metres east and north of node 0."""
    east, north = np.array(places, dtype=float).T
    return snap_points(network, 105.0 + east / M_PER_DEGREE, north / M_PER_DEGREE, snap_limit_m=300)


def town(seed, side=7):
    """Draw a grid with one-way streets and roads of several classes."""
    rng = np.random.default_rng(seed)
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node in range(side * side):
        x, y = rng.uniform(-0.0008, 0.0008, 2)
        graph.add_node(node, x=WEST + node % side * STEP + x, y=SOUTH + node // side * STEP + y)
    for node in range(side * side):
        near = [node + 1] if node % side < side - 1 else []
        for other in near + ([node + side] if node + side < side * side else []):
            kind = ("primary", "residential", "track")[int(rng.integers(3))]
            ways = [(node, other), (other, node)]
            ends = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (node, other)])
            length = float(great_circle_m(*ends.T)[0])
            for u, v in ways if rng.random() < 0.7 else [ways[int(rng.integers(2))]]:
                graph.add_edge(u, v, length=length, highway=kind)
    network = network_from_graph(graph, SPEEDS)
    posts, stations = (
        snap_points(
            network,
            WEST + rng.uniform(0, (side - 1) * STEP, n),
            SOUTH + rng.uniform(0, (side - 1) * STEP, n),
            snap_limit_m=300,
        )
        for n in (3, 30)
    )
    return network, posts, stations


def test_minutes_and_streets_by_hand():
    """Access, road and access add up, the nearer post is named, both ends make a street reached."""
    network = street()
    # 10 m from the road are 7.2 s: A stands 60 m along (4.8 s), B 840 m along
    posts = at_metres(network, (60, 10), (840, 10))
    # from A: 7.2 + 240 m in 19.2 + 7.2 = 33.6 s, 5.6 tenths; from B 7.2 + 3.2 + 7.2, 2.9 tenths
    stations = at_metres(network, (300, 10), (800, -10))
    found = find_reach(network, posts, stations, access_kph=KPH, limit_minutes=0.2)
    assert found.post.tolist() == [0, 1]
    assert found.tenths.tolist() == [6, 3]
    # in 12 s A reaches node 0 (after 12.0 s), B node 3 (after 12.0 s): no street from end to end
    assert not found.edges.any()
    # 0.5 minutes: node 1 from A after 26.4 s, node 2 from B after 26.4 s
    wider = find_reach(network, posts, stations, access_kph=KPH, limit_minutes=0.5)
    assert wider.edges.all()
    # 0.4 minutes are 24 s: still only the outer nodes
    assert not find_reach(network, posts, stations, access_kph=KPH, limit_minutes=0.4).edges.any()
    only_a = find_reach(
        network, at_metres(network, (60, 10)), stations, access_kph=KPH, limit_minutes=0.5
    )
    assert only_a.edges.tolist() == [True, True, False, False, False, False]
    assert basemap_lines(network, only=only_a.edges).keys() == {"primary"}
    assert len(basemap_lines(network, only=only_a.edges)["primary"]) == 1


def test_no_post_reaches_nothing():
    """Where no post has a reserve there is no nearest one, and no street is reached."""
    network = street()
    nobody = snap_points(network, [], [], snap_limit_m=300)
    found = find_reach(network, nobody, at_metres(network, (0, 0)), access_kph=KPH)
    assert found.post.tolist() == found.tenths.tolist() == [-1]
    assert not found.edges.any()


def test_a_station_without_a_road_has_no_reserve():
    """A point that hangs on no road is reached from no post, unless it is the post's own place."""
    network = street()
    posts = at_metres(network, (0, 5000))
    stations = at_metres(network, (0, 5000), (300, 5000), (300, 10))
    found = find_reach(network, posts, stations, access_kph=KPH)
    assert found.tenths.tolist() == [0, -1, -1]


@pytest.mark.parametrize("seed", range(6))
def test_reach_is_that_of_the_minutes_and_of_networkx(seed):
    """Minutes are the least of those of all posts; nodes in time are those that networkx finds."""
    network, posts, stations = town(seed)
    limit_minutes = 4.0
    found = find_reach(network, posts, stations, access_kph=KPH, limit_minutes=limit_minutes)
    minutes = travel_times(network, posts, stations, access_kph=KPH, beat_limit_minutes=1.0)
    deploy = np.where(minutes.deploy < 0, np.iinfo(np.int32).max, minutes.deploy)
    no_path = (minutes.deploy < 0).all(axis=0)
    assert found.tenths.tolist() == np.where(no_path, -1, deploy.min(axis=0)).tolist()
    assert found.post.tolist() == np.where(no_path, -1, deploy.argmin(axis=0)).tolist()

    graph = nx.DiGraph()
    for u, v, ns in zip(network.edge_u, network.edge_v, network.travel_ns, strict=True):
        if not graph.has_edge(u, v) or graph[u][v]["ns"] > ns:
            graph.add_edge(int(u), int(v), ns=int(ns))
    leaving = access_times(network, posts, KPH)
    for at, edge in enumerate(leaving.edge):
        start, head = ("post", int(leaving.point[at])), int(network.edge_v[edge])
        ns = int(leaving.access_ns[at] + leaving.rest_ns[at])
        if not graph.has_edge(start, head) or graph[start][head]["ns"] > ns:
            graph.add_edge(start, head, ns=ns)
    starts = [("post", number) for number in range(len(posts)) if ("post", number) in graph]
    limit_ns = round(limit_minutes * 10) * TENTH_NS
    near = nx.multi_source_dijkstra_path_length(graph, starts, cutoff=limit_ns, weight="ns")
    expected = [
        int(u) in near and int(v) in near
        for u, v in zip(network.edge_u, network.edge_v, strict=True)
    ]
    assert 0 < sum(expected) < len(expected)
    assert found.edges.tolist() == expected
