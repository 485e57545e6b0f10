"""Streets of the modelled city, grown from its main roads.

**Modelled: not for operations.** Main roads send out collectors, collectors send out streets,
streets send out further streets, then alleys and field tracks (the idea is that of Parish and
Mueller 2001, https://doi.org/10.1145/383259.383292). Every street turns gently towards the bearing
of its hamlet, keeps the hamlet's distance from its parallels, and ends at a street it meets, at a
water, at the hamlet's edge or when it is long enough. Hence T-junctions, dead ends and blocks that
change from hamlet to hamlet, rather than one lattice.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, hypot, pi, sin, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from metro_gis.data.sample_arterials import Street, arterials, waters
from metro_gis.data.sample_city import GroundPlan, Point, dice, make_ground_plan, turn
from metro_gis.data.sample_sheet import Crossing, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_M: Final = 15.0
OVERSHOOT_M: Final = 0.8  # past a crossing, so that rounding cannot open it again
BLOCK: Final = 235.0  # metres between rows at one TPS per square kilometre
LONG: Final = 1.75  # how much longer a block is than deep
FIELDS: Final = 1.45  # openness from which a street is a field track
OPEN: Final = 1.2  # openness from which a street is a country road
BUILT: Final = 1.35  # openness up to which there are alleys
LONG_M: Final = 620.0  # a longer street carries traffic of others
ALLEYS: Final = 0.48  # share of the places for an alley that get one
THROUGH: Final = 0.45  # share of the alleys that go through, where they can
THROUGH_M: Final = 40.0
YARD_M: Final = 24.0  # between the end of an alley and the next street
SHORTEST_ALLEY_M: Final = 28.0
LIVED_IN: Final = 0.86  # share of the alleys that serve homes
EDGE_STOPS: Final = 0.1  # chance that a street ends at the edge of its hamlet
FREE_POINTS: Final = 3  # so far from its parent a street need not mind its parallels
DIAGONAL: Final = 0.7071
MAIN: Final = frozenset({"trunk", "primary", "secondary", "tertiary"})


class Seed(NamedTuple):
    """Where a street may begin.

    Parameters
    ----------
    place
        On its parent, metres.
    heading
        Unit vector away from the parent.
    parent
        Index of the parent.
    """

    place: Point
    heading: Point
    parent: int


@dataclass(frozen=True, slots=True)
class Habit:
    """How streets of one kind grow.

    Parameters
    ----------
    spacing
        Fixed distance between parallels in metres; 0 takes the hamlet's.
    bend
        Largest turn per step, radians.
    reach
        Shortest and longest course, metres.
    pass_main
        Chance to go on across a main road.
    pass_small
        Chance to go on across a small street.
    """

    spacing: float
    bend: float
    reach: tuple[float, float]
    pass_main: float
    pass_small: float


COLLECTOR: Final = Habit(480.0, 0.05, (700.0, 3600.0), 0.45, 0.7)
LOCAL: Final = Habit(0.0, 0.045, (160.0, 900.0), 0.12, 0.42)


class Grower:
    """Grows the streets of one city.

    Parameters
    ----------
    plan
        The ground plan.
    seed
        Of everything that is left to chance.
    """

    def __init__(self, plan: GroundPlan, seed: int) -> None:
        self.plan = plan
        self.sheet = Sheet(waters())
        self.random = dice(seed)

    def grow(self) -> list[Street]:
        """Draw every street.

        Returns
        -------
        list of Street
            Main roads first; still uncut at their crossings.
        """
        for street in arterials():
            self.sheet.add(street)
        # a second round fills what the first left empty by chance
        for habit in (COLLECTOR, COLLECTOR, LOCAL, LOCAL):
            self._spread(habit, range(len(self.sheet.streets)))
        self._alleys()
        return self.sheet.streets

    def _spread(self, habit: Habit, parents: range) -> None:
        waiting = deque(parents)
        while waiting:
            parent = waiting.popleft()
            for seed in list(self._seeds(parent, habit)):
                street = self._trace(seed, habit)
                if street is not None:
                    waiting.append(self.sheet.add(street))

    def _seeds(self, parent: int, habit: Habit) -> Iterator[Seed]:
        """Offer beginnings on both sides of a street, at uneven distances."""
        points = self.sheet.streets[parent].points
        for side in (1, -1):
            ahead = self._apart(points[0], self._sideways(points, 0, side), habit)
            ahead *= 0.35 + 0.9 * self.random.random()
            for k in range(len(points) - 1):
                a, b = points[k], points[k + 1]
                span = hypot(b[0] - a[0], b[1] - a[1])
                done = 0.0
                while span - done >= ahead:
                    done += ahead
                    place = (a[0] + (b[0] - a[0]) * done / span, a[1] + (b[1] - a[1]) * done / span)
                    heading = self._sideways(points, k, side)
                    yield Seed(place, heading, parent)
                    ahead = self._apart(place, heading, habit) * (
                        0.72 + 0.56 * self.random.random()
                    )
                ahead -= span - done

    def _sideways(self, points: list[Point], k: int, side: int) -> Point:
        a, b = points[k], points[k + 1]
        span = hypot(b[0] - a[0], b[1] - a[1])
        return (-side * (b[1] - a[1]) / span, side * (b[0] - a[0]) / span)

    def _apart(self, place: Point, heading: Point, habit: Habit) -> float:
        """Say how far parallels of a heading lie apart here."""
        square = self.plan.square(*place)
        hamlet = self.plan.hamlets[max(int(self.plan.hamlet[square]), 0)]
        openness = float(self.plan.openness[square])
        if habit.spacing:
            return habit.spacing * hamlet.size * (0.75 + 0.25 * openness)
        density = self.plan.kelurahan[hamlet.cell].density
        depth = BLOCK / sqrt(density) * hamlet.size * openness
        along = abs(turn(heading, -hamlet.bearing)[0]) > DIAGONAL
        return depth if along != hamlet.turned else depth * LONG

    def _trace(self, seed: Seed, habit: Habit) -> Street | None:
        """Follow a seed until the street ends; None where there is no room for one."""
        place, heading = seed.place, seed.heading
        if self.plan.hamlet[self.plan.square(*place)] < 0:
            return None
        begin = (place[0] - heading[0] * OVERSHOOT_M, place[1] - heading[1] * OVERSHOOT_M)
        points = [begin]
        apart = self._apart(place, heading, habit)
        if self.sheet.crowded(
            (place[0] + heading[0] * 20, place[1] + heading[1] * 20),
            heading,
            apart * 0.62,
            parent=seed.parent,
        ):
            return None
        low, high = habit.reach
        openness = float(self.plan.openness[self.plan.square(*place)])
        left = (low + (high - low) * self.random.random() ** 1.6) * (0.6 + 0.4 * openness)
        parent = seed.parent
        home = int(self.plan.hamlet[self.plan.square(*place)])
        while left > 0:
            heading = self._bend(place, heading, habit)
            ahead = (
                round(place[0] + heading[0] * STEP_M, 3),
                round(place[1] + heading[1] * STEP_M, 3),
            )
            met = self.sheet.first_crossing(place, ahead, parent=parent)
            if met is not None and not self._passes(met, habit):
                if met.street >= 0:
                    return self._finished(points, met.point, heading, habit)
                break
            if met is None:
                parent = -2
            now = int(self.plan.hamlet[self.plan.square(*ahead)])
            if now < 0 or (now != home and self.random.random() < EDGE_STOPS):
                break
            home = now
            points.append(ahead)
            place = ahead
            left -= STEP_M
            apart = self._apart(place, heading, habit)
            if len(points) > FREE_POINTS and self.sheet.crowded(
                place, heading, apart * 0.55, parent=seed.parent
            ):
                break
        return self._reach_out(points, heading, habit, apart)

    def _passes(self, met: Crossing, habit: Habit) -> bool:
        if met.street < 0:
            return self.random.random() < (0.9 if habit.spacing else 0.06)
        main = self.sheet.streets[met.street].highway in MAIN
        return self.random.random() < (habit.pass_main if main else habit.pass_small)

    def _bend(self, place: Point, heading: Point, habit: Habit) -> Point:
        """Turn a little towards the bearing of the hamlet."""
        hamlet = self.plan.hamlets[max(int(self.plan.hamlet[self.plan.square(*place)]), 0)]
        wave = 0.07 * sin(place[0] / 330.0) + 0.07 * sin(place[1] / 290.0)
        off = atan2(heading[1], heading[0]) - hamlet.bearing - wave
        off -= round(off / (pi / 2)) * (pi / 2)
        return turn(heading, -max(-habit.bend, min(habit.bend, off)))

    def _reach_out(
        self, points: list[Point], heading: Point, habit: Habit, apart: float
    ) -> Street | None:
        """End a street at the next one if that is near, else as a dead end."""
        place = points[-1]
        look = apart * 0.9
        far = (place[0] + heading[0] * look, place[1] + heading[1] * look)
        met = self.sheet.first_crossing(place, far)
        if met is not None and met.street >= 0 and len(points) > 1:
            return self._finished(points, met.point, heading, habit)
        return self._finished(points, None, heading, habit)

    def _finished(
        self, points: list[Point], meeting: Point | None, heading: Point, habit: Habit
    ) -> Street | None:
        if meeting is not None:
            x = meeting[0] + heading[0] * OVERSHOOT_M
            y = meeting[1] + heading[1] * OVERSHOOT_M
            points = [*points, (round(x, 3), round(y, 3))]
        length = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points))
        least = 350.0 if habit.spacing else 42.0
        if length < least:
            return None
        return Street(
            points, self._class(points, length, habit, ends_at_street=meeting is not None)
        )

    def _class(
        self, points: list[Point], length: float, habit: Habit, *, ends_at_street: bool
    ) -> str:
        if habit.spacing and ends_at_street:
            return "tertiary"
        openness = [float(self.plan.openness[self.plan.square(*p)]) for p in points]
        mean = sum(openness) / len(openness)
        if mean > FIELDS and not habit.spacing:
            return "track"
        return "unclassified" if mean > OPEN or length > LONG_M else "residential"

    def _alleys(self) -> None:
        """Cut alleys into the built blocks: some go through, most end in a yard."""
        for parent in range(len(self.sheet.streets)):
            if self.sheet.streets[parent].highway in {"trunk", "primary", "secondary", "track"}:
                continue
            for seed in list(self._seeds(parent, LOCAL)):
                alley = self._alley(seed)
                if alley is not None:
                    self.sheet.add(alley)

    def _alley(self, seed: Seed) -> Street | None:
        square = self.plan.square(*seed.place)
        openness = float(self.plan.openness[square])
        if self.plan.hamlet[square] < 0 or openness > BUILT or self.random.random() > ALLEYS:
            return None
        (x, y), (east, north) = seed.place, turn(seed.heading, 0.3 * (self.random.random() - 0.5))
        length = 32.0 + 75.0 * self.random.random() ** 1.4
        for off in (22.0, length):
            spot = (x + east * off, y + north * off)
            if self.sheet.crowded(spot, (east, north), 30.0, parent=seed.parent):
                return None
        begin = (x + east * 0.5, y + north * 0.5)
        far = (x + east * (length + 45), y + north * (length + 45))
        met = self.sheet.first_crossing(begin, far, parent=seed.parent)
        if met is not None:
            gap = hypot(met.point[0] - x, met.point[1] - y)
            if met.street >= 0 and gap > THROUGH_M and self.random.random() < THROUGH:
                length = gap + OVERSHOOT_M
            else:
                length = min(length, gap - YARD_M)
        if length < SHORTEST_ALLEY_M:
            return None
        end = (round(x + east * length, 3), round(y + north * length, 3))
        start = (round(x - east * OVERSHOOT_M, 3), round(y - north * OVERSHOOT_M, 3))
        kind = "living_street" if self.random.random() < LIVED_IN else "service"
        return Street([start, end], kind)


def draw_streets(seed: int = 462) -> list[Street]:
    """Draw every street of the modelled city.

    Parameters
    ----------
    seed
        Of everything that is left to chance.

    Returns
    -------
    list of Street
        Main roads first; still uncut at their crossings.
    """
    return Grower(make_ground_plan(), seed).grow()
