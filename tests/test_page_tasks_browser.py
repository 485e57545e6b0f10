"""What a commander does with the sample's page, done as a person would: by what is read on it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from browsers import chromium, on_paper, opened, settle


@pytest.fixture(scope="module")
def browser():
    """Start the installed Chromium once."""
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser, sample_plan):
    """Open the sample's page."""
    workspace, ran = sample_plan
    with opened(browser, workspace / ran.json["page"]) as tab:
        if tab.evaluate("document.documentElement.lang") != "en":
            tab.get_by_role("button", name="English").click()
        yield tab


@pytest.fixture(scope="module")
def ask(sample_plan):
    """Give a way to ask the plan itself."""
    workspace, ran = sample_plan

    def answer(query, *values):
        with closing(sqlite3.connect(workspace / ran.json["plan"])) as database:
            return database.execute(query, values).fetchall()

    return answer


def test_find_a_station_and_its_team(page, ask):
    """Typed as it is called, a station is the first hit; beside it stands who guards it."""
    ((station, team, post, count),) = ask(
        "SELECT station_id, team_id, posts.name, teams.stations FROM stations"
        " JOIN teams USING (team_id) JOIN posts USING (post_id)"
        " WHERE stations.name LIKE '%005%' AND stations.kelurahan = 'Purwosari'"
    )
    page.get_by_role("searchbox").fill("TPS 005 Purwosari")
    page.keyboard.press("Enter")
    detail = page.locator("#detail")
    assert station in detail.inner_text()
    assert detail.get_by_role("button", name=f"Team {team}").is_visible()
    assert detail.get_by_role("button", name=post).is_visible()
    assert detail.get_by_role("listitem").count() == count
    assert page.evaluate("window.metroGis.chosen().id") == station


def test_show_one_post_only(page, ask):
    """Chosen in the filter, a post stands alone with the stations that its teams guard."""
    name = "Polsek Metro Utara"
    ((count,),) = ask(
        "SELECT count(*) FROM stations JOIN teams USING (team_id) JOIN posts USING (post_id)"
        " WHERE posts.name = ?",
        name,
    )
    zoom = page.evaluate("window.map_metro_gis.getZoom()")
    page.get_by_role("combobox", name="Post").select_option(label=name)
    assert page.locator("#filter-line").get_by_text(f"{count} of 462 stations shown").is_visible()
    page.wait_for_function(f"window.map_metro_gis.getZoom() > {zoom}")
    assert page.locator(".post-mark .post-name").all_text_contents() == [name]
    page.get_by_role("button", name="Clear the filter").click()
    assert page.locator(".post-mark").count() == 6


def test_list_the_elevated_stations(page, ask):
    """Chosen in the filter, a class leaves its stations in the lists, each to be opened."""
    expected = {
        row for (row,) in ask("SELECT station_id FROM stations WHERE risk_class='elevated'")
    }
    page.get_by_role("combobox", name="Risk class").select_option(label="Elevated")
    for summary in page.locator("#stations > details > summary").all():
        summary.click()
    for summary in page.locator("#stations details details > summary").all():
        summary.click()
    listed = page.locator("#stations .rows small").all_inner_texts()
    assert set(listed) == expected
    # whoever plans with enough officers has no gap to look for
    assert page.get_by_role("checkbox", name="Only stations not covered").count() == 0


def test_switch_the_language(page):
    """One button says the page in Indonesian, numbers too, and back again."""
    before = page.locator("#truth").inner_text()
    page.get_by_role("button", name="Bahasa Indonesia").click()
    told = page.locator("body").inner_text()
    assert "462 dari 462 TPS terjaga" in told
    assert "Cari TPS, regu, atau pos" in told
    page.get_by_role("button", name="English").click()
    assert page.locator("#truth").inner_text() == before


def test_print_one_kecamatan(page, ask):
    """With a kecamatan chosen, the PDF has its sheets and names no other kecamatan."""
    ((teams,),) = ask("SELECT count(*) FROM teams WHERE kecamatan = 'Metro Selatan'")
    others = [name for (name,) in ask("SELECT DISTINCT kecamatan FROM teams")]
    others.remove("Metro Selatan")
    page.get_by_role("combobox", name="Kecamatan").select_option(label="Metro Selatan")
    settle(page)
    with on_paper(page):
        text = page.locator("body").inner_text()
        assert text.count("RAHASIA / SECRET") >= 3
        assert page.locator("#sheets .team-table tbody tr").count() == teams
        senders = {row for (row,) in ask("SELECT name FROM posts")}
        for post in senders:
            text = text.replace(post, "")
        assert not [name for name in others if name.casefold() in text.casefold()]
    pdf = page.pdf(format="A4", landscape=True, print_background=True)
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4
