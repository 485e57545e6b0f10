"""Prices of the posts' officers: where bounds of pools, seen as functions of prices, peak together.

Every time the pools are bounded, their values and the officers they use are planes that lie above
these functions; the next prices are where the lowest of the planes peak, not far from the best
prices so far (cutting planes within a trust region: Kelley 1960,
https://doi.org/10.1137/0108053; Marsten, Hogan and Blankenship 1975,
https://doi.org/10.1287/opre.23.3.389).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

if TYPE_CHECKING:
    from metro_gis.optimize.pool_model import Floats

FIRST_RADIUS_TENTHS = 4.0
ENOUGH_GAIN = 0.1
"""Share of the gain hoped for that makes a step worth going on from."""


@dataclass(eq=False)
class PriceModel:
    """What is known of a city's bound as a function of prices.

    Parameters
    ----------
    officers
        Officers of each post for stations: shape ``(n_posts,)``.
    """

    officers: Floats
    planes: list[tuple[Floats, Floats, Floats]] = field(default_factory=list, init=False)
    centre: Floats = field(init=False)
    value_tenths: float = field(default=-np.inf, init=False)
    hoped_tenths: float = field(default=np.inf, init=False)
    radius_tenths: float = field(default=FIRST_RADIUS_TENTHS, init=False)

    def learn(self, prices: Floats, values: Floats, used: Floats) -> bool:
        """Take note of the pools' bounds at some prices.

        Parameters
        ----------
        prices
            In tenths: shape ``(n_posts,)``.
        values
            Bounds, the prices included, in tenths: shape ``(n_pools,)``.
        used
            Officers that the pools use: shape ``(n_pools, n_posts)``.

        Returns
        -------
        bool
            Whether these are the best prices so far.
        """
        self.planes.append((prices, values, used))
        total = float(values.sum() - prices @ self.officers)
        better = total > self.value_tenths
        if not self.planes[1:]:
            self.centre, self.value_tenths = prices, total
            return True
        if total - self.value_tenths >= ENOUGH_GAIN * (self.hoped_tenths - self.value_tenths):
            self.radius_tenths *= 2.0
        else:
            self.radius_tenths /= 3.0
        if better:
            self.centre, self.value_tenths = prices, total
        return better

    def next_prices(self) -> Floats:
        """Say which prices to try.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_posts,)``; ``hoped_tenths`` is what they would come to at best.
        """
        posts, pools = len(self.officers), len(self.planes[0][1])
        # of every plane: the pool's bound less what its officers cost more is at most its value
        blocks = [
            sparse.hstack([-sparse.csr_array(used), sparse.eye_array(pools)], format="csr")
            for _, _, used in self.planes
        ]
        most = np.concatenate([values - used @ prices for prices, values, used in self.planes])
        found = linprog(
            np.concatenate([self.officers, -np.ones(pools)]),
            A_ub=sparse.vstack(blocks, format="csr"),
            b_ub=most,
            bounds=[
                *((max(0.0, one - self.radius_tenths), one + self.radius_tenths)
                  for one in self.centre.tolist()),
                *[(None, None)] * pools,
            ],
        )  # fmt: skip
        if found.x is None or found.fun is None:
            self.hoped_tenths = self.value_tenths
            return self.centre
        self.hoped_tenths = max(self.value_tenths, -float(found.fun))
        return np.asarray(found.x[:posts], dtype=np.float64)
