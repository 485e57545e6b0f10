"""The legend: signs with their counts, scale, names that were left out, and lists by square."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metro_gis.maps.wall.looks import INK, LOOKS, NAVY, road_width
from metro_gis.maps.wall.roads import CASING_MM, groups_of
from metro_gis.maps.wall.rows import HEADING, ROW, SMALL, TEXT, Flow, Row, Writer
from metro_gis.maps.wall.signs import draw_shield, draw_sign
from metro_gis.maps.wall.svg import Style, add, letters, mm, polygon
from metro_gis.maps.wall.widths import one_line
from metro_gis.maps.wall.words import attribution, day, place_name, reason, say, short_name
from metro_gis.messages import number, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from xml.etree import ElementTree as ET

    from metro_gis.maps.wall.city import City
    from metro_gis.maps.wall.names import Count
    from metro_gis.maps.wall.paper import Rect
    from metro_gis.maps.wall.place import Kind


INDENT: Final = 8.0  # room for a sign, units
SIGN: Final = 1.25
ARROW: Final = 12.0
BAR_SHARE: Final = 0.7
BAR_STEPS: Final = (5, 2, 1)
BAR_PARTS: Final = 4
MM_PER_KM: Final = 1e6
SHARE_OF_UNCOVERED: Final = 0.6
TOLD: Final[tuple[Kind, ...]] = ("post", "kecamatan", "kelurahan", "team", "station", "uncovered")

__all__ = ["bar_km", "draw_legend"]


def draw_legend(
    parent: ET.Element,
    city: City,
    columns: Sequence[Rect],
    counts: Mapping[Kind, Count],
    *,
    paper: tuple[str, float, float],
    lang: str,
) -> None:
    """Draw the legend.

    Parameters
    ----------
    parent
        Where it is added.
    city
        What is drawn.
    columns
        Where it may stand, mm.
    counts
        Names that are shown, and all names.
    paper
        Name, width and height (mm) of the sheet.
    lang
        ``"id"`` or ``"en"``.
    """
    group = add(parent, "g", class_="legend", fill=INK)
    write = Writer(columns[0].width, city.unit)
    flow = Flow(group, columns)
    flow.add(*_signs(write, city, lang), *_roads(write, city, lang))
    flow.add(*_scale(write, city, paper, lang))
    flow.add(*_names(write, counts, lang))
    flow.add(*_sources(write, city, lang))
    bare = _uncovered(write, city, lang)
    _list(
        flow,
        write,
        say("uncovered_stations", lang, count=len(bare)),
        bare,
        lang,
        share=SHARE_OF_UNCOVERED,
    )
    _list(flow, write, text("wall.posts", lang), _posts(write, city, lang), lang)
    _list(flow, write, text("wall.index", lang), _index(write, city, lang), lang)


def _signs(write: Writer, city: City, lang: str) -> list[Row]:
    data = city.data
    rows = [write.heading(say("key", lang))]
    middle = INDENT * city.unit * 0.4
    for look in LOOKS:
        count = sum(city.look(index) == look for index in range(len(data.stations)))
        row = write.entry(say(f"look.{look}", lang), number(count, lang), indent=INDENT)
        draw_sign(row.drawing, look, middle, row.height / 2, SIGN * city.unit)
        rows.append(row)
    anchor = write.entry(say("anchor_sign", lang), indent=INDENT)
    draw_sign(anchor.drawing, "low", middle, anchor.height / 2, SIGN * city.unit, anchor=True)
    post = write.entry(say("post", lang), number(len(data.posts), lang), indent=INDENT)
    draw_shield(post.drawing, middle, post.height / 2, 3.4 * city.unit)
    officers = sum(team["officers"] for team in data.teams)
    teams = text(
        "wall.teams",
        lang,
        teams=number(len(data.teams), lang),
        officers=number(officers, lang),
    )
    return [*rows, anchor, post, *write.text(say("beat_hint", lang)), *write.text(teams, TEXT)]


def _roads(write: Writer, city: City, lang: str) -> list[Row]:
    rows: list[Row] = []
    for group, (road, complete) in groups_of(city).items():
        words = say(f"layer.{group}", lang)
        if not complete:
            words = f"{words} ({text('wall.not_drawn', lang)})"
        row = write.entry(words, indent=INDENT)
        # a sample, wider than life: what it shows is the colour
        width = max(road_width(road, city.view.scale, city.unit) or 0, 0.8 * city.unit)
        line = f"M0 {mm(row.height / 2)}h{mm(INDENT * city.unit * 0.8)}"
        if road.casing:
            casing = width + 2 * CASING_MM * city.unit
            add(row.drawing, "path", d=line, stroke=road.casing, stroke_width=casing)
        add(row.drawing, "path", d=line, stroke=road.fill, stroke_width=width)
        rows.append(row)
    return rows


def bar_km(scale: int, room_mm: float) -> float:
    """Choose the length of the scale bar.

    Parameters
    ----------
    scale
        How many times smaller than the city the map is.
    room_mm
        Room that there is, mm.

    Returns
    -------
    float
        The largest of 1, 2 or 5 times a power of ten that fits, km.

    Examples
    --------
    >>> bar_km(50_000, 50.0), bar_km(25_000, 50.0)
    (2.0, 1.0)
    """
    room_km = room_mm * scale / MM_PER_KM
    power = 10.0 ** _floor_log(room_km)
    return next(step * power for step in BAR_STEPS if step * power <= room_km * (1 + 1e-9))


def _floor_log(value: float) -> int:
    power = 0
    while 10.0 ** (power + 1) <= value:
        power += 1
    while 10.0**power > value:
        power -= 1
    return power


def _scale(write: Writer, city: City, paper: tuple[str, float, float], lang: str) -> list[Row]:
    scale = city.view.scale
    heading = write.heading(text("wall.scale", lang, scale=number(scale, lang)))
    row = write.blank(ARROW)
    _bar(row, write, city, lang)
    _north(row, write, lang)
    width, height = (cells * scale / MM_PER_KM for cells in city.squares.size)
    squares = text(
        "wall.squares", lang, width=number(width, lang, 2), height=number(height, lang, 2)
    )
    name, across, down = paper
    hint = text(
        "wall.scale_hint",
        lang,
        paper=name,
        width=f"{across:g}",
        height=f"{down:g}",
    )
    return [heading, row, *write.text(squares, TEXT), *write.text(hint)]


def _bar(row: Row, write: Writer, city: City, lang: str) -> None:
    unit = city.unit
    km = bar_km(city.view.scale, write.width * BAR_SHARE)
    length = km * MM_PER_KM / city.view.scale
    left, top, high = 1.5 * unit, 2.5 * unit, 1.6 * unit
    bar = add(row.drawing, "g", class_="scale-bar")
    for part in range(BAR_PARTS):
        add(
            bar,
            "rect",
            x=left + part * length / BAR_PARTS,
            y=top,
            width=length / BAR_PARTS,
            height=high,
            fill="#ffffff" if part % 2 else NAVY,
        )
    frame: Style = {
        "fill": "none",
        "stroke": NAVY,
        "stroke_width": 0.2 * unit,
        "class_": "whole",
    }
    add(bar, "rect", x=left, y=top, width=length, height=high, **frame)
    for share, words in ((0.0, "0"), (0.5, number(km / 2, lang)), (1.0, number(km, lang))):
        anchor = "middle" if share < 1 else "start"
        shown = words if share < 1 else text("wall.kilometres", lang, value=words)
        x = left + share * length - (0.7 * unit if share == 1 else 0)
        letters(bar, shown, x, top + high + 2 * unit, SMALL * unit, text_anchor=anchor)


def _north(row: Row, write: Writer, lang: str) -> None:
    unit = write.unit
    x = write.width - 5 * unit
    arrow = add(row.drawing, "g", class_="north")
    needle = ((0, 4), (2.1, 11), (0, 9.4), (-2.1, 11))
    corners = [(across * unit, down * unit) for across, down in needle]
    add(arrow, "polygon", points=polygon(corners, x), fill=NAVY)
    letters(
        arrow,
        text("wall.north", lang),
        x,
        2 * unit,
        HEADING * unit,
        text_anchor="middle",
        font_weight="bold",
        fill=NAVY,
    )


def _names(write: Writer, counts: Mapping[Kind, Count], lang: str) -> list[Row]:
    """Tell of every kind how many names are shown: nothing is left out without a word."""
    told = dict(counts)
    told["station"] = (
        counts["station"][0] + counts["uncovered"][0],
        counts["station"][1] + counts["uncovered"][1],
    )
    rows = [write.heading(text("wall.names", lang))]
    for kind in TOLD:
        shown, total = told[kind]
        if total:
            values = {"shown": number(shown, lang), "total": number(total, lang)}
            rows += write.text(text(f"wall.names.{kind}", lang, **values), TEXT)
    if any(shown < total for shown, total in told.values()):
        rows += write.text(text("wall.names_hint", lang))
    return rows


def _sources(write: Writer, city: City, lang: str) -> list[Row]:
    data, zone = city.data, city.view.zone
    origin = {"lat": number(zone.lat, lang, 3), "lon": number(zone.lon, lang, 3)}
    source = one_line(data.roads_source)
    lines = [
        attribution(data, lang),
        f"{say('roads', lang)}: {source}" if source else "",
        f"{say('roads_date', lang)}: {day(data.roads_date)}" if data.roads_date else "",
        text("wall.projection", lang, **origin),
        text("wall.version", lang, version=one_line(data.versions["metro-gis"]))
        if "metro-gis" in data.versions
        else "",
    ]
    rows = [write.heading(say("sources", lang))]
    return rows + [row for line in lines for row in write.text(line)]


def _list(
    flow: Flow,
    write: Writer,
    heading: str,
    entries: Sequence[Row],
    lang: str,
    *,
    share: float = 1.0,
) -> None:
    """Add as many entries as there is room for, and say how many more there are."""
    if not entries:
        return
    head, height = write.heading(heading), entries[0].height
    rooms = flow.room()
    rooms[0] -= head.height
    if rooms[0] < 2 * height:
        rooms = [room - head.height * (place == 0) for place, room in enumerate(flow.room()[1:])]
    places = int(share * sum(max(0, int(room / height + 1e-9)) for room in rooms))
    if places < 2:  # noqa: PLR2004 (an entry, and how many more there are)
        return
    shown = entries if len(entries) <= places else entries[: places - 1]
    flow.add(head, shown[0])
    for row in shown[1:]:
        flow.add(row)
    left_out = _weight(entries[len(shown) :])
    if left_out:
        more = text("wall.more", lang, count=number(left_out, lang))
        flow.add(write.entry(more, size=SMALL))


def _weight(rows: Sequence[Row]) -> int:
    """Count the names in rows; a row of the index may hold several."""
    return sum(int(row.drawing.get("data-names", "1")) for row in rows)


def _uncovered(write: Writer, city: City, lang: str) -> list[Row]:
    places = city.stations.tolist()
    rows = []
    for index, station in enumerate(city.data.stations):
        if station["team_id"] is None:
            where = one_line(station["kelurahan"] or station["kecamatan"] or "")
            words = f"{short_name(station)} {where}".strip()
            rows.append(
                write.entry(
                    f"{words}: {reason(station, lang)}",
                    city.squares.name(*places[index]),
                    size=SMALL,
                )
            )
    return rows


def _posts(write: Writer, city: City, lang: str) -> list[Row]:
    rows = []
    for post, (x, y) in zip(city.data.posts, city.posts.tolist(), strict=True):
        teams = sum(team["post_id"] == post["post_id"] for team in city.data.teams)
        said = text(
            "wall.post_row",
            lang,
            teams=number(teams, lang),
            officers=number(post["posted"], lang),
        )
        name = one_line(post["name"] or "") or one_line(post["post_id"])
        rows.append(write.entry(f"{name} ({said})", city.squares.name(x, y), size=SMALL))
    return rows


def _index(write: Writer, city: City, lang: str) -> list[Row]:
    """Two names to a row, by alphabet; kelurahan of the same name tell their kecamatan."""
    found = city.by_unit("kecamatan", "kelurahan")
    names = [kelurahan for _, kelurahan in found]
    cells = []
    for (kecamatan, kelurahan), own in found.items():
        words = place_name(kelurahan, lang)
        if names.count(kelurahan) > 1:
            words = f"{words} ({place_name(kecamatan, lang)})"
        cells.append((words, city.squares.name(*city.middle(own))))
    cells.sort(key=lambda cell: (cell[0].casefold(), cell))
    rows = []
    half = write.width / 2
    for start in range(0, len(cells), 2):
        row = write.blank(ROW * SMALL / TEXT)
        pair = cells[start : start + 2]
        row.drawing.set("data-names", str(len(pair)))
        for side, (words, square) in enumerate(pair):
            left = side * (half + write.unit)
            write.cell(row, words, square, left=left, right=left + half - write.unit, size=SMALL)
        rows.append(row)
    return rows
