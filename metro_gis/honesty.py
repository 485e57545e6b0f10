"""Plans that break a rule are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.errors import Fault, Phrase, PlanError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metro_gis.verify import Breach, Verdict

__all__ = ["breach_faults", "require_honest"]


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
    if not verdict.ok:
        raise PlanError(breach_faults(verdict.breaches, target))


def breach_faults(breaches: Sequence[Breach], target: Path) -> list[Fault]:
    """Word what the checker found.

    Parameters
    ----------
    breaches
        Rules that a plan breaks.
    target
        The plan file, as messages name it.

    Returns
    -------
    list of Fault
        One for each.
    """
    faults = []
    for breach in breaches:
        told = Phrase(f"breach.{breach.code}", breach.params)
        changed = breach.code == "input-changed"
        code = "plan-inputs-changed" if changed else "plan-breach"
        faults.append(Fault(code, file=target.name, params={"breach": told}))
    return faults
