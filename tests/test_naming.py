"""Teams get names: plan and draw in one go, drawn anew, kept, refused, and never told."""

import csv
import json
import random
import shutil
import sqlite3
import stat
from collections import Counter
from contextlib import closing

import pytest
from lots import may_stand, sizes, stated
from tables import edit_rows, read_rows, write_rows

from metro_gis.naming import _rooms
from metro_gis.people import Officer, PeopleRules
from metro_gis.plan_file import read_plan
from metro_gis.summary import summarize

LAYER = "optimize/plans/named.gpkg"
LEADS = ("Aiptu", "Aipda", "Bripka")


@pytest.fixture(scope="module")
def named(sample_workspace, tmp_path_factory, metro_gis):
    """Sixteen stations of the sample, planned with all 565 officers by name."""
    folder = tmp_path_factory.mktemp("named") / "metro"
    shutil.copytree(sample_workspace, folder)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 29 == 0 else None)
    ran = metro_gis("--json", "optimize", "plan", "named", workspace=folder, check=0)
    assert ran.json["names"]["drawn"]
    return folder


@pytest.fixture
def own(named, tmp_path):
    """A copy that a test may change."""
    folder = tmp_path / "metro"
    shutil.copytree(named, folder)
    return folder


def names_of(folder, stem="named"):
    """Give every officer's duty and team, by number."""
    rows = read_plan(folder / f"optimize/plans/{stem}.gpkg").tables["officers"]
    assert len({row["officer_id"] for row in rows}) == len(rows)
    return {row["officer_id"]: (row["duty"], row["team_id"]) for row in rows}


def set_people(folder, text):
    """State other rules of people."""
    scenario = folder / "optimize/named.toml"
    head = scenario.read_text(encoding="utf-8").partition("[people]")[0]
    scenario.write_text(f"{head}[people]\n{text}\n", encoding="utf-8")


def test_sample_gives_each_of_565_officers_one_duty(sample_plan, tmp_path, metro_gis):
    """All 462 stations' teams get officers of their post; 129 fixed, 134 in reserve, as planned."""
    folder = tmp_path / "metro"
    shutil.copytree(sample_plan[0], folder)
    ran = metro_gis(
        "--json", "optimize", "draw", "default", "--scenario", "named", workspace=folder, check=0
    )
    drawn = names_of(folder, "default")
    duties = Counter(duty for duty, _ in drawn.values())
    assert (len(drawn), duties["fixed"], duties["reserve"]) == (565, 129, 134)
    assert duties["station"] == 2 * ran.json["teams"] == ran.json["station"]
    assert duties["free"] == ran.json["free"] == 302 - duties["station"]
    listed = {row["officer_id"]: row for row in read_rows(folder / "data/personnel.csv")}
    plan = read_plan(folder / "optimize/plans/default.gpkg")
    wards = {row["team_id"]: set() for row in plan.tables["teams"]}
    for row in plan.tables["stations"]:
        wards[row["team_id"]].add(row["kelurahan"])
    for team in plan.tables["teams"]:
        members = [one for one, (_, team_id) in drawn.items() if team_id == team["team_id"]]
        assert len(members) == team["officers"]
        assert {listed[one]["post_id"] for one in members} == {team["post_id"]}
        assert any(listed[one]["rank"] in LEADS for one in members)
        assert not any(listed[one]["home_kelurahan"] in wards[team["team_id"]] for one in members)
    for one, (duty, _) in drawn.items():
        bound = listed[one]["duty"]
        assert bound in ("any", duty) or (bound, duty) == ("station", "free")
    metro_gis("verify", "default", workspace=folder, check=0)


def test_plan_and_names_come_in_one_go(named, metro_gis):
    """`optimize plan` with a list draws too; the file is for its owner, and the draw is stored."""
    path = named / LAYER
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    plan = read_plan(path)
    draw = plan.info["draw"]
    assert (draw["seed"], draw["officers"], draw["previous_plan_id"]) == (1, 565, None)
    assert draw["rules"] == {"lead_ranks": list(LEADS), "avoid_home": True}
    assert [one["name"] for one in plan.info["inputs"]][-1] == "personnel"
    assert summarize(plan)["names"]["list_sha256"] == draw["list_sha256"]
    ran = metro_gis("--json", "verify", "named", workspace=named, check=0)
    assert "names" in ran.json["checks"]


@pytest.mark.long
def test_seed_decides_and_nothing_else(own, metro_gis):
    """The same seed gives the same bytes under other hash seeds, another seed other names."""
    files, drawn = set(), []
    for seed, hash_seed in ((5, "0"), (5, "1"), (6, "0"), (5, "random")):
        metro_gis(
            "optimize", "draw", "named", "--seed", seed,
            workspace=own, env={"PYTHONHASHSEED": hash_seed}, check=0,
        )  # fmt: skip
        drawn.append(names_of(own))
        if seed == 5:
            files.add((own / LAYER).read_bytes())
    assert len(files) == 1
    assert drawn[0] == drawn[1] == drawn[3] != drawn[2]
    assert mode_of(own / LAYER) == 0o600


def mode_of(path):
    """Give the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_order_of_rows_decides_nothing(own, metro_gis):
    """A shuffled list draws the same names, under the same hash of the list."""
    before, told = names_of(own), read_plan(own / LAYER).info["draw"]
    rows = read_rows(own / "data/personnel.csv")
    random.Random(3).shuffle(rows)
    write_rows(own / "data/personnel.csv", rows)
    metro_gis("verify", "named", workspace=own, check=5)
    metro_gis("optimize", "draw", "named", workspace=own, check=0)
    assert names_of(own) == before
    assert read_plan(own / LAYER).info["draw"] == told


def test_an_observer_comes_to_the_same_names(named):
    """List, plan and seed are enough to repeat the draw with the page's plain Python."""
    plan = read_plan(named / LAYER)
    officers = [Officer(*row.values()) for row in read_rows(named / "data/personnel.csv")]
    drawn = names_of(named)
    rules = PeopleRules(LEADS, avoid_home=True)
    small = [room for room in _rooms(plan) if room.size < 100 and room.teams]
    assert small
    for room in small:
        mine = [one for one in officers if one.post_id == room.post_id]
        ids = [one.officer_id for one in mine]
        again = stated()(1, ids, sizes(room), may_stand(room, mine, rules))
        assert again == {one: drawn[one][1] or drawn[one][0] for one in ids}


def test_without_a_list_a_plan_says_nothing_of_people(sample_plan):
    """Plans of nameless officers have neither layer nor keys, nor their scenario a section."""
    workspace, ran = sample_plan
    plan = read_plan(workspace / ran.json["plan"])
    assert "names" not in ran.json
    assert "officers" not in plan.tables
    assert "draw" not in plan.info
    assert "people" not in plan.info["scenario"]
    assert "personnel" not in plan.info["scenario"]["inputs"]


@pytest.mark.long
def test_no_name_leaves_the_plan_file(own, metro_gis):
    """Terminal, log, JSON and page hold no name, no service number and no home."""
    planted = {}

    def plant(row, n):
        planted[row["officer_id"]] = n
        secret = {"officer_id": f"7{n:07}", "name": f"Rahasia{n:03}", "home_kelurahan": f"Rumah{n}"}
        return row | secret

    edit_rows(own / "data/personnel.csv", plant)
    told = []
    for words in (
        ("data", "check", "named"),
        ("run", "named"),
        ("--json", "run", "named", "--lang", "id"),
        ("verify", "named"),
        ("--json", "optimize", "draw", "named", "--seed", 3),
        ("optimize", "draw", "named", "--previous", "named"),
    ):
        ran = metro_gis(*words, workspace=own, check=0)
        told += [ran.out, ran.err]
    told.append((own / "maps/named.html").read_text(encoding="utf-8"))
    edit_rows(
        own / "data/personnel.csv",
        lambda row, n: row | ({"duty": "x", "post_id": "nowhere"} if n < 9 else {}),
    )
    ran = metro_gis("data", "check", "named", workspace=own, check=2)
    told += [ran.out, ran.err, metro_gis("verify", "named", workspace=own, check=5).out]
    text = "".join(told)
    assert "Rahasia" not in text
    assert "Rumah" not in text
    assert not [n for n in planted.values() if f"7{n:07}" in text]
    with (own / LAYER).open("rb") as stream:
        assert b"Rahasia" in stream.read()


@pytest.mark.long
def test_unchanged_teams_keep_their_officers(own, metro_gis):
    """After a re-plan with fewer officers, whoever's team is the same stays in it."""
    before = names_of(own)
    posts = {row["officer_id"]: row["post_id"] for row in read_rows(own / "data/personnel.csv")}
    leaver = next(one for one, (_, team) in before.items() if team is not None)
    others = [one for one, (duty, _) in before.items() if duty == "free" and one != leaver]
    gone = {leaver, next(one for one in others if posts[one] == posts[leaver])}
    edit_rows(own / "data/personnel.csv", lambda row, _: None if row["officer_id"] in gone else row)
    ran = metro_gis("--json", "optimize", "plan", "named", "--name", "next", workspace=own, check=0)
    assert ran.json["names"]["kept"] == 0
    ran = metro_gis(
        "--json", "optimize", "draw", "next", "--previous", "named", "--seed", 77,
        workspace=own, check=0,
    )  # fmt: skip
    after = names_of(own, "next")
    old, new = (read_plan(own / f"optimize/plans/{stem}.gpkg") for stem in ("named", "next"))
    assert ran.json["previous_plan_id"] == old.plan_id
    assert [row["round"] for row in old.tables["teams"]] == [
        row["round"] for row in new.tables["teams"]
    ]
    moved = {one for one in after if before[one][0] != "free" and after[one] != before[one]}
    assert moved == set()
    stepped = [one for one in after if after[one] != before[one]]
    assert [after[one] for one in stepped] == [before[leaver]]
    assert ran.json["kept"] == len([one for one in after if before[one][0] != "free"])
    metro_gis("verify", "next", workspace=own, check=0)


@pytest.mark.long
def test_a_replan_keeps_names_unasked(own, metro_gis):
    """`optimize replan` of a plan with names draws too, and only those who must move do."""
    before = names_of(own)
    leaver = next(one for one, (duty, _) in before.items() if duty == "fixed")
    edit_rows(
        own / "data/personnel.csv",
        lambda row, _: row | ({"officer_id": "00000999"} if row["officer_id"] == leaver else {}),
    )
    ran = metro_gis("--json", "optimize", "replan", "named", workspace=own, check=0)
    after = names_of(own, "named-2")
    assert ran.json["changes"]["count"] == 0
    assert ran.json["names"]["previous_plan_id"] == read_plan(own / LAYER).plan_id
    settled = [one for one, (duty, _) in before.items() if duty != "free" and one != leaver]
    assert ran.json["names"]["kept"] == len(settled)
    assert all(after[one] == before[one] for one in settled)
    metro_gis("verify", "named-2", workspace=own, check=0)


@pytest.mark.long
def test_rules_that_cannot_hold_are_told_and_never_bent(own, metro_gis):
    """`optimize draw` makes nothing (2); `optimize plan` saves its plan without names (3)."""
    before = (own / LAYER).read_bytes()
    listed = read_rows(own / "data/personnel.csv")
    # of the post with most teams all but one leave the ranks that lead
    plan = read_plan(own / LAYER)
    post = Counter(row["post_id"] for row in plan.tables["teams"]).most_common(1)[0][0]
    teams = sum(row["post_id"] == post for row in plan.tables["teams"])
    assert teams > 1
    mine = [row["officer_id"] for row in listed if row["post_id"] == post]

    def demote(row, _):
        rank = "Bripka" if row["officer_id"] == mine[-1] else "Bripda"
        return row | ({"rank": rank} if row["post_id"] == post else {})

    edit_rows(own / "data/personnel.csv", demote)
    ran = metro_gis("--json", "optimize", "draw", "named", workspace=own, check=2)
    (fault,) = ran.json["error"]["faults"]
    assert fault["code"] == "draw-impossible"
    assert f"{teams} officers are needed" in fault["what"]
    assert "and 1 of its officers" in fault["what"]
    assert "lead_ranks" in fault["what"]
    assert (own / LAYER).read_bytes() == before
    ran = metro_gis("--json", "optimize", "plan", "named", workspace=own, check=3)
    assert ran.json["names"] == {"drawn": False}
    assert ran.json["uncovered"] == 0
    assert "No names were drawn" in ran.err
    plan = read_plan(own / LAYER)
    assert "officers" not in plan.tables
    metro_gis("verify", "named", workspace=own, check=0)
    ran = metro_gis("optimize", "plan", "named", "--lang", "id", workspace=own, check=3)
    assert "tidak diundi" in ran.out
    set_people(own, "avoid_home = true")
    metro_gis("optimize", "draw", "named", "--scenario", "named", workspace=own, check=0)
    assert len(names_of(own)) == 565


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("no list", "names no list"),
        ("nameless", "no names"),
        ("headcount", "the list has 299"),
        ("list missing", "no such file"),
        ("rules alone", "[people] states"),
        ("stated number", "--officers states"),
    ],
)
def test_mistakes_make_nothing(own, metro_gis, case, told):
    """A draw that cannot be made as asked ends with 2, and the plan stays as it was."""
    before = (own / LAYER).read_bytes()
    words = ["optimize", "draw", "named"]
    if case == "no list":
        words += ["--scenario", "default"]
    elif case == "nameless":
        metro_gis("optimize", "plan", workspace=own, check=0)
        words += ["--previous", "default"]
    elif case == "headcount":
        edit_rows(own / "data/personnel.csv", lambda row, n: row if n != 200 else None)
    elif case == "list missing":
        (own / "data/personnel.csv").unlink()
    elif case == "rules alone":
        text = 'base = "default.toml"\n[people]\navoid_home = true\n'
        (own / "optimize/named.toml").write_text(text, encoding="utf-8")
        words += ["--scenario", "named"]
    else:
        words = ["optimize", "plan", "named", "--officers", "polres-metro=290"]
    ran = metro_gis(*words, workspace=own, check=2)
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert (own / LAYER).read_bytes() == before


def test_a_plan_edited_by_hand_gets_no_names(own, metro_gis):
    """Drawing must not give an edited plan a new id: it is refused like any other (5)."""
    with closing(sqlite3.connect(own / LAYER)) as database, database:
        value = json.dumps("optimal by decree")
        database.execute("UPDATE plan_info SET value = ? WHERE key = 'solver'", (value,))
    before = (own / LAYER).read_bytes()
    metro_gis("optimize", "draw", "named", workspace=own, check=5)
    assert (own / LAYER).read_bytes() == before


def test_hostile_names_stay_text_in_the_plan(own, metro_gis):
    """Formulas, markup, control and direction marks pass through the draw, and verify."""
    hostile = ["=1+1", "<b>x</b>", "{{7*7}}", "a\u202eb", "'; DROP TABLE officers; --"]

    def rename(row, n):
        return row | ({"name": hostile[n]} if n < len(hostile) else {})

    edit_rows(own / "data/personnel.csv", rename)
    metro_gis("optimize", "draw", "named", workspace=own, check=0)
    stored = {row["name"] for row in read_plan(own / LAYER).tables["officers"]}
    assert set(hostile) <= stored
    metro_gis("verify", "named", workspace=own, check=0)


def test_schema_and_check_know_the_list(named, own, metro_gis):
    """`data schema personnel` prints the columns; `data check` counts, and tells every fault."""
    ran = metro_gis("--json", "data", "schema", "personnel", check=0)
    names = [column["name"] for column in ran.json["columns"]]
    with (named / "data/personnel.csv").open(encoding="utf-8") as stream:
        assert next(csv.reader(stream)) == names
    ran = metro_gis("--json", "data", "check", "named", workspace=named, check=0)
    assert ran.json["personnel"] == ran.json["officers"] == 565
    damage = {3: {"duty": "x"}, 5: {"officer_id": "12"}, 7: {"post_id": "polsek-nowhere"}}
    edit_rows(own / "data/personnel.csv", lambda row, n: row | damage.get(n, {}))
    ran = metro_gis("--json", "data", "check", "named", workspace=own, check=2)
    found = {(one["code"], one["row"]) for one in ran.json["error"]["faults"]}
    assert {("word-unknown", 5), ("officer-id-length", 7), ("officer-post-unknown", 9)} <= found
