"""Keeps road networks as arrays, because reading a large GraphML file takes many seconds.

A kept network is named by what it was made from (content of the file, speeds, factor, format), so
that it can never be taken for another, and carries a checksum, so that damage is seen. Nothing in
it is pickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from metro_gis.data.road_network import NetworkCounts, RoadNetwork
from metro_gis.errors import Fault, InputError
from metro_gis.workspace import make_folder, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FORMAT: Final = "metro-gis-roads/2"
_HEADER_BYTES: Final = len(FORMAT) + 1 + 64 + 1
_FACTS: Final = "facts"


def to_npz(network: RoadNetwork) -> bytes:
    """Write a network as a NumPy archive; equal networks give equal bytes.

    Parameters
    ----------
    network
        The network.

    Returns
    -------
    bytes
        Content of an ``.npz`` file that needs no pickle.
    """
    facts = {
        "format": FORMAT,
        "source": network.source,
        "street_names": network.street_names,
        "created_date": network.created_date,
        "modelled": network.modelled,
        "sha256": network.sha256,
        "counts": asdict(network.counts),
    }
    packed = np.frombuffer(_canonical(facts).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {**network.arrays(), _FACTS: packed}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def from_npz(content: bytes) -> RoadNetwork:
    """Read a network back.

    Parameters
    ----------
    content
        What ``to_npz`` wrote.

    Returns
    -------
    RoadNetwork
        Equal to the one written.

    Raises
    ------
    ValueError
        If the bytes are no such archive.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(arrays.pop(_FACTS).tobytes())
        if facts.pop("format") != FORMAT:
            message = "another format"
            raise ValueError(message)
        counts = facts.pop("counts")
        names = tuple(facts.pop("street_names"))
        rejected = tuple((text, count) for text, count in counts.pop("rejected_speeds"))
        return RoadNetwork(
            **arrays,
            **facts,
            street_names=names,
            counts=NetworkCounts(**counts, rejected_speeds=rejected),
        )
    except (KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        message = f"no kept road network: {error}"
        raise ValueError(message) from error


def cached_network(
    folder: Path,
    *,
    sha256: str,
    speeds: Mapping[str, float],
    factor: float,
    build: Callable[[], RoadNetwork],
    warnings: list[Fault] | None = None,
) -> RoadNetwork:
    """Take a network from the cache, or build it and keep it.

    Parameters
    ----------
    folder
        Folder of kept networks; made for its owner only.
    sha256
        Of the file that the network is read from.
    speeds, factor
        Speed of every road class in km/h, and what multiplies it.
    build
        Makes the network where none is kept.
    warnings
        Receives a fault where a kept network was damaged, or could not be kept.

    Returns
    -------
    RoadNetwork
        The same whether it was kept or built.
    """
    heard = [] if warnings is None else warnings
    path = folder / f"roads-{_name(sha256, speeds, factor)}.cache"
    if path.is_file():
        try:
            return from_npz(_unwrap(path.read_bytes()))
        except (OSError, ValueError) as error:
            params = {"why": str(error)}
            heard.append(Fault("roads-cache", "warning", file=path.as_posix(), params=params))
    network = build()
    try:
        make_folder(folder)
        write_bytes(path, _wrap(to_npz(network)))
    except InputError as error:
        # a full disk costs seconds next time, not the plan now
        why = error.faults[0].params.get("why", "")
        heard.append(
            Fault("roads-cache-unkept", "warning", file=path.as_posix(), params={"why": why})
        )
    return network


def _name(sha256: str, speeds: Mapping[str, float], factor: float) -> str:
    made_from = {
        "format": FORMAT,
        "file": sha256,
        "speeds": {name: float(speed).hex() for name, speed in speeds.items()},
        "factor": float(factor).hex(),
    }
    return hashlib.sha256(_canonical(made_from).encode()).hexdigest()[:32]


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _wrap(content: bytes) -> bytes:
    return f"{FORMAT}\n{hashlib.sha256(content).hexdigest()}\n".encode() + content


def _unwrap(kept: bytes) -> bytes:
    content = kept[_HEADER_BYTES:]
    if kept[:_HEADER_BYTES] != _wrap(content)[:_HEADER_BYTES]:
        message = "its checksum does not fit"
        raise ValueError(message)
    return content
