"""A real browser for tests of pages: the installed Chromium, off-line, and silent to the end."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@contextmanager
def chromium():
    """Start the installed Chromium; the test is skipped where there is none."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def opened(browser, file, *, viewport=DESKTOP, **options):
    """Open a page off-line; at the end, demand silence: no request, message, error or dialog."""
    context = browser.new_context(viewport=viewport, **options)
    context.set_offline(offline=True)
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    noise, requests = [], []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: noise.append(message.text))
    tab.on("pageerror", lambda error: noise.append(str(error)))
    tab.on("dialog", lambda dialog: (noise.append(dialog.message), dialog.dismiss()))
    tab.goto(file.as_uri())
    tab.wait_for_selector("html[data-ready]", timeout=20_000)
    try:
        yield tab
    finally:
        context.close()
    assert noise == []
    assert requests == [file.as_uri()]


@contextmanager
def on_paper(tab):
    """Lay the page out for paper, as the browser does just before it prints."""
    tab.emulate_media(media="print")
    tab.wait_for_selector("#flat")
    yield
    tab.emulate_media(media="screen")
    tab.wait_for_selector("#flat", state="detached")
