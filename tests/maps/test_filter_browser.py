"""The filter in a real browser: what it shows, what it counts, and how it is left."""

from __future__ import annotations

from collections import Counter

import pytest
from browsers import opened, settle

from metro_gis.maps import render_page

STATIONS = 462


@pytest.fixture(scope="module")
def town(page_of):
    """Give a toy town whose last sixty stations nobody covers."""
    return page_of(STATIONS, uncovered=60)


@pytest.fixture
def show(browser, tmp_path):
    """Give a way to open data as a page."""

    def open_page(data, *, lang="en", **options):
        file = tmp_path / "page.html"
        file.write_text(render_page(data, lang=lang), encoding="utf-8", newline="\n")
        return opened(browser, file, **options)

    return open_page


def own(data, **wanted):
    """List the stations of a town that have these values."""
    return [row for row in data.stations if wanted.items() <= row.items()]


def shown(tab):
    return tab.evaluate("window.metroGis.shown()")


def test_one_kecamatan_is_shown_counted_and_brought_near(show, town):
    """Choosing a kecamatan leaves its stations in map, key, lists and figures, and zooms to it."""
    expected = own(town, kecamatan="Metro Utara")
    with show(town) as tab:
        tab.select_option("#filter-kecamatan", label="Metro Utara")
        line = f"{len(expected)} of {STATIONS} stations shown"
        assert tab.locator("#filter-line span").inner_text() == line
        assert tab.locator("#said").text_content() == line
        assert shown(tab) == len(expected)
        listed = tab.locator("#stations > details > summary").all_inner_texts()
        assert [name.split("\n")[0] for name in listed] == ["Metro Utara"]
        assert f"of {len(expected)} stations" in tab.locator("#overview .figures").inner_text()
        counts = tab.locator("#key .signs .count").all_inner_texts()[:5]
        assert sum(map(int, counts)) == len(expected)
        assert tab.locator(".post-mark").count() == 1
        truth = tab.locator("#truth").inner_text()
        assert truth.startswith(f"{STATIONS - 60} of {STATIONS} stations covered")


def test_choices_combine(show, town):
    """Class, kecamatan and gaps together leave the stations that fit all of them."""
    with show(town) as tab:
        tab.select_option("#filter-risk", label="Elevated")
        assert shown(tab) == len(own(town, risk_class="elevated"))
        tab.check("#filter-uncovered")
        expected = own(town, risk_class="elevated", team_id=None)
        assert 1 < shown(tab) == len(expected)
        tab.select_option("#filter-kecamatan", label="Metro Utara")
        assert shown(tab) == len(
            own(town, risk_class="elevated", team_id=None, kecamatan="Metro Utara")
        )


def test_a_post_is_shown_with_its_teams(show, town):
    """Choosing a post leaves the stations of its teams, those teams, and the post alone."""
    name = "Polsek Metro Utara"
    (post,) = [row["post_id"] for row in town.posts if row["name"] == name]
    teams = [team for team in town.teams if team["post_id"] == post]
    with show(town) as tab:
        tab.select_option("#filter-post", label=name)
        assert shown(tab) == sum(len(team["station_ids"]) for team in teams)
        assert tab.locator(".post-mark .post-name").all_text_contents() == [name]
        figures = tab.locator("#overview .figures strong").all_inner_texts()
        assert figures[1:3] == [str(len(teams)), str(2 * len(teams))]


def test_one_button_clears_everything(show, town):
    """The button beside the count brings everything back, and the focus to the first choice."""
    with show(town) as tab:
        everything = tab.locator("#overview").inner_text()
        tab.select_option("#filter-kecamatan", label="Metro Barat")
        tab.select_option("#filter-risk", label="Low")
        tab.check("#filter-uncovered")
        tab.click("#filter-clear")
        assert shown(tab) == STATIONS
        assert tab.locator("#filter-line").is_hidden()
        assert tab.locator("#said").text_content() == "Filter cleared"
        assert tab.evaluate("document.activeElement.id") == "filter-kecamatan"
        assert tab.locator("#overview").inner_text() == everything
        assert not tab.locator("#filter-uncovered").is_checked()
        assert tab.locator(".post-mark").count() == len(town.posts)


def test_filter_is_led_by_the_keyboard(show, town):
    """After the search come the choices; a choice by keys keeps the focus where it was made."""
    with show(town) as tab:
        tab.focus("#query")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.id") == "filter-kecamatan"
        chosen = "document.activeElement.selectedOptions[0].textContent"
        while not tab.evaluate(chosen).startswith("Metro Selatan"):
            last = tab.evaluate(chosen)
            tab.keyboard.press("ArrowDown")
            assert tab.evaluate(chosen) != last
        assert shown(tab) == len(own(town, kecamatan="Metro Selatan"))
        assert tab.evaluate("document.activeElement.id") == "filter-kecamatan"
        for _ in range(3):
            tab.keyboard.press("Tab")
        tab.keyboard.press("Space")
        assert shown(tab) == len(own(town, kecamatan="Metro Selatan", team_id=None))
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        assert shown(tab) == STATIONS


def test_filter_outlives_the_language(show, town):
    """Switched to Indonesian, the same stations are shown, in Indonesian words."""
    with show(town) as tab:
        tab.select_option("#filter-risk", label="Elevated")
        tab.check("#filter-uncovered")
        count = shown(tab)
        tab.click("#language")
        assert shown(tab) == count
        assert tab.locator("#filter-line span").inner_text() == (
            f"{count} dari {STATIONS} TPS ditampilkan"
        )
        assert tab.locator("#filter-risk option:checked").inner_text() == "Rawan"
        assert tab.locator("#filter-uncovered").is_checked()


def test_what_is_left_out_does_not_answer(show, town):
    """A station that the filter leaves out is a small dot: a press on it chooses nothing."""
    with show(town) as tab:
        tab.select_option("#filter-risk", label="Special")
        settle(tab)
        box = tab.locator("#map_metro_gis").bounding_box()
        pressed = 0
        for row in own(town, risk_class="low")[:60]:
            point = tab.evaluate("id => window.metroGis.pointOf(id)", row["station_id"])
            at = [box["x"] + point["x"], box["y"] + point["y"]]
            free = "([x, y]) => document.elementFromPoint(x, y)?.tagName === 'CANVAS'"
            near = tab.evaluate(
                """([ids, {x, y}]) => ids.map((id) => window.metroGis.pointOf(id))
                    .some((other) => Math.hypot(other.x - x, other.y - y) < 25)""",
                [[one["station_id"] for one in own(town, risk_class="special")], point],
            )
            if near or not tab.evaluate(free, at):
                continue
            tab.mouse.click(*at)
            pressed += 1
            assert tab.evaluate("window.metroGis.chosen()") is None
            if pressed == 5:
                break
        assert pressed


def test_search_says_what_the_filter_holds_back(show, town):
    """A search finds what is shown, and says how much the filter leaves out."""
    with show(town) as tab:
        tab.select_option("#filter-kecamatan", label="Metro Pusat")
        tab.fill("#query", "TPS 010")
        assert tab.locator("#found li").count() == 1
        tab.fill("#query", "TPS 400")
        assert tab.locator("#found li").count() == 0
        assert tab.locator("#found .hint").inner_text() == "Found: 0 Left out by the filter: 1."


def test_a_choice_steps_back_before_the_filter(show, town):
    """Whoever turns the filter while a station is shown comes back to the lists."""
    with show(town) as tab:
        tab.fill("#query", "T0100")
        tab.keyboard.press("Enter")
        tab.fill("#query", "")
        tab.focus("#filter-kecamatan")
        tab.select_option("#filter-kecamatan", label="Metro Utara")
        assert tab.evaluate("window.metroGis.chosen()") is None
        assert tab.locator("#overview").is_visible()
        assert tab.evaluate("document.activeElement.id") == "filter-kecamatan"


def test_a_plan_without_choices_has_no_bar(show, page_of):
    """Where there is one kecamatan, one class, one post and no gap, nothing is offered."""
    data = page_of(12)
    rows = [{**row, "kecamatan": "Metro Pusat", "risk_class": "low"} for row in data.stations]
    teams = [{**row, "post_id": "polsek-0"} for row in data.teams]
    from dataclasses import replace

    with show(replace(data, stations=rows, teams=teams, posts=data.posts[:1])) as tab:
        assert tab.locator("#filter").is_hidden()


def test_hostile_names_are_chosen_as_typed(show, page_of, hostile_name):
    """A kecamatan and a post named like markup stand in the bar letter by letter."""
    data = page_of(40, uncovered=2, name=hostile_name)
    with show(data) as tab:
        tab.select_option("#filter-kecamatan", label=hostile_name)
        assert shown(tab) == len(own(data, kecamatan=hostile_name))
        assert hostile_name in tab.locator("#filter-paper").text_content()


def test_uncovered_stations_come_gravest_first(show, town):
    """The list of gaps leads with special stations, then high, elevated and low."""
    order = ["Special", "High", "Elevated", "Low"]
    with show(town) as tab:
        assert tab.locator("#overview > *").nth(1).get_attribute("class") == "lacking"
        heads = tab.locator("#overview .lacking summary").all_inner_texts()
        classes = [head.split(":")[0] for head in heads]
        assert set(classes) == set(order)
        assert classes == sorted(classes, key=order.index)
        counted = Counter()
        for head in heads:
            name, count = head.rsplit("\n", 1)
            counted[name.split(":")[0].lower()] += int(count)
        assert counted == Counter(row["risk_class"] for row in own(town, team_id=None))


def test_list_uncovered_elevated_stations(show, town):
    """Class and gaps chosen as they are read on the page, the list names those stations alone."""
    expected = [row["station_id"] for row in own(town, risk_class="elevated", team_id=None)]
    with show(town) as tab:
        tab.get_by_role("combobox", name="Risk class").select_option(label="Elevated")
        tab.get_by_role("checkbox", name="Only stations not covered").check()
        assert tab.get_by_role(
            "heading", name=f"Stations not covered: {len(expected)}"
        ).is_visible()
        listed = tab.locator("#overview .lacking .rows small").all_inner_texts()
        assert sorted(listed) == sorted(expected)
        tab.locator("#overview .lacking .rows button").first.click()
        assert "Elevated" in tab.locator("#detail").inner_text()
        assert tab.locator("#detail .lacking strong").is_visible()
