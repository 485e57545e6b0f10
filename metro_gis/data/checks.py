"""Checks that need both tables, or the area that the roads cover.

They take plain arrays, so that they need no road graph, and look only at rows that were read
without an error: what is wrong with the others has been told.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from metro_gis.data.numbers import format_number
from metro_gis.data.reading import fold_text
from metro_gis.doctrine import RiskClass
from metro_gis.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metro_gis.data.flaws import Params
    from metro_gis.data.reading import Read
    from metro_gis.doctrine import Doctrine
    from metro_gis.errors import Severity
    from metro_gis.problem import BeatRules, Post, Station

    Bounds = tuple[float, float, float, float]

__all__ = ["check_area", "check_tables", "officers_needed"]

EARTH_RADIUS_M = 6_371_009.0
FAR_FACTOR = 10
"""A station this many snap limits from any road is a mistake, not a remote place."""
CROWD = 12
"""As many stations on one point are more likely an office that was geocoded than a school."""

Kind = Literal["station", "post"]


def check_tables(
    stations: Read[Station], posts: Read[Post], *, doctrine: Doctrine, rules: BeatRules
) -> tuple[Fault, ...]:
    """Check stations and posts against each other.

    Parameters
    ----------
    stations
        Stations as read.
    posts
        Posts as read.
    doctrine
        Guard patterns, for the officers that are needed.
    rules
        How beats may be formed.

    Returns
    -------
    tuple of Fault
        Errors where no plan can be made; warnings where officers are short even at the last rung
        of the ladder, where a post has none, and where many stations lie on one point.
    """
    faults = [*_check_officers(posts), *_check_crowds(stations)]
    # with rows left out, what is unknown or too little may only seem so
    if not stations.has_errors:
        faults += _check_serves(stations, posts)
        if not posts.has_errors:
            faults += _check_need(stations, posts, doctrine, rules)
    return tuple(faults)


def check_area(
    stations: Read[Station],
    posts: Read[Post],
    *,
    bounds: Bounds,
    nearest_m: tuple[Sequence[float], Sequence[float]],
    snap_limit_m: float,
) -> tuple[Fault, ...]:
    """Check that stations and posts lie where the roads are.

    Parameters
    ----------
    stations
        Stations as read.
    posts
        Posts as read.
    bounds
        Area that the roads cover, ``(min_lon, min_lat, max_lon, max_lat)`` in EPSG:4326.
    nearest_m
        Metres from each station and from each post to the nearest road, shapes ``(n_stations,)``
        and ``(n_posts,)``, in the order of the items.
    snap_limit_m
        Metres beyond which a point is on no road.

    Returns
    -------
    tuple of Fault
        Errors for swapped coordinates, lost signs and points that are far from every road; a
        warning for a station that is beyond the snap limit and so will be left uncovered.
    """
    far = FAR_FACTOR * snap_limit_m
    if _is_apart(stations, posts, bounds, nearest_m, far):
        params: Params = {
            "bounds": ", ".join(f"{one:.4f}" for one in bounds),
            "count": len(stations.items) + len(posts.items),
        }
        return (Fault("area-apart", file=stations.place, params=params),)
    station_m, post_m = nearest_m
    faults = []
    for station, row, metres in zip(stations.items, stations.rows, station_m, strict=True):
        if not metres <= snap_limit_m:
            point = (station.lon, station.lat)
            code, shown = _judge_place("station", point, metres, bounds, far)
            shown |= {"id": station.station_id, "limit": snap_limit_m}
            faults.append(_point_fault(code, stations, row, station, shown))
    for post, row, metres in zip(posts.items, posts.rows, post_m, strict=True):
        if not metres <= snap_limit_m:
            code, shown = _judge_place("post", (post.lon, post.lat), metres, bounds, far)
            shown |= {"id": post.post_id, "limit": snap_limit_m}
            faults.append(_point_fault(code, posts, row, post, shown))
    return tuple(faults)


def officers_needed(
    stations: Sequence[Station], doctrine: Doctrine, rules: BeatRules
) -> dict[RiskClass, int]:
    """Count the officers that all stations need at the last rung of the ladder, at the least.

    Parameters
    ----------
    stations
        The stations.
    doctrine
        Guard patterns.
    rules
        How beats may be formed: teams do not cross the border.

    Returns
    -------
    dict
        Risk class to officers, whatever the distances. Where classes may share a beat, a class's
        stations are counted as if only full teams went to them.
    """
    rung = doctrine.ladder[-1]
    counts = Counter((_unit(station, rules), station.risk_class) for station in stations)
    needed = dict.fromkeys(RiskClass, 0)
    for cls in RiskClass:
        most = doctrine.stations_per_team(cls, rung)
        loads = [Fraction(count, most) for (_, one), count in sorted(counts.items()) if one is cls]
        teams = math.ceil(sum(loads)) if rules.mix else sum(math.ceil(load) for load in loads)
        needed[cls] = teams * doctrine.patterns[cls].officers
    return needed


def _check_officers(posts: Read[Post]) -> Iterator[Fault]:
    if posts.has_errors:
        return
    if not posts.items:
        yield Fault("posts-none", file=posts.place)
        return
    total = sum(post.officers for post in posts.items)
    if sum(post.station_officers for post in posts.items) == 0:
        code = "officers-none-free" if total else "officers-none"
        yield Fault(code, file=posts.place, column=posts.label("officers"), params={"total": total})
        return
    for post, row in zip(posts.items, posts.rows, strict=True):
        if post.station_officers == 0:
            yield Fault(
                "post-without-officers",
                "warning",
                file=posts.place,
                row=row,
                column=posts.label("officers"),
                value=str(post.officers),
                params={"id": post.post_id},
            )


def _check_crowds(stations: Read[Station]) -> Iterator[Fault]:
    places: dict[tuple[float, float], list[int]] = {}
    for station, row in zip(stations.items, stations.rows, strict=True):
        places.setdefault((station.lon, station.lat), []).append(row)
    for (lon, lat), rows in places.items():
        if len(rows) >= CROWD:
            yield Fault(
                "stations-on-one-point",
                "warning",
                file=stations.place,
                row=rows[0],
                column=stations.label("lon", "lat"),
                value=f"{format_number(lon)}, {format_number(lat)}",
                params={"count": len(rows), "rows": ", ".join(str(row) for row in rows[:10])},
            )


def _check_serves(stations: Read[Station], posts: Read[Post]) -> Iterator[Fault]:
    known = list(dict.fromkeys(one.kecamatan for one in stations.items if one.kecamatan))
    folded = {fold_text(name): name for name in known}
    for post, row in zip(posts.items, posts.rows, strict=True):
        for name in post.serves:
            if name in known:
                continue
            near = difflib.get_close_matches(fold_text(name), folded, 1)
            yield Fault(
                "serves-unknown",
                file=posts.place,
                row=row,
                column=posts.label("serves"),
                value=name,
                params={
                    "id": post.post_id,
                    "nearest": folded[near[0]] if near else "-",
                    "known": ", ".join(known) or "-",
                },
            )


def _check_need(
    stations: Read[Station], posts: Read[Post], doctrine: Doctrine, rules: BeatRules
) -> Iterator[Fault]:
    needed = officers_needed(stations.items, doctrine, rules)
    total = _least_mixed(stations.items, doctrine, rules) if rules.mix else sum(needed.values())
    free = sum(post.station_officers for post in posts.items)
    if not 0 < free < total:
        return
    classes = Counter(one.risk_class for one in stations.items)
    params: Params = {
        "needed": total,
        "officers": free,
        "short": total - free,
        "rung": doctrine.ladder[-1],
    }
    for cls in RiskClass:
        params[f"{cls}_stations"] = classes[cls]
        params[f"{cls}_officers"] = needed[cls]
    yield Fault("officers-short", "warning", file=posts.place, params=params)


def _least_mixed(stations: Sequence[Station], doctrine: Doctrine, rules: BeatRules) -> int:
    # holds whatever classes share a beat: full teams of the smallest size that the unit knows
    loads: dict[str, Fraction] = {}
    sizes: dict[str, int] = {}
    for one in stations:
        unit = _unit(one, rules)
        most = doctrine.stations_per_team(one.risk_class, doctrine.ladder[-1])
        size = doctrine.patterns[one.risk_class].officers
        loads[unit] = loads.get(unit, Fraction(0)) + Fraction(1, most)
        sizes[unit] = min(sizes.get(unit, size), size)
    return sum(math.ceil(load) * sizes[unit] for unit, load in loads.items())


def _is_apart(
    stations: Read[Station],
    posts: Read[Post],
    bounds: Bounds,
    nearest_m: tuple[Sequence[float], Sequence[float]],
    far: float,
) -> bool:
    # one fault for a road file of another city, not one for each row
    places = [(one.lon, one.lat) for one in stations.items]
    places += [(one.lon, one.lat) for one in posts.items]
    metres = [*nearest_m[0], *nearest_m[1]]
    return len(places) > 1 and all(
        not near <= far and not _within(point, bounds) and not _mistaken(point, bounds)
        for point, near in zip(places, metres, strict=True)
    )


def _judge_place(
    kind: Kind, point: tuple[float, float], metres: float, bounds: Bounds, far: float
) -> tuple[str, Params]:
    lon, lat = point
    shown: Params = {
        "metres": f"{math.ceil(metres)}" if math.isfinite(metres) else f"> {math.ceil(far)}",
        "far": math.ceil(far),
    }
    mistake = None if _within(point, bounds) else _mistaken(point, bounds)
    if mistake == "swapped":
        shown |= {"lon": format_number(lat), "lat": format_number(lon)}
        return "coordinates-swapped-area", shown
    if mistake == "sign":
        return "coordinates-sign-area", shown
    if kind == "station" and metres <= far:
        return "station-off-road", shown
    outside_m = _metres_outside(point, bounds)
    if outside_m > 0:
        shown["outside_km"] = f"{max(outside_m / 1000, 0.1):.1f}"
        return ("station-outside" if kind == "station" else "post-outside"), shown
    return ("station-far" if kind == "station" else "post-far"), shown


def _mistaken(point: tuple[float, float], bounds: Bounds) -> Literal["swapped", "sign"] | None:
    lon, lat = point
    if _within((lat, lon), bounds):
        return "swapped"
    if any(_within(one, bounds) for one in ((-lon, lat), (lon, -lat), (-lon, -lat))):
        return "sign"
    return None


def _within(point: tuple[float, float], bounds: Bounds) -> bool:
    min_lon, min_lat, max_lon, max_lat = bounds
    return min_lon <= point[0] <= max_lon and min_lat <= point[1] <= max_lat


def _metres_outside(point: tuple[float, float], bounds: Bounds) -> float:
    min_lon, min_lat, max_lon, max_lat = bounds
    lon, lat = point
    edge_lon, edge_lat = min(max(lon, min_lon), max_lon), min(max(lat, min_lat), max_lat)
    # great circle (haversine), since the point may be on another continent
    half = (
        math.sin(math.radians(lat - edge_lat) / 2) ** 2
        + math.cos(math.radians(lat))
        * math.cos(math.radians(edge_lat))
        * math.sin(math.radians(lon - edge_lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def _unit(station: Station, rules: BeatRules) -> str:
    if rules.border == "none":
        return ""
    if rules.border == "kecamatan":
        return station.kecamatan
    return f"{station.kecamatan}/{station.kelurahan}"


def _point_fault(
    code: str,
    read: Read[Station] | Read[Post],
    row: int,
    item: Station | Post,
    params: Params,
) -> Fault:
    severity: Severity = "warning" if code == "station-off-road" else "error"
    return Fault(
        code,
        severity,
        file=read.place,
        row=row,
        column=read.label("lon", "lat"),
        value=f"{format_number(item.lon)}, {format_number(item.lat)}",
        params=params,
    )
