"""Paper: what the sheets hold, and that nothing is cut."""

from __future__ import annotations

import re
import zlib

import pytest
from browsers import on_paper, opened, settle

from metro_gis.maps import render_page

UNITS = "#sheets .sheet-page:has(.unit-map)"
SHEET_PX = {"width": 278 * 96 / 25.4, "height": 192 * 96 / 25.4}  # A4 within its margins


@pytest.fixture
def show(browser, tmp_path):
    """Give a way to open data as a page."""

    def open_page(data, *, lang="en", **options):
        file = tmp_path / "page.html"
        file.write_text(render_page(data, lang=lang), encoding="utf-8", newline="\n")
        return opened(browser, file, **options)

    return open_page


def leaves_of(tab):
    """Give what is drawn on each leaf of a printed page: the lengths of its drawing commands."""
    pdf = tab.pdf(format="A4", landscape=True, print_background=True)
    pages = re.findall(rb"/Type\s*/Page\b[^s].*?/Contents (\d+) 0 R", pdf, re.DOTALL)
    lengths = []
    for page in pages:
        found = re.search(rb"\n%b 0 obj\n.*?stream\r?\n(.*?)endstream" % page, pdf, re.DOTALL)
        lengths.append(len(zlib.decompress(found[1])))
    return lengths


def sheets_of(tab):
    """Count the sheets of a printed page."""
    pdf = tab.pdf(format="A4", landscape=True, print_background=True)
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_every_kecamatan_has_its_sheet(show, page_of):
    """Each kecamatan has a map, its figures and all of its teams, and none of another."""
    data = page_of(200, uncovered=20)
    with show(data) as tab, on_paper(tab):
        units = tab.locator(UNITS)
        assert [text.strip() for text in units.locator("thead h2").all_inner_texts()] == list(
            data.units
        )
        for place, name in enumerate(data.units):
            unit = units.nth(place)
            assert "RAHASIA / SECRET" in unit.locator(".marking").inner_text()
            assert data.plan_id in unit.locator(".marking").inner_text()
            teams = [team["team_id"] for team in data.teams if team["unit"] == name]
            table = unit.locator("table.team-table").last
            assert table.locator("tbody th").all_inner_texts() == teams
            gaps = [row for row in data.stations if row["kecamatan"] == name and not row["team_id"]]
            if gaps:
                assert f"Stations not covered: {len(gaps)}" in unit.inner_text()
            names = unit.locator(".unit-map .team-name").all_inner_texts()
            assert set(names) <= set(teams)
            assert len(names) >= len(teams) / 2


def test_maps_of_kecamatan_are_drawn(show, page_of):
    """The picture of each kecamatan holds its roads, beats and stations in paper's fineness."""
    data = page_of(200)
    colours = """drawn => {
      const canvas = new OffscreenCanvas(drawn.width, drawn.height);
      canvas.getContext("2d").drawImage(drawn, 0, 0);
      const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      const seen = new Set();
      for (let at = 0; at < dots.length; at += 4)
        seen.add((dots[at] << 16) | (dots[at + 1] << 8) | dots[at + 2]);
      return [canvas.width, seen.size];
    }"""
    with show(data) as tab, on_paper(tab):
        pictures = tab.locator(".unit-map canvas")
        assert pictures.count() == len(data.units)
        for place in range(pictures.count()):
            width, found = pictures.nth(place).evaluate(colours)
            assert width > 1300
            assert found > 150


def test_no_name_is_cut(show, page_of):
    """On the maps of kecamatan every name that is seen lies inside its map."""
    data = page_of(200)
    outside = """() => [...document.querySelectorAll(".unit-map")].flatMap((map) => {
      const edge = map.getBoundingClientRect();
      return [...map.querySelectorAll(".post-name, .place, .team-name")]
        .filter((node) => node.checkVisibility({ visibilityProperty: true }))
        .map((node) => [node.textContent, node.getBoundingClientRect()])
        .filter(([, box]) => box.left < edge.left - 1 || box.right > edge.right + 1
                          || box.top < edge.top - 1 || box.bottom > edge.bottom + 1)
        .map(([name]) => name);
    })"""
    with show(data) as tab, on_paper(tab):
        assert tab.evaluate(outside) == []


def test_nothing_is_wider_than_the_sheet(show, page_of):
    """In either language, long names and numbers stay within the sheet."""
    long_name = "Kelurahan Sumber Sari Bantul Utara Timur Laut Sekali"
    data = page_of(90, uncovered=10, name=long_name)
    for lang in ("en", "id"):
        with show(data, lang=lang) as tab, on_paper(tab):
            assert tab.evaluate("document.documentElement.scrollWidth") <= 1281
            right = tab.evaluate(
                """Math.max(...[...document.querySelectorAll("#sheets *")]
                     .filter((node) => !node.closest(".unit-map"))
                     .map((node) => node.getBoundingClientRect().right))"""
            )
            assert right <= SHEET_PX["width"] + 1


def test_one_kecamatan_is_printed_alone(show, page_of):
    """With a kecamatan chosen, sheets, map and head tell of it, and nothing names another."""
    data = page_of(200, uncovered=12)
    whole = "Metro Barat"
    with show(data) as tab:
        everything = sheets_of(tab)
        tab.select_option("#filter-kecamatan", label=whole)
        settle(tab)
        with on_paper(tab):
            assert tab.locator(UNITS).count() == 1
            text = tab.locator("body").inner_text()
            count = sum(row["kecamatan"] == whole for row in data.stations)
            assert f"{count} of 200 stations shown" in text
            for name in data.units:
                assert (name.casefold() in text.casefold()) == (name == whole)
            told = tab.locator("#sheets table.team-table").last.locator("tbody tr").count()
            assert told == sum(team["unit"] == whole for team in data.teams)
        assert shown_after(tab) == count
        assert 3 <= sheets_of(tab) < everything


def shown_after(tab):
    """After printing the filter is as it was."""
    assert tab.locator("#filter-line").is_visible()
    return tab.evaluate("window.metroGis.shown()")


@pytest.mark.parametrize("only", [None, "Metro Barat"])
def test_no_leaf_is_all_but_empty(show, page_of, only):
    """No leaf holds a foot or a head alone, however long the truth line is."""
    data = page_of(200, uncovered=12, gap_certified=0.0041, stopped_by="time_limit")
    with show(data) as tab:
        if only:
            tab.select_option("#filter-kecamatan", label=only)
        leaves = leaves_of(tab)
        assert len(leaves) == sheets_of(tab)
        assert min(leaves) > 3000


def test_a_choice_outlives_printing(show, page_of):
    """What was chosen, and where the map stood, is as before when paper is done."""
    with show(page_of(90)) as tab:
        tab.fill("#query", "T0050")
        tab.keyboard.press("Enter")
        settle(tab)
        place = "[window.map_metro_gis.getZoom(), window.map_metro_gis.getSize().x]"
        before = tab.evaluate(place)
        with on_paper(tab):
            assert tab.locator(".unit-map").count() == 5
        assert tab.evaluate("window.metroGis.chosen().id") == "T0050"
        assert tab.evaluate(place) == before
