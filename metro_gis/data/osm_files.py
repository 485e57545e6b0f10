"""Roads from OpenStreetMap files: .osm, .osm.gz, .osm.bz2 and .osm.pbf.

pyosmium reads every one of them, keeps the ways that can be driven on and the nodes they need,
and writes a small file that OSMnx makes a graph from. OSMnx alone reads no PBF, applies no filter
and stops at ways whose nodes an extract does not hold.
"""

from __future__ import annotations

import re
import tempfile
import xml.parsers.expat
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from metro_gis.data.osm_graph import finish_graph, xml_text
from metro_gis.data.osm_profile import (
    DRIVE_PROFILE,
    NODE_TAGS,
    WAY_TAGS,
    SourceReport,
    drop_reason,
)
from metro_gis.data.osm_settings import osmnx_settings
from metro_gis.data.road_files import (
    UNPACKED_LIMIT_BYTES,
    RoadFile,
    inspect_road_file,
    open_unpacked,
    torn,
    unreadable,
)
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    import networkx as nx

EXPECTED: Final = "OpenStreetMap (.osm, .osm.gz, .osm.bz2, .osm.pbf)"
MISSING_SHARE_LIMIT: Final = 0.05
"""Most ways that may lack nodes: beyond it the file is no clipped extract but a damaged one."""
BYTES_PER_NODE: Final = 8_000
"""Memory that OSMnx needs per node of a way, measured with ways of whole cities."""
_SUFFIXES: Final = {
    ".osm": ("osm", ""),
    ".osm.gz": ("osm", "gzip"),
    ".osm.bz2": ("osm", "bzip2"),
    ".pbf": ("pbf", ""),
}
_XML_DATE: Final = re.compile(
    rb"(?:<meta\s+osm_base|<osm\s[^>]*\btimestamp)\s*=\s*[\"']([0-9TZ:.+-]{10,35})"
)
_DEGREES: Final = ("lat", 90.0), ("lon", 180.0)


@dataclass(slots=True)
class _Extract:
    """Ways that can be driven on, and their nodes."""

    ways: list[tuple[int, list[int], dict[str, str]]] = field(default_factory=list)
    nodes: dict[int, tuple[float, float, dict[str, str]]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    cut: int = 0
    newest: datetime | None = None


def roads_from_osm_file(
    path: Path,
    *,
    keep_islands: bool = False,
    unpacked_limit_bytes: int = UNPACKED_LIMIT_BYTES,
    missing_share_limit: float = MISSING_SHARE_LIMIT,
    memory_limit_bytes: int | None = None,
) -> nx.MultiDiGraph[Any]:
    """Make a road graph from an OpenStreetMap file.

    Parameters
    ----------
    path
        A file in one of the four forms.
    keep_islands
        Whether parts that no road joins to the largest stay.
    unpacked_limit_bytes
        Most bytes that may come out of the file.
    missing_share_limit
        Most ways that may name nodes the file does not hold, as a share.
    memory_limit_bytes
        Memory the graph may take; None for what is free now.

    Returns
    -------
    networkx.MultiDiGraph
        As OSMnx makes it, with ``source``, ``modelled`` and a report (``source_report``);
        ``created_date`` is the date of the data where the file tells it.

    Raises
    ------
    InputError
        If the file cannot be read, has no roads, lacks too many nodes, or is too large.
    """
    path = Path(path)
    found = inspect_road_file(path, unpacked_limit_bytes=unpacked_limit_bytes)
    _require_kind(path, found)
    with tempfile.TemporaryDirectory(prefix="metro-gis-") as folder:
        readable = _readable(found, Path(folder))
        extract = _read(path, readable, found)
        _require_roads(path, extract, missing_share_limit, memory_limit_bytes)
        small = Path(folder) / "drivable.osm"
        _write(extract, small)
        with osmnx_settings() as osmnx:
            graph = osmnx.graph_from_xml(small, retain_all=True, simplify=True)
    if not graph.number_of_edges():
        raise InputError(_no_roads(path, extract))
    report = SourceReport(
        ways_kept=len(extract.ways),
        ways_dropped=_in_order(extract.dropped),
        missing_nodes=extract.missing,
        ways_cut=extract.cut,
    )
    date = extract.newest
    return finish_graph(
        graph,
        report,
        source=f"OpenStreetMap contributors (ODbL): file {path.name}",
        created_date=date.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if date else "",
        keep_islands=keep_islands,
    )


def _require_kind(path: Path, found: RoadFile) -> None:
    named = next((kind for end, kind in _SUFFIXES.items() if path.name.endswith(end)), None)
    is_osm = (found.kind == "osm") or (found.kind == "pbf" and not found.packing)
    if is_osm and named != (found.kind, found.packing):
        real = next(end for end, kind in _SUFFIXES.items() if kind == (found.kind, found.packing))
        params = {"real": ".osm.pbf" if real == ".pbf" else real}
        raise InputError(Fault("roads-name-differs", file=path.as_posix(), params=params))
    if not is_osm:
        packed = replace(found, kind=f"{found.kind} in {found.packing}")
        raise unreadable(path, packed if found.kind == "pbf" else found, EXPECTED)


def _readable(found: RoadFile, folder: Path) -> Path:
    """Give a path that osmium takes: it chooses its reader by the name."""
    kind = {"pbf": ".osm.pbf"}.get(found.kind, ".osm")
    packing = {"gzip": ".gz", "bzip2": ".bz2"}.get(found.packing, "")
    link = folder / f"source{kind}{packing}"
    link.symlink_to(found.path.resolve())
    return link


def _read(path: Path, readable: Path, found: RoadFile) -> _Extract:
    import osmium

    extract = _Extract()
    try:
        needed = _read_ways(osmium, readable, extract, found)
        _read_nodes(osmium, readable, extract, needed, path)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        bad = _find_bad_node(found) if found.kind == "osm" else None
        if bad is not None:
            raise InputError(_node_fault(path, *bad)) from error
        raise torn(path, str(error)) from error
    extract.missing = len(needed) - len(extract.nodes)
    extract.ways = [piece for way in extract.ways for piece in _cut_at_gaps(way, extract)]
    return extract


def _read_ways(
    osmium: Any,  # noqa: ANN401 - the module
    readable: Path,
    extract: _Extract,
    found: RoadFile,
) -> set[int]:
    """Keep the ways that can be driven on; return the nodes they need."""
    needed: set[int] = set()
    ways = osmium.FileProcessor(str(readable), osmium.osm.WAY)
    newest = stated = _stated_date(found, ways.header)
    for way in ways.with_filter(osmium.filter.KeyFilter("highway")):
        tags = {tag.k: tag.v for tag in way.tags}
        reason = "deleted" if way.deleted else drop_reason(tags)
        if reason:
            extract.dropped[reason] += 1
            continue
        nodes = [node.ref for node in way.nodes]
        needed.update(nodes)
        kept = {key: xml_text(tags[key]) for key in WAY_TAGS if key in tags}
        extract.ways.append((way.id, nodes, kept))
        # files without a date of their own: the newest change of a road is the best guess
        if stated is None and way.timestamp.year > 1970:  # noqa: PLR2004 - absent in the format
            newest = max(newest or way.timestamp, way.timestamp)
    extract.newest = newest
    return needed


def _stated_date(found: RoadFile, header: Any) -> datetime | None:  # noqa: ANN401 - osmium's
    """Date that a file states for all its data."""
    written = _XML_DATE.search(found.head) if found.kind == "osm" else None
    stamps = [header.get(name) for name in ("osmosis_replication_timestamp", "timestamp")]
    stamps += [written[1].decode()] if written else []
    for stamp in filter(None, stamps):
        try:
            date = datetime.fromisoformat(stamp)
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def _read_nodes(
    osmium: Any,  # noqa: ANN401 - the module
    readable: Path,
    extract: _Extract,
    needed: set[int],
    path: Path,
) -> None:
    nodes = osmium.FileProcessor(str(readable), osmium.osm.NODE)
    for node in nodes.with_filter(osmium.filter.IdFilter(needed)):
        if node.deleted:
            continue
        if not node.location.valid():
            place = node.location
            lat, lon = place.lat_without_check(), place.lon_without_check()
            value = ("lat", str(lat)) if abs(lat) > 90 else ("lon", str(lon))  # noqa: PLR2004
            raise InputError(_node_fault(path, str(node.id), *value))
        tags = {tag.k: xml_text(tag.v) for tag in node.tags if tag.k in NODE_TAGS}
        extract.nodes[node.id] = (node.location.lon, node.location.lat, tags)


def _cut_at_gaps(
    way: tuple[int, list[int], dict[str, str]], extract: _Extract
) -> list[tuple[int, list[int], dict[str, str]]]:
    """Cut a way where nodes are missing, because a line across the gap would be no road."""
    number, nodes, tags = way
    runs = [list(run) for held, run in groupby(nodes, extract.nodes.__contains__) if held]
    runs = [run for run in runs if len(set(run)) > 1]
    extract.cut += any(node not in extract.nodes for node in nodes)
    if not runs:
        extract.dropped["nodes"] += 1
    # osmnx takes one way per id: later pieces get ids that no way in the world has
    ids = [number, *(-(abs(number) * 1000 + at) for at in range(1, len(runs)))]
    return [(own, run, tags) for own, run in zip(ids, runs, strict=False)]


def _write(extract: _Extract, path: Path) -> None:
    import osmium

    make = osmium.osm.mutable
    used = {node for _, nodes, _ in extract.ways for node in nodes}
    with osmium.SimpleWriter(str(path)) as writer:
        for number in sorted(used):
            lon, lat, tags = extract.nodes[number]
            writer.add_node(make.Node(id=number, location=(lon, lat), tags=tags))
        for number, nodes, tags in sorted(extract.ways, key=lambda way: way[0]):
            writer.add_way(make.Way(id=number, nodes=nodes, tags=tags))


def _require_roads(
    path: Path, extract: _Extract, missing_share_limit: float, memory_limit: int | None
) -> None:
    ways = len(extract.ways) + extract.dropped["nodes"]
    if extract.cut > missing_share_limit * ways:
        params = {
            "nodes": extract.missing,
            "ways": extract.cut,
            "of": ways,
            "limit": missing_share_limit * 100,
        }
        raise InputError(Fault("roads-nodes-missing", file=path.as_posix(), params=params))
    if not extract.ways:
        raise InputError(_no_roads(path, extract))
    need = BYTES_PER_NODE * sum(len(nodes) for _, nodes, _ in extract.ways)
    free = free_memory_bytes() if memory_limit is None else memory_limit
    if need > free:
        sizes = {"need_mb": need // 1024**2, "free_mb": free // 1024**2}
        raise InputError(Fault("roads-memory", file=path.as_posix(), params=sizes))


def free_memory_bytes() -> int:
    """Ask the system for the memory that is free.

    Returns
    -------
    int
        Bytes; a large number where the system does not tell.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        told = {line.partition(":")[0]: line.split()[1] for line in lines if line}
        return int(told["MemAvailable"]) * 1024
    except (OSError, KeyError, ValueError, IndexError):
        return 2**62


def _no_roads(path: Path, extract: _Extract) -> Fault:
    dropped = _in_order(extract.dropped)
    listed = ", ".join(f"{reason} {count}" for reason, count in dropped.items()) or "-"
    return Fault("roads-none", file=path.as_posix(), params={"dropped": listed})


def _in_order(dropped: Counter[str]) -> dict[str, int]:
    order = [*(key for key, _ in DRIVE_PROFILE), "nodes", "deleted"]
    return {key: dropped[key] for key in order if dropped[key]}


def _node_fault(path: Path, node: str, column: str, value: str) -> Fault:
    params: dict[str, str | int | float] = {"node": node, "limit": dict(_DEGREES)[column]}
    return Fault(
        "roads-node-range", file=path.as_posix(), column=column, value=value, params=params
    )


def _find_bad_node(found: RoadFile) -> tuple[str, str, str] | None:
    """Find the node whose coordinates osmium could not read; it does not name it."""
    bad: list[tuple[str, str, str]] = []

    def look(name: str, attributes: dict[str, str]) -> None:
        for key, limit in _DEGREES if name == "node" and not bad else ():
            try:
                fits = abs(float(attributes[key])) <= limit
            except (KeyError, ValueError):
                fits = False
            if not fits:
                bad.append((attributes.get("id", "?"), key, attributes.get(key, "")))

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = look
    try:
        with open_unpacked(found.path, found.packing) as stream:
            while not bad and (piece := stream.read(1 << 20)):
                parser.Parse(piece, False)  # noqa: FBT003 - expat takes it by place only
    except (xml.parsers.expat.ExpatError, OSError, EOFError):
        return bad[0] if bad else None
    return bad[0] if bad else None
