"""Rules of stations and posts drawn along any road graph."""

from __future__ import annotations

import os
from collections import Counter
from math import ceil, cos, radians
from pathlib import Path

import networkx as nx
import osmnx
import pytest
from shapely import LineString, Point, STRtree

from metro_gis.data.drawn import draw_points
from metro_gis.data.drawn_areas import nearest, split_places, spread_centres
from metro_gis.data.sample_city import dice
from metro_gis.data.sample_points import POST_COLUMNS, STATION_COLUMNS
from metro_gis.errors import InputError, UsageError


def grid_graph(side=6, step=0.001):
    """Make a square lattice of two-way streets of about 111 m."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for i in range(side):
        for j in range(side):
            graph.add_node(i * side + j, x=10 + i * step, y=50 + j * step)
    for i in range(side):
        for j in range(side):
            for k, m in ((i + 1, j), (i, j + 1)):
                if k < side and m < side:
                    u, v = i * side + j, k * side + m
                    graph.add_edge(u, v, highway="residential", length=111.0, reversed=False)
                    graph.add_edge(v, u, highway="residential", length=111.0, reversed=True)
    return graph


def distances(graph, rows, nodes=None):
    """Measure, in metres, how far rows are from the streets between given nodes."""
    middle = next(iter(graph.nodes(data="y")))[1]
    east, north = 111195.08 * cos(radians(middle)), 111195.08
    lines = []
    for u, v, data in graph.edges(data=True):
        if nodes is None or (u in nodes and v in nodes):
            ends = [(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (u, v)]
            course = data["geometry"].coords if "geometry" in data else ends
            lines.append(LineString([(x * east, y * north) for x, y in course]))
    points = [Point(row["lon"] * east, row["lat"] * north) for row in rows]
    return STRtree(lines).query_nearest(points, return_distance=True, all_matches=False)[1]


@pytest.fixture(scope="module")
def town():
    """Give the lattice of 36 nodes."""
    return grid_graph()


@pytest.fixture(scope="module")
def drawn(town):
    """Give 100 stations and 3 posts drawn in the lattice."""
    return draw_points(town, stations=100, posts=3, seed=5)


def test_rows_have_the_columns_of_the_tables(drawn):
    """Drawn rows have the same columns as the sample's, and all say that they are modelled."""
    stations, posts = drawn
    assert {tuple(row) for row in stations} == {STATION_COLUMNS}
    assert {tuple(row) for row in posts} == {POST_COLUMNS}
    assert {row["location_source"] for row in stations + posts} == {"modelled"}


def test_counts_and_ids(drawn):
    """As many rows come out as were asked for, with ids in order."""
    stations, posts = drawn
    assert [row["station_id"] for row in stations] == [f"M{n:04d}" for n in range(1, 101)]
    assert [row["post_id"] for row in posts] == ["P01", "P02", "P03"]


def test_risk_classes_have_their_shares(drawn):
    """Of a hundred stations seven are elevated and two are high."""
    classes = Counter(row["risk_class"] for row in drawn[0])
    assert classes == {"low": 91, "elevated": 7, "high": 2}


def test_points_lie_near_streets(town, drawn):
    """Stations and posts lie within 30 m of a street."""
    assert distances(town, drawn[0] + drawn[1]).max() < 30


def test_kecamatan_is_the_area_of_the_nearest_post(town, drawn):
    """A station belongs to the area of its nearest post, and its kelurahan to that area."""
    stations, posts = drawn
    scale = cos(radians(next(iter(town.nodes(data="y")))[1]))
    for row in stations:
        best = min(
            posts,
            key=lambda p: ((p["lon"] - row["lon"]) * scale) ** 2 + (p["lat"] - row["lat"]) ** 2,
        )
        assert row["kecamatan"] == best["kecamatan"]
        assert row["kelurahan"].startswith(f"{row['kecamatan']}.")


def test_kelurahan_count(town):
    """As many kelurahan come out as were asked for, give or take rounding per area."""
    stations, _ = draw_points(town, stations=100, posts=2, seed=1, kelurahan_count=10)
    assert 8 <= len({row["kelurahan"] for row in stations}) <= 12


def test_officers_are_enough_on_the_first_rung(drawn):
    """A post has officers for its area at 2:4, 2:2 and 2:1 even if no beat leaves a kelurahan."""
    stations, posts = drawn
    for post in posts:
        need = 0
        own = [row for row in stations if row["kecamatan"] == post["kecamatan"]]
        for kelurahan in {row["kelurahan"] for row in own}:
            count = Counter(row["risk_class"] for row in own if row["kelurahan"] == kelurahan)
            need += 2 * (ceil(count["low"] / 4) + ceil(count["elevated"] / 2) + count["high"])
        free = post["officers"] - post["fixed_officers"] - post["reserve_officers"]
        assert free == ceil(1.25 * need)


def test_same_seed_same_points(town, drawn):
    """The same seed draws the same points, another seed draws others."""
    assert draw_points(town, stations=100, posts=3, seed=5) == drawn
    assert draw_points(town, stations=100, posts=3, seed=6) != drawn


def test_islands_get_no_stations(town):
    """No station's nearest street lies outside the largest strong component."""
    graph = town.copy()
    graph.add_node(900, x=10.0002, y=50.00005)
    graph.add_node(901, x=10.0008, y=50.00005)
    graph.add_edge(900, 901, highway="residential", length=60.0)
    graph.add_edge(0, 901, highway="residential", length=60.0)
    stations, posts = draw_points(graph, stations=300, posts=2, seed=2)
    inside = distances(graph, stations + posts, nodes=set(town.nodes))
    overall = distances(graph, stations + posts)
    assert (inside == overall).all()


def test_motorways_get_no_stations(town):
    """No station is drawn along a motorway where there are other streets."""
    graph = town.copy()
    graph.add_node(800, x=10.5, y=50.0)
    for u, v in ((0, 800), (800, 0)):
        graph.add_edge(u, v, highway="motorway", length=35000.0)
    stations, _ = draw_points(graph, stations=50, posts=1, seed=2)
    assert max(row["lon"] for row in stations) < 10.01


def test_one_street_is_enough():
    """Stations and posts find room along a single two-way street."""
    graph = grid_graph(side=2)
    graph.remove_nodes_from([2, 3])
    stations, posts = draw_points(graph, stations=4, posts=2, seed=1)
    assert len(stations) == 4
    assert len(posts) == 2


@pytest.mark.parametrize(
    "counts",
    [{"stations": 0, "posts": 1}, {"stations": 3, "posts": 0}, {"stations": 1, "posts": 2}],
)
def test_impossible_counts_are_refused(town, counts):
    """Fewer than one station or post, or more posts than stations, is refused."""
    with pytest.raises(UsageError) as caught:
        draw_points(town, **counts)
    assert caught.value.code == "drawn-counts"
    assert all(caught.value.lines("id"))


def test_negative_kelurahan_count_is_refused(town):
    """A number of kelurahan below one is refused."""
    with pytest.raises(UsageError):
        draw_points(town, stations=5, posts=1, kelurahan_count=-1)


def test_projected_graph_is_refused(town):
    """A graph that is not in degrees is refused."""
    graph = town.copy()
    graph.graph["crs"] = "epsg:32748"
    with pytest.raises(InputError) as caught:
        draw_points(graph, stations=5, posts=1)
    assert caught.value.code == "drawn-crs"
    assert "epsg:32748" in caught.value.lines("en")[0]


@pytest.mark.parametrize("build", ["empty", "nodes only", "one way out"])
def test_graph_without_usable_streets_is_refused(build):
    """A graph without a street that leads out and back is refused."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    if build != "empty":
        graph.add_node(1, x=10.0, y=50.0)
        graph.add_node(2, x=10.001, y=50.0)
    if build == "one way out":
        graph.add_edge(1, 2, length=70.0)
    with pytest.raises(InputError) as caught:
        draw_points(graph, stations=5, posts=1)
    assert caught.value.code == "drawn-no-roads"


def test_groups_are_numbered_without_gaps():
    """Places split into groups get numbers from 0, north first."""
    places = [(0.0, 0.0), (1.0, 0.0), (0.0, 100.0), (1.0, 100.0)]
    assert split_places(places, 2, dice(1)) == [1, 1, 0, 0]
    assert split_places(places[:1], 5, dice(1)) == [0]
    assert split_places([], 5, dice(1)) == []


def test_nearest_takes_the_first_of_equals():
    """A place halfway between two centres belongs to the first."""
    assert nearest([(1.0, 0.0)], [(0.0, 0.0), (2.0, 0.0)]) == [0]


def test_coinciding_places_make_a_group():
    """Places that coincide can be grouped, even into more groups than there are places."""
    assert set(spread_centres([(3.0, 4.0)] * 3, 5, dice(1))) == {(3.0, 4.0)}


@pytest.mark.real_data
def test_real_city():
    """In a real city drawn stations lie within 30 m of its largest strong component."""
    folder = os.environ.get("METRO_GIS_REAL_DATA")
    if not folder:
        pytest.skip("METRO_GIS_REAL_DATA names no folder of real inputs")
    graph = osmnx.load_graphml(Path(folder) / "balikpapan" / "roads.graphml")
    stations, posts = draw_points(graph, stations=200, posts=4, seed=3)
    largest = max(nx.strongly_connected_components(graph), key=len)
    assert distances(graph, stations + posts, nodes=largest).max() < 30
