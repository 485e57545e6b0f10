"""The plan as a file: a GeoPackage that QGIS and ``sqlite3`` open.

Layers and columns are listed in ``optimize/README.md``. No clock times and no durations are in
it: the same plan gives the same bytes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from metro_gis.errors import Fault, PlanError
from metro_gis.workspace import replacing, told_as_unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

Row = dict[str, Any]

FORMAT: Final = "metro-gis-plan/1"
POINTS: Final = ("stations", "posts")
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "stations": {
        "station_id": "text",
        "name": "text",
        "kecamatan": "text",
        "kelurahan": "text",
        "voters": "integer",
        "risk_class": "text",
        "location_source": "text",
        "team_id": "text",
        "reason": "text",
        "deploy_minutes": "real",
        "beat_minutes": "real",
        "snap_m": "real",
    },
    "teams": {
        "team_id": "text",
        "post_id": "text",
        "kecamatan": "text",
        "officers": "integer",
        "anchor_station_id": "text",
        "stations": "integer",
        "rung": "integer",
        "load": "real",
        "deploy_minutes": "real",
        "beat_minutes": "real",
        "round_minutes": "real",
        "round": "text",
    },
    "posts": {
        "post_id": "text",
        "name": "text",
        "kind": "text",
        "kecamatan": "text",
        "officers": "integer",
        "fixed_officers": "integer",
        "reserve_officers": "integer",
        "posted_officers": "integer",
        "free_officers": "integer",
        "serves": "text",
        "location_source": "text",
    },
    "access": {
        "point_kind": "text",
        "point_id": "text",
        "u": "text",
        "v": "text",
        "key": "integer",
        "along_m": "real",
        "access_m": "real",
    },
    "witnesses": {"station_id": "text", "reason": "text", "detail": "text"},
    "bounds": {"aim": "text", "part": "text", "bound": "text"},
    "plan_info": {"key": "text", "value": "text"},
}
"""Columns of every layer, without its geometry."""
OFFICERS: Final = "officers"
NAMES: Final[Mapping[str, str]] = {
    "officer_id": "text",
    "name": "text",
    "rank": "text",
    "post_id": "text",
    "duty": "text",
    "team_id": "text",
    "previous": "text",
}
"""Columns of the layer `OFFICERS`, which only a plan with names has: all that it says of persons.

``duty`` is ``station``, ``fixed``, ``reserve`` or ``free``; ``previous`` is the place that an
earlier draw gave, where this plan still has it: a team id, ``fixed`` or ``reserve``.
"""

_DISK_FULL: Final = "database or disk is full"  # SQLite's own words
_FIXED_DATE: Final = "2024-02-14T00:00:00.000Z"


@dataclass(frozen=True)
class PlanFile:
    """A plan as it stands in its file.

    Parameters
    ----------
    tables
        Rows of ``stations, teams, posts, access, witnesses, bounds`` in stored order, and of
        ``officers`` where they have names.
    info
        Key to value of ``plan_info``, parsed.
    points
        ``stations`` and ``posts``: lon, lat (EPSG:4326) in the order of the rows.
    rounds
        Round of every team along the roads: lists of (lon, lat), in the order of the rows.
    """

    tables: Mapping[str, list[Row]]
    info: Mapping[str, Any]
    points: Mapping[str, list[tuple[float, float]]]
    rounds: list[list[tuple[float, float]]] = field(default_factory=list)

    @property
    def plan_id(self) -> str:
        """Sixteen hexadecimal digits over everything but the geometry."""
        return str(self.info["plan_id"])


def plan_id_of(tables: Mapping[str, Sequence[Row]], info: Mapping[str, Any]) -> str:
    """Hash a plan's content.

    Parameters
    ----------
    tables
        Rows of all layers but ``plan_info``.
    info
        Content of ``plan_info``; a ``plan_id`` in it is left out.

    Returns
    -------
    str
        First 16 hexadecimal digits of a SHA-256 over canonical JSON.
    """
    content: dict[str, Any] = {name: list(tables[name]) for name in _layers(tables)}
    content["plan_info"] = {key: value for key, value in info.items() if key != "plan_id"}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]


def canonical_json(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Write JSON the one way that hashes agree on.

    Parameters
    ----------
    value
        Plain values.

    Returns
    -------
    str
        Sorted keys, no spaces, no NaN.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def write_plan(plan: PlanFile, target: Path, check: Callable[[Path], None] | None = None) -> None:
    """Write a plan file, all or nothing.

    Parameters
    ----------
    plan
        The plan.
    target
        Path of the GeoPackage.
    check
        Called with the written file before it takes its place; what it raises keeps the old
        file where it is.

    Raises
    ------
    InputError
        If it cannot be written; the old file is untouched.
    """
    layers = _layers(plan.tables)
    info_rows = [{"key": key, "value": canonical_json(plan.info[key])} for key in sorted(plan.info)]
    with replacing(target) as part:
        with _fixed_clock(), told_as_unwritable(target), _gdal_as_system():
            for name, columns in layers.items():
                _write_layer(plan, part, name, columns, plan.tables[name])
            _write_layer(plan, part, "plan_info", TABLES["plan_info"], info_rows)
        if check is not None:
            check(part)


def _layers(tables: Mapping[str, Sequence[Row]]) -> dict[str, Mapping[str, str]]:
    """Give the columns of all layers that a plan has, but for ``plan_info``."""
    layers = {name: columns for name, columns in TABLES.items() if name != "plan_info"}
    return layers | ({OFFICERS: NAMES} if OFFICERS in tables else {})


def _write_layer(
    plan: PlanFile, part: Path, name: str, columns: Mapping[str, str], rows: Sequence[Row]
) -> None:
    import geopandas as gpd
    import pandas as pd
    import pyogrio
    import shapely

    types = {"text": "string", "integer": "Int64", "real": "Float64"}
    frame = pd.DataFrame(
        {
            column: pd.Series([row[column] for row in rows], dtype=types[kind])
            for column, kind in columns.items()
        }
    )
    options = {"driver": "GPKG", "layer": name, "append": part.exists()}
    if name in POINTS:
        shapes = shapely.points(plan.points[name]) if rows else []
        kind = "Point"
    elif name == "teams":
        shapes = [shapely.LineString(line) if len(line) > 1 else None for line in plan.rounds]
        kind = "LineString"
    else:
        pyogrio.write_dataframe(frame, part, **options)
        return
    geo = gpd.GeoDataFrame(frame, geometry=list(shapes), crs="EPSG:4326")
    pyogrio.write_dataframe(geo, part, geometry_type=kind, **options)


@contextmanager
def _gdal_as_system() -> Iterator[None]:
    """Tell what GDAL cannot write as the system would."""
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        yield
    except (DataSourceError, DataLayerError) as error:
        if _DISK_FULL in str(error):
            # a planner is told the reason, and spared the statement that met it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise OSError(str(error)) from error


@contextmanager
def _fixed_clock() -> Iterator[None]:
    """Keep GDAL from writing today's date, so that equal plans have equal bytes."""
    before = os.environ.get("OGR_CURRENT_DATE")
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def read_plan(path: Path) -> PlanFile:
    """Read a plan file.

    Parameters
    ----------
    path
        A GeoPackage made by `write_plan`.

    Returns
    -------
    PlanFile
        Its content; whether it keeps the rules is for ``verify`` to say.

    Raises
    ------
    PlanError
        If it is no plan file, or of another format.
    """
    try:
        with closing(_opened(path)) as database:
            tables = {
                name: _rows(database, name, list(columns)) for name, columns in TABLES.items()
            }
            if _has_layer(database, OFFICERS):
                tables[OFFICERS] = _rows(database, OFFICERS, list(NAMES))
        info = {row["key"]: json.loads(row["value"]) for row in tables.pop("plan_info")}
        points, rounds = _geometry(path)
    except (sqlite3.Error, json.JSONDecodeError, TypeError, ValueError, OSError) as error:
        raise _unreadable(path, error) from error
    if info.get("format") != FORMAT:
        raise PlanError(
            Fault(
                "plan-format",
                file=path.name,
                value=str(info.get("format")),
                params={"expected": FORMAT},
            )
        )
    return PlanFile(tables, info, points, rounds)


def read_info(path: Path, *keys: str) -> dict[str, Any]:
    """Read single facts of a plan file and none of its tables, which takes a moment.

    Parameters
    ----------
    path
        A GeoPackage made by `write_plan`.
    *keys
        Of ``plan_info``.

    Returns
    -------
    dict
        Parsed values of those keys that are there.

    Raises
    ------
    PlanError
        If it is no plan file.
    """
    marks = ", ".join("?" * len(keys))
    # nothing but question marks is put together
    query = f"SELECT key, value FROM plan_info WHERE key IN ({marks})"  # noqa: S608
    try:
        with closing(_opened(path)) as database:
            return {key: json.loads(value) for key, value in database.execute(query, keys)}
    except (sqlite3.Error, TypeError, ValueError, RecursionError, OSError) as error:
        raise _unreadable(path, error) from error


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _unreadable(path: Path, error: Exception) -> PlanError:
    return PlanError(Fault("plan-unreadable", file=path.name, params={"why": str(error)}))


def _has_layer(database: sqlite3.Connection, name: str) -> bool:
    found = database.execute("SELECT 1 FROM gpkg_contents WHERE table_name = ?", (name,))
    return found.fetchone() is not None


def _rows(database: sqlite3.Connection, table: str, columns: list[str]) -> list[Row]:
    quoted = ", ".join(f'"{column}"' for column in columns)
    # table and column names are our own constants
    query = f'SELECT {quoted} FROM "{table}" ORDER BY fid'  # noqa: S608
    return [dict(zip(columns, row, strict=True)) for row in database.execute(query)]


def _geometry(
    path: Path,
) -> tuple[dict[str, list[tuple[float, float]]], list[list[tuple[float, float]]]]:
    import pyogrio
    import shapely

    points = {}
    for name in POINTS:
        shapes = pyogrio.read_dataframe(path, layer=name, columns=[]).geometry
        points[name] = [(float(x), float(y)) for x, y in shapely.get_coordinates(shapes)]
    lines = pyogrio.read_dataframe(path, layer="teams", columns=[]).geometry
    rounds = [
        [] if line is None else [(float(x), float(y)) for x, y in line.coords] for line in lines
    ]
    return points, rounds
