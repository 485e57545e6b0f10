"""Looks at a road file before any parser does: what it is, how large it gets, what hides in it.

A file's bytes decide, not its name. Compressed files are unpacked once, in pieces, to count what
comes out; a document type or an entity is refused before an XML parser sees the file, because
both can make a parser fetch other files or fill the memory.
"""

from __future__ import annotations

import bz2
import gzip
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from metro_gis.data.pbf_frames import BrokenPbfError, measure_pbf
from metro_gis.errors import Fault, InputError
from metro_gis.messages import clean

if TYPE_CHECKING:
    from typing import BinaryIO

UNPACKED_LIMIT_BYTES: Final = 2 * 1024**3
RATIO_LIMIT: Final = 200
"""Most bytes that may come out of one byte; OpenStreetMap XML stays below 30."""
RATIO_FREE_BYTES: Final = 64 * 1024**2
"""What may come out of any file, however small: small regular files pack well."""
HEAD_BYTES: Final = 4096
SHOWN_CHARACTERS: Final = 80
_PIECE: Final = 1024**2
_ENCODINGS: Final = (b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"latin-1")
_HOSTILE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_HOSTILE_LENGTH: Final = len(b"<!DOCTYPE")
_TAGS: Final = (
    ("html", re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)),
    ("osm", re.compile(rb"<osm[\s>]")),
    ("graphml", re.compile(rb"<graphml[\s>]")),
)
_MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"7z\xbc\xaf", "7z"),
    (b"\xff\xe0", "o5m"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"%PDF", "pdf"),
    (b"version https://git-lfs", "git-lfs pointer"),
)


@dataclass(frozen=True, slots=True)
class RoadFile:
    """What a road file turned out to be.

    Parameters
    ----------
    path
        The file.
    kind
        ``"osm"``, ``"graphml"``, ``"pbf"``, ``"html"``, ``"xml"``, ``"pickle"``, ``"unknown"`` or
        the name of another format.
    packing
        ``""``, ``"gzip"`` or ``"bzip2"``.
    head
        First bytes after unpacking.
    unpacked_bytes
        Size after unpacking.
    """

    path: Path
    kind: str
    packing: str
    head: bytes
    unpacked_bytes: int


def inspect_road_file(path: Path, *, unpacked_limit_bytes: int = UNPACKED_LIMIT_BYTES) -> RoadFile:
    """Find out what a road file is, and refuse what no parser should see.

    Parameters
    ----------
    path
        File to look at.
    unpacked_limit_bytes
        Most bytes that may come out of it.

    Returns
    -------
    RoadFile
        What it is.

    Raises
    ------
    InputError
        If the file is missing, empty, torn, unpacks to too much, or holds a document type.
    """
    path = Path(path)
    _require_file(path)
    packing = _packing(path)
    head = _read_head(path, packing)
    kind = _kind(head)
    if kind == "pbf" and not packing:
        size = _measure_pbf(path, unpacked_limit_bytes)
    else:
        size = _scan(path, packing, unpacked_limit_bytes, is_xml=kind in ("osm", "graphml", "xml"))
    return RoadFile(path, kind, packing, head, size)


def open_unpacked(path: Path, packing: str) -> BinaryIO:
    """Open a file for reading what is packed in it.

    Parameters
    ----------
    path
        The file.
    packing
        ``""``, ``"gzip"`` or ``"bzip2"``.

    Returns
    -------
    BinaryIO
        A stream of bytes.
    """
    if packing == "gzip":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if packing == "bzip2":
        return bz2.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def unreadable(path: Path, found: RoadFile, expected: str) -> InputError:
    """Say that a file is something else than what was asked for.

    Parameters
    ----------
    path
        The file.
    found
        What it turned out to be.
    expected
        What was expected, as text.

    Returns
    -------
    InputError
        To be raised; its fault shows the first characters of the file.
    """
    code = {
        "html": "roads-html",
        "pickle": "roads-pickle",
        "graphml": "roads-is-graphml",
        "osm": "roads-is-osm",
        "pbf": "roads-is-osm",
    }.get(found.kind, "roads-not-roads")
    return InputError(
        Fault(
            code,
            file=path.as_posix(),
            value=shown(found.head),
            params={"kind": found.kind, "expected": expected, "head": shown(found.head)},
        )
    )


def shown(head: bytes) -> str:
    """Show the first characters of a file, safe for a terminal.

    Parameters
    ----------
    head
        First bytes.

    Returns
    -------
    str
        At most 80 characters.
    """
    text = head[: SHOWN_CHARACTERS * 4].decode("utf-8", errors="replace")
    return clean(text, SHOWN_CHARACTERS)


def torn(path: Path, why: str) -> InputError:
    """Say that a file ends too early or is damaged.

    Parameters
    ----------
    path
        The file.
    why
        What the reader said, with the place where it stopped.

    Returns
    -------
    InputError
        To be raised.
    """
    size = path.stat().st_size
    return InputError(Fault("roads-torn", file=path.as_posix(), params={"why": why, "bytes": size}))


def _require_file(path: Path) -> None:
    if not path.is_file():
        near = sorted(
            item.name
            for item in (path.parent.iterdir() if path.parent.is_dir() else ())
            if item.name.endswith((".graphml", ".osm", ".osm.gz", ".osm.bz2", ".pbf"))
        )
        params = {"near": ", ".join(near[:5]) or "-"}
        raise InputError(Fault("roads-missing", file=path.as_posix(), params=params))
    if not os.access(path, os.R_OK):
        raise InputError(Fault("roads-closed", file=path.as_posix()))
    if path.stat().st_size == 0:
        raise InputError(Fault("roads-empty", file=path.as_posix()))


def _packing(path: Path) -> str:
    with path.open("rb") as stream:
        magic = stream.read(3)
    if magic.startswith(b"\x1f\x8b"):
        return "gzip"
    return "bzip2" if magic == b"BZh" else ""


def _read_head(path: Path, packing: str) -> bytes:
    try:
        with open_unpacked(path, packing) as stream:
            return stream.read(HEAD_BYTES)
    except (EOFError, OSError, zlib.error) as error:
        raise torn(path, str(error)) from error


def _kind(head: bytes) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:1] == b"\x00" and b"OSMHeader" in head[:64]:
        return "pbf"
    # protocol 2 and later begin with this mark; nothing is ever unpickled here
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "pickle"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\x00" in start or not start.startswith(b"<"):
        return "unknown"
    return next((name for name, tag in _TAGS if tag.search(start)), "xml")


def _measure_pbf(path: Path, limit: int) -> int:
    try:
        size = measure_pbf(path, limit)
    except BrokenPbfError as error:
        raise torn(path, str(error)) from error
    if size > limit:
        raise _too_large(path, limit)
    return size


def _scan(path: Path, packing: str, limit: int, *, is_xml: bool) -> int:
    """Unpack in pieces, count, and look for document types across the seams of the pieces."""
    total, tail = 0, b""
    free = max(RATIO_FREE_BYTES, path.stat().st_size * RATIO_LIMIT) if packing else limit
    try:
        with open_unpacked(path, packing) as stream:
            while piece := stream.read(_PIECE):
                total += len(piece)
                if total > min(limit, free):
                    raise _too_large(path, min(limit, free))
                if is_xml:
                    _refuse_hostile(path, tail + piece, first=not tail)
                tail = piece[-_HOSTILE_LENGTH:]
    except (EOFError, OSError, zlib.error) as error:
        raise torn(path, f"{error} ({total} bytes unpacked)") from error
    return total


def _refuse_hostile(path: Path, piece: bytes, *, first: bool) -> None:
    found = _HOSTILE.search(piece)
    if found:
        raise InputError(
            Fault("roads-doctype", file=path.as_posix(), value=shown(piece[found.start() :]))
        )
    declared = re.search(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", piece[:512])
    # another encoding could spell a document type in bytes that were not searched for
    if first and declared and declared[1].lower() not in _ENCODINGS:
        raise InputError(Fault("roads-encoding", file=path.as_posix(), value=shown(declared[1])))


def _too_large(path: Path, limit: int) -> InputError:
    params = {"limit_mb": limit // 1024**2, "packed": path.stat().st_size}
    return InputError(Fault("roads-unpacks-too-large", file=path.as_posix(), params=params))
