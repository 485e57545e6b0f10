"""Plans that are checked by a process of their own, one after another."""

import signal
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from metro_gis import side_check, side_process
from metro_gis.errors import PlanError
from metro_gis.side_check import SideCheck, SideChecker


@pytest.fixture
def broken(own_workspace):
    """A plan that says it is another."""
    plan = own_workspace / "optimize/plans/default.gpkg"
    with closing(sqlite3.connect(plan)) as database, database:
        database.execute("UPDATE plan_info SET value = '\"0\"' WHERE key = 'plan_id'")
    return plan


def no_check_here(*_):
    pytest.fail("the plan was checked by this process")


def test_honest_plan_is_checked_beside(own_workspace, monkeypatch):
    """A plan that holds passes, and this process does not check it again."""
    monkeypatch.setattr(side_check, "verify_plan", no_check_here)
    plan = own_workspace / "optimize/plans/default.gpkg"
    with SideChecker(own_workspace) as checker:
        # what is worked out for the first serves the others
        checks = [checker.check(plan) for _ in range(3)]
        for check in checks:
            check.require_honest()
            assert check.is_over()


def test_broken_plan_is_refused_with_its_breaches(own_workspace, broken):
    """What the process finds is told as by any other check."""
    with SideChecker(own_workspace) as checker, pytest.raises(PlanError) as refused:
        checker.check(broken).require_honest()
    assert {fault.code for fault in refused.value.faults} == {"plan-breach"}


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false", "/bin/true", "/bin/echo"])
def test_plan_is_checked_here_where_no_process_can_do_it(
    own_workspace, broken, monkeypatch, python
):
    """Without a Python to start, or with one that fails, nothing passes unchecked."""
    monkeypatch.setattr(side_process.sys, "executable", python)
    with SideChecker(own_workspace) as checker:
        for check in [checker.check(broken), checker.check(broken)]:
            with pytest.raises(PlanError):
                check.require_honest()


def test_unfinished_check_is_ended(own_workspace, monkeypatch):
    """Whoever leaves before the end leaves no process behind."""
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        side_process.subprocess,
        "Popen",
        lambda *words, **how: started.append(popen(*words, **how)) or started[-1],
    )
    plan = own_workspace / "optimize/plans/default.gpkg"
    with SideChecker(own_workspace) as checker:
        first, second = checker.check(plan), checker.check(plan)
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert first.is_over()
    assert second.is_over()


def test_plan_is_taken_out_of_the_line(own_workspace, monkeypatch):
    """What is taken out before its turn is not checked, what has begun cannot be."""
    monkeypatch.setattr(side_process.sys, "executable", "/no/such/python")
    with SideChecker(own_workspace) as checker:
        check = checker.check(own_workspace / "optimize/plans/default.gpkg")
        while not check.is_over():
            time.sleep(0.01)
        assert not check.begin()
    waiting = SideCheck(own_workspace / "optimize/plans/default.gpkg", own_workspace)
    assert waiting.begin()
    assert not waiting.begin()
    assert not waiting.is_over()
