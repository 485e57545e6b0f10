"""Risk classes of polling stations, the guard patterns they call for, and ladders.

A *pattern* says how a risk class is guarded: officers in a team, the most stations a team may
cover, and Linmas (civil guards) at every station. The pattern of class *low* is a *ladder*: a
list of rungs that the commander stretches until the headcount fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class RiskClass(StrEnum):
    """Risk class of a station, from the mildest to the strictest."""

    LOW = "low"
    ELEVATED = "elevated"
    HIGH = "high"
    SPECIAL = "special"


INDONESIAN_CLASSES = {
    "kurang rawan": RiskClass.LOW,
    "rawan": RiskClass.ELEVATED,
    "sangat rawan": RiskClass.HIGH,
    "khusus": RiskClass.SPECIAL,
}

COVER_TIERS: tuple[tuple[RiskClass, ...], ...] = (
    (RiskClass.SPECIAL, RiskClass.HIGH),
    (RiskClass.ELEVATED,),
    (RiskClass.LOW,),
)
"""Classes whose uncovered stations are counted together, the most important first."""


def parse_risk_class(word: str) -> RiskClass | None:
    """Read a risk class in English or Indonesian.

    Parameters
    ----------
    word
        For example ``"low"`` or ``"Kurang  Rawan"``; case and spacing do not matter.

    Returns
    -------
    RiskClass or None
        None where the word names no class: there is no default class.

    Examples
    --------
    >>> parse_risk_class("Sangat Rawan")
    <RiskClass.HIGH: 'high'>
    >>> parse_risk_class("sgt rawan") is None
    True
    """
    folded = " ".join(word.split()).casefold()
    if folded in INDONESIAN_CLASSES:
        return INDONESIAN_CLASSES[folded]
    return RiskClass(folded) if folded in set(RiskClass) else None


@dataclass(frozen=True, slots=True)
class Pattern:
    """How stations of one risk class are guarded.

    Parameters
    ----------
    officers
        Police officers in a team.
    ladder
        Most stations per team, one entry per rung in rising order; a class without a ladder has
        a single entry.
    linmas
        Civil guards at every station (counted, never assigned).

    Raises
    ------
    ValueError
        If a number is below one or the rungs do not rise.
    """

    officers: int
    ladder: tuple[int, ...]
    linmas: int = 2

    def __post_init__(self) -> None:
        if self.officers < 1 or not self.ladder or self.ladder[0] < 1 or self.linmas < 0:
            message = f"a pattern needs officers and stations of at least one, got {self}"
            raise ValueError(message)
        if any(a >= b for a, b in zip(self.ladder, self.ladder[1:], strict=False)):
            message = f"the rungs of a ladder must rise, got {self.ladder}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Doctrine:
    """The pattern of every risk class.

    Parameters
    ----------
    patterns
        One pattern for each of the four classes; only *low* may have more than one rung.

    Raises
    ------
    ValueError
        If a class has no pattern, or one other than *low* has a ladder.
    """

    patterns: Mapping[RiskClass, Pattern]

    def __post_init__(self) -> None:
        for risk_class in RiskClass:
            if risk_class not in self.patterns:
                message = f"class {risk_class} has no pattern"
                raise ValueError(message)
            if risk_class is not RiskClass.LOW and len(self.patterns[risk_class].ladder) != 1:
                message = f"only class low may have a ladder, not {risk_class}"
                raise ValueError(message)

    @property
    def ladder(self) -> tuple[int, ...]:
        """Rungs of class *low*: most stations per team, rising."""
        return self.patterns[RiskClass.LOW].ladder

    def stations_per_team(self, risk_class: RiskClass, rung: int) -> int:
        """Give the most stations of a class that one team may cover.

        Parameters
        ----------
        risk_class
            The class.
        rung
            Rung of *low*; other classes do not depend on it.

        Returns
        -------
        int
            ``m`` of the class.
        """
        return rung if risk_class is RiskClass.LOW else self.patterns[risk_class].ladder[0]

    def weights(self, rung: int) -> tuple[dict[RiskClass, int], int]:
        """Express the load of a station as a whole number.

        Parameters
        ----------
        rung
            Rung of *low*.

        Returns
        -------
        weights : dict
            Share of a team that a station of each class takes up.
        full : int
            What a full team adds up to: the least common multiple of all ``m``.
        """
        most = {cls: self.stations_per_team(cls, rung) for cls in RiskClass}
        full = math.lcm(*most.values())
        return {cls: full // stations for cls, stations in most.items()}, full
