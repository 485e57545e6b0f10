"""One HTML file that shows a plan and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from metro_gis.maps.folium_map import extent, folium_parts
from metro_gis.maps.leaflet import leaflet_script, leaflet_style
from metro_gis.maps.payload import payload, script_json
from metro_gis.messages import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.maps.folium_map import Corners
    from metro_gis.maps.page_data import PageData

DATA_ID: Final = "metro-gis-data"
SHELL_MARK: Final = "<!-- the map stands here -->"
# in the order in which they build on each other; together they are one script
SCRIPTS: Final = (
    "data.js",
    "texts.js",
    "dom.js",
    "looks.js",
    "filter.js",
    "labels.js",
    "map.js",
    "choice.js",
    "key.js",
    "overview.js",
    "search.js",
    "filter_bar.js",
    "detail.js",
    "unit_sheets.js",
    "print.js",
    "page.js",
)
STYLES: Final = ("page.css", "panel.css", "filter.css", "print.css")

__all__ = ["DATA_ID", "SCRIPTS", "STYLES", "lay_out", "render_page"]


def render_page(data: PageData, *, lang: str) -> str:
    """Draw a plan as one HTML file.

    Parameters
    ----------
    data
        What the page shows.
    lang
        Language in which the page opens, ``"id"`` or ``"en"``; a button on it switches.

    Returns
    -------
    str
        The file's text: the same for the same data. It needs no other file and no network, and
        its content security policy forbids the browser to ask for one.

    Raises
    ------
    ValueError
        If there is no such language, or a number is not finite.
    """
    points = ((row["lon"], row["lat"]) for row in (*data.stations, *data.posts))
    return lay_out(payload(data, lang=lang), extent(points), lang=lang)


def lay_out(
    content: Mapping[str, Any],
    corners: Corners,
    *,
    lang: str,
    scripts: tuple[str, ...] = SCRIPTS,
    styles: tuple[str, ...] = STYLES,
) -> str:
    """Lay data, scripts and styles into one HTML file.

    Parameters
    ----------
    content
        The data block; plain values.
    corners
        South-west and north-east corner (lat, lon) of what the map shows first.
    lang
        Language in which the page opens, ``"id"`` or ``"en"``.
    scripts, styles
        Names of our own assets, in the order in which they build on each other.

    Returns
    -------
    str
        The file's text.
    """
    folium = folium_parts(corners)
    sheets = (leaflet_style(), _style(styles))
    blocks = (leaflet_script(), folium.script, _script(scripts))
    before, after = _asset("page.html").split(SHELL_MARK)
    leaflet_block, map_block, page_block = (f"<script>{block}</script>" for block in blocks)
    # joined, never formatted: no text of the plan can stand for anything but itself
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{lang}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(blocks, sheets)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="robots" content="noindex, nofollow, noarchive">',
            '<meta name="color-scheme" content="light">',
            "<title>metro-gis</title>",
            *(f"<style>{sheet}</style>" for sheet in sheets),
            leaflet_block,
            "</head>",
            "<body>",
            f"<noscript><p>{escape(text('page.noscript', lang))}</p></noscript>",
            before.strip(),
            folium.element,
            after.strip(),
            map_block,
            f'<script type="application/json" id="{DATA_ID}">{script_json(content)}</script>',
            page_block,
            "</body>",
            "</html>",
            "",
        )
    )


def _policy(scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Allow the scripts and styles of this page, by their hashes, and nothing else."""
    allowed_scripts = " ".join(_source_hash(script) for script in scripts)
    allowed_styles = " ".join(_source_hash(style) for style in styles)
    return (
        f"default-src 'none'; script-src {allowed_scripts}; style-src {allowed_styles}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source_hash(source: str) -> str:
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _script(names: tuple[str, ...]) -> str:
    parts = "\n".join(_asset(name) for name in names)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


@cache
def _style(names: tuple[str, ...]) -> str:
    return "\n".join(_asset(name) for name in names)


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")
