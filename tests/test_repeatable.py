"""The same inputs give the same plan, whatever the order of rows and the seed of hashes."""

import json
import random
import shutil
import sqlite3
from contextlib import closing

import pytest
from tables import edit_rows, read_rows, write_rows

from metro_gis.plan_file import TABLES

TABLES_READ = ("stations", "posts")
NEAR = """\
base = "default.toml"

[solver]
time_limit_s = 300
gap = 0.03
"""
COUNTED = """\
base = "default.toml"

[solver]
time_limit_s = 300
nodes = 2

[beats]
border = "none"
mix = true

[patterns.low]
officers = 2
ladder = [5]
"""
"""One pool of mixed classes is among the few that so few branches do not settle."""


def part_of(sample, target, step, scenario):
    """Copy every so many stations of the sample, with a scenario named "part"."""
    shutil.copytree(sample, target)
    edit_rows(target / "data/stations.csv", lambda row, n: row if n % step == 0 else None)
    (target / "optimize/part.toml").write_text(scenario, encoding="utf-8")
    return target


def shuffled(folder, target):
    """Copy a workspace, its rows in another order."""
    shutil.copytree(folder, target)
    for table in TABLES_READ:
        path = target / f"data/{table}.csv"
        rows = read_rows(path)
        random.Random(table).shuffle(rows)
        assert rows != read_rows(path)
        write_rows(path, rows)
    return target


def content(path):
    """Read all rows of a plan, without what tells of the input files themselves."""
    tables = {}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        for name in TABLES:
            # the names are the package's own
            tables[name] = database.execute(f'SELECT * FROM "{name}" ORDER BY fid').fetchall()  # noqa: S608
    info = {key: json.loads(value) for _, key, value in tables.pop("plan_info")}
    del info["plan_id"]
    for one in info["inputs"]:
        if one["name"] in TABLES_READ:
            del one["sha256"]
    return tables, info


@pytest.mark.long
@pytest.mark.parametrize(
    ("step", "scenario", "ended"), [(2, NEAR, "gap"), (2, COUNTED, "nodes")], ids=["gap", "nodes"]
)
def test_same_inputs_give_the_same_bytes(
    sample_workspace, tmp_path, metro_gis, step, scenario, ended
):
    """Stopped by gap or branches, a run repeats itself to the byte, in any order to the row."""
    part = part_of(sample_workspace, tmp_path / "part", step, scenario)
    other = shuffled(part, tmp_path / "shuffled")
    plans = {}
    for number, (folder, hash_seed) in enumerate([(part, "0"), (part, "1"), (other, "2")]):
        ran = metro_gis(
            "--json", "optimize", "plan", "part",
            workspace=folder, env={"PYTHONHASHSEED": hash_seed}, check=0,
        )  # fmt: skip
        assert ran.json["stopped_by"] == ended
        plan = tmp_path / f"{number}.gpkg"
        shutil.copy(folder / ran.json["plan"], plan)
        plans.setdefault(folder, []).append(plan)
    for same in plans.values():
        assert len({plan.read_bytes() for plan in same}) == 1
    first, second = (content(same[0]) for same in plans.values())
    assert first == second


def test_proven_plan_is_the_same_in_any_order_of_rows(small_workspace, tmp_path, metro_gis):
    """Where everything is proven and equals are many, the rows' order decides nothing either."""
    other = shuffled(small_workspace, tmp_path / "shuffled")
    found = []
    for folder in (small_workspace, other):
        ran = metro_gis("--json", "optimize", "plan", workspace=folder, check=0)
        assert ran.json["status"] == "optimal"
        found.append(content(folder / ran.json["plan"]))
        metro_gis("verify", "default", workspace=folder, check=0)
    assert found[0] == found[1]
