"""The second aim: the rung of *low* in every border unit, stretched as little as possible.

A small program over counts (`metro_gis.optimize.counts`) proposes rungs; its value bounds the aim
from below. Whether a proposal can be carried out is found out by building it
(`metro_gis.optimize.proposals`). If not, something is learnt for the next one, and be it that some
unit must go beyond its rung.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.optimize.counts import CountProgram
from metro_gis.optimize.cover import GUESS_GAP, MOST_PAIRS, n_pairs
from metro_gis.optimize.cuts import find_cuts
from metro_gis.optimize.pools import last_rungs, pools_of, strength_of
from metro_gis.optimize.proposals import Known, carry_out
from metro_gis.optimize.search import reachable, tiers_missed_outside
from metro_gis.solver import Termination

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.optimize.counts import Proposal
    from metro_gis.optimize.cover import Cover
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat

__all__ = ["Ladder", "choose_rungs"]

PROPOSAL_SECONDS = 20.0
PROPOSAL_NODES = 20_000
"""What a question to the counts may take; nodes, unlike seconds, can be repeated."""
MOST_TIES = 8
"""How many rungs with the same sum are followed up."""
MOST_PROPOSALS = 200
"""How many proposals are made where work is counted, or the compact program cannot be asked."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs chosen and what is proven of them.

    Parameters
    ----------
    rungs
        Rung of *low* by border unit; for all units.
    bound
        No plan with the best cover has a smaller sum of *low* stations times rung.
    beats
        A plan at these rungs with the best cover.
    tied
        Other rungs with the same sum, each with a plan; the third aim decides among them.
    complete
        Whether ``tied`` holds all of them.
    """

    rungs: Mapping[str, int]
    bound: int
    beats: tuple[Beat, ...]
    tied: tuple[tuple[Mapping[str, int], tuple[Beat, ...]], ...] = ()
    complete: bool = True


@dataclass
class _Known(Known):
    """What is known of rungs."""

    impossible: list[dict[str, int]] = field(default_factory=list)  # proven
    given_up: list[dict[str, int]] = field(default_factory=list)  # not proven
    seen: list[dict[str, int]] = field(default_factory=list)
    value: int | None = None  # the sum that ties must have
    floor: Mapping[str, int] = field(default_factory=dict)  # rungs that units do not go below

    def first_rung(self, unit: str) -> int:
        """Give the lowest rung that a unit may have."""
        return self.floor.get(unit, self.search.problem.doctrine.ladder[0])

    @property
    def is_proven(self) -> bool:
        """Whether whatever was left out is impossible."""
        return not self.given_up and not self.assumed


@dataclass(frozen=True, slots=True)
class _Asked:
    """How the question for a proposal ended."""

    termination: Termination
    bound: int
    proposal: Proposal | None = None


def choose_rungs(search: Search, cover: Cover, floor: Mapping[str, int] | None = None) -> Ladder:
    """Choose the rungs with the least sum of *low* stations times rung.

    Parameters
    ----------
    search
        The search.
    cover
        The best cover, which the rungs must allow.
    floor
        Rung by border unit that it shall not go below; none by default.

    Returns
    -------
    Ladder
        Rungs, a bound, and a plan.
    """
    problem = search.problem
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    small = n_pairs(problem) <= MOST_PAIRS
    known = _Known(search, cover, pools_of(problem, stations), small, floor=floor or {})
    bound = strength_of(problem, {unit: known.first_rung(unit) for unit in problem.units})
    endless = small and not search.is_counted
    proposals = 0
    while (endless or proposals < MOST_PROPOSALS) and not (proposals and search.is_over()):
        proposals += 1
        asked = _propose(known)
        if known.is_proven:
            # every cheaper vector was refused with a proof
            bound = max(bound, asked.bound)
        if asked.proposal is None:
            break
        rungs = asked.proposal.rungs
        value = strength_of(problem, rungs)
        search.listener("strength", None, bound)
        if rungs == last_rungs(problem):
            break
        beats = _carry_out(known, asked.proposal)
        if beats is not None:
            search.listener("strength", value, bound)
            found = Ladder(rungs, min(bound, value), beats)
            # what is not proven cannot be tied either
            return _with_ties(known, found) if bound == value else replace(found, complete=False)
        if search.is_over():
            break
    # the last rungs carry the cover, by the plan that came with it
    last = last_rungs(problem)
    value = strength_of(problem, last)
    return Ladder(last, min(bound, value), cover.beats, complete=bound >= value)


def _with_ties(known: _Known, found: Ladder) -> Ladder:
    """Collect the other rungs with the same sum that the counts allow."""
    problem = known.search.problem
    if all(found.rungs[unit] == known.first_rung(unit) for unit in problem.low_stations()):
        # any other rung of any unit is higher
        return found
    known.value = strength_of(problem, found.rungs)
    known.seen.append(dict(found.rungs))
    tied: list[tuple[Mapping[str, int], tuple[Beat, ...]]] = []
    while len(tied) < MOST_TIES and known.is_proven and not known.search.is_over():
        asked = _propose(known)
        if asked.proposal is None:
            complete = asked.termination is Termination.INFEASIBLE
            return replace(found, tied=tuple(tied), complete=complete)
        if not known.small:
            # in a city there may be thousands: that there is one says enough
            break
        beats = _carry_out(known, asked.proposal)
        if beats is not None:
            known.seen.append(asked.proposal.rungs)
            tied.append((asked.proposal.rungs, beats))
    return replace(found, tied=tuple(tied), complete=False)


def _propose(known: _Known) -> _Asked:
    """Propose the cheapest rungs that the counts allow; else tell how the question ended."""
    search = known.search
    problem = search.problem
    while True:
        program = _program(known)
        strength = program.strength()
        if known.value is not None:
            program.lp.addConstraint(strength == known.value, "tie")
        program.lp.setObjective(strength)
        limits = search.brief(PROPOSAL_SECONDS, PROPOSAL_NODES, least=1.0)
        said = program.ask(search, limits)
        if said.proposal is None or said.value is None:
            return _Asked(said.termination, said.bound)
        # among rungs with the same sum those that look nearest
        program.lp.addConstraint(strength <= said.value, "strength")
        program.lp.setObjective(program.minutes({}))
        guess = search.brief(PROPOSAL_SECONDS, PROPOSAL_NODES, gap=GUESS_GAP, least=1.0)
        proposal = program.ask(search, guess).proposal or said.proposal
        cuts = find_cuts(problem, known.pools, search.builder, proposal)
        news = [cut for cut in cuts if cut not in known.cuts]
        known.cuts += news
        if not news or search.is_out():
            return _Asked(said.termination, said.bound, proposal)


def _program(known: _Known) -> CountProgram:
    problem, cover = known.search.problem, known.cover
    unreached = tiers_missed_outside(problem)
    missed = [value - gone for value, gone in zip(cover.value, unreached, strict=True)]
    program = CountProgram(
        problem,
        known.pools,
        known.least,
        problem.doctrine.ladder,
        tuple(count > 0 for count in missed),
        known.cuts,
    )
    for tier, count in enumerate(missed):
        if count:
            program.lp.addConstraint(program.missed(tier) == count, f"tier_{tier}")
    for number, (unit, picked) in enumerate(program.pick.items()):
        below = [one for rung, one in picked.items() if rung < known.first_rung(unit)]
        if below:
            program.lp.addConstraint(pulp.lpSum(below) == 0, f"floor_{number}")
    for number, rungs in enumerate([*known.impossible, *known.given_up]):
        program.forbid(f"below_{number}", rungs, below=True)
    for number, rungs in enumerate(known.seen):
        program.forbid(f"seen_{number}", rungs, below=False)
    return program


def _carry_out(known: _Known, proposal: Proposal) -> tuple[Beat, ...] | None:
    """Look for a plan at the rungs proposed with the best cover; else learn why there is none."""
    beats, refusal = carry_out(known, proposal)
    if refusal is not None:
        (known.impossible if refusal == "impossible" else known.given_up).append(proposal.rungs)
    return beats
