"""Which ways of OpenStreetMap can be driven on, and what a source of roads was made of.

The profile is OSMnx's network type ``drive`` with two changes: ``access=no`` is left out as
``access=private`` is (OSMnx keeps it), and the tag ``service`` is not looked at, since a way that
is mapped as a street stays one when it is also an alley.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from metro_gis.messages import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx

DRIVE_PROFILE: Final[tuple[tuple[str, str], ...]] = (
    ("area", "yes"),
    (
        "highway",
        (
            "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|escalator|"
            "footway|no|path|pedestrian|planned|platform|proposed|raceway|razed|rest_area|service|"
            "services|steps|track"
        ),
    ),
    ("access", "private|^no$"),
    ("motor_vehicle", "no"),
    ("motorcar", "no"),
)
"""Tag and pattern of its values: a way with a match anywhere in the value is left out."""

WAY_TAGS: Final = (
    "access",
    "bridge",
    "highway",
    "junction",
    "lanes",
    "maxspeed",
    "name",
    "oneway",
    "ref",
    "tunnel",
    "width",
)
"""Tags of ways that a graph keeps."""
NODE_TAGS: Final = ("highway", "junction", "railway", "ref")
"""Tags of nodes that a graph keeps."""
REPORT: Final = "source_report"
_PATTERNS: Final = tuple((key, re.compile(pattern)) for key, pattern in DRIVE_PROFILE)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a source of roads was made of, and what was left out.

    Parameters
    ----------
    ways_kept
        Ways that can be driven on.
    ways_dropped
        Ways left out, by the tag that was the reason, in the order of the profile; ``nodes`` for
        ways of which the source holds fewer than two nodes. Empty for Overpass, which filters
        before it answers.
    missing_nodes
        Nodes that ways name and the source does not hold.
    ways_cut
        Ways that were cut where nodes are missing.
    zero_lengths
        Edges between two nodes at one place, given a length of one millimetre.
    components
        Parts that roads join in at least one direction.
    nodes_dropped
        Nodes outside the largest part that were left out.
    nodes, edges
        Of the graph.
    """

    ways_kept: int = 0
    ways_dropped: Mapping[str, int] | None = None
    missing_nodes: int = 0
    ways_cut: int = 0
    zero_lengths: int = 0
    components: int = 0
    nodes_dropped: int = 0
    nodes: int = 0
    edges: int = 0

    def lines(self, lang: str = "en") -> list[str]:
        """Say what was kept and what was left out.

        Parameters
        ----------
        lang
            ``"en"`` or ``"id"``.

        Returns
        -------
        list of str
            Two lines or more.
        """
        dropped = dict(self.ways_dropped or {})
        listed = ", ".join(f"{reason} {count}" for reason, count in dropped.items())
        told = {
            "size": True,
            "kept": True,
            "dropped": bool(dropped),
            "gaps": self.ways_cut > 0,
            "zero": self.zero_lengths > 0,
            "parts_left_out": self.nodes_dropped > 0,
            "parts_kept": self.components > 1 and not self.nodes_dropped,
        }
        params: dict[str, str | float] = {
            "nodes": self.nodes,
            "edges": self.edges,
            "kept": self.ways_kept,
            "dropped": sum(dropped.values()),
            "reasons": listed,
            "missing": self.missing_nodes,
            "cut": self.ways_cut,
            "zero": self.zero_lengths,
            "parts": self.components,
            "left_out": self.nodes_dropped,
        }
        return [text(f"roads.{key}", lang, **params) for key, holds in told.items() if holds]


def drop_reason(tags: Mapping[str, str]) -> str | None:
    """Say why a way cannot be driven on.

    Parameters
    ----------
    tags
        Tags of the way, ``highway`` among them.

    Returns
    -------
    str or None
        Tag that is the reason; None for a way to keep.

    Examples
    --------
    >>> drop_reason({"highway": "residential", "access": "private"})
    'access'
    """
    for key, pattern in _PATTERNS:
        value = tags.get(key)
        if value is not None and pattern.search(value):
            return key
    return None


def overpass_filter() -> str:
    """Write the profile as Overpass understands it.

    Returns
    -------
    str
        For OSMnx's ``custom_filter``.
    """
    rules = "".join(f'["{key}"!~"{pattern}"]' for key, pattern in DRIVE_PROFILE)
    return f'["highway"]{rules}'


def source_report(graph: nx.MultiDiGraph[Any]) -> SourceReport | None:
    """Read the report that a graph carries.

    Parameters
    ----------
    graph
        A graph made by ``roads_from_...``, or read back from GraphML.

    Returns
    -------
    SourceReport or None
        None where the graph carries none.
    """
    kept = graph.graph.get(REPORT)
    return None if kept is None else SourceReport(**json.loads(kept))


def report_text(report: SourceReport) -> str:
    """Write a report so that GraphML can hold it.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    str
        JSON.
    """
    return json.dumps(asdict(report), separators=(",", ":"))
