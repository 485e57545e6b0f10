"""The whole job: inputs, travel minutes, plan, verification, page.

The only module that knows ``data``, ``optimize`` and ``maps``. Heavy libraries are loaded when a
step needs them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from metro_gis.assembly import Decided, put_together, settings_of
from metro_gis.drawing import draw_page
from metro_gis.honesty import require_honest
from metro_gis.plan_file import PlanFile, read_plan, write_plan
from metro_gis.progress import Progress, Silent
from metro_gis.summary import summarize
from metro_gis.verify import verify_plan
from metro_gis.workspace import Workspace, require_closed

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from metro_gis.data.inputs import Inputs
    from metro_gis.errors import Fault
    from metro_gis.optimize.replan import Strength
    from metro_gis.problem import Problem
    from metro_gis.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan that was made, verified and saved.

    Parameters
    ----------
    plan
        The plan as it stands in its file.
    path
        Where it was saved.
    summary
        Its figures, with ``seconds`` and ``plan``.
    warnings
        What was noticed in the inputs, and why no names were drawn where that failed.
    """

    plan: PlanFile
    path: Path
    summary: dict[str, Any]
    warnings: tuple[Fault, ...]


class _Clock:
    """Takes the time of steps."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started = self._last = time.monotonic()

    def lap(self, name: str) -> None:
        """Book the time since the last lap."""
        now = time.monotonic()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now

    def total(self) -> dict[str, float]:
        """Give all laps and their total."""
        return self.seconds | {"total": round(time.monotonic() - self._started, 3)}


def check_inputs(
    workspace: Workspace, scenario: Scenario, progress: Progress | None = None
) -> Inputs:
    """Read every input and check it, without making a plan.

    Parameters
    ----------
    workspace
        The planner's folder.
    scenario
        Which inputs.
    progress
        Hears of the steps.

    Returns
    -------
    Inputs
        With warnings, if there are any.

    Raises
    ------
    InputError
        With every fault of every input.
    """
    from metro_gis.data.inputs import read_inputs

    return read_inputs(workspace, scenario, progress)


def make_plan(
    workspace: Workspace,
    scenario: Scenario,
    *,
    name: str | None = None,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> Planned:
    """Make a plan, verify it, and only then put it in its place.

    Parameters
    ----------
    workspace
        The planner's folder.
    scenario
        Inputs, rules and limits.
    name
        Stem of the plan file; that of the scenario by default.
    stop
        Set from outside to end the search early; the best plan so far is saved.
    progress
        Hears of the steps.

    Returns
    -------
    Planned
        The plan, its path and its figures.

    Raises
    ------
    InputError
        If an input is faulty or the plan cannot be written.
    PlanError
        If the plan breaks a rule, which would be a fault of ours: the old plan stays.
    SolverError
        If the engine fails.
    KeyboardInterrupt
        If it is stopped before there is a plan.
    """
    from metro_gis.optimize import optimize

    progress = progress or Silent()

    def decide(problem: Problem) -> Decided:
        settings = settings_of(scenario)
        return Decided(optimize(problem, settings, stop=stop, listener=progress.aim))

    target = workspace.plan_path(name or scenario.stem)
    return _planned(workspace, scenario, target, decide, stop, progress)


@dataclass(frozen=True)
class Wishes:
    """What is different from the plan before.

    Parameters
    ----------
    scenario
        Another scenario; that of the plan, with its inputs read anew, by default.
    officers
        Headcounts as typed: ``POST=N``, ``POST=+N`` or ``POST=-N``.
    solver
        Keys of the scenario's solver that are different, say ``time_limit_s``.
    tables
        Other files of the inputs ``stations`` and ``posts``, by name.
    closed
        Points on streets that are closed beside those of the scenario: ``LON,LAT[,WHY]``.
    locks
        Ids of teams, stations or posts whose teams go on as they were.
    most_changes
        Most stations and officers together that may move; None for no limit.
    """

    scenario: str | None = None
    officers: Sequence[str] = ()
    solver: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    closed: Sequence[str] = ()
    locks: Sequence[str] = ()
    most_changes: int | None = None


def remake_plan(
    workspace: Workspace,
    plan_path: Path,
    wishes: Wishes,
    *,
    name: str | None = None,
    strength: Strength = "keep",
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> Planned:
    """Make a plan that changes as little as possible against one before, and verify it.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan_path
        The plan before.
    wishes
        What is different now.
    name
        Stem of the new plan file; that of the plan before with the next free number by default.
    strength
        ``"keep"``: rungs as before unless cover needs others; ``"improve"``: as in a new plan.
    stop
        Set from outside to end the search early; the best plan so far is saved.
    progress
        Hears of the steps.

    Returns
    -------
    Planned
        The plan, its path and its figures.

    Raises
    ------
    InputError
        If an input is faulty or the plan cannot be written.
    PlanError
        If the plan before cannot be read, or the new one breaks a rule, which would be a fault of
        ours.
    UsageError
        If headcounts cannot be read, or locks name nothing or cannot all hold.
    SolverError
        If the engine fails.
    KeyboardInterrupt
        If it is stopped before there is a plan.
    """
    from metro_gis.former_plan import find_locks, former_of, name_teams, tell_changes
    from metro_gis.optimize import replan

    progress = progress or Silent()
    former = read_plan(plan_path)
    target = workspace.plan_path(name or workspace.next_stem(plan_path.stem))
    scenario = _wished(workspace, former, wishes, target.stem)
    locks = find_locks(former, wishes.locks)

    def decide(problem: Problem) -> Decided:
        before = former_of(former, problem)
        found = replan(
            problem, before, settings_of(scenario),
            strength=strength, locks=locks, most_changes=wishes.most_changes,
            stop=stop, listener=progress.aim,
        )  # fmt: skip
        told = tell_changes(
            former, found.changes, bound=found.changes_bound, strength=strength,
            free=(found.free, found.free_changes),
            limits={
                "locks": [lock.name for lock in locks],
                "max_moves": wishes.most_changes,
                "trade_off": [
                    {"max_moves": point.most, "changes": point.changes,
                     "uncovered": list(point.cover)}
                    for point in found.trade_off
                ],
            },
        )  # fmt: skip
        facts = {"previous_plan_id": former.plan_id, "changes": told}
        return Decided(found.outcome, facts, name_teams(before, found.changes), former)

    return _planned(workspace, scenario, target, decide, stop, progress)


def _wished(workspace: Workspace, former: PlanFile, wishes: Wishes, stem: str) -> Scenario:
    from metro_gis.closings import parse_closings
    from metro_gis.headcounts import parse_headcounts
    from metro_gis.scenario import load_scenario, restore_scenario

    if wishes.scenario is None:
        scenario = restore_scenario(former.info["scenario"], stem)
    else:
        scenario = load_scenario(workspace.find_scenario(wishes.scenario))
    before = {row["post_id"]: int(row["officers"]) for row in former.tables["posts"]}
    changes: dict[str, Any] = {"officers": parse_headcounts(wishes.officers, before)}
    changes["solver"] = wishes.solver
    changes["inputs"] = {name: {"file": file} for name, file in wishes.tables.items()}
    if wishes.closed:
        before_now = scenario.model_dump()["travel"]["closed"]
        changes["travel"] = {"closed": before_now + parse_closings(wishes.closed)}
    return scenario.replace(**changes)


def _planned(
    workspace: Workspace,
    scenario: Scenario,
    target: Path,
    decide: Callable[[Problem], Decided],
    stop: threading.Event | None,
    progress: Progress,
) -> Planned:
    """Read, decide, put together, verify, and only then put the plan in its place."""
    from metro_gis.data.inputs import build_problem

    clock = _Clock()
    require_closed(target)
    inputs = check_inputs(workspace, scenario, progress)
    clock.lap("read")
    _end_if_asked(stop)
    problem = build_problem(inputs, scenario, progress)
    clock.lap("minutes")
    _end_if_asked(stop)
    progress.step("optimize")
    decided = decide(problem)
    clock.lap("optimize")
    progress.step("rounds")
    plan = put_together(inputs, problem, decided, scenario)
    clock.lap("rounds")
    nameless: tuple[Fault, ...] = ()
    if inputs.personnel is not None:
        from metro_gis.naming import add_names

        progress.step("names")
        # a plan without names is better than none: why it has none is told beside it
        plan, nameless = add_names(
            plan, inputs.personnel, scenario, previous=decided.former, severity="warning"
        )
        clock.lap("names")
    progress.step("verify")

    def check(part: Path) -> None:
        require_honest(verify_plan(part, workspace.root), target)
        clock.lap("verify")

    write_plan(plan, target, check)
    # what is shown is what the file says
    plan = read_plan(target)
    clock.lap("write")
    summary = summarize(plan) | {"seconds": clock.total(), "plan": workspace.shown(target)}
    return Planned(plan, target, summary, (*inputs.warnings, *nameless))


def _end_if_asked(stop: threading.Event | None) -> None:
    """End while there is no plan yet that could be saved."""
    if stop is not None and stop.is_set():
        raise KeyboardInterrupt


def run(
    workspace: Workspace,
    scenario: Scenario,
    *,
    name: str | None = None,
    lang: str = "en",
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> Planned:
    """Check, plan, verify and draw.

    Parameters
    ----------
    workspace
        The planner's folder.
    scenario
        Inputs, rules and limits.
    name
        Stem of plan and page; that of the scenario by default.
    lang
        Language the page opens in.
    stop
        Set from outside to end the search early.
    progress
        Hears of the steps.

    Returns
    -------
    Planned
        The plan; its summary also names the ``page``.

    Raises
    ------
    InputError
        If an input is faulty or a file cannot be written.
    PlanError
        If the plan breaks a rule, which would be a fault of ours.
    SolverError
        If the engine fails.
    """
    progress = progress or Silent()
    started = time.monotonic()
    planned = make_plan(workspace, scenario, name=name, stop=stop, progress=progress)
    noticed: list[Fault] = []
    page = draw_page(
        workspace, planned.plan, planned.path, lang=lang, progress=progress, warnings=noticed
    )
    drawn = round(time.monotonic() - started, 3)
    seconds = planned.summary["seconds"]
    seconds = seconds | {"draw": round(drawn - seconds["total"], 3), "total": drawn}
    summary = planned.summary | {"page": workspace.shown(page), "seconds": seconds}
    # outlines were looked at before planning, too
    new = (fault for fault in noticed if fault not in planned.warnings)
    return Planned(planned.plan, planned.path, summary, (*planned.warnings, *new))
