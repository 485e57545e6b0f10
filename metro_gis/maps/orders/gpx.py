"""The rounds as GPX 1.1, for the phone of whoever drives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from metro_gis.maps.orders.markup import add, degrees, to_bytes
from metro_gis.maps.orders.words import (
    class_word,
    modelled_line,
    secret_word,
    status_line,
    stop_line,
    stop_title,
    team_line,
)
from metro_gis.messages import text

if TYPE_CHECKING:
    from metro_gis.maps.orders.content import Orders, PostOrders, Stop, TeamOrders

NAMESPACE: Final = "http://www.topografix.com/GPX/1/1"

__all__ = ["render_gpx"]


def render_gpx(orders: Orders, lang: str) -> bytes:
    """Write a route and a track for every team.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    bytes
        Uncovered stations and posts are waypoints, and so is every stop; a route names the stops
        of a team in their order, its track runs along the roads and back to the anchor.
    """
    root = ET.Element("gpx", {"xmlns": NAMESPACE, "version": "1.1", "creator": "metro_gis"})
    warning = modelled_line(orders, lang)
    about = add(root, "metadata")
    add(about, "name", f"{secret_word(lang)} {orders.title}")
    words = [text("orders.plan", lang, plan=orders.plan_id), status_line(orders, lang), warning]
    add(about, "desc", "; ".join(word for word in words if word))
    for stop in orders.uncovered:
        _stop(root, "wpt", orders, None, stop, lang)
    for post in orders.posts:
        _post(root, post, lang)
        for team in post.teams:
            for stop in team.stops:
                _stop(root, "wpt", orders, team, stop, lang)
    # the schema wants all routes before all tracks
    for number, team in enumerate(orders.teams, start=1):
        route = _head(root, "rte", orders, team, number, lang)
        for stop in team.stops:
            _stop(route, "rtept", orders, team, stop, lang)
    for number, team in enumerate(orders.teams, start=1):
        if team.line:
            segment = add(_head(root, "trk", orders, team, number, lang), "trkseg")
            for lon, lat in team.line:
                add(segment, "trkpt", **degrees(lon, lat))
    return to_bytes(root)


def _head(
    root: ET.Element, tag: str, orders: Orders, team: TeamOrders, number: int, lang: str
) -> ET.Element:
    way = add(root, tag)
    add(way, "name", team.team_id)
    warning = modelled_line(orders, lang)
    words = [orders.post_name(team.post_id), team_line(team, lang), *([warning] if warning else [])]
    add(way, "desc", "; ".join(words))
    add(way, "number", str(number))
    return way


def _stop(
    parent: ET.Element,
    tag: str,
    orders: Orders,
    team: TeamOrders | None,
    stop: Stop,
    lang: str,
) -> None:
    point = add(parent, tag, **degrees(stop.lon, stop.lat))
    title = stop_title(stop)
    add(point, "name", title if team is None else f"{team.team_id} {title}")
    add(point, "cmt", stop.station_id)
    add(point, "desc", stop_line(orders, team, stop, lang))
    uncovered = text("page.look.uncovered", lang)
    add(point, "type", uncovered if team is None else class_word(stop.risk_class, lang))


def _post(root: ET.Element, post: PostOrders, lang: str) -> None:
    point = add(root, "wpt", **degrees(post.lon, post.lat))
    add(point, "name", post.name)
    add(point, "cmt", post.post_id)
    if post.modelled:
        add(point, "desc", text("orders.place_modelled", lang))
    add(point, "type", text("page.post", lang))
