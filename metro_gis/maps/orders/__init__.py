"""Orders that can be handed out: who goes where, on paper, in a spreadsheet and on a phone."""

from __future__ import annotations

from metro_gis.maps.orders.content import Officer, Orders, build_orders
from metro_gis.maps.orders.read_back import require_same
from metro_gis.maps.orders.render import FORMATS, render_orders

__all__ = ["FORMATS", "Officer", "Orders", "build_orders", "render_orders", "require_same"]
