"""Every kind of page, its network cut, asks for nothing and complains of nothing."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest
from browsers import READY_MS, WIDE, opened

from metro_gis.maps import render_page, restrict
from metro_gis.maps.audience import PUBLIC, Audience

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GREAT = 7169
PHRASE = "kubara lisuka marimu jalaku"
BLOCKS = 101
"""Streets of the great city each way: 20,200 segments between crossings."""


class Kind(NamedTuple):
    """A kind of page: what makes its file, and what a reader does before it shows."""

    make: "Callable[[pytest.FixtureRequest], Path]"
    enter: "Callable | None" = None


def sample(request):
    """The page of the sample, as `metro-gis run` draws it."""
    workspace, ran = request.getfixturevalue("sample_plan")
    return workspace / ran.json["page"]


def cambridge(request):
    """The page of a real city on real roads."""
    workspace, ran = request.getfixturevalue("cambridge")
    return workspace / ran.json["page"]


def great_city(request):
    """A page of 7,169 stations and 20,000 segments of road."""
    data = request.getfixturevalue("page_of")(GREAT, uncovered=100)
    segments = request.getfixturevalue("streets_of")(BLOCKS, BLOCKS)
    return written(request, render_page(replace(data, basemap=segments), lang="en"))


def replan(request):
    """The page of a plan that was made with new numbers."""
    return request.getfixturevalue("replanned") / "maps/default-2.html"


def two_plans(request):
    """The page of a plan and its re-plan."""
    return request.getfixturevalue("replanned") / "maps/default+default-2.html"


def town_for(audience):
    """The page of a toy town for some readers."""

    def make(request):
        data = request.getfixturevalue("page_of")(462, uncovered=3)
        return written(request, render_page(restrict(data, audience), lang="id"))

    return make


def sealed(request):
    """A page that opens by its passphrase alone."""
    data = request.getfixturevalue("page_of")(462, uncovered=3)
    return written(request, render_page(data, lang="id", passphrase=PHRASE))


def unlock(tab):
    """Type the passphrase of a sealed page."""
    tab.fill("#lock-phrase", PHRASE)
    tab.keyboard.press("Enter")


def written(request, page):
    """Put a page into a file of its own."""
    file = request.getfixturevalue("tmp_path") / "page.html"
    file.write_text(page, encoding="utf-8", newline="\n")
    return file


KINDS = {
    "sample": Kind(sample),
    "cambridge": Kind(cambridge),
    "great-city": Kind(great_city),
    "replan": Kind(replan),
    "two-plans": Kind(two_plans),
    "polsek": Kind(town_for(Audience("polsek", "polsek-3", "Polsek Metro Utara", "Metro Utara"))),
    "public": Kind(town_for(PUBLIC)),
    "sealed": Kind(sealed, unlock),
}
REAL = {"cambridge"}
"""Kinds that need real data."""


@pytest.mark.parametrize(
    "kind",
    [pytest.param(name, marks=pytest.mark.real_data if name in REAL else ()) for name in KINDS],
)
def test_page_is_silent(browser, request, kind):
    """Opened, searched, read in the other language, laid out for paper: no request, no error."""
    make, enter = KINDS[kind]
    file = make(request)
    with opened(browser, file, viewport=WIDE, ready=None, reduced_motion="reduce") as tab:
        if enter is not None:
            enter(tab)
        tab.wait_for_selector("html[data-ready]", state="attached", timeout=READY_MS)
        assert tab.evaluate("window.metroGis.drawn()") == tab.evaluate("window.metroGis.stations")
        tab.click("#language")
        tab.fill("#query", "1")
        tab.keyboard.press("Enter")
        assert tab.evaluate("window.metroGis.chosen()") is not None
        tab.keyboard.press("Escape")
        tab.emulate_media(media="print")
        tab.wait_for_selector("#flat", state="attached")
        tab.emulate_media(media="screen")
        tab.wait_for_selector("#flat", state="detached")
