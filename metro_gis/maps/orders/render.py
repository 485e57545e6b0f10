"""The formats of orders, and one call that writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metro_gis.maps.orders.csv_file import render_csv
from metro_gis.maps.orders.geojson import render_geojson
from metro_gis.maps.orders.gpx import render_gpx
from metro_gis.maps.orders.kml import render_kml
from metro_gis.maps.orders.summary_page import render_text
from metro_gis.maps.orders.workbook import render_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from metro_gis.maps.orders.content import Orders

_WRITERS: Final[dict[str, Callable[[Orders, str], bytes]]] = {
    "xlsx": render_workbook,
    "csv": render_csv,
    "geojson": render_geojson,
    "kml": render_kml,
    "gpx": render_gpx,
    "summary": render_text,
}
FORMATS: Final = tuple(_WRITERS)

__all__ = ["FORMATS", "render_orders"]


def render_orders(orders: Orders, formats: Iterable[str], lang: str) -> dict[str, bytes]:
    """Write orders in several formats.

    Parameters
    ----------
    orders
        The orders.
    formats
        Some of `FORMATS`.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    dict
        Format to content of its file: the same for the same orders, byte for byte.
    """
    return {name: _WRITERS[name](orders, lang) for name in formats}
