"""Tables from XLSX workbooks: what would be silently wrong is found before it is a number.

A workbook is a ZIP archive of XML parts. Its size once unpacked is checked before anything is
parsed, and a part with a document type is refused, since no spreadsheet program writes one.
"""

from __future__ import annotations

import difflib
import io
import re
import warnings
import zipfile
from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from metro_gis.data.flaws import Flaw
from metro_gis.data.numbers import WHOLE_DIGITS, format_number
from metro_gis.data.raw_table import build_table, column_letter
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metro_gis.data.raw_table import RawTable
    from metro_gis.data.table_source import Source

__all__ = ["read_xlsx_table"]

ENTRY_LIMIT = 1000
UNPACKED_LIMIT_BYTES = 200_000_000
RATIO_LIMIT = 100
RATIO_FROM_BYTES = 20_000_000
"""Small workbooks may well pack better than the ratio allows; they do no harm."""
ROW_LIMIT = 1_048_576
CELL_LIMIT = 20_000_000
MERGED_LIMIT = 100_000
"""Merged cells that are told one by one; a sheet with more is mended from the top anyway."""
_CHUNK_BYTES = 1 << 20
_DOCTYPE = b"<!DOCTYPE"
_HIDDEN_ROW = re.compile(rb'<row\b[^>]*\br="(\d+)"[^>]*\bhidden="(?:1|true)"')
_MERGED = re.compile(rb'<mergeCell\b[^>]*\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_FORMULA_CELL = re.compile(rb"<c\b([^>]*)(?<!/)>(.*?)</c>", re.DOTALL)
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<v\b[^>]*>[^<]")

Flaws = dict[tuple[int, int], Flaw]


def read_xlsx_table(source: Source, *, layer: str | None) -> RawTable:
    """Parse a sheet of a workbook.

    Parameters
    ----------
    source
        The file.
    layer
        Name of the sheet; needed where several hold rows.

    Returns
    -------
    RawTable
        Error cells, dates, merged cells, formulas without a value and numbers of more digits
        than spreadsheets keep are among its flaws.

    Raises
    ------
    InputError
        If the workbook is broken, too large once unpacked, or the sheet cannot be told.
    """
    _check_archive(source)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions, which a table does not need
            warnings.simplefilter("ignore")
            return _read_workbook(source, layer)
    except InputError:
        raise
    except Exception as error:
        # a damaged archive makes openpyxl fail in many ways, none of them documented
        why = f"{type(error).__name__}: {error}"
        raise InputError(Fault("table-broken", file=source.file, params={"why": why})) from error


def _check_archive(source: Source) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            _check_sizes(archive, source)
            _check_parts(archive, source)
    except InputError:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise InputError(Fault("table-broken", file=source.file, params={"why": why})) from error


def _check_sizes(archive: zipfile.ZipFile, source: Source) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / len(source.content)
    if (
        len(entries) > ENTRY_LIMIT
        or unpacked > UNPACKED_LIMIT_BYTES
        or (ratio > RATIO_LIMIT and unpacked > RATIO_FROM_BYTES)
    ):
        params: dict[str, int | str] = {
            "entries": len(entries),
            "unpacked": -(-unpacked // 1_000_000),
            "limit": UNPACKED_LIMIT_BYTES // 1_000_000,
        }
        raise InputError(Fault("table-bomb", file=source.file, params=params))
    if "[Content_Types].xml" not in archive.namelist() or not any(
        entry.filename.startswith("xl/") for entry in entries
    ):
        params = {"found": "ZIP", "expected": "XLSX", "suffix": source.path.suffix}
        raise InputError(Fault("table-type-mismatch", file=source.file, params=params))


def _check_parts(archive: zipfile.ZipFile, source: Source) -> None:
    for entry in archive.infolist():
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        with archive.open(entry) as stream:
            tail = b""
            while chunk := stream.read(_CHUNK_BYTES):
                # other encodings would hide a document type from this search
                wide = not tail and chunk.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
                if wide or _DOCTYPE in (tail + chunk).upper():
                    params = {"part": entry.filename}
                    raise InputError(Fault("table-doctype", file=source.file, params=params))
                tail = chunk[-len(_DOCTYPE) :]


def _read_workbook(source: Source, layer: str | None) -> RawTable:
    from openpyxl import load_workbook

    book = load_workbook(
        io.BytesIO(source.content), read_only=True, data_only=True, keep_links=False
    )
    try:
        sheet, named = _choose_sheet(book, layer, source.file)
        file = f"{source.file}[{sheet.title}]" if named else source.file
        grid, flaws = _read_grid(sheet, file)
        faults = []
        if sheet.sheet_state != "visible":
            faults.append(Fault("table-sheet-hidden", "warning", file=file, value=sheet.title))
        # openpyxl has no public name for the part, and does not tell hidden rows when reading fast
        part = sheet._worksheet_path  # noqa: SLF001
    finally:
        book.close()
    with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
        markup = archive.read(part)
    faults += _hidden_rows(markup, grid, file)
    flaws |= _formulas_without_value(markup) | _merged_cells(markup, grid)
    return build_table(grid, file=file, sha256=source.sha256, flaws=flaws, faults=faults)


def _choose_sheet(book: Any, layer: str | None, file: str) -> tuple[Any, bool]:  # noqa: ANN401 (openpyxl has no types)
    sheets = list(book.worksheets)
    names = [sheet.title for sheet in sheets]
    if layer is not None:
        if layer in names:
            return sheets[names.index(layer)], True
        near = difflib.get_close_matches(layer, names, 1)
        params = {"sheets": ", ".join(names) or "-", "nearest": near[0] if near else "-"}
        raise InputError(Fault("table-sheet-unknown", file=file, value=layer, params=params))
    if len(sheets) == 1:
        return sheets[0], False
    counts = [sum(1 for _ in _filled_rows(sheet, file)) for sheet in sheets]
    filled = [index for index, count in enumerate(counts) if count]
    if len(filled) == 1:
        return sheets[filled[0]], False
    if not filled:
        raise InputError(Fault("table-empty", file=file))
    listed = ", ".join(f"{names[index]} ({counts[index]})" for index in filled)
    raise InputError(Fault("table-sheets", file=file, params={"sheets": listed}))


def _filled_rows(sheet: Any, file: str) -> Iterator[tuple[int, tuple[Any, ...]]]:  # noqa: ANN401 (openpyxl has no types)
    # the stated size of a sheet may be wrong, in either direction
    sheet.reset_dimensions()
    cells = 0
    for number, row in enumerate(sheet.iter_rows(max_row=ROW_LIMIT + 1), start=1):
        cells += len(row)
        if number > ROW_LIMIT or cells > CELL_LIMIT:
            params = {"rows": ROW_LIMIT, "cells": CELL_LIMIT}
            raise InputError(Fault("table-sheet-large", file=file, params=params))
        if any(cell.value is not None for cell in row):
            yield number, row


def _read_grid(sheet: Any, file: str) -> tuple[list[tuple[int, list[str]]], Flaws]:  # noqa: ANN401 (openpyxl has no types)
    grid: list[tuple[int, list[str]]] = []
    flaws: Flaws = {}
    for number, row in _filled_rows(sheet, file):
        texts = []
        for column, cell in enumerate(row):
            text, code = _cell_text(cell.value, is_error=cell.data_type == "e")
            texts.append(text)
            if code:
                params: dict[str, str | int] = {"cell": f"{column_letter(column)}{number}"}
                flaws[number, column] = Flaw(code, params | {"digits": WHOLE_DIGITS})
        grid.append((number, texts))
    return grid, flaws


def _cell_text(value: object, *, is_error: bool) -> tuple[str, str | None]:
    if value is None:
        return "", None
    if is_error:
        return str(value), "cell-error"
    if isinstance(value, bool):
        return str(value).upper(), None
    if isinstance(value, int | float):
        text = format_number(value)
        return text, "cell-digits" if abs(value) >= 10**WHOLE_DIGITS else None
    is_time = isinstance(value, datetime | date | time | timedelta)
    return str(value), "cell-date" if is_time else None


def _hidden_rows(markup: bytes, grid: list[tuple[int, list[str]]], file: str) -> list[Fault]:
    hidden = {int(found[1]) for found in _HIDDEN_ROW.finditer(markup)}
    shown = [number for number, _ in grid[1:] if number in hidden]
    if not shown:
        return []
    params: dict[str, str | int] = {
        "count": len(shown),
        "rows": ", ".join(str(number) for number in shown[:10]),
    }
    return [Fault("table-hidden-rows", "warning", file=file, row=shown[0], params=params)]


def _formulas_without_value(markup: bytes) -> Flaws:
    if b"<f" not in markup:
        return {}
    flaws: Flaws = {}
    for found in _FORMULA_CELL.finditer(markup):
        place = _REFERENCE.search(found[1])
        # a formula whose result is an empty text has been calculated all the same
        if place and b"<f" in found[2] and not _VALUE.search(found[2]) and b"str" not in found[1]:
            row, column = int(place[2]), _column_index(place[1])
            cell = f"{place[1].decode()}{row}"
            flaws[row, column] = Flaw("cell-formula", {"cell": cell})
    return flaws


def _merged_cells(markup: bytes, grid: list[tuple[int, list[str]]]) -> Flaws:
    flaws: Flaws = {}
    numbers = [number for number, _ in grid]
    width = max((len(cells) for _, cells in grid), default=0)
    for found in _MERGED.finditer(markup):
        top, bottom = int(found[2]), int(found[4])
        left, right = _column_index(found[1]), min(_column_index(found[3]), width - 1)
        params = {"range": f"{found[1].decode()}{top}:{found[3].decode()}{bottom}"}
        covered = numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]
        # only the first cell holds the value, the others are blank and must not be guessed
        for number in covered:
            for column in range(left, right + 1):
                if (number, column) != (top, left):
                    flaws[number, column] = Flaw("cell-merged", params)
            if len(flaws) > MERGED_LIMIT:
                return flaws
    return flaws


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - ord("A") + 1
    return index - 1
