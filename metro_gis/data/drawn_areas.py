"""Groups of places: the middles of groups, and which place belongs to which.

Lengths are metres in a local plane. Results are the same on every machine: arrays see only
differences, products and comparisons, and sums are taken exactly.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

Point = tuple[float, float]

ROUNDS: Final = 25


def nearest(places: Sequence[Point], centres: Sequence[Point]) -> list[int]:
    """Find the nearest centre of every place.

    Parameters
    ----------
    places
        Places, metres.
    centres
        Centres, metres.

    Returns
    -------
    list of int
        Index into ``centres`` per place; of equally near ones the first.

    Examples
    --------
    >>> nearest([(0.0, 0.0), (9.0, 0.0)], [(1.0, 0.0), (8.0, 0.0)])
    [0, 1]
    """
    points = np.asarray(places, dtype=np.float64)
    best = np.full(len(points), np.inf)
    owner = np.zeros(len(points), dtype=np.int64)
    # one centre at a time keeps the memory small
    for index, (x, y) in enumerate(centres):
        apart = (points[:, 0] - x) ** 2 + (points[:, 1] - y) ** 2
        closer = apart < best
        best[closer] = apart[closer]
        owner[closer] = index
    return [int(one) for one in owner]


def spread_centres(places: Sequence[Point], count: int, random_: random.Random) -> list[Point]:
    """Find the middles of groups of places.

    Parameters
    ----------
    places
        Places, metres.
    count
        How many groups; fewer come out where there are fewer places.
    random_
        Draws the first middle; each further start is the place farthest from those before.

    Returns
    -------
    list of tuple of float
        Middles, sorted from north to south.
    """
    centres = [places[int(random_.random() * len(places))]]
    points = np.asarray(places, dtype=np.float64)
    best = np.full(len(points), np.inf)
    while len(centres) < min(count, len(places)):
        x, y = centres[-1]
        best = np.minimum(best, (points[:, 0] - x) ** 2 + (points[:, 1] - y) ** 2)
        centres.append(places[int(np.argmax(best))])
    for _ in range(ROUNDS):
        owner = nearest(places, centres)
        members: list[list[Point]] = [[] for _ in centres]
        for place, index in zip(places, owner, strict=True):
            members[index].append(place)
        moved = [
            (fsum(x for x, _ in own) / len(own), fsum(y for _, y in own) / len(own))
            if own
            else centre
            for own, centre in zip(members, centres, strict=True)
        ]
        if moved == centres:
            break
        centres = moved
    return sorted(centres, key=lambda centre: (-centre[1], centre[0]))


def split_places(places: Sequence[Point], count: int, random_: random.Random) -> list[int]:
    """Split places into groups, numbered from north to south without gaps.

    Parameters
    ----------
    places
        Places, metres; may be none.
    count
        How many groups; fewer come out where there are fewer places.
    random_
        See ``spread_centres``.

    Returns
    -------
    list of int
        Number of the group per place, from 0.
    """
    if not places:
        return []
    owner = nearest(places, spread_centres(places, count, random_))
    number = {group: place for place, group in enumerate(sorted(set(owner)))}
    return [number[group] for group in owner]
