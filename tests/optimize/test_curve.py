"""The officers curve: shares that never fall, and plans that never get worse."""

from itertools import pairwise

import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st

from metro_gis.optimize import Settings, optimize
from metro_gis.optimize.curve import share_out, trace_curve
from metro_gis.optimize.reinforcement import with_station_officers
from metro_gis.plan import OPTIMAL_GAP

EXACT = Settings(time_limit_s=30.0, gap=0.0, threads=1)
HASTY = Settings(time_limit_s=0.02, gap=0.0, threads=1)
weights = st.lists(st.integers(0, 200), min_size=1, max_size=8).filter(any)


def values(outcome):
    return tuple(aim.value for aim in outcome.aims)


@given(weights, st.integers(0, 500))
def test_shares_add_up_and_never_fall(given_weights, total):
    """All officers are shared, and one more takes nobody from any post."""
    shares = share_out(total, given_weights)
    assert sum(shares) == total
    more = share_out(total + 1, given_weights)
    assert max(b - a for a, b in zip(shares, more, strict=True)) == 1
    assert all(b >= a for a, b in zip(shares, more, strict=True))


@given(weights)
def test_officers_that_there_are_stay_where_they_are(given_weights):
    """Sharing out as many as there are changes nothing."""
    assert share_out(sum(given_weights), given_weights) == given_weights


def test_nobody_can_be_shared_over_nobody():
    """Officers need a post that counts for something."""
    assert share_out(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="none"):
        share_out(1, [0, 0])


@pytest.mark.parametrize("seed", range(60))
def test_every_point_is_the_plan_of_a_run_of_its_own(seed):
    """More officers are never worse, and each point has the aims of a single run."""
    problem = toys.random_town(seed)
    most = sum(post.station_officers for post in problem.posts)
    totals = list(range(1, most + 3))
    points = list(trace_curve(problem, totals, EXACT)) if most else []
    assert [point.officers for point in points] == (totals if most else [])
    for point in points:
        alone = optimize(point.problem, EXACT)
        assert values(point.outcome) == values(alone)
        assert point.outcome.rungs.keys() == alone.rungs.keys()
    for fewer, more in pairwise(points):
        assert values(more.outcome)[:2] <= values(fewer.outcome)[:2]
        if values(more.outcome)[:2] == values(fewer.outcome)[:2]:
            assert values(more.outcome)[2] <= values(fewer.outcome)[2]


@pytest.mark.parametrize("seed", range(20))
def test_a_start_is_never_lost(seed):
    """A search without any time keeps a plan that it starts from, with true bounds."""
    problem = toys.random_town(seed)
    best = optimize(problem, EXACT)
    more = with_station_officers(problem, [post.station_officers + 1 for post in problem.posts])
    hasty = optimize(more, HASTY, start=best)
    assert values(hasty) <= values(best)
    truth = optimize(more, EXACT)
    for aim, true in zip(hasty.aims, truth.aims, strict=True):
        assert aim.bound is None or aim.bound <= aim.value
        if aim.name != "nearness" or values(hasty)[:2] == values(truth)[:2]:
            assert aim.bound is None or aim.bound <= true.value
    if hasty.gap_certified is not None and hasty.gap_certified <= OPTIMAL_GAP:
        assert values(hasty) == values(truth)


def test_totals_must_rise():
    """A curve goes from few officers to many."""
    with pytest.raises(ValueError, match="rise"):
        list(trace_curve(toys.line_town(), [4, 4], EXACT))
