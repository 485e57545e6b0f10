"""A new workspace: three folders, empty tables with their headers, and a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.errors import Fault, InputError
from metro_gis.workspace import Workspace, make_folder, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = """\
# A scenario: which inputs, rules and limits make a plan. Keys that are left out have the
# defaults shown here as comments.
title = "{title}"

[inputs]
roads = {{ file = "data/roads.graphml" }}
stations = {{ file = "data/stations.csv" }}
posts = {{ file = "data/posts.csv" }}
# personnel = {{ file = "data/personnel.csv" }}   # officers by name, drawn by lot: see [people]
# areas = {{ file = "data/kecamatan.geojson", columns = {{ kecamatan = "NAME" }} }}   # borders

[limits]
# deploy_minutes = 30             # post to station
# beat_minutes = 8                # anchor to station

[beats]
# border = "kecamatan"            # or "kelurahan", or "none"
# mix = false                     # whether classes may share a beat
# kelurahan_penalty_minutes = 2   # for a station of another kelurahan than its anchor's
# team_minutes = 30               # what a further team must save to be worth its officers

[patterns.low]
# officers = 2
# ladder = [4, 5, 6, 8, 10, 12, 16, 20]   # most stations per team, stretched until it fits

# [people]                          # with a list of personnel only
# lead_ranks = ["Aipda", "Bripka"]  # every team has at least one of these
# avoid_home = false                # whether nobody guards the kelurahan he lives in
# seed = 1                          # of the lot

[travel]
# snap_limit_m = 300              # farthest a point may lie from a road
# access_kph = 5                  # between a point and the road
# factor = 1.0                    # multiplies all road speeds: 0.8 for a rainy night
# closed = [{{ lon = 105.31, lat = -5.11, why = "flood" }}]   # points on streets that are closed

[voting]                          # told on the public's page
# date = "2024-11-27"
# opens = "07:00"
# closes = "13:00"

[solver]
# time_limit_s = 60
{solver}"""


NAMED_STEM = "named"
NAMED = """\
# Kota Metro by name: the default scenario, and a list of officers who are drawn by lot.
base = "default.toml"

[inputs]
personnel = { file = "data/personnel.csv" }

[people]
lead_ranks = ["Aiptu", "Aipda", "Bripka"]   # every team has at least one of these
avoid_home = true                           # nobody guards the kelurahan he lives in
seed = 1                                    # for a real draw, a number thrown in public
"""
"""Scenario of the sample by name, beside its default one."""
SHORT = """\
# Kota Metro while help is awaited: Polsek Metro Timur has lost half of its officers, and Polres
# keeps 60 more in its reserve. `metro-gis optimize plan metro-2024-short`
base = "default.toml"
title = "Kota Metro 2024, short of officers (modelled)"

[inputs]
posts = { file = "data/posts-short.csv" }
"""
REINFORCED = """\
# Kota Metro with the 260 officers who came on 21 November 2024, six days before voting: Brimob and
# Samapta join the reserve, so that Polres frees its own 60; two neighbouring Polres send 30 each to
# stations.
#   metro-gis optimize plan metro-2024-short
#   metro-gis optimize replan metro-2024-short --scenario metro-2024-bko --strength improve
# And should the 60 be called away on the eve:
#   metro-gis optimize replan metro-2024-short-2 --officers bko-lampung-tengah=-30 \\
#     --officers bko-lampung-timur=-30
base = "default.toml"
title = "Kota Metro 2024, reinforced (modelled)"

[inputs]
posts = { file = "data/posts-bko.csv" }
"""
SAMPLE_SCENARIOS = {
    NAMED_STEM: NAMED,
    "metro-2024-short": SHORT,
    "metro-2024-bko": REINFORCED,
}
"""Further scenarios of the sample."""


def make_workspace(folder: Path, *, sample: bool = False) -> list[Path]:
    """Make a workspace.

    Parameters
    ----------
    folder
        A folder that does not exist yet, or is empty.
    sample
        Fill it with the modelled sample of Kota Metro instead of empty tables.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If the folder holds anything already, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(Fault("workspace-taken", file=folder.as_posix()))
    workspace = Workspace(folder)
    make_folder(folder / "data")
    for inner in (workspace.scenarios, workspace.plans, workspace.pages):
        make_folder(inner)
    written = []
    if sample:
        from metro_gis.data.sample import write_sample

        written += write_sample(folder / "data")
        scenario = SCENARIO.format(
            title="Kota Metro, Pemilu 2024 (modelled)", solver="time_limit_s = 20\n"
        )
    else:
        from metro_gis.data.schema import TABLES, template_csv

        for table in TABLES:
            target = folder / "data" / f"{table}.csv"
            write_bytes(target, template_csv(table).encode("utf-8"))
            written.append(target)
        # the name of the folder may hold anything; the title is for the planner to write
        scenario = SCENARIO.format(title="", solver="")
    scenarios = {"default": scenario} | (SAMPLE_SCENARIOS if sample else {})
    for stem, content in scenarios.items():
        target = workspace.scenarios / f"{stem}.toml"
        write_bytes(target, content.encode("utf-8"))
        written.append(target)
    return written
