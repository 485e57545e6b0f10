"""The columns of a road graph, checked once, whatever they were read from.

``RawRoads`` (text, as found) become a ``RoadTable`` (numbers, checked). Every fault of a graph is
collected before anything is raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from metro_gis.data.raw_roads import RawRoads, as_text, edge_name
from metro_gis.errors import Fault, raise_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

EARTH_RADIUS_M: Final = 6_371_009.0
"""Radius that OSMnx measures its lengths with."""
EDGE_LIMIT_M: Final = 1_000_000.0
LENGTH_TOLERANCE: Final = 0.02
"""Most that lengths may be off the great circle, in the median over all edges."""
MEASURED_EDGE_M: Final = 1.0
FAULTS_PER_KIND: Final = 20
_KEY: Final = re.compile(r"[0-9]{1,9}")
_DEGREES: Final = re.compile(
    r"(?:urn:ogc:def:crs:)?(?:epsg:{1,2}4326|ogc:[0-9.]*:?crs84)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, eq=False)
class RoadTable:
    """A checked road graph: nodes in the order of the file, edges by start, end and key.

    Parameters
    ----------
    facts
        Attributes of the graph.
    node_id, node_lon, node_lat
        Per node; degrees, EPSG:4326.
    edge_u, edge_v, edge_key
        Per edge: index of its start and end node, and its number among those between the two.
    length_m
        Per edge, metres.
    highway, maxspeed, name
        Per edge: tags as text.
    geom_lon, geom_lat, edge_geom_ptr
        Vertices of edge ``e`` are ``edge_geom_ptr[e]:edge_geom_ptr[e + 1]``, from start to end.
    flipped
        Edges whose line ran from end to start and was turned round.
    """

    facts: dict[str, str]
    node_id: NDArray[np.str_]
    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    edge_u: NDArray[np.int32]
    edge_v: NDArray[np.int32]
    edge_key: NDArray[np.int32]
    length_m: NDArray[np.float64]
    highway: list[str]
    maxspeed: list[str]
    name: list[str]
    geom_lon: NDArray[np.float64]
    geom_lat: NDArray[np.float64]
    edge_geom_ptr: NDArray[np.int64]
    flipped: int


def check_roads(raw: RawRoads, file: str | None = None) -> RoadTable:
    """Turn text into numbers and refuse what cannot be travelled on.

    Parameters
    ----------
    raw
        A road graph as it was found.
    file
        Name for the faults.

    Returns
    -------
    RoadTable
        Checked.

    Raises
    ------
    InputError
        With every fault: coordinate system, nodes out of range, edges without a usable length or
        line, edges to nodes that do not exist, lengths that are no metres.
    """
    faults = _check_frame(raw, file)
    raise_errors(faults)
    lon, lat = _numbers(raw.lon), _numbers(raw.lat)
    faults += _check_nodes(raw, lon, lat, file)
    ends, end_faults = _ends(raw, file)
    faults += end_faults
    length_m = _numbers(raw.length)
    faults += _check_lengths(raw, length_m, file)
    lines, line_faults = _lines(raw, file)
    faults += line_faults
    raise_errors(faults)

    keys, key_faults = _keys(raw, ends, file)
    raise_errors(key_faults)
    order = np.lexsort((keys, ends[:, 1], ends[:, 0]))
    u, v = ends[order, 0].astype(np.int32), ends[order, 1].astype(np.int32)
    geom_lon, geom_lat, ptr, flipped = _vertices(lines[order], lon, lat, u, v)
    table = RoadTable(
        facts=dict(raw.facts),
        node_id=np.array(raw.node_id, dtype=np.str_),
        node_lon=lon,
        node_lat=lat,
        edge_u=u,
        edge_v=v,
        edge_key=keys[order].astype(np.int32),
        length_m=length_m[order],
        highway=[raw.highway[at] for at in order],
        maxspeed=[raw.maxspeed[at] for at in order],
        name=[raw.name[at] for at in order],
        geom_lon=geom_lon,
        geom_lat=geom_lat,
        edge_geom_ptr=ptr,
        flipped=flipped,
    )
    raise_errors(_check_vertices(table, file) + _check_measure(table, file))
    return table


def great_circle_m(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure the steps between consecutive points of a row.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326, shape ``(n,)``.

    Returns
    -------
    ndarray
        Metres on a sphere of ``EARTH_RADIUS_M``, shape ``(n - 1,)``.
    """
    lam, phi = np.radians(lon), np.radians(lat)
    half = (
        np.sin(np.diff(phi) / 2) ** 2
        + np.cos(phi[:-1]) * np.cos(phi[1:]) * np.sin(np.diff(lam) / 2) ** 2
    )
    steps: NDArray[np.float64] = np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return 2 * EARTH_RADIUS_M * steps


def _numbers(texts: list[str]) -> NDArray[np.float64]:
    """Read numbers; what is none becomes nan and is told by the check that follows."""
    try:
        return np.array([float(text) for text in texts], dtype=np.float64)
    except ValueError:
        return np.array([_number(text) for text in texts], dtype=np.float64)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _limited(
    code: str, bad: NDArray[np.bool_], file: str | None, make: Callable[[int], Fault]
) -> list[Fault]:
    """Name the first faults of a kind and count the rest."""
    places = np.flatnonzero(bad)
    faults = [make(int(at)) for at in places[:FAULTS_PER_KIND]]
    if len(places) > FAULTS_PER_KIND:
        rest = len(places) - FAULTS_PER_KIND
        faults.append(Fault("roads-more", file=file, params={"count": rest, "kind": code}))
    return faults


def _check_frame(raw: RawRoads, file: str | None) -> list[Fault]:
    faults = []
    crs = raw.facts.get("crs", "").strip()
    if not crs:
        faults.append(Fault("roads-crs-missing", file=file))
    elif not _DEGREES.fullmatch(crs):
        faults.append(Fault("roads-crs-wrong", file=file, column="crs", value=crs))
    if not raw.node_id or not raw.source:
        params = {"nodes": len(raw.node_id), "edges": len(raw.source)}
        faults.append(Fault("roads-no-edges", file=file, params=params))
    return faults


def _check_nodes(
    raw: RawRoads, lon: NDArray[np.float64], lat: NDArray[np.float64], file: str | None
) -> list[Fault]:
    # written so that nan counts as out of range
    bad_lat = ~(np.abs(lat) <= 90)  # noqa: PLR2004 - degrees of latitude
    bad_lon = ~(np.abs(lon) <= 180)  # noqa: PLR2004 - degrees of longitude

    def make(at: int) -> Fault:
        column, value = ("y", raw.lat[at]) if bad_lat[at] else ("x", raw.lon[at])
        params = {"node": raw.node_id[at], "limit": 90 if bad_lat[at] else 180}
        return Fault("roads-node-range", file=file, column=column, value=value, params=params)

    faults = _limited("roads-node-range", bad_lat | bad_lon, file, make)
    if len(set(raw.node_id)) < len(raw.node_id):
        first = {node: at for at, node in reversed(list(enumerate(raw.node_id)))}
        twice = np.array([first[node] != at for at, node in enumerate(raw.node_id)])
        faults += _limited(
            "roads-node-twice",
            twice,
            file,
            lambda at: Fault("roads-node-twice", file=file, params={"node": raw.node_id[at]}),
        )
    return faults


def _ends(raw: RawRoads, file: str | None) -> tuple[NDArray[np.int64], list[Fault]]:
    index = {node: at for at, node in enumerate(raw.node_id)}
    ends = np.array(
        [(index.get(u, -1), index.get(v, -1)) for u, v in zip(raw.source, raw.target, strict=True)],
        dtype=np.int64,
    ).reshape(-1, 2)
    bad = ends.min(axis=1, initial=0) < 0
    return ends, _limited(
        "roads-edge-node",
        bad,
        file,
        lambda at: Fault("roads-edge-node", file=file, params={"edge": edge_name(raw, at)}),
    )


def _check_lengths(raw: RawRoads, length_m: NDArray[np.float64], file: str | None) -> list[Fault]:
    bad = ~((length_m > 0) & (length_m <= EDGE_LIMIT_M))

    def make(at: int) -> Fault:
        params = {"edge": edge_name(raw, at)}
        return Fault(
            "roads-edge-length", file=file, column="length", value=raw.length[at], params=params
        )

    return _limited("roads-edge-length", bad, file, make)


def _lines(raw: RawRoads, file: str | None) -> tuple[NDArray[Any], list[Fault]]:
    """Read the lines of edges; None stands for a straight edge."""
    lines = np.array([None] * len(raw.geometry), dtype=object)
    written = np.array([isinstance(line, str) for line in raw.geometry], dtype=bool)
    if written.any():
        texts = [line for line in raw.geometry if isinstance(line, str)]
        lines[written] = shapely.from_wkt(texts, on_invalid="ignore")
    for at in np.flatnonzero(~written):
        lines[at] = raw.geometry[at]
    absent = np.array([line is None for line in raw.geometry], dtype=bool)
    is_line = shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING
    bad = ~absent & ~(is_line & ~shapely.is_empty(lines))

    def make(at: int) -> Fault:
        return Fault(
            "roads-edge-line",
            file=file,
            column="geometry",
            value=as_text(raw.geometry[at]),
            params={"edge": edge_name(raw, at)},
        )

    return lines, _limited("roads-edge-line", bad, file, make)


def _keys(
    raw: RawRoads, ends: NDArray[np.int64], file: str | None
) -> tuple[NDArray[np.int64], list[Fault]]:
    """Read the numbers of edges between the same two nodes."""
    bad = np.array([not _KEY.fullmatch(text) for text in raw.edge_id], dtype=bool)
    keys = np.array(
        [-1 if wrong else int(text) for text, wrong in zip(raw.edge_id, bad, strict=True)],
        dtype=np.int64,
    )
    _, first, inverse = np.unique(
        np.column_stack((ends, keys)), axis=0, return_index=True, return_inverse=True
    )
    twice = ~bad & (first[inverse.reshape(-1)] != np.arange(len(keys)))

    def make(code: str) -> Callable[[int], Fault]:
        return lambda at: Fault(
            code, file=file, value=raw.edge_id[at], params={"edge": edge_name(raw, at)}
        )

    faults = _limited("roads-edge-key", bad, file, make("roads-edge-key"))
    return keys, faults + _limited("roads-edge-twice", twice, file, make("roads-edge-twice"))


def _vertices(
    lines: NDArray[Any],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    u: NDArray[np.int32],
    v: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], int]:
    """Lay all lines end to end, each from its start node to its end node."""
    own = ~shapely.is_missing(lines)
    count = np.where(own, shapely.get_num_coordinates(lines), 2).astype(np.int64)
    ptr = np.concatenate(([0], np.cumsum(count)))
    x, y = np.empty(ptr[-1]), np.empty(ptr[-1])
    straight = np.flatnonzero(~own)
    x[ptr[straight]], y[ptr[straight]] = lon[u[straight]], lat[u[straight]]
    x[ptr[straight] + 1], y[ptr[straight] + 1] = lon[v[straight]], lat[v[straight]]
    inside = np.repeat(own, count)
    x[inside], y[inside] = shapely.get_coordinates(lines[own]).T

    first, last = ptr[:-1], ptr[1:] - 1
    as_is = np.hypot(x[first] - lon[u], y[first] - lat[u]) + np.hypot(
        x[last] - lon[v], y[last] - lat[v]
    )
    turned = np.hypot(x[first] - lon[v], y[first] - lat[v]) + np.hypot(
        x[last] - lon[u], y[last] - lat[u]
    )
    # some sources store one line for both directions of a street
    flip = np.flatnonzero(turned < as_is)
    for edge in flip:
        part = slice(ptr[edge], ptr[edge + 1])
        x[part], y[part] = x[part][::-1].copy(), y[part][::-1].copy()
    return x, y, ptr, len(flip)


def _check_vertices(table: RoadTable, file: str | None) -> list[Fault]:
    bad = ~((np.abs(table.geom_lat) <= 90) & (np.abs(table.geom_lon) <= 180))  # noqa: PLR2004 - degrees
    edges = np.searchsorted(table.edge_geom_ptr, np.flatnonzero(bad), side="right") - 1
    marked = np.zeros(len(table.edge_u), dtype=bool)
    marked[edges] = True
    return _limited(
        "roads-edge-line",
        marked,
        file,
        lambda at: Fault(
            "roads-edge-line", file=file, column="geometry", params={"edge": table_name(table, at)}
        ),
    )


def _check_measure(table: RoadTable, file: str | None) -> list[Fault]:
    """Compare lengths with the great circle: feet, or degrees read as metres, show at once."""
    steps = np.concatenate((great_circle_m(table.geom_lon, table.geom_lat), [0.0]))
    steps[table.edge_geom_ptr[1:-1] - 1] = 0.0
    measured = np.add.reduceat(steps, table.edge_geom_ptr[:-1])
    long_enough = np.flatnonzero(measured >= MEASURED_EDGE_M)
    if not len(long_enough):
        # a whole graph below a metre is degrees read as metres, or no road graph at all
        long_enough = np.arange(len(measured))
    ratio = table.length_m[long_enough] / np.maximum(measured[long_enough], 1e-9)
    middle = float(np.median(ratio))
    if abs(middle - 1.0) <= LENGTH_TOLERANCE:
        return []
    at = int(long_enough[np.argsort(ratio, kind="stable")[len(ratio) // 2]])
    params: dict[str, str | int | float] = {
        "edge": table_name(table, at),
        "length_m": float(table.length_m[at]),
        "measured_m": float(measured[at]),
        "ratio": middle,
    }
    return [Fault("roads-measure", file=file, column="length", params=params)]


def table_name(table: RoadTable, at: int) -> str:
    """Name an edge of a checked table.

    Parameters
    ----------
    table
        The table.
    at
        Index of the edge.

    Returns
    -------
    str
        Start, end and key, joined by hyphens.
    """
    u, v = table.node_id[table.edge_u[at]], table.node_id[table.edge_v[at]]
    return f"{u}-{v}-{table.edge_key[at]}"
