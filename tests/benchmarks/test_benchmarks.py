"""The benchmarks themselves, on instances small enough for the normal suite."""

import math
from dataclasses import asdict
from itertools import combinations, product

import networkx as nx
import numpy as np
import pytest
import toys
from benchmarks import growth, instances, minutes, pages, pmedcap, quality
from benchmarks.checker import broken_rules
from benchmarks.measure import measure
from benchmarks.rivals import RIVALS, price_tenths, run_metro_gis, run_rival
from benchmarks.table import render, targets

from metro_gis.maps import PageData
from metro_gis.plan import Beat

SMALL = """ 7 0
 6 2 10
 1 0 0 3
 2 3 4 3
 3 0 9 4
 4 30 0 5
 5 30 5 2
 6 38 6 3
"""


def town(*, mix=False):
    """Fourteen stations in two kecamatan, three of them *elevated*, two posts."""
    rng = np.random.default_rng(4)
    at = rng.uniform(0, 100, (14, 2))
    posts = np.array([[25.0, 50.0], [75.0, 50.0]])
    between = np.abs(at[:, None] - at[None, :]).sum(axis=2).astype(int)
    deploy = np.abs(posts[:, None] - at[None, :]).sum(axis=2).astype(int)
    return toys.problem(
        [toys.ELEVATED if t % 5 == 0 else toys.LOW for t in range(14)],
        deploy,
        between,
        [12, 10],
        kecamatan=["A" if x < 50 else "B" for x, _ in at],
        ladder=(3,),
        mix=mix,
    )


def grid(side=7):
    """Streets in squares of about 220 m, tertiary in the middle row and column."""
    roads = nx.MultiDiGraph(crs="epsg:4326")
    for n in range(side * side):
        roads.add_node(n, x=105.3 + n % side / 500, y=-5.1 + n // side / 500)
    for n in range(side * side):
        for step, wide in ((1, n // side == side // 2), (side, n % side == side // 2)):
            if step == side or (n + 1) % side:
                for u, v in ((n, n + step), (n + step, n)):
                    if max(u, v) < side * side:
                        highway = "tertiary" if wide else "residential"
                        roads.add_edge(u, v, highway=highway, length=222.0, reversed=u > v)
    return roads


@pytest.fixture(scope="module")
def drawn():
    """Thirty stations drawn on two tiles of a grid."""
    city = instances.City("small", 30, 2, 4, (2, 1), 4)
    return instances.draw_places(city, seed=3, tile=grid())


@pytest.mark.parametrize("key", RIVALS)
def test_every_rival_reaches_the_optimum_of_a_small_town(key):
    """Plan, bound and the word "proven" of a rival agree with metro_gis's proven optimum."""
    if not RIVALS[key].available():
        pytest.skip(f"{key} is not installed")
    problem = town()
    ours = run_metro_gis(problem, 10.0)
    found = run_rival(key, problem, ours.rungs, 10.0)
    assert ours.proven
    assert broken_rules(problem, found.beats, ours.rungs) == []
    assert price_tenths(problem, found.beats) == price_tenths(problem, ours.beats)
    assert found.bound_tenths <= price_tenths(problem, found.beats) + 1e-6
    assert found.proven or key == "kecamatan"


def test_checker_names_what_is_broken():
    """Stations left out or served twice, borders, classes, loads, limits and officers."""
    problem = toys.problem(
        [toys.LOW, toys.LOW, toys.LOW, toys.ELEVATED],
        [[10, 10, 10, 400]],
        [[0, 10, 99, 10], [10, 0, 10, 10], [99, 10, 0, 10], [10, 10, 10, 0]],
        [2],
        kecamatan=list("AAAA"),
        ladder=(2,),
    )
    rungs = {"A": 2}
    told = broken_rules(problem, [Beat(0, 0, (0, 1, 2)), Beat(0, 1, (1, 3))], rungs)
    for words in ("load 3/2", "too far from the anchor", "classes mixed", "in 2 beats",
                  "out of the post's reach", "gives 4 officers"):  # fmt: skip
        assert any(words in one for one in told), (words, told)
    assert any("uncovered" in one for one in broken_rules(problem, [Beat(0, 0, (0,))], rungs))


def test_comparison_becomes_tables():
    """Every run has a row, and lines are held against what was measured."""
    report = quality.compare(
        instances.Instance("town", town()), seconds=20.0, rivals=["highs"], tell=lambda _: None
    )
    ours, rival = report["runs"]
    assert ours["value"] == rival["value"] == report["best_value"]
    assert ours["status"] == rival["status"] == "plan"
    assert min(ours["peak_mb"], rival["peak_mb"]) > 50
    sizes = [
        {"stations": n, "kecamatan": 1, "minutes_s": 0.1, "optimize_s": n / 50, "peak_mb": 90.0,
         "gap": 0.01, "reached": True, "limit_s": 60, "failure": ""}
        for n in (100, 1000)
    ]  # fmt: skip
    machine = {"processor": "p", "cores": 2, "memory_gb": 8, "python": "3", "seed": 1}
    results = {"machine": machine | {"versions": {}}, "quality": [report], "growth": sizes}
    text = render(results)
    assert "compact, PuLP + HiGHS" in text
    assert "optimize n^1.00" in text
    assert {one["holds"] for one in targets(results)} == {True}
    # a tie with a plan that its maker has not proven is no win
    rival["proven"] = False
    assert {one["holds"] for one in targets(results)} == {True, False}


def test_processes_are_measured_and_ended():
    """A function's result comes back; one that fails or takes too long is told as that."""
    done = measure("statistics:mean", within_s=60, data=[1, 2, 6])
    assert (done.result, done.failure) == (3, "")
    assert done.peak_mb > 5
    failed = measure("statistics:mean", within_s=60, data=[])
    assert failed.result is None
    assert "StatisticsError" in failed.failure
    assert measure("signal:pause", within_s=0).failure == "stopped"


def test_exponent_is_the_slope_of_logarithms():
    """Sizes that missed the gap are left out, and one size tells nothing."""
    rows = [{"stations": n, "s": n**2, "reached": True} for n in (10, 100)]
    missed = {"stations": 1000, "s": 1, "reached": False}
    assert math.isclose(growth.exponent([*rows, missed], "s"), 2.0)
    assert growth.exponent(rows[:1], "s") is None


def least_distance(problem):
    """Try every set of medians, and every way to serve the others from them."""
    n, best = len(problem.demand), math.inf
    for medians in combinations(range(n), problem.medians):
        others = [t for t in range(n) if t not in medians]
        for homes in product(medians, repeat=len(others)):
            home = np.arange(n)
            home[others] = homes
            if np.bincount(home, weights=problem.demand).max() <= problem.capacity:
                best = min(best, int(problem.distance[home, range(n)].sum()))
    return best


def test_medians_of_an_inline_instance():
    """The file format of pmedcap is read, and the optimum is that of trying everything."""
    problem = pmedcap.read_pmedcap(SMALL)
    assert (problem.number, problem.medians, problem.capacity) == (7, 2, 10)
    assert problem.distance[0, 1] == 5
    assert problem.distance[4, 5] == 8  # 8.06, rounded down
    best = least_distance(problem)
    solved = pmedcap.solve_medians(problem, seconds=10.0)
    assert solved.value == best
    assert solved.proven
    assert solved.root_bound <= best + 1e-6
    with pytest.raises(ValueError, match="says 6 customers"):
        pmedcap.read_pmedcap(SMALL.rsplit("\n", 2)[0])


@pytest.mark.parametrize("seed", range(12))
def test_medians_with_little_room(seed):
    """Demands of all sizes that hardly fit, so that columns alone prove nothing."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(3, 20, 8)
    rows = [[k, *rng.integers(0, 60, 2), one] for k, one in enumerate(demand)]
    room = math.ceil(float(demand.sum()) / 3) + 2
    text = f"1 0 8 3 {room} " + " ".join(str(int(word)) for row in rows for word in row)
    problem = pmedcap.read_pmedcap(text)
    best = least_distance(problem)
    solved = pmedcap.solve_medians(problem, seconds=10.0)
    assert solved.value == (None if best == math.inf else best)
    assert best == math.inf or solved.proven


def test_tiles_are_mirrored_and_joined():
    """Roads lead from every tile to every other, and the seam lies between mirrored halves."""
    tile = grid()
    roads = instances.tiled_roads(2, 2, tile=tile)
    assert len(roads) == 4 * len(tile)
    assert nx.is_strongly_connected(roads)
    lon = np.array([x for _, x in roads.nodes(data="x")])
    assert np.allclose(np.sort(lon), np.sort(lon.min() + lon.max() - lon), atol=1e-6)


def test_drawn_city_can_be_covered(drawn):
    """Every station is in reach, and the officers are those that the rung calls for."""
    problem = instances.state_problem(drawn, 4)
    assert problem.in_reach.any(axis=0).all()
    assert len(problem.units) == 2
    officers = sum(post.station_officers for post in problem.posts)
    assert officers == 2 * math.ceil(instances.SLACK * instances.fewest_officers(problem, 4) / 2)
    cut = instances.with_officers(problem, 8)
    assert [post.station_officers % 2 for post in cut.posts] == [0] * 3
    assert sum(post.station_officers for post in cut.posts) == 8


def test_libraries_find_the_same_minutes(drawn):
    """The whole table is equal with every library's shortest paths."""
    compared = asdict(minutes.compare("small", drawn.ground))
    assert [way["equal"] for way in compared["ways"]] == [True] * len(compared["ways"])
    assert len(compared["ways"]) >= 3


def small_page(stations):
    """Stations without teams beside each other, on a street."""
    rows = [
        {
            "station_id": f"T{n}", "name": f"TPS {n}", "lon": 105.3 + n / 1000, "lat": -5.1,
            "risk_class": "low", "kecamatan": "A", "kelurahan": "a", "voters": 250,
            "team_id": None, "reason": "no_road", "witness": None, "deploy_minutes": None,
            "beat_minutes": None, "snap_m": 5.0,
        }
        for n in range(stations)
    ]  # fmt: skip
    street = [[(105.3, -5.1), (105.3 + stations / 1000, -5.1)]]
    return PageData(
        title="Small", plan_id="0123456789abcdef", status="feasible", stopped_by=None, gap=None,
        gap_certified=None, aims=[], roads_modelled=True, points_modelled=True,
        roads_source="modelled", roads_date="", stations=rows, teams=[], posts=[],
        basemap={"residential": street}, units=["A"], versions={},
    )  # fmt: skip


@pytest.mark.browser
@pytest.mark.long
def test_a_city_is_drawn_and_planned_for_its_page(monkeypatch):
    """A drawn city has a plan and a page, with no more segments of road than asked for."""
    monkeypatch.setattr(pages, "PLAN_SECONDS", 1.0)
    monkeypatch.setattr(pages, "SEGMENTS", 500)
    city = pages.large_city(60, 1)
    assert len(city.data.stations) == 60
    assert city.data.teams
    assert 490 <= sum(map(len, city.data.basemap.values())) <= 510
    assert "</html>" in pages.draw_ours(city.data)


def test_pages_are_put_beside_plain_ones():
    """Both are drawn and opened; size, time and ratios are held against their lines."""
    if pages.browser_path() is None:
        pytest.skip("no Chromium is installed")
    found = pages.compare(pages.City("small", small_page(8)), repeats=1)
    ours, plain = found["pages"]
    assert (found["stations"], found["segments"]) == (8, 1)
    for page in (ours, plain):
        assert 0 < page["frame_s"] <= page["interactive_s"] < 60
        assert page["render_s"] > 0
    assert 0.2 < ours["megabytes"] < 1
    machine = {"processor": "p", "cores": 2, "memory_gb": 8, "python": "3", "seed": 1}
    results = {"machine": machine | {"versions": {}}, "pages": [found]}
    assert "Folium, plain" in render(results)
    assert [one["line"] for one in targets(results)] == ["page of small: at most 1.5 MB"]
    # what misses its lines is told to
    results["pages"] = [found | {"stations": 7169}]
    ours |= {"megabytes": 6.0, "frame_s": 3.5, "interactive_s": None}
    plain |= {"megabytes": 20.0, "render_s": 5 * ours["render_s"]}
    assert {one["holds"] for one in targets(results)} == {False}
    assert len(targets(results)) == 5


def test_plain_page_shows_all_of_it():
    """What ours is held against has a marker with its words for every station, and roads."""
    page = pages.draw_plain(small_page(5))
    assert page.count("L.circleMarker(") == page.count("L.popup(") == 5
    assert page.count("L.polyline(") == 1
    assert "TPS 4" in page
