"""The optimization as a whole: cover, then strength, then nearness, then the reasons."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from metro_gis.optimize.cover import best_cover
from metro_gis.optimize.ladder import choose_rungs
from metro_gis.optimize.nearness import improve_nearness
from metro_gis.optimize.pools import low_rungs, strength_of
from metro_gis.optimize.reasons import explain_uncovered
from metro_gis.optimize.search import Search, Settings
from metro_gis.plan import OPTIMAL_GAP, Aim, Outcome, StoppedBy, cost_tenths
from metro_gis.solver import engine_name

if TYPE_CHECKING:
    import threading

    from metro_gis.optimize.certificate import Certificate
    from metro_gis.optimize.search import Listener
    from metro_gis.problem import Problem

DUST_TENTHS = 1e-3
DUST_SHARE = 1e-7
"""How far an engine's bound may lie above the truth."""


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
    certified = nearness.certificate
    proven = _whole_bound(nearness.bound_tenths)
    bound = min(value, proven if certified is None else max(proven, certified.bound_tenths))
    aims = (
        Aim("cover", cover.value, cover.bound),
        Aim("strength", strength_of(problem, ladder.rungs), ladder.bound),
        Aim("nearness", value, bound),
    )
    # before reasons are looked for, which takes time of its own
    stopped_by = _stopped_by(search, aims, certified)
    return Outcome(
        beats=beats,
        uncovered=explain_uncovered(problem, beats),
        aims=aims,
        rungs=low_rungs(problem, ladder.rungs),
        stopped_by=stopped_by,
        solver=engine_name(),
        bounds=(*nearness.parts, *(certified.parts if certified is not None else ())),
        certified_tenths=None if certified is None else min(value, certified.bound_tenths),
    )


def _whole_bound(bound: float) -> int:
    """Raise a bound to whole tenths, which officer-minutes are; less the dust of the engine."""
    return math.ceil(bound - max(DUST_TENTHS, DUST_SHARE * abs(bound)))


def _stopped_by(
    search: Search, aims: tuple[Aim, Aim, Aim], certified: Certificate | None
) -> StoppedBy | None:
    cover, strength, nearness = aims
    gap = nearness.gap if cover.proven and strength.proven else None
    if gap is not None and certified is not None:
        checked = replace(nearness, bound=certified.bound_tenths).gap
        if checked is not None and checked <= OPTIMAL_GAP:
            return None
    if search.is_over():
        return search.stopped_by
    if gap is not None and gap <= search.settings.gap:
        return StoppedBy.GAP
    return StoppedBy.NODES if search.cut_short else StoppedBy.EXHAUSTED
