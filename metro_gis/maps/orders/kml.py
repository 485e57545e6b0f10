"""The rounds as KML 2.2: a folder for every post, in it one for every team."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from metro_gis.maps.orders.content import CLASSES
from metro_gis.maps.orders.markup import add, plain, to_bytes
from metro_gis.maps.orders.words import (
    modelled_line,
    secret_word,
    status_line,
    stop_line,
    stop_title,
    team_line,
)
from metro_gis.messages import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.maps.orders.content import Orders, PostOrders, Stop, TeamOrders

NAMESPACE: Final = "http://www.opengis.net/kml/2.2"
# the hues of the map, written as KML writes them: opacity, blue, green, red
COLOURS: Final = {
    "low": "ffa86a0a",
    "elevated": "ff009fe6",
    "high": "ff0a47c8",
    "special": "ff862a7a",
    "uncovered": "ff111111",
    "post": "ffffffff",
}
ROUND_WIDTH: Final = "4"

__all__ = ["render_kml"]


def render_kml(orders: Orders, lang: str) -> bytes:
    """Write folders of rounds.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    bytes
        Uncovered stations come first. No icon is named by address: a phone that fetched it would
        tell where the map was opened.
    """
    root = ET.Element("kml", {"xmlns": NAMESPACE})
    document = add(root, "Document")
    add(document, "name", f"{secret_word(lang)} {orders.title}")
    words = [
        text("orders.plan", lang, plan=orders.plan_id),
        status_line(orders, lang),
        modelled_line(orders, lang),
    ]
    _describe(document, "; ".join(word for word in words if word))
    for name in (*CLASSES, "uncovered", "post"):
        _style(document, name)
    if orders.uncovered:
        folder = add(document, "Folder")
        add(folder, "name", text("orders.sheet_uncovered", lang))
        for stop in orders.uncovered:
            _stop(folder, orders, None, stop, lang)
    for post in orders.posts:
        _post(add(document, "Folder"), orders, post, lang)
    return to_bytes(root)


def _describe(parent: ET.Element, words: str) -> None:
    # a description is read as HTML, a name is not
    add(parent, "description", escape(words, quote=False))


def _style(document: ET.Element, name: str) -> None:
    style = add(document, "Style", id=name)
    add(add(style, "IconStyle"), "color", COLOURS[name])
    line = add(style, "LineStyle")
    add(line, "color", COLOURS[name])
    add(line, "width", ROUND_WIDTH)


def _post(folder: ET.Element, orders: Orders, post: PostOrders, lang: str) -> None:
    add(folder, "name", post.name)
    mark = add(folder, "Placemark")
    add(mark, "name", post.name)
    if post.modelled:
        _describe(mark, text("orders.place_modelled", lang))
    add(mark, "styleUrl", "#post")
    _data(mark, {"post_id": post.post_id})
    add(add(mark, "Point"), "coordinates", _coordinates([(post.lon, post.lat)]))
    for team in post.teams:
        _team(add(folder, "Folder"), orders, team, lang)


def _team(folder: ET.Element, orders: Orders, team: TeamOrders, lang: str) -> None:
    title = text("page.team_named", lang, team=team.team_id)
    add(folder, "name", title)
    _describe(folder, team_line(team, lang))
    for stop in team.stops:
        _stop(folder, orders, team, stop, lang)
    if team.line:
        mark = add(folder, "Placemark")
        add(mark, "name", title)
        _describe(mark, team_line(team, lang))
        add(mark, "styleUrl", f"#{team.strictest}")
        minutes = plain(team.round_minutes)
        _data(mark, {"team_id": team.team_id, "round_minutes": minutes})
        line = add(mark, "LineString")
        add(line, "tessellate", "1")
        add(line, "coordinates", _coordinates(team.line))


def _stop(
    folder: ET.Element, orders: Orders, team: TeamOrders | None, stop: Stop, lang: str
) -> None:
    mark = add(folder, "Placemark")
    add(mark, "name", stop_title(stop))
    _describe(mark, stop_line(orders, team, stop, lang))
    add(mark, "styleUrl", "#uncovered" if team is None else f"#{stop.risk_class}")
    facts = {"station_id": stop.station_id}
    if team is not None and stop.deploy_minutes is not None:
        facts |= {
            "team_id": team.team_id,
            "order": str(stop.order),
            "deploy_minutes": plain(stop.deploy_minutes),
        }
    _data(mark, facts)
    add(add(mark, "Point"), "coordinates", _coordinates([(stop.lon, stop.lat)]))


def _data(mark: ET.Element, facts: dict[str, str]) -> None:
    box = add(mark, "ExtendedData")
    for name, value in facts.items():
        add(add(box, "Data", name=name), "value", value)


def _coordinates(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{plain(lon)},{plain(lat)}" for lon, lat in points)
