"""Searches in a process of its own: the same plans, and nothing left behind."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import toys
from optimize_towns import larger_town

from metro_gis import side_process
from metro_gis.optimize import Settings, optimize
from metro_gis.optimize.curve import Drafts, draft_curve, trace_curve
from metro_gis.optimize.sharing import with_total
from metro_gis.optimize.side_search import WORKER, SideSearch

EXACT = Settings(time_limit_s=30.0, gap=0.0, threads=1)


def values(outcome):
    return tuple(aim.value for aim in outcome.aims)


@pytest.fixture
def started(monkeypatch):
    """Every process that was started."""
    processes, popen = [], subprocess.Popen
    monkeypatch.setattr(
        side_process.subprocess,
        "Popen",
        lambda *words, **how: processes.append(popen(*words, **how)) or processes[-1],
    )
    return processes


def test_process_finds_what_is_found_here(started):
    """Plans, bounds and words on the way are those of a search here; then the process ends."""
    problem, heard = toys.line_town(), []
    with SideSearch(problem, EXACT.seed) as side:
        for total in (6, 4, 2, 4):
            found = side.find(total, EXACT, listener=lambda *said: heard.append(said))
            alone = optimize(with_total(problem, total), EXACT)
            assert found.aims == alone.aims
            assert found.beats == alone.beats
    assert {name for name, _, _ in heard} >= {"strength", "nearness"}
    assert [process.returncode for process in started] == [-signal.SIGKILL]


def test_process_goes_on_from_a_plan():
    """A plan that is given is not lost, however short the search."""
    problem = larger_town(3)
    total = sum(post.station_officers for post in problem.posts)
    best = optimize(with_total(problem, total), EXACT)
    with SideSearch(problem, EXACT.seed) as side:
        hasty = side.find(total, Settings(time_limit_s=0.02, gap=0.0), best)
    assert values(hasty) <= values(best)


def test_who_asks_to_stop_does_not_wait(started):
    """A stop ends the process in the midst of its search."""
    stop = threading.Event()
    with SideSearch(toys.line_town(), EXACT.seed) as side:
        threading.Timer(0.3, stop.set).start()
        # the process is still being loaded
        assert side.find(4, EXACT, stop=stop) is None
        assert started[0].returncode == -signal.SIGKILL
        assert side.find(4, EXACT) is None


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false", "/bin/true", "/bin/echo"])
def test_curve_is_traced_here_where_no_process_can_do_it(monkeypatch, python):
    """Without a Python to start, or with one that fails, there are no drafts, and all points."""
    monkeypatch.setattr(side_process.sys, "executable", python)
    problem, totals = toys.line_town(), [2, 4, 6]
    with SideSearch(problem, EXACT.seed) as one, SideSearch(problem, EXACT.seed) as two:
        drafts = Drafts([one, two])
        assert not list(draft_curve(problem, totals, drafts, EXACT, seconds=lambda: 30.0))
        points = list(trace_curve(problem, totals, EXACT, drafts=drafts))
    assert [values(point.outcome) for point in points] == [
        values(optimize(with_total(problem, total), EXACT)) for total in totals
    ]


def test_process_that_chatters_is_not_heard(tmp_path, monkeypatch):
    """What is no answer ends the talk, whatever it looks like; nobody waits."""
    problem, python = toys.line_town(), sys.executable
    for noise in ("Intel library loaded", "hello", ""):
        chatty = tmp_path / "python"
        chatty.write_text(f'#!/bin/sh\necho "{noise}"\nexec {python} "$@"\n')
        chatty.chmod(0o700)
        monkeypatch.setattr(side_process.sys, "executable", str(chatty))
        with SideSearch(problem, EXACT.seed) as side:
            assert side.find(4, EXACT) is None
            assert side.find(4, EXACT) is None


@pytest.mark.parametrize("heard", [10, 70_000])
def test_question_that_breaks_off_ends_the_process(heard):
    """When whoever asks is gone in the midst of a question, nobody waits for the rest."""
    process = side_process.start_module(WORKER, stdin=subprocess.PIPE)
    process.stdin.write(pickle.dumps(bytes(100_000))[:heard])
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_process_that_died_is_done_without():
    """Drafts that are there are kept, what is open is searched for here."""
    problem, totals = toys.line_town(), [2, 4, 6]
    with SideSearch(problem, EXACT.seed) as side:
        drafts = Drafts([side])
        points = draft_curve(problem, totals, drafts, EXACT, seconds=lambda: 30.0)
        assert next(points).officers == 6
        side.end()
        list(points)
        traced = list(trace_curve(problem, totals, EXACT, drafts=drafts))
    assert [point.officers for point in traced] == totals
    assert all(point.outcome.gap == 0.0 for point in traced)


def test_process_ends_with_whoever_asked(tmp_path):
    """When the asking process is killed, the other does not search on for nobody."""
    asking = """
import os, sys, threading
sys.path.insert(0, sys.argv[1])
from optimize_towns import larger_town
from metro_gis.optimize import Settings
from metro_gis.optimize.side_search import WORKER, SideSearch
side = SideSearch(larger_town(3), 1)
side.find(4, Settings(time_limit_s=5.0))
print(side._process.pid, flush=True)
threading.Event().wait()
"""
    words = [sys.executable, "-c", asking, str(Path(__file__).parents[1])]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        number = int(process.stdout.readline())
        process.kill()
    ends = time.monotonic() + 30
    with suppress(OSError):
        while time.monotonic() < ends:
            os.kill(number, 0)
            if "Z" in Path(f"/proc/{number}/stat").read_text().rsplit(")")[1].split()[0]:
                return
            time.sleep(0.05)
        pytest.fail("the process searches on")
