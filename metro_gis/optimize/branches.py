"""Branches: how many teams an area has, settled one way or the other.

A `Side` asks that at most (or more than) so many stations of an area are anchors. Together the
two sides of a split leave no plan out, so the smaller of their bounds bounds the pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.pool_model import Floats

SINGLES = 4
"""Single stations that are proposed beside areas."""
LOW, HIGH = 0.15, 0.85
"""A split is worth a try where the part of a team that an area has too much lies between these."""
MOST_TEAMS = 4.0
"""Areas with more teams are proposed only if they are less than half of the pool."""
DUST = 1e-6


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a split.

    Parameters
    ----------
    anchors
        Places of the stations of the area, rising.
    most
        Where the split is made.
    above
        Whether more than ``most`` of them are anchors; else at most ``most`` are.
    """

    anchors: tuple[int, ...]
    most: int
    above: bool

    @property
    def key(self) -> tuple[tuple[int, ...], bool]:
        """Area and direction: of two sides that share them, one is the stricter."""
        return self.anchors, self.above

    @property
    def opens(self) -> bool:
        """Whether every station of the area must be an anchor."""
        return self.above and self.most + 1 == len(self.anchors)

    @property
    def closes(self) -> bool:
        """Whether no station of the area may be an anchor."""
        return not self.above and self.most == 0


@dataclass(frozen=True, eq=False)
class Branch:
    """Sides that hold together.

    Parameters
    ----------
    n
        Stations of the pool.
    sides
        The sides.
    """

    n: int
    sides: tuple[Side, ...] = ()

    @cached_property
    def on(self) -> NDArray[np.bool_]:
        """Which stations must be anchors: shape ``(n,)``."""
        return self._mask([side for side in self.sides if side.opens])

    @cached_property
    def off(self) -> NDArray[np.bool_]:
        """Which stations may not be anchors: shape ``(n,)``."""
        return self._mask([side for side in self.sides if side.closes])

    @cached_property
    def shared(self) -> tuple[Side, ...]:
        """Sides that settle no single station, the strictest of each area alone.

        Multipliers stand in their order.
        """
        strictest: dict[tuple[tuple[int, ...], bool], Side] = {}
        for side in self.sides:
            if not (side.opens or side.closes):
                known = strictest.get(side.key)
                if known is None or (side.most > known.most) == side.above:
                    strictest[side.key] = side
        return tuple(strictest.values())

    def joined(self, side: Side) -> Branch:
        """Ask for one more side.

        Parameters
        ----------
        side
            The side.

        Returns
        -------
        Branch
            A branch within this one.
        """
        return Branch(self.n, (*self.sides, side))

    def rows(self, multipliers: Sequence[float]) -> float:
        """Value what the shared sides ask for.

        Parameters
        ----------
        multipliers
            One for each shared side.

        Returns
        -------
        float
            Tenths.
        """
        return sum(
            one * (side.most + side.above)
            for one, side in zip(multipliers, self.shared, strict=True)
        )

    def charges(self, multipliers: Sequence[float]) -> Floats:
        """Spread the multipliers of the shared sides over the anchors.

        Parameters
        ----------
        multipliers
            One for each shared side.

        Returns
        -------
        numpy.ndarray
            Shape ``(n,)``.
        """
        result = np.zeros(self.n)
        for one, side in zip(multipliers, self.shared, strict=True):
            result[list(side.anchors)] += one
        return result

    def _mask(self, sides: Sequence[Side]) -> NDArray[np.bool_]:
        mask = np.zeros(self.n, dtype=np.bool_)
        for side in sides:
            mask[list(side.anchors)] = True
        return mask


def propose_splits(
    shares: Floats, around: NDArray[np.int64], branch: Branch, most: int
) -> list[tuple[tuple[int, ...], int]]:
    """Find areas whose number of anchors is far from whole.

    Parameters
    ----------
    shares
        How far each station is an anchor: shape ``(n,)``.
    around
        For every station the stations around it, itself first, the nearest first: shape
        ``(n, k)``; ``n`` where there are no more.
    branch
        What is settled already.
    most
        How many areas to propose.

    Returns
    -------
    list
        Areas (places of their stations, rising) and the whole number below their anchors; the
        single stations that are farthest from settled come first.
    """
    single = np.minimum(shares, 1.0 - shares)
    single[branch.on | branch.off] = 0.0
    order = np.argsort(-single, kind="stable")[:SINGLES].tolist()
    found: list[tuple[tuple[int, ...], int]] = [((one,), 0) for one in order if single[one] > DUST]
    # nobody is an anchor in the places left empty
    share = np.append(shares, 0.0)
    totals = np.cumsum(share[around], axis=1)
    parts = totals - np.floor(totals)
    # areas that end with a station that is no anchor at all only repeat a smaller one
    tried = (parts > LOW) & (parts < HIGH) & (share[around] > DUST)
    tried[:, 0] = False
    tried &= totals <= max(MOST_TEAMS, 0.5 * float(shares.sum()))
    rows, columns = np.nonzero(tried)
    far = np.round(np.abs(parts[rows, columns] - 0.5), 2)
    seen: set[bytes] = set()
    for k in np.lexsort((rows, columns, far)).tolist():
        area = around[rows[k], : columns[k] + 1]
        key = np.sort(area[share[area] > DUST]).tobytes()
        if key in seen:
            continue
        seen.add(key)
        found.append((tuple(sorted(area.tolist())), int(totals[rows[k], columns[k]])))
        if len(found) >= most:
            break
    return found


def propose_anchors(shares: Floats, branch: Branch) -> list[tuple[tuple[int, ...], int]]:
    """Find anchors that are whole in a solution, but not settled yet.

    Parameters
    ----------
    shares
        How far each station is an anchor: shape ``(n,)``.
    branch
        What is settled already.

    Returns
    -------
    list
        As for `propose_splits`: single anchors; once all of these must be anchors, the stations
        left over, which are then closed together. Empty where every station is settled.
    """
    left = ~branch.on & ~branch.off
    waiting = np.flatnonzero(left & (shares > DUST)).tolist()
    if waiting:
        return [((one,), 0) for one in waiting]
    rest = tuple(np.flatnonzero(left).tolist())
    known = {side.key for side in branch.sides}
    return [(rest, 0)] if rest and (rest, True) not in known else []
