"""Roads, street names and borders on the page of a plan, from the command line to the file."""

import json
import re
import shutil

import pytest
from tables import edit_rows

from metro_gis.drawing import draw_plan
from metro_gis.verify import verify_plan
from metro_gis.workspace import Workspace

DATA = re.compile(r'<script type="application/json" id="metro-gis-data">(.*?)</script>', re.DOTALL)
AREAS = '\n[inputs.areas]\nfile = "data/areas.geojson"\ncolumns = { kecamatan = "NAME" }\n'


def block(page):
    """Read the data block of a page."""
    return json.loads(DATA.search(page.read_text(encoding="utf-8"))[1])


@pytest.fixture(scope="module")
def planned(sample_workspace, tmp_path_factory, metro_gis):
    """A plan of every fortieth station of the sample, with the outline of half the city."""
    folder = tmp_path_factory.mktemp("ground") / "metro"
    shutil.copytree(sample_workspace, folder)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 40 == 0 else None)
    ring = [[105.2, -5.2], [105.3, -5.2], [105.3, -5.0], [105.2, -5.0], [105.2, -5.2]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    outline = {"type": "Feature", "geometry": shape, "properties": {"NAME": "Timur"}}
    document = {"type": "FeatureCollection", "features": [outline]}
    (folder / "data/areas.geojson").write_text(json.dumps(document), encoding="utf-8")
    with (folder / "optimize/default.toml").open("a", encoding="utf-8") as stream:
        stream.write(AREAS)
    metro_gis("run", "--time-limit", 2, workspace=folder, check=0)
    return folder


@pytest.fixture
def workspace(planned, tmp_path):
    """A copy of it to change."""
    shutil.copytree(planned, tmp_path / "own")
    return Workspace(tmp_path / "own")


def draw(workspace):
    """Draw the plan anew; give the data block and the codes of warnings."""
    warnings = []
    plan = workspace.root / "optimize/plans/default.gpkg"
    page = draw_plan(workspace, plan, lang="en", warnings=warnings)
    return block(page), [fault.code for fault in warnings]


def test_the_page_has_names_and_borders(workspace):
    """The page bears the names of main streets, each once, and the borders of the scenario."""
    shown = block(workspace.root / "maps/default.html")
    assert shown["streets"]["name"][0] == "Jalan Jenderal Ahmad Yani"
    assert len(set(shown["streets"]["name"])) == len(shown["streets"]["lines"])
    assert list(shown["areas"]) == ["kecamatan"]
    assert shown["tiles"] is None
    assert draw(workspace) == (shown, [])


def test_no_plan_depends_on_borders(workspace):
    """A changed or missing file of borders leaves the plan verified, and is only a warning."""
    outlines = workspace.root / "data/areas.geojson"
    plan = workspace.root / "optimize/plans/default.gpkg"
    outlines.write_text(outlines.read_text().replace("NAME", "NAMA"), encoding="utf-8")
    assert verify_plan(plan, workspace.root).ok
    shown, told = draw(workspace)
    assert (shown["areas"], told) == ({}, ["column-mapped-missing"])
    outlines.unlink()
    assert verify_plan(plan, workspace.root).ok
    shown, told = draw(workspace)
    assert (shown["areas"], told) == ({}, ["table-missing"])
    assert shown["streets"]["name"]


def test_tiles_come_from_the_command_line_only(workspace, metro_gis):
    """`--tiles` names its server in JSON, warns, and widens the policy; http is refused."""
    page = workspace.root / "maps/default.html"
    before = page.read_bytes()
    refused = metro_gis(
        "maps", "draw", "default", "--tiles", "http://tiles.example/{z}/{x}/{y}.png",
        workspace=workspace.root, check=2,
    )  # fmt: skip
    assert "https://" in refused.err
    assert page.read_bytes() == before
    ran = metro_gis(
        "--json", "maps", "draw", "default", "--tiles", workspace=workspace.root, check=0
    )
    told = {"page": "maps/default.html", "audience": "commander"}
    assert ran.json == told | {"asks": "tile.openstreetmap.org"}
    assert "learns which area is looked at" in ran.err
    assert block(page)["tiles"]["host"] == "tile.openstreetmap.org"
    assert "img-src data: https://tile.openstreetmap.org;" in page.read_text(encoding="utf-8")
