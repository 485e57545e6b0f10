"""The officers curve of a scenario: plans from few officers to many, each verified, and the ask.

What it comes to is kept in ``optimize/curves``: figures alone, no stations and no teams.
"""

from __future__ import annotations

import csv
import io
import math
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from metro_gis.assembly import settings_of
from metro_gis.curve_points import Work, trace_points
from metro_gis.errors import Fault, UsageError
from metro_gis.pipeline import check_inputs
from metro_gis.plan_file import canonical_json
from metro_gis.progress import Silent
from metro_gis.workspace import write_bytes

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from metro_gis.data.inputs import Inputs
    from metro_gis.errors import Fault as Warned
    from metro_gis.optimize.reinforcement import Ask
    from metro_gis.problem import Problem
    from metro_gis.progress import Progress
    from metro_gis.scenario import Scenario
    from metro_gis.workspace import Workspace

__all__ = ["Curve", "Span", "draw_curve"]

FORMAT: Final = 1
FIRST_SHARE: Final = 8
"""A curve begins with this part of the officers that there are, unless it is told otherwise."""
COLUMNS: Final = (
    "officers", "covered", "uncovered", "uncovered_special", "uncovered_high",
    "uncovered_elevated", "uncovered_low", "teams", "strength", "stations_per_team_low",
    "officer_minutes", "officer_minutes_bound", "gap", "gap_certified", "status", "stopped_by",
    "plan_id",
)  # fmt: skip
"""Columns of the CSV file."""


@dataclass(frozen=True, slots=True)
class Span:
    """From how many officers for stations to how many, and in how many points.

    Parameters
    ----------
    first, last
        Officers for stations, of all posts together; None for an eighth of those that there are,
        and for all of them.
    points
        How many plans are made, at least two.
    """

    first: int | None = None
    last: int | None = None
    points: int = 25

    def totals(self, available: int) -> list[int]:
        """Spread points evenly.

        Parameters
        ----------
        available
            Officers for stations that there are.

        Returns
        -------
        list of int
            Rising; fewer than asked for where whole numbers lie too close.

        Raises
        ------
        UsageError
            If the last is not above the first.
        """
        last = available if self.last is None else self.last
        first = max(1, min(last, available) // FIRST_SHARE) if self.first is None else self.first
        if first >= last:
            raise UsageError(Fault("curve-span", params={"first": first, "last": last}))
        steps = max(1, self.points - 1)
        return sorted({first + math.floor(k * (last - first) / steps) for k in range(steps + 1)})


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve that was traced, verified and saved.

    Parameters
    ----------
    facts
        As they stand in the file, with ``seconds`` and the names of the files.
    path, table_path
        The curve, and its points as CSV.
    warnings
        What was noticed in the inputs.
    complete
        Whether no point is missing: False where it was stopped early.
    """

    facts: dict[str, Any]
    path: Path
    table_path: Path
    warnings: tuple[Warned, ...]
    complete: bool


def draw_curve(
    workspace: Workspace,
    scenario: Scenario,
    span: Span | None = None,
    *,
    time_limit_s: float,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> Curve:
    """Make and verify a plan for each number of officers, and say what is lacking at each rung.

    Parameters
    ----------
    workspace
        The planner's folder.
    scenario
        What is asked for; its posts say how officers are shared.
    span
        Which numbers of officers.
    time_limit_s
        Seconds for all points together, their verification included; each gets its share.
    stop
        Set from outside to end early; the points so far are saved.
    progress
        Hears of the steps.

    Returns
    -------
    Curve
        Its figures and where they were saved.

    Raises
    ------
    InputError
        If an input is faulty, or a file cannot be written.
    UsageError
        If the span is empty, or nobody is there for stations.
    PlanError
        If a plan breaks a rule, which would be a fault of ours.
    KeyboardInterrupt
        If it is stopped before the first point is there.
    """
    from metro_gis.data.inputs import build_problem, resolved_scenario
    from metro_gis.optimize.curve import Drafts
    from metro_gis.optimize.reinforcement import ask_for_each_rung, fewest_officers
    from metro_gis.optimize.side_search import SideSearch

    started = time.monotonic()
    progress = progress or Silent()
    targets = [workspace.curve_path(scenario.stem, ending) for ending in (".json", ".csv")]
    inputs = _without_names(check_inputs(workspace, scenario, progress))
    problem = build_problem(inputs, scenario, progress)
    available = sum(post.station_officers for post in problem.posts)
    if not available:
        raise UsageError(Fault("curve-nobody", file=scenario.stem))
    totals = (span or Span()).totals(available)
    # the limit of a single plan is not that of a point
    settings = replace(settings_of(scenario), time_limit_s=time_limit_s)
    # where branches are counted there are no drafts
    hands = settings.threads if settings.nodes is None else 0
    with ExitStack() as ends:
        # they are loaded while it is counted
        sides = [ends.enter_context(SideSearch(problem, settings.seed)) for _ in range(hands)]
        progress.step("ask")
        asks = list(ask_for_each_rung(problem, settings, stop=stop))
        fewest = list(fewest_officers(problem, settings, stop=stop))
        points = trace_points(
            Work(workspace, scenario, inputs, problem, progress, stop),
            totals,
            settings,
            Drafts(sides),
            started + time_limit_s,
        )
    if not points:
        raise KeyboardInterrupt
    facts = {
        "format": FORMAT,
        "scenario": resolved_scenario(scenario.without_people(), inputs.columns),
        "inputs": list(inputs.files),
        "modelled": inputs.modelled,
        "officers_available": available,
        "posts": {post.post_id: post.station_officers for post in problem.posts},
        "asked_points": len(totals),
        "points": points,
        "fewest": [_told(problem, ask) for ask in fewest],
        "ask": [_told(problem, ask) for ask in asks],
    }
    write_bytes(targets[0], canonical_json(facts).encode())
    write_bytes(targets[1], _table(points))
    shown = {
        "curve": workspace.shown(targets[0]),
        "table": workspace.shown(targets[1]),
        "seconds": {"total": round(time.monotonic() - started, 3)},
    }
    return Curve(facts | shown, targets[0], targets[1], inputs.warnings, len(points) == len(totals))


def _without_names(inputs: Inputs) -> Inputs:
    """Leave the list of personnel out: headcounts are what changes, nobody is drawn."""
    files = tuple(one for one in inputs.files if one["name"] != "personnel")
    columns = {name: found for name, found in inputs.columns.items() if name != "personnel"}
    return replace(inputs, files=files, columns=columns, personnel=None)


def _told(problem: Problem, ask: Ask) -> dict[str, Any]:
    """Give an ask as plain values."""
    why = ask.shortage
    return {
        "rung": ask.rung,
        "officers": ask.count,
        "bound": ask.bound,
        "proven": ask.proven,
        "posts": {
            post.post_id: count
            for post, count in zip(problem.posts, ask.extra, strict=True)
            if count
        },
        "shortage": None
        if why is None
        else {
            "units": list(why.units),
            "stations": why.stations,
            "posts": list(why.posts),
            "needed": why.needed,
            "available": why.available,
        },
    }


def _table(points: Iterable[Mapping[str, Any]]) -> bytes:
    """Write the points as CSV: numbers and our own words, none of the tables' texts."""
    stream = io.StringIO(newline="")
    pen = csv.DictWriter(stream, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    pen.writeheader()
    for point in points:
        _, strength, nearness = point["aims"]
        classes = {f"uncovered_{name}": n for name, n in point["uncovered_by_class"].items()}
        aims = {"strength": strength["value"], "officer_minutes_bound": nearness["bound"]}
        pen.writerow(dict(point) | classes | aims)
    return stream.getvalue().encode("utf-8")
