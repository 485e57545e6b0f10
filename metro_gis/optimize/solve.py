"""The optimization as a whole: cover, then strength, then nearness, then the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.optimize.cover import best_cover
from metro_gis.optimize.ladder import choose_rungs
from metro_gis.optimize.nearness import cost_tenths, improve_nearness
from metro_gis.optimize.pools import low_rungs, strength_of
from metro_gis.optimize.reasons import explain_uncovered
from metro_gis.optimize.search import Search, Settings
from metro_gis.plan import OPTIMAL_GAP, Aim, Outcome, StoppedBy
from metro_gis.solver import engine_name

if TYPE_CHECKING:
    import threading

    from metro_gis.optimize.search import Listener
    from metro_gis.problem import Problem


def optimize(
    problem: Problem,
    settings: Settings | None = None,
    *,
    stop: threading.Event | None = None,
    listener: Listener | None = None,
) -> Outcome:
    """Decide which teams guard which stations.

    Parameters
    ----------
    problem
        What is to be guarded, by whom and under which rules.
    settings
        When to stop, and how to be repeatable.
    stop
        Set it from another thread or a signal handler to end early with the best plan so far.
    listener
        Hears how it goes on.

    Returns
    -------
    Outcome
        A plan with value and bound of every aim.

    Raises
    ------
    SolverError
        If the engine fails.
    """
    search = Search(problem, settings or Settings())
    if stop is not None:
        search.stop = stop
    if listener is not None:
        search.listener = listener
    cover = best_cover(search)
    ladder = choose_rungs(search, cover)
    ladder, nearness = improve_nearness(search, cover, ladder)
    beats = tuple(
        sorted(
            nearness.beats,
            key=lambda beat: (problem.unit_index[beat.anchor], beat.post, beat.anchor),
        )
    )
    value = cost_tenths(problem, beats)
    aims = (
        Aim("cover", cover.value, cover.bound),
        Aim("strength", strength_of(problem, ladder.rungs), ladder.bound),
        Aim("nearness", value, min(float(value), _whole_bound(nearness.bound_tenths))),
    )
    return Outcome(
        beats=beats,
        uncovered=explain_uncovered(problem, beats),
        aims=aims,
        rungs=low_rungs(problem, ladder.rungs),
        stopped_by=_stopped_by(search, aims),
        solver=engine_name(),
        bounds=nearness.parts,
    )


def _whole_bound(bound: float) -> float:
    """Leave the dust off a bound: costs are whole tenths, engines are accurate to a millionth."""
    nearest = round(bound)
    return float(nearest) if abs(bound - nearest) <= 1e-6 * max(1.0, abs(bound)) else bound


def _stopped_by(search: Search, aims: tuple[Aim, Aim, Aim]) -> StoppedBy | None:
    gap = aims[2].gap
    if search.stopped_by is StoppedBy.INTERRUPTED or search.is_over():
        done = aims[0].proven and aims[1].proven and gap is not None and gap <= OPTIMAL_GAP
        return None if done else search.stopped_by
    if gap is not None and gap <= OPTIMAL_GAP:
        return None
    return StoppedBy.GAP
