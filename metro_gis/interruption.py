"""What a signal does to a command, and the few steps that no signal may cut in two.

Ctrl-C, a request to end and a closed terminal are one and the same. Before there is anything to
save, a signal ends the command at once. While a plan is searched for, the first one ends the
search, whose best plan is then saved; a second one ends the command. Once a command says its last
words, signals no longer matter.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

HEEDING_SECONDS = 2.0
"""How long a command that was ended may take to clear up before another signal cuts in."""


def _kinds() -> list[signal.Signals]:
    """List the signals that are heard; one that was to survive a closed terminal stays so."""
    kinds = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        kinds.append(signal.SIGHUP)
    return kinds


class Interrupted(KeyboardInterrupt):
    """A signal ended the command.

    A class of its own: where a plain KeyboardInterrupt has passed through compiled text, as
    libraries that are being loaded run it, Python drops the exit code and ends itself by SIGINT.
    """


class Interruption:
    """Hears the signals of one command.

    Attributes
    ----------
    stop
        Set at the first signal; a search that watches it ends with its best plan.
    saves
        Whether the first signal only asks to stop, because there will be something to save.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.saves = False
        self._kinds: list[signal.Signals] = []
        self._heard = False
        self._raised = -math.inf

    def listen(self) -> None:
        """Begin to hear signals."""
        self._kinds = _kinds()
        for kind in self._kinds:
            signal.signal(kind, self._hear)

    def hush(self) -> None:
        """Ignore signals from now on: the last words are being said."""
        for kind in self._kinds:
            signal.signal(kind, signal.SIG_IGN)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        # noted before the event is set: setting it takes a lock that a second signal, heard
        # meanwhile, would wait for in vain
        first, self._heard = not self._heard, True
        if first:
            self.stop.set()
            if self.saves:
                return
        now = time.monotonic()
        if now - self._raised > HEEDING_SECONDS:
            self._raised = now
            raise Interrupted


@cache
def listen() -> Interruption:
    """Hear the signals of this process from now on.

    Returns
    -------
    Interruption
        The same at every call.
    """
    interruption = Interruption()
    interruption.listen()
    return interruption


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put signals off until a short piece of work is done.

    Yields
    ------
    None
        While signals wait. Outside the main thread, which alone hears them, nothing is put off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[tuple[int, FrameType | None]] = []
    before = {kind: signal.getsignal(kind) for kind in _kinds()}
    try:
        for kind, heard in before.items():
            if callable(heard):
                signal.signal(kind, lambda number, frame: waiting.append((number, frame)))
        yield
    finally:
        for kind, heard in before.items():
            if callable(heard):
                signal.signal(kind, heard)
        for number, frame in waiting:
            heard = before[signal.Signals(number)]
            if callable(heard):
                heard(number, frame)
