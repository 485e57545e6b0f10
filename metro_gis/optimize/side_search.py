"""Searches in a process of its own, one after another, which remembers what it learns.

A search is for the most part plain Python, of which a process does one thing at a time: two of them
are twice as fast. What is said goes through pipes that nobody else holds.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from contextlib import AbstractContextManager, suppress
from typing import IO, TYPE_CHECKING, Any

from metro_gis.plan import Outcome
from metro_gis.side_process import heard, start_module, tell

if TYPE_CHECKING:
    from metro_gis.optimize.search import Listener, Settings
    from metro_gis.problem import Problem

__all__ = ["POLL_S", "SideSearch"]

WORKER = "metro_gis.optimize.side_work"
"""What the process runs; nothing imports it."""
POLL_S = 0.1
"""How soon it is noticed that somebody asked to stop."""


class SideSearch(AbstractContextManager["SideSearch"]):
    """A process that searches for plans of the same stations with other headcounts.

    Leaving its context ends the process, whatever it is doing.

    Parameters
    ----------
    problem
        What is to be guarded; its posts say how officers are shared.
    seed
        Of what is built at random.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self._first: tuple[Problem, int] | None = (problem, seed)
        self._heard: queue.Queue[Any] = queue.Queue()
        self._process = start_module(WORKER, stdin=subprocess.PIPE)
        if self._process is not None:
            told = [self._process.stdout]
            self._ear = threading.Thread(target=self._hear, args=told, daemon=True)
            self._ear.start()

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def is_there(self) -> bool:
        """Whether the process has begun, as far as can be told, and has not ended."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()

    def find(
        self,
        total: int,
        settings: Settings,
        start: Outcome | None = None,
        *,
        stop: threading.Event | None = None,
        listener: Listener | None = None,
    ) -> Outcome | None:
        """Search for a plan, with what was learnt in the searches before.

        Parameters
        ----------
        total
            Officers for stations, of all posts together.
        settings
            When to stop.
        start
            A plan that these officers can carry out; the plan found is no worse.
        stop
            Set it from another thread or a signal handler to end the process.
        listener
            Hears how it goes on.

        Returns
        -------
        Outcome or None
            None where somebody asked to stop, or no process could do it.
        """
        if not self._ask((total, settings, start)):
            return None
        while True:
            if stop is not None and stop.is_set():
                self.end()
                return None
            is_gone = not self._ear.is_alive()
            try:
                said = self._heard.get(timeout=POLL_S)
            except queue.Empty:
                if is_gone:
                    return None
                continue
            if isinstance(said, Outcome):
                return said
            if listener is not None:
                listener(*said)

    def _ask(self, what: object) -> bool:
        process = self._process
        if process is None or process.stdin is None:
            return False
        # broken where the process is gone, closed where this one has ended it
        with suppress(OSError, ValueError):
            if self._first is not None:
                tell(process.stdin, self._first)
                self._first = None
            tell(process.stdin, what)
            return True
        return False

    def _hear(self, pipe: IO[bytes]) -> None:
        # what is no answer may raise anything; nothing that comes after it is heard
        with suppress(Exception), pipe:
            while True:
                self._heard.put(heard(pipe))
