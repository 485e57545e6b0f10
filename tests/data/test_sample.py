"""Rules of the embedded sample of Kota Metro."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt

import networkx as nx
import osmnx
import pytest
from shapely import LineString, Point, STRtree

from metro_gis.data import sample, sample_city, sample_names, sample_net, sample_roads
from metro_gis.data.sample_arterials import Street

METRES = 111195.08


@pytest.fixture(scope="module")
def files():
    """Give the four files of the sample as bytes."""
    return sample.sample_files()


@pytest.fixture(scope="module")
def stations():
    """Give the rows of the stations."""
    return sample.make_stations()


@pytest.fixture(scope="module")
def posts():
    """Give the rows of the posts."""
    return sample.make_posts()


@pytest.fixture(scope="module")
def roads():
    """Give the modelled road graph."""
    return sample.make_roads()


def line_of(graph, u, v, data):
    """Give an edge's course in degrees."""
    if "geometry" in data:
        return list(data["geometry"].coords)
    return [(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (u, v)]


def metres(lon, lat):
    """Put degrees into a plane of metres near Kota Metro."""
    return (lon - 105.31) * METRES * cos(radians(-5.117)), (lat + 5.117) * METRES


def great_circle(line):
    """Measure a line of degrees on a sphere of 6371009 m."""
    total = 0.0
    for (lon_a, lat_a), (lon_b, lat_b) in pairwise(line):
        a, b = radians(lat_a), radians(lat_b)
        h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon_b - lon_a) / 2) ** 2
        total += 2 * 6371009 * asin(sqrt(h))
    return total


def read_csv(content):
    """Read rows of a CSV file from bytes."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def test_station_counts(stations):
    """There are 462 TPS: in every kelurahan 1 to N without gaps, and 901 and 902 of the prison."""
    numbers = {}
    for row in stations:
        numbers.setdefault(row["station_id"][:10], []).append(int(row["station_id"][10:]))
    expected = {
        one.code: [*range(1, one.stations + 1), *range(901, 901 + one.special)]
        for one in sample_city.read_kelurahan()
    }
    assert numbers == expected
    assert len(stations) == 462


def test_station_ids_and_names(stations):
    """Ids are 13 digits, unique and sorted; names carry the number and the kelurahan."""
    ids = [row["station_id"] for row in stations]
    assert ids == sorted(set(ids))
    assert all(len(one) == 13 and one.isdigit() for one in ids)
    row = next(row for row in stations if row["station_id"] == "1872021002005")
    assert row["name"] == "TPS 005 Purwosari"
    assert (row["kecamatan"], row["kelurahan"]) == ("Metro Utara", "Purwosari")


def test_voters_sum_exactly(stations):
    """The voters sum to 128,370 and no TPS has more than 300."""
    voters = [row["voters"] for row in stations]
    assert sum(voters) == 128_370
    assert max(voters) <= 300
    assert min(voters) >= 200
    assert len(set(voters)) > 30


def test_risk_classes(stations):
    """Three TPS are elevated as in 2020, the prison's two are special, the rest are low."""
    classes = Counter(row["risk_class"] for row in stations)
    assert classes == {"low": 457, "elevated": 3, "special": 2}
    named = {row["name"]: row["risk_class"] for row in stations if row["risk_class"] != "low"}
    assert named == {
        "TPS 005 Purwosari": "elevated",
        "TPS 007 Purwosari": "elevated",
        "TPS 001 Sumbersari Bantul": "elevated",
        "TPS 901 Iring Mulyo": "special",
        "TPS 902 Iring Mulyo": "special",
    }


def test_prison_stations_are_neighbours(stations):
    """The prison's two TPS lie within 100 m of each other."""
    a, b = (metres(row["lon"], row["lat"]) for row in stations if row["risk_class"] == "special")
    assert hypot(a[0] - b[0], a[1] - b[1]) < 100


def test_stations_lie_in_their_kelurahan(stations):
    """Every TPS lies in the cell of its own kelurahan."""
    plan = sample_city.make_ground_plan()
    for row in stations:
        cell = plan.cell_at(*sample_city.to_plane(row["lon"], row["lat"]))
        assert plan.kelurahan[cell].name == row["kelurahan"]


def test_cells_have_the_areas_of_the_kelurahan():
    """Cells have areas in the proportion of the published ones, 68.74 km2 in all."""
    plan = sample_city.make_ground_plan()
    total = sum(one.area_km2 for one in plan.kelurahan)
    for index, one in enumerate(plan.kelurahan):
        area = int((plan.cell == index).sum()) * sample_city.SQUARE_M**2 / 1e6
        assert area == pytest.approx(one.area_km2 / total * 68.74, rel=0.02)


def test_points_are_modelled_and_apart(stations, posts):
    """Every place is marked as modelled and no two places coincide."""
    rows = stations + posts
    assert {row["location_source"] for row in rows} == {"modelled"}
    assert len({(row["lon"], row["lat"]) for row in rows}) == len(rows)


def test_points_stand_beside_streets(stations, posts, roads):
    """Every TPS and post stands 5 to 40 m from the nearest street, well within 100 m."""
    lines = [
        LineString([metres(*p[:2]) for p in line_of(roads, u, v, data)])
        for u, v, data in roads.edges(data=True)
    ]
    tree = STRtree(lines)
    points = [Point(metres(row["lon"], row["lat"])) for row in stations + posts]
    found = tree.query_nearest(points, return_distance=True, all_matches=False)[1]
    assert found.min() > 5
    assert found.max() < 40


def test_posts(posts):
    """Officers of the posts are those of the sample: 565, of whom 129 fixed and 134 in reserve."""
    assert [(row["post_id"], row["officers"]) for row in posts] == [
        ("polres-metro", 300),
        ("polsek-metro-barat", 50),
        ("polsek-metro-pusat", 65),
        ("polsek-metro-selatan", 45),
        ("polsek-metro-timur", 55),
        ("polsek-metro-utara", 50),
    ]
    assert sum(row["fixed_officers"] for row in posts) == 129
    assert sum(row["reserve_officers"] for row in posts) == 134
    assert {row["kind"] for row in posts} == {"polres", "polsek"}
    assert {row["serves"] for row in posts} == {""}


def test_posts_lie_in_their_kecamatan(posts):
    """Every post lies in the kecamatan it names."""
    plan = sample_city.make_ground_plan()
    for row in posts:
        cell = plan.cell_at(*sample_city.to_plane(row["lon"], row["lat"]))
        assert plan.kelurahan[cell].kecamatan == row["kecamatan"]


def test_road_graph_is_strong(roads):
    """From every node of the roads every other can be reached."""
    assert nx.is_strongly_connected(roads)
    assert 6000 <= roads.number_of_nodes() <= 8000


def test_streets_have_character(roads):
    """Dead ends, T-junctions, one-way streets, bends and bridges are there in a town's shares."""
    counts = Counter(data["street_count"] for _, data in roads.nodes(data=True))
    nodes, edges = roads.number_of_nodes(), roads.number_of_edges()
    assert 0.12 < counts[1] / nodes < 0.3
    assert counts[3] > 4 * counts[4]
    assert 0.01 < sum(data["oneway"] for *_, data in roads.edges(data=True)) / edges < 0.1
    assert 0.03 < sum("geometry" in data for *_, data in roads.edges(data=True)) / edges < 0.3
    assert sum(data.get("bridge") == "yes" for *_, data in roads.edges(data=True)) > 20
    classes = {data["highway"] for *_, data in roads.edges(data=True)}
    assert classes == set(sample_net.RANK)


def test_lengths_are_great_circles(roads):
    """Every edge's length is that of its course on the sphere, to a millimetre."""
    for u, v, data in roads.edges(data=True):
        assert data["length"] == pytest.approx(great_circle(line_of(roads, u, v, data)), abs=6e-4)
        assert data["length"] > 0


def test_geometry_runs_from_node_to_node(roads):
    """A bent edge begins at its first node and ends at its second."""
    for u, v, data in roads.edges(data=True):
        line = line_of(roads, u, v, data)
        assert line[0] == (roads.nodes[u]["x"], roads.nodes[u]["y"])
        assert line[-1] == (roads.nodes[v]["x"], roads.nodes[v]["y"])


def test_two_way_streets_are_two_edges(roads):
    """A two-way street is two edges, one of them reversed; a one-way street is one."""
    for u, v, data in roads.edges(data=True):
        twins = [
            other
            for other in (roads.get_edge_data(v, u) or {}).values()
            if other["osmid"] == data["osmid"] and other["length"] == data["length"]
        ]
        if data["oneway"]:
            assert not data["reversed"]
        else:
            assert any(other["reversed"] != data["reversed"] for other in twins)


def test_street_count_is_the_number_of_streets(roads):
    """A node's street_count is the number of streets that meet in it."""
    streets = Counter()
    for u, v, data in roads.edges(data=True):
        if not data["reversed"]:
            streets[u] += 1
            streets[v] += 1
    assert streets == {node: data["street_count"] for node, data in roads.nodes(data=True)}


def test_streets_cross_in_nodes_only():
    """No two streets cross or touch but in a common node."""
    assert sample_net.crossings(sample_roads.city_net()) == []


def test_osmnx_reads_the_road_file(files, roads, tmp_path):
    """OSMnx reads from the file the very graph that ``make_roads`` makes."""
    path = tmp_path / "roads.graphml"
    path.write_bytes(files["roads.graphml"])
    assert nx.utils.graphs_equal(osmnx.load_graphml(path), roads)
    assert roads.graph["crs"] == "epsg:4326"
    assert roads.graph["modelled"] == "True"
    assert "not for operations" in roads.graph["source"]
    assert len(files["roads.graphml"]) < 6_000_000


def test_tables_hold_the_rows(files, stations, posts):
    """The CSV files hold the rows, with the columns in their documented order."""
    for name, rows in (("stations.csv", stations), ("posts.csv", posts)):
        written = read_csv(files[name])
        assert written == [{key: str(value) for key, value in row.items()} for row in rows]
        assert list(written[0]) == list(rows[0])


def test_sources_name_every_file(files):
    """Every file has a source, its hash is right, and what is modelled says so."""
    rows = read_csv(files["sources.csv"])
    assert tuple(rows[0]) == sample.SOURCE_COLUMNS
    contents = {**files, sample.FACTS_FILE: sample_city.kelurahan_csv()}
    assert {row["file"] for row in rows} == set(contents) - {"sources.csv"}
    for row in rows:
        assert row["sha256"] == hashlib.sha256(contents[row["file"]]).hexdigest()
        assert row["kind"] in {"real", "modelled"}
        assert all(row.values())
    modelled = {row["file"] for row in rows if row["kind"] == "modelled"}
    assert modelled == set(files) - {"sources.csv"}


def test_another_process_makes_the_same_bytes(files):
    """A process with another hash seed makes the same files, bit for bit."""
    code = (
        "import hashlib; from metro_gis.data.sample import sample_files\n"
        "for name, content in sample_files().items():\n"
        "    print(name, hashlib.sha256(content).hexdigest())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    made = dict(line.split() for line in ran.stdout.splitlines())
    assert made == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_write_sample(tmp_path, files):
    """The files are written whole and readable by their owner only."""
    written = sample.write_sample(tmp_path / "data")
    assert [path.name for path in written] == list(files)
    for path in written:
        assert path.read_bytes() == files[path.name]
        assert path.stat().st_mode & 0o777 == 0o600


def test_crossing_streets_meet_in_a_node():
    """Two streets that cross become four links around one node."""
    streets = [
        Street([(-50.0, 0.0), (50.0, 0.0)], "residential"),
        Street([(0.0, -50.0), (0.0, 50.0)], "residential"),
    ]
    net = sample_net.make_net(streets)
    assert {place: len(links) for place, links in net.at.items()} == {
        (0, 0): 4,
        (-5000, 0): 1,
        (5000, 0): 1,
        (0, -5000): 1,
        (0, 5000): 1,
    }


def test_stubs_and_near_crossings_are_cleaned():
    """A stub is removed, and two crossings closer than a street is wide become one."""
    streets = [
        Street([(-80.0, 0.0), (80.0, 0.0)], "tertiary"),
        Street([(0.0, -60.0), (0.0, 0.8)], "residential"),
        Street([(6.0, -0.8), (6.0, 60.0)], "residential"),
    ]
    net = sample_net.make_net(streets)
    assert sorted(len(links) for links in net.at.values()) == [1, 1, 1, 1, 4]


def test_detached_streets_are_left_out():
    """Of streets that do not hang together the largest part stays."""
    streets = [
        Street([(-50.0, 0.0), (50.0, 0.0)], "residential"),
        Street([(0.0, -50.0), (0.0, 50.0)], "residential"),
        Street([(300.0, 0.0), (400.0, 0.0)], "residential"),
    ]
    net = sample_net.make_net(streets)
    assert max(place[0] for place in net.at) == 5000


def test_one_way_streets_keep_their_direction():
    """A one-way street's links run the way it was drawn."""
    streets = [
        Street([(100.0, 0.0), (-100.0, 0.0)], "trunk", oneway=True),
        Street([(0.0, -60.0), (0.0, 60.0)], "residential"),
    ]
    net = sample_net.make_net(streets)
    courses = [link.course for link in net.links.values() if link.street == 0]
    assert sorted(courses) == [((0, 0), (-10000, 0)), ((10000, 0), (0, 0))]


@pytest.mark.parametrize(("number", "sign"), [(1, "I"), (4, "IV"), (9, "IX"), (18, "XVIII")])
def test_roman_numerals(number, sign):
    """Street numbers are written as on Indonesian street signs."""
    assert sample_names.roman(number) == sign
