"""The free plan beside a re-plan: the same wherever it is made, and never lost."""

import dataclasses
import importlib
import threading
import time

import numpy as np
import pytest
import toys
from optimize_towns import former_of, larger_town

from metro_gis.changes import Lock, find_changes
from metro_gis.optimize import Settings, free_plan, optimize, replan, search
from metro_gis.optimize.free_plan import begin_free_plan
from metro_gis.optimize.moves import Moves
from metro_gis.optimize.solve import Settled
from metro_gis.plan import StoppedBy

EXACT = Settings(time_limit_s=60.0, gap=0.0)
module = importlib.import_module("metro_gis.optimize.replan")
ALONE = dataclasses.replace(EXACT, threads=1)


@pytest.fixture
def beside(monkeypatch):
    """Toys too are handed to a process of their own; its answers are listed."""
    answers, find = [], free_plan.SideSearch.find

    def heard(side, *words, **how):
        answers.append(find(side, *words, **how))
        return answers[-1]

    monkeypatch.setattr(free_plan, "WHOLE_BINARIES", 0)
    monkeypatch.setattr(free_plan.SideSearch, "find", heard)
    return answers


def poorer_town(seed, lost=4):
    """A plan of a town, and the town when its first post has fewer officers."""
    problem = larger_town(seed, stations=40, officers=(44, 44))
    former = former_of(problem, optimize(problem, EXACT))
    return former, problem.with_officers({"P0": 44 - lost})


@pytest.mark.parametrize("seed", range(3))
def test_plan_is_the_same_made_beside_or_here(beside, seed):
    """A re-plan comes out alike whether a process of its own makes the free plan or nobody else."""
    former, changed = poorer_town(seed)
    one, other = replan(changed, former, EXACT), replan(changed, former, ALONE)
    assert beside == [one.free]
    assert one.free == other.free
    assert (one.outcome, one.changes) == (other.outcome, other.changes)
    assert one.changes_bound == other.changes_bound


def test_plan_is_made_here_where_nobody_does_it_beside(beside, monkeypatch):
    """Where the process is gone or had too little time, the plan is made here."""
    former, changed = poorer_town(1)
    alone = replan(changed, former, ALONE)
    nobody = optimize(changed.with_officers({"P0": 0, "P1": 0}), EXACT)
    for answer in (None, nobody):
        monkeypatch.setattr(free_plan.SideSearch, "find", lambda *_, of=answer, **__: of)
        found = replan(changed, former, EXACT)
        assert (found.free, found.outcome) == (alone.free, alone.outcome)


def hasty(settle):
    """Settle a plan that leaves a beat out."""

    def settle_hastily(one):
        settled = settle(one)
        beats = settled.ladder.beats[1:]
        cover = dataclasses.replace(
            settled.cover, value=search.tiers_missed(one.problem, beats), beats=beats
        )
        return Settled(cover, dataclasses.replace(settled.ladder, beats=beats))

    return settle_hastily


def test_more_cover_found_beside_is_taken_over(beside, monkeypatch):
    """Where the process covers more than was settled here, the re-plan covers as much."""
    former, changed = poorer_town(1)
    monkeypatch.setattr(free_plan, "settle", hasty(free_plan.settle))
    found = replan(changed, former, EXACT)
    plain = optimize(changed, EXACT)
    assert found.free.aims == plain.aims
    assert found.outcome.aims[0] == plain.aims[0]
    assert found.changes.count == found.changes_bound


@pytest.mark.parametrize("limits", ["locks", "most_changes"])
def test_what_was_found_within_limits_is_not_lost(beside, monkeypatch, limits):
    """More cover found beside when time is up: what was found within limits stays."""
    former, changed = poorer_town(1)
    limit = {"locks": [Lock("T0", frozenset({0}))], "most_changes": 6}[limits]
    least, said = module.fewest_changes, []

    def once(one, *words, **how):
        said.append(least(one, *words, **how))
        one.stopped_by = StoppedBy.TIME_LIMIT
        return said[-1]

    monkeypatch.setattr(module, "fewest_changes", once)
    monkeypatch.setattr(free_plan, "settle", hasty(free_plan.settle))
    found = replan(changed, former, EXACT, **{limits: limit})
    assert found.free.aims == optimize(changed, EXACT).aims
    assert set(found.outcome.beats) == set(said[0].beats)
    assert found.outcome.stopped_by is StoppedBy.TIME_LIMIT


@pytest.mark.parametrize("strength", ["keep", "improve"])
@pytest.mark.parametrize("seed", range(8))
def test_no_re_plan_changes_more_than_the_free_plan(monkeypatch, seed, strength):
    """Where there was no time to look for few changes, the free plan is the re-plan's worst."""
    problem = toys.random_town(seed, most_stations=8)
    former = former_of(problem, optimize(problem, EXACT))
    changed = problem.with_officers({"P0": max(0, problem.posts[0].officers - 2)})

    def nothing(one, former, cover, rungs, beats, **_):
        return Moves(beats, find_changes(one.problem, former, beats), None)

    monkeypatch.setattr(module, "fewest_changes", nothing)
    found = replan(changed, former, EXACT, strength=strength)
    aims = [aim.value for aim in found.outcome.aims]
    free = [aim.value for aim in found.free.aims]
    if aims[:2] == free[:2]:
        assert (found.changes.count, aims[2]) <= (found.free_changes.count, free[2])
    assert aims[0] == free[0]


def test_stop_ends_what_is_made_beside(beside):
    """Who asks to stop is not kept waiting, and gets the plan that there is."""
    _, changed = poorer_town(1)
    stop = threading.Event()
    with begin_free_plan(changed, EXACT, stop, search.silent) as freely:
        stop.set()
        began = time.monotonic()
        outcome = freely.finish(0.0)
    assert time.monotonic() - began < EXACT.time_limit_s / 4
    assert beside == [None]
    assert outcome.stopped_by is StoppedBy.INTERRUPTED
    assert outcome.aims[0].value == optimize(changed, EXACT).aims[0].value


@pytest.mark.parametrize("rested_s", [30.0, 1000.0])
def test_clock_of_the_free_plan_stands_still_meanwhile(rested_s):
    """However long the re-plan takes, the plan made after it has its share, if within the limit."""
    _, changed = poorer_town(1)
    plain = optimize(changed, ALONE)
    with begin_free_plan(changed, ALONE, threading.Event(), search.silent) as freely:
        began = freely.search.started
        assert freely.finish(rested_s) == plain
    rested = freely.search.started - began
    assert rested == min(rested_s, freely.ends - began - freely.search.settings.time_limit_s)


def test_process_that_takes_too_long_is_not_waited_for(beside, monkeypatch):
    """At the end of the time limit the process ends, and the plan is the one that was settled."""
    _, changed = poorer_town(1)
    with begin_free_plan(changed, EXACT, threading.Event(), search.silent) as freely:
        late = dataclasses.replace(freely, ends=time.monotonic() - 1000.0)
        outcome = late.finish(1000.0)
    assert beside == [None]
    assert outcome.stopped_by is StoppedBy.TIME_LIMIT
    assert outcome.aims[0].value == optimize(changed, EXACT).aims[0].value


def test_waiting_for_the_free_plan_is_not_what_ended_the_search(monkeypatch):
    """Where all searches ended by themselves, the re-plan does not say that time ended it."""
    former, changed = poorer_town(1)
    finish, clock, waited = free_plan.FreePlan.finish, time.monotonic, []

    def slowly(freely, rested_s):
        outcome = finish(freely, rested_s)
        waited.append(1000.0)
        return outcome

    monkeypatch.setattr(free_plan.FreePlan, "finish", slowly)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(waited))
    found = replan(changed, former, ALONE)
    assert waited
    assert found.outcome.stopped_by is StoppedBy.EXHAUSTED


def test_process_minds_no_warnings(beside, monkeypatch):
    """A Python that takes warnings for errors makes free plans beside like any other."""
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    _, changed = poorer_town(1)
    with begin_free_plan(changed, EXACT, threading.Event(), search.silent) as freely:
        assert beside == []
        assert freely.finish(0.0) in beside


def test_rungs_that_tie_are_those_of_the_free_plan():
    """Where either of two units may be stretched, it is the one whose stations lie close by."""
    for far in "AB":
        step = {unit: 40 if unit == far else 10 for unit in "AB"}
        position = np.array([k * step[unit] for unit in "AB" for k in range(3)])
        between = np.abs(position[:, None] - position[None, :])
        between[:3, 3:] = between[3:, :3] = toys.NO_PATH
        problem = toys.problem(
            [toys.LOW] * 6, [np.full(6, 50)], between, [6], kecamatan=list("AAABBB"), ladder=(2, 3)
        )
        former = former_of(problem, optimize(problem, EXACT))
        found = replan(problem, former, EXACT, strength="improve")
        assert found.outcome.rungs == found.free.rungs == {"A": 3, "B": 3} | {far: 2}
        assert found.changes.count == 0
