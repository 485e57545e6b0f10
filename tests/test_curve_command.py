"""`optimize curve`: officers against coverage, and the ask, as a planner meets them."""

import csv
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from metro_gis import Workspace, load_scenario
from metro_gis.data.inputs import build_problem, read_inputs
from metro_gis.doctrine import Doctrine, Pattern, RiskClass
from metro_gis.optimize import Settings, optimize
from metro_gis.optimize.reinforcement import ask_for_each_rung, with_station_officers
from metro_gis.optimize.sharing import share_out

AIMS = ("cover", "strength", "nearness")


def city_of(folder):
    """Read a workspace's own scenario."""
    workspace = Workspace(folder)
    scenario = load_scenario(workspace.find_scenario(None))
    return build_problem(read_inputs(workspace, scenario), scenario)


def values(point):
    return [aim["value"] for aim in point["aims"]]


def headcounts(problem, total):
    """Say as options which officers a point of the curve has."""
    weights = [post.station_officers for post in problem.posts]
    for post, count in zip(problem.posts, share_out(total, weights), strict=True):
        yield from (
            "--officers",
            f"{post.post_id}={post.officers - post.station_officers + count}",
        )


def test_every_point_is_a_verified_plan_no_worse_than_the_one_before(small_workspace, metro_gis):
    """Points rise, never get worse, and equal single plans with the same officers."""
    words = ["optimize", "curve", "--from", 2, "--to", 40, "--points", 12, "--time-limit", 300]
    told = metro_gis("--json", *words, workspace=small_workspace, timeout=600, check=0).json
    points = told["points"]
    assert [point["officers"] for point in points] == sorted({2 + 38 * k // 11 for k in range(12)})
    for fewer, more in pairwise(points):
        assert values(more) <= values(fewer)
    problem = city_of(small_workspace)
    for point in (points[1], points[4], points[-1]):
        assert sum(point["posts"].values()) == point["officers"]
        more = list(headcounts(problem, point["officers"]))
        alone = metro_gis("--json", "optimize", "plan", *more, workspace=small_workspace).json
        assert [aim["value"] for aim in alone["aims"]] == values(point)
        assert alone["uncovered"] == point["uncovered"]


def test_curve_is_kept_as_json_and_csv(small_workspace, metro_gis):
    """The files say what was shown, are for their owner only, and name no station and no team."""
    words = ["optimize", "curve", "--points", 3, "--time-limit", 30]
    told = metro_gis("--json", *words, workspace=small_workspace, check=0).json
    kept, table = (small_workspace / told[name] for name in ("curve", "table"))
    assert json.loads(kept.read_text()) == {
        key: told[key] for key in told if key not in ("curve", "table", "seconds")
    }
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, point in zip(rows, told["points"], strict=True):
        assert int(row["officers"]) == point["officers"]
        assert int(row["covered"]) == point["covered"]
        assert int(row["strength"]) == point["aims"][1]["value"]
        assert float(row["officer_minutes"]) == point["officer_minutes"]
        assert row["plan_id"] == point["plan_id"]
    problem = city_of(small_workspace)
    for path in (kept, table):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        words = set(re.findall(r"[\w.-]+", path.read_text()))
        assert words.isdisjoint(station.station_id for station in problem.stations)


@pytest.mark.parametrize(
    ("lang", "word", "lacking"), [("en", "officers", "nobody"), ("id", "personel", "tidak ada")]
)
def test_curve_is_told_in_both_languages(small_workspace, metro_gis, lang, word, lacking):
    """A table with bars, the fewest officers of each rung, and who is lacking."""
    words = ["--lang", lang, "optimize", "curve", "--points", 2, "--time-limit", 20]
    ran = metro_gis(*words, workspace=small_workspace, check=0)
    lines = ran.out.splitlines()
    assert lines[0].split()[0] == word
    assert "####" in lines[2]
    assert sum(lacking in line for line in lines) == 8
    assert "default.csv" in lines[-1]


def test_mistakes_make_nothing(small_workspace, metro_gis):
    """A span without points, or posts without anybody for stations, end with 2 and no file."""
    curves = small_workspace / "optimize/curves"
    wrong = metro_gis("optimize", "curve", "--from", 9, "--to", 3, workspace=small_workspace)
    assert wrong.code == 2
    assert "--from" in wrong.err
    problem = city_of(small_workspace)
    nobody = [
        word
        for post in problem.posts
        for word in ("--officers", f"{post.post_id}={post.officers - post.station_officers}")
    ]
    assert metro_gis("optimize", "curve", *nobody, workspace=small_workspace).code == 2
    assert not curves.exists()


def interrupt_curve(workspace, temporary, step, is_ready, *words):
    """Send a signal once a step is told and something is so; give what was printed."""
    command = [sys.executable, "-m", "metro_gis", "-w", str(workspace), "--json"]
    temporary.mkdir()
    with subprocess.Popen(
        [*command, "optimize", "curve", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(temporary), "LC_ALL": "C.UTF-8"},
    ) as process:  # fmt: skip
        for line in process.stderr:
            if line.startswith(step):
                break
        ends = time.monotonic() + 120
        while not is_ready():
            assert process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    return json.loads(out)


def test_interrupted_curve_keeps_its_points(small_workspace, tmp_path):
    """A signal ends the curve with 130: finished points are saved, no check goes on."""
    temporary, seen = tmp_path / "temporary", set()

    def is_ready():
        # once a third plan is there, the first is being checked
        seen.update(path.name for path in temporary.glob("*/[0-9]*.gpkg"))
        return len(seen) >= 3

    words = ["--points", "500", "--from", "1", "--to", "300", "--time-limit", "20"]
    told = interrupt_curve(small_workspace, temporary, "Optimizing", is_ready, *words)
    assert 0 < len(told["points"]) < told["asked_points"]
    assert (small_workspace / told["curve"]).is_file()
    assert list(temporary.iterdir()) == []
    for running in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            assert str(temporary).encode() not in running.read_bytes()


def at_rung(problem, rung):
    """Leave one rung on the ladder."""
    patterns = problem.doctrine.patterns
    low = Pattern(patterns[RiskClass.LOW].officers, (rung,))
    return replace(problem, doctrine=Doctrine({**patterns, RiskClass.LOW: low}))


def require_least(problem):
    """With what is asked for everything is covered at its rung; one fewer anywhere is too few."""
    asked = 0
    for ask in ask_for_each_rung(problem):
        assert ask.proven
        have = [post.station_officers for post in problem.posts]
        single = at_rung(problem, ask.rung)
        enough = with_station_officers(
            single, [a + b for a, b in zip(have, ask.extra, strict=True)]
        )
        # ends with the first plan that covers everything
        hasty = Settings(time_limit_s=60, gap=1.0)
        assert sum(optimize(enough, hasty).aims[0].value) == 0
        if not ask.count:
            continue
        asked += 1
        # counting shows it: so many stations need more than all posts in reach of them have
        assert ask.shortage is not None
        assert ask.shortage.needed - ask.shortage.available == ask.count
        for p, extra in enumerate(ask.extra):
            if extra:
                fewer = [a + b for a, b in zip(have, ask.extra, strict=True)]
                fewer[p] -= 1
                brief = replace(hasty, time_limit_s=15)
                cover = optimize(with_station_officers(single, fewer), brief).aims[0]
                assert sum(cover.bound) > 0
                break
    return asked


@pytest.mark.long
def test_ask_of_the_sample_cut_to_a_third_is_the_least(sample_workspace):
    """A third of the sample's officers lack some at every rung up to ten, and no more than told."""
    problem = city_of(sample_workspace)
    third = [post.station_officers // 3 for post in problem.posts]
    assert require_least(with_station_officers(problem, third)) == 5


@pytest.mark.real_data
@pytest.mark.long
def test_ask_of_cambridge_is_the_least(cambridge):
    """On real roads, with precincts as border and few officers, the ask is the least as well."""
    problem = city_of(cambridge[0])
    assert require_least(with_station_officers(problem, [8] * len(problem.posts))) == 8


def test_interrupted_drafts_that_are_best_are_kept(own_workspace, tmp_path):
    """A signal while drafts are made ends with 130; those proven best are points, verified."""
    temporary = tmp_path / "temporary"

    def is_ready():
        return list(temporary.glob("*/2.gpkg"))

    words = ["--points", "12", "--from", "40", "--time-limit", "300"]
    told = interrupt_curve(own_workspace, temporary, "Drafting", is_ready, *words)
    assert 1 <= len(told["points"]) < told["asked_points"]
    assert {point["status"] for point in told["points"]} == {"optimal"}
