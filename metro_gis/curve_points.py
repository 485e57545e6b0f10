"""The points of an officers curve: plans put together, and verified by a process of its own."""

from __future__ import annotations

import math
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from metro_gis.assembly import Decided, put_together
from metro_gis.plan_file import write_plan
from metro_gis.side_check import SideChecker
from metro_gis.summary import summarize

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from metro_gis.data.inputs import Inputs
    from metro_gis.optimize import Settings
    from metro_gis.optimize.curve import Drafts, Point
    from metro_gis.problem import Problem
    from metro_gis.progress import Progress
    from metro_gis.scenario import Scenario
    from metro_gis.side_check import SideCheck
    from metro_gis.workspace import Workspace

__all__ = ["Work", "trace_points"]

LEAST_SECONDS: Final = 0.5
"""What a point gets to search in, even when time is up."""
MOST_OPEN: Final = 6
"""So many points at most are thought to be left open by drafts."""
OPEN_TIMES: Final = 2
"""How many times as long as putting a plan together is kept for each of them."""
BESIDE_S: Final = 1.0
"""What putting a point's plan together takes, until the first has shown it."""
STOPPED_S: Final = 3.0
"""How long checks are waited for when somebody asked to stop."""
CHECK_TIMES: Final = 0.5
"""About how many times as long as putting a plan together its check takes."""


@dataclass(frozen=True, eq=False)
class Work:
    """What every point needs.

    Parameters
    ----------
    workspace
        The planner's folder.
    scenario
        What is asked for.
    inputs
        What was read.
    problem
        Its posts say how officers are shared.
    progress
        Hears of the steps.
    stop
        Set from outside to end early.
    """

    workspace: Workspace
    scenario: Scenario
    inputs: Inputs
    problem: Problem
    progress: Progress
    stop: threading.Event | None


def trace_points(
    work: Work, totals: Sequence[int], settings: Settings, drafts: Drafts, ends: float
) -> list[dict[str, Any]]:
    """Make a plan for each total in the time that is left; verify it while the next is made.

    Parameters
    ----------
    work
        What every point needs.
    totals
        Officers for stations, of all posts together, rising.
    settings
        When to stop, for each of them; how to be repeatable.
    drafts
        Who makes plans in passing.
    ends
        Reading of the monotonic clock when all shall be done.

    Returns
    -------
    list of dict
        Figures of every point that is reached, by rising officers.

    Raises
    ------
    PlanError
        If a plan breaks a rule, which would be a fault of ours.
    """
    from metro_gis.optimize.curve import draft_curve, trace_curve

    standing: dict[int, Point] = {}
    # the checker is ended before its files go
    with (
        tempfile.TemporaryDirectory() as folder,
        SideChecker(work.workspace.root) as checker,
    ):
        desk = _Desk(work, Path(folder), checker, len(totals))

        def left_for_drafts() -> float:
            open_ = min(MOST_OPEN, len(totals) - len(standing))
            beside = (LEAST_SECONDS + OPEN_TIMES * desk.beside_s) * open_
            beside += CHECK_TIMES * desk.beside_s * desk.in_line
            return ends - time.monotonic() - beside

        work.progress.step("drafts")
        for point in draft_curve(
            work.problem, totals, drafts, settings, seconds=left_for_drafts, stop=work.stop
        ):
            standing[point.officers] = point
            desk.take(point)

        def grant(searched: Sequence[int]) -> float:
            # few officers, hard questions: teams guard many stations each, or cannot guard all
            weights = [1 / max(1, total) for total in searched]
            beside = len(searched) + CHECK_TIMES * (1 + desk.in_line)
            spare = ends - time.monotonic() - beside * desk.beside_s
            share = spare * weights[0] / sum(weights)
            return min(settings.time_limit_s, max(LEAST_SECONDS, share))

        work.progress.step("optimize")
        # where the rest is cut short, what is proven best stands
        reached = {total for total, point in standing.items() if point.outcome.gap == 0.0}
        for point in trace_curve(
            work.problem, totals, settings, drafts=drafts, seconds=grant,
            stop=work.stop, listener=work.progress.aim,
        ):  # fmt: skip
            reached.add(point.officers)
            before = standing.get(point.officers)
            if before is None or before.outcome is not point.outcome:
                desk.take(point)
        desk.clear(is_stopped=work.stop is not None and work.stop.is_set())
    return [desk.rows[total] for total in sorted(reached & desk.rows.keys())]


class _Desk:
    """Points are put together here, and verified by a process of its own."""

    def __init__(self, work: Work, folder: Path, checker: SideChecker, count: int) -> None:
        self.work, self.folder, self.checker, self.count = work, folder, checker, count
        self.rows: dict[int, dict[str, Any]] = {}
        self.beside_s = BESIDE_S
        self._line: deque[tuple[dict[str, Any], SideCheck]] = deque()
        self._taken = 0

    def take(self, point: Point) -> None:
        """Put a point's plan together and have it checked, later ones standing for earlier.

        Nothing is waited for: plans that come faster than they can be checked stand in line.
        """
        found = time.monotonic()
        self._taken += 1
        part = self.folder / f"{self._taken}.gpkg"
        row = _written(self.work, point, part)
        self.beside_s = time.monotonic() - found
        # an earlier plan for as many officers might be worse than that of fewer
        officers = row["officers"]
        self.rows.pop(officers, None)
        self._leave(lambda other: other["officers"] == officers)
        self._line.append((row, self.checker.check(part, row["plan_id"])))
        while self._line and self._line[0][1].is_over():
            self._end_first()

    @property
    def in_line(self) -> int:
        """Count the plans whose checks are not over."""
        return len(self._line)

    def clear(self, *, is_stopped: bool) -> None:
        """Wait for all checks; when somebody asked to stop, for the one under way and not long."""
        ends = time.monotonic() + (STOPPED_S if is_stopped else math.inf)
        while self._line:
            self._end_first()
            if time.monotonic() > ends:
                self._leave(lambda _: True)

    def _leave(self, is_useless: Callable[[dict[str, Any]], bool]) -> None:
        """Take plans out of the line, unless their check has begun."""
        for row, check in list(self._line):
            if is_useless(row) and check.begin():
                self._line.remove((row, check))
                check.plan_file.unlink()

    def _end_first(self) -> None:
        row, check = self._line.popleft()
        check.require_honest()
        check.plan_file.unlink()
        # a later plan for as many officers is still in line
        if all(other["officers"] != row["officers"] for other, _ in self._line):
            self.rows[row["officers"]] = row
        self.work.progress.count(len(self.rows), self.count)


def _written(work: Work, point: Point, part: Path) -> dict[str, Any]:
    """Put a point's plan together, write it, and keep its figures."""
    headcounts = {post.post_id: post.officers for post in point.problem.posts}
    scenario = work.scenario.without_people().replace(officers=headcounts)
    plan = put_together(work.inputs, point.problem, Decided(point.outcome), scenario)
    write_plan(plan, part)
    summary = summarize(plan)
    low = sum(point.problem.low_stations().values())
    strength = summary["aims"][1]
    kept = (
        "covered", "uncovered", "uncovered_by_class", "teams", "rung_low", "officer_minutes",
        "gap", "gap_certified", "status", "stopped_by", "plan_id",
    )  # fmt: skip
    return {
        "officers": point.officers,
        "posts": {post.post_id: post.station_officers for post in point.problem.posts},
        **{key: summary[key] for key in kept},
        "aims": summary["aims"],
        "stations_per_team_low": round(strength["value"] / low, 3) if low else None,
    }
