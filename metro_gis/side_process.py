"""Processes of our own beside a command: this package's modules, run by the same Python."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["start_module"]


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
