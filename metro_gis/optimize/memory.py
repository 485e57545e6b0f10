"""What is learnt of the pools of a city, for a search of the same stations with other officers.

A pool at a rung is the same program whatever officers there are: what was proven of it, and the
beats that were found, serve again at other prices of the posts' officers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.optimize.column_generation import PoolBound
    from metro_gis.optimize.greedy import Builder
    from metro_gis.optimize.pool_model import Floats, PoolModel
    from metro_gis.optimize.pools import Pool
    from metro_gis.plan import Beat

KEPT_BEATS = 8
"""Beats that are known from other prices, per station."""


class Memory:
    """Remembers pools from search to search.

    Parameters
    ----------
    builder
        What builds beats, and remembers those that it has built.
    """

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self._bounds: dict[tuple[Pool, bytes, int], PoolBound] = {}
        self._beats: dict[tuple[Pool, bytes, int], tuple[Beat, ...]] = {}
        self._prices: dict[tuple[object, ...], Floats] = {}

    def bound_of(self, model: PoolModel) -> PoolBound | None:
        """Recall what column generation last said of a pool.

        Parameters
        ----------
        model
            The pool at a rung.

        Returns
        -------
        PoolBound or None
            At some prices; None where the pool is new.
        """
        return self._bounds.get(_key(model))

    def beats_of(self, model: PoolModel) -> tuple[Beat, ...] | None:
        """Recall the beats that a pool last had.

        Parameters
        ----------
        model
            The pool at a rung.

        Returns
        -------
        tuple of Beat or None
            With the posts that they had; None where the pool is new.
        """
        return self._beats.get(_key(model))

    def keep(self, model: PoolModel, bound: PoolBound, beats: tuple[Beat, ...]) -> None:
        """Remember a pool.

        Parameters
        ----------
        model
            The pool at a rung.
        bound
            What column generation said of it.
        beats
            Beats that cover it.
        """
        self._bounds[_key(model)] = bound.lean(KEPT_BEATS * len(model))
        self._beats[_key(model)] = beats

    def prices_of(self, models: Sequence[PoolModel], shared: Floats) -> Floats | None:
        """Recall the prices at which the bound of these pools together was best.

        Parameters
        ----------
        models
            All pools.
        shared
            How much there is of what they share: shape ``(k,)``.

        Returns
        -------
        numpy.ndarray or None
            Shape ``(k,)``; None where no bound was asked for.
        """
        return self._prices.get((shared.tobytes(), *map(_key, models)))

    def keep_prices(self, models: Sequence[PoolModel], shared: Floats, prices: Floats) -> None:
        """Remember prices.

        Parameters
        ----------
        models
            All pools.
        shared
            How much there is of what they share: shape ``(k,)``.
        prices
            Shape ``(k,)``.
        """
        self._prices[shared.tobytes(), *map(_key, models)] = prices


def _key(model: PoolModel) -> tuple[Pool, bytes, int]:
    """Name a pool and what its stations take up of a team at its rung."""
    return model.pool, model.weight.tobytes(), model.full
