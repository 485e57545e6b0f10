"""A toy town whose plan is made in memory, for what is written of a plan."""

from dataclasses import replace

import toys

from metro_gis.optimize import Settings, optimize
from metro_gis.plan_rows import Access, Round, build_plan_file
from metro_gis.scenario import Scenario

SHA = "0123456789abcdef" * 4


def town_plan(*, officers=20, names=None, post_name="Polsek A", border="kecamatan", **changes):
    """Plan seven stations on a line: five *low*, an *elevated* and a *high* one.

    `names` are those of the first stations; `changes` are fields that all stations get.
    """
    classes = [toys.LOW] * 5 + [toys.ELEVATED, toys.HIGH]
    between = [[abs(a - b) * 10 for b in range(7)] for a in range(7)]
    deploy = [[(t + 1) * 10 for t in range(7)], [(9 - t) * 10 for t in range(7)]]
    blank = [""] * 7 if border == "none" else None
    problem = toys.problem(
        classes, deploy, between, [officers, 2], kecamatan=blank, kelurahan=blank, border=border,
        ladder=(2, 3),
    )  # fmt: skip
    given = list(names or [])
    stations = tuple(
        replace(
            station,
            name=given[t] if t < len(given) else f"TPS {t:03d}",
            voters=250 + t,
            location_source="modelled" if t % 2 else "surveyed",
            **changes,
        )
        for t, station in enumerate(problem.stations)
    )
    posts = (
        replace(problem.posts[0], name=post_name, location_source="surveyed"),
        replace(problem.posts[1], name="", location_source="surveyed"),
    )
    problem = replace(problem, stations=stations, posts=posts)
    outcome = optimize(problem, Settings(time_limit_s=20.0, gap=0.0, seed=1, threads=1))
    return build_plan_file(
        problem,
        outcome,
        [round_of(problem, beat) for beat in outcome.beats],
        Access([[]] * 7, [[]] * 2, [5.0] * 7),
        {
            "scenario": Scenario(title="Toy").resolved() | {"stem": "toy"},
            "seed": 1,
            "inputs": [{"name": "stations", "file": "data/s.csv", "sha256": SHA, "rows": 7}],
            "roads": {"source": "toy", "date": "", "sha256": SHA, "modelled": False},
            "modelled": True,
            "versions": {"metro-gis": "0"},
            "snap_limit_m": 300.0,
        },
    )


def round_of(problem, beat):
    """Go out from the anchor in the order of the ids, and straight back."""
    order = (beat.anchor, *(t for t in beat.stations if t != beat.anchor))
    points = [(problem.stations[t].lon, problem.stations[t].lat) for t in order]
    line = (*points, points[0]) if len(points) > 1 else ()
    return Round(order, 20 * (len(order) - 1), line)


def decided(plan):
    """Give for every team its stations in order, their minutes, and the minutes of the round."""
    minutes = {row["station_id"]: row["deploy_minutes"] for row in plan.tables["stations"]}
    return {
        row["team_id"]: (
            row["round"].split(";"),
            [minutes[one] for one in row["round"].split(";")],
            row["round_minutes"],
        )
        for row in plan.tables["teams"]
    }
