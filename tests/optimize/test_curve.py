"""The officers curve: shares that never fall, and plans that never get worse."""

import threading
from dataclasses import replace
from itertools import pairwise

import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st
from optimize_towns import larger_town

from metro_gis.errors import Fault, SolverError
from metro_gis.optimize import Settings, curve, nearness, optimize
from metro_gis.optimize.curve import Drafts, draft_curve, trace_curve
from metro_gis.optimize.greedy import Builder
from metro_gis.optimize.memory import Memory
from metro_gis.optimize.reinforcement import with_station_officers
from metro_gis.optimize.sharing import share_out, with_total
from metro_gis.plan import OPTIMAL_GAP, StoppedBy

EXACT = Settings(time_limit_s=30.0, gap=0.0, threads=1)
HASTY = Settings(time_limit_s=0.02, gap=0.0, threads=1)
weights = st.lists(st.integers(0, 200), min_size=1, max_size=8).filter(any)


class Beside:
    """What a process of its own would be, in this one."""

    def __init__(self, problem):
        self.problem, self.memory = problem, Memory(Builder(problem, EXACT.seed))
        self.granted = []

    def find(self, total, settings, start=None, *, stop=None, listener=None):
        """Search as `SideSearch` does."""
        if stop is not None and stop.is_set():
            return None
        self.granted.append((total, settings.time_limit_s))
        heard = {"stop": stop, "listener": listener}
        now = with_total(self.problem, total)
        return optimize(now, settings, start=start, memory=self.memory, **heard)


def drafted(problem, totals, settings, hands=2, **limits):
    """Make drafts; every one that is handed out is near enough, and is kept."""
    drafts = Drafts([Beside(problem) for _ in range(hands)])
    for point in draft_curve(problem, totals, drafts, settings, **limits):
        assert drafts.outcomes[point.officers] is point.outcome
        assert point.outcome.gap <= settings.gap
    return drafts


def values(outcome):
    return tuple(aim.value for aim in outcome.aims)


@given(weights, st.integers(0, 500))
def test_shares_add_up_and_never_fall(given_weights, total):
    """All officers are shared, and one more takes nobody from any post."""
    shares = share_out(total, given_weights)
    assert sum(shares) == total
    more = share_out(total + 1, given_weights)
    assert max(b - a for a, b in zip(shares, more, strict=True)) == 1
    assert all(b >= a for a, b in zip(shares, more, strict=True))


@given(weights)
def test_officers_that_there_are_stay_where_they_are(given_weights):
    """Sharing out as many as there are changes nothing."""
    assert share_out(sum(given_weights), given_weights) == given_weights


def test_nobody_can_be_shared_over_nobody():
    """Officers need a post that counts for something."""
    assert share_out(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="none"):
        share_out(1, [0, 0])


def no_worse(points):
    """Check that aims never rise from point to point, taken in their order."""
    return all(values(more.outcome) <= values(fewer.outcome) for fewer, more in pairwise(points))


def totals_of(problem):
    """Count officers from one to two more than there are; none where there are none."""
    most = sum(post.station_officers for post in problem.posts)
    return list(range(1, most + 3)) if most else []


@pytest.mark.parametrize("seed", range(60))
def test_every_point_is_the_plan_of_a_run_of_its_own(seed):
    """More officers are never worse, and points have the aims of single runs, drafted or not."""
    problem = toys.random_town(seed)
    totals = totals_of(problem)
    # by none, by one, from both ends
    drafts = drafted(problem, totals, EXACT, hands=seed % 3, seconds=lambda: 30.0)
    points = list(trace_curve(problem, totals, EXACT, drafts=drafts))
    assert [point.officers for point in points] == totals
    for point in points:
        alone = optimize(point.problem, EXACT)
        assert values(point.outcome) == values(alone)
        assert point.outcome.rungs.keys() == alone.rungs.keys()
    assert no_worse(points)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_remembered_of_pools_proves_nothing_false(seed, monkeypatch):
    """Drafts and points that share bounds and beats of pools stay on either side of the truth."""
    problem = larger_town(seed)
    totals = totals_of(problem)[-9::2]
    truth = [optimize(with_total(problem, total), EXACT) for total in totals]
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    drafts = drafted(problem, totals, EXACT, seconds=lambda: 60.0)
    points = list(trace_curve(problem, totals, EXACT, drafts=drafts))
    assert no_worse(points)
    for point, best in zip(points, truth, strict=True):
        assert values(point.outcome)[:2] == values(best)[:2]
        _, _, near = point.outcome.aims
        assert values(point.outcome) >= values(best)
        if near.bound is not None:
            assert near.bound <= values(best)[2]
        certified = point.outcome.certified_tenths
        assert certified is None or certified <= values(best)[2]


def test_a_draft_that_is_near_enough_is_not_searched_for_again():
    """Only what its draft left open is asked for a time limit."""
    problem = toys.line_town()
    totals = [2, 4, 6]
    drafts = drafted(problem, totals, EXACT, seconds=lambda: 30.0)
    asked = []

    def grant(left):
        asked.append(list(left))
        return 30.0

    points = list(trace_curve(problem, totals, EXACT, drafts=drafts, seconds=grant))
    near = [k for k, draft in drafts.outcomes.items() if draft.gap == 0.0]
    assert near
    assert [left[0] for left in asked] == [total for total in totals if total not in near]
    kept = {point.officers: point.outcome for point in points}
    assert all(values(kept[k]) == values(drafts.outcomes[k]) for k in near)


def test_drafts_of_a_stopped_search_are_none():
    """A stop before the first draft leaves nothing, and no point follows."""
    problem, stop = toys.line_town(), threading.Event()
    stop.set()
    drafts = drafted(problem, [2, 4], EXACT, seconds=lambda: 30.0, stop=stop)
    assert not drafts.outcomes
    assert not list(trace_curve(problem, [2, 4], EXACT, drafts=drafts, stop=stop))


@pytest.mark.parametrize("seed", range(20))
def test_a_start_is_never_lost(seed):
    """A search without any time keeps a plan that it starts from, with true bounds."""
    problem = toys.random_town(seed)
    best = optimize(problem, EXACT)
    more = with_station_officers(problem, [post.station_officers + 1 for post in problem.posts])
    hasty = optimize(more, HASTY, start=best)
    assert values(hasty) <= values(best)
    truth = optimize(more, EXACT)
    for aim, true in zip(hasty.aims, truth.aims, strict=True):
        assert aim.bound is None or aim.bound <= aim.value
        if aim.name != "nearness" or values(hasty)[:2] == values(truth)[:2]:
            assert aim.bound is None or aim.bound <= true.value
    if hasty.gap_certified is not None and hasty.gap_certified <= OPTIMAL_GAP:
        assert values(hasty) == values(truth)


def test_totals_must_rise():
    """A curve goes from few officers to many."""
    with pytest.raises(ValueError, match="rise"):
        list(trace_curve(toys.line_town(), [4, 4], EXACT))


@pytest.mark.parametrize(("limit", "seconds"), [(4.0, 60.0), (100.0, 20.0)])
def test_drafts_keep_both_limits(limit, seconds):
    """No draft gets more time than a point, nor than all drafts together have."""
    settings = Settings(time_limit_s=limit, gap=0.0, threads=1)
    drafts = drafted(toys.line_town(), [2, 4, 6], settings, seconds=lambda: seconds)
    granted = [given for side in drafts.sides for _, given in side.granted]
    assert len(granted) == 3
    assert max(granted) <= min(limit, seconds)


def test_drafts_are_made_from_both_ends():
    """One goes from many to few, the other from few to many; each total is made once."""
    totals = list(range(2, 40))
    drafts = drafted(toys.line_town(), totals, EXACT, seconds=lambda: 60.0)
    falling, rising = ([total for total, _ in side.granted] for side in drafts.sides)
    assert rising + falling[::-1] == totals
    assert rising[0] == 2
    assert falling[0] == 39
    assert {total for total, maker in drafts.makers.items() if maker is drafts.sides[1]} == set(
        rising
    )


def test_what_goes_wrong_with_a_draft_is_told():
    """An error of one who makes drafts ends the curve; nobody waits for him."""

    class Clumsy(Beside):
        def find(self, *_, **__):
            raise SolverError(Fault("engine-failed", params={"why": "clumsy"}))

    problem = toys.line_town()
    drafts = Drafts([Clumsy(problem), Beside(problem)])
    with pytest.raises(SolverError):
        list(draft_curve(problem, [2, 4, 6], drafts, EXACT, seconds=lambda: 30.0))


def test_what_is_left_open_is_gone_on_with():
    """A draft that was cut short is made again, from what it was, until nothing comes of it."""
    problem, totals = toys.line_town(), [2, 4, 6]

    class Hasty(Beside):
        """Has no proof at first, then goes on."""

        def find(self, total, settings, start=None, **heard):
            found = super().find(total, settings, start, **heard)
            self.starts.append((total, start))
            if start is None:
                cover, strength, near = found.aims
                found = replace(found, aims=(cover, strength, replace(near, bound=0)))
            return found

    side = Hasty(problem)
    side.starts = []
    drafts = Drafts([side])
    points = list(draft_curve(problem, totals, drafts, EXACT, seconds=lambda: 30.0))
    assert [point.officers for point in points] == [2, 4, 6]
    assert [total for total, _ in side.starts] == [6, 4, 2, 2, 4, 6]
    assert all(start is not None for _, start in side.starts[3:])
    assert all(draft.gap == 0.0 for draft in drafts.outcomes.values())


def test_many_points_are_drafted_as_well():
    """A short share of the time is rounded up rather than dropped."""
    totals = list(range(2, 40))
    drafts = drafted(toys.line_town(), totals, EXACT, seconds=lambda: 5.0)
    assert totals[-1] in drafts.outcomes


def test_counted_branches_leave_nothing_to_the_clock():
    """Where branches are counted there are no drafts, so that a curve can be traced again."""
    settings = Settings(time_limit_s=30.0, nodes=5, threads=1)
    assert not drafted(toys.line_town(), [2, 4], settings, seconds=lambda: 30.0).outcomes


def test_what_a_draft_proved_is_kept():
    """A search that had less time than its draft does not forget what was proven."""
    best = optimize(toys.line_town(), EXACT)
    assert best.status == "optimal"
    cover, strength, near = best.aims
    hurried = replace(
        best,
        aims=(cover, replace(strength, bound=None), replace(near, bound=1)),
        certified_tenths=None,
        stopped_by=StoppedBy.TIME_LIMIT,
    )
    kept = curve._with_bounds(hurried, best, gap=0.001)
    assert (kept.aims, kept.certified_tenths, kept.stopped_by) == (
        best.aims, best.certified_tenths, None,
    )  # fmt: skip
    # of another strength, the bound of minutes says nothing
    stronger = replace(hurried, aims=(cover, replace(strength, value=strength.value - 1), near))
    kept = curve._with_bounds(stronger, replace(best, aims=(cover, strength, near)), gap=0.001)
    assert kept.certified_tenths is None
