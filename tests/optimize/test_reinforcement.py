"""The reinforcement ask: enough, and no fewer would be."""

import itertools
import random
from dataclasses import replace

import brute
import numpy as np
import pytest
import toys

from metro_gis.doctrine import Doctrine, Pattern, RiskClass
from metro_gis.optimize import Settings
from metro_gis.optimize.bottleneck import find_bottleneck
from metro_gis.optimize.reinforcement import (
    ask_for_each_rung,
    fewest_officers,
    with_station_officers,
)
from metro_gis.optimize.search import tiers_missed, tiers_missed_outside
from metro_gis.plan import beat_officers

EXACT = Settings(time_limit_s=30.0, gap=0.0, threads=1)


def at_rung(problem, rung):
    """Leave one rung on the ladder."""
    low = Pattern(problem.doctrine.patterns[RiskClass.LOW].officers, (rung,))
    return replace(problem, doctrine=Doctrine({**problem.doctrine.patterns, RiskClass.LOW: low}))


def is_enough(problem, extra):
    """Ask brute force whether everything in reach is covered with further officers."""
    have = [post.station_officers + more for post, more in zip(problem.posts, extra, strict=True)]
    cover = brute.best_plan(with_station_officers(problem, have))[0]
    return cover == tiers_missed_outside(problem)


def placements(posts, count):
    """Give every way to add a number of officers to posts."""
    for cuts in itertools.combinations_with_replacement(range(posts), count):
        yield [cuts.count(p) for p in range(posts)]


@pytest.mark.parametrize("seed", range(40))
def test_ask_is_enough_and_no_fewer_would_be(seed):
    """On random toys the officers asked for cover everything, one fewer nowhere does."""
    rng = random.Random(seed)
    town = toys.random_town(seed, most_stations=4)
    problem = with_station_officers(town, [rng.randint(0, 3) for _ in town.posts])
    for ask in ask_for_each_rung(problem, EXACT):
        single = at_rung(problem, ask.rung)
        assert ask.proven
        assert tiers_missed(single, ask.beats) == tiers_missed_outside(single)
        assert is_enough(single, ask.extra)
        if ask.count:
            fewer = placements(len(problem.posts), ask.count - 1)
            assert not any(is_enough(single, extra) for extra in fewer)
        if ask.shortage is not None:
            assert ask.shortage.needed - ask.shortage.available == ask.count


@pytest.mark.parametrize("seed", range(30))
def test_fewest_officers_start_from_nobody(seed):
    """The fewest officers of a rung are those that the plan beside them posts, whoever is there."""
    problem = toys.random_town(seed)
    asks = list(fewest_officers(problem, EXACT))
    for ask in asks:
        assert ask.count == sum(beat_officers(problem, beat) for beat in ask.beats)
        assert ask.proven
    counts = [ask.count for ask in asks]
    # a looser rung never needs more
    assert counts == sorted(counts, reverse=True)


def test_ask_names_the_post_that_lacks():
    """Stations that only the second post reaches ask for officers there, as counting shows."""
    problem = toys.problem(
        [toys.LOW] * 4,
        [[10, 10, 900, 900], [900, 900, 10, 10]],
        [[0, 10, 90, 90], [10, 0, 90, 90], [90, 90, 0, 10], [90, 90, 10, 0]],
        [6, 1],
        ladder=(2,),
    )
    (ask,) = ask_for_each_rung(problem, EXACT)
    assert ask.extra == (0, 1)
    assert ask.proven
    assert ask.shortage is not None
    assert ask.shortage.posts == ("P1",)
    assert ask.shortage.stations == 2
    assert (ask.shortage.needed, ask.shortage.available) == (2, 1)


@pytest.mark.parametrize("widest", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_bottleneck_lacks_what_the_worst_group_lacks(seed, widest):
    """What is lacking is the most that any group of demands needs beyond the posts it reaches."""
    rng = np.random.default_rng(seed)
    need, have = rng.integers(0, 7, 5), rng.integers(0, 9, 3)
    able = rng.random((5, 3)) < 0.5

    def lacking(group):
        posts = able[group].any(axis=0)
        return int(need[group].sum() - have[posts].sum())

    groups = [np.array(bits, dtype=bool) for bits in itertools.product([False, True], repeat=5)]
    found = find_bottleneck(need, able, have, widest=widest)
    assert found.lacking == max(lacking(group) for group in groups)
    assert lacking(found.demands) == found.lacking
