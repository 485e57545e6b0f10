"""The free plan beside a re-plan: the same wherever it is made, and never lost."""

import dataclasses
import threading
import time

import numpy as np
import pytest
import toys
from optimize_towns import former_of, larger_town

from metro_gis.optimize import Settings, free_plan, optimize, replan, search
from metro_gis.optimize.free_plan import FreePlan
from metro_gis.optimize.solve import Settled
from metro_gis.plan import StoppedBy

EXACT = Settings(time_limit_s=60.0, gap=0.0)
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


def test_more_cover_found_beside_is_taken_over(beside, monkeypatch):
    """Where the process covers more than was settled here, the re-plan covers as much."""
    former, changed = poorer_town(1)
    settle = free_plan.settle

    def hasty(one):
        settled = settle(one)
        beats = settled.ladder.beats[1:]
        cover = dataclasses.replace(settled.cover, value=search.tiers_missed(changed, beats))
        return Settled(cover, dataclasses.replace(settled.ladder, beats=beats))

    monkeypatch.setattr(free_plan, "settle", hasty)
    found = replan(changed, former, EXACT)
    plain = optimize(changed, EXACT)
    assert found.free.aims == plain.aims
    assert found.outcome.aims[0] == plain.aims[0]
    assert found.changes.count == found.changes_bound


def test_stop_ends_what_is_made_beside(beside):
    """Who asks to stop is not kept waiting, and gets the plan that there is."""
    _, changed = poorer_town(1)
    stop = threading.Event()
    with FreePlan(changed, EXACT, stop, search.silent) as freely:
        stop.set()
        began = time.monotonic()
        outcome = freely.finish()
    assert time.monotonic() - began < EXACT.time_limit_s / 4
    assert beside == [None]
    assert outcome.stopped_by is StoppedBy.INTERRUPTED
    assert outcome.aims[0].value == optimize(changed, EXACT).aims[0].value


def test_clock_of_the_free_plan_stands_still_meanwhile(monkeypatch):
    """However long the re-plan takes, the free plan made after it has its own share of the time."""
    _, changed = poorer_town(1)
    plain = optimize(changed, ALONE)
    with FreePlan(changed, ALONE, threading.Event(), search.silent) as freely:
        clock = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: clock() + 1000.0)
        outcome = freely.finish()
    assert outcome == plain


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
