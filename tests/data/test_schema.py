"""The columns of our tables."""

import csv
import io
from dataclasses import fields
from pathlib import Path

import pytest

from metro_gis.data.schema import TABLES, describe_table, find_column, fold_name, template_csv
from metro_gis.messages import LANGUAGES
from metro_gis.people import Officer
from metro_gis.problem import Post, Station

README = Path(__file__).parents[2] / "data" / "README.md"
ITEMS = {"stations": Station, "posts": Post, "personnel": Officer}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_table_has_the_columns_of_its_items(table):
    """Every column becomes a field of the table's items, and every field has its column."""
    assert {column.name for column in TABLES[table]} == {one.name for one in fields(ITEMS[table])}


@pytest.mark.parametrize("table", sorted(TABLES))
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_is_explained(table, lang):
    """Each column says its kind, unit, need and meaning in both languages."""
    described = describe_table(table, lang)
    assert [one.name for one in described] == [column.name for column in TABLES[table]]
    assert all(one.kind and one.unit and one.required and one.meaning for one in described)


def test_a_meaning_names_the_allowed_words():
    """A column of words lists them."""
    meanings = {one.name: one.meaning for one in describe_table("stations")}
    assert all(word in meanings["risk_class"] for word in ("low", "sangat rawan", "special"))


@pytest.mark.parametrize("table", sorted(TABLES))
def test_no_name_stands_for_two_columns(table):
    """A synonym, folded, belongs to one column alone."""
    folded = [
        name
        for column in TABLES[table]
        for name in sorted({fold_name(name) for name in (column.name, *column.synonyms)})
    ]
    assert len(folded) == len(set(folded))


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_template_is_the_header(table):
    """The template holds every column once, in order, and no row."""
    rows = list(csv.reader(io.StringIO(template_csv(table))))
    assert rows == [[column.name for column in TABLES[table]]]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_readme_explains_the_same_columns(table):
    """The page on inputs says of every column what the schema says."""
    page = README.read_text(encoding="utf-8")
    for one in describe_table(table, "en"):
        line = f"| `{one.name}` | {one.kind} | {one.unit} | {one.required} | {one.meaning} |"
        assert f"{line} {one.synonyms or '-'} |" in page


def test_what_a_place_decides_is_marked():
    """Ids and coordinates can be neither constants nor taken from outlines."""
    assert all(find_column("stations", name).place for name in ("station_id", "lon", "lat"))
    assert find_column("stations", "no_such") is None
