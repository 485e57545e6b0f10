"""Two plans on one page: the page of plan *B*, with plan *A* beside it and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from metro_gis.maps.folium_map import extent
from metro_gis.maps.page import SCRIPTS, STYLES, lay_out
from metro_gis.maps.payload import payload
from metro_gis.messages import LANGUAGES, catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.maps.page_data import PageData

PAIR_SCRIPTS: Final = (*SCRIPTS, "pair.js", "pair_map.js", "pair_panel.js", "pair_page.js")
PAIR_STYLES: Final = (*STYLES, "pair.css")
TEXTS: Final = ("compare.",)
"""What the page says beside the texts of any page, with the area before the key."""
SHARED: Final = ("lang", "texts", "basemap", "streets", "areas", "tiles")
"""What both plans have in common on the page."""

__all__ = ["render_pair"]


def render_pair(
    a: PageData,
    b: PageData,
    facts: Mapping[str, Any],
    *,
    lang: str,
    passphrase: str | None = None,
) -> str:
    """Draw two plans as one HTML file.

    Parameters
    ----------
    a, b
        The plans; roads are drawn from *B*.
    facts
        What differs, from `metro_gis.compare_files.Compared.as_dict`.
    lang
        Language in which the page opens, ``"id"`` or ``"en"``; a button on it switches.
    passphrase
        Seals the page: without it nobody reads anything of the plans.

    Returns
    -------
    str
        The file's text, as self-contained and repeatable as that of `metro_gis.maps.render_page`.

    Raises
    ------
    ValueError
        If there is no such language, or a number is not finite.
    """
    content = payload(b, lang=lang)
    texts = content["texts"]
    other = {key: value for key, value in payload(a, lang=lang).items() if key not in SHARED}
    content |= {
        "texts": {language: texts[language] | _texts(language) for language in sorted(LANGUAGES)},
        "other": other,
        "pair": dict(facts),
    }
    rows = (*a.stations, *a.posts, *b.stations, *b.posts)
    corners = extent((row["lon"], row["lat"]) for row in rows)
    return lay_out(
        content,
        corners,
        lang=lang,
        scripts=PAIR_SCRIPTS,
        styles=PAIR_STYLES,
        passphrase=passphrase,
    )


def _texts(lang: str) -> dict[str, str]:
    return {
        key: template for key, template in sorted(catalogue(lang).items()) if key.startswith(TEXTS)
    }
