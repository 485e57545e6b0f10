"""Numbers and coordinates from text."""

import math
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metro_gis.data.coordinates import find_point_flaw, is_sexagesimal, parse_coordinate
from metro_gis.data.flaws import CellError
from metro_gis.data.numbers import find_decimal_sign, format_number, parse_number, parse_whole


def code_of(parse, *args, **options):
    """Give the code with which a text is refused."""
    with pytest.raises(CellError) as caught:
        parse(*args, **options)
    return caught.value.flaw.code


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([".", ","]))
def test_a_written_number_is_read_back(value, decimal):
    """What `format_number` writes, `parse_number` reads as the very same number."""
    written = format_number(value, decimal=decimal)
    assert parse_number(written, decimal=decimal) == value
    assert "e" not in written


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_a_written_whole_number_is_read_back(value):
    """Whole numbers of up to fifteen digits are read as they are written."""
    assert parse_whole(str(value)) == value
    assert parse_whole(format_number(value)) == value


@given(st.text("0123456789.,' eE+-", min_size=1, max_size=12))
def test_what_could_be_thousands_is_never_a_whole_number(text):
    """A text is a whole number only if it is digits, or digits with one or two zeros behind."""
    try:
        value = parse_whole(text)
    except CellError:
        return
    assert re.fullmatch(r" *[+-]?[0-9]+(\.0{1,2})? *", text)
    assert value == round(float(text))


@given(st.text(max_size=20), st.sampled_from([".", ","]))
def test_any_text_is_a_number_or_refused(text, decimal):
    """No text makes the parser fail in another way, and none gives an endless number."""
    for parse in (
        lambda: parse_number(text, decimal=decimal),
        lambda: parse_whole(text),
        lambda: parse_coordinate(text, "lat", decimal=decimal),
        lambda: parse_coordinate(text, "lon", decimal=decimal),
    ):
        with suppress(CellError):
            assert math.isfinite(parse())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("inf", "number-not-finite"),
        ("-Infinity", "number-not-finite"),
        ("NaN", "number-not-finite"),
        ("9" * 400, "number-not-finite"),
        ("1e400", "number-exponent"),
        ("1e3", "number-exponent"),
        ("--7", "number-word"),
        ("", "number-word"),
        ("7,5", "number-sign-other"),
        ("-7.257.500", "number-separators"),
        ("1.234,5", "number-separators"),
        ("7 257", "number-separators"),
        ("\uff17", "number-foreign"),
        ("\u0667", "number-foreign"),
        ("7\u00a0", "number-foreign"),
        ("\u22127", "number-foreign"),
        ("tujuh", "number-word"),
        (".5", "number-word"),
        ("0x10", "number-word"),
    ],
)
def test_numbers_that_are_refused(text, code):
    """Each kind of doubtful number has a code of its own (T21, T23, T35)."""
    assert code_of(parse_number, text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.234", "number-ambiguous"),
        ("1,234", "number-ambiguous"),
        ("2,5", "number-not-whole"),
        ("2.50", "number-not-whole"),
        ("1.000", "number-ambiguous"),
        ("banyak", "number-word"),
        ("300 orang", "number-word"),
        ("1234567890123456", "number-long"),
    ],
)
def test_whole_numbers_that_are_refused(text, code):
    """Counts of people are digits and nothing else (T39, P05)."""
    assert code_of(parse_whole, text) == code


def test_a_whole_number_may_bear_zeros_of_programs():
    """Leading zeros and a decimal zero change nothing."""
    assert [parse_whole(text) for text in ("007", "300.0", " 5 ", "+5", "-3")] == [7, 300, 5, 5, -3]


def test_the_decimal_sign_is_that_of_the_whole_column():
    """One comma makes it a column of commas, unless a point stands there too."""
    assert find_decimal_sign(["1", "2"]).sign == "."
    assert find_decimal_sign(["1", "2,5"]).sign == ","
    mixed = find_decimal_sign(["1", "2,5", "3.5"])
    assert (mixed.sign, mixed.first_comma, mixed.first_point) == (None, 1, 2)


@pytest.mark.parametrize(
    ("text", "axis", "degrees"),
    [
        ("7°15'27\" LS", "lat", -(7 + 15 / 60 + 27 / 3600)),
        ("7 15 27 S", "lat", -(7 + 15 / 60 + 27 / 3600)),
        ("LS 7° 15,45'", "lat", -(7 + 15.45 / 60)),
        ("112\u00ba45\u203200\u2033 BT", "lon", 112.75),
        ("71.08758 W", "lon", -71.08758),
        ("E105.3", "lon", 105.3),
        ("-5.1216", "lat", -5.1216),
    ],
)
def test_degrees_with_a_letter_are_read(text, axis, degrees):
    """Degrees, minutes and seconds are clear once a letter says the hemisphere (T24)."""
    assert parse_coordinate(text, axis) == pytest.approx(degrees, abs=1e-12)
    assert is_sexagesimal(text) == (text != "-5.1216")


@pytest.mark.parametrize(
    ("text", "axis", "code"),
    [
        ("7°15'27\"", "lat", "coordinate-dms"),
        ("-7 15 27", "lat", "coordinate-dms"),
        ("7°61'00\" LS", "lat", "coordinate-dms"),
        ("91° LU", "lat", "coordinate-dms"),
        ("LS 7° S", "lat", "coordinate-dms"),
        ("7.5° 15' LS", "lat", "coordinate-dms"),
        ("112°45'00\" BT", "lat", "coordinate-axis"),
        ("-7.25, 112.75", "lat", "coordinate-pair"),
        ("-7.25 112.75", "lon", "coordinate-pair"),
        ("https://maps.app.goo.gl/x", "lat", "coordinate-link"),
        ("692000", "lon", "coordinate-metres"),
        ("9197000", "lat", "coordinate-metres"),
        ("-72575", "lat", "coordinate-sign-lost"),
        ("1127521", "lon", "coordinate-sign-lost"),
        ("200", "lon", "coordinate-range"),
        ("999", "lat", "coordinate-placeholder"),
    ],
)
def test_coordinates_that_are_refused(text, axis, code):
    """What stands in a coordinate's place is named for what it is (T23, T24, T27, T33, T34)."""
    assert code_of(parse_coordinate, text, axis) == code


@given(st.floats(95, 141), st.floats(-11, 6))
def test_swapped_coordinates_of_indonesia_are_always_found(lon, lat):
    """Any point of Indonesia with its axes swapped is refused (T25)."""
    assert find_point_flaw(lon, lat) is None
    flaw = find_point_flaw(lat, lon)
    assert flaw is not None
    assert flaw.code == "coordinates-swapped"


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (0.0, 0.0, "coordinate-placeholder"),
        (-1.0, -1.0, "coordinate-placeholder"),
        (150.0, 95.0, "coordinate-range"),
    ],
)
def test_points_that_are_no_places(lon, lat, code):
    """Both coordinates together may be a placeholder or impossible (T27)."""
    assert find_point_flaw(lon, lat).code == code


def test_a_point_on_the_equator_is_a_place():
    """One zero is no placeholder: Pontianak lies on the equator."""
    assert find_point_flaw(109.33, 0.0) is None
