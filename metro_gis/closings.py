"""``--closed LON,LAT[,WHY]``: points on streets that are closed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from metro_gis.errors import Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEGREES: Final = r"\s*(-?[0-9]{1,3}(?:\.[0-9]{1,12})?)\s*"
MOST_LON: Final = 180
MOST_LAT: Final = 90


def parse_closings(words: Sequence[str]) -> list[dict[str, Any]]:
    """Read points on closed streets.

    Parameters
    ----------
    words
        ``LON,LAT`` or ``LON,LAT,WHY``, in degrees (EPSG:4326).

    Returns
    -------
    list of dict
        ``lon, lat, why``, as in ``[[travel.closed]]`` of a scenario.

    Raises
    ------
    UsageError
        With every word that is no such point; one that looks like latitude first is told so.
    """
    points, faults = [], []
    for word in words:
        found = re.fullmatch(rf"{DEGREES},{DEGREES}(?:,(.*))?", word, re.ASCII | re.DOTALL)
        if found is None:
            faults.append(Fault("closed-form", value=word))
            continue
        lon, lat, why = float(found[1]), float(found[2]), (found[3] or "").strip()
        if abs(lon) <= MOST_LON and abs(lat) <= MOST_LAT:
            points.append({"lon": lon, "lat": lat, "why": why})
        else:
            swapped = abs(lon) <= MOST_LAT and abs(lat) <= MOST_LON
            faults.append(Fault("closed-swapped" if swapped else "closed-form", value=word))
    if faults:
        raise UsageError(faults)
    return points
