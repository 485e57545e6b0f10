"""Whole teams: officers who cannot be sent, and what officer-minutes are multiples of."""

import itertools
import math

import numpy as np
import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st
from optimize_towns import ample_town

from metro_gis.optimize import Settings, nearness, optimize
from metro_gis.optimize.search import reachable
from metro_gis.optimize.team_sizes import (
    most_sent,
    officers_sent,
    raised_tenths,
    step_tenths,
    team_sizes,
)
from metro_gis.plan import beat_officers


@given(st.integers(0, 40), st.sets(st.integers(1, 9), max_size=3))
def test_most_sent_is_the_largest_sum_of_sizes(officers, sizes):
    """No other number of teams of each size comes nearer to the officers there are."""
    counts = [range(officers // size + 1) for size in sizes]
    sums = [
        sum(size * n for size, n in zip(sizes, some, strict=True))
        for some in itertools.product(*counts)
    ]
    assert most_sent(officers, sizes) == max(one for one in sums if one <= officers)


def two_by_two(officers):
    """Four stations in a row, two posts, teams of two officers that guard two stations."""
    between = [[abs(a - b) * 4 for b in range(4)] for a in range(4)]
    deploy = [[10, 14, 18, 22], [42, 38, 34, 30]]
    return toys.problem([toys.LOW] * 4, deploy, between, officers, ladder=(2,))


def test_only_classes_in_reach_give_sizes():
    """A post sends teams of the classes that it reaches, and of no others."""
    far = 10 * 10_000
    problem = toys.problem(
        [toys.LOW, toys.SPECIAL], [[10, far], [10, 10], [far, far]], [[0, 9], [9, 0]], [9, 9, 9]
    )
    of_low, of_special = (
        problem.doctrine.patterns[cls].officers for cls in (toys.LOW, toys.SPECIAL)
    )
    assert team_sizes(problem) == [(of_low,), tuple(sorted({of_low, of_special})), ()]
    assert officers_sent(problem)[2] == 0
    assert step_tenths(problem) == math.gcd(of_low, of_special)


@pytest.mark.parametrize("officers", [(3, 3), (2, 2), (3, 2), (5, 1), (1, 5)])
def test_odd_officer_leaves_no_gap(officers, monkeypatch):
    """Who cannot make up a team is worth nothing: the certified bound is the optimum itself."""
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    problem = two_by_two(officers)
    found = optimize(problem, Settings(time_limit_s=20.0, gap=0.0, threads=1))
    assert found.aims[0].value == (0, 0, 0)
    assert found.aims[2].bound == found.aims[2].value
    assert found.certified_tenths == found.aims[2].value


@pytest.mark.parametrize("seed", range(30))
def test_no_plan_is_between_the_steps(seed):
    """Officer-minutes are multiples of the step, and no post sends more than it can."""
    problem = ample_town(seed)
    found = optimize(problem, Settings(time_limit_s=20.0, threads=1))
    assert found.aims[2].value % step_tenths(problem) == 0
    sent = np.zeros(len(problem.posts), dtype=np.int64)
    for beat in found.beats:
        sent[beat.post] += beat_officers(problem, beat)
    assert (sent <= officers_sent(problem)).all()
    assert reachable(problem).any() or not sent.any()


@pytest.mark.parametrize(
    ("bound", "step", "raised"),
    [(71.4, 2, 72), (70.0, 2, 70), (70.0005, 2, 70), (70.1, 1, 71), (0.0, 3, 0)],
)
def test_bound_is_raised_to_the_next_step(bound, step, raised):
    """Dust of floating point aside, a bound between two steps stands for the upper one."""
    assert raised_tenths(bound, step) == raised
