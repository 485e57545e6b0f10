"""Pools of small beats: all beats that a better plan could hold are listed, and chosen among.

What is listed (`metro_gis.optimize.listing`) is chosen among by a set partitioning program. Of any
three stations at most one beat holds two or more, which cuts off most of its fractions (subset
rows; Jepsen et al. 2008, https://doi.org/10.1287/opre.1070.0449).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pulp
from scipy import sparse

from metro_gis.optimize.listing import Listed, are_alike, list_beats
from metro_gis.plan import Beat
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from metro_gis.optimize.capacity_rows import CapacityRow
    from metro_gis.optimize.pool_model import Floats, Places, PoolModel
    from metro_gis.optimize.pricing import Multipliers
    from metro_gis.solver import Limits

MOST_STATIONS = 6
"""Larger beats are too many to be listed; splitting does better there."""
SHARES = (0.25, 0.4, 0.6, 0.8, 1.0)
"""Shares of the gap that are listed, until the list gets too long."""
FIRST_COLUMNS = 4_000
MORE_COLUMNS = 2_000
TWO_OF_THREE = 2
CUT_ROUNDS = 30
CUTS_PER_ROUND = 100
MOST_CHOSEN = 2000
"""Beats that the integer program chooses among at most."""
DUST = 1e-6


@dataclass(frozen=True, eq=False)
class Chosen:
    """What choosing among listed beats proves.

    Parameters
    ----------
    bound_tenths
        No plan of the pool is cheaper, the posts' prices included.
    beats
        The cheapest plan, or None where none cheaper than the one in hand was found.
    """

    bound_tenths: float
    beats: tuple[Beat, ...] | None


@dataclass(frozen=True, eq=False)
class _Relaxed:
    """What the linear program says: value, reduced costs, and how far each beat is used."""

    value: float
    reduced: Floats | None
    used: Floats


class _Partition:
    """The linear program over listed beats, with cuts as they are found."""

    def __init__(self, model: PoolModel, listed: Listed, worth: Multipliers) -> None:
        self.listed = listed
        self.n = len(model)
        self.highs = highspy.Highs()
        for name, value in (("output_flag", False), ("threads", 1)):
            self.highs.setOptionValue(name, value)
        empty = np.zeros(0, dtype=np.int32)
        for _ in range(self.n):
            self.highs.addRow(1.0, 1.0, 0, empty, np.zeros(0))
        self.highs.addRow(float(model.teams), highspy.kHighsInf, 0, empty, np.zeros(0))
        costly = 10.0 * float(listed.cost_tenths.max())
        for row in range(self.n + 1):
            at = np.array([row], dtype=np.int32)
            self.highs.addCol(costly, 0.0, highspy.kHighsInf, 1, at, np.ones(1))
        self.triples: list[tuple[int, int, int]] = []
        self.cuts = sparse.csr_array((0, listed.holds.shape[1]), dtype=np.float64)
        if worth.rows:
            self.cuts = sparse.vstack([listed.adds(row) for row in worth.rows], format="csr")
            for one in worth.rows:
                self.highs.addRow(float(one.least), highspy.kHighsInf, 0, empty, np.zeros(0))
        self.inside = np.zeros(listed.holds.shape[1], dtype=np.bool_)
        self.columns: list[int] = []
        reduced = listed.cost_tenths - worth.team - listed.holds.T @ worth.station
        reduced -= self.cuts.T @ np.array([*worth.rows.values()])
        self.add(np.argsort(reduced, kind="stable")[:FIRST_COLUMNS])

    def add(self, beats: Places) -> None:
        holds, cuts = self.listed.holds[:, beats].tocsc(), self.cuts[:, beats].tocsc()
        for k, beat in enumerate(beats.tolist()):
            rows = holds.indices[holds.indptr[k] : holds.indptr[k + 1]]
            of_cuts = cuts.indices[cuts.indptr[k] : cuts.indptr[k + 1]] + self.n + 1
            index = np.concatenate([rows, [self.n], of_cuts]).astype(np.int32)
            adds = cuts.data[cuts.indptr[k] : cuts.indptr[k + 1]]
            self.highs.addCol(
                float(self.listed.cost_tenths[beat]), 0.0, highspy.kHighsInf,
                len(index), index, np.concatenate([np.ones(len(rows) + 1), adds]),
            )  # fmt: skip
        self.columns += beats.tolist()
        self.inside[beats] = True

    def relax(self, cap: float, is_over: Callable[[], bool]) -> _Relaxed:
        """Solve with cuts until none is violated, or the cap is reached."""
        found = _Relaxed(-math.inf, None, np.zeros(0))
        for _ in range(CUT_ROUNDS):
            solved = self.solve(is_over)
            if solved is None:
                break
            found = _Relaxed(*solved)
            whole = np.all((found.used < DUST) | (found.used > 1 - DUST))
            if found.value >= cap - DUST or whole or not self.cut(found.used):
                break
        return found

    def solve(self, is_over: Callable[[], bool]) -> tuple[float, Floats, Floats] | None:
        """Solve over all listed beats: value, reduced costs, and how far each beat is used."""
        while not is_over():
            self.highs.run()
            duals = np.array(self.highs.getSolution().row_dual)
            reduced = self.listed.cost_tenths - duals[self.n]
            reduced = reduced - self.listed.holds.T @ duals[: self.n]
            reduced = reduced - self.cuts.T @ duals[self.n + 1 :]
            bad = np.flatnonzero((reduced < -DUST) & ~self.inside)
            if not len(bad):
                used = np.zeros(len(reduced))
                values = np.array(self.highs.getSolution().col_value)[self.n + 1 :]
                used[self.columns] = values
                return self.highs.getInfo().objective_function_value, reduced, used
            self.add(bad[np.argsort(reduced[bad], kind="stable")[:MORE_COLUMNS]])
        return None

    def cut(self, used: Floats) -> int:
        """Add the most violated subset rows; say how many."""
        beats = np.flatnonzero(used > DUST)
        holds = self.listed.holds[:, beats].toarray().astype(np.float64)
        share = used[beats]
        pairs = (holds * share) @ holds.T
        known = set(self.triples)
        violated = []
        for a in range(self.n):
            near = np.flatnonzero(pairs[a, a + 1 :] > DUST) + a + 1
            for b, c in combinations(near.tolist(), 2):
                # two of three, counted once: pairs less twice the beats that hold all three
                three = float((holds[a] * holds[b] * holds[c]) @ share)
                held = pairs[a, b] + pairs[a, c] + pairs[b, c] - 2 * three
                if held > 1 + 1e-4 and (a, b, c) not in known:
                    violated.append((-round(float(held), 6), (a, b, c)))
        violated.sort()
        fresh = [triple for _, triple in violated[:CUTS_PER_ROUND]]
        if not fresh:
            return 0
        rows = self.listed.holds.tocsr()
        sums = (rows[[a]] + rows[[b]] + rows[[c]] for a, b, c in fresh)
        held = sparse.vstack([sparse.csr_array(one >= TWO_OF_THREE) for one in sums], format="csr")
        held = held.astype(np.float64)
        local = held[:, self.columns].tocsr()
        for k in range(len(fresh)):
            index = local.indices[local.indptr[k] : local.indptr[k + 1]] + self.n + 1
            self.highs.addRow(
                -highspy.kHighsInf, 1.0, len(index), index.astype(np.int32), np.ones(len(index))
            )
        self.cuts = sparse.vstack([self.cuts, held], format="csr")
        self.triples += fresh
        return len(fresh)


def choose_beats(
    model: PoolModel,
    prices: Floats,
    worth: Multipliers,
    span: tuple[float, float],
    limits: Callable[[], Limits],
    stop: threading.Event,
    is_over: Callable[[], bool],
) -> Chosen | None:
    """Solve a pool over the beats that a plan cheaper than the one in hand could hold.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    worth
        Multipliers that prove the bound.
    span
        The bound they prove, and the cost of the plan in hand, in tenths.
    limits
        Grants the engine its time when it is asked.
    stop
        Ends the engine early.
    is_over
        Asked now and then whether to stop.

    Returns
    -------
    Chosen or None
        None where stations take up different shares, or beats are too large or too many.
    """
    bound, upper = span
    if not can_list(model, prices) or upper - bound <= DUST:
        return None
    listed, reach = _list_most(model, prices, worth, upper - bound, is_over)
    if listed is None:
        return None
    # a plan that costs less than this is made of listed beats alone
    cap = bound + reach
    program = _Partition(model, listed, worth)
    relaxed = program.relax(cap, is_over)
    proven = max(bound, min(relaxed.value, cap))
    if relaxed.reduced is None or proven >= cap - DUST or is_over():
        return Chosen(proven, None)
    if np.all((relaxed.used < DUST) | (relaxed.used > 1 - DUST)):
        return Chosen(proven, _beats(model, prices, listed, np.flatnonzero(relaxed.used > DUST)))
    kept = np.flatnonzero(relaxed.reduced <= cap - proven + DUST)
    if len(kept) > MOST_CHOSEN:
        # a nearer cap proves less, but can be reached
        cap = proven + float(np.partition(relaxed.reduced, MOST_CHOSEN)[MOST_CHOSEN])
        kept = np.flatnonzero(relaxed.reduced < cap - proven)
    cuts = (program.triples, [*worth.rows])
    return _whole(model, prices, listed, kept, cuts, (proven, cap), limits(), stop)


def can_list(model: PoolModel, prices: Floats) -> bool:
    """Tell whether a pool's beats are small and alike enough to be listed.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.

    Returns
    -------
    bool
        True where all stations take up equal shares, one slot serves all, and beats are small.
    """
    return are_alike(model, prices) and int(model.full // model.weight[0]) <= MOST_STATIONS


def _list_most(
    model: PoolModel, prices: Floats, worth: Multipliers, gap: float, is_over: Callable[[], bool]
) -> tuple[Listed | None, float]:
    """List the beats up to as large a share of the gap as the list can hold."""
    listed, reach = None, 0.0
    for share in SHARES:
        longer = list_beats(model, prices, worth, share * gap)
        if longer is None:
            break
        listed, reach = longer, share * gap
        if is_over():
            break
    return listed, reach


def _whole(
    model: PoolModel,
    prices: Floats,
    listed: Listed,
    kept: Places,
    cuts: tuple[list[tuple[int, int, int]], list[CapacityRow]],
    span: tuple[float, float],
    limits: Limits,
    stop: threading.Event,
) -> Chosen:
    """Choose among the beats that are left, as an integer program."""
    proven, cap = span
    triples, rows = cuts
    holds = listed.holds[:, kept].tocsr()
    lp = pulp.LpProblem("partition", pulp.LpMinimize)
    take = [lp.add_variable(f"take_{k}", 0, 1, cat=pulp.LpBinary) for k in range(len(kept))]
    for t in range(len(model)):
        at = holds.indices[holds.indptr[t] : holds.indptr[t + 1]].tolist()
        if not at:
            return Chosen(cap, None)
        lp.addConstraint(pulp.lpSum(take[k] for k in at) == 1, f"cover_{t}")
    lp.addConstraint(pulp.lpSum(take) >= model.teams, "teams")
    dense = holds.toarray()
    for a, b, c in triples:
        at = np.flatnonzero(dense[[a, b, c]].sum(axis=0) >= TWO_OF_THREE).tolist()
        if at:
            lp.addConstraint(pulp.lpSum(take[k] for k in at) <= 1, f"subset_{a}_{b}_{c}")
    for number, row in enumerate(rows):
        adds = listed.adds(row).toarray()[0, kept]
        at = np.flatnonzero(adds).tolist()
        lp.addConstraint(
            pulp.lpSum(int(adds[k]) * take[k] for k in at) >= row.least, f"capacity_{number}"
        )
    costs = listed.cost_tenths[kept].tolist()
    lp.setObjective(pulp.lpSum(cost * one for cost, one in zip(costs, take, strict=True)))
    answer = solve_program(lp, limits, stop=stop)
    if answer.termination is Termination.INFEASIBLE:
        return Chosen(cap, None)
    bound = min(cap, max(proven, answer.bound if math.isfinite(answer.bound) else proven))
    if answer.value is None or answer.value >= cap - DUST:
        return Chosen(bound, None)
    chosen = kept[[k for k in range(len(kept)) if answer.values[f"take_{k}"]]]
    return Chosen(bound, _beats(model, prices, listed, chosen))


def _beats(model: PoolModel, prices: Floats, listed: Listed, chosen: Places) -> tuple[Beat, ...]:
    _, posts = model.team_costs(model.slots[model.live(prices)[0]], prices)
    beats = []
    for k in chosen.tolist():
        anchor = int(listed.anchor[k])
        places = listed.holds.indices[listed.holds.indptr[k] : listed.holds.indptr[k + 1]]
        stations = tuple(sorted(model.members[places].tolist()))
        beats.append(Beat(int(posts[anchor]), int(model.members[anchor]), stations))
    return tuple(beats)
