"""The wall map: a plan as one sheet of paper for the tactical floor game, in true scale.

Vector graphics (SVG), written by the standard library; nothing is drawn by Folium, and no text of
the plan becomes anything but text.
"""

from __future__ import annotations

from metro_gis.maps.wall.paper import PAPERS
from metro_gis.maps.wall.sheet import Wall, render_wall

__all__ = ["PAPERS", "Wall", "render_wall"]
