"""What a search carries along: the problem, the clock, the settings and who listens."""

from __future__ import annotations

import math
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.greedy import Builder
from metro_gis.optimize.memory import Memory
from metro_gis.optimize.posting import POSTING_NODES, POSTING_SECONDS, post_beats
from metro_gis.plan import Reason, StoppedBy, Uncovered, beat_officers, cover_tuple
from metro_gis.solver import Limits, Termination

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem
    from metro_gis.solver import Answer


class Listener(Protocol):
    """Hears how the optimization goes on."""

    def __call__(self, name: str, value: float | None, bound: float | None, /) -> None:
        """Take note of an aim's best value and bound so far."""


MARGIN_S = 2.0
MARGIN_SHARE = 0.1
"""Kept back from the time limit, since engines end late and the last answers are put together."""
QUESTION_NODES = 500
"""Nodes for a question that gets a share of the time where no work is counted."""


def silent(name: str, value: float | None, bound: float | None) -> None:
    """Listen to nothing.

    Parameters
    ----------
    name, value, bound
        As a `Listener` hears them.
    """


@dataclass(frozen=True, slots=True)
class Settings:
    """When to stop, and how to be repeatable.

    Parameters
    ----------
    time_limit_s
        Seconds for all aims together.
    gap
        Gap of the third aim at which to stop.
    seed
        Seed of everything drawn at random.
    threads
        How many engines run side by side.
    nodes
        Most branches of the search for the third aim; None where only time and gap end it. Where
        it is given, nothing but the time limit itself depends on the clock.
    """

    time_limit_s: float = 60.0
    gap: float = 0.001
    seed: int = 1
    threads: int = 2
    nodes: int | None = None


@dataclass
class Search:
    """One optimization under way.

    Parameters
    ----------
    problem
        The problem.
    settings
        When to stop.
    stop
        Set from outside to end early.
    listener
        Hears how it goes on.
    """

    problem: Problem
    settings: Settings
    stop: threading.Event = field(default_factory=threading.Event)
    listener: Listener = silent
    started: float = field(default_factory=time.monotonic, init=False)
    stopped_by: StoppedBy | None = field(default=None, init=False)
    slice_ends: float = field(default=math.inf, init=False)
    branches: int = field(default=0, init=False)
    most_branches: int = field(init=False)
    cut_short: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.most_branches = self.settings.nodes or sys.maxsize

    @property
    def is_counted(self) -> bool:
        """Whether work is counted, so that shares of the time decide nothing."""
        return self.settings.nodes is not None

    @cached_property
    def memory(self) -> Memory:
        """What is known of the stations, whatever officers there are."""
        return Memory(Builder(self.problem, self.settings.seed, self.is_out))

    def recall(self, memory: Memory) -> None:
        """Go on with what was learnt of these stations with other headcounts, and add to it.

        Parameters
        ----------
        memory
            Of an earlier search.
        """
        self.memory, memory.builder.is_over = memory, self.is_out

    @property
    def builder(self) -> Builder:
        """What builds beats, and remembers those it has built."""
        return self.memory.builder

    @property
    def ends(self) -> float:
        """Reading of the monotonic clock when searching ends: a little before the time limit."""
        limit = self.settings.time_limit_s
        return self.started + limit - min(MARGIN_S, MARGIN_SHARE * limit)

    @property
    def seconds_left(self) -> float:
        """Seconds until the time limit, or until the slice in force ends; never negative."""
        return max(0.0, min(self.ends, self.slice_ends) - time.monotonic())

    def is_over(self) -> bool:
        """Tell whether time is up or somebody asked to stop, and remember which.

        Returns
        -------
        bool
            True once the search shall end.
        """
        if self.stop.is_set():
            self.stopped_by = StoppedBy.INTERRUPTED
        elif time.monotonic() >= self.ends and self.stopped_by is None:
            self.stopped_by = StoppedBy.TIME_LIMIT
        return self.stopped_by in (StoppedBy.INTERRUPTED, StoppedBy.TIME_LIMIT)

    def is_out(self) -> bool:
        """Tell whether the slice of time in force is used up, or the search is over.

        Returns
        -------
        bool
            True once the work at hand shall end.
        """
        return self.is_over() or self.seconds_left <= 0

    @property
    def branches_left(self) -> int:
        """Branches until the limit, or until the slice in force has had its part."""
        return max(0, self.most_branches - self.branches)

    def spend(self, branches: int) -> None:
        """Count branches; what runs in threads is counted once all of them are done.

        Parameters
        ----------
        branches
            How many were looked at.
        """
        self.branches += branches

    def is_spent(self, least: int = 1) -> bool:
        """Tell whether too few branches are left, and remember that this cut the search short.

        Parameters
        ----------
        least
            Branches that the work at hand takes.

        Returns
        -------
        bool
            True once the work at hand shall end.
        """
        if self.branches_left < least:
            self.cut_short = True
        return self.branches_left < least

    @contextmanager
    def slice(self, share: float, *, branches: float = 1.0) -> Iterator[None]:
        """Let a part of the work take no more than a share of what is left.

        Parameters
        ----------
        share
            Fraction of the time left, where no work is counted.
        branches
            Fraction of the branches left, where work is counted.

        Yields
        ------
        None
            While the slice is in force.
        """
        outer = self.slice_ends, self.most_branches
        if self.is_counted:
            self.most_branches = self.branches + math.ceil(self.branches_left * branches)
        else:
            self.slice_ends = time.monotonic() + self.seconds_left * share
        try:
            yield
        finally:
            self.slice_ends, self.most_branches = outer

    def limits(self, share: float = 1.0, *, gap: float = 0.0, first: bool = False) -> Limits:
        """Grant an engine a share of the time that is left, or nodes where work is counted.

        Parameters
        ----------
        share
            Fraction of the time left.
        gap
            Gap at which the engine may stop.
        first
            Whether the first solution is enough.

        Returns
        -------
        Limits
            For `metro_gis.solver.solve_program`.
        """
        if self.is_counted:
            return Limits(self.seconds_left, gap, first, QUESTION_NODES)
        return Limits(self.seconds_left * share, gap, first)

    def brief(self, seconds: float, nodes: int, *, gap: float = 0.0, least: float = 0.0) -> Limits:
        """Grant an engine a few seconds and some nodes; nodes alone where work is counted.

        Parameters
        ----------
        seconds
            Seconds at most.
        nodes
            Nodes at most.
        gap
            Gap at which the engine may stop.
        least
            Seconds that it gets even when time is up.

        Returns
        -------
        Limits
            For `metro_gis.solver.solve_program`.
        """
        left = max(least, self.seconds_left)
        return Limits(left if self.is_counted else min(seconds, left), gap, nodes=nodes)

    def post(self, beats: Sequence[Beat], *, least: float = POSTING_SECONDS) -> tuple[Beat, ...]:
        """Give every beat the post that makes all of them nearest.

        Parameters
        ----------
        beats
            Beats; their posts are ignored.
        least
            Seconds for each of the small programs even when time is up.

        Returns
        -------
        tuple of Beat
            As `metro_gis.optimize.posting.post_beats` gives them.
        """
        limits = self.brief(POSTING_SECONDS, POSTING_NODES, least=least)
        return post_beats(self.problem, beats, limits=limits)

    def note_work(self, answer: Answer, *, first: bool = False) -> None:
        """Remember that an engine used up the nodes that it had in place of time.

        Parameters
        ----------
        answer
            What it said.
        first
            Whether the first solution was enough.
        """
        ended = answer.termination is Termination.WORK_LIMIT and not (first and answer.solved)
        if ended and self.is_counted:
            self.cut_short = True

    def note(self, answer: Answer, *, first: bool = False) -> None:
        """Remember that an engine was cut short.

        Parameters
        ----------
        answer
            What it said.
        first
            Whether the first solution was enough.
        """
        self.note_work(answer, first=first)
        if answer.termination is Termination.INTERRUPTED:
            self.stopped_by = StoppedBy.INTERRUPTED
        elif self.stopped_by is not None:
            return
        elif answer.termination is Termination.TIME_LIMIT and time.monotonic() > self.ends - 0.5:
            self.stopped_by = StoppedBy.TIME_LIMIT


def reachable(problem: Problem) -> NDArray[np.bool_]:
    """Tell which stations some post may send a team to.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_stations,)``.
    """
    return np.asarray(problem.in_reach.any(axis=0), dtype=np.bool_)


def missed(problem: Problem, beats: Iterable[Beat]) -> NDArray[np.int64]:
    """List the stations that no beat holds.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats.

    Returns
    -------
    numpy.ndarray
        Station indices, rising.
    """
    free = np.ones(len(problem.stations), dtype=np.bool_)
    for beat in beats:
        free[list(beat.stations)] = False
    return np.flatnonzero(free).astype(np.int64)


def tiers_missed(problem: Problem, beats: Iterable[Beat]) -> tuple[int, ...]:
    """Value the first aim of some beats.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats.

    Returns
    -------
    tuple of int
        The cover tuple.
    """
    gone = tuple(Uncovered(t, Reason.NO_OFFICERS) for t in missed(problem, beats).tolist())
    return cover_tuple(problem, gone)


def tiers_missed_outside(problem: Problem) -> tuple[int, ...]:
    """Count by tier the stations that no post can reach.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    tuple of int
        As a cover tuple.
    """
    outside = ~reachable(problem)
    return tuple(
        int(np.count_nonzero(outside & (problem.tier_index == tier)))
        for tier in range(len(COVER_TIERS))
    )


def sizes_of(problem: Problem, beats: Iterable[Beat]) -> dict[int, int]:
    """Give the officers of every beat's team.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats.

    Returns
    -------
    dict
        Anchor to officers.
    """
    return {beat.anchor: beat_officers(problem, beat) for beat in beats}
