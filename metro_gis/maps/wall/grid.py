"""Lettered squares over the map, by which places are called over the radio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from metro_gis.maps.wall.paper import Rect

LONG: Final = 8
SHORT: Final = 6

__all__ = ["Squares"]


@dataclass(frozen=True, slots=True)
class Squares:
    """The squares of a map: letters from west to east, numbers from north to south.

    Parameters
    ----------
    room
        What they divide, mm.
    columns, rows
        How many there are.
    """

    room: Rect
    columns: int
    rows: int

    @classmethod
    def over(cls, room: Rect) -> Squares:
        """Divide a map: eight squares along its long side, six along the other.

        Parameters
        ----------
        room
            The map, mm.

        Returns
        -------
        Squares
            Its squares.
        """
        wide = room.width >= room.height
        return cls(room, LONG if wide else SHORT, SHORT if wide else LONG)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a square, mm."""
        return self.room.width / self.columns, self.room.height / self.rows

    def name(self, x: float, y: float) -> str:
        """Name the square of a place.

        Parameters
        ----------
        x, y
            Place on the sheet, mm.

        Returns
        -------
        str
            For example ``"C4"``; what lies on a border belongs to the square after it.

        Examples
        --------
        >>> from metro_gis.maps.wall.paper import Rect
        >>> squares = Squares.over(Rect(0, 0, 80, 60))
        >>> squares.name(25, 31), squares.name(80, 60)
        ('C4', 'H6')
        """
        width, height = self.size
        column = min(max(int((x - self.room.left) / width), 0), self.columns - 1)
        row = min(max(int((y - self.room.top) / height), 0), self.rows - 1)
        return f"{self.letter(column)}{row + 1}"

    @staticmethod
    def letter(column: int) -> str:
        """Name a column.

        Parameters
        ----------
        column
            Its number, from nought.

        Returns
        -------
        str
            Its letter.
        """
        return chr(ord("A") + column)
