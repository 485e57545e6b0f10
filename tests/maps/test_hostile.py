"""Hostile texts in files, on the terminal and in JSON: text they stay."""

import csv
import io
import json
import unicodedata
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from compare_towns import facts_of
from maps.hostile import HALF, REFUSED, STRINGS
from maps.hostile_towns import hostile_page, hostile_plan
from rich.console import Console

from metro_gis.compare_lines import print_comparison
from metro_gis.errors import Fault
from metro_gis.maps import render_page
from metro_gis.maps.orders import FORMATS, build_orders, render_orders, require_same
from metro_gis.maps.orders.csv_file import STARTERS, unguard
from metro_gis.messages import LANGUAGES, clean, text
from metro_gis.summary import summarize
from metro_gis.terminal import Terminal
from metro_gis.workspace import Workspace

SOUND = {name: value for name, value in STRINGS.items() if name not in HALF}
NAMES = list(SOUND.values())
IDS = [
    f"id-{n}" if name in REFUSED else value.strip() for n, (name, value) in enumerate(SOUND.items())
]
SHOWN = {clean(value) for value in NAMES}
FEW = 8
"""So many stations and units are told one by one on a terminal."""
GPX = "{http://www.topografix.com/GPX/1/1}"
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def plan():
    """A post, a team, a unit and a station for every text, the first nine without a team."""
    # two texts are the same without the spaces around them, and an id stands once
    ids = [one if IDS.index(one) == n else f"id-{n}" for n, one in enumerate(IDS)]
    return hostile_plan(NAMES, ids=ids, uncovered=9)


@pytest.fixture(scope="module", params=LANGUAGES)
def orders(request, plan):
    """Every format of its orders, in either language."""
    return request.param, render_orders(build_orders(plan), FORMATS, request.param)


def unseen(told):
    """List what a terminal would obey, or a reader could not see."""
    return [mark for mark in told if unicodedata.category(mark)[0] == "C" and mark != "\n"]


def test_sixty_texts_and_more():
    """There are at least sixty, no two of them alike."""
    assert len(set(STRINGS.values())) == len(STRINGS) >= 60
    assert set(REFUSED) <= set(STRINGS)


def test_nothing_of_them_stands_in_the_page_but_as_data():
    """A page of hostile texts differs from a tame one in its data block alone."""
    pages = [
        render_page(hostile_page(texts), lang="en").split('id="metro-gis-data">')
        for texts in (STRINGS.values(), [f"text {n}" for n in range(len(STRINGS))])
    ]
    (head, tail), (tame_head, tame_tail) = pages
    block, rest = tail.split("</script>", 1)
    assert (head, rest) == (tame_head, tame_tail.split("</script>", 1)[1])
    assert json.loads(block)["posts"]["name"] == list(STRINGS.values())
    assert not set(block) & set("<>&\u2028\u2029\x7f")


def test_every_file_of_orders_tells_the_plan(plan, orders):
    """What is read back from each file is what was decided, whatever ids and names hold."""
    lang, files = orders
    require_same(build_orders(plan), files, lang)


def test_workbook_holds_texts(orders):
    """Each name is a cell of text in the workbook, none a formula, a link or an error."""
    _, files = orders
    with zipfile.ZipFile(io.BytesIO(files["xlsx"])) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name)
            assert b"hyperlink" not in archive.read(name)
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert SHOWN - {""} <= {cell.value for cell in cells}


def test_csv_holds_texts(orders):
    """Each name is read back from CSV, and no cell of text starts as a formula does."""
    lang, files = orders
    stream = io.StringIO(files["csv"].decode("utf-8-sig"), newline="")
    rows = list(csv.DictReader(stream, delimiter={"en": ",", "id": ";"}[lang]))
    heading = text("orders.column.name", lang)
    assert {unguard(row[heading]) for row in rows} == SHOWN
    numbers = {text(f"orders.column.{key}", lang) for key in ("lat", "lon")}
    for row in rows:
        for key, cell in row.items():
            assert key in numbers or cell.lstrip(" \u00a0")[:1] not in STARTERS, (key, cell)


def test_maps_hold_texts(orders):
    """Each name is text in GeoJSON, GPX and KML; what is read as HTML there holds no markup."""
    _, files = orders
    features = json.loads(files["geojson"])["features"]
    stations = [one["properties"] for one in features if one["properties"]["kind"] == "station"]
    assert {one["name"] for one in stations} == SHOWN
    for name, tag in (("gpx", GPX), ("kml", KML)):
        root = ET.fromstring(files[name])  # noqa: S314 (we wrote it)
        assert {one.tag.removeprefix(tag) for one in root.iter()}.isdisjoint({"b", "script", "img"})
        said = [one.text or "" for one in root.iter(f"{tag}name")]
        lacking = [one for one in SHOWN if not any(one in whole for whole in said)]
        assert lacking == []
        assert not any("<" in (one.text or "") for one in root.iter(f"{KML}description"))


def test_text_files_hold_what_can_be_seen(orders):
    """No file of orders holds a control or direction mark; the summary names every input."""
    _, files = orders
    for name in ("csv", "gpx", "kml", "geojson", "summary"):
        assert unseen(files[name].decode("utf-8-sig").replace("\r\n", "\n")) == []
    told = "".join(files["summary"].decode().split())
    assert [one for one in SHOWN if "".join(one.split()) not in told] == []


def chunks(texts):
    return [texts[n : n + FEW] for n in range(0, len(texts), FEW)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_terminal_shows_figures_of_a_plan(capsys, lang):
    """Stations without a team and units are named letter by letter, hidden marks left out."""
    for texts in chunks(NAMES):
        summary = summarize(hostile_plan(texts, uncovered=len(texts)))
        seconds = {"seconds": {"total": 1.0}, "plan": "optimize/plans/toy.gpkg"}
        Terminal(Workspace("/w"), lang).show_plan(summary | seconds)
        told = capsys.readouterr().out
        assert unseen(told) == []
        # the terminal folds nothing, but shows a tab or a line break as a space
        assert [one for one in texts if f"{clean(one)}: " not in told] == []
        assert [one for one in texts if f"{clean(one)} 2" not in told] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_terminal_shows_two_plans(lang):
    """What differs between two plans is told letter by letter, hidden marks left out."""
    for texts in chunks(NAMES):
        a, b = hostile_plan(texts, uncovered=len(texts) - 1), hostile_plan(texts, turned=True)
        stream = io.StringIO()
        console = Console(file=stream, width=30_000, highlight=False, soft_wrap=True)
        print_comparison(facts_of(a, b, a_changed=texts), console, lang)
        told = stream.getvalue()
        assert unseen(told) == []
        assert [one for one in texts if clean(one) not in told] == []


@pytest.mark.parametrize("as_json", [False, True])
def test_warnings_and_faults_show_what_they_quote(capsys, as_json):
    """A value, a column and a file that a fault quotes cannot do anything to a terminal."""
    for value in STRINGS.values():
        fault = Fault("text-character", "warning", file=value, column=value, value=value, row=2)
        terminal = Terminal(Workspace("/w"), "id", as_json=as_json)
        terminal.warn([fault])
        terminal.show({"fault": fault.as_dict(), "value": value, value: 1}, fault.line("id"))
        ran = capsys.readouterr()
        assert unseen(ran.out + ran.err) == []
        assert clean(value, 60) in ran.err
        if as_json:
            assert json.loads(ran.out)["value"] == value
            assert ran.out.encode().decode().count("\n") == 1


def test_two_plans_as_json_are_read_back(capsys):
    """One JSON object of a comparison holds every text as it is, and nothing that acts."""
    facts = facts_of(hostile_plan(NAMES, uncovered=3), hostile_plan(NAMES, turned=True))
    Terminal(Workspace("/w"), "en", as_json=True).show(facts, "")
    told = capsys.readouterr().out
    assert json.loads(told) == json.loads(json.dumps(facts))
    assert unseen(told) == []
