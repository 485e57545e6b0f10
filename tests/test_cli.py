"""The command line: results, exit codes, and what a planner's mistakes get."""

import csv
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing

import openpyxl
import pytest
from tables import edit_rows

from metro_gis.messages import LANGUAGES

FIELDS = [
    "status", "stopped_by", "gap", "gap_certified", "aims", "stations", "covered", "uncovered",
    "uncovered_by_class", "teams", "officers_available", "officers_on_stations", "officers_free",
    "officers_fixed", "officers_reserve", "rung_low", "deploy_minutes_max", "beat_minutes_max",
    "officer_minutes", "seconds", "plan", "modelled",
]  # fmt: skip


def hashes(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for name in ("optimize/plans", "maps")
        for path in sorted((folder / name).glob("*"))
    }


def test_help_is_quick_and_complete(metro_gis):
    """Every command of the handbook is listed, and help does not wait for heavy libraries."""
    ran = metro_gis("--help", check=0)
    for command in ("run", "new", "data", "optimize", "verify", "maps", "doctor"):
        assert re.search(rf"^  {command} ", ran.out, re.MULTILINE)
    heavy = "('pandas', 'osmnx', 'folium', 'pulp', 'scipy', 'rich', 'pydantic')"
    code = f"import sys, metro_gis.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [[], ["run"], ["data", "roads"], ["optimize", "plan"]])
def test_help_speaks_both_languages(metro_gis, words):
    """Commands and options are explained in the language asked for."""
    english = metro_gis(*words, "-h", "--lang", "en", check=0).out
    indonesian = metro_gis("--lang", "id", *words, "--help", check=0).out
    assert "Show this message" in english
    assert "Tampilkan pesan ini" in indonesian
    assert indonesian.count("--") == english.count("--")


def test_run_makes_a_verified_plan_and_a_page(sample_plan):
    """The whole job covers all 462 stations of the sample and says what is proven."""
    workspace, ran = sample_plan
    result = ran.json
    assert list(result)[: len(FIELDS)] != []
    assert set(FIELDS) <= set(result)
    assert result["stations"] == result["covered"] == 462
    assert result["uncovered_by_class"] == {"low": 0, "elevated": 0, "high": 0, "special": 0}
    assert result["rung_low"] == dict.fromkeys(
        ["Metro Barat", "Metro Pusat", "Metro Selatan", "Metro Timur", "Metro Utara"], 4
    )
    assert result["officers_available"] == 302
    assert result["officers_available"] == (
        result["officers_on_stations"] + result["officers_free"]
    )
    assert (result["officers_fixed"], result["officers_reserve"]) == (129, 134)
    assert result["modelled"] is True
    assert [aim["name"] for aim in result["aims"]] == ["cover", "strength", "nearness"]
    assert 0 <= result["gap"] < 0.1
    assert result["plan"] == "optimize/plans/default.gpkg"
    assert (workspace / result["page"]).is_file()
    assert {"read", "minutes", "optimize", "verify", "write", "total"} <= set(result["seconds"])


def test_plan_and_page_are_for_their_owner_only(sample_plan):
    """Plans say where police will stand: files are 0600."""
    workspace, ran = sample_plan
    for name in ("plan", "page"):
        mode = stat.S_IMODE((workspace / ran.json[name]).stat().st_mode)
        assert mode == 0o600


def test_verify_accepts_the_plan(sample_plan, metro_gis):
    """The independent checker accepts what was made, and finds the certified gap anew."""
    workspace, planned = sample_plan
    ran = metro_gis("--json", "verify", "default", workspace=workspace, check=0)
    assert ran.json["ok"] is True
    assert ran.json["breaches"] == []
    assert ran.json["gap_certified"] == pytest.approx(planned.json["gap_certified"])
    assert ran.json["bound_certified"] <= planned.json["officer_minutes"]
    assert any(note.startswith("certified bound") for note in ran.json["notes"])


def test_time_limit_of_a_second_is_never_called_optimal(own_workspace, metro_gis):
    """`optimize plan --json` prints its fields on stdout, nothing else, and no unproven optimum."""
    ran = metro_gis(
        "--json", "optimize", "plan", "--time-limit", 1, workspace=own_workspace, check=0
    )
    assert ran.out.count("\n") == 1
    result = ran.json
    assert set(FIELDS) <= set(result)
    assert result["status"] == "feasible"
    assert result["stopped_by"] == "time_limit"
    assert result["gap"] > 1e-4


def info_of(plan):
    """Read what a plan tells of itself."""
    with closing(sqlite3.connect(plan)) as database:
        rows = database.execute("SELECT key, value FROM plan_info").fetchall()
    return {key: json.loads(value) for key, value in rows}


def test_branches_are_limited_on_the_command_line(own_workspace, metro_gis):
    """`--nodes` replaces the scenario's, is told in the plan, and the line says what ended it."""
    edit_rows(own_workspace / "data/stations.csv", lambda row, n: row if n % 2 == 0 else None)
    # one pool of mixed classes is among the few that so few branches do not settle
    scenario = (
        'base = "default.toml"\n[solver]\nnodes = 500\n[beats]\nborder = "none"\nmix = true\n'
        "[patterns.low]\nofficers = 2\nladder = [5]\n"
    )
    (own_workspace / "optimize/exact.toml").write_text(scenario, encoding="utf-8")
    words = ["optimize", "plan", "exact", "--time-limit", 200, "--nodes", 2]
    ran = metro_gis("--lang", "id", *words, workspace=own_workspace, check=0)
    assert "dihentikan pada jumlah cabangnya" in ran.out
    info = info_of(own_workspace / "optimize/plans/exact.gpkg")
    assert info["scenario"]["solver"]["nodes"] == 2
    assert info["scenario"]["solver"]["time_limit_s"] == 200
    assert info["stopped_by"] == "nodes"
    metro_gis("optimize", "replan", "exact", "--nodes", 3, workspace=own_workspace, check=0)
    info = info_of(own_workspace / "optimize/plans/exact-2.gpkg")
    assert info["scenario"]["solver"]["nodes"] == 3
    assert info["scenario"]["solver"]["time_limit_s"] == 200


def test_plan_is_a_geopackage_for_other_tools(sample_plan):
    """sqlite3 and QGIS find the layers of the handbook."""
    workspace, ran = sample_plan
    with closing(sqlite3.connect(workspace / ran.json["plan"])) as database:
        layers = {
            row[0] for row in database.execute("SELECT table_name FROM gpkg_contents").fetchall()
        }
        info = dict(database.execute("SELECT key, value FROM plan_info").fetchall())
        covered = database.execute(
            "SELECT COUNT(*) FROM stations WHERE team_id IS NOT NULL"
        ).fetchone()
    assert layers == {
        "stations", "teams", "posts", "access", "witnesses", "bounds", "plan_info",
    }  # fmt: skip
    assert covered == (462,)
    assert json.loads(info["status"]) == ran.json["status"]
    assert len(json.loads(info["inputs"])) == 3


def test_edited_plan_is_refused(own_workspace, metro_gis):
    """A plan changed by hand gets exit 5 from `verify` and `maps draw`, and no page."""
    plan = own_workspace / "optimize/plans/default.gpkg"
    with closing(sqlite3.connect(plan)) as database, database:
        # the index's triggers need functions that plain SQLite lacks
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in database.execute(triggers).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE teams SET post_id = 'polres-metro'")
    page = (own_workspace / "maps/default.html").read_bytes()
    ran = metro_gis("verify", "default", workspace=own_workspace, check=5)
    assert "breach" in ran.out
    metro_gis("maps", "draw", "default", workspace=own_workspace, check=5)
    assert (own_workspace / "maps/default.html").read_bytes() == page


def test_changed_inputs_are_refused(own_workspace, metro_gis):
    """A plan whose inputs changed after planning does not verify."""
    with (own_workspace / "data/posts.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    metro_gis("verify", "default", workspace=own_workspace, check=5)


def test_maps_draw_draws_the_page_again(own_workspace, metro_gis):
    """`maps draw` makes the same page as `run`."""
    page = own_workspace / "maps/default.html"
    before = page.read_bytes()
    page.unlink()
    ran = metro_gis("--json", "maps", "draw", "default", workspace=own_workspace, check=0)
    assert ran.json == {"page": "maps/default.html", "audience": "commander"}
    assert page.read_bytes() == before


def test_headcounts_from_the_command_line(own_workspace, metro_gis):
    """`--officers` replaces a post's officers, and the plan remembers it and verifies."""
    ran = metro_gis(
        "--json", "optimize", "plan", "--time-limit", 1, "--officers", "polres-metro=310",
        workspace=own_workspace, check=0,
    )  # fmt: skip
    assert ran.json["officers_available"] == 312
    metro_gis("verify", "default", workspace=own_workspace, check=0)


def test_shortage_is_a_plan_with_exit_3(own_workspace, metro_gis):
    """With almost no officers the strict stations are covered, the rest told with reasons."""
    few = ["polres-metro=188", "polsek-metro-barat=15", "polsek-metro-pusat=15",
           "polsek-metro-selatan=15", "polsek-metro-timur=19", "polsek-metro-utara=19"]  # fmt: skip
    words = [word for one in few for word in ("--officers", one)]
    ran = metro_gis(
        "--json", "optimize", "plan", "--time-limit", 20, *words,
        workspace=own_workspace, check=3,
    )  # fmt: skip
    result = ran.json
    assert result["uncovered"] > 0
    assert result["uncovered_by_class"]["special"] == 0
    assert result["officers_on_stations"] <= 8
    with closing(sqlite3.connect(own_workspace / result["plan"])) as database:
        reasons = database.execute(
            "SELECT COUNT(*) FROM stations WHERE team_id IS NULL AND reason IS NULL"
        ).fetchone()
    assert reasons == (0,)
    metro_gis("verify", "default", workspace=own_workspace, check=0)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("case", "exit_code", "told"),
    [
        ("swapped", 2, "stations.csv:3"),
        ("duplicate", 2, "stations.csv:5"),
        ("unknown class", 2, "sgt rawan"),
        ("no officers", 2, "posts.csv"),
        ("no stations file", 2, "stations.csv"),
        ("no roads file", 2, "roads.graphml"),
        ("unknown key", 2, "deploy_minutes"),
        ("unknown scenario", 2, "default"),
        ("unknown post", 2, "polsek-nowhere"),
    ],
)
def test_mistakes_get_one_clear_message(own_workspace, metro_gis, case, exit_code, told, lang):
    """A planner's mistake is named with its place; no traceback, old outputs stay as they are."""
    before = hashes(own_workspace)
    words = ["run"]
    stations, posts = own_workspace / "data/stations.csv", own_workspace / "data/posts.csv"
    if case == "swapped":
        edit_rows(
            stations,
            lambda row, n: row | ({"lon": row["lat"], "lat": row["lon"]} if n == 1 else {}),
        )
    elif case == "duplicate":
        edit_rows(
            stations, lambda row, n: row | ({"station_id": "1872011001003"} if n == 3 else {})
        )
    elif case == "unknown class":
        edit_rows(stations, lambda row, n: row | ({"risk_class": "sgt rawan"} if n == 7 else {}))
    elif case == "no officers":
        zero = {"officers": "0", "fixed_officers": "0", "reserve_officers": "0"}
        edit_rows(posts, lambda row, _: row | zero)
    elif case == "no stations file":
        stations.unlink()
    elif case == "no roads file":
        (own_workspace / "data/roads.graphml").unlink()
    elif case == "unknown key":
        scenario = own_workspace / "optimize/default.toml"
        scenario.write_text("[limits]\ndeploy_minuts = 20\n", encoding="utf-8")
    elif case == "unknown scenario":
        words = ["run", "nosuch"]
    elif case == "unknown post":
        words = ["run", "--officers", "polsek-nowhere=3"]
    ran = metro_gis("--lang", lang, *words, workspace=own_workspace, check=exit_code)
    assert told in ran.err
    assert "Traceback" not in ran.err + ran.out
    assert ran.out == ""
    told_errors = [
        line for line in ran.err.splitlines() if line.startswith(("error:", "kesalahan:"))
    ]
    assert len(told_errors) == 1
    assert hashes(own_workspace) == before


def test_unreachable_station_is_planned_around(own_workspace, metro_gis):
    """A station off the roads is left uncovered with its reason: a plan, and exit 3."""
    edit_rows(
        own_workspace / "data/stations.csv",
        lambda row, n: row | ({"lon": "105.2480", "lat": "-5.0800"} if n == 0 else {}),
    )
    ran = metro_gis("--json", "run", "--time-limit", 2, workspace=own_workspace, timeout=300)
    assert ran.code in (2, 3), ran.err
    if ran.code == 3:
        assert ran.json["uncovered"] == 1


def test_all_faults_are_told_at_once(own_workspace, metro_gis):
    """Three faults in two files make three lines."""
    edit_rows(
        own_workspace / "data/stations.csv",
        lambda row, n: row | ({"risk_class": "?"} if n in (1, 2) else {}),
    )
    edit_rows(
        own_workspace / "data/posts.csv",
        lambda row, n: row | ({"officers": "banyak"} if n == 1 else {}),
    )
    ran = metro_gis("--json", "data", "check", workspace=own_workspace, check=2)
    error = ran.json["error"]
    assert error["exit"] == 2
    assert len(error["messages"]) == 3
    assert {fault["file"] for fault in error["faults"]} == {"data/stations.csv", "data/posts.csv"}


@pytest.mark.parametrize(
    "words",
    [
        ["run", "a" * 300],
        ["run", "--officers", "polres-metro=" + "9" * 5000],
        ["run", "--officers", "polres-metro=99999999999999999999"],
        ["run", "--officers", "polres-metro"],
        ["data", "roads", "--polygon", "data/stations.csv"],
        ["data", "roads", "--osm", "data/none.osm.pbf"],
        ["verify", "none"],
        ["optimize", "plan", "--name", "../x"],
        ["optimize", "plan", "--time-limit", "0"],
        ["optimize", "plan", "--nodes", "0"],
        ["optimize", "plan", "--nodes", "1.5"],
        ["optimize", "replan", "default", "--nodes", "0"],
    ],
)
def test_odd_words_are_mistakes_and_not_our_faults(sample_workspace, metro_gis, words):
    """Whatever is typed, the answer is exit 2 with a message."""
    ran = metro_gis("--json", *words, workspace=sample_workspace, check=2)
    assert ran.json["error"]["messages"]


def test_usage_mistakes_are_json_too(metro_gis):
    """An unknown option gets exit 2, and one JSON object where asked for."""
    ran = metro_gis("--json", "run", "--time-limt", "3", check=2)
    assert ran.json["error"]["exit"] == 2
    assert "--time-limit" in ran.json["error"]["messages"][0]


def test_data_check_tells_what_it_found(sample_plan, metro_gis):
    """Inputs in order are told with their counts, in both languages."""
    workspace, _ = sample_plan
    ran = metro_gis("--json", "data", "check", workspace=workspace, check=0)
    assert ran.json["stations"] == 462
    assert ran.json["officers"] == 565
    assert "462 TPS" in metro_gis("--lang", "id", "data", "check", workspace=workspace).out


@pytest.mark.parametrize("table", ["stations", "posts"])
def test_schema_prints_columns(metro_gis, table):
    """Every column has a name, a unit and a meaning in both languages."""
    for lang in LANGUAGES:
        ran = metro_gis("--json", "--lang", lang, "data", "schema", table, check=0)
        assert {"lon", "lat"} <= {column["name"] for column in ran.json["columns"]}
        assert all(column["meaning"] for column in ran.json["columns"])
    assert "lon" in metro_gis("data", "schema", table, check=0).out


def test_doctor_finds_nothing_missing(metro_gis):
    """In a complete installation the doctor has no error to tell."""
    ran = metro_gis("--json", "doctor", check=0)
    assert all(one["severity"] != "error" for one in ran.json["findings"])


def test_new_workspace_has_templates(tmp_path, metro_gis):
    """Without the sample a workspace has empty tables and a scenario that parses."""
    metro_gis("new", tmp_path / "city", check=0)
    header = (tmp_path / "city/data/stations.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header.startswith("station_id,")
    ran = metro_gis("run", workspace=tmp_path / "city", check=2)
    assert "Traceback" not in ran.err


def test_new_never_writes_into_a_used_folder(tmp_path, metro_gis):
    """A folder that holds something is left alone."""
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    ran = metro_gis("new", tmp_path, check=2)
    assert "not empty" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_modelled_roads_equal_the_sample(sample_plan, tmp_path, metro_gis):
    """`data roads --modelled` writes the sample's roads."""
    metro_gis("new", tmp_path / "city", check=0)
    ran = metro_gis("--json", "data", "roads", "--modelled", workspace=tmp_path / "city", check=0)
    assert ran.json["modelled"] is True
    ours = (tmp_path / "city/data/roads.graphml").read_bytes()
    assert ours == (sample_plan[0] / "data/roads.graphml").read_bytes()


def test_roads_need_exactly_one_source(tmp_path, metro_gis):
    """No source, or two, is a usage mistake."""
    metro_gis("data", "roads", workspace=tmp_path, check=2)
    metro_gis("data", "roads", "--modelled", "--place", "x", workspace=tmp_path, check=2)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_search_saves_its_plan(own_workspace, endless_search, metro_gis, kind):
    """A signal during optimization ends with the best plan saved, verified, and exit 130."""
    plan = own_workspace / "optimize/plans/default.gpkg"
    plan.unlink()
    process = subprocess.Popen(
        [sys.executable, "-m", "metro_gis", "-w", str(own_workspace), "--json",
         "optimize", "plan", endless_search, "--name", "default", "--time-limit", "100"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("Optimizing"):
            break
    time.sleep(3)
    process.send_signal(kind)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 130, err
    assert json.loads(out)["stopped_by"] == "interrupted"
    metro_gis("verify", "default", workspace=own_workspace, check=0)
    assert [path.name for path in plan.parent.iterdir()] == ["default.gpkg"]


def test_reader_that_leaves_is_no_fault(sample_plan):
    """A closed stdout ends quietly."""
    workspace, _ = sample_plan
    process = subprocess.Popen(
        [sys.executable, "-m", "metro_gis", "-w", str(workspace), "data", "check"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.close()
    err = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert "Traceback" not in err


def test_headers_that_are_understood_can_be_planned_with(small_workspace, metro_gis):
    """An XLSX table with Indonesian headers goes the whole road, and its plan verifies."""
    with (small_workspace / "data/stations.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    words = {"low": "Kurang Rawan", "elevated": "Rawan", "special": "Khusus"}
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(
        ["Kode TPS", "Bujur", "Lintang", "Kerawanan", "Kecamatan", "Kelurahan/Desa", "DPT"]
    )
    for row in rows:
        sheet.append(
            [row["station_id"], float(row["lon"]), float(row["lat"]), words[row["risk_class"]],
             row["kecamatan"], row["kelurahan"], int(row["voters"])]
        )  # fmt: skip
    book.save(small_workspace / "data/tps.xlsx")
    scenario = small_workspace / "optimize/default.toml"
    text = scenario.read_text(encoding="utf-8").replace("stations.csv", "tps.xlsx")
    scenario.write_text(text, encoding="utf-8")
    ran = metro_gis("run", "--json", workspace=small_workspace, check=0)
    assert ran.json["covered"] == len(rows)
    assert ran.json["status"] == "optimal"
    assert metro_gis("verify", "default", "--json", workspace=small_workspace, check=0).json["ok"]


def test_gap_of_nothing_has_no_sign(small_workspace, metro_gis):
    """A plan that is proven best shows a gap of 0, not of -0."""
    ran = metro_gis("run", workspace=small_workspace, check=0)
    assert "proven best" in ran.out
    assert "0.00 %" in ran.out
    assert "-0.00" not in ran.out


def test_plan_of_another_name_leaves_the_first_alone(small_workspace, metro_gis):
    """`--name` saves a what-if beside the plan."""
    first = metro_gis("--json", "optimize", "plan", workspace=small_workspace, check=0).json
    before = (small_workspace / first["plan"]).read_bytes()
    ran = metro_gis(
        "optimize", "plan", "--name", "what-if", "--officers", "polres-metro=290", "--json",
        workspace=small_workspace, check=0,
    )  # fmt: skip
    assert ran.json["plan"] == "optimize/plans/what-if.gpkg"
    assert (small_workspace / first["plan"]).read_bytes() == before
    metro_gis("verify", "what-if", workspace=small_workspace, check=0)


def test_uncovered_stations_are_named_with_what_would_cover_them(small_workspace, metro_gis):
    """In a shortage terminal and JSON tell stations, reasons, and officers at which post."""
    few = ["polres-metro=190", "polsek-metro-barat=15", "polsek-metro-pusat=15",
           "polsek-metro-selatan=15", "polsek-metro-timur=15", "polsek-metro-utara=15"]  # fmt: skip
    words = [word for one in few for word in ("--officers", one)]
    ran = metro_gis("--json", "optimize", "plan", *words, workspace=small_workspace, check=3)
    uncovered = ran.json["uncovered_stations"]
    assert len(uncovered) == ran.json["uncovered"] > 0
    assert all(one["reason"] == "no_officers" for one in uncovered)
    assert all(one["enough"]["officers"] > 0 for one in uncovered)
    told = metro_gis("optimize", "plan", *words, workspace=small_workspace, check=3).out
    assert f"{uncovered[0]['station_id']}: officers are short; 2 more at" in told


def test_tables_with_rows_are_not_replaced_unasked(small_workspace, metro_gis):
    """`data points` refuses to replace a planner's tables, unless told to."""
    before = (small_workspace / "data/stations.csv").read_bytes()
    words = ["data", "points", "--stations", 10, "--posts", 2]
    ran = metro_gis(*words, workspace=small_workspace, check=2)
    assert "--force" in ran.err
    assert (small_workspace / "data/stations.csv").read_bytes() == before
    metro_gis(*words, "--force", workspace=small_workspace, check=0)
    assert (small_workspace / "data/stations.csv").read_bytes() != before


def test_breaches_and_values_are_told_in_indonesian(small_workspace, metro_gis):
    """What checker and schema find fault with is told in the reader's language."""
    metro_gis("run", workspace=small_workspace, check=0)
    with (small_workspace / "data/posts.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    ran = metro_gis("maps", "draw", "default", "--lang", "id", workspace=small_workspace, check=5)
    assert "Buat ulang rencana" in ran.err
    assert "The plan" not in ran.err
    scenario = small_workspace / "optimize/default.toml"
    scenario.write_text('[limits]\nbeat_minutes = "8"\n', encoding="utf-8")
    ran = metro_gis("run", "--lang", "id", workspace=small_workspace, check=2)
    assert "diharapkan angka" in ran.err


@pytest.mark.long
def test_several_borders_keep_their_promises(small_workspace, metro_gis):
    """With kelurahan, or nothing, as border and with mixed classes plans verify too."""
    for beats in ('border = "kelurahan"', 'border = "none"', 'border = "none"\nmix = true'):
        scenario = small_workspace / "optimize/default.toml"
        scenario.write_text(f"[beats]\n{beats}\n", encoding="utf-8")
        ran = metro_gis("run", "--json", workspace=small_workspace, check=0)
        assert ran.json["status"] == "optimal"
        metro_gis("verify", "default", workspace=small_workspace, check=0)


@pytest.mark.long
def test_replan_changes_little_and_says_why(own_workspace, metro_gis):
    """A Polsek that loses six officers: three teams change their post, the rest stays."""
    ran = metro_gis("--json", "optimize", "replan", "default", "--officers",
                    "polsek-metro-utara=-6", "--time-limit", 120,
                    workspace=own_workspace, check=0)  # fmt: skip
    told = json.loads(ran.out)
    changes, free = told["changes"], told["changes"]["free"]
    assert changes["gap"] == 0
    assert 0 < changes["count"] == changes["bound"] <= 6
    assert changes["count"] <= free["stations"] + free["officers"]
    assert told["plan"] == "optimize/plans/default-2.gpkg"
    assert sum(order["officers"] for order in told["orders"]) == changes["officers"]
    assert {order["why"]["code"] for order in told["orders"]} == {"post-short"}
    metro_gis("verify", "default-2", workspace=own_workspace, check=0)
    # once more, nothing being different: nothing changes, and the next number is taken
    again = json.loads(
        metro_gis("--json", "optimize", "replan", "default-2", workspace=own_workspace, check=0).out
    )
    assert (again["changes"]["count"], again["orders"]) == (0, [])
    assert [aim["value"] for aim in again["aims"]] == [aim["value"] for aim in told["aims"]]
    assert again["plan"] == "optimize/plans/default-3.gpkg"
    assert again["previous_plan_id"] == told["plan_id"]


@pytest.mark.long
def test_replan_minds_new_classes(own_workspace, metro_gis):
    """Stations that were raised get teams of their own; orders name them and their classes."""
    raised = {"1872011001003", "1872041001002"}
    edit_rows(
        own_workspace / "data/stations.csv",
        lambda row, _: row | {"risk_class": "high"} if row["station_id"] in raised else row,
    )
    ran = metro_gis("--lang", "en", "optimize", "replan", "default", "--name", "raised",
                    "--time-limit", 120, workspace=own_workspace, check=0)  # fmt: skip
    assert "the fewest with this cover" in ran.out
    for station in raised:
        assert f"({station} was low, is high)" in ran.out
    metro_gis("verify", "raised", workspace=own_workspace, check=0)


@pytest.mark.long
def test_replan_goes_round_closed_streets(own_workspace, metro_gis):
    """A street closed at a post: ways become longer, the reason is told, and the checker agrees."""
    with (own_workspace / "data/posts.csv").open(encoding="utf-8-sig", newline="") as file:
        post = next(row for row in csv.DictReader(file) if row["post_id"] == "polsek-metro-utara")
    ran = metro_gis("--lang", "en", "--json", "optimize", "replan", "default",
                    "--closed", f"{post['lon']},{post['lat']},flood", "--time-limit", 20,
                    workspace=own_workspace, check=0)  # fmt: skip
    told = json.loads(ran.out)
    assert "Closed streets:" in ran.err
    assert {order["why"]["code"] for order in told["orders"]} <= {"roads"}
    metro_gis("verify", "default-2", workspace=own_workspace, check=0)
    plan = own_workspace / "optimize/plans/default-2.gpkg"
    with sqlite3.connect(f"{plan.as_uri()}?mode=ro", uri=True) as database:
        info = {key: json.loads(value) for key, value in
                database.execute("SELECT key, value FROM plan_info")}  # fmt: skip
    assert [one["why"] for one in info["scenario"]["travel"]["closed"]] == ["flood"]
    assert len(info["roads"]["closed"]) >= 2
    # a re-plan of it keeps the street closed
    again = json.loads(
        metro_gis("--json", "optimize", "replan", "default-2", workspace=own_workspace, check=0).out
    )
    assert again["changes"]["count"] == 0


def test_replan_takes_other_tables(small_workspace, metro_gis):
    """--posts names another table; a file that is not there is told before anything is made."""
    metro_gis("optimize", "plan", workspace=small_workspace, check=0)
    posts = small_workspace / "data/posts.csv"
    other = small_workspace / "data/posts-h2.csv"
    other.write_text(posts.read_text(encoding="utf-8"), encoding="utf-8")
    edit_rows(other, lambda row, _: row | {"officers": "21"} if row["kind"] == "polsek" else row)
    told = json.loads(
        metro_gis("--json", "optimize", "replan", "default", "--posts", "data/posts-h2.csv",
                  workspace=small_workspace, check=0).out
    )  # fmt: skip
    assert told["officers_available"] == 112 + 5 * 6
    ran = metro_gis("--lang", "en", "optimize", "replan", "default", "--stations", "data/none.csv",
                    workspace=small_workspace, check=2)  # fmt: skip
    assert "data/none.csv" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["polsek-x=-6"], "does not have: polsek-x"),
        (["polsek-metro-utara=-600"], "takes more than the"),
        (["polsek-metro-utara=*6"], "not of the form"),
        (["polsek-metro-utara=+6", "--officers", "polsek-metro-utara=4"], "twice"),
    ],
)
def test_headcounts_that_cannot_be_are_told(sample_plan, metro_gis, words, told):
    """Unknown posts, differences below nothing and slips are refused before anything is read."""
    ran = metro_gis("--lang", "en", "optimize", "replan", "default", "--officers", *words,
                    workspace=sample_plan[0], check=2)  # fmt: skip
    assert told in ran.err


@pytest.mark.long
def test_replan_keeps_locks_and_limits(own_workspace, metro_gis):
    """What is locked goes on, no more moves than allowed, and the table says what it costs."""
    plan = own_workspace / "optimize/plans/default.gpkg"
    with sqlite3.connect(f"{plan.as_uri()}?mode=ro", uri=True) as database:
        (team, post), *_ = database.execute(
            "SELECT team_id, post_id FROM teams WHERE post_id = 'polsek-metro-utara'"
        )
        before = {row[0] for row in database.execute(
            "SELECT station_id FROM stations WHERE team_id = ?", [team])}  # fmt: skip
    ran = metro_gis("--json", "optimize", "replan", "default", "--officers", f"{post}=-20",
                    "--lock", team, "--max-moves", 4, "--time-limit", 40,
                    workspace=own_workspace, check=3)  # fmt: skip
    told = json.loads(ran.out)
    changes = told["changes"]
    assert changes["count"] <= 4
    assert (changes["locks"], changes["max_moves"]) == ([team], 4)
    assert not any(order["team_id"] == team for order in told["orders"])
    limits = [point["max_moves"] for point in changes["trade_off"]]
    uncovered = [sum(point["uncovered"]) for point in changes["trade_off"]]
    assert limits[0] == 0
    # a table that time cut short ends where it got to
    assert uncovered[-1] == 0 or told["stopped_by"] == "time_limit"
    assert uncovered == sorted(uncovered, reverse=True)
    with sqlite3.connect(f"{(plan.parent / 'default-2.gpkg').as_uri()}?mode=ro", uri=True) as new:
        after = {row[0] for row in new.execute(
            "SELECT station_id FROM stations WHERE team_id = ?", [team])}  # fmt: skip
    assert after == before
    metro_gis("verify", "default-2", workspace=own_workspace, check=0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--lock", "T999"], "no such team, post or guarded station"),
        (["--officers", "polsek-metro-utara=20", "--lock", "polsek-metro-utara"], "cannot hold"),
    ],
)
def test_locks_that_cannot_be_are_told(sample_plan, metro_gis, words, told):
    """A lock that names nothing, or that its post cannot pay for, is refused with its name."""
    ran = metro_gis("--lang", "en", "optimize", "replan", "default", *words,
                    workspace=sample_plan[0], check=2)  # fmt: skip
    assert told in ran.err
