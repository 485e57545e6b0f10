"""Checks across tables, and against the area of the roads."""

import math
from dataclasses import replace

import pytest

from metro_gis.data.checks import check_area, check_tables, officers_needed
from metro_gis.data.reading import Read
from metro_gis.doctrine import RiskClass
from metro_gis.errors import Fault
from metro_gis.messages import LANGUAGES
from metro_gis.problem import BeatRules, Post, Station
from metro_gis.scenario import Scenario

DOCTRINE = Scenario().doctrine
METRO = (105.26, -5.18, 105.36, -5.05)
CAMBRIDGE = (-71.16, 42.35, -71.06, 42.41)


def table(items, faults=()):
    """Make what reading these rows would have given."""
    return Read(
        items=tuple(items),
        rows=tuple(range(2, len(items) + 2)),
        faults=tuple(faults),
        file="t.csv",
        place="t.csv",
        sha256="0" * 64,
        count=len(items),
        columns={"lon": "Bujur", "lat": "Lintang"},
    )


def station(number=1, lon=105.30, lat=-5.11, **more):
    """Make a station of Metro."""
    return Station(
        f"s{number}", lon, lat, more.pop("risk_class", RiskClass.LOW), kecamatan="A", **more
    )


def post(number=1, lon=105.31, lat=-5.12, officers=100, **more):
    """Make a post of Metro."""
    return Post(f"p{number}", lon, lat, officers, **more)


def told(faults):
    """Give severity and code of each fault; each must have its texts."""
    for fault in faults:
        assert all(fault.line(lang) for lang in LANGUAGES)
    return [(fault.severity, fault.code) for fault in faults]


def check(stations, posts, rules=None):
    """Check two tables against each other."""
    return check_tables(stations, posts, doctrine=DOCTRINE, rules=rules or BeatRules())


def area(stations, posts, *, bounds=METRO, station_m=(), post_m=()):
    """Check two tables against the roads, points being on a road where nothing is said."""
    near = (
        station_m or [0.0] * len(stations),
        post_m or [0.0] * len(posts),
    )
    return check_area(
        table(stations), table(posts), bounds=bounds, nearest_m=near, snap_limit_m=300.0
    )


def test_good_tables_have_no_faults():
    """Enough officers, known kecamatan and points on roads leave nothing to say."""
    assert check(table([station()]), table([post(serves=("A",))])) == ()
    assert area([station()], [post()]) == ()


@pytest.mark.parametrize(
    ("posts", "code"),
    [
        ([], "posts-none"),
        ([post(officers=0)], "officers-none"),
        ([post(officers=10, fixed_officers=10)], "officers-none-free"),
    ],
)
def test_a_plan_needs_officers(posts, code):
    """No posts, or no officer for any station, is an error (P12)."""
    assert told(check(table([station()]), table(posts))) == [("error", code)]


def test_one_post_without_officers_is_worth_saying():
    """As long as another post has some, it is a warning at its row (P04)."""
    (fault,) = check(table([station()]), table([post(1), post(2, officers=0)]))
    assert told([fault]) == [("warning", "post-without-officers")]
    assert fault.row == 3


def test_a_post_serves_kecamatan_that_are_there():
    """A name that no station has is an error with the nearest one."""
    (fault,) = check(
        table([replace(station(), kecamatan="Metro Pusat")]), table([post(serves=("METRO PUSAT",))])
    )
    assert told([fault]) == [("error", "serves-unknown")]
    assert fault.params["nearest"] == "Metro Pusat"


def test_what_only_seems_so_is_not_told():
    """With faulty rows left out, missing kecamatan and short officers may be mere appearance."""
    broken = [Fault("value-missing")]
    lone = table([station()], broken)
    assert check(lone, table([post(serves=("B",))])) == ()
    assert check(table([station()]), table([], broken)) == ()


def test_a_shortage_is_foreseen_by_class():
    """More officers needed at the last rung than there are is a warning with figures (P11)."""
    low = [station(i, lon=105.3 + i / 1000) for i in range(41)]
    high = [station(i, lon=105.2 + i / 1000, risk_class=RiskClass.HIGH) for i in range(50, 53)]
    (fault,) = check(table([*low, *high]), table([post(officers=10)]))
    assert told([fault]) == [("warning", "officers-short")]
    shown = fault.params
    assert (shown["needed"], shown["officers"], shown["short"], shown["rung"]) == (12, 10, 2, 20)
    assert (shown["low_stations"], shown["low_officers"]) == (41, 6)
    assert (shown["high_stations"], shown["high_officers"]) == (3, 6)
    assert check(table([*low, *high]), table([post(officers=12)])) == ()


def test_teams_do_not_cross_the_border():
    """Two kecamatan with one low station each need two teams; without borders one will do."""
    two = [station(1), replace(station(2), kecamatan="B")]
    assert officers_needed(two, DOCTRINE, BeatRules())[RiskClass.LOW] == 4
    assert officers_needed(two, DOCTRINE, BeatRules(border="none"))[RiskClass.LOW] == 2
    wards = [replace(station(1), kelurahan="X"), replace(station(2), kelurahan="Y")]
    assert officers_needed(wards, DOCTRINE, BeatRules(border="kelurahan"))[RiskClass.LOW] == 4


def test_mixed_beats_need_no_more():
    """Where classes share beats, no shortage is foretold that sharing would avoid."""
    mixed = [
        station(1, lon=105.300),
        station(2, lon=105.301, risk_class=RiskClass.ELEVATED),
    ]
    two = table([post(officers=2)])
    assert check(table(mixed), two, BeatRules(mix=True)) == ()
    assert told(check(table(mixed), two)) == [("warning", "officers-short")]


def test_many_stations_on_one_point_are_doubted():
    """A dozen on the same point is a warning, eleven are a school (T31)."""
    crowd = [station(i) for i in range(12)]
    assert told(check(table(crowd), table([post()]))) == [("warning", "stations-on-one-point")]
    assert check(table(crowd[:11]), table([post()])) == ()


def test_points_far_from_roads_are_told_by_how_far():
    """Beyond the snap limit a station is left out, ten times beyond it is a mistake (R10)."""
    stations = [station(i) for i in range(4)]
    faults = area(stations, [post()], station_m=[300.0, 300.1, 3000.0, 3000.1])
    assert told(faults) == [
        ("warning", "station-off-road"),
        ("warning", "station-off-road"),
        ("error", "station-far"),
    ]
    assert [fault.row for fault in faults] == [3, 4, 5]
    assert faults[0].column == "Bujur, Lintang"


def test_a_post_must_be_on_a_road():
    """Teams cannot start from where no road is (P10)."""
    assert told(area([station()], [post()], post_m=[300.1])) == [("error", "post-far")]


@pytest.mark.parametrize("far", [math.inf, math.nan, 1e7])
def test_points_outside_are_told_by_how_far(far):
    """Outside the roads the distance to their area is told (T29, R09)."""
    stations = [station(1), station(2, lon=106.36)]
    (fault,) = area(stations, [post()], station_m=[0.0, far])
    assert told([fault]) == [("error", "station-outside")]
    assert float(fault.params["outside_km"]) == pytest.approx(110.8, abs=0.1)
    (fault,) = area([station()], [post(lat=-5.19)], post_m=[far])
    assert told([fault]) == [("error", "post-outside")]


def test_swapped_axes_and_lost_signs_are_told_by_the_area():
    """Where exchanging axes or a sign brings a point to the roads, that is said (T25, T26)."""
    stations = [
        station(1, lon=-71.1, lat=42.37),
        station(2, lon=42.37, lat=-71.1),
        station(3, lon=71.1, lat=42.37),
    ]
    base = post(lon=-71.1, lat=42.38)
    faults = area(stations, [base], bounds=CAMBRIDGE, station_m=[0.0, 1e7, 1e7])
    assert told(faults) == [
        ("error", "coordinates-swapped-area"),
        ("error", "coordinates-sign-area"),
    ]


def test_roads_of_another_city_are_one_fault():
    """When no point lies near the roads, the roads are wrong, not every row."""
    faults = area(
        [station(1), station(2)], [post()], bounds=CAMBRIDGE, station_m=[1e7] * 2, post_m=[1e7]
    )
    assert told(faults) == [("error", "area-apart")]
