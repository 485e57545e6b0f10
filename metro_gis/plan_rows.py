"""From what the optimizer decided to the rows of a plan file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from metro_gis.doctrine import RiskClass
from metro_gis.plan import (
    Aim,
    Beat,
    Outcome,
    Reason,
    beat_minutes_tenths,
    beat_officers,
)
from metro_gis.plan_file import FORMAT, PlanFile, Row, canonical_json, plan_id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.problem import Problem


@dataclass(frozen=True, slots=True)
class Round:
    """A team's round along the roads.

    Parameters
    ----------
    stations
        Station indices in order, the anchor first; the way back is implied.
    tenths
        Length of the closed tour in tenths of a minute, each leg rounded up.
    line
        Vertices (lon, lat), EPSG:4326; empty for a beat of one station.
    """

    stations: tuple[int, ...]
    tenths: int
    line: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where a point hangs on a directed edge of the road graph.

    Parameters
    ----------
    u, v, key
        The edge, with node ids as text.
    along_m
        Metres from ``u`` along the edge.
    access_m
        Metres from the point to the edge.
    """

    u: str
    v: str
    key: int
    along_m: float
    access_m: float


@dataclass(frozen=True, slots=True)
class Access:
    """Attachments of all points.

    Parameters
    ----------
    stations, posts
        For each station and post its attachments; none where no road is near enough.
    station_nearest_m
        Metres from each station to the nearest road, beyond the limit too.
    """

    stations: Sequence[Sequence[Attachment]]
    posts: Sequence[Sequence[Attachment]]
    station_nearest_m: Sequence[float]


def build_plan_file(
    problem: Problem,
    outcome: Outcome,
    rounds: Sequence[Round],
    access: Access,
    facts: Mapping[str, Any],
    *,
    team_ids: Sequence[str] | None = None,
) -> PlanFile:
    """Put a plan together.

    Parameters
    ----------
    problem
        The problem.
    outcome
        What the optimizer decided.
    rounds
        Round of every beat, in their order.
    access
        Attachments of stations and posts.
    facts
        What else ``plan_info`` tells: ``scenario, seed, inputs, roads, modelled, versions,
        snap_limit_m``; of a re-plan also ``previous_plan_id`` and ``changes``.
    team_ids
        Id of every beat's team; numbered by default.

    Returns
    -------
    PlanFile
        With its ``plan_id``.
    """
    if team_ids is None:
        team_ids = [f"T{number:03d}" for number in range(1, len(outcome.beats) + 1)]
    info = {"previous_plan_id": None} | dict(facts)
    snap_limit_m = info.pop("snap_limit_m")
    tables: dict[str, list[Row]] = {
        "stations": _station_rows(problem, outcome, team_ids, access),
        "teams": _team_rows(problem, outcome, team_ids, rounds),
        "posts": _post_rows(problem, outcome),
        "access": _access_rows(problem, access),
        "witnesses": _witness_rows(problem, outcome, access, snap_limit_m),
        "bounds": [
            {"aim": aim, "part": part, "bound": canonical_json(value)}
            for aim, part, value in outcome.bounds
        ],
    }
    info |= {
        "format": FORMAT,
        "status": str(outcome.status),
        "stopped_by": None if outcome.stopped_by is None else str(outcome.stopped_by),
        "aims": _aims(outcome),
        "solver": outcome.solver,
        "rung_low": dict(outcome.rungs),
    }
    # the gap that is told is the one of the third aim's row: one figure in all places
    info["gap"] = info["aims"][2]["gap"]
    info["certified"] = _certified(outcome)
    info["plan_id"] = plan_id_of(tables, info)
    return PlanFile(
        tables,
        info,
        {
            "stations": [(station.lon, station.lat) for station in problem.stations],
            "posts": [(post.lon, post.lat) for post in problem.posts],
        },
        [list(one.line) for one in rounds],
    )


def _aims(outcome: Outcome) -> list[dict[str, Any]]:
    """Tell value, bound and gap of every aim; no gap while an earlier aim is unproven."""
    rows, proven = [], True
    for aim in outcome.aims:
        row = _aim(aim)
        rows.append(row if proven else row | {"gap": None})
        proven = proven and aim.proven
    return rows


def _aim(aim: Aim) -> dict[str, Any]:
    if isinstance(aim.value, tuple):
        bound = list(aim.bound) if isinstance(aim.bound, tuple) else None
        return {"name": aim.name, "value": list(aim.value), "bound": bound, "gap": aim.gap}
    told = aim.bound if isinstance(aim.bound, int) else None
    if aim.name != "nearness":
        return {"name": aim.name, "value": aim.value, "bound": told, "gap": aim.gap}
    value = aim.value / 10
    bound_minutes = None if told is None else told / 10
    gap = None if bound_minutes is None else max(0.0, (value - bound_minutes) / max(value, 1.0))
    return {"name": aim.name, "value": value, "bound": bound_minutes, "gap": gap}


def _certified(outcome: Outcome) -> dict[str, float | None]:
    """Tell the bound of the third aim that a checker works out anew, and its gap."""
    if outcome.certified_tenths is None:
        return {"bound": None, "gap": None}
    value, bound = _aim(outcome.aims[2])["value"], outcome.certified_tenths / 10
    return {"bound": bound, "gap": max(0.0, (value - bound) / max(value, 1.0))}


def _station_rows(
    problem: Problem, outcome: Outcome, team_ids: Sequence[str], access: Access
) -> list[Row]:
    home: dict[int, tuple[str, Beat]] = {
        t: (team_id, beat)
        for team_id, beat in zip(team_ids, outcome.beats, strict=True)
        for t in beat.stations
    }
    reasons = {one.station: one.reason for one in outcome.uncovered}
    rows = []
    for t, station in enumerate(problem.stations):
        team_id, beat = home.get(t, (None, None))
        reached = access.stations[t]
        rows.append(
            {
                "station_id": station.station_id,
                "name": station.name,
                "kecamatan": station.kecamatan,
                "kelurahan": station.kelurahan,
                "voters": station.voters,
                "risk_class": str(station.risk_class),
                "location_source": station.location_source,
                "team_id": team_id,
                "reason": str(reasons[t]) if t in reasons else None,
                "deploy_minutes": None
                if beat is None
                else int(problem.travel.deploy[beat.post, t]) / 10,
                "beat_minutes": None
                if beat is None
                else beat_minutes_tenths(problem, beat.anchor, t) / 10,
                "snap_m": round(reached[0].access_m, 1) if reached else None,
            }
        )
    return rows


def _team_rows(
    problem: Problem, outcome: Outcome, team_ids: Sequence[str], rounds: Sequence[Round]
) -> list[Row]:
    rows = []
    for team_id, beat, one in zip(team_ids, outcome.beats, rounds, strict=True):
        anchor = problem.stations[beat.anchor]
        unit = problem.unit_of(anchor)
        has_low = any(problem.stations[t].risk_class is RiskClass.LOW for t in beat.stations)
        rung = outcome.rungs.get(unit, problem.doctrine.ladder[-1])
        weights, full = problem.doctrine.weights(rung)
        load = Fraction(sum(weights[problem.stations[t].risk_class] for t in beat.stations), full)
        rows.append(
            {
                "team_id": team_id,
                "post_id": problem.posts[beat.post].post_id,
                "kecamatan": anchor.kecamatan,
                "officers": beat_officers(problem, beat),
                "anchor_station_id": anchor.station_id,
                "stations": len(beat.stations),
                "rung": rung if has_low else None,
                "load": round(float(load), 4),
                "deploy_minutes": int(problem.travel.deploy[beat.post, beat.anchor]) / 10,
                "beat_minutes": max(
                    beat_minutes_tenths(problem, beat.anchor, t) for t in beat.stations
                )
                / 10,
                "round_minutes": one.tenths / 10,
                "round": ";".join(problem.stations[t].station_id for t in one.stations),
            }
        )
    return rows


def _post_rows(problem: Problem, outcome: Outcome) -> list[Row]:
    posted = [0] * len(problem.posts)
    for beat in outcome.beats:
        posted[beat.post] += beat_officers(problem, beat)
    return [
        {
            "post_id": post.post_id,
            "name": post.name,
            "kind": post.kind,
            "kecamatan": post.kecamatan,
            "officers": post.officers,
            "fixed_officers": post.fixed_officers,
            "reserve_officers": post.reserve_officers,
            "posted_officers": posted[p],
            "free_officers": post.station_officers - posted[p],
            "serves": ";".join(post.serves),
            "location_source": post.location_source,
        }
        for p, post in enumerate(problem.posts)
    ]


def _access_rows(problem: Problem, access: Access) -> list[Row]:
    stations = [station.station_id for station in problem.stations]
    posts = [post.post_id for post in problem.posts]
    return [
        {
            "point_kind": kind,
            "point_id": point_id,
            "u": one.u,
            "v": one.v,
            "key": one.key,
            "along_m": one.along_m,
            "access_m": one.access_m,
        }
        for kind, ids, reached in (
            ("station", stations, access.stations),
            ("post", posts, access.posts),
        )
        for point_id, attachments in zip(ids, reached, strict=True)
        for one in attachments
    ]


def _witness_rows(
    problem: Problem, outcome: Outcome, access: Access, snap_limit_m: float
) -> list[Row]:
    rows = []
    for one in outcome.uncovered:
        detail = dict(one.detail)
        if one.reason is Reason.NO_ROAD:
            near = access.station_nearest_m[one.station]
            detail = {
                "snap_m": round(near, 1) if near != float("inf") else None,
                "snap_limit_m": snap_limit_m,
            }
        rows.append(
            {
                "station_id": problem.stations[one.station].station_id,
                "reason": str(one.reason),
                "detail": canonical_json(detail),
            }
        )
    return rows
