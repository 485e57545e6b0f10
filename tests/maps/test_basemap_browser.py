"""What lies under the plan, in a real browser: street names, borders, online tiles."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from browsers import READY_MS, settle

from metro_gis.maps import render_page
from metro_gis.maps.tiles import TileServer

DESKTOP = {"width": 1440, "height": 900}
WEST, SOUTH, STEP = 105.262, -5.179, 0.004  # the toy town's grid of streets
STREETS = [
    ("Jalan Jenderal Ahmad Yani", "primary", [(0, 13), (20, 13)]),
    ("Jalan A.H. Nasution", "secondary", [(5, 0), (5, 30)]),
    ("Jalan Soekarno-Hatta", "secondary", [(0, 0), (20, 30)]),
    ("Gang Buntu", "tertiary", [(11, 15), (11, 15.1)]),
]
INK = """pane => {
  const canvas = document.querySelector(`.leaflet-${pane}-pane canvas`);
  if (!canvas) return 0;
  const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let at = 3; at < dots.length; at += 4) if (dots[at] > 0) inked += 1;
  return inked;
}"""
TILE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def street_rows(streets):
    """Give streets as a page takes them."""
    return [
        {
            "name": name,
            "road_class": road_class,
            "lines": [[(WEST + x * STEP, SOUTH + y * STEP) for x, y in places]],
        }
        for name, road_class, places in streets
    ]


@pytest.fixture
def show(browser, tmp_path):
    """Open data as a page, with tiles answered on the spot; tell what it asks and complains of."""
    contexts = []

    def open_page(data, *, lang="en", **options):
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(render_page(data, lang=lang), encoding="utf-8", newline="\n")
        context = browser.new_context(**({"viewport": DESKTOP} | options))
        contexts.append(context)
        tab = context.new_page()
        tab.asked, tab.noise = [], []

        def hear(kind, text):
            # the browser's advice to tests that look at a drawing more than once
            if "willReadFrequently" not in text:
                tab.noise.append((kind, text))

        def answer(route):
            # what a policy forbids does not come so far
            tab.asked.append(route.request.url)
            route.fulfill(body=TILE, content_type="image/png")

        context.route(lambda url: url.startswith("http"), answer)
        tab.on("console", lambda message: hear(message.type, message.text))
        tab.on("pageerror", lambda error: tab.noise.append(("error", str(error))))
        tab.on("dialog", lambda dialog: tab.noise.append(("dialog", dialog.message)))
        tab.goto(path.as_uri())
        tab.wait_for_selector("html[data-ready]", timeout=READY_MS)
        settle(tab)
        return tab

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def town(page_of):
    """Give a toy town with three named streets, and one too short for its name."""
    return page_of(90, streets=street_rows(STREETS))


def zoom_in(tab, steps):
    """Come closer, half a step at a time."""
    for _ in range(steps):
        tab.locator(".leaflet-control-zoom-in").click()
        settle(tab)


def names_on(tab):
    """Names along streets, as the page tells them."""
    return tab.evaluate("window.metroGis.streetNames()")


def dots_of(name):
    """Points along the middle of a name."""
    reach = [share / 20 - 0.5 for share in range(21)]
    dx, dy = (turn(name["angle"]) * name["width"] for turn in (math.cos, math.sin))
    return [(name["x"] + dx * share, name["y"] + dy * share) for share in reach]


def test_names_stand_along_their_streets(show, town):
    """A name has the slope of its street, upright, and stands once for a long way of it."""
    tab = show(town)
    zoom_in(tab, 2)
    names = names_on(tab)
    told = {name["text"]: name for name in names}
    assert {"Jalan Jenderal Ahmad Yani", "Jalan Soekarno-Hatta"} <= set(told)
    assert "Gang Buntu" not in told
    assert told["Jalan Jenderal Ahmad Yani"]["angle"] == pytest.approx(0, abs=0.01)
    for name in names:
        assert -math.pi / 2 <= name["angle"] <= math.pi / 2
        if name["text"] == "Jalan Soekarno-Hatta":
            # it climbs to the right by 30 blocks in 20
            assert name["angle"] == pytest.approx(-math.atan2(30, 20), abs=0.02)
        for other in names:
            apart = math.hypot(name["x"] - other["x"], name["y"] - other["y"])
            assert name is other or name["text"] != other["text"] or apart >= 380
    assert tab.evaluate(INK, "names") > 500
    assert tab.noise == []
    assert tab.asked == []


def test_names_cover_nothing(show, town):
    """No street name lies over a station, a post's name, a place's name or another street name."""
    tab = show(town)
    ids = [row["station_id"] for row in town.stations]
    boxes = """() => {
      const map = document.getElementById("map_metro_gis").getBoundingClientRect();
      return [...document.querySelectorAll(".post-name, .place, .post-mark")]
        .filter((node) => getComputedStyle(node).visibility === "visible")
        .map((node) => node.getBoundingClientRect())
        .map((box) => [box.left - map.left, box.top - map.top,
                       box.right - map.left, box.bottom - map.top]);
    }"""
    seen = 0
    for _ in range(3):
        names = names_on(tab)
        seen += len(names)
        stations = tab.evaluate("ids => ids.map((id) => window.metroGis.pointOf(id))", ids)
        covered = tab.evaluate(boxes)
        for at, name in enumerate(names):
            for x, y in dots_of(name):
                assert all(math.hypot(x - one["x"], y - one["y"]) > 4 for one in stations)
                assert not any(a < x < c and b < y < d for a, b, c, d in covered)
                for other in names[:at]:
                    near = min(math.hypot(x - v, y - w) for v, w in dots_of(other))
                    assert near > 8
        zoom_in(tab, 2)
    assert seen >= 3


def test_names_come_with_the_zoom_and_go_with_their_switch(show, page_of):
    """Far out no street is named; the switch in the key takes the names away."""
    tab = show(page_of(3, streets=street_rows(STREETS)))
    assert names_on(tab)
    tab.uncheck("#layer-streets")
    settle(tab)
    assert names_on(tab) == []
    assert tab.evaluate(INK, "names") == 0
    tab.check("#layer-streets")
    settle(tab)
    assert tab.evaluate(INK, "names") > 500
    for _ in range(8):
        tab.locator(".leaflet-control-zoom-out").click()
        settle(tab)
    assert names_on(tab) == []


def test_a_page_without_names_has_no_switch_for_them(show, page_of):
    """Modelled roads bear no names, and nothing is said of names then."""
    tab = show(page_of(5))
    assert tab.locator("#layer-streets, #layer-kecamatan, #layer-tiles, #tiles").count() == 0
    assert tab.noise == []


def test_a_hostile_street_name_is_only_text(show, page_of, hostile_name):
    """A street called like a script is written letter by letter, and nothing comes of it."""
    rows = street_rows([(hostile_name, "primary", [(0, 13), (20, 13)])])
    tab = show(page_of(3, streets=rows))
    zoom_in(tab, 2)
    assert names_on(tab)[0]["text"] == hostile_name
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert tab.locator("img").count() == 0
    assert tab.locator("script").count() == 4
    assert tab.noise == []
    assert tab.asked == []


def test_paper_bears_the_names(show, town):
    """The drawing for paper holds the street names, and the map's credit is on it."""
    tab = show(replace(town, roads_modelled=False))
    tab.fill("#query", "T0050")
    tab.keyboard.press("Enter")
    settle(tab)
    ink = """() => {
      const drawn = document.getElementById("flat");
      const flat = document.createElement("canvas");
      [flat.width, flat.height] = [drawn.width, drawn.height];
      flat.getContext("2d").drawImage(drawn, 0, 0);
      const dots = flat.getContext("2d").getImageData(0, 0, flat.width, flat.height).data;
      return dots.reduce((sum, dot) => sum + dot, 0);
    }"""
    drawn = []
    for shown in (True, False):
        tab.locator("#layer-streets").set_checked(shown)
        tab.emulate_media(media="print")
        tab.wait_for_selector("#flat")
        assert bool(names_on(tab)) == shown
        drawn.append(tab.evaluate(ink))
        assert tab.locator("#attribution").is_visible()
        assert tab.locator("#attribution").inner_text() == "© OpenStreetMap contributors"
        tab.emulate_media(media="screen")
        tab.wait_for_selector("#flat", state="detached")
    assert drawn[0] != drawn[1]


def test_borders_lie_under_the_beats_and_have_switches(show, page_of):
    """Kecamatan and kelurahan borders are drawn below the beats; each has its switch."""
    corners = [(WEST, SOUTH), (WEST + 0.08, SOUTH), (WEST + 0.08, SOUTH + 0.12)]
    across = [[(WEST, SOUTH + 0.05), (WEST + 0.08, SOUTH + 0.05)]]
    tab = show(page_of(20, areas={"kecamatan": [corners], "kelurahan": across}))
    both = tab.evaluate(INK, "areas")
    depth = (
        "name => Number(getComputedStyle(document.querySelector(`.leaflet-${name}-pane`)).zIndex)"
    )
    roads, areas, beats = (tab.evaluate(depth, pane) for pane in ("roads", "areas", "beats"))
    assert roads < areas < beats
    assert "Kecamatan borders" in tab.locator("#key").inner_text()
    tab.uncheck("#layer-kelurahan")
    settle(tab)
    one = tab.evaluate(INK, "areas")
    assert 0 < one < both
    tab.uncheck("#layer-kecamatan")
    settle(tab)
    assert tab.evaluate(INK, "areas") == 0
    tab.click("#language")
    assert "Batas kelurahan" in tab.locator("#key").inner_text()
    assert not tab.is_checked("#layer-kelurahan")
    assert tab.noise == []


def test_tiles_are_asked_for_only_when_wanted(show, page_of):
    """Before the press nobody is asked, after it one host alone; the page says what that tells."""
    server = TileServer("https://tiles.example/{z}/{x}/{y}.png")
    tab = show(page_of(20, tiles=server))
    settle(tab)
    assert tab.asked == []
    told = tab.locator("#tiles").inner_text()
    assert "tiles.example, then learns which area is looked at" in told
    assert "tiles.example" not in tab.locator("#attribution").inner_text()
    tab.click("#tiles-button")
    tab.wait_for_selector("img.leaflet-tile-loaded")
    hosts = {urlsplit(url).netloc for url in tab.asked}
    assert hosts == {"tiles.example"}
    assert tab.is_checked("#layer-tiles")
    credit = "Modelled roads; map tiles: tiles.example, © OpenStreetMap contributors"
    assert tab.locator("#attribution").inner_text() == credit
    tab.click("#language")
    assert "Peta daring dapat ditampilkan" in tab.locator("#tiles").inner_text()
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    tab.emulate_media(media="screen")
    tab.wait_for_selector("#flat", state="detached")
    tab.uncheck("#layer-tiles")
    settle(tab)
    asked = len(tab.asked)
    assert tab.locator("img").count() == 0
    assert tab.locator("#tiles-button").inner_text() == "Tampilkan peta daring"
    zoom_in(tab, 1)
    assert len(tab.asked) == asked
    assert tab.noise == []


def test_the_policy_holds_against_other_hosts(show, page_of):
    """A page with tiles cannot load an image of another host, nor anything else of its own."""
    tab = show(page_of(5, tiles=TileServer("https://tiles.example/{z}/{x}/{y}.png")))
    refused = tab.evaluate(
        """async () => {
          const seen = [];
          document.addEventListener("securitypolicyviolation",
            (event) => seen.push(event.effectiveDirective));
          new Image().src = "https://other.example/1.png";
          new Image().src = "https://sub.tiles.example/1.png";
          await fetch("https://tiles.example/1.png").catch(() => {});
          await new Promise((done) => setTimeout(done, 300));
          return seen.sort();
        }"""
    )
    assert refused == ["connect-src", "img-src", "img-src"]
    assert tab.asked == []
