"""Numbers from text, strictly: what could be read in two ways is refused, never guessed.

Only the digits 0 to 9 count. A decimal comma is accepted where a whole column keeps to it, which
`find_decimal_sign` decides; signs between thousands, exponents and words are refused.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from metro_gis.data.flaws import CellError, Flaw

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BLANKS",
    "DecimalSign",
    "SignFinding",
    "find_decimal_sign",
    "format_number",
    "parse_number",
    "parse_whole",
]

DecimalSign = Literal[".", ","]

BLANKS = " \t\r\n"
"""White space that may surround a number; a non-breaking space may not."""
WHOLE_DIGITS = 15
"""Most digits of a whole number; spreadsheets keep no more than these."""

_WHOLE = re.compile(r"[+-]?[0-9]+")
_FRACTION = re.compile(r"[+-]?[0-9]+([.,])[0-9]+")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_SEPARATED = re.compile(r"[+-]?[0-9]+(?:[.,' ][0-9]+)+")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{3})+")
_WHOLE_WITH_ZEROS = re.compile(r"([+-]?[0-9]+)\.0{1,2}")
_NOT_FINITE = re.compile(r"[+-]?(?:inf|infinity|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SignFinding:
    """Which decimal sign a column uses.

    Parameters
    ----------
    sign
        The sign, or None where the column mixes both.
    first_comma, first_point
        Place of the first cell with that sign, or None.
    """

    sign: DecimalSign | None
    first_comma: int | None
    first_point: int | None


def find_decimal_sign(cells: Sequence[str]) -> SignFinding:
    """Find out which decimal sign a column of numbers uses.

    Parameters
    ----------
    cells
        The cells of one column, as text.

    Returns
    -------
    SignFinding
        A point where no cell holds a sign.

    Examples
    --------
    >>> find_decimal_sign(["105,3", "-5"]).sign
    ','
    >>> find_decimal_sign(["105,3", "-5.1"]).sign is None
    True
    """
    first: dict[str, int] = {}
    for index, cell in enumerate(cells):
        found = _FRACTION.fullmatch(cell.strip(BLANKS))
        if found:
            first.setdefault(found[1], index)
    comma, point = first.get(","), first.get(".")
    mixed = comma is not None and point is not None
    sign: DecimalSign = "," if comma is not None else "."
    return SignFinding(None if mixed else sign, comma, point)


def parse_number(cell: str, *, decimal: DecimalSign = ".") -> float:
    """Read a decimal number.

    Parameters
    ----------
    cell
        Text of the cell.
    decimal
        The decimal sign of its column.

    Returns
    -------
    float
        A finite number.

    Raises
    ------
    CellError
        If the text is no number, or could be read as more than one.

    Examples
    --------
    >>> parse_number("-5,1216", decimal=",")
    -5.1216
    """
    word = cell.strip(BLANKS)
    found = _FRACTION.fullmatch(word)
    if _WHOLE.fullmatch(word) or (found and found[1] == decimal):
        value = float(word.replace(",", "."))
        if math.isfinite(value):
            return value
        raise CellError(Flaw("number-not-finite"))
    if found:
        raise CellError(Flaw("number-sign-other", {"sign": decimal}))
    raise CellError(_flaw_of(word))


def parse_whole(cell: str) -> int:
    """Read a whole number.

    Parameters
    ----------
    cell
        Text of the cell; ``300.0`` is taken for 300, as some programs write it so.

    Returns
    -------
    int
        The number, which may be negative.

    Raises
    ------
    CellError
        If the text is no whole number, or could be read as more than one.

    Examples
    --------
    >>> parse_whole("0300")
    300
    """
    word = cell.strip(BLANKS)
    zeros = _WHOLE_WITH_ZEROS.fullmatch(word)
    word = zeros[1] if zeros else word
    if _WHOLE.fullmatch(word):
        if len(word.lstrip("+-0")) > WHOLE_DIGITS:
            raise CellError(Flaw("number-long", {"digits": WHOLE_DIGITS}))
        return int(word)
    if _THOUSANDS.fullmatch(word):
        raise CellError(Flaw("number-ambiguous"))
    if _FRACTION.fullmatch(word):
        raise CellError(Flaw("number-not-whole"))
    raise CellError(_flaw_of(word))


def format_number(value: float, *, decimal: DecimalSign = ".") -> str:
    """Write a number so that `parse_number` reads the same one: all digits, no exponent.

    Parameters
    ----------
    value
        A finite number.
    decimal
        The decimal sign to write.

    Returns
    -------
    str
        The shortest text that stands for exactly this number.

    Examples
    --------
    >>> format_number(1e-05), format_number(300.0)
    ('0.00001', '300')
    """
    plain = repr(value)
    if "e" in plain:
        plain = format(Decimal(plain), "f")
    return plain.removesuffix(".0").replace(".", decimal)


def _flaw_of(word: str) -> Flaw:
    if _NOT_FINITE.fullmatch(word):
        return Flaw("number-not-finite")
    if _EXPONENT.fullmatch(word):
        return Flaw("number-exponent")
    if _SEPARATED.fullmatch(word):
        return Flaw("number-separators")
    if not word.isascii() and _reads_as_number(word):
        return Flaw("number-foreign")
    return Flaw("number-word")


def _reads_as_number(word: str) -> bool:
    # digits of other scripts, wide forms, a typographic minus, spaces that cannot be seen
    plain = "".join(
        str(unicodedata.digit(char, char))
        for char in unicodedata.normalize("NFKC", word).replace("\u2212", "-")
        if unicodedata.category(char) != "Cf"
    )
    plain = "".join(plain.split())
    return bool(_WHOLE.fullmatch(plain) or _SEPARATED.fullmatch(plain))
