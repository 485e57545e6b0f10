"""The page of two plans, as a file."""

import dataclasses
import json
import re
from importlib.resources import files

import pytest
import toys
from compare_towns import by_hand, drawn_pair, facts_of, hostile_plan, pair_page
from orders_town import town_plan

from metro_gis.maps import render_page
from metro_gis.maps.from_plan import page_data
from metro_gis.maps.page import SCRIPTS
from metro_gis.maps.pair import PAIR_SCRIPTS
from metro_gis.plan_file import OFFICERS

DATA = re.compile(r'<script type="application/json" id="metro-gis-data">(.*?)</script>', re.DOTALL)
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
HOSTILE = ("<b>bold</b>", "=1+1", "{{7*7}}", "</script><script>alert(1)</script>", "${6*7}")


def block_of(page):
    (found,) = DATA.findall(page)
    return json.loads(found)


@pytest.mark.parametrize("lang", ["en", "id"])
def test_page_leads_nowhere(lang):
    """The page of two plans holds no address but SVG's name, no source, no link out."""
    page = pair_page(*drawn_pair(2), lang=lang)
    assert set(re.findall(r"https?://[^\s\"'<>)]*", page)) == {"http://www.w3.org/2000/svg"}
    markup = STYLE.sub("", DATA.sub("", SCRIPT.sub("", page)))
    assert not re.search(r"<(?:img|link|iframe|object|embed|base|form)\b|\bsrc=|\bon\w+=", markup)
    assert "default-src 'none'" in page
    assert f'<html lang="{lang}">' in page


def test_both_plans_and_their_differences_stand_in_the_data():
    """The data block is that of B's own page, with A beside it, and with all that JSON tells."""
    a, b = drawn_pair(4)
    block = block_of(pair_page(a, b))
    own = block_of(render_page(page_data(b, {}), lang="en"))
    assert {name: block[name] for name in own if name != "texts"} == {
        name: value for name, value in own.items() if name != "texts"
    }
    assert block["other"]["plan"]["plan_id"] == a.plan_id
    assert block["pair"] == json.loads(json.dumps(facts_of(a, b)))


def test_pages_of_one_plan_stay_as_they_are():
    """The scripts of a page of two plans come after those of any page, which know nothing of it."""
    assert PAIR_SCRIPTS[: len(SCRIPTS)] == SCRIPTS
    page = render_page(page_data(town_plan(), {}), lang="en")
    assert "PAIR" not in page
    assert not any(key.startswith("compare.") for key in block_of(page)["texts"]["en"])


def test_no_name_is_declared_twice():
    """The scripts of a page are one: a function of the same name would silently replace another."""
    assets = files("metro_gis.maps").joinpath("assets")
    source = "\n".join(assets.joinpath(name).read_text("utf-8") for name in PAIR_SCRIPTS)
    names = re.findall(r"^(?:const|let|function) (\w+)", source, re.MULTILINE)
    assert len(names) > 150
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_are_data(hostile):
    """Whatever stands in a text of either plan reaches the data block letter by letter, alone."""
    a, b = hostile_plan(hostile), hostile_plan(hostile, officers=4)
    page = pair_page(a, b, a_changed=(hostile,))
    plain = pair_page(hostile_plan("plain"), hostile_plan("plain", officers=4))
    assert DATA.sub("", page) == DATA.sub("", plain)
    block = block_of(page)
    assert block["stations"]["name"][0] == block["other"]["stations"]["name"][0] == hostile
    assert block["pair"]["a"]["changed_inputs"] == block["other"]["units"] == [hostile]
    assert block["pair"]["teams"][0]["a"]["team_id"].startswith(f"{hostile}R")
    assert not set(DATA.search(page)[1]) & set("<>&\u2028\u2029")


def test_unverified_plans_are_marked():
    """Inputs that changed since stand in the data of the side that they belong to."""
    a, b = drawn_pair(1)
    pair = block_of(pair_page(a, b, a_changed=("data/stations.csv",)))["pair"]
    assert (pair["a"]["verified"], pair["b"]["verified"]) == (False, True)
    assert pair["a"]["changed_inputs"] == ["data/stations.csv"]


def test_plans_that_cover_nothing_are_drawn():
    """Two plans without teams make a page like any other."""
    problem = toys.line_town(officers=0)
    plan = by_hand(problem, (), {"A": 2})
    assert block_of(pair_page(plan, plan))["pair"]["same"]


def test_nobody_is_named():
    """Of a plan that knows names, no name, rank or number of a person reaches JSON or page."""
    a, b = drawn_pair(5)
    person = {
        "officer_id": "77010101",
        "name": "Someone Known",
        "rank": "Bripka",
        "duty": "station",
    }
    rows = [{**person, "post_id": "P0", "team_id": "T001", "previous": None}]
    named = dataclasses.replace(b, tables={**b.tables, OFFICERS: rows})
    told = json.dumps(facts_of(a, named)) + pair_page(a, named) + pair_page(named, a)
    assert not [word for word in ("77010101", "Someone Known", "Bripka") if word in told]
