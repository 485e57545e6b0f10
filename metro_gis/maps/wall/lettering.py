"""Names on the map: first what shines around them, then the letters, and lines to what is far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metro_gis.maps.wall.place import KINDS
from metro_gis.maps.wall.svg import Style, add, letters, mm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree import ElementTree as ET

    from metro_gis.maps.wall.place import Placed

HALO: Final = 0.26  # of the size of the letters

__all__ = ["draw_leaders", "draw_names"]


def draw_names(parent: ET.Element, placed: Sequence[Placed]) -> None:
    """Draw the names that found room.

    Parameters
    ----------
    parent
        Where they are added.
    placed
        Names and their places.
    """
    # some programs of print shops would lay a stroke over the letters: it is drawn before them
    halos = add(
        parent,
        "g",
        class_="halos",
        fill="none",
        stroke="#ffffff",
        stroke_opacity="0.85",
        stroke_linejoin="round",
        aria_hidden="true",
    )
    names = add(parent, "g", class_="names")
    for kind in reversed(KINDS):
        own = [one for one in placed if one.wish.kind == kind]
        if not own:
            continue
        style: Style = {"font_weight": "bold" if own[0].wish.bold else "normal"}
        if own[0].wish.italic:
            style["font_style"] = "italic"
        below = add(halos, "g", stroke_width=HALO * own[0].wish.size, **style)
        above = add(names, "g", class_=kind, **style)
        for one in own:
            at = (one.wish.words, one.spot.x, one.spot.y, one.wish.size)
            letters(below, *at, text_anchor=one.spot.anchor)
            letters(above, *at, text_anchor=one.spot.anchor, fill=one.wish.colour)


def draw_leaders(parent: ET.Element, unit: float, placed: Sequence[Placed]) -> None:
    """Join names that stand at a distance with what they name; signs are to lie over the lines.

    Parameters
    ----------
    parent
        Where they are added.
    unit
        What a millimetre on A3 is on this sheet.
    placed
        Names and their places.
    """
    lines: dict[str, str] = {}
    for one in placed:
        if one.spot.away:
            x, y = one.wish.at
            left, top, right, bottom = one.box
            end = min(max(x, left), right), min(max(y, top), bottom)
            line = f"M{mm(x)} {mm(y)}L{mm(end[0])} {mm(end[1])}"
            lines[one.wish.colour] = lines.get(one.wish.colour, "") + line
    group = add(parent, "g", class_="leaders", fill="none", stroke_width=0.15 * unit)
    for colour, path in lines.items():
        add(group, "path", d=path, stroke=colour)
