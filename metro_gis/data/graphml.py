"""Reads and writes road graphs as GraphML, the format OSMnx keeps its graphs in."""

from __future__ import annotations

import tempfile
import xml.parsers.expat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from metro_gis.data.raw_roads import RawRoads
from metro_gis.data.road_files import (
    UNPACKED_LIMIT_BYTES,
    inspect_road_file,
    shown,
    torn,
    unreadable,
)
from metro_gis.data.road_table import check_roads
from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    import networkx as nx

DEPTH_LIMIT: Final = 8
_PIECE: Final = 1024**2


def scan_graphml(path: Path, *, size_limit_bytes: int = UNPACKED_LIMIT_BYTES) -> RawRoads:
    """Read the columns of a GraphML file without building a graph.

    Parameters
    ----------
    path
        GraphML file of an OSMnx graph.
    size_limit_bytes
        Largest file to read.

    Returns
    -------
    RawRoads
        As text, in the order of the file, unchecked.

    Raises
    ------
    InputError
        If the file is missing, torn, hostile, no GraphML, or not one directed graph.
    """
    path = Path(path)
    found = inspect_road_file(path, unpacked_limit_bytes=size_limit_bytes)
    if found.kind != "graphml" or found.packing:
        raise unreadable(path, found, "GraphML (.graphml)")
    reader = _Reader()
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                reader.parser.Parse(piece, False)  # noqa: FBT003 - expat takes it by place only
            reader.parser.Parse(b"", True)  # noqa: FBT003 - see above
    except xml.parsers.expat.ExpatError as error:
        raise torn(path, str(error)) from error
    except _FormError as error:
        raise InputError(
            Fault(
                "roads-graphml-form",
                file=path.as_posix(),
                value=str(error),
                params={"line": reader.parser.CurrentLineNumber},
            )
        ) from error
    return reader.raw


def read_graphml(
    path: Path, *, size_limit_bytes: int = UNPACKED_LIMIT_BYTES
) -> nx.MultiDiGraph[Any]:
    """Read a road graph that OSMnx wrote, after every check.

    Parameters
    ----------
    path
        GraphML file of an OSMnx graph.
    size_limit_bytes
        Largest file to read.

    Returns
    -------
    networkx.MultiDiGraph
        As ``osmnx.load_graphml`` gives it: ``x, y`` in degrees (EPSG:4326), ``length`` in metres.
        Node ids are whole numbers where all of them are, else text.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    import osmnx

    path = Path(path)
    raw = scan_graphml(path, size_limit_bytes=size_limit_bytes)
    check_roads(raw, path.as_posix())
    node_type: type = int if all(_is_whole(node) for node in raw.node_id) else str
    try:
        return osmnx.load_graphml(path, node_dtypes={"osmid": node_type})
    except (ValueError, KeyError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        # what is left are attributes nobody here uses, such as a street count that is no number
        raise InputError(
            Fault(
                "roads-graphml-form",
                file=path.as_posix(),
                value=shown(str(error).encode()),
                params={"line": 0},
            )
        ) from error


def save_graphml_bytes(graph: nx.MultiDiGraph[Any]) -> bytes:
    """Write a road graph as GraphML; equal graphs give equal bytes.

    Parameters
    ----------
    graph
        A road graph as OSMnx makes it.

    Returns
    -------
    bytes
        Content of a ``.graphml`` file, nodes and edges in the order of the graph.
    """
    import osmnx

    with tempfile.TemporaryDirectory(prefix="metro-gis-") as folder:
        path = Path(folder) / "roads.graphml"
        osmnx.save_graphml(graph, path)
        return path.read_bytes()


class _FormError(ValueError):
    """Well-formed XML that is not one directed graph in GraphML."""


class _Reader:
    """Collects nodes and edges while expat walks over the file."""

    def __init__(self) -> None:
        self.raw = RawRoads()
        self.parser = xml.parsers.expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 16
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        # the bytes were searched before; this holds should the search ever miss one
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self._names: dict[str, str] = {}
        self._depth = 0
        self._graphs = 0
        self._owner: dict[str, Any] = {}
        self._stack: list[dict[str, Any]] = []
        self._column: str | None = None
        self._text: list[str] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            message = f"elements nested more than {DEPTH_LIMIT} deep"
            raise _FormError(message)
        tag = name.rpartition("}")[2]
        if tag == "data":
            self._column, self._text = self._names.get(attributes.get("key", "")), []
            if self._column is None:
                message = f"data with the unknown key {attributes.get('key')!r}"
                raise _FormError(message)
        elif tag in ("node", "edge", "graph"):
            self._open(tag, attributes)
        elif tag == "key":
            self._names[attributes.get("id", "")] = attributes.get("attr.name", "")
        elif tag in ("hyperedge", "port"):
            message = f"element {tag}"
            raise _FormError(message)

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "graph":
            self._graphs += 1
            if self._graphs > 1:
                message = "more than one graph"
                raise _FormError(message)
            if attributes.get("edgedefault") != "directed":
                message = f"edgedefault {attributes.get('edgedefault')!r} instead of 'directed'"
                raise _FormError(message)
        needed = {"node": ("id",), "edge": ("source", "target")}.get(tag, ())
        if attributes.get("directed") == "false" or not all(key in attributes for key in needed):
            message = f"a {tag} without {' and '.join(needed)}, or an edge without direction"
            raise _FormError(message)
        self._stack.append(self._owner)
        self._owner = {"tag": tag, "attributes": attributes, "data": {}}

    def _characters(self, text: str) -> None:
        if self._column is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        self._depth -= 1
        tag = name.rpartition("}")[2]
        if tag == "data" and self._column is not None:
            self._owner.get("data", {})[self._column] = "".join(self._text)
            self._column = None
        elif tag in ("node", "edge", "graph"):
            self._close(tag, self._owner["attributes"], self._owner["data"])
            self._owner = self._stack.pop()

    def _close(self, tag: str, attributes: dict[str, str], data: dict[str, str]) -> None:
        raw = self.raw
        if tag == "graph":
            raw.facts.update(data)
        elif tag == "node":
            raw.node_id.append(attributes["id"])
            raw.lon.append(data.get("x", ""))
            raw.lat.append(data.get("y", ""))
        else:
            raw.source.append(attributes["source"])
            raw.target.append(attributes["target"])
            raw.edge_id.append(attributes.get("id", ""))
            raw.length.append(data.get("length", ""))
            raw.highway.append(data.get("highway", ""))
            raw.maxspeed.append(data.get("maxspeed", ""))
            raw.name.append(data.get("name", ""))
            raw.geometry.append(data.get("geometry"))


def _refuse_doctype(*_: object) -> None:
    message = "a document type"
    raise _FormError(message)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit()
