"""Plans for new numbers: as little changes as can be, found by trying every plan."""

import dataclasses
import importlib
import random
import threading
import time
from types import SimpleNamespace

import brute
import numpy as np
import pytest
import toys
from optimize_towns import former_of, larger_town

from metro_gis.changes import Former, FormerTeam, Lock, find_changes
from metro_gis.doctrine import RiskClass
from metro_gis.errors import UsageError
from metro_gis.optimize import Settings, optimize, replan
from metro_gis.optimize.fewest_moves import MovesProgram
from metro_gis.optimize.locks import beats_before, find_conflict
from metro_gis.optimize.moves_search import MovesSearch
from metro_gis.optimize.near_moves import NUDGE, nudge
from metro_gis.optimize.nearby import far_from_changes
from metro_gis.optimize.replan import fewest_changes
from metro_gis.optimize.search import Search
from metro_gis.plan import Beat, StoppedBy, beat_officers, cost_tenths

EXACT = Settings(time_limit_s=60.0, gap=0.0)
TOWNS = 300


def plans(problem, rungs):
    """All plans of a tiny problem at given rungs, as beats."""
    known = sorted({(mask, post) for mask, post, _, _ in brute._beats(problem, rungs)})
    n = len(problem.stations)
    beats = {
        mask: tuple(t for t in range(n) if mask >> t & 1) for mask in {mask for mask, _ in known}
    }

    def grow(t, covered, free, chosen):
        if t == n:
            yield chosen
            return
        yield from grow(t + 1, covered, free, chosen)
        for mask, post in known:
            if mask & -mask == 1 << t and not mask & covered:
                beat = Beat(post, t, beats[mask])
                size = beat_officers(problem, beat)
                if size <= free[post]:
                    left = [have - size * (p == post) for p, have in enumerate(free)]
                    yield from grow(t + 1, covered | mask, left, (*chosen, beat))

    yield from grow(0, 0, [post.station_officers for post in problem.posts], ())


def cover_of(problem, beats):
    left = set(range(len(problem.stations))) - {t for beat in beats for t in beat.stations}
    tiers = [int(problem.tier_index[t]) for t in left]
    return tuple(tiers.count(tier) for tier in range(3))


def shaken(problem, rng):
    """New numbers: headcounts, sometimes a class, a station gone or one more."""
    officers = {
        post.post_id: max(0, post.officers + rng.choice([-4, -3, -2, -2, -1, 0, 2, 4]))
        for post in problem.posts
    }
    changed = problem.with_officers(officers)
    if rng.random() < 0.4:
        stations = list(changed.stations)
        k = rng.randrange(len(stations))
        stations[k] = dataclasses.replace(stations[k], risk_class=rng.choice(list(RiskClass)))
        changed = changed.replace(stations=tuple(stations))
    return changed


@pytest.mark.parametrize("seed", range(TOWNS))
def test_changes_are_the_fewest(seed):
    """At the rungs chosen, no plan with the same cover changes less, and that is proven."""
    rng = random.Random(seed)
    problem = toys.random_town(seed)
    former = former_of(problem, optimize(problem, EXACT))
    changed = shaken(problem, rng)
    found = replan(changed, former, EXACT, strength=rng.choice(["keep", "improve"]))
    rungs = dict.fromkeys(changed.units, changed.doctrine.ladder[-1]) | dict(found.outcome.rungs)
    cover = found.free.aims[0].value
    assert found.outcome.aims[0].value == cover_of(changed, found.outcome.beats) == cover
    fewest = min(
        find_changes(changed, former, beats).count
        for beats in plans(changed, rungs)
        if cover_of(changed, beats) == cover
    )
    assert found.changes.count == fewest
    assert found.changes_bound == fewest
    assert found.changes_gap == 0


@pytest.mark.parametrize("seed", range(40))
def test_nothing_changed_changes_nothing(seed):
    """The same numbers give the same plan: no moves, the same aims, the same beats."""
    problem = toys.random_town(seed)
    before = optimize(problem, EXACT)
    found = replan(problem, former_of(problem, before), EXACT)
    assert found.changes.count == found.changes_bound == 0
    assert set(found.outcome.beats) == set(before.beats)
    assert [aim.value for aim in found.outcome.aims] == [aim.value for aim in before.aims]


def test_post_that_loses_a_team_is_helped_by_the_other():
    """Two posts, a team each too many at the first: the second takes one beat over as it is."""
    position = np.array([0, 10, 500, 510])
    between = np.abs(position[:, None] - position[None, :])
    problem = toys.problem(
        [toys.LOW] * 4, [position + 50, position + 60], between, [4, 4], ladder=(2,),
        deploy_limit=900,
    )  # fmt: skip
    before = optimize(problem, EXACT)
    assert {beat.post for beat in before.beats} == {0}
    found = replan(problem.with_officers({"P0": 2}), former_of(problem, before), EXACT)
    assert found.changes.stations == ()
    assert sorted(found.changes.officers) == [0, 2]
    assert {beat.stations for beat in found.outcome.beats} == {(0, 1), (2, 3)}


def test_rungs_are_kept_or_improved_as_asked():
    """More officers come: kept, the rung stays; improved, it falls; fewer come: both stretch."""
    problem = toys.line_town(officers=4)
    before = optimize(problem, EXACT)
    assert before.rungs == {"A": 4}
    former, ample = former_of(problem, before), problem.with_officers({"P0": 20})
    kept = replan(ample, former, EXACT)
    assert (kept.outcome.rungs, kept.changes.count) == ({"A": 4}, 0)
    improved = replan(ample, former, EXACT, strength="improve")
    assert improved.outcome.rungs == {"A": 2}
    assert improved.changes.count > 0
    at_two = former_of(ample, optimize(ample, EXACT))
    for strength in ("keep", "improve"):
        assert replan(problem, at_two, EXACT, strength=strength).outcome.rungs == {"A": 4}


def test_only_units_that_must_stretch_do():
    """One island loses officers: its rung rises, the other island's stays where it was."""
    problem = toys.two_islands()
    rich = problem.with_officers({"P0": 6, "P1": 6})
    before = optimize(rich, EXACT)
    assert before.rungs == {"A": 1, "B": 1}
    found = replan(rich.with_officers({"P0": 2}), former_of(rich, before), EXACT)
    assert found.outcome.rungs == {"A": 3, "B": 1}
    assert find_changes(rich, former_of(rich, before), found.outcome.beats) == found.changes


def test_interrupted_search_still_has_a_plan():
    """Stopped before moves are counted, the free plan stands, and nothing is said to be proven."""
    problem = toys.random_town(5)
    before = optimize(problem, EXACT)
    search = Search(problem, EXACT)
    search.stop.set()
    former = former_of(problem, before)
    cover = before.aims[0].value
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[-1]) | dict(before.rungs)
    found = fewest_changes(search, former, cover, rungs, before.beats)
    assert (found.beats, found.bound) == (before.beats, None)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold(seed):
    """No aim of a re-plan is below the bound that is told for it."""
    rng = random.Random(1000 + seed)
    problem = toys.random_town(seed)
    changed = shaken(problem, rng)
    found = replan(changed, former_of(problem, optimize(problem, EXACT)), EXACT)
    for aim in found.outcome.aims:
        assert aim.bound is None or aim.bound <= aim.value
    assert found.outcome.aims[2].value == cost_tenths(changed, found.outcome.beats)


@pytest.mark.parametrize("seed", range(80))
def test_limit_of_changes_is_kept_before_all_else(seed):
    """With at most K changes, no plan within K covers more, nor as much with fewer changes."""
    rng = random.Random(seed)
    problem = toys.random_town(seed)
    former = former_of(problem, optimize(problem, EXACT))
    changed, most = shaken(problem, rng), rng.randint(0, 4)
    found = replan(changed, former, EXACT, most_changes=most)
    rungs = dict.fromkeys(changed.units, changed.doctrine.ladder[-1]) | dict(found.outcome.rungs)
    best = min(
        (cover_of(changed, beats), count)
        for beats in plans(changed, rungs)
        if (count := find_changes(changed, former, beats).count) <= most
    )
    assert (cover_of(changed, found.outcome.beats), found.changes.count) == best
    assert found.outcome.aims[0].value == best[0]
    # a larger limit never covers less, and the largest covers as much as a plan without one
    covers = [point.cover for point in found.trade_off]
    assert covers == sorted(covers, reverse=True)
    assert all(point.changes <= point.most for point in found.trade_off)
    assert covers[-1] == found.free.aims[0].value


@pytest.mark.parametrize("seed", range(80))
def test_locks_hold_before_all_else(seed):
    """A locked team keeps its post and stations; beside it no plan covers more with less."""
    rng = random.Random(seed)
    problem = toys.random_town(seed)
    former = former_of(problem, optimize(problem, EXACT))
    if not former.teams:
        pytest.skip("nothing is guarded in this town")
    changed = shaken(problem, rng)
    lock = Lock("held", frozenset({rng.randrange(len(former.teams))}))
    (k,) = lock.teams
    team = former.teams[k]
    rungs = dict.fromkeys(changed.units, changed.doctrine.ladder[-1])
    try:
        found = replan(changed, former, EXACT, locks=[lock])
    except UsageError:
        free = replan(changed, former, EXACT)
        rungs |= dict(free.outcome.rungs)
        alone = beats_before(changed, former, rungs)[k]
        have = changed.posts[team.post].station_officers
        assert alone is None or beat_officers(changed, alone) > have
        return
    rungs |= dict(found.outcome.rungs)
    kept = [beat for beat in found.outcome.beats if beat.stations == team.stations]
    assert [beat.post for beat in kept] == [team.post]
    best = min(
        (cover_of(changed, beats), find_changes(changed, former, beats).count)
        for beats in plans(changed, rungs)
        if any((beat.stations, beat.post) == (team.stations, team.post) for beat in beats)
    )
    assert (cover_of(changed, found.outcome.beats), found.changes.count) == best


def test_locks_that_cannot_all_hold_are_told_as_few_as_can_be():
    """A post keeps one team of three: two locks are one too many, and a lock of the post alone."""
    problem = toys.line_town(officers=6, ladder=(2,))
    former = former_of(problem, optimize(problem, EXACT))
    assert len(former.teams) == 3
    poor = problem.with_officers({"P0": 2})
    rungs = {"A": 2}
    locks = [Lock(f"T{k}", frozenset({k})) for k in range(3)]
    before = beats_before(poor, former, rungs)
    assert find_conflict(poor, before, locks[:1]) == ()
    assert len(find_conflict(poor, before, locks)) == 2
    whole = Lock("P0", frozenset(range(3)))
    assert find_conflict(poor, before, [*locks, whole]) == (whole,)
    gone = Lock("T9", frozenset())
    assert find_conflict(problem, before, [*locks, gone]) == (gone,)
    with pytest.raises(UsageError):
        replan(poor, former, EXACT, locks=locks)


@pytest.mark.parametrize("seed", range(40))
def test_counted_work_takes_no_notice_of_the_clock(seed, monkeypatch):
    """Where branches are counted, a clock that leaps at every look changes nothing."""
    settings = Settings(time_limit_s=1e8, gap=0.0, nodes=20)
    problem = toys.random_town(seed)
    former = former_of(problem, optimize(problem, settings))
    changed = shaken(problem, random.Random(seed))
    plain = replan(changed, former, settings, most_changes=seed % 4 or None)
    clock, leaps = time.monotonic, iter(range(0, 10**9, 5))
    monkeypatch.setattr(time, "monotonic", lambda: clock() + next(leaps))
    again = replan(changed, former, settings, most_changes=seed % 4 or None)
    assert again.outcome == plain.outcome
    assert (again.changes, again.changes_bound) == (plain.changes, plain.changes_bound)
    assert again.trade_off == plain.trade_off


@pytest.fixture(scope="module")
def five_raised():
    """A larger town whose five raised stations ask more than the teams nearby."""
    problem = larger_town(1, stations=150, officers=(180, 180))
    former = former_of(problem, optimize(problem, dataclasses.replace(EXACT, gap=0.2)))
    low = [k for k, one in enumerate(problem.stations) if one.risk_class is RiskClass.LOW]
    raised = random.Random(1).sample(low, 5)
    stations = tuple(
        dataclasses.replace(one, risk_class=RiskClass.ELEVATED) if k in raised else one
        for k, one in enumerate(problem.stations)
    )
    return former, problem.replace(stations=stations)


def test_slow_relaxation_changes_nothing_where_work_is_counted(five_raised, monkeypatch):
    """What the relaxation took decides nothing where branches are counted."""
    former, changed = five_raised
    settings = Settings(time_limit_s=600.0, gap=0.2, nodes=20)
    plain = replan(changed, former, settings)
    leaps = iter(range(0, 10**9, 130))
    slow = SimpleNamespace(monotonic=lambda: time.monotonic() + next(leaps))
    monkeypatch.setattr(importlib.import_module("metro_gis.optimize.moves"), "time", slow)
    again = replan(changed, former, settings)
    assert (again.outcome, again.changes) == (plain.outcome, plain.changes)


def test_what_is_skipped_for_want_of_time_is_told(five_raised, monkeypatch):
    """Where a wider search would take longer than is left, the plan says that time ended it."""
    former, changed = five_raised
    moves = importlib.import_module("metro_gis.optimize.moves")
    monkeypatch.setattr(moves, "WHOLE_TIMES", 1e9)
    found = replan(changed, former, Settings(time_limit_s=60.0, gap=0.2))
    assert found.outcome.stopped_by is StoppedBy.TIME_LIMIT


@pytest.mark.parametrize("stage", ["relax", "whole"])
def test_nothing_is_begun_after_a_stop(five_raised, monkeypatch, stage):
    """A stop while the whole program is stated or relaxed: no further one is stated or asked."""
    former, changed = five_raised
    stop, late = threading.Event(), []
    made, relaxed = MovesProgram.__post_init__, MovesSearch.relax

    def state(self):
        if stop.is_set():
            late.append("stated")
        if stage == "whole" and not self.going_on:
            stop.set()
        made(self)

    def relax(self):
        relaxed(self)
        stop.set()

    def ask(self, *args, **options):
        if stop.is_set():
            late.append("asked")
        return asked(self, *args, **options)

    asked = MovesSearch.carry_out
    monkeypatch.setattr(MovesProgram, "__post_init__", state)
    monkeypatch.setattr(MovesSearch, "relax", relax)
    monkeypatch.setattr(MovesSearch, "carry_out", ask)
    found = replan(changed, former, Settings(time_limit_s=60.0, gap=0.2), stop=stop)
    assert stop.is_set()
    assert not late
    assert found.outcome.stopped_by is StoppedBy.INTERRUPTED


def test_end_of_the_branches_is_told():
    """Where the free plan beside used up the branches, the new plan says so as well."""
    problem = larger_town(2, stations=80, beat_limit=30, mix=True, officers=(150, 150))
    before = optimize(problem, dataclasses.replace(EXACT, gap=0.1))
    settings = Settings(time_limit_s=600.0, gap=0.0, nodes=1)
    changed = problem.with_officers({"P0": 148})
    found = replan(changed, former_of(problem, before), settings)
    assert found.outcome.stopped_by is StoppedBy.NODES


@pytest.mark.parametrize("why", [StoppedBy.TIME_LIMIT, StoppedBy.INTERRUPTED, StoppedBy.NODES])
def test_free_plan_that_was_cut_short_is_told(why, monkeypatch):
    """Bounds are the free plan's: where that had no time, the re-plan does not say it had."""
    problem = toys.random_town(5)
    before = optimize(problem, EXACT)
    cut = dataclasses.replace(before, stopped_by=why)
    module = importlib.import_module("metro_gis.optimize.free_plan")
    monkeypatch.setattr(module, "bring_nearer", lambda *_: cut)
    found = replan(problem, former_of(problem, before), EXACT)
    assert found.outcome.stopped_by is why


def test_fresh_teams_get_no_time_of_their_own(monkeypatch):
    """Dividing stations among fresh teams ends with the search, however many pools have some."""
    moves = importlib.import_module("metro_gis.optimize.moves_search")
    problem = larger_town(1, stations=12)
    before = optimize(problem, EXACT)
    raised = tuple(
        dataclasses.replace(station, risk_class=RiskClass.ELEVATED)
        if station.risk_class is RiskClass.LOW and t % 3 == 0
        else station
        for t, station in enumerate(problem.stations)
    )
    changed = problem.replace(stations=raised)
    granted, solve = [], moves.solve_program

    def late(lp, limits, **words):
        if lp.name == "beats":
            granted.append(limits.time_limit_s)
        answer = solve(lp, limits, **words)
        search.started -= 1000.0  # from the first answer on, time is up
        return answer

    free = optimize(changed, EXACT)
    cover = tuple(free.aims[0].value)
    search = Search(changed, EXACT)
    monkeypatch.setattr(moves, "solve_program", late)
    rungs = dict.fromkeys(changed.units, changed.doctrine.ladder[-1]) | dict(free.rungs)
    fewest_changes(search, former_of(problem, before), cover, rungs, free.beats)
    assert granted
    assert max(granted) <= moves.LEAST_SECONDS


def raised_town(seed):
    """A town of sixty stations with its plan, and the town with two of its stations raised."""
    problem = larger_town(seed, stations=60, officers=(70, 70))
    former = former_of(problem, optimize(problem, dataclasses.replace(EXACT, gap=0.2)))
    low = [t for t, one in enumerate(problem.stations) if one.risk_class is RiskClass.LOW]
    chosen = set(random.Random(seed).sample(low, 2))
    raised = [
        dataclasses.replace(one, risk_class=RiskClass.ELEVATED) if t in chosen else one
        for t, one in enumerate(problem.stations)
    ]
    return former, problem.replace(stations=tuple(raised))


@pytest.mark.parametrize("seed", range(3))
def test_teams_far_from_changes_go_on_together(seed):
    """What is left alone keeps every rule, and all that must change or has room is asked."""
    former, changed = raised_town(seed)
    rungs = dict(former.rungs)
    before = beats_before(changed, former, rungs)
    far = far_from_changes(changed, rungs, before, 1)
    assert far
    assert all(before[k] == beat for k, beat in far.items())
    assert not {k for k, beat in enumerate(before) if beat is None} & far.keys()
    troubled = {
        changed.stations[t].kecamatan
        for team, beat in zip(former.teams, before, strict=True)
        for t in (team.stations if beat is None else ())
    }
    engaged = [0, 0]
    for beat in far.values():
        anchor = changed.stations[beat.anchor]
        is_full = len(beat.stations) == {RiskClass.LOW: 4, RiskClass.ELEVATED: 2}[anchor.risk_class]
        assert is_full or anchor.kecamatan not in troubled
        engaged[beat.post] += beat_officers(changed, beat)
    assert all(n <= post.station_officers for n, post in zip(engaged, changed.posts, strict=True))
    # a post with fewer officers than its teams have lets any of them give up
    poor = changed.with_officers({"P0": 10})
    alone = far_from_changes(poor, rungs, beats_before(poor, former, rungs), 0)
    assert {beat.post for beat in alone.values()} <= {1}
    # more are asked, fewer are left alone; in the end nobody is
    more = far_from_changes(changed, rungs, before, 4)
    assert more.keys() < far.keys()
    assert far_from_changes(changed, rungs, before, 1000) == {}


@pytest.mark.parametrize("seed", range(3))
def test_few_teams_are_asked_before_all(seed, monkeypatch):
    """Asked of teams nearby first or of all at once, the fewest changes are as many, and proven."""
    former, changed = raised_town(seed)
    settings = dataclasses.replace(EXACT, gap=0.2)
    module = importlib.import_module("metro_gis.optimize.moves")
    asked, find = [], module.far_from_changes
    monkeypatch.setattr(
        module, "far_from_changes", lambda *facts: asked.append(find(*facts)) or asked[-1]
    )
    found = replan(changed, former, settings)
    assert asked[0]
    monkeypatch.setattr(module, "far_from_changes", lambda *_: {})
    whole = replan(changed, former, settings)
    assert found.changes.count == found.changes_bound == whole.changes.count
    assert whole.changes_bound == whole.changes.count
    assert found.outcome.aims[0] == whole.outcome.aims[0]


def test_who_joins_a_team_from_afar_makes_another_leave(monkeypatch):
    """Beside a full team one more station opens; the team with room for it is too far away.

    So a fresh team of two has to come, and the bound says so before anybody proposes a plan.
    """
    program = importlib.import_module("metro_gis.optimize.fewest_moves")
    # large pools have no anchors in the program
    monkeypatch.setattr(program, "SMALL_POOL", 0)
    position = np.array([0, 10, 500, 510, 520, 530, 540])
    problem = toys.problem(
        [toys.LOW] * 7, [position + 50], np.abs(position[:, None] - position), [6], ladder=(4,),
        deploy_limit=900,
    )  # fmt: skip
    teams = FormerTeam("T0", 0, 2, (0, 1), 0), FormerTeam("T1", 0, 2, (3, 4, 5, 6), 4)
    former = Former("before", teams, {"A": 4})
    search = Search(problem, EXACT)
    whole = MovesSearch(search, MovesProgram(problem, former, {"A": 4}))
    whole.demand((0, 0, 0))
    whole.relax()
    assert whole.least == 2
    free = optimize(problem, EXACT)
    found = fewest_changes(search, former, (0, 0, 0), {"A": 4}, free.beats)
    assert (found.changes.count, found.bound) == (2, 2)


@pytest.mark.parametrize("seed", range(20))
def test_preferences_among_moves_never_count_as_one(seed):
    """All that is preferred among moves that count alike is less than a single change."""
    problem = toys.random_town(seed, most_stations=8, posts=3)
    outcome = optimize(problem, EXACT)
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[-1]) | dict(outcome.rungs)
    made = MovesProgram(problem, former_of(problem, outcome), rungs)
    weights = dict(nudge(made).items())
    dearest = {}
    for (t, label), one in made.stay.items():
        weight = weights.get(one, 0.0)
        assert weight >= 0
        if t in made.labels[label]:
            assert weight == 0
        dearest[t] = max(weight, dearest.get(t, 0.0))
    # a station stays with one team only
    assert sum(dearest.values()) < NUDGE < 1
