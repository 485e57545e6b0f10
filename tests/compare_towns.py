"""Plan files of toy towns, made by hand or by chance, to be compared."""

import dataclasses
import random
from pathlib import Path

import toys
from orders_town import SHA, round_of

from metro_gis.compare import compare_plans
from metro_gis.compare_files import Compared, Reading
from metro_gis.doctrine import RiskClass
from metro_gis.maps import render_pair
from metro_gis.maps.from_plan import page_data
from metro_gis.optimize import Settings, optimize
from metro_gis.plan import Aim, Outcome, Reason, Uncovered, cost_tenths, cover_tuple
from metro_gis.plan_file import plan_id_of
from metro_gis.plan_rows import Access, build_plan_file
from metro_gis.scenario import Scenario
from metro_gis.workspace import Workspace

EXACT = Settings(time_limit_s=20.0, gap=0.0, seed=1, threads=1)
UNPROVEN = {"kind": "unproven", "enough": {"post_id": "P0", "officers": 2}}


def plan_file(problem, outcome, *, team_ids=None, **facts):
    """Write an outcome as a plan file, in memory."""
    border = {"beats": {"border": problem.rules.border}}
    scenario = Scenario(title="Toy").resolved() | {"stem": "toy"}
    scenario["beats"] = scenario["beats"] | border["beats"]
    told = {
        "scenario": scenario,
        "seed": 1,
        "inputs": [{"name": "stations", "file": "data/s.csv", "sha256": SHA, "rows": 7}],
        "roads": {"source": "toy", "date": "", "sha256": SHA, "modelled": False},
        "modelled": False,
        "versions": {"metro-gis": "0"},
        "snap_limit_m": 300.0,
    }
    return build_plan_file(
        problem,
        outcome,
        [round_of(problem, beat) for beat in outcome.beats],
        Access(
            [[]] * len(problem.stations),
            [[]] * len(problem.posts),
            [5.0] * len(problem.stations),
        ),
        told | facts,
        team_ids=team_ids,
    )


def by_hand(problem, beats, rungs, **facts):
    """Write beats that somebody decided; nothing is proven of them."""
    left = set(range(len(problem.stations))) - {t for beat in beats for t in beat.stations}
    uncovered = tuple(Uncovered(t, Reason.NO_OFFICERS, UNPROVEN) for t in sorted(left))
    low = problem.low_stations()
    aims = (
        Aim("cover", cover_tuple(problem, uncovered), None),
        Aim("strength", sum(rungs.get(unit, 0) * count for unit, count in low.items()), None),
        Aim("nearness", cost_tenths(problem, beats), None),
    )
    outcome = Outcome(tuple(beats), uncovered, aims, rungs, None, "by hand")
    return plan_file(problem, outcome, **facts)


def changed_info(plan, **info):
    """Copy a plan with other facts, under an id of its own."""
    told = {**plan.info, **info}
    told["plan_id"] = plan_id_of(plan.tables, told)
    return dataclasses.replace(plan, info=told)


def drawn_plan(seed, **changes):
    """Plan a random town."""
    problem = toys.random_town(seed, **changes)
    return plan_file(problem, optimize(problem, EXACT))


def drawn_pair(seed):
    """Plan a random town, and the same town after its tables were edited."""
    rng = random.Random(seed)
    problem = toys.random_town(seed, most_stations=7)
    return plan_file(problem, optimize(problem, EXACT)), edited_plan(problem, rng)


def edited_plan(problem, rng):
    officers = {
        p.post_id: max(0, p.officers + rng.choice([-4, -2, 0, 0, 2])) for p in problem.posts
    }
    edited = problem.with_officers(officers)
    stations = list(edited.stations)
    for k, station in enumerate(stations):
        if rng.random() < 0.3:
            stations[k] = dataclasses.replace(station, risk_class=rng.choice(list(RiskClass)))
        elif rng.random() < 0.2:
            # the station of this place is another one now
            stations[k] = dataclasses.replace(station, station_id=f"N{k}", lon=station.lon + 0.01)
    edited = edited.replace(stations=tuple(stations))
    return plan_file(edited, optimize(edited, EXACT))


def facts_of(a, b, *, a_changed=(), b_changed=()):
    """Tell of two plans what the command line tells."""
    compared = Compared(
        compare_plans(a, b),
        Reading(a, Path("/w/optimize/plans/first.gpkg"), a_changed),
        Reading(b, Path("/w/optimize/plans/second.gpkg"), b_changed),
    )
    return compared.as_dict(Workspace("/w"))


def pair_page(a, b, *, lang="en", roads=None, **changed):
    """Draw the page of two plans."""
    data = page_data(a, {}), page_data(b, roads or {})
    return render_pair(*data, facts_of(a, b, **changed), lang=lang)


def hostile_plan(text, *, officers=20):
    """Plan a town whose every text is one that tries to be more than a text."""
    classes = [toys.LOW] * 4 + [toys.ELEVATED]
    between = [[abs(a - b) * 10 for b in range(5)] for a in range(5)]
    problem = toys.problem(
        classes, [[(t + 1) * 10 for t in range(5)]], between, [officers],
        kecamatan=[text] * 5, kelurahan=[text] * 5, post_ids=[text], ladder=(2,),
        station_ids=[f"{text}{t}" for t in range(5)],
    )  # fmt: skip
    named = [dataclasses.replace(station, name=text) for station in problem.stations]
    posts = (dataclasses.replace(problem.posts[0], name=text, kind="polsek"),)
    problem = dataclasses.replace(problem, stations=tuple(named), posts=posts)
    outcome = optimize(problem, EXACT)
    plan = plan_file(problem, outcome, team_ids=[f"{text}R{k}" for k in range(len(outcome.beats))])
    told = {"source": text, "date": text}
    return changed_info(
        plan,
        scenario={**plan.info["scenario"], "title": text},
        roads={**plan.info["roads"], **told},
        inputs=[{**entry, "name": text, "file": text} for entry in plan.info["inputs"]],
    )
