"""Work out anew how many minutes lie between points that hang on roads.

The sixth file of the second opinion. Plans of the same inputs have their ways in common: a checker
that checks several of them looks for each once. Standard library only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metro_gis.verify_roads import Roads

__all__ = ["Known", "Ways"]

_TENTH_NS: Final = 6 * 10**9
_Point = tuple[str, str]  # its kind and its id


class Known:
    """What was worked out of some inputs, for the next plan of these."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, Any]] = {}

    def once(self, name: str, key: object, make: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Give what was last made of that name, or make it where its key is another.

        Parameters
        ----------
        name
            What it is.
        key
            All that it follows from.
        make
            Makes it.

        Returns
        -------
        Any
            What was made; with another key it takes the place of the one before.
        """
        if name not in self._last or self._last[name][0] != key:
            self._last.pop(name, None)
            self._last[name] = key, make()
        return self._last[name][1]


class Ways:
    """Minutes along the roads between points that hang on them.

    Parameters
    ----------
    roads
        The roads; between others than the points' own they are thinned out.
    places
        Longitude and latitude of each point, in degrees of WGS 84.
    hangs
        Of each point and each of its edges: number of the edge, u, v, nanoseconds from u, to v,
        from u to the foot, and from the foot to the point.
    """

    def __init__(
        self,
        roads: Roads,
        places: Mapping[_Point, tuple[float, float]],
        hangs: Mapping[_Point, list[tuple[int, str, str, int, int, int, int]]],
    ) -> None:
        self.roads, self.places, self.hangs = roads, places, hangs
        roads.thin({node for some in hangs.values() for hang in some for node in hang[1:3]})
        self._near: dict[_Point, tuple[float, list[str], dict[str, int]]] = {}

    def times(self, source: _Point, targets: list[str], limit: float = math.inf) -> dict[str, int]:
        """Give tenths of minutes, rounded up, to stations; none beyond roads or a limit.

        Parameters
        ----------
        source
            A point.
        targets
            Ids of stations.
        limit
            Most tenths of a minute.

        Returns
        -------
        dict of str to int
            Of each target within the limit.
        """
        starts = [(to_v, v) for _, _, v, _, to_v, _, _ in self.hangs[source]]
        wanted = {u for t in targets for _, u, *_ in self.hangs["station", t]}
        reached, found = self.roads.search(starts, wanted, limit * _TENTH_NS), dict[str, int]()
        for t in targets:
            ways = [0] if self.places["station", t] == self.places[source] else []
            for number, u, _, from_u, _, pos, leg in self.hangs["station", t]:
                ways += [reached[u] + from_u] if u in reached else []
                same = [hang for hang in self.hangs[source] if hang[0] == number and hang[5] <= pos]
                ways += [hang[6] + pos - hang[5] + leg for hang in same]
            if ways and min(ways) <= limit * _TENTH_NS:
                found[t] = -(-min(ways) // _TENTH_NS)
        return found

    def near(self, source: _Point, targets: list[str], limit: float) -> dict[str, int]:
        """Remember what was asked of a point, for the next plan.

        Parameters
        ----------
        source
            A point.
        targets
            Ids of stations, as often as possible the same.
        limit
            Most tenths of a minute.

        Returns
        -------
        dict of str to int
            As of `times`.
        """
        most, asked, found = self._near.get(source, (-1, targets, {}))
        if most < limit or asked != targets:
            found = self.times(source, targets, limit)
            self._near[source] = limit, targets, found
        return {t: tenths for t, tenths in found.items() if tenths <= limit}

    def legs(self, station: str, targets: list[str]) -> dict[str, int]:
        """Give the ways of a beat, from what is remembered where that is all.

        Parameters
        ----------
        station
            Where they begin.
        targets
            Where they end.

        Returns
        -------
        dict of str to int
            As of `times`.
        """
        source = ("station", station)
        _, _, found = self._near.get(source, (-1, [], {}))
        if all(t in found for t in targets):
            return {t: found[t] for t in targets}
        return self.times(source, targets)
