"""Hostile texts in every column of every table: taken as they are, or refused with a fault."""

import csv
import json
import unicodedata

import openpyxl
import pytest
from maps.hostile import BROKEN, HALF, REFUSED, SPLIT, STRINGS, toml_text
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from metro_gis.data.personnel import read_personnel
from metro_gis.data.posts import read_posts
from metro_gis.data.schema import TABLES
from metro_gis.data.stations import read_stations
from metro_gis.messages import LANGUAGES
from metro_gis.people import PeopleRules
from metro_gis.scenario import ListInput, TableInput, load_scenario
from metro_gis.workspace import Workspace

ROWS = {
    "stations": {
        "station_id": "T1", "lon": "105.3", "lat": "-5.1", "risk_class": "low", "kecamatan": "A",
        "kelurahan": "B", "name": "C", "voters": "250", "location_source": "surveyed",
    },
    "posts": {
        "post_id": "P1", "lon": "105.3", "lat": "-5.1", "officers": "10", "fixed_officers": "0",
        "reserve_officers": "0", "serves": "A", "name": "C", "kind": "polsek", "kecamatan": "A",
        "location_source": "surveyed",
    },
    "personnel": {
        "officer_id": "35010001", "name": "A", "rank": "Bripka", "post_id": "P1", "duty": "any",
        "home_kelurahan": "B",
    },
}  # fmt: skip
COLUMNS = [(table, column) for table, columns in TABLES.items() for column in columns]
FREE = ("name",)
"""Columns of text that is only shown."""
FILE_FAULTS = {"zero_byte": "table-nul", **dict.fromkeys(HALF, "table-encoding")}
"""Texts that no CSV file may hold anywhere."""
OWN = {
    ("officer_id", "exponent"): "number-exponent",  # a spreadsheet has made it of a longer number
    ("serves", "sql"): "value-placeholder",  # its last part is "--"
}
"""Column and text to a fault that no other column has of it."""
WHOLE = {"formula_plus": 1, "zeros": 1}
"""What stands for a whole number all the same."""
DEGREES = WHOLE | {"formula_minus": -1}


def read(folder, table, file):
    """Read a table of any kind."""
    workspace = Workspace(folder)
    if table == "personnel":
        return read_personnel(ListInput(file=file), workspace, rules=PeopleRules())
    source = TableInput(file=file)
    reader = read_stations if table == "stations" else read_posts
    return reader(source, workspace)


def write_csv(folder, row):
    """Write a row as a CSV file, half characters too."""
    path = folder / "table.csv"
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path.name


def write_xlsx(folder, row):
    """Write a row as a workbook, every cell a text."""
    book = openpyxl.Workbook()
    for place, (name, value) in enumerate(row.items(), start=1):
        book.active.cell(1, place, name)
        cell = book.active.cell(2, place, value)
        cell.data_type = "s"
    book.save(folder / "table.xlsx")
    return "table.xlsx"


def write_geojson(folder, row):
    """Write a row as a feature."""
    kept = {name: value for name, value in row.items() if name not in ("lon", "lat")}
    point = {"type": "Point", "coordinates": [105.3, -5.1]}
    feature = {"type": "Feature", "geometry": point, "properties": kept}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (folder / "table.geojson").write_text(json.dumps(collection), encoding="utf-8")
    return "table.geojson"


def outcome(found, column):
    """Give what was read, or the code of the fault."""
    errors = [fault.code for fault in found.faults if fault.severity == "error"]
    for fault in found.faults:
        for lang in LANGUAGES:
            line = fault.line(lang) + json.dumps(fault.as_dict(lang), ensure_ascii=False)
            assert not [mark for mark in line if unicodedata.category(mark)[0] == "C"], fault.code
    if errors:
        assert not found.items
        return errors[0]
    return getattr(found.items[0], column.name)


def expected(column, name):
    """Say what the reader is to make of a text: the text in form NFC without outer spaces."""
    value = unicodedata.normalize("NFC", STRINGS[name].strip())
    if name in BROKEN:
        return "text-broken"
    if column.name == "serves" and name in SPLIT:
        return tuple(dict.fromkeys(part.strip() for part in value.split(";") if part.strip()))
    if column.name not in FREE and name in REFUSED:
        return REFUSED[name]
    return (value,) if column.name == "serves" else value


TEXT_COLUMNS = [(table, column) for table, column in COLUMNS if column.kind == "text"]


@pytest.mark.parametrize(
    ("table", "column"), TEXT_COLUMNS, ids=[f"{table}-{one.name}" for table, one in TEXT_COLUMNS]
)
def test_a_text_is_taken_or_refused(tmp_path, table, column):
    """A column of text takes a hostile text as it is, or names the fault that is written down."""
    for name, value in STRINGS.items():
        file = write_csv(tmp_path, ROWS[table] | {column.name: value})
        found = outcome(read(tmp_path, table, file), column)
        wanted = FILE_FAULTS.get(name) or OWN.get((column.name, name)) or expected(column, name)
        assert found == wanted, name


@pytest.mark.parametrize(
    ("table", "column"),
    [one for one in COLUMNS if one[1].kind != "text"],
    ids=[f"{table}-{one.name}" for table, one in COLUMNS if one.kind != "text"],
)
def test_a_number_or_a_word_is_none_of_them(tmp_path, table, column):
    """A column of numbers or of known words refuses every hostile text that is neither."""
    known = {"degrees": DEGREES, "whole": WHOLE}.get(column.kind, {})
    for name, value in STRINGS.items():
        file = write_csv(tmp_path, ROWS[table] | {column.name: value})
        found = read(tmp_path, table, file)
        if name in known and not any(fault.severity == "error" for fault in found.faults):
            assert getattr(found.items[0], column.name) == known[name]
        else:
            assert outcome(found, column).partition("-")[0] in (
                "number", "coordinate", "word", "class", "table",
            ), name  # fmt: skip


@pytest.mark.parametrize("name", ["name", "station_id", "kecamatan"])
def test_geojson_is_read_alike(tmp_path, name):
    """A feature's text is taken or refused as that of a CSV file, half characters included."""
    column = next(one for one in TABLES["stations"] if one.name == name)
    for key, value in STRINGS.items():
        file = write_geojson(tmp_path, ROWS["stations"] | {name: value})
        assert outcome(read(tmp_path, "stations", file), column) == expected(column, key), key


def test_workbooks_are_read_alike(tmp_path):
    """A cell's text is taken as it is, but for what no workbook can hold."""
    column = next(one for one in TABLES["stations"] if one.name == "name")
    for key, value in STRINGS.items():
        if ILLEGAL_CHARACTERS_RE.search(value) or key in ("noncharacters", *BROKEN):
            continue
        file = write_xlsx(tmp_path, ROWS["stations"] | {"name": value})
        # XML knows one kind of line break
        wanted = expected(column, key).replace("\r\n", "\n")
        assert outcome(read(tmp_path, "stations", file), column) == wanted, key


def test_overlong_spellings_are_refused(tmp_path):
    """Bytes that spell `<` longer than UTF-8 allows are no text."""
    head, row = (",".join(part) for part in (ROWS["stations"], ROWS["stations"].values()))
    content = f"{head}\n{row}\n".encode().replace(b",C,", b",\xc0\xbcscript\xc0\xbe,")
    (tmp_path / "table.csv").write_bytes(content)
    found = read_stations(TableInput(file="table.csv"), Workspace(tmp_path))
    assert [fault.code for fault in found.faults] == ["table-encoding"]


def test_a_title_is_taken_as_it_is(tmp_path):
    """The scenario's title is any text that TOML can hold."""
    path = tmp_path / "toy.toml"
    for name, value in STRINGS.items():
        if name not in HALF:
            path.write_text(f"title = {toml_text(value)}\n", encoding="utf-8")
            assert load_scenario(path).title == value, name
