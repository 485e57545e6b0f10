"""Names of streets: from the tags of edges to few long lines, along which a map writes them."""

from __future__ import annotations

import ast
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from metro_gis.messages import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork

Line = tuple[tuple[float, float], ...]

NAMED_CLASSES: Final = ("motorway", "trunk", "primary", "secondary", "tertiary", "unknown")
"""Classes whose names are drawn, the greatest first; a graph may know no class at all."""
NAME_LENGTH: Final = 60
"""Longest name that a street has room for, characters."""
SHORTEST_M: Final = 80.0
"""No name is written along less than this."""
TOLERANCE_M: Final = 5.0
DEGREE_M: Final = 111_195.0
"""Metres of a degree of latitude on OSMnx's sphere."""

__all__ = ["NAMED_CLASSES", "NamedStreet", "name_edges", "named_streets"]


@dataclass(frozen=True, slots=True)
class NamedStreet:
    """A street, wherever it runs under its name.

    Parameters
    ----------
    name
        As the roads have it.
    road_class
        The class of most of its length; one of ``NAMED_CLASSES``.
    lines
        Its stretches, each as long as can be: (lon, lat), EPSG:4326, simplified.
    """

    name: str
    road_class: str
    lines: tuple[Line, ...]


def name_edges(
    names: Sequence[str], highway: Sequence[str]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Find the one name of every edge.

    Parameters
    ----------
    names
        Tag ``name`` per edge: text, or a list written as text.
    highway
        Tag ``highway`` per edge, likewise.

    Returns
    -------
    names : tuple of str
        Each name once, sorted.
    street : ndarray of int32
        Index into them per edge; -1 for an edge without a name, with several (which of them is
        meant where, it does not say), or with one too long to be drawn, and for ramps.

    Examples
    --------
    >>> known, street = name_edges(["B", "['A', 'B']", "['A']", ""], ["primary"] * 4)
    >>> known, street.tolist()
    (('A', 'B'), [1, -1, 0, -1])
    """
    read = {text: _only_name(text) for text in set(names)}
    known = tuple(sorted({name for name in read.values() if name}))
    place = {name: index for index, name in enumerate(known)} | {"": -1}
    street = [
        -1 if "_link" in tag else place[read[text]]
        for text, tag in zip(names, highway, strict=True)
    ]
    return known, np.array(street, dtype=np.int32)


def named_streets(network: RoadNetwork) -> list[NamedStreet]:
    """Join the edges of one name to lines that are as long as can be.

    Parameters
    ----------
    network
        The roads.

    Returns
    -------
    list of NamedStreet
        Greatest class first, in it the longest street first.
    """
    parts: dict[str, set[Line]] = {}
    metres: dict[str, Counter[str]] = {}
    pointers = network.edge_geom_ptr.tolist()
    classes = network.highway.tolist()
    for edge in np.flatnonzero(network.street >= 0).tolist():
        road_class = classes[edge] or NAMED_CLASSES[-1]
        if road_class not in NAMED_CLASSES:
            continue
        part = slice(pointers[edge], pointers[edge + 1])
        line = tuple(
            zip(network.geom_lon[part].tolist(), network.geom_lat[part].tolist(), strict=True)
        )
        name = network.street_names[network.street[edge]]
        # a two-way street is two edges
        parts.setdefault(name, set()).add(min(line, line[::-1]))
        metres.setdefault(name, Counter())[road_class] += round(float(network.length_m[edge]))
    found = []
    for name, lines in parts.items():
        kept = _joined(lines)
        if kept:
            # of classes as long, the greater
            road_class = max(NAMED_CLASSES, key=metres[name].__getitem__)
            found.append(NamedStreet(name, road_class, kept))
    return sorted(
        found,
        key=lambda one: (
            NAMED_CLASSES.index(one.road_class),
            -metres[one.name].total(),
            one.name,
        ),
    )


def _only_name(text: str) -> str:
    """Read a tag that may be a list written as text; several names are none."""
    value: Any = text
    if text.startswith("["):
        try:
            listed = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            listed = None  # a street may be called so
        if isinstance(listed, list):
            value = listed[0] if len(listed) == 1 else ""
    name = " ".join(clean(value, NAME_LENGTH + 1).split()) if isinstance(value, str) else ""
    return name if len(name) <= NAME_LENGTH else ""


def _joined(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Join lines end to end, and leave out what is too short for a name; the longest come first."""
    once = sorted(lines)
    # metres in a plane round the street itself, so that one tolerance holds in both directions
    scale = np.array([DEGREE_M * math.cos(math.radians(once[0][0][1])), DEGREE_M])
    parted = shapely.multilinestrings(
        [shapely.linestrings(one * scale) for one in map(np.array, once)]
    )
    merged = shapely.line_merge(parted)
    parts = [one for one in shapely.get_parts(merged) if one.length >= SHORTEST_M]
    parts.sort(key=lambda one: (-one.length, one.coords[0]))
    simple = (one.simplify(TOLERANCE_M) for one in parts)
    return tuple(
        tuple((x, y) for x, y in (shapely.get_coordinates(one) / scale).tolist()) for one in simple
    )
