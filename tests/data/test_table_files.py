"""Tables from files of four formats, and what is refused before it is read."""

import io
import json
import os
import time
import zipfile

import geopandas
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point

from metro_gis.data.table_source import SIZE_LIMIT_BYTES
from metro_gis.data.tables import read_table
from metro_gis.errors import InputError
from metro_gis.messages import LANGUAGES

HEADER = "station_id,lon,lat,name\n"


def write(folder, name, content):
    """Write a small file and give its path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def codes_of(path, **options):
    """Give the codes of all faults with which a file is refused; each must have its texts."""
    with pytest.raises(InputError) as caught:
        read_table(path, **options)
    for fault in caught.value.faults:
        assert all(fault.line(lang) for lang in LANGUAGES)
    return [fault.code for fault in caught.value.faults]


def save_book(folder, rows, *, name="t.xlsx", change=None):
    """Save rows as a workbook, after a change to its first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    path = folder / name
    book.save(path)
    return path


def rewrite(path, part, change):
    """Rewrite a part of a workbook, byte for byte."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        pytest.param("t.csv", b"", "table-empty", id="T02-no-bytes"),
        pytest.param("t.csv", b"\n ,,\n\n", "table-empty", id="T02-blank-rows"),
        pytest.param("t.csv", HEADER, "table-no-rows", id="T02-header-only"),
        pytest.param("t.xls", b"<html><table>", "table-is-html", id="T03-html"),
        pytest.param("t.csv", b"\n<!DOCTYPE HTML><p>404", "table-is-html", id="T03-error-page"),
        pytest.param("t.xlsx", OLE, "table-is-xls", id="T03-renamed-xls"),
        pytest.param("t.xlsx", b"\x01\x02random", "table-type-mismatch", id="T03-random"),
        pytest.param("t.csv", b"PK\x03\x04....", "table-type-mismatch", id="T03-renamed-xlsx"),
        pytest.param("t.gpkg", b"a,b\n1,2\n", "table-type-mismatch", id="T03-renamed-csv"),
        pytest.param("t.ods", b"a,b\n1,2\n", "table-type-unknown", id="T03-other-type"),
        pytest.param(
            "t.xlsx",
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "table-encrypted",
            id="T04-encrypted",
        ),
        pytest.param("t.csv", b"a;b,c\n1;2,3\n", "table-delimiter-unclear", id="T40-unclear"),
        pytest.param("t.csv", HEADER + "1,105,3,-5,1,x\n", "table-fields-many", id="T41-comma"),
        pytest.param("t.csv", HEADER + "1,105\n", "table-fields-few", id="T42-few"),
        pytest.param("t.csv", HEADER + '1,"105\n2,3,4,5\n', "table-quote-open", id="T42-quote"),
        pytest.param("t.csv", HEADER + "1,2,3," + "x" * 140_000, "table-field-long", id="T42-long"),
        pytest.param("t.csv", HEADER.encode() + b"1,2,3,caf\xe9\n", "table-encoding", id="T43"),
        pytest.param("t.csv", b"\xff\xfea\0\n\0\x00\xd8", "table-encoding", id="T43-utf-16"),
        pytest.param("t.csv", HEADER + "1,2,3,\0\n", "table-nul", id="T44-nul"),
        pytest.param(
            "t.csv", "a" + ",a" * 600 + "\n" + ",1" * 600, "table-columns-many", id="wide"
        ),
        pytest.param("t.geojson", b"{", "table-json", id="broken-json"),
        pytest.param("t.geojson", b"[" * 100_000, "table-json", id="deep-json"),
        pytest.param("t.geojson", b'{"type": "Topology"}', "table-not-features", id="no-features"),
        pytest.param(
            "t.geojson", b'{"type":"FeatureCollection","features":[]}', "table-empty", id="none"
        ),
        pytest.param("t.gpkg", b"SQLite format 3\0" + b"x" * 90, "table-broken", id="broken-gpkg"),
        pytest.param("t.xlsx", b"PK\x03\x04" + b"x" * 90, "table-broken", id="broken-xlsx"),
    ],
)
def test_files_that_are_refused(tmp_path, name, content, code):
    """Each file gets one clear fault, with a text in both languages."""
    assert codes_of(write(tmp_path, name, content)) == [code]


def test_a_missing_file_names_what_is_near(tmp_path):
    """A path that leads nowhere gets the full path and the names that look like it (T01)."""
    write(tmp_path, "stations.csv", HEADER)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "station.csv", shown="data/station.csv")
    (fault,) = caught.value.faults
    assert fault.code == "table-missing"
    assert fault.file == "data/station.csv"
    assert "stations.csv" in fault.params["near"]
    assert fault.params["path"] == (tmp_path / "station.csv").as_posix()


def test_folders_and_pipes_are_no_tables(tmp_path):
    """A folder is refused, and a pipe is not waited for (T01, F20)."""
    os.mkfifo(tmp_path / "pipe.csv")
    assert codes_of(tmp_path) == ["table-folder"]
    assert codes_of(tmp_path / "pipe.csv") == ["table-not-a-file"]


def test_a_file_that_is_too_large_is_not_parsed(tmp_path):
    """The size is looked at before anything else is."""
    path = tmp_path / "t.csv"
    with path.open("wb") as stream:
        stream.truncate(SIZE_LIMIT_BYTES + 1)
    assert codes_of(path) == ["table-large"]


def test_every_row_with_a_wrong_count_is_told(tmp_path):
    """All broken rows are told at once, each by its row and by the line its record starts in."""
    text = HEADER + '1,2,3,"two\nlines"\n2,3\n3,4,5,6,7\n4,5,6,7,,\n'
    with pytest.raises(InputError) as caught:
        read_table(write(tmp_path, "t.csv", text))
    told = [(one.code, one.row, one.params["line"]) for one in caught.value.faults]
    assert told == [("table-fields-few", 3, 4), ("table-fields-many", 4, 5)]


@pytest.mark.parametrize(
    ("sign", "stated"), [(";", True), ("\t", True), ("|", True), (",", False)], ids=str
)
def test_the_delimiter_is_found_and_stated(tmp_path, sign, stated):
    """Columns come apart at the sign the header shows, which is stated unless it is a comma."""
    table = read_table(write(tmp_path, "t.csv", f'a{sign}"b,c;d|e"\n1{sign}x\n'))
    assert table.columns == ("a", "b,c;d|e")
    assert [one.code for one in table.faults] == ["table-delimiter-found"] * stated


def test_excel_may_state_the_delimiter(tmp_path):
    """The line ``sep=;`` that Excel understands is understood, and counts as a row."""
    table = read_table(write(tmp_path, "t.csv", "sep=;\r\na;b\r\n1;2\r\n"))
    assert (table.columns, table.numbers) == (("a", "b"), (3,))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_dropped(tmp_path, encoding):
    """UTF-8 with and without a mark and UTF-16 with one give the same table (T43)."""
    table = read_table(write(tmp_path, "t.csv", "a,b\nGédong,2\n".encode(encoding)))
    assert (table.columns, table.rows) == (("a", "b"), (("Gédong", "2"),))


def test_rows_are_numbered_as_spreadsheets_do(tmp_path):
    """Blank rows are left out but counted; quoted line breaks and mixed line ends do no harm."""
    text = 'a,b\n\n1,"x\ny"\r\n,\r2,z\n3,u\u2028v\n'
    table = read_table(write(tmp_path, "t.csv", text))
    assert table.numbers == (3, 5, 6)
    assert [row[0] for row in table.rows] == ["1", "2", "3"]


def test_cells_stay_text(tmp_path):
    """Nothing is turned into a number, a date or a missing value (T15, T19, T21)."""
    table = read_table(write(tmp_path, "t.csv", "a,b,c,d\n001,NA,1e3,=1+1\n"))
    assert table.rows == (("001", "NA", "1e3", "=1+1"),)


def test_a_table_cut_by_excel_is_doubted(tmp_path):
    """A last row that is the last one a format can hold gets a warning (T49)."""
    table = read_table(write(tmp_path, "t.csv", "a\n" + "1\n" * 65_535))
    assert [one.code for one in table.faults] == ["table-maybe-cut"]


def test_a_csv_file_has_no_layers(tmp_path):
    """Naming a sheet of a CSV file is a mistake."""
    path = write(tmp_path, "t.csv", "a\n1\n")
    assert codes_of(path, layer="x") == ["table-layer-needless"]


def test_a_workbook_is_read_as_text(tmp_path):
    """Numbers come without exponent and without a needless zero, texts as they are."""
    path = save_book(tmp_path, [["id", "n"], ["001", 1], ["x", 0.00001], [None, None], [True, 2.0]])
    table = read_table(path)
    assert table.rows == (("001", "1"), ("x", "0.00001"), ("TRUE", "2"))
    assert table.numbers == (2, 3, 5)


def test_sheets_must_be_told_apart(tmp_path):
    """Several sheets with rows are listed; naming one settles it, and faults name it (T07)."""

    def change(book):
        book.create_sheet("Empty")
        book.create_sheet("Pos").append(["post_id"])
        book["Pos"].append(["p1"])

    path = save_book(tmp_path, [["id"], ["1"]], change=change)
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert caught.value.code == "table-sheets"
    assert caught.value.faults[0].params["sheets"] == "Sheet (2), Pos (2)"
    assert codes_of(path, layer="pos") == ["table-sheet-unknown"]
    table = read_table(path, layer="Pos", shown="t.xlsx")
    assert (table.file, table.rows) == ("t.xlsx[Pos]", (("p1",),))


def test_empty_sheets_do_not_count(tmp_path):
    """One sheet with rows among empty ones is the one that is meant."""
    path = save_book(tmp_path, [["id"], ["1"]], change=lambda book: book.create_sheet("Sheet2"))
    assert read_table(path).rows == (("1",),)


def test_hidden_rows_and_sheets_are_told(tmp_path):
    """What a planner cannot see in the sheet is read, and said to be (T07, T13)."""

    def change(book):
        book.active.row_dimensions[3].hidden = True
        book.active.sheet_state = "hidden"
        book.create_sheet("Front")

    table = read_table(save_book(tmp_path, [["id"], ["1"], ["2"]], change=change))
    assert [one.code for one in table.faults] == ["table-sheet-hidden", "table-hidden-rows"]
    assert table.faults[1].row == 3
    assert len(table.rows) == 2


def test_flawed_cells_are_known_by_their_place(tmp_path):
    """Errors, dates, formulas without a value, merged cells and lost digits are told apart."""

    def change(book):
        sheet = book.active
        sheet["A2"], sheet["B2"] = "#REF!", "=1+1"
        sheet["A2"].data_type = "e"
        sheet["C2"].number_format = "yyyy-mm-dd"
        sheet.merge_cells("D2:D3")

    rows = [["a", "b", "c", "d", "e"], ["", "", 45_000, "x", 1871021234567890], [1, 2, 3, None, 4]]
    table = read_table(save_book(tmp_path, rows, change=change))
    assert {place: flaw.code for place, flaw in table.flaws.items()} == {
        (0, 0): "cell-error",
        (0, 1): "cell-formula",
        (0, 2): "cell-date",
        (0, 4): "cell-digits",
        (1, 3): "cell-merged",
    }
    assert table.flaws[0, 1].params["cell"] == "B2"


def test_a_formula_that_gives_an_empty_text_is_blank(tmp_path):
    """A saved result of nothing is no flaw, as templates are full of such formulas."""
    path = save_book(tmp_path, [["a", "b"], [1, "x"]])
    empty = b'<c r="B2" t="str"><f>IF(A2=1,"",A2)</f><v></v></c>'

    def change(markup):
        start = markup.index(b'<c r="B2"')
        return markup[:start] + empty + markup[markup.index(b"</c>", start) + 4 :]

    table = read_table(rewrite(path, SHEET, change))
    assert (table.rows, table.flaws) == ((("1", ""),), {})


def test_a_bomb_is_refused_before_it_is_parsed(tmp_path):
    """A workbook that would be huge once unpacked is refused within a second (T05)."""
    path = save_book(tmp_path, [["a"], ["1"]])
    blank = b" " * 25_000_000
    rewrite(path, SHEET, lambda markup: markup.replace(b"<sheetData>", b"<sheetData>" + blank))
    started = time.process_time()
    assert codes_of(path) == ["table-bomb"]
    assert time.process_time() - started < 1
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(1001):
            archive.writestr(f"xl/{number}.xml", b"")
    assert codes_of(path) == ["table-bomb"]


def test_a_row_beyond_the_last_is_refused(tmp_path):
    """A row number that no sheet can have does not make the reader count up to it (T05)."""
    path = save_book(tmp_path, [["a"], ["1"], ["2"]])
    rewrite(
        path,
        SHEET,
        lambda markup: markup.replace(b'<row r="3"', b'<row r="999999999"').replace(
            b'r="A3"', b'r="A999999999"'
        ),
    )
    assert set(codes_of(path)) <= {"table-sheet-large", "table-broken"}


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
def test_a_document_type_is_refused(tmp_path, part):
    """No part of a workbook may declare entities, in whatever case or encoding (T06)."""
    path = save_book(tmp_path, [["a"], ["1"]])
    rewrite(path, part, lambda markup: b'<!doctype x [<!ENTITY a "b">]>' + markup)
    assert codes_of(path) == ["table-doctype"]
    rewrite(path, part, lambda markup: markup[30:].decode(errors="ignore").encode("utf-16"))
    assert codes_of(path) == ["table-doctype"]


def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    """Other archives are told from workbooks by what they hold."""
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("stations.csv", HEADER)
    assert codes_of(tmp_path / "t.xlsx") == ["table-type-mismatch"]


def features(*pairs, **members):
    """Write a GeoJSON file's text from pairs of geometry and properties."""
    listed = [
        {"type": "Feature", "geometry": geometry, "properties": properties}
        for geometry, properties in pairs
    ]
    return json.dumps({"type": "FeatureCollection", **members, "features": listed})


def test_geojson_gives_text_and_points(tmp_path):
    """Numbers stay as written, nothing becomes a date, and points are told by feature."""
    text = features(
        ({"type": "Point", "coordinates": [105.3, -5.1]}, {"id": 12345678901234567890, "d": "1/2"}),
        (None, {"d": None, "x": [1, {"y": True}], "t": True}),
        ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, None),
    )
    table = read_table(write(tmp_path, "t.geojson", text))
    assert table.columns == ("id", "d", "x", "t")
    assert table.rows[0] == ("12345678901234567890", "1/2", "", "")
    assert table.rows[1] == ("", "", '["1", {"y": true}]', "true")
    assert table.points == ((105.3, -5.1), None, None)
    assert table.shapes == ("Point", "", "LineString")
    assert table.numbers == (1, 2, 3)


def test_geojson_in_another_system_is_brought_to_degrees(tmp_path):
    """The old ``crs`` member is heeded, and one that is null leaves the points without a place."""
    point = {"type": "Point", "coordinates": [531_000.0, 9_434_000.0]}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32748"}}
    table = read_table(write(tmp_path, "t.geojson", features((point, {"a": 1}), crs=crs)))
    assert table.points[0] == pytest.approx((105.28, -5.12), abs=0.01)
    bare = read_table(write(tmp_path, "u.geojson", features((point, {"a": 1}), crs=None)))
    assert bare.crs_fault.code == "table-crs-missing"
    crs["properties"]["name"] = "EPSG:no"
    odd = read_table(write(tmp_path, "v.geojson", features((point, {"a": 1}), crs=crs)))
    assert odd.crs_fault.code == "table-crs-unusable"


def save_layer(path, name, **columns):
    """Save points of Metro as a layer of a GeoPackage, in metres."""
    geometry = columns.pop("geometry")
    frame = geopandas.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")
    frame.to_crs("EPSG:32748").to_file(path, layer=name, driver="GPKG")
    return path


def test_a_geopackage_gives_text_and_points_in_degrees(tmp_path):
    """Points are brought to EPSG:4326, a collection of one is a point, whole numbers stay so."""
    path = save_layer(
        tmp_path / "t.gpkg",
        "tps",
        id=["001", "002", "003"],
        voters=[300, None, 250],
        geometry=[Point(105.3, -5.1), MultiPoint([(105.31, -5.11)]), LineString([(0, 0), (1, 1)])],
    )
    table = read_table(path, layer="tps")
    assert table.rows == (("001", "300"), ("002", ""), ("003", "250"))
    assert table.points[0] == pytest.approx((105.3, -5.1), abs=1e-9)
    assert table.points[1] == pytest.approx((105.31, -5.11), abs=1e-9)
    assert table.points[2] is None
    assert table.file.endswith("t.gpkg[tps]")


def test_layers_of_a_geopackage_must_be_told_apart(tmp_path):
    """Several layers are listed with their rows; an unknown one gets the nearest name."""
    path = tmp_path / "t.gpkg"
    for name in ("stations", "posts"):
        save_layer(path, name, id=["1"], geometry=[Point(105.3, -5.1)])
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert caught.value.faults[0].params["sheets"] == "stations (1), posts (1)"
    assert codes_of(path, layer="station") == ["table-sheet-unknown"]
    assert read_table(path, layer="posts").rows == (("1",),)


def test_a_geopackage_open_elsewhere_is_refused(tmp_path):
    """Changes that another program has not yet written into the file would be missed."""
    path = save_layer(tmp_path / "t.gpkg", "tps", id=["1"], geometry=[Point(105.3, -5.1)])
    write(tmp_path, "t.gpkg-wal", b"pending")
    assert codes_of(path) == ["table-journal"]


FILES = {
    "csv": HEADER.encode() + b'1,105.3,-5.1,"x"\n',
    "geojson": features(
        ({"type": "Point", "coordinates": [105.3, -5.1]}, {"id": "1"}),
    ).encode(),
}


def saved_bytes():
    """Give a small workbook as bytes."""
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append(["1", 2])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


FILES["xlsx"] = saved_bytes()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(suffix=st.sampled_from(["csv", "xlsx", "geojson", "gpkg", "txt"]), content=st.binary())
def test_any_bytes_are_a_table_or_a_fault(tmp_path, suffix, content):
    """No bytes whatever make the reader fail in another way than by a fault (H28)."""
    magic = {"xlsx": b"PK\x03\x04", "gpkg": b"SQLite format 3\0"}.get(suffix, b"")
    for whole in (content, magic + content):
        check_reads_or_refuses(write(tmp_path, f"t.{suffix}", whole))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    suffix=st.sampled_from(sorted(FILES)),
    place=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
    cut=st.booleans(),
)
def test_a_damaged_file_is_a_table_or_a_fault(tmp_path, suffix, place, byte, cut):
    """Changing one byte of a good file, or cutting it there, gives a table or a fault (H28)."""
    content = bytearray(FILES[suffix])
    index = int(place * len(content))
    content[index] = byte
    check_reads_or_refuses(
        write(tmp_path, f"t.{suffix}", bytes(content[:index] if cut else content))
    )


def check_reads_or_refuses(path):
    """Read a table; a refusal must say what is wrong."""
    try:
        told = read_table(path).rows
    except InputError as error:
        told = error.lines("id")
    assert told
