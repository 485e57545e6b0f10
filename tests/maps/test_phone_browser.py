"""The page on a phone of 390 x 844 points, and for readers who do not see it or use no mouse."""

from __future__ import annotations

import re

import pytest
from browsers import DESKTOP, PHONE, opened, settle

from metro_gis.maps import render_page

FINGER_PX = 40
SMALL = """least => [...document.querySelectorAll(
    "a, button, input, select, summary, label, [role=button], [tabindex='0']")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((node) => node.matches("input[type=checkbox]") ? node.closest("label") : node)
  .filter((node) => node.tagName !== "LABEL" || node.querySelector("input"))
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([node, box]) => box.right > 0 && (box.width < least - 0.01 || box.height < least - 0.01))
  .map(([node, box]) => `${node.tagName}.${node.className} ${node.textContent.slice(0, 30)} ` +
                        `${Math.round(box.width)} x ${Math.round(box.height)}`)"""
WIDER = """[document.documentElement, document.getElementById("panel-body")]
  .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.tagName)"""


@pytest.fixture(scope="module")
def file(page_of, tmp_path_factory):
    """Draw a toy town with sixty gaps as a page."""
    path = tmp_path_factory.mktemp("phone") / "page.html"
    path.write_text(render_page(page_of(462, uncovered=60), lang="en"), encoding="utf-8")
    return path


def views(tab, *, touch):
    """Bring one view of the page after the other on the screen, and name it."""
    press = tab.tap if touch else tab.click
    yield "as it opens"
    if touch:
        tab.tap("#sheet")
    yield "overview"
    for place in (
        "#overview .lacking summary",
        "#stations summary",
        "#stations details details summary",
    ):
        press(f"{place} >> nth=0")
    yield "lists"
    tab.select_option("#filter-kecamatan", label="Metro Utara")
    tab.select_option("#filter-risk", label="Elevated")
    tab.check("#filter-uncovered")
    yield "filter"
    tab.click("#language")
    yield "filter in Indonesian"
    tab.click("#language")
    press("#filter-clear")
    tab.fill("#query", "TPS 01")
    yield "search hits"
    press("#found button >> nth=0")
    yield "station"
    press("#detail .team-heading button")
    yield "team"
    press("#detail dl button >> nth=0")
    yield "post"
    tab.keyboard.press("Escape")
    tab.fill("#query", "")
    press("#overview .lacking summary >> nth=0")
    press("#overview .lacking button >> nth=0")
    yield "gap"
    tab.keyboard.press("Escape")
    if touch:
        tab.tap("#sheet")
        tab.tap("#key > summary")
        yield "key"


@pytest.mark.parametrize("width", [390, 360])
def test_a_finger_hits_and_nothing_runs_over(browser, file, width):
    """In every view each thing to press is 40 points either way, and nothing scrolls sideways."""
    found = {}
    size = {**PHONE, "width": width}
    with opened(browser, file, viewport=size, has_touch=True, is_mobile=True) as tab:
        for view in views(tab, touch=True):
            settle(tab)
            assert tab.evaluate(SMALL, 300), "nothing is measured"
            faults = tab.evaluate(SMALL, FINGER_PX) + tab.evaluate(WIDER)
            if faults:
                found[view] = faults
    assert found == {}


def test_the_map_keeps_its_room(browser, file):
    """A phone gives the map half its screen, a fifth of it while the sheet is open."""
    with opened(browser, file, viewport=PHONE, has_touch=True, is_mobile=True) as tab:
        height = "document.getElementById('map_metro_gis').getBoundingClientRect().height"
        assert tab.evaluate(height) > PHONE["height"] / 2
        tab.tap("#sheet")
        assert tab.evaluate(height) > PHONE["height"] / 5
        tab.select_option("#filter-kecamatan", label="Metro Utara")
        assert tab.locator("#panel-body").bounding_box()["height"] > PHONE["height"] / 5
        tab.tap("#sheet")
        # closed, the sheet still says that not all is shown, and lets that be undone
        assert tab.locator("#filter-clear").is_visible()
        assert tab.locator("#filter-kecamatan").is_hidden()
        assert tab.evaluate(height) > PHONE["height"] / 2


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_grave_fault(browser, file, axe, viewport):
    """axe-core reports nothing serious or critical in any view, on a desk or a phone."""
    touch = viewport is PHONE
    found = {}
    with opened(browser, file, viewport=viewport, has_touch=touch, is_mobile=touch) as tab:
        for view in views(tab, touch=touch):
            settle(tab)
            if grave := axe(tab):
                found[view] = grave
    assert found == {}


def test_focus_is_seen_and_the_list_is_near(browser, file):
    """The first Tab reaches the link to the lists; the focus wears a ring of two colours."""
    with opened(browser, file) as tab:
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        assert tab.locator(".skip").bounding_box()["x"] >= 0
        ring = "getComputedStyle(document.activeElement)[name]"
        for _ in range(4):
            tab.keyboard.press("Tab")
            style = tab.evaluate(f"['outlineStyle', 'boxShadow'].map((name) => {ring})")
            assert style[0] == "solid"
            assert "rgb(20, 33, 61)" in style[1]
        tab.focus(".skip")
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "stations"


def luminance(rgb):
    """Relative luminance of a colour of three parts of 255 (WCAG 2.2)."""
    parts = [part / 255 for part in rgb]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_words_on_stripes_are_legible(browser, file):
    """On either stripe of the band of what was modelled, words have the contrast of WCAG AA."""
    with opened(browser, file) as tab:
        style = "name => getComputedStyle(document.getElementById('modelled'))[name]"
        colours = [
            [tuple(map(int, found)) for found in re.findall(r"rgb\((\d+), (\d+), (\d+)\)", told)]
            for told in (tab.evaluate(style, "color"), tab.evaluate(style, "backgroundImage"))
        ]
    (words,), stripes = colours
    assert len(set(stripes)) == 2
    for stripe in stripes:
        dark, light = sorted([luminance(words), luminance(stripe)])
        assert (light + 0.05) / (dark + 0.05) >= 4.5
