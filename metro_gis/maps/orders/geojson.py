"""The plan as GeoJSON (RFC 7946): stations, rounds and posts for any other map.

Written with the standard library: GDAL would write one kind of geometry a file, name a coordinate
system that RFC 7946 has dropped, and leave out what belongs to the file rather than to a feature.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from metro_gis.maps.orders.words import (
    modelled_line,
    reason_line,
    secret_word,
    status_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.maps.orders.content import Orders, PostOrders, Stop, TeamOrders

__all__ = ["render_geojson"]


def render_geojson(orders: Orders, lang: str) -> bytes:
    """Write stations, teams and posts as one collection.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``; of what is said in words. Names of properties are those of a plan.

    Returns
    -------
    bytes
        UTF-8; uncovered stations first, then post by post: the post, its teams, their stations in
        the order of the round. ``kind`` tells them apart. A team of one station has no geometry.
    """
    label = {
        "secret": secret_word(lang),
        "plan_id": orders.plan_id,
        "status": status_line(orders, lang),
        "modelled": modelled_line(orders, lang) or None,
    }
    features = [
        _station(stop, {"team_id": None, "reason_text": reason_line(orders, stop, lang)}, label)
        for stop in orders.uncovered
    ]
    for post in orders.posts:
        features.append(_post(post, label))
        for team in post.teams:
            features.append(_team(team, label))
            features += [_station(stop, {"team_id": team.team_id}, label) for stop in team.stops]
    collection = {"type": "FeatureCollection", "metro_gis": label, "features": features}
    return (
        json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    ).encode("utf-8")


def _feature(
    kind: str,
    geometry: dict[str, Any] | None,
    properties: dict[str, Any],
    label: dict[str, Any],
) -> dict[str, Any]:
    # readers drop what stands beside the features, so that every feature bears the label
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"kind": kind} | properties | label,
    }


def _point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def _station(stop: Stop, fate: dict[str, Any], label: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "station_id": stop.station_id,
        "name": stop.name,
        "kecamatan": stop.kecamatan,
        "kelurahan": stop.kelurahan,
        "risk_class": stop.risk_class,
        "voters": stop.voters,
        "linmas": stop.linmas,
        "order": stop.order or None,
        "deploy_minutes": stop.deploy_minutes,
        "beat_minutes": stop.beat_minutes,
        "place_modelled": stop.modelled,
        "reason": stop.reason,
    }
    return _feature("station", _point(stop.lon, stop.lat), properties | fate, label)


def _team(team: TeamOrders, label: dict[str, Any]) -> dict[str, Any]:
    line: Sequence[tuple[float, float]] = team.line
    geometry = {"type": "LineString", "coordinates": [list(one) for one in line]} if line else None
    properties = {
        "team_id": team.team_id,
        "post_id": team.post_id,
        "kecamatan": team.kecamatan,
        "officers": team.officers,
        "risk_class": team.strictest,
        "round": [stop.station_id for stop in team.stops],
        "deploy_minutes": team.deploy_minutes,
        "beat_minutes": team.beat_minutes,
        "round_minutes": team.round_minutes,
    }
    return _feature("team", geometry, properties, label)


def _post(post: PostOrders, label: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "post_id": post.post_id,
        "name": post.name,
        "post_kind": post.kind,
        "kecamatan": post.kecamatan,
        "officers": post.officers,
        "fixed_officers": post.fixed,
        "reserve_officers": post.reserve,
        "posted_officers": post.posted,
        "free_officers": post.free,
        "place_modelled": post.modelled,
    }
    return _feature("post", _point(post.lon, post.lat), properties, label)
