"""The page's data block: columns instead of rows, names once, coordinates as short text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from metro_gis.maps.compact import encode_lines, encode_points, merge_directions
from metro_gis.maps.page_extras import extra_payload
from metro_gis.messages import LANGUAGES, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metro_gis.maps.page_data import (
        Audience,
        PageData,
        PostRow,
        StationRow,
        StreetRow,
        TeamRow,
    )

PREFIX = "page."
# what stands in the data block for fewer readers than all; the page's script fills up the rest
FIGURES = frozenset({"status", "stopped_by", "gap", "gap_certified", "aims", "rung_low"})
COMMANDERS_PARTS = frozenset({"curve", "previous", "reserve", "tiles"})
PUBLIC_PARTS = frozenset(
    {"lang", "texts", "plan", "units", "stations", "basemap", "streets", "areas"}
)
PUBLIC_FACTS = frozenset({"title", "audience", "roads_modelled", "points_modelled", "voting"})
PUBLIC_COLUMNS = frozenset(
    {"id", "name", "at", "kecamatan_names", "kecamatan", "kelurahan_names", "kelurahan"}
)
SHARED = ("cli.why-", "cli.class-")
"""Texts of the terminal that the page says too, under their full keys."""
# what could end the element, start another or break a line of script, each as JSON may write it
ESCAPES = str.maketrans(
    {mark: f"\\u{ord(mark):04x}" for mark in ("<", ">", "&", "\u2028", "\u2029", "\u007f")}
)

# what a page says before it is open
LOCK_TEXTS: Final = ("language", "secret")
LOCK_AREA: Final = "lock."

__all__ = ["lock_texts", "payload", "script_json"]


def payload(data: PageData, *, lang: str) -> dict[str, Any]:
    """Lay the data of a page out as the page's script reads it.

    Parameters
    ----------
    data
        What the page shows.
    lang
        Language in which the page opens, ``"id"`` or ``"en"``.

    Returns
    -------
    dict
        Plain values, ready for JSON. Keys that the audience has no values for are left out.
    """
    content = _whole(data, lang=lang)
    if data.audience.kind == "public":
        content = {key: content[key] for key in sorted(PUBLIC_PARTS)}
        content["plan"] = {key: content["plan"][key] for key in sorted(PUBLIC_FACTS)}
        content["stations"] = {key: content["stations"][key] for key in sorted(PUBLIC_COLUMNS)}
    elif data.audience.kind == "polsek":
        for key in FIGURES:
            del content["plan"][key]
        content = {key: part for key, part in content.items() if key not in COMMANDERS_PARTS}
    return content


def _whole(data: PageData, *, lang: str) -> dict[str, Any]:
    team_index = {team["team_id"]: index for index, team in enumerate(data.teams)}
    station_index = {row["station_id"]: index for index, row in enumerate(data.stations)}
    post_index = {post["post_id"]: index for index, post in enumerate(data.posts)}
    basemap = {name: merge_directions(lines) for name, lines in data.basemap.items()}
    return {
        "lang": lang,
        "texts": {language: _texts(language) for language in sorted(LANGUAGES)},
        "plan": {
            "title": data.title,
            "plan_id": data.plan_id,
            "status": data.status,
            "stopped_by": data.stopped_by,
            "gap": data.gap,
            "gap_certified": data.gap_certified,
            "aims": [dict(aim) for aim in data.aims],
            "roads_modelled": data.roads_modelled,
            "points_modelled": data.points_modelled,
            "roads_source": data.roads_source,
            "roads_date": data.roads_date,
            "limits": dict(data.limits),
            "border": data.border,
            "rung_low": dict(data.rung_low),
            "versions": dict(data.versions),
            "audience": _audience(data.audience),
            "voting": {key: value for key, value in data.voting.items() if value is not None},
        },
        "units": list(data.units),
        "stations": _stations(data.stations, team_index),
        "teams": _teams(data, station_index, post_index),
        "posts": _posts(data.posts),
        "basemap": {name: encode_lines(lines) for name, lines in basemap.items()},
        "streets": _streets(data.streets),
        "areas": {level: encode_lines(lines) for level, lines in data.areas.items()},
        "tiles": data.tiles and {"url": data.tiles.template, "host": data.tiles.host},
    } | extra_payload(data, basemap)


def lock_texts() -> dict[str, dict[str, str]]:
    """Give the texts of a lock screen, which hold nothing of any plan.

    Returns
    -------
    dict
        Language to key to text.
    """
    return {
        language: {
            key: template
            for key, template in _texts(language).items()
            if key in LOCK_TEXTS or key.startswith(LOCK_AREA)
        }
        for language in sorted(LANGUAGES)
    }


def script_json(value: object) -> str:
    r"""Write a value as JSON that may stand inside a script element.

    Parameters
    ----------
    value
        Plain values.

    Returns
    -------
    str
        JSON without ``<``, ``>``, ``&``, U+2028 and U+2029: each is written as an escape.

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> print(script_json({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # a lone surrogate cannot be written as UTF-8, but JSON can spell it
    spelled = "".join(f"\\u{ord(mark):04x}" if _lone(mark) else mark for mark in text)
    return spelled.translate(ESCAPES)


def _lone(mark: str) -> bool:
    return "\ud800" <= mark <= "\udfff"


def _texts(lang: str) -> dict[str, str]:
    return {
        key.removeprefix(PREFIX): template
        for key, template in sorted(catalogue(lang).items())
        if key.startswith((PREFIX, *SHARED))
    }


def _audience(audience: Audience) -> dict[str, str]:
    return {"kind": audience.kind} | ({"name": audience.name} if audience.name else {})


def _numbered(names: Iterable[str | None]) -> tuple[list[str], list[int]]:
    """List each name once, and say for every row which one it is."""
    places: dict[str, int] = {}
    indices = [places.setdefault(name or "", len(places)) for name in names]
    return list(places), indices


def _stations(rows: Iterable[StationRow], team_index: dict[str, int]) -> dict[str, Any]:
    rows = list(rows)
    kecamatan, in_kecamatan = _numbered(row["kecamatan"] for row in rows)
    kelurahan, in_kelurahan = _numbered(row["kelurahan"] for row in rows)
    return {
        "id": [row["station_id"] for row in rows],
        "name": [row["name"] for row in rows],
        "at": encode_points((row["lon"], row["lat"]) for row in rows),
        "risk_class": "".join((row["risk_class"] or " ")[0] for row in rows),
        "kecamatan_names": kecamatan,
        "kecamatan": in_kecamatan,
        "kelurahan_names": kelurahan,
        "kelurahan": in_kelurahan,
        "voters": [row["voters"] for row in rows],
        "team": [-1 if row["team_id"] is None else team_index[row["team_id"]] for row in rows],
        "deploy": [_rounded(row["deploy_minutes"]) for row in rows],
        "beat": [_rounded(row["beat_minutes"]) for row in rows],
        "snap": [_rounded(row["snap_m"]) for row in rows],
        "uncovered": [
            [index, row["reason"], None if row["witness"] is None else dict(row["witness"])]
            for index, row in enumerate(rows)
            if row["team_id"] is None
        ],
    }


def _teams(
    data: PageData, station_index: dict[str, int], post_index: dict[str, int]
) -> dict[str, Any]:
    unit_index = {unit: index for index, unit in enumerate(data.units)}
    rows: list[TeamRow] = list(data.teams)
    return {
        "id": [row["team_id"] for row in rows],
        "post": [post_index[row["post_id"]] for row in rows],
        "unit": [unit_index[row["unit"]] for row in rows],
        "officers": [row["officers"] for row in rows],
        "anchor": [station_index[row["anchor_station_id"]] for row in rows],
        "round": [[station_index[item] for item in row["station_ids"]] for row in rows],
        "rung": [row["rung"] for row in rows],
        "load": [round(row["load"], 3) for row in rows],
        "deploy": [_rounded(row["deploy_minutes"]) for row in rows],
        "beat": [_rounded(row["beat_minutes"]) for row in rows],
        "minutes": [_rounded(row["round_minutes"]) for row in rows],
        "path": [encode_lines(row["path"]) for row in rows],
    }


def _posts(rows: Iterable[PostRow]) -> dict[str, Any]:
    rows = list(rows)
    return {
        "id": [row["post_id"] for row in rows],
        "name": [row["name"] for row in rows],
        "kind": [row["kind"] for row in rows],
        "at": encode_points((row["lon"], row["lat"]) for row in rows),
        "officers": [row["officers"] for row in rows],
        "fixed": [row["fixed"] for row in rows],
        "reserve": [row["reserve"] for row in rows],
        "posted": [row["posted"] for row in rows],
        "free": [row["free"] for row in rows],
    }


def _streets(rows: Iterable[StreetRow]) -> dict[str, Any]:
    rows = list(rows)
    return {
        "name": [row["name"] for row in rows],
        "class": [row["road_class"] for row in rows],
        "lines": [encode_lines(row["lines"]) for row in rows],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
