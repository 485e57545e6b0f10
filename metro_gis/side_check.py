"""A plan is checked by a process of its own, while something else is being done.

The checker is written in plain Python: in a thread it would keep the search from its work.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from metro_gis.honesty import require_honest
from metro_gis.side_process import start_module
from metro_gis.verify import verify_plan

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["SideCheck"]


class SideCheck:
    """One plan being checked; leaving its context ends the process, finished or not.

    Parameters
    ----------
    plan_file
        The plan, which stays where it is until the check is over.
    workspace
        Folder of its inputs.
    """

    def __init__(self, plan_file: Path, workspace: Path) -> None:
        self.plan_file, self.workspace = plan_file, workspace
        words = [str(plan_file), "--workspace", str(workspace), "--json"]
        # where no process can be had, the plan is checked in this one
        self._process = start_module("metro_gis.verify", *words)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process.wait()

    def is_over(self) -> bool:
        """Tell whether the answer is there.

        Returns
        -------
        bool
            False while the plan is still being checked.
        """
        return self._process is None or self._process.poll() is not None

    def require_honest(self) -> None:
        """Wait until the check is over.

        Raises
        ------
        PlanError
            With every breach that was found.
        """
        if not self._holds():
            # whatever else the process said, what is wrong is told by a check here
            require_honest(verify_plan(self.plan_file, self.workspace), self.plan_file)

    def _holds(self) -> bool:
        if self._process is None:
            return False
        told, _ = self._process.communicate()
        with suppress(ValueError, TypeError, KeyError):
            return json.loads(told)["ok"] is True
        return False
