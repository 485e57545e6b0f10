"""The reinforcement ask: the fewest further officers, and at which posts, that cover everything.

A program over counts says how many officers posts lack at a rung, and where they lack them; whether
so many are enough is found out by building the plan (`metro_gis.optimize.proposals`). What is asked
for is never taken from the engine alone where counting shows it: posts that together reach a group
of pools have fewer officers than these need.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.optimize.bottleneck import find_bottleneck
from metro_gis.optimize.counts import CountProgram, no_drops
from metro_gis.optimize.cover import GUESS_GAP, MOST_PAIRS, Cover, construct, n_pairs
from metro_gis.optimize.cuts import find_cuts
from metro_gis.optimize.pools import pools_of
from metro_gis.optimize.proposals import Known, carry_out
from metro_gis.optimize.search import Search, Settings, reachable, tiers_missed_outside
from metro_gis.plan import beat_officers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.counts import Said
    from metro_gis.optimize.memory import Memory
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

__all__ = ["Ask", "Shortage", "ask_for_each_rung", "fewest_officers", "with_station_officers"]

ASK_SECONDS = 20.0
ASK_NODES = 20_000
"""What a question to the counts may take."""
MOST_PROPOSALS = 200


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why no fewer would do, by counting alone.

    Parameters
    ----------
    units
        Border units in which stations are counted.
    stations
        How many stations are counted.
    posts
        All posts that reach any of these.
    needed
        Officers of the fewest teams that they can do with.
    available
        Officers that these posts have for stations.
    """

    units: tuple[str, ...]
    stations: int
    posts: tuple[str, ...]
    needed: int
    available: int


@dataclass(frozen=True, eq=False)
class Ask:
    """The officers that are lacking at a rung.

    Parameters
    ----------
    rung
        Rung of *low* in every border unit.
    extra
        Officers to be added at each post: shape ``(n_posts,)``, as whole numbers.
    bound
        No fewer officers, wherever they are added, cover everything in reach at this rung.
    beats
        A plan that covers everything in reach with them.
    shortage
        Why there cannot be fewer; None where nothing is lacking, or counting alone does not show
        it.
    """

    rung: int
    extra: tuple[int, ...]
    bound: int
    beats: tuple[Beat, ...]
    shortage: Shortage | None = None

    @property
    def count(self) -> int:
        """How many officers are asked for."""
        return sum(self.extra)

    @property
    def proven(self) -> bool:
        """Whether no fewer would do."""
        return self.bound >= self.count


def ask_for_each_rung(
    problem: Problem,
    settings: Settings | None = None,
    *,
    stop: threading.Event | None = None,
) -> Iterator[Ask]:
    """Find the fewest further officers that cover everything in reach, rung by rung.

    Parameters
    ----------
    problem
        What is to be guarded, and the officers that there are.
    settings
        When to stop, for each rung; how to be repeatable.
    stop
        Set it from another thread or a signal handler to end early with what is known.

    Yields
    ------
    Ask
        For each rung of the ladder, from the first.
    """
    seeker = _Seeker(problem, settings or Settings(), stop)
    for rung in problem.doctrine.ladder:
        yield seeker.fewest(rung)


def fewest_officers(
    problem: Problem,
    settings: Settings | None = None,
    *,
    stop: threading.Event | None = None,
) -> Iterator[Ask]:
    """Find the fewest officers that cover everything in reach, were they free to start anywhere.

    Parameters
    ----------
    problem
        What is to be guarded; the officers that there are do not matter.
    settings, stop
        As of `ask_for_each_rung`.

    Returns
    -------
    iterator of Ask
        For each rung of the ladder, from the first; ``extra`` are all officers for stations.
    """
    nobody = with_station_officers(problem, [0] * len(problem.posts))
    return ask_for_each_rung(nobody, settings, stop=stop)


def with_station_officers(problem: Problem, officers: Sequence[int]) -> Problem:
    """Make a copy with other officers for stations; fixed and reserve officers stay.

    Parameters
    ----------
    problem
        The problem.
    officers
        Officers for stations at each post: shape ``(n_posts,)``.

    Returns
    -------
    Problem
        The changed problem.
    """
    return problem.with_officers(
        {
            post.post_id: post.officers - post.station_officers + count
            for post, count in zip(problem.posts, officers, strict=True)
        }
    )


class _Seeker:
    """Looks for the fewest officers; what it learns of pools at one rung serves the next."""

    def __init__(self, problem: Problem, settings: Settings, stop: threading.Event | None) -> None:
        self.problem, self.settings, self.stop = problem, settings, stop or threading.Event()
        self.have = np.array([post.station_officers for post in problem.posts], dtype=np.int64)
        pools = pools_of(problem, np.flatnonzero(reachable(problem)).astype(np.int64))
        # as many as if every station had a team of its own
        most = sum(len(pool.stations) * max(pool.sizes) for pool in pools)
        self.ample = with_station_officers(problem, (self.have + most).tolist())
        outside = tiers_missed_outside(problem)
        self.search = self._begin()
        self.known = Known(
            self.search, Cover(outside, outside, ()), pools, n_pairs(problem) <= MOST_PAIRS
        )

    def _begin(self, memory: Memory | None = None) -> Search:
        search = Search(self.ample, self.settings, self.stop)
        if memory is not None:
            search.recall(memory)
        return search

    def fewest(self, rung: int) -> Ask:
        """Find the fewest officers beyond those that there are."""
        self.search = self._begin(self.search.memory)
        impossible: list[NDArray[np.int64]] = []
        bound, proven, beats = 0, True, None
        for number in range(MOST_PROPOSALS):
            if number and self.search.is_over():
                break
            said = self._propose(rung, impossible)
            bound = max(bound, said.bound) if proven else bound
            if said.proposal is None:
                break
            extra = self._asked(said)
            self.known.search = self._limited(extra)
            beats, refusal = carry_out(self.known, said.proposal)
            if beats is not None:
                break
            guessed = any(at == rung for _, at in self.known.assumed)
            proven = proven and refusal != "given up" and not guessed
            if refusal is not None:
                impossible.append(extra)
        if beats is None:
            self.known.search = self.search
            beats = construct(self.search, dict.fromkeys(self.problem.units, rung))
        extra = self._extra(self._sent_by(beats))
        bound = min(bound, int(extra.sum()))
        return Ask(rung, tuple(extra.tolist()), bound, beats, self._shortage(rung, bound))

    def _extra(self, sent: NDArray[np.int64]) -> NDArray[np.int64]:
        """Officers that posts lack to send so many: shape ``(n_posts,)``."""
        return np.asarray(np.maximum(0, sent - self.have), dtype=np.int64)

    def _sent_by(self, beats: Iterable[Beat]) -> NDArray[np.int64]:
        sent = np.zeros(len(self.have), dtype=np.int64)
        for beat in beats:
            sent[beat.post] += beat_officers(self.problem, beat)
        return sent

    def _asked(self, said: Said) -> NDArray[np.int64]:
        """Read the officers to be added, which may be more than its teams take."""
        return np.array([round(said.values[_name(p)]) for p in range(len(self.have))])

    def _limited(self, extra: NDArray[np.int64]) -> Search:
        """Go on with the same clock and memory, with no more officers than are asked for."""
        problem = with_station_officers(self.problem, (self.have + extra).tolist())
        search = Search(problem, self.settings, self.search.stop)
        search.started, search.memory = self.search.started, self.search.memory
        return search

    def _propose(self, rung: int, impossible: Sequence[NDArray[np.int64]]) -> Said:
        """Propose the fewest officers that the counts allow, near the stations."""
        while True:
            program, extra = self._program(rung, impossible)
            program.lp.setObjective(pulp.lpSum(extra))
            said = program.ask(self.search, self.search.brief(ASK_SECONDS, ASK_NODES, least=1.0))
            if said.proposal is None or said.value is None:
                return said
            program.lp.addConstraint(pulp.lpSum(extra) <= said.value, "fewest")
            program.lp.setObjective(program.minutes({}))
            guess = self.search.brief(ASK_SECONDS, ASK_NODES, gap=GUESS_GAP, least=1.0)
            near = program.ask(self.search, guess)
            best = said if near.proposal is None else replace(near, bound=said.bound)
            proposal = near.proposal or said.proposal
            cuts = find_cuts(self.ample, self.known.pools, self.search.builder, proposal)
            news = [cut for cut in cuts if cut not in self.known.cuts]
            self.known.cuts += news
            if not news or self.search.is_out():
                return best

    def _program(
        self, rung: int, impossible: Sequence[NDArray[np.int64]]
    ) -> tuple[CountProgram, list[pulp.LpVariable]]:
        program = CountProgram(
            self.ample,
            self.known.pools,
            self.known.least,
            (rung,),
            no_drops(),
            self.known.cuts,
            whole=True,
        )
        lp, sent = program.lp, program.sent()
        posts = range(len(self.have))
        extra = [lp.add_variable(_name(p), 0, cat=pulp.LpInteger) for p in posts]
        for p, have in enumerate(self.have.tolist()):
            lp.addConstraint(pulp.lpSum(sent.get(p, ())) - extra[p] <= have, f"have_{p}")
        for number, few in enumerate(impossible):
            more = [lp.add_variable(f"more_{number}_{p}", 0, 1, cat=pulp.LpBinary) for p in posts]
            lp.addConstraint(pulp.lpSum(more) >= 1, f"impossible_{number}")
            for p, count in enumerate(few.tolist()):
                lp.addConstraint(extra[p] >= (count + 1) * more[p], f"more_{number}_{p}_counted")
        return program, extra

    def _shortage(self, rung: int, bound: int) -> Shortage | None:
        """Show by counting that no fewer would do; None where counting does not show it."""
        for demands in (self._pools_as_demands(rung), self._groups_as_demands(rung)):
            stations = [inside for _, inside, _ in demands]
            need = np.array([officers for _, _, officers in demands], dtype=np.int64)
            able = np.array([self._able(inside) for inside in stations], dtype=np.bool_)
            found = find_bottleneck(need, able.reshape(len(need), len(self.have)), self.have)
            if bound and found.lacking >= bound:
                inside = np.flatnonzero(found.demands).tolist()
                return Shortage(
                    tuple(dict.fromkeys(demands[k][0] for k in inside)),
                    sum(len(stations[k]) for k in inside),
                    tuple(self.problem.posts[p].post_id for p in np.flatnonzero(found.posts)),
                    int(need[found.demands].sum()),
                    int(self.have[found.posts].sum()),
                )
        return None

    def _able(self, stations: Sequence[int]) -> NDArray[np.bool_]:
        """Tell which posts reach some of the stations: shape ``(n_posts,)``."""
        return np.asarray(self.problem.in_reach[:, list(stations)].any(axis=1), dtype=np.bool_)

    def _pools_as_demands(self, rung: int) -> list[tuple[str, Sequence[int], int]]:
        """Give unit, stations and officers needed of every pool."""
        return [
            (pool.unit, pool.stations, self.search.builder.least(pool, rung) * pool.sizes[0])
            for pool in self.known.pools
        ]

    def _groups_as_demands(self, rung: int) -> list[tuple[str, Sequence[int], int]]:
        """Give the same, with groups that few posts reach in place of the pools that hold them."""
        demands = self._pools_as_demands(rung)
        groups: dict[int, list[tuple[str, Sequence[int], int]]] = {}
        taken: set[int] = set()
        for cut in sorted(self.known.cuts, key=lambda cut: len(cut.posts)):
            if taken.isdisjoint(cut.stations):
                taken.update(cut.stations)
                pool = self.known.pools[cut.pool]
                needed = dict(cut.needed)[rung] * pool.sizes[0]
                groups.setdefault(cut.pool, []).append((pool.unit, cut.stations, needed))
        return [one for k, pool in enumerate(demands) for one in groups.get(k, [pool])]


def _name(p: int) -> str:
    return f"extra_{p}"
