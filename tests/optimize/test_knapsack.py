"""Small knapsacks, each way to solve them against trying every set."""

from itertools import combinations

import numpy as np
import pytest

from metro_gis.optimize import knapsack

SHARES = {"cheapest": (3,), "counts": (2, 3), "walked": tuple(range(2, 14))}


def drawn(shares, seed, rows=12, width=8):
    """Values of either sign, some out of reach, and anchors that leave different loads."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.uniform(-50, 20, (rows, width)), 1)
    values[rng.uniform(size=values.shape) < 0.15] = np.inf
    weight = rng.choice(np.array(shares), (rows, width))
    capacity = rng.integers(0, 25, rows) if len(shares) > 1 else np.full(rows, 10)
    return values, weight, capacity


def by_force(values, weight, capacity):
    """The least sum of any set that fits."""
    places = range(len(values))
    sets = (np.array(one, int) for k in range(len(values) + 1) for one in combinations(places, k))
    return min(float(values[one].sum()) for one in sets if weight[one].sum() <= capacity)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("way", SHARES)
def test_sums_and_sets_are_the_best(way, seed):
    """Both say what brute force says, and the sets fit."""
    values, weight, capacity = drawn(SHARES[way], seed)
    many = knapsack._n_counts(np.unique(weight), int(capacity.max())) > knapsack.MOST_COUNTS
    assert many == (way == "walked")
    expected = [by_force(*row) for row in zip(values, weight, capacity, strict=True)]
    assert np.allclose(knapsack.least_sums(values, weight, capacity), expected)
    for k, members in enumerate(knapsack.best_sets(values, weight, capacity)):
        assert len(set(members.tolist())) == len(members)
        assert weight[k][members].sum() <= capacity[k]
        assert values[k][members].sum() == pytest.approx(expected[k], abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_all_ways_agree(monkeypatch, seed):
    """Where shares are few, the load may be walked through as well."""
    values, weight, capacity = drawn(SHARES["counts"], seed)
    sums = knapsack.least_sums(values, weight, capacity)
    sets = knapsack.best_sets(values, weight, capacity)
    monkeypatch.setattr(knapsack, "MOST_COUNTS", 0)
    assert np.allclose(knapsack.least_sums(values, weight, capacity), sums)
    walked = knapsack.best_sets(values, weight, capacity)
    for row, counted, other in zip(values, sets, walked, strict=True):
        assert row[counted].sum() == pytest.approx(row[other].sum(), abs=1e-9)


@pytest.mark.parametrize("shares", SHARES.values())
def test_anchors_alone(shares):
    """Without neighbours, room or anything that pays, nothing is served."""
    nothing, none = np.zeros((3, 0)), np.zeros((3, 0), dtype=np.int64)
    assert not knapsack.least_sums(nothing, none, np.full(3, 5)).any()
    assert not any(map(len, knapsack.best_sets(nothing, none, np.full(3, 5))))
    values, weight, capacity = drawn(shares, 1)
    for values_, capacity_ in ((np.abs(values), capacity), (values, np.zeros_like(capacity))):
        assert not knapsack.least_sums(values_, weight, capacity_).any()
        assert not any(map(len, knapsack.best_sets(values_, weight, capacity_)))
