"""Towns for the search that takes large programs apart: small enough to know the optimum."""

import numpy as np
import toys

from metro_gis.changes import Former, FormerTeam
from metro_gis.optimize.pool_model import build_pool_model
from metro_gis.optimize.pools import pools_of
from metro_gis.optimize.search import reachable
from metro_gis.plan import beat_officers


def ample_town(seed, most_stations=6):
    """A random town with officers for everything in reach, at its first rung."""
    problem = toys.random_town(seed, most_stations=most_stations)
    officers = {post.post_id: 4 * most_stations for post in problem.posts}
    return problem.with_officers(officers)


def larger_town(seed, stations=30, officers=(40, 30), **rules):
    """Stations strewn over a plane, two kecamatan side by side, two posts."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 100, (stations, 2))
    posts = np.array([[25.0, 50.0], [75.0, 50.0]])
    between = np.abs(at[:, None] - at[None, :]).sum(axis=2).astype(int)
    deploy = np.abs(posts[:, None] - at[None, :]).sum(axis=2).astype(int)
    classes = [toys.ELEVATED if one % 11 == 0 else toys.LOW for one in range(stations)]
    return toys.problem(
        classes,
        deploy,
        between,
        list(officers),
        kecamatan=["A" if x < 50 else "B" for x, _ in at],
        kelurahan=[f"{int(y // 34)}" for _, y in at],
        ladder=(4,),
        **rules,
    )


def models_of(problem, rungs):
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    return [
        build_pool_model(problem, pool, rungs[pool.unit]) for pool in pools_of(problem, stations)
    ]


def former_of(problem, outcome):
    """See a plan as the plan before."""
    teams = tuple(
        FormerTeam(f"T{k}", beat.post, beat_officers(problem, beat), beat.stations, beat.anchor)
        for k, beat in enumerate(outcome.beats)
    )
    return Former("before", teams, outcome.rungs)
