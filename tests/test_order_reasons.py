"""Why a team has new orders: the nearest thing that changed between two plans."""

import copy

import numpy as np
import pytest
import toys
from compare_towns import by_hand

from metro_gis.change_lines import _why
from metro_gis.former_plan import former_facts, reason_for
from metro_gis.messages import LANGUAGES
from metro_gis.plan import Beat

POSITION = np.arange(6) * 10
TOWN = toys.problem(
    [toys.LOW] * 6,
    [POSITION + 10, POSITION[::-1] + 10],
    np.abs(POSITION[:, None] - POSITION[None, :]),
    [8, 8],
    ladder=(2, 3, 4),
)
PLAN = by_hand(TOWN, (Beat(0, 0, (0, 1)), Beat(0, 2, (2, 3)), Beat(1, 4, (4, 5))), {"A": 2})
FORMER = former_facts(PLAN)
FIRST, SECOND = FORMER["posts"]
STATION = TOWN.stations[0].station_id


def why(order, **former):
    """Ask for the reason of an order, given what was otherwise in the plan before."""
    whole = {"post_id": None, "former_post_id": None, "stations_in": [], "stations_out": []}
    return reason_for(whole | order, copy.deepcopy(FORMER) | former, PLAN)


@pytest.mark.parametrize(
    ("order", "former", "reason"),
    [
        (
            {"post_id": SECOND, "former_post_id": FIRST},
            {"posts": {FIRST: 10, SECOND: 8}},
            {"code": "post-short", "post_id": FIRST, "officers": 2},
        ),
        (
            {"post_id": SECOND, "former_post_id": "Z"},
            {"posts": {**FORMER["posts"], "Z": 4}},
            {"code": "post-gone", "post_id": "Z"},
        ),
        (
            {"post_id": SECOND, "former_post_id": FIRST},
            {"posts": {FIRST: 8, SECOND: 2}},
            {"code": "post-more", "post_id": SECOND, "officers": 6},
        ),
        ({"post_id": SECOND}, {"posts": {FIRST: 8}}, {"code": "post-new", "post_id": SECOND}),
        (
            {"post_id": FIRST, "former_post_id": FIRST, "stations_out": [STATION]},
            {"rung_low": {"A": 4}},
            {"code": "rung-changed", "unit": "A", "rung_before": 4, "rung_now": 2},
        ),
        (
            {"post_id": FIRST, "former_post_id": FIRST, "stations_out": [STATION]},
            {"rung_low": {"A": 4}, "classes": {**FORMER["classes"], STATION: "high"}},
            {"code": "class-changed", "station_id": STATION, "before": "high", "now": "low"},
        ),
        # its own post sends as many as before, and the rung is what it was
        ({"post_id": FIRST, "former_post_id": FIRST, "stations_in": [STATION]}, {},
         {"code": "others"}),
        ({"post_id": None, "former_post_id": FIRST}, {}, {"code": "others"}),
        ({"post_id": FIRST, "former_post_id": FIRST}, {"closed": [{"lon": 1.0, "lat": 2.0}]},
         {"code": "roads"}),
    ],
)  # fmt: skip
def test_nearest_change_is_the_reason(order, former, reason):
    """Officers lost come before stations, these before officers gained, rungs before streets."""
    told = why(order, **former)
    assert told == reason
    for lang in LANGUAGES:
        said = _why(told, lang)
        assert said
        assert "{" not in said
        assert str(told.get("officers", "")) in said


def test_rung_of_the_whole_area_has_no_unit():
    """Without a border the sentence names no border unit."""
    area = by_hand(
        toys.problem([toys.LOW] * 2, [[10, 20]], [[0, 10], [10, 0]], [8], ladder=(1, 2),
                     border="none"),
        (Beat(0, 0, (0, 1)),), {"*": 2},
    )  # fmt: skip
    former = former_facts(area) | {"rung_low": {"*": 1}}
    order = {"post_id": "P", "former_post_id": "P", "stations_in": [],
             "stations_out": [row["station_id"] for row in area.tables["stations"]]}  # fmt: skip
    told = reason_for(order, former, area)
    assert told == {"code": "rung-changed-everywhere", "rung_before": 1, "rung_now": 2}
    assert all(_why(told, lang) for lang in LANGUAGES)
