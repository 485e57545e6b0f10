"""Quality: metro_gis and every rival on the same instance, each in a process of its own.

metro_gis goes first and chooses the rungs; rivals get these rungs and only bring officers nearer.
Every plan is checked and priced anew; a plan that breaks a rule counts as none. Bounds of all are
compared: the best one measures everybody's gap.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from benchmarks.checker import broken_rules
from benchmarks.measure import MEMORY_GB, measure
from benchmarks.rivals import RIVALS, price_tenths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.instances import Instance
    from benchmarks.measure import Measured

    from metro_gis.problem import Problem

OURS = "metro_gis"
SOON_S = 20.0
"""Time limit of a shorter run of metro_gis on the sample."""
SOON_STATIONS = 500
LARGE_STATIONS = 5000
LARGE_FACTOR = 5.0
"""Instances above that size get that much more time."""
DUST = 1e-6


@dataclass
class Run:
    """One run of one solver.

    Parameters
    ----------
    solver, key
        Its name and key.
    limit_s
        Its time limit.
    value, bound
        Officer-minutes of its plan as priced here, and its bound; None where there is none.
    own_gap, gap
        Share above its own bound, and above the best bound of all.
    proven
        Whether it calls its plan optimal.
    settled
        Whether cover and rungs are proven (metro_gis only).
    build_s, solve_s, wall_s
        Seconds to state the program, to search, and of the whole process.
    peak_mb
        Largest resident memory of the process.
    status
        ``plan``, ``no plan``, ``N uncovered`` (not compared with plans that cover all),
        ``broken``, ``stopped``, ``memory``, or an error.
    broken
        Rules that its plan breaks.
    """

    solver: str
    key: str
    limit_s: float
    value: float | None = None
    bound: float | None = None
    own_gap: float | None = None
    gap: float | None = None
    proven: bool = False
    settled: bool = True
    build_s: float = 0.0
    solve_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float = 0.0
    status: str = ""
    broken: list[str] = field(default_factory=list)


def compare(
    instance: Instance,
    *,
    seconds: float,
    rivals: Sequence[str],
    memory_gb: float = MEMORY_GB,
    seed: int = 1,
    tell: Callable[[str], None] = print,
) -> dict[str, object]:
    """Let metro_gis and rivals plan an instance, one after another."""
    problem = instance.problem
    stations = len(problem.stations)
    limit = seconds * (LARGE_FACTOR if stations > LARGE_STATIONS else 1.0)
    limits = [limit]
    if stations < SOON_STATIONS and limit > SOON_S:
        limits.insert(0, SOON_S)
    runs: list[Run] = []
    rungs: Mapping[str, int] = {}
    for one in limits:
        measured = measure(
            "benchmarks.rivals:run_metro_gis",
            within_s=_patience(one),
            memory_gb=memory_gb,
            problem=problem,
            seconds=one,
            seed=seed,
        )
        if measured.result is not None:
            rungs = measured.result.rungs
        runs.append(_run(problem, rungs, measured, (OURS, OURS, one)))
        tell(f"{instance.name}: {_told(runs[-1])}")
    if not rungs:
        return _report(instance, runs, rungs)
    for key in rivals:
        rival = RIVALS[key]
        if not rival.available():
            runs.append(Run(rival.name, key, limit, status="not installed"))
            continue
        measured = measure(
            "benchmarks.rivals:run_rival",
            within_s=_patience(limit),
            memory_gb=memory_gb,
            key=key,
            problem=problem,
            rungs=rungs,
            seconds=limit,
        )
        runs.append(_run(problem, rungs, measured, (rival.name, key, limit)))
        tell(f"{instance.name}: {_told(runs[-1])}")
    return _report(instance, runs, rungs)


def _patience(limit: float) -> float:
    """Leave time to state the program, and for engines that look at the clock rarely."""
    return 2.5 * limit + 120.0


def _run(
    problem: Problem,
    rungs: Mapping[str, int],
    measured: Measured,
    named: tuple[str, str, float],
) -> Run:
    run = Run(*named, wall_s=measured.seconds, peak_mb=measured.peak_mb)
    found = measured.result
    if found is None:
        run.status = measured.failure
        return run
    run.proven, run.settled = found.proven, found.settled
    run.build_s, run.solve_s = found.build_s, found.solve_s
    if found.bound_tenths is not None:
        run.bound = found.bound_tenths / 10
    if found.beats is None:
        run.status = "no plan"
        return run
    run.broken = broken_rules(problem, found.beats, rungs)
    if run.broken:
        left_out = sum(rule.endswith("is uncovered") for rule in run.broken)
        run.status = f"{left_out} uncovered" if left_out == len(run.broken) else "broken"
        return run
    run.status = "plan"
    run.value = price_tenths(problem, found.beats) / 10
    run.own_gap = _gap(run.value, run.bound)
    return run


def _gap(value: float | None, bound: float | None) -> float | None:
    if value is None or bound is None:
        return None
    return max(0.0, (value - bound) / max(value, 1.0))


def _told(run: Run) -> str:
    value = "no value" if run.value is None else f"{run.value:.1f} minutes"
    gap = "no gap" if run.own_gap is None else f"own gap {100 * run.own_gap:.2f} %"
    return (
        f"{run.solver} ({run.limit_s:g} s): {run.status}, {value}, {gap}, "
        f"{run.wall_s:.0f} s, {run.peak_mb:.0f} MB"
    )


def _report(instance: Instance, runs: list[Run], rungs: Mapping[str, int]) -> dict[str, object]:
    values = [run.value for run in runs if run.value is not None]
    best_value = min(values, default=None)
    # a bound above a checked plan is wrong, whoever says it
    false_bounds = [
        run.key
        for run in runs
        if None not in (run.bound, best_value) and run.bound > best_value * (1 + DUST)
    ]
    bounds = [run.bound for run in runs if run.bound is not None and run.key not in false_bounds]
    best_bound = max(bounds, default=None)
    for run in runs:
        run.gap = _gap(run.value, best_bound)
    problem = instance.problem
    return {
        "instance": instance.name,
        "stations": len(problem.stations),
        "posts": len(problem.posts),
        "officers": sum(post.station_officers for post in problem.posts),
        "pairs": int(problem.travel.beat_indptr[-1]),
        "rungs": _counted(rungs),
        "best_value": best_value,
        "best_bound": best_bound,
        "false_bounds": false_bounds,
        "runs": [asdict(run) for run in runs],
    }


def _counted(rungs: Mapping[str, int]) -> dict[str, int]:
    """Count border units by rung."""
    counts: dict[str, int] = {}
    for rung in sorted(rungs.values()):
        counts[str(rung)] = counts.get(str(rung), 0) + 1
    return counts
