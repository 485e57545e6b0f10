"""Pages for one post and for the public in a real browser, its network cut."""

from __future__ import annotations

from dataclasses import replace

import pytest
from browsers import PHONE

from metro_gis.maps import render_page, restrict
from metro_gis.maps.audience import PUBLIC, Audience

SOUTH = Audience("polsek", "polsek-4", "Polsek Metro Selatan", "Metro Selatan")
# colour of the canvas at each station
LOOKS_OF_DOTS = """ids => {
  const canvas = document.querySelector(".leaflet-stations-pane canvas");
  const [box, town] = [canvas, document.getElementById("map_metro_gis")].map((node) =>
    node.getBoundingClientRect());
  const scale = canvas.width / box.width;
  const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return ids.map((id) => {
    const at = window.metroGis.pointOf(id);
    const [x, y] = [town.x + at.x - box.x, town.y + at.y - box.y].map((part) =>
      Math.round(part * scale));
    const first = 4 * (y * canvas.width + x);
    return [...dots.slice(first, first + 3)].map((part) => part.toString(16)).join("");
  });
}"""


@pytest.fixture
def show(open_page):
    """Give a way to open an audience's page."""

    def show_data(data, audience, *, lang="en", **options):
        return open_page(render_page(restrict(data, audience), lang=lang), **options)

    return show_data


@pytest.fixture(scope="module")
def town(page_of):
    """Ninety stations, the last three uncovered; another post has a team in Metro Selatan."""
    data = page_of(90, uncovered=3)
    return replace(data, teams=[*data.teams[:-1], {**data.teams[-1], "post_id": "polsek-0"}])


def test_a_post_finds_its_own_and_who_else_is_guarded(show, town):
    """The page of a post lists its teams, tells of others only that they guard, and counts."""
    tab = show(town, SOUTH)
    others = len(town.teams[-1]["station_ids"])
    own = sum(len(team["station_ids"]) for team in town.teams if team["post_id"] == "polsek-4")
    total = own + others + 3
    assert (
        tab.locator("#truth")
        .inner_text()
        .startswith(
            f"{total - 3} of {total} stations on this page covered, {own} of them by this post;"
        )
    )
    assert "proven" not in tab.locator("#truth").inner_text()
    assert tab.evaluate("window.metroGis.uncovered") == 3
    assert f"Guarded by another post\n{others}" in tab.locator("#key .signs").inner_text()
    assert tab.locator(".post-mark").count() == 1
    overview = tab.locator("#overview").inner_text()
    assert "Stations not covered: 3" in overview
    assert "Aims and their proof" not in overview
    assert "polsek-0" not in tab.content()
    tab.fill("#query", town.teams[-1]["station_ids"][0])
    tab.keyboard.press("Enter")
    detail = tab.locator("#detail").inner_text()
    assert "A team of another post guards this station" in detail
    assert "Not covered" not in detail
    assert "From the post" not in detail
    tab.fill("#query", town.teams[-2]["team_id"])
    tab.keyboard.press("Enter")
    assert tab.evaluate("window.metroGis.chosen().kind") == "team"
    assert "Polsek Metro Selatan" in tab.locator("#detail").inner_text()


def test_uncovered_stations_of_a_post_say_why(show, town):
    """A station that nobody covers tells its reason, and its witness where it names nobody else."""
    tab = show(town, SOUTH)
    told = []
    for place in range(3):
        tab.locator("#overview .lacking button").nth(place).click()
        told.append(tab.locator("#detail .lacking").inner_text())
        tab.keyboard.press("Escape")
    assert "The nearest road is 812 m away; the limit is 300 m." in told[0]
    assert told[1].endswith("Every post is too far away.")
    assert "No plan" in told[2]


def test_the_public_sees_places_in_one_plain_look(show, town):
    """The public's page has stations in one sign, lists by kelurahan, a search; nothing else."""
    tab = show(town, PUBLIC)
    assert tab.locator("#truth").inner_text().startswith("90 polling stations")
    assert tab.locator("#key .signs li").all_inner_texts() == ["Polling station\n90"]
    ids = [row["station_id"] for row in town.stations[:40:4]]
    assert set(tab.evaluate(LOOKS_OF_DOTS, ids)) == {"1c5a43"}
    assert tab.locator("#overview table, #overview .figure, .post-mark").count() == 0
    assert tab.locator("#overview h2").all_inner_texts() == ["Polling stations"]
    switches = tab.locator("#key .switches li").all_inner_texts()
    assert switches == ["Place names", "Main roads", "Local streets", "Service roads and tracks"]
    tab.locator("#stations summary").first.click()
    tab.locator("#stations details summary").nth(1).click()
    assert tab.locator("#stations ul.rows button").first.is_visible()
    tab.fill("#query", "barat 040")
    tab.keyboard.press("Enter")
    assert tab.evaluate("window.metroGis.chosen()") == {"kind": "station", "id": "T0040"}
    labels = tab.locator("#detail dt").all_inner_texts()
    assert labels == ["Number", "Kelurahan", "Kecamatan"]
    tab.keyboard.press("Escape")
    visible = tab.locator("body").inner_text()
    for word in ("SECRET", "Team", "Officers", "covered", "Plan", "class", "post"):
        assert word not in visible, word


@pytest.mark.parametrize(
    ("audience", "english", "indonesian"),
    [
        (
            SOUTH,
            "RAHASIA / SECRET · For: Polsek Metro Selatan",
            "RAHASIA / SECRET · Untuk: Polsek Metro Selatan",
        ),
        (PUBLIC, "UNTUK UMUM / FOR THE PUBLIC", "UNTUK UMUM / FOR THE PUBLIC"),
        (
            Audience(),
            "RAHASIA / SECRET · For: the commander",
            "RAHASIA / SECRET · Untuk: Pimpinan",
        ),
    ],
    ids=["polsek", "public", "commander"],
)
def test_band_and_foot_say_whom_the_page_is_for(show, town, audience, english, indonesian):
    """The marking at head and foot names the readers, in either language."""
    tab = show(town, audience)
    for told in (english, indonesian, english):
        assert tab.locator(".secret").inner_text() == told
        assert tab.locator(".foot-secret").inner_text() == told
        tab.click("#language")


@pytest.mark.parametrize(
    ("audience", "headings", "marks"),
    [
        (
            SOUTH,
            ["Metro Selatan", "Guarded by another post"],
            ("RAHASIA / SECRET", "For: Polsek Metro Selatan", "Plan 0123456789abcdef"),
        ),
        (PUBLIC, ["Polling stations"], ("UNTUK UMUM / FOR THE PUBLIC", "Kota Metro")),
    ],
    ids=["polsek", "public"],
)
def test_on_paper_every_sheet_says_whom_it_is_for(show, town, audience, headings, marks):
    """Printed, a page has its map and the tables that its audience may see, each sheet marked."""
    tab = show(town, audience)
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert tab.locator("#sheets h2").all_inner_texts() == headings
    for sheet in tab.locator("#sheets .marking").all_inner_texts():
        assert all(mark in sheet for mark in marks)
        assert audience != PUBLIC or "SECRET" not in sheet
    rows = tab.locator("#sheets table.team-table").last.locator("tbody tr").count()
    assert rows == (90 if audience == PUBLIC else len(town.teams[-1]["station_ids"]))
    tab.emulate_media(media="screen")
    tab.wait_for_selector("#flat", state="detached")


@pytest.mark.parametrize("audience", [SOUTH, PUBLIC], ids=["polsek", "public"])
def test_an_audience_s_page_fits_a_phone(show, town, audience):
    """On a phone nothing of it runs out of the page sideways."""
    tab = show(town, audience, lang="id", viewport=PHONE)
    tab.click("#sheet")
    assert tab.locator("#overview").is_visible()
    assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_post_without_stations_has_a_page(show, page_of):
    """A post that sends nobody and stands for no kecamatan still gets a page that works."""
    data = page_of(20)
    teams = [{**team, "post_id": "polsek-0"} for team in data.teams]
    tab = show(replace(data, teams=teams), replace(SOUTH, kecamatan=""))
    assert tab.evaluate("window.metroGis.stations") == 0
    assert tab.locator(".post-mark").count() == 1


@pytest.mark.parametrize(
    ("voting", "lang", "told"),
    [
        ({}, "en", "90 polling stations"),
        ({"date": "2024-11-27"}, "en", "90 polling stations; voting on 27 November 2024"),
        (
            {"date": "2024-11-27", "opens": "07:00", "closes": "13:00"},
            "en",
            "90 polling stations; voting on 27 November 2024; open from 07:00 to 13:00",
        ),
        (
            {"date": None, "opens": "07:00", "closes": "13:00"},
            "id",
            "90 TPS; buka pukul 07.00 sampai 13.00",
        ),
    ],
)
def test_the_public_reads_when_stations_are_open(show, town, voting, lang, told):
    """Day and hours stand at the head, on the screen and on paper, as far as they are known."""
    tab = show(replace(town, voting=voting), PUBLIC, lang=lang)
    assert tab.locator("#truth").inner_text().split(";")[: told.count(";") + 1] == told.split(";")
    assert ("voting" in tab.locator("#truth").inner_text()) == ("voting" in told)
    tab.emulate_media(media="print")
    assert told in tab.locator("body").inner_text()
