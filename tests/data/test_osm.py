"""Roads from OpenStreetMap: places, areas and files, and what is refused."""

import bz2
import gzip
import json
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import osmium
import osmnx
import pytest
from shapely import Point, Polygon, box

from metro_gis.data.graphml import read_graphml, save_graphml_bytes
from metro_gis.data.network import load_network
from metro_gis.data.osm import (
    roads_from_osm_file,
    roads_from_place,
    roads_from_polygon,
    source_report,
)
from metro_gis.data.osm_profile import drop_reason, overpass_filter
from metro_gis.data.osm_settings import osmnx_settings
from metro_gis.errors import DataSourceError, InputError
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS

NODES = {
    1: (105.300, -5.100),
    2: (105.301, -5.100),
    3: (105.302, -5.100),
    4: (105.301, -5.101),
    5: (105.301, -5.102),
    8: (105.306, -5.106),
    9: (105.307, -5.106),
}
WAYS = {
    10: ([1, 2, 3], {"highway": "primary", "name": "Jl. Sudirman", "maxspeed": "50"}),
    11: ([2, 4, 5], {"highway": "residential", "oneway": "yes", "service": "alley"}),
    12: ([5, 3], {"highway": "tertiary"}),
    13: ([1, 4], {"highway": "footway"}),
    14: ([1, 5], {"highway": "residential", "access": "private"}),
    15: ([3, 4], {"highway": "residential", "motor_vehicle": "no"}),
    16: ([8, 9], {"highway": "residential"}),
    17: ([1, 9], {"route": "ferry"}),
}
AREA = box(105.299, -5.108, 105.309, -5.099)


def osm_xml(nodes=None, ways=None, head=""):
    """Write a map as OpenStreetMap XML."""
    lines = [f"<?xml version='1.0' encoding='UTF-8'?>{head}<osm version='0.6'>"]
    for number, (lon, lat) in (NODES if nodes is None else nodes).items():
        lines.append(f'<node id="{number}" version="1" lat="{lat}" lon="{lon}"/>')
    for number, (refs, tags) in (WAYS if ways is None else ways).items():
        inner = [f'<nd ref="{ref}"/>' for ref in refs]
        inner += [f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()]
        lines.append(f'<way id="{number}" version="1">{"".join(inner)}</way>')
    return "\n".join([*lines, "</osm>"]).encode()


@pytest.fixture
def osm_file(tmp_path):
    """Write bytes under a name and return the path."""

    def write(content, name="town.osm"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def write_pbf(path, nodes=None):
    """Write the map as PBF."""
    make = osmium.osm.mutable
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in (NODES if nodes is None else nodes).items():
            writer.add_node(make.Node(id=number, location=place))
        for number, (refs, tags) in WAYS.items():
            writer.add_way(make.Way(id=number, nodes=refs, tags=tags))
    return path


def codes(caught):
    """Codes of the faults; each of them must be tellable in both languages."""
    assert all(fault.line(lang) for fault in caught.value.faults for lang in ("en", "id"))
    return [fault.code for fault in caught.value.faults]


@pytest.fixture
def server(monkeypatch):
    """Serve answers like those of Nominatim and Overpass, which a test may replace."""
    place = {
        "geojson": {"type": "Polygon", "coordinates": [list(AREA.exterior.coords)]},
        "boundingbox": ["-5.108", "-5.099", "105.299", "105.309"],
        "importance": 0.5,
        "lat": "-5.1",
        "lon": "105.3",
        "display_name": "Kota Metro",
    }
    drivable = {number: way for number, way in WAYS.items() if drop_reason(way[1]) is None}
    elements = [
        {"type": "node", "id": number, "lon": lon, "lat": lat}
        for number, (lon, lat) in NODES.items()
    ] + [
        {"type": "way", "id": number, "nodes": refs, "tags": tags}
        for number, (refs, tags) in drivable.items()
        if "highway" in tags
    ]
    answers = {"search": (200, [place]), "interpreter": (200, {"elements": elements})}
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length", 0))
            asked.append((self.path, self.rfile.read(length).decode()))
            kind = "interpreter" if "interpreter" in self.path else "search"
            status, value = answers[kind]
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - names of the standard library

        def log_message(self, *_):
            """Say nothing."""

    # nominatim asks its guests to wait a second between questions; this one does not mind
    monkeypatch.setattr("osmnx._nominatim.time.sleep", lambda _: None)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{httpd.server_port}"
    yield {"answers": answers, "asked": asked, "url": url}
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def urls(server):
    """Addresses of the local server as keywords."""
    return {"nominatim_url": f"{server['url']}/", "overpass_url": f"{server['url']}/api"}


# -- files -----------------------------------------------------------------------------------------


def test_only_ways_that_can_be_driven_on_are_kept(osm_file):
    """Footways, private ways and ways closed to motors are left out and counted by reason."""
    graph = roads_from_osm_file(osm_file(osm_xml()))
    report = source_report(graph)
    assert sorted(graph.nodes) == [1, 2, 5]
    assert report.ways_kept == 4
    assert report.ways_dropped == {"highway": 1, "access": 1, "motor_vehicle": 1}
    assert (report.components, report.nodes_dropped) == (2, 2)
    assert graph.graph["modelled"] == "False"
    assert "town.osm" in graph.graph["source"]
    assert graph.edges[1, 2, 0]["maxspeed"] == "50"
    # the alley is one-way: back from 5 to 2 there is only the way over 3
    assert (graph.number_of_edges(2, 5), graph.number_of_edges(5, 2)) == (2, 1)
    assert all(len(report.lines(lang)) == 4 for lang in ("en", "id"))


def test_islands_stay_on_request(osm_file):
    """Parts without a road to the largest stay where islands are asked for."""
    graph = roads_from_osm_file(osm_file(osm_xml()), keep_islands=True)
    assert {8, 9} <= set(graph.nodes)
    assert source_report(graph).nodes_dropped == 0


@pytest.mark.parametrize(
    ("name", "pack"),
    [("t.osm.gz", gzip.compress), ("t.osm.bz2", bz2.compress), ("t.osm", bytes)],
)
def test_packed_files_give_the_same_graph(osm_file, name, pack):
    """Every packing of a map gives the same bytes, but for its name."""
    plain = save_graphml_bytes(roads_from_osm_file(osm_file(osm_xml())))
    packed = save_graphml_bytes(roads_from_osm_file(osm_file(pack(osm_xml()), name)))
    assert packed.replace(name.encode(), b"town.osm") == plain


def test_pbf_gives_the_same_graph(osm_file, tmp_path):
    """PBF, which OSMnx cannot read, gives what XML gives."""
    plain = roads_from_osm_file(osm_file(osm_xml()))
    graph = roads_from_osm_file(write_pbf(tmp_path / "town.osm.pbf"))
    assert list(graph.edges(keys=True)) == list(plain.edges(keys=True))


def test_a_graph_made_here_can_be_loaded(osm_file, tmp_path):
    """What is made from a file passes every check and carries its report along."""
    path = tmp_path / "roads.graphml"
    path.write_bytes(save_graphml_bytes(roads_from_osm_file(osm_file(osm_xml()))))
    network = load_network(path, speeds=SPEEDS)
    assert network.n_nodes == 3
    assert source_report(read_graphml(path)).ways_kept == 4


def test_the_date_of_the_data_is_kept(osm_file):
    """The date an extract states for its data becomes the date of the graph."""
    xml = osm_xml().replace(
        b"<osm version='0.6'>", b"<osm version='0.6' timestamp='2024-02-14T00:00:00Z'>"
    )
    assert roads_from_osm_file(osm_file(xml)).graph["created_date"] == "2024-02-14 00:00:00"
    assert roads_from_osm_file(osm_file(osm_xml())).graph["created_date"] == ""


def test_clipped_ways_are_cut_not_bridged(osm_file):
    """A way whose middle node is missing falls apart instead of jumping the gap."""
    ways = WAYS | {18: ([3, 2, 77, 4, 5], {"highway": "residential"})}
    graph = roads_from_osm_file(osm_file(osm_xml(ways=ways)), missing_share_limit=0.5)
    report = source_report(graph)
    assert (report.missing_nodes, report.ways_cut) == (1, 1)
    assert graph.has_edge(5, 2) is False
    assert graph.number_of_edges(3, 2) == 2


def test_too_many_missing_nodes_are_a_damaged_file(osm_file):
    """Where more than one way in twenty lacks nodes the file is refused."""
    nodes = {number: place for number, place in NODES.items() if number != 5}
    with pytest.raises(InputError) as caught:
        roads_from_osm_file(osm_file(osm_xml(nodes=nodes)))
    assert codes(caught) == ["roads-nodes-missing"]


def test_two_nodes_at_one_place_keep_a_length(osm_file, tmp_path):
    """An edge of no length gets a millimetre, so that its graph can be read again."""
    nodes = NODES | {6: NODES[3], 7: (105.303, -5.100)}
    ways = WAYS | {19: ([3, 6], {"highway": "primary"}), 20: ([6, 7], {"highway": "secondary"})}
    ways |= {21: ([6, 5], {"highway": "primary"})}
    graph = roads_from_osm_file(osm_file(osm_xml(nodes=nodes, ways=ways)))
    assert source_report(graph).zero_lengths == 2
    path = tmp_path / "roads.graphml"
    path.write_bytes(save_graphml_bytes(graph))
    assert load_network(path, speeds=SPEEDS).length_m.min() == 0.001


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.osm", "roads-empty"),
        (osm_xml()[:400], "a.osm", "roads-torn"),
        (gzip.compress(osm_xml())[:200], "a.osm.gz", "roads-torn"),
        (bz2.compress(osm_xml())[:200], "a.osm.bz2", "roads-torn"),
        (b"<!DOCTYPE html><html>Not found", "a.osm", "roads-html"),
        (bytes(range(1, 200)), "a.osm.pbf", "roads-not-roads"),
        (b"PK\x03\x04....", "a.osm", "roads-not-roads"),
        (gzip.compress(osm_xml()), "a.osm", "roads-name-differs"),
        (osm_xml(), "a.osm.pbf", "roads-name-differs"),
        (osm_xml(head="<!DOCTYPE o [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"), "a.osm",
         "roads-doctype"),
        (osm_xml().replace(b"UTF-8", b"IBM037"), "a.osm", "roads-encoding"),
        (b"<?xml version='1.0'?><graphml></graphml>", "a.osm", "roads-is-graphml"),
        (osm_xml(ways={13: WAYS[13], 14: WAYS[14]}), "a.osm", "roads-none"),
        (osm_xml(nodes=NODES | {1: (105.3, 99.0)}), "a.osm", "roads-node-range"),
        (osm_xml(nodes=NODES | {1: (500, -5.1)}), "a.osm", "roads-node-range"),
        (osm_xml(nodes=NODES | {1: ("nan", -5.1)}), "a.osm", "roads-node-range"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used_are_refused(osm_file, content, name, code):
    """Each kind of bad file gets a fault of its own."""
    with pytest.raises(InputError) as caught:
        roads_from_osm_file(osm_file(content, name))
    assert codes(caught) == [code]
    if code == "roads-node-range":
        assert caught.value.faults[0].params["node"] == "1"


def test_a_renamed_or_torn_pbf_is_named(tmp_path):
    """A PBF under another name is recognised, one cut anywhere is refused."""
    content = write_pbf(tmp_path / "town.osm.pbf").read_bytes()
    renamed = tmp_path / "town.osm"
    renamed.write_bytes(content)
    with pytest.raises(InputError) as caught:
        roads_from_osm_file(renamed)
    assert codes(caught) == ["roads-name-differs"]
    for length in (60, len(content) - 5, content.index(b"OSMData") - 4):
        torn = tmp_path / "torn.osm.pbf"
        torn.write_bytes(content[:length])
        with pytest.raises(InputError) as caught:
            roads_from_osm_file(torn)
        assert codes(caught) == ["roads-torn"]


def test_bombs_are_stopped_at_the_cap(osm_file):
    """A small file that unpacks to much is refused before any parser sees it, and quickly."""
    bomb = osm_file(bz2.compress(osm_xml() + b" " * 80_000_000), "bomb.osm.bz2")
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        roads_from_osm_file(bomb)
    assert codes(caught) == ["roads-unpacks-too-large"]
    with pytest.raises(InputError):
        roads_from_osm_file(bomb, unpacked_limit_bytes=1_000_000)
    assert time.process_time() - start < 5


def test_a_pbf_states_its_size_before_it_is_unpacked(tmp_path):
    """The stated sizes of a PBF's blobs count against the cap."""
    path = write_pbf(tmp_path / "town.osm.pbf")
    with pytest.raises(InputError) as caught:
        roads_from_osm_file(path, unpacked_limit_bytes=100)
    assert codes(caught) == ["roads-unpacks-too-large"]


def test_memory_is_estimated_before_the_graph_is_built(osm_file):
    """A map too large for the machine is refused before OSMnx starts."""
    with pytest.raises(InputError) as caught:
        roads_from_osm_file(osm_file(osm_xml()), memory_limit_bytes=1000)
    assert codes(caught) == ["roads-memory"]


def test_a_missing_file_is_told(tmp_path):
    """A path without a file is a fault of the planner's, not of ours."""
    with pytest.raises(InputError) as caught:
        roads_from_osm_file(tmp_path / "no.osm")
    assert codes(caught) == ["roads-missing"]


def test_control_characters_in_names_do_not_spoil_the_file(tmp_path):
    """Characters that XML cannot hold are dropped on the way."""
    make = osmium.osm.mutable
    path = tmp_path / "town.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in NODES.items():
            writer.add_node(make.Node(id=number, location=place))
        tags = {"highway": "primary", "name": "Jl.\x0b <Sudirman> & 'x'"}
        writer.add_way(make.Way(id=10, nodes=[1, 2, 3], tags=tags))
    graph = roads_from_osm_file(path)
    assert graph.edges[1, 3, 0]["name"] == "Jl. <Sudirman> & 'x'"
    saved = tmp_path / "roads.graphml"
    saved.write_bytes(save_graphml_bytes(graph))
    assert read_graphml(saved).edges[1, 3, 0]["name"] == "Jl. <Sudirman> & 'x'"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "nodes", "date"),
    [
        ("heidelberg.osm.pbf", 5235, "2024"),
        ("liechtenstein.osm.pbf", 1493, "2015"),
        ("north-bayreuth.osm.gz", 632, "2014"),
    ],
)
def test_real_extracts_give_the_published_graphs(name, nodes, date):
    """Three real extracts give as many nodes as is written beside them."""
    folder = os.environ.get("METRO_GIS_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("METRO_GIS_REAL_DATA names no folder")
    graph = roads_from_osm_file(Path(folder) / "osm" / name)
    assert len(graph) == nodes
    assert graph.graph["created_date"].startswith(date)


# -- places and areas ------------------------------------------------------------------------------


def test_a_place_is_asked_for_and_drawn(server, urls):
    """A name becomes an area, the area becomes roads, and the graph says where they are from."""
    graph = roads_from_place("Kota Metro, Lampung", **urls)
    assert sorted(graph.nodes) == [1, 2, 5]
    assert "Kota Metro, Lampung" in graph.graph["source"]
    assert graph.graph["modelled"] == "False"
    assert graph.graph["created_date"]
    assert source_report(graph).components == 2
    paths = [path for path, _ in server["asked"]]
    assert paths[0].startswith("/search?")
    assert paths[1:] == ["/api/interpreter"]


def test_the_area_is_asked_with_the_documented_profile(server, urls):
    """Overpass gets the same filter that files are filtered with."""
    graph = roads_from_polygon(AREA, name="Metro", overpass_url=urls["overpass_url"])
    assert len(graph) == 3
    (query,) = [parse_qs(body)["data"][0] for _, body in server["asked"]]
    assert overpass_filter() in query
    assert "[timeout:60]" in query
    assert '["access"!~"private|^no$"]' in query


def test_settings_and_resolver_are_restored(server, urls):
    """OSMnx's global settings are as before after success and after failure."""
    before = {name: value for name, value in vars(osmnx.settings).items() if name[0] != "_"}
    resolver = socket.getaddrinfo
    roads_from_place("Kota Metro", **urls)
    server["answers"]["interpreter"] = (500, b"busy")
    with pytest.raises(DataSourceError):
        roads_from_place("Kota Metro", **urls)
    after = {name: value for name, value in vars(osmnx.settings).items() if name[0] != "_"}
    assert after == before
    assert socket.getaddrinfo is resolver


def test_no_public_resolver_no_rate_limit_no_cache():
    """Inside a call OSMnx asks no third party, does not wait for slots and keeps no answers."""
    with osmnx_settings(timeout_s=3) as module:
        settings = module.settings
        assert settings.doh_url_template is None
        assert settings.overpass_rate_limit is False
        assert settings.use_cache is False
        assert settings.requests_timeout == 3


def test_answers_are_kept_where_asked(server, urls, tmp_path):
    """With a cache folder the second question is answered from disk."""
    cache = tmp_path / "cache"
    first = roads_from_place("Kota Metro", **urls, cache_folder=cache)
    count = len(server["asked"])
    second = roads_from_place("Kota Metro", **urls, cache_folder=cache)
    assert len(server["asked"]) == count
    assert list(first.edges) == list(second.edges)


@pytest.mark.parametrize(
    ("kind", "answer", "error", "code"),
    [
        ("search", (200, []), InputError, "roads-place-unknown"),
        ("search", (429, []), DataSourceError, "roads-server-answer"),
        ("search", (504, b"late"), DataSourceError, "roads-server-answer"),
        ("search", (200, b"<html>"), DataSourceError, "roads-server-answer"),
        ("search", (200, {"error": "x"}), DataSourceError, "roads-server-answer"),
        ("search", (200, [{"importance": 1}]), InputError, "roads-place-no-area"),
        ("interpreter", (504, b"late"), DataSourceError, "roads-server-answer"),
        ("interpreter", (200, b"<html>"), DataSourceError, "roads-server-answer"),
        ("interpreter", (200, []), DataSourceError, "roads-server-answer"),
        ("interpreter", (200, {"elements": []}), InputError, "roads-place-no-roads"),
        ("interpreter", (200, {"elements": [], "remark": "runtime error: timed out"}),
         DataSourceError, "roads-server-answer"),
        ("interpreter", (200, {"remark": "x"}), DataSourceError, "roads-server-answer"),
    ],
)  # fmt: skip
def test_answers_of_no_use_are_told(server, urls, kind, answer, error, code):
    """A busy, broken or empty answer becomes a fault that names the ways out, without waiting."""
    server["answers"][kind] = answer
    start = time.perf_counter()
    with pytest.raises(error) as caught:
        roads_from_place("Kota Metro", **urls)
    assert codes(caught) == [code]
    assert time.perf_counter() - start < 5


def test_without_a_network_the_ways_out_are_named():
    """Where no server answers, the fault says what was asked and how to go on without one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DataSourceError) as caught:
            roads_from_polygon(AREA, name="Kota Metro", overpass_url=url, timeout_s=2)
    assert codes(caught) == ["roads-network-down"]
    for lang in ("en", "id"):
        line = caught.value.lines(lang)[0]
        assert all(part in line for part in ("Kota Metro", url, "--osm", "--modelled"))


@pytest.mark.parametrize(
    ("area", "code"),
    [
        (Point(105.3, -5.1), "roads-place-no-area"),
        (Polygon(), "roads-place-no-area"),
        (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "roads-place-no-area"),
        (box(692000, 9197000, 693000, 9198000), "roads-area-not-degrees"),
        (box(90, -10, 140, 10), "roads-area-too-large"),
    ],
)
def test_outlines_that_are_no_area_are_refused(area, code):
    """Points, bow ties, metres and half an ocean are refused before any server is asked."""
    with pytest.raises(InputError) as caught:
        roads_from_polygon(area, overpass_url="http://127.0.0.1:9")
    assert codes(caught) == [code]


def test_an_empty_name_is_refused():
    """A place without a name is asked of nobody."""
    with pytest.raises(InputError) as caught:
        roads_from_place("  ")
    assert codes(caught) == ["roads-place-unknown"]
