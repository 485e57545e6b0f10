"""Reading the table of stations."""

import json
import os
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metro_gis.data.stations import read_stations
from metro_gis.doctrine import RiskClass
from metro_gis.messages import LANGUAGES
from metro_gis.scenario import TableInput
from metro_gis.workspace import Workspace

REAL_DATA = Path(os.environ.get("METRO_GIS_REAL_DATA", "no such folder"))
HEADER = "station_id,lon,lat,risk_class,kecamatan,kelurahan,name,voters,location_source\n"
GOOD = "{id},105.3044,-5.1216,low,Metro Pusat,Metro,{name},300,modelled\n"


@pytest.fixture
def read(tmp_path):
    """Read a table of stations written as CSV, under a scenario's `columns`, `values`."""

    def read_text(text, *, border="kecamatan", name="stations.csv", **source):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(content)
        result = read_stations(TableInput(file=name, **source), Workspace(tmp_path), border=border)
        for fault in result.faults:
            assert all(fault.line(lang) for lang in LANGUAGES)
        return result

    return read_text


def row(**cells):
    """Write one good row with some cells changed."""
    whole = {
        "station_id": "1", "lon": "105.3044", "lat": "-5.1216", "risk_class": "low",
        "kecamatan": "Metro Pusat", "kelurahan": "Metro", "name": "TPS 1", "voters": "300",
        "location_source": "modelled",
    }  # fmt: skip
    return ",".join((whole | cells).values()) + "\n"


def errors(result):
    """Give code, row and column of every error."""
    return [(one.code, one.row, one.column) for one in result.faults if one.severity == "error"]


def warnings(result):
    """Give the codes of all warnings."""
    return [one.code for one in result.faults if one.severity == "warning"]


def test_a_good_table_gives_stations(read):
    """Every column becomes a field; rows are numbered as a spreadsheet shows them."""
    result = read(HEADER + row() + "\n" + row(station_id="2", name="TPS 2", voters=""))
    assert (result.rows, result.count, result.faults) == ((2, 4), 2, ())
    first, second = result.items
    assert (first.station_id, first.lon, first.lat) == ("1", 105.3044, -5.1216)
    assert (first.risk_class, first.kecamatan, first.kelurahan) == (
        RiskClass.LOW,
        "Metro Pusat",
        "Metro",
    )
    assert (first.name, first.voters, first.location_source) == ("TPS 1", 300, "modelled")
    assert second.voters is None
    assert (result.file, len(result.sha256)) == ("stations.csv", 64)


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        pytest.param({"station_id": ""}, "value-missing", "station_id", id="T19-blank"),
        pytest.param({"station_id": "NA"}, "value-placeholder", "station_id", id="T19-NA"),
        pytest.param({"station_id": "-"}, "value-placeholder", "station_id", id="T19-dash"),
        pytest.param({"station_id": "1;2"}, "text-character", "station_id", id="semicolon"),
        pytest.param(
            {"station_id": "1\u200b"}, "text-character", "station_id", id="T47-zero-width"
        ),
        pytest.param({"station_id": "x" * 101}, "text-long", "station_id", id="T47-long"),
        pytest.param({"lat": "", "lon": ""}, "value-missing", "lon, lat", id="T28-no-point"),
        pytest.param({"lat": ""}, "value-missing", "lat", id="T28-half-a-point"),
        pytest.param({"lat": "-7.257.500"}, "number-separators", "lat", id="T23"),
        pytest.param({"lat": "7 15 27"}, "coordinate-dms", "lat", id="T24"),
        pytest.param({"lon": "-5.1", "lat": "105.3"}, "coordinates-swapped", "lon, lat", id="T25"),
        pytest.param({"lon": "0", "lat": "0"}, "coordinate-placeholder", "lon, lat", id="T27"),
        pytest.param({"lon": "531000"}, "coordinate-metres", "lon", id="T33"),
        pytest.param({"lat": "nan"}, "number-not-finite", "lat", id="T35"),
        pytest.param({"risk_class": "sgt rawan"}, "class-unknown", "risk_class", id="T37"),
        pytest.param({"risk_class": "2-4-8"}, "class-unknown", "risk_class", id="T38"),
        pytest.param({"risk_class": ""}, "value-missing", "risk_class", id="no-class"),
        pytest.param({"kecamatan": ""}, "value-missing", "kecamatan", id="no-border"),
        pytest.param({"voters": "-3"}, "number-negative", "voters", id="T39-negative"),
        pytest.param({"voters": "1.234"}, "number-ambiguous", "voters", id="T39-thousands"),
        pytest.param({"voters": "300 orang"}, "number-word", "voters", id="T39-word"),
        pytest.param(
            {"location_source": "guessed"}, "word-unknown", "location_source", id="source"
        ),
    ],
)
def test_a_faulty_cell_is_told_by_its_place(read, cells, code, column):
    """A damaged cell gives one error at its row and column, and its row alone is left out."""
    result = read(HEADER + row(station_id="9", name="TPS 9") + row(**cells))
    assert errors(result) == [(code, 3, column)]
    assert [one.station_id for one in result.items] == ["9"]


def test_all_faults_are_told_at_once(read):
    """Faults of many rows and columns come together, in the order of the rows."""
    result = read(HEADER + row(lat="x", risk_class="?") + row(station_id="", voters="-1", name=""))
    assert [(code, number) for code, number, _ in errors(result)] == [
        ("number-word", 2),
        ("class-unknown", 2),
        ("value-missing", 3),
        ("number-negative", 3),
    ]


def test_ids_are_unique_and_plainly_so(read):
    """An id twice, or twice but for case and spaces, is an error naming both rows (T16, T48)."""
    rows = [row(station_id=one, name="") for one in ("A 1", "A 1", "a  1", "A2", " A3 ")]
    result = read(HEADER + "".join(rows))
    assert [(code, number) for code, number, _ in errors(result)] == [
        ("id-twice", 3),
        ("id-alike", 4),
    ]
    assert {one.params["first"] for one in result.faults} == {2}
    assert [one.station_id for one in result.items] == ["A 1", "A2", "A3"]


def test_ids_stay_text(read):
    """Zeros in front of an id are part of it, and it comes in Unicode form NFC."""
    result = read(HEADER + row(station_id="001", name="") + row(station_id="Ge\u0301 1", name=""))
    assert [one.station_id for one in result.items] == ["001", "G\u00e9 1"]


def test_a_number_stands_once_in_a_kelurahan(read):
    """TPS numbers repeat across kelurahan, not within one; names of schools may (T16, T18)."""
    rows = [
        row(station_id="1", name="TPS 01"),
        row(station_id="2", name="TPS-1"),
        row(station_id="3", name="1", kelurahan="Imopuro"),
        row(station_id="4", name="SDN 1 Metro"),
        row(station_id="5", name="SDN 1 Metro"),
        row(station_id="6", name="TPS 001 Metro"),
    ]
    result = read(HEADER + "".join(rows))
    told = ("station-number-twice", "name")
    assert errors(result) == [(told[0], 3, told[1]), (told[0], 7, told[1])]


def test_a_place_has_one_spelling(read):
    """A kecamatan written in two ways would be two, and so is an error."""
    rows = [row(name=""), row(station_id="2", kecamatan="METRO  PUSAT", name="")]
    result = read(HEADER + "".join(rows))
    assert errors(result) == [("name-alike", 3, "kecamatan")]


def test_indonesian_words_are_understood_and_stated(read):
    """Usual Indonesian column names and classes are read, and the mapping is told (T09)."""
    text = (
        "ID TPS;Bujur;Lintang;Kerawanan;Nama Kecamatan;Kelurahan/Desa;DPT\n"
        "1;105,3044;-5,1216;Sangat Rawan;Metro Pusat;Metro;300\n"
    )
    result = read(text)
    assert warnings(result) == [
        "table-delimiter-found",
        "columns-understood",
        "number-comma",
        "number-comma",
    ]
    assert errors(result) == []
    (station,) = result.items
    assert (station.lon, station.lat, station.risk_class) == (105.3044, -5.1216, RiskClass.HIGH)
    assert result.columns["lat"] == "Lintang"


def test_a_column_of_mixed_decimal_signs_is_refused(read):
    """Comma and point in one column cannot both be decimal signs (T22)."""
    rows = [row(lon='"105,3044"'), row(station_id="2", name="")]
    result = read(HEADER + "".join(rows))
    assert errors(result) == [("number-signs-mixed", None, "lon")]
    assert result.items == ()


def test_degrees_with_letters_are_read_and_stated(read):
    """Degrees, minutes and seconds with a hemisphere are converted, which is told once (T24)."""
    rows = [row(lat='"5°7\'18"" LS"', lon="105.3"), row(station_id="2", lat="5 7 18 LS", name="")]
    result = read(HEADER + "".join(rows))
    assert warnings(result) == ["coordinate-converted"]
    assert [one.lat for one in result.items] == pytest.approx([-5.1216667] * 2)


def test_coarse_points_are_doubted(read):
    """Two decimals leave a place open by a kilometre (T32)."""
    result = read(HEADER + row(lon="105.30", lat="-5.12"))
    assert warnings(result) == ["coordinate-coarse"]


def test_a_total_is_no_station(read):
    """A row that sums up is named as such, once (T14)."""
    result = read(HEADER + row() + "JUMLAH,,,,,,,300,\n")
    assert errors(result) == [("row-total", 3, None)]


def test_a_column_of_more_voters_than_any_station_has_is_doubted(read):
    """More than 2,000 voters is a warning (T39)."""
    assert warnings(read(HEADER + row(voters="3000"))) == ["number-great"]


def test_strange_names_are_kept_and_told(read):
    """A name is text whatever it holds; what cannot be seen gets a warning (T45 to T47)."""
    names = ["{{7*7}}</script>", "=1+1", "a\u202eb", "x" * 300]
    rows = [row(station_id=str(i), name=one) for i, one in enumerate(names)]
    result = read(HEADER + "".join(rows))
    assert [one.name for one in result.items] == names
    assert warnings(result) == ["text-hidden"]


def test_the_scenario_maps_columns_and_states_values(read):
    """`columns` names the file's columns, `values` gives what the file does not have."""
    text = "W_P,x,y,PHONE\n1-3,105.3044,-5.1216,0812\n"
    result = read(
        text,
        columns={"station_id": "W_P", "lon": "x", "lat": "y"},
        values={"risk_class": "Kurang Rawan", "kecamatan": "Metro", "voters": 300},
    )
    assert errors(result) == []
    assert warnings(result) == ["columns-extra"]
    (station,) = result.items
    assert (station.station_id, station.risk_class, station.voters) == ("1-3", RiskClass.LOW, 300)
    assert result.columns["risk_class"] == "values.risk_class"


@pytest.mark.parametrize(
    ("source", "code", "column"),
    [
        ({"columns": {"name": "Nama"}}, "column-mapped-missing", "Nama"),
        ({"columns": {"nmae": "name"}}, "column-not-ours", "columns.nmae"),
        ({"values": {"risk": "low"}}, "column-not-ours", "values.risk"),
        ({"values": {"station_id": "1"}}, "column-constant-unfit", "values.station_id"),
        ({"values": {"risk_class": "low"}}, "column-constant-conflict", "values.risk_class"),
        (
            {"join": {"file": "x.geojson", "columns": {"lon": "x"}}},
            "column-join-unfit",
            "join.columns.lon",
        ),
        (
            {"join": {"file": "x.geojson", "columns": {"kecamatan": "x"}}},
            "column-join-conflict",
            "join.columns.kecamatan",
        ),
    ],
)
def test_what_the_scenario_says_of_columns_is_checked(read, source, code, column):
    """Unknown names, and two sources for one column, are errors with the nearest name."""
    assert (code, None, column) in errors(read(HEADER + row(), **source))


def test_a_stated_value_must_be_valid(read):
    """A wrong constant is told once, not in every row."""
    text = "station_id,lon,lat,kecamatan\n1,105.3044,-5.1216,A\n2,105.3045,-5.1217,A\n"
    result = read(text, values={"risk_class": "medium"})
    assert errors(result) == [("class-unknown", None, "values.risk_class")]
    assert result.items == ()


def test_a_missing_column_names_what_is_there(read):
    """A misspelt column is missing, and the nearest name is told (T09)."""
    result = read("station_id,Longtitude,lat,risk_class,kecamatan\n1,105.3,-5.1,low,A\n")
    (fault,) = [one for one in result.faults if one.severity == "error"]
    assert (fault.code, fault.column, fault.params["nearest"]) == (
        "column-missing",
        "lon",
        "Longtitude",
    )


def test_columns_that_could_be_meant_twice_are_refused(read):
    """Two synonyms of one column, and one name twice, are errors (T10)."""
    result = read("station_id,lon,lat,risk_class,Kec,Nama Kecamatan\n1,105.3044,-5.1216,low,A,A\n")
    assert errors(result) == [("column-ambiguous", None, "kecamatan")]
    result = read(HEADER.strip() + ",name\n" + row().strip() + ",y\n")
    assert errors(result) == [("column-repeated", None, "name")]
    assert result.faults[0].params["letters"] == "G, J"


def test_the_border_needs_its_column(read):
    """Only the column of the border in force is required."""
    text = "station_id,lon,lat,risk_class\n1,105.3044,-5.1216,low\n"
    assert errors(read(text)) == [("column-missing", None, "kecamatan")]
    assert errors(read(text, border="none")) == []
    named = "station_id,lon,lat,risk_class,kelurahan\n1,105.3044,-5.1216,low,Metro\n"
    result = read(named, border="kelurahan")
    assert (errors(result), warnings(result)) == ([], ["kelurahan-alone"])


def test_the_other_table_is_recognised(read):
    """A table of posts in the place of stations is told as one fault (P14)."""
    result = read("post_id,lon,lat,officers\np1,105.3044,-5.1216,50\n")
    assert errors(result) == [("table-swapped", None, None)]


def test_lines_above_the_header_are_recognised(read):
    """A title above the header is told with the row that is the header (T08)."""
    result = read("DAFTAR TPS,,,,,,,,\n" + HEADER + row())
    assert errors(result) == [("table-header-lower", 2, None)]


def test_cells_of_a_workbook_are_named(tmp_path):
    """A flawed cell counts only in a column that is used (T20, T36)."""
    book = openpyxl.Workbook()
    book.active.append([*HEADER.strip().split(","), "checked on"])
    book.active.append(["1", 105.3044, -5.1216, "#N/A", "A", "B", "TPS 1", 300, None, "#REF!"])
    for cell in ("D2", "J2"):
        book.active[cell].data_type = "e"
    book.save(tmp_path / "t.xlsx")
    result = read_stations(TableInput(file="t.xlsx"), Workspace(tmp_path))
    assert errors(result) == [("cell-error", 2, "risk_class")]
    assert "D2" in result.faults[-1].line("id")


def test_points_of_a_layer_are_places(read):
    """Geometry gives lon and lat to the last digit; a row without a point is told."""
    properties = {"station_id": "1", "risk_class": "low", "kecamatan": "A"}
    shapes = [
        {"type": "Point", "coordinates": [105.30440000000001, -5.1]},
        {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        None,
    ]
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": shape,
                    "properties": properties | {"station_id": str(index)},
                }
                for index, shape in enumerate(shapes)
            ],
        }
    )
    result = read(text, name="t.geojson")
    assert errors(result) == [
        ("geometry-no-point", 2, "geometry"),
        ("value-missing", 3, "geometry"),
    ]
    assert result.items[0].lon == 105.30440000000001


def test_a_missing_file_is_a_fault_not_an_exception(tmp_path):
    """Nothing is raised: the fault is handed on with those of other inputs."""
    result = read_stations(TableInput(file="no.csv"), Workspace(tmp_path))
    assert errors(result) == [("table-missing", None, None)]
    assert (result.items, result.file, result.sha256, result.has_errors) == ((), "no.csv", "", True)
    assert read_stations(TableInput(file="~nobody-at-all/x.csv"), Workspace(tmp_path)).has_errors


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.text(max_size=6), min_size=9, max_size=9), min_size=1, max_size=4))
def test_every_row_has_one_fate(read, cells):
    """Whatever the cells hold, a row is an item or has an error (H31)."""
    quoted = ["|".join('"' + one.replace('"', '""') + '"' for one in line) for line in cells]
    text = HEADER.replace(",", "|") + "\n".join(quoted) + "\n"
    result = read(text.encode("utf-8", "replace").replace(b"\0", b""), border="none")
    told = {fault.row for fault in result.faults if fault.severity == "error"}
    if result.count and None not in told:
        assert result.count == len(result.items) + len(told)
        assert not told & set(result.rows)


@pytest.mark.real_data
@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="METRO_GIS_REAL_DATA names no folder")
def test_the_polling_places_of_cambridge_are_read():
    """A real GeoJSON file gives its 42 stations once the scenario maps its columns."""
    source = TableInput(
        file="cambridge/ELECTIONS_PollingLocations.geojson",
        columns={"station_id": "W_P", "name": "LOCATION"},
        values={"risk_class": "low"},
    )
    result = read_stations(source, Workspace(REAL_DATA), border="none")
    assert not result.has_errors
    assert len(result.items) == 42
    assert all(-71.2 < one.lon < -71.0 and 42.3 < one.lat < 42.5 for one in result.items)
