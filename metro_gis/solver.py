"""The boundary to PuLP and HiGHS: how a search ended, value, bound, gap, interruption.

PuLP calls a time-limited incumbent "Optimal" and hides bound and gap; here the engine itself is
asked. The program is stated in PuLP, handed to HiGHS in-process through PuLP, and run in a
thread of its own, so that progress can be drawn and Ctrl-C ends it with the best answer kept.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

import highspy
import numpy as np
import pulp

from metro_gis.errors import Fault, SolverError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

INTEGRALITY = 1e-5
"""Farthest an integer variable's value may lie from a whole number."""
PROGRESS_SECONDS = 0.2
"""Shortest time between two words to a listener."""
GIVING_UP_SECONDS = 2.0
"""How long an engine is waited for that nobody wants an answer of any more."""


class Termination(StrEnum):
    """How a search ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    WORK_LIMIT = "work_limit"


_TERMINATIONS: Mapping[Any, Termination] = {
    highspy.HighsModelStatus.kOptimal: Termination.OPTIMAL,
    highspy.HighsModelStatus.kModelEmpty: Termination.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Termination.INFEASIBLE,
    highspy.HighsModelStatus.kTimeLimit: Termination.TIME_LIMIT,
    highspy.HighsModelStatus.kInterrupt: Termination.INTERRUPTED,
    highspy.HighsModelStatus.kHighsInterrupt: Termination.INTERRUPTED,
    highspy.HighsModelStatus.kSolutionLimit: Termination.WORK_LIMIT,
    highspy.HighsModelStatus.kObjectiveTarget: Termination.WORK_LIMIT,
    highspy.HighsModelStatus.kObjectiveBound: Termination.WORK_LIMIT,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """When an engine shall stop.

    Parameters
    ----------
    time_limit_s
        Seconds of wall-clock time.
    gap
        Relative gap at which to stop.
    first_solution
        Stop at the first solution found.
    nodes
        Most nodes of the search tree: unlike time, a limit that can be repeated.
    """

    time_limit_s: float = math.inf
    gap: float = 0.0
    first_solution: bool = False
    nodes: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine said, read without trust.

    Parameters
    ----------
    termination
        How the search ended.
    value
        Objective of the best solution, or None where there is none.
    bound
        No solution can have a smaller objective; ``-inf`` where nothing is proven.
    values
        Value of every variable of the best solution, by name; empty where there is none.
    nodes
        Nodes of the search tree that were looked at.
    """

    termination: Termination
    value: float | None
    bound: float
    values: Mapping[str, float] = field(default_factory=dict)
    nodes: int = 0

    @property
    def solved(self) -> bool:
        """Whether there is a solution."""
        return self.value is not None


class Progress(Protocol):
    """Hears of a running search."""

    def __call__(self, value: float | None, bound: float) -> None:
        """Take note of the best value (None without a solution) and the bound."""


def engine_name() -> str:
    """Name the engine and its version.

    Returns
    -------
    str
        For example ``"HiGHS 1.15.1 through PuLP 3.3.2"``.
    """
    return f"HiGHS {version('highspy')} through PuLP {version('pulp')}"


def solve_program(
    program: pulp.LpProblem,
    limits: Limits,
    *,
    seed: int = 0,
    start: Mapping[str, float] | None = None,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
    jump: bool = True,
) -> Answer:
    """Minimise a PuLP program with HiGHS.

    Parameters
    ----------
    program
        A program to be minimised.
    limits
        When to stop.
    seed
        Seed of the engine.
    start
        Values of some or all variables of a known solution, by name.
    stop
        Set from outside to end the search early.
    progress
        Told of value and bound as the search goes on, from another thread.
    jump
        Whether the engine looks for a first solution by its feasibility jump.

    Returns
    -------
    Answer
        The best solution and the bound.

    Raises
    ------
    SolverError
        If the engine fails, or gives a value of an integer variable that is none.
    """
    # handing a large program over takes seconds, for nothing where somebody asked to stop
    if _is_set(stop):
        return Answer(Termination.INTERRUPTED, None, -math.inf)
    highs, columns = _handed_over(program, limits, seed=seed, jump=jump)
    if _is_set(stop):
        return Answer(Termination.INTERRUPTED, None, -math.inf)
    if start:
        _set_start(highs, columns, start)
    if highs.getNumCol() == 0:
        holds = all(_holds_at_zero(row) for row in program.constraints())
        return (
            Answer(Termination.OPTIMAL, 0.0, 0.0)
            if holds
            else Answer(Termination.INFEASIBLE, None, math.inf)
        )
    watch = _Watch(limits, stop, progress)
    _run(highs, watch)
    answer = _read(highs, columns, watch)
    if _is_borne_out(answer, limits):
        return answer
    # asked anew without its presolve and with another seed, the engine proves what it said
    for name, option in (("presolve", "off"), ("random_seed", seed + 1)):
        highs.setOptionValue(name, option)
    highs.clearSolver()
    _run(highs, watch)
    again = _read(highs, columns, watch)
    return again if again.solved and again.bound > answer.bound else answer


def bound_program(
    program: pulp.LpProblem,
    limits: Limits,
    *,
    whole: Collection[str],
    stop: threading.Event | None = None,
) -> Answer:
    """Bound a PuLP program from below: most of its variables need not be whole.

    Parameters
    ----------
    program
        A program to be minimised.
    limits
        When to stop.
    whole
        Names of those integer variables that stay so.
    stop
        Set from outside to end the search early.

    Returns
    -------
    Answer
        Its bound holds for the program; its values, of the variables that stayed whole, may be
        those of no solution.

    Raises
    ------
    SolverError
        If the engine fails.
    """
    if _is_set(stop):
        return Answer(Termination.INTERRUPTED, None, -math.inf)
    highs, columns = _handed_over(program, limits, seed=0, jump=False, whole=whole)
    shared = {
        column.name
        for column in columns
        if column.cat == pulp.LpInteger and column.name not in whole
    }
    # a solution is not what is looked for
    highs.setOptionValue("mip_heuristic_effort", 0.0)
    watch = _Watch(limits, stop, None)
    _run(highs, watch)
    return _read(highs, columns, watch, shared)


def _handed_over(
    program: pulp.LpProblem,
    limits: Limits,
    *,
    seed: int,
    jump: bool,
    whole: Collection[str] | None = None,
) -> tuple[highspy.Highs, Sequence[Any]]:
    """Hand a program over to the engine; its columns are in the order of the variables.

    Of the integer variables those named stay so; None for all.
    """
    # PuLP 3 says of each column by itself that it is whole, which takes half of all the time
    engine = pulp.HiGHS(msg=False, mip=False, threads=1)
    engine.createAndConfigureSolver(program)
    engine.buildSolverModel(program)
    highs: highspy.Highs = program.solverModel
    for name, option in _options(limits, seed, jump=jump).items():
        highs.setOptionValue(name, option)
    columns = (
        program.exported_variables()
        if hasattr(program, "exported_variables")
        else program.variables()
    )
    integer = [
        i
        for i, column in enumerate(columns)
        if column.cat == pulp.LpInteger and (whole is None or column.name in whole)
    ]
    kinds = np.full(len(integer), highspy.HighsVarType.kInteger)
    highs.changeColsIntegrality(len(integer), np.array(integer, dtype=np.int32), kinds)
    return highs, columns


def _is_borne_out(answer: Answer, limits: Limits) -> bool:
    """Tell whether a solution that the engine calls optimal is so by its own bound."""
    if answer.value is None or answer.termination is not Termination.OPTIMAL:
        return True
    allowed = (limits.gap + INTEGRALITY) * max(1.0, abs(answer.value))
    return answer.value - answer.bound <= allowed


def _is_set(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()


def _holds_at_zero(row: pulp.LpConstraint) -> bool:
    """Tell whether a row without variables holds."""
    if row.sense == pulp.LpConstraintEQ:
        return bool(row.constant == 0)
    return bool(row.constant <= 0 if row.sense == pulp.LpConstraintLE else row.constant >= 0)


def _options(limits: Limits, seed: int, *, jump: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "output_flag": False,
        "random_seed": seed,
        "mip_rel_gap": limits.gap,
        "mip_abs_gap": 1e-6,
        "mip_heuristic_run_feasibility_jump": jump,
    }
    if math.isfinite(limits.time_limit_s):
        options["time_limit"] = max(limits.time_limit_s, 0.01)
    if limits.nodes is not None:
        options["mip_max_nodes"] = limits.nodes
    if limits.first_solution:
        options["mip_max_improving_sols"] = 1
    return options


def _set_start(highs: highspy.Highs, columns: Sequence[Any], start: Mapping[str, float]) -> None:
    known = [(i, start[column.name]) for i, column in enumerate(columns) if column.name in start]
    if known:
        indices = np.array([i for i, _ in known], dtype=np.int32)
        values = np.array([value for _, value in known], dtype=np.float64)
        highs.setSolution(len(known), indices, values)


class _Watch:
    """Carries word between the engine's thread and ours."""

    def __init__(
        self, limits: Limits, stop: threading.Event | None, progress: Progress | None
    ) -> None:
        self.deadline = time.monotonic() + limits.time_limit_s
        self.stop = stop
        self.progress = progress
        self.late = False
        self.given_up = False
        self.next_word = 0.0

    def hear(self, kind: Any, _text: str, out: Any, take: Any, _data: Any) -> None:  # noqa: ANN401
        now = time.monotonic()
        # the engine looks at its own clock too rarely on large programs
        self.late = now > self.deadline
        if self.late or self.given_up or _is_set(self.stop):
            take.user_interrupt = True
        of_mip = kind == highspy.cb.HighsCallbackType.kCallbackMipInterrupt
        if of_mip and self.progress is not None and now >= self.next_word:
            self.next_word = now + PROGRESS_SECONDS
            value = out.mip_primal_bound
            self.progress(value if math.isfinite(value) else None, out.mip_dual_bound)


def _run(highs: highspy.Highs, watch: _Watch) -> None:
    highs.setCallback(watch.hear, None)
    kinds = highspy.cb.HighsCallbackType
    for kind in (kinds.kCallbackMipInterrupt, kinds.kCallbackSimplexInterrupt):
        highs.startCallback(kind)
    failure: list[BaseException] = []
    # a thread whose join was broken off is taken for ended, so that joining again does not wait
    done = threading.Event()

    def work() -> None:
        try:
            highs.run()
        except BaseException as error:  # noqa: BLE001 (handed on to the waiting thread)
            failure.append(error)
        finally:
            done.set()

    threading.Thread(target=work, name="engine", daemon=True).start()
    try:
        # waiting in short steps lets a signal handler of the main thread run in between
        while not done.wait(0.05):
            pass
    except BaseException:
        # an engine must not be at work when the interpreter ends beneath it
        watch.given_up = True
        done.wait(GIVING_UP_SECONDS)
        raise
    if failure:
        raise SolverError(Fault("engine-failed", params={"why": str(failure[0])})) from failure[0]


def _termination(highs: highspy.Highs) -> Termination:
    status = highs.getModelStatus()
    termination = _TERMINATIONS.get(status)
    if termination is None:
        raise SolverError(Fault("engine-failed", params={"why": highs.modelStatusToString(status)}))
    return termination


def _read(
    highs: highspy.Highs, columns: Sequence[Any], watch: _Watch, shared: Collection[str] = ()
) -> Answer:
    """Read the answer; the values of integer variables that may be shared out are left out."""
    termination = _termination(highs)
    if termination is Termination.INTERRUPTED and watch.late:
        termination = Termination.TIME_LIMIT
    info = highs.getInfo()
    is_mip = any(column.cat == pulp.LpInteger and column.name not in shared for column in columns)
    nodes = max(0, info.mip_node_count)
    if termination is Termination.INFEASIBLE:
        return Answer(termination, None, math.inf, nodes=nodes)
    value = info.objective_function_value
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    optimal = termination is Termination.OPTIMAL
    bound = info.mip_dual_bound if is_mip else (value if optimal else -math.inf)
    if not feasible or not math.isfinite(value):
        return Answer(termination, None, bound, nodes=nodes)
    raw = np.array(highs.getSolution().col_value, dtype=np.float64)
    return Answer(termination, value, bound, _whole(raw, columns, shared), nodes)


def _whole(
    raw: NDArray[np.float64], columns: Sequence[Any], shared: Collection[str]
) -> dict[str, float]:
    values: dict[str, float] = {}
    for column, value in zip(columns, raw.tolist(), strict=True):
        if column.name in shared:
            continue
        if column.cat == pulp.LpInteger:
            whole = round(value)
            if abs(value - whole) > INTEGRALITY:
                raise SolverError(
                    Fault("engine-fraction", params={"name": column.name, "number": value})
                )
            values[column.name] = float(whole)
        else:
            values[column.name] = value
    return values


def run_in_threads(jobs: Sequence[Callable[[], Any]], threads: int) -> list[Any]:
    """Run jobs side by side; the engine lets go of the interpreter while it works.

    Parameters
    ----------
    jobs
        Functions without arguments.
    threads
        How many run at once.

    Returns
    -------
    list
        Their results, in the order of the jobs.
    """
    from concurrent.futures import ThreadPoolExecutor

    if threads == 1 or len(jobs) == 1:
        return [job() for job in jobs]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(job) for job in jobs]
        return [future.result() for future in futures]


def run_linear(highs: highspy.Highs, limits: Limits, stop: threading.Event) -> bool:
    """Solve a linear program that was stated row by row, going on from the last basis.

    Parameters
    ----------
    highs
        Holds the program.
    limits
        When to stop.
    stop
        Set from outside to end early.

    Returns
    -------
    bool
        Whether the engine holds an optimum.

    Raises
    ------
    SolverError
        If the engine fails.
    """
    if stop.is_set():
        return False
    _run(highs, _Watch(limits, stop, None))
    return bool(highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def relaxed_duals(program: pulp.LpProblem) -> dict[str, float]:
    """Solve a program without its integrality, and read the dual value of every row.

    Parameters
    ----------
    program
        A program to be minimised.

    Returns
    -------
    dict
        Row name to dual value (rows ``<=`` have values of at most 0); empty where there is no
        optimum.
    """
    highs, _ = _handed_over(program, Limits(), seed=0, jump=False, whole=())
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return {}
    duals = list(highs.getSolution().row_dual)
    return {row.name: dual for row, dual in zip(program.constraints(), duals, strict=True)}
