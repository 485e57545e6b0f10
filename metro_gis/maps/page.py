"""One HTML file that shows a plan and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from metro_gis.maps.folium_map import EMPTY_EXTENT, extent, folium_parts
from metro_gis.maps.leaflet import leaflet_script, leaflet_style
from metro_gis.maps.payload import lock_texts, payload, script_json
from metro_gis.maps.sealing import OPENING_TAG, seal_block
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
    "audience.js",
    "looks.js",
    "filter.js",
    "labels.js",
    "map.js",
    "choice.js",
    "key.js",
    "road_names.js",
    "areas.js",
    "tiles.js",
    "overview.js",
    "search.js",
    "filter_bar.js",
    "detail.js",
    "unit_sheets.js",
    "print.js",
    "curve.js",
    "reserve.js",
    "history.js",
    "page.js",
)
STYLES: Final = (
    "page.css",
    "basemap.css",
    "panel.css",
    "filter.css",
    "print.css",
    "audience.css",
    "facts.css",
)
METAS: Final = {
    "viewport": "width=device-width, initial-scale=1",
    "referrer": "no-referrer",
    "robots": "noindex, nofollow, noarchive",
    "color-scheme": "light",
}
# the lock screen of a sealed page, which starts the page once it is open
LOCK_SCRIPT: Final = "sealed.js"
LOCK_STYLE: Final = "sealed.css"
LOCK_MARKUP: Final = "sealed.html"

__all__ = ["DATA_ID", "SCRIPTS", "STYLES", "lay_out", "render_page"]


def render_page(data: PageData, *, lang: str, passphrase: str | None = None) -> str:
    """Draw a plan as one HTML file.

    Parameters
    ----------
    data
        What the page shows.
    lang
        Language in which the page opens, ``"id"`` or ``"en"``; a button on it switches.
    passphrase
        Seals the page: without it nobody reads anything of the plan.

    Returns
    -------
    str
        The file's text: the same for the same data, unless it is sealed. It needs no other file
        and no network, and its content security policy forbids the browser to ask for one, but
        for tiles of the one host that ``data.tiles`` names.

    Raises
    ------
    ValueError
        If there is no such language, or a number is not finite.
    """
    points = ((row["lon"], row["lat"]) for row in (*data.stations, *data.posts))
    return lay_out(
        payload(data, lang=lang),
        extent(points),
        lang=lang,
        tile_host=data.tiles.host if data.tiles else None,
        passphrase=passphrase,
    )


def lay_out(
    content: Mapping[str, Any],
    corners: Corners,
    *,
    lang: str,
    scripts: tuple[str, ...] = SCRIPTS,
    styles: tuple[str, ...] = STYLES,
    tile_host: str | None = None,
    passphrase: str | None = None,
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
    tile_host
        The one host that a page that is not sealed may ask for images; ``None`` for nobody.
    passphrase
        Seals the data block, and keeps the corners out of the file.

    Returns
    -------
    str
        The file's text; two of the same are equal, unless they are sealed.
    """
    data = script_json(content)
    if passphrase is None:
        tag = f'<script type="application/json" id="{DATA_ID}">'
        folium = folium_parts(corners)
        shell = _shell(
            _markup(folium.element),
            tag,
            (folium.script, _script(scripts)),
            styles,
            lang=lang,
            tile_host=tile_host,
        )
        return f"{shell.before}{data}{shell.after}"
    # the page's script fits the view to the plan once it is open
    folium = folium_parts(EMPTY_EXTENT)
    # a browser vouches for scripts, by their hashes, and not for markup: so a script brings it
    markup = script_json(f"{_markup(folium.element)}\n{_asset(LOCK_MARKUP).strip()}")
    build = f'document.currentScript.insertAdjacentHTML("afterend", {markup});\n'
    shell = _shell(
        f"<script>{build}</script>",
        OPENING_TAG,
        (folium.script, _locked(scripts, lang)),
        (*styles, LOCK_STYLE),
        lang=lang,
        more_scripts=(build,),
    )
    block = seal_block(
        data, passphrase, lang=lang, shell=shell.before + shell.after, policy=shell.policy
    )
    return f"{shell.before}{block}{shell.after}"


class _Shell(NamedTuple):
    """All of a file that stands before and after the text of its data block, and its policy."""

    before: str
    after: str
    policy: str


def _shell(
    body: str,
    data_tag: str,
    scripts: tuple[str, str],
    styles: tuple[str, ...],
    *,
    lang: str,
    tile_host: str | None = None,
    more_scripts: tuple[str, ...] = (),
) -> _Shell:
    """Lay out a file around its data block: the map's script stands before it, the page's after."""
    sheets = (leaflet_style(), _style(styles))
    policy = _policy((leaflet_script(), *more_scripts, *scripts), sheets, tile_host)
    map_block, page_block = (f"<script>{block}</script>" for block in scripts)
    # joined, never formatted: no text of the plan can stand for anything but itself
    before = (
        "<!DOCTYPE html>",
        f'<html lang="{lang}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        *(f'<meta name="{name}" content="{content}">' for name, content in METAS.items()),
        "<title>metro-gis</title>",
        *(f"<style>{sheet}</style>" for sheet in sheets),
        f"<script>{leaflet_script()}</script>",
        "</head>",
        "<body>",
        f"<noscript>{_noscript(lang)}</noscript>",
        body,
        map_block,
        data_tag,
    )
    return _Shell("\n".join(before), f"</script>\n{page_block}\n</body>\n</html>\n", policy)


def _noscript(lang: str) -> str:
    return f"<p>{escape(text('page.noscript', lang))}</p>"


def _markup(map_element: str) -> str:
    """Give the markup of the page, which holds no text, around the element of the map."""
    above, below = _asset("page.html").split(SHELL_MARK)
    return f"{above.strip()}\n{map_element}\n{below.strip()}"


def _policy(scripts: tuple[str, ...], styles: tuple[str, ...], tile_host: str | None = None) -> str:
    """Allow scripts and styles of this page, by their hashes, tiles if asked for, no more."""
    allowed_scripts = " ".join(_source_hash(script) for script in scripts)
    allowed_styles = " ".join(_source_hash(style) for style in styles)
    tiles = f" https://{tile_host}" if tile_host else ""
    return (
        f"default-src 'none'; script-src {allowed_scripts}; style-src {allowed_styles}; "
        f"img-src data:{tiles}; base-uri 'none'; form-action 'none'"
    )


def _source_hash(source: str) -> str:
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _script(names: tuple[str, ...]) -> str:
    """Join the page's scripts to one, which starts with the data block."""
    data = f'JSON.parse(document.getElementById("{DATA_ID}").textContent)'
    return f"({_started(names)})({data});\n"


@cache
def _locked(names: tuple[str, ...], lang: str) -> str:
    """Join the page's scripts to one, which the lock's script starts with what it has opened."""
    shell = {"metas": METAS, "noscript": _noscript(lang)}
    facts = script_json({"lang": lang, "texts": lock_texts()} | shell)
    start = f"const LOCK = {facts};\nconst startPage = {_started(names)};"
    return f'(() => {{\n"use strict";\n{start}\n{_asset(LOCK_SCRIPT)}\n}})();\n'


def _started(names: tuple[str, ...]) -> str:
    parts = "\n".join(_asset(name) for name in names)
    return f'(RAW) => {{\n"use strict";\n{parts}\n}}'


@cache
def _style(names: tuple[str, ...]) -> str:
    return "\n".join(_asset(name) for name in names)


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")
