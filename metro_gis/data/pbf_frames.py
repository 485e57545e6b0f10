"""Walks over the frames of an OpenStreetMap PBF file without unpacking them.

A PBF file is a row of frames: four bytes of length, a small header that tells the size of the
blob, and the blob, which states its size after unpacking. Format:
https://wiki.openstreetmap.org/wiki/PBF_Format
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

HEADER_LIMIT_BYTES: Final = 64 * 1024
BLOB_LIMIT_BYTES: Final = 32 * 1024**2
_PEEK: Final = 64
_RAW, _RAW_SIZE, _DATA_SIZE = 1, 2, 3
_VARINT, _BYTES = 0, 2


class BrokenPbfError(ValueError):
    """The frames of a file do not fit together."""


def measure_pbf(path: Path, limit_bytes: int) -> int:
    """Sum the stated sizes of all blobs after unpacking.

    Parameters
    ----------
    path
        A PBF file.
    limit_bytes
        Stop once the sum is above this.

    Returns
    -------
    int
        Bytes; above the limit if the walk was stopped.

    Raises
    ------
    BrokenPbfError
        If the file ends inside a frame or a frame breaks the format's own size limits.
    """
    size, total, blobs = path.stat().st_size, 0, 0
    with path.open("rb") as stream:
        while total <= limit_bytes and (prefix := stream.read(4)):
            at = stream.tell() - len(prefix)
            packed = _blob_size(stream, prefix, at)
            end = stream.tell() + packed
            if end > size:
                message = f"the frame at byte {at} ends at byte {end}, the file at byte {size}"
                raise BrokenPbfError(message)
            total += _unpacked_size(stream.read(min(_PEEK, packed)), packed, at)
            stream.seek(end)
            blobs += 1
    if blobs < 2 and total <= limit_bytes:  # noqa: PLR2004 - a header alone holds no map
        message = f"only {blobs} frames in {size} bytes"
        raise BrokenPbfError(message)
    return total


def _blob_size(stream: BinaryIO, prefix: bytes, at: int) -> int:
    length = struct.unpack(">I", prefix)[0] if len(prefix) == 4 else 0  # noqa: PLR2004
    if not 0 < length <= HEADER_LIMIT_BYTES:
        message = f"no frame begins at byte {at}"
        raise BrokenPbfError(message)
    header = stream.read(length)
    found = _fields(header).get(_DATA_SIZE) if len(header) == length else None
    if found is None or not 0 < found <= BLOB_LIMIT_BYTES:
        message = f"the frame at byte {at} has no usable header"
        raise BrokenPbfError(message)
    return found


def _unpacked_size(blob: bytes, packed: int, at: int) -> int:
    """Read the stated size; a blob stored as it is has its own size."""
    found = _fields(blob)
    if _RAW in found:
        return packed
    size = found.get(_RAW_SIZE)
    if size is None or size > BLOB_LIMIT_BYTES:
        message = f"the blob at byte {at} does not state its size"
        raise BrokenPbfError(message)
    return size


def _fields(message: bytes) -> dict[int, int]:
    """Read the numbers of a protocol buffer, and the lengths of its byte strings."""
    found: dict[int, int] = {}
    at = 0
    while at < len(message):
        try:
            tag, at = _varint(message, at)
            value, at = _varint(message, at)
        except IndexError:
            break
        if tag & 7 not in (_VARINT, _BYTES):
            break
        found.setdefault(tag >> 3, value)
        at += value if tag & 7 == _BYTES else 0
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128 or shift > 63:  # noqa: PLR2004 - the format's own bits
            return value, at
