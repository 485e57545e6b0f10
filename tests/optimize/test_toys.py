"""Toy cities whose optimum is found by hand."""

import pytest
import toys

from metro_gis.optimize import Settings, optimize
from metro_gis.plan import Reason, Status, StoppedBy, beat_officers

EXACT = Settings(time_limit_s=30.0, gap=0.0, threads=1)


def values(outcome):
    return tuple(aim.value for aim in outcome.aims)


def test_line_town_takes_three_pairs():
    """Six stations a minute apart at 2:2 need three pairs of neighbours, by hand 204 minutes."""
    outcome = optimize(toys.line_town(), EXACT)
    # a pair costs 2 x (30 + post to anchor + 1); the nearer of each pair anchors: 1, 3, 5 minutes
    by_hand = sum(2 * (300 + anchor + 10) for anchor in (10, 30, 50))
    assert values(outcome) == ((0, 0, 0), 12, by_hand)
    assert sorted(beat.stations for beat in outcome.beats) == [(0, 1), (2, 3), (4, 5)]
    assert outcome.rungs == {"A": 2}
    assert outcome.status is Status.OPTIMAL


def test_line_town_stretches_when_officers_are_short():
    """Four officers make two teams: the rung goes from two to four, and no farther."""
    outcome = optimize(toys.line_town(officers=4), EXACT)
    assert outcome.aims[0].value == (0, 0, 0)
    assert outcome.rungs == {"A": 4}
    assert outcome.aims[1].proven


def test_line_town_leaves_stations_uncovered_when_the_ladder_ends():
    """Two officers at the last rung of four leave two of six stations, told with a count."""
    outcome = optimize(toys.line_town(officers=2), EXACT)
    assert outcome.aims[0].value == (0, 0, 2)
    assert outcome.aims[0].proven
    for one in outcome.uncovered:
        assert one.reason is Reason.NO_OFFICERS
        assert one.detail["kind"] == "count"
        assert one.detail["officers_needed"] > one.detail["officers"] == 2
        assert one.detail["enough"] == {"post_id": "P0", "officers": 2}


def test_witness_is_minimal_by_inclusion():
    """Five stations at 2:4 need two teams; with a sixth the count would hold one too many."""
    outcome = optimize(toys.line_town(officers=2), EXACT)
    for one in outcome.uncovered:
        assert len(one.detail["stations"]) == 5


def test_two_islands_need_all_their_officers():
    """Each island has two teams for three stations at 2:3: one rung fits only when stretched."""
    outcome = optimize(toys.two_islands(), EXACT)
    assert outcome.rungs == {"A": 3, "B": 3}
    assert {beat.post for beat in outcome.beats} == {0, 1}


def test_units_stretch_one_by_one():
    """With officers short on one island only, the other keeps its first rung."""
    problem = toys.two_islands().with_officers({"P0": 6, "P1": 2})
    outcome = optimize(problem, EXACT)
    assert outcome.rungs == {"A": 1, "B": 3}


def test_tie_town_has_equal_optima():
    """Around a square every pairing costs the same; the value is proven all the same."""
    outcome = optimize(toys.tie_town(), EXACT)
    assert values(outcome) == ((0, 0, 0), 8, 2 * 2 * (300 + 10 + 10))
    assert outcome.status is Status.OPTIMAL


def test_strict_classes_are_covered_first():
    """One team for a *high* and a *low* station goes to the *high* one, however far."""
    problem = toys.problem(
        [toys.LOW, toys.HIGH], [[10, 250]], [[0, 300], [300, 0]], [2], beat_limit=80
    )
    outcome = optimize(problem, EXACT)
    assert [problem.stations[one.station].risk_class for one in outcome.uncovered] == [toys.LOW]
    assert outcome.aims[0].value == (0, 0, 1)


def test_unreachable_station_is_told_apart_from_a_far_one():
    """A station without a road and one beyond the limit carry different reasons."""
    problem = toys.problem(
        [toys.LOW] * 3,
        [[10, -1, 400]],
        [[0, 500, 500], [500, 0, 500], [500, 500, 0]],
        [6],
    )
    outcome = optimize(problem, EXACT)
    assert {one.station: one.reason for one in outcome.uncovered} == {
        1: Reason.NO_ROAD,
        2: Reason.TOO_FAR,
    }
    assert outcome.uncovered[1].detail == {"post_id": "P0", "minutes": 40.0}
    assert outcome.aims[0].proven


def test_another_kelurahan_costs_the_penalty():
    """A station of another kelurahan is served for two minutes more, not refused."""
    problem = toys.problem(
        [toys.LOW] * 2, [[10, 10]], [[0, 10], [10, 0]], [2], kelurahan=["a", "b"], ladder=(2,)
    )
    assert optimize(problem, EXACT).aims[2].value == 2 * (300 + 10 + 10 + 20)


def test_mixed_beat_has_the_largest_team():
    """Where classes mix, a beat with one elevated station gets its larger pattern."""
    problem = toys.problem(
        [toys.LOW, toys.ELEVATED],
        [[10, 10]],
        [[0, 10], [10, 0]],
        [3],
        team_officers={toys.ELEVATED: 3},
        ladder=(4,),
        mix=True,
    )
    outcome = optimize(problem, EXACT)
    assert [beat_officers(problem, beat) for beat in outcome.beats] == [3]
    assert outcome.aims[2].value == 3 * (300 + 10 + 10)


def test_equal_strength_leaves_the_choice_to_nearness():
    """Of two rung vectors with the same strength the one with fewer officer-minutes is taken."""
    # each unit has two low stations; one pair fits in a beat, which unit shares is a tie
    problem = toys.problem(
        [toys.LOW] * 4,
        [[10, 10, 100, 100]],
        [[0, 70, -1, -1], [70, 0, -1, -1], [-1, -1, 0, 1], [-1, -1, 1, 0]],
        [6],
        kecamatan=list("AABB"),
        ladder=(1, 2),
    )
    outcome = optimize(problem, EXACT)
    assert outcome.aims[1].value == 2 * 1 + 2 * 2
    assert outcome.rungs == {"A": 1, "B": 2}
    assert outcome.aims[2].value == 2 * (310 + 310) + 2 * (300 + 100 + 1)


def test_gap_that_ends_the_search_is_told():
    """A plan within the gap asked for is feasible, and says that the gap ended the search."""
    outcome = optimize(toys.random_town(3, most_stations=6), Settings(30.0, 0.9, threads=1))
    if outcome.gap > 1e-4:
        assert outcome.status is Status.FEASIBLE
        assert outcome.stopped_by is StoppedBy.GAP
    else:
        assert outcome.status is Status.OPTIMAL
        assert outcome.stopped_by is None


def test_time_limit_never_says_optimal_without_proof():
    """With no time at all a plan is still valid, and only what is proven is called so."""
    outcome = optimize(toys.line_town(), Settings(time_limit_s=1e-6, gap=0.0, threads=1))
    assert outcome.status is Status.FEASIBLE
    assert outcome.stopped_by is StoppedBy.TIME_LIMIT
    assert outcome.aims[2].bound <= 2040 <= outcome.aims[2].value


@pytest.mark.parametrize("officers", [0, 1])
def test_too_few_officers_for_any_team_cover_nothing(officers):
    """Below one team's size every station in reach is uncovered for want of officers."""
    outcome = optimize(toys.line_town(officers=officers), EXACT)
    assert outcome.beats == ()
    assert outcome.aims[0].value == (0, 0, 6)
    assert outcome.aims[0].proven


def test_unfinished_question_about_ties_is_no_proof(monkeypatch):
    """Where the search for equal rungs is cut short, the plan is not called optimal."""
    from metro_gis.optimize import counts
    from metro_gis.solver import Answer, Termination

    ask = counts.solve_program

    def cut_short(program, *words, **options):
        if any(row.name == "tie" for row in program.constraints()):
            return Answer(Termination.TIME_LIMIT, None, -1.0)
        return ask(program, *words, **options)

    monkeypatch.setattr(counts, "solve_program", cut_short)
    problem = toys.problem(
        [toys.LOW] * 4,
        [[10, 10, 100, 100]],
        [[0, 70, -1, -1], [70, 0, -1, -1], [-1, -1, 0, 1], [-1, -1, 1, 0]],
        [6],
        kecamatan=list("AABB"),
        ladder=(1, 2),
    )
    outcome = optimize(problem, EXACT)
    assert outcome.status is Status.FEASIBLE
    assert outcome.stopped_by is StoppedBy.EXHAUSTED
    assert outcome.aims[2].bound <= 2 * (310 + 310) + 2 * (300 + 100 + 1)
    assert outcome.aims[2].bound > 0


def test_short_towns_are_explained_within_moments():
    """Three hundred stations without officers get their witnesses in seconds, all by counting."""
    import time

    import numpy as np

    n = 300
    rng = np.random.default_rng(1)
    at = rng.uniform(0, 100, (n, 2))
    between = np.abs(at[:, None] - at[None, :]).sum(axis=2).astype(int)
    problem = toys.problem(
        [toys.LOW] * n, np.full((3, n), 50), between, [4, 4, 4], ladder=(4,),
        kecamatan=["ABC"[k % 3] for k in range(n)], beat_limit=30,
    )  # fmt: skip
    started = time.process_time()
    outcome = optimize(problem, Settings(time_limit_s=1.0, gap=0.0, threads=1))
    assert time.process_time() - started < 30
    assert len(outcome.uncovered) > 250
    kinds = {one.detail["kind"] for one in outcome.uncovered}
    assert kinds == {"count"}
    for one in outcome.uncovered:
        assert problem.stations[one.station].station_id in one.detail["stations"]
        assert one.detail["officers_needed"] > one.detail["officers"]
