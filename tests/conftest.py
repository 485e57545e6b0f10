"""Fixtures that tests of several folders share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tables import edit_rows

REAL_DATA = "METRO_GIS_REAL_DATA"
AXE = "METRO_GIS_AXE"
COMPLETE = "METRO_GIS_COMPLETE"
AT_HAND = (REAL_DATA, AXE, "Chromium", "showcase")
"""What a reason to skip names, where a complete run must not skip."""
EXAMPLES = "METRO_GIS_EXAMPLES"
LONG = "long"
COSTLY = {"browser", "metro_gis"}
"""Fixtures of tests that drive a browser or run the command line: both take long."""
CLOCKED = "require_soon"
"""Fixture of tests that measure how soon a command ends."""
DRAWN = {"seed", "first"}
"""Parameters that draw a town, or the first of a batch of towns."""
MANY = 10
"""Tests of so many drawn towns are shared out."""
CAMBRIDGE = """
title = "Cambridge, Massachusetts"

[inputs]
roads = {{ file = "{data}/cambridge/roads.graphml" }}

[inputs.stations]
file = "{data}/cambridge/ELECTIONS_PollingLocations.geojson"
columns = {{ station_id = "W_P", name = "LOCATION" }}
values = {{ risk_class = "low" }}
[inputs.stations.join]
file = "{data}/cambridge/ELECTIONS_WardsPrecincts.geojson"
columns = {{ kecamatan = "WardPrecinct" }}

[inputs.posts]
file = "{data}/cambridge/PUBLICSAFETY_PoliceStation.geojson"
columns = {{ post_id = "SITE_NAME" }}
values = {{ officers = 60 }}

[solver]
time_limit_s = 10
"""
"""A real city: its scenario, given the folder of real data."""

# the same examples in every quick run; whoever asks for more gets others each time
settings.register_profile("quick", max_examples=50, derandomize=True, deadline=None)
settings.register_profile(
    "long", max_examples=int(os.environ.get(EXAMPLES, "50")), print_blob=True, deadline=None
)
settings.load_profile("long" if EXAMPLES in os.environ else "quick")


def pytest_report_header():
    """Tell which versions of what decides an outcome are at work."""
    from importlib.metadata import version

    names = ("pulp", "highspy", "osmnx", "geopandas", "pyogrio", "shapely", "scipy")
    import metro_gis

    where = Path(metro_gis.__file__).parent
    return [", ".join(f"{name} {version(name)}" for name in names), f"metro_gis from {where}"]


def pytest_addoption(parser):
    """Let two runs on two versions share what is long, and what is drawn by the dozen."""
    parser.addoption(
        "--share",
        metavar="K/N",
        default="1/1",
        help="run the K-th of every N tests that are long, drive a browser, run commands or "
        "draw towns by the dozen; the other tests whole",
    )


def pytest_collection_modifyitems(config, items):
    """Mark tests by their files and fixtures; leave those that are shared out to other runs."""
    shared = Counter()
    for item in items:
        if item.path.name.endswith("_browser.py"):
            item.add_marker(pytest.mark.browser)
        if CLOCKED in item.fixturenames:
            item.add_marker(pytest.mark.alone)
        shared[_shared(item)] += 1
    share, shares = map(int, config.getoption("share").split("/"))
    seen, kept, left = Counter(), [], []
    for item in items:
        of = _shared(item)
        whole = of is None or (of != LONG and shared[of] < MANY)
        (kept if whole or seen[of] % shares == share - 1 else left).append(item)
        seen[of] += 1
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    if share % 2 == 0:
        # from the last file to the first, so that two runs do not drive browsers at the same time
        place = {path: k for k, path in enumerate(dict.fromkeys(item.path for item in items))}
        items.sort(key=lambda item: -place[item.path])


def _shared(item):
    """Name the group of tests that runs share out; None for other tests."""
    if item.get_closest_marker(LONG) or COSTLY & set(item.fixturenames):
        return LONG
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return f"{item.path}::{item.originalname}" if DRAWN & parameters.keys() else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Fail rather than skip where a browser, real data and the like are said to be at hand."""
    report = yield
    if report.skipped and os.environ.get(COMPLETE):
        reason = str(report.longrepr)
        if any(word in reason for word in AT_HAND):
            report.outcome = "failed"
            report.longrepr = f"{COMPLETE} is set, yet the test was skipped: {reason}"
    return report


@pytest.fixture(scope="session")
def real_data():
    """Folder of real inputs; the test is skipped where it is absent."""
    folder = os.environ.get(REAL_DATA)
    if folder and Path(folder).is_dir():
        return Path(folder)
    pytest.skip(f"{REAL_DATA} names no folder")
    return None


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def metro_gis():
    """Run the installed command line as a process of its own."""
    command = shutil.which("metro-gis", path=str(Path(sys.executable).parent))
    start = [command] if command else [sys.executable, "-m", "metro_gis"]

    def run(*words, workspace=None, env=None, timeout=240, check=None):
        where = ["-w", str(workspace)] if workspace is not None else []
        done = subprocess.run(
            [*start, *where, *(str(word) for word in words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            check=False,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        if check is not None:
            assert ran.code == check, f"exit {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    return run


@pytest.fixture(scope="session")
def sample_workspace(tmp_path_factory, metro_gis):
    """A workspace with the sample city; tests that change it copy it first."""
    folder = tmp_path_factory.mktemp("sample") / "metro"
    metro_gis("new", folder, "--sample", check=0)
    return folder


@pytest.fixture(scope="session")
def sample_plan(sample_workspace, metro_gis):
    """The sample's workspace with a plan and a page, and what `run` printed."""
    ran = metro_gis("--json", "run", "--time-limit", 14, workspace=sample_workspace, check=0)
    return sample_workspace, ran


@pytest.fixture(scope="session")
def cambridge(real_data, tmp_path_factory, metro_gis):
    """A real city's workspace with plan and page, and what `run` printed."""
    folder = tmp_path_factory.mktemp("real") / "cambridge"
    metro_gis("new", folder, check=0)
    scenario = CAMBRIDGE.format(data=real_data.as_posix())
    (folder / "optimize/default.toml").write_text(scenario, encoding="utf-8")
    return folder, metro_gis("--json", "run", workspace=folder, check=0)


@pytest.fixture
def own_workspace(sample_plan, tmp_path):
    """A copy of the sample's workspace that a test may damage."""
    folder = tmp_path / "own"
    shutil.copytree(sample_plan[0], folder)
    return folder


@pytest.fixture
def endless_search(own_workspace):
    """The name of a scenario whose search has no proof within a minute, for who interrupts it."""
    text = 'base = "default.toml"\n[beats]\nborder = "none"\nmix = true\n'
    (own_workspace / "optimize/endless.toml").write_text(text, encoding="utf-8")
    return "endless"


@pytest.fixture
def small_workspace(sample_workspace, tmp_path):
    """Sixteen stations of the sample's roads: a plan takes moments and is proven."""
    folder = tmp_path / "small"
    shutil.copytree(sample_workspace, folder)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 29 == 0 else None)
    return folder
