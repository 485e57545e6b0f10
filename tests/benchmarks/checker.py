"""A small checker of beats, written from the words in ``optimize/README.md``."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from metro_gis.problem import NO_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem


def broken_rules(problem: Problem, beats: Iterable[Beat], rungs: Mapping[str, int]) -> list[str]:
    """Name every rule that beats break; a station that some post reaches must be covered."""
    beats = list(beats)
    found = [rule for beat in beats for rule in _of_beat(problem, beat, rungs)]
    times = [0] * len(problem.stations)
    sent = [0] * len(problem.posts)
    for beat in beats:
        sent[beat.post] += _officers(problem, beat)
        for t in beat.stations:
            times[t] += 1
    reached = problem.in_reach.any(axis=0)
    found += [f"station {t} is in {n} beats" for t, n in enumerate(times) if n > 1]
    found += [f"station {t} is uncovered" for t, n in enumerate(times) if n == 0 and reached[t]]
    found += [
        f"post {post.post_id} gives {given} officers"
        for post, given in zip(problem.posts, sent, strict=True)
        if given > post.station_officers
    ]
    return found


def _officers(problem: Problem, beat: Beat) -> int:
    patterns = problem.doctrine.patterns
    return max(patterns[problem.stations[t].risk_class].officers for t in beat.stations)


def _of_beat(problem: Problem, beat: Beat, rungs: Mapping[str, int]) -> list[str]:
    name = f"beat at {beat.anchor}"
    stations = [problem.stations[t] for t in beat.stations]
    units = {problem.unit_of(one) for one in stations}
    if beat.anchor not in beat.stations or len(units) > 1:
        return [f"{name}: anchor outside, or a border crossed"]
    found = []
    if len({one.risk_class for one in stations}) > 1 and not problem.rules.mix:
        found.append(f"{name}: classes mixed")
    rung = rungs.get(units.pop(), problem.doctrine.ladder[-1])
    load = sum(
        Fraction(1, problem.doctrine.stations_per_team(one.risk_class, rung)) for one in stations
    )
    if load > 1:
        found.append(f"{name}: load {load}")
    travel = problem.travel
    start, stop = (int(one) for one in travel.beat_indptr[beat.anchor : beat.anchor + 2])
    columns = travel.beat_indices[start:stop].tolist()
    near = dict(zip(columns, travel.beat_tenths[start:stop].tolist(), strict=True))
    for t in beat.stations:
        way = int(travel.deploy[beat.post, t])
        if (
            way == NO_PATH
            or way > problem.deploy_limit_tenths
            or not problem.may_serve[beat.post, t]
        ):
            found.append(f"{name}: station {t} is out of the post's reach")
        if near.get(t, problem.beat_limit_tenths + 1) > problem.beat_limit_tenths:
            found.append(f"{name}: station {t} is too far from the anchor")
    return found
