"""Which column of a file is which of ours: mapping, constants, synonyms, places.

Order of precedence: what the scenario says (``columns``, ``values``, ``join``), a column with our
very name, the geometry of a point, and last a synonym, which is stated. What could be meant in two
ways is refused.
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metro_gis.data.numbers import format_number
from metro_gis.data.raw_table import column_letter
from metro_gis.data.schema import TABLES, find_column, fold_name
from metro_gis.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from metro_gis.data.raw_table import RawTable
    from metro_gis.data.schema import TableName
    from metro_gis.errors import Severity
    from metro_gis.scenario import ListInput, TableInput

__all__ = ["ColumnSource", "Resolved", "resolve_columns"]

GEOMETRY = "geometry"
HEADER_WITHIN = 10
"""Rows below the first one that are looked at for a header."""


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """Where the cells of one of our columns come from.

    Parameters
    ----------
    label
        Name of the column in the file, ``values.NAME`` for a constant, or ``geometry``.
    cells
        Text for every row.
    index
        Column in the file, counted from zero; None where it is none of the file's.
    constant
        Whether the scenario states one value for all rows.
    absent
        Rows for which there is no cell, which has been told already.
    """

    label: str
    cells: Sequence[str]
    index: int | None = None
    constant: bool = False
    absent: frozenset[int] = frozenset()


@dataclass(slots=True)
class Resolved:
    """Our columns as found in one table.

    Parameters
    ----------
    sources
        Our name to where its cells come from.
    faults
        Faults and warnings about columns.
    """

    sources: dict[str, ColumnSource] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def resolve_columns(
    name: TableName,
    table: RawTable,
    source: TableInput | ListInput,
    *,
    required: Collection[str],
) -> Resolved:
    """Find our columns in a table.

    Parameters
    ----------
    name
        Which of our tables it is to be.
    table
        The table as read.
    source
        What the scenario says about it.
    required
        Our columns that must be found; those that ``source.join`` gives count as found.

    Returns
    -------
    Resolved
        Where each of our columns comes from, and what is wrong or worth saying.
    """
    finder = _Finder(name, table, source)
    finder.refuse_repeated()
    finder.take_mapped()
    finder.take_constants()
    finder.check_join()
    finder.take_exact()
    finder.take_geometry()
    finder.take_synonyms()
    finder.tell_missing(required)
    finder.tell_extra()
    return finder.result


class _Finder:
    def __init__(self, name: TableName, table: RawTable, source: TableInput | ListInput) -> None:
        self.name = name
        self.table = table
        self.source = source
        self.result = Resolved()
        self.ours = [column.name for column in TABLES[name]]
        self.joined = tuple(source.join.columns) if source.join else ()
        # a name that the scenario speaks of is settled, even if what it says is wrong
        self.settled = {*source.columns, *source.values, *self.joined}

    def refuse_repeated(self) -> None:
        places: dict[str, list[int]] = {}
        for index, column in enumerate(self.table.columns):
            if column:
                places.setdefault(column, []).append(index)
        for column, indices in places.items():
            if len(indices) > 1:
                letters = ", ".join(column_letter(index) for index in indices)
                self._fault("column-repeated", column=column, letters=letters)

    def take_mapped(self) -> None:
        for ours, theirs in self.source.columns.items():
            if not self._is_ours(ours, "columns"):
                continue
            wanted = unicodedata.normalize("NFC", " ".join(theirs.split()))
            if wanted and wanted in self.table.columns:
                self._take(ours, self.table.columns.index(wanted))
            else:
                self._fault(
                    "column-mapped-missing",
                    column=theirs,
                    ours=ours,
                    nearest=self._nearest(theirs, self.table.columns),
                    known=self._listed(self.table.columns),
                )

    def take_constants(self) -> None:
        for ours, value in self.source.values.items():
            if not self._is_ours(ours, "values"):
                continue
            label = f"values.{ours}"
            column = find_column(self.name, ours)
            if column is not None and column.place:
                self._fault("column-constant-unfit", column=label, ours=ours)
            elif ours in self.source.columns or ours in self.table.columns:
                self._fault("column-constant-conflict", column=label, ours=ours)
            else:
                cell = value if isinstance(value, str) else format_number(value)
                cells = (cell,) * len(self.table.rows)
                self.result.sources[ours] = ColumnSource(label, cells, constant=True)

    def check_join(self) -> None:
        for ours in self.joined:
            label = f"join.columns.{ours}"
            if not self._is_ours(ours, "join.columns"):
                continue
            column = find_column(self.name, ours)
            known = (*self.source.columns, *self.source.values, *self.table.columns)
            if column is not None and column.place:
                self._fault("column-join-unfit", column=label, ours=ours)
            elif ours in known:
                self._fault("column-join-conflict", column=label, ours=ours)

    def take_exact(self) -> None:
        for ours in self.ours:
            if ours not in self.settled and ours in self.table.columns:
                self._take(ours, self.table.columns.index(ours))

    def take_geometry(self) -> None:
        points = self.table.points
        sources = self.result.sources
        if points is None or "lon" in sources or "lat" in sources:
            return
        for place, ours in enumerate(("lon", "lat")):
            # the shortest text that stands for exactly this number, so that nothing is lost
            cells = tuple("" if one is None else format_number(one[place]) for one in points)
            sources[ours] = ColumnSource(GEOMETRY, cells)
        if self.table.crs_fault is not None:
            self.result.faults.append(self.table.crs_fault)

    def take_synonyms(self) -> None:
        taken = {one.index for one in self.result.sources.values() if one.index is not None}
        pairs = []
        for ours in self.ours:
            if ours in self.settled or ours in self.result.sources:
                continue
            found = [index for index in self._alike(ours) if index not in taken]
            if len(found) > 1:
                names = self._listed([self.table.columns[index] for index in found])
                self._fault("column-ambiguous", column=ours, found=names)
                self.settled.add(ours)
            elif found:
                self._take(ours, found[0])
                taken.add(found[0])
                pairs.append(f"{self.table.columns[found[0]]} = {ours}")
        if pairs:
            self._fault("columns-understood", warning=True, pairs=", ".join(pairs))

    def tell_missing(self, required: Collection[str]) -> None:
        missing = [
            ours
            for ours in self.ours
            if ours in required and ours not in self.result.sources and ours not in self.settled
        ]
        if missing and self._tell_other_table():
            return
        if missing and self._tell_lower_header():
            return
        for ours in missing:
            column = find_column(self.name, ours)
            names = (ours, *(column.synonyms if column else ()))
            near = [self._nearest(name, self.table.columns, 0.75) for name in names]
            self._fault(
                "column-missing",
                column=ours,
                nearest=next((one for one in near if one != "-"), "-"),
                known=self._listed(self.table.columns),
            )

    def tell_extra(self) -> None:
        used = {one.index for one in self.result.sources.values()}
        extra = [
            column or column_letter(index)
            for index, column in enumerate(self.table.columns)
            if index not in used
        ]
        if extra:
            names = self._listed(extra)
            self._fault("columns-extra", warning=True, count=len(extra), names=names)

    def _tell_other_table(self) -> bool:
        # a column that is called just "ID" may be in any
        folded = {fold_name(column) for column in self.table.columns} - {"id"}
        for other, columns in TABLES.items():
            # lon and lat are in several tables and tell nothing
            telling = [one for one in columns if one.need == "required" and one.kind != "degrees"]
            names = [{fold_name(name) for name in (one.name, *one.synonyms)} for one in telling]
            if other != self.name and all(folded & known for known in names):
                told = ", ".join(one.name for one in telling)
                self._fault("table-swapped", other=other, names=told)
                return True
        return False

    def _tell_lower_header(self) -> bool:
        known = {fold_name(n) for one in TABLES[self.name] for n in (one.name, *one.synonyms)}
        above = sum(fold_name(column) in known for column in self.table.columns if column)
        for row, number in zip(
            self.table.rows[:HEADER_WITHIN], self.table.numbers[:HEADER_WITHIN], strict=True
        ):
            if sum(fold_name(cell) in known for cell in row if cell.strip()) > max(above, 1):
                self._fault("table-header-lower", row=number)
                return True
        return False

    def _alike(self, ours: str) -> list[int]:
        column = find_column(self.name, ours)
        names = {fold_name(name) for name in (ours, *(column.synonyms if column else ()))}
        return [index for index, one in enumerate(self.table.columns) if fold_name(one) in names]

    def _take(self, ours: str, index: int) -> None:
        cells = tuple(row[index] for row in self.table.rows)
        self.result.sources[ours] = ColumnSource(self.table.columns[index], cells, index)

    def _is_ours(self, name: str, where: str) -> bool:
        if name in self.ours:
            return True
        self._fault(
            "column-not-ours",
            column=f"{where}.{name}",
            name=name,
            table=self.name,
            nearest=self._nearest(name, self.ours),
            known=", ".join(self.ours),
        )
        return False

    def _nearest(self, name: str, names: Collection[str], alike: float = 0.6) -> str:
        folded = {fold_name(one): one for one in names if one}
        near = difflib.get_close_matches(fold_name(name), folded, 1, alike)
        return folded[near[0]] if near else "-"

    def _listed(self, names: Collection[str]) -> str:
        return ", ".join(name for name in names if name) or "-"

    def _fault(
        self,
        code: str,
        *,
        column: str | None = None,
        row: int | None = None,
        warning: bool = False,
        **params: str | int,
    ) -> None:
        severity: Severity = "warning" if warning else "error"
        self.result.faults.append(
            Fault(code, severity, file=self.table.file, row=row, column=column, params=params)
        )
