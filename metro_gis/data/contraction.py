"""Roads whose nodes are put in layers, so that one sweep serves many searches at once.

Nodes with few neighbours are taken out, many at a time and never two neighbours; steps past them
take their place, so that times between the nodes that stay are the same. What stays at last is
the core. A fastest path then climbs from layer to layer, crosses the core, and descends: climbing
and descending are sums and minima of whole arrays, and only the small core calls for a search.

Methods: contraction, Geisberger et al. 2008, https://doi.org/10.1007/978-3-540-68552-4_24; sweeps,
Delling et al. 2013, https://doi.org/10.1016/j.jpdc.2012.02.007. All sums are whole nanoseconds,
hence exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork

MOST_NEIGHBOURS: Final = 8
"""Nodes with more steps than this, in or out, stay in the core."""
LEAST_NODES: Final = 8
"""Contraction ends when a round takes out fewer: it would cost more than it saves."""
LEAST_SHARE: Final = 1 / 64
"""Contraction ends when a round takes out less than this share of what is left."""
_SHUFFLE: Final = 2654435761
"""Odd, so that multiples of it modulo 2 ** 32 differ: neighbours rarely come in order."""


class Steps(NamedTuple):
    """Steps from node to node.

    Parameters
    ----------
    tail, head
        Nodes where each step starts and ends.
    ns
        Whole nanoseconds.
    """

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    ns: NDArray[np.float64]

    def pick(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Steps:
        """Keep some steps.

        Parameters
        ----------
        which
            Mask or indices.

        Returns
        -------
        Steps
            In the order of the indices.
        """
        return Steps(self.tail[which], self.head[which], self.ns[which])


_NONE: Final = Steps(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


class Stages(NamedTuple):
    """Steps in the order in which a sweep takes them.

    Parameters
    ----------
    steps
        All steps.
    ptr
        Stage ``k`` is ``ptr[k]:ptr[k + 1]``; within a stage no two steps end at one node, and
        none starts where another ends.
    """

    steps: Steps
    ptr: NDArray[np.int64]

    def pick(self, which: NDArray[np.bool_]) -> Stages:
        """Keep some steps, stages in their order.

        Parameters
        ----------
        which
            Mask of the steps.

        Returns
        -------
        Stages
            Without stages that have become empty.
        """
        before = np.concatenate(([0], np.cumsum(which)))
        return Stages(self.steps.pick(which), np.unique(before[self.ptr]))

    def sweep(self, times: NDArray[np.float64]) -> None:
        """Walk every step from every column's source, in place.

        Parameters
        ----------
        times
            Nanoseconds, a row per node and a column per source.
        """
        tail, head, ns = self.steps
        waits = ns[:, None]
        for first, last in pairwise(self.ptr.tolist()):
            into = head[first:last]
            reached = times.take(tail[first:last], axis=0)
            reached += waits[first:last]
            times[into] = np.minimum(reached, times.take(into, axis=0), out=reached)


@dataclass(frozen=True, slots=True, eq=False)
class Contraction:
    """Nodes by rank: the core first, then layers, what was taken out first being last.

    Parameters
    ----------
    n
        Number of ranks.
    n_core
        Ranks of the core are below it.
    up
        Steps from a layer to lower ranks.
    core
        Steps within the core, by tail.
    down
        Steps from lower ranks to a layer.
    """

    n: int
    n_core: int
    up: Stages
    core: Steps
    down: Stages

    def spread(self, times: NDArray[np.float64], limit_ns: float) -> None:
        """Carry times that are known to all other ranks, in place.

        Parameters
        ----------
        times
            Nanoseconds, a row per rank and a column per source; inf where not known.
        limit_ns
            Times above it may be wrong, but not below it.
        """
        self.up.sweep(times)
        self.cross(times, limit_ns)
        self.down.sweep(times)

    def cross(self, times: NDArray[np.float64], limit_ns: float) -> None:
        """Carry times from nodes of the core to all others of it, in place.

        Parameters
        ----------
        times
            Nanoseconds, a row per rank and a column per source.
        limit_ns
            Times above it may become inf.
        """
        if not self.n_core:
            return
        source, node = np.nonzero(np.isfinite(times[: self.n_core].T))
        # a sparse matrix holds no steps of zero, so that the first one is longer by one
        data = np.concatenate((self.core.ns, times[node, source] + 1))
        counts = np.bincount(self.core.tail, minlength=self.n_core)
        more = np.bincount(source, minlength=times.shape[1])
        indptr = np.concatenate(([0], np.cumsum(np.concatenate((counts, more)))))
        indices = np.concatenate((self.core.head, node)).astype(np.int32)
        size = self.n_core + times.shape[1]
        matrix = csr_array((data, indices, indptr.astype(np.int32)), shape=(size, size))
        sources = np.arange(self.n_core, size)
        found = dijkstra(matrix, directed=True, indices=sources, limit=limit_ns + 1)
        times[: self.n_core] = found[:, : self.n_core].T - 1

    def cut(self, kept: NDArray[np.bool_], climbed: NDArray[np.bool_]) -> Contraction:
        """Keep some ranks, in their order.

        Parameters
        ----------
        kept
            Mask of the ranks.
        climbed
            Mask of the ranks from which steps to lower ones are needed.

        Returns
        -------
        Contraction
            With the steps between them.
        """
        new = np.cumsum(kept) - 1

        def both(steps: Steps) -> NDArray[np.bool_]:
            return kept[steps.tail] & kept[steps.head]

        up = self.up.pick(climbed[self.up.steps.tail] & both(self.up.steps))
        down = self.down.pick(both(self.down.steps))
        return Contraction(
            int(kept.sum()),
            int(kept[: self.n_core].sum()),
            Stages(_renamed(up.steps, new), up.ptr),
            _renamed(self.core.pick(both(self.core)), new),
            Stages(_renamed(down.steps, new), down.ptr),
        )

    def lead_to(self, n_points: int, steps: Steps) -> Contraction:
        """Add points at which paths end.

        Parameters
        ----------
        n_points
            How many; they take the ranks from ``n`` on.
        steps
            From ranks to points, these counted from 0.

        Returns
        -------
        Contraction
            With ``n + n_points`` ranks.
        """
        last = _stages([Steps(steps.tail, steps.head + self.n, steps.ns)])
        down = Stages(
            _joined([self.down.steps, last.steps]),
            np.concatenate((self.down.ptr, self.down.ptr[-1] + last.ptr[1:])),
        )
        return replace(self, n=self.n + n_points, down=down)


def matches(
    keys: NDArray[Any], sorted_keys: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find all pairs of equal keys.

    Parameters
    ----------
    keys, sorted_keys
        Numbers, the second ones rising.

    Returns
    -------
    tuple of ndarray
        Places in both, by the first.
    """
    low = np.searchsorted(sorted_keys, keys, side="left")
    size = np.searchsorted(sorted_keys, keys, side="right") - low
    first = np.repeat(np.arange(len(keys)), size)
    return first, np.arange(len(first)) - np.repeat(np.cumsum(size) - size - low, size)


def contract(
    network: RoadNetwork, starts: NDArray[np.int32], ends: NDArray[np.int32]
) -> tuple[Contraction, NDArray[np.int64]]:
    """Put the nodes of a road network in layers.

    Parameters
    ----------
    network
        The roads.
    starts, ends
        Nodes that paths start from and nodes that they lead to.

    Returns
    -------
    contraction : Contraction
        Without the steps that no path from a start to an end takes.
    rank : ndarray
        Of every node.
    """
    n = network.n_nodes
    steps = Steps(
        network.edge_u.astype(np.int64),
        network.edge_v.astype(np.int64),
        network.travel_ns.astype(np.float64),
    )
    steps = _fastest(n, steps.pick(steps.tail != steps.head))
    climbed, needed = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    climbed[starts], needed[ends] = True, True
    alive = np.ones(n, dtype=bool)
    layers: list[NDArray[np.int64]] = []
    up: list[Steps] = []
    down: list[Steps] = []
    while (chosen := _choose(alive, steps)) is not None:
        out, into = chosen[steps.tail], chosen[steps.head]
        # a node's neighbours stay for a later round, so that their masks are known in time
        climb = steps.pick(out & climbed[steps.tail])
        climbed[climb.head] = True
        descent = steps.pick(into & needed[steps.head])
        needed[descent.tail] = True
        up.append(climb)
        down.append(descent)
        layers.append(np.flatnonzero(chosen))
        past = _past(steps.pick(into), steps.pick(out))
        stay = steps.pick(~(out | into))
        steps = _fastest(n, _joined([stay, past]))
        alive &= ~chosen
    rank = np.empty(n, dtype=np.int64)
    core = np.flatnonzero(alive)
    rank[np.concatenate((core, *reversed(layers)))] = np.arange(n)
    by_tail = np.argsort(rank[steps.tail], kind="stable")
    climbs, descents = _stages(up), _stages(down[::-1])
    contraction = Contraction(
        n,
        len(core),
        Stages(_renamed(climbs.steps, rank), climbs.ptr),
        _renamed(steps.pick(by_tail), rank),
        Stages(_renamed(descents.steps, rank), descents.ptr),
    )
    return contraction, rank


def _choose(alive: NDArray[np.bool_], steps: Steps) -> NDArray[np.bool_] | None:
    """Choose nodes with few neighbours, no two of them neighbours; None when it is time to end."""
    n = len(alive)
    degree = np.maximum(np.bincount(steps.tail, minlength=n), np.bincount(steps.head, minlength=n))
    fit = alive & (degree <= MOST_NEIGHBOURS)
    # of two neighbours the one with fewer neighbours goes first, and chance decides ties
    order = (degree << 32) | (np.arange(n) * _SHUFFLE & 0xFFFFFFFF)
    rivals = fit[steps.tail] & fit[steps.head]
    tail, head = steps.tail[rivals], steps.head[rivals]
    fit[np.where(order[tail] > order[head], tail, head)] = False
    chosen = int(fit.sum())
    return fit if chosen >= max(LEAST_NODES, LEAST_SHARE * int(alive.sum())) else None


def _past(into: Steps, out: Steps) -> Steps:
    """Join steps into nodes with steps out of them; ``out`` is sorted by tail."""
    first, second = matches(into.head, out.tail)
    tail, head = into.tail[first], out.head[second]
    joined = Steps(tail, head, into.ns[first] + out.ns[second])
    return joined.pick(tail != head)


def _fastest(n: int, steps: Steps) -> Steps:
    """Keep the fastest of parallel steps; sorted by tail and head."""
    key = steps.tail * n + steps.head
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    if not len(first):
        return steps
    ns = np.minimum.reduceat(steps.ns[order], first)
    order = order[first]
    return Steps(steps.tail[order], steps.head[order], ns)


def _renamed(steps: Steps, rank: NDArray[np.int64]) -> Steps:
    return Steps(rank[steps.tail], rank[steps.head], steps.ns)


def _stages(layers: list[Steps]) -> Stages:
    """Divide the steps of layers so that no two in a stage end at one node."""
    parts, sizes = [_NONE], [0]
    for steps in layers:
        order = np.argsort(steps.head, kind="stable")
        head = steps.head[order]
        slot = np.arange(len(head)) - np.searchsorted(head, head, side="left")
        parts.append(steps.pick(order[np.argsort(slot, kind="stable")]))
        sizes += np.bincount(slot).tolist()
    return Stages(_joined(parts), np.cumsum(sizes))


def _joined(parts: list[Steps]) -> Steps:
    return Steps(*(np.concatenate(column) for column in zip(*parts, strict=True)))
