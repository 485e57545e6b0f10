"""Last steps of every OSMnx graph: parts, order, lengths and where it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import networkx as nx

from metro_gis.data.osm_profile import REPORT, SourceReport, report_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

SMALLEST_LENGTH_M: Final = 0.001


def finish_graph(
    graph: nx.MultiDiGraph[Any],
    report: SourceReport,
    *,
    source: str,
    created_date: str | None,
    keep_islands: bool,
) -> nx.MultiDiGraph[Any]:
    """Give a graph its final form.

    Parameters
    ----------
    graph
        A simplified graph.
    report
        What is known of its source so far.
    source
        Where it comes from.
    created_date
        When its data was taken; None keeps OSMnx's date.
    keep_islands
        Whether parts that no road joins to the largest stay.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes by id, edges by start, end and key: equal sources give equal graphs.
    """
    parts = sorted(nx.weakly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    kept = graph if keep_islands or not parts else graph.subgraph(parts[0])
    final: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for node in sorted(kept.nodes):
        final.add_node(node, **_tidy(kept.nodes[node]))
    zero_lengths = 0
    for u, v, key, data in sorted(kept.edges(keys=True, data=True), key=lambda edge: edge[:3]):
        tidy = _tidy(data)
        # two nodes at one place: a road all the same, and a length of zero means a broken file
        if tidy["length"] < SMALLEST_LENGTH_M:
            tidy["length"] = SMALLEST_LENGTH_M
            zero_lengths += 1
        final.add_edge(u, v, key=key, **tidy)
    full = replace(
        report,
        zero_lengths=zero_lengths,
        components=len(parts),
        nodes_dropped=len(graph) - len(final),
        nodes=len(final),
        edges=final.number_of_edges(),
    )
    final.graph.update(graph.graph)
    final.graph.update({"source": source, "modelled": "False", REPORT: report_text(full)})
    if created_date is not None:
        final.graph["created_date"] = created_date
    return final


def _tidy(data: Mapping[str, Any]) -> dict[str, Any]:
    """Sort lists, which OSMnx fills in the order of a set, and drop what XML cannot hold."""
    return {name: _tidy_value(value) for name, value in sorted(data.items())}


def _tidy_value(value: Any) -> Any:  # noqa: ANN401 - attributes hold anything
    if isinstance(value, list):
        return sorted((_tidy_value(item) for item in value), key=_rank)
    return xml_text(value) if isinstance(value, str) else value


def _rank(value: Hashable) -> tuple[str, Any]:
    return (type(value).__name__, value)


def xml_text(text: str) -> str:
    """Drop characters that XML cannot hold.

    Parameters
    ----------
    text
        Text of a tag.

    Returns
    -------
    str
        The same without control characters and lone surrogates.
    """
    return "".join(
        char
        for char in text
        if char in "\t\n\r"
        or " " <= char <= "\ud7ff"
        or "\ue000" <= char <= "\ufffd"
        or char >= "\U00010000"
    )
