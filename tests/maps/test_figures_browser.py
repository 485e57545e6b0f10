"""Numbers as each language writes them, on the screen, in the key and on paper."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from browsers import on_paper, opened

from metro_gis.maps import render_page

NAMES = re.compile(
    r"metro_gis 0\.1\.0|highspy 1\.15\.1|metro_gis\t?\n?0\.1\.0|highspy\t?\n?1\.15\.1"
)
# a point or comma between digits is a decimal sign, or it groups three digits
MARKED = re.compile(r"\d[\d.,]*\d")
ENGLISH = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d{1,2})?")
INDONESIAN = re.compile(r"\d{1,3}(\.\d{3})+(,\d+)?|\d+(,\d{1,2})?")


@pytest.fixture(scope="module")
def town(page_of):
    """Give a town of more than a thousand stations, with more than a thousand voters in one."""
    data = page_of(1300, uncovered=30, gap_certified=0.0123)
    rows = [{**row, "voters": 1234, "snap_m": 1250.4} for row in data.stations]
    return replace(data, stations=rows)


def written(text):
    """List the numbers of a text that hold a sign, without names and versions."""
    numbers = MARKED.findall(NAMES.sub("", text))
    return [number for number in numbers if re.search("[.,]", number)]


@pytest.mark.parametrize(("lang", "rule"), [("en", ENGLISH), ("id", INDONESIAN)])
def test_numbers_are_written_as_the_language_has_them(browser, tmp_path, town, lang, rule):
    """Decimal sign and grouping are those of the language, wherever a number stands."""
    thousand, decimal = (",", ".") if lang == "en" else (".", ",")
    file = tmp_path / "page.html"
    file.write_text(render_page(town, lang=lang), encoding="utf-8", newline="\n")
    with opened(browser, file) as tab:
        said = [tab.locator("body").inner_text()]
        assert f"1{thousand}270" in said[0]  # covered
        assert f"1{decimal}3 %" in said[0]  # by the certified bound, rounded up
        key = tab.locator("#key .signs .count").all_inner_texts()
        assert any(thousand in count for count in key)
        tab.fill("#query", "T0001")
        tab.keyboard.press("Enter")
        said.append(tab.locator("#detail").inner_text())
        assert f"1{thousand}234" in said[1]
        assert f"1{thousand}250 m" in said[1]
        assert re.search(rf"\d\{decimal}\d (min|menit)", said[1])
        tab.keyboard.press("Escape")
        with on_paper(tab):
            said.append(tab.locator("#sheets").inner_text())
        assert re.search(rf"\t\d+\{decimal}\d\b", said[2])
        for text in said:
            assert written(text)
            assert [number for number in written(text) if not rule.fullmatch(number)] == []
