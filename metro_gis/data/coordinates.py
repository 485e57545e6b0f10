"""Coordinates from text: decimal degrees, or degrees with a letter for the hemisphere.

What planners' spreadsheets hold instead (metres, swapped axes, lost decimal signs, placeholders,
two numbers in one cell, links) is recognised and refused by name.
"""

from __future__ import annotations

import re
from typing import Literal

from metro_gis.data.flaws import CellError, Flaw, Params
from metro_gis.data.numbers import BLANKS, DecimalSign, format_number, parse_number

__all__ = ["Axis", "find_point_flaw", "is_sexagesimal", "parse_coordinate"]

Axis = Literal["lon", "lat"]

LIMIT_DEGREES: dict[Axis, float] = {"lon": 180.0, "lat": 90.0}
EASTING_M = (100_000, 900_000)
"""Range of UTM eastings in metres."""
NORTHING_M = (100_000, 10_000_000)
"""Range of UTM northings in metres that cannot be anything else."""
LOST_SIGN_FROM = 1000
PLACEHOLDERS = frozenset({999.0, -999.0, 9999.0, -9999.0, 99999.0, -99999.0})
PLACEHOLDER_POINTS = frozenset({(0.0, 0.0), (-1.0, -1.0)})

_LETTERS = {
    "N": ("lat", 1), "LU": ("lat", 1), "S": ("lat", -1), "LS": ("lat", -1),
    "E": ("lon", 1), "BT": ("lon", 1), "W": ("lon", -1), "BB": ("lon", -1),
}  # fmt: skip
_HEMISPHERE = "LU|LS|BT|BB|N|S|E|W"
_PLAIN_MARKS = str.maketrans("\u2019\u2032\u201d\u2033\u00ba\u02da", "''\"\"\u00b0\u00b0")
_SEXAGESIMAL = re.compile(
    rf"""
    (?:(?P<before>{_HEMISPHERE})\.?\s*)?
    (?P<degrees>[0-9]{{1,3}}(?:[.,][0-9]+)?)\s*°?
    (?:\s*(?P<minutes>[0-9]{{1,2}}(?:[.,][0-9]+)?)\s*'?)?
    (?:\s*(?P<seconds>[0-9]{{1,2}}(?:[.,][0-9]+)?)\s*(?:"|'')?)?
    (?:\s*(?P<after>{_HEMISPHERE})\.?)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKS = re.compile(r"[°'\"]")
_LETTERED = re.compile(
    rf"(?:{_HEMISPHERE})\.?\s*[0-9].*|.*[0-9]\s*(?:{_HEMISPHERE})\.?", re.IGNORECASE
)
_THREE_NUMBERS = re.compile(r"[+-]?[0-9]+\s+[0-9]+(?:\s+[0-9]+(?:[.,][0-9]+)?)?")
_PAIR = re.compile(
    r"\(?\s*[+-]?[0-9]+(?:[.,][0-9]+)?\s*(?:[,;/|]\s*|\s+)[+-]?[0-9]+[.,][0-9]+\s*\)?"
)
_SINGLE = re.compile(r"[+-]?[0-9]+[.,][0-9]+")
_LINK = re.compile(r"https?:|www\.|maps|goo\.gl", re.IGNORECASE)


def is_sexagesimal(cell: str) -> bool:
    """Tell whether a cell looks like degrees, minutes and seconds, or bears a hemisphere letter.

    Parameters
    ----------
    cell
        Text of the cell.

    Returns
    -------
    bool
        True for ``7°15'27" LS``, ``7 15 27 S`` and ``7.2575 S``.
    """
    word = _plain(cell)
    return bool(
        _MARKS.search(word) or _LETTERED.fullmatch(word) or _THREE_NUMBERS.fullmatch(word)
    ) and not _LINK.search(word)


def parse_coordinate(cell: str, axis: Axis, *, decimal: DecimalSign = ".") -> float:
    r"""Read one coordinate.

    Parameters
    ----------
    cell
        Text of the cell.
    axis
        ``"lon"`` or ``"lat"``.
    decimal
        The decimal sign of its column.

    Returns
    -------
    float
        Degrees (EPSG:4326) within plus or minus 180; whether a latitude is within 90 is for
        `find_point_flaw`, which sees both coordinates.

    Raises
    ------
    CellError
        If the text is no coordinate, or could be read as more than one.

    Examples
    --------
    >>> parse_coordinate("5°7'18\" LS", "lat")
    -5.121666666666667
    """
    word = _plain(cell)
    if _LINK.search(word):
        raise CellError(Flaw("coordinate-link"))
    if is_sexagesimal(word):
        return _parse_sexagesimal(word, axis)
    if _PAIR.fullmatch(word) and not _SINGLE.fullmatch(word):
        raise CellError(Flaw("coordinate-pair"))
    value = parse_number(word, decimal=decimal)
    code = _code_beyond(value, axis)
    if code:
        raise CellError(Flaw(code))
    return value


def find_point_flaw(lon: float, lat: float) -> Flaw | None:
    """Find what is wrong with a point, both coordinates seen together.

    Parameters
    ----------
    lon, lat
        Degrees.

    Returns
    -------
    Flaw or None
        Placeholders, swapped axes, or a latitude beyond the poles. Swapped coordinates of any
        place in Indonesia are found, since its eastern longitudes are above 90.
    """
    shown: Params = {"lon": format_number(lon), "lat": format_number(lat)}
    if (lon, lat) in PLACEHOLDER_POINTS:
        return Flaw("coordinate-placeholder")
    if abs(lat) > LIMIT_DEGREES["lat"]:
        swapped = abs(lon) <= LIMIT_DEGREES["lat"]
        return Flaw("coordinates-swapped" if swapped else "coordinate-range", shown)
    return None


def _plain(cell: str) -> str:
    # word processors put typographic marks in the place of typed ones
    return cell.translate(_PLAIN_MARKS).strip(BLANKS)


def _code_beyond(value: float, axis: Axis) -> str | None:
    if value in PLACEHOLDERS:
        return "coordinate-placeholder"
    if abs(value) <= LIMIT_DEGREES["lon"]:
        return None
    low, high = EASTING_M if axis == "lon" else NORTHING_M
    if low <= value <= high:
        return "coordinate-metres"
    return "coordinate-sign-lost" if abs(value) >= LOST_SIGN_FROM else "coordinate-range"


def _parse_sexagesimal(word: str, axis: Axis) -> float:
    found = _SEXAGESIMAL.fullmatch(word)
    letters = [] if found is None else [one for one in (found["before"], found["after"]) if one]
    if found is None or len(letters) != 1:
        raise CellError(Flaw("coordinate-dms"))
    letter_axis, sign = _LETTERS[letters[0].upper()]
    if letter_axis != axis:
        raise CellError(Flaw("coordinate-axis", {"letter": letters[0].upper()}))
    parts = [found["degrees"], found["minutes"], found["seconds"]]
    given = [part for part in parts if part is not None]
    # only the last part may have decimals, and no minute or second reaches sixty
    if any(not part.isdigit() for part in given[:-1]):
        raise CellError(Flaw("coordinate-dms"))
    values = [float(part.replace(",", ".")) for part in given]
    degrees = sum((value / 60.0**place for place, value in enumerate(values)), 0.0)
    if any(value >= 60 for value in values[1:]) or degrees > LIMIT_DEGREES[axis]:  # noqa: PLR2004
        raise CellError(Flaw("coordinate-dms"))
    return sign * degrees
