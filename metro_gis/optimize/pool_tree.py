"""Branch and bound on a pool: areas are split by how many teams they have.

Where stations take up equal shares, settling the anchors settles the pool (what is left is a
transportation problem; else the engine settles it), so splitting on anchors ends with a proof.
Splits of whole areas raise bounds far more than splits of single anchors: in a pool that is cut up
into few large beats nearly every station is a good anchor, but each area needs a whole number of
them. The next split is the one of which the master thinks most on its weaker side (strong
branching; Applegate et al. 1995, https://doi.org/10.1515/9781400841103).
"""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.branches import (
    DUST,
    Branch,
    Side,
    propose_anchors,
    propose_splits,
)
from metro_gis.optimize.column_generation import BRANCH_CLOSE, Effort, bound_branch, typical_cost
from metro_gis.optimize.master import Master
from metro_gis.optimize.pricing import Multipliers, reduced_costs
from metro_gis.optimize.reanchor import (
    assign,
    beats_of,
    can_settle,
    interchange,
    settle_areas,
    whole_ground,
)
from metro_gis.optimize.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from metro_gis.optimize.column_generation import PoolBound
    from metro_gis.optimize.pool_model import Floats, PoolModel
    from metro_gis.optimize.reanchor import Assignment, Ground
    from metro_gis.optimize.serving import Served
    from metro_gis.plan import Beat

SPLITS_TRIED = 20
FINALISTS = 3
OF_FINALIST = Effort(rounds=3, close=BRANCH_CLOSE)
"""Of the splits tried, the best few are compared by some rounds of column generation."""
OF_BRANCH = Effort(row_rounds=3, close=BRANCH_CLOSE)
"""How often capacity rows are looked for in a leaf."""
COLUMNS_PER_STATION = 20
LEAST_COLUMNS = 1_500
MOST_AREAS = 60
"""A master that knows more than this is made anew of its best beats."""
PROMISING = 1.02
MOST_TRIED = 12
"""Anchors are moved about only where the assignment comes this close to the best, and so often."""
MOST_MOVED = 400
"""In larger pools anchors are moved area by area."""
MOST_STATIONS = 2_000
"""Pools beyond this size are left with the bound of their root."""


@dataclass(eq=False)
class Node:
    """A branch with its bound.

    Parameters
    ----------
    branch
        What is asked of the anchors.
    bound_tenths
        No plan of the branch is cheaper, the posts' prices included.
    worth
        Multipliers that prove it.
    anchors
        How far each station is an anchor in the master's solution: shape ``(n,)``.
    area, most
        How it was split: the anchors of this area are at most ``most``, or more.
    children
        The two sides; empty for a leaf.
    """

    branch: Branch
    bound_tenths: float
    worth: Multipliers
    anchors: Floats
    area: tuple[int, ...] = ()
    most: int = 0
    children: tuple[Node, ...] = ()

    def leaves(self) -> Iterator[Node]:
        """Walk through the leaves below this node.

        Yields
        ------
        Node
            In the order of the splits.
        """
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(eq=False)
class PoolTree:
    """A pool being solved at given prices of the posts' officers.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    root
        What column generation said.
    beats
        The pool's beats of a plan.
    upper_tenths
        What these cost, the prices included.
    seed
        Seed of the moves of anchors.
    looks
        Whether to look for cheaper beats at once; a search that is over has no time for it.
    """

    model: PoolModel
    prices: Floats
    root: PoolBound
    beats: tuple[Beat, ...]
    upper_tenths: float
    seed: int = 1
    looks: bool = True
    top: Node = field(init=False)
    nodes: int = field(default=0, init=False)
    queued: int = field(default=0, init=False)
    moved: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        n = len(self.model)
        branch = Branch(n)
        self.top = Node(branch, self.root.value_tenths, self.root.worth, self.root.anchors(n))
        self.waiting: list[tuple[float, int, Node]] = [(self.top.bound_tenths, 0, self.top)]
        self.master: Master | None = None
        self.tried: set[tuple[int, ...]] = set()
        self.rng = random.Random(self.seed)  # noqa: S311 (no secret)
        self.small = n <= MOST_STATIONS
        self.ground = (
            whole_ground(self.model, self.prices)
            if self.small and can_settle(self.model, self.prices)
            else None
        )
        if not self.small:
            self.waiting = []
        if self.looks:
            self._look_for_beats(self.top)

    @property
    def bound_tenths(self) -> float:
        """No plan of the pool is cheaper at these prices."""
        return min(leaf.bound_tenths for leaf in self.top.leaves())

    @property
    def gap_tenths(self) -> float:
        """How much the beats in hand may cost too much at these prices."""
        return max(0.0, self.upper_tenths - self.bound_tenths)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to split."""
        return not self.waiting or self.waiting[0][0] >= self.enough

    @property
    def enough(self) -> float:
        """Bound at which a branch cannot hold anything cheaper."""
        step = 0.0
        if np.array_equal(self.prices, np.round(self.prices)):
            # whole minutes of whole teams: costs go up by the teams' common measure
            step = float(math.gcd(*self.model.pool.sizes)) - DUST
        return self.upper_tenths - max(step, DUST)

    def advance(self, nodes: int, is_over: Callable[[], bool]) -> None:
        """Split the weakest leaves.

        Parameters
        ----------
        nodes
            How many leaves to split at most.
        is_over
            Asked before each whether to stop.
        """
        for _ in range(nodes):
            if self.is_done or is_over():
                return
            _, _, node = heapq.heappop(self.waiting)
            if not self._split(node, is_over) and is_over():
                # a later call may still split it
                self._wait(node)

    def _split(self, node: Node, is_over: Callable[[], bool]) -> bool:
        """Split a leaf; False where nothing is left to split, or time is up."""
        model = self.model
        splits = propose_splits(node.anchors, model.around, node.branch, SPLITS_TRIED)
        # anchors may be whole where beats are not
        splits = splits or propose_anchors(node.anchors, node.branch)
        if not splits:
            self._settle(node)
            return False
        master = self._master(node)
        area, most, starts = self._choose(master, node, splits)
        children = []
        for above, start in zip((False, True), starts, strict=True):
            branch = node.branch.joined(Side(area, most, above))
            found = bound_branch(
                model, self.prices, master, branch, start,
                effort=OF_BRANCH, enough=self.enough, is_over=is_over,
            )  # fmt: skip
            children.append(
                Node(branch, found.value_tenths, found.worth, found.anchors(len(model)))
            )
        if is_over():
            return False
        node.area, node.most, node.children = area, most, tuple(children)
        for child in children:
            self.nodes += 1
            self._look_for_beats(child)
            if child.bound_tenths < self.enough:
                self._wait(child)
        return True

    def _wait(self, node: Node) -> None:
        """Leave a leaf for later; of two that are equally weak the first comes first."""
        self.queued += 1
        heapq.heappush(self.waiting, (node.bound_tenths, self.queued, node))

    def _choose(
        self, master: Master, node: Node, splits: Sequence[tuple[tuple[int, ...], int]]
    ) -> tuple[tuple[int, ...], int, list[Multipliers]]:
        """Take the split whose two sides come out dearest; give multipliers to start from."""
        sides = [Side(area, most, above) for area, most in splits for above in (False, True)]
        master.restrict(node.branch)
        known = len(master.splits)
        values = np.array(master.probe(node.branch, sides))
        master.drop_rows(known)
        gains = self._gains(values, node)
        order = np.argsort(-gains[::2] * gains[1::2], kind="stable")[:FINALISTS].tolist()
        best: tuple[float, int, list[Multipliers]] | None = None
        for k in order:
            found = []
            for side in sides[2 * k : 2 * k + 2]:
                branch = node.branch.joined(side)
                found.append(
                    bound_branch(
                        self.model, self.prices, master, branch, _handed_on(node, branch),
                        effort=OF_FINALIST, enough=self.enough,
                    )
                )  # fmt: skip
            low, high = self._gains(np.array([one.value_tenths for one in found]), node).tolist()
            if best is None or low * high > best[0]:
                best = (low * high, k, [one.worth for one in found])
        if best is None:
            message = "a choice without splits"
            raise ValueError(message)
        area, most = splits[best[1]]
        return area, most, best[2]

    def _gains(self, values: Floats, node: Node) -> Floats:
        return np.clip(values, node.bound_tenths, self.upper_tenths) - node.bound_tenths + 0.1

    def _master(self, node: Node) -> Master:
        """Give the master, made anew of its best beats when it knows too many."""
        most = max(LEAST_COLUMNS, COLUMNS_PER_STATION * len(self.model))
        if (
            self.master is not None
            and len(self.master.columns) <= most
            and len(self.master.splits) <= MOST_AREAS
        ):
            return self.master
        columns = self.root.columns if self.master is None else self.master.columns
        worth = node.worth
        reduced = reduced_costs(columns, worth, node.branch.charges(worth.sides))
        kept = np.sort(np.argsort(reduced, kind="stable")[: most // 2])
        rows = self.root.rows if self.master is None else self.master.capacity_rows
        self.master = Master(self.model, 4.0 * typical_cost(self.model, self.prices))
        self.master.ask_capacity(rows)
        self.master.add([columns[k] for k in kept.tolist()])
        return self.master

    def _settle(self, node: Node) -> None:
        """Settle a leaf all of whose anchors are settled."""
        branch = node.branch
        # where posts differ in reach, serving from the widest of them says nothing of the others
        alike = len(self.model.live(self.prices)) == 1
        if not self.small or not alike or not (branch.on | branch.off).all():
            return
        served = self._serve(node, tuple(np.flatnonzero(branch.on).tolist()))
        if served is not None:
            # nothing but plans as dear as the one in hand may be left
            node.bound_tenths = max(node.bound_tenths, min(served.bound_tenths, self.upper_tenths))

    def _look_for_beats(self, node: Node) -> None:
        """Round the master's anchors to a whole choice, and move them about."""
        ground, model = self.ground, self.model
        if not self.small:
            return
        order = np.argsort(-node.anchors, kind="stable")
        anchors = tuple(sorted(order[: model.teams].tolist()))
        if anchors in self.tried:
            return
        self.tried.add(anchors)
        if ground is None:
            self._serve(node, anchors)
            return
        found = assign(ground, anchors)
        if found is not None and found.cost_tenths < PROMISING * self.upper_tenths:
            self.moved += 1
            if self.moved <= MOST_TRIED:
                found = self._moved(ground, found)
        if found is not None and found.cost_tenths < self.upper_tenths - DUST:
            self.take(found)

    def _moved(self, ground: Ground, found: Assignment) -> Assignment:
        if len(self.model) <= MOST_MOVED:
            return interchange(ground, found, self.rng)
        return settle_areas(
            self.model, self.prices, found, self.rng, passes=1, is_over=lambda: False
        )

    def _serve(self, node: Node, anchors: tuple[int, ...]) -> Served | None:
        """Serve stations of unlike weight from some anchors; None where posts differ in reach."""
        if self.model.widest(self.prices) is None:
            return None
        served = serve(self.model, self.prices, node.worth, anchors, self.enough + DUST)
        if served.found is not None and served.found.cost_tenths < self.upper_tenths - DUST:
            self.take(served.found)
        return served

    def take(self, found: Assignment) -> None:
        """Keep an assignment that is cheaper than the beats in hand.

        Parameters
        ----------
        found
            An assignment of the whole pool.
        """
        self.upper_tenths = found.cost_tenths
        self.beats = beats_of(self.model, self.prices, found)


def _handed_on(node: Node, branch: Branch) -> Multipliers:
    """Start a side from its parent's multipliers."""
    known = {side.key: one for side, one in zip(node.branch.shared, node.worth.sides, strict=True)}
    sides = tuple(known.get(side.key, 0.0) for side in branch.shared)
    return Multipliers(node.worth.station, node.worth.team, sides, node.worth.rows)
