"""Plans that are checked by a process of their own."""

import signal
import sqlite3
import subprocess
from contextlib import closing

import pytest

from metro_gis import side_check, side_process
from metro_gis.errors import PlanError
from metro_gis.side_check import SideCheck


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
    with SideCheck(own_workspace / "optimize/plans/default.gpkg", own_workspace) as check:
        check.require_honest()


def test_broken_plan_is_refused_with_its_breaches(own_workspace, broken):
    """What the process finds is told as by any other check."""
    with SideCheck(broken, own_workspace) as check, pytest.raises(PlanError) as refused:
        check.require_honest()
    assert {fault.code for fault in refused.value.faults} == {"plan-breach"}


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false", "/bin/true", "/bin/echo"])
def test_plan_is_checked_here_where_no_process_can_do_it(
    own_workspace, broken, monkeypatch, python
):
    """Without a Python to start, or with one that fails, nothing passes unchecked."""
    monkeypatch.setattr(side_process.sys, "executable", python)
    with SideCheck(broken, own_workspace) as check, pytest.raises(PlanError):
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
    with (
        pytest.raises(KeyboardInterrupt),
        SideCheck(own_workspace / "optimize/plans/default.gpkg", own_workspace),
    ):
        raise KeyboardInterrupt
    assert [process.returncode for process in started] == [-signal.SIGKILL]
