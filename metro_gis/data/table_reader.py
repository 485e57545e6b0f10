"""The steps that reading stations, posts and personnel have in common.

Columns are read one after the other. A row with an error is left out of the items, but all its
other cells are still looked at, so that every fault is told in one run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from metro_gis.data.columns import Resolved, resolve_columns
from metro_gis.data.flaws import CellError, Flaw
from metro_gis.data.raw_table import RawTable
from metro_gis.data.reading import Read, fold_text
from metro_gis.data.schema import TABLES
from metro_gis.data.table_source import find_input
from metro_gis.data.tables import read_table
from metro_gis.data.words import has_hidden, parse_count, parse_name, parse_text
from metro_gis.errors import Fault, InputError
from metro_gis.people import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from metro_gis.data.columns import ColumnSource
    from metro_gis.data.flaws import Params
    from metro_gis.data.reading import InputFile
    from metro_gis.data.schema import TableName
    from metro_gis.errors import Severity
    from metro_gis.scenario import ListInput, TableInput
    from metro_gis.workspace import Workspace

__all__ = ["TableReader"]

Item = TypeVar("Item")
Value = TypeVar("Value")

TEXT_LIMIT = 200
"""Longest text that is shown whole."""
_TOTAL_ROW = re.compile(r"(?:jumlah|total|sub ?-?total|grand total)\b.*", re.IGNORECASE)


class TableReader:
    """A table that is being read, column by column.

    Parameters
    ----------
    name
        Which of our tables it is.
    source
        What the scenario says about it.
    workspace
        Where its paths start from.
    required
        Our columns that must be there.
    """

    def __init__(
        self,
        name: TableName,
        source: TableInput | ListInput,
        workspace: Workspace,
        required: Collection[str],
    ) -> None:
        self.personal = {column.name for column in TABLES[name] if column.personal}
        # a row of a total has no place, or no post
        self._placing = ("post_id",) if name == "personnel" else ("lon", "lat")
        self.source = source
        self.workspace = workspace
        self.required = frozenset(required)
        self.joined: InputFile | None = None
        path, self.file = find_input(workspace, source.file)
        try:
            self.table = read_table(path, layer=source.layer, shown=self.file)
            resolved = resolve_columns(name, self.table, source, required=required)
        except InputError as error:
            self.table = RawTable(file=self.file, sha256="")
            resolved = Resolved(faults=list(error.faults))
        self.sources = resolved.sources
        self.faults: list[Fault] = [*self.table.faults, *resolved.faults]
        self.bad: set[int] = set()
        self.skipped = self._find_totals()

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.table.rows)

    def read_texts(self, name: str) -> list[str]:
        """Read a column of text that is only shown, trimmed and in Unicode form NFC.

        Parameters
        ----------
        name
            Our name of the column.

        Returns
        -------
        list of str
            Empty where blank or faulty.
        """
        texts = self.read_cells(name, parse_text, default="")
        hidden = [row for row, one in enumerate(texts) if has_hidden(one) or len(one) > TEXT_LIMIT]
        if hidden:
            self.fault(hidden[0], name, Flaw("text-hidden", {"count": len(hidden)}), warning=True)
        return texts

    def read_names(self, name: str) -> list[str]:
        """Read a column of ids or of names of places.

        Parameters
        ----------
        name
            Our name of the column.

        Returns
        -------
        list of str
            Trimmed, in Unicode form NFC, free of what cannot be seen, of ``;`` and of words
            such as ``NA``; empty where blank or faulty.
        """
        return self.read_cells(name, parse_name, default="")

    def read_wholes(
        self, name: str, *, default: Value, most: int, without: Collection[int] = ()
    ) -> list[int | Value]:
        """Read a column of whole numbers that are not negative.

        Parameters
        ----------
        name
            Our name of the column.
        default
            Stands where the cell is blank, faulty or not read.
        most
            Greater numbers get a warning.
        without
            Rows that are not read.

        Returns
        -------
        list
            Numbers, or the default.
        """
        values: list[int | Value] = self.read_cells(
            name, parse_count, default=default, without=without
        )
        many = [row for row, one in enumerate(values) if isinstance(one, int) and one > most]
        if many:
            flaw = Flaw("number-great", {"most": most, "count": len(many)})
            self.fault(many[0], name, flaw, self.cell(many[0], name), warning=True)
        return values

    def read_cells(
        self,
        name: str,
        parse: Callable[[str], Value],
        *,
        default: Value,
        without: Collection[int] = (),
    ) -> list[Value]:
        """Read a column cell by cell.

        Parameters
        ----------
        name
            Our name of the column.
        parse
            Turns text that is not blank into a value, or raises `CellError`.
        default
            Stands where the cell is blank, faulty or not read.
        without
            Rows that are not read.

        Returns
        -------
        list
            A value for each row.
        """
        source = self.sources.get(name)
        if source is None:
            return [default] * len(self)
        if source.constant:
            return [self._read_constant(name, source, parse, default)] * len(self)
        unread = {*self.skipped, *without, *source.absent}
        return [
            default if row in unread else self._read_cell(row, name, parse, default)
            for row in range(len(self))
        ]

    def refuse_repeated(self, name: str, ids: Sequence[str]) -> None:
        """Refuse ids that stand twice, or differ only in case, spaces or unseen characters.

        Parameters
        ----------
        name
            Our name of the column.
        ids
            One for each row, empty where faulty.
        """
        first: dict[str, int] = {}
        for row, one in enumerate(ids):
            earlier = first.setdefault(fold_text(one), row) if one else row
            if earlier != row:
                other = masked(ids[earlier]) if name in self.personal else ids[earlier]
                params: Params = {"first": self.table.numbers[earlier], "other": other}
                code = "id-twice" if ids[earlier] == one else "id-alike"
                self.fault(row, name, Flaw(code, params), one)

    def refuse_alike(self, name: str, names: Sequence[str], within: Sequence[str] = ()) -> None:
        """Refuse names of places that are written in more than one way.

        Parameters
        ----------
        name
            Our name of the column.
        names
            One for each row, empty where blank.
        within
            For each row the larger place, in which alone a name stands for one place.
        """
        spelled: dict[tuple[str, str], dict[str, int]] = {}
        for row, one in enumerate(names):
            larger = fold_text(within[row]) if within else ""
            if one:
                spelled.setdefault((larger, fold_text(one)), {}).setdefault(one, row)
        for spellings in spelled.values():
            (usual, first), *others = spellings.items()
            for other, row in others:
                params: Params = {"other": usual, "first": self.table.numbers[first]}
                self.fault(row, name, Flaw("name-alike", params), other)

    def fault(
        self,
        row: int | None,
        name: str | tuple[str, ...],
        flaw: Flaw,
        value: str | None = None,
        *,
        warning: bool = False,
    ) -> None:
        """Record what is wrong; an error takes its row out of the items.

        Parameters
        ----------
        row
            Row, counted from zero; None for all rows.
        name
            Our name of the column, or of several.
        flaw
            What is wrong.
        value
            The offending text; masked where a column tells of persons.
        warning
            Whether it is only worth saying.
        """
        if not warning:
            self.bad.update(range(len(self)) if row is None else (row,))
        severity: Severity = "warning" if warning else "error"
        names = (name,) if isinstance(name, str) else name
        labels = dict.fromkeys(self.label(one) for one in names)
        if value and self.personal.intersection(names):
            value = masked(value)
        self.faults.append(
            Fault(
                flaw.code,
                severity,
                file=self.table.file,
                row=None if row is None else self.table.numbers[row],
                column=", ".join(labels) or None,
                value=value,
                params=flaw.params,
            )
        )

    def label(self, name: str) -> str:
        """Say what the file calls one of our columns.

        Parameters
        ----------
        name
            Our name.

        Returns
        -------
        str
            The file's name, or ours where the file has none.
        """
        return self.sources[name].label if name in self.sources else name

    def cell(self, row: int, name: str) -> str:
        """Give the text of a cell.

        Parameters
        ----------
        row
            Row, counted from zero.
        name
            Our name of the column.

        Returns
        -------
        str
            Empty where there is no such column.
        """
        return self.sources[name].cells[row] if name in self.sources else ""

    def good_rows(self) -> list[int]:
        """List the rows from which an item can be made.

        Returns
        -------
        list of int
            Rows, counted from zero; none where a required column is missing.
        """
        if any(name not in self.sources for name in self.required):
            return []
        left_out = self.bad | self.skipped
        return [row for row in range(len(self)) if row not in left_out]

    def finish(self, items: Mapping[int, Item]) -> Read[Item]:
        """Hand out what was read.

        Parameters
        ----------
        items
            Row, counted from zero, to what was made of it.

        Returns
        -------
        Read
            Items, row numbers and every fault.
        """
        return Read(
            items=tuple(items.values()),
            rows=tuple(self.table.numbers[row] for row in items),
            faults=tuple(sorted(self.faults, key=lambda fault: fault.row or 0)),
            file=self.file,
            place=self.table.file,
            sha256=self.table.sha256,
            count=len(self),
            columns={name: source.label for name, source in self.sources.items()},
            join=self.joined,
        )

    def _read_constant(
        self, name: str, source: ColumnSource, parse: Callable[[str], Value], default: Value
    ) -> Value:
        cell = source.cells[0] if source.cells else ""
        if not cell.strip():
            if name in self.required and source.cells:
                self.fault(None, name, Flaw("value-missing"))
            return default
        try:
            return parse(cell)
        except CellError as error:
            self.fault(None, name, error.flaw, cell)
        return default

    def _read_cell(
        self, row: int, name: str, parse: Callable[[str], Value], default: Value
    ) -> Value:
        source = self.sources[name]
        cell = source.cells[row]
        flaw = None if source.index is None else self.table.flaws.get((row, source.index))
        if flaw is None and not cell.strip():
            if name not in self.required:
                return default
            flaw = Flaw("value-missing")
        if flaw is None:
            try:
                return parse(cell)
            except CellError as error:
                flaw = error.flaw
        self.fault(row, name, flaw, cell)
        return default

    def _find_totals(self) -> set[int]:
        totals = set()
        for row, cells in enumerate(self.table.rows):
            first = next((cell.strip() for cell in cells if cell.strip()), "")
            lacking = not all(self.cell(row, one).strip() for one in self._placing)
            if lacking and _TOTAL_ROW.fullmatch(first):
                totals.add(row)
                self.fault(row, (), Flaw("row-total"), first)
        return totals
