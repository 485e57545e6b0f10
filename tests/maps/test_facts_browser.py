"""What stands beside the plan, in a real browser: curve, reserves, plans before and after."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import toys
from browsers import PHONE, WIDE
from compare_towns import by_hand

from metro_gis.former_plan import former_facts, transfer_orders
from metro_gis.maps import render_page
from metro_gis.maps.from_plan import page_data
from metro_gis.plan import Beat

STATIONS = 60
NOTHING = "\N{EN DASH}"
HOSTILE = "</script><img src=x onerror=alert(1)>{{7*7}}"
LATER = ({"name": "default-2", "plan_id": "fedcba9876543210"},)
POINTS = [(12, 20, None, 0.0, True), (40, 47, 4.0, 0.012, False), (80, 60, 2.5, None, False)]


@pytest.fixture
def show(open_page):
    """Give a way to open data as a page."""

    def show_data(data, *, lang="en", **options):
        return open_page(render_page(data, lang=lang), **options)

    return show_data


def curve(points=POINTS, *, complete=True):
    """Make a curve of points (officers, covered, low per team, gap, proven)."""
    return {
        "points": [
            {
                "officers": officers,
                "covered": covered,
                "low": low,
                "officer_minutes": 20.5 * officers,
                "gap": gap,
                "optimal": optimal,
            }
            for officers, covered, low, gap, optimal in points
        ],
        "complete": complete,
    }


def reserve(data):
    """Make a reach: stations 1 to 40 in time, 41 to 58 too far, the last two by no road at all."""
    nearest = {
        row["station_id"]: ("polsek-1" if n % 2 else "polsek-0", 6.3 if n < 40 else 10.1)
        for n, row in enumerate(data.stations[:58])
    }
    return {"limit_minutes": 10.0, "nearest": nearest, "roads": data.basemap["primary"][:20]}


@pytest.fixture(scope="module")
def town(page_of):
    """Give a toy town with everything beside its plan but a plan before."""
    data = page_of(STATIONS, uncovered=3)
    return page_of(
        STATIONS,
        uncovered=3,
        curve=curve(),
        reserve=reserve(data),
        superseded_by=LATER,
        made="2024-02-14T06:05+07:00",
    )


def rows_of(table):
    """Read the cells of a table's body."""
    return [re.split(r"\s*\t\s*", row) for row in table.locator("tbody tr").all_inner_texts()]


def test_curve_shows_its_points_their_proof_and_the_plan(show, town):
    """Every point is drawn with its proof and stands in the table; the plan's place is marked."""
    tab = show(town)
    plot = tab.locator("#curve svg.curve[role=img]")
    marks = plot.locator("g.point")
    # three points of coverage, and two of stations per team
    assert marks.count() == 5
    kinds = [mark.get_attribute("class") for mark in marks.all()]
    assert kinds[:3] == ["point point-proven", "point point-within", "point point-unproven"]
    titles = [mark.text_content() for mark in marks.all()][:3]
    assert titles == [
        "12 officers: 20 covered, proven",
        "40 officers: 47 covered, within 1.2 %",
        "80 officers: 60 covered, not proven",
    ]
    own = sum(row["posted"] + row["free"] for row in town.posts)
    assert f"{own} officers, 57 covered" in plot.get_attribute("aria-label")
    assert plot.locator("circle.own").count() == plot.locator("line.own-line").count() == 1
    heights = [float(mark.locator("circle").first.get_attribute("cy")) for mark in marks.all()[:3]]
    assert heights == sorted(heights, reverse=True)
    tab.locator("#curve details summary").click()
    assert rows_of(tab.locator("#curve table")) == [
        ["12", "20", NOTHING, "246.0", "proven"],
        ["40", "47", "4.0", "820.0", "within 1.2 %"],
        ["80", "60", "2.5", "1,640.0", "not proven"],
    ]
    assert "stopped early" not in tab.locator("#curve").inner_text()


def test_curve_is_told_in_indonesian(show, page_of):
    """The curve's words and numbers follow the language; one that was cut short says so."""
    tab = show(page_of(STATIONS, curve=curve(complete=False)), lang="id")
    told = tab.locator("#curve").inner_text()
    assert "Personel dan cakupan" in told
    assert "dihentikan lebih awal" in told
    tab.locator("#curve details summary").click()
    assert rows_of(tab.locator("#curve table"))[1] == [
        "40",
        "47",
        "4,0",
        "820,0",
        "selisih ≤ 1,2 %",
    ]


@pytest.mark.parametrize("points", [[(7, 0, None, None, False)], [(5, 3, 2.0, 0.0, True)] * 1, []])
def test_small_curves_are_drawn(show, page_of, points):
    """A curve of one point is drawn, one of none is left out."""
    tab = show(page_of(12, curve=curve(points)))
    assert tab.locator("#curve").count() == (1 if points else 0)
    assert "NaN" not in tab.evaluate("document.getElementById('overview').innerHTML")


def test_nothing_beside_the_plan_leaves_no_trace(show, page_of):
    """Without curve, reserves and other plans the page has neither their parts nor their switch."""
    tab = show(page_of(12))
    for part in ("#curve", "#reserve", "#previous", "#layer-reserve", ".reserve-sign"):
        assert tab.locator(part).count() == 0, part
    assert tab.locator("#superseded").is_hidden()
    assert tab.locator("#foot-plan").inner_text() == "Plan 0123456789abcdef"
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert tab.locator(".sheet-page").count() == 1 + 5  # figures, and each kecamatan


def test_reserves_are_counted_and_listed(show, town):
    """Stations in time and beyond are counted and listed; a station names its reserve."""
    tab = show(town)
    box = tab.locator("#reserve")
    assert "40 of 60 stations are within 10 min" in box.inner_text()
    assert "20 are not" in box.inner_text()
    far, near = box.locator(":scope > details").all()
    far.locator("summary").first.click()
    for inner in far.locator("details > summary").all():
        inner.click()
    listed = far.locator("button.link").all_inner_texts()
    assert len(listed) == 20
    assert sum("none by road" in text for text in listed) == 2
    near.locator("summary").first.click()
    groups = near.locator("details > summary").all_inner_texts()
    assert [group.split() for group in groups] == [
        ["Polsek", "Metro", "Pusat", "20"],
        ["Polsek", "Metro", "Timur", "20"],
    ]
    tab.fill("#query", "T0002")
    tab.press("#query", "Enter")
    reach = tab.locator("#detail .fact").filter(has_text="Nearest reserve").locator("dd")
    assert reach.inner_text().split() == ["Polsek", "Metro", "Timur", "6.3", "min"]
    reach.locator("button").click()
    assert tab.evaluate("window.metroGis.chosen()") == {"kind": "post", "id": "polsek-1"}
    own = tab.locator("#detail details > summary")
    assert own.inner_text().split()[-1] == "20"


def test_reach_is_a_layer_that_is_off_at_first(show, town):
    """Its switch draws the streets in reach and the rings, and its signs in the key; and back."""
    tab = show(town)
    # one stroke of streets, and a ring around each of the twenty stations that are too far
    drawn = """() => {
      const count = { "#0f8a8f": 0, "#9d1420": 0 };
      map_metro_gis.eachLayer((layer) => {
        if (layer.options.color in count) count[layer.options.color] += 1;
      });
      return Object.values(count);
    }"""
    assert not tab.is_checked("#layer-reserve")
    assert tab.locator(".reserve-sign").first.is_hidden()
    assert tab.evaluate(drawn) == [0, 0]
    tab.check("#layer-reserve")
    assert tab.evaluate(drawn) == [1, 20]
    assert tab.locator(".reserve-sign").first.is_visible()
    tab.uncheck("#layer-reserve")
    assert tab.evaluate(drawn) == [0, 0]
    assert tab.locator(".reserve-sign").first.is_hidden()
    tab.check("#layer-reserve")
    tab.click("#language")
    assert tab.is_checked("#layer-reserve")
    assert tab.locator(".reserve-sign").all_inner_texts() == [
        "Jalan dalam 10 menit dari cadangan",
        "TPS di luar 10 menit dari semua cadangan",
    ]


def test_streets_in_reach_read_back(show, town):
    """The streets that the page marks are those that Python marked, point by point."""
    tab = show(town)
    # the page's own readers are closed in; what it draws is asked of Leaflet
    tab.check("#layer-reserve")
    drawn = tab.evaluate(
        """() => {
          const found = [];
          map_metro_gis.eachLayer((layer) => {
            if (layer.options.color === "#0f8a8f") found.push(...layer.getLatLngs());
          });
          return found.map((line) => line.map((point) => [point.lng, point.lat]));
        }"""
    )

    def ways(lines):
        rounded = [tuple((round(x, 5), round(y, 5)) for x, y in line) for line in lines]
        return {min(line, line[::-1]) for line in rounded}

    assert ways(drawn) == ways(town.reserve["roads"])
    assert len(drawn) == 10


@pytest.mark.parametrize(
    ("lang", "told", "made"),
    [
        (
            "en",
            "SUPERSEDED by default-2 (plan fedcba9876543210): do not carry out",
            "file of 14 February 2024, 06:05 WIB",
        ),
        (
            "id",
            "SUDAH DIGANTI oleh default-2 (rencana fedcba9876543210): jangan",
            "berkas tanggal 14 Februari 2024 pukul 06.05 WIB",
        ),
    ],
)
def test_replaced_plan_says_so_on_screen_and_paper(show, town, lang, told, made):
    """A band at the top, and the head of every sheet, name the plan that came after."""
    tab = show(town, lang=lang)
    band = tab.locator("#superseded")
    assert band.inner_text().startswith(told)
    box = band.bounding_box()
    assert box["y"] < 150
    assert box["width"] == WIDE["width"]
    assert made in tab.locator("#foot-plan").inner_text()
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert band.is_visible()
    heads = tab.locator("#sheets .marking").all_inner_texts()
    assert len(heads) == 4 + 5  # and a sheet for each kecamatan
    assert all(told in head and made in head for head in heads)


def test_paper_holds_curve_and_far_stations(show, town):
    """The sheets after the map hold the curve with its table, and the stations out of reach."""
    tab = show(town)
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert len(rows_of(tab.locator("#sheets table.curve-table"))) == len(POINTS)
    assert tab.locator(".curve-sheet svg.curve[role=img]").is_visible()
    sheet = tab.locator(".sheet-page").filter(has_text="Stations beyond 10 min of any reserve: 20")
    rows = rows_of(sheet.locator("table.team-table"))
    assert len(rows) == 20
    assert rows[0][:2] == ["T0041", "TPS 041"]
    assert rows[0][-2:] == ["Polsek Metro Pusat", "10.1"]
    assert rows[-1][-2:] == [NOTHING, "none by road"]


def six_stations(beats, officers, **facts):
    """Plan six stations on a line by hand, a post at either end."""
    between = [[abs(s - t) * 10 for t in range(6)] for s in range(6)]
    deploy = [[(t + 1) * 10 for t in range(6)], [(6 - t) * 10 for t in range(6)]]
    problem = toys.problem([toys.LOW] * 6, deploy, between, list(officers), ladder=(2, 3, 4))
    return by_hand(problem, beats, {"A": 2}, **facts)


@pytest.fixture(scope="module")
def replanned():
    """Give a re-plan: T0 and T1 lose their team, T3 goes to one that another post sends now."""
    before = six_stations((Beat(0, 0, (0, 1)), Beat(0, 2, (2, 3)), Beat(0, 4, (4, 5))), (8, 8))
    told = {"stations": 1, "officers": 2, "bound": 2, "former": former_facts(before)}
    beats = (Beat(0, 2, (2,)), Beat(1, 4, (3, 4, 5)))
    plan = six_stations(
        beats, (4, 8), team_ids=["T002", "T003"],
        previous_plan_id=before.plan_id, changes=told,
    )  # fmt: skip
    facts = {key: told[key] for key in ("stations", "officers", "bound")}
    orders = transfer_orders(plan)
    previous = facts | {"name": "default", "plan_id": before.plan_id, "orders": orders}
    return page_data(plan, {}), previous


@pytest.mark.parametrize(
    ("lang", "heading", "counted", "bound", "rows"),
    [
        (
            "en",
            "Follows default (plan ",
            "1 stations move, 2 officers have new orders.",
            "At least 2 changes are needed with this cover at these rungs.",
            [
                ["T002", "P0", "P0", "0", NOTHING, "T3", "makes room for other changes"],
                ["T003", "P0", "P1", "2", "T3", NOTHING, "P0 has 4 officers fewer"],
                ["T001", "P0", "given up", "0", NOTHING, "T0, T1", "P0 has 4 officers fewer"],
            ],
        ),
        (
            "id",
            "Lanjutan dari default (rencana ",
            "1 TPS pindah, 2 personel mendapat perintah baru.",
            "Untuk cakupan dan tingkat ini paling sedikit perlu 2 perubahan.",
            [
                ["T002", "P0", "P0", "0", NOTHING, "T3", "memberi ruang bagi perubahan lain"],
                ["T003", "P0", "P1", "2", "T3", NOTHING, "P0 berkurang 4 personel"],
                ["T001", "P0", "dibubarkan", "0", NOTHING, "T0, T1", "P0 berkurang 4 personel"],
            ],
        ),
    ],
)
def test_replan_tells_what_it_follows_and_every_order(
    show, replanned, lang, heading, counted, bound, rows
):
    """The panel and a sheet of paper list the transfer orders that the plan's file tells."""
    data, previous = replanned
    tab = show(replace(data, previous=previous), lang=lang)
    box = tab.locator("#previous")
    assert box.locator("h2").inner_text().startswith(heading + previous["plan_id"])
    assert box.locator("p").first.inner_text() == f"{counted} {bound}"
    box.locator("summary").click()
    cards = box.locator(".order-card").all_inner_texts()
    assert len(cards) == len(previous["orders"]) == 3
    for card, row in zip(cards, rows, strict=True):
        assert card.startswith(row[0])
        assert row[-1] in card
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    sheet = tab.locator(".sheet-page").filter(has_text=previous["plan_id"]).first
    assert rows_of(sheet.locator("table.team-table")) == rows


def test_hostile_names_beside_the_plan_are_shown(show, replanned):
    """A plan's name, or a team's, that tries to be markup is shown letter by letter."""
    data, previous = replanned
    order = {**previous["orders"][0], "team_id": HOSTILE, "stations_in": [HOSTILE]}
    order |= {"former_post_id": HOSTILE, "why": {"code": "post-gone", "post_id": HOSTILE}}
    told = previous | {"name": HOSTILE, "plan_id": HOSTILE, "orders": [order]}
    later = [{"name": HOSTILE, "plan_id": HOSTILE}]
    tab = show(replace(data, previous=told, superseded_by=later))
    assert tab.locator("#superseded").inner_text().count(HOSTILE) == 2
    tab.locator("#previous summary").click()
    assert tab.locator(".order-card").inner_text().count(HOSTILE) == 4
    assert tab.locator("img").count() == 0


def test_phone_has_no_sideways_scroll(show, town, replanned):
    """At 390 points across neither curve nor orders run out of the page."""
    data, previous = replanned
    for page in (town, replace(data, previous=previous, curve=curve([(2, 2, 2.0, 0.0, True)]))):
        tab = show(page, viewport=PHONE)
        tab.click("#sheet")
        for summary in tab.locator("#previous > details > summary, #curve summary").all():
            summary.click()
        assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth")
        panel = "document.getElementById('panel-body')"
        assert tab.evaluate(f"{panel}.scrollWidth <= {panel}.clientWidth")
