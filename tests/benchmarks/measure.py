"""Runs a function in a process of its own, and takes its time and memory.

Memory is the largest sum of resident memory over the process and its children, as `/proc` tells it
(POSIX's `ru_maxrss` of a child would count what its parent had before it: exec keeps the mark).
A process that takes too long or too much is ended, and that is its result.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
POLL_S = 0.05
MEMORY_GB = 12.0
"""Address space that a process may ask for."""
_CHILD = """
import pickle, resource, sys
sys.path.insert(0, {tests!r})
with open({job!r}, "rb") as stream:
    function, kwargs, memory = pickle.load(stream)
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
from benchmarks.measure import work
work(function, kwargs, {result!r})
"""


@dataclass(frozen=True)
class Measured:
    """What a process brought.

    Parameters
    ----------
    result
        What the function returned; None where it failed.
    seconds
        Wall clock, start of the interpreter included.
    peak_mb
        Largest resident memory, megabytes.
    failure
        Why there is no result: ``stopped`` (too late), ``memory``, or the error; empty otherwise.
    """

    result: Any
    seconds: float
    peak_mb: float
    failure: str = ""


def measure(function: str, *, within_s: float, memory_gb: float = MEMORY_GB, **kwargs) -> Measured:
    """Call ``package.module:function`` with these arguments, in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        job, result = Path(folder) / "job", Path(folder) / "result"
        job.write_bytes(pickle.dumps((function, kwargs, int(memory_gb * 2**30))))
        text = _CHILD.format(tests=str(TESTS), job=str(job), result=str(result))
        started = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-P", "-c", text],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        ) as child:
            peak = 0.0
            late = False
            try:
                while child.poll() is None:
                    peak = max(peak, _resident_mb(child.pid))
                    late = time.monotonic() - started > within_s
                    if late:
                        break
                    time.sleep(POLL_S)
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
            seconds = time.monotonic() - started
            complaint = child.stderr.read().strip() if child.stderr else ""
        if late or not result.exists():
            return Measured(None, seconds, peak, _why(complaint, child.returncode, late=late))
        value, own_peak = pickle.loads(result.read_bytes())  # noqa: S301 (our own file)
        return Measured(value, seconds, max(peak, own_peak))


def work(function: str, kwargs: dict[str, Any], result: str) -> None:
    """Do what a child process does: call the function and leave its result in a file."""
    import importlib

    module, name = function.split(":")
    value = getattr(importlib.import_module(module), name)(**kwargs)
    part = Path(result).with_suffix(".part")
    part.write_bytes(pickle.dumps((value, _high_water_mb())))
    part.replace(result)


def _why(complaint: str, code: int, *, late: bool) -> str:
    if late:
        return "stopped"
    words = complaint.splitlines()[-1] if complaint else f"ended with {code}"
    return "memory" if "MemoryError" in words or "bad_alloc" in words else words


def _resident_mb(pid: int) -> float:
    """Add up the resident memory of a process and its descendants; 0 where /proc is absent."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, IndexError):
        return 0.0
    here = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return here + sum(_resident_mb(int(one)) for one in listed)


def _high_water_mb() -> float:
    """Read this process's own mark, which its parent's memory does not colour."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        import resource

        # kilobytes, but bytes on macOS
        unit = 1e6 if sys.platform == "darwin" else 1e3
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    marks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return marks[0] * 1024 / 1e6 if marks else 0.0
