"""Hostile texts in a real browser: each is shown letter by letter, and nothing else happens."""

import json
from pathlib import Path

from browsers import WIDE, opened, settle
from compare_towns import facts_of
from maps.hostile import HALF, STRINGS
from maps.hostile_towns import REASONS, hostile_page, hostile_plan, joined, station_id

from metro_gis.maps import render_page, render_pair
from metro_gis.maps.from_plan import page_data
from metro_gis.messages import text

HERE = Path(__file__).parent
PROBES = {
    name: (HERE / f"{name}_probe.js").read_text("utf-8") for name in ("hostile", "hostile_pair")
}
TEXTS = list(STRINGS.values())
SOUND = [value for name, value in STRINGS.items() if name not in HALF]
TAME = [f"text {n}" for n in range(6)]
# kinds of elements, and how many there are of those that no text of a plan may add to
TAGS = """() => {
  const tags = [...document.querySelectorAll("*")].map((node) => node.tagName).sort();
  const fixed = ["SCRIPT", "STYLE", "META", "TITLE", "INPUT", "FORM", "NOSCRIPT"];
  return [...new Set(tags), ...tags.filter((tag) => fixed.includes(tag))];
}"""
HANDLED = """() => [...document.querySelectorAll("*")]
  .flatMap((node) => node.getAttributeNames())
  .filter((name) => /^on|^(src|srcdoc|action|data|xlink:href|style)$/.test(name))
  .filter((name) => name !== "style")"""


def shown(browser, file, page, probe, told):
    """Open a page, let a probe read all of it, and tell of what elements it is made."""
    file.write_text(page, encoding="utf-8", newline="\n")
    with opened(browser, file, viewport=WIDE, ready=None, reduced_motion="reduce") as tab:
        tab.wait_for_selector("html[data-ready]", state="attached")
        wrong = tab.evaluate(PROBES[probe], json.dumps(told))
        # the last tooltip takes a moment to fade
        tab.wait_for_selector(".leaflet-tooltip", state="detached")
        assert tab.evaluate(HANDLED) == []
        return wrong, tab.evaluate(TAGS)


def told_of(texts):
    """Say what the page of hostile texts is to show."""
    return {
        "texts": texts,
        "joined": joined(texts),
        "words": {
            "plan": text("page.foot_plan", plan=joined(texts)),
            "versions": ", ".join(f"{one} {one}" for one in texts),
            "team": [text("page.team_named", team=one) for one in texts],
            "shown": [text("page.shown", what=one) for one in texts],
            "reasons": [None if n % len(REASONS) == 0 else one for n, one in enumerate(texts)],
        },
    }


def test_every_text_is_shown_as_given(browser, tmp_path):
    """In list, search, detail, tooltip, print, map and title stands the text itself."""
    page = render_page(hostile_page(TEXTS), lang="en")
    wrong, tags = shown(browser, tmp_path / "page.html", page, "hostile", told_of(TEXTS))
    names = list(STRINGS)
    assert [(one, names[int(one.rsplit(": ", 1)[1])]) for one in wrong] == []
    tame = render_page(hostile_page(TAME), lang="en")
    assert shown(browser, tmp_path / "tame.html", tame, "hostile", told_of(TAME)) == ([], tags)


def test_the_pointer_shows_the_text(browser, tmp_path):
    """A real pointer over a station brings up its name, markup and all."""
    texts = [STRINGS["script"], STRINGS["image"], STRINGS["jinja"]]
    file = tmp_path / "page.html"
    file.write_text(render_page(hostile_page(texts), lang="id"), encoding="utf-8", newline="\n")
    with opened(browser, file, viewport=WIDE, ready=None, reduced_motion="reduce") as tab:
        tab.wait_for_selector("html[data-ready]", state="attached")
        for name in ("posts", "places"):
            tab.uncheck(f"#layer-{name}")
        box = tab.locator("#map_metro_gis").bounding_box()
        for one in texts:
            point = tab.evaluate("id => window.metroGis.pointOf(id)", station_id(one, 1))
            tab.mouse.move(box["x"] + point["x"] + 40, box["y"] + point["y"] + 40)
            settle(tab)
            tab.mouse.move(box["x"] + point["x"], box["y"] + point["y"])
            tab.wait_for_selector(".leaflet-tooltip")
            assert tab.locator(".leaflet-tooltip strong").text_content() == one


def ids_of(texts):
    """Make ids of texts: a plan file separates those of a round by semicolons."""
    return [one.replace(";", "\uff1b") for one in texts]


def pair_of(texts):
    """Draw the page of two plans: the first stations covered in B alone, others sent elsewhere."""
    ids = ids_of(texts)
    a, b = hostile_plan(texts, ids=ids, uncovered=3), hostile_plan(texts, ids=ids, turned=True)
    facts = facts_of(a, b, a_changed=texts)
    return render_pair(page_data(a, {}), page_data(b, {}), facts, lang="en")


def told_of_pair(texts):
    """Say what the page of two plans is to show beside."""
    return {
        "texts": texts,
        "ids": ids_of(texts),
        "joined": joined(texts),
        "unverified": text("compare.unverified", inputs=", ".join(texts)),
        "inputs": [text("compare.input", name=one) for one in texts],
        "rungs": [text("compare.rung-of", unit=one) for one in ids_of(texts)],
    }


def test_two_plans_show_every_text_as_given(browser, tmp_path):
    """Differences, sides, sources and sheets of two plans hold the texts themselves."""
    found = []
    for texts in (SOUND, TAME):
        file = tmp_path / f"{len(found)}.html"
        found.append(shown(browser, file, pair_of(texts), "hostile_pair", told_of_pair(texts)))
    names = [name for name in STRINGS if name not in HALF]
    (wrong, tags), tame = found
    assert [(one, names[int(one.rsplit(": ", 1)[1])]) for one in wrong] == []
    assert tame == ([], tags)
