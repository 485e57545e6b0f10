"""From drawn streets to a clean street network: cut at crossings, joined, trimmed.

**Modelled: not for operations.** See ``sample`` for how the city is made.

Places are whole centimetres, so that a crossing is the same node from every street that meets in
it. A link is a piece of street between two nodes where it ends or meets others.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING, Final

from metro_gis.data.sample_sheet import cross

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metro_gis.data.sample_arterials import Street
    from metro_gis.data.sample_city import Point

Place = tuple[int, int]

SQUARE_CM: Final = 6000
STUB_CM: Final = 2200.0  # dead ends shorter than this are none
SHORT_CM: Final = 1300.0  # crossings nearer than this are one
FLAT_CM: Final = 130.0  # bends flatter than this are straight
RANK: Final = {
    name: rank
    for rank, name in enumerate(
        (
            "trunk",
            "primary",
            "secondary",
            "tertiary",
            "unclassified",
            "residential",
            "living_street",
            "service",
            "track",
        )
    )
}


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of street between two nodes.

    Parameters
    ----------
    course
        Its bends, from node to node, whole centimetres.
    street
        Index of its street.
    """

    course: tuple[Place, ...]
    street: int

    @property
    def length(self) -> float:
        """Length in centimetres."""
        return course_length(self.course)


class Net:
    """Links and the nodes they meet in.

    Parameters
    ----------
    streets
        What the links' ``street`` counts into.
    """

    def __init__(self, streets: list[Street]) -> None:
        self.streets = streets
        self.links: dict[int, Link] = {}
        self.at: dict[Place, list[int]] = {}
        self._next = 0

    def add(self, link: Link) -> None:
        """Add a link; a loop, or a second straight link between the same nodes, is left out.

        Parameters
        ----------
        link
            The link.
        """
        a, b = link.course[0], link.course[-1]
        if a == b or any(self._same(link, self.links[one]) for one in self.at.get(a, ())):
            return
        self.links[self._next] = link
        for place in (a, b):
            self.at.setdefault(place, []).append(self._next)
        self._next += 1

    def _same(self, new: Link, old: Link) -> bool:
        if {new.course[0], new.course[-1]} != {old.course[0], old.course[-1]}:
            return False
        return abs(new.length - old.length) < 0.1 * old.length

    def remove(self, index: int) -> None:
        """Remove a link, and its nodes where they are left alone.

        Parameters
        ----------
        index
            Of the link.
        """
        link = self.links.pop(index)
        for place in (link.course[0], link.course[-1]):
            self.at[place].remove(index)
            if not self.at[place]:
                del self.at[place]

    def rank(self, index: int) -> int:
        """Rank of a link's class, 0 the highest.

        Parameters
        ----------
        index
            Of the link.

        Returns
        -------
        int
            Place in ``RANK``.
        """
        return RANK[self.streets[self.links[index].street].highway]


def course_length(course: Iterable[Place]) -> float:
    """Measure a course.

    Parameters
    ----------
    course
        Whole centimetres.

    Returns
    -------
    float
        Centimetres.
    """
    places = list(course)
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(places))


def make_net(streets: list[Street]) -> Net:
    """Cut streets at their crossings and clean what comes out.

    Parameters
    ----------
    streets
        As drawn.

    Returns
    -------
    Net
        Connected, without crossings outside nodes.
    """
    net = Net(streets)
    for link in _cut(streets):
        net.add(link)
    _trim(net, STUB_CM)
    _join(net)
    for _ in range(2):
        _contract(net)
        _trim(net, STUB_CM)
        _join(net)
    _straighten(net)
    _part_crossings(net)
    _keep_largest(net)
    _trim(net, STUB_CM)
    _join(net)
    return net


def _cut(streets: list[Street]) -> list[Link]:
    """Cut every street where it meets another."""
    courses = [[_place(point) for point in street.points] for street in streets]
    found = _meetings(
        [
            (index, k, a, b)
            for index, course in enumerate(courses)
            for k, (a, b) in enumerate(pairwise(course))
        ]
    )
    links = []
    for index, course in enumerate(courses):
        piece = [course[0]]
        for k, (a, b) in enumerate(pairwise(course)):
            cuts = sorted(
                found.get((index, k), ()), key=lambda c: (c[0] - a[0]) ** 2 + (c[1] - a[1]) ** 2
            )
            for place in cuts:
                if place != piece[-1]:
                    piece.append(place)
                if len(piece) > 1:
                    links.append(Link(tuple(piece), index))
                piece = [place]
            if b != piece[-1]:
                piece.append(b)
        if len(piece) > 1:
            links.append(Link(tuple(piece), index))
    return links


def _place(point: Point) -> Place:
    return round(point[0] * 100), round(point[1] * 100)


def _meetings(
    segments: list[tuple[int, int, Place, Place]],
) -> dict[tuple[int, int], list[Place]]:
    """Find, per street and piece, the places where other streets meet it."""
    squares: dict[tuple[int, int], list[int]] = {}
    found: dict[tuple[int, int], list[Place]] = {}
    for one, (street, k, a, b) in enumerate(segments):
        tried: set[int] = set()
        for square in _squares(a, b):
            others = squares.setdefault(square, [])
            for other in others:
                if other in tried:
                    continue
                tried.add(other)
                street_2, k_2, c, d = segments[other]
                if street_2 == street and k - k_2 <= 1:
                    continue
                part = cross(a, b, c, d)
                if part is not None:
                    place = (round(a[0] + (b[0] - a[0]) * part), round(a[1] + (b[1] - a[1]) * part))
                    found.setdefault((street, k), []).append(place)
                    found.setdefault((street_2, k_2), []).append(place)
            others.append(one)
    return found


def _squares(a: Place, b: Place) -> list[tuple[int, int]]:
    i_low, i_high = sorted((a[0] // SQUARE_CM, b[0] // SQUARE_CM))
    j_low, j_high = sorted((a[1] // SQUARE_CM, b[1] // SQUARE_CM))
    return [(i, j) for i in range(i_low, i_high + 1) for j in range(j_low, j_high + 1)]


def _trim(net: Net, shortest: float) -> None:
    """Remove stubs: dead ends too short to be streets."""
    waiting = sorted(place for place, links in net.at.items() if len(links) == 1)
    while waiting:
        place = waiting.pop()
        links = net.at.get(place, [])
        if len(links) != 1:
            continue
        link = net.links[links[0]]
        if link.length < shortest:
            other = link.course[-1] if link.course[0] == place else link.course[0]
            net.remove(links[0])
            if len(net.at.get(other, ())) == 1:
                waiting.append(other)


def _join(net: Net) -> None:
    """Make one link of two that meet where nothing else does."""
    for place in sorted(net.at):
        links = net.at.get(place, [])
        if len(links) != 2 or links[0] == links[1]:  # noqa: PLR2004 (a node between two links)
            continue
        first, second = (net.links[one] for one in links)
        one, two = net.streets[first.street], net.streets[second.street]
        if one.oneway != two.oneway or (one.highway != two.highway and (one.name or two.name)):
            continue
        if min(net.rank(links[0]), net.rank(links[1])) < RANK["tertiary"] and one.name != two.name:
            continue
        head = first.course if first.course[-1] == place else first.course[::-1]
        tail = second.course if second.course[0] == place else second.course[::-1]
        if one.oneway and (head is not first.course or tail is not second.course):
            head, tail = second.course, first.course
            if head[-1] != place or tail[0] != place:
                continue
        if head[0] == tail[-1]:
            continue
        street = first.street if first.length >= second.length else second.street
        net.remove(links[1])
        net.remove(links[0])
        net.add(Link(head + tail[1:], street))


def _contract(net: Net) -> None:
    """Make one node of two that lie closer together than a crossing is wide."""
    short = sorted(
        (link.length, link.course, index)
        for index, link in net.links.items()
        if link.length < SHORT_CM
    )
    for _, _, index in short:
        link = net.links.get(index)
        if link is None or link.length >= SHORT_CM:
            continue
        ends = sorted(
            (link.course[0], link.course[-1]),
            key=lambda place: (min(net.rank(i) for i in net.at[place]), -len(net.at[place]), place),
        )
        stays, goes = ends
        net.remove(index)
        for other in list(net.at.get(goes, ())):
            moved = net.links[other]
            net.remove(other)
            head = stays if moved.course[0] == goes else moved.course[0]
            tail = stays if moved.course[-1] == goes else moved.course[-1]
            net.add(Link((head, *moved.course[1:-1], tail), moved.street))


def _straighten(net: Net) -> None:
    """Leave bends out that nobody would see (Douglas and Peucker 1973)."""
    for index, link in sorted(net.links.items()):
        net.links[index] = Link(tuple(_flatten(list(link.course))), link.street)


def _flatten(course: list[Place]) -> list[Place]:
    a, b = course[0], course[-1]
    span = hypot(b[0] - a[0], b[1] - a[1])
    farthest, where = 0.0, 0
    for k in range(1, len(course) - 1):
        c = course[k]
        if span:
            off = abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / span
        else:
            off = hypot(c[0] - a[0], c[1] - a[1])
        if off > farthest:
            farthest, where = off, k
    if farthest <= FLAT_CM:
        return [a, b]
    return _flatten(course[: where + 1])[:-1] + _flatten(course[where:])


def crossings(net: Net) -> list[tuple[int, int]]:
    """Find links that cross, or touch, elsewhere than in a common node.

    Parameters
    ----------
    net
        Links and nodes.

    Returns
    -------
    list of tuple of int
        Pairs of link indices.
    """
    squares: dict[tuple[int, int], list[tuple[int, Place, Place]]] = {}
    pairs: dict[tuple[int, int], None] = {}
    for index, link in sorted(net.links.items()):
        for a, b in zip(link.course, link.course[1:], strict=False):
            for square in _squares(a, b):
                for other, c, d in squares.setdefault(square, []):
                    if other != index and not {a, b} & {c, d} and cross(a, b, c, d) is not None:
                        pairs[other, index] = None
                squares[square].append((index, a, b))
    return list(pairs)


def _part_crossings(net: Net) -> None:
    """Remove the lesser of two links that the cleaning made cross."""
    for pair in crossings(net):
        if pair[0] in net.links and pair[1] in net.links:
            net.remove(max(pair, key=lambda one: (net.rank(one), -net.links[one].length, one)))


def _keep_largest(net: Net) -> None:
    """Remove what hangs together with nothing."""
    seen: set[Place] = set()
    best: set[Place] = set()
    for start in sorted(net.at):
        if start in seen:
            continue
        part = {start}
        waiting = [start]
        while waiting:
            place = waiting.pop()
            for index in net.at[place]:
                course = net.links[index].course
                other = course[-1] if course[0] == place else course[0]
                if other not in part:
                    part.add(other)
                    waiting.append(other)
        seen |= part
        if len(part) > len(best):
            best = part
    for index, link in sorted(net.links.items()):
        if link.course[0] not in best:
            net.remove(index)
