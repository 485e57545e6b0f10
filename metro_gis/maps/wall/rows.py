"""Rows of the legend, and how they flow through its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from metro_gis.maps.wall.looks import INK, NAVY, SOFT
from metro_gis.maps.wall.svg import add, letters, mm
from metro_gis.maps.wall.widths import LINE, fit, width_mm, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.maps.wall.paper import Rect

TEXT: Final = 2.5  # letters, units
HEADING: Final = 3.1
SMALL: Final = 2.1
ROW: Final = 4.1
BEFORE_HEADING: Final = 2.2

__all__ = ["HEADING", "ROW", "SMALL", "TEXT", "Flow", "Row", "Writer"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row, drawn from its upper left corner.

    Parameters
    ----------
    height
        Its height, mm.
    drawing
        A group.
    """

    height: float
    drawing: ET.Element


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes rows of one width.

    Parameters
    ----------
    width
        Their width, mm.
    unit
        What a millimetre on A3 is on this sheet.
    """

    width: float
    unit: float

    def blank(self, height: float) -> Row:
        """Make a row to be drawn in.

        Parameters
        ----------
        height
            Its height, units.

        Returns
        -------
        Row
            An empty row.
        """
        return Row(height * self.unit, ET.Element("g"))

    def heading(self, words: str) -> Row:
        """Write a heading.

        Parameters
        ----------
        words
            Its text.

        Returns
        -------
        Row
            Bold letters over a line.
        """
        row = self.blank(BEFORE_HEADING + HEADING * LINE + 1.4)
        size = HEADING * self.unit
        shown = fit(words, self.width, size, bold=True)
        middle = (BEFORE_HEADING + HEADING * LINE / 2) * self.unit
        letters(row.drawing, shown, 0, middle, size, font_weight="bold", fill=NAVY)
        line = row.height - 0.9 * self.unit
        add(
            row.drawing,
            "path",
            d=f"M0 {mm(line)}H{mm(self.width)}",
            stroke=NAVY,
            stroke_width=0.25 * self.unit,
        )
        return row

    def text(self, words: str, size: float = SMALL, *, bold: bool = False) -> list[Row]:
        """Write a paragraph.

        Parameters
        ----------
        words
            Its text.
        size
            Size of its letters, units.
        bold
            Whether they are bold.

        Returns
        -------
        list of Row
            One for each line.
        """
        rows = []
        for line in wrap(words, self.width, size * self.unit, bold=bold):
            row = self.blank(size * 1.32)
            weight = "bold" if bold else "normal"
            colour = INK if bold else SOFT
            at = (0.0, row.height / 2, size * self.unit)
            letters(row.drawing, line, *at, font_weight=weight, fill=colour)
            rows.append(row)
        return rows

    def entry(self, words: str, value: str = "", *, indent: float = 0.0, size: float = TEXT) -> Row:
        """Write a name and what is said of it.

        Parameters
        ----------
        words
            On the left; cut if they are too long.
        value
            On the right.
        indent
            Room for a sign on the left, units.
        size
            Size of the letters, units.

        Returns
        -------
        Row
            One line.
        """
        row = self.blank(ROW * size / TEXT)
        self.cell(row, words, value, left=indent * self.unit, right=self.width, size=size)
        return row

    def cell(
        self, row: Row, words: str, value: str, *, left: float, right: float, size: float
    ) -> None:
        """Write a name and what is said of it into a part of a row.

        Parameters
        ----------
        row
            The row.
        words, value
            On the left and on the right.
        left, right
            Sides of the part, mm.
        size
            Size of the letters, units.
        """
        own, middle = size * self.unit, row.height / 2
        room = right - left
        if value:
            letters(row.drawing, value, right, middle, own, font_weight="bold", text_anchor="end")
            room -= width_mm(value, own, bold=True) + own
        letters(row.drawing, fit(words, room, own), left, middle, own)


@dataclass(slots=True)
class Flow:
    """Columns that are filled with rows one after the other.

    Parameters
    ----------
    parent
        Where rows are added.
    columns
        The columns, mm.
    """

    parent: ET.Element
    columns: Sequence[Rect]
    _column: int = field(default=0, init=False)
    _used: float = field(default=0.0, init=False)

    def room(self) -> list[float]:
        """Tell what is left.

        Returns
        -------
        list of float
            Height that is left in this column and in those after it, mm.
        """
        heights = [column.height for column in self.columns[self._column :]]
        return [heights[0] - self._used, *heights[1:]] if heights else []

    def add(self, *rows: Row) -> None:
        """Add rows that stay together.

        Parameters
        ----------
        *rows
            The rows; the last column takes what is too high for it all the same.
        """
        height = sum(row.height for row in rows)
        column = self.columns[self._column]
        if self._used + height > column.height and self._column + 1 < len(self.columns):
            self._column, self._used = self._column + 1, 0.0
            column = self.columns[self._column]
        for row in rows:
            row.drawing.set(
                "transform", f"translate({mm(column.left)} {mm(column.top + self._used)})"
            )
            self.parent.append(row.drawing)
            self._used += row.height
