"""Borders of kecamatan and kelurahan, as they are drawn."""

import json
from itertools import pairwise

import pytest

from metro_gis.data.outlines import outline_warnings, read_outlines
from metro_gis.messages import LANGUAGES
from metro_gis.scenario import AreasInput
from metro_gis.workspace import Workspace

SIDE = 0.02
"""Degrees: 2.2 km on the equator."""
PLACES = {("U", "1"): (0, 0), ("U", "2"): (1, 0), ("V", "1"): (2, 0)}
"""Three squares in a row: two kelurahan of kecamatan U, one of V, each at its column and row."""
POINTS = [(0.01, 0.01), (0.05, 0.01)]
BOTH = {"kecamatan": "KEC", "kelurahan": "KEL"}


def square(column, row, side=SIDE):
    """Draw a square."""
    west, south = column * side, row * side
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(names, shape):
    """Write an outline and the names of its areas."""
    properties = dict(zip(("KEC", "KEL"), names, strict=True))
    return {"type": "Feature", "geometry": shape, "properties": properties}


@pytest.fixture
def borders(tmp_path):
    """Read the borders of squares; those above where no others are given."""

    def read(features=None, columns=BOTH, points=POINTS, crs=None, file="areas.geojson"):
        if features is None:
            features = [feature(names, square(*at)) for names, at in PLACES.items()]
        content = {"type": "FeatureCollection", "features": features}
        if crs:
            content["crs"] = {"type": "name", "properties": {"name": crs}}
        (tmp_path / "areas.geojson").write_text(json.dumps(content), encoding="utf-8")
        areas = AreasInput(file=file, columns=columns)
        workspace = Workspace(tmp_path)
        found = read_outlines(workspace, areas, points)
        told = [fault.code for fault in found.warnings]
        assert all(fault.severity == "warning" for fault in found.warnings)
        assert all(fault.line(lang) for lang in LANGUAGES for fault in found.warnings)
        ahead = [fault.code for fault in outline_warnings(workspace, areas)]
        assert ahead == [code for code in told if code != "outlines-elsewhere"]
        return found.lines, told

    return read


def length(lines):
    """Length of lines in sides of a square."""
    steps = [pair for line in lines for pair in pairwise(line)]
    return sum(abs(a - c) + abs(b - d) for (a, b), (c, d) in steps) / SIDE


def test_every_border_is_one_line(borders):
    """A border of two neighbours counts once, and only as that of their kecamatan if it is one."""
    lines, told = borders()
    assert not told
    # round three squares, and once between U and V
    assert length(lines["kecamatan"]) == pytest.approx(9, abs=0.01)
    # between the two kelurahan of U
    assert length(lines["kelurahan"]) == pytest.approx(1, abs=0.01)


def test_one_level_may_be_given_alone(borders):
    """With kecamatan alone there are no other borders; with kelurahan alone all of theirs."""
    assert set(borders(columns={"kecamatan": "KEC"})[0]) == {"kecamatan"}
    lines, _ = borders(columns={"kelurahan": "KEL"})
    assert set(lines) == {"kelurahan"}


def test_outlines_of_one_name_are_one_area(borders):
    """Parts of a kecamatan that stand in several rows have no border between them."""
    lines, _ = borders([feature(("U", ""), square(at, 0)) for at in (0, 1)], {"kecamatan": "KEC"})
    assert length(lines["kecamatan"]) == pytest.approx(6, abs=0.01)


def test_wavy_borders_are_simplified_alike(borders):
    """Two neighbours whose common border wiggles by a metre still share one line, of few points."""
    wave = [[SIDE + (at % 2) * 1e-5, SIDE * at / 200] for at in range(201)]
    left = [[0, 0], *wave, [0, SIDE], [0, 0]]
    right = [[2 * SIDE, 0], [2 * SIDE, SIDE], *wave[::-1], [2 * SIDE, 0]]
    shapes = [{"type": "Polygon", "coordinates": [ring]} for ring in (left, right)]
    lines, _ = borders([feature((name, ""), one) for name, one in zip("UV", shapes, strict=True)])
    assert length(lines["kecamatan"]) == pytest.approx(7, abs=0.05)
    assert sum(map(len, lines["kecamatan"])) < 30


def test_borders_far_from_the_points_are_cut_off(borders):
    """Of a kecamatan that reaches far into the land only what lies near the points is drawn."""
    lines, _ = borders([feature(("U", ""), square(0, 0, side=3.0))], {"kecamatan": "KEC"})
    reach = max(max(x, y) for line in lines["kecamatan"] for x, y in line)
    assert 0.05 < reach < 0.09
    # where it is cut off there is no border
    assert length(lines["kecamatan"]) * SIDE < 0.2


def test_other_coordinates_are_brought_to_degrees(borders):
    """A file in metres (UTM 48S) gives borders in degrees."""
    ring = [[500000, 9430000], [503000, 9430000], [503000, 9433000], [500000, 9433000]]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    lines, told = borders(
        [feature(("U", ""), shape)], {"kecamatan": "KEC"}, [(105.01, -5.14)], "EPSG:32748"
    )
    assert not told
    assert all(104.9 < x < 105.1 and -5.2 < y < -5.1 for x, y in lines["kecamatan"][0])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"file": "area.geojson"}, "table-missing"),
        ({"features": []}, "table-empty"),
        ({"columns": {"kecamatan": "KECAMATAN"}}, "column-mapped-missing"),
        (
            {"features": [feature(("U", ""), {"type": "Point", "coordinates": [0, 0]})]},
            "join-no-outline",
        ),
        ({"points": [(110.0, -7.0)]}, "outlines-elsewhere"),
        ({"crs": "EPSG:999999"}, "table-crs-unusable"),
    ],
)
def test_what_is_wrong_is_told_and_stops_nothing(borders, given, code):
    """A file that is missing, empty, elsewhere, or without outlines or columns gives a warning."""
    lines, told = borders(**given)
    assert not lines
    assert code in told


def test_outlines_that_cross_themselves_are_mended(borders):
    """A ring in the form of an eight is drawn as its two halves, and told."""
    ring = [[0, 0], [SIDE, SIDE], [SIDE, 0], [0, SIDE], [0, 0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    lines, told = borders([feature(("U", ""), shape)], {"kecamatan": "KEC"})
    assert lines["kecamatan"]
    assert told == ["join-outline-crossed"]


def test_the_columns_are_those_of_areas(tmp_path):
    """A scenario that asks for another level is refused with what it may ask for."""
    from metro_gis.errors import ScenarioError
    from metro_gis.scenario import load_scenario

    path = tmp_path / "default.toml"
    path.write_text('[inputs.areas]\nfile = "a.geojson"\ncolumns = { desa = "D" }\n')
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    told = caught.value.lines("en")
    assert "kecamatan" in " ".join(told)
