"""The free plan beside a re-plan: it minds no plan before.

Its cover and rungs are settled first, as the re-plan needs them. Bringing its officers nearer takes
longest and nobody waits for it: that is done by a process of its own, or else at the end.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from metro_gis.optimize.cover import n_pairs
from metro_gis.optimize.nearness import WHOLE_BINARIES
from metro_gis.optimize.pools import strength_of
from metro_gis.optimize.search import Search
from metro_gis.optimize.side_search import SideSearch
from metro_gis.optimize.solve import Settled, bring_nearer, settle

if TYPE_CHECKING:
    import threading
    from concurrent.futures import Future

    from metro_gis.optimize.search import Listener, Settings
    from metro_gis.plan import Outcome
    from metro_gis.problem import Problem

FREE_SHARE = 0.35
"""Share of the time that the free plan may take where nobody makes it beside."""
BESIDE_SHARE = 0.7
"""Share of the time left that it may take where a process of its own makes it."""

__all__ = ["FreePlan"]


class FreePlan(AbstractContextManager["FreePlan"]):
    """A plan in the making, cover and rungs of which are settled.

    Leaving its context ends whatever is still being done for it.

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

    Attributes
    ----------
    settled
        Its cover and its rungs; better ones, should whoever makes it find some.
    seconds_left
        What is left for the re-plan.
    """

    def __init__(
        self, problem: Problem, settings: Settings, stop: threading.Event, listener: Listener
    ) -> None:
        limit = settings.time_limit_s
        self._search = Search(problem, replace(settings, time_limit_s=FREE_SHARE * limit))
        self._search.stop, self._search.listener = stop, listener
        self._outcome: Outcome | None = None
        self._coming: Future[Outcome | None] | None = None
        with ExitStack() as ends:
            hand = ends.enter_context(ThreadPoolExecutor(max_workers=1))
            side = None
            # a small plan is made before a process has begun
            if n_pairs(problem) > WHOLE_BINARIES and settings.threads > 1:
                side = ends.enter_context(SideSearch(problem, settings.seed))
            self.settled = settle(self._search)
            if self.settled.ladder.tied:
                # nearness decides among the rungs, which the re-plan has to know
                self._outcome = bring_nearer(self._search, self.settled)
                self.settled = Settled.by(problem, self._outcome)
            self._rests = time.monotonic()
            self.seconds_left = limit - (self._rests - self._search.started)
            if side is not None and self._is_to_come:
                granted = replace(settings, time_limit_s=BESIDE_SHARE * self.seconds_left)
                total = sum(post.station_officers for post in problem.posts)
                self._coming = hand.submit(side.find, total, granted, stop=stop, listener=listener)
            elif self._is_to_come:
                self.seconds_left = (1 - FREE_SHARE) * limit
            self._ends = ends.pop_all()

    @property
    def _is_to_come(self) -> bool:
        """Whether bringing officers nearer is worth beginning with."""
        return self._outcome is None and not self._search.is_over()

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def finish(self) -> Outcome:
        """Give the plan, once it is there.

        Returns
        -------
        Outcome
            With the cover and the strength that are settled.

        Raises
        ------
        SolverError
            If the engine fails.
        """
        if self._outcome is None and self._coming is not None:
            self._take(self._coming.result())
        if self._outcome is None:
            # its time did not run meanwhile
            self._search.started += time.monotonic() - self._rests
            self._outcome = bring_nearer(self._search, self.settled)
        return self._outcome

    def _take(self, found: Outcome | None) -> None:
        """Take over what was made beside, unless time was shorter there than here."""
        if found is not None:
            other = Settled.by(self._search.problem, found)
            if self._worth(other) <= self._worth(self.settled):
                self._outcome = found
            if self._worth(other) < self._worth(self.settled):
                self.settled = other

    def _worth(self, settled: Settled) -> tuple[tuple[int, ...], int]:
        rungs = settled.ladder.rungs
        return settled.cover.value, strength_of(self._search.problem, rungs)
