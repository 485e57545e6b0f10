"""The showcase: the sample's page in `maps/`, and its picture, which the README shows.

``python tests/showcase.py`` plans the sample, draws it as `maps/kota-metro.html` and takes the
picture `maps/kota-metro.png` in the installed Chromium; ``--picture`` takes the picture alone.
The picture is the golden one of `tests/test_showcase_browser.py` too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from browsers import DESKTOP, chromium, opened, settle

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "maps/kota-metro.html"
PICTURE = ROOT / "maps/kota-metro.png"
LIMIT_S = 60


def draw():
    """Plan the sample and put its page into `maps/`."""
    with tempfile.TemporaryDirectory() as folder:
        start = [sys.executable, "-m", "metro_gis", "--lang", "en"]
        subprocess.run([*start, "new", folder + "/metro", "--sample"], check=True)
        work = ["-w", folder + "/metro", "run", "--time-limit", str(LIMIT_S)]
        subprocess.run([*start, *work], check=True)
        shutil.copyfile(folder + "/metro/maps/default.html", PAGE)


def picture(browser, file):
    """Take the picture of a page as it opens (PNG, 1280 x 800 points)."""
    with opened(browser, file, viewport=DESKTOP, device_scale_factor=1) as tab:
        settle(tab)
        return tab.screenshot(animations="disabled")


if __name__ == "__main__":
    if "--picture" not in sys.argv[1:]:
        draw()
    with chromium() as started:
        PICTURE.write_bytes(picture(started, PAGE))
