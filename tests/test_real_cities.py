"""The whole road on real data, through the command line alone."""

import csv
import json

import pytest

pytestmark = pytest.mark.real_data


def test_cambridge_from_tables_to_page(cambridge, metro_gis):
    """Forty-two polling records, two police stations, precincts as border taken by place."""
    city, ran = cambridge
    result = ran.json
    assert result["stations"] == result["covered"] == 42
    assert result["modelled"] is False
    assert result["officers_available"] == 120
    assert result["status"] == "optimal"
    assert set(result["rung_low"].values()) == {4}
    # 31 precincts hold records, and no beat leaves its precinct: at least one team each
    assert result["teams"] >= len(result["rung_low"])
    assert metro_gis("--json", "verify", "default", workspace=city, check=0).json["ok"]
    assert "OpenStreetMap" not in json.dumps(result)


@pytest.mark.long
@pytest.mark.parametrize(
    ("source", "stations", "posts"),
    [
        ("balikpapan/roads.graphml", 150, 4),
        ("osm/liechtenstein.osm.pbf", 90, 3),
        ("osm/heidelberg.osm.pbf", 200, 4),
    ],
)
def test_drawn_points_on_real_roads(real_data, tmp_path, metro_gis, source, stations, posts):
    """Stations and posts drawn by seed on real roads, labelled modelled, make a verified plan."""
    city = tmp_path / "city"
    metro_gis("new", city, check=0)
    roads = metro_gis(
        "--json", "data", "roads", "--osm", real_data / source, workspace=city, check=0
    )
    assert roads.json["modelled"] is False
    metro_gis(
        "data", "points", "--stations", stations, "--posts", posts, "--seed", 7,
        workspace=city, check=0,
    )  # fmt: skip
    with (city / "data/stations.csv").open(encoding="utf-8-sig") as stream:
        assert {row["location_source"] for row in csv.DictReader(stream)} == {"modelled"}
    ran = metro_gis("--json", "run", "--time-limit", 12, workspace=city)
    assert ran.code in (0, 3), ran.err
    assert ran.json["stations"] == stations
    assert ran.json["covered"] >= 0.95 * stations
    assert ran.json["modelled"] is True
    assert metro_gis("--json", "verify", "default", workspace=city, check=0).json["ok"]
    page = (city / "maps/default.html").read_text(encoding="utf-8")
    assert "OpenStreetMap" in page
