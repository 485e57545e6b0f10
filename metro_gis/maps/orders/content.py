"""What orders say: a plan arranged by post, team and stop, with every text made safe to print.

Every file that is handed out is written from an `Orders`, so that all of them tell the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from metro_gis.doctrine import RiskClass
from metro_gis.messages import clean
from metro_gis.plan_file import OFFICERS
from metro_gis.summary import summarize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.plan_file import PlanFile, Row

Point = tuple[float, float]

CLASSES: Final = tuple(str(cls) for cls in RiskClass)
STRICTEST_FIRST: Final = {name: place for place, name in enumerate(reversed(CLASSES))}
MODELLED: Final = "modelled"

__all__ = [
    "CLASSES",
    "Officer",
    "Orders",
    "PostOrders",
    "Stop",
    "TeamOrders",
    "build_orders",
]


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of a team.

    Parameters
    ----------
    name, rank, nrp, unit
        As the order prints them; empty where unknown.
    """

    name: str = ""
    rank: str = ""
    nrp: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """A station as an order names it.

    Parameters
    ----------
    station_id, name, kecamatan, kelurahan
        Texts without hidden characters; empty where unknown.
    lon, lat
        WGS 84 degrees (EPSG:4326).
    risk_class
        ``"low"``, ``"elevated"``, ``"high"`` or ``"special"``.
    voters
        Voters, if known.
    linmas
        Civil guards at this station.
    modelled
        Whether the place was invented rather than surveyed.
    order
        Place in the round, from 1; 0 without a team.
    deploy_minutes, beat_minutes
        From the post, and from the anchor; None without a team.
    reason, witness
        Why no team covers it; None with a team.
    """

    station_id: str
    name: str
    kecamatan: str
    kelurahan: str
    lon: float
    lat: float
    risk_class: str
    voters: int | None
    linmas: int
    modelled: bool
    order: int = 0
    deploy_minutes: float | None = None
    beat_minutes: float | None = None
    reason: str | None = None
    witness: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TeamOrders:
    """A team: who, how many, and its round.

    Parameters
    ----------
    team_id, post_id
        Ids.
    kecamatan
        Of its anchor; empty where stations have none.
    officers
        Police officers in the team.
    people
        Their names, if the plan knows them.
    stops
        Its stations in the order of the round, the anchor first.
    deploy_minutes
        From the post to the anchor.
    beat_minutes
        From the anchor to the farthest station.
    round_minutes
        The closed round.
    line
        The round along the roads: (lon, lat), EPSG:4326; empty for a single station.
    """

    team_id: str
    post_id: str
    kecamatan: str
    officers: int
    people: tuple[Officer, ...]
    stops: tuple[Stop, ...]
    deploy_minutes: float
    beat_minutes: float
    round_minutes: float
    line: tuple[Point, ...]

    @property
    def strictest(self) -> str:
        """The strictest risk class among its stations."""
        return min((stop.risk_class for stop in self.stops), key=STRICTEST_FIRST.__getitem__)


@dataclass(frozen=True, slots=True)
class PostOrders:
    """A post with its officers and teams.

    Parameters
    ----------
    post_id, name, kind, kecamatan
        Texts; the name is the id where the post has none.
    lon, lat
        WGS 84 degrees (EPSG:4326).
    officers, fixed, reserve, posted, free
        Officers in all, at fixed posts, in reserve, on stations, and left over.
    modelled
        Whether the place was invented rather than surveyed.
    teams
        In the order of the plan.
    """

    post_id: str
    name: str
    kind: str
    kecamatan: str
    lon: float
    lat: float
    officers: int
    fixed: int
    reserve: int
    posted: int
    free: int
    modelled: bool
    teams: tuple[TeamOrders, ...]


@dataclass(frozen=True, slots=True)
class Orders:
    """A plan, ready to be handed out.

    Parameters
    ----------
    title
        Title of the scenario, or its stem.
    plan_id
        Sixteen hexadecimal digits.
    previous_plan_id
        Plan that this one takes the place of, if it was made as a re-plan.
    uncovered
        Stations without a team, the strictest class first.
    posts
        Every post, in the order of the plan.
    stations
        Number of stations by risk class.
    summary
        Figures as `metro_gis.summary.summarize` gives them.
    deploy_limit
        Limit from post to station in minutes.
    roads_modelled, points_modelled
        What was invented rather than mapped or surveyed.
    inputs
        ``name, file, sha256`` and ``rows`` of every input.
    versions
        Name to version of what made the plan.
    """

    title: str
    plan_id: str
    previous_plan_id: str | None
    uncovered: tuple[Stop, ...]
    posts: tuple[PostOrders, ...]
    stations: Mapping[str, int]
    summary: Mapping[str, Any]
    deploy_limit: float
    roads_modelled: bool
    points_modelled: bool
    inputs: tuple[Mapping[str, Any], ...]
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def teams(self) -> tuple[TeamOrders, ...]:
        """Every team, post by post."""
        return tuple(team for post in self.posts for team in post.teams)

    def post_name(self, post_id: str) -> str:
        """Name a post.

        Parameters
        ----------
        post_id
            Its id.

        Returns
        -------
        str
            Its name; the id where there is no such post.
        """
        return next((post.name for post in self.posts if post.post_id == post_id), post_id)


def build_orders(plan: PlanFile) -> Orders:
    """Arrange a plan by post, team and stop.

    Parameters
    ----------
    plan
        A plan that keeps the rules.

    Returns
    -------
    Orders
        With every text free of control and direction marks.
    """
    info, tables = plan.info, plan.tables
    stops, people = _stops(plan), _people(plan)
    teams = [
        _team(row, tuple(line), stops, people.get(row["team_id"], ()))
        for row, line in zip(tables["teams"], plan.rounds, strict=True)
    ]
    points = zip(tables["posts"], plan.points["posts"], strict=True)
    lacking = [stops[row["station_id"]] for row in tables["stations"] if row["team_id"] is None]
    return Orders(
        title=clean(info["scenario"]["title"] or info["scenario"]["stem"]),
        plan_id=plan.plan_id,
        previous_plan_id=info["previous_plan_id"],
        uncovered=tuple(sorted(lacking, key=lambda stop: STRICTEST_FIRST[stop.risk_class])),
        posts=tuple(_post(row, point, teams) for row, point in points),
        stations={
            cls: sum(row["risk_class"] == cls for row in tables["stations"]) for cls in CLASSES
        },
        summary=summarize(plan),
        deploy_limit=float(info["scenario"]["limits"]["deploy_minutes"]),
        roads_modelled=bool(info["roads"]["modelled"]),
        points_modelled=any(
            row["location_source"] == MODELLED for row in (*tables["stations"], *tables["posts"])
        ),
        inputs=tuple(info["inputs"]),
        versions=info["versions"],
    )


def _stops(plan: PlanFile) -> dict[str, Stop]:
    """Give every station by its id."""
    patterns = plan.info["scenario"]["patterns"]
    witnesses = {row["station_id"]: json.loads(row["detail"]) for row in plan.tables["witnesses"]}
    orders = {
        station_id: place
        for team in plan.tables["teams"]
        for place, station_id in enumerate(team["round"].split(";"), start=1)
    }
    return {
        row["station_id"]: Stop(
            station_id=clean(row["station_id"]),
            name=clean(row["name"] or ""),
            kecamatan=clean(row["kecamatan"] or ""),
            kelurahan=clean(row["kelurahan"] or ""),
            lon=lon,
            lat=lat,
            risk_class=row["risk_class"],
            voters=row["voters"],
            linmas=patterns[row["risk_class"]]["linmas"],
            modelled=row["location_source"] == MODELLED,
            order=orders.get(row["station_id"], 0),
            deploy_minutes=row["deploy_minutes"],
            beat_minutes=row["beat_minutes"],
            reason=row["reason"],
            witness=witnesses.get(row["station_id"]),
        )
        for row, (lon, lat) in zip(plan.tables["stations"], plan.points["stations"], strict=True)
    }


def _people(plan: PlanFile) -> dict[str, list[Officer]]:
    """Give the officers of every team, where the plan names them."""
    posts = {row["post_id"]: row["name"] or row["post_id"] for row in plan.tables["posts"]}
    people: dict[str, list[Officer]] = {}
    for row in plan.tables.get(OFFICERS, ()):
        if row["team_id"] is not None:
            words = (row["name"], row["rank"] or "", row["officer_id"], posts[row["post_id"]])
            people.setdefault(row["team_id"], []).append(Officer(*map(clean, words)))
    return people


def _team(
    row: Row, line: tuple[Point, ...], stops: Mapping[str, Stop], people: Sequence[Officer]
) -> TeamOrders:
    return TeamOrders(
        team_id=clean(row["team_id"]),
        post_id=clean(row["post_id"]),
        kecamatan=clean(row["kecamatan"] or ""),
        officers=row["officers"],
        people=tuple(people),
        stops=tuple(stops[station_id] for station_id in row["round"].split(";")),
        deploy_minutes=row["deploy_minutes"],
        beat_minutes=row["beat_minutes"],
        round_minutes=row["round_minutes"],
        line=line,
    )


def _post(row: Row, point: Point, teams: Sequence[TeamOrders]) -> PostOrders:
    post_id = clean(row["post_id"])
    return PostOrders(
        post_id=post_id,
        name=clean(row["name"] or "") or post_id,
        kind=clean(row["kind"] or ""),
        kecamatan=clean(row["kecamatan"] or ""),
        lon=point[0],
        lat=point[1],
        officers=row["officers"],
        fixed=row["fixed_officers"],
        reserve=row["reserve_officers"],
        posted=row["posted_officers"],
        free=row["free_officers"],
        modelled=row["location_source"] == MODELLED,
        teams=tuple(team for team in teams if team.post_id == post_id),
    )
