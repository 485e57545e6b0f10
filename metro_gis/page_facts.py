"""What the other files of a workspace tell beside a plan, for its page.

None of it keeps a page from being drawn: what cannot be read, or does not belong to the plan, is
left out and told as a warning.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, TypedDict

from metro_gis.errors import Fault, Phrase, PlanError, UsageError
from metro_gis.former_plan import officers_for_stations, transfer_orders
from metro_gis.plan_file import read_info

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps
    from metro_gis.maps.page_extras import (
        CurveFacts,
        CurvePoint,
        PlanName,
        PreviousFacts,
        ReserveFacts,
    )
    from metro_gis.plan_file import PlanFile
    from metro_gis.workspace import Workspace

CURVE_LIMIT_BYTES: Final = 10_000_000
WIB: Final = timezone(timedelta(hours=7))
RULES: Final = ("inputs", "limits", "beats", "patterns", "travel")
"""Parts of a scenario that decide what a number of officers comes to."""
PERSONNEL: Final = "personnel"
EPOCH: Final = "SOURCE_DATE_EPOCH"

__all__ = ["Beside", "facts_beside", "reserve_of"]


class Beside(TypedDict):
    """Fields of a page that come from other files than the plan."""

    curve: CurveFacts | None
    superseded_by: Sequence[PlanName]
    previous: PreviousFacts | None
    made: str | None


def facts_beside(workspace: Workspace, plan: PlanFile, path: Path, warnings: list[Fault]) -> Beside:
    """Gather what stands beside a plan.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan
        The plan.
    path
        Its file.
    warnings
        Receives what was left out, and whether another plan has come after this one.

    Returns
    -------
    Beside
        What its page tells.
    """
    others = _other_plans(workspace, path, warnings)
    after = [
        one
        for one in others
        if one.previous_plan_id == plan.plan_id and one.plan_id != plan.plan_id
    ]
    if after:
        listed = ", ".join(f"{one.name} ({one.plan_id})" for one in after)
        warnings.append(
            Fault("plan-superseded", "warning", file=path.name, params={"plans": listed})
        )
    return {
        "curve": _curve(workspace, plan, warnings),
        "superseded_by": [{"name": one.name, "plan_id": one.plan_id} for one in after],
        "previous": _previous(plan, others),
        "made": _made(path),
    }


@dataclass(frozen=True, slots=True)
class _Other:
    """Another plan of the workspace."""

    name: str
    plan_id: str
    previous_plan_id: str | None


def _other_plans(workspace: Workspace, path: Path, warnings: list[Fault]) -> list[_Other]:
    """Read the ids of the other plans; one that cannot be read is told and passed over."""
    found = []
    for other in sorted(workspace.plans.glob("*.gpkg")):
        if not other.is_file() or other.resolve() == path.resolve():
            continue
        try:
            info = read_info(other, "plan_id", "previous_plan_id")
        except PlanError:
            info = {}
        plan_id, previous = info.get("plan_id"), info.get("previous_plan_id")
        if isinstance(plan_id, str) and (previous is None or isinstance(previous, str)):
            found.append(_Other(other.stem, plan_id, previous))
        else:
            warnings.append(Fault("plan-passed-over", "warning", file=other.name))
    return found


def _previous(plan: PlanFile, others: Sequence[_Other]) -> PreviousFacts | None:
    """Tell what a re-plan changes; nothing of a plan that was made anew."""
    told = plan.info.get("changes")
    if told is None:
        return None
    plan_id = plan.info["previous_plan_id"]
    return {
        "name": next((one.name for one in others if one.plan_id == plan_id), None),
        "plan_id": plan_id,
        "stations": told["stations"],
        "officers": told["officers"],
        "bound": told["bound"],
        "orders": [
            {
                "team_id": order["team_id"],
                "post_id": order["post_id"],
                "former_post_id": order["former_post_id"],
                "officers": order["officers"],
                "stations_in": order["stations_in"],
                "stations_out": order["stations_out"],
                "why": order["why"],
            }
            for order in transfer_orders(plan)
        ],
    }


def _made(path: Path) -> str | None:
    """Tell when a file was written; not later than what `SOURCE_DATE_EPOCH` says, if it is set."""
    latest = os.environ.get(EPOCH, "")
    try:
        seconds = path.stat().st_mtime
        if latest.isascii() and latest.isdigit():
            seconds = min(seconds, int(latest))
        return datetime.fromtimestamp(seconds, WIB).isoformat(timespec="minutes")
    except (OSError, OverflowError, ValueError):
        return None


def _curve(workspace: Workspace, plan: PlanFile, warnings: list[Fault]) -> CurveFacts | None:
    """Read the officers curve of a plan's scenario, if there is one and it belongs to the plan."""
    try:
        path = workspace.curve_path(plan.info["scenario"]["stem"], ".json")
    except UsageError:
        return None  # no curve can have such a name
    if not path.is_file():
        return None
    file = workspace.shown(path)
    try:
        told = _read_json(path)
        differs = _difference(told, plan)
        points = [_point(row, len(plan.tables["stations"])) for row in told["points"]]
        complete = len(points) == int(told["asked_points"])
    except (OSError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        params = {"why": str(error) or type(error).__name__}
        warnings.append(Fault("curve-unreadable", "warning", file=file, params=params))
        return None
    if differs is not None:
        what = {"what": Phrase(f"curve.other-{differs}")}
        warnings.append(Fault("curve-of-others", "warning", file=file, params=what))
        return None
    return {"points": points, "complete": complete}


def _read_json(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as stream:
        content = stream.read(CURVE_LIMIT_BYTES + 1)
    if len(content) > CURVE_LIMIT_BYTES:
        message = f"more than {CURVE_LIMIT_BYTES} bytes"
        raise ValueError(message)
    told: Mapping[str, Any] = json.loads(content)
    return told


def _difference(told: Mapping[str, Any], plan: PlanFile) -> str | None:
    """Say what a curve was traced from that the plan was not made from."""

    def files(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        # a curve counts heads and leaves the list of personnel aside
        return {one["name"]: one["sha256"] for one in entries if one["name"] != PERSONNEL}

    def rules(scenario: Mapping[str, Any]) -> dict[str, Any]:
        inputs = {name: one for name, one in scenario["inputs"].items() if name != PERSONNEL}
        return {name: scenario[name] for name in RULES} | {"inputs": inputs}

    if files(told["inputs"]) != files(plan.info["inputs"]):
        return "inputs"
    if rules(told["scenario"]) != rules(plan.info["scenario"]):
        return "rules"
    own = {row["post_id"]: officers_for_stations(row) for row in plan.tables["posts"]}
    return None if told["posts"] == own else "officers"


def _point(row: Mapping[str, Any], n_stations: int) -> CurvePoint:
    """Take the figures of a point: numbers, and nothing that could be another thing."""
    low, gap = row["stations_per_team_low"], row["gap"]
    point: CurvePoint = {
        "officers": int(row["officers"]),
        "covered": int(row["covered"]),
        "low": None if low is None else float(low),
        "officer_minutes": float(row["officer_minutes"]),
        "gap": None if gap is None else float(gap),
        "optimal": row["status"] == "optimal",
    }
    numbers = (point["low"] or 0.0, point["gap"] or 0.0, point["officer_minutes"])
    if not (0 <= point["covered"] <= n_stations and point["officers"] >= 0):
        message = f"point {point['officers']}: {point['covered']} covered"
        raise ValueError(message)
    if not all(math.isfinite(one) for one in numbers):
        message = f"point {point['officers']}: not finite"
        raise ValueError(message)
    return point


def reserve_of(network: RoadNetwork, plan: PlanFile) -> ReserveFacts:
    """Work out how far officers in reserve or free come.

    Parameters
    ----------
    network
        Roads of the plan that are open.
    plan
        The plan; a post counts that has enough of them for the smallest team.

    Returns
    -------
    ReserveFacts
        Nearest post and minutes of every station that a road leads to from any of them.
    """
    from metro_gis.data.basemap import basemap_lines
    from metro_gis.data.reserve_reach import REACH_MINUTES, find_reach

    scenario = plan.info["scenario"]
    travel, posts = scenario["travel"], plan.tables["posts"]
    team = min(pattern["officers"] for pattern in scenario["patterns"].values())
    spare = [row["reserve_officers"] + row["free_officers"] for row in posts]
    ready = [p for p, officers in enumerate(spare) if officers >= team]
    reach = find_reach(
        network,
        _on_roads(network, [plan.points["posts"][p] for p in ready], travel),
        _on_roads(network, plan.points["stations"], travel),
        access_kph=float(travel["access_kph"]),
    )
    found = zip(plan.tables["stations"], reach.post.tolist(), reach.tenths.tolist(), strict=True)
    lines = basemap_lines(network, only=reach.edges)
    return {
        "limit_minutes": REACH_MINUTES,
        "nearest": {
            row["station_id"]: (posts[ready[post]]["post_id"], tenths / 10)
            for row, post, tenths in found
            if post >= 0
        },
        "roads": [line for own in lines.values() for line in own],
    }


def _on_roads(
    network: RoadNetwork, points: Sequence[tuple[float, float]], travel: Mapping[str, Any]
) -> Snaps:
    from metro_gis.data.snapping import snap_points

    limit_m = float(travel["snap_limit_m"])
    lon, lat = [x for x, _ in points], [y for _, y in points]
    return snap_points(network, lon, lat, snap_limit_m=limit_m)
