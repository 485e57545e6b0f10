"""Toy cities: small problems whose optimum can be found by hand."""

from __future__ import annotations

import random

import numpy as np

from metro_gis.doctrine import Doctrine, Pattern, RiskClass
from metro_gis.problem import NO_PATH, BeatRules, Post, Problem, Station, TravelTimes

LOW, ELEVATED, HIGH, SPECIAL = RiskClass


def doctrine(ladder=(2, 4), officers=None, stations=None):
    """Patterns with few stations per team, so that small cities fill teams."""
    size = dict.fromkeys(RiskClass, 2) | (officers or {})
    most = {ELEVATED: 2, HIGH: 1, SPECIAL: 1} | (stations or {})
    patterns = {cls: Pattern(size[cls], (count,)) for cls, count in most.items()}
    return Doctrine({LOW: Pattern(size[LOW], tuple(ladder)), **patterns})


def travel(deploy, between, beat_limit):
    """Travel times from dense tenths; pairs beyond the beat limit are left out."""
    between = np.asarray(between, dtype=np.int64)
    indptr, indices, tenths = [0], [], []
    for j in range(len(between)):
        for t in range(len(between)):
            if 0 <= between[j, t] <= beat_limit:
                indices.append(t)
                tenths.append(between[j, t])
        indptr.append(len(indices))
    arrays = [np.array(a, dtype=np.int32) for a in (deploy, indptr, indices, tenths)]
    arrays[0] = arrays[0].reshape(-1, len(between))
    return TravelTimes(*arrays)


def problem(
    classes,
    deploy,
    between,
    officers,
    *,
    kecamatan=None,
    kelurahan=None,
    ladder=(2, 4),
    team_officers=None,
    team_stations=None,
    deploy_limit=300,
    beat_limit=80,
    serves=None,
    station_ids=None,
    post_ids=None,
    **rules,
):
    """Build a problem from dense minutes in tenths."""
    n = len(classes)
    stations = tuple(
        Station(
            station_ids[t] if station_ids else f"T{t}",
            105.30 + t / 1000,
            -5.11,
            classes[t],
            kecamatan[t] if kecamatan else "A",
            kelurahan[t] if kelurahan else "a",
        )
        for t in range(n)
    )
    posts = tuple(
        Post(
            post_ids[p] if post_ids else f"P{p}",
            105.30 + p / 1000,
            -5.12,
            count,
            serves=serves[p] if serves else (),
        )
        for p, count in enumerate(officers)
    )
    return Problem(
        stations,
        posts,
        doctrine(ladder, team_officers, team_stations),
        deploy_limit,
        beat_limit,
        BeatRules(**rules),
        travel(deploy, between, beat_limit),
    )


def line_town(officers=20, ladder=(2, 4), **rules):
    """Six *low* stations on a line, a minute apart, a post beside the first one."""
    position = np.arange(6) * 10
    between = np.abs(position[:, None] - position[None, :])
    return problem([LOW] * 6, [position + 10], between, [officers], ladder=ladder, **rules)


def two_islands():
    """Two kecamatan of three stations each; each post reaches its own island only."""
    position = np.array([0, 10, 20, 0, 10, 20])
    between = np.abs(position[:, None] - position[None, :])
    between[:3, 3:] = between[3:, :3] = NO_PATH
    deploy = np.full((2, 6), NO_PATH)
    deploy[0, :3] = deploy[1, 3:] = 50
    return problem([LOW] * 6, deploy, between, [4, 4], kecamatan=list("AAABBB"), ladder=(1, 3))


def tie_town():
    """Four stations around a square: every pairing along a side costs the same."""
    between = np.array([[0, 10, 20, 10], [10, 0, 10, 20], [20, 10, 0, 10], [10, 20, 10, 0]])
    return problem([LOW] * 4, [[10, 10, 10, 10]], between, [8], ladder=(2, 4))


def random_town(seed, *, most_stations=6, posts=2):
    """A small random problem with every rule in play."""
    return problem(**random_parts(seed, most_stations=most_stations, posts=posts))


def random_parts(seed, *, most_stations=6, posts=2):
    """What a small random problem is built from, for tests that change a part of it."""
    rng = random.Random(seed)
    n = rng.randint(1, most_stations)
    at = [(rng.uniform(0, 120), rng.uniform(0, 120)) for _ in range(n + posts)]

    def tenths(a, b):
        return int(abs(a[0] - b[0]) + abs(a[1] - b[1])) + (0 if a is b else rng.randint(0, 5))

    between = np.zeros((n, n), dtype=int)
    for j in range(n):
        for t in range(j):
            between[j, t] = between[t, j] = tenths(at[j], at[t])
    deploy = np.array([[tenths(at[n + p], at[t]) for t in range(n)] for p in range(posts)])
    for p in range(posts):
        for t in range(n):
            if rng.random() < 0.05:
                deploy[p, t] = NO_PATH
    mix = rng.random() < 0.5
    sizes = {LOW: 2, ELEVATED: rng.choice([2, 3]), HIGH: rng.choice([2, 3]), SPECIAL: 2}
    units = [rng.choice("AB") for _ in range(n)]
    return {
        "classes": rng.choices([LOW, ELEVATED, HIGH, SPECIAL], weights=[6, 2, 1, 1], k=n),
        "deploy": deploy,
        "between": between,
        "officers": [rng.randint(0, 8) for _ in range(posts)],
        "kecamatan": units,
        "kelurahan": [rng.choice("ab") for _ in range(n)],
        "ladder": rng.choice([(2,), (2, 3), (1, 2, 4)]),
        "team_officers": sizes if rng.random() < 0.5 else None,
        "deploy_limit": rng.choice([100, 180, 300]),
        "beat_limit": rng.choice([30, 60, 120]),
        "serves": [rng.choice([(), (), ("A",), ("B",)]) for _ in range(posts)],
        "border": rng.choice(["kecamatan", "kelurahan", "none"]),
        "mix": mix,
        "kelurahan_penalty_tenths": rng.choice([0, 20]),
        "team_tenths": rng.choice([0, 30, 300]),
    }
