"""Names of streets: from edges to long lines."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from shapely import LineString

from metro_gis.data.graphml import save_graphml_bytes
from metro_gis.data.network import from_npz, load_network, network_from_graph, to_npz
from metro_gis.data.street_names import name_edges, named_streets
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS

BLOCK = 0.001
"""Degrees between crossings on the equator: 111 m."""
HOSTILE = "</script><img src=x onerror=alert(1)>${1+1}{{7*7}}"


def grid(*streets):
    """Lay streets over a grid of crossings: (name, class, crossings in their order)."""
    graph = nx.MultiDiGraph(crs="epsg:4326", source="toy", created_date="2025-01-01")
    for name, road_class, places in streets:
        tags = {"highway": road_class} | ({"name": name} if name else {})
        for place in places:
            graph.add_node(place[0] * 1000 + place[1], x=place[0] * BLOCK, y=place[1] * BLOCK)
        for a, b in pairwise(places):
            line = LineString([(x * BLOCK, y * BLOCK) for x, y in (a, b)])
            length = line.length * 111_195
            for u, v, way in ((a, b, line), (b, a, line.reverse())):
                ends = u[0] * 1000 + u[1], v[0] * 1000 + v[1]
                graph.add_edge(*ends, length=length, geometry=way, **tags)
    return graph


def streets_of(*streets):
    """Join the streets of a grid."""
    return named_streets(network_from_graph(grid(*streets), SPEEDS))


def rounded(line):
    """Crossings of a line."""
    return [(round(x / BLOCK), round(y / BLOCK)) for x, y in line]


def test_edges_of_one_name_are_one_line():
    """A street of three blocks, both ways, is one line from end to end, crossed by another."""
    east = [(0, 1), (1, 1), (2, 1), (3, 1)]
    north = [(1, 0), (1, 1), (1, 2)]
    first, second = streets_of(
        ("Jalan Utara", "secondary", north), ("Jalan Timur", "primary", east)
    )
    assert (first.name, first.road_class) == ("Jalan Timur", "primary")
    # straight, so that its ends are enough
    assert [rounded(line) for line in first.lines] == [[(0, 1), (3, 1)]]
    assert [rounded(line) for line in second.lines] == [[(1, 0), (1, 2)]]


def test_a_street_in_two_places_is_two_lines():
    """Where a street is interrupted, its name stands along either part, the longer one first."""
    (street,) = streets_of(
        ("A", "tertiary", [(0, 0), (1, 0)]), ("A", "tertiary", [(3, 0), (4, 0), (5, 0)])
    )
    assert [rounded(line) for line in street.lines] == [[(3, 0), (5, 0)], [(0, 0), (1, 0)]]


def test_the_class_of_most_of_its_length_counts():
    """A street that is primary for one block and tertiary for two is a tertiary one."""
    (street,) = streets_of(
        ("A", "primary", [(0, 0), (1, 0)]), ("A", "tertiary", [(1, 0), (2, 0), (3, 0)])
    )
    assert street.road_class == "tertiary"
    assert len(street.lines) == 1


def test_small_streets_ramps_and_the_nameless_are_left_out():
    """No name stands along a residential street, a ramp, or a main road that has none."""
    assert not streets_of(
        ("A", "residential", [(0, 0), (1, 0)]),
        ("B", "primary_link", [(0, 1), (1, 1)]),
        ("", "primary", [(0, 2), (1, 2)]),
    )


def test_streets_of_no_class_are_named_last():
    """Where a graph does not tell classes its names are drawn all the same, the longest first."""
    found = streets_of(
        ("Short", None, [(0, 0), (1, 0)]),
        ("Long", None, [(0, 1), (1, 1), (2, 1)]),
        ("Main", "tertiary", [(0, 2), (1, 2)]),
    )
    assert [one.name for one in found] == ["Main", "Long", "Short"]
    assert found[1].road_class == "unknown"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jalan  Jenderal\tSudirman", "Jalan Jenderal Sudirman"),
        ("['Jalan A', 'Jalan B']", None),
        ('["Jalan Ma\'ruf"]', "Jalan Ma'ruf"),
        ("[Gang]", "[Gang]"),
        ("[" * 5000, None),
        ("x" * 61, None),
        ("\u202eeert S", "eert S"),
        ("  ", None),
        (HOSTILE, HOSTILE),
    ],
)
def test_names_are_read_as_they_are_meant(text, name):
    """One name is taken as text, several or an endless one as none; nothing is executed."""
    known, street = name_edges([text], ["primary"])
    assert (known, street.tolist()) == (((name,), [0]) if name else ((), [-1]))


def test_names_survive_file_and_cache(tmp_path):
    """Names read from GraphML, and from what is kept of it, are those of the graph."""
    graph = grid((HOSTILE, "primary", [(0, 0), (1, 0)]), ("", "primary", [(1, 0), (2, 0)]))
    path = tmp_path / "roads.graphml"
    path.write_bytes(save_graphml_bytes(graph))
    network = load_network(path, speeds=SPEEDS)
    assert network.street_names == (HOSTILE,)
    assert sorted(network.street.tolist()) == [-1, -1, 0, 0]
    kept = from_npz(to_npz(network))
    assert kept.street_names == network.street_names
    assert kept.street.tolist() == network.street.tolist()


def test_names_stay_with_their_streets_where_others_are_closed():
    """A network without a closed street names what is left of it as before."""
    network = network_from_graph(
        grid(("A", "primary", [(0, 0), (1, 0)]), ("B", "primary", [(1, 0), (2, 0)])), SPEEDS
    )
    closed = np.flatnonzero(network.street == network.street_names.index("A"))
    assert [one.name for one in named_streets(network.without(closed))] == ["B"]


def test_the_modelled_city_bears_its_own_names(sample_workspace):
    """Names along modelled roads are those of its plan, the greatest street first."""
    network = load_network(sample_workspace / "data/roads.graphml", speeds=SPEEDS)
    assert network.modelled
    found = named_streets(network)
    assert (found[0].name, found[0].road_class) == ("Jalan Jenderal Ahmad Yani", "trunk")
    assert {one.road_class for one in found} <= {"trunk", "primary", "secondary", "tertiary"}


@pytest.mark.real_data
def test_real_streets_are_joined(real_data):
    """Balikpapan's main street is few lines, and in Cambridge, without classes, names are there."""
    balikpapan = named_streets(load_network(real_data / "balikpapan/roads.graphml", speeds=SPEEDS))
    main = next(one for one in balikpapan if one.name == "Jalan Jenderal Sudirman")
    assert main.road_class in {"trunk", "primary", "secondary"}
    assert len(main.lines) < 10
    cambridge = named_streets(load_network(real_data / "cambridge/roads.graphml", speeds=SPEEDS))
    assert {one.name for one in cambridge[:5]} >= {"Massachusetts Ave", "Memorial Dr"}
