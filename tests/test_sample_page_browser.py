"""The sample's own page in a real browser."""

import csv
import sqlite3
from contextlib import closing

import pytest
from browsers import chromium, settle

HOSTILE = "</script><img src=x onerror=alert(1)>${1+1}{{7*7}}"


@pytest.fixture(scope="module")
def browser():
    """Start the installed Chromium once."""
    with chromium() as started:
        yield started


def watched(browser, page_file):
    """Open a page and note every request, message and dialog."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    seen = {"requests": [], "messages": [], "dialogs": []}
    page.on("request", lambda request: seen["requests"].append(request.url))
    page.on("console", lambda message: seen["messages"].append(message.text))
    page.on("pageerror", lambda error: seen["messages"].append(str(error)))
    page.on("dialog", lambda dialog: (seen["dialogs"].append(dialog.message), dialog.dismiss()))
    page.goto(page_file.as_uri())
    page.wait_for_function("window.metroGis?.drawn() === window.metroGis?.stations")
    return page, seen


def click_free_station(page, ids):
    """Click the first station that nothing lies over, and give its id."""
    box = page.locator("#map_metro_gis").bounding_box()
    for station_id in ids:
        point = page.evaluate("id => window.metroGis.pointOf(id)", station_id)
        at = (box["x"] + point["x"], box["y"] + point["y"])
        top = page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.tagName", list(at))
        if top != "CANVAS":
            continue
        page.mouse.click(*at)
        chosen = page.evaluate("window.metroGis.chosen()")
        if chosen == {"kind": "station", "id": station_id}:
            return station_id
    pytest.fail("no station could be clicked")
    return None


def test_page_of_the_sample(browser, sample_plan):
    """It asks for nothing but itself, shows 462 stations, and a click opens a station's team."""
    workspace, ran = sample_plan
    file = workspace / ran.json["page"]
    page, seen = watched(browser, file)
    assert page.evaluate("window.metroGis.stations") == 462
    assert page.evaluate("window.metroGis.drawn()") == 462
    with (workspace / "data/stations.csv").open(encoding="utf-8-sig") as stream:
        ids = [row["station_id"] for row in csv.DictReader(stream)]
    clicked = click_free_station(page, ids)
    with closing(sqlite3.connect(workspace / ran.json["plan"])) as database:
        query = "SELECT team_id FROM stations WHERE station_id = ?"
        (team,) = database.execute(query, [clicked]).fetchone()
    panel = page.locator("body").inner_text()
    assert clicked in panel
    assert team in panel
    assert seen == {"requests": [file.as_uri()], "messages": [], "dialogs": []}
    assert ran.json["plan_id"] in panel
    page.close()


def test_hostile_name_goes_through_the_whole_road(browser, own_workspace, metro_gis):
    """A station named like a script is planned, drawn, and shown as that very text."""
    table = own_workspace / "data/stations.csv"
    with table.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0]["name"] = HOSTILE
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    ran = metro_gis("--json", "run", "--time-limit", 1, workspace=own_workspace, check=0)
    page, seen = watched(browser, own_workspace / ran.json["page"])
    page.get_by_role("searchbox").fill("onerror")
    settle(page)
    assert HOSTILE in page.locator("body").inner_text()
    assert page.locator("img[src='x']").count() == 0
    assert len(seen["requests"]) == 1
    assert seen["messages"] == seen["dialogs"] == []
    page.close()
