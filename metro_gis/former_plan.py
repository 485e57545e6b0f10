"""A plan file as the plan before: what was where, which orders change, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metro_gis.changes import Former, FormerTeam, Lock
from metro_gis.doctrine import RiskClass
from metro_gis.errors import Fault, UsageError
from metro_gis.problem import WHOLE_AREA, border_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.changes import Changes
    from metro_gis.plan import Outcome
    from metro_gis.plan_file import PlanFile, Row
    from metro_gis.problem import Problem


def former_of(plan: PlanFile, problem: Problem) -> Former:
    """See a plan from a new problem.

    Parameters
    ----------
    plan
        The plan before.
    problem
        The new problem.

    Returns
    -------
    Former
        Its teams, without stations that are gone.
    """
    station = {one.station_id: t for t, one in enumerate(problem.stations)}
    post = {one.post_id: p for p, one in enumerate(problem.posts)}
    return former_among(plan, station, post)


def former_among(plan: PlanFile, station: Mapping[str, int], post: Mapping[str, int]) -> Former:
    """See a plan from places that stations and posts are given.

    Parameters
    ----------
    plan
        The plan before.
    station, post
        Id to index.

    Returns
    -------
    Former
        Its teams, without stations that have no index.
    """
    guarded = guarded_stations(plan)
    teams = tuple(
        FormerTeam(
            row["team_id"],
            post.get(row["post_id"]),
            row["officers"],
            tuple(sorted(station[t] for t in guarded.get(row["team_id"], ()) if t in station)),
            station.get(row["anchor_station_id"]),
        )
        for row in plan.tables["teams"]
    )
    return Former(plan.plan_id, teams, dict(plan.info["rung_low"]))


def guarded_stations(plan: PlanFile) -> dict[str, list[str]]:
    """List the stations of every team.

    Parameters
    ----------
    plan
        A plan.

    Returns
    -------
    dict
        Team id to station ids, in the order of the plan.
    """
    guarded: dict[str, list[str]] = {}
    for row in plan.tables["stations"]:
        if row["team_id"] is not None:
            guarded.setdefault(row["team_id"], []).append(row["station_id"])
    return guarded


def find_locks(plan: PlanFile, words: Sequence[str]) -> tuple[Lock, ...]:
    """Find what the planner wants held.

    Parameters
    ----------
    plan
        The plan before.
    words
        Ids of teams, stations or posts of it.

    Returns
    -------
    tuple of Lock
        In the order of the words.

    Raises
    ------
    UsageError
        With every word that names nothing in the plan, or nothing that is guarded.
    """
    place = {row["team_id"]: k for k, row in enumerate(plan.tables["teams"])}
    home = {
        row["station_id"]: place[row["team_id"]]
        for row in plan.tables["stations"]
        if row["team_id"] is not None
    }
    of_post: dict[str, set[int]] = {}
    for row in plan.tables["teams"]:
        of_post.setdefault(row["post_id"], set()).add(place[row["team_id"]])
    locks, faults = [], []
    for word in dict.fromkeys(words):
        teams = of_post.get(word) or {found[word] for found in (place, home) if word in found}
        if teams:
            locks.append(Lock(word, frozenset(teams)))
        else:
            faults.append(Fault("lock-unknown", value=word))
    if faults:
        raise UsageError(faults)
    return tuple(locks)


def name_teams(former: Former, changes: Changes) -> list[str]:
    """Name the teams of a new plan: matched ones as before, others by the next free number.

    Parameters
    ----------
    former
        The plan before.
    changes
        What changes.

    Returns
    -------
    list of str
        Team ids in the order of the beats.
    """
    taken = {team.team_id for team in former.teams}
    number, names = 0, []
    for k in changes.former:
        if k is not None:
            names.append(former.teams[k].team_id)
            continue
        while (name := f"T{(number := number + 1):03d}") in taken:
            pass
        names.append(name)
    return names


def tell_changes(
    plan: PlanFile,
    changes: Changes,
    *,
    bound: int | None,
    strength: str,
    free: tuple[Outcome, Changes],
    limits: Mapping[str, Any],
) -> dict[str, Any]:
    """State changes so that they can be counted anew, and their reasons be found.

    Parameters
    ----------
    plan
        The plan before.
    changes
        What changes.
    bound
        No plan with this cover and these rungs changes less; None where nothing is proven.
    strength
        ``keep`` or ``improve``.
    free
        A plan that minds no plan before, and what it would change.
    limits
        ``locks`` (the words), ``max_moves`` and ``trade_off``.

    Returns
    -------
    dict
        Plain values, for ``plan_info``.
    """
    outcome, others = free
    return {
        "strength": strength,
        "stations": len(changes.stations),
        "officers": sum(changes.officers),
        "bound": bound,
        **limits,
        "free": {
            "stations": len(others.stations),
            "officers": sum(others.officers),
            "cover": list(_values(outcome.aims[0].value)),
            "strength": outcome.aims[1].value,
            "officer_minutes": _values(outcome.aims[2].value)[0] / 10,
        },
        "former": former_facts(plan),
    }


def former_facts(plan: PlanFile) -> dict[str, Any]:
    """Tell of a plan what reasons for changes are found in.

    Parameters
    ----------
    plan
        The plan before.

    Returns
    -------
    dict
        ``teams`` with their stations, ``posts`` with their officers for stations, ``classes`` of
        stations, ``rung_low`` and points on ``closed`` streets; plain values.
    """
    guarded = guarded_stations(plan)
    return {
        "teams": [
            {
                "team_id": row["team_id"],
                "post_id": row["post_id"],
                "officers": row["officers"],
                "stations": guarded.get(row["team_id"], []),
            }
            for row in plan.tables["teams"]
        ],
        "posts": {row["post_id"]: officers_for_stations(row) for row in plan.tables["posts"]},
        "classes": {row["station_id"]: row["risk_class"] for row in plan.tables["stations"]},
        "rung_low": dict(plan.info["rung_low"]),
        "closed": plan.info["scenario"]["travel"].get("closed", []),
    }


def _values(value: tuple[int, ...] | int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def officers_for_stations(row: Row) -> int:
    """Count the officers of a post that may guard stations.

    Parameters
    ----------
    row
        A row of a plan's ``posts``.

    Returns
    -------
    int
        All but those at fixed posts and in reserve.
    """
    return int(row["officers"] - row["fixed_officers"] - row["reserve_officers"])


def transfer_orders(plan: PlanFile) -> list[dict[str, Any]]:
    """List what changes for each team, and why.

    Parameters
    ----------
    plan
        A plan made from a plan before.

    Returns
    -------
    list of dict
        ``team_id, post_id, former_post_id, officers`` (with new orders), ``stations_in``,
        ``stations_out`` and ``why``: a code with what fills its sentence. Teams that go on as they
        were are left out; a team that is given up has no ``post_id``. Empty for a plan that was
        made anew.
    """
    told = plan.info.get("changes")
    if told is None:
        return []
    now = guarded_stations(plan)
    # matched teams share their name, and no others do
    before = {team["team_id"]: team for team in told["former"]["teams"]}
    orders = []
    for row in plan.tables["teams"]:
        name = row["team_id"]
        orders.append(_order(plan, name, row, before.pop(name, None), now.get(name, [])))
    orders += [_order(plan, name, None, old, []) for name, old in before.items()]
    return [one for one in orders if one["officers"] or one["stations_in"] or one["stations_out"]]


def _order(
    plan: PlanFile, name: str, row: Row | None, old: Mapping[str, Any] | None, stations: list[str]
) -> dict[str, Any]:
    had = old["stations"] if old is not None else []
    officers = row["officers"] if row is not None else 0
    if old is not None and row is not None and old["post_id"] == row["post_id"]:
        officers -= min(officers, old["officers"])
    order = {
        "team_id": name,
        "post_id": row["post_id"] if row is not None else None,
        "former_post_id": old["post_id"] if old is not None else None,
        "officers": officers,
        "stations_in": sorted(set(stations) - set(had)),
        "stations_out": sorted(set(had) - set(stations)),
    }
    return order | {"why": reason_for(order, plan.info["changes"]["former"], plan)}


def reason_for(
    order: Mapping[str, Any], former: Mapping[str, Any], plan: PlanFile
) -> dict[str, Any]:
    """Give the nearest reason: posts' officers, a station's class or being there, rungs, streets.

    Parameters
    ----------
    order
        ``post_id, former_post_id, stations_in, stations_out`` of a team.
    former
        From `former_facts`, of the plan before.
    plan
        The new plan.

    Returns
    -------
    dict
        A ``code`` with what fills its sentence.
    """
    posts = {row["post_id"]: row for row in plan.tables["posts"]}
    closed = plan.info["scenario"]["travel"].get("closed", [])
    return (
        _fewer_officers(order, former, posts)
        or _other_station(order, former, plan)
        or _more_officers(order, former, posts)
        or _other_rung(order, former, plan)
        or {"code": "others" if closed == former.get("closed", []) else "roads"}
    )


def _fewer_officers(
    order: Mapping[str, Any], former: Mapping[str, Any], posts: Mapping[str, Row]
) -> dict[str, Any] | None:
    """Tell of a post that lost officers, if the order takes a team from it."""
    post = order["former_post_id"]
    if post is None or post == order["post_id"]:
        return None
    if post not in posts:
        return {"code": "post-gone", "post_id": post}
    lost = former["posts"][post] - officers_for_stations(posts[post])
    return {"code": "post-short", "post_id": post, "officers": lost} if lost > 0 else None


def _other_station(
    order: Mapping[str, Any], former: Mapping[str, Any], plan: PlanFile
) -> dict[str, Any] | None:
    """Tell of a station that is new, gone or of another class, if it is moved."""
    classes = {row["station_id"]: row["risk_class"] for row in plan.tables["stations"]}
    for t in (*order["stations_in"], *order["stations_out"]):
        before, now = former["classes"].get(t), classes.get(t)
        if before is None:
            return {"code": "station-new", "station_id": t}
        if now is None:
            return {"code": "station-gone", "station_id": t}
        if before != now:
            return {"code": "class-changed", "station_id": t, "before": before, "now": now}
    return None


def _more_officers(
    order: Mapping[str, Any], former: Mapping[str, Any], posts: Mapping[str, Row]
) -> dict[str, Any] | None:
    """Tell of a post that sends officers it did not have, if the order is to them."""
    post = order["post_id"]
    if post is None or post == order["former_post_id"]:
        return None
    if post not in former["posts"]:
        return {"code": "post-new", "post_id": post}
    gained = officers_for_stations(posts[post]) - former["posts"][post]
    return {"code": "post-more", "post_id": post, "officers": gained} if gained > 0 else None


def _other_rung(
    order: Mapping[str, Any], former: Mapping[str, Any], plan: PlanFile
) -> dict[str, Any] | None:
    """Tell of a border unit whose *low* stations have another rung, if some of them are moved."""
    border = plan.info["scenario"]["beats"]["border"]
    moved = {*order["stations_in"], *order["stations_out"]}
    for row in plan.tables["stations"]:
        if row["station_id"] in moved and row["risk_class"] == RiskClass.LOW:
            unit = border_unit(border, row["kecamatan"], row["kelurahan"])
            before, now = former["rung_low"].get(unit), plan.info["rung_low"].get(unit)
            if before is not None and now is not None and before != now:
                rungs = {"rung_before": before, "rung_now": now}
                if unit == WHOLE_AREA:
                    return {"code": "rung-changed-everywhere"} | rungs
                return {"code": "rung-changed", "unit": unit} | rungs
    return None
