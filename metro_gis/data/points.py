"""Read where stations and posts are, and take columns by place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.data.columns import GEOMETRY, ColumnSource
from metro_gis.data.coordinates import find_point_flaw, is_sexagesimal, parse_coordinate
from metro_gis.data.flaws import Flaw
from metro_gis.data.join import join_columns
from metro_gis.data.numbers import BLANKS, find_decimal_sign
from metro_gis.data.reading import InputFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.data.coordinates import Axis
    from metro_gis.data.table_reader import TableReader

    Points = list[tuple[float, float] | None]

__all__ = ["read_points"]

COARSE_DECIMALS = 2
"""As few decimals as these leave a place open by a kilometre."""
COARSE_FRACTION = 50
"""Fewer than one point in so many may look coarse by chance."""


def read_points(reader: TableReader) -> Points:
    """Read the columns ``lon`` and ``lat``, and join what is to be taken by place.

    Parameters
    ----------
    reader
        The table; joined columns are added to its sources.

    Returns
    -------
    list of tuple or None
        For each row ``(lon, lat)`` in EPSG:4326, or None where it is faulty.
    """
    pointless = _find_pointless(reader)
    lon, lat = (_read_axis(reader, axis, pointless) for axis in ("lon", "lat"))
    points: Points = []
    for row, (x, y) in enumerate(zip(lon, lat, strict=True)):
        flaw = None if x is None or y is None else find_point_flaw(x, y)
        if flaw:
            reader.fault(row, ("lon", "lat"), flaw, _shown_point(reader, row))
        points.append(None if x is None or y is None or flaw else (x, y))
    _tell_pointless(reader, pointless)
    _warn_coarse(reader, points)
    _join(reader, points)
    return points


def _read_axis(reader: TableReader, axis: Axis, pointless: frozenset[int]) -> list[float | None]:
    source = reader.sources.get(axis)
    if source is None:
        return [None] * len(reader)
    finding = find_decimal_sign(source.cells)
    sign, comma, point = finding.sign, finding.first_comma, finding.first_point
    if sign is None:
        numbers = reader.table.numbers
        params = {"comma": numbers[comma or 0], "point": numbers[point or 0]}
        reader.fault(None, axis, Flaw("number-signs-mixed", params))
        return [None] * len(reader)
    values: list[float | None] = reader.read_cells(
        axis,
        lambda cell: parse_coordinate(cell, axis, decimal=sign),
        default=None,
        without=pointless,
    )
    if comma is not None:
        reader.fault(comma, axis, Flaw("number-comma"), source.cells[comma], warning=True)
    converted = [
        row
        for row, cell in enumerate(source.cells)
        if values[row] is not None and is_sexagesimal(cell)
    ]
    if converted:
        row = converted[0]
        flaw = Flaw(
            "coordinate-converted",
            {"degrees": f"{values[row]:.6f}", "count": len(converted)},
        )
        reader.fault(row, axis, flaw, source.cells[row], warning=True)
    return values


def _find_pointless(reader: TableReader) -> frozenset[int]:
    # rows that lack both coordinates get one fault, not two
    lon, lat = reader.sources.get("lon"), reader.sources.get("lat")
    if lon is None or lat is None:
        return frozenset()
    flaws = reader.table.flaws
    blank = (
        row
        for row in range(len(reader))
        if not lon.cells[row].strip() and not lat.cells[row].strip()
    )
    indices = [one.index for one in (lon, lat) if one.index is not None]
    return frozenset(row for row in blank if all((row, one) not in flaws for one in indices))


def _tell_pointless(reader: TableReader, pointless: frozenset[int]) -> None:
    from_geometry = reader.label("lon") == GEOMETRY
    for row in sorted(pointless - reader.skipped):
        shape = reader.table.shapes[row] if reader.table.shapes else ""
        if from_geometry and reader.table.crs_fault is not None:
            # the file's one fault says it for all rows
            reader.bad.add(row)
        elif from_geometry and shape:
            reader.fault(row, ("lon", "lat"), Flaw("geometry-no-point"), shape)
        else:
            reader.fault(row, ("lon", "lat"), Flaw("value-missing"))


def _warn_coarse(reader: TableReader, points: Points) -> None:
    coarse = [
        row
        for row, point in enumerate(points)
        if point is not None
        and all(_decimals(reader.cell(row, axis)) <= COARSE_DECIMALS for axis in ("lon", "lat"))
    ]
    # spreadsheets drop zeros at the end, so that a few good points look coarse
    if len(coarse) * COARSE_FRACTION > len(points):
        row = coarse[0]
        flaw = Flaw("coordinate-coarse", {"count": len(coarse), "decimals": COARSE_DECIMALS})
        reader.fault(row, ("lon", "lat"), flaw, _shown_point(reader, row), warning=True)


def _join(reader: TableReader, points: Points) -> None:
    join = reader.source.join
    if join is None or not len(reader):
        return
    located = {row: point for row, point in enumerate(points) if point is not None}
    found = join_columns(
        [lon for lon, _ in located.values()],
        [lat for _, lat in located.values()],
        join,
        reader.workspace,
    )
    reader.faults += found.faults
    if found.sha256:
        reader.joined = InputFile(found.file, found.sha256, found.count)
    rows = list(located)
    for place, flaw in found.flaws.items():
        row = rows[place]
        reader.fault(row, ("lon", "lat"), flaw, _shown_point(reader, row))
    absent = frozenset(range(len(reader))) - {
        row for place, row in enumerate(rows) if place not in found.flaws
    }
    for ours, cells in found.columns.items():
        # a name that the table or the scenario gives too has its fault already
        if ours not in reader.sources:
            whole = _spread(cells, rows, len(reader))
            reader.sources[ours] = ColumnSource(found.labels[ours], whole, absent=absent)


def _spread(cells: Sequence[str], rows: Sequence[int], count: int) -> tuple[str, ...]:
    whole = [""] * count
    for row, cell in zip(rows, cells, strict=True):
        whole[row] = cell
    return tuple(whole)


def _shown_point(reader: TableReader, row: int) -> str:
    return f"{reader.cell(row, 'lon').strip()}, {reader.cell(row, 'lat').strip()}"


def _decimals(cell: str) -> int:
    word = cell.strip(BLANKS)
    if is_sexagesimal(word):
        return COARSE_DECIMALS + 1
    return len(word.replace(",", ".").partition(".")[2])
