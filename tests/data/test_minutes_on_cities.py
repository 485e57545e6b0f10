"""Travel minutes of whole cities against networkx on OSMnx's own graph."""

import math
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx
import pytest

from metro_gis.data.minutes import directed_ns
from metro_gis.data.network import load_network
from metro_gis.data.snapping import snap_points
from metro_gis.scenario import DEFAULT_SPEEDS_KPH

SAMPLE = Path(__file__).parents[2] / "data" / "roads.graphml"
NS_PER_MINUTE = 60e9
SOURCES, TARGETS = 50, 20


def minutes_of(data):
    """Drive an edge at its tagged speed or at its class's, as floats, without our code."""
    tagged = data.get("maxspeed")
    if tagged is not None:
        kph = float(tagged)
    else:
        road_class = data.get("highway", "unknown")
        kph = DEFAULT_SPEEDS_KPH.get(str(road_class).removesuffix("_link"), 25.0)
    return data["length"] / 1000 / kph * 60


def hang_on(weighted, graph, network, snaps, name, *, leaving):
    """Join points to networkx's graph where they were snapped, walking at 5 km/h."""
    for point in range(len(snaps)):
        for at in range(snaps.indptr[point], snaps.indptr[point + 1]):
            edge = snaps.edge[at]
            u, v = (int(network.node_id[ends[edge]]) for ends in (network.edge_u, network.edge_v))
            data = graph.edges[u, v, int(network.edge_key[edge])]
            share = snaps.along_m[at] / data["length"]
            walk = snaps.access_m[at] / 1000 / 5 * 60
            if leaving:
                minutes = walk + (1 - share) * minutes_of(data)
                weighted.add_edge(f"{name}{point}", v, minutes=minutes)
            else:
                minutes = walk + share * minutes_of(data)
                weighted.add_edge(u, f"{name}{point}", minutes=minutes)


def check_pairs(path):
    graph = osmnx.load_graphml(path)
    weighted = nx.MultiDiGraph()
    for u, v, key, data in graph.edges(keys=True, data=True):
        weighted.add_edge(u, v, key, minutes=minutes_of(data))
    network = load_network(path, speeds=DEFAULT_SPEEDS_KPH)
    assert (network.edge_key > 0).any()
    assert {str(data.get("oneway")) for *_, data in graph.edges(data=True)} == {"True", "False"}
    rng = np.random.default_rng(1)
    # points on different streets, so that no pair lies on one edge
    nodes = rng.choice(network.n_nodes, SOURCES + TARGETS, replace=False)
    beside = rng.uniform(-0.0005, 0.0005, (2, len(nodes)))
    snaps = [
        snap_points(
            network,
            network.node_lon[chosen] + beside[0, : len(chosen)],
            network.node_lat[chosen] + beside[1, : len(chosen)],
            snap_limit_m=300,
        )
        for chosen in (nodes[:SOURCES], nodes[SOURCES:])
    ]
    hang_on(weighted, graph, network, snaps[0], "source ", leaving=True)
    hang_on(weighted, graph, network, snaps[1], "target ", leaving=False)
    ours = np.concatenate([ns for _, ns in directed_ns(network, *snaps, access_kph=5.0)])
    compared = 0
    for row in range(SOURCES):
        name = f"source {row}"
        theirs = nx.single_source_dijkstra_path_length(weighted, name, weight="minutes")
        for column in range(TARGETS):
            expected = theirs.get(f"target {column}", math.inf)
            found = ours[row, column] / NS_PER_MINUTE
            assert found == expected or abs(found - expected) <= 1e-6
            compared += 1
    assert compared == SOURCES * TARGETS == 1000


def test_minutes_of_the_sample_equal_networkx():
    """A thousand random pairs of the sample agree to a millionth of a minute before rounding."""
    check_pairs(SAMPLE)


@pytest.mark.real_data
def test_minutes_of_cambridge_equal_networkx(real_data):
    """The same holds on the real one-way streets and parallel edges of Cambridge."""
    check_pairs(real_data / "cambridge" / "roads.graphml")
