"""Stations that stay uncovered for want of officers: how many of each tier, at which price.

They are shared by all pools as the posts' officers are: with a price for each tier, every pool says
by itself which of its stations are too costly to be covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.search import tiers_missed_outside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.optimize.pool_model import Floats, Places, PoolModel
    from metro_gis.problem import Problem


@dataclass(frozen=True, eq=False)
class Allowance:
    """How many stations in reach may stay uncovered.

    Parameters
    ----------
    allowed
        Stations of each tier of which any may: shape ``(k,)``.
    tiers
        Of each pool: which of these tiers each of its stations is of, -1 where it must be covered.
    """

    allowed: Floats
    tiers: tuple[Places, ...]

    @classmethod
    def of(cls, problem: Problem, models: Sequence[PoolModel], missed: Sequence[int]) -> Allowance:
        """Take note of a cover.

        Parameters
        ----------
        problem
            The problem.
        models
            All pools.
        missed
            How many stations of each tier stay uncovered, those out of reach included.

        Returns
        -------
        Allowance
            What is left for stations in reach.
        """
        allowed = np.array(missed) - np.array(tiers_missed_outside(problem))
        some = np.flatnonzero(allowed)
        place = np.full(len(allowed), -1, dtype=np.int64)
        place[some] = np.arange(len(some))
        tiers = tuple(place[problem.tier_index[model.members]] for model in models)
        return cls(allowed[some].astype(np.float64), tiers)

    def charged(self, models: Sequence[PoolModel], prices: Floats) -> list[PoolModel]:
        """Let stations stay uncovered at a price for each tier.

        Parameters
        ----------
        models
            All pools.
        prices
            Of a station of each tier, in tenths: shape ``(k,)``.

        Returns
        -------
        list of PoolModel
            The pools at these prices.
        """
        of_tiers = np.append(prices, np.inf)
        return [
            model.sparing(of_tiers[tiers]) for model, tiers in zip(models, self.tiers, strict=True)
        ]
