"""What a page tells beside its plan: curve, plans before and after, the day of the file."""

import dataclasses
import json
import math
import os
import re
import shutil
from types import SimpleNamespace

import networkx as nx
import pytest
import toys
from compare_towns import by_hand, changed_info

from metro_gis.data.closures import close_roads
from metro_gis.data.network import network_from_graph
from metro_gis.drawing import draw_plan
from metro_gis.former_plan import former_facts, officers_for_stations, transfer_orders
from metro_gis.officers_curve import Span, draw_curve
from metro_gis.page_facts import facts_beside, reserve_of
from metro_gis.pipeline import Wishes, remake_plan, run
from metro_gis.plan import Beat
from metro_gis.plan_file import read_info, read_plan, write_plan
from metro_gis.scenario import DEFAULT_SPEEDS_KPH, Closure, load_scenario
from metro_gis.workspace import Workspace


def town(beats, officers, **facts):
    """Plan six stations on a line by hand, a post at either end."""
    between = [[abs(s - t) * 10 for t in range(6)] for s in range(6)]
    deploy = [[(t + 1) * 10 for t in range(6)], [(6 - t) * 10 for t in range(6)]]
    problem = toys.problem([toys.LOW] * 6, deploy, between, list(officers), ladder=(2, 3, 4))
    return by_hand(problem, beats, {"A": 2}, **facts)


BEFORE = town((Beat(0, 0, (0, 1)), Beat(0, 2, (2, 3)), Beat(0, 4, (4, 5))), (8, 8))


def replan():
    """Post P0 has four officers fewer: station T3 goes to the last team, which P1 sends now."""
    beats = (Beat(0, 2, (2,)), Beat(1, 4, (3, 4, 5)))
    free = {"stations": 1, "officers": 2, "cover": [0, 0, 2], "strength": 1, "officer_minutes": 1.0}
    return town(
        beats,
        (4, 8),
        team_ids=["T002", "T003"],
        previous_plan_id=BEFORE.plan_id,
        changes={
            "strength": "keep", "stations": 1, "officers": 2, "bound": 2, "locks": [],
            "max_moves": None, "trade_off": [], "free": free, "former": former_facts(BEFORE),
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write a plan and the re-plan that was made from it, once."""
    root = tmp_path_factory.mktemp("desk")
    write_plan(BEFORE, Workspace(root).plan_path("default"))
    write_plan(replan(), Workspace(root).plan_path("default-2"))
    return root


@pytest.fixture
def desk(written, tmp_path):
    """Give a workspace with both plans, which a test may damage."""
    workspace = Workspace(shutil.copytree(written, tmp_path / "own"))
    path, later = (workspace.plan_path(stem) for stem in ("default", "default-2"))
    return SimpleNamespace(workspace=workspace, path=path, later=later)


def told_of(workspace, path):
    """Gather what stands beside a plan, and the warnings."""
    warnings = []
    return facts_beside(workspace, read_plan(path), path, warnings), warnings


def point(officers, covered, **changes):
    """Make a point of a curve as the file holds it."""
    return {
        "officers": officers,
        "covered": covered,
        "stations_per_team_low": 2.5,
        "officer_minutes": 71.5,
        "gap": 0.0,
        "status": "optimal",
    } | changes


def curve_of(plan, **changes):
    """Make a curve that belongs to a plan, but for some changes."""
    posts = {row["post_id"]: officers_for_stations(row) for row in plan.tables["posts"]}
    return {
        "format": 1,
        "scenario": plan.info["scenario"],
        "inputs": plan.info["inputs"],
        "posts": posts,
        "asked_points": 2,
        "points": [point(2, 2, stations_per_team_low=None), point(4, 4, gap=None)],
    } | changes


def save_curve(workspace, told, stem="toy"):
    """Put a curve where the plan's scenario has it."""
    path = workspace.curve_path(stem, ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")


def test_curve_of_the_same_inputs_is_told(desk):
    """A curve of the plan's inputs, rules and officers is on its page, point by point."""
    save_curve(desk.workspace, curve_of(BEFORE))
    told, warnings = told_of(desk.workspace, desk.path)
    figures = {"officer_minutes": 71.5, "optimal": True}
    assert told["curve"] == {
        "points": [
            {"officers": 2, "covered": 2, "low": None, "gap": 0.0} | figures,
            {"officers": 4, "covered": 4, "low": 2.5, "gap": None} | figures,
        ],
        "complete": True,
    }
    assert [one.code for one in warnings] == ["plan-superseded"]


def test_curve_that_was_cut_short_says_so(desk):
    """A curve with fewer points than were asked for is not complete."""
    save_curve(desk.workspace, curve_of(BEFORE, asked_points=7))
    assert told_of(desk.workspace, desk.path)[0]["curve"]["complete"] is False


def test_without_a_curve_nothing_is_said(desk):
    """Where no curve was traced there is neither a curve nor a warning."""
    told, warnings = told_of(desk.workspace, desk.later)
    assert told["curve"] is None
    assert warnings == []


def test_a_list_of_personnel_does_not_part_plan_and_curve(desk):
    """A curve counts heads: a plan that also knows names belongs to it."""
    entry = {"name": "personnel", "file": "data/p.csv", "sha256": "0" * 64, "rows": 3}
    scenario = dict(BEFORE.info["scenario"])
    scenario["inputs"] = scenario["inputs"] | {"personnel": {"file": "data/p.csv"}}
    named = changed_info(BEFORE, inputs=[*BEFORE.info["inputs"], entry], scenario=scenario)
    write_plan(named, desk.path)
    save_curve(desk.workspace, curve_of(BEFORE))
    assert told_of(desk.workspace, desk.path)[0]["curve"] is not None


def other_rules(scenario):
    return scenario | {"limits": scenario["limits"] | {"beat_minutes": 9.0}}


OTHER_INPUTS = [entry | {"sha256": "f" * 64} for entry in BEFORE.info["inputs"]]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inputs": OTHER_INPUTS}, "from other files than"),
        ({"scenario": other_rules(BEFORE.info["scenario"])}, "from other rules of the scenario"),
        ({"posts": {"P0": 8, "P1": 9}}, "from other numbers of officers at the posts"),
    ],
)
def test_curve_of_other_inputs_is_left_out_and_told(desk, changes, told):
    """A curve of other files, rules or officers is not on the page, and a warning says which."""
    save_curve(desk.workspace, curve_of(BEFORE, **changes))
    found, warnings = told_of(desk.workspace, desk.path)
    assert found["curve"] is None
    (warning,) = [one for one in warnings if one.code == "curve-of-others"]
    assert warning.severity == "warning"
    assert warning.file == "optimize/curves/toy.json"
    assert told in warning.line("en")
    assert "{" not in warning.line("id")


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        json.dumps({"points": []}),
        json.dumps(curve_of(BEFORE, points=7)),
        json.dumps(curve_of(BEFORE, points=[point(2, 99)])),
        json.dumps(curve_of(BEFORE, points=[point(2, -1)])),
        json.dumps(curve_of(BEFORE, points=[point("<b>", 2)])),
        json.dumps(curve_of(BEFORE, points=[point(2, 2, officer_minutes=float("nan"))])),
        json.dumps(curve_of(BEFORE, points=[point(2, 2, gap="1e999")])),
        json.dumps(curve_of(BEFORE, points=[point(float("inf"), 2)])),
    ],
)
def test_damaged_curve_is_left_out_and_told(desk, damaged):
    """Whatever stands in a curve's file, the page is drawn without it and a warning says so."""
    save_curve(desk.workspace, damaged)
    found, warnings = told_of(desk.workspace, desk.path)
    assert found["curve"] is None
    assert [one.code for one in warnings] == ["plan-superseded", "curve-unreadable"]


def test_plan_that_was_replaced_says_by_which(desk):
    """A plan that another was made from names it, and the terminal warns."""
    told, warnings = told_of(desk.workspace, desk.path)
    later = read_plan(desk.later).plan_id
    assert told["superseded_by"] == [{"name": "default-2", "plan_id": later}]
    assert told["previous"] is None
    (warning,) = warnings
    assert f"default-2 ({later})" in warning.line("en")


def test_newest_plan_is_not_replaced(desk):
    """A plan that no other was made from is current, wherever else its copies lie."""
    desk.workspace.plan_path("copy").write_bytes(desk.later.read_bytes())
    told, warnings = told_of(desk.workspace, desk.later)
    assert told["superseded_by"] == []
    assert warnings == []


def test_broken_plans_beside_are_passed_over(desk):
    """Files that are no plans keep no page from being drawn; each is told."""
    folder = desk.workspace.plans
    (folder / "empty.gpkg").touch()
    (folder / "folder.gpkg").mkdir()
    (folder / "text.gpkg").write_text("no plan", encoding="utf-8")
    whole = desk.later.read_bytes()
    (folder / "torn.gpkg").write_bytes(whole[: len(whole) // 8])
    told, warnings = told_of(desk.workspace, desk.path)
    assert [one["name"] for one in told["superseded_by"]] == ["default-2"]
    passed = [one.file for one in warnings if one.code == "plan-passed-over"]
    assert passed == ["empty.gpkg", "text.gpkg", "torn.gpkg"]


def test_replan_tells_what_changes(desk):
    """A re-plan's page names the plan before; counts and orders are those of its file."""
    plan = read_plan(desk.later)
    told = told_of(desk.workspace, desk.later)[0]["previous"]
    assert (told["name"], told["plan_id"]) == ("default", BEFORE.plan_id)
    changes = plan.info["changes"]
    assert [told[key] for key in ("stations", "officers", "bound")] == [1, 2, 2]
    assert all(told[key] == changes[key] for key in ("stations", "officers", "bound"))
    assert told["orders"] == transfer_orders(plan)
    assert [order["team_id"] for order in told["orders"]] == ["T002", "T003", "T001"]
    assert told["orders"][0]["stations_out"] == ["T3"]


def test_plan_before_that_is_gone_is_named_by_its_id(desk):
    """Where the file of the plan before is gone, its id is what is left."""
    desk.path.unlink()
    told, warnings = told_of(desk.workspace, desk.later)
    assert (told["previous"]["name"], told["previous"]["plan_id"]) == (None, BEFORE.plan_id)
    assert warnings == []


@pytest.mark.parametrize(
    ("latest", "made"),
    [
        (None, "2024-02-14T06:30+07:00"),
        ("1700000000", "2023-11-15T05:13+07:00"),
        ("1800000000", "2024-02-14T06:30+07:00"),
        ("soon", "2024-02-14T06:30+07:00"),
    ],
)
def test_day_of_the_file(desk, monkeypatch, latest, made):
    """The minute is that of the file in the time of Jakarta, no later than SOURCE_DATE_EPOCH."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    if latest is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", latest)
    os.utime(desk.path, (1_707_867_050, 1_707_867_050))
    assert told_of(desk.workspace, desk.path)[0]["made"] == made


def test_single_facts_are_read_without_the_tables(desk):
    """Of the facts of a plan only those that are asked for are read, and absent ones left out."""
    found = read_info(desk.later, "plan_id", "previous_plan_id", "nothing")
    plan = read_plan(desk.later)
    assert found == {"plan_id": plan.plan_id, "previous_plan_id": BEFORE.plan_id}


def test_a_file_that_names_itself_replaces_nothing(desk):
    """A plan whose file was edited to follow itself is not its own successor."""
    looped = dataclasses.replace(BEFORE, info={**BEFORE.info, "previous_plan_id": BEFORE.plan_id})
    desk.workspace.plan_path("loop").parent.mkdir(exist_ok=True)
    write_plan(looped, desk.workspace.plan_path("loop"))
    told, _ = told_of(desk.workspace, desk.path)
    assert [one["name"] for one in told["superseded_by"]] == ["default-2"]


def reserve_town():
    """A street of four nodes, 300 m apart at 45 km/h, as a network and as a plan beside it."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    step = 300 / (6371009 * math.pi / 180)
    for node in range(4):
        graph.add_node(node, x=105.0 + node * step, y=0.0)
    for u in range(3):
        graph.add_edge(u, u + 1, length=300.0, highway="primary")
        graph.add_edge(u + 1, u, length=300.0, highway="primary")
    places = {"posts": [0.0, 1.0, 3.0], "stations": [1.0, 2.0, 3.0]}
    points = {kind: [(105.0 + at * step, 0.0) for at in found] for kind, found in places.items()}
    return network_from_graph(graph, DEFAULT_SPEEDS_KPH), points


def test_reserve_comes_from_posts_with_officers_for_a_team():
    """A post counts if it has two officers in reserve or free; its way keeps off closed streets."""
    network, points = reserve_town()
    spare = {"A": (1, 1), "B": (0, 1), "C": (0, 0)}
    posts = [
        {"post_id": name, "reserve_officers": reserve, "free_officers": free}
        for name, (reserve, free) in spare.items()
    ]
    scenario = BEFORE.info["scenario"]
    plan = dataclasses.replace(
        BEFORE,
        tables={"posts": posts, "stations": [{"station_id": name} for name in "XYZ"]},
        points=points,
        info={"scenario": scenario},
    )
    found = reserve_of(network, plan)
    # 24 s a street are four tenths of a minute, from A alone
    assert found["nearest"] == {"X": ("A", 0.4), "Y": ("A", 0.8), "Z": ("A", 1.2)}
    assert found["limit_minutes"] == 10.0
    assert len(found["roads"]) == 3
    middle = Closure(lon=(points["stations"][0][0] + points["stations"][1][0]) / 2, lat=0.0)
    found = reserve_of(close_roads(network, [middle]).network, plan)
    assert found["nearest"] == {"X": ("A", 0.4)}
    assert len(found["roads"]) == 1
    nobody = [{**row, "reserve_officers": 0} for row in posts]
    plan = dataclasses.replace(plan, tables={**plan.tables, "posts": nobody})
    assert reserve_of(network, plan)["nearest"] == {}
    assert reserve_of(network, plan)["roads"] == []


def data_of(page):
    """Read a page's data block."""
    (found,) = re.findall(r'id="metro-gis-data">(.*?)</script>', page.read_text(encoding="utf-8"))
    return json.loads(found)


def test_curve_and_replan_reach_the_pages(small_workspace, metro_gis):
    """Curve, re-plan and reserves reach the pages; the terminal warns of what does not fit."""
    workspace = Workspace(small_workspace)
    scenario = load_scenario(workspace.find_scenario(None))
    scenario = scenario.replace(patterns={"low": {"ladder": [4, 20]}})
    curve = draw_curve(workspace, scenario, Span(points=2), time_limit_s=20).facts
    planned = run(workspace, scenario)
    page = workspace.page_path("default")
    told = data_of(page)
    for key in ("officers", "covered", "officer_minutes", "gap"):
        assert told["curve"][key] == [point[key] for point in curve["points"]]
    assert told["reserve"]["limit_minutes"] == 10.0
    assert told["superseded_by"] == []
    assert planned.warnings == ()
    before = page.read_bytes()
    draw_plan(workspace, planned.path, lang="en")
    assert page.read_bytes() == before

    wishes = Wishes(officers=("polres-metro=-20",))
    later = remake_plan(workspace, planned.path, wishes, name="later")
    draw_plan(workspace, later.path, lang="en")
    previous = data_of(workspace.page_path("later"))["previous"]
    assert (previous["name"], previous["plan_id"]) == ("default", planned.plan.plan_id)
    assert previous["orders"] == later.summary["orders"]
    save_curve(workspace, "{}", stem="default")
    drawn = metro_gis("maps", "draw", "default", workspace=small_workspace, check=0)
    words = " ".join(drawn.err.split())
    assert (
        f"default.gpkg: Another plan was made from this one: later ({later.plan.plan_id})" in words
    )
    assert "warning: optimize/curves/default.json: The officers curve could not be read" in words
    assert data_of(page)["superseded_by"] == [{"name": "later", "plan_id": later.plan.plan_id}]
    assert data_of(page)["curve"] is None
