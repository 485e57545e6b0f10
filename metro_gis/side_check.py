"""Plans are checked by a process of its own, one after another, while something else is being done.

The checker is written in plain Python: in a thread it would keep the search from its work. What it
works out of the inputs serves all plans of these.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

from metro_gis.honesty import require_honest
from metro_gis.side_process import start_module
from metro_gis.verify import Known, verify_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
__all__ = ["SideCheck", "SideChecker"]


class SideChecker(AbstractContextManager["SideChecker"]):
    """Checks plans of one workspace; leaving its context ends the process, finished or not.

    Parameters
    ----------
    workspace
        Folder of the plans' inputs.
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._line: queue.Queue[SideCheck | None] = queue.Queue()
        words = ["-", "--workspace", str(workspace), "--json"]
        # where no process can be had, plans are checked in this one
        self._process = start_module("metro_gis.verify", *words, stdin=subprocess.PIPE)
        self._is_heard, self._known = True, Known()
        self._hand = threading.Thread(target=self._work, daemon=True)
        self._hand.start()

    def __exit__(self, *_: object) -> None:
        self._line.put(None)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        # without its process it is done at once
        self._hand.join()
        for pipe in (self._process.stdin, self._process.stdout) if self._process else ():
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def check(self, plan_file: Path, plan_id: str) -> SideCheck:
        """Put a plan in line.

        Parameters
        ----------
        plan_file
            The plan, which stays where it is until the check is over.
        plan_id
            Its id.

        Returns
        -------
        SideCheck
            To ask how it ended.
        """
        check = SideCheck(plan_file, plan_id, self._check_here)
        self._line.put(check)
        return check

    def _work(self) -> None:
        while (check := self._line.get()) is not None:
            if check.begin():
                check.end(holds=self._holds(check))

    def _holds(self, check: SideCheck) -> bool:
        process = self._process
        if not self._is_heard or process is None or process.stdin is None or process.stdout is None:
            return False
        with suppress(OSError, ValueError, TypeError, KeyError):
            process.stdin.write(f"{check.plan_file}\n".encode())
            process.stdin.flush()
            told = json.loads(process.stdout.readline())
            if told["plan_id"] == check.plan_id:
                return told["ok"] is True
        # whatever is no answer for this plan says nothing of any, nor does what comes after it
        self._is_heard = False
        return False

    def _check_here(self, plan_file: Path) -> None:
        require_honest(verify_plan(plan_file, self.workspace, self._known), plan_file)


class SideCheck:
    """One plan that is checked, or waits for it.

    Parameters
    ----------
    plan_file
        The plan.
    plan_id
        Its id.
    check_here
        Checks it in this process.
    """

    def __init__(self, plan_file: Path, plan_id: str, check_here: Callable[[Path], None]) -> None:
        self.plan_file, self.plan_id, self._check_here = plan_file, plan_id, check_here
        self._begun, self._over, self._holds = threading.Lock(), threading.Event(), False

    def begin(self) -> bool:
        """Take it out of the line.

        Returns
        -------
        bool
            False where somebody else has.
        """
        return self._begun.acquire(blocking=False)

    def end(self, *, holds: bool) -> None:
        """Say how it ended.

        Parameters
        ----------
        holds
            Whether the process found no breach.
        """
        self._holds = holds
        self._over.set()

    def is_over(self) -> bool:
        """Tell whether the answer is there.

        Returns
        -------
        bool
            False while the plan is still being checked.
        """
        return self._over.is_set()

    def require_honest(self) -> None:
        """Wait until the check is over.

        Raises
        ------
        PlanError
            With every breach that was found.
        """
        self._over.wait()
        if not self._holds:
            # whatever else the process said, what is wrong is told by a check here
            self._check_here(self.plan_file)
