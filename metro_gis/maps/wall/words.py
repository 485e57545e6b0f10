"""What a wall map says in words: those of the page (``assets/texts.js``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from metro_gis.maps.wall.widths import one_line
from metro_gis.messages import number, percent, text

if TYPE_CHECKING:
    from metro_gis.maps.page_data import PageData, StationRow

NUMBERED: Final = re.compile(r"TPS[\s.]*\d{1,4}[A-Z]?(?!\w)", re.IGNORECASE)
STAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[T ])")

__all__ = [
    "attribution",
    "banner",
    "day",
    "modelled_kind",
    "place_name",
    "reason",
    "say",
    "short_name",
    "truth_line",
]


def say(key: str, lang: str, **values: str | int) -> str:
    """Look a text of the page up.

    Parameters
    ----------
    key
        Its key, without ``page.``.
    lang
        ``"id"`` or ``"en"``.
    **values
        What its placeholders stand for.

    Returns
    -------
    str
        The text; whole numbers are written as the language writes them.
    """
    shown = {
        name: number(value, lang) if isinstance(value, int) else value
        for name, value in values.items()
    }
    return text(f"page.{key}", lang, **shown)


def truth_line(data: PageData, lang: str) -> str:
    """Say what the plan is worth, in one line, without flattering it.

    Parameters
    ----------
    data
        What is drawn.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        What is covered, what is proven, what ended the search, what was modelled.
    """
    covered = sum(row["team_id"] is not None for row in data.stations)
    parts = [say("coverage", lang, covered=covered, total=len(data.stations)), _proof(data, lang)]
    if data.gap_certified is not None and data.status != "optimal":
        parts.append(say("proof.checked", lang, gap=percent(data.gap_certified, lang)))
    if data.stopped_by:
        parts.append(say(f"stopped.{data.stopped_by}", lang))
    kind = modelled_kind(data)
    if kind:
        parts.append(say(f"modelled.{kind}", lang))
    return "; ".join(parts)


def _proof(data: PageData, lang: str) -> str:
    # a bound of nothing proves nothing
    if data.gap is None or data.gap >= 1:
        return say("proof.none", lang)
    gap = percent(data.gap, lang)
    if data.status != "optimal":
        return say("proof.within", lang, gap=gap)
    return say("proof.best_within", lang, gap=gap) if data.gap > 0 else say("proof.best", lang)


def modelled_kind(data: PageData) -> Literal["roads", "points", "both"] | None:
    """Say which of roads and points were modelled.

    Parameters
    ----------
    data
        What is drawn.

    Returns
    -------
    str or None
        Part of the key of a text; None where nothing was.
    """
    if data.roads_modelled and data.points_modelled:
        return "both"
    if data.roads_modelled:
        return "roads"
    return "points" if data.points_modelled else None


def banner(data: PageData, lang: str) -> str | None:
    """Say that what was modelled is not for operations.

    Parameters
    ----------
    data
        What is drawn.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str or None
        The warning; None where nothing was modelled.
    """
    kind = modelled_kind(data)
    return f"{say(f'banner.{kind}', lang)} {say('banner.rest', lang)}" if kind else None


def attribution(data: PageData, lang: str) -> str:
    """Say whose the roads are.

    Parameters
    ----------
    data
        What is drawn.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        OpenStreetMap's contributors, or that the roads were modelled.
    """
    return say("attribution_modelled" if data.roads_modelled else "attribution_osm", lang)


def day(stamp: str) -> str:
    """Take the day from an ISO time stamp; what is no such stamp stays as it is.

    Parameters
    ----------
    stamp
        Date of the roads, as the plan tells it.

    Returns
    -------
    str
        The day.
    """
    found = STAMP.match(stamp)
    return found.group() if found else one_line(stamp)


def place_name(name: str | None, lang: str) -> str:
    """Name a unit, or say that it has no name.

    Parameters
    ----------
    name
        Its name.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Text to be shown.
    """
    return one_line(name or "") or say("unnamed", lang)


def short_name(station: StationRow) -> str:
    """Shorten a station's name to what tells it apart within its kelurahan.

    Parameters
    ----------
    station
        A station.

    Returns
    -------
    str
        ``"TPS 005"`` of ``"TPS 005 Purwosari"``; another name without its kelurahan at the end; the
        station's number where there is no name.

    Examples
    --------
    >>> short_name({"station_id": "1", "name": "TPS 005 Purwosari", "kelurahan": "Purwosari"})
    'TPS 005'
    >>> short_name({"station_id": "1", "name": "Balai Desa Purwosari", "kelurahan": "Purwosari"})
    'Balai Desa'
    """
    name = one_line(station["name"] or "")
    numbered = NUMBERED.match(name)
    if numbered:
        return numbered.group()
    kelurahan = one_line(station["kelurahan"] or "")
    if kelurahan and name.casefold().endswith(f" {kelurahan.casefold()}"):
        name = name[: -len(kelurahan)].rstrip(" ,-/")
    return name or one_line(station["station_id"])


def reason(station: StationRow, lang: str) -> str:
    """Say in a few words why a station is not covered.

    Parameters
    ----------
    station
        A station without a team.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        The reason.
    """
    enough = (station["witness"] or {}).get("enough")
    # where a post has officers enough free it would be untrue that none "are left"
    if station["reason"] == "no_officers" and enough and enough["officers"] == 0:
        return say("reason.not_sent", lang)
    return say(f"reason.{station['reason'] or 'unknown'}", lang)
