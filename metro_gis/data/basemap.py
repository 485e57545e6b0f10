"""The road network as lines to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork

Line = list[tuple[float, float]]


def basemap_lines(
    network: RoadNetwork, only: NDArray[np.bool_] | None = None
) -> dict[str, list[Line]]:
    """Draw every street once, by road class.

    Parameters
    ----------
    network
        The roads.
    only
        Which directed edges to draw, shape ``(n_edges,)``; all by default.

    Returns
    -------
    dict
        Road class (``unknown`` where the graph does not say) to lines of (lon, lat), EPSG:4326.
        A two-way street, which is two directed edges, gives one line.
    """
    lines: dict[str, list[Line]] = {}
    seen: set[tuple[int, int, int]] = set()
    lon, lat = network.geom_lon.tolist(), network.geom_lat.tolist()
    pointers = network.edge_geom_ptr.tolist()
    millimetres = np.rint(network.length_m * 1000).astype(np.int64).tolist()
    ends = zip(network.edge_u.tolist(), network.edge_v.tolist(), strict=True)
    for edge, (u, v) in enumerate(ends):
        street = (min(u, v), max(u, v), millimetres[edge])
        if street in seen or not (only is None or only[edge]):
            continue
        seen.add(street)
        start, stop = pointers[edge], pointers[edge + 1]
        road_class = str(network.highway[edge]) or "unknown"
        lines.setdefault(road_class, []).append(
            list(zip(lon[start:stop], lat[start:stop], strict=True))
        )
    return dict(sorted(lines.items()))
