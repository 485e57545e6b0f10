"""Where names may stand: the important ones first, each where it covers no other, or not at all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from metro_gis.maps.wall.widths import LINE, width_mm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from metro_gis.maps.wall.paper import Rect

Box = tuple[float, float, float, float]
"""Left, top, right and lower side, mm."""
Anchor = Literal["start", "middle", "end"]
Kind = Literal["post", "kecamatan", "uncovered", "team", "kelurahan", "station"]
KINDS: Final[tuple[Kind, ...]] = (
    "post",
    "kecamatan",
    "uncovered",
    "team",
    "kelurahan",
    "station",
)
"""Kinds of names, the most important first."""

CROWD: Final = 4
"""Where so many signs are covered, more of them are no worse: a name stays with what it names."""

__all__ = ["KINDS", "Anchor", "Box", "Boxes", "Kind", "Placed", "Spot", "Wish", "place_names"]


class Boxes:
    """Boxes, found quickly by where they are.

    Parameters
    ----------
    cell
        Size of the cells by which they are kept, mm; about that of a common box.
    """

    def __init__(self, cell: float) -> None:
        self._cell = cell
        self._kept: defaultdict[tuple[int, int], list[tuple[int, Box]]] = defaultdict(list)
        self._count = 0

    def _cells(self, box: Box) -> Iterator[tuple[int, int]]:
        left, top, right, bottom = (int(side // self._cell) for side in box)
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                yield column, row

    def add(self, box: Box) -> None:
        """Keep a box.

        Parameters
        ----------
        box
            Its sides, mm.
        """
        for cell in self._cells(box):
            self._kept[cell].append((self._count, box))
        self._count += 1

    def hits(self, box: Box) -> int:
        """Count the boxes that a box overlaps; those that only touch it do not count.

        Parameters
        ----------
        box
            Its sides, mm.

        Returns
        -------
        int
            How many there are.
        """
        left, top, right, bottom = box
        found = {
            number
            for cell in self._cells(box)
            for number, (west, north, east, south) in self._kept.get(cell, ())
            if west < right and left < east and north < bottom and top < south
        }
        return len(found)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where a name might stand.

    Parameters
    ----------
    x, y
        Its middle line: where it begins, where its middle is or where it ends, and its height, mm.
    anchor
        Which of the three ``x`` is.
    away
        Whether it is so far from what it names that a line has to join them.
    cost
        How many signs of stations a name would rather cover than stand here.
    """

    x: float
    y: float
    anchor: Anchor
    away: bool = False
    cost: float = 0.0

    def box(self, width: float, height: float) -> Box:
        """Say which room a name takes here.

        Parameters
        ----------
        width, height
            Its size, mm.

        Returns
        -------
        tuple of float
            Its sides, mm.
        """
        left = self.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return left, self.y - height / 2, left + width, self.y + height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A name that asks for room.

    Parameters
    ----------
    kind
        What it names.
    words
        The name.
    at
        What it names stands here, mm.
    size
        Size of its letters, mm.
    bold, italic
        Its letters.
    colour
        Their colour.
    spots
        Where it may stand, the plainest first, their costs rising.
    over_stations
        Whether it may cover signs of stations, if there is no better place.
    """

    kind: Kind
    words: str
    at: tuple[float, float]
    size: float
    bold: bool
    italic: bool
    colour: str
    spots: Iterable[Spot]
    over_stations: bool

    @property
    def room(self) -> tuple[float, float]:
        """Width and height that it takes, mm."""
        return width_mm(self.words, self.size, bold=self.bold), LINE * self.size


@dataclass(frozen=True, slots=True)
class Placed:
    """A name and its place.

    Parameters
    ----------
    wish
        The name.
    spot
        Where it stands.
    box
        What it takes up, mm.
    """

    wish: Wish
    spot: Spot
    box: Box


def place_names(
    wishes: Sequence[Wish], room: Rect, shields: Sequence[Box], signs: Sequence[Box]
) -> list[Placed]:
    """Find places for names, one after the other.

    Parameters
    ----------
    wishes
        Names, the most important first.
    room
        Where they have to stay, mm.
    shields
        What no name may cover.
    signs
        Signs of stations, which only great names may cover.

    Returns
    -------
    list of Placed
        The names that found room; none overlaps another or a shield.
    """
    cell = 2 * LINE * max((wish.size for wish in wishes), default=1.0)
    taken, marks = Boxes(cell), Boxes(cell)
    for box in shields:
        taken.add(box)
    for box in signs:
        marks.add(box)
    placed: list[Placed] = []
    for wish in wishes:
        found = _best(wish, room, taken, marks)
        if found is not None:
            taken.add(found.box)
            placed.append(found)
    return placed


def _best(wish: Wish, room: Rect, taken: Boxes, marks: Boxes) -> Placed | None:
    """Take the spot that costs least: signs that it covers, and how far it is away."""
    width, height = wish.room
    best: tuple[float, Placed] | None = None
    for spot in wish.spots:
        if best is not None and spot.cost >= best[0]:
            break
        box = spot.box(width, height)
        left, top, right, bottom = box
        inside = (
            left >= room.left and right <= room.right and top >= room.top and bottom <= room.bottom
        )
        if not inside or taken.hits(box):
            continue
        covered = min(marks.hits(box), CROWD)
        cost = covered + spot.cost
        if (wish.over_stations or not covered) and (best is None or cost < best[0]):
            best = cost, Placed(wish, spot, box)
    return best[1] if best else None
