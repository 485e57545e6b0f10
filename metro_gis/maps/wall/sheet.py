"""The whole sheet: head, map, legend and foot as one drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from metro_gis.maps.wall.city import City, lay_city, view_of
from metro_gis.maps.wall.legend import draw_legend
from metro_gis.maps.wall.lettering import draw_leaders, draw_names
from metro_gis.maps.wall.looks import AMBER, GROUND, INK, NAVY, SECRET, SOFT
from metro_gis.maps.wall.names import count_names, find_names
from metro_gis.maps.wall.paper import EDGE, MARGIN, Layout, lay_out, sheet_size, unit_of
from metro_gis.maps.wall.roads import draw_roads
from metro_gis.maps.wall.signs import draw_beats, draw_posts, draw_squares, draw_stations
from metro_gis.maps.wall.svg import VOCABULARY, add, letters, mm, to_bytes
from metro_gis.maps.wall.widths import FAMILY, LINE, one_line, width_mm, wrap
from metro_gis.maps.wall.words import attribution, banner, say, truth_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.maps.page_data import PageData
    from metro_gis.maps.wall.names import Count
    from metro_gis.maps.wall.place import Kind, Placed

CLIP: Final = "map-frame"
TITLE: Final = 8.0  # letters, units
SMALL_TITLE: Final = 4.5
TRUTH: Final = 3.5
BANNER: Final = 2.7
BADGE: Final = 4.0
FOOT: Final = 2.3
LEAD: Final = 1.35

__all__ = ["Wall", "render_wall"]


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall map.

    Parameters
    ----------
    content
        The file, SVG as UTF-8; the same for the same data.
    landscape
        Whether the sheet lies on its long side.
    scale
        How many times smaller than the city the map is.
    names
        Kind of name to how many are shown and how many there are.
    """

    content: bytes
    landscape: bool
    scale: int
    names: Mapping[Kind, Count]


def render_wall(data: PageData, *, paper: str, lang: str) -> Wall:
    """Draw a plan as one sheet for the wall.

    Parameters
    ----------
    data
        What is drawn.
    paper
        Name of the sheet: ``"A0"`` to ``"A4"``.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    Wall
        The sheet, upright or on its long side, whichever shows the city larger. It needs no other
        file, no font and no network, and holds no script.

    Raises
    ------
    KeyError
        If there is no such sheet.
    """
    layout = _choose(data, paper, lang)
    city = lay_city(data, layout)
    wishes, placed = find_names(city)
    counts = count_names(wishes, placed)
    root = _root(data, layout, lang)
    _draw_map(root, city, layout, placed)
    draw_names(root, placed)
    _draw_head(root, data, layout, lang)
    sheet = (paper, layout.width, layout.height)
    draw_legend(root, city, layout.columns, counts, paper=sheet, lang=lang)
    _draw_foot(root, data, layout, lang)
    landscape = layout.width > layout.height
    return Wall(to_bytes(root), landscape, city.view.scale, counts)


def _choose(data: PageData, paper: str, lang: str) -> Layout:
    """Lay the sheet so that the city is larger on it; on its long side if both are alike."""
    layouts = []
    for landscape in (True, False):
        width, _ = sheet_size(paper, landscape=landscape)
        unit = unit_of(paper)
        head = _head_mm(data, width - 2 * MARGIN * unit, unit, lang)
        layouts.append(lay_out(paper, landscape=landscape, head_mm=head))
    return min(layouts, key=lambda layout: view_of(data, layout).scale)


def _root(data: PageData, layout: Layout, lang: str) -> ET.Element:
    size = {"width": f"{mm(layout.width)}mm", "height": f"{mm(layout.height)}mm"}
    box = {"viewBox": f"0 0 {mm(layout.width)} {mm(layout.height)}"}
    root = ET.Element("svg", {"xmlns": VOCABULARY, **size, **box, "lang": lang})
    root.set("font-family", FAMILY)
    title = add(root, "title")
    title.text = f"{one_line(data.title)} · {say('foot_plan', lang, plan=one_line(data.plan_id))}"
    style = add(root, "style")
    style.text = f"@page {{ size: {size['width']} {size['height']}; margin: 0 }}"
    add(root, "rect", width=layout.width, height=layout.height, fill="#ffffff")
    return root


def _draw_map(root: ET.Element, city: City, layout: Layout, placed: Sequence[Placed]) -> None:
    room, unit = city.map, city.unit
    place = {"x": room.left, "y": room.top, "width": room.width, "height": room.height}
    clip = add(add(root, "defs"), "clipPath", id=CLIP)
    add(clip, "rect", **place)
    add(root, "rect", **place, fill=GROUND)
    inside = add(root, "g", clip_path=f"url(#{CLIP})")
    draw_roads(inside, city)
    draw_beats(inside, city)
    draw_squares(root, city, EDGE * unit)
    add(root, "rect", **place, fill="none", stroke=NAVY, stroke_width=0.35 * unit)
    outer = layout.frame
    add(
        root,
        "rect",
        x=outer.left,
        y=outer.top,
        width=outer.width,
        height=outer.height,
        fill="none",
        stroke=NAVY,
        stroke_width=0.2 * unit,
    )
    draw_leaders(root, unit, placed)
    draw_stations(root, city)
    draw_posts(root, city)


def _badge_mm(unit: float, lang: str) -> float:
    return width_mm(say("secret", lang), BADGE * unit, bold=True) + 4 * unit


def _title(data: PageData, room_mm: float, unit: float) -> tuple[list[str], float]:
    """Set the title in one line, or in small letters in as many as it takes."""
    words = one_line(data.title)
    if width_mm(words, TITLE * unit, bold=True) <= room_mm:
        return [words], TITLE * unit
    return wrap(words, room_mm, SMALL_TITLE * unit, bold=True), SMALL_TITLE * unit


def _head_mm(data: PageData, width_mm_: float, unit: float, lang: str) -> float:
    lines, size = _title(data, width_mm_ - _badge_mm(unit, lang) - 4 * unit, unit)
    truth = wrap(truth_line(data, lang), width_mm_, TRUTH * unit, bold=True)
    warning = banner(data, lang)
    height = max(len(lines) * size * LINE, BADGE * unit * 1.8)
    height += len(truth) * TRUTH * unit * LEAD
    if warning:
        inner = width_mm_ - 4 * unit
        height += (len(wrap(warning, inner, BANNER * unit, bold=True)) * BANNER * LEAD + 2) * unit
    return height + unit


def _draw_head(root: ET.Element, data: PageData, layout: Layout, lang: str) -> None:
    unit, room = layout.unit, layout.head
    head = add(root, "g", class_="head", font_weight="bold", fill=INK)
    badge = _badge_mm(unit, lang)
    lines, size = _title(data, room.width - badge - 4 * unit, unit)
    y = room.top
    for line in lines:
        letters(head, line, room.left, y + size * LINE / 2, size, class_="title")
        y += size * LINE
    _draw_badge(head, room.right - badge, room.top, badge, unit, lang)
    y = max(y, room.top + BADGE * unit * 1.8)
    for line in wrap(truth_line(data, lang), room.width, TRUTH * unit, bold=True):
        letters(head, line, room.left, y + TRUTH * unit * LEAD / 2, TRUTH * unit, class_="truth")
        y += TRUTH * unit * LEAD
    warning = banner(data, lang)
    if not warning:
        return
    shown = wrap(warning, room.width - 4 * unit, BANNER * unit, bold=True)
    step = BANNER * unit * LEAD
    high = len(shown) * step + unit
    y += unit
    add(
        head,
        "rect",
        x=room.left,
        y=y,
        width=room.width,
        height=high,
        fill=AMBER,
        stroke=SECRET,
        stroke_width=0.25 * unit,
    )
    for place, line in enumerate(shown):
        middle = y + unit / 2 + (place + 0.5) * step
        letters(head, line, room.left + 2 * unit, middle, BANNER * unit, class_="banner")


def _draw_badge(
    head: ET.Element, left: float, top: float, width: float, unit: float, lang: str
) -> None:
    height = BADGE * unit * 1.6
    add(head, "rect", x=left, y=top, width=width, height=height, fill=SECRET)
    middle = left + width / 2
    at = (middle, top + height / 2, BADGE * unit)
    letters(head, say("secret", lang), *at, text_anchor="middle", fill="#ffffff")


def _draw_foot(root: ET.Element, data: PageData, layout: Layout, lang: str) -> None:
    room, size = layout.foot, FOOT * layout.unit
    middle = room.top + room.height / 2
    foot = add(root, "g", class_="foot", fill=SOFT)
    plan = say("foot_plan", lang, plan=one_line(data.plan_id))
    letters(foot, plan, room.left, middle, size, font_weight="bold")
    centre = room.left + room.width / 2
    secret = {"font_weight": "bold", "fill": SECRET, "text_anchor": "middle"}
    letters(foot, say("secret", lang), centre, middle, size, **secret)
    letters(foot, attribution(data, lang), room.right, middle, size, text_anchor="end")
