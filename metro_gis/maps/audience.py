"""Whom a page is for, and what is in its file: what an audience may not see is taken out.

Pages are built anew from what is named here, never copied and cut: a field that is added to
`PageData` reaches no audience but the commander until somebody decides that it may.
"""

from __future__ import annotations

import hashlib
import re
from itertools import chain, pairwise
from math import cos, radians
from typing import TYPE_CHECKING, Any, Final

from metro_gis.errors import Fault, UsageError
from metro_gis.maps.page_data import (
    CLOSED,
    COMMANDER,
    Audience,
    PageData,
    StationRow,
    StreetRow,
)
from metro_gis.workspace import SEALED_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metro_gis.maps.page_data import Point, PostRow, TeamRow

    Box = tuple[float, float, float, float]

PUBLIC: Final = Audience("public")
POLSEK: Final = "polsek:"
MARGIN_M: Final = 1_000  # roads around a post's stations that its page draws
DEGREE_M: Final = 111_195  # of latitude
PLAIN_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
DIGEST_DIGITS: Final = 8
TAKEN: Final = (PUBLIC.kind, SEALED_MARK.removeprefix("@"))
"""What follows the ``"@"`` of other pages."""

__all__ = ["COMMANDER", "PUBLIC", "Audience", "file_mark", "parse_audience", "restrict"]


def parse_audience(text: str, posts: Iterable[Mapping[str, Any]]) -> Audience:
    """Read an audience as it is written on the command line.

    Parameters
    ----------
    text
        ``"commander"``, ``"public"`` or ``"polsek:NAME"``; NAME is the id or the name of a post,
        upper or lower case.
    posts
        Rows of the plan's posts.

    Returns
    -------
    Audience
        Whom the page is for.

    Raises
    ------
    UsageError
        If there is no such audience or post, or several posts of that name.
    """
    asked = _folded(text)
    for known in (COMMANDER, PUBLIC):
        if asked == known.kind:
            return known
    if not asked.startswith(POLSEK):
        raise UsageError(Fault("audience-unknown", value=text))
    rows = list(posts)
    name = " ".join(text.strip()[len(POLSEK) :].split())
    found = _posts_called(name, rows)
    if len(found) != 1:
        code = "audience-post-twice" if found else "audience-post-unknown"
        listed = ", ".join(_told(row) for row in found or rows)
        raise UsageError(Fault(code, value=name, params={"posts": listed}))
    return _of_post(found[0])


def file_mark(audience: Audience) -> str:
    """Give what an audience's page has in its name after the plan's stem.

    Parameters
    ----------
    audience
        Whom the page is for.

    Returns
    -------
    str
        Empty for the commander; else ``"@"`` and a name that no other audience of the plan has,
        in letters that any disk takes. No stem holds ``"@"``.

    Examples
    --------
    >>> file_mark(Audience("polsek", post_id="polsek-utara"))
    '@polsek-utara'
    """
    if audience.kind != "polsek":
        return "" if audience.kind == "commander" else f"@{audience.kind}"
    post_id = audience.post_id
    if PLAIN_ID.fullmatch(post_id) and post_id not in TAKEN:
        return f"@{post_id}"
    # ids that differ in case or in strange marks alone would else share a file
    digest = hashlib.sha256(post_id.encode("utf-8", "surrogatepass")).hexdigest()
    plain = re.sub(r"[^a-z0-9]+", "-", post_id.lower()).strip("-")[:50]
    return f"@{plain or 'post'}-{digest[:DIGEST_DIGITS]}"


def restrict(data: PageData, audience: Audience) -> PageData:
    """Keep of a page what an audience may see.

    Parameters
    ----------
    data
        The commander's page.
    audience
        Whom the page is for.

    Returns
    -------
    PageData
        For the commander the same. For a post its teams with their stations and rounds, the post
        itself, and the other stations of its kecamatan: those that nobody covers, and, without
        team, post or minutes, those that another post covers. For the public the stations' names
        and places. No order, number or index tells of what was left out.

    Raises
    ------
    ValueError
        If the page was restricted before.
    """
    if data.audience != COMMANDER:
        message = f"the page is already one for {data.audience.kind!r}"
        raise ValueError(message)
    if audience.kind == "commander":
        return data
    return _for_public(data) if audience.kind == "public" else _for_post(data, audience)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _posts_called(name: str, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Find the posts of an id or a name: those with exactly this id first."""
    asked = _folded(name)
    for fits in (
        lambda row: row["post_id"] == name,
        lambda row: _folded(row["post_id"]) == asked,
        lambda row: _folded(row["name"] or "") == asked,
    ):
        found = [row for row in rows if asked and fits(row)]
        if found:
            return found
    return []


def _told(row: Mapping[str, Any]) -> str:
    return f"{row['post_id']} ({row['name']})" if row["name"] else str(row["post_id"])


def _of_post(row: Mapping[str, Any]) -> Audience:
    serves = (row.get("serves") or "").split(";")
    return Audience(
        "polsek",
        post_id=row["post_id"],
        name=row["name"] or row["post_id"],
        kecamatan=row.get("kecamatan") or "",
        serves=tuple(part.strip() for part in serves if part.strip()),
    )


def _for_public(data: PageData) -> PageData:
    """Keep where the stations are, in an order that comes from their names alone."""

    def place(row: StationRow) -> tuple[str, str, str]:
        return row["kecamatan"] or "", row["kelurahan"] or "", row["station_id"]

    return PageData(
        title=data.title,
        plan_id="",
        status=None,
        stopped_by=None,
        gap=None,
        gap_certified=None,
        aims=(),
        roads_modelled=data.roads_modelled,
        points_modelled=data.points_modelled,
        roads_source="",
        roads_date="",
        # a table may be sorted by class
        stations=[_bare(row) for row in sorted(data.stations, key=place)],
        teams=(),
        posts=(),
        basemap=_all_open(data.basemap),
        voting=data.voting,
        streets=data.streets,
        areas=data.areas,
        units=sorted({row["kecamatan"] or "" for row in data.stations}),
        versions={},
        audience=PUBLIC,
    )


def _all_open(basemap: Mapping[str, Sequence[Sequence[Point]]]) -> dict[str, Any]:
    """Draw closed streets like any: which ones a plan takes to be closed is not for the public."""
    roads = {name: lines for name, lines in basemap.items() if name != CLOSED}
    if CLOSED in basemap:
        roads["unknown"] = [*roads.get("unknown", ()), *basemap[CLOSED]]
    return roads


def _streets_around(
    streets: Sequence[StreetRow], rows: Sequence[StationRow | PostRow]
) -> tuple[StreetRow, ...]:
    """Keep of streets with names what lies around some places."""
    lines = {str(number): street["lines"] for number, street in enumerate(streets)}
    kept = _roads_around(lines, rows)
    return tuple(
        StreetRow(name=street["name"], road_class=street["road_class"], lines=kept[str(number)])
        for number, street in enumerate(streets)
        if kept.get(str(number))
    )


def _for_post(data: PageData, audience: Audience) -> PageData:
    """Keep what one post needs."""
    posts = [row for row in data.posts if row["post_id"] == audience.post_id]
    teams = [row for row in data.teams if row["post_id"] == audience.post_id]
    stations = _of_post_or_district(data, audience, teams)
    return PageData(
        title=data.title,
        plan_id=data.plan_id,
        status=None,
        stopped_by=None,
        gap=None,
        gap_certified=None,
        aims=(),
        roads_modelled=data.roads_modelled,
        points_modelled=data.points_modelled,
        roads_source=data.roads_source,
        roads_date=data.roads_date,
        stations=stations,
        teams=teams,
        posts=posts,
        basemap=_roads_around(data.basemap, [*stations, *posts]),
        streets=_streets_around(data.streets, [*stations, *posts]),
        superseded_by=data.superseded_by,
        voting=data.voting,
        made=data.made,
        units=sorted({row["kecamatan"] or "" for row in stations} | {row["unit"] for row in teams}),
        versions=data.versions,
        limits=data.limits,
        border=data.border,
        audience=audience,
    )


def _of_post_or_district(
    data: PageData, audience: Audience, teams: Sequence[TeamRow]
) -> list[StationRow]:
    """Give the stations of a post's teams, and the others of its kecamatan with less told."""
    own = {station_id for team in teams for station_id in team["station_ids"]}
    district = _district(data, audience, teams)
    kept = [
        row for row in data.stations if row["station_id"] in own or row["kecamatan"] in district
    ]
    shown = {row["station_id"] for row in kept}
    return [
        row if row["station_id"] in own else _without_team(row, audience.post_id, shown)
        for row in kept
    ]


def _district(data: PageData, audience: Audience, teams: Sequence[TeamRow]) -> set[str]:
    """Name the kecamatan that a post stands for: its own, else those it serves, else its teams'."""
    known = {row["kecamatan"] for row in data.stations if row["kecamatan"]}
    for told in ([audience.kecamatan], audience.serves, [team["unit"] for team in teams]):
        asked = {_folded(name) for name in told}
        found = {name for name in known if _folded(name) in asked}
        if found:
            return found
    return set()


def _without_team(row: StationRow, post_id: str, shown: set[str]) -> StationRow:
    """Tell of a station in the district that no team of the post covers."""
    bare = _bare(row)
    bare["risk_class"] = row["risk_class"]
    bare["voters"] = row["voters"]
    bare["snap_m"] = row["snap_m"]
    if row["team_id"] is not None:
        bare["reason"] = "other_post"
        return bare
    bare["reason"], witness = row["reason"], row["witness"] or {}
    bare["witness"] = _own_witness(witness)
    named = _posts_named(witness)
    if not named <= {post_id} or not set(witness.get("stations", ())) <= shown:
        bare["witness"] = None
        # officers may be free elsewhere: that none are left would then be untrue
        bare["reason"] = "not_sent" if row["reason"] == "no_officers" else row["reason"]
    return bare


def _own_witness(witness: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a witness what is known to tell of a station and of the posts that it names."""
    kinds = (
        "snap_m", "snap_limit_m", "post_id", "minutes", "kind", "stations", "posts",
        "officers_needed", "officers", "enough",
    )  # fmt: skip
    return {key: witness[key] for key in kinds if key in witness}


def _posts_named(witness: Mapping[str, Any]) -> set[str]:
    enough = witness.get("enough") or {}
    named = chain(witness.get("posts", ()), (witness.get("post_id"), enough.get("post_id")))
    return {post_id for post_id in named if post_id is not None}


def _bare(row: StationRow) -> StationRow:
    """Keep a station's name and place."""
    return StationRow(
        station_id=row["station_id"],
        name=row["name"],
        lon=row["lon"],
        lat=row["lat"],
        risk_class=None,
        kecamatan=row["kecamatan"],
        kelurahan=row["kelurahan"],
        voters=None,
        team_id=None,
        reason=None,
        witness=None,
        deploy_minutes=None,
        beat_minutes=None,
        snap_m=None,
    )


def _roads_around(
    basemap: Mapping[str, Sequence[Sequence[Point]]], rows: Sequence[StationRow | PostRow]
) -> dict[str, list[list[Point]]]:
    """Keep the roads around points, as (lon, lat) in EPSG:4326."""
    if not rows:
        return {}
    lons, lats = [row["lon"] for row in rows], [row["lat"] for row in rows]
    up = MARGIN_M / DEGREE_M
    aside = up / max(cos(radians(max(map(abs, lats)))), up)
    box = min(lons) - aside, min(lats) - up, max(lons) + aside, max(lats) + up
    parts = {
        name: [part for line in lines for part in _inside(line, box)]
        for name, lines in basemap.items()
    }
    return {name: lines for name, lines in parts.items() if lines}


def _inside(line: Sequence[Point], box: Box) -> Iterator[list[Point]]:
    """Give the runs of a polyline whose pieces touch a box (west, south, east, north)."""
    run: list[Point] = []
    for a, b in pairwise(line):
        if _touches(a, b, box):
            run.extend([b] if run else [a, b])
        elif run:
            yield run
            run = []
    if run:
        yield run


def _touches(a: Point, b: Point, box: Box) -> bool:
    """Whether the box around two points meets another box."""
    west, south, east, north = box
    return (
        min(a[0], b[0]) <= east
        and max(a[0], b[0]) >= west
        and min(a[1], b[1]) <= north
        and max(a[1], b[1]) >= south
    )
