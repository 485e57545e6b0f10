"""Speeds of roads: signs, classes and the unknown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metro_gis.data.speeds import edge_speeds, parse_maxspeed, road_class, travel_ns
from metro_gis.scenario import DEFAULT_SPEEDS_KPH as SPEEDS


@pytest.mark.parametrize(
    ("text", "kph"),
    [
        ("50", 50.0),
        (" 50.0 ", 50.0),
        ("50 km/h", 50.0),
        ("50kmh", 50.0),
        ("50 KPH", 50.0),
        ("30 mph", 30 * 1.609344),
        ("['50', '30']", 30.0),
        ("50;30", 30.0),
        ("['none', '40']", 40.0),
        ("5", 5.0),
        ("130", 130.0),
    ],
)
def test_plausible_signs_are_read(text, kph):
    """A plain number, a unit and lists of them are read; of several the smallest counts."""
    assert parse_maxspeed(text) == kph


@pytest.mark.parametrize(
    "text",
    ["", "none", "signals", "walk", "0", "-1", "999", "4.9", "130.1", "ID:urban", "\uff13\uff10",
     "1e2", "50 knots", "nan", "[]", "9" * 3000],
)  # fmt: skip
def test_implausible_signs_are_set_aside(text):
    """Words, zero, figures out of 5 to 130 km/h and digits of other scripts are no speed."""
    assert parse_maxspeed(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("primary", "primary"),
        ("motorway_link", "motorway"),
        ("['residential', 'unclassified']", "residential"),
        ("['road', 'tertiary_link']", "tertiary"),
        ("road", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_the_slowest_known_class_counts(text, name):
    """Of listed classes the slowest known one counts, links count as their class."""
    assert road_class(text, SPEEDS) == name


def test_sources_and_rejected_values_are_counted():
    """Every edge keeps where its speed comes from; implausible signs are counted by value."""
    found = edge_speeds(
        ["primary", "primary", ["residential", "primary"], None, "road"],
        ["60", "none", None, float("nan"), "none"],
        SPEEDS,
    )
    assert found.speed_kph.tolist() == [60.0, 45.0, 25.0, 25.0, 25.0]
    assert found.speed_source.tolist() == [0, 1, 1, 2, 2]
    assert (found.tagged, found.table, found.unknown) == (1, 2, 2)
    assert found.rejected == (("none", 2),)
    assert found.highway.tolist() == ["primary", "primary", "residential", "", ""]


def test_no_edges_have_no_speeds():
    """A graph without edges is no special case."""
    assert len(edge_speeds([], [], SPEEDS).speed_kph) == 0


@given(st.floats(0.001, 1e5), st.sampled_from(sorted(SPEEDS.values())), st.floats(0.05, 5.0))
def test_times_are_those_of_plain_python(length_m, kph, factor):
    """Whole nanoseconds are those of Python's own arithmetic, at least one."""
    found = travel_ns(np.array([length_m]), np.array([kph]), factor)
    assert found.tolist() == [max(1, round(length_m * 3.6e9 / (kph * factor)))]
