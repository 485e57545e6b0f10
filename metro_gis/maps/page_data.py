"""What a page shows: plain values, checked once, with no library's types in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metro_gis.maps.page_extras import CurveFacts, PlanName, PreviousFacts, ReserveFacts
    from metro_gis.maps.tiles import TileServer

Point = tuple[float, float]

__all__ = [
    "CLOSED",
    "COMMANDER",
    "AimRow",
    "Audience",
    "PageData",
    "Point",
    "PostRow",
    "StationRow",
    "StreetRow",
    "TeamRow",
]


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a page is for; `metro_gis.maps.audience` makes them and says what each may see.

    Parameters
    ----------
    kind
        ``"commander"`` sees all, ``"polsek"`` what one post needs, ``"public"`` where stations are.
    post_id
        The post of a ``"polsek"`` page; else empty.
    name
        What that post is called.
    kecamatan
        Of that post, as its table has it; may be empty.
    serves
        Kecamatan that it may give teams to, as its table has them; empty for all.
    """

    kind: Literal["commander", "polsek", "public"] = "commander"
    post_id: str = ""
    name: str = ""
    kecamatan: str = ""
    serves: tuple[str, ...] = ()


COMMANDER = Audience()
"""Who sees all."""
CLOSED = "closed"
"""Road class of streets that nobody may drive, beside those of OpenStreetMap."""


class AimRow(TypedDict):
    """One aim of the plan: its value and the proof it has."""

    name: Literal["cover", "strength", "nearness"]
    value: int | float | Sequence[int]
    bound: int | float | Sequence[int] | None
    gap: float | None


class StationRow(TypedDict):
    """One polling station (WGS 84 degrees, minutes, metres).

    ``reason`` says why no team of the page covers it: ``"other_post"`` that a team of another post
    does, ``"not_sent"`` that none is sent and the page does not tell why.
    """

    station_id: str
    name: str
    lon: float
    lat: float
    risk_class: Literal["low", "elevated", "high", "special"] | None
    kecamatan: str | None
    kelurahan: str | None
    voters: int | None
    team_id: str | None
    reason: Literal["no_road", "too_far", "no_officers", "other_post", "not_sent"] | None
    witness: Mapping[str, Any] | None
    deploy_minutes: float | None
    beat_minutes: float | None
    snap_m: float | None


class TeamRow(TypedDict):
    """One team and its beat (minutes; ``path`` in WGS 84 degrees, lon before lat)."""

    team_id: str
    post_id: str
    unit: str
    officers: int
    anchor_station_id: str
    station_ids: Sequence[str]
    rung: int | None
    load: float
    deploy_minutes: float
    beat_minutes: float
    round_minutes: float
    path: Sequence[Sequence[Sequence[float]]]


class PostRow(TypedDict):
    """One post and where its officers are (WGS 84 degrees)."""

    post_id: str
    name: str
    kind: str | None
    lon: float
    lat: float
    officers: int
    fixed: int
    reserve: int
    posted: int
    free: int


class StreetRow(TypedDict):
    """A street and the stretches along which its name may stand (WGS 84 degrees, lon first)."""

    name: str
    road_class: str
    lines: Sequence[Sequence[Point]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """Everything one page shows; a ``PageData`` that exists is consistent.

    Parameters
    ----------
    title
        Heading of the page.
    plan_id
        Identifier of the plan, as printed on every sheet.
    status
        ``"optimal"`` or ``"feasible"``; ``None`` where it is not told.
    stopped_by
        What ended the search early, or ``None``.
    gap
        Share of the officer-minutes that another plan might save at most; ``None`` without a bound.
    gap_certified
        The same by the bound that the checker works out anew; ``None`` without one.
    aims
        The aims in their order, with value and bound.
    roads_modelled
        Whether the roads were modelled rather than mapped.
    points_modelled
        Whether any station or post was modelled rather than surveyed.
    roads_source
        Where the roads come from.
    roads_date
        Date of the road data, as text.
    stations
        Every station, covered or not.
    teams
        Every team; ``station_ids`` in the order of the round, starting with the anchor.
    posts
        Every post.
    basemap
        Road class, or `CLOSED`, to polylines; points are (lon, lat) in WGS 84 degrees.
    units
        Kecamatan of stations and teams in the order in which they are listed; ``""`` where there
        is none.
    versions
        Name to version of what made the plan.
    limits
        ``deploy_minutes`` and ``beat_minutes`` of the scenario, as far as they are to be shown.
    border
        What no beat crosses.
    rung_low
        Border unit to its rung of class low; without a border ``"*"`` stands for the whole area.
    voting
        ``date`` (ISO), ``opens`` and ``closes`` (HH:MM), as far as they are known.
    audience
        Whom the page is for.
    curve
        What other numbers of officers come to; ``None`` tells nothing of it.
    reserve
        How far officers in reserve or free come; ``None`` tells nothing of it.
    superseded_by
        Plans that were made from this one.
    previous
        The plan that this one was made from, and what changed; ``None`` for one made anew.
    made
        Minute at which the plan's file was written, ISO 8601 at UTC+07:00; ``None`` if not told.
    streets
        Streets with names, the first to have room first.
    areas
        ``"kecamatan"`` and ``"kelurahan"``, as far as given, to their borders; points are
        (lon, lat) in WGS 84 degrees.
    tiles
        Server of map tiles that the page may ask; ``None`` for a page that asks nobody.

    Raises
    ------
    ValueError
        If an id stands twice, a reference leads nowhere, a round does not start at the anchor, or
        there are posts that the audience may not see.
    """

    title: str
    plan_id: str
    status: Literal["optimal", "feasible"] | None
    stopped_by: Literal["time_limit", "interrupted", "gap", "nodes", "exhausted"] | None
    gap: float | None
    gap_certified: float | None
    aims: Sequence[AimRow]
    roads_modelled: bool
    points_modelled: bool
    roads_source: str
    roads_date: str
    stations: Sequence[StationRow]
    teams: Sequence[TeamRow]
    posts: Sequence[PostRow]
    basemap: Mapping[str, Sequence[Sequence[Point]]]
    units: Sequence[str]
    versions: Mapping[str, str]
    limits: Mapping[str, float] = field(default_factory=dict)
    border: Literal["kecamatan", "kelurahan", "none"] = "kecamatan"
    rung_low: Mapping[str, int] = field(default_factory=dict)
    voting: Mapping[str, str | None] = field(default_factory=dict)
    audience: Audience = COMMANDER
    curve: CurveFacts | None = None
    reserve: ReserveFacts | None = None
    superseded_by: Sequence[PlanName] = ()
    previous: PreviousFacts | None = None
    made: str | None = None
    streets: Sequence[StreetRow] = ()
    areas: Mapping[str, Sequence[Sequence[Point]]] = field(default_factory=dict)
    tiles: TileServer | None = None

    def __post_init__(self) -> None:
        """Refuse rows that contradict each other."""
        stations = _ids("station", (row["station_id"] for row in self.stations))
        teams = _ids("team", (row["team_id"] for row in self.teams))
        posts = _ids("post", (row["post_id"] for row in self.posts))
        units = _ids("unit", self.units)
        _may_see(self.audience, posts)
        for station in self.stations:
            _known("unit", station["kecamatan"] or "", units)
            if station["team_id"] is not None:
                _known("team", station["team_id"], teams)
        for team in self.teams:
            _known("post", team["post_id"], posts)
            _known("unit", team["unit"], units)
            _starts_at_anchor(team)
            for station_id in team["station_ids"]:
                _known("station", station_id, stations)


def _ids(what: str, values: Iterable[str]) -> set[str]:
    """Collect identifiers and refuse one that stands twice."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            message = f"{what} {value!r} stands twice in the page's data"
            raise ValueError(message)
        seen.add(value)
    return seen


def _may_see(audience: Audience, posts: set[str]) -> None:
    """Refuse posts that the audience may not see."""
    hidden = posts - {audience.post_id}
    if audience.kind != "commander" and hidden:
        message = f"a page for {audience.kind!r} holds post {min(hidden)!r}"
        raise ValueError(message)


def _starts_at_anchor(team: TeamRow) -> None:
    """Refuse a round that does not start at its anchor."""
    if list(team["station_ids"][:1]) != [team["anchor_station_id"]]:
        message = f"the round of team {team['team_id']!r} does not start at its anchor"
        raise ValueError(message)


def _known(what: str, value: str, known: set[str]) -> None:
    """Refuse a reference that leads nowhere."""
    if value not in known:
        message = f"the page's data refer to {what} {value!r}, which is not among them"
        raise ValueError(message)
