"""The annex as a workbook: a summary, what is not covered, and a sheet for every post."""

from __future__ import annotations

import datetime as dt
import io
import math
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from metro_gis.maps.orders.csv_file import guard
from metro_gis.maps.orders.summary_page import summary_blocks
from metro_gis.maps.orders.table import (
    COLUMNS,
    UNCOVERED_COLUMNS,
    team_rows,
    uncovered_rows,
)
from metro_gis.maps.orders.words import modelled_line, secret_word, status_line
from metro_gis.messages import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metro_gis.maps.orders.content import Orders, PostOrders, TeamOrders
    from metro_gis.maps.orders.table import Column, TableRow, Value

FIXED_TIME: Final = dt.datetime(2024, 2, 14)  # noqa: DTZ001 (a workbook's times bear no zone)
ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
CORE_PART: Final = "docProps/core.xml"
SHEET_NAME_LENGTH: Final = 31
SHEET_NAME_BARRED: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
FACE: Final = "Calibri"
SIZE: Final = 11.0
HAND_SIZE: Final = 16.0
LINE_POINTS: Final = 15.0
HAND_POINTS: Final = 22.0
MOST_LINES: Final = 18
HIGHEST_POINTS: Final = 409.0  # no row of a spreadsheet may be higher
# the hues of the map, light enough for black text
FILLS: Final = {"low": "D6E6F2", "elevated": "FBE6B8", "high": "F6CDB8", "special": "E3CCE8"}
FORMATS: Final = {"minutes": "0.0", "degrees": "0.00000", "whole": "0"}
GREY: Final = "E6E6E6"
RED: Final = "B00020"
EDGE: Final = "555555"
SUMMARY_WIDTHS: Final = (36, 16, 16, 16, 14, 14, 14, 14)
SUMMARY_CHARACTERS: Final = 120
LINED: Final = tuple(column.key for column in COLUMNS if column.kind == "lines")

__all__ = ["render_workbook", "sheet_name"]


def render_workbook(orders: Orders, lang: str) -> bytes:
    """Write the annex as a workbook.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    bytes
        XLSX; the same for the same orders. Texts are written as texts: none is a formula.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    pen = _Pen(book)
    _summary_sheet(pen, book.create_sheet(text("orders.sheet_summary", lang)), orders, lang)
    if orders.uncovered:
        sheet = book.create_sheet(text("orders.sheet_uncovered", lang))
        _uncovered_sheet(pen, sheet, orders, lang)
    for number, post in enumerate(orders.posts, start=1):
        _post_sheet(pen, book.create_sheet(sheet_name(number, post)), orders, post, lang)
    return _repeatable(book)


def sheet_name(number: int, post: PostOrders) -> str:
    """Name the sheet of a post.

    Parameters
    ----------
    number
        Place of the post, from 1, which keeps names apart.
    post
        The post.

    Returns
    -------
    str
        At most 31 characters, none of which a sheet's name may not hold.
    """
    name = " ".join(f"{number} {post.name}".translate(SHEET_NAME_BARRED).split())
    return name[:SHEET_NAME_LENGTH].strip()


def _repeatable(book: Any) -> bytes:  # noqa: ANN401 (openpyxl has no types)
    """Save a workbook without the time of day: openpyxl writes it in two places."""
    from openpyxl.xml.functions import tostring

    raw = io.BytesIO()
    book.save(raw)
    properties = book.properties
    properties.creator = "metro_gis"
    properties.created = properties.modified = FIXED_TIME
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(raw) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            core = entry.filename == CORE_PART
            content = tostring(properties.to_tree()) if core else source.read(entry)
            fixed = zipfile.ZipInfo(entry.filename, ZIP_TIME)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            target.writestr(fixed, content)
    return packed.getvalue()


@dataclass(frozen=True, slots=True)
class _Look:
    """How a cell looks; sides are thicknesses, left and right always thin where there are any."""

    size: float = 11
    bold: bool = False
    color: str | None = None
    fill: str | None = None
    above: str | None = None
    below: str | None = None
    beside: str | None = None
    horizontal: str | None = None
    vertical: str | None = None
    wrap: bool = False
    number_format: str = "General"
    quoted: bool = False


class _Pen:
    """Writes the cells of a workbook.

    Parameters
    ----------
    book
        The workbook.
    """

    def __init__(self, book: Any) -> None:  # noqa: ANN401 (openpyxl has no types)
        self.book = book
        self._styles: dict[_Look, Any] = {}

    def put(
        self,
        sheet: Any,  # noqa: ANN401 (openpyxl has no types)
        row: int,
        column: int,
        value: Value,
        look: _Look = _Look(),
    ) -> None:
        """Write a cell; a text stays a text, whatever it looks like."""
        cell = sheet.cell(row, column)
        cell.value = value
        if isinstance(value, str):
            # openpyxl would take a text for a formula or an error
            cell.data_type = "s"
            # and a spreadsheet would, once somebody edits the cell
            look = replace(look, quoted=guard(value) != value)
        known = self._styles.get(look)
        if known is None:
            self._dress(cell, look)
            self._styles[look] = cell._style  # noqa: SLF001 (see below)
        else:
            # openpyxl works equal styles out anew for every cell: most of the time went there
            cell._style = known  # noqa: SLF001 (openpyxl has no public name for it)

    def _dress(self, cell: Any, look: _Look) -> None:  # noqa: ANN401 (openpyxl has no types)
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        cell.font = Font(name=FACE, size=look.size, bold=look.bold, color=look.color)
        if look.fill is not None:
            cell.fill = PatternFill("solid", look.fill)
        left, right, top, bottom = (
            Side(thickness, color=EDGE) if thickness else None
            for thickness in (look.beside, look.beside, look.above, look.below)
        )
        cell.border = Border(left, right, top, bottom)
        cell.alignment = Alignment(look.horizontal, look.vertical, wrap_text=look.wrap)
        cell.number_format = look.number_format
        cell.quotePrefix = look.quoted


def _paper(sheet: Any, orders: Orders, lang: str, *, landscape: bool) -> None:  # noqa: ANN401 (openpyxl has no types)
    """Set up paper, header and footer; only words of ours stand there, since ``&`` is a code."""
    setup = sheet.page_setup
    setup.paperSize = sheet.PAPERSIZE_A4
    setup.orientation = "landscape" if landscape else "portrait"
    setup.fitToWidth = 1
    setup.fitToHeight = 0 if landscape else 1
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom = 0.75, 0.6
    margins.header = margins.footer = 0.3
    header, footer = sheet.oddHeader, sheet.oddFooter
    header.center.text, header.center.size = secret_word(lang), 14
    header.center.font = "Calibri,Bold"
    header.left.text = text("orders.plan", lang, plan=orders.plan_id)
    header.right.text = "&A"
    footer.left.text, footer.left.size = status_line(orders, lang), 8
    footer.right.text = text("orders.page", lang, page="&P", pages="&N")


def _summary_sheet(pen: _Pen, sheet: Any, orders: Orders, lang: str) -> None:  # noqa: ANN401 (openpyxl has no types)
    from openpyxl.utils import get_column_letter

    wide = len(SUMMARY_WIDTHS)
    for column, width in enumerate(SUMMARY_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    warning = modelled_line(orders, lang)
    row = 0
    for place, block in enumerate(summary_blocks(orders, lang)):
        row += 1
        pen.put(sheet, row, 1, block.heading, _Look(bold=True, size=12 if place else 16))
        for line in block.lines:
            row += 1
            look = _Look(vertical="top", wrap=True)
            pen.put(sheet, row, 1, line, _loud(look) if line == warning else look)
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=wide)
            lines = math.ceil(len(line) / SUMMARY_CHARACTERS)
            sheet.row_dimensions[row].height = LINE_POINTS * lines
        for index, cells in enumerate(block.table):
            row += 1
            look = _Look(bold=index == 0, fill=None if index else GREY, below="thin", wrap=True)
            for column, cell in enumerate(cells, start=1):
                side = "left" if column == 1 else "right"
                pen.put(sheet, row, column, cell, replace(look, horizontal=side))
            longest = max(len(cell) / SUMMARY_WIDTHS[at] for at, cell in enumerate(cells))
            sheet.row_dimensions[row].height = LINE_POINTS * math.ceil(longest)
        row += 1
    sheet.print_area = f"A1:{get_column_letter(wide)}{row}"
    _paper(sheet, orders, lang, landscape=False)


def _uncovered_sheet(pen: _Pen, sheet: Any, orders: Orders, lang: str) -> None:  # noqa: ANN401 (openpyxl has no types)
    lines = [text("orders.title_uncovered", lang)]
    top = _head(pen, sheet, orders, lines, UNCOVERED_COLUMNS, lang)
    rows = zip(uncovered_rows(orders, lang), orders.uncovered, strict=True)
    for row, (cells, stop) in enumerate(rows, start=top + 1):
        _row(pen, sheet, row, cells, UNCOVERED_COLUMNS, stop.risk_class, first=False)
    _finish(sheet, orders, UNCOVERED_COLUMNS, top, lang)


def _post_sheet(pen: _Pen, sheet: Any, orders: Orders, post: PostOrders, lang: str) -> None:  # noqa: ANN401 (openpyxl has no types)
    facts = text(
        "orders.post_line",
        lang,
        teams=len(post.teams),
        posted=post.posted,
        free=post.free,
        fixed=post.fixed,
        reserve=post.reserve,
    )
    title = text("orders.title", lang, post=post.name)
    lines = [title, facts, text("orders.controller_line", lang)]
    top = _head(pen, sheet, orders, lines, COLUMNS, lang)
    row = top
    for team, block in zip(post.teams, team_rows(post, lang), strict=True):
        for place, (cells, stop) in enumerate(zip(block, team.stops, strict=True)):
            row += 1
            # names stand once in a block: the team moves together, none of it guards a stop alone
            first = place == 0
            people: TableRow = _people(team, cells) if first else dict.fromkeys(LINED, "")
            _row(pen, sheet, row, cells | people, COLUMNS, stop.risk_class, first=first)
    if not post.teams:
        pen.put(sheet, top + 1, 1, text("orders.no_team", lang))
    _finish(sheet, orders, COLUMNS, top, lang)


def _people(team: TeamOrders, cells: TableRow) -> TableRow:
    """Give the names of a team with their numbers, or lines to write them on."""
    filled: TableRow = {}
    for column in COLUMNS:
        if column.kind != "lines":
            continue
        known = cells[column.key]
        named = list(known) if isinstance(known, tuple) else []
        numbered = column.key == "officer"
        blank = "_" * (int(column.width * SIZE / HAND_SIZE) - (3 if numbered else 0))
        lines = named + [blank] * max(0, min(team.officers, MOST_LINES) - len(named))
        if numbered:
            lines = [f"{number}. {line}" for number, line in enumerate(lines, start=1)]
            if team.officers > len(lines):
                lines[-1] = f"... {team.officers}. {blank}"
        filled[column.key] = "\n".join(lines)
    return filled


def _loud(look: _Look) -> _Look:
    return replace(look, bold=True, color=RED)


def _head(
    pen: _Pen,
    sheet: Any,  # noqa: ANN401 (openpyxl has no types)
    orders: Orders,
    lines: Sequence[str],
    columns: Sequence[Column],
    lang: str,
) -> int:
    """Write what stands above a table, and its headings; give the row of the headings."""
    row = 0
    for line in lines:
        row += 1
        pen.put(sheet, row, 1, line, _Look(size=14, bold=True) if row == 1 else _Look())
    pen.put(sheet, row := row + 1, 1, status_line(orders, lang))
    warning = modelled_line(orders, lang)
    if warning:
        pen.put(sheet, row := row + 1, 1, warning, _loud(_Look()))
    row += 1
    look = _Look(
        bold=True,
        fill=GREY,
        above="thin",
        below="thin",
        beside="thin",
        horizontal="center",
        vertical="center",
        wrap=True,
    )
    for index, column in enumerate(columns, start=1):
        pen.put(sheet, row, index, column.heading(lang), look)
    longest = max(len(column.heading(lang)) / column.width for column in columns)
    sheet.row_dimensions[row].height = LINE_POINTS * (math.ceil(longest) + 1)
    return row


def _row(
    pen: _Pen,
    sheet: Any,  # noqa: ANN401 (openpyxl has no types)
    row: int,
    cells: TableRow,
    columns: Sequence[Column],
    risk_class: str,
    *,
    first: bool,
) -> None:
    """Write a row of a table; a heavier line above the first row of a team keeps teams apart."""
    above = "medium" if first else "thin"
    for index, column in enumerate(columns, start=1):
        value = cells.get(column.key)
        lined = column.kind == "lines"
        words = lined or column.kind == "text"
        look = _Look(
            # a line that is written on by hand is higher than one that is printed
            size=HAND_SIZE if lined and "___" in str(value) else SIZE,
            above=None if lined and not first else above,
            below=None if lined else "thin",
            beside="thin",
            horizontal="left" if words else "center",
            vertical="top",
            wrap=words,
            number_format=FORMATS.get(column.kind, "General"),
        )
        if column.key == "risk_class":
            look = replace(look, bold=True, fill=FILLS[risk_class])
        pen.put(sheet, row, index, value, look)
    sheet.row_dimensions[row].height = _height(cells, columns)


def _height(cells: TableRow, columns: Iterable[Column]) -> float:
    """Give the height of a row in points: no program that opens a workbook has to work it out."""
    points = LINE_POINTS
    for column in columns:
        value = cells.get(column.key)
        if not isinstance(value, str) or not value:
            continue
        wide = column.width + 1
        lines = sum(max(1, math.ceil(len(line) / wide)) for line in value.split("\n"))
        points = max(points, lines * (HAND_POINTS if column.kind == "lines" else LINE_POINTS))
    return min(points, HIGHEST_POINTS)


def _finish(
    sheet: Any,  # noqa: ANN401 (openpyxl has no types)
    orders: Orders,
    columns: Sequence[Column],
    top: int,
    lang: str,
) -> None:
    from openpyxl.utils import get_column_letter

    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width + 1
    last = get_column_letter(len(columns))
    sheet.print_area = f"A1:{last}{sheet.max_row}"
    sheet.print_title_rows = f"{top}:{top}"
    sheet.freeze_panes = f"C{top + 1}"
    _paper(sheet, orders, lang, landscape=True)
