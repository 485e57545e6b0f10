"""The optimization as a whole: cover, then strength, then nearness, then the reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from metro_gis.optimize.cover import Cover, best_cover
from metro_gis.optimize.ladder import Ladder, choose_rungs
from metro_gis.optimize.nearness import improve_nearness
from metro_gis.optimize.pools import last_rungs, low_rungs, strength_of
from metro_gis.optimize.reasons import explain_uncovered
from metro_gis.optimize.search import Search, Settings, tiers_missed
from metro_gis.optimize.team_sizes import raised_tenths, step_tenths
from metro_gis.plan import OPTIMAL_GAP, Aim, Outcome, StoppedBy, cost_tenths, cover_tuple
from metro_gis.solver import engine_name

if TYPE_CHECKING:
    import threading

    from metro_gis.optimize.certificate import Certificate
    from metro_gis.optimize.memory import Memory
    from metro_gis.optimize.nearness import Nearness
    from metro_gis.optimize.search import Listener
    from metro_gis.problem import Problem


@dataclass(frozen=True, slots=True)
class Settled:
    """Cover and strength, which are decided before officers are brought nearer.

    Parameters
    ----------
    cover
        The best cover.
    ladder
        Rungs that allow it.
    """

    cover: Cover
    ladder: Ladder

    @classmethod
    def by(cls, problem: Problem, outcome: Outcome) -> Self:
        """Read off a plan what it settled.

        Parameters
        ----------
        problem
            What it guards.
        outcome
            The plan.

        Returns
        -------
        Settled
            Its cover and its rungs, with what is proven of them.
        """
        rungs = last_rungs(problem) | dict(outcome.rungs)
        value, known = cover_tuple(problem, outcome.uncovered), outcome.aims[0].bound
        least, beats = outcome.aims[1].bound, outcome.beats
        return cls(
            Cover(value, known if isinstance(known, tuple) else value, beats),
            Ladder(rungs, least if isinstance(least, int) else 0, beats),
        )

    def worth(self, problem: Problem) -> tuple[tuple[int, ...], int]:
        """Give the values of the first two aims.

        Parameters
        ----------
        problem
            What is guarded.

        Returns
        -------
        cover : tuple of int
            Cover tuple.
        strength : int
            Sum of *low* stations times rung.
        """
        return self.cover.value, strength_of(problem, self.ladder.rungs)


def optimize(
    problem: Problem,
    settings: Settings | None = None,
    *,
    start: Outcome | None = None,
    memory: Memory | None = None,
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
    start
        A plan for these stations that the officers of these posts can carry out; the plan found is
        no worse in the order of the aims.
    memory
        What was learnt of these stations with other headcounts, and is added to.
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
    if memory is not None:
        search.recall(memory)
    if stop is not None:
        search.stop = stop
    if listener is not None:
        search.listener = listener
    return bring_nearer(search, settle(search, start), start)


def settle(search: Search, start: Outcome | None = None) -> Settled:
    """Decide cover and rungs.

    Parameters
    ----------
    search
        The search.
    start
        As `optimize` takes it.

    Returns
    -------
    Settled
        What no later aim changes.

    Raises
    ------
    SolverError
        If the engine fails.
    """
    problem, cover = search.problem, best_cover(search)
    if start is not None and tiers_missed(problem, start.beats) < cover.value:
        cover = replace(cover, value=tiers_missed(problem, start.beats), beats=start.beats)
    ladder = choose_rungs(search, cover)
    return Settled(
        cover, ladder if start is None else _rungs_no_worse(problem, cover, ladder, start)
    )


def bring_nearer(search: Search, settled: Settled, start: Outcome | None = None) -> Outcome:
    """Make the plan with few officer-minutes for cover and rungs.

    Parameters
    ----------
    search
        The search, as it settled cover and rungs.
    settled
        Cover and rungs.
    start
        As `optimize` takes it.

    Returns
    -------
    Outcome
        A plan with value and bound of every aim.

    Raises
    ------
    SolverError
        If the engine fails.
    """
    problem, cover = search.problem, settled.cover
    ladder, nearness = improve_nearness(search, cover, settled.ladder)
    if start is not None:
        ladder, nearness = _no_farther(problem, cover, ladder, nearness, start)
    beats = tuple(
        sorted(
            nearness.beats,
            key=lambda beat: (problem.unit_index[beat.anchor], beat.post, beat.anchor),
        )
    )
    value = cost_tenths(problem, beats)
    certified = nearness.certificate
    proven = raised_tenths(nearness.bound_tenths, step_tenths(problem))
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


def _rungs_no_worse(problem: Problem, cover: Cover, ladder: Ladder, start: Outcome) -> Ladder:
    """Take over the rungs of a plan to start from where they are better, and its beats."""
    if tiers_missed(problem, start.beats) != cover.value:
        return ladder
    rungs = last_rungs(problem) | dict(start.rungs)
    value = strength_of(problem, rungs)
    if value < strength_of(problem, ladder.rungs):
        return Ladder(rungs, min(ladder.bound, value), start.beats, complete=False)
    nearer = cost_tenths(problem, start.beats) < cost_tenths(problem, ladder.beats)
    if rungs == dict(ladder.rungs) and nearer:
        return replace(ladder, beats=start.beats)
    return ladder


def _no_farther(
    problem: Problem, cover: Cover, ladder: Ladder, nearness: Nearness, start: Outcome
) -> tuple[Ladder, Nearness]:
    """Take over a plan to start from where other rungs of the same strength left it behind."""
    rungs = last_rungs(problem) | dict(start.rungs)
    if (
        tiers_missed(problem, start.beats) != cover.value
        or strength_of(problem, rungs) != strength_of(problem, ladder.rungs)
        or cost_tenths(problem, start.beats) >= cost_tenths(problem, nearness.beats)
    ):
        return ladder, nearness
    # what is certified holds for the rungs that were searched
    certificate = nearness.certificate if rungs == dict(ladder.rungs) else None
    return replace(ladder, rungs=rungs), replace(
        nearness, beats=start.beats, certificate=certificate
    )


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
