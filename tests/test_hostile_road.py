"""Hostile texts on the whole road: from a planner's files through plan and page to the orders."""

import csv
import json
import shutil
import unicodedata

import pytest
from maps.hostile import BROKEN, REFUSED, STRINGS, toml_text
from tables import edit_rows

from metro_gis import read_plan

SOUND = {name: value for name, value in STRINGS.items() if name not in BROKEN}
PLACES = [value for name, value in STRINGS.items() if name not in REFUSED and value.isprintable()]


def write_features(folder, change):
    """Turn the sample's stations into features, since JSON can spell what CSV cannot hold."""
    with (folder / "data/stations.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [change(row, n) for n, row in enumerate(csv.DictReader(stream)) if n % 4 == 0]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(row["lon"]), float(row["lat"])]},
            "properties": {key: row[key] for key in row if key not in ("lon", "lat")},
        }
        for row in rows
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "data/stations.geojson").write_text(json.dumps(collection), encoding="utf-8")
    scenario = 'base = "default.toml"\n[inputs.stations]\nfile = "data/stations.geojson"\n'
    title = toml_text(" ".join(SOUND.values()))
    (folder / "optimize/hostile.toml").write_text(f"title = {title}\n{scenario}", encoding="utf-8")


@pytest.fixture
def city(sample_workspace, tmp_path):
    """The sample, every fourth station of it, its names hostile."""
    folder = shutil.copytree(sample_workspace, tmp_path / "metro")
    shutil.rmtree(folder / "maps", ignore_errors=True)
    return folder


@pytest.mark.long
def test_every_text_reaches_plan_page_and_orders(city, metro_gis):
    """Names, wards, posts and the title may be any text: the plan holds them, and is verified."""
    names = list(SOUND.values())

    def change(row, n):
        return row | {"name": names[n // 4 % len(names)], "kelurahan": PLACES[n % len(PLACES)]}

    write_features(city, change)
    edit_rows(city / "data/posts.csv", lambda row, n: row | {"name": names[n * 7]})
    ran = metro_gis("--json", "run", "hostile", "--time-limit", 3, workspace=city)
    assert ran.code in (0, 3), ran.err
    plan = read_plan(city / ran.json["plan"])
    held = {row["name"] for row in plan.tables["stations"]}
    assert held == {unicodedata.normalize("NFC", name.strip()) for name in names}
    assert (city / ran.json["page"]).is_file()
    metro_gis("maps", "export", "hostile", workspace=city, check=0)
    told = metro_gis("optimize", "compare", "hostile", "hostile", workspace=city, check=0)
    assert not [mark for mark in told.out + told.err if mark < " " and mark != "\n"]


def test_broken_texts_are_refused(city, metro_gis):
    """Zero bytes and half characters are faults of the input (exit 2), told in sound JSON."""
    broken = [STRINGS[name] for name in BROKEN]
    write_features(city, lambda row, n: row | ({"name": broken[n // 4]} if n < 12 else {}))
    ran = metro_gis("--json", "data", "check", "hostile", workspace=city, check=2)
    codes = [one["code"] for one in ran.json["error"]["faults"] if one["severity"] == "error"]
    assert codes == ["text-broken"] * len(BROKEN)
    assert "Traceback" not in ran.err


def test_a_name_that_is_no_text_is_told_as_json(city, metro_gis):
    """A path of bytes that are no UTF-8 is told as a missing file (exit 2), in sound JSON."""
    ran = metro_gis("--json", "verify", "plan\udcff\x9b31m", workspace=city)
    assert ran.code == 2, ran.err
    assert ran.json["error"]["code"] == "plan-missing"
    assert not [mark for mark in ran.out if unicodedata.category(mark)[0] == "C" and mark != "\n"]
