"""`maps export`: files in the workspace, of verified plans only."""

import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing

import openpyxl
import pytest
from orders_town import decided
from tables import edit_rows, read_rows

from metro_gis import Workspace, export_orders, read_plan
from metro_gis.errors import UsageError
from metro_gis.export import ENDINGS, parse_formats
from metro_gis.messages import LANGUAGES, text

NAMES = {name: f"maps/default{ending}" for name, ending in ENDINGS.items()}
FEW = ["polres-metro=190", "polsek-metro-barat=15", "polsek-metro-pusat=15",
       "polsek-metro-selatan=15", "polsek-metro-timur=15", "polsek-metro-utara=15"]  # fmt: skip
# LibreOffice's own words for "CSV, UTF-8, cells as shown, a file for every sheet"
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
HOSTILE = '=cmd|" /C calc"!A0 <b>&]]>\u202e'


@pytest.fixture(scope="module")
def planned(sample_workspace, tmp_path_factory, metro_gis):
    """Sixteen stations, the first with a hostile name, and their plan."""
    folder = tmp_path_factory.mktemp("orders") / "metro"
    shutil.copytree(sample_workspace, folder)
    # other tests draw pages in the sample's own workspace
    shutil.rmtree(folder / "maps", ignore_errors=True)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 29 == 0 else None)
    edit_rows(folder / "data/stations.csv", lambda row, n: row | ({} if n else {"name": HOSTILE}))
    metro_gis("optimize", "plan", workspace=folder, check=0)
    return folder


@pytest.fixture
def workspace(planned, tmp_path):
    """A copy of it that a test may change."""
    return shutil.copytree(planned, tmp_path / "metro")


def modes(workspace):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (workspace / "maps").iterdir()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_export_writes_every_format(workspace, metro_gis, lang):
    """Without `--format` all files are written, for their owner only, and named in one object."""
    ran = metro_gis("--json", "--lang", lang, "maps", "export", "default",
                    workspace=workspace, check=0)  # fmt: skip
    plan = read_plan(workspace / "optimize/plans/default.gpkg")
    assert ran.json == {"files": NAMES, "plan_id": plan.plan_id, "uncovered": 0, "modelled": True}
    assert all((workspace / name).is_file() for name in NAMES.values())
    assert set(modes(workspace).values()) == {0o600}
    told = metro_gis("--lang", lang, "maps", "export", "default", workspace=workspace, check=0)
    assert text("cli.exported", lang, files=", ".join(NAMES.values())) in told.out
    assert text("step.export", lang) in told.err


def test_two_exports_are_the_same_bytes(workspace, metro_gis):
    """Two processes with two seeds of hashes write the same files."""
    found = []
    for seed in ("0", "1"):
        metro_gis("maps", "export", "default", workspace=workspace,
                  env={"PYTHONHASHSEED": seed, "TZ": f"UTC{seed}"}, check=0)  # fmt: skip
        found.append({name: (workspace / name).read_bytes() for name in NAMES.values()})
    assert found[0] == found[1]


def test_formats_can_be_chosen(workspace, metro_gis):
    """Only what is asked for is written."""
    ran = metro_gis("--json", "maps", "export", "default", "--format", "GPX, csv",
                    workspace=workspace, check=0)  # fmt: skip
    assert ran.json["files"] == {"csv": NAMES["csv"], "gpx": NAMES["gpx"]}
    assert set(modes(workspace)) == {"default-orders.csv", "default-orders.gpx"}


def test_unknown_formats_are_all_told(workspace, metro_gis):
    """A format that does not exist is a usage mistake with the nearest name; nothing is written."""
    ran = metro_gis("--json", "--lang", "id", "maps", "export", "default", "--format", "xls,,doc",
                    workspace=workspace, check=2)  # fmt: skip
    assert len(ran.json["error"]["messages"]) == 3
    assert "xlsx" in ran.json["error"]["messages"][0]
    assert not (workspace / "maps").is_dir() or modes(workspace) == {}
    with pytest.raises(UsageError):
        parse_formats("")
    assert parse_formats("gpx,xlsx,gpx") == ("xlsx", "gpx")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_refused_plan_is_not_exported(workspace, metro_gis, lang):
    """A plan that the checker refuses gets exit 5, and old orders stay as they are."""
    metro_gis("maps", "export", "default", "--format", "csv", workspace=workspace, check=0)
    before = (workspace / NAMES["csv"]).read_bytes()
    with closing(sqlite3.connect(workspace / "optimize/plans/default.gpkg")) as database, database:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in database.execute(triggers).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE teams SET round_minutes = round_minutes + 1")
    ran = metro_gis("--json", "--lang", lang, "maps", "export", "default",
                    workspace=workspace, check=5)  # fmt: skip
    assert ran.json["error"]["code"] == "plan-breach"
    assert (workspace / NAMES["csv"]).read_bytes() == before
    assert set(modes(workspace)) == {"default-orders.csv"}


def test_changed_inputs_are_not_exported(workspace, metro_gis):
    """A plan whose inputs changed gets exit 5, an unknown plan exit 2."""
    with (workspace / "data/posts.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    metro_gis("maps", "export", "default", workspace=workspace, check=5)
    metro_gis("maps", "export", "none", workspace=workspace, check=2)


def test_orders_stay_in_the_workspace(workspace, tmp_path):
    """A link that leads out of the workspace is refused."""
    (tmp_path / "elsewhere").mkdir()
    shutil.rmtree(workspace / "maps", ignore_errors=True)
    (workspace / "maps").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out"):
        export_orders(
            Workspace(workspace), workspace / "optimize/plans/default.gpkg", ["csv"], lang="en"
        )
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_hostile_name_goes_the_whole_road(workspace, metro_gis):
    """A formula in a planner's table is a text in the workbook, guarded in CSV."""
    metro_gis("--lang", "en", "maps", "export", "default", workspace=workspace, check=0)
    shown = HOSTILE.removesuffix("\u202e")
    book = openpyxl.load_workbook(workspace / NAMES["xlsx"])
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == shown] == ["s"]
    assert "f" not in {cell.data_type for cell in cells}
    names = [row["Station name, address"] for row in read_rows(workspace / NAMES["csv"])]
    assert f"'{shown}" in names


def test_uncovered_stations_are_exported(workspace, metro_gis):
    """A plan with a shortage is exported, exit 0 as for a page, and says how many lack a team."""
    words = [word for one in FEW for word in ("--officers", one)]
    metro_gis("optimize", "plan", *words, workspace=workspace, check=3)
    ran = metro_gis("--json", "--lang", "en", "maps", "export", "default",
                    workspace=workspace, check=0)  # fmt: skip
    assert ran.json["uncovered"] > 0
    rows = read_rows(workspace / NAMES["csv"])
    assert sum(row["Why not covered"] != "" for row in rows) == ran.json["uncovered"]
    assert all(row["Why not covered"] for row in rows[: ran.json["uncovered"]])


def test_plan_of_no_border_is_exported(workspace, metro_gis):
    """Without a border, and without a kecamatan in the table, orders are written all the same."""
    edit_rows(workspace / "data/stations.csv", lambda row, _: row | {"kecamatan": ""})
    (workspace / "optimize/free.toml").write_text('[beats]\nborder = "none"\n', encoding="utf-8")
    metro_gis("optimize", "plan", "free", workspace=workspace, check=0)
    ran = metro_gis("--json", "maps", "export", "free", workspace=workspace, check=0)
    assert ran.json["files"]["summary"] == "maps/free-summary.txt"


def test_sample_is_exported(sample_plan, tmp_path, metro_gis):
    """The orders of the sample name its 462 stations, team by team as planned."""
    workspace = shutil.copytree(sample_plan[0], tmp_path / "metro")
    metro_gis("--lang", "en", "maps", "export", "default", workspace=workspace, check=0)
    rows = read_rows(workspace / NAMES["csv"])
    assert len(rows) == 462
    found = {}
    for row in rows:
        found.setdefault(row["Team"], []).append(row["Station number"])
    plan = read_plan(workspace / "optimize/plans/default.gpkg")
    assert found == {team: stations for team, (stations, _, _) in decided(plan).items()}


def test_workbook_opens_in_libreoffice(workspace, metro_gis, tmp_path):
    """A spreadsheet program prints every sheet, and shows names as they were typed."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice (soffice) on the PATH")
    metro_gis("--lang", "en", "maps", "export", "default", workspace=workspace, check=0)
    for kind in (
        "pdf",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
    ):
        subprocess.run(
            [soffice, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
             "--convert-to", kind, "--outdir", str(tmp_path / "out"),
             str(workspace / NAMES["xlsx"])],
            check=True, capture_output=True, timeout=240,
        )  # fmt: skip
    assert (tmp_path / "out/default-orders.pdf").read_bytes().startswith(b"%PDF")
    shown = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.csv")]
    assert len(shown) == 7
    assert any(HOSTILE.removesuffix("\u202e").replace('"', '""') in one for one in shown)
