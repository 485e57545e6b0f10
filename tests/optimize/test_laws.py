"""Laws of the tuple of aims: the first town is tried by brute force, the changed one solved.

Laws that sound true and are not (removing a station never hurts, for one) stay out: brute force
has refuted them.
"""

import random

import brute
import numpy as np
import pulp
import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st

from metro_gis.doctrine import COVER_TIERS, RiskClass
from metro_gis.optimize import Settings, optimize
from metro_gis.optimize.cover import full_program, tier_members
from metro_gis.optimize.pools import last_rungs
from metro_gis.optimize.search import reachable
from metro_gis.problem import NO_PATH
from metro_gis.solver import Limits, solve_program

EXACT = Settings(time_limit_s=60.0, gap=0.0, threads=1)
ORDER = tuple(RiskClass)

seeds = st.integers(0, 1_000_000)
towns = st.builds(toys.random_parts, seeds, most_stations=st.just(6), posts=st.integers(2, 3))


def solved(parts):
    """Solve a town to the end; give cover, strength and officer-minutes in tenths."""
    outcome = optimize(toys.problem(**parts), EXACT)
    assert all(aim.proven for aim in outcome.aims)
    return tuple(aim.value for aim in outcome.aims)


def tried(parts):
    """Find the same by trying everything."""
    return brute.best_plan(toys.problem(**parts))


def more_officers(parts, rng):
    """Give one post some officers more."""
    officers = list(parts["officers"])
    officers[rng.randrange(len(officers))] += rng.randint(1, 3)
    return parts | {"officers": officers}


def farther_posts(parts, rng):
    """Let posts send teams farther."""
    return parts | {"deploy_limit": parts["deploy_limit"] + rng.choice([1, 20, 100])}


def wider_beats(parts, rng):
    """Let beats be wider."""
    return parts | {"beat_limit": parts["beat_limit"] + rng.choice([1, 20, 100])}


def larger_pattern(parts, rng):
    """Let a team of a strict class cover one station more."""
    cls = rng.choice([toys.ELEVATED, toys.HIGH, toys.SPECIAL])
    most = {toys.ELEVATED: 2, toys.HIGH: 1, toys.SPECIAL: 1}
    return parts | {"team_stations": {cls: most[cls] + 1}}


def further_rung(parts, rng):
    """Add a rung to the ladder, below, between or above."""
    rungs = set(range(1, 7)) - set(parts["ladder"])
    return parts | {"ladder": tuple(sorted({*parts["ladder"], rng.choice(sorted(rungs))}))}


def shorter_minutes(parts, rng):
    """Shorten some ways between posts and stations and some between stations."""
    deploy, between = parts["deploy"].copy(), parts["between"].copy()
    for p, t in np.ndindex(*deploy.shape):
        if deploy[p, t] > 0 and rng.random() < 0.3:
            deploy[p, t] = rng.randint(0, deploy[p, t])
    for j, t in np.ndindex(*between.shape):
        if j < t and rng.random() < 0.3:
            between[j, t] = between[t, j] = rng.randint(0, between[j, t])
    return parts | {"deploy": deploy, "between": between}


def freer_post(parts, rng):
    """Let a post serve every kecamatan."""
    serves = list(parts["serves"])
    serves[rng.randrange(len(serves))] = ()
    return parts | {"serves": serves}


EASIER = (
    more_officers,
    farther_posts,
    wider_beats,
    larger_pattern,
    further_rung,
    shorter_minutes,
    freer_post,
)


@pytest.mark.parametrize("change", EASIER)
@given(parts=towns, seed=seeds)
def test_easier_town_is_not_worse(change, parts, seed):
    """What leaves every plan possible and none dearer never raises the tuple of aims (H01)."""
    assert solved(change(parts, random.Random(seed))) <= tried(parts)


def scaled(parts, k):
    """Multiply all minutes and limits."""
    far = parts["deploy"] == NO_PATH
    names = ("deploy_limit", "beat_limit", "kelurahan_penalty_tenths", "team_tenths")
    return parts | {
        "deploy": np.where(far, NO_PATH, parts["deploy"] * k),
        "between": parts["between"] * k,
        **{name: parts[name] * k for name in names},
    }


@given(parts=towns, k=st.integers(2, 9))
def test_scale_of_minutes_decides_nothing(parts, k):
    """Minutes, limits and penalties times k: cover and rungs as before, minutes times k (H02)."""
    cover, strength, minutes = tried(parts)
    assert solved(scaled(parts, k)) == (cover, strength, k * minutes)


def relabelled(parts, rng):
    """Put stations and posts in another order, and call everything by another name."""
    t = rng.sample(range(len(parts["classes"])), len(parts["classes"]))
    p = rng.sample(range(len(parts["officers"])), len(parts["officers"]))
    names = dict(zip("AB", rng.sample(["Metro Pusat", "a", "Z"], 2), strict=True))
    wards = dict(zip("ab", rng.sample(["Yosorejo", "0", "b"], 2), strict=True))
    return parts | {
        "classes": [parts["classes"][i] for i in t],
        "kecamatan": [names[parts["kecamatan"][i]] for i in t],
        "kelurahan": [wards[parts["kelurahan"][i]] for i in t],
        "deploy": parts["deploy"][np.ix_(p, t)],
        "between": parts["between"][np.ix_(t, t)],
        "officers": [parts["officers"][i] for i in p],
        "serves": [tuple(names[one] for one in parts["serves"][i]) for i in p],
        "station_ids": [f"TPS {rng.random()}" for _ in t],
        "post_ids": [f"pos {rng.random()}" for _ in p],
    }


@given(parts=towns, seed=seeds)
def test_order_and_names_decide_nothing(parts, seed):
    """Stations and posts in any order and districts by any name give the same tuple (H03)."""
    assert solved(relabelled(parts, random.Random(seed))) == tried(parts)


def with_station(parts, cls, unit, near):
    """Add a station that no post reaches, ``near`` to all others or without a road."""
    n, way = len(parts["classes"]), 10 if near else NO_PATH
    between = np.full((n + 1, n + 1), way)
    between[:n, :n] = parts["between"]
    between[n, n] = 0
    lost = np.full((len(parts["officers"]), 1), NO_PATH)
    return parts | {
        "classes": [*parts["classes"], cls],
        "kecamatan": [*parts["kecamatan"], unit],
        "kelurahan": [*parts["kelurahan"], "a"],
        "deploy": np.hstack([parts["deploy"], lost]),
        "between": between,
    }


def missing_one_more(cover, cls):
    """Count one more station of a class as uncovered."""
    tiers = [cls in tier for tier in COVER_TIERS]
    return tuple(count + one for count, one in zip(cover, tiers, strict=True))


@given(parts=towns, cls=st.sampled_from(ORDER[1:]), near=st.booleans())
def test_strict_station_out_of_reach_changes_nothing_else(parts, cls, near):
    """A station beyond all posts is one more uncovered of its class, all else the same (H05)."""
    cover, strength, minutes = tried(parts)
    expected = (missing_one_more(cover, cls), strength, minutes)
    assert solved(with_station(parts, cls, "A", near)) == expected


@given(parts=towns, near=st.booleans())
def test_low_station_out_of_reach_stretches_nothing(parts, near):
    """A *low* one in a kecamatan of its own is told at the first rung, all else the same (H05)."""
    parts = parts | {"border": "kecamatan"}
    cover, strength, minutes = tried(parts)
    expected = (missing_one_more(cover, toys.LOW), strength + parts["ladder"][0], minutes)
    assert solved(with_station(parts, toys.LOW, "C", near)) == expected


def side_by_side(one, other):
    """Put two towns side by side: no road between them, no kecamatan in common."""
    n, m = len(one["classes"]), len(other["classes"])
    between = np.full((n + m, n + m), NO_PATH)
    between[:n, :n], between[n:, n:] = one["between"], other["between"]
    deploy = np.full((len(one["officers"]) + len(other["officers"]), n + m), NO_PATH)
    deploy[: len(one["officers"]), :n] = one["deploy"]
    deploy[len(one["officers"]) :, n:] = other["deploy"]
    abroad = {"A": "C", "B": "D"}
    joined = {name: [*one[name], *other[name]] for name in ("classes", "officers", "kelurahan")}
    kecamatan = [*one["kecamatan"], *(abroad[unit] for unit in other["kecamatan"])]
    serves = [*one["serves"], *(tuple(abroad[u] for u in units) for units in other["serves"])]
    return (
        one
        | joined
        | {
            "between": between,
            "deploy": deploy,
            "kecamatan": kecamatan,
            "serves": serves,
        }
    )


def under_rules_of(parts, other, rung):
    """Give a town another one's rules and a ladder of one rung."""
    own = ("classes", "officers", "kelurahan", "kecamatan", "between", "deploy", "serves")
    return other | {name: parts[name] for name in own} | {"ladder": (rung,)}


@given(one=towns, other=towns, rung=st.integers(1, 4))
def test_towns_without_common_posts_add_up(one, other, rung):
    """At a fixed rung towns without common posts or borders sum to the whole (H06)."""
    first, second = (under_rules_of(parts, one, rung) for parts in (one, other))
    (cover, strength, minutes), (cover2, strength2, minutes2) = tried(first), tried(second)
    summed = tuple(a + b for a, b in zip(cover, cover2, strict=True))
    assert solved(side_by_side(first, second)) == (summed, strength + strength2, minutes + minutes2)


def with_post(parts, like, officers):
    """Add a post at the place of another, with the same kecamatan to serve."""
    return parts | {
        "deploy": np.vstack([parts["deploy"], parts["deploy"][like]]),
        "officers": officers,
        "serves": [*parts["serves"], parts["serves"][like]],
    }


@given(parts=towns, like=st.integers(0, 1))
def test_post_without_officers_changes_nothing(parts, like):
    """A post that has nobody to send decides nothing (H10)."""
    assert solved(with_post(parts, like, [*parts["officers"], 0])) == tried(parts)


@given(parts=towns, post=st.integers(0, 1), data=st.data())
def test_split_post_is_as_good_where_no_team_is_torn(parts, post, data):
    """Whole teams of one size moved to a second post at the same place lose nothing (H12)."""
    parts = parts | {"team_officers": None}
    moved = 2 * data.draw(st.integers(0, parts["officers"][post] // 2))
    assert solved(split(parts, post, moved)) == tried(parts)


@given(parts=towns, post=st.integers(0, 1), data=st.data())
def test_merged_posts_are_not_worse(parts, post, data):
    """Two posts at one place become one: no plan is lost, whatever the teams' sizes (H13)."""
    moved = data.draw(st.integers(0, parts["officers"][post]))
    assert solved(parts) <= tried(split(parts, post, moved))


def split(parts, post, moved):
    """Move some of a post's officers to a second one at the same place."""
    officers = [*parts["officers"], moved]
    officers[post] -= moved
    return with_post(parts, post, officers)


@given(parts=towns, gap=st.sampled_from([0.01, 0.1, 0.3, 0.9]))
def test_gap_keeps_its_promise(parts, gap):
    """Within a gap g the value is at most the best over 1 - g, the earlier aims exact (H20)."""
    outcome = optimize(toys.problem(**parts), Settings(60.0, gap, threads=1))
    cover, strength, minutes = tried(parts)
    assert (outcome.aims[0].value, outcome.aims[1].value) == (cover, strength)
    assert outcome.aims[2].bound <= minutes <= outcome.aims[2].value
    assert outcome.gap <= gap + 1e-9
    assert (1 - gap) * outcome.aims[2].value <= minutes + 1e-6


@given(parts=towns, seed=st.integers(0, 9))
def test_same_seed_gives_the_same_beats(parts, seed):
    """The same town with the same seed has the same beats, rungs and reasons (H22)."""
    settings = Settings(60.0, 0.0, seed=seed, threads=2)
    first, second = (optimize(toys.problem(**parts), settings) for _ in range(2))
    assert first == second


def staged(problem, solve):
    """Solve the compact program aim after aim with an engine that gives back values."""
    program = full_program(problem, last_rungs(problem), may_miss=True)
    outside = [0] * len(COVER_TIERS)
    for t in np.flatnonzero(~reachable(problem)).tolist():
        outside[int(problem.tier_index[t])] += 1
    cover = []
    for tier, lost in enumerate(outside):
        members = tier_members(problem, tier)
        program.aim_at_cover(members)
        missed = solve(program.lp) if any(t in program.missable for t in members) else 0
        program.limit_uncovered(f"tier_{tier}", members, missed)
        cover.append(lost + missed)
    program.aim_at_nearness()
    return tuple(cover), solve(program.lp)


def by_highs(lp):
    return round(solve_program(lp, Limits()).value)


def by_cbc(lp):
    lp.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=0.0))
    return round(pulp.value(lp.objective) or 0)


ENGINES = {"PULP_CBC_CMD": by_cbc}


# PuLP 3.3 announces that its successor brings no CBC; HiGHS is asked everywhere
@pytest.mark.filterwarnings("ignore:.*CBC.*:DeprecationWarning")
@given(parts=towns, rung=st.integers(1, 4))
def test_engines_agree_with_brute_force(parts, rung):
    """The stated program has the same optimum for every engine, and it is brute force's (H23)."""
    parts = parts | {"ladder": (rung,)}
    problem = toys.problem(**parts)
    cover, _, minutes = tried(parts)
    here = pulp.listSolvers(onlyAvailable=True)
    engines = [by_highs, *(solve for name, solve in ENGINES.items() if name in here)]
    if not reachable(problem).any():
        engines = []
    for solve in engines:
        assert staged(problem, solve) == (cover, minutes)
