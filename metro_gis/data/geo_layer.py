"""One layer of a GeoJSON or GeoPackage file: attributes as text, geometry in EPSG:4326."""

from __future__ import annotations

import difflib
import json
import math
import unicodedata
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metro_gis.data.flaws import Flaw
from metro_gis.data.numbers import format_number
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import shapely

    from metro_gis.data.table_source import Source

__all__ = ["GeoLayer", "read_geo_layer"]

WGS84 = frozenset({"EPSG:4326", "OGC:CRS84"})
DEPTH_LIMIT = 8
"""Deepest nesting of a geometry's coordinates, with room to spare."""


@dataclass(frozen=True, slots=True, eq=False)
class GeoLayer:
    """A layer.

    Parameters
    ----------
    file
        The file as the planner named it, with the layer in brackets where one was chosen.
    columns
        Names of the attributes.
    rows
        Their values as text, shape ``(n_features, n_columns)``.
    flaws
        ``(feature, column)``, both counted from zero, to what is wrong with a value.
    geometries
        One for each feature, EPSG:4326; None where it has none or a broken one.
    crs_fault
        Why the geometries cannot be brought to EPSG:4326, if so; they are None then.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    flaws: Mapping[tuple[int, int], Flaw]
    geometries: tuple[shapely.Geometry | None, ...]
    crs_fault: Fault | None = None


class _NumberText(str):
    """A number as it stands in the file."""

    __slots__ = ()


def read_geo_layer(source: Source, *, layer: str | None) -> GeoLayer:
    """Read one layer.

    Parameters
    ----------
    source
        A GeoJSON or GeoPackage file.
    layer
        Its name; needed where there are several.

    Returns
    -------
    GeoLayer
        With at least one feature.

    Raises
    ------
    InputError
        If the file is broken, the layer cannot be told, or it is empty.
    """
    read = _read_geojson if source.kind == "geojson" else _read_geopackage
    try:
        with warnings.catch_warnings():
            # what the libraries warn of is checked here, value by value
            warnings.simplefilter("ignore")
            return read(source, layer)
    except InputError:
        raise
    except Exception as error:
        # damaged files make the libraries fail in many ways, few of them documented
        why = f"{type(error).__name__}: {error}"
        raise InputError(Fault("table-broken", file=source.file, params={"why": why})) from error


def _read_geojson(source: Source, layer: str | None) -> GeoLayer:
    document = _parse_json(source)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise InputError(Fault("table-not-features", file=source.file))
    names = [name for name in (document.get("name"), source.path.stem) if isinstance(name, str)]
    if layer is not None and layer not in names:
        raise InputError(_unknown_layer(source, layer, names))
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise InputError(Fault("table-not-features", file=source.file))
    if not features:
        raise InputError(Fault("table-empty", file=source.file))
    records = [one.get("properties") or {} for one in features]
    if not all(isinstance(record, dict) for record in records):
        raise InputError(Fault("table-not-features", file=source.file))
    columns = tuple(dict.fromkeys(key for record in records for key in record))
    crs, crs_fault = _geojson_crs(document, source.file)
    geometries = [_geojson_geometry(one.get("geometry")) for one in features]
    moved, crs_fault = _to_wgs84(geometries, crs, source.file, crs_fault)
    return GeoLayer(
        file=source.file,
        columns=tuple(unicodedata.normalize("NFC", column.strip()) for column in columns),
        rows=tuple(
            tuple(_json_text(record.get(column)) for column in columns) for record in records
        ),
        flaws={},
        geometries=tuple(moved),
        crs_fault=crs_fault,
    )


def _parse_json(source: Source) -> object:
    try:
        text = source.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.content[: error.start].count(b"\n") + 1
        params: dict[str, str | int] = {"byte": error.start, "line": line, "encoding": "UTF-8"}
        raise InputError(Fault("table-encoding", file=source.file, params=params)) from error
    try:
        # numbers stay as they are written, so that no digit of an id is lost
        return json.loads(
            text, parse_int=_NumberText, parse_float=_NumberText, parse_constant=_NumberText
        )
    except json.JSONDecodeError as error:
        params = {"why": error.msg, "line": error.lineno}
        raise InputError(Fault("table-json", file=source.file, params=params)) from error
    except RecursionError as error:
        params = {"why": "nesting", "line": 1}
        raise InputError(Fault("table-json", file=source.file, params=params)) from error


def _json_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, _NumberText):
        plain = str(value)
        number = float(plain) if "e" in plain.lower() else math.nan
        return format_number(number) if math.isfinite(number) else plain
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _geojson_crs(document: dict[str, Any], file: str) -> tuple[str | None, Fault | None]:
    if "crs" not in document:
        return "OGC:CRS84", None
    crs = document["crs"]
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        return None, Fault("table-crs-missing", file=file)
    return name, None


def _geojson_geometry(value: object) -> shapely.Geometry | None:
    import shapely
    from shapely.geometry import shape

    if not isinstance(value, dict):
        return None
    try:
        geometry = shape(_floats(value, 0))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.GEOSException):
        return None
    return None if geometry.is_empty else geometry


def _floats(value: Any, depth: int) -> Any:  # noqa: ANN401 (JSON is nested without end)
    if depth > DEPTH_LIMIT:
        message = "a geometry is nested too deeply"
        raise ValueError(message)
    if isinstance(value, _NumberText):
        return float(value)
    if isinstance(value, list):
        return [_floats(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {key: _floats(one, depth + 1) for key, one in value.items()}
    return value


def _read_geopackage(source: Source, layer: str | None) -> GeoLayer:
    import pyogrio
    import shapely

    journal = source.path.with_name(f"{source.path.name}-wal")
    if journal.exists() and journal.stat().st_size:
        raise InputError(Fault("table-journal", file=source.file, params={"journal": journal.name}))
    names = [str(name) for name, _ in pyogrio.list_layers(source.content)]
    name = _choose_layer(source, layer, names)
    meta, _, wkb, fields = pyogrio.raw.read(source.content, layer=name)
    count = len(wkb) if wkb is not None else len(fields[0]) if len(fields) else 0
    file = f"{source.file}[{name}]" if layer is not None else source.file
    if not count:
        raise InputError(Fault("table-empty", file=file))
    texts = [[_field_text(value) for value in values] for values in fields]
    flaws = {
        (row, column): Flaw("cell-date", {"cell": str(row + 1)})
        for column, values in enumerate(fields)
        if values.dtype.kind == "M"
        for row in range(count)
        if texts[column][row]
    }
    shapes = [None] * count if wkb is None else list(shapely.from_wkb(wkb, on_invalid="ignore"))
    shapes = [None if one is None or one.is_empty else one for one in shapes]
    missing = None if meta["crs"] else Fault("table-crs-missing", file=file)
    moved, crs_fault = _to_wgs84(shapes, meta["crs"], file, missing)
    return GeoLayer(
        file=file,
        columns=tuple(unicodedata.normalize("NFC", str(one).strip()) for one in meta["fields"]),
        rows=tuple(zip(*texts, strict=True)) if texts else ((),) * count,
        flaws=flaws,
        geometries=tuple(moved),
        crs_fault=crs_fault,
    )


def _choose_layer(source: Source, layer: str | None, names: list[str]) -> str:
    import pyogrio

    if layer is not None:
        if layer in names:
            return layer
        raise InputError(_unknown_layer(source, layer, names))
    if not names:
        raise InputError(Fault("table-empty", file=source.file))
    if len(names) > 1:
        counts = [pyogrio.read_info(source.content, layer=one)["features"] for one in names]
        listed = ", ".join(f"{one} ({count})" for one, count in zip(names, counts, strict=True))
        raise InputError(Fault("table-sheets", file=source.file, params={"sheets": listed}))
    return names[0]


def _unknown_layer(source: Source, layer: str, names: list[str]) -> Fault:
    near = difflib.get_close_matches(layer, names, 1)
    params = {"sheets": ", ".join(names) or "-", "nearest": near[0] if near else "-"}
    return Fault("table-sheet-unknown", file=source.file, value=layer, params=params)


def _field_text(value: Any) -> str:  # noqa: ANN401 (a value of any field type)
    if value is None or value != value or str(value) == "NaT":  # noqa: PLR0124 (true of nan only)
        return ""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return str(plain).upper()
    if isinstance(plain, int | float) and math.isfinite(plain):
        return format_number(plain)
    return str(value)


def _to_wgs84(
    shapes: Sequence[shapely.Geometry | None], crs: str | None, file: str, fault: Fault | None
) -> tuple[Sequence[shapely.Geometry | None], Fault | None]:
    import shapely
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    nothing: list[shapely.Geometry | None] = [None] * len(shapes)
    if fault or crs is None:
        return nothing, fault
    if crs in WGS84:
        return shapes, None
    try:
        system = CRS.from_user_input(crs)
        if system.equals(CRS("OGC:CRS84"), ignore_axis_order=True):
            return shapes, None
        move = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
        return [
            one if one is None else shapely.transform(one, move.transform, interleaved=False)
            for one in shapes
        ], None
    except ProjError as error:
        params = {"crs": str(crs), "why": str(error)}
        return nothing, Fault("table-crs-unusable", file=file, params=params)
