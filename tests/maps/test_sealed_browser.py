"""Sealed pages in a real browser, its network cut."""

from __future__ import annotations

import base64
import json
import random
import re
import time
from functools import partial

import pytest
import toys
from browsers import PHONE
from compare_towns import by_hand, facts_of

from metro_gis.maps import render_page, render_pair, sealing
from metro_gis.maps.from_plan import page_data
from metro_gis.maps.sealing import OPENING_TAG
from metro_gis.messages import text
from metro_gis.plan import Beat

PHRASE = "bakila siruma jukali masiba rujasu limaka"
WRONG = text("page.lock.wrong", "en")
POINTS = """() => {
  const ids = [...Array(window.metroGis.stations).keys()];
  return ids.map((n) => window.metroGis.pointOf(`T${String(n + 1).padStart(4, "0")}`));
}"""


@pytest.fixture
def show(open_page):
    """Give a way to open files that are ready only once they are unsealed."""
    return partial(open_page, ready=None)


@pytest.fixture(scope="module")
def data(page_of):
    """Give a toy town of the size of Kota Metro, with three stations uncovered."""
    return page_of(462, uncovered=3)


@pytest.fixture(scope="module")
def sealed(data):
    """Seal its page."""
    return render_page(data, lang="en", passphrase=PHRASE)


def enter(tab, phrase):
    """Type a passphrase as a person would, and press Enter."""
    tab.wait_for_selector("html[data-locked]", timeout=20_000)
    tab.fill("#lock-phrase", phrase)
    tab.press("#lock-phrase", "Enter")


def unlock(tab, phrase=PHRASE):
    """Open a sealed page, and say how many seconds it took."""
    begun = time.perf_counter()
    enter(tab, phrase)
    tab.wait_for_selector("html[data-ready]:not([data-locked])", timeout=30_000)
    return time.perf_counter() - begun


def refused(tab):
    """Wait until the lock has refused a passphrase, and give its words."""
    tab.wait_for_selector(".lock-refused", timeout=30_000)
    return tab.locator("#lock-said").inner_text()


@pytest.mark.alone
def test_right_phrase_opens_the_page(show, data, sealed, record_property):
    """The right passphrase opens, within seconds, the page that the plain file shows."""
    plain = show(render_page(data, lang="en"))
    plain.wait_for_selector("html[data-ready]", timeout=20_000)
    tab = show(sealed)
    seconds = unlock(tab)
    record_property("seconds_to_open", round(seconds, 2))
    # two seconds on a machine with nothing else to do
    assert seconds < 8
    assert tab.locator("#lock").count() == 0
    facts = "JSON.stringify(window.metroGis)"
    assert tab.evaluate(facts) == plain.evaluate(facts)
    for part in ("#title", "#truth", "#overview", "#key", ".foot"):
        assert tab.locator(part).inner_text() == plain.locator(part).inner_text()
    assert tab.title() == plain.title()
    # the same view, though the file holds no corner of it
    assert tab.evaluate(POINTS) == plain.evaluate(POINTS)


def test_an_open_page_works_like_any_other(show, sealed):
    """Search, choice, keyboard and paper work once the page is open."""
    tab = show(sealed)
    unlock(tab)
    tab.fill("#query", "T0123")
    tab.keyboard.press("Enter")
    assert tab.evaluate("window.metroGis.chosen().id") == "T0123"
    tab.keyboard.press("Escape")
    tab.click("#language")
    assert tab.evaluate("document.documentElement.lang") == "id"
    assert tab.locator("#print").inner_text() == text("page.print", "id")
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    assert "RAHASIA / SECRET" in tab.locator("#sheets").inner_text()
    assert "Kota Metro" in tab.locator("#sheets").inner_text()


def test_nothing_shows_before_the_phrase(show, data, sealed):
    """The lock says how secret the page is and nothing of the plan, on the screen and on paper."""
    tab = show(sealed)
    tab.wait_for_selector("html[data-locked]")
    for media in ("screen", "print"):
        tab.emulate_media(media=media)
        told = tab.locator("body").inner_text()
        assert told.startswith("RAHASIA / SECRET")
        assert data.title not in told
        assert data.plan_id not in told
    assert "metro-gis" in tab.title()
    assert tab.evaluate("window.metroGis") is None
    covered = "document.elementFromPoint(innerWidth / 2, innerHeight - 5).id"
    assert tab.evaluate(covered) == "lock"


def test_a_wrong_phrase_may_be_mended(show, sealed):
    """A wrong passphrase is told and the field has the focus again; the right one then opens."""
    tab = show(sealed)
    enter(tab, "bakila siruma jukali masiba rujasu limaku")
    assert refused(tab) == WRONG
    assert tab.get_attribute("#lock-phrase", "aria-invalid") == "true"
    assert tab.evaluate("document.activeElement.id") == "lock-phrase"
    tab.click("#lock-language")
    assert tab.locator("#lock-said").inner_text() == text("page.lock.wrong", "id")
    unlock(tab)
    # the language that was chosen at the lock stays
    assert tab.evaluate("document.documentElement.lang") == "id"
    assert tab.locator("#print").inner_text() == text("page.print", "id")


@pytest.mark.parametrize(
    ("sealed_with", "typed"),
    [
        (PHRASE, f" {PHRASE.upper()} ".replace(" ", "\u00a0  ")),
        ("Kaf\u00e9 d\u00e9sa \u00dcber salju", "kafe\u0301 de\u0301sa \u00dcber\u3000salju"),
        ("lampu kereta bukit senja", "\u200e\ufefflampu \u202akereta\u202c bukit sen\u00adja"),
    ],
)
def test_phrases_open_on_every_keyboard(show, page_of, sealed_with, typed):
    """The page's script writes a passphrase as the sealing did, whatever the keyboard adds."""
    tab = show(render_page(page_of(5, basemap=False), lang="en", passphrase=sealed_with))
    unlock(tab, typed)


def changed_bit(page, place, bit=0):
    octets = bytearray(page.encode())
    octets[place] ^= 1 << bit
    return bytes(octets)


def places(page):
    """Name places of a sealed file, one in each of its parts."""
    page = page.encode().decode("latin-1")
    begin = page.index(OPENING_TAG) + len(OPENING_TAG)
    line = page.index("\n", begin)
    end = page.index("</script>", line)
    ahead = {"format": 12, "rounds": 9, "salt": 12, "nonce": 12, "language": 12, "shell": 20}
    ahead["policy"] = 20
    return {
        **{key: page.index(f'"{key}":', begin) + more for key, more in ahead.items()},
        "ciphertext": (line + end) // 2,
        "tag": end - 12,
        "leaflet": page.index("Leaflet 1.9"),
        "map": page.index("L.map("),
        "script": page.index("readStations(columns)") + 1,
        "style": page.index("--ink: #") + 9,
        "markup": page.index("lock-phrase"),
        "texts": page.index("lock.phrase"),
        "source": page.index("img-src data:") + 9,
        "viewport": page.index("device-width"),
    }


PARTS = ["format", "rounds", "salt", "nonce", "language", "shell", "policy", "ciphertext", "tag",
         "leaflet", "map", "script", "style", "markup", "texts", "source", "viewport"]  # fmt: skip
UNSEEN = ["script", "markup", "texts"]  # what brings the lock itself


@pytest.mark.parametrize("part", PARTS)
def test_a_changed_bit_keeps_the_page_shut(show, page_of, part):
    """With one bit changed the right passphrase does not open, and is told what a wrong one is."""
    page = render_page(page_of(5, basemap=False), lang="en", passphrase=PHRASE)
    assert list(places(page)) == PARTS
    tab = show(changed_bit(page, places(page)[part]), silent=False)
    if part in UNSEEN:
        # the policy refuses the script, and with it the lock: nothing can be typed
        assert tab.evaluate("document.documentElement.dataset.locked") is None
        assert tab.locator("#lock-open:visible").count() == 0 or part == "script"
    else:
        enter(tab, PHRASE)
        assert refused(tab) == WRONG
    assert tab.evaluate("document.documentElement.dataset.ready") is None
    assert "Kota Metro" not in tab.locator("body").inner_text()


# what became of the right passphrase: there may be no lock left to type it into
TRY = """async phrase => {
  if (document.documentElement.dataset.locked === undefined) return "no lock";
  document.getElementById("lock-phrase").value = phrase;
  document.getElementById("lock-form").requestSubmit();
  for (let wait = 0; wait < 1000; wait += 1) {
    if (document.documentElement.dataset.ready) return "open";
    if (document.querySelector(".lock-refused")) return "refused";
    await new Promise((done) => setTimeout(done, 10));
  }
  return "nothing";
}"""


def test_no_changed_bit_opens_in_a_browser(browser, page_of, tmp_path, monkeypatch):
    """Of 60 files with one bit changed anywhere, the browser opens none; it opens the true one."""
    monkeypatch.setattr(sealing, "ROUNDS", 1000)
    page = render_page(page_of(60), lang="en", passphrase=PHRASE)
    file, chance = tmp_path / "page.html", random.Random(7)
    context = browser.new_context(offline=True)
    tab = context.new_page()

    def tried(octets):
        file.write_bytes(octets)
        tab.goto(file.as_uri())
        return tab.evaluate(TRY, PHRASE)

    assert tried(page.encode()) == "open"
    size = len(page.encode())
    for _ in range(60):
        place, bit = chance.randrange(size), chance.randrange(8)
        assert tried(changed_bit(page, place, bit)) in {"refused", "no lock"}, (place, bit)
    context.close()


def test_a_bit_that_no_reader_needs_counts(show, page_of):
    """The last letter before the padding may have spare bits; they too must be as written."""
    for stations in range(5, 12):
        page = render_page(page_of(stations, basemap=False), lang="en", passphrase=PHRASE)
        end = page.index("</script>", page.index(OPENING_TAG))
        if page[end - 1] == "=":
            break
    letter = end - len(re.search(r"=+$", page[:end])[0]) - 1
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(page[letter]) ^ 1]
    spare = page[:letter] + other + page[letter + 1 :]
    tail = slice(letter - 3 + (end - letter - 1), end)
    assert base64.b64decode(page[tail]) == base64.b64decode(spare[tail])
    tab = show(spare)
    enter(tab, PHRASE)
    assert refused(tab) == WRONG


def test_the_keyboard_stays_at_the_lock(show, sealed):
    """The field has the focus at once; Tab leads through the lock and never behind it."""
    tab = show(sealed)
    tab.wait_for_selector("html[data-locked]")
    assert tab.evaluate("document.activeElement.id") == "lock-phrase"
    seen = []
    for _ in range(8):
        tab.keyboard.press("Tab")
        seen.append(tab.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"lock-show", "lock-open", "lock-language", "lock-phrase"} <= set(seen)
    assert all(one.startswith("lock-") or one in {"BODY", "HTML"} for one in seen)
    label = tab.locator("label[for=lock-phrase]").inner_text()
    assert label == text("page.lock.phrase", "en")


def test_what_is_typed_can_be_shown(show, sealed):
    """The phrase is hidden while it is typed, and one button shows and hides it."""
    tab = show(sealed, viewport=PHONE, has_touch=True, is_mobile=True)
    tab.wait_for_selector("html[data-locked]")
    assert tab.get_attribute("#lock-phrase", "type") == "password"
    for pressed, kind in (("true", "text"), ("false", "password")):
        tab.tap("#lock-show")
        assert tab.get_attribute("#lock-show", "aria-pressed") == pressed
        assert tab.get_attribute("#lock-phrase", "type") == kind
        assert tab.evaluate("document.activeElement.id") == "lock-phrase"
    assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth")
    for name in ("phrase", "show", "open", "language"):
        assert tab.locator(f"#lock-{name}").bounding_box()["height"] >= 44


def test_axe_finds_no_grave_fault_in_the_lock(show, sealed, axe):
    """axe-core reports nothing serious or critical of the lock, also once it has refused."""
    tab = show(sealed)
    tab.wait_for_selector("html[data-locked]")
    assert axe(tab) == []
    enter(tab, "another one")
    refused(tab)
    assert axe(tab) == []


def test_an_empty_field_is_not_tried(show, sealed):
    """Enter in an empty field does nothing."""
    tab = show(sealed)
    enter(tab, "")
    assert tab.locator("#lock-said").inner_text() == ""


@pytest.mark.parametrize(
    "lacking",
    [
        'Object.defineProperty(Crypto.prototype, "subtle", { value: undefined })',
        "delete window.DecompressionStream",
    ],
)
def test_a_browser_that_cannot_open_says_so(show, sealed, lacking):
    """Without the browser's own cipher or unpacking the lock says what to do instead."""
    tab = show(sealed, first=lacking)
    tab.wait_for_selector("html[data-locked]")
    assert tab.locator("#lock-said").inner_text() == text("page.lock.unable", "en")
    assert tab.locator("#lock-open").is_disabled()


def test_a_page_of_two_plans_can_be_sealed(show):
    """The page that compares two plans opens by the same lock."""
    between = [[abs(s - t) * 10 for t in range(4)] for s in range(4)]
    deploy = [[(t + 1) * 10 for t in range(4)]]
    problem = toys.problem([toys.LOW] * 4, deploy, between, [8], ladder=(2, 3))
    beats = [Beat(0, 0, (0, 1)), Beat(0, 2, (2, 3))], [Beat(0, 0, (0, 1))]
    a, b = (by_hand(problem, some, {"A": 2}) for some in beats)
    pages = page_data(a, {}), page_data(b, {})
    tab = show(render_pair(*pages, facts_of(a, b), lang="en", passphrase=PHRASE))
    unlock(tab)
    assert tab.evaluate("window.metroGis.mode()") == "both"
    assert tab.evaluate("window.metroGis.uncovered") == 2
    assert json.loads(tab.evaluate("JSON.stringify(window.metroGis.differences)"))["stations"]
