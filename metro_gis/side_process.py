"""Processes of our own beside a command: this package's modules, run by the same Python."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

__all__ = ["heard", "start_module", "tell"]


def start_module(
    module: str, *words: str, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes] | None:
    """Run a module of this package by itself.

    Parameters
    ----------
    module
        Its name, as imported.
    *words
        Its arguments.
    stdin
        What it reads from, as `subprocess.Popen` takes it.

    Returns
    -------
    subprocess.Popen or None
        Its output is to be read, its complaints are dropped; Ctrl-C is heard by the command alone,
        which ends it or waits. None where no process can be had.
    """
    # the module of this package, wherever it lies, and none of the folder one works in
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with suppress(OSError):
        return subprocess.Popen(  # noqa: S603 (ourselves)
            [sys.executable, "-P", "-m", module, *words], env=env, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    return None


def tell(pipe: IO[bytes], what: object) -> None:
    """Tell a process something.

    Parameters
    ----------
    pipe
        That nobody else holds.
    what
        Anything that can be pickled.
    """
    pickle.dump(what, pipe)
    pipe.flush()


def heard(pipe: IO[bytes]) -> Any:  # noqa: ANN401 - whatever was told
    """Hear what a process of our own tells.

    Parameters
    ----------
    pipe
        That nobody else holds.

    Returns
    -------
    Any
        What was told.

    Raises
    ------
    Exception
        If it is no such thing.
    """
    return pickle.load(pipe)  # noqa: S301 (told by ourselves, at the other end of the pipe)
