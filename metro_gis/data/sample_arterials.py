"""The arterials, the square and the waters of the modelled city, as an engineer would sketch them.

**Modelled: not for operations.** Main roads join the middles of the five kecamatan and leave the
city in every direction; street names are such as any Indonesian town has, and say nothing about
where a street of that name really runs. All coordinates are metres in the plane of
``sample_city``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import hypot, pi, sin
from typing import Final

from metro_gis.data.sample_city import Point, dice

FILLET_M: Final = 90.0
WAVE_STEP_M: Final = 60.0
EVEN: Final = 0.5  # an even chance


@dataclass(slots=True)
class Street:
    """A street as it is drawn, before streets are cut at their crossings.

    Parameters
    ----------
    points
        Its course, metres.
    highway
        OpenStreetMap class.
    name
        Name, or empty.
    oneway
        Whether it is driven only in the order of its points.
    maxspeed
        Tagged limit in km/h, or empty.
    lanes
        Tagged lanes, or empty.
    """

    points: list[Point]
    highway: str
    name: str = ""
    oneway: bool = False
    maxspeed: str = ""
    lanes: str = ""


# the square in the middle of the town, its ring driven clockwise, as one does who keeps left
_SQUARE: Final = ((-560.0, 430.0), (-330.0, 467.0), (-304.0, 300.0), (-534.0, 263.0))
_NW, _NE, _SE, _SW = _SQUARE

# name, class, limit, lanes, wave in metres, points
# fmt: off
_PLAN: Final[tuple[tuple[str, str, str, str, float, tuple[Point, ...]], ...]] = (
    ("Jalan Jenderal Sudirman", "trunk", "60", "4", 6, (
        (-5600, -2900), (-4300, -2280), (-3150, -1560), (-2380, -760), (-1500, -60),
        (-1040, 170),
    )),
    ("Jalan Jenderal Ahmad Yani", "trunk", "50", "4", 5, (
        (180, 395), (820, 560), (1700, 800), (2650, 1120), (3700, 1390), (5600, 1980),
    )),
    ("Jalan Diponegoro", "primary", "50", "2", 6, (
        _NW, (-640, 980), (-800, 1700), (-930, 2650), (-880, 3550), (-560, 4500), (-330, 5500),
        (80, 7100),
    )),
    ("Jalan Pangeran Antasari", "primary", "50", "2", 6, (
        _SE, (-250, -250), (-340, -1000), (-420, -1850), (-560, -2750), (-520, -3700),
        (-330, -4700), (-420, -5700), (-250, -7050),
    )),
    ("Jalan Soekarno-Hatta", "primary", "60", "4", 4, (
        (-3150, -1560), (-2500, -1980), (-1620, -2220), (-420, -1850), (460, -1700),
        (1250, -1500), (1720, -700), (2060, 200), (1700, 800),
    )),
    ("Jalan Sultan Hasanuddin", "secondary", "", "2", 8, (
        _NE, (-60, 1000), (140, 1650), (620, 2500), (1500, 3200), (2500, 3950), (3350, 4750),
        (4500, 5500), (5600, 6100),
    )),
    ("Jalan Imam Bonjol", "secondary", "40", "2", 7, (
        (-640, 980), (-1280, 1180), (-1800, 1750), (-2400, 2480), (-2960, 3050), (-4000, 3700),
        (-5600, 4500),
    )),
    ("Jalan Teuku Umar", "secondary", "", "2", 7, (
        (1250, -1500), (1480, -2200), (1600, -3050), (2050, -3900), (3000, -4900), (3700, -6000),
    )),
    ("Jalan Pattimura", "secondary", "", "2", 8, (
        (-3150, -1560), (-3420, -2500), (-3700, -3600), (-3100, -4550), (-2150, -5300),
        (-1150, -5330), (-330, -4700),
    )),
    ("Jalan Raden Intan", "secondary", "40", "2", 6, (
        (140, 1650), (900, 1900), (1750, 1930), (2350, 1600), (2650, 1120),
    )),
    ("Jalan Cut Nyak Dien", "secondary", "", "2", 6, (
        (-1620, -2220), (-1500, -3050), (-1080, -3600), (-520, -3700), (180, -3560),
        (1000, -3250), (1600, -3050),
    )),
    ("Jalan Gajah Mada", "secondary", "", "2", 7, (
        (-930, 2650), (-1650, 2860), (-2400, 2480),
    )),
    ("Jalan Hayam Wuruk", "secondary", "", "2", 7, (
        (-880, 3550), (-150, 3350), (620, 2500),
    )),
    ("Jalan Wolter Monginsidi", "secondary", "", "2", 8, (
        (-330, 5500), (700, 5080), (1700, 4650), (2500, 3950),
    )),
)
# fmt: on

# one-way streets through the middle: the trunk road as a pair, and the ring round the square
_ONE_WAY: Final[tuple[tuple[str, str, str, tuple[Point, ...]], ...]] = (
    (
        "Jalan Jenderal Ahmad Yani",
        "trunk",
        "40",
        (
            _NE,
            (-40, 514),
            (180, 395),
        ),
    ),
    ("Jalan Merdeka", "trunk", "30", (_NE, _SE)),
    ("Jalan Merdeka", "trunk", "30", (_SE, _SW)),
    ("Jalan Merdeka", "trunk", "30", (_SW, _NW)),
    ("Jalan Merdeka", "trunk", "30", (_NW, _NE)),
    ("Jalan Jenderal Sudirman", "trunk", "40", ((-1040, 170), (-800, 372), _NW)),
    ("Jalan Jenderal Sudirman", "trunk", "40", (_SW, (-780, 214), (-1040, 170))),
    ("Jalan Jenderal Ahmad Yani", "trunk", "40", ((180, 395), (-50, 330), _SE)),
)

# the canal from the north to the south-east, the river in the west, a canal between them
# fmt: off
_WATERS: Final[tuple[tuple[Point, ...], ...]] = (
    (
        (1000, 7000), (520, 5900), (1150, 4700), (700, 3700), (1150, 2800), (1130, 1800),
        (1320, 900), (1180, 200), (1480, -500), (2150, -1400), (2250, -2500), (2600, -3400),
        (3600, -4600),
    ),
    (
        (-5600, 1100), (-4000, 900), (-3100, 300), (-2650, -600), (-2850, -1300), (-2350, -1750),
        (-2550, -2700), (-2050, -3500), (-2300, -4300), (-1650, -4900), (-1750, -7000),
    ),
    (
        (-3300, 1700), (-2300, 1350), (-1500, 2150), (-500, 2030), (300, 2480), (1150, 2800),
    ),
)
# fmt: on


def arterials() -> list[Street]:
    """Draw the main roads.

    Returns
    -------
    list of Street
        Trunk, primary and secondary roads, longest class first.
    """
    # where main roads meet, their courses share a point, which rounding must not move
    fixed: dict[Point, int] = {}
    for points in [plan[-1] for plan in _PLAN] + [plan[-1] for plan in _ONE_WAY]:
        for point in points:
            fixed[point] = fixed.get(point, 0) + 1
    meetings = {point for point, count in fixed.items() if count > 1}
    streets = [
        Street(
            _wave(_round_bends(points, meetings), wave, seed),
            highway,
            name,
            maxspeed=limit,
            lanes=lanes,
        )
        for seed, (name, highway, limit, lanes, wave, points) in enumerate(_PLAN)
    ]
    streets += [
        Street(
            _round_bends(points, meetings), highway, name, oneway=True, maxspeed=limit, lanes="2"
        )
        for name, highway, limit, points in _ONE_WAY
    ]
    return streets


def waters() -> list[list[Point]]:
    """Draw the river and the canals, which small streets do not cross.

    Returns
    -------
    list of list of tuple of float
        Courses, metres.
    """
    return [_wave(_round_bends(points, set()), 18, 90 + i) for i, points in enumerate(_WATERS)]


def square() -> tuple[Point, ...]:
    """Give the corners of the square in the middle of the town.

    Returns
    -------
    tuple of tuple of float
        Four corners, metres.
    """
    return _SQUARE


def _round_bends(points: tuple[Point, ...], meetings: set[Point]) -> list[Point]:
    """Replace bends by short curves; keep the ends and the points where main roads meet."""
    course = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        if here in meetings:
            course.append(here)
            continue
        start = _towards(here, before)
        end = _towards(here, after)
        for part in (0.0, 0.25, 0.5, 0.75, 1.0):
            a, b, c = (1 - part) ** 2, 2 * part * (1 - part), part**2
            course.append(
                (
                    a * start[0] + b * here[0] + c * end[0],
                    a * start[1] + b * here[1] + c * end[1],
                )
            )
    course.append(points[-1])
    return course


def _towards(here: Point, there: Point) -> Point:
    span = hypot(there[0] - here[0], there[1] - here[1])
    part = min(FILLET_M, span * 0.45) / span
    return here[0] + (there[0] - here[0]) * part, here[1] + (there[1] - here[1]) * part


def _wave(points: list[Point], height: float, seed: int) -> list[Point]:
    """Let long straight stretches swing a little, as surveyed roads do."""
    random_ = dice(seed)
    course = [points[0]]
    for a, b in pairwise(points):
        span = hypot(b[0] - a[0], b[1] - a[1])
        steps = int(span // WAVE_STEP_M)
        swing = height * (2 * random_.random() - 1) * min(span / 500.0, 1.6)
        turns = 1 if random_.random() < EVEN else 2
        for step in range(1, steps):
            part = step / steps
            off = swing * sin(turns * pi * part)
            course.append(
                (
                    round(a[0] + (b[0] - a[0]) * part - (b[1] - a[1]) / span * off, 3),
                    round(a[1] + (b[1] - a[1]) * part + (b[0] - a[0]) / span * off, 3),
                )
            )
        course.append((float(b[0]), float(b[1])))
    return course
