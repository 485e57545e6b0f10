"""The city on its sheet: where everything stands, in millimetres, and how large it is drawn."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

from metro_gis.maps.folium_map import extent
from metro_gis.maps.wall.grid import Squares
from metro_gis.maps.wall.looks import LOOKS, beat_colours
from metro_gis.maps.wall.paper import EDGE, Layout, Rect
from metro_gis.maps.wall.projection import View, Zone, choose_scale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.maps.page_data import PageData

    Place = tuple[float, float]

BORDER: Final = 8.0  # room for signs and names of what stands at the city's edge, units
LARGEST: Final = 1.25  # radius of a station's sign, units
SMALLEST: Final = 0.5
SHARE_OF_NEXT: Final = 0.42  # half of the way to the next sign, and a little white between

__all__ = ["City", "lay_city", "view_of"]


@dataclass(frozen=True, slots=True)
class City:
    """Everything of a plan that has a place on the sheet.

    Parameters
    ----------
    data
        What is drawn.
    view
        From degrees to millimetres.
    unit
        What a millimetre on A3 is on this sheet.
    squares
        Lettered squares over the map.
    stations, posts
        Where they stand, in the order of the data, mm.
    radius
        Of a station's sign, mm.
    beats
        Stations of each team, the anchor first, by their number.
    beat_colours, unit_colours
        Colour of each beat; dark colour of each unit's names.
    """

    data: PageData
    view: View
    unit: float
    squares: Squares
    stations: NDArray[np.float64]
    posts: NDArray[np.float64]
    radius: float
    beats: Sequence[Sequence[int]]
    beat_colours: Sequence[str]
    unit_colours: Mapping[str, str]

    @property
    def map(self) -> Rect:
        """What the map takes up, mm."""
        return self.squares.room

    def look(self, index: int) -> str:
        """Say how a station is drawn.

        Parameters
        ----------
        index
            Its number.

        Returns
        -------
        str
            Its class, or ``"uncovered"``.
        """
        row = self.data.stations[index]
        risk_class = row["risk_class"]
        return risk_class if row["team_id"] is not None and risk_class else "uncovered"

    def sign_radius(self, index: int) -> float:
        """Say how far a station's sign reaches.

        Parameters
        ----------
        index
            Its number.

        Returns
        -------
        float
            Millimetres, the ring of an uncovered one included.
        """
        look = self.look(index)
        return self.radius * LOOKS[look].size * (1.4 if look == "uncovered" else 1.0)

    def by_unit(self, *keys: str) -> Mapping[tuple[str, ...], list[int]]:
        """Put stations together by kecamatan or kelurahan.

        Parameters
        ----------
        *keys
            Columns of a station.

        Returns
        -------
        dict
            Names to numbers of stations; stations without the last name are left out.
        """
        found: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for index, row in enumerate(self.data.stations):
            names = tuple(str(row[key] or "") for key in keys)  # type: ignore[literal-required]
            if names[-1]:
                found[names].append(index)
        return dict(sorted(found.items()))

    def middle(self, indices: Sequence[int]) -> Place:
        """Find the middle of stations.

        Parameters
        ----------
        indices
            Their numbers.

        Returns
        -------
        tuple of float
            The mean of their places, mm.
        """
        x, y = self.stations[list(indices)].mean(axis=0).tolist()
        return x, y


def view_of(data: PageData, layout: Layout) -> View:
    """Choose what a sheet shows of a city, and at which scale.

    Parameters
    ----------
    data
        What is drawn.
    layout
        The sheet.

    Returns
    -------
    View
        All stations and posts, with room around them.
    """
    places = [(row["lon"], row["lat"]) for row in (*data.stations, *data.posts)]
    corners = extent(places)
    (south, west), (north, east) = corners
    zone = Zone.around(corners)
    metres = zone.metres(places or [(west, south), (east, north)])
    low, high = metres.min(axis=0), metres.max(axis=0)
    room = layout.frame.shrunk(EDGE * layout.unit)
    width_m, height_m = (high - low).tolist()
    scale = choose_scale((width_m, height_m), room.shrunk(BORDER * layout.unit))
    east_m, north_m = ((low + high) / 2).tolist()
    return View(zone, room, scale, (east_m, north_m))


def lay_city(data: PageData, layout: Layout) -> City:
    """Give everything its place.

    Parameters
    ----------
    data
        What is drawn.
    layout
        The sheet.

    Returns
    -------
    City
        Places and sizes.
    """
    view = view_of(data, layout)
    stations = _places(view, data.stations)
    number = {row["station_id"]: index for index, row in enumerate(data.stations)}
    beats = [[number[one] for one in team["station_ids"]] for team in data.teams]
    middles = np.array([stations[beat].mean(axis=0) for beat in beats]).reshape(-1, 2)
    colours, dark = beat_colours(data, middles)
    return City(
        data=data,
        view=view,
        unit=layout.unit,
        squares=Squares.over(view.frame),
        stations=stations,
        posts=_places(view, data.posts),
        radius=_radius(stations / layout.unit) * layout.unit,
        beats=beats,
        beat_colours=colours,
        unit_colours=dark,
    )


def _places(view: View, rows: Sequence[Mapping[str, object]]) -> NDArray[np.float64]:
    return view.sheet_mm(np.array([(row["lon"], row["lat"]) for row in rows]).reshape(-1, 2))


def _radius(stations: NDArray[np.float64]) -> float:
    """Size signs by how near stations stand to their next ones, in units."""
    if len(stations) < 2:  # noqa: PLR2004 (one station has no neighbour)
        return LARGEST
    nearest = np.asarray(cKDTree(stations).query(stations, k=2)[0])[:, 1]
    apart = nearest[nearest > 0]
    usual = float(np.median(apart)) if len(apart) else LARGEST / SHARE_OF_NEXT
    return min(LARGEST, max(SMALLEST, SHARE_OF_NEXT * usual))
