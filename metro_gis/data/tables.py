"""Read a table of any of the four formats, every cell as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.data.raw_table import RawTable
from metro_gis.data.table_csv import read_csv_table
from metro_gis.data.table_source import load_source
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RawTable", "read_table"]


def read_table(path: Path, *, layer: str | None = None, shown: str | None = None) -> RawTable:
    """Read a table from CSV, XLSX, GeoJSON or GeoPackage.

    Parameters
    ----------
    path
        The file; its suffix names the format, and its content must agree.
    layer
        Sheet of a workbook, or layer of a GeoPackage or GeoJSON file; needed where there are
        several.
    shown
        How the planner named the file; the path itself where not given.

    Returns
    -------
    RawTable
        Every cell as text; point geometry in EPSG:4326.

    Raises
    ------
    InputError
        With every fault of the file that keeps it from being read as a table.
    """
    source = load_source(path, shown=shown)
    if source.kind == "csv":
        if layer is not None:
            raise InputError(Fault("table-layer-needless", file=source.file, value=layer))
        return read_csv_table(source)
    # the libraries behind these formats take long to import
    if source.kind == "xlsx":
        from metro_gis.data.table_xlsx import read_xlsx_table

        return read_xlsx_table(source, layer=layer)
    from metro_gis.data.table_geo import read_geo_table

    return read_geo_table(source, layer=layer)
