"""Where officers cannot flow: what posts lack most for those in their reach, by a minimum cut.

Hall's theorem in its form for deficiencies, through the theorem of Ford and Fulkerson: what some
demands lack at least is what the worst group of them needs beyond what all posts in reach of the
group have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Bottleneck:
    """The group of demands that lacks most.

    Parameters
    ----------
    lacking
        What the group, and so all demands together, need beyond what there is.
    demands
        Which demands are of the group: shape ``(n,)``.
    posts
        Which posts are in reach of it: shape ``(m,)``.
    """

    lacking: int
    demands: Flags
    posts: Flags


def find_bottleneck(need: Whole, able: Flags, have: Whole, *, widest: bool = False) -> Bottleneck:
    """Find the group of demands whose posts have most too little.

    Parameters
    ----------
    need
        What each demand needs: shape ``(n,)``.
    able
        Which posts may serve which demand: shape ``(n, m)``.
    have
        What each post has: shape ``(m,)``, in the same unit.
    widest
        Whether the largest of the groups that lack most is wanted, not the smallest.

    Returns
    -------
    Bottleneck
        The group; empty where nothing is lacking, unless the widest is wanted.
    """
    n, m = able.shape
    source, sink = n + m, n + m + 1
    demands, posts = np.nonzero(able)
    endless = np.full(len(posts), int(need.sum()))
    tails = np.concatenate((np.full(n, source), demands, n + np.arange(m)))
    heads = np.concatenate((np.arange(n), n + posts, np.full(m, sink)))
    room = np.concatenate((need, endless, have)).astype(np.int32)
    capacity = csr_array((room, (tails, heads)), shape=(n + m + 2, n + m + 2))
    result = maximum_flow(capacity, source, sink)
    onward = csr_array((capacity - result.flow) > 0)
    near = np.full(n + m + 2, widest, dtype=np.bool_)
    if widest:
        # what cannot pass anything on to the sink
        near[breadth_first_order(onward.T, sink, return_predecessors=False)] = False
    else:
        # what the source can still pass something on to
        near[breadth_first_order(onward, source, return_predecessors=False)] = True
    return Bottleneck(int(need.sum()) - int(result.flow_value), near[:n], near[n : n + m])
