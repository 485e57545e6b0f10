from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from metro_gis.maps import render_page
from metro_gis.maps.compact import (
    ALPHABET,
    encode_integers,
    encode_lines,
    encode_marks,
    encode_points,
    merge_directions,
)
from metro_gis.maps.folium_map import EMPTY_EXTENT, extent, folium_parts
from metro_gis.maps.from_plan import page_data
from metro_gis.maps.leaflet import leaflet_script, leaflet_style
from metro_gis.maps.payload import script_json
from metro_gis.plan_file import PlanFile

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
DATA = re.compile(r'<script type="application/json" id="metro-gis-data">(.*?)</script>', re.DOTALL)
# the one address that a page holds: the name of SVG's vocabulary, from which nothing is fetched
SVG_NAME = "http://www.w3.org/2000/svg"


@pytest.fixture(scope="module")
def page(page_of):
    """Draw the page of a toy town of 60 stations, three of them uncovered."""
    return render_page(page_of(60, uncovered=3), lang="en")


def plan_without_border():
    """Write a plan by hand: one team of two kecamatan, one station uncovered."""
    unknown = dict.fromkeys(("kelurahan", "voters", "deploy_minutes", "beat_minutes", "snap_m"))
    stations = [
        {
            **unknown,
            "station_id": one,
            "name": one,
            "risk_class": "low",
            "kecamatan": kecamatan,
            "team_id": team,
            "reason": None if team else "no_officers",
            "location_source": "modelled",
        }
        for one, kecamatan, team in (("A", "East", "R"), ("B", "West", "R"), ("C", "West", None))
    ]
    minutes = dict.fromkeys(("deploy_minutes", "beat_minutes", "round_minutes"), 1.0)
    team = {"team_id": "R", "post_id": "P", "kecamatan": "East", "officers": 2, "rung": 4}
    team |= {"anchor_station_id": "A", "round": "A;B", "load": 0.5, **minutes}
    post = {"post_id": "P", "name": "Polsek P", "kind": "polsek", "location_source": "modelled"}
    kept = ("fixed_officers", "reserve_officers", "free_officers")
    post |= {"officers": 2, "posted_officers": 2, **dict.fromkeys(kept, 0)}
    detail = {"kind": "unproven", "enough": {"post_id": "P", "officers": 2}}
    return PlanFile(
        tables={
            "stations": stations,
            "teams": [team],
            "posts": [post],
            "witnesses": [{"station_id": "C", "detail": json.dumps(detail)}],
        },
        info={
            "plan_id": "0123456789abcdef",
            "status": "feasible",
            "stopped_by": None,
            "gap": None,
            "certified": {"bound": None, "gap": None},
            "aims": [],
            "rung_low": {"*": 4},
            "versions": {},
            "roads": {"modelled": True, "source": "modelled", "date": "2025-11-01T00:00:00Z"},
            "scenario": {
                "title": "",
                "stem": "toy",
                "limits": {"deploy_minutes": 30.0, "beat_minutes": 8.0},
                "beats": {"border": "none"},
            },
        },
        points={
            "stations": [(105.3, -5.1), (105.31, -5.1), (105.32, -5.1)],
            "posts": [(105.3, -5)],
        },
        rounds=[[(105.3, -5.1), (105.31, -5.1)]],
    )


def data_of(page):
    """Read a page's data block."""
    (found,) = DATA.findall(page)
    return json.loads(found)


def integers(text):
    """Read back what ``encode_integers`` wrote."""
    numbers, value, weight = [], 0, 1
    for letter in text:
        digit = ALPHABET.index(letter)
        value += digit % 32 * weight
        weight *= 32
        if digit < 32:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value, weight = 0, 1
    return numbers


@pytest.mark.parametrize("lang", ["en", "id"])
def test_page_leads_nowhere(page_of, lang):
    """A page holds no address but the name of SVG's vocabulary, and loads no file."""
    page = render_page(page_of(30), lang=lang)
    assert set(re.findall(r"https?://[^\s\"'<>)]*", page)) == {SVG_NAME}
    markup = STYLE.sub("", DATA.sub("", SCRIPT.sub("", page)))
    assert not re.search(r"<(?:img|link|iframe|object|embed|base|form)\b|\bsrc=|\bon\w+=", markup)
    assert re.findall(r'\bhref="([^"]*)"', markup) == ["#stations"]
    assert "@import" not in page
    assert "sourceMappingURL" not in page
    assert re.findall(r"url\((?!data:|#default)[^)]*\)", "".join(STYLE.findall(page))) == []


def test_policy_names_every_script_and_style(page):
    """The policy allows the page's own scripts and styles by their hashes, and nothing else."""
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def hashes(texts):
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]

    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == hashes(SCRIPT.findall(page))
    assert rules["style-src"].split() == hashes(STYLE.findall(page))
    assert rules["img-src"] == "data:"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert page.index("Content-Security-Policy") < page.index("<style>") < page.index("<script>")


def test_nothing_of_folium_s_head_is_left(page):
    """Bootstrap, jQuery, Font Awesome and awesome markers stay out of the page."""
    parts = "bootstrap|jquery|font-?awesome|awesome-markers|glyphicon"
    assert not re.search(parts, page, re.IGNORECASE)


def test_same_data_make_the_same_bytes(page_of):
    """A page depends on its data alone, not on the process that draws it."""
    here = render_page(page_of(40, uncovered=2), lang="id").encode()
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); import conftest;"
        "from metro_gis.maps import render_page;"
        "page = render_page(conftest.build_page(40, uncovered=2), lang='id');"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    folder = str(Path(__file__).parent)
    there = subprocess.run(
        [sys.executable, "-c", code, folder],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert hashlib.sha256(here).hexdigest() == there.stdout.strip()


def test_hostile_names_are_data_and_nothing_else(page_of, hostile_name):
    """A name that holds markup, script or templates stands in the data block, letter by letter."""
    tame = render_page(page_of(20), lang="en")
    page = render_page(page_of(20, name=hostile_name), lang="en")
    data = data_of(page)
    assert data["plan"]["title"] == hostile_name
    assert data["stations"]["name"][0] == hostile_name
    assert hostile_name in data["stations"]["kecamatan_names"]
    assert data["units"][0] == hostile_name
    assert data["posts"]["name"][0] == f"Polsek {hostile_name}"
    assert DATA.sub("", page) == DATA.sub("", tame)
    block = DATA.search(page)[1]
    assert not set(block) & set("<>&\u2028\u2029")


def test_templates_are_not_evaluated(page_of):
    """Text that Jinja would compute is shown as it was typed."""
    page = render_page(page_of(20, name="{{7*7}}{% raw %}${6*7}"), lang="en")
    assert data_of(page)["stations"]["name"][0] == "{{7*7}}{% raw %}${6*7}"
    assert "{{7*7}}" in page


def test_data_block_holds_the_plan(page_of):
    """Every station, team and post of the plan stands in the data block."""
    data = page_of(60, uncovered=3)
    block = data_of(render_page(data, lang="en"))
    assert block["stations"]["id"] == [row["station_id"] for row in data.stations]
    assert block["teams"]["id"] == [row["team_id"] for row in data.teams]
    assert block["posts"]["id"] == [row["post_id"] for row in data.posts]
    for row, team in zip(data.stations, block["stations"]["team"], strict=True):
        assert (block["teams"]["id"][team] if team >= 0 else None) == row["team_id"]
    assert [entry[0] for entry in block["stations"]["uncovered"]] == [57, 58, 59]
    assert block["stations"]["uncovered"][1][2] == data.stations[58]["witness"]
    rounds = [
        [block["stations"]["id"][place] for place in team] for team in block["teams"]["round"]
    ]
    assert rounds == [list(team["station_ids"]) for team in data.teams]


def test_positions_survive_to_a_tenth_of_a_metre(page_of):
    """Stations stand in the data block to the millionth of a degree."""
    data = page_of(60)
    numbers = integers(data_of(render_page(data, lang="en"))["stations"]["at"])
    x = y = 0
    for row, dx, dy in zip(data.stations, numbers[::2], numbers[1::2], strict=True):
        x, y = x + dx, y + dy
        assert x / 1e6 == pytest.approx(row["lon"], abs=6e-7)
        assert y / 1e6 == pytest.approx(row["lat"], abs=6e-7)


@pytest.mark.parametrize("lang", ["en", "id"])
def test_language_is_declared_and_both_are_carried(page_of, lang):
    """The page says which language it opens in, and carries the texts of both."""
    page = render_page(page_of(20), lang=lang)
    assert f'<html lang="{lang}">' in page
    texts = data_of(page)["texts"]
    assert set(texts) == {"en", "id"}
    assert set(texts["en"]) == set(texts["id"])
    assert texts["id"]["look.high"] == "Sangat rawan"


def test_unknown_language_is_refused(page_of):
    """A language without a catalogue is refused."""
    with pytest.raises(ValueError, match="no language"):
        render_page(page_of(5), lang="fr")


def test_catalogues_hold_the_same_keys_and_placeholders():
    """Both languages have each text of the page, with the same placeholders."""
    folder = files("metro_gis.messages")
    english, indonesian = (
        tomllib.loads(folder.joinpath(lang, "page.toml").read_text("utf-8"))
        for lang in ("en", "id")
    )
    assert list(english) == list(indonesian)
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(
            re.findall(r"\{\w+\}", indonesian[key])
        )


def test_every_text_the_script_names_is_in_the_catalogue():
    """The page's script asks for no text that the catalogue lacks."""
    texts = {
        area + key
        for name, area in (("page", ""), ("compare", "compare."))
        for key in tomllib.loads(
            files("metro_gis.messages").joinpath("en", f"{name}.toml").read_text("utf-8")
        )
    }
    assets = files("metro_gis.maps").joinpath("assets")
    source = "".join(
        entry.read_text("utf-8")
        for entry in sorted(assets.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith((".js", ".html"))
    )
    asked = set(re.findall(r'(?:say\(|data-(?:text|label)=)"([\w.-]+)"', source))
    assert len(asked) > 60
    assert asked <= texts


def test_a_second_street_the_other_way_is_dropped():
    """Streets are drawn once, whichever way they run and in whichever order they come."""
    street, lane = [(105.0, -5.0), (105.1, -5.0)], [(105.1, -5.0), (105.1, -5.1)]
    both = merge_directions([street, street[::-1], lane])
    assert both == merge_directions([lane, street[::-1]])
    assert len(both) == 2


@pytest.mark.parametrize("values", [[], [0], [1, -1], [31, 32, -32, 105_262_000, -5_179_000]])
def test_integers_read_back(values):
    """Whole numbers of either sign come back as they were written."""
    assert integers(encode_integers(values)) == values


def test_points_that_fall_together_are_left_out():
    """A line keeps no point twice, and a line without length is no line."""
    line = [(0.00001, 0.0), (0.00001, 0.000001), (0.00003, 0.0)]
    point, next_line = [(1.0, 1.0), (1.0, 1.0)], [(0.00003, 0.0), (0.0, 0.0)]
    written = encode_lines([line, point, next_line])
    assert integers(written) == [2, 1, 0, 2, 0, 2, 0, 0, -3, 0]
    assert encode_points([]) == encode_lines([]) == ""


def test_marks_tell_lines_in_turn():
    """Counts of lines without and with a mark take turns; a line without length counts nowhere."""
    a, b, c = (((0.0, 0.0), (step, 0.0)) for step in (0.1, 0.2, 0.3))
    point = ((1.0, 1.0), (1.0, 1.000001))
    assert integers(encode_marks([a, b, point, c], {a, point, c})) == [0, 1, 1, 1]
    assert integers(encode_marks([a, b, c], {c})) == [2, 1]
    assert integers(encode_marks([a, b], set())) == [2]
    assert encode_marks([], {a}) == ""


@pytest.mark.parametrize(
    "text", ["\ud800", "\u2028", "a\u2029b", "</script>", "<!--", "&lt;", "\0"]
)
def test_json_for_scripts_reads_back(text):
    """Any text, even one that is no proper Unicode, survives the way into the page."""
    written = script_json([text])
    assert json.loads(written) == [text]
    assert not set(written) & set("<>&\u2028\u2029\0")
    assert written.encode()


def test_numbers_that_are_none_are_refused(page_of):
    """A gap that is not a number is a fault, not a blank."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        render_page(page_of(5, gap=float("nan")), lang="en")


def test_leaflet_is_the_version_we_looked_at():
    """The script laid into the page is Leaflet's own, and asks for no file."""
    assert leaflet_script().startswith("/* @preserve\n * Leaflet 1.9.")
    assert 'version="1.9.' in leaflet_script()
    assert leaflet_style().count("url(data:image/png;base64,") == 3


def test_extent_of_nothing_is_the_country():
    """A plan without points still opens on a map."""
    assert extent([]) == EMPTY_EXTENT
    assert "fitBounds" in folium_parts(EMPTY_EXTENT).script


def test_page_without_teams_streets_or_posts(page_of):
    """A plan that covers nothing is drawn like any other."""
    data = page_of(4, uncovered=4, basemap=False)
    assert not data.teams
    assert data_of(render_page(data, lang="id"))["teams"]["id"] == []


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("units", ("a", "a"), "unit 'a' stands twice"),
        ("teams", (), "team 'R001', which is not among them"),
        ("posts", (), "post 'polsek-0', which is not among them"),
    ],
)
def test_contradictions_are_refused(page_of, field, value, named):
    """Data whose rows contradict each other never become a page."""
    with pytest.raises(ValueError, match=re.escape(named)):
        page_of(20, **{field: value})


def test_a_beat_of_strangers_is_refused(page_of):
    """A team whose stations are not in the plan is refused."""
    with pytest.raises(ValueError, match=r"station 'T\d{4}', which is not among them"):
        replace(page_of(20), stations=())


def test_a_station_of_an_unlisted_kecamatan_is_refused(page_of):
    """A station whose kecamatan is no unit of the page would be missing from its table."""
    data = page_of(20)
    with pytest.raises(ValueError, match="unit 'Elsewhere', which is not among them"):
        replace(data, stations=[{**data.stations[0], "kecamatan": "Elsewhere"}, *data.stations[1:]])


def test_border_and_rungs_come_from_the_plan():
    """A plan file's border and rungs stand in the data block, as they are."""
    data = page_data(plan_without_border(), {})
    block = data_of(render_page(data, lang="en"))
    assert block["plan"]["border"] == "none"
    assert block["plan"]["rung_low"] == {"*": 4}
    assert block["units"] == ["East", "West"]
    assert block["stations"]["uncovered"][0][2]["enough"] == {"post_id": "P", "officers": 2}


def test_a_round_starts_at_its_anchor(page_of):
    """A round that starts elsewhere than at the anchor is refused."""
    data = page_of(20)
    turned = {**data.teams[0], "station_ids": data.teams[0]["station_ids"][::-1]}
    with pytest.raises(ValueError, match="does not start at its anchor"):
        replace(data, teams=[turned, *data.teams[1:]])


def test_seven_thousand_stations_stay_under_two_megabytes(page_of):
    """The page of a great city is light enough for a phone."""
    page = render_page(page_of(7169, basemap=False), lang="id")
    assert len(page.encode()) < 2_000_000
