"""A real browser for tests of pages: the installed Chromium, off-line, and silent to the end."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP = {"width": 1280, "height": 800}
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
READY_MS = 60_000
"""Much more than a page takes; where other work is going on it may take longer."""
STILL = """() => new Promise((done) => {
  const town = window.map_metro_gis;
  let still = 0;
  const look = () => {
    const moves = town && (town._animatingZoom || (town._panAnim && town._panAnim._inProgress));
    still = moves ? 0 : still + 1;
    if (still < 4) requestAnimationFrame(look);
    else done();
  };
  look();
})"""


@contextmanager
def chromium():
    """Start the installed Chromium; the test is skipped where there is none."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(
    browser,
    file,
    *,
    viewport=DESKTOP,
    ready="html[data-ready]",
    first=None,
    silent=True,
    **options,
):
    """Open a file off-line; at the end, demand silence: no request, message, error or dialog.

    `ready` is what to wait for before all is drawn, if anything; `first` a script that runs before
    those of the page; a page that is not `silent` may complain, but still asks for nothing and
    opens no dialog.
    """
    address, noise, requests = file.as_uri(), [], []
    context = browser.new_context(viewport=viewport, **options)
    context.set_offline(offline=True)
    context.route(
        "**/*",
        lambda route: route.continue_() if route.request.url == address else route.abort(),
    )
    # a window that the page opens is heard as well
    context.on("request", lambda request: requests.append(request.url))
    context.on("dialog", lambda dialog: (noise.append(dialog.message), dialog.dismiss()))
    if silent:
        context.on("console", lambda message: noise.append(message.text))
        context.on("weberror", lambda error: noise.append(str(error.error)))
    try:
        tab = context.new_page()
        tab.set_default_timeout(30_000)
        if first:
            tab.add_init_script(first)
        tab.goto(address)
        if ready:
            tab.wait_for_selector(ready, state="attached", timeout=READY_MS)
            settle(tab)
        yield tab
        assert len(context.pages) == 1
    finally:
        context.close()
    assert noise == []
    assert requests == [address]


def settle(tab):
    """Wait until the map stands still and what was asked for is drawn, however long that takes.

    Leaflet draws its canvases in the next frame, and moves over many.
    """
    tab.evaluate(STILL)


@contextmanager
def on_paper(tab):
    """Lay the page out for paper, as the browser does just before it prints."""
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    yield
    tab.emulate_media(media="screen")
    tab.wait_for_selector("#flat", state="detached")
