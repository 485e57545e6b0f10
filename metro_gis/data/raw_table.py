"""A table as it was read: every cell as text, every row with the number a spreadsheet shows."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metro_gis.data.flaws import Flaw

__all__ = ["CUT_ROWS", "RawTable", "build_table", "column_letter"]

COLUMN_LIMIT = 500
CUT_ROWS = frozenset({65_536, 1_048_576})
"""Most rows that Excel's old and new format can hold."""


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A table whose cells are all text.

    Parameters
    ----------
    file
        The file as the planner named it, with the sheet in brackets where one was chosen.
    sha256
        Hash of the file, in hexadecimal digits.
    columns
        Names of the columns, trimmed and in Unicode form NFC.
    rows
        Cells, shape ``(n_rows, n_columns)``; blank rows are left out.
    numbers
        For each row the number a spreadsheet shows (the header is row 1), or the feature's number.
    flaws
        ``(row, column)``, both counted from zero, to what is wrong with a cell. They matter only
        where the column is used.
    faults
        Warnings about the file.
    points
        For each row its ``(lon, lat)`` in EPSG:4326, or None; None where there is no geometry.
    shapes
        For each row the kind of its geometry, empty where it has none.
    crs_fault
        Why the geometry cannot be brought to EPSG:4326, if so.
    """

    file: str
    sha256: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: tuple[int, ...] = ()
    flaws: Mapping[tuple[int, int], Flaw] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    points: tuple[tuple[float, float] | None, ...] | None = None
    shapes: tuple[str, ...] = ()
    crs_fault: Fault | None = None


def build_table(
    grid: Iterable[tuple[int, Sequence[str]]],
    *,
    file: str,
    sha256: str,
    flaws: Mapping[tuple[int, int], Flaw],
    faults: Sequence[Fault] = (),
) -> RawTable:
    """Make a table of numbered rows of text, the first of which is the header.

    Parameters
    ----------
    grid
        Row number and cells; blank rows are skipped, short rows are filled up.
    file
        The file as the planner named it.
    sha256
        Its hash.
    flaws
        ``(row number, column counted from zero)`` to what is wrong with a cell.
    faults
        Warnings so far.

    Returns
    -------
    RawTable
        With at least one row.

    Raises
    ------
    InputError
        If there is no row, or none below the header.
    """
    filled = [(number, cells) for number, cells in grid if any(cell.strip() for cell in cells)]
    if not filled:
        raise InputError(Fault("table-empty", file=file))
    (header_number, header), *body = filled
    if not body:
        raise InputError(Fault("table-no-rows", file=file, row=header_number))
    width = _used_width(filled)
    if width > COLUMN_LIMIT:
        raise InputError(Fault("table-columns-many", file=file, params={"limit": COLUMN_LIMIT}))
    notes = list(faults)
    if body[-1][0] in CUT_ROWS:
        notes.append(Fault("table-maybe-cut", "warning", file=file, row=body[-1][0]))
    places = {number: index for index, (number, _) in enumerate(body)}
    return RawTable(
        file=file,
        sha256=sha256,
        columns=tuple(_header_cell(cell) for cell in _fitted(header, width)),
        rows=tuple(_fitted(cells, width) for _, cells in body),
        numbers=tuple(number for number, _ in body),
        flaws={
            (places[number], column): flaw
            for (number, column), flaw in flaws.items()
            if number in places
        },
        faults=tuple(notes),
    )


def column_letter(index: int) -> str:
    """Name a column as a spreadsheet does.

    Parameters
    ----------
    index
        Column, counted from zero.

    Returns
    -------
    str
        Its letters.

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    rest = index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def _header_cell(cell: str) -> str:
    # a line break within a header cell is how spreadsheets wrap it
    return unicodedata.normalize("NFC", " ".join(cell.split()))


def _fitted(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple(cells[:width]) + ("",) * (width - len(cells))


def _used_width(rows: Sequence[tuple[int, Sequence[str]]]) -> int:
    # columns that are blank throughout, at the right edge, are no columns
    width = 0
    for _, cells in rows:
        last = len(cells)
        while last > width and not cells[last - 1].strip():
            last -= 1
        width = max(width, last)
    return width
