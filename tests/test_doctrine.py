"""Risk classes, patterns, ladders."""

import pytest

from metro_gis.doctrine import Doctrine, Pattern, RiskClass, parse_risk_class


@pytest.mark.parametrize(
    ("word", "cls"),
    [
        ("low", RiskClass.LOW),
        ("Kurang Rawan", RiskClass.LOW),
        ("RAWAN", RiskClass.ELEVATED),
        ("sangat  rawan", RiskClass.HIGH),
        (" khusus ", RiskClass.SPECIAL),
    ],
)
def test_classes_are_read_in_both_languages(word, cls):
    """English and Indonesian words name the same classes, whatever case and spacing."""
    assert parse_risk_class(word) is cls


@pytest.mark.parametrize("word", ["", "sgt rawan", "tinggi", "1"])
def test_unknown_words_name_no_class(word):
    """There is no default class."""
    assert parse_risk_class(word) is None


def doctrine(rungs):
    return Doctrine(
        {
            RiskClass.LOW: Pattern(2, rungs),
            RiskClass.ELEVATED: Pattern(2, (2,)),
            RiskClass.HIGH: Pattern(2, (1,)),
            RiskClass.SPECIAL: Pattern(2, (1,)),
        }
    )


def test_loads_are_whole_numbers():
    """At 2:5 a low station takes two tenths of a team, an elevated five, a high ten."""
    weights, full = doctrine((4, 5)).weights(5)
    assert (weights[RiskClass.LOW], weights[RiskClass.ELEVATED], weights[RiskClass.HIGH]) == (
        2,
        5,
        10,
    )
    assert full == 10


@pytest.mark.parametrize("rungs", [(), (0,), (5, 4), (4, 4)])
def test_ladders_must_rise(rungs):
    """A pattern without stations or with falling rungs cannot be made."""
    with pytest.raises(ValueError, match=r"pattern|rungs"):
        Pattern(2, rungs)


def test_only_low_has_a_ladder():
    """A ladder of a strict class is refused."""
    patterns = dict(doctrine((4,)).patterns) | {RiskClass.HIGH: Pattern(2, (1, 2))}
    with pytest.raises(ValueError, match="ladder"):
        Doctrine(patterns)
