"""A toy town for the page's tests: a grid of streets, five kecamatan, beats of neighbours."""

from __future__ import annotations

import os
import random
import shutil
from contextlib import ExitStack
from itertools import count, pairwise
from pathlib import Path

import pytest

from metro_gis.maps import PageData

AXE = "METRO_GIS_AXE"
WEST, SOUTH = 105.262, -5.179
STEP = 0.004  # between two streets of the grid, about 440 m
KECAMATAN = ("Metro Pusat", "Metro Timur", "Metro Barat", "Metro Utara", "Metro Selatan")
CLASSES = ("low",) * 20 + ("elevated", "elevated", "high", "special")
BEAT = 5
HOSTILE = "</script><img src=x onerror=alert(1)>${1+1}{{7*7}}\u2028\u2029<!--<script>&amp;"


def _streets(columns, rows):
    """Lay a grid of streets, each block an edge in both directions, every fifth one greater."""
    lines = {"primary": [], "secondary": [], "residential": [], "service": []}

    def name(index):
        return {0: "primary", 5: "secondary"}.get(index % 10, "residential")

    corner = [[(WEST + x * STEP, SOUTH + y * STEP) for y in range(rows)] for x in range(columns)]
    for x in range(columns):
        for low, high in pairwise(corner[x]):
            lines[name(x)] += [[low, high], [high, low]]
    for y in range(rows):
        for left, right in pairwise(corner[x][y] for x in range(columns)):
            lines[name(y)] += [[left, right], [right, left]]
    return lines


def _station(index, place, kecamatan, *, name):
    lon, lat = place
    return {
        "station_id": f"T{index + 1:04d}",
        "name": name or f"TPS {index + 1:03d}",
        "lon": lon,
        "lat": lat,
        "risk_class": CLASSES[index % len(CLASSES)],
        "kecamatan": kecamatan,
        "kelurahan": f"{kecamatan.removeprefix('Metro ')} {index % 4 + 1}",
        "voters": 250 + index % 50,
        "team_id": None,
        "reason": None,
        "witness": None,
        "deploy_minutes": 4.2 + index % 7,
        "beat_minutes": 1.5,
        "snap_m": 12.3,
    }


def _team(number, beat, post, unit):
    places = [(row["lon"], row["lat"]) for row in beat]
    path = [[a, (b[0], a[1]), b] for a, b in pairwise([*places, places[0]]) if a != b]
    return {
        "team_id": f"R{number:03d}",
        "post_id": post,
        "unit": unit,
        "officers": 2,
        "anchor_station_id": beat[0]["station_id"],
        "station_ids": [row["station_id"] for row in beat],
        "rung": BEAT,
        "load": len(beat) / BEAT,
        "deploy_minutes": beat[0]["deploy_minutes"],
        "beat_minutes": 1.5,
        "round_minutes": 2.5 * len(path),
        "path": path,
    }


def _post(index, unit, teams):
    posted = 2 * sum(team["unit"] == unit for team in teams)
    return {
        "post_id": f"polsek-{index}",
        "name": f"Polsek {unit}",
        "kind": "polsek",
        "lon": WEST + (4 * index + 2) * STEP + 0.001,
        "lat": SOUTH + 15 * STEP,
        "officers": posted + 25,
        "fixed": 15,
        "reserve": 4,
        "posted": posted,
        "free": 6,
    }


def _witness(index):
    return (
        ("no_road", {"snap_m": 812.4, "snap_limit_m": 300.0}),
        ("too_far", {"post_id": "polsek-0", "minutes": 41.7}),
        ("no_officers", {"kind": "unproven"}),
    )[index % 3]


def build_page(stations=462, *, uncovered=0, name=None, basemap=True, **changes):
    """Build the data of a page.

    Parameters
    ----------
    stations
        How many stations the toy town has.
    uncovered
        How many of them, the last ones, nobody covers.
    name
        Name of the first station, post, kecamatan and title alike; plain names without it.
    basemap
        Whether the streets are drawn.
    **changes
        Other fields of ``PageData``.
    """
    chance = random.Random(7)
    units = (name, *KECAMATAN[1:]) if name else KECAMATAN
    rows = []
    for index in range(stations):
        district = index * len(units) // stations
        place = (
            WEST + (4 * district + chance.randrange(1, 40) / 10) * STEP,
            SOUTH + chance.randrange(1, 300) / 10 * STEP,
        )
        rows.append(_station(index, place, units[district], name=None if index else name))
    teams = []
    for number, unit in enumerate(units):
        own = [row for row in rows[: stations - uncovered] if row["kecamatan"] == unit]
        own.sort(key=lambda row: row["lat"])
        for start in range(0, len(own), BEAT):
            teams.append(_team(len(teams) + 1, own[start : start + BEAT], f"polsek-{number}", unit))
    by_station = {station: team for team in teams for station in team["station_ids"]}
    for index, row in enumerate(rows):
        team = by_station.get(row["station_id"])
        if team is None:
            row["reason"], row["witness"] = _witness(index)
            row["deploy_minutes"] = row["beat_minutes"] = None
        else:
            row["team_id"] = team["team_id"]
    fields = {
        "title": name or "Kota Metro",
        "plan_id": "0123456789abcdef",
        "status": "feasible",
        "stopped_by": None,
        "gap": 0.0036,
        "gap_certified": None,
        "aims": [
            {"name": "cover", "value": [0, 0, uncovered], "bound": [0, 0, uncovered], "gap": 0},
            {"name": "strength", "value": 1840, "bound": 1840, "gap": 0},
            {"name": "nearness", "value": 7312.4, "bound": 7286.1, "gap": 0.0036},
        ],
        "roads_modelled": True,
        "points_modelled": True,
        "roads_source": "modelled streets",
        "roads_date": "2024-11-01",
        "stations": rows,
        "teams": teams,
        "posts": [_post(index, unit, teams) for index, unit in enumerate(units)],
        "basemap": _streets(21, 31) if basemap else {},
        "units": units,
        "versions": {"metro_gis": "0.1.0", "highspy": "1.15.1"},
        "limits": {"deploy_minutes": 30.0, "beat_minutes": 8.0},
    }
    return PageData(**(fields | changes))


@pytest.fixture(scope="session")
def page_of():
    """Give the builder of toy pages."""
    return build_page


@pytest.fixture(scope="session")
def streets_of():
    """Give the builder of a grid of streets, by class."""
    return _streets


@pytest.fixture(scope="module")
def browser():
    """Start the installed Chromium once for a file of tests."""
    from browsers import chromium

    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser, tmp_path):
    """Give a way to open pages, by their text; at the end each must have been silent."""
    from browsers import WIDE, opened

    with ExitStack() as stack:
        names = count()

        def open_text(page, *, viewport=WIDE, ending="html", **options):
            file = tmp_path / f"page-{next(names)}.{ending}"
            file.write_bytes(page if isinstance(page, bytes) else page.encode("utf-8"))
            return stack.enter_context(opened(browser, file, viewport=viewport, **options))

        yield open_text


@pytest.fixture(scope="session")
def axe():
    """Let axe-core, the checker of accessibility by Deque, look for serious and critical faults."""
    path = os.environ.get(AXE)
    if not path:
        pytest.skip(f"{AXE} names no axe.min.js")
    checker = Path(path).read_text(encoding="utf-8")

    def grave_faults(tab):
        tab.evaluate(checker)
        told = tab.evaluate(
            "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>"
            " violations.map(({ id, impact, nodes }) =>"
            " [impact, id, nodes.map((node) => node.html.slice(0, 120))]))"
        )
        return [fault for fault in told if fault[0] in {"serious", "critical"}]

    return grave_faults


@pytest.fixture(scope="session")
def replanned(sample_workspace, tmp_path_factory, metro_gis):
    """Sixteen stations planned, planned again with fewer officers, and the pages of both."""
    # other programs load this file for its toy town alone
    from tables import edit_rows

    folder = tmp_path_factory.mktemp("replanned") / "metro"
    shutil.copytree(sample_workspace, folder)
    # other tests draw pages in the sample's own workspace
    shutil.rmtree(folder / "maps", ignore_errors=True)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 29 == 0 else None)
    fewer = ("--officers", "polsek-metro-utara=17")
    for words in (
        ("optimize", "plan"),
        ("optimize", "replan", "default", *fewer),
        ("maps", "draw", "default-2"),
        ("optimize", "compare", "default", "default-2", "--page"),
    ):
        metro_gis(*words, workspace=folder, env={"PYTHONHASHSEED": "0"}, check=0)
    return folder


@pytest.fixture(scope="session")
def hostile_name():
    """Give a name that tries to leave its place in every way we know of."""
    return HOSTILE
