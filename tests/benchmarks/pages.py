"""Our page beside a plain Folium page of the same stations and roads.

The plain page is what the documentation of Folium shows: a `CircleMarker` with a `Popup` for every
station, a `PolyLine` for every road, all options left as they are. It has no tiles, teams, lists or
search, which is in its favour. Both are drawn by one process and opened by one Chromium.
"""

from __future__ import annotations

import importlib.util
import shutil
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.instances import (
    SAMPLE_STATIONS,
    city_of,
    draw_places,
    sample_inputs,
    state_problem,
)

from metro_gis.assembly import Decided, put_together
from metro_gis.data.basemap import basemap_lines
from metro_gis.data.inputs import build_problem
from metro_gis.maps import render_page
from metro_gis.maps.from_plan import page_data
from metro_gis.optimize import Settings, optimize
from metro_gis.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from playwright.sync_api import Browser

    from metro_gis.maps import PageData

SEGMENTS = 20_000
"""Segments of road that a large page shows."""
PLAN_SECONDS = 5.0
REPEATS = 3
WITHIN_MS = 600_000
NAMES = ("chromium", "chromium-browser", "google-chrome")
OURS, PLAIN = "metro_gis", "Folium, plain"
# our page says when all of it stands, a plain one is left to its load event; two frames later what
# was drawn has been painted, and from the first moment without work on a click is answered at once
CLOCK = """
(() => {
  const start = () => requestAnimationFrame(() => requestAnimationFrame(() => {
    performance.mark("first-frame");
    requestIdleCallback(() => performance.mark("interactive"));
  }));
  const own = () => document.documentElement.dataset.ready;
  const isPlain = () => !document.getElementById("metro-gis-data");
  addEventListener("load", () => isPlain() && start());
  addEventListener("DOMContentLoaded", () => {
    if (isPlain()) return;
    if (own()) start();
    else new MutationObserver((_, watch) => { if (own()) { watch.disconnect(); start(); } })
      .observe(document.documentElement, { attributes: true });
  });
})();
"""
MARKS = """() => Object.fromEntries(
  performance.getEntriesByType("mark").map(({ name, startTime }) => [name, startTime / 1000]))"""
# all that a popup asks of jQuery: an element of a string
JQUERY = """window.$ = window.jQuery = (markup) => {
  const holder = document.createElement("template");
  holder.innerHTML = markup.trim();
  return [holder.content.firstChild];
};"""


@dataclass(frozen=True)
class Page:
    """What a page came to.

    Parameters
    ----------
    maker
        Who drew it.
    megabytes
        Of the file; what the plain page fetches besides is not counted.
    render_s
        Processor seconds from the data to the file's text, median.
    frame_s, interactive_s
        Seconds from the start of loading until all stations are painted, and until the browser has
        nothing left to do before it answers a click, median; None without a browser.
    """

    maker: str
    megabytes: float
    render_s: float
    frame_s: float | None
    interactive_s: float | None


class City(NamedTuple):
    """What both pages show."""

    name: str
    data: PageData


def cities(sizes: Iterable[int], seed: int) -> Iterator[City]:
    """Give the sample, and larger cities by their number of stations."""
    for size in sizes:
        yield sample_city() if size == SAMPLE_STATIONS else large_city(size, seed)


def sample_city() -> City:
    """Plan the sample on its own roads."""
    scenario = Scenario()
    inputs = sample_inputs()
    return City("the sample", _planned(inputs, build_problem(inputs, scenario)))


def large_city(stations: int, seed: int) -> City:
    """Draw a city by the sample's rules, plan it, and keep as many segments of road as asked."""
    places = draw_places(city_of(stations), seed=seed)
    ground = places.ground
    inputs = SimpleNamespace(
        network=ground.network,
        station_snaps=ground.stations,
        post_snaps=ground.posts,
        columns={},
        files=(),
        closed_edges=(),
        modelled=True,
    )
    data = _planned(inputs, state_problem(places))
    return City(f"{stations:,} stations", replace(data, basemap=_thinned(data.basemap)))


def _planned(inputs: Any, problem: Any) -> PageData:
    outcome = optimize(problem, Settings(time_limit_s=PLAN_SECONDS))
    plan = put_together(inputs, problem, Decided(outcome), Scenario())
    return page_data(plan, basemap_lines(inputs.network))


def _thinned(basemap: Any) -> dict[str, list[Any]]:
    """Keep so many segments, each class its share, from everywhere alike."""
    share = min(1.0, SEGMENTS / sum(map(len, basemap.values())))
    return {
        name: [lines[int(n / share)] for n in range(round(share * len(lines)))]
        for name, lines in basemap.items()
    }


def draw_ours(data: PageData) -> str:
    """Draw our page."""
    return render_page(data, lang="id")


def draw_plain(data: PageData) -> str:
    """Draw a plain page."""
    import folium

    lats, lons = ([row[axis] for row in data.stations] for axis in ("lat", "lon"))
    drawn = folium.Map(
        location=[statistics.mean(lats), statistics.mean(lons)], zoom_start=13, tiles=None
    )
    for line in chain.from_iterable(data.basemap.values()):
        folium.PolyLine([(lat, lon) for lon, lat in line]).add_to(drawn)
    for row in data.stations:
        words = f"{row['name']}<br>{row['station_id']}<br>{row['team_id']}"
        folium.CircleMarker([row["lat"], row["lon"]], radius=4, popup=folium.Popup(words)).add_to(
            drawn
        )
    return drawn.get_root().render()


MAKERS: dict[str, Callable[[PageData], str]] = {OURS: draw_ours, PLAIN: draw_plain}


def compare(city: City, *, repeats: int = REPEATS) -> dict[str, Any]:
    """Draw both pages and open both."""
    one = {**city.data.stations[0], "team_id": None}
    small = replace(city.data, stations=[one], teams=(), basemap={})
    rows = []
    for maker, draw in MAKERS.items():
        # libraries are loaded and templates compiled before the clock starts
        draw(small)
        seconds, page = _clocked(draw, city.data, repeats if maker == OURS else 1)
        version, frame, interactive = _opened(page, repeats)
        size = len(page.encode()) / 1e6
        rows.append(asdict(Page(maker, size, seconds, frame, interactive)))
    return {
        "city": city.name,
        "stations": len(city.data.stations),
        "segments": sum(map(len, city.data.basemap.values())),
        "teams": len(city.data.teams),
        "browser": version,
        "pages": rows,
    }


def _clocked(draw: Callable[[PageData], str], data: PageData, repeats: int) -> tuple[float, str]:
    spent, page = [], ""
    for _ in range(repeats):
        started = time.process_time()
        page = draw(data)
        spent.append(time.process_time() - started)
    return statistics.median(spent), page


def browser_path() -> str | None:
    """Find an installed Chromium that Playwright can drive."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _opened(page: str, repeats: int) -> tuple[str | None, float | None, float | None]:
    """Name the browser, and give the medians of its marks."""
    path = browser_path()
    if path is None:
        return None, None, None
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8", newline="\n")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        version = f"Chromium {browser.version}"
        marks = [_open_once(browser, file.as_uri()) for _ in range(repeats)]
        browser.close()
    return (
        version,
        statistics.median(one["first-frame"] for one in marks),
        statistics.median(one["interactive"] for one in marks),
    )


def _open_once(browser: Browser, address: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(CLOCK)
    # what a plain page fetches comes from here at once, as if every server stood beside the reader
    context.route(lambda url: url.startswith("http"), _answer)
    tab = context.new_page()
    tab.set_default_timeout(WITHIN_MS)
    tab.goto(address, wait_until="load")
    tab.wait_for_function("() => performance.getEntriesByName('interactive').length > 0")
    marks: dict[str, float] = tab.evaluate(MARKS)
    context.close()
    return marks


def _answer(route: Any) -> None:
    name = route.request.url.split("?")[0].rsplit("/", 1)[-1]
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    route.fulfill(body=_stand_in(name), content_type=kind)


@cache
def _stand_in(name: str) -> str:
    """Give Leaflet's own files, the little that popups ask of jQuery, and nothing of the rest."""
    from xstatic.pkg import leaflet

    if name in ("leaflet.js", "leaflet.css"):
        return (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")
    return JQUERY if name.startswith("jquery") else ""
