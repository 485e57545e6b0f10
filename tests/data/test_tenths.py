"""Tenths of a minute are rounded up exactly."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from metro_gis.data.road_graph import TENTH_NS, to_tenths

MOST_TENTHS = 2**53 // TENTH_NS - 1


@given(st.integers(0, MOST_TENTHS), st.integers(-1, 1))
@example(MOST_TENTHS, 1)
@example(0, 0)
def test_tenths_are_rounded_up_as_fractions_are(tenths, off):
    """A nanosecond more than whole tenths is a tenth more, however long the time."""
    ns = max(0, tenths * TENTH_NS + off)
    found = to_tenths(np.array([float(ns), math.inf]))
    assert found.tolist() == [math.ceil(Fraction(ns, TENTH_NS)), -1]
    assert found.dtype == np.int32
