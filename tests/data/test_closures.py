"""Closed streets."""

import networkx as nx
import pytest

from metro_gis.data.closures import CLOSED_WITHIN_M, close_roads
from metro_gis.data.network import network_from_graph
from metro_gis.data.snapping import snap_points
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS
from metro_gis.scenario import Closure

STEP = 0.01
WEST, SOUTH = 105.3, -5.1


def ladder():
    """Two streets to the east, joined at both ends and in the middle; the south one is one way."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for x in range(3):
        for y in range(2):
            graph.add_node(f"{x}{y}", x=WEST + x * STEP, y=SOUTH + y * STEP)
    for u, v in (("00", "10"), ("10", "20")):
        graph.add_edge(u, v, length=1107.0)
    for u, v in (("01", "11"), ("11", "21"), ("00", "01"), ("10", "11"), ("20", "21")):
        graph.add_edge(u, v, length=1107.0)
        graph.add_edge(v, u, length=1107.0)
    return network_from_graph(graph, SPEEDS)


def at(x, y):
    return Closure(lon=WEST + x * STEP, lat=SOUTH + y * STEP)


def names(network):
    return [network.edge_name(edge) for edge in range(network.n_edges)]


@pytest.mark.parametrize(
    ("place", "edges"),
    [
        ((0.5, 1.0), [("01", "11", 0), ("11", "01", 0)]),
        ((0.4, 0.0), [("00", "10", 0)]),
        (
            (0.0, 1.0),
            [("00", "01", 0), ("01", "00", 0), ("01", "11", 0), ("11", "01", 0)],
        ),
    ],
)
def test_nearest_street_is_closed_in_all_directions(place, edges):
    """A two-way street is closed both ways, a one-way street once, at a junction all that meet."""
    network = ladder()
    closed = close_roads(network, [at(*place)])
    assert list(closed.edges) == edges
    assert [fault.severity for fault in closed.faults] == ["warning"]
    gone = {"-".join(map(str, edge)) for edge in edges}
    assert names(closed.network) == [name for name in names(network) if name not in gone]
    assert closed.network.counts.edges == closed.network.n_edges


def test_what_stays_open_keeps_its_line_and_time():
    """Every edge that is left has the vertices, the length and the time that it had."""
    network = ladder()
    left = close_roads(network, [at(0.5, 1.0)]).network
    before = {name: edge for edge, name in enumerate(names(network))}
    for edge, name in enumerate(names(left)):
        old = before[name]
        a, b = left.edge_geom_ptr[edge : edge + 2]
        c, d = network.edge_geom_ptr[old : old + 2]
        assert left.geom_lon[a:b].tolist() == network.geom_lon[c:d].tolist()
        assert left.geom_lat[a:b].tolist() == network.geom_lat[c:d].tolist()
        assert (left.length_m[edge], left.travel_ns[edge]) == (
            network.length_m[old], network.travel_ns[old])  # fmt: skip


def test_station_on_a_closed_street_hangs_on_the_next_one():
    """What lies on a closed street is reached from the nearest street that is open."""
    network = close_roads(ladder(), [at(0.1, 0.0)]).network
    snaps = snap_points(network, [WEST + 0.1 * STEP], [SOUTH], snap_limit_m=300)
    assert {network.edge_name(int(edge)) for edge in snaps.edge} == {"00-01-0", "01-00-0"}


def test_point_without_a_street_is_told_with_its_distance():
    """A point farther than the limit from every street is a fault, beside those that are found."""
    closed = close_roads(ladder(), [at(0.5, 0.5), at(0.5, 1.0)], file="roads.graphml")
    assert [fault.code for fault in closed.faults] == ["closed-no-street", "streets-closed"]
    far = closed.faults[0]
    assert (far.severity, far.file) == ("error", "roads.graphml")
    assert far.params["metres"] > CLOSED_WITHIN_M
    assert closed.faults[1].params == {"count": 1, "edges": 2, "metres": 1107}


def test_nothing_closed_is_the_same_network():
    """Without points the network is the very same."""
    network = ladder()
    assert close_roads(network, []).network is network
