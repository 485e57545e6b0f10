"""Teams get names: the draw of a plan's officers, from list and plan to the plan's own layer.

Names stand in one layer of the plan file and nowhere else: no message, log or page tells them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metro_gis.errors import (
    Fault,
    InputError,
    Phrase,
    PlanError,
    Severity,
    UsageError,
    raise_errors,
)
from metro_gis.honesty import require_honest
from metro_gis.people import FREE, METHOD, STATION, list_sha256
from metro_gis.plan_file import OFFICERS, PlanFile, Row, plan_id_of, read_plan, write_plan
from metro_gis.progress import Progress, Silent
from metro_gis.scenario import restore_scenario
from metro_gis.summary import summarize
from metro_gis.verify import verify_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from metro_gis.optimize.draw import Conflict, Room
    from metro_gis.people import Officer
    from metro_gis.scenario import Scenario
    from metro_gis.workspace import Workspace

__all__ = ["Named", "add_names", "draw_names"]

SHOWN_PLACES = 6
"""Places that are told by name where a rule cannot hold."""


@dataclass(frozen=True, eq=False)
class Named:
    """A plan whose officers have names.

    Parameters
    ----------
    plan
        As it stands in its file.
    facts
        Counts, seed and hash of the draw.
    warnings
        What was noticed in the tables.
    """

    plan: PlanFile
    facts: dict[str, Any]
    warnings: tuple[Fault, ...]


def draw_names(
    workspace: Workspace,
    path: Path,
    *,
    scenario: Scenario | None = None,
    seed: int | None = None,
    previous: Path | None = None,
    progress: Progress | None = None,
) -> Named:
    """Draw which officer stands where in a plan, verify it, and put it in the plan's place.

    Parameters
    ----------
    workspace
        The planner's folder.
    path
        A plan file; its stations, teams and posts stay as they are.
    scenario
        Where the list of personnel and the rules are taken from; those of the plan by default.
    seed
        Of the lot; that of the scenario by default.
    previous
        A plan with names: whoever's team, or duty beside the teams, is in both keeps it.
    progress
        Hears of the steps.

    Returns
    -------
    Named
        The plan and the figures of its draw.

    Raises
    ------
    InputError
        If scenario or tables are faulty, or the rules cannot hold; the plan stays as it was.
    PlanError
        If a plan cannot be read, was changed by hand or breaks a rule.
    UsageError
        If no list is named, or the previous plan has no names.
    """
    from metro_gis.data.inputs import entry_of_list, read_tables, resolved_scenario

    progress = progress or Silent()
    plan = _unchanged(path)
    earlier = None if previous is None else _unchanged(previous)
    if earlier is not None and OFFICERS not in earlier.tables:
        raise UsageError(Fault("previous-nameless", file=workspace.shown(previous or path)))
    wanted = _with_people(plan, path, scenario, seed)
    progress.step("tables")
    tables = read_tables(workspace, wanted)
    warnings = raise_errors(tables.faults)
    if tables.personnel is None or tables.officers is None:
        raise UsageError(Fault("personnel-unnamed", file=workspace.shown(path)))
    progress.step("names")
    others = [one for one in plan.info["inputs"] if one["name"] != "personnel"]
    info = {
        **plan.info,
        "scenario": resolved_scenario(wanted, tables.columns),
        "inputs": [*others, entry_of_list(tables.personnel)],
    }
    plan = PlanFile(plan.tables, info, plan.points, plan.rounds)
    plan, _ = add_names(plan, tables.officers, wanted, previous=earlier)
    progress.step("verify")
    write_plan(plan, path, lambda part: require_honest(verify_plan(part, workspace.root), path))
    plan = read_plan(path)
    duties = [row["duty"] for row in plan.tables[OFFICERS]]
    facts = {
        **summarize(plan)["names"],
        "teams": len(plan.tables["teams"]),
        **{duty: duties.count(duty) for duty in (STATION, "fixed", "reserve", FREE)},
        "plan_id": plan.plan_id,
        "plan": workspace.shown(path),
    }
    return Named(plan, facts, warnings)


def add_names(
    plan: PlanFile,
    officers: Sequence[Officer],
    scenario: Scenario,
    *,
    previous: PlanFile | None = None,
    severity: Severity = "error",
) -> tuple[PlanFile, tuple[Fault, ...]]:
    """Draw which officer stands where, post by post.

    Parameters
    ----------
    plan
        A plan that knows the list; names that it has are drawn anew.
    officers
        The list.
    scenario
        Rules and seed.
    previous
        A plan whose names, if it has any, are kept where teams are the same.
    severity
        ``"warning"`` to get the plan without names where the rules cannot hold.

    Returns
    -------
    plan : PlanFile
        With the layer ``officers`` and the key ``draw``; with neither where the rules cannot hold.
    faults : tuple of Fault
        Why they cannot; none where they can.

    Raises
    ------
    InputError
        If the plan counts other officers than the list; and if the rules cannot hold, unless that
        is to be a warning.
    """
    from metro_gis.optimize.draw import draw_post

    rules, seed = scenario.rules_of_people, scenario.people.seed
    by_post: dict[str, list[Officer]] = {row["post_id"]: [] for row in plan.tables["posts"]}
    for one in officers:
        by_post.setdefault(one.post_id, []).append(one)
    _require_headcounts(plan, by_post)
    previous = previous if previous is not None and OFFICERS in previous.tables else None
    wishes = {} if previous is None else _wishes(plan, previous, officers)
    drawn: dict[str, str] = {}
    conflicts: list[Conflict] = []
    for room in _rooms(plan):
        found = draw_post(room, by_post[room.post_id], rules, seed=seed, wishes=wishes)
        if isinstance(found, dict):
            drawn |= found
        else:
            conflicts.append(found)
    tables = {name: rows for name, rows in plan.tables.items() if name != OFFICERS}
    info = {key: value for key, value in plan.info.items() if key not in ("draw", "plan_id")}
    faults = tuple(_told(one, severity) for one in conflicts)
    if faults:
        raise_errors(faults)
    else:
        tables[OFFICERS] = [_row(one, drawn[one.officer_id], wishes) for one in officers]
        info["draw"] = {
            "method": METHOD,
            "seed": seed,
            "list_sha256": list_sha256(officers),
            "officers": len(officers),
            "rules": {"lead_ranks": list(rules.lead_ranks), "avoid_home": rules.avoid_home},
            "previous_plan_id": None if previous is None else previous.plan_id,
        }
    info["plan_id"] = plan_id_of(tables, info)
    return PlanFile(tables, info, plan.points, plan.rounds), faults


def _unchanged(path: Path) -> PlanFile:
    """Read a plan; what was edited by hand must not be given a new id."""
    plan = read_plan(path)
    found = plan_id_of(plan.tables, plan.info)
    if plan.info.get("plan_id") != found:
        params = {"recorded": str(plan.info.get("plan_id")), "expected": found}
        told = Phrase("breach.plan-id-wrong", params)
        raise PlanError(Fault("plan-breach", file=path.name, params={"breach": told}))
    return plan


def _with_people(
    plan: PlanFile, path: Path, scenario: Scenario | None, seed: int | None
) -> Scenario:
    """Put list, rules and seed into the scenario that a plan was made from."""
    values = {**plan.info["scenario"], "inputs": dict(plan.info["scenario"]["inputs"])}
    if scenario is not None:
        listed = scenario.inputs.personnel
        values["inputs"]["personnel"] = None if listed is None else listed.model_dump()
        values["people"] = scenario.people.model_dump()
    if values["inputs"].get("personnel") is None:
        raise UsageError(Fault("personnel-unnamed", file=path.name))
    if seed is not None:
        values["people"] = values["people"] | {"seed": seed}
    return restore_scenario(values, values["stem"])


def _require_headcounts(plan: PlanFile, by_post: Mapping[str, Sequence[Officer]]) -> None:
    counted = {row["post_id"]: row["officers"] for row in plan.tables["posts"]}
    faults = [
        Fault(
            "draw-headcount",
            params={"id": post, "planned": counted.get(post, 0), "listed": len(members)},
        )
        for post, members in by_post.items()
        if len(members) != counted.get(post, 0)
    ]
    if faults:
        raise InputError(faults)


def _rooms(plan: PlanFile) -> list[Room]:
    """List the places of every post: teams in the order of their layer."""
    from metro_gis.optimize.draw import Room, Team

    wards: dict[str, set[str]] = {}
    for row in plan.tables["stations"]:
        if row["team_id"] is not None:
            wards.setdefault(row["team_id"], set()).add(row["kelurahan"] or "")
    teams: dict[str, list[Team]] = {}
    for row in plan.tables["teams"]:
        ward = frozenset(wards.get(row["team_id"], ()))
        team = Team(row["team_id"], row["officers"], ward)
        teams.setdefault(row["post_id"], []).append(team)
    return [
        Room(
            row["post_id"],
            tuple(teams.get(row["post_id"], ())),
            row["fixed_officers"],
            row["reserve_officers"],
            row["free_officers"],
        )
        for row in plan.tables["posts"]
    ]


def _wishes(plan: PlanFile, previous: PlanFile, officers: Sequence[Officer]) -> dict[str, str]:
    """Give each officer the place of the earlier draw, where this plan has it still.

    A team is the same if it is of the same post and has the same stations.
    """
    now = {beat: team for team, beat in _beats(plan).items()}
    before = _beats(previous)
    posts = {one.officer_id: one.post_id for one in officers}
    wishes = {}
    for row in previous.tables[OFFICERS]:
        place = row["duty"]
        if place == STATION:
            place = now.get(before.get(row["team_id"], ("", frozenset())), "")
        if place not in ("", FREE) and posts.get(row["officer_id"]) == row["post_id"]:
            wishes[row["officer_id"]] = place
    return wishes


def _beats(plan: PlanFile) -> dict[str, tuple[str, frozenset[str]]]:
    """Give post and stations of each team."""
    beats: dict[str, set[str]] = {row["team_id"]: set() for row in plan.tables["teams"]}
    for row in plan.tables["stations"]:
        if row["team_id"] is not None:
            beats[row["team_id"]].add(row["station_id"])
    return {
        row["team_id"]: (row["post_id"], frozenset(beats[row["team_id"]]))
        for row in plan.tables["teams"]
    }


def _row(officer: Officer, place: str, wishes: Mapping[str, str]) -> Row:
    beside = place in ("fixed", "reserve", FREE)
    return {
        "officer_id": officer.officer_id,
        "name": officer.name,
        "rank": officer.rank,
        "post_id": officer.post_id,
        "duty": place if beside else STATION,
        "team_id": None if beside else place,
        "previous": wishes.get(officer.officer_id),
    }


def _told(conflict: Conflict, severity: Severity) -> Fault:
    shown = ", ".join(conflict.places[:SHOWN_PLACES])
    more = len(conflict.places) - SHOWN_PLACES
    return Fault(
        "draw-impossible",
        severity,
        params={
            "id": conflict.post_id,
            "rules": Phrase(f"people.{'-'.join(conflict.rules)}"),
            "places": f"{shown} (+{more})" if more > 0 else shown,
            "needed": conflict.needed,
            "found": conflict.found,
            "short": conflict.needed - conflict.found,
        },
    )
