"""Beats of all pools chosen together: nothing cheaper is overlooked, nothing false is proven."""

import threading

import brute
import numpy as np
import pytest
from optimize_towns import ample_town, larger_town, models_of

from metro_gis.optimize import Settings, joint_choice, nearness, optimize
from metro_gis.optimize.joint_choice import choose_together
from metro_gis.optimize.listing import are_alike
from metro_gis.optimize.pool_bounds import bound_city
from metro_gis.optimize.search import Search, tiers_missed
from metro_gis.optimize.team_sizes import officers_sent, step_tenths
from metro_gis.plan import beat_officers, cost_tenths
from metro_gis.solver import Limits

EXACT = Settings(time_limit_s=60.0, gap=0.0, threads=1)


def asked(problem, rungs, most):
    """Choose among the beats of plans up to a cost; None where teams differ too much."""
    models = models_of(problem, rungs)
    bound = bound_city(Search(problem, EXACT), models, np.zeros(len(problem.posts)))
    if not all(are_alike(model, bound.prices) for model in models):
        return None
    return choose_together(models, bound, most, Limits, threading.Event())


def short_town(seed):
    """A town of two border units whose posts have just about the officers that it takes."""
    problem = larger_town(seed, stations=16, officers=(14, 14))
    best = optimize(problem, EXACT)
    sent = {post.post_id: 0 for post in problem.posts}
    for beat in best.beats:
        sent[problem.posts[beat.post].post_id] += beat_officers(problem, beat)
    # an officer more than teams take, who is of no use
    tight = problem.with_officers({name: count + 1 for name, count in sent.items()})
    return tight, optimize(tight, EXACT)


@pytest.mark.parametrize("seed", range(12))
def test_best_plan_is_found_and_nothing_cheaper_is(seed):
    """Asked for its own cost, the best plan is found; asked for less, that there is none."""
    problem, best = short_town(seed)
    optimum = best.aims[2].value
    assert best.aims[2].bound == optimum
    found = asked(problem, best.rungs, optimum)
    if found is None:
        return
    assert found.bound_tenths <= optimum + 1e-6
    if found.beats is not None:
        assert cost_tenths(problem, found.beats) >= optimum
        assert tiers_missed(problem, found.beats) == best.aims[0].value
        sent = np.zeros(len(problem.posts), dtype=np.int64)
        for beat in found.beats:
            sent[beat.post] += beat_officers(problem, beat)
        assert (sent <= officers_sent(problem)).all()
    if found.bound_tenths >= optimum - 1e-6:
        assert found.beats is not None
        assert cost_tenths(problem, found.beats) == optimum
    less = asked(problem, best.rungs, optimum - step_tenths(problem))
    assert less is None or less.bound_tenths <= optimum + 1.0


@pytest.mark.parametrize("seed", range(60))
def test_bound_of_all_pools_is_never_above_the_optimum(seed):
    """Whatever cost is asked for, what is proven stays below brute force."""
    problem = ample_town(seed)
    (_, _, optimum) = brute.best_plan(problem)
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[0])
    step = step_tenths(problem)
    for most in (optimum - step, optimum, optimum + 40):
        found = asked(problem, rungs, most)
        if found is not None:
            # below the next step: there is no plan that costs less than the optimum
            assert found.bound_tenths < optimum + step
            assert found.beats is None or cost_tenths(problem, found.beats) >= optimum


def test_long_lists_are_not_begun(monkeypatch):
    """Where the shortest list is too long nothing is proven, and nothing is stated."""
    problem, best = short_town(1)
    monkeypatch.setattr(joint_choice, "MOST_TOGETHER", 3)
    assert asked(problem, best.rungs, best.aims[2].value) is None


def test_pools_that_do_not_fit_together_are_settled(monkeypatch):
    """Taken apart, a town with an officer too many at every post ends with its proof."""
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    for seed in range(4):
        problem, best = short_town(seed)
        found = optimize(problem, EXACT)
        assert found.aims[2].value == best.aims[2].value
        assert found.aims[2].bound <= best.aims[2].value
