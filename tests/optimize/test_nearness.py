"""Bounds of officer-minutes that are counted."""

import pytest
import toys

from metro_gis.optimize import Settings, optimize
from metro_gis.optimize.nearness import short_bound
from metro_gis.optimize.pools import last_rungs
from metro_gis.optimize.reinforcement import with_station_officers
from metro_gis.plan import cost_tenths

EXACT = Settings(time_limit_s=30.0, gap=0.0, threads=1)


@pytest.mark.parametrize("seed", range(80))
def test_counting_is_never_above_the_best_plan_of_a_short_town(seed):
    """With half of the officers, no plan is below what is counted, and counting shows something."""
    town = toys.random_town(seed)
    halved = [post.station_officers // 2 for post in town.posts]
    problem = with_station_officers(town, halved)
    best = optimize(problem, EXACT)
    cover, strength, nearness = best.aims
    assert cover.proven
    assert strength.proven
    assert nearness.proven
    counted = short_bound(problem, last_rungs(problem) | dict(best.rungs), cover.value)
    assert counted <= cost_tenths(problem, best.beats)
    assert (counted > 0) == bool(best.beats)
