"""Road graphs as arrays, what is refused, and what is kept."""

import os
import stat
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from shapely import LineString

from metro_gis.data.graphml import read_graphml, save_graphml_bytes
from metro_gis.data.network import (
    from_npz,
    load_network,
    network_from_graph,
    network_warnings,
    to_npz,
)
from metro_gis.errors import InputError
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS

M_PER_DEGREE = 6371009 * np.pi / 180


def line_town():
    """Three nodes 100 m apart on the equator: two-way 1-2, parallel, one-way 2-3, trap at 3."""
    graph = nx.MultiDiGraph(crs="epsg:4326", created_date="2025-01-01 00:00:00", source="toy")
    for node in (1, 2, 3):
        graph.add_node(node, x=105.0 + node * 100 / M_PER_DEGREE, y=0.0)
    graph.add_edge(1, 2, length=100.0, highway="primary", maxspeed="60")
    graph.add_edge(2, 1, length=100.0, highway="primary", maxspeed="none")
    graph.add_edge(2, 1, length=100.0, highway=["residential", "primary"])
    graph.add_edge(2, 3, length=100.0, oneway=True)
    return graph


def codes(caught):
    """Codes of the faults of a caught error."""
    return [fault.code for fault in caught.value.faults]


@pytest.fixture
def graphml(tmp_path):
    """Line town as a file."""
    path = tmp_path / "roads.graphml"
    path.write_bytes(save_graphml_bytes(line_town()))
    return path


@pytest.fixture
def edited(graphml):
    """Line town as a file with a text replaced once."""

    def edit(old, new):
        text = graphml.read_text(encoding="utf-8")
        assert old in text
        graphml.write_text(text.replace(old, new, 1), encoding="utf-8")
        return graphml

    return edit


def test_edges_are_sorted_and_counted():
    """Edges stand by start, end and key; sources of speed and parallel edges are counted."""
    network = network_from_graph(line_town(), SPEEDS, 0.5, "abc")
    assert network.node_id.tolist() == ["1", "2", "3"]
    assert network.edge_u.tolist() == [0, 1, 1, 1]
    assert network.edge_v.tolist() == [1, 0, 0, 2]
    assert network.edge_key.tolist() == [0, 0, 1, 0]
    assert network.speed_kph.tolist() == [60.0, 45.0, 25.0, 25.0]
    assert network.travel_ns.tolist() == [
        12_000_000_000, 16_000_000_000, 28_800_000_000, 28_800_000_000,
    ]  # fmt: skip
    assert network.counts.parallel == 2
    assert network.counts.rejected_speeds == (("none", 1),)
    assert (network.source, network.modelled, network.sha256) == ("toy", False, "abc")
    assert network.edge_name(2) == "2-1-1"


def test_arrays_cannot_be_written_to():
    """A network is frozen, its arrays too."""
    network = network_from_graph(line_town(), SPEEDS)
    with pytest.raises(ValueError, match="read-only"):
        network.length_m[0] = 1.0


def test_components_tell_the_one_way_trap():
    """A node that can be reached but not left is a part of its own, told as a warning."""
    network = network_from_graph(line_town(), SPEEDS)
    assert network.component.tolist() == [0, 0, 1]
    assert network.component_sizes.tolist() == [2, 1]
    told = {fault.code: fault for fault in network_warnings(network)}
    assert sorted(told) == ["roads-parts", "roads-speed-rejected", "roads-speed-unknown"]
    assert all(fault.line("id") and fault.line("en") for fault in told.values())


def test_a_line_from_end_to_start_is_turned():
    """A line stored for both directions runs from start to end on every edge."""
    graph = line_town()
    line = LineString([(graph.nodes[n]["x"], 0.0) for n in (2, 1)])
    graph.edges[1, 2, 0]["geometry"] = line
    network = network_from_graph(graph, SPEEDS)
    assert network.counts.flipped == 1
    assert network.geom_lon[:2].tolist() == [graph.nodes[1]["x"], graph.nodes[2]["x"]]


def test_file_and_graph_give_the_same_network(graphml):
    """Reading columns straight from the file gives what OSMnx's graph gives."""
    from_file = load_network(graphml, speeds=SPEEDS)
    from_graph = network_from_graph(read_graphml(graphml), SPEEDS, 1.0, from_file.sha256)
    assert to_npz(from_file) == to_npz(from_graph)


def test_npz_round_trip_is_exact(graphml):
    """A network read back from its archive is the same to the last bit."""
    network = load_network(graphml, speeds=SPEEDS)
    again = from_npz(to_npz(network))
    assert again.counts == network.counts
    assert all(
        np.array_equal(again.arrays()[name], array) for name, array in network.arrays().items()
    )


def test_equal_graphs_give_equal_bytes(graphml):
    """Writing, reading and writing again changes no byte."""
    assert save_graphml_bytes(read_graphml(graphml)) == graphml.read_bytes()


def test_the_second_run_does_not_parse(graphml, tmp_path, monkeypatch):
    """A network that was kept is not read from XML again, nor for other speeds taken."""
    cache = tmp_path / "cache"
    first = load_network(graphml, speeds=SPEEDS, cache_dir=cache)
    monkeypatch.setattr("metro_gis.data.network.scan_graphml", None)
    second = load_network(graphml, speeds=SPEEDS, cache_dir=cache)
    assert to_npz(first) == to_npz(second)
    with pytest.raises(TypeError):
        load_network(graphml, speeds=SPEEDS, factor=0.8, cache_dir=cache)


def test_kept_networks_are_for_their_owner_only(graphml, tmp_path):
    """Kept files are 0600 in a folder of 0700, and no part is left behind."""
    cache = tmp_path / "cache"
    load_network(graphml, speeds=SPEEDS, cache_dir=cache)
    (kept,) = cache.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_a_cache_that_cannot_be_written_stops_nothing(graphml, tmp_path):
    """Where nothing can be kept the network is there all the same, with a warning."""
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    warnings = []
    network = load_network(graphml, speeds=SPEEDS, cache_dir=blocked / "x", warnings=warnings)
    assert network.n_edges == 4
    assert [fault.code for fault in warnings] == ["roads-cache-unkept"]
    assert warnings[0].line("id")


@pytest.mark.parametrize("damage", [b"", b"x", "flip", "truncate"])
def test_a_damaged_copy_is_told_and_replaced(graphml, tmp_path, damage):
    """Damage to a kept network is found by its checksum, told, and mended."""
    cache = tmp_path / "cache"
    good = load_network(graphml, speeds=SPEEDS, cache_dir=cache)
    (kept,) = cache.iterdir()
    content = kept.read_bytes()
    middle = len(content) // 2
    kept.write_bytes(
        {
            "flip": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "truncate": content[:-10],
        }.get(damage, damage)
    )
    warnings = []
    again = load_network(graphml, speeds=SPEEDS, cache_dir=cache, warnings=warnings)
    assert to_npz(again) == to_npz(good)
    assert [fault.code for fault in warnings] == ["roads-cache"]
    assert kept.read_bytes() == content


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (">100.0<", ">0.0<", "roads-edge-length"),
        (">100.0<", ">nan<", "roads-edge-length"),
        (">100.0<", ">-5<", "roads-edge-length"),
        (">100.0<", "><", "roads-edge-length"),
        (">0.0<", ">99<", "roads-node-range"),
        (">0.0<", ">x<", "roads-node-range"),
        ("epsg:4326", "epsg:32748", "roads-crs-wrong"),
        (">epsg:4326<", "><", "roads-crs-missing"),
        ('target="3"', 'target="4"', "roads-edge-node"),
        ('target="3" id="0"', 'target="3" id="e0"', "roads-edge-key"),
        ('target="3" id="0"', 'target="3"', "roads-edge-key"),
        ('target="1" id="1"', 'target="1" id="0"', "roads-edge-twice"),
        ("<data key", '<data key="nosuch">1</data><data key', "roads-graphml-form"),
        ('<node id="3"', '<node id="2"', "roads-node-twice"),
        ('edgedefault="directed"', 'edgedefault="undirected"', "roads-graphml-form"),
        ('source="1"', 'sauce="1"', "roads-graphml-form"),
        ("</graphml>", "", "roads-torn"),
        ("<graphml", "<!DOCTYPE x [<!ENTITY a 'b'>]><graphml", "roads-doctype"),
        ("utf-8", "cp037", "roads-encoding"),
        ("<graphml", "<html><graphml", "roads-html"),
    ],
)
def test_files_that_cannot_be_used_are_refused(edited, old, new, code):
    """Each kind of damage gets its own fault, told in both languages, with and without OSMnx."""
    path = edited(old, new)
    with pytest.raises(InputError) as caught:
        load_network(path, speeds=SPEEDS)
    assert code in codes(caught)
    assert all(fault.line(lang) for fault in caught.value.faults for lang in ("en", "id"))
    with pytest.raises(InputError):
        read_graphml(path)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "roads-empty"),
        (b"\x80\x04\x95rest", "roads-pickle"),
        (b"<!doctype html><html><body>404", "roads-html"),
        (bytes(range(7, 200)), "roads-not-roads"),
        (b"<?xml version='1.0'?><osm version='0.6'></osm>", "roads-is-osm"),
        (b"<graphml>" + b"<a>" * 100_000, "roads-graphml-form"),
        (b"<graphml>" + b"\xff" * 20, "roads-torn"),
    ],
)
def test_other_files_are_named(tmp_path, content, code):
    """A file that is no GraphML is refused by what it is, not by what a parser stumbles over."""
    path = tmp_path / "roads.graphml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_network(path, speeds=SPEEDS)
    assert codes(caught) == [code]
    assert caught.value.lines("id")


def test_a_missing_file_names_its_neighbours(graphml):
    """Where the file is not there, road files beside it are named."""
    with pytest.raises(InputError, match=r"roads\.graphml") as caught:
        load_network(graphml.with_name("road.graphml"), speeds=SPEEDS)
    assert codes(caught) == ["roads-missing"]


def test_a_file_above_the_cap_is_not_parsed(graphml):
    """Size is looked at before anything is read."""
    with pytest.raises(InputError) as caught:
        load_network(graphml, speeds=SPEEDS, size_limit_bytes=100)
    assert codes(caught) == ["roads-unpacks-too-large"]


def test_lengths_in_feet_are_noticed():
    """Lengths that do not fit the coordinates in the median are refused with a sample edge."""
    graph = line_town()
    for *_, data in graph.edges(data=True):
        data["length"] *= 3.28084
    with pytest.raises(InputError) as caught:
        network_from_graph(graph, SPEEDS)
    assert codes(caught) == ["roads-measure"]


def test_all_faults_come_at_once_and_many_are_summed_up():
    """Faults of nodes and edges come together; beyond twenty of a kind the rest is counted."""
    graph = line_town()
    for node in range(10, 40):
        graph.add_node(node, x=0.0, y=95.0)
    graph.edges[2, 3, 0]["length"] = None
    with pytest.raises(InputError) as caught:
        network_from_graph(graph, SPEEDS)
    assert codes(caught).count("roads-node-range") == 20
    assert "roads-more" in codes(caught)
    assert caught.value.faults[-1].params["edge"] == "2-3-0"


def test_an_undirected_graph_is_refused():
    """Without directions one-way streets are lost."""
    with pytest.raises(InputError) as caught:
        network_from_graph(line_town().to_undirected(), SPEEDS)
    assert codes(caught) == ["roads-undirected"]


def test_node_ids_may_be_any_text(graphml):
    """Node ids that are no numbers are kept as they are."""
    text = graphml.read_text(encoding="utf-8")
    for node in "123":
        for name in ("node id", "source", "target"):
            text = text.replace(f'{name}="{node}"', f'{name}="n{node}"')
    graphml.write_text(text, encoding="utf-8")
    assert load_network(graphml, speeds=SPEEDS).node_id.tolist() == ["n1", "n2", "n3"]
    assert list(read_graphml(graphml)) == ["n1", "n2", "n3"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "nodes", "unknown"),
    [("cambridge/roads", 1874, 4351), ("balikpapan/roads", 1207, None)],
)
def test_real_networks_are_read(name, nodes, unknown):
    """Real graphs pass every check; a graph without classes is taken and counted."""
    folder = os.environ.get("METRO_GIS_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("METRO_GIS_REAL_DATA names no folder")
    path = Path(folder) / f"{name}.graphml"
    network = load_network(path, speeds=SPEEDS)
    assert network.n_nodes == nodes
    assert unknown is None or network.counts.unknown == unknown
    again = network_from_graph(read_graphml(path), SPEEDS, 1.0, network.sha256)
    assert to_npz(again) == to_npz(network)
