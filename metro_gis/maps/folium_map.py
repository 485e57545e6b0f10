"""The map itself, made by Folium: an empty Leaflet map with its panes and its extent.

Folium compiles text that it is given as templates, so it is given numbers and our own words only.
What the map shows reaches the page beside it, as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from folium import Map

Corners = tuple[tuple[float, float], tuple[float, float]]

MAP_ID: Final = "metro_gis"
# what lies above what; only stations answer to the pointer
PANES: Final = (
    ("roads", 210, False),
    ("areas", 330, False),
    ("beats", 340, False),
    ("names", 345, False),
    ("rounds", 350, False),
    ("choice", 360, False),
    ("stations", 450, True),
    ("places", 460, False),
    ("orders", 470, False),
)
EMPTY_EXTENT: Final = ((-11.1, 94.9), (6.2, 141.1))  # Indonesia, where a plan names no point
MARGIN_PX: Final = (28, 28)
CLOSEST_ZOOM: Final = 16

__all__ = ["Corners", "FoliumParts", "extent", "folium_parts"]


@dataclass(frozen=True, slots=True)
class FoliumParts:
    """What Folium contributes to a page.

    Parameters
    ----------
    element
        The element that holds the map (HTML).
    script
        The script that makes the map (JavaScript); it names the map ``map_metro_gis``.
    """

    element: str
    script: str


def extent(points: Iterable[tuple[float, float]]) -> Corners:
    """Give the smallest box around points.

    Parameters
    ----------
    points
        (lon, lat) in WGS 84 degrees.

    Returns
    -------
    tuple
        South-west and north-east corner as (lat, lon); all of Indonesia where there is no point.

    Examples
    --------
    >>> extent([(105.3, -5.1), (105.2, -5.0)])
    ((-5.1, 105.2), (-5.0, 105.3))
    """
    found = list(points)
    if not found:
        return EMPTY_EXTENT
    lons, lats = zip(*found, strict=True)
    return (min(lats), min(lons)), (max(lats), max(lons))


def folium_parts(corners: Corners) -> FoliumParts:
    """Draw the empty map with Folium.

    Parameters
    ----------
    corners
        South-west and north-east corner as (lat, lon) in WGS 84 degrees.

    Returns
    -------
    FoliumParts
        Element and script, the same for the same corners; Folium's own head (styles and scripts
        on four content networks) is left behind.
    """
    import folium
    from folium.map import CustomPane, FitBounds

    (south, west), (north, east) = corners
    drawn = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=13,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        maxZoom=19,
        minZoom=4,
        zoomSnap=0.25,
        zoomDelta=0.5,
        wheelPxPerZoomLevel=90,
        # the first view is there at once; the page's script lets later ones glide
        zoomAnimationThreshold=0,
    )
    for name, z_index, pointer_events in PANES:
        drawn.add_child(CustomPane(name, z_index=z_index, pointer_events=pointer_events))
    drawn.add_child(
        FitBounds([[south, west], [north, east]], padding=MARGIN_PX, max_zoom=CLOSEST_ZOOM)
    )
    return _rendered(drawn)


def _rendered(drawn: Map) -> FoliumParts:
    from branca.element import Figure

    figure = Figure()
    figure.add_child(drawn)
    # ids are random by default, which would make every page differ from the last
    drawn._id = MAP_ID  # noqa: SLF001 (Folium offers no other way)
    for index, child in enumerate(drawn._children.values()):  # noqa: SLF001 (see above)
        child._id = f"{MAP_ID}_{index}"  # noqa: SLF001 (see above)
    drawn.render()  # type: ignore[no-untyped-call]
    return FoliumParts(
        element=figure.html.render().strip(),
        script=figure.script.render().strip() + "\n",
    )
