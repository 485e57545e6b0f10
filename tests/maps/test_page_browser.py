from __future__ import annotations

from dataclasses import replace

import pytest
from browsers import WIDE, settle

from metro_gis.maps import render_page

PHONE = {"width": 360, "height": 740}
STATIONS = 462
UNPROVEN = "not proven: how far from the best possible is not known"


@pytest.fixture
def show(open_page):
    """Give a way to open data as a page."""

    def show_data(data, *, lang="en", **options):
        return open_page(render_page(data, lang=lang), **options)

    return show_data


@pytest.fixture(scope="module")
def city(page_of):
    """Give a toy town of the size of Kota Metro, with three stations uncovered."""
    return page_of(STATIONS, uncovered=3)


def click_station(tab, station_id):
    """Click where the station is drawn on the map."""
    point = tab.evaluate("id => window.metroGis.pointOf(id)", station_id)
    box = tab.locator("#map_metro_gis").bounding_box()
    tab.mouse.click(box["x"] + point["x"], box["y"] + point["y"])


def free_station(tab, data):
    """Find a covered station that no control, post or other station lies over."""
    ids = [row["station_id"] for row in data.stations]
    found = tab.evaluate("ids => ids.map((id) => window.metroGis.pointOf(id))", ids)
    points = dict(zip(ids, found, strict=True))
    covers = """point => {
      const box = document.getElementById("map_metro_gis").getBoundingClientRect();
      const top = document.elementFromPoint(box.x + point.x, box.y + point.y);
      return top !== null && top.tagName === "CANVAS";
    }"""
    for row in data.stations:
        here = points[row["station_id"]]
        apart = min(
            abs(here["x"] - other["x"]) + abs(here["y"] - other["y"])
            for station, other in points.items()
            if station != row["station_id"]
        )
        if row["team_id"] and apart > 14 and tab.evaluate(covers, here):
            return row
    pytest.fail("no station stands free")


def test_page_reports_every_station(show, city):
    """The page draws all 462 stations, and says how many of them are covered."""
    tab = show(city)
    assert tab.evaluate("window.metroGis.stations") == STATIONS
    assert tab.evaluate("window.metroGis.drawn()") == STATIONS
    assert tab.evaluate("window.metroGis.covered") == STATIONS - 3
    assert tab.locator("#truth").inner_text() == (
        "459 of 462 stations covered; within 0.4 % of the best possible; "
        "roads and points modelled: not for operations"
    )
    assert tab.locator("#modelled").is_visible()
    assert tab.locator("#attribution").inner_text() == "Modelled roads"


@pytest.mark.parametrize("stations", [3, 90, STATIONS])
def test_first_view_shows_every_station(show, page_of, stations):
    """The page opens on the whole plan: every station in view, none under the key."""
    data = page_of(stations)
    tab = show(data)
    ids = [row["station_id"] for row in data.stations]
    points = tab.evaluate("ids => ids.map((id) => window.metroGis.pointOf(id))", ids)
    size = tab.locator("#map_metro_gis").bounding_box()
    key = tab.locator("#key").bounding_box()
    assert all(key["x"] + key["width"] < point["x"] < size["width"] for point in points)
    assert all(0 < point["y"] < size["height"] for point in points)


def test_summary_cannot_be_changed(show, city):
    """What the page reports about itself is read-only."""
    tab = show(city)
    assert tab.evaluate("window.metroGis.stations = 1, window.metroGis.stations") == STATIONS


def test_click_on_a_station_opens_its_team(show, city):
    """A click on a station's point shows the station, its team and the team's round."""
    tab = show(city)
    row = free_station(tab, city)
    team = next(team for team in city.teams if team["team_id"] == row["team_id"])
    click_station(tab, row["station_id"])
    detail = tab.locator("#detail")
    assert detail.get_attribute("data-id") == row["station_id"]
    assert tab.evaluate("document.activeElement.id") == "detail-heading"
    assert f"Team {team['team_id']}" in detail.inner_text()
    stops = tab.locator("#detail ol.round li button").all_inner_texts()
    names = {station["station_id"]: station["name"] for station in city.stations}
    assert stops == [names[station] for station in team["station_ids"]]
    assert tab.locator("#detail [aria-current]").inner_text().startswith(row["name"])
    tab.keyboard.press("Escape")
    assert detail.is_hidden()
    assert tab.evaluate("window.metroGis.chosen()") is None


def test_keyboard_reaches_what_the_mouse_reaches(show, city):
    """Without a mouse, the list opens the same panel, and Escape leads back to the list."""
    tab = show(city)
    groups = tab.locator("#stations > details > summary")
    groups.nth(0).focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    row = tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("Enter")
    by_keyboard = tab.locator("#detail").inner_html()
    chosen = tab.evaluate("window.metroGis.chosen().id")
    assert chosen in row
    assert tab.evaluate("document.activeElement.id") == "detail-heading"
    assert tab.locator("#said").text_content().startswith("Shown: ")
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.textContent") == row
    tab.keyboard.press("Enter")
    assert tab.locator("#detail").inner_html() == by_keyboard


def test_links_lead_from_station_to_team_to_post_and_back(show, city):
    """Station, team and post are linked with each other in the panel."""
    tab = show(city)
    click_station(tab, free_station(tab, city)["station_id"])
    tab.locator("#detail .team-heading button").click()
    assert tab.locator("#detail").get_attribute("data-kind") == "team"
    tab.locator("#detail dl button").first.click()
    assert tab.locator("#detail").get_attribute("data-kind") == "post"
    tab.locator("#detail ul.rows button").first.click()
    assert tab.locator("#detail").get_attribute("data-kind") == "team"
    tab.locator("#detail ol.round button").last.click()
    assert tab.locator("#detail").get_attribute("data-kind") == "station"


def test_search_finds_by_number_and_by_words(show, city):
    """The search finds a station by its number, and by words in any order."""
    tab = show(city)
    tab.fill("#query", "t0123")
    assert tab.locator("#found li").count() == 1
    tab.fill("#query", "pusat 001")
    assert "TPS 001" in tab.locator("#found").inner_text()
    tab.locator("#found button").first.click()
    assert tab.locator("#detail").is_visible()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("TPS 010", "TPS 010"),
        ("tps  10", "TPS 010"),
        ("T0123", "TPS 123"),
        ("timur 1 150", "TPS 150"),
        ("polsek metro utara", "Polsek Metro Utara"),
        ("R007", "R007"),
    ],
)
def test_search_leads_with_the_likeliest(show, city, query, first):
    """What is called exactly so leads, though others hold the same text."""
    stations = [dict(row) for row in city.stations]
    # an id that holds the name of another station, and a name that goes on where another ends
    stations[0] |= {"kelurahan": "behind TPS 010, R007 and T0123"}
    stations[1] |= {"name": "TPS 0101"}
    tab = show(replace(city, stations=stations))
    tab.fill("#query", query)
    assert tab.locator("#found .link .name").first.inner_text() == first


def test_search_is_led_by_the_keyboard(show, city):
    """Enter opens the first hit; the arrows lead into the list and back."""
    tab = show(city)
    tab.fill("#query", "TPS 10")
    tab.press("#query", "ArrowDown")
    tab.keyboard.press("ArrowDown")
    second = tab.locator("#found button").nth(1).inner_text()
    assert tab.evaluate("document.activeElement.innerText") == second
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate("document.activeElement.id") == "query"
    tab.keyboard.press("Enter")
    assert tab.evaluate("window.metroGis.chosen().id") == "T0010"


def test_a_search_for_nothing_opens_nothing(show, city):
    """Enter on an empty search, or on one that finds nothing, chooses nothing."""
    tab = show(city)
    tab.press("#query", "Enter")
    tab.fill("#query", "nowhere at all")
    tab.press("#query", "Enter")
    assert tab.locator("#found li").count() == 0
    assert tab.evaluate("window.metroGis.chosen()") is None


def test_strength_by_unit_equals_the_list(show, city):
    """Without a border, stations count in their own kecamatan, teams in their unit."""
    stations = [dict(row) for row in city.stations]
    for row in stations[::7]:
        row["kecamatan"] = "Metro Selatan"
    tab = show(replace(city, stations=stations, border="none", rung_low={"*": 5}))
    table = tab.locator("#overview table").filter(has_text="Strength by unit")
    told = [row.split("\t") for row in table.locator("tbody tr").all_inner_texts()]
    shown = {name.strip(): [cell.strip() for cell in cells] for name, *cells in told}
    listed = tab.locator("#stations > details > summary").all_inner_texts()
    assert len(listed) == 5
    for unit in city.units:
        own = [team for team in city.teams if team["unit"] == unit]
        count = sum(row["kecamatan"] == unit for row in stations)
        assert shown[unit] == [str(count), str(len(own)), str(2 * len(own)), "\N{EN DASH}"]
        assert any(line.split() == [*unit.split(), str(count)] for line in listed)
    teams = len(city.teams)
    assert shown["Whole area"] == [str(STATIONS), str(teams), str(2 * teams), "up to 5"]
    tab.click("#language")
    assert "Seluruh wilayah" in tab.locator("#overview").inner_text()


@pytest.mark.parametrize(
    ("officers", "english", "indonesian"),
    [
        (
            2,
            "2 more officers at Polsek Metro Timur would cover it with a team of its own.",
            "Tambahan 2 personel di Polsek Metro Timur cukup untuk menjaganya",
        ),
        (1, "One more officer at Polsek Metro Timur would", "Tambahan satu personel di"),
        (
            0,
            "Polsek Metro Timur has officers enough free for a team of its own",
            "Personel bebas di Polsek Metro Timur cukup",
        ),
    ],
)
def test_what_would_be_enough_is_told(show, page_of, officers, english, indonesian):
    """A station without officers says how many more, and where, would cover it."""
    data = page_of(30, uncovered=1)
    witness = {"kind": "unproven", "enough": {"post_id": "polsek-1", "officers": officers}}
    last = {**data.stations[-1], "reason": "no_officers", "witness": witness}
    tab = show(replace(data, stations=[*data.stations[:-1], last]))
    tab.locator("#overview .lacking button").click()
    lacking = tab.locator("#detail .lacking")
    told = lacking.inner_text()
    assert english in told
    # where officers are free it would be untrue that none are left
    assert ("No officers are left" in told) == (officers > 0)
    assert "0 more" not in told
    tab.click("#language")
    assert indonesian in lacking.inner_text()


@pytest.mark.parametrize("stamp", ["2025-11-01", "2025-11-01T21:30:00+00:00", "2025-11-01 05:00"])
def test_the_roads_date_is_a_day(show, page_of, stamp):
    """Of a time stamp only the day is shown, with the month in words."""
    tab = show(page_of(10, roads_date=stamp))
    value = tab.locator("#overview .fact").filter(has_text="Date of the roads").locator("dd")
    assert value.inner_text() == "1 November 2025"


def test_a_date_that_is_no_stamp_stays(show, page_of):
    """Words that are no stamp are shown as they are; a stamp's month is in the page's language."""
    tab = show(page_of(10, roads_date="about 2023"))
    assert "about 2023" in tab.locator("#overview").inner_text()
    tab = show(page_of(10, roads_date="2024-08-17T00:00:00Z"), lang="id")
    assert "17 Agustus 2024" in tab.locator("#overview").inner_text()


def test_uncovered_stations_say_why(show, city):
    """A station left uncovered shows its reason and the witness for it."""
    tab = show(city)
    buttons = tab.locator("#overview .lacking button")
    assert buttons.count() == 3
    told = []
    for place in range(3):
        buttons.nth(place).click()
        told.append(tab.locator("#detail .lacking").inner_text())
        tab.keyboard.press("Escape")
    told = " ".join(told)
    assert "The nearest post, Polsek Metro Pusat, needs 41.7 min; the limit is 30.0 min." in told
    assert "The nearest road is 812 m away; the limit is 300 m." in told
    assert "that there is none has not been proven" in told


def test_hostile_names_are_shown_and_do_nothing(show, page_of, hostile_name):
    """A name that holds markup is shown letter by letter, and nothing comes of it."""
    data = page_of(40, uncovered=2, name=hostile_name)
    tab = show(data)
    assert tab.locator("#title").text_content() == hostile_name
    assert tab.title().startswith("</script><img src=x")
    tab.fill("#query", "onerror")
    tab.locator("#found button").last.click()
    assert hostile_name in tab.locator("#detail").text_content()
    tab.mouse.move(700, 500)
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert tab.locator("img").count() == 0
    assert tab.locator("script").count() == 4
    assert hostile_name in tab.locator("#sheets").text_content()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "optimal", "gap": 0.0}, "proven best"),
        ({"gap": 1.0}, UNPROVEN),
        ({"status": "optimal", "gap": 0.00003}, "proven best, to within 0.01 %"),
        (
            {"gap": None, "stopped_by": "interrupted"},
            f"{UNPROVEN}; stopped by hand before the end",
        ),
        (
            {"gap": 0.01001, "stopped_by": "time_limit"},
            "within 1.1 % of the best possible; stopped by the time limit",
        ),
        (
            {"gap": None, "stopped_by": "nodes"},
            f"{UNPROVEN}; stopped at the number of branches that was asked for",
        ),
    ],
)
def test_truth_line_does_not_flatter(show, page_of, changes, said):
    """The line at the head says what is proven, and no more."""
    tab = show(page_of(20, roads_modelled=False, points_modelled=False, **changes))
    assert tab.locator("#truth").inner_text() == f"20 of 20 stations covered; {said}"
    assert tab.locator("#modelled").is_hidden()
    assert tab.locator("#attribution").inner_text() == "© OpenStreetMap contributors"


def test_language_switch_changes_words_and_numbers(show, city):
    """One button turns the page into Indonesian, with decimal commas."""
    tab = show(city)
    tab.click("#language")
    assert tab.evaluate("document.documentElement.lang") == "id"
    assert "selisih paling banyak 0,4 % dari hasil terbaik" in tab.locator("#truth").inner_text()
    assert "Sangat rawan" in tab.locator("#key").inner_text()


def test_layers_can_be_switched(show, city):
    """Unticking the posts takes their marks off the map, ticking brings them back."""
    tab = show(city)
    assert tab.locator(".post-mark").count() == 5
    tab.uncheck("#layer-posts")
    assert tab.locator(".post-mark").count() == 0
    tab.check("#layer-posts")
    tab.check("#layer-rounds")
    assert tab.locator(".post-mark").count() == 5


def test_phone_has_no_sideways_scroll(show, city):
    """At 360 points across nothing runs out of the page, closed or open."""
    tab = show(city, viewport=PHONE, has_touch=True, is_mobile=True)
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not tab.evaluate(wide)
    assert tab.locator("#panel-body").is_hidden()
    tab.tap("#sheet")
    assert tab.locator("#overview").is_visible()
    tab.locator("#stations summary").first.tap()
    assert not tab.evaluate(wide)
    assert tab.evaluate(
        "document.getElementById('panel-body').scrollWidth"
        " <= document.getElementById('panel-body').clientWidth"
    )
    assert tab.locator("#map_metro_gis").bounding_box()["height"] > 150


@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_names_stay_inside_the_map(show, city, viewport):
    """No name of a post or place is cut off by the map's edge."""
    tab = show(city, viewport=viewport)
    edges = """() => {
      const map = document.getElementById("map_metro_gis").getBoundingClientRect();
      return [...document.querySelectorAll(".post-name, .place")]
        .filter((node) => getComputedStyle(node).visibility === "visible")
        .map((node) => node.getBoundingClientRect())
        .map((box) => Math.min(box.left - map.left, map.right - box.right,
                               box.top - map.top, map.bottom - box.bottom));
    }"""
    for _ in range(3):
        inside = tab.evaluate(edges)
        assert inside
        assert min(inside) >= -0.5
        tab.locator(".leaflet-control-zoom-in").click()
        settle(tab)


def test_paper_holds_map_key_and_tables(show, city, tmp_path):
    """On paper: the map in one drawing, key and truth line, then every team and every gap."""
    tab = show(city)
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert tab.locator("#key .signs").is_visible()
    assert tab.locator("#truth").is_visible()
    assert tab.locator("#panel").is_hidden()
    told = tab.locator("#sheets table.team-table tbody th").all_inner_texts()
    teams = [team["team_id"] for team in city.teams]
    assert sorted(row for row in told if row in set(teams)) == sorted(teams)
    assert "Stations not covered: 3" in tab.locator("#sheets").inner_text()
    assert "RAHASIA / SECRET" in tab.locator("#sheets").inner_text()
    colours = tab.evaluate(
        """() => {
          const drawn = document.getElementById("flat");
          const flat = new OffscreenCanvas(drawn.width, drawn.height);
          flat.getContext("2d").drawImage(drawn, 0, 0);
          const dots = flat.getContext("2d").getImageData(0, 0, flat.width, flat.height).data;
          const seen = new Set();
          for (let at = 0; at < dots.length; at += 4) {
            seen.add((dots[at] << 16) | (dots[at + 1] << 8) | dots[at + 2]);
          }
          return seen.size;
        }"""
    )
    assert colours > 200
    tab.emulate_media(media="screen")
    tab.wait_for_selector("#flat", state="detached")
    pdf = tab.pdf(format="A4", landscape=True, print_background=True)
    assert pdf.startswith(b"%PDF")


@pytest.mark.alone
def test_seven_thousand_stations_stay_usable(show, page_of):
    """A great city opens within seconds and answers a click at once."""
    data = page_of(7169, uncovered=100)
    tab = show(data)
    assert tab.evaluate("window.metroGis.drawn()") == 7169
    ready = tab.evaluate("performance.now()")
    assert ready < 60_000
    tab.fill("#query", "T7000")
    began = tab.evaluate("performance.now()")
    tab.locator("#found button").first.click()
    assert tab.evaluate("performance.now()") - began < max(3_000, ready)
    assert tab.evaluate("window.metroGis.chosen().id") == "T7000"
