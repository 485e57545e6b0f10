"""Polling stations and posts of the modelled city.

**Modelled: not for operations.** Numbers and codes of the TPS, their kelurahan, the sum of voters
and the risk classes are facts; places and the voters of each TPS are invented. See ``sample``.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import hypot, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from metro_gis.data.sample_city import (
    GroundPlan,
    Kelurahan,
    Point,
    dice,
    make_ground_plan,
    to_lonlat,
)
from metro_gis.data.sample_net import RANK, Net
from metro_gis.data.sample_roads import city_net

if TYPE_CHECKING:
    import random

Row = dict[str, str | int | float]

VOTERS: Final = 128_370
MOST_VOTERS: Final = 300
FEWEST_VOTERS: Final = 215
STATION_STEP_M: Final = 26.0  # between places that may be chosen, along a street
NEAREST_M: Final = 6.0  # no place is nearer to a street than this
NEIGHBOURHOOD: Final = 4  # stations that lie near each other, on average
SAME_SCHOOL: Final = 0.16  # share of stations in the yard where another one is
YARD_M: Final = 20.0
PRISON_M: Final = 60.0  # no other station is as near to the prison
SQUARE_M: Final = 50.0
PRISON: Final = "Iring Mulyo"
ELEVATED: Final = frozenset(
    {("Purwosari", 5), ("Purwosari", 7), ("Sumbersari Bantul", 1)}
)  # 2020, lampung.antaranews.com/berita/466168

STATION_COLUMNS: Final = (
    "station_id",
    "name",
    "lon",
    "lat",
    "risk_class",
    "kecamatan",
    "kelurahan",
    "voters",
    "location_source",
)
POST_COLUMNS: Final = (
    "post_id",
    "name",
    "kind",
    "lon",
    "lat",
    "kecamatan",
    "officers",
    "fixed_officers",
    "reserve_officers",
    "serves",
    "location_source",
)
# post, name, kind, kecamatan, officers, fixed, reserve
_POSTS: Final = (
    ("polres-metro", "Polres Metro", "polres", "Metro Pusat", 300, 54, 134),
    ("polsek-metro-barat", "Polsek Metro Barat", "polsek", "Metro Barat", 50, 15, 0),
    ("polsek-metro-pusat", "Polsek Metro Pusat", "polsek", "Metro Pusat", 65, 15, 0),
    ("polsek-metro-selatan", "Polsek Metro Selatan", "polsek", "Metro Selatan", 45, 15, 0),
    ("polsek-metro-timur", "Polsek Metro Timur", "polsek", "Metro Timur", 55, 15, 0),
    ("polsek-metro-utara", "Polsek Metro Utara", "polsek", "Metro Utara", 50, 15, 0),
)
POLRES_NEAR: Final = (-520.0, 120.0)  # between the square and kelurahan Metro


class Site(NamedTuple):
    """A place beside a street.

    Parameters
    ----------
    place
        Metres in the plane of ``sample_city``.
    rank
        Rank of the street's class.
    hamlet
        Index of its hamlet.
    """

    place: Point
    rank: int
    hamlet: int


def make_stations() -> list[Row]:
    """List the 462 TPS of Pemilu 2024 in Kota Metro, at modelled places.

    Returns
    -------
    list of dict
        Sorted by ``station_id``; columns ``STATION_COLUMNS``; degrees of EPSG:4326.
    """
    plan = make_ground_plan()
    random_ = dice(2024)
    sites = _sites()
    rows: list[Row] = []
    for cell, kelurahan in enumerate(plan.kelurahan):
        free = [site for site in sites[cell] if site.rank >= RANK["tertiary"]]
        special = _prison(free, plan) if kelurahan.special else []
        free = [site for site in free if all(_apart(site.place, p) > PRISON_M for p in special)]
        places = _stations_of([site.place for site in free], kelurahan, random_)
        numbers = [*range(1, kelurahan.stations + 1), *range(901, 901 + kelurahan.special)]
        for number, place in zip(numbers, places + special, strict=True):
            lon, lat = to_lonlat(*place)
            rows.append(
                {
                    "station_id": f"{kelurahan.code}{number:03d}",
                    "name": f"TPS {number:03d} {kelurahan.name}",
                    "lon": lon,
                    "lat": lat,
                    "risk_class": _risk_class(kelurahan.name, number),
                    "kecamatan": kelurahan.kecamatan,
                    "kelurahan": kelurahan.name,
                    "voters": 0,
                    "location_source": "modelled",
                }
            )
    rows.sort(key=lambda row: str(row["station_id"]))
    for row, voters in zip(rows, _voters([str(r["kelurahan"]) for r in rows]), strict=True):
        row["voters"] = voters
    return rows


def make_posts() -> list[Row]:
    """List Polres and Polsek of Kota Metro with assumed officers, at modelled places.

    Returns
    -------
    list of dict
        Sorted by ``post_id``; columns ``POST_COLUMNS``; degrees of EPSG:4326.
    """
    plan = make_ground_plan()
    sites = _sites()
    rows: list[Row] = []
    for post_id, name, kind, kecamatan, officers, fixed, reserve in _POSTS:
        cells = [i for i, one in enumerate(plan.kelurahan) if one.kecamatan == kecamatan]
        weight = sum(plan.kelurahan[i].stations for i in cells)
        middle = (
            sum(plan.kelurahan[i].centre[0] * plan.kelurahan[i].stations for i in cells) / weight,
            sum(plan.kelurahan[i].centre[1] * plan.kelurahan[i].stations for i in cells) / weight,
        )
        target = POLRES_NEAR if kind == "polres" else middle
        beside_main = [s.place for i in cells for s in sites[i] if s.rank <= RANK["tertiary"]]
        lon, lat = to_lonlat(*min(beside_main, key=lambda place: (_apart(place, target), place)))
        values = (
            post_id, name, kind, lon, lat, kecamatan, officers, fixed, reserve, "", "modelled",
        )  # fmt: skip
        rows.append(dict(zip(POST_COLUMNS, values, strict=True)))
    return rows


def _risk_class(kelurahan: str, number: int) -> str:
    if number > 900:  # noqa: PLR2004 (KPU numbers special TPS from 901)
        return "special"
    return "elevated" if (kelurahan, number) in ELEVATED else "low"


def _apart(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])


@cache
def _sites() -> tuple[tuple[Site, ...], ...]:
    """List places beside streets, per kelurahan: 6 to 26 m off, never nearer to another street."""
    plan = make_ground_plan()
    net = city_net()
    pieces = _pieces(net)
    random_ = dice(7)
    found: list[list[Site]] = [[] for _ in plan.kelurahan]
    for index, link in sorted(net.links.items()):
        highway = net.streets[link.street].highway
        if highway in {"track", "service"}:
            continue
        points = [(x / 100, y / 100) for x, y in link.course]
        for a, b in pairwise(points):
            span = _apart(a, b)
            for step in range(int(span // STATION_STEP_M)):
                along = (step + random_.random()) * STATION_STEP_M / span
                off = (7 + 19 * random_.random()) * (1 if random_.random() < 0.5 else -1) / span  # noqa: PLR2004
                x = round(a[0] + (b[0] - a[0]) * along - (b[1] - a[1]) * off, 2)
                y = round(a[1] + (b[1] - a[1]) * along + (b[0] - a[0]) * off, 2)
                cell = plan.cell_at(x, y)
                hamlet = int(plan.hamlet[plan.square(x, y)])
                if cell >= 0 and _clear((x, y), pieces):
                    found[cell].append(Site((x, y), net.rank(index), hamlet))
    return tuple(tuple(sites) for sites in found)


def _pieces(net: Net) -> dict[tuple[int, int], list[tuple[Point, Point]]]:
    squares: dict[tuple[int, int], list[tuple[Point, Point]]] = {}
    for _, link in sorted(net.links.items()):
        points = [(x / 100, y / 100) for x, y in link.course]
        for a, b in pairwise(points):
            i_low, i_high = sorted((int(a[0] // SQUARE_M), int(b[0] // SQUARE_M)))
            j_low, j_high = sorted((int(a[1] // SQUARE_M), int(b[1] // SQUARE_M)))
            for i in range(i_low - 1, i_high + 2):
                for j in range(j_low - 1, j_high + 2):
                    squares.setdefault((i, j), []).append((a, b))
    return squares


def _clear(place: Point, pieces: dict[tuple[int, int], list[tuple[Point, Point]]]) -> bool:
    square = (int(place[0] // SQUARE_M), int(place[1] // SQUARE_M))
    return all(_off(place, a, b) >= NEAREST_M for a, b in pieces.get(square, ()))


def _off(place: Point, a: Point, b: Point) -> float:
    """Distance of a place from a piece of street, metres."""
    ux, uy = b[0] - a[0], b[1] - a[1]
    part = ((place[0] - a[0]) * ux + (place[1] - a[1]) * uy) / (ux * ux + uy * uy)
    part = min(max(part, 0.0), 1.0)
    return hypot(place[0] - a[0] - part * ux, place[1] - a[1] - part * uy)


def _prison(sites: list[Site], plan: GroundPlan) -> list[Point]:
    """Give the prison's two TPS places side by side, at the edge of its kelurahan."""
    heart = next(one.centre for one in plan.kelurahan if one.name == PRISON)
    gate = max((site.place for site in sites), key=lambda place: (_apart(place, heart), place))
    others = [site.place for site in sites if site.place != gate]
    return [gate, min(others, key=lambda place: (_apart(place, gate), place))]


def _stations_of(places: list[Point], kelurahan: Kelurahan, random_: random.Random) -> list[Point]:
    """Place a kelurahan's TPS: neighbourhoods spread out, TPS near each other within each."""
    count, heart = kelurahan.stations, kelurahan.centre
    usual = 1000 / sqrt(kelurahan.density)  # as far apart as on an even grid
    centres = [places[int(random_.random() * len(places))]]
    while len(centres) < max(1, round(count / NEIGHBOURHOOD)):
        # the best of a few: spread out, yet where many streets are
        tries = [places[int(random_.random() * len(places))] for _ in range(7)]
        centres.append(max(tries, key=lambda place: min(_apart(place, c) for c in centres)))
    chosen: list[tuple[int, Point]] = []
    while len(chosen) < count:
        turn = len(chosen) % len(centres)
        shared = random_.random() < SAME_SCHOOL
        spacing = YARD_M if shared else usual * (0.3 + 0.45 * random_.random())
        chosen.append((turn, _nearest_free(places, centres[turn], chosen, spacing)))
    order = _walk([(centre, turn) for turn, centre in enumerate(centres)], heart)
    numbered: list[Point] = []
    here = heart
    for turn in order:
        own = [(place, k) for k, (t, place) in enumerate(chosen) if t == turn]
        numbered += [chosen[k][1] for k in _walk(own, here)]
        here = numbered[-1] if numbered else here
    return numbered


def _nearest_free(
    places: list[Point], centre: Point, chosen: list[tuple[int, Point]], spacing: float
) -> Point:
    """Take the place nearest to a centre that keeps its distance from those taken."""
    taken = [place for _, place in chosen]
    while True:
        room = (p for p in places if all(_apart(p, other) > spacing for other in taken))
        best = min(room, key=lambda place: (_apart(place, centre), place), default=None)
        if best is not None:
            return best
        spacing *= 0.9


def _walk(stops: list[tuple[Point, int]], start: Point) -> list[int]:
    """Order stops as one who always walks to the nearest next."""
    left = list(stops)
    order = []
    here = start
    while left:
        best = min(left, key=lambda stop: (_apart(stop[0], here), stop))
        left.remove(best)
        order.append(best[1])
        here = best[0]
    return order


def _voters(kelurahan: list[str]) -> list[int]:
    """Share out the voters: near a kelurahan's own mean, summing exactly."""
    random_ = dice(VOTERS)
    mean = {name: 271 + 14 * random_.random() for name in sorted(set(kelurahan))}
    shares = []
    for name in kelurahan:
        # the mean of two draws is nearer to the middle than one
        swing = (random_.random() + random_.random() - 1) * 42
        shares.append(min(max(round(mean[name] + swing), FEWEST_VOTERS), MOST_VOTERS - 1))
    missing = VOTERS - sum(shares)
    while missing:
        which = int(random_.random() * len(shares))
        step = 1 if missing > 0 else -1
        if FEWEST_VOTERS < shares[which] + step <= MOST_VOTERS:
            shares[which] += step
            missing -= step
    return shares
