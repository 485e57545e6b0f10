"""Plans that break a rule are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.errors import Fault, Phrase, PlanError

if TYPE_CHECKING:
    from pathlib import Path

    from metro_gis.verify import Verdict

__all__ = ["require_honest"]


def require_honest(verdict: Verdict, target: Path) -> None:
    """Refuse a plan in which the independent checker found a breach.

    Parameters
    ----------
    verdict
        What it found.
    target
        The plan file, as messages name it.

    Raises
    ------
    PlanError
        With every breach.
    """
    if verdict.ok:
        return
    faults = []
    for breach in verdict.breaches:
        told = Phrase(f"breach.{breach.code}", breach.params)
        changed = breach.code == "input-changed"
        code = "plan-inputs-changed" if changed else "plan-breach"
        faults.append(Fault(code, file=target.name, params={"breach": told}))
    raise PlanError(faults)
