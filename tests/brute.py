"""Brute force: the best plan of a tiny problem, by trying everything."""

from __future__ import annotations

import itertools

from metro_gis.doctrine import RiskClass
from metro_gis.plan import Beat, beat_cost_tenths, beat_minutes_tenths, beat_officers


def _beats(problem, rungs):
    """All beats that keep every rule, as (mask, post, officers, cost)."""
    n = len(problem.stations)
    found = []
    for size in range(1, n + 1):
        for members in itertools.combinations(range(n), size):
            stations = [problem.stations[t] for t in members]
            units = {problem.unit_of(station) for station in stations}
            classes = {station.risk_class for station in stations}
            if len(units) > 1 or (len(classes) > 1 and not problem.rules.mix):
                continue
            weights, full = problem.doctrine.weights(rungs[units.pop()])
            if sum(weights[station.risk_class] for station in stations) > full:
                continue
            for post, anchor in itertools.product(range(len(problem.posts)), members):
                beat = Beat(post, anchor, members)
                try:
                    for t in members:
                        beat_minutes_tenths(problem, anchor, t)
                except KeyError:
                    continue
                if not all(_in_reach(problem, post, t) for t in members):
                    continue
                mask = sum(1 << t for t in members)
                cost = beat_cost_tenths(problem, beat)
                found.append((mask, post, beat_officers(problem, beat), cost))
    return found


def _in_reach(problem, post, t):
    serves = problem.posts[post].serves
    minutes = problem.travel.deploy[post, t]
    inside = 0 <= minutes <= problem.deploy_limit_tenths
    return inside and (not serves or problem.stations[t].kecamatan in serves)


def _cheapest(problem, rungs):
    """Least cost of every covered set, over all ways to spend officers."""
    beats = _beats(problem, rungs)
    states = {(0, (0,) * len(problem.posts)): 0}
    done = {}
    for t in range(len(problem.stations)):
        grown = {}
        for (mask, used), cost in states.items():
            options = [(mask, used, cost)]  # left uncovered, or covered already
            if not mask >> t & 1:
                for beat, post, officers, price in beats:
                    # the beat's first station is t: each set of beats is met once
                    if beat & -beat != 1 << t or beat & mask:
                        continue
                    spent = used[post] + officers
                    if spent <= problem.posts[post].station_officers:
                        now = (*used[:post], spent, *used[post + 1 :])
                        options.append((mask | beat, now, cost + price))
            for covered, now, total in options:
                key = (covered, now)
                if total < grown.get(key, total + 1):
                    grown[key] = total
        states = grown
    for (mask, _), cost in states.items():
        done[mask] = min(cost, done.get(mask, cost))
    return done


def best_plan(problem):
    """Give the best (cover tuple, strength, officer-minutes in tenths)."""
    units = sorted({problem.unit_of(station) for station in problem.stations})
    low = problem.low_stations()
    ladder = problem.doctrine.ladder
    choices = [ladder if unit in low else ladder[-1:] for unit in units]
    best = None
    for rungs in itertools.product(*choices):
        at = dict(zip(units, rungs, strict=True))
        strength = sum(count * at[unit] for unit, count in low.items())
        for mask, cost in _cheapest(problem, at).items():
            cover = [0, 0, 0]
            for t, station in enumerate(problem.stations):
                if not mask >> t & 1:
                    tier = {RiskClass.ELEVATED: 1, RiskClass.LOW: 2}.get(station.risk_class, 0)
                    cover[tier] += 1
            key = (tuple(cover), strength, cost)
            best = key if best is None else min(best, key)
    return best
