"""Cells that hold words: names, texts that are only shown, one of a few words, counts."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from metro_gis.data.flaws import CellError, Flaw
from metro_gis.data.numbers import parse_whole
from metro_gis.data.schema import find_column

if TYPE_CHECKING:
    from metro_gis.data.schema import TableName

__all__ = ["has_hidden", "parse_count", "parse_name", "parse_text", "parse_word"]

NAMING_LIMIT = 100
"""Longest id or name of a place."""
PLACEHOLDER_WORDS = frozenset({"na", "n/a", "#n/a", "null", "none", "nan", "nil", "-", "--", "?"})


def parse_text(cell: str) -> str:
    """Read a text that is only shown.

    Parameters
    ----------
    cell
        Text of the cell.

    Returns
    -------
    str
        Trimmed, in Unicode form NFC.

    Raises
    ------
    CellError
        If it holds a zero byte or half a character: JSON can spell them, other files cannot.
    """
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in cell):
        raise CellError(Flaw("text-broken"))
    return unicodedata.normalize("NFC", cell.strip())


def parse_name(cell: str) -> str:
    """Read an id or the name of a place.

    Parameters
    ----------
    cell
        Text of the cell.

    Returns
    -------
    str
        Trimmed, in Unicode form NFC.

    Raises
    ------
    CellError
        If it is a word for nothing, too long, or holds ``;`` or what cannot be seen.
    """
    value = parse_text(cell)
    if value.casefold() in PLACEHOLDER_WORDS:
        raise CellError(Flaw("value-placeholder"))
    if has_hidden(value) or ";" in value:
        raise CellError(Flaw("text-character"))
    if len(value) > NAMING_LIMIT:
        raise CellError(Flaw("text-long", {"limit": NAMING_LIMIT, "length": len(value)}))
    return value


def parse_word(table: TableName, name: str, cell: str) -> str:
    """Read one of the words that a column may hold.

    Parameters
    ----------
    table
        Name of the table.
    name
        Our name of the column.
    cell
        Text of the cell; case and spacing do not matter.

    Returns
    -------
    str
        The word as the schema writes it.

    Raises
    ------
    CellError
        If it is none of them.
    """
    column = find_column(table, name)
    words = column.words if column else ()
    word = " ".join(cell.split()).casefold()
    if word not in words:
        raise CellError(Flaw("word-unknown", {"words": ", ".join(words)}))
    return word


def parse_count(cell: str) -> int:
    """Read a number of people.

    Parameters
    ----------
    cell
        Text of the cell.

    Returns
    -------
    int
        Zero or more.

    Raises
    ------
    CellError
        If it is no whole number, or below zero.
    """
    number = parse_whole(cell)
    if number < 0:
        raise CellError(Flaw("number-negative"))
    return number


def has_hidden(value: str) -> bool:
    """Tell whether a text holds characters that cannot be seen: control, direction, zero width.

    Parameters
    ----------
    value
        A text.

    Returns
    -------
    bool
        True where it does; ordinary spaces can be seen.
    """
    return any(unicodedata.category(char)[0] == "C" for char in value)
