"""Columns taken from the outline that holds a point."""

import json
import os
from pathlib import Path

import pytest

from metro_gis.data.join import join_columns
from metro_gis.data.stations import read_stations
from metro_gis.messages import LANGUAGES
from metro_gis.scenario import Join, TableInput
from metro_gis.workspace import Workspace

REAL_DATA = Path(os.environ.get("METRO_GIS_REAL_DATA", "no such folder"))
SQUARES = {"A": 0.0, "B": 1.0, "C": 3.0}
"""Unit squares by the longitude of their western edge: A and B share a border."""


def square(west, south=0.0):
    """Draw a unit square."""
    ring = [
        [west, south],
        [west + 1, south],
        [west + 1, south + 1],
        [west, south + 1],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(*pairs):
    """Write outlines and their names as GeoJSON."""
    features = [
        {"type": "Feature", "geometry": shape, "properties": {"NAME": name}}
        for name, shape in pairs
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def join(tmp_path):
    """Join points to outlines; the three squares where no others are given."""

    def join_points(points, *pairs, column="NAME"):
        shapes = pairs or [(name, square(west)) for name, west in SQUARES.items()]
        (tmp_path / "areas.geojson").write_text(collection(*shapes), encoding="utf-8")
        result = join_columns(
            [lon for lon, _ in points],
            [lat for _, lat in points],
            Join(file="areas.geojson", columns={"kecamatan": column}),
            Workspace(tmp_path),
        )
        for fault in result.faults:
            assert all(fault.line(lang) for lang in LANGUAGES)
        return result

    return join_points


def codes(result):
    """Give point and code of every flaw."""
    return {place: flaw.code for place, flaw in result.flaws.items()}


def test_a_point_takes_from_the_outline_around_it(join):
    """Inside one outline, its text is taken."""
    result = join([(0.5, 0.5), (3.5, 0.5), (1.5, 0.5)])
    assert result.columns == {"kecamatan": ("A", "C", "B")}
    assert (codes(result), result.faults, result.count) == ({}, (), 3)
    assert result.labels == {"kecamatan": "NAME"}


def test_a_point_outside_is_a_fault(join):
    """In no outline there is nothing to take."""
    assert codes(join([(2.5, 0.5)])) == {0: "join-outside"}


def test_a_point_on_a_shared_border_is_a_fault(join):
    """Which side it belongs to cannot be told, even a hair's breadth from the border."""
    result = join([(1.0, 0.5), (1.0 + 1e-12, 0.5), (1.001, 0.5)])
    assert codes(result) == {0: "join-border", 1: "join-border"}
    assert {result.flaws[0].params["one"], result.flaws[0].params["other"]} == {"A (1)", "B (2)"}


def test_a_border_between_equals_is_none(join):
    """Two outlines that say the same leave no doubt; the outer edge belongs to its outline."""
    result = join([(1.0, 0.5), (0.0, 0.5)], ("A", square(0.0)), ("A", square(1.0)))
    assert (result.columns["kecamatan"], codes(result)) == (("A", "A"), {})


def test_an_outline_without_a_value_is_a_fault(join):
    """A blank name cannot be a kecamatan."""
    assert codes(join([(0.5, 0.5)], (None, square(0.0)))) == {0: "join-value-missing"}


def test_files_of_outlines_are_checked(join, tmp_path):
    """An unknown column, a missing file and features that are no outlines are told."""
    unknown = join([(0.5, 0.5)], column="NAMA")
    assert [one.code for one in unknown.faults] == ["column-mapped-missing"]
    assert unknown.faults[0].params["nearest"] == "NAME"
    points = join([(0.5, 0.5)], ("A", {"type": "Point", "coordinates": [0, 0]}))
    assert [(one.code, one.row) for one in points.faults] == [("join-no-outline", 1)]
    missing = join_columns(
        [0.5], [0.5], Join(file="no.geojson", columns={"kecamatan": "x"}), Workspace(tmp_path)
    )
    assert [one.code for one in missing.faults] == ["table-missing"]


def test_a_crossed_outline_is_told(join):
    """An outline that crosses itself holds what an odd number of its lines surrounds."""
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    result = join([(0.1, 0.5), (0.5, 0.9)], ("A", bow_tie))
    assert [one.code for one in result.faults] == ["join-outline-crossed"]
    assert (result.columns["kecamatan"][0], codes(result)) == ("A", {1: "join-outside"})


def test_stations_take_their_kecamatan_by_place(join, tmp_path):
    """Joined text is read like any other, and a row without it has one error, not two."""
    join([])
    (tmp_path / "t.csv").write_text(
        "station_id,lon,lat,risk_class\na,0.5005,0.5005,low\nb,2.5005,0.5005,low\nc,x,0.5,low\n"
    )
    source = TableInput(
        file="t.csv", join=Join(file="areas.geojson", columns={"kecamatan": "NAME"})
    )
    result = read_stations(source, Workspace(tmp_path))
    told = [(one.code, one.row) for one in result.faults]
    assert told == [("join-outside", 3), ("number-word", 4)]
    assert [one.kecamatan for one in result.items] == ["A"]
    assert (result.join.file, result.join.rows, len(result.join.sha256)) == ("areas.geojson", 3, 64)
    assert result.columns["kecamatan"] == "NAME"


@pytest.mark.real_data
@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="METRO_GIS_REAL_DATA names no folder")
def test_the_precincts_of_cambridge_hold_their_polling_places():
    """Each of the 42 real stations lies in exactly one of the 33 precincts."""
    source = TableInput(
        file="cambridge/ELECTIONS_PollingLocations.geojson",
        columns={"station_id": "W_P", "name": "LOCATION"},
        values={"risk_class": "low"},
        join=Join(
            file="cambridge/ELECTIONS_WardsPrecincts.geojson",
            columns={"kecamatan": "WardPrecinct"},
        ),
    )
    result = read_stations(source, Workspace(REAL_DATA))
    assert not result.has_errors
    assert len(result.items) == 42
    assert result.join.rows == 33
    assert all(one.kecamatan for one in result.items)
