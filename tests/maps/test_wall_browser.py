"""The wall map in a real browser: true size on paper, names apart in a real font."""

import re

import pytest
from browsers import DESKTOP
from shapely import STRtree, box

from metro_gis.maps.wall import render_wall

MM_TO_POINTS = 72 / 25.4
A_POINT = 25.4 / 96
BOXES = """() => [...document.querySelectorAll(".names text")].map((node) => {
  const { x, y, width, height } = node.getBBox();
  return [node.textContent, x, y, x + width, y + height];
})"""
TEXTS = """() => [...document.querySelectorAll(".legend text, .head text, .foot text")].map(
  (node) => {
    const at = node.getBoundingClientRect();
    return [node.textContent, at.left, at.top, at.right, at.bottom];
  })"""


@pytest.fixture
def show(open_page):
    """Give a way to open data as a sheet for the wall."""

    def show_sheet(data, paper, lang="en"):
        sheet = render_wall(data, paper=paper, lang=lang)
        return open_page(sheet.content, ending="svg", viewport=DESKTOP, ready=None)

    return show_sheet


def overlapping(found):
    """Pairs of texts whose boxes overlap by more than what the browser rounds heights by."""
    boxes = [
        box(left, top + A_POINT, right, bottom - A_POINT) for _, left, top, right, bottom in found
    ]
    pairs = STRtree(boxes).query(boxes, predicate="overlaps").T.tolist()
    return [(found[a][0], found[b][0]) for a, b in pairs if a < b]


@pytest.mark.parametrize("paper", ["A0", "A3"])
def test_names_keep_apart_in_a_real_font(show, page_of, paper):
    """Measured by the browser, no name overlaps another, on the map or beside it."""
    tab = show(page_of(462, uncovered=20), paper)
    names = tab.evaluate(BOXES)
    assert len(names) > 300
    assert overlapping(names) == []
    assert overlapping(tab.evaluate(TEXTS)) == []


def test_words_are_no_wider_than_the_table_says(show, page_of):
    """Lines of the legend end within the sheet: the table of widths is on the safe side."""
    tab = show(page_of(462, uncovered=20, title="Pemilihan Umum " * 9), "A4", "id")
    texts = tab.evaluate(TEXTS)
    width = tab.evaluate("document.documentElement.getBoundingClientRect().width")
    assert all(left >= 0 and right <= width for _, left, _, right, _ in texts)
    assert overlapping(texts) == []


@pytest.mark.parametrize("paper", ["A1", "A3"])
def test_browser_prints_at_true_size(show, page_of, paper, tmp_path):
    """Printed by the browser, the sheet is one page of its paper's size."""
    tab = show(page_of(60), paper)
    path = tmp_path / "sheet.pdf"
    tab.pdf(path=path, prefer_css_page_size=True, print_background=True)
    (media,) = re.findall(rb"/MediaBox\s*\[([^\]]*)\]", path.read_bytes())
    size = [float(value) / MM_TO_POINTS for value in media.split()[2:]]
    assert sorted(size) == pytest.approx({"A1": [594, 841], "A3": [297, 420]}[paper], abs=0.3)


def test_hostile_names_run_nothing(show, page_of, hostile_name):
    """A browser that opens a sheet with hostile names shows them, and does nothing else."""
    tab = show(page_of(40, uncovered=1, name=hostile_name), "A3")
    shown = [name for name, *_ in tab.evaluate(BOXES)]
    assert any(name.startswith("</script><img src=x onerror=alert(1)>") for name in shown)
    assert tab.evaluate("document.querySelectorAll('script, image, foreignObject').length") == 0
