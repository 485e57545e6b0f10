"""What is wrong with one cell, before it is known which file and row it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CellError", "Flaw", "Params"]

Params = dict[str, str | int | float]
"""What the placeholders of a message stand for."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a cell.

    Parameters
    ----------
    code
        Code of the fault it becomes.
    params
        What the message's placeholders stand for.
    """

    code: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)


class CellError(ValueError):
    """A cell that cannot be read as what its column holds.

    Parameters
    ----------
    flaw
        What is wrong with it.
    """

    def __init__(self, flaw: Flaw) -> None:
        self.flaw = flaw
        super().__init__(flaw.code)
