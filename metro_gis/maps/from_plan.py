"""From a plan file to what its page shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from metro_gis.maps.page_data import PageData, PostRow, StationRow, TeamRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.maps.page_data import Point
    from metro_gis.plan_file import PlanFile


def page_data(plan: PlanFile, basemap: Mapping[str, Sequence[Sequence[Point]]]) -> PageData:
    """Take from a plan what its page shows.

    Parameters
    ----------
    plan
        The plan.
    basemap
        Road class to lines of (lon, lat), EPSG:4326.

    Returns
    -------
    PageData
        Ready to be rendered.
    """
    info, tables = plan.info, plan.tables
    limits = info["scenario"]["limits"]
    teams = [_team(row, line) for row, line in zip(tables["teams"], plan.rounds, strict=True)]
    units = {row["kecamatan"] or "" for row in (*tables["stations"], *tables["teams"])}
    return PageData(
        title=info["scenario"]["title"] or info["scenario"]["stem"],
        plan_id=plan.plan_id,
        status=info["status"],
        stopped_by=info["stopped_by"],
        gap=info["gap"],
        gap_certified=info["certified"]["gap"],
        aims=info["aims"],
        roads_modelled=info["roads"]["modelled"],
        points_modelled=any(
            row["location_source"] == "modelled" for row in (*tables["stations"], *tables["posts"])
        ),
        roads_source=info["roads"]["source"],
        roads_date=info["roads"]["date"],
        stations=_stations(plan),
        teams=teams,
        posts=_posts(plan),
        basemap=basemap,
        units=sorted(units),
        versions=info["versions"],
        limits={
            "deploy_minutes": limits["deploy_minutes"],
            "beat_minutes": limits["beat_minutes"],
        },
        border=info["scenario"]["beats"]["border"],
        rung_low=info["rung_low"],
        voting=info["scenario"].get("voting", {}),
    )


def _stations(plan: PlanFile) -> list[StationRow]:
    witnesses = {row["station_id"]: json.loads(row["detail"]) for row in plan.tables["witnesses"]}
    return [
        StationRow(
            station_id=row["station_id"],
            name=row["name"],
            lon=lon,
            lat=lat,
            risk_class=row["risk_class"],
            kecamatan=row["kecamatan"],
            kelurahan=row["kelurahan"],
            voters=row["voters"],
            team_id=row["team_id"],
            reason=row["reason"],
            witness=witnesses.get(row["station_id"]),
            deploy_minutes=row["deploy_minutes"],
            beat_minutes=row["beat_minutes"],
            snap_m=row["snap_m"],
        )
        for row, (lon, lat) in zip(plan.tables["stations"], plan.points["stations"], strict=True)
    ]


def _team(row: Mapping[str, Any], line: Sequence[Point]) -> TeamRow:
    return TeamRow(
        team_id=row["team_id"],
        post_id=row["post_id"],
        unit=row["kecamatan"] or "",
        officers=row["officers"],
        anchor_station_id=row["anchor_station_id"],
        station_ids=row["round"].split(";"),
        rung=row["rung"],
        load=row["load"],
        deploy_minutes=row["deploy_minutes"],
        beat_minutes=row["beat_minutes"],
        round_minutes=row["round_minutes"],
        path=[line] if line else [],
    )


def _posts(plan: PlanFile) -> list[PostRow]:
    return [
        PostRow(
            post_id=row["post_id"],
            name=row["name"],
            kind=row["kind"],
            lon=lon,
            lat=lat,
            officers=row["officers"],
            fixed=row["fixed_officers"],
            reserve=row["reserve_officers"],
            posted=row["posted_officers"],
            free=row["free_officers"],
        )
        for row, (lon, lat) in zip(plan.tables["posts"], plan.points["posts"], strict=True)
    ]
