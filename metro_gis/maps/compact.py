"""Coordinates as short text: whole steps, each told as its difference from the one before.

A number is written in groups of five bits, lowest first, one letter each; the sixth bit of a
letter says that more follow. The sign sits in the lowest bit. The alphabet holds no letter that
JSON or HTML would have to escape. The page's ``data.js`` reads it back.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
POINT_DIGITS: Final = 6  # a tenth of a metre: stations and posts
LINE_DIGITS: Final = 5  # a metre: roads and rounds, less than two screen points at full zoom
GROUP: Final = 32
POINTS_OF_A_LINE: Final = 2

__all__ = [
    "LINE_DIGITS",
    "POINT_DIGITS",
    "encode_integers",
    "encode_lines",
    "encode_marks",
    "encode_points",
    "merge_directions",
]


def encode_integers(values: Iterable[int]) -> str:
    """Write whole numbers as text.

    Parameters
    ----------
    values
        Whole numbers of either sign; small ones take few letters.

    Returns
    -------
    str
        Letters of a 64-letter alphabet.

    Examples
    --------
    >>> encode_integers([0, -1, 15, 16])
    'ABegB'
    """
    letters: list[str] = []
    for value in values:
        rest = -2 * value - 1 if value < 0 else 2 * value
        while rest >= GROUP:
            letters.append(ALPHABET[GROUP + rest % GROUP])
            rest //= GROUP
        letters.append(ALPHABET[rest])
    return "".join(letters)


def encode_points(points: Iterable[Sequence[float]]) -> str:
    """Write points as text.

    Parameters
    ----------
    points
        (lon, lat) in WGS 84 degrees.

    Returns
    -------
    str
        Differences in millionths of a degree, lon before lat, the first from (0, 0).
    """
    return encode_integers(_differences([_steps(point, POINT_DIGITS) for point in points]))


def encode_lines(lines: Iterable[Sequence[Sequence[float]]]) -> str:
    """Write polylines as text.

    Parameters
    ----------
    lines
        Polylines of (lon, lat) in WGS 84 degrees.

    Returns
    -------
    str
        Per line the number of its points, then their differences in hundred-thousandths of a
        degree; the first point of a line is told from the last point of the line before. Points
        that fall together and lines without length are left out.
    """
    numbers: list[int] = []
    last = (0, 0)
    for line in lines:
        kept: list[tuple[int, int]] = []
        for point in line:
            step = _steps(point, LINE_DIGITS)
            if not kept or step != kept[-1]:
                kept.append(step)
        if len(kept) < POINTS_OF_A_LINE:
            continue
        numbers.append(len(kept))
        numbers.extend(_differences(kept, last))
        last = kept[-1]
    return encode_integers(numbers)


def encode_marks(
    lines: Iterable[tuple[tuple[float, float], ...]],
    marked: Collection[tuple[tuple[float, float], ...]],
) -> str:
    """Say which of some polylines are marked.

    Parameters
    ----------
    lines
        Polylines as `encode_lines` is given them; those that it leaves out are left out here too.
    marked
        Those that are marked.

    Returns
    -------
    str
        How many lines in turn are not marked and are marked, beginning with the first kind.
    """
    marks = [line in marked for line in lines if len({_steps(p, LINE_DIGITS) for p in line}) > 1]
    runs = [(mark, len(list(same))) for mark, same in groupby(marks)]
    first = [0] if runs and runs[0][0] else []
    return encode_integers([*first, *(length for _, length in runs)])


def merge_directions(
    lines: Iterable[Sequence[Sequence[float]]],
) -> list[tuple[tuple[float, float], ...]]:
    """Keep one of two polylines that run the same way in opposite directions.

    Parameters
    ----------
    lines
        Polylines of (lon, lat) in WGS 84 degrees.

    Returns
    -------
    list of tuple
        Each polyline once, in the order of its coordinates, so that neighbours stand together and
        the order of the input does not matter.
    """
    once: set[tuple[tuple[float, float], ...]] = set()
    for line in lines:
        points = tuple((float(point[0]), float(point[1])) for point in line)
        once.add(min(points, points[::-1]))
    return sorted(once)


def _steps(point: Sequence[float], digits: int) -> tuple[int, int]:
    scale = 10**digits
    return round(point[0] * scale), round(point[1] * scale)


def _differences(
    steps: Sequence[tuple[int, int]], start: tuple[int, int] = (0, 0)
) -> Iterable[int]:
    x, y = start
    for next_x, next_y in steps:
        yield next_x - x
        yield next_y - y
        x, y = next_x, next_y
