"""Instances: the sample, and larger cities drawn by its rules; all of them seeded.

A larger city stands on the sample's own streets: tiles of them, every second one mirrored so that
streets meet at the seams, where main streets are joined. Stations are drawn along the streets by
`metro_gis.data.drawn`; one polsek a kecamatan and a polres divide the officers as in the sample.
**Modelled: not for operations.**
"""

from __future__ import annotations

import math
import random
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np
import shapely

from metro_gis.data.drawn import draw_points
from metro_gis.data.inputs import build_problem, limit_tenths, read_inputs, rules_of
from metro_gis.data.minutes import travel_times
from metro_gis.data.network import network_from_graph
from metro_gis.data.sample import make_roads, write_sample
from metro_gis.data.snapping import snap_points
from metro_gis.doctrine import Pattern, RiskClass
from metro_gis.optimize.pools import pool_load, pools_of
from metro_gis.problem import Post, Problem, Station, TravelTimes
from metro_gis.scenario import Scenario
from metro_gis.workspace import Workspace

if TYPE_CHECKING:
    from metro_gis.data.inputs import Inputs
    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps

SEED = 1
SAMPLE_STATIONS = 462
TILE_KM2 = 68.7
"""Area of the sample's city."""
METRES_PER_DEGREE = 111_195.08
SEAM_DEGREES = 0.0005
SEAM_JOINS = 5
MAIN_STREETS = frozenset({"trunk", "primary", "secondary", "tertiary"})
ELEVATED_SHARE = 3 / 462
SPECIAL_SHARE = 2 / 462
POLSEK_SHARE = 190 / 302
"""Share of the officers for stations who are at a polsek, the others being at the polres."""
SAMPLE_OFFICERS = 302
"""Officers for stations of the sample."""
SLACK = 1.05
"""Officers for stations over the fewest that the loads call for at the city's rung."""


@dataclass(frozen=True, slots=True)
class City:
    """What a city is drawn from.

    Parameters
    ----------
    name
        For the tables.
    stations, kecamatan, kelurahan
        How many.
    tiles
        Tiles of the sample's streets, east and north.
    rung
        Rung of *low* that its officers are enough for; None for as many a station as in the sample.
    """

    name: str
    stations: int
    kecamatan: int
    kelurahan: int
    tiles: tuple[int, int]
    rung: int | None = None


NAMED = {
    # stations, kecamatan, kelurahan and area of Bandar Lampung (197 km2) and Jakarta Barat
    # (130 km2); Jakarta Barat had about 900 officers at 2:16 in Pemilu 2024
    2880: City("as Bandar Lampung", 2880, 20, 126, (3, 1), 8),
    7169: City("as Jakarta Barat", 7169, 8, 56, (2, 1), 16),
}


class Ground(NamedTuple):
    """Roads with stations and posts on them."""

    network: RoadNetwork
    stations: Snaps
    posts: Snaps


class Places(NamedTuple):
    """A city before its minutes are known."""

    ground: Ground
    stations: tuple[Station, ...]
    posts: tuple[Post, ...]


class Instance(NamedTuple):
    """A problem with its name."""

    name: str
    problem: Problem


def city_of(stations: int, rung: int | None = None) -> City:
    """Scale the sample: as many kecamatan, kelurahan and tiles a station as it has."""
    scale = stations / SAMPLE_STATIONS
    tiles = max(1, round(scale))
    north = math.isqrt(tiles)
    return City(
        f"sample x {scale:.3g}",
        stations,
        max(1, round(5 * scale)),
        max(1, round(22 * scale)),
        (-(-tiles // north), north),
        rung,
    )


def instances_of(stations: int, *, shape: str = "sample", seed: int = SEED) -> list[Instance]:
    """Give the instances of a size.

    The sample's own size gives its three scenarios. Other sizes give a city of the shape
    ``sample`` (the sample scaled, with its density and its size of kecamatan) or ``city`` (the
    kecamatan and the density of a city of that size, where one is named).
    """
    if stations == SAMPLE_STATIONS:
        return sample_scenarios()
    city = _shaped(stations, shape)
    return [Instance(f"{stations} stations, {city.name}", draw_city(city, seed=seed))]


def ground_of(stations: int, *, shape: str = "sample", seed: int = SEED) -> tuple[str, Ground]:
    """Name and give the roads and points of a size; see `instances_of`."""
    if stations == SAMPLE_STATIONS:
        return "the sample", sample_ground()
    city = _shaped(stations, shape)
    return city.name, draw_places(city, seed=seed).ground


def _shaped(stations: int, shape: str) -> City:
    city = NAMED.get(stations) if shape == "city" else None
    return city or city_of(stations)


@cache
def sample() -> Problem:
    """Make the sample's problem as `metro-gis run` does, with the default scenario."""
    return build_problem(sample_inputs(), Scenario())


def sample_ground() -> Ground:
    """Give the sample's roads and points."""
    inputs = sample_inputs()
    return Ground(inputs.network, inputs.station_snaps, inputs.post_snaps)


@cache
def sample_inputs() -> Inputs:
    """Read the sample's tables and roads."""
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder) / "data")
        return read_inputs(Workspace(Path(folder)), Scenario())


def sample_scenarios() -> list[Instance]:
    """Give the sample's three scenarios: default, one rung of 12, and that with few officers."""
    twelve = with_ladder(sample(), (12,))
    few = with_officers(twelve, math.ceil(1.05 * fewest_officers(twelve, 12)))
    return [
        Instance("sample, default", sample()),
        Instance("sample, ladder [12]", twelve),
        Instance("sample, ladder [12], officers 1.05 x fewest", few),
    ]


def with_ladder(problem: Problem, ladder: tuple[int, ...]) -> Problem:
    """Give class *low* another ladder."""
    low = problem.doctrine.patterns[RiskClass.LOW]
    patterns = {**problem.doctrine.patterns, RiskClass.LOW: Pattern(low.officers, ladder)}
    return problem.replace(doctrine=replace(problem.doctrine, patterns=patterns))


def fewest_officers(problem: Problem, rung: int) -> int:
    """Count the officers that the loads call for at a rung: no plan covers all with fewer."""
    pools = pools_of(problem, np.arange(len(problem.stations)))
    return sum(math.ceil(pool_load(problem, pool, rung)) * pool.sizes[0] for pool in pools)


def with_officers(problem: Problem, total: int) -> Problem:
    """Cut the officers for stations to a total, in pairs, each post keeping its share.

    Largest remainders get what whole pairs leave over (Hamilton's method).
    """
    now = [post.station_officers for post in problem.posts]
    pairs = [one * total / (2 * sum(now)) for one in now]
    given = [math.floor(one) for one in pairs]
    order = sorted(range(len(now)), key=lambda p: (given[p] - pairs[p], p))
    for p in order[: total // 2 - sum(given)]:
        given[p] += 1
    officers = {
        post.post_id: post.officers - post.station_officers + 2 * count
        for post, count in zip(problem.posts, given, strict=True)
    }
    return problem.with_officers(officers)


def tiled_roads(east: int, north: int, *, tile: nx.MultiDiGraph | None = None) -> nx.MultiDiGraph:
    """Lay streets, the sample's by default, out in tiles that are mirrored and joined at seams."""
    tile = make_roads() if tile is None else tile
    at = {n: (data["x"], data["y"]) for n, data in tile.nodes(data=True)}
    lons, lats = (sorted(place[axis] for place in at.values()) for axis in (0, 1))
    box = ((lons[0], lons[-1]), (lats[0], lats[-1]))

    def moved(places: np.ndarray, cell: tuple[int, int]) -> np.ndarray:
        parts = []
        for axis, (low, high) in enumerate(box):
            along = places[:, axis]
            mirrored = low + high - along if cell[axis] % 2 else along
            parts.append(mirrored + cell[axis] * (high - low + SEAM_DEGREES))
        return np.column_stack(parts)

    roads = nx.MultiDiGraph(**tile.graph)
    cells = [(column, row) for row in range(north) for column in range(east)]
    for cell in cells:
        for n, place in at.items():
            x, y = moved(np.array([place]), cell)[0].round(7).tolist()
            roads.add_node((cell, n), x=x, y=y)
        for u, v, key, data in tile.edges(keys=True, data=True):
            line = data.get("geometry")
            bent = (
                {} if line is None else {"geometry": shapely.transform(line, _mover(moved, cell))}
            )
            roads.add_edge((cell, u), (cell, v), key, **(data | bent))
    for column, row in cells:
        for axis, other in enumerate(((column + 1, row), (column, row + 1))):
            if other in cells:
                _join(roads, tile, ((column, row), other), axis, box)
    return nx.convert_node_labels_to_integers(roads, first_label=1)


def _mover(moved, cell):
    return lambda places: moved(places, cell)


def _join(roads, tile, cells, axis, box) -> None:
    """Join main streets across a seam: in each of a few bands the one that comes nearest to it."""
    here, there = cells
    seam = box[axis][0] if here[axis] % 2 else box[axis][1]
    low, high = box[1 - axis]
    main = {
        n for u, v, data in tile.edges(data=True) if data["highway"] in MAIN_STREETS for n in (u, v)
    }
    nearest: dict[int, tuple[float, int]] = {}
    for n in main:
        place = (tile.nodes[n]["x"], tile.nodes[n]["y"])
        band = min(SEAM_JOINS - 1, int(SEAM_JOINS * (place[1 - axis] - low) / (high - low)))
        nearest[band] = min(nearest.get(band, (math.inf, 0)), (abs(place[axis] - seam), n))
    for _, n in nearest.values():
        a, b = roads.nodes[here, n], roads.nodes[there, n]
        squeeze = math.cos(math.radians(a["y"]))
        metres = math.hypot((a["x"] - b["x"]) * squeeze, a["y"] - b["y"]) * METRES_PER_DEGREE
        for back, (u, v) in enumerate(((here, there), (there, here))):
            roads.add_edge(
                (u, n), (v, n), 0, highway="secondary", length=metres, reversed=bool(back)
            )


def draw_city(city: City, *, seed: int = SEED) -> Problem:
    """Draw a city, and state its problem."""
    return state_problem(draw_places(city, seed=seed), city.rung)


def draw_places(city: City, *, seed: int = SEED, tile: nx.MultiDiGraph | None = None) -> Places:
    """Draw a city as far as its roads, stations and posts; these have no officers yet."""
    scenario = Scenario()
    roads = tiled_roads(*city.tiles, tile=tile)
    station_rows, post_rows = draw_points(
        roads,
        stations=city.stations,
        posts=city.kecamatan,
        seed=seed,
        kelurahan_count=city.kelurahan,
    )
    classes = _classes(city.stations, seed)
    stations = [
        Station(
            str(row["station_id"]), float(row["lon"]), float(row["lat"]), risk_class,
            str(row["kecamatan"]), str(row["kelurahan"]), location_source="modelled",
        )
        for row, risk_class in zip(station_rows, classes, strict=True)
    ]  # fmt: skip
    posts = [
        Post(
            f"polsek-{row['post_id']}", float(row["lon"]), float(row["lat"]), 0,
            kind="polsek", kecamatan=str(row["kecamatan"]), location_source="modelled",
        )
        for row in post_rows
    ]  # fmt: skip
    posts.insert(0, _polres(posts, stations))
    network = network_from_graph(roads, scenario.travel.speeds)
    snaps = [
        snap_points(
            network,
            [one.lon for one in points],
            [one.lat for one in points],
            snap_limit_m=scenario.travel.snap_limit_m,
        )
        for points in (stations, posts)
    ]
    return Places(Ground(network, *snaps), tuple(stations), tuple(posts))


def _classes(count: int, seed: int) -> list[RiskClass]:
    """Class stations by chance in the sample's shares: 3 *elevated* and 2 *special* in 462."""
    elevated, special = round(ELEVATED_SHARE * count), round(SPECIAL_SHARE * count)
    drawn = random.Random(seed).sample(range(count), elevated + special)
    classes = [RiskClass.LOW] * count
    for number, station in enumerate(drawn):
        classes[station] = RiskClass.SPECIAL if number < special else RiskClass.ELEVATED
    return classes


def _polres(polsek: list[Post], stations: list[Station]) -> Post:
    """Put the polres where the polsek nearest to the middle of all stations is."""
    lon = sum(one.lon for one in stations) / len(stations)
    lat = sum(one.lat for one in stations) / len(stations)
    centre = min(polsek, key=lambda one: (math.hypot(one.lon - lon, one.lat - lat), one.post_id))
    return Post("polres", centre.lon, centre.lat, 0, kind="polres", location_source="modelled")


def state_problem(places: Places, rung: int | None = None) -> Problem:
    """Compute a city's minutes, and give its posts their officers.

    Enough for a rung of *low*, or as many a station as in the sample.

    All rules and limits are those of the default scenario.
    """
    scenario = Scenario()
    ground, stations, posts = places
    found = travel_times(
        ground.network,
        ground.posts,
        ground.stations,
        access_kph=scenario.travel.access_kph,
        beat_limit_minutes=scenario.limits.beat_minutes,
    )
    arrays = (found.deploy, found.beat_indptr, found.beat_indices, found.beat_tenths)
    problem = Problem(
        stations,
        posts,
        scenario.doctrine,
        limit_tenths(scenario.limits.deploy_minutes),
        limit_tenths(scenario.limits.beat_minutes),
        rules_of(scenario),
        TravelTimes(*(array.astype(np.int32) for array in arrays)),
    )
    return problem.replace(posts=_staffed(problem, rung))


def _staffed(problem: Problem, rung: int | None) -> tuple[Post, ...]:
    """Divide the officers among the polres and the polsek, these by their kecamatan's stations."""
    if rung is None:
        pairs = round(SAMPLE_OFFICERS * len(problem.stations) / SAMPLE_STATIONS / 2)
    else:
        pairs = math.ceil(SLACK * fewest_officers(problem, rung) / 2)
    counts: dict[str, int] = {}
    for station in problem.stations:
        counts[station.kecamatan] = counts.get(station.kecamatan, 0) + 1
    given = {
        name: math.floor(POLSEK_SHARE * pairs * count / len(problem.stations))
        for name, count in counts.items()
    }
    rest = pairs - sum(given.values())
    return tuple(
        replace(post, officers=2 * (rest if post.kind == "polres" else given[post.kecamatan]))
        for post in problem.posts
    )
