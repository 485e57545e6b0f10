"""The page of two plans in a real browser, its network cut."""

from __future__ import annotations

import dataclasses

import pytest
import toys
from browsers import PHONE, WIDE, settle
from compare_towns import by_hand, changed_info, hostile_plan, pair_page

from metro_gis.plan import Beat

HOSTILE = "<b>bold</b>=1+1{{7*7}}</script><img src=x onerror=alert(1)>"


@pytest.fixture
def show(open_page):
    """Give a way to open a page of two plans."""

    def show_pair(a, b, *, viewport=WIDE, touch=False, **options):
        page = pair_page(a, b, **options)
        return open_page(page, viewport=viewport, has_touch=touch, is_mobile=touch)

    return show_pair


def town(beats, rungs=2, officers=(8, 8)):
    """Plan six stations on a line by hand, a post at either end."""
    between = [[abs(s - t) * 10 for t in range(6)] for s in range(6)]
    deploy = [[(t + 1) * 10 for t in range(6)], [(6 - t) * 10 for t in range(6)]]
    problem = toys.problem([toys.LOW] * 6, deploy, between, list(officers), ladder=(2, 3, 4))
    return by_hand(problem, beats, {"A": rungs})


@pytest.fixture(scope="module")
def pair():
    """Station T3 moves to the last team, which another post sends now; T0 and T1 lose theirs."""
    before = town((Beat(0, 0, (0, 1)), Beat(0, 2, (2, 3)), Beat(0, 4, (4, 5))))
    after = town((Beat(0, 2, (2,)), Beat(1, 4, (3, 4, 5))), rungs=3, officers=(4, 8))
    return before, after


def test_both_truth_lines_and_ids_are_shown(show, pair):
    """The head says of either plan what it covers and what is proven, the foot names both ids."""
    tab = show(*pair)
    lines = tab.locator("#truth .pair-line").all_inner_texts()
    assert "6 of 6 stations covered; not proven" in lines[0]
    assert "4 of 6 stations covered; not proven" in lines[1]
    foot = tab.locator("#foot-plan").inner_text()
    assert pair[0].plan_id in foot
    assert pair[1].plan_id in foot
    assert pair[0].plan_id in lines[0]


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_grave_fault(show, pair, axe, viewport):
    """axe-core reports nothing serious or critical of both plans, of one, or of a station."""
    touch = viewport is PHONE
    tab = show(*pair, viewport=viewport, touch=touch)
    assert axe(tab) == []
    if touch:
        tab.tap("#sheet")
        settle(tab)
        assert axe(tab) == []
    tab.locator(".differences button:visible").first.click()
    settle(tab)
    assert axe(tab) == []
    tab.keyboard.press("Escape")
    tab.click("#show-a")
    tab.click("#language")
    settle(tab)
    assert axe(tab) == []


def test_differences_are_listed_and_lead_to_the_map(show, pair):
    """Every kind has its count; a press on a station shows it in both plans, Escape leads back."""
    tab = show(*pair)
    groups = dict(
        line.rsplit("\n", 1) for line in tab.locator(".differences summary").all_inner_texts()
    )
    assert groups["Stations no longer covered"] == "2"
    assert groups["Stations that move to another team"] == "1"
    assert groups["Teams gone"] == "1"
    assert tab.evaluate("window.metroGis.differences.stations.moved") == 1
    tab.get_by_role("button", name="T3").first.click()
    assert tab.evaluate("window.metroGis.chosen()") == {"kind": "station", "id": "T3"}
    card = tab.locator(".pair-card")
    assert "Stations that move to another team" in card.inner_text()
    cells = [row.split("\t") for row in card.locator("tbody tr").all_inner_texts()]
    assert cells[0] == ["Team", "T002", "T002"]
    tab.keyboard.press("Escape")
    assert tab.locator("#detail").is_hidden()
    assert tab.locator(".differences").is_visible()


def test_the_switch_shows_each_plan_as_on_its_own_page(show, pair):
    """A and B have their own figures, lists and search; a choice stays where the station is."""
    tab = show(*pair)
    figure = ".figures .figure strong"
    for mode, covered in (("a", "6"), ("b", "4")):
        tab.click(f"#show-{mode}")
        assert tab.evaluate("window.metroGis.mode()") == mode
        assert tab.locator(figure).first.inner_text() == covered
        assert tab.locator(f"#show-{mode}").get_attribute("aria-pressed") == "true"
        assert tab.locator(".differences").count() == 0
    tab.fill("#query", "T0")
    tab.keyboard.press("Enter")
    assert "Not covered" in tab.locator("#detail").inner_text()
    tab.click("#show-a")
    assert tab.evaluate("window.metroGis.chosen()") == {"kind": "station", "id": "T0"}
    assert "Team T001" in tab.locator("#detail").inner_text()
    tab.click("#show-both")
    assert tab.locator(".pair-card").is_visible()


def test_language_switches_every_word(show, pair):
    """The button turns the figures, the differences and the key to Indonesian, and a choice too."""
    tab = show(*pair)
    tab.get_by_role("button", name="T3").first.click()
    tab.click("#language")
    assert "TPS pindah ke regu lain" in tab.locator(".pair-card").inner_text()
    tab.keyboard.press("Escape")
    text = tab.locator("#overview").inner_text()
    assert "Menit-personel" in text
    assert "TPS tidak lagi terjaga" in text
    assert tab.locator("#show-both").inner_text() == "Keduanya"
    key = tab.locator("#key-body").inner_text()
    assert "Panah perpindahan" in key
    assert "Arrows" not in key


def test_what_only_one_plan_has_is_found(show):
    """A station of A alone is drawn, found and shown; in B it is not there."""
    whole = town((Beat(0, 0, (0, 1)), Beat(1, 4, (3, 4, 5))))
    between = [[abs(s - t) * 10 for t in range(5)] for s in range(5)]
    deploy = [[(t + 1) * 10 for t in range(5)]] * 2
    problem = toys.problem([toys.LOW] * 5, deploy, between, [8, 8], ladder=(2, 3, 4))
    part = by_hand(problem, (Beat(0, 0, (0, 1)), Beat(1, 4, (3, 4))), {"A": 2})
    tab = show(whole, part)
    assert tab.evaluate("window.metroGis.drawn()") == 6
    tab.fill("#query", "T5")
    tab.keyboard.press("Enter")
    assert "Stations dropped" in tab.locator(".pair-card").inner_text()
    tab.click("#show-b")
    assert tab.evaluate("window.metroGis.drawn()") == 5
    assert tab.evaluate("window.metroGis.chosen()") is None


def test_hostile_names_stay_text(show):
    """Markup, formulas and templates in every text are shown as typed, and nothing else happens."""
    a, b = hostile_plan(HOSTILE), hostile_plan(HOSTILE, officers=4)
    tab = show(a, b, a_changed=(HOSTILE,))
    assert tab.title() == f"{HOSTILE} · metro-gis"
    assert HOSTILE in tab.locator("#truth").inner_text()
    for mode in ("a", "b", "both"):
        tab.click(f"#show-{mode}")
    for kind in ("Stations no longer covered", "Teams gone", "Posts with other headcounts"):
        group = tab.locator(".differences details").filter(has_text=kind)
        group.locator("button").first.click()
        assert HOSTILE in tab.locator("#detail").inner_text()
        assert kind in tab.locator(".pair-card").inner_text()
        tab.keyboard.press("Escape")
    tab.click("#language")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert HOSTILE in tab.locator("#sheets").inner_text()
    assert tab.locator("img, b:text-is('bold'), #panel script, #sheets script").count() == 0


def test_posts_of_one_name_keep_their_own_numbers(show, pair):
    """Where two posts have the same name, the map shows at each what it gains or loses itself."""

    def renamed(plan):
        posts = [row | {"name": "Polsek"} for row in plan.tables["posts"]]
        return dataclasses.replace(plan, tables=plan.tables | {"posts": posts})

    tab = show(*map(renamed, pair))
    assert tab.locator(".post-name").all_text_contents() == ["Polsek \N{MINUS SIGN}4", "Polsek"]


def test_unverified_plan_says_so(show, pair):
    """A plan whose inputs changed is marked in its truth line and above the differences."""
    tab = show(*pair, a_changed=("data/stations.csv",))
    first, second = tab.locator("#truth .pair-line").all_inner_texts()
    assert "not verified: data/stations.csv" in first
    assert "not verified" not in second
    assert "A: data/stations.csv" in tab.locator(".caution").inner_text()


def test_phone_shows_map_switch_and_panel(show, pair):
    """On a phone nothing is wider than the screen, and the switch lies on the map."""
    tab = show(*pair, viewport=PHONE)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for name in ("a", "both", "b"):
        box = tab.locator(f"#show-{name}").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["height"] >= 40
    assert tab.locator("#map_metro_gis").bounding_box()["height"] > 250
    tab.click("#sheet")
    assert tab.locator(".differences").is_visible()


def test_paper_tells_the_differences(show, pair, tmp_path):
    """Each sheet says what to trust; they hold the figures of both plans and all that differs."""
    modelled = changed_info(pair[1], roads={**pair[1].info["roads"], "modelled": True})
    tab = show(pair[0], modelled, a_changed=("data/stations.csv",))
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    sheets = tab.locator("#sheets").inner_text()
    for marking in tab.locator("#sheets .marking").all_inner_texts():
        assert "ROADS MODELLED" in marking
        assert "not verified: data/stations.csv" in marking
    assert "fewer officer-minutes alone are no gain" in sheets
    assert "Stations no longer covered" in sheets
    assert "Officer-minutes" in sheets
    assert pair[0].plan_id in sheets
    assert modelled.plan_id in sheets
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert tab.locator("#sheets").inner_text() == ""
    tab.pdf(path=tmp_path / "pair.pdf")


def test_rings_and_arrows_have_switches(show, pair):
    """The key switches rings and arrows; where plan A or B is shown alone there are none."""
    tab = show(*pair)
    assert tab.locator("#layer-rings").is_checked()
    assert tab.locator("#layer-moves").is_checked()
    tab.uncheck("#layer-moves")
    tab.click("#show-a")
    assert tab.locator("#layer-rings").count() == 0
    tab.click("#show-both")
    assert not tab.locator("#layer-moves").is_checked()


def test_an_arrow_leads_from_the_anchor_before_to_the_anchor_now(show, pair):
    """The one station that moves, from the team at T2 to that at T4, has an arrow from T2 to T4."""
    tab = show(*pair)
    tab.uncheck("#layer-rings")
    settle(tab)
    inked = tab.evaluate(
        """() => {
          const canvas = document.querySelector(".leaflet-rounds-pane canvas");
          const map = document.getElementById("map_metro_gis").getBoundingClientRect();
          const box = canvas.getBoundingClientRect();
          const scale = canvas.width / box.width;
          const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const across = [];
          for (let at = 0; at < dots.data.length; at += 4) {
            const [red, green, blue, cover] = dots.data.slice(at, at + 4);
            // the colour of arrows between anchors
            if (cover === 255 && red === 20 && green === 33 && blue === 61)
              across.push(((at / 4) % dots.width) / scale + box.x - map.x);
          }
          return [Math.min(...across), Math.max(...across)];
        }"""
    )
    ends = [tab.evaluate("id => window.metroGis.pointOf(id).x", one) for one in ("T2", "T4")]
    assert inked == pytest.approx(sorted(ends), abs=6)


def test_the_roads_credit_is_that_of_either_plan(show, pair):
    """OpenStreetMap is named if the roads of either plan are its: rounds follow those."""
    modelled = [changed_info(one, roads={**one.info["roads"], "modelled": True}) for one in pair]
    mapped = [changed_info(one, roads={**one.info["roads"], "modelled": False}) for one in pair]
    for a, b, credit in (
        (mapped[0], modelled[1], "© OpenStreetMap contributors"),
        (modelled[0], mapped[1], "© OpenStreetMap contributors"),
        (modelled[0], modelled[1], ""),
    ):
        tab = show(a, b)
        for mode in ("a", "b", "both"):
            tab.click(f"#show-{mode}")
            assert tab.locator("#attribution").inner_text() == credit


def test_the_filter_is_there_for_one_plan_at_a_time(show, pair):
    """Both together are shown whole; a plan alone has the filter, and leaves it behind."""
    tab = show(*pair)
    assert tab.locator("#filter").is_hidden()
    tab.click("#show-b")
    tab.check("#filter-uncovered")
    assert tab.evaluate("window.metroGis.shown()") == 2
    tab.click("#show-both")
    assert tab.locator("#filter").is_hidden()
    assert tab.evaluate("window.metroGis.shown()") == 6
    assert tab.locator(".post-mark").count() == 2
    tab.click("#show-a")
    assert tab.locator("#filter-uncovered").count() == 0
    assert tab.locator("#filter-post").is_visible()
