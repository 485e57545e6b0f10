"""Orders: what is handed out is the plan, whole, in every format."""

import csv
import io
import json
import math
import zipfile
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as ET

import openpyxl
import pyogrio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from orders_town import SHA, decided, town_plan

from metro_gis.maps.orders import FORMATS, build_orders, render_orders, require_same
from metro_gis.maps.orders.csv_file import guard, unguard
from metro_gis.maps.orders.workbook import sheet_name
from metro_gis.messages import LANGUAGES, clean, text

GPX = "{http://www.topografix.com/GPX/1/1}"
KML = "{http://www.opengis.net/kml/2.2}"
HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "#N/A",
    "<b>&amp;]]></b>",
    '\'=1+1; "x", y',
]
HIDDEN = ["\t=1+1", "\r=1+1", "a\x00b\x1b[31mc", "ab\u202ecd\u200e", "x\ue000y\ufffe", "\x0b=2"]
HIDDEN_SHOWN = [" =1+1", " =1+1", "ab[31mc", "abcd", "xy", "=2"]


@cache
def the_plan():
    """Plan a town once: hypothesis, too, can ask for it."""
    return town_plan()


@pytest.fixture(scope="module")
def plan():
    return the_plan()


@pytest.fixture(scope="module")
def short_plan():
    """Two officers for seven stations: most stay uncovered."""
    return town_plan(officers=2)


def files_of(plan, lang="en"):
    return render_orders(build_orders(plan), FORMATS, lang)


def sheets_of(content):
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets


def annex_rows(content, lang="en"):
    """Read the rows of all annexes of a workbook, as dictionaries by heading."""
    rows = []
    for sheet in sheets_of(content):
        grid = list(sheet.iter_rows(values_only=True))
        heads = [row for row in grid if row[:2] == ("No.", text("orders.column.team", lang))]
        if heads:
            below = grid[grid.index(heads[0]) + 1 :]
            found = [dict(zip(heads[0], row, strict=True)) for row in below]
            rows += [row for row in found if row[text("orders.column.station_id", lang)]]
    return rows


def csv_rows(content, lang="en"):
    stream = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(stream, delimiter={"en": ",", "id": ";"}[lang]))


def parsed(content):
    return ET.fromstring(content)  # noqa: S314 (we wrote it)


def features_of(content, kind):
    return [one for one in json.loads(content)["features"] if one["properties"]["kind"] == kind]


def told(rows, lang, number=float):
    """Give team to stations, minutes and round, from rows by heading."""
    teams = {}
    for row in rows:
        cells = {
            key: row[text(f"orders.column.{key}", lang)]
            for key in ("team", "station_id", "deploy_minutes", "round_minutes")
        }
        stations, minutes, _ = teams.setdefault(cells["team"], ([], [], None))
        stations.append(cells["station_id"])
        minutes.append(number(cells["deploy_minutes"]))
        teams[cells["team"]] = (stations, minutes, number(cells["round_minutes"]))
    return teams


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("officers", [2, 20])
def test_tables_read_back_are_the_plan(lang, officers):
    """Workbook and CSV name every team's stations in the order of its round, with its minutes."""
    plan = town_plan(officers=officers)
    files = files_of(plan, lang)
    assert told(annex_rows(files["xlsx"], lang), lang) == decided(plan)
    teams = [row for row in csv_rows(files["csv"], lang) if row[text("orders.column.team", lang)]]
    assert told(teams, lang, lambda cell: float(cell.replace(",", "."))) == decided(plan)


def test_geojson_read_back_is_the_plan(plan):
    """Rounds, stations and posts of the GeoJSON file are those of the plan, with their places."""
    content = files_of(plan)["geojson"]
    stops = {one["properties"]["station_id"]: one for one in features_of(content, "station")}
    found = {}
    for feature in features_of(content, "team"):
        team = feature["properties"]
        minutes = [stops[one]["properties"]["deploy_minutes"] for one in team["round"]]
        assert [stops[one]["properties"]["order"] for one in team["round"]] == [
            place + 1 for place in range(len(team["round"]))
        ]
        found[team["team_id"]] = (team["round"], minutes, team["round_minutes"])
    assert found == decided(plan)
    lines = {
        row["team_id"]: [list(point) for point in line] or None
        for row, line in zip(plan.tables["teams"], plan.rounds, strict=True)
    }
    assert lines == {
        one["properties"]["team_id"]: one["geometry"] and one["geometry"]["coordinates"]
        for one in features_of(content, "team")
    }
    points = zip(plan.tables["stations"], plan.points["stations"], strict=True)
    assert {row["station_id"]: list(point) for row, point in points} == {
        key: one["geometry"]["coordinates"] for key, one in stops.items()
    }
    assert [one["properties"]["post_id"] for one in features_of(content, "post")] == ["P0", "P1"]


def test_rounds_for_a_phone_are_the_plan(plan):
    """Routes of GPX and folders of KML name the stations of every team in their order."""
    files = files_of(plan)
    gpx = {
        route.findtext(f"{GPX}name"): [
            point.findtext(f"{GPX}cmt") for point in route.iter(f"{GPX}rtept")
        ]
        for route in parsed(files["gpx"]).iter(f"{GPX}rte")
    }
    kml = {}
    for folder in parsed(files["kml"]).iterfind(f"{KML}Document/{KML}Folder/{KML}Folder"):
        stops = [
            data.findtext(f"{KML}value")
            for data in folder.iter(f"{KML}Data")
            if data.get("name") == "station_id"
        ]
        kml[folder.findtext(f"{KML}name").removeprefix("Team ")] = stops
    rounds = {team: stations for team, (stations, _, _) in decided(plan).items()}
    assert gpx == kml == rounds
    tracks = parsed(files["gpx"]).findall(f"{GPX}trk")
    assert len(tracks) == sum(1 for line in plan.rounds if line)


def test_gpx_keeps_the_order_of_its_schema(plan):
    """GPX 1.1 wants metadata, waypoints, routes and tracks in this order, and so on inside."""
    root = parsed(files_of(plan)["gpx"])
    ranks = ["metadata", "wpt", "rte", "trk"]
    places = [ranks.index(child.tag.removeprefix(GPX)) for child in root]
    assert places == sorted(places)
    inside = ["name", "cmt", "desc", "type", "number", "trkseg", "rtept"]
    for part in root:
        places = [inside.index(child.tag.removeprefix(GPX)) for child in part]
        assert places == sorted(places)


def test_texts_never_become_formulas():
    """Names that look like formulas or errors are texts in the workbook, guarded in CSV."""
    files = files_of(town_plan(names=HOSTILE, post_name="=1+1"))
    with zipfile.ZipFile(io.BytesIO(files["xlsx"])) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name)
            assert b'"e"' not in archive.read(name)
    cells = [
        cell for sheet in sheets_of(files["xlsx"]) for row in sheet.iter_rows() for cell in row
    ]
    shown = {cell.value: cell for cell in cells}
    for name in HOSTILE:
        assert shown[name].data_type == "s"
        assert shown[name].quotePrefix == (name[0] in "=+-@'")
    names = {row["Station name, address"] for row in csv_rows(files["csv"])}
    assert names == {guard(name) for name in HOSTILE}
    assert {unguard(name) for name in names} == set(HOSTILE)
    assert {row["Post"][:2] for row in csv_rows(files["csv"])} >= {"'="}
    assert not any(name.startswith(tuple("=+-@\t\r")) for name in names)


def test_hostile_names_arrive_as_text_on_maps():
    """Markup in a name is text in GeoJSON, GPX and KML."""
    files = files_of(town_plan(names=HOSTILE, post_name="<b>&]]>"))
    stations = {one["properties"]["name"] for one in features_of(files["geojson"], "station")}
    assert stations == set(HOSTILE)
    for name, tag in (("gpx", GPX), ("kml", KML)):
        root = parsed(files[name])
        assert not [one for one in root.iter() if one.tag in ("b", f"{tag}b")]
        said = " ".join(one.text or "" for one in root.iter(f"{tag}name"))
        assert all(hostile in said for hostile in (*HOSTILE, "<b>&]]>"))


def test_descriptions_of_kml_hold_no_markup(short_plan):
    """A description is read as HTML: the name of a post within a reason is escaped once more."""
    plan = town_plan(officers=2, post_name="<img src=x>")
    said = [one.text for one in parsed(files_of(plan)["kml"]).iter(f"{KML}description")]
    assert any("&lt;img src=x&gt;" in one for one in said)
    assert not any("<" in one for one in said)


def test_hidden_characters_are_left_out():
    """Control and direction marks reach no file; what is left of the name does."""
    files = files_of(town_plan(names=HIDDEN))
    names = {one["properties"]["name"] for one in features_of(files["geojson"], "station")}
    assert names == {*HIDDEN_SHOWN, "TPS 006"}
    values = {cell.value for sheet in sheets_of(files["xlsx"]) for row in sheet for cell in row}
    assert set(HIDDEN_SHOWN) <= values
    for name in ("csv", "gpx", "kml", "summary"):
        shown = files[name].decode("utf-8-sig")
        assert not [mark for mark in shown if mark < " " and mark not in "\r\n"]
        assert not {"\u202e", "\u200e", "\x1b"} & set(shown)
    assert "' =1+1" in {row["Station name, address"] for row in csv_rows(files["csv"])}


@pytest.mark.parametrize("value", ["", "a", "=", "'", "''=1", "'=1", " =1", "\uff1d1", "-", "\t=1"])
def test_guard_is_taken_back(value):
    """What is put before a text is taken away again, and nothing else is."""
    assert unguard(guard(value)) == value
    assert guard(value)[:1] not in tuple("=+-@\t\r")


@given(st.text())
@example("_x0041_ =1")
@example("  two  blanks ")
@example("a\u2028b\u0085c")
def test_any_name_is_read_back(name):
    """Whatever a name holds, each format gives back what of it can be seen, as a text."""
    plan = the_plan()
    stations = [row | {"name": name} for row in plan.tables["stations"]]
    files = files_of(replace(plan, tables=plan.tables | {"stations": stations}))
    shown = clean(name)
    assert {row["Station name, address"] or "" for row in annex_rows(files["xlsx"])} == {shown}
    assert {unguard(row["Station name, address"]) for row in csv_rows(files["csv"])} == {shown}
    found = {one["properties"]["name"] for one in features_of(files["geojson"], "station")}
    assert found == {shown}
    for point in parsed(files["gpx"]).iter(f"{GPX}rtept"):
        assert point.findtext(f"{GPX}name").partition(". ")[2] == (
            shown or point.findtext(f"{GPX}cmt")
        )


def test_other_programs_read_the_maps(plan, tmp_path):
    """GDAL, which QGIS reads with, finds every stop of every round in GPX, KML and GeoJSON."""
    paths = {name: tmp_path / f"orders.{name}" for name in ("gpx", "kml", "geojson")}
    for name, path in paths.items():
        path.write_bytes(files_of(plan)[name])
    stops = [one for stations, _, _ in decided(plan).values() for one in stations]
    points = pyogrio.read_dataframe(paths["gpx"], layer="route_points")
    assert sorted(points["cmt"]) == sorted(stops)
    frame = pyogrio.read_dataframe(paths["geojson"])
    assert sorted(frame.loc[frame["kind"] == "station", "station_id"]) == sorted(stops)
    assert frame.crs.to_epsg() == 4326
    layers = [name for name, _ in pyogrio.list_layers(paths["kml"])]
    assert {f"Team {team}" for team in decided(plan)} <= set(layers)


@pytest.mark.parametrize("name", FORMATS)
def test_same_plan_gives_the_same_bytes(plan, name):
    """Two exports are equal to the byte: no file holds the time of day."""
    first, second = (render_orders(build_orders(plan), [name], "id")[name] for _ in range(2))
    assert first == second


def test_workbook_bears_no_clock_time(plan):
    """Neither the archive nor the workbook's properties tell when it was written."""
    with zipfile.ZipFile(io.BytesIO(files_of(plan)["xlsx"])) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2024-02-14T00:00:00Z") == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_modelled_data_is_labelled_in_every_file(plan, lang):
    """Every format says that points were modelled, that it is secret, and of which plan it is."""
    for name, content in files_of(plan, lang).items():
        if name == "xlsx":
            for sheet in sheets_of(content):
                shown = [str(cell.value) for row in sheet.iter_rows() for cell in row]
                assert text("page.banner.points", lang) in shown
                assert "RAHASIA" in sheet.oddHeader.center.text
                assert plan.plan_id in sheet.oddHeader.left.text
                assert text("summary.modelled", lang) in sheet.oddFooter.left.text
        else:
            shown = content.decode("utf-8")
            assert text("summary.modelled", lang) in shown
            assert "RAHASIA" in shown
            assert plan.plan_id in shown


def test_modelled_stations_are_named_one_by_one(plan):
    """A row of the annex says whether the place of that very station was modelled."""
    marked = {
        row["Station number"]: "place modelled" in (row["Remarks"] or "")
        for row in annex_rows(files_of(plan)["xlsx"])
    }
    assert marked == {f"T{t}": bool(t % 2) for t in range(7)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_uncovered_stations_come_first_with_their_reasons(short_plan, lang):
    """Who is left without a team stands first in every file, the strictest class before others."""
    lacking = [row for row in short_plan.tables["stations"] if row["team_id"] is None]
    assert lacking
    files = files_of(short_plan, lang)
    ids = {row["station_id"] for row in lacking}
    reason = text("page.reason.no_officers", lang)
    first = csv_rows(files["csv"], lang)[: len(ids)]
    assert {row[text("orders.column.station_id", lang)] for row in first} == ids
    assert all(row[text("orders.column.reason", lang)].startswith(reason) for row in first)
    features = json.loads(files["geojson"])["features"][: len(ids)]
    assert {one["properties"]["station_id"] for one in features} == ids
    assert all(one["properties"]["reason"] == "no_officers" for one in features)
    points = parsed(files["gpx"]).findall(f"{GPX}wpt")[: len(ids)]
    assert {one.findtext(f"{GPX}cmt") for one in points} == ids
    assert all(reason in one.findtext(f"{GPX}desc") for one in points)
    folder = parsed(files["kml"]).find(f"{KML}Document/{KML}Folder")
    assert folder.findtext(f"{KML}name") == text("orders.sheet_uncovered", lang)
    sheet = sheets_of(files["xlsx"])[1]
    assert sheet.title == text("orders.sheet_uncovered", lang)
    classes = {row["station_id"]: row["risk_class"] for row in lacking}
    ranks = [("special", "high", "elevated", "low").index(classes[row]) for row in
             (one["properties"]["station_id"] for one in features)]  # fmt: skip
    assert ranks == sorted(ranks)


def test_covered_plan_has_no_sheet_of_uncovered_stations(plan):
    """Where every station has a team the workbook holds the summary and a sheet for each post."""
    assert [sheet.title for sheet in sheets_of(files_of(plan)["xlsx"])] == [
        "Summary", "1 Polsek A", "2 P1",
    ]  # fmt: skip


def test_plan_without_kecamatan_is_exported():
    """With border none and stations of no kecamatan every format is still the plan."""
    plan = town_plan(border="none")
    orders = build_orders(plan)
    for lang in LANGUAGES:
        files = render_orders(orders, FORMATS, lang)
        require_same(orders, files, lang)
        assert told(annex_rows(files["xlsx"], lang), lang) == decided(plan)
    assert {team.kecamatan for team in orders.teams} == {""}
    assert "None" not in files["csv"].decode("utf-8-sig")


def test_sheets_are_ready_for_paper(plan):
    """Sheets are A4, annexes in landscape, as wide as the paper, with headings on every page."""
    summary, *annexes = sheets_of(files_of(plan)["xlsx"])
    assert (summary.page_setup.orientation, summary.page_setup.fitToHeight) == ("portrait", 1)
    for sheet in annexes:
        setup = sheet.page_setup
        assert (setup.orientation, setup.fitToWidth, setup.fitToHeight) == ("landscape", 1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$6:$6"
        assert sheet.cell(6, 1).value == "No."
        assert sheet.print_area.endswith(f"$U${sheet.max_row}")
        assert "&P" in sheet.oddFooter.right.text
        assert "&N" in sheet.oddFooter.right.text
    assert {int(sheet.page_setup.paperSize) for sheet in (summary, *annexes)} == {9}


def test_classes_have_colour_and_word(plan):
    """A class is told by a word, and its fill differs from those of the others."""
    fills = {
        cell.value: cell.fill.fgColor.rgb
        for sheet in sheets_of(files_of(plan)["xlsx"])[1:]
        for row in sheet.iter_rows(min_row=7)
        for cell in row
        if cell.value in ("Low", "Elevated", "High")
    }
    assert len(fills) == 3
    assert len(set(fills.values())) == 3


def test_names_stand_where_they_are_known(plan):
    """Officers that are known are named in workbook and CSV; for the others there are lines."""
    team, post = (plan.tables["teams"][0][key] for key in ("team_id", "post_id"))
    person = {"officer_id": "00080123", "name": "BUDI", "rank": "BRIPKA", "post_id": post,
              "duty": "station", "team_id": team, "previous": None}  # fmt: skip
    beside = person | {"officer_id": "00080124", "name": "ANI", "duty": "reserve", "team_id": None}
    files = files_of(replace(plan, tables={**plan.tables, "officers": [person, beside]}))
    rows = annex_rows(files["xlsx"])
    named = next(row for row in rows if row["Team"] == team)
    assert named["Name"].startswith("1. BUDI\n2. ___")
    assert named["NRP"].startswith("00080123\n___")
    assert next(row for row in rows if row["Team"] != team)["Name"].startswith("1. ___")
    row = next(row for row in csv_rows(files["csv"]) if row["Team"] == team)
    assert (row["Name"], row["Rank"], row["NRP"]) == ("BUDI", "BRIPKA", "00080123")
    assert "ANI" not in files["csv"].decode("utf-8-sig")


def test_patterns_are_never_bare_triples(plan):
    """A pattern names police, stations and Linmas."""
    for row in annex_rows(files_of(plan, "id")["xlsx"], "id"):
        assert row["Pola"].startswith("Polri 2, TPS ")
        assert row["Pola"].endswith("Linmas 2 per TPS")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_summary_fits_on_one_page(plan, short_plan, lang):
    """The text is narrow and short enough for a sheet of A4, and tells what it was made from."""
    for one in (plan, short_plan):
        lines = files_of(one, lang)["summary"].decode("utf-8").splitlines()
        assert max(len(line) for line in lines) <= 100
        assert len(lines) <= 70
        assert any(SHA in line for line in lines)
        assert text("orders.plan", lang, plan=one.plan_id) in lines[1]


def test_summary_of_a_replan_names_the_plan_before(plan):
    """Whoever holds older orders is told that they no longer hold."""
    later = replace(plan, info=plan.info | {"previous_plan_id": "fedcba9876543210"})
    assert "In place of plan fedcba9876543210" in files_of(later)["summary"].decode("utf-8")
    assert "In place of" not in files_of(plan)["summary"].decode("utf-8")


def test_summary_counts_are_those_of_the_plan(short_plan):
    """Covered and uncovered by class, teams and officers by post add up to the plan's."""
    lines = files_of(short_plan)["summary"].decode("utf-8").splitlines()
    rows = {line.split("  ")[1]: line.split()[1:] for line in lines if line.startswith("  ")}
    lacking = sum(row["team_id"] is None for row in short_plan.tables["stations"])
    totals = [line.split()[1:] for line in lines if line.startswith("  Total")]
    assert totals[0] == ["7", str(7 - lacking), "0", "0", str(lacking)]
    posted = sum(row["posted_officers"] for row in short_plan.tables["posts"])
    assert totals[1][:3] == [str(len(short_plan.tables["teams"])), str(7 - lacking), str(posted)]
    assert rows["Low"][0] == "5"


def test_reasons_are_told_with_their_witness():
    """No road, too far and officers to spare each have words of their own."""
    plan = town_plan(officers=2)
    by_reason = {
        "no_road": ({"snap_m": 812.4, "snap_limit_m": 300.0}, "812 m away; the limit is 300 m"),
        "too_far": ({"post_id": "P0", "minutes": 41.7}, "Polsek A, needs 41.7 min"),
        "no_officers": (
            {"kind": "unproven", "enough": {"post_id": "P1", "officers": 0}},
            "P1 has officers enough free",
        ),
    }
    station = next(row for row in plan.tables["stations"] if row["team_id"] is None)
    for reason, (witness, words) in by_reason.items():
        station["reason"] = reason
        for row in plan.tables["witnesses"]:
            if row["station_id"] == station["station_id"]:
                row["detail"] = json.dumps(witness)
        assert words in files_of(plan)["csv"].decode("utf-8")


def test_file_that_says_something_else_is_refused(plan):
    """A file whose rounds are not those of the plan is a fault of ours, told by its format."""
    orders = build_orders(plan)
    for name in ("xlsx", "csv", "geojson", "kml", "gpx"):
        other = render_orders(build_orders(town_plan(officers=2)), [name], "en")
        with pytest.raises(RuntimeError, match=name):
            require_same(orders, other, "en")


def test_numbers_of_a_csv_file_follow_its_language(plan):
    """An Indonesian file has semicolons and decimal commas, an English one commas and points."""
    head, first = files_of(plan, "id")["csv"].decode("utf-8-sig").splitlines()[:2]
    assert head.startswith("Nomor pos;Pos;No.;Regu")
    assert ";-5,11;105,3" in first
    head, first = files_of(plan, "en")["csv"].decode("utf-8-sig").splitlines()[:2]
    assert head.startswith("Post number,Post,No.,Team")
    assert ",-5.11,105.3" in first
    assert files_of(plan)["csv"].startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["Polsek [A]/B:C*?\\'", "x" * 60, "'", ""])
def test_sheets_have_names_that_workbooks_allow(plan, name):
    """A post's sheet is named after it, without what a sheet's name may not hold, and apart."""
    post = build_orders(town_plan(post_name=name)).posts[0]
    title = sheet_name(3, post)
    assert title.startswith("3")
    assert len(title) <= 31
    assert not set(title) & set("[]:*?/\\'")


def test_rows_are_as_high_as_their_texts(plan):
    """A row gives its longest text room; none is higher than a spreadsheet allows."""
    long = "Jalan " * 30
    sheet = sheets_of(files_of(town_plan(names=[long.strip()]))["xlsx"])[1]
    heights = {
        row[0].row: sheet.row_dimensions[row[0].row].height for row in sheet.iter_rows(min_row=7)
    }
    at = next(row[0].row for row in sheet.iter_rows() for cell in row if cell.value == long.strip())
    assert heights[at] >= 15 * math.ceil(len(long) / 19)
    assert max(heights.values()) <= 409
