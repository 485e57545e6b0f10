"""Points on closed streets, as typed."""

import pytest

from metro_gis.closings import parse_closings
from metro_gis.errors import UsageError


@pytest.mark.parametrize(
    ("word", "point"),
    [
        ("105.31,-5.11", {"lon": 105.31, "lat": -5.11, "why": ""}),
        (" 105.31 , -5.11 , bridge down, since noon ",
         {"lon": 105.31, "lat": -5.11, "why": "bridge down, since noon"}),
        ("-0.5,52,", {"lon": -0.5, "lat": 52.0, "why": ""}),
    ],
)  # fmt: skip
def test_points_are_read(word, point):
    """Longitude, latitude and, if given, why; commas in the reason belong to it."""
    assert parse_closings([word]) == [point]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("-5.11,105.31", "closed-swapped"),
        ("105.31", "closed-form"),
        ("105,31;-5,11", "closed-form"),
        ("nan,5", "closed-form"),
        ("205,5", "closed-form"),
        ("", "closed-form"),
        ("1e2,5", "closed-form"),
    ],
)
def test_what_is_no_point_is_told(word, code):
    """Swapped degrees are told as such; every other slip by the form that was expected."""
    with pytest.raises(UsageError) as caught:
        parse_closings(["105.3,-5.1", word])
    assert [(fault.code, fault.value) for fault in caught.value.faults] == [(code, word)]
