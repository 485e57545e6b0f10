"""Render a plan, or two: one page that works from a memory stick, on a phone and on paper.

Orders that are handed out beside it are written by `metro_gis.maps.orders`, sheets for the wall by
`metro_gis.maps.wall`.
"""

from __future__ import annotations

from metro_gis.maps.audience import restrict
from metro_gis.maps.page import render_page
from metro_gis.maps.page_data import PageData
from metro_gis.maps.pair import render_pair

__all__ = ["PageData", "render_page", "render_pair", "restrict"]
