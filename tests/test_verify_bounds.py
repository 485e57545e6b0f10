"""Certified bounds follow from their multipliers, and no forged one is accepted."""

from __future__ import annotations

import copy
import itertools
import json
import math
import random
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from brute import best_plan
from certificates import Certificate, Ground, draw_certificate, draw_rows
from test_verify import Town, codes, grid

from metro_gis.verify_bounds import Bounds, _Pool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from metro_gis.verify import Verdict


def covered_town(folder: Path, rung: int = 4) -> Town:
    """Make a town of three pools and two posts, with one station that is too far off."""
    town = Town(folder)
    grid(town)
    for n, (x, y) in enumerate([(0.3, 0.02), (1.4, 0.01), (0.02, 1.5), (1.2, 1.0), (2.0, 2.0),
                                (2.6, 1.97)], 1):  # fmt: skip
        town.station(f"L{n}", x, y, kelurahan="Imopuro" if n < 4 else "Metro")
    town.station("E1", 3.0, 3.3, "elevated")
    town.station("E2", 3.4, 3.0, "elevated")
    for n, x in enumerate((0.5, 1.5, 1.9), 1):
        town.station(f"B{n}", x, 3.98, kecamatan="Metro Barat")
    town.station("SEA", 2.0, -3.0)
    town.post("P1", 2.2, 2.01, serves="Metro Pusat")
    town.post("P2", 0.5, 3.99, 23, serves="Metro Barat")
    town.write_inputs()
    town.plan(rung)
    return town


def certificate() -> Certificate:
    """Write a certificate in which every multiplier counts."""
    leaves = [
        {"worth": [1700 + 10 * n, 2150, 1900, 2000, 1800, 2100], "team": 500, "sides": sides,
         "rows": rows}
        for n, (sides, rows) in enumerate([
            ([-300], [[0, 40], [1, 60]]), ([-250, 200], [[1, 50]]), ([400, -300], [[0, 30]]),
            ([350, 300], [[0, 20], [1, 5]]),
        ])
    ]  # fmt: skip
    inner = {"area": [0, 1, 4], "most": 1, "below": leaves[2], "above": leaves[3]}
    # one of three settles nothing; of one it settles that one
    first = {"area": [2], "most": 0, "below": leaves[0] | {"sides": [-300]},
             "above": leaves[1] | {"sides": [-250]}}  # fmt: skip
    tree = {"area": [1, 3, 5], "most": 1, "below": first, "above": inner}
    # the load of the first calls for two teams, that of the other for one
    rows = [{"anchors": [0, 1, 4], "stations": [0, 1, 2, 4, 5]},
            {"anchors": [2, 3, 5], "stations": [1, 2, 3]}]  # fmt: skip
    low = {"stations": ["L1", "L2", "L3", "L4", "L5", "L6"], "rows": rows, "tree": tree}
    elevated = {"stations": ["E2", "E1"], "rows": [],
                "tree": {"worth": [4000, 3500], "team": 0, "sides": [], "rows": []}}  # fmt: skip
    leaf = {"worth": [2500, 2400, 2300], "team": 100, "sides": [], "rows": []}
    barat = {"stations": ["B3", "B1", "B2"], "rows": [], "tree": leaf}
    return Certificate(10, {"P2": 13, "P1": 3}, [low, barat, elevated])


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, Ground]:
    """Return a town with a certificate, for tests that copy it."""
    town = covered_town(tmp_path_factory.mktemp("town"))
    ground = Ground(town)
    ground.store(certificate())
    return town, ground


def part(town: Town, name: str) -> Any:
    """Read one part of a certificate."""
    return json.loads(town.row("bounds", part=f"certificate {name}")["bound"])


def _change(name: str, *path: Any, value: Any) -> Any:
    """Change a part or one entry of it, or add to it where the value is a function."""

    def changed(content: Any, path: tuple[Any, ...]) -> Any:
        if path:
            content[path[0]] = changed(content[path[0]], path[1:])
            return content
        return value(content) if callable(value) else value

    def damage(town: Town) -> None:
        row = town.row("bounds", part=f"certificate {name}")
        row["bound"] = json.dumps(changed(part(town, name), path))

    return damage


def _omit(key: str) -> Any:
    return lambda content: {name: value for name, value in content.items() if name != key}


def _bound(step: float) -> Any:
    def damage(town: Town) -> None:
        told, value = town.info["certified"], town.info["aims"][2]["value"]
        told["bound"] = round(told["bound"] + step, 1)
        told["gap"] = max(0.0, (value - told["bound"]) / value)

    return damage


def _row(change: Any) -> Any:
    return lambda town: change(town.tables["bounds"])


def _of(name: str) -> Any:
    return lambda row: row["part"] == f"certificate {name}"


def _without(name: str) -> Any:
    return _row(lambda rows: rows.remove(next(filter(_of(name), rows))))


def _again(name: str, other: str) -> Any:
    return _row(
        lambda rows: rows.append(
            next(filter(_of(name), rows)) | {"part": f"certificate {other}"},
        )
    )


FORGED, WRONG = "bound-forged", "certificate-wrong"
LEAF, WEAKEST = ("tree", "below", "below"), ("tree", "above", "above")
FORGERIES: dict[str, tuple[Any, str]] = {
    "bound raised": (_bound(0.1), FORGED),
    "bound lowered": (_bound(-0.1), FORGED),
    "bound raised far": (_bound(100), FORGED),
    "bound as text": (lambda t: t.info["certified"].update(bound="9"), "check-stopped"),
    "gap": (lambda t: t.info["certified"].update(gap=0.0), "figure-wrong"),
    "no gap": (lambda t: t.info["certified"].update(gap=None), "figure-wrong"),
    "charge raised": (_change("prices", "officers", "P1", value=4), FORGED),
    "charge dropped": (_change("prices", "officers", value={"P1": 3}), FORGED),
    "charge below zero": (_change("prices", "officers", "P1", value=-3), WRONG),
    "charge of no post": (_change("prices", "officers", "P1", value={"P9": 3}), WRONG),
    "charge not whole": (_change("prices", "officers", "P1", value=3.5), WRONG),
    "scale": (_change("prices", "scale", value=11), FORGED),
    "scale of nothing": (_change("prices", "scale", value=0), WRONG),
    "scale not whole": (_change("prices", "scale", value=10.0), WRONG),
    "prices missing": (_without("prices"), WRONG),
    "prices twice": (_again("prices", "prices"), WRONG),
    "worth raised": (_change("2", "tree", "worth", 0, value=lambda w: w + 200), FORGED),
    "worth below zero": (_change("1", *LEAF, "worth", 0, value=-1), WRONG),
    "worth not whole": (_change("1", *LEAF, "worth", 0, value=1700.5), WRONG),
    "worth not finite": (_change("1", *LEAF, "worth", 0, value=math.nan), WRONG),
    "worth as text": (_change("1", *LEAF, "worth", 0, value="1700"), WRONG),
    "worth of too few": (_change("1", *LEAF, "worth", value=lambda w: w[:-1]), WRONG),
    "worth of too many": (_change("1", *LEAF, "worth", value=lambda w: [*w, 1]), WRONG),
    "worth true": (_change("1", *LEAF, "worth", 0, value=True), WRONG),
    "team": (_change("2", "tree", "team", value=300), FORGED),
    "team below zero": (_change("2", "tree", "team", value=-1), WRONG),
    "side below with a sign": (_change("1", *LEAF, "sides", 0, value=1), WRONG),
    "side above with a sign": (_change("1", "tree", "above", "below", "sides", 0, value=-1), WRONG),
    "sides too few": (_change("1", *LEAF, "sides", value=[]), WRONG),
    "sides too many": (_change("1", *LEAF, "sides", value=[-300, 0]), WRONG),
    "leaf missing": (_change("1", "tree", value=lambda t: t | {"above": {}}), WRONG),
    "tree missing": (_change("1", "tree", value=None), WRONG),
    "pool missing": (_without("2"), WRONG),
    "pool twice": (_again("2", "4"), WRONG),
    "pool twice under its name": (_again("2", "2"), WRONG),
    "pool of another aim": (
        lambda t: t.row("bounds", part="certificate 2").update(aim="strength"), WRONG),
    "station missing": (_change("1", "stations", value=lambda s: s[:-1]), WRONG),
    "station twice": (_change("1", "stations", value=lambda s: [*s[:-1], s[0]]), WRONG),
    "station out of reach": (_change("1", "stations", value=lambda s: [*s[:-1], "SEA"]), WRONG),
    "station unknown": (_change("1", "stations", value=lambda s: [*s[:-1], "L9"]), WRONG),
    "stations swapped": (_change("1", "stations", value=lambda s: s[::-1]), FORGED),
    "area changed": (_change("1", "tree", "area", value=[2, 3, 5]), FORGED),
    "area emptied": (_change("1", "tree", "area", value=[]), WRONG),
    "area falling": (_change("1", "tree", "area", value=[5, 3, 1]), WRONG),
    "area doubled": (_change("1", "tree", "area", value=[1, 3, 3]), WRONG),
    "area beyond the pool": (_change("1", "tree", "area", value=[1, 3, 6]), WRONG),
    "area from the end": (_change("1", "tree", "area", value=[-1, 3, 5]), WRONG),
    "most raised": (_change("1", "tree", "most", value=2), WRONG),  # settles what had a multiplier
    "most raised inside": (_change("1", "tree", "above", "most", value=0), WRONG),
    "most below zero": (_change("1", "tree", "most", value=-1), WRONG),
    "most not whole": (_change("1", "tree", "most", value=1.0), WRONG),
    "row charged more": (_change("1", *WEAKEST, "rows", 0, 1, value=45), FORGED),
    "other row charged": (_change("1", *WEAKEST, "rows", 1, 1, value=60), FORGED),
    "row not charged": (_change("1", *WEAKEST, "rows", value=[[1, 5]]), FORGED),
    "row charged for another": (_change("1", *WEAKEST, "rows", value=[[1, 20]]), FORGED),
    "row charged below zero": (_change("1", *WEAKEST, "rows", 0, 1, value=-20), WRONG),
    "row charged in parts": (_change("1", *WEAKEST, "rows", 0, 1, value=20.0), WRONG),
    "row charged true": (_change("1", *WEAKEST, "rows", 0, 1, value=True), WRONG),
    "row charged as text": (_change("1", *WEAKEST, "rows", 0, 1, value="20"), WRONG),
    "row charged without end": (_change("1", *WEAKEST, "rows", 0, 1, value=math.inf), WRONG),
    "row charged nothing at all": (_change("1", *WEAKEST, "rows", 0, value=[0]), WRONG),
    "row charged two things": (_change("1", *WEAKEST, "rows", 0, value=[0, 20, 20]), WRONG),
    "row twice": (_change("1", *WEAKEST, "rows", 1, 0, value=0), WRONG),
    "rows falling": (_change("1", *WEAKEST, "rows", value=[[1, 5], [0, 20]]), WRONG),
    "row beyond the last": (_change("1", *WEAKEST, "rows", 1, 0, value=2), WRONG),
    "row beyond the last for nothing": (_change("1", *WEAKEST, "rows", 1, value=[2, 0]), WRONG),
    "row from the end": (_change("1", *WEAKEST, "rows", 0, 0, value=-1), WRONG),
    "row by a part": (_change("1", *WEAKEST, "rows", 1, 0, value=1.0), WRONG),
    "row by true": (_change("1", *WEAKEST, "rows", 1, 0, value=True), WRONG),
    "rows of a leaf missing": (_change("1", *WEAKEST, value=_omit("rows")), WRONG),
    "rows of a leaf named": (_change("1", *WEAKEST, "rows", value={}), WRONG),
    "rows of a stronger leaf missing": (_change("1", *LEAF, value=_omit("rows")), WRONG),
    "rows of a pool missing": (_change("1", value=_omit("rows")), WRONG),
    "rows of a pool none": (_change("1", "rows", value=[]), WRONG),
    "rows of a pool named": (_change("2", "rows", value={}), WRONG),
    "rows of a pool null": (_change("2", "rows", value=None), WRONG),
    "rows of a pool swapped": (_change("1", "rows", value=lambda rows: rows[::-1]), FORGED),
    "row of no stations that nothing charges": (
        _change("2", "rows", value=[{"anchors": [0]}]), WRONG),
    "row beyond the pool that nothing charges": (
        _change("2", "rows", value=[{"anchors": [3], "stations": [0]}]), WRONG),
    "row anchor added": (_change("1", "rows", 0, "anchors", value=[0, 1, 3, 4]), FORGED),
    "row anchor dropped": (_change("1", "rows", 0, "anchors", value=[0, 1]), FORGED),
    "row station added": (_change("1", "rows", 0, "stations", value=[0, 1, 2, 3, 4, 5]), FORGED),
    "row station dropped": (_change("1", "rows", 0, "stations", value=[0, 1, 2, 4]), FORGED),
    **{
        f"row {kind} {fault}": (_change("1", "rows", 0, kind, value=value), WRONG)
        for kind in ("anchors", "stations")
        for fault, value in {
            "emptied": [], "null": None, "named": {"0": 1}, "as text": "014", "falling": [1, 0, 4],
            "doubled": [0, 1, 1, 4], "beyond the pool": [0, 1, 4, 6], "from the end": [-1, 0, 4],
            "in parts": [0, 1.0, 4], "true": [0, True, 4], "by id": ["L1", "L2", "L5"],
        }.items()
    },
    **{
        f"row without {kind}": (_change("1", "rows", 0, value=_omit(kind)), WRONG)
        for kind in ("anchors", "stations")
    },
    "no JSON": (lambda t: t.row("bounds", part="certificate 1").update(bound="{"), WRONG),
    "nested without end": (
        lambda t: t.row("bounds", part="certificate 1").update(bound="[" * 100_000), WRONG),
}  # fmt: skip


def test_plain_certificate_is_accepted(pristine: tuple[Town, Ground]) -> None:
    """A bound worked out by trying every beat is found anew, and the verdict tells it."""
    town, _ = copy.deepcopy(pristine)
    verdict = town.verdict()
    assert verdict.breaches == ()
    assert verdict.counts["bound_certified"] == town.info["certified"]["bound"]
    assert verdict.counts["gap_certified"] == pytest.approx(town.info["certified"]["gap"])
    assert 0 < verdict.counts["bound_certified"] < verdict.counts["officer_minutes"]
    assert any(note.startswith("certified bound of nearness") for note in verdict.notes)
    assert "bounds of the aims: checked for sense, 1 parts taken as told" in verdict.notes


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_refused(pristine: tuple[Town, Ground], name: str) -> None:
    """Whatever is changed in a certificate or its bound is told by its own code."""
    (town, _), (damage, code) = copy.deepcopy(pristine), FORGERIES[name]
    damage(town)
    assert code in codes(town.verdict())


def test_dropped_leaf_is_refused(pristine: tuple[Town, Ground]) -> None:
    """A split whose weaker side is left out no longer gives the bound that it would seem to."""
    town, ground = copy.deepcopy(pristine)
    pool = part(town, "1")
    told = certificate()
    values = {
        side: ground.of_tree(told, pool, pool["tree"][side], (((1, 3, 5), side == "above", 1),))
        for side in ("below", "above")
    }
    assert values["below"] != values["above"]
    town.info["certified"]["bound"] += abs(values["below"] - values["above"]) / 100
    assert codes(town.verdict())[0] == "bound-forged"
    better = max(values, key=values.__getitem__)
    pool["tree"] = pool["tree"][better]
    town.row("bounds", part="certificate 1")["bound"] = json.dumps(pool)
    assert "certificate-wrong" in codes(town.verdict())


def test_nothing_certified_is_nothing_to_check(pristine: tuple[Town, Ground]) -> None:
    """Without a certified bound a plan is accepted, and nothing is told to be certified."""
    town, _ = copy.deepcopy(pristine)
    town.info["certified"] = {"bound": None, "gap": None}
    verdict = town.verdict()
    assert verdict.ok
    assert (verdict.counts["bound_certified"], verdict.counts["gap_certified"]) == (None, None)


@pytest.mark.parametrize("certified", [True, False])
def test_optimal_needs_a_certificate(pristine: tuple[Town, Ground], certified: bool) -> None:  # noqa: FBT001
    """A plan whose bound is only told, or certified with a wide gap, is not optimal."""
    town, _ = copy.deepcopy(pristine)
    for aim in town.info["aims"]:
        aim |= {"bound": aim["value"], "gap": 0}
    if not certified:
        town.info["certified"] = {"bound": None, "gap": None}
    assert town.verdict().ok
    town.info["status"] = "optimal"
    assert codes(town.verdict()) == ["status-wrong"]


def test_certificate_needs_all_in_reach_covered(tmp_path: Path) -> None:
    """With a station in reach uncovered, no bound is certified."""
    town = covered_town(tmp_path)
    town.scenario["officers"] = {"P2": 5}
    town.plan()
    assert "no_officers" not in {row["reason"] for row in town.tables["stations"]}
    town.scenario["officers"] = {"P2": 4}
    town.plan()
    Ground(town).store(certificate())
    verdict = town.verdict()
    assert codes(verdict) == ["cover-unproven"] * 3
    assert verdict.counts["bound_certified"] is None


def test_certificate_needs_rungs_that_counting_singles_out(tmp_path: Path) -> None:
    """At rungs that are looser than the officers call for, no bound is certified."""
    town = covered_town(tmp_path, rung=5)
    Ground(town).store(certificate())
    verdict = town.verdict()
    assert codes(verdict) == ["rungs-unproven"]
    assert verdict.breaches[0].params == {"other": 4 * 10, "strength": 5 * 10}
    assert verdict.counts["bound_certified"] is None


@pytest.mark.parametrize(("officers", "ok"), [(5, False), (4, True)])
def test_rung_is_certified_where_a_smaller_one_needs_too_many(
    tmp_path: Path,
    officers: int,
    ok: bool,  # noqa: FBT001
) -> None:
    """Five stations at 4 a team need two teams: with officers for one, rung 5 is the least."""
    town = Town(tmp_path)
    grid(town)
    for n in range(5):
        town.station(f"L{n}", 0.3 + n * 0.6, 2.02)
    town.post("P1", 2.2, 2.01, officers + 2)  # two fixed and one in reserve
    town.write_inputs()
    town.plan(5)
    ground = Ground(town)
    leaf = {"worth": [100] * 5, "team": 600, "sides": [], "rows": []}
    pool = {"stations": ground.pools[0], "rows": [], "tree": leaf}
    ground.store(Certificate(1, {}, [pool]))
    assert codes(town.verdict()) == ([] if ok else ["rungs-unproven"])


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (2, 1), (1, 2), (1, 1)])
@pytest.mark.parametrize("side", ["below", "above"])
def test_of_sides_of_one_area_the_strictest_counts(
    pristine: tuple[Town, Ground], side: str, order: tuple[int, int]
) -> None:
    """Where an area is split twice, the leaf has one multiplier for it, at the stricter count."""
    town, ground = copy.deepcopy(pristine)

    def split(most: tuple[int, ...], path: Any = ()) -> dict[str, Any]:
        if not most:
            # so dear that this leaf is the weakest, and the count is seen in its bound
            dear = path[-2:] == ((side, order[0]), (side, order[1]))
            sides = multipliers(path, 100_000 * dear)
            return {"worth": [0] * 6, "team": 0, "sides": sides, "rows": []}
        return {"area": [0, 1, 2, 3], "most": most[0]} | {
            one: split(most[1:], (*path, (one, most[0]))) for one in ("below", "above")
        }

    def multipliers(path: Any, size: int) -> list[int]:
        names = dict.fromkeys(one for one, most in path if (one, most) != ("below", 0))
        return [size if one == "above" else -size for one in names]

    told = certificate()
    told.pools[0]["tree"] = split(order)
    ground.store(told)
    assert town.verdict().breaches == ()


def groupings(places: list[int]) -> Iterator[list[list[int]]]:
    """Go through all ways to split places into groups."""
    if not places:
        yield []
        return
    first, *others = places
    for groups in groupings(others):
        yield [[first], *groups]
        for i, group in enumerate(groups):
            yield [*groups[:i], [first, *group], *groups[i + 1 :]]


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_breaks_a_capacity_row(seed: int) -> None:
    """Whatever its anchors and stations, a row holds for all teams that are not overloaded."""
    draw = random.Random(seed)
    full = draw.choice([2, 3, 4, 6])
    weights = [draw.choice([w for w in range(1, full + 1) if full % w == 0]) for _ in range(6)]
    rows = [row for _ in range(8) for row in draw_rows(draw, 6)]
    pool, least = _Pool(weights, full, rows), [math.inf] * len(rows)
    for teams in groupings(list(range(6))):
        if any(sum(weights[i] for i in team) > full for team in teams):
            continue
        for anchors in itertools.product(*teams):
            for k, (inside, stations, part, _) in enumerate(pool.rows):
                chosen = [team for j, team in zip(anchors, teams, strict=True) if j in inside]
                carried = sum(weights[i] for team in chosen for i in team if i in stations)
                least[k] = min(least[k], part * len(chosen) - carried)
    told = [row[3] for row in pool.rows]
    assert all(a <= b for a, b in zip(told, least, strict=True))
    assert 0 in [b - a for a, b in zip(told, least, strict=True)]  # no larger figure would hold


def test_capacity_row_proves_a_team_that_no_worth_can(tmp_path: Path) -> None:
    """Five stations, four a team, call for two teams, and three others far off for a third.

    Without a row five quarters of a team will do for the five, each four of them being guarded by a
    quarter, and all eight call for two teams, which is less. With one the plan is optimal.
    """
    town = Town(tmp_path)
    grid(town)
    town.scenario["limits"]["beat_minutes"] = 0.1
    for n in range(5):
        town.station(f"W{n}", 0.3, 0.02)
    for n in range(3):
        town.station(f"E{n}", 3.5, 3.02)
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    town.plan()
    ground = Ground(town)
    west, east = (2 * (300 + ground.deploy["P1", t]) for t in ("W0", "E0"))
    value = 2 * west + east
    assert 10 * town.info["aims"][2]["value"] == value
    town.info["aims"][2] |= {"bound": value / 10, "gap": 0}

    def verdict(worth: int, rows: list[list[int]]) -> Verdict:
        leaf = {"worth": [worth] * 5 + [4 * east] * 3, "team": 0, "sides": [], "rows": rows}
        cluster = {"anchors": [0, 1, 2, 3, 4], "stations": [0, 1, 2, 3, 4]}
        pool = {"stations": list(ground.stations), "rows": [cluster], "tree": leaf}
        ground.store(Certificate(12, {}, [pool]))
        return town.verdict()

    town.info["status"] = "optimal"
    found = verdict(12 * west, [[0, 12 * west]])
    assert found.breaches == ()
    assert (found.counts["bound_certified"], found.counts["gap_certified"]) == (value / 10, 0)
    found = verdict(3 * west, [])
    assert codes(found) == ["status-wrong"]
    assert found.counts["bound_certified"] == math.ceil(1.25 * west + east) / 10
    found = verdict(12 * west, [])  # nobody is served for nothing
    assert found.counts["bound_certified"] < 1.25 * west / 10


def random_town(folder: Path, draw: random.Random) -> Town:
    """Draw a small town whose plan covers all in reach at the lowest rung."""
    while True:
        town = Town(folder)
        grid(town, 4)
        for edge in town.edges.values():
            edge["length"] *= draw.uniform(1, 1.4)
        rules = town.scenario
        rules["beats"] |= {"border": draw.choice(["kecamatan", "kelurahan", "none"]),
                           "mix": draw.random() < 0.5, "team_minutes": draw.choice([0, 2.5, 30]),
                           "kelurahan_penalty_minutes": draw.choice([0, 0.7, 2])}  # fmt: skip
        rules["limits"] = {"deploy_minutes": draw.choice([2.5, 30]),
                           "beat_minutes": draw.choice([2, 8])}  # fmt: skip
        rules["patterns"]["low"]["ladder"] = draw.choice([[2, 3], [3]])
        rules["patterns"]["elevated"]["officers"] = draw.choice([1, 2, 3])
        rules["patterns"]["high"]["stations"] = draw.choice([1, 2])
        for n in range(6):
            risk = draw.choice(["low"] * 4 + ["elevated", "elevated", "high"])
            town.station(f"S{n}", draw.uniform(0, 3), draw.uniform(0, 3), risk,
                         kecamatan=draw.choice(["Metro Pusat", "Metro Barat"]),
                         kelurahan=draw.choice("AB"))  # fmt: skip
        for p in ("P1", "P2"):
            town.post(p, draw.uniform(0, 3), draw.uniform(0, 3), draw.randint(6, 20),
                      serves=draw.choice(["", "", "Metro Barat", "Metro Pusat"]))  # fmt: skip
        town.write_inputs()
        town.plan(rules["patterns"]["low"]["ladder"][0])
        left = {row["reason"] for row in town.tables["stations"] if not row["team_id"]}
        if "no_officers" not in left and town.tables["teams"]:
            return town


@pytest.mark.parametrize("seed", range(20))
def test_no_certified_bound_is_above_the_optimum(tmp_path: Path, seed: int) -> None:
    """Whatever the multipliers, the bound is found anew and no plan is below it."""
    draw = random.Random(seed)
    town = random_town(tmp_path, draw)
    ground = Ground(town)
    best, seen = best_plan(ground.problem())[2], []
    for _ in range(4):
        ground.store(draw_certificate(draw, ground, depth=3))
        verdict = town.verdict()
        assert verdict.breaches == ()
        seen.append(round(10 * verdict.counts["bound_certified"]))
    assert max(seen) <= best


@pytest.mark.parametrize("seed", range(6))
def test_bound_that_was_pushed_up_is_still_below_the_optimum(tmp_path: Path, seed: int) -> None:
    """Multipliers raised one by one for as long as the bound rises do not pass the optimum."""
    draw = random.Random(100 + seed)
    town = random_town(tmp_path, draw)
    ground = Ground(town)
    best = best_plan(ground.problem())[2]
    told = draw_certificate(draw, ground)
    bound = ground.bound(told)
    for _ in range(120):
        tried = copy.deepcopy(told)
        leaf = draw.choice(tried.pools)["tree"]
        while "area" in leaf:
            leaf = leaf[draw.choice(["below", "above"])]
        step, numbers = 300, leaf["worth"]
        i = draw.randrange(len(numbers) + len(leaf["rows"]))
        if i >= len(numbers):
            step, numbers, i = 60, leaf["rows"][i - len(numbers)], 1
        numbers[i] = max(0, numbers[i] + draw.randint(-step, step) * tried.scale)
        found = ground.bound(tried)
        told, bound = (tried, found) if found >= bound else (told, bound)
    assert bound <= best
    ground.store(told)
    assert town.verdict().breaches == ()


# -- rungs -------------------------------------------------------------------------------------


def bounds_of(draw: random.Random, units: int, ladder: list[int], posts: int = 3) -> Bounds:
    """Make bounds that know stations, posts and rungs, and no ways."""
    patterns = {"low": {"officers": 2, "ladder": ladder}, "high": {"officers": 3, "stations": 1}}
    beats = {"mix": draw.random() < 0.3}
    stations, near = {}, {}
    for unit in range(units):
        for _ in range(draw.randint(1, 12)):
            t = f"S{len(stations)}"
            risk = "high" if draw.random() < 0.2 else "low"
            stations[t] = {"station_id": t, "unit": f"U{unit}", "risk_class": risk}
            near[t] = {f"P{p}": 0 for p in range(posts) if draw.random() < 0.5}
    have = {f"P{p}": draw.randint(0, 4 * units) for p in range(posts)}
    low = {s["unit"] for s in stations.values() if s["risk_class"] == "low"}
    rungs = {unit: draw.choice(ladder) for unit in low}
    return Bounds(stations, near, have, rungs, patterns, beats, 0, lambda *_: {})


def allowed_rungs(bounds: Bounds) -> list[tuple[int, dict[str, int]]]:
    """Go through all rungs: those with officers enough, and their strength, the least first."""
    stations, ladder = bounds.stations, bounds.patterns["low"]["ladder"]
    units, near = sorted(bounds.rungs), bounds.near
    low = Counter(s["unit"] for s in stations.values() if s["risk_class"] == "low")

    def allowed(at: dict[str, int]) -> bool:
        needs: Counter[str] = Counter()
        for unit in {s["unit"] for s in stations.values()}:
            inside = [t for t, s in stations.items() if s["unit"] == unit and near[t]]
            risks = [["low", "high"]] if bounds.beats["mix"] else [["low"], ["high"]]
            for group in risks:
                count = Counter(stations[t]["risk_class"] for t in inside)
                load = count["low"] / at.get(unit, 1) * ("low" in group)
                load += count["high"] * ("high" in group)
                if load:
                    sizes = {"low": 2, "high": 3}
                    least = min(sizes[risk] for risk in group if count[risk])
                    needs[unit] += math.ceil(load - 1e-9) * least
            reach = {p for t in inside for p in near[t]}
            if needs[unit] > sum(bounds.have[p] for p in reach):
                return False
        return needs.total() <= sum(bounds.have[p] for p in set().union(*near.values()))

    vectors = (
        dict(zip(units, chosen, strict=True))
        for chosen in itertools.product(ladder, repeat=len(units))
    )
    found = [(sum(low[unit] * at[unit] for unit in units), at) for at in vectors if allowed(at)]
    return sorted(found, key=lambda one: one[0])


@pytest.mark.parametrize("seed", range(300))
def test_rungs_are_singled_out_as_by_trying_all(seed: int) -> None:
    """Rungs hold exactly if no others have officers enough and a strength as small."""
    draw = random.Random(seed)
    bounds = bounds_of(draw, draw.randint(1, 4), draw.choice([[2, 3], [1, 2, 4], [3]]))
    found = allowed_rungs(bounds)
    if found:  # one that may well be singled out
        bounds = replace(bounds, rungs=found[draw.choice([0, 0, 0, -1])][1])
    strengths = [strength for strength, at in found if at == bounds.rungs]
    others = [strength for strength, at in found if at != bounds.rungs]
    strength, other = bounds.strengths()
    if found:
        assert strength == strengths[0]
        assert other == (min(others) if others and min(others) <= strength else None)
    else:
        assert other is None


def test_rungs_of_many_units_are_counted_in_seconds() -> None:
    """Eighty units and eight rungs are no more than a moment's work."""
    draw = random.Random(3)
    bounds = bounds_of(draw, 80, [4, 5, 6, 8, 10, 12, 16, 20], posts=20)
    have, rungs = dict.fromkeys(bounds.have, 18), dict.fromkeys(bounds.rungs, 8)
    started = time.process_time()
    replace(bounds, have=have, rungs=rungs).strengths()
    assert time.process_time() - started < 5
