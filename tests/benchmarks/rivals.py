"""The rivals: each makes a plan for the same problem at the same rungs, covering every station.

A rival's clock starts when its program is built and in the engine; metro_gis's starts with the
problem, and it has to choose the rungs too. Engines may use two threads where they can.
"""

from __future__ import annotations

import importlib.util
import math
import re
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pulp

from metro_gis.optimize import Settings, optimize
from metro_gis.optimize import program as compact
from metro_gis.optimize.cover import full_program
from metro_gis.optimize.posting import post_beats, posting_prices
from metro_gis.optimize.search import reachable, sizes_of, tiers_missed
from metro_gis.plan import beat_cost_tenths
from metro_gis.solver import Limits, Termination, run_in_threads, solve_program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metro_gis.optimize.program import Program
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

THREADS = 2
CPSAT_WORKERS = 2
PRICE_STEP_TENTHS = 150.0
"""Added to the price of an officer where a kecamatan's plans together lack officers."""
ROUND_SHARES = (0.15, 0.5, 1.0)
"""Share of the time left that each round of the units may take."""


@dataclass(frozen=True)
class Found:
    """What a rival, or metro_gis, came back with.

    Parameters
    ----------
    beats
        Its plan, or None.
    bound_tenths
        What it says no plan can be below; None where it says nothing.
    proven
        Whether it calls the plan optimal.
    build_s, solve_s
        Seconds to state the program, and to search.
    rungs
        Rung of *low* by border unit: what metro_gis chose.
    settled
        Whether cover and rungs are proven (metro_gis only).
    note
        For people.
    """

    beats: tuple[Beat, ...] | None
    bound_tenths: float | None
    proven: bool
    build_s: float
    solve_s: float
    rungs: Mapping[str, int] = field(default_factory=dict)
    settled: bool = True
    note: str = ""


@dataclass(frozen=True)
class Rival:
    """A way to make a plan.

    Parameters
    ----------
    key
        What it is called on the command line.
    name
        What it is called in tables.
    solve
        Function of problem, rungs and seconds.
    available
        Whether what it needs is installed.
    """

    key: str
    name: str
    solve: Callable[[Problem, Mapping[str, int], float], Found]
    available: Callable[[], bool]


def run_metro_gis(problem: Problem, seconds: float, *, gap: float = 0.0, seed: int = 1) -> Found:
    """Make a plan as `metro-gis` does."""
    started = time.monotonic()
    outcome = optimize(problem, Settings(time_limit_s=seconds, gap=gap, seed=seed, threads=THREADS))
    cover, strength, nearness = outcome.aims
    return Found(
        outcome.beats,
        float(nearness.bound) if isinstance(nearness.bound, (int, float)) else None,
        str(outcome.status) == "optimal",
        0.0,
        time.monotonic() - started,
        outcome.rungs,
        cover.proven and strength.proven,
        str(outcome.stopped_by or ""),
    )


def run_rival(key: str, problem: Problem, rungs: Mapping[str, int], seconds: float) -> Found:
    """Let a rival make a plan."""
    # units without low stations have any rung
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[-1]) | dict(rungs)
    return RIVALS[key].solve(problem, rungs, seconds)


def price_tenths(problem: Problem, beats: Sequence[Beat]) -> int:
    """Price a plan as the third aim does, whatever its maker said."""
    return sum(beat_cost_tenths(problem, beat) for beat in beats)


def build(problem: Problem, rungs: Mapping[str, int], *, rows: bool) -> Program:
    """State the compact program in PuLP, with or without the rows "at least ceil(load) teams"."""
    if rows:
        program = full_program(problem, rungs, may_miss=False)
    else:
        with mock.patch.object(compact, "_add_team_counts", return_value=None):
            program = full_program(problem, rungs, may_miss=False)
    program.aim_at_nearness()
    return program


def solve_cbc(problem: Problem, rungs: Mapping[str, int], seconds: float) -> Found:
    """Give the compact program to CBC through PuLP; the bound is read from CBC's own log."""
    started = time.monotonic()
    program = build(problem, rungs, rows=False)
    built = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cbc.log"
        engine = pulp.COIN_CMD(
            path=_cbc_path(), msg=False, threads=THREADS, timeLimit=seconds, logPath=str(log)
        )
        engine.tmpDir = folder
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program.lp.solve(engine)
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    ended = time.monotonic()
    values = {one.name: round(one.varValue or 0.0) for one in program.lp.variables()}
    value = re.search(r"Objective value:\s+(\S+)", said)
    bound = re.search(r"Lower bound:\s+(\S+)", said)
    proven = "Result - Optimal solution found" in said
    return Found(
        program.read(values) if value else None,
        float((value if proven else bound).group(1)) if (value if proven else bound) else None,
        proven,
        built - started,
        ended - built,
    )


def _cbc_path() -> str | None:
    # the CBC that PuLP brought with it until version 4; None: the one on the PATH, or cbcbox
    bundled = getattr(getattr(pulp, "PULP_CBC_CMD", None), "pulp_cbc_path", None)
    return str(bundled) if bundled and Path(bundled).is_file() else None


def _has_cbc() -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(pulp.COIN_CMD(path=_cbc_path(), msg=False).available())


def solve_highs(problem: Problem, rungs: Mapping[str, int], seconds: float, *, rows: bool) -> Found:
    """Give the compact program to HiGHS through PuLP."""
    started = time.monotonic()
    program = build(problem, rungs, rows=rows)
    built = time.monotonic()
    answer = solve_program(program.lp, Limits(seconds))
    return Found(
        program.read(answer.values) if answer.solved else None,
        answer.bound if math.isfinite(answer.bound) else None,
        answer.termination is Termination.OPTIMAL,
        built - started,
        time.monotonic() - built,
    )


def solve_by_kecamatan(problem: Problem, rungs: Mapping[str, int], seconds: float) -> Found:
    """Let HiGHS solve border units one by one, two side by side, with the rows of ceil(load).

    Units meet only in the posts' officers. A short first round tells what an officer of each post
    is worth (the dual prices of sending the teams out); in the long one units pay that price, and
    teams get their posts in a small program afterwards.
    """
    started = time.monotonic()
    inside = np.flatnonzero(reachable(problem))
    units = [inside[problem.unit_index[inside] == u] for u in range(len(problem.units))]
    # the largest first, so that none is left for the end
    units = sorted((unit for unit in units if len(unit)), key=lambda unit: -len(unit))
    programs = [compact.build_program(problem, unit, rungs) for unit in units]
    built = time.monotonic()
    officers = np.array([float(post.station_officers) for post in problem.posts])
    prices = np.zeros(len(officers))
    best: tuple[int, tuple[Beat, ...]] | None = None
    bound = -math.inf
    pieces: list[tuple[Beat, ...]] = [()] * len(programs)
    ends = built + seconds
    for share in ROUND_SHARES:
        left = ends - time.monotonic()
        if left < 1:
            break
        # a first round that needed no prices leaves all the rest to the second
        part = left if best else share * left
        clock = _Clock(time.monotonic() + part, len(programs))
        jobs = [
            partial(_ask_unit, problem, program, piece, prices.tolist(), clock)
            for program, piece in zip(programs, pieces, strict=True)
        ]
        answers = run_in_threads(jobs, THREADS)
        bound = max(bound, sum(one for one, _ in answers) - float(prices @ officers))
        pieces = [piece for _, piece in answers]
        together = tuple(beat for piece in pieces for beat in piece)
        posted = post_beats(problem, together)
        if not all(pieces) or tiers_missed(problem, posted) != tiers_missed(problem, together):
            prices = prices + PRICE_STEP_TENTHS
            continue
        cost = price_tenths(problem, posted)
        best = min(best or (cost, posted), (cost, posted), key=lambda pair: pair[0])
        prices = np.array(posting_prices(problem, together))
    return Found(
        best[1] if best else None,
        bound if math.isfinite(bound) else None,
        best is not None and best[0] - bound <= 1e-6 * max(1, best[0]),
        built - started,
        time.monotonic() - built,
    )


class _Clock:
    """Shares the time until an end out among units that wait for one of the threads."""

    def __init__(self, ends: float, waiting: int) -> None:
        self.ends, self.waiting = ends, waiting

    def grant(self) -> float:
        turns = math.ceil(self.waiting / THREADS)
        self.waiting -= 1
        return max(0.1, (self.ends - time.monotonic()) / turns)


def _ask_unit(
    problem: Problem,
    program: Program,
    beats: tuple[Beat, ...],
    prices: list[float],
    clock: _Clock,
) -> tuple[float, tuple[Beat, ...]]:
    program.aim_at_nearness(prices)
    start = program.start(beats, sizes_of(problem, beats)) if beats else None
    answer = solve_program(program.lp, Limits(clock.grant()), start=start)
    return answer.bound, program.read(answer.values) if answer.solved else beats


def solve_cpsat(problem: Problem, rungs: Mapping[str, int], seconds: float) -> Found:
    """Give the compact program, with the rows of ceil(load), to CP-SAT."""
    from ortools.sat.python import cp_model

    started = time.monotonic()
    program = build(problem, rungs, rows=True)
    model, binary = _to_cpsat(program.lp, cp_model.CpModel())
    built = time.monotonic()
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = CPSAT_WORKERS
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    solved = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    values = {name: float(solver.value(one)) for name, one in binary.items()} if solved else {}
    bound = solver.best_objective_bound
    return Found(
        program.read(values) if solved else None,
        float(bound) if bound > 0 else None,
        status == cp_model.OPTIMAL,
        built - started,
        time.monotonic() - built,
    )


def _to_cpsat(lp: pulp.LpProblem, model: Any) -> tuple[Any, dict[str, Any]]:
    """Hand every row over as it stands; all numbers of the program are whole."""
    binary = {one.name: model.new_bool_var(one.name) for one in lp.variables()}
    for row in lp.constraints():
        terms = [(binary[_name(one)], round(factor)) for one, factor in row.items()]
        right = -round(row.constant)
        if row.sense == pulp.LpConstraintEQ and right == 1 and all(k == 1 for _, k in terms):
            model.add_exactly_one([one for one, _ in terms])
            continue
        left = sum(factor * one for one, factor in terms)
        if row.sense == pulp.LpConstraintEQ:
            model.add(left == right)
        elif row.sense == pulp.LpConstraintLE:
            model.add(left <= right)
        else:
            model.add(left >= right)
    model.minimize(sum(round(factor) * binary[_name(one)] for one, factor in lp.objective.items()))
    return model, binary


def _name(variable: Any) -> str:
    # rows of PuLP 3 hold names, those of PuLP 4 hold variables
    return variable if isinstance(variable, str) else variable.name


def _always() -> bool:
    return True


RIVALS: dict[str, Rival] = {
    one.key: one
    for one in (
        Rival("cbc", "compact, PuLP + CBC", solve_cbc, _has_cbc),
        Rival("highs", "compact, PuLP + HiGHS", partial(solve_highs, rows=False), _always),
        Rival("highs-rows", "the same with ceil rows", partial(solve_highs, rows=True), _always),
        Rival("kecamatan", "HiGHS, kecamatan by kecamatan, ceil rows", solve_by_kecamatan, _always),
        Rival(
            "cpsat",
            "compact with ceil rows, OR-Tools CP-SAT",
            solve_cpsat,
            lambda: importlib.util.find_spec("ortools") is not None,
        ),
    )
}
