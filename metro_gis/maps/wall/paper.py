"""Sheets of paper and what stands where on them, in millimetres from the upper left corner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

PAPERS: Final = {
    "A0": (841.0, 1189.0),
    "A1": (594.0, 841.0),
    "A2": (420.0, 594.0),
    "A3": (297.0, 420.0),
    "A4": (210.0, 297.0),
}
"""Short and long side, mm (ISO 216)."""

MARGIN: Final = 8.0  # what common printers leave white, and a little more
GAP: Final = 4.0
COLUMN: Final = 76.0
BAND: Final = 84.0
FOOT: Final = 5.0
EDGE: Final = 4.0
"""Width of the strip around the map that bears the letters of its squares, in units."""

__all__ = ["EDGE", "MARGIN", "PAPERS", "Layout", "Rect", "lay_out", "sheet_size", "unit_of"]


@dataclass(frozen=True, slots=True)
class Rect:
    """A part of the sheet.

    Parameters
    ----------
    left, top
        Upper left corner, mm.
    width, height
        Size, mm.
    """

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right side, mm."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Lower side, mm."""
        return self.top + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Middle, mm."""
        return self.left + self.width / 2, self.top + self.height / 2

    def shrunk(self, by: float) -> Rect:
        """Take a strip away all around.

        Parameters
        ----------
        by
            Width of the strip, mm.

        Returns
        -------
        Rect
            What is left.
        """
        return Rect(self.left + by, self.top + by, self.width - 2 * by, self.height - 2 * by)


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands where on a sheet.

    Parameters
    ----------
    width, height
        Size of the sheet, mm.
    unit
        What a millimetre on A3 is on this sheet: letters and signs grow with the paper, by less
        than the map does.
    head, frame, foot
        Head, map and foot.
    columns
        Columns of the legend, in reading order: beside the map in landscape, below it in portrait.
    """

    width: float
    height: float
    unit: float
    head: Rect
    frame: Rect
    foot: Rect
    columns: tuple[Rect, ...]


def unit_of(paper: str) -> float:
    """Say what a millimetre on A3 is on another sheet.

    Parameters
    ----------
    paper
        One of `PAPERS`.

    Returns
    -------
    float
        Millimetres; the root of the ratio of the sheets' sides.
    """
    return math.sqrt(PAPERS[paper][0] / PAPERS["A3"][0])


def sheet_size(paper: str, *, landscape: bool) -> tuple[float, float]:
    """Give the size of a sheet.

    Parameters
    ----------
    paper
        One of `PAPERS`.
    landscape
        Whether it lies on its long side.

    Returns
    -------
    tuple of float
        Width and height, mm.
    """
    short, long = PAPERS[paper]
    return (long, short) if landscape else (short, long)


def lay_out(paper: str, *, landscape: bool, head_mm: float) -> Layout:
    """Divide a sheet.

    Parameters
    ----------
    paper
        One of `PAPERS`.
    landscape
        Whether it lies on its long side.
    head_mm
        Height that the head takes, mm.

    Returns
    -------
    Layout
        Its parts.
    """
    width, height = sheet_size(paper, landscape=landscape)
    unit = unit_of(paper)
    margin, gap = MARGIN * unit, GAP * unit
    inner = width - 2 * margin
    head = Rect(margin, margin, inner, head_mm)
    foot = Rect(margin, height - margin - FOOT * unit, inner, FOOT * unit)
    top = head.bottom + gap / 2
    body = foot.top - gap / 2 - top
    if landscape:
        column = COLUMN * unit
        frame = Rect(margin, top, inner - column - gap, body)
        columns: tuple[Rect, ...] = (Rect(frame.right + gap, top, column, body),)
    else:
        band = BAND * unit
        frame = Rect(margin, top, inner, body - band - gap)
        count = int((inner + gap) // (COLUMN * unit + gap))
        column = (inner - (count - 1) * gap) / count
        columns = tuple(
            Rect(margin + place * (column + gap), frame.bottom + gap, column, band)
            for place in range(count)
        )
    return Layout(width, height, unit, head, frame, foot, columns)
