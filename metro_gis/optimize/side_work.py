"""What a process of `metro_gis.optimize.side_search` does, run as a module.

Nothing imports it: a module that is run after it was imported is there twice, as Python warns.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from typing import IO, Any

from metro_gis.optimize.greedy import Builder
from metro_gis.optimize.memory import Memory
from metro_gis.optimize.sharing import with_total
from metro_gis.optimize.solve import optimize
from metro_gis.side_process import heard, tell

__all__: list[str] = []


def _hear_questions(pipe: IO[bytes], questions: queue.Queue[Any]) -> None:
    """Take questions; when whoever asks is gone, end the process in the midst of its search."""
    try:
        while True:
            questions.put(heard(pipe))
    finally:
        # at the end of the pipe, or in the midst of a question
        os._exit(0)


def _serve() -> None:
    """Answer questions until nobody is there to ask."""
    answers = os.fdopen(os.dup(1), "wb")
    # what a library prints is no answer
    os.dup2(2, 1)
    questions: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_hear_questions, args=[sys.stdin.buffer, questions]).start()
    problem, seed = questions.get()
    memory = Memory(Builder(problem, seed))
    saying = threading.Lock()

    def say(what: object) -> None:
        # engines have threads of their own
        with saying:
            tell(answers, what)

    while True:
        total, settings, start = questions.get()
        now = with_total(problem, total)
        say(optimize(now, settings, start=start, memory=memory, listener=lambda *told: say(told)))


if __name__ == "__main__":
    try:
        _serve()
    finally:
        # whatever went wrong is told by the search that is then made there
        os._exit(1)
