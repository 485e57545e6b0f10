"""Two plans side by side: differences known by hand, mirrored, and as a re-plan tells them."""

import dataclasses
import io
import json
import random

import numpy as np
import pytest
import toys
from compare_towns import (
    EXACT,
    by_hand,
    changed_info,
    drawn_pair,
    drawn_plan,
    facts_of,
    hostile_plan,
    plan_file,
)
from rich.console import Console

from metro_gis.compare import FIGURES, compare_plans
from metro_gis.compare_differences import KINDS
from metro_gis.compare_lines import print_comparison
from metro_gis.doctrine import RiskClass
from metro_gis.former_plan import former_of, name_teams, tell_changes, transfer_orders
from metro_gis.messages import LANGUAGES
from metro_gis.optimize import optimize, replan
from metro_gis.plan import Beat

MIRRORED = {
    "added": "dropped", "dropped": "added", "new": "gone", "gone": "new",
    "uncovered": "covered", "covered": "uncovered",
}  # fmt: skip
SEEDS = range(60)


def town(officers=(8, 8)):
    """Six *low* stations on a line, a minute apart, a post at either end."""
    position = np.arange(6) * 10
    between = np.abs(position[:, None] - position[None, :])
    deploy = [position + 10, position[::-1] + 10]
    return toys.problem([toys.LOW] * 6, deploy, between, list(officers), ladder=(2, 3, 4))


BEATS = (Beat(0, 0, (0, 1)), Beat(0, 2, (2, 3)), Beat(1, 4, (4, 5)))
PLAN = by_hand(town(), BEATS, {"A": 2})


def kinds(rows, id_name):
    """Kinds of every difference by id."""
    return {(row.b or row.a)[id_name]: row.kinds for row in rows}


@pytest.mark.parametrize(
    ("beats", "stations", "teams", "changes"),
    [
        (BEATS, {}, {}, (0, 0)),
        # the second team is sent by the other post
        (
            (BEATS[0], Beat(1, 2, (2, 3)), BEATS[2]),
            {},
            {"T002": ("post_changed",)},
            (0, 2),
        ),
        # station 3 goes from the second team to the third
        (
            (BEATS[0], Beat(0, 2, (2,)), Beat(1, 4, (3, 4, 5))),
            {"T3": ("moved",)},
            {"T002": ("beat_changed",), "T003": ("beat_changed",)},
            (1, 0),
        ),
        # the first team is given up, the others keep their stations
        (
            (BEATS[1], BEATS[2]),
            {"T0": ("uncovered",), "T1": ("uncovered",)},
            {"T001": ("gone",)},
            (0, 0),
        ),
        # another anchor is another beat, but nobody moves
        (
            (BEATS[0], BEATS[1], Beat(1, 5, (4, 5))),
            {},
            {"T003": ("anchor_changed",)},
            (0, 0),
        ),
        # a team of one station splits off: it is new, and its station has moved
        (
            (BEATS[0], BEATS[1], Beat(1, 4, (4,)), Beat(1, 5, (5,))),
            {"T5": ("moved",)},
            {"T003": ("beat_changed",), "T004": ("new",)},
            (1, 2),
        ),
    ],
)
def test_differences_by_hand(beats, stations, teams, changes):
    """What moves is told by station and by team, and counted as a re-plan counts it."""
    found = compare_plans(PLAN, by_hand(town(), beats, {"A": 2}))
    assert kinds(found.stations, "station_id") == stations
    by_first = {(row.a["team_id"] if row.a else row.b["team_id"]): row.kinds for row in found.teams}
    assert by_first == teams
    assert (found.changes["stations"], found.changes["officers"]) == changes
    assert found.changes["count"] == sum(changes)


def test_posts_and_headcounts_by_hand():
    """A post with fewer officers, one that sends fewer, one that is gone, one that is added."""
    after = town((4, 8))
    posts = [after.posts[0], dataclasses.replace(after.posts[1], post_id="P9")]
    moved = dataclasses.replace(after, posts=tuple(posts))
    beats = (BEATS[0], Beat(1, 2, (2, 3)), BEATS[2])
    found = compare_plans(PLAN, by_hand(moved, beats, {"A": 2}))
    assert kinds(found.posts, "post_id") == {
        "P0": ("officers_changed", "posted_changed"),
        "P9": ("added",),
        "P1": ("gone",),
    }
    row = found.posts[0].as_dict()
    assert (row["a"]["station_officers"], row["b"]["station_officers"]) == (8, 4)
    assert (row["a"]["posted_officers"], row["b"]["posted_officers"]) == (4, 2)
    assert [note.code for note in found.notes] == ["other-posts"]


def test_stations_that_are_edited_by_hand():
    """Another class, place, kecamatan, and rows that come and go are told each for itself."""
    problem = town()
    rows = [
        dataclasses.replace(problem.stations[0], risk_class=RiskClass.ELEVATED),
        dataclasses.replace(problem.stations[1], lat=-5.12),
        dataclasses.replace(problem.stations[2], kelurahan="b"),
        dataclasses.replace(problem.stations[3], name="another name alone"),
        dataclasses.replace(problem.stations[4], station_id="NEW"),
        problem.stations[5],
    ]
    edited = dataclasses.replace(problem, stations=tuple(rows))
    found = compare_plans(PLAN, by_hand(edited, BEATS, {"A": 2}))
    assert kinds(found.stations, "station_id") == {
        "T0": ("class_changed",),
        "T1": ("place_changed",),
        "T2": ("area_changed",),
        "NEW": ("added",),
        "T4": ("dropped",),
    }
    apart_m = found.stations[1].more["apart_m"]
    assert apart_m == pytest.approx(0.01 * 111_195, rel=1e-3)
    (note,) = (note for note in found.notes if note.code == "other-stations")
    assert set(note.params.values()) == {1}
    assert not found.comparable


def test_rungs_by_hand():
    """Where a unit's rung changes, so it does for each of its low stations, and in the table."""
    found = compare_plans(PLAN, by_hand(town(), BEATS, {"A": 3}))
    assert found.rungs == ({"unit": "A", "a": 2, "b": 3},)
    assert found.counts["stations"]["rung_changed"] == 6
    assert found.figures["strength"] == {"a": 12, "b": 18, "difference": 6}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_does_not_differ_from_itself(seed):
    """A against A: no difference, no change, and every team is matched with itself."""
    plan = drawn_plan(seed)
    found = compare_plans(plan, dataclasses.replace(plan))
    assert found.same
    assert not any(count for kinds in found.counts.values() for count in kinds.values())
    assert found.changes == {"count": 0, "stations": 0, "officers": 0}
    assert all(not figure["difference"] for figure in found.figures.values())
    assert all(one == other for one, other in found.matched)
    assert [note.code for note in found.notes] == ["same-plan"]


def test_teams_of_the_same_name_are_matched_rather_than_others():
    """Where any matching keeps as much, teams with the same id are taken for the same."""
    a = by_hand(town(), (Beat(0, 0, (0, 1)), Beat(0, 2, (2, 3))), {"A": 2})
    crossed = (Beat(0, 0, (0, 2)), Beat(0, 1, (1, 3)))
    for names in (["T001", "T002"], ["T002", "T001"]):
        found = compare_plans(a, by_hand(town(), crossed, {"A": 2}, team_ids=names))
        assert sorted(found.matched) == [("T001", "T001"), ("T002", "T002")]


def drawn_beats(rng):
    """Deal the six stations out to teams of any post."""
    left = rng.sample(range(6), 6)
    beats = []
    while left:
        members = tuple(sorted(left[: rng.randint(1, 2)]))
        del left[: len(members)]
        beats.append(Beat(rng.randrange(2), members[0], members))
    return tuple(beats)


def test_ties_are_broken_alike_whichever_plan_is_called_a():
    """Of matchings that keep as much, A against B and B against A find the same one."""
    rng = random.Random(1)
    for _ in range(100):
        beats, others = drawn_beats(rng), drawn_beats(rng)
        a = by_hand(town(), beats, {"A": 2})
        names = [f"N{k}" for k in range(len(others))]
        b = by_hand(town(), others, {"A": 2}, team_ids=names)
        back = {(one, other) for other, one in compare_plans(b, a).matched}
        assert set(compare_plans(a, b).matched) == back


def mirrored(rows):
    """Turn differences round."""
    return [
        (
            {MIRRORED.get(kind, kind) for kind in row["kinds"]},
            row["b"],
            row["a"],
            row.get("stations_out"),
            row.get("stations_in"),
        )
        for row in rows
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_exchanged_plans_give_the_mirror(seed):
    """What is added from A to B is dropped from B to A, and differences change their sign."""
    a, b = drawn_pair(seed)
    there, back = compare_plans(a, b).as_dict(), compare_plans(b, a).as_dict()
    of_posts = {"added": "gone", "gone": "added"}
    for what in ("stations", "teams"):
        told = [
            (set(row["kinds"]), row["a"], row["b"], row.get("stations_in"), row.get("stations_out"))
            for row in there[what]
        ]
        turned = mirrored(back[what])
        assert sorted(told, key=repr_of) == sorted(turned, key=repr_of)
    posts = {
        row["b"]["post_id"] if row["b"] else row["a"]["post_id"]: row for row in there["posts"]
    }
    for row in back["posts"]:
        one = posts.pop((row["b"] or row["a"])["post_id"])
        assert (one["a"], one["b"]) == (row["b"], row["a"])
        assert one["kinds"] == [of_posts.get(kind, kind) for kind in row["kinds"]]
    assert not posts
    for name in FIGURES:
        one, other = there["figures"][name], back["figures"][name]
        assert (one["a"], one["b"]) == (other["b"], other["a"])
        assert one["difference"] is None or one["difference"] == -other["difference"]
    pairs = {(pair["a"], pair["b"]) for pair in there["matched"]}
    assert pairs == {(pair["b"], pair["a"]) for pair in back["matched"]}
    assert there["changes"]["stations"] == back["changes"]["stations"]
    assert (there["same"], there["comparable"]) == (back["same"], back["comparable"])


def repr_of(row):
    return json.dumps([sorted(row[0]), *row[1:]], sort_keys=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_add_up(seed):
    """B has what A has, with all that was added and without all that is gone."""
    a, b = drawn_pair(seed)
    found = compare_plans(a, b)
    for what, more, less in (
        ("stations", "added", "dropped"),
        ("teams", "new", "gone"),
        ("posts", "added", "gone"),
    ):
        counts = found.counts[what]
        assert set(counts) == set(KINDS[what])
        assert len(b.tables[what]) == len(a.tables[what]) + counts[more] - counts[less]
    stations = found.counts["stations"]
    assert stations["moved"] == found.changes["stations"]
    both = {row["station_id"] for row in a.tables["stations"]}
    gained = sum(row.b["team_id"] is not None for row in found.stations if "added" in row.kinds)
    lost = sum(row.a["team_id"] is not None for row in found.stations if "dropped" in row.kinds)
    assert both
    assert found.figures["covered"]["difference"] == (
        stations["covered"] - stations["uncovered"] + gained - lost
    )
    assert sum(row.more["new_orders"] for row in found.teams) == found.changes["officers"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_replan_tells_the_same_of_itself(seed):
    """Changes, matched teams and orders are those that a re-plan carries in its own file."""
    rng = random.Random(seed)
    problem = toys.random_town(seed)
    before = plan_file(problem, optimize(problem, EXACT))
    officers = {p.post_id: max(0, p.officers + rng.choice([-4, -2, 0, 2])) for p in problem.posts}
    changed = problem.with_officers(officers)
    former = former_of(before, changed)
    found = replan(changed, former, EXACT)
    told = tell_changes(
        before, found.changes, bound=found.changes_bound, strength="keep",
        free=(found.free, found.free_changes),
        limits={"locks": [], "max_moves": None, "trade_off": []},
    )  # fmt: skip
    after = plan_file(
        changed, found.outcome, team_ids=name_teams(former, found.changes),
        previous_plan_id=before.plan_id, changes=told,
    )  # fmt: skip
    compared = compare_plans(before, after)
    assert compared.changes["stations"] == told["stations"]
    assert compared.changes["officers"] == told["officers"]
    assert all(one == other for one, other in compared.matched)
    assert "made-from" in {note.code for note in compared.notes}
    orders = {order["team_id"]: order for order in transfer_orders(after)}
    for row in compared.teams:
        order = orders.pop((row.b or row.a)["team_id"], None)
        if order is None:  # another anchor is no order, and neither are officers sent home
            assert not {"new", "gone", "post_changed", "beat_changed"} & set(row.kinds)
            continue
        assert order["officers"] == row.more["new_orders"]
        assert {name: order[name] for name in ("stations_in", "stations_out", "why")} == {
            name: row.more[name] for name in ("stations_in", "stations_out", "why")
        }
    assert not orders


@pytest.mark.parametrize(
    ("part", "key", "value", "code"),
    [
        ("limits", "deploy_minutes", 20.0, "other-limits"),
        ("travel", "factor", 0.8, "other-travel"),
        ("beats", "team_minutes", 10.0, "other-rules"),
        ("patterns", "elevated", {"officers": 3, "stations": 2, "linmas": 2}, "other-rules"),
    ],
)
def test_other_rules_make_figures_incomparable(part, key, value, code):
    """Plans of other limits, speeds, beats or patterns are told to answer other questions."""
    scenario = PLAN.info["scenario"]
    other = {**scenario, part: {**scenario[part], key: value}}
    found = compare_plans(PLAN, changed_info(PLAN, scenario=other))
    assert [note.code for note in found.notes] == [code]
    assert found.same
    assert not found.comparable


def test_other_roads_make_figures_incomparable():
    """Plans over other roads are told so, and so is that one of them is modelled."""
    roads = {**PLAN.info["roads"], "sha256": "f" * 64}
    found = compare_plans(PLAN, changed_info(PLAN, roads=roads, modelled=True))
    assert [note.code for note in found.notes] == ["other-roads", "modelled-one"]
    assert not found.comparable


def test_other_cover_is_told():
    """Where less is covered, fewer officer-minutes are told to be no gain."""
    found = compare_plans(PLAN, by_hand(town(), BEATS[1:], {"A": 2}))
    assert found.figures["officer_minutes"]["difference"] < 0
    assert [note.code for note in found.notes] == ["other-aims"]
    assert found.comparable


def test_json_has_the_same_keys_for_any_plans():
    """Whoever reads the JSON finds each key, whether anything differs or not."""
    same, other = facts_of(PLAN, PLAN), facts_of(*drawn_pair(3))
    assert list(same) == list(other)
    assert list(same["a"]) == list(other["b"])
    assert json.loads(json.dumps(other)) == other


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "text", ["<b>x</b>", "=1+1", "{{7*7}}", "[red]x[/red]", "\x1b[31mx", "{id}"]
)
def test_text_shows_hostile_names_as_they_are(text, lang):
    """Markup and templates of any kind are printed letter by letter, control marks left out."""
    a, b = hostile_plan(text), hostile_plan(text, officers=4)
    stream = io.StringIO()
    console = Console(file=stream, width=400, highlight=False, soft_wrap=True)
    print_comparison(facts_of(a, b, a_changed=(text,)), console, lang)
    out = stream.getvalue()
    shown = text.replace("\x1b", "")
    assert f" {shown}R" in out
    assert f": {shown}" in out
    assert "\x1b" not in out


def test_text_of_colours_judges_what_can_be_judged():
    """More uncovered stations are red, fewer green; other differences are neither."""
    fewer = by_hand(town(), BEATS[1:], {"A": 2})
    for plans, colour in (((PLAN, fewer), "31"), ((fewer, PLAN), "32")):
        stream = io.StringIO()
        console = Console(file=stream, width=200, force_terminal=True, color_system="standard",
                          highlight=False)  # fmt: skip
        print_comparison(facts_of(*plans), console, "en")
        lines = stream.getvalue().splitlines()
        (line,) = [line for line in lines if line.strip().startswith("Uncovered  ")]
        assert f"\x1b[{colour}m" in line
        (line,) = [line for line in lines if line.strip().startswith("Teams  ")]
        assert "\x1b[31m" not in line
        assert "\x1b[32m" not in line
