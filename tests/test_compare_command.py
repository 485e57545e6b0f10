"""`optimize compare` on the command line: text, JSON, pages, and what mistakes get."""

import shutil
import sqlite3
import stat
from contextlib import closing

import pytest
from tables import edit_rows

from metro_gis.compare import FIGURES
from metro_gis.compare_files import _without_home
from metro_gis.messages import LANGUAGES

KEYS = [
    "same", "comparable", "a", "b", "notes", "figures", "rungs", "changes", "counts", "stations",
    "teams", "posts", "matched", "page",
]  # fmt: skip
WORDS = ("optimize", "compare", "default", "default-2")


@pytest.fixture(scope="module")
def planned(sample_workspace, tmp_path_factory, metro_gis):
    """Sixteen stations with a plan, and a re-plan for fewer officers at one post."""
    folder = tmp_path_factory.mktemp("compare") / "small"
    shutil.copytree(sample_workspace, folder)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 29 == 0 else None)
    metro_gis("optimize", "plan", workspace=folder, check=0)
    fewer = ("--officers", "polsek-metro-utara=-34", "--officers", "polsek-metro-pusat=-49")
    ran = metro_gis("--json", "optimize", "replan", "default", *fewer, workspace=folder, check=0)
    return folder, ran.json


@pytest.fixture
def own(planned, tmp_path):
    """A copy that a test may change."""
    folder = tmp_path / "own"
    shutil.copytree(planned[0], folder)
    return folder


def test_json_tells_what_a_replan_told(planned, metro_gis):
    """Changes are counted as the re-plan counted them, and both plans are verified."""
    folder, told = planned
    result = metro_gis("--json", *WORDS, workspace=folder, check=0).json
    assert list(result) == KEYS
    assert list(result["figures"]) == list(FIGURES)
    assert result["changes"] == {
        name: told["changes"][name] for name in ("count", "stations", "officers")
    }
    assert told["changes"]["count"] > 0
    assert result["a"]["verified"]
    assert result["b"]["verified"]
    assert result["b"]["previous_plan_id"] == result["a"]["plan_id"]
    assert result["figures"]["officer_minutes"]["b"] == told["officer_minutes"]
    assert result["page"] is None
    by_post = {row["b"]["post_id"]: row for row in result["posts"]}
    row = by_post["polsek-metro-utara"]
    assert row["b"]["officers"] - row["a"]["officers"] == -34
    assert {note["code"] for note in result["notes"]} >= {"other-posts", "made-from"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_speaks_both_languages(planned, metro_gis, lang):
    """Both truth lines, the figures and every kind of difference are told in the language."""
    folder, told = planned
    ran = metro_gis("--lang", lang, *WORDS, workspace=folder, check=0)
    out = ran.out
    covered = {"en": "16 of 16 stations covered", "id": "16 dari 16 TPS terjaga"}[lang]
    assert out.splitlines()[0].startswith("A: optimize/plans/default.gpkg: " + covered)
    assert "B: optimize/plans/default-2.gpkg: " + covered in out
    assert {"en": "Officer-minutes", "id": "Menit-personel"}[lang] in out
    assert {"en": "Teams from another post", "id": "Regu dari pos lain"}[lang] in out
    minutes = f"{told['officer_minutes']:,.1f}"
    assert (minutes if lang == "en" else minutes.translate(str.maketrans(",.", ".,"))) in out
    assert "-83" in out
    assert {"en": "is a re-plan of", "id": "rencana ulang"}[lang] in out


def test_a_plan_against_itself(planned, metro_gis):
    """One plan on both sides: said to be the same, in words and in JSON."""
    folder, _ = planned
    words = ("optimize", "compare", "default", "default")
    assert metro_gis("--json", *words, workspace=folder, check=0).json["same"] is True
    out = metro_gis(*words, workspace=folder, check=0).out
    assert "No station, team or post differs." in out
    assert "Both are the same plan." in out


def test_edited_tables_are_the_main_use(own, metro_gis):
    """After tables were edited the older plan is read, said not to be verified, and compared."""
    edit_rows(
        own / "data/stations.csv",
        lambda row, n: None if n == 3 else row | ({"risk_class": "high"} if n == 5 else {}),
    )
    metro_gis("optimize", "replan", "default", "--name", "new", workspace=own)
    words = ("optimize", "compare", "default", "new", "--page")
    ran = metro_gis("--json", *words, workspace=own, check=0)
    result = ran.json
    assert (result["a"]["verified"], result["b"]["verified"]) == (False, True)
    assert result["a"]["changed_inputs"] == ["data/stations.csv"]
    assert result["counts"]["stations"]["dropped"] == 1
    assert result["counts"]["stations"]["class_changed"] == 1
    assert not result["comparable"]
    assert "could not be verified: data/stations.csv" in ran.err
    assert (own / "maps/default+new.html").is_file()
    out = metro_gis("--lang", "id", *words, workspace=own, check=0).out
    assert "belum diverifikasi: data/stations.csv" in out


@pytest.mark.parametrize("lost", ["data/stations.csv", "data/roads.graphml", "data/posts.csv"])
def test_inputs_that_are_gone(own, metro_gis, lost):
    """Without an input neither plan can be verified: both are compared and both are told."""
    (own / lost).unlink()
    ran = metro_gis("--json", *WORDS, "--page", workspace=own, check=0)
    assert ran.json["a"]["changed_inputs"] == ran.json["b"]["changed_inputs"] == [lost]
    told = ran.err.count("could not be verified")
    assert told == 2
    assert ("no roads" in ran.err) == (lost == "data/roads.graphml")


def broken(plan, *statements):
    """Change a plan by hand, with plain SQLite."""
    with closing(sqlite3.connect(plan)) as database, database:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in database.execute(triggers).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            database.execute(statement)


@pytest.mark.parametrize("edited", [False, True])
def test_plans_changed_by_hand_are_refused(own, metro_gis, edited):
    """A plan whose content is not its own ends with 5, whether its inputs changed or not."""
    if edited:
        edit_rows(own / "data/stations.csv", lambda row, n: row | {"voters": "1"})
    for stem in ("default", "default-2"):
        plan = own / f"optimize/plans/{stem}.gpkg"
        broken(plan, "UPDATE teams SET post_id = 'polres-metro'")
    ran = metro_gis("--json", *WORDS, "--page", workspace=own, check=5)
    files = {fault["file"] for fault in ran.json["error"]["faults"]}
    assert files == {"default.gpkg", "default-2.gpkg"}
    assert not (own / "maps/default+default-2.html").exists()


def test_a_file_that_is_no_plan(own, metro_gis):
    """A file of another kind under a plan's name ends with 5 and no traceback."""
    (own / "optimize/plans/none.gpkg").write_bytes(b"not a database")
    ran = metro_gis("optimize", "compare", "default", "none", workspace=own, check=5)
    assert "none.gpkg" in ran.err
    assert "Traceback" not in ran.err


def test_both_missing_plans_are_told_at_once(planned, metro_gis):
    """Two plans that do not exist make two messages, and exit 2."""
    ran = metro_gis("--json", "optimize", "compare", "x", "y", workspace=planned[0], check=2)
    assert ran.json["error"]["code"] == "plan-missing"
    assert len(ran.json["error"]["messages"]) == 2
    metro_gis("--json", "optimize", "compare", "default", workspace=planned[0], check=2)


def test_page_is_its_owners_and_repeatable(own, metro_gis):
    """The page lies in maps/ under both names, mode 0600, and is the same when drawn again."""
    ran = metro_gis("--json", *WORDS, "--page", workspace=own, check=0)
    assert ran.json["page"] == "maps/default+default-2.html"
    page = own / ran.json["page"]
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    content = page.read_bytes()
    page.unlink()
    metro_gis(*WORDS, "--page", workspace=own, env={"PYTHONHASHSEED": "5"}, check=0)
    assert page.read_bytes() == content


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("data/stations.csv", "data/stations.csv"),
        ("/home/someone/stations.csv", "stations.csv"),
        ("~/stations.csv", "stations.csv"),
        ("../someone/stations.csv", "stations.csv"),
    ],
)
def test_page_names_no_folder_outside(file, told):
    """A page tells of files outside of the workspace their names alone."""
    assert _without_home(file) == told
