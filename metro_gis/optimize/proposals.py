"""Carry out what counts propose: a plan, or something learnt that the counts did not know.

Stations that few posts reach need teams of those posts, a pool needs more teams than was known, or,
asked of the compact program, there is no such plan at all. This is the lower half of logic-based
Benders decomposition (Hooker and Ottosson 2003, https://doi.org/10.1007/s10107-003-0375-9).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.cover import construct_as, few_posts, full_program, tier_members
from metro_gis.optimize.cuts import cut_of, left_to_others
from metro_gis.optimize.fewest import settle_posts, settle_some, settle_teams
from metro_gis.optimize.posting import can_send
from metro_gis.optimize.program import AbandonedError
from metro_gis.optimize.search import sizes_of, tiers_missed, tiers_missed_outside
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.optimize.counts import Proposal
    from metro_gis.optimize.cover import Cover
    from metro_gis.optimize.cuts import Cut
    from metro_gis.optimize.pools import Pool
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat

__all__ = ["Known", "Refusal", "carry_out"]

QUESTION_SHARE = 0.5
"""Share of the remaining time that one question to the compact program may take."""

Refusal = Literal["impossible", "given up"]
"""Whether it is proven that a proposal cannot be carried out."""


@dataclass
class Known:
    """What is known of proposals.

    Parameters
    ----------
    search
        The search.
    cover
        Cover that every plan must have.
    pools
        Pools of the stations in reach.
    small
        Whether the compact program may be asked.
    cuts
        Groups of stations that call for teams of their own posts.
    assumed
        Fewest teams of a pool at a rung that are taken for granted without a proof.
    """

    search: Search
    cover: Cover
    pools: tuple[Pool, ...]
    small: bool
    cuts: list[Cut] = field(default_factory=list)
    assumed: dict[tuple[Pool, int], int] = field(default_factory=dict)

    def least(self, pool: Pool, rung: int) -> int:
        """Give the fewest teams of a pool: what is proven, or else assumed.

        Parameters
        ----------
        pool
            A pool.
        rung
            Rung of *low* in its unit.

        Returns
        -------
        int
            Teams.
        """
        proven = self.search.builder.least(pool, rung)
        return max(proven, self.assumed.get((pool, rung), 0))


def carry_out(known: Known, proposal: Proposal) -> tuple[tuple[Beat, ...] | None, Refusal | None]:
    """Look for a plan as proposed with the cover that it must have; else learn why there is none.

    Parameters
    ----------
    known
        What is known, to which is added.
    proposal
        What the counts propose.

    Returns
    -------
    beats : tuple of Beat or None
        Such a plan.
    refusal : str or None
        Why there will be none; None where there is one, or where something was learnt instead.
    """
    search = known.search
    beats, pieces = construct_as(search, known.pools, proposal)
    if tiers_missed(search.problem, beats) == known.cover.value:
        return beats, None
    if search.is_over():
        return None, None
    short = [
        k for k, sent in enumerate(proposal.teams)
        if not proposal.dropped[k] and len(pieces[k]) > sum(sent.values())
    ]  # fmt: skip
    if _learn(known, proposal, short):
        return None, None
    if known.small:
        return _ask_compact(known, proposal.rungs, beats)
    # not proven: further proposals are no bound any more
    strained = [
        k for k, sent in enumerate(proposal.teams)
        if not can_send(search.problem, pieces[k], sent)
    ]  # fmt: skip
    if _learn_of_posts(known, proposal, strained):
        return None, None
    for k in strained:
        key = (known.pools[k], proposal.rungs[known.pools[k].unit])
        known.assumed[key] = known.least(*key) + 1
    return None, None if strained else "given up"


def _learn(known: Known, proposal: Proposal, short: list[int]) -> bool:
    """Find out how many teams the pools need that got too few; tell whether that is news."""
    news, search = False, known.search
    for k in short:
        pool = known.pools[k]
        rung = proposal.rungs[pool.unit]
        if not search.problem.in_reach[np.ix_(sorted(proposal.teams[k]), pool.stations)].all():
            # it may lack teams of the right posts, not teams
            continue
        before = known.least(pool, rung)
        with search.slice(QUESTION_SHARE / 4):
            least, beats = settle_teams(search, pool, rung, before)
        if least > before:
            search.builder.raise_least(pool, rung, least)
        if beats is not None:
            search.builder.remember(pool, rung, beats)
        news |= least > before or beats is not None
    return news


def _learn_of_posts(known: Known, proposal: Proposal, strained: list[int]) -> bool:
    """Find out whether pools can do with the teams of the posts proposed; tell whether they can.

    Where they cannot, some stations may call for more teams of the few posts that reach them.
    """
    news, search = False, known.search
    for k in strained:
        pool, teams = known.pools[k], proposal.teams[k]
        rung = proposal.rungs[pool.unit]
        if proposal.dropped[k]:
            continue
        with search.slice(QUESTION_SHARE / 4):
            impossible, beats = settle_posts(search, pool, rung, teams)
        if beats is not None:
            few = few_posts(search.problem, pool, teams)
            search.builder.remember(pool, rung, beats, few)
            news = True
        if not impossible:
            continue
        for rest, sent in left_to_others(search.problem, pool, teams):
            inside = np.array(pool.stations)[rest].tolist()
            with search.slice(QUESTION_SHARE / 4):
                if settle_some(search, pool, rung, inside, sent):
                    known.cuts.append(_raised_cut(known, k, rest, rung, sent + 1))
                    news = True
    return news


def _raised_cut(known: Known, k: int, stations: NDArray[np.bool_], rung: int, needed: int) -> Cut:
    """State a cut with more teams at a rung, and at all below it, than counting knows."""
    search = known.search
    cut = cut_of(search.problem, known.pools, search.builder, k, stations)
    more = tuple((r, max(count, needed) if r <= rung else count) for r, count in cut.needed)
    return replace(cut, needed=more)


def _ask_compact(
    known: Known, rungs: dict[str, int], beats: tuple[Beat, ...]
) -> tuple[tuple[Beat, ...] | None, Refusal | None]:
    """Ask the compact program for a plan at given rungs."""
    search, cover = known.search, known.cover
    problem = search.problem
    outside = tiers_missed_outside(problem)
    needs_missing = tuple(cover.value) != outside
    try:
        program = full_program(problem, rungs, may_miss=needs_missing, is_out=search.is_out)
    except AbandonedError:
        return None, "given up"
    for tier in range(len(COVER_TIERS)):
        program.limit_uncovered(
            f"tier_{tier}", tier_members(problem, tier), cover.value[tier] - outside[tier]
        )
    program.aim_at_nearness()
    answer = solve_program(
        program.lp,
        search.limits(QUESTION_SHARE, first=True),
        seed=search.settings.seed,
        start=program.start(beats, sizes_of(problem, beats)) if needs_missing else None,
        stop=search.stop,
    )
    search.note(answer, first=True)
    if answer.solved:
        return program.read(answer.values), None
    return None, "impossible" if answer.termination is Termination.INFEASIBLE else "given up"
