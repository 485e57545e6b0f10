"""Speed of every road: as signed, else by road class, else the speed of unknown roads.

OSMnx fills missing speeds with the mean of the tagged ones and takes ``999`` and ``0`` at their
word; here every edge keeps where its speed comes from, and every value set aside is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

KPH_PER_MPH: Final = 1.609344
PLAUSIBLE_KPH: Final = (5.0, 130.0)
NS_PER_M_KPH: Final = 3.6e9
"""Nanoseconds that one metre takes at one km/h."""
UNKNOWN: Final = "unknown"
TAGGED_CODE, TABLE_CODE, UNKNOWN_CODE = 0, 1, 2
SOURCE_NAMES: Final = ("tagged", "table", "unknown")
_SPEED: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(km/h|kmh|kph|mph)?", re.IGNORECASE)
_QUOTES: Final = " '\""
_LENGTH_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True, eq=False)
class EdgeSpeeds:
    """Speeds of edges, and how they were found.

    Parameters
    ----------
    speed_kph
        Speed per edge, before any factor, shape ``(n_edges,)``.
    speed_source
        Per edge an index into ``SOURCE_NAMES``, uint8.
    highway
        Per edge its slowest class known to the table, without ``_link``; empty where none is.
    tagged, table, unknown
        Edges by source.
    rejected
        Tagged values that are not plausible, with the number of their edges.
    """

    speed_kph: NDArray[np.float64]
    speed_source: NDArray[np.uint8]
    highway: NDArray[np.str_]
    tagged: int
    table: int
    unknown: int
    rejected: tuple[tuple[str, int], ...]


def edge_speeds(
    highway: Sequence[Any], maxspeed: Sequence[Any], speeds: Mapping[str, float]
) -> EdgeSpeeds:
    """Find the speed of every edge.

    Parameters
    ----------
    highway
        Tag ``highway`` per edge: text, a list, a list written as text, or None.
    maxspeed
        Tag ``maxspeed`` per edge, likewise.
    speeds
        Speed of every road class in km/h, with an entry ``unknown``.

    Returns
    -------
    EdgeSpeeds
        In the order of the edges.

    Examples
    --------
    >>> table = {"primary": 45.0, "residential": 25.0, "unknown": 25.0}
    >>> found = edge_speeds(["primary_link", "primary", None], [None, "30 mph", "none"], table)
    >>> found.speed_kph.round(2).tolist(), found.rejected
    ([45.0, 48.28, 25.0], (('none', 1),))
    """
    classes, class_at = _distinct(highway)
    values, value_at = _distinct(maxspeed)
    names = [road_class(text, speeds) for text in classes]
    table_kph = np.array([speeds[name or UNKNOWN] for name in names] or [0.0])
    tags = [parse_maxspeed(text) for text in values]
    tag_kph = np.array([np.nan if tag is None else tag for tag in tags] or [np.nan])

    tagged = tag_kph[value_at]
    is_tagged = ~np.isnan(tagged)
    known = np.array([bool(name) for name in names] or [False])[class_at]
    source = np.where(is_tagged, TAGGED_CODE, np.where(known, TABLE_CODE, UNKNOWN_CODE))
    counts = np.bincount(source, minlength=3)
    uses = np.bincount(value_at, minlength=len(values))
    rejected = [
        (text, int(count))
        for text, count, tag in zip(values, uses, tags, strict=True)
        if text and tag is None
    ]
    return EdgeSpeeds(
        speed_kph=np.where(is_tagged, tagged, table_kph[class_at]),
        speed_source=source.astype(np.uint8),
        highway=np.array(names or [""], dtype=np.str_)[class_at],
        tagged=int(counts[TAGGED_CODE]),
        table=int(counts[TABLE_CODE]),
        unknown=int(counts[UNKNOWN_CODE]),
        rejected=tuple(sorted(rejected, key=lambda item: (-item[1], item[0]))),
    )


@lru_cache(maxsize=4096)
def parse_maxspeed(text: str) -> float | None:
    """Read a tagged speed.

    Parameters
    ----------
    text
        One value, values separated by ``;``, or a list written as text.

    Returns
    -------
    float or None
        Smallest plausible speed in km/h; None where no value is plausible.

    Examples
    --------
    >>> parse_maxspeed("50 km/h"), parse_maxspeed("['70', '30']"), parse_maxspeed("walk")
    (50.0, 30.0, None)
    """
    plausible = []
    for part in _listed(text, commas=text.strip().startswith("["), semicolons=True):
        found = _SPEED.fullmatch(part)
        if found:
            kph = float(found[1])
            if (found[2] or "").lower() == "mph":
                kph *= KPH_PER_MPH
            if PLAUSIBLE_KPH[0] <= kph <= PLAUSIBLE_KPH[1]:
                plausible.append(kph)
    return min(plausible, default=None)


def road_class(text: str, speeds: Mapping[str, float]) -> str:
    """Choose the slowest class that a tag lists and the table knows.

    Parameters
    ----------
    text
        One class, or a list of classes written as text.
    speeds
        Speed of every road class in km/h.

    Returns
    -------
    str
        The class without ``_link``; empty where no class is known.

    Examples
    --------
    >>> road_class("['primary', 'residential']", {"primary": 45.0, "residential": 25.0})
    'residential'
    """
    names = [
        name.removesuffix("_link")
        for name in _listed(text, commas=text.strip().startswith("["), semicolons=False)
    ]
    known = [name for name in names if name in speeds and name != UNKNOWN]
    return min(known, key=lambda name: speeds[name], default="")


def travel_ns(
    length_m: NDArray[np.float64], speed_kph: NDArray[np.float64], factor: float
) -> NDArray[np.int64]:
    """Turn lengths and speeds into whole nanoseconds.

    Parameters
    ----------
    length_m
        Length per edge in metres.
    speed_kph
        Speed per edge in km/h.
    factor
        Multiplies the speeds: 0.8 is a fifth slower.

    Returns
    -------
    ndarray of int64
        At least one per edge, halves rounded to even.
    """
    ns = np.rint(length_m * NS_PER_M_KPH / (speed_kph * factor))
    return np.maximum(ns, 1.0).astype(np.int64)


def _listed(text: str, *, commas: bool, semicolons: bool) -> list[str]:
    """Split a tag into its values; lists come as Python writes them."""
    if len(text) > _LENGTH_LIMIT:
        return []
    plain = text.strip().strip("[]")
    marks = ("," if commas else "") + (";" if semicolons else "")
    parts = re.split(f"[{marks}]", plain) if marks else [plain]
    return [part.strip(_QUOTES) for part in parts]


def _distinct(values: Sequence[Any]) -> tuple[list[str], NDArray[np.intp]]:
    """Give distinct values a number, because each needs to be read once only."""
    numbers: dict[str, int] = {}
    at = np.fromiter(
        (numbers.setdefault(_as_text(value), len(numbers)) for value in values),
        dtype=np.intp,
        count=len(values),
    )
    return list(numbers), at


def _as_text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return value if isinstance(value, str) else str(value)


__all__ = [
    "SOURCE_NAMES",
    "EdgeSpeeds",
    "edge_speeds",
    "parse_maxspeed",
    "road_class",
    "travel_ns",
]
