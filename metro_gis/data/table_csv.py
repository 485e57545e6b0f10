"""Tables from CSV: delimiter and encoding are found out and stated, every row is counted."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING

from metro_gis.data.raw_table import build_table
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from metro_gis.data.raw_table import RawTable
    from metro_gis.data.table_source import Source

__all__ = ["read_csv_table"]

DELIMITERS = {",": "','", ";": "';'", "\t": "TAB", "|": "'|'"}
_QUOTED = re.compile(r'"[^"]*"')
_STATED = re.compile(r"sep=([,;\t|])[\r\n]", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n]")
HEADER_CHARACTERS = 100_000
"""The header is looked for within these."""


def read_csv_table(source: Source) -> RawTable:
    """Parse a CSV file.

    Parameters
    ----------
    source
        The file.

    Returns
    -------
    RawTable
        With a warning where the delimiter is not the comma.

    Raises
    ------
    InputError
        If the encoding is unknown, a quote stays open, rows have too many or too few fields, or
        there are no rows.
    """
    text = _decode(source)
    delimiter, skipped = _find_delimiter(text, source.file)
    records = _split(text, delimiter, source.file)[skipped:]
    faults = _count_fields(records, delimiter, source.file)
    if faults:
        raise InputError(faults)
    notes = []
    if delimiter != ",":
        params = {"delimiter": DELIMITERS[delimiter]}
        notes.append(Fault("table-delimiter-found", "warning", file=source.file, params=params))
    return build_table(
        ((number, cells) for number, _, cells in records),
        file=source.file,
        sha256=source.sha256,
        flaws={},
        faults=notes,
    )


def _decode(source: Source) -> str:
    content = source.content
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        # the codec counts from behind the mark that it dropped
        start = error.start + (3 if content.startswith(codecs.BOM_UTF8) else 0)
        params: dict[str, int | str] = {
            "byte": start,
            "line": content[:start].count(b"\n") + 1,
            "encoding": "UTF-16" if wide else "UTF-8",
        }
        raise InputError(Fault("table-encoding", file=source.file, params=params)) from error
    place = text.find("\0")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        raise InputError(Fault("table-nul", file=source.file, params={"line": line}))
    return text


def _find_delimiter(text: str, file: str) -> tuple[str, int]:
    stated = _STATED.match(text)
    if stated:
        return stated[1], 1
    # what stands in quotes, line breaks too, is no sign between columns
    bare = _QUOTED.sub("x", text[:HEADER_CHARACTERS])
    header = next((line for line in _LINE_END.split(bare) if line.strip(" ")), "")
    counts = {one: header.count(one) for one in DELIMITERS}
    most = max(counts.values())
    best = [one for one, count in counts.items() if count == most]
    if most and len(best) > 1:
        shown = ", ".join(DELIMITERS[one] for one in best)
        raise InputError(Fault("table-delimiter-unclear", file=file, params={"found": shown}))
    return best[0], 0


def _split(text: str, delimiter: str, file: str) -> list[tuple[int, int, list[str]]]:
    """Give row number, line of the record's start and cells of every record."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, int, list[str]]] = []
    line = 1
    try:
        for number, cells in enumerate(reader, start=1):
            records.append((number, line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        long = "field limit" in str(error)
        code = "table-field-long" if long else "table-quote-open"
        raise InputError(
            Fault(code, file=file, row=len(records) + 1, params={"line": line})
        ) from error
    return records


def _count_fields(
    records: list[tuple[int, int, list[str]]], delimiter: str, file: str
) -> list[Fault]:
    filled = [record for record in records if any(cell.strip() for cell in record[2])]
    if not filled:
        return []
    expected = len(filled[0][2])
    faults = []
    for number, line, cells in filled[1:]:
        # empty fields behind the last column come from spreadsheets and hold nothing
        surplus = len(cells) > expected and any(cell.strip() for cell in cells[expected:])
        if surplus or len(cells) < expected:
            params: dict[str, int | str] = {
                "found": len(cells),
                "expected": expected,
                "line": line,
                "delimiter": DELIMITERS[delimiter],
            }
            code = "table-fields-many" if surplus else "table-fields-few"
            faults.append(Fault(code, file=file, row=number, params=params))
    return faults
