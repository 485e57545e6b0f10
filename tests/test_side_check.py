"""Plans that are checked by a process of their own, one after another."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from metro_gis import side_check, side_process
from metro_gis.errors import PlanError
from metro_gis.plan_file import read_plan
from metro_gis.side_check import SideCheck, SideChecker


@pytest.fixture
def broken(own_workspace):
    """A plan that says it is another."""
    plan = own_workspace / "optimize/plans/default.gpkg"
    with closing(sqlite3.connect(plan)) as database, database:
        database.execute("UPDATE plan_info SET value = '\"0\"' WHERE key = 'plan_id'")
    return plan


@pytest.fixture
def honest(own_workspace):
    """A plan that holds, and its id."""
    plan = own_workspace / "optimize/plans/default.gpkg"
    return plan, read_plan(plan).plan_id


def no_check_here(*_):
    pytest.fail("the plan was checked by this process")


def test_honest_plan_is_checked_beside(own_workspace, honest, monkeypatch):
    """A plan that holds passes, and this process does not check it again."""
    monkeypatch.setattr(side_check, "verify_plan", no_check_here)
    with SideChecker(own_workspace) as checker:
        # what is worked out for the first serves the others
        checks = [checker.check(*honest) for _ in range(3)]
        for check in checks:
            check.require_honest()
            assert check.is_over()


def test_broken_plan_is_refused_with_its_breaches(own_workspace, broken):
    """What the process finds is told as by any other check."""
    with SideChecker(own_workspace) as checker, pytest.raises(PlanError) as refused:
        checker.check(broken, "0").require_honest()
    assert {fault.code for fault in refused.value.faults} == {"plan-breach"}


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false", "/bin/true", "/bin/echo"])
def test_plan_is_checked_here_where_no_process_can_do_it(
    own_workspace, broken, monkeypatch, python
):
    """Without a Python to start, or with one that fails, nothing passes unchecked."""
    monkeypatch.setattr(side_process.sys, "executable", python)
    with SideChecker(own_workspace) as checker:
        for check in [checker.check(broken, "0"), checker.check(broken, "0")]:
            with pytest.raises(PlanError):
                check.require_honest()


def test_unfinished_check_is_ended(own_workspace, honest, monkeypatch):
    """Whoever leaves before the end leaves no process behind."""
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        side_process.subprocess,
        "Popen",
        lambda *words, **how: started.append(popen(*words, **how)) or started[-1],
    )
    with SideChecker(own_workspace) as checker:
        first, second = checker.check(*honest), checker.check(*honest)
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert first.is_over()
    assert second.is_over()


def test_plan_is_taken_out_of_the_line(own_workspace, honest, monkeypatch):
    """What is taken out before its turn is not checked, what has begun cannot be."""
    monkeypatch.setattr(side_process.sys, "executable", "/no/such/python")
    with SideChecker(own_workspace) as checker:
        check = checker.check(*honest)
        while not check.is_over():
            time.sleep(0.01)
        assert not check.begin()
    waiting = SideCheck(*honest, no_check_here)
    assert waiting.begin()
    assert not waiting.begin()
    assert not waiting.is_over()


def test_no_plan_passes_by_the_answer_for_another(own_workspace, honest, tmp_path, monkeypatch):
    """Where a process says more than it was asked, what it says later is not believed either."""
    plan, plan_id = honest
    other = tmp_path / "other.gpkg"
    shutil.copy(plan, other)
    with closing(sqlite3.connect(other)) as database, database:
        database.execute("UPDATE plan_info SET value = '\"0\"' WHERE key = 'plan_id'")
    chatty = tmp_path / "python"
    answer = json.dumps({"ok": True, "plan_id": plan_id})
    chatty.write_text(f"#!/bin/sh\necho '{answer}'\nexec {sys.executable} \"$@\"\n")
    chatty.chmod(0o700)
    monkeypatch.setattr(side_process.sys, "executable", str(chatty))
    with SideChecker(own_workspace) as checker:
        checker.check(plan, plan_id).require_honest()
        for _ in range(2):
            with pytest.raises(PlanError):
                checker.check(other, "0").require_honest()
