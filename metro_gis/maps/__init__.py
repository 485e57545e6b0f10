"""Render a plan: one page that works from a memory stick, on a phone and on paper.

Orders that are handed out beside it are written by `metro_gis.maps.orders`.
"""

from __future__ import annotations

from metro_gis.maps.page import render_page
from metro_gis.maps.page_data import PageData

__all__ = ["PageData", "render_page"]
