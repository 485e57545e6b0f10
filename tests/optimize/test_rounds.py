"""Rounds of teams."""

import itertools

import numpy as np
import pytest

from metro_gis.optimize.rounds import round_tenths, shortest_round


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
def test_round_is_the_shortest_tour(n):
    """A small beat's round is what trying all orders gives, one-way streets included."""
    rng = np.random.default_rng(n)
    for _ in range(20):
        tenths = rng.integers(1, 100, (n, n))
        tour = shortest_round(tenths)
        assert tour[0] == 0
        assert sorted(tour) == list(range(n))
        best = min(round_tenths(tenths, [0, *rest]) for rest in itertools.permutations(range(1, n)))
        assert round_tenths(tenths, tour) == best


def test_large_round_visits_everything_and_is_no_detour():
    """Twenty stations on a circle are visited around the circle."""
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    at = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    tenths = np.rint(1000 * np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1))).astype(int)
    tour = shortest_round(tenths)
    assert sorted(tour) == list(range(20))
    assert round_tenths(tenths, tour) == 20 * tenths[0, 1]
