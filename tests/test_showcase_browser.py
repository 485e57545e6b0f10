"""The showcased page looks like its picture, as shipped and as the code of today draws its data."""

from __future__ import annotations

import base64
import json
import re

import pytest
import showcase
from browsers import DESKTOP, chromium, opened, settle

from metro_gis.maps.folium_map import extent
from metro_gis.maps.page import DATA_ID, lay_out
from metro_gis.messages import LANGUAGES, catalogue

BLOCK_PX = 20
LOOSE, FEW = 12, 0.02
"""Colours of a block may differ by so much of 255; of all blocks so large a share by more.

Letters of another font change the few blocks that they cross by a little. A panel, table, layer or
style that is lost, moved or recoloured changes many blocks by much.
"""
MEANS = """async ([width, height, block, ...pictures]) => {
  const means = [];
  for (const picture of pictures) {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const sums = new Array((width / block) * (height / block) * 3).fill(0);
    for (let at = 0; at < width * height; at += 1) {
      const place = Math.floor(Math.floor(at / width) / block) * (width / block)
                  + Math.floor((at % width) / block);
      for (let part = 0; part < 3; part += 1) sums[3 * place + part] += data[4 * at + part];
    }
    means.push([bitmap.width, bitmap.height, sums.map((value) => value / block ** 2)]);
  }
  return means;
}"""


@pytest.fixture(scope="module")
def browser():
    """Start the installed Chromium once."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page_file(sample_plan):
    """Name the page of the sample."""
    workspace, ran = sample_plan
    return workspace / ran.json["page"]


def differing(browser, one, other):
    """Give the share of blocks whose mean colour differs between two pictures (PNG)."""
    tab = browser.new_page()
    pictures = [base64.b64encode(picture).decode("ascii") for picture in (one, other)]
    size = (DESKTOP["width"], DESKTOP["height"])
    (*a_size, a), (*b_size, b) = tab.evaluate(MEANS, [*size, BLOCK_PX, *pictures])
    tab.close()
    assert tuple(a_size) == tuple(b_size) == size
    apart = [abs(x - y) for x, y in zip(a, b, strict=True)]
    blocks = [max(apart[at : at + 3]) for at in range(0, len(apart), 3)]
    return sum(block > LOOSE for block in blocks) / len(blocks)


def redrawn(page):
    """Draw the data of a page with the code and the texts of today."""
    block = re.search(rf'id="{DATA_ID}">(.*?)</script>', page, re.DOTALL)
    content = json.loads(block[1])
    content["texts"] = {
        lang: {
            key.removeprefix("page."): text
            for key, text in catalogue(lang).items()
            if key.startswith("page.")
        }
        for lang in LANGUAGES
    }
    return lay_out(content, extent([]), lang=content["lang"])


@pytest.mark.parametrize("drawn", ["shipped", "today"])
def test_showcase_looks_like_its_picture(browser, tmp_path, drawn):
    """The page in `maps/`, and its data drawn anew, look like the picture in the README."""
    if not showcase.PAGE.is_file():
        pytest.skip("no showcased page: python tests/showcase.py makes it")
    file = showcase.PAGE
    if drawn == "today":
        file = tmp_path / "page.html"
        text = redrawn(showcase.PAGE.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8", newline="\n")
    seen = showcase.picture(browser, file)
    assert differing(browser, seen, showcase.PICTURE.read_bytes()) <= FEW


@pytest.mark.parametrize(
    "change",
    [
        "document.getElementById('panel').style.display = 'none'",
        "document.getElementById('modelled').hidden = true",
        "document.querySelector('.leaflet-stations-pane').style.display = 'none'",
        "document.getElementById('key').open = false",
        "document.querySelector('.top').style.background = '#406040'",
    ],
)
def test_the_comparison_is_not_blind(browser, page_file, change):
    """A lost panel, strip, layer or key, and another colour of the head, are differences."""
    with opened(browser, page_file, viewport=DESKTOP, device_scale_factor=1) as tab:
        settle(tab)
        before = tab.screenshot(animations="disabled")
        tab.evaluate(change)
        settle(tab)
        assert differing(browser, before, tab.screenshot(animations="disabled")) > FEW
