"""Open a page in a real browser with its network cut, and note whatever is more than showing it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
DESKTOP = {"width": 1440, "height": 900}
READY_MS = 60_000


@dataclass
class Seen:
    """What a page did beside being shown."""

    requests: list[str] = field(default_factory=list)
    noise: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Start the installed Chromium, or skip."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def silent_page(browser: Browser, file: Path, **options: object) -> Iterator[Page]:
    """Open a file; at the end, demand that it asked for nothing and complained of nothing."""
    seen, address = Seen(), file.as_uri()
    context = browser.new_context(**({"viewport": DESKTOP, "reduced_motion": "reduce"} | options))
    context.set_offline(offline=True)
    context.route(
        "**/*",
        lambda route: route.continue_() if route.request.url == address else route.abort(),
    )
    # a window that the page opens is heard as well
    context.on("request", lambda request: seen.requests.append(request.url))
    context.on("console", lambda message: seen.noise.append((message.type, message.text)))
    context.on("weberror", lambda error: seen.noise.append(("error", str(error.error))))
    context.on("dialog", lambda dialog: _refuse(dialog, seen))
    try:
        tab = context.new_page()
        tab.goto(address)
        yield tab
        pages = len(context.pages)
    finally:
        context.close()
    assert seen.noise == []
    assert seen.requests == [address]
    assert pages == 1


def _refuse(dialog, seen) -> None:
    seen.noise.append(("dialog", dialog.message))
    dialog.dismiss()
