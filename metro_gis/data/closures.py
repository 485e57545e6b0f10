"""Closed streets: taken out of the road network before anything is attached to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from metro_gis.data.snapping import snap_points
from metro_gis.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.scenario import Closure

CLOSED_WITHIN_M: Final = 50.0
"""A closed street lies at most this far from the point that names it."""

__all__ = ["CLOSED_WITHIN_M", "Closed", "close_roads"]


class Closed(NamedTuple):
    """A road network without its closed streets.

    Parameters
    ----------
    network
        The roads that are open.
    edges
        Start, end and key of every directed edge that was taken out, rising.
    streets
        The streets that are closed; None where none is.
    faults
        Points that name no street, and a warning that tells what is closed.
    """

    network: RoadNetwork
    edges: tuple[tuple[str, str, int], ...] = ()
    streets: RoadNetwork | None = None
    faults: tuple[Fault, ...] = ()


def close_roads(
    network: RoadNetwork, closures: Sequence[Closure], *, file: str | None = None
) -> Closed:
    """Take closed streets out of a network, in all directions.

    Of every point the nearest street is closed from junction to junction; where several are as
    near, as at a junction, all of them.

    Parameters
    ----------
    network
        All roads.
    closures
        Points on closed streets.
    file
        Name of the road file, for the faults.

    Returns
    -------
    Closed
        With an error for every point that has no street within `CLOSED_WITHIN_M`.
    """
    if not closures:
        return Closed(network)
    snaps = snap_points(
        network,
        [one.lon for one in closures],
        [one.lat for one in closures],
        snap_limit_m=CLOSED_WITHIN_M,
    )
    far = np.flatnonzero(~snaps.has_road)
    faults = [
        Fault(
            "closed-no-street",
            file=file,
            value=f"{closures[i].lon}, {closures[i].lat}",
            params={"metres": round(float(snaps.nearest_m[i])), "limit": round(CLOSED_WITHIN_M)},
        )
        for i in far.tolist()
    ]
    edges = np.unique(snaps.edge)
    names = tuple(
        (str(network.node_id[network.edge_u[e]]), str(network.node_id[network.edge_v[e]]),
         int(network.edge_key[e]))
        for e in edges.tolist()
    )  # fmt: skip
    if names:
        told = {"count": len(closures) - len(far), "edges": len(names)}
        told["metres"] = round(_street_m(network, edges))
        faults.append(Fault("streets-closed", "warning", file=file, params=told))
    others = np.setdiff1d(np.arange(network.n_edges, dtype=np.int32), edges)
    streets = network.without(others) if names else None
    return Closed(network.without(edges), tuple(sorted(names)), streets, tuple(faults))


def _street_m(network: RoadNetwork, edges: NDArray[np.int32]) -> float:
    """Measure streets, of which one in both directions is two edges of the same length."""
    ends = np.sort(np.column_stack((network.edge_u[edges], network.edge_v[edges])), axis=1)
    metres = np.rint(network.length_m[edges] * 1000).astype(np.int64)
    streets = np.unique(np.column_stack((ends, metres)), axis=0)
    return float(streets[:, 2].sum()) / 1000
