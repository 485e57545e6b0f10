"""The free plan beside a re-plan: it minds no plan before.

Its cover and its rungs are settled first, as the re-plan needs them. Bringing its officers nearer
takes longest and decides nothing of the re-plan: a process of its own does it meanwhile, or it is
done at the end.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metro_gis.optimize.cover import n_pairs
from metro_gis.optimize.nearness import WHOLE_BINARIES
from metro_gis.optimize.search import Search
from metro_gis.optimize.side_search import POLL_S, SideSearch
from metro_gis.optimize.solve import Settled, bring_nearer, settle

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from concurrent.futures import Future

    from metro_gis.optimize.search import Listener, Settings
    from metro_gis.plan import Outcome
    from metro_gis.problem import Problem

__all__ = ["FreePlan", "begin_free_plan"]

FREE_SHARE = 0.35
"""Share of the time that the free plan may take where nobody makes it beside."""
BESIDE_SHARE = 0.5
"""Share of the time left that it may take where a process of its own makes it."""
BESIDE_S = 6.0
"""It may take so long if that is left, whatever its share: most cities are proven by then."""
LOADING_S = 2.0
"""What a process may take before it begins."""
LEAST_BESIDE_S = 2.0
"""With less a process is not worth starting."""


@dataclass(frozen=True, eq=False)
class FreePlan:
    """A plan in the making, cover and rungs of which are settled.

    Parameters
    ----------
    search
        The search, which rests.
    ends
        Reading of the monotonic clock when the re-plan and this plan shall both be there.
    settled
        Its cover and its rungs.
    seconds_left
        What is left for the re-plan.
    made
        The plan, where it had to be made at once.
    side
        The process that makes it, and what it comes to.
    """

    search: Search
    ends: float
    settled: Settled
    seconds_left: float
    made: Outcome | None = None
    side: tuple[SideSearch, Future[Outcome | None]] | None = None

    def finish(self, rested_s: float) -> Outcome:
        """Give the plan, once it is there.

        Parameters
        ----------
        rested_s
            Seconds since its cover and its rungs were settled.

        Returns
        -------
        Outcome
            No worse in cover and strength than what was settled.

        Raises
        ------
        SolverError
            If the engine fails.
        """
        if self.made is not None:
            return self.made
        found = None if self.side is None else self._wait_for(*self.side)
        if found is not None and self._is_no_worse(found):
            return found
        # its time did not run meanwhile, but ends when all time does
        limit = self.search.settings.time_limit_s
        self.search.started = min(self.search.started + rested_s, self.ends - limit)
        return bring_nearer(self.search, self.settled)

    def _wait_for(self, side: SideSearch, coming: Future[Outcome | None]) -> Outcome | None:
        # in short steps, between which signals are heard
        while not wait([coming], timeout=POLL_S).done:
            if time.monotonic() > self.ends:
                side.end()
        return coming.result()

    def _is_no_worse(self, found: Outcome) -> bool:
        """Tell whether whoever made it had as much time for its cover and its rungs as we had."""
        problem = self.search.problem
        return Settled.by(problem, found).worth(problem) <= self.settled.worth(problem)


@contextmanager
def begin_free_plan(
    problem: Problem, settings: Settings, stop: threading.Event, listener: Listener
) -> Iterator[FreePlan]:
    """Settle cover and rungs, and have the rest done meanwhile where somebody can.

    Parameters
    ----------
    problem
        What is to be guarded.
    settings
        When to stop, for this plan and the re-plan together.
    stop
        Set it from another thread or a signal handler to end early.
    listener
        Hears how it goes on.

    Yields
    ------
    FreePlan
        What is settled. Whatever is still being done for it at the end of the context is ended.

    Raises
    ------
    SolverError
        If the engine fails.
    """
    limit, started = settings.time_limit_s, time.monotonic()
    search = Search(problem, replace(settings, time_limit_s=FREE_SHARE * limit))
    search.stop, search.listener = stop, listener
    with ExitStack() as ends:
        # leaving waits for it: the process below is ended before
        hand = ends.enter_context(ThreadPoolExecutor(max_workers=1))
        side = ends.enter_context(SideSearch(problem, settings.seed)) if _pays(search) else None
        settled, made, coming = settle(search), None, None
        if settled.ladder.tied:
            # nearness decides among the rungs, which the re-plan has to know
            made = bring_nearer(search, settled)
            settled = Settled.by(problem, made)
        left = limit - (time.monotonic() - started)
        granted = min(max(BESIDE_SHARE * left, BESIDE_S), left - LOADING_S)
        is_open = made is None and not search.is_over()
        if side is not None and is_open and side.is_there and granted >= LEAST_BESIDE_S:
            # as many threads as here: the re-plan is mostly done first, and leaves it all cores
            total = sum(post.station_officers for post in problem.posts)
            asked = replace(settings, time_limit_s=granted)
            coming = hand.submit(side.find, total, asked, stop=stop, listener=listener)
        elif is_open:
            left = (1 - FREE_SHARE) * limit
        pair = None if side is None or coming is None else (side, coming)
        if side is not None and coming is None:
            side.end()
        yield FreePlan(search, started + limit, settled, left, made, pair)


def _pays(search: Search) -> bool:
    """Tell whether a process may be worth starting: a small plan is made before it has begun."""
    return n_pairs(search.problem) > WHOLE_BINARIES and search.settings.threads > 1
