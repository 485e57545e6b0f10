"""All inputs of a scenario together: read, checked against each other, turned into a problem."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.data.checks import check_area, check_tables
from metro_gis.data.closures import close_roads
from metro_gis.data.legs import take
from metro_gis.data.minutes import travel_times
from metro_gis.data.network import load_network, network_warnings
from metro_gis.data.outlines import outline_warnings
from metro_gis.data.people_checks import check_people
from metro_gis.data.personnel import read_personnel
from metro_gis.data.posts import read_posts
from metro_gis.data.road_graph import limit_tenths
from metro_gis.data.snapping import snap_points
from metro_gis.data.stations import read_stations
from metro_gis.errors import InputError, raise_errors
from metro_gis.problem import BeatRules, Problem, TravelTimes
from metro_gis.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from metro_gis.data.reading import Read
    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps
    from metro_gis.errors import Fault
    from metro_gis.people import Officer
    from metro_gis.problem import Post, Station
    from metro_gis.progress import Progress
    from metro_gis.scenario import Scenario
    from metro_gis.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a scenario's files hold.

    Parameters
    ----------
    stations, posts
        Sorted by id, so that the order of rows in a file does not matter.
    network
        The roads that are open.
    station_snaps, post_snaps
        Where stations and posts hang on the roads, in their order.
    files
        Every file read: ``name, file, sha256, rows``.
    columns
        For ``stations`` and ``posts`` our column names to what the file calls them, synonyms
        included.
    warnings
        What was noticed, none of it an error.
    modelled
        Whether roads or any point are modelled.
    personnel
        Officers by name, sorted by id; None where the scenario names no list.
    closed_edges
        Start, end and key of the directed edges of closed streets, which the network is without.
    """

    stations: tuple[Station, ...]
    posts: tuple[Post, ...]
    network: RoadNetwork
    station_snaps: Snaps
    post_snaps: Snaps
    files: tuple[dict[str, Any], ...]
    columns: Mapping[str, Mapping[str, str]]
    warnings: tuple[Fault, ...]
    modelled: bool
    personnel: tuple[Officer, ...] | None = None
    closed_edges: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Tables:
    """What a scenario's tables hold, before they are laid on the roads.

    Parameters
    ----------
    stations, posts
        As read.
    personnel
        As read; None where the scenario names no list.
    faults
        Every fault of the tables, and of one against another.
    """

    stations: Read[Station]
    posts: Read[Post]
    personnel: Read[Officer] | None
    faults: tuple[Fault, ...]

    @property
    def officers(self) -> tuple[Officer, ...] | None:
        """Officers by name, sorted by id; None without a list."""
        if self.personnel is None:
            return None
        return tuple(sorted(self.personnel.items, key=lambda one: one.officer_id))

    @property
    def columns(self) -> dict[str, Mapping[str, str]]:
        """Of each table our column names to what the file calls them."""
        columns = {"stations": self.stations.columns, "posts": self.posts.columns}
        return columns | ({} if self.personnel is None else {"personnel": self.personnel.columns})


def rules_of(scenario: Scenario) -> BeatRules:
    """Take the rules of beats from a scenario.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    BeatRules
        With whole tenths.
    """
    beats = scenario.beats
    return BeatRules(
        border=beats.border,
        mix=beats.mix,
        kelurahan_penalty_tenths=round(beats.kelurahan_penalty_minutes * 10),
        team_tenths=round(beats.team_minutes * 10),
    )


def read_tables(workspace: Workspace, scenario: Scenario) -> Tables:
    """Read the tables and check them against each other.

    Parameters
    ----------
    workspace
        Where paths start from.
    scenario
        Which files, and how they are read.

    Returns
    -------
    Tables
        Every fault is collected, none is raised.
    """
    personnel, listed, people = None, None, scenario.rules_of_people
    if scenario.inputs.personnel is not None:
        personnel = read_personnel(scenario.inputs.personnel, workspace, rules=people)
        listed = Counter(one.post_id for one in personnel.items)
    stations = read_stations(scenario.inputs.stations, workspace, border=scenario.beats.border)
    posts = read_posts(scenario.inputs.posts, workspace, officers=scenario.officers, listed=listed)
    faults = [*stations.faults, *posts.faults]
    if personnel is None or not personnel.has_errors:
        doctrine, rules = scenario.doctrine, rules_of(scenario)
        faults += check_tables(stations, posts, doctrine=doctrine, rules=rules)
    else:
        # officers whose rows are faulty were not counted: what is said of numbers may be wrong
        counted = ("officers-counted", "officers-exceeded")
        faults = [one for one in faults if one.code not in counted]
    if personnel is not None:
        faults += [*personnel.faults, *check_people(personnel, stations, posts, rules=people)]
    return Tables(stations, posts, personnel, tuple(faults))


def resolved_scenario(
    scenario: Scenario, columns: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Fill a scenario in with the columns as they were found, so that others need no synonyms.

    Parameters
    ----------
    scenario
        The scenario.
    columns
        Of each table our column names to what the file calls them.

    Returns
    -------
    dict
        What a plan records.
    """
    values = scenario.resolved()
    for name, found in columns.items():
        mapped = {ours: theirs for ours, theirs in found.items() if ours != theirs}
        values["inputs"][name]["columns"] = values["inputs"][name]["columns"] | mapped
    return values


def read_inputs(
    workspace: Workspace, scenario: Scenario, progress: Progress | None = None
) -> Inputs:
    """Read every input and collect every fault before raising.

    Parameters
    ----------
    workspace
        Where paths start from.
    scenario
        Which files, and how they are read.
    progress
        Hears of the steps.

    Returns
    -------
    Inputs
        Without an error.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    progress = progress or Silent()
    progress.step("tables")
    tables = read_tables(workspace, scenario)
    stations, posts, faults = tables.stations, tables.posts, list(tables.faults)
    faults += outline_warnings(workspace, scenario.inputs.areas)
    progress.step("roads")
    roads_file = scenario.inputs.roads.file
    try:
        network = load_network(
            workspace.input_path(roads_file),
            speeds=scenario.travel.speeds,
            factor=float(scenario.travel.factor),
            cache_dir=workspace.derived,
            warnings=faults,
        )
    except InputError as error:
        raise_errors([*faults, *error.faults])
        raise
    faults += network_warnings(network, roads_file)
    closed = close_roads(network, scenario.travel.closed, file=roads_file)
    network, faults = closed.network, [*faults, *closed.faults]
    snaps = [
        snap_points(
            network,
            np.array([item.lon for item in read.items], dtype=np.float64),
            np.array([item.lat for item in read.items], dtype=np.float64),
            snap_limit_m=scenario.travel.snap_limit_m,
        )
        for read in (stations, posts)
    ]
    bounds = (
        float(network.node_lon.min()),
        float(network.node_lat.min()),
        float(network.node_lon.max()),
        float(network.node_lat.max()),
    )
    faults += check_area(
        stations,
        posts,
        bounds=bounds,
        nearest_m=(snaps[0].nearest_m.tolist(), snaps[1].nearest_m.tolist()),
        snap_limit_m=scenario.travel.snap_limit_m,
    )
    warnings = raise_errors(faults)
    station_order = _by_id([one.station_id for one in stations.items])
    post_order = _by_id([one.post_id for one in posts.items])
    sources = [one.location_source for one in stations.items]
    sources += [one.location_source for one in posts.items]
    return Inputs(
        stations=tuple(stations.items[i] for i in station_order),
        posts=tuple(posts.items[i] for i in post_order),
        network=network,
        station_snaps=take(snaps[0], station_order),
        post_snaps=take(snaps[1], post_order),
        files=_files(scenario, network, tables),
        columns=tables.columns,
        warnings=warnings,
        modelled=network.modelled or "modelled" in sources,
        personnel=tables.officers,
        closed_edges=closed.edges,
    )


def _by_id(ids: list[str]) -> NDArray[np.int64]:
    return np.array(sorted(range(len(ids)), key=lambda i: ids[i]), dtype=np.int64)


def _files(scenario: Scenario, network: RoadNetwork, tables: Tables) -> tuple[dict[str, Any], ...]:
    files: list[dict[str, Any]] = [
        {
            "name": "roads",
            "file": scenario.inputs.roads.file,
            "sha256": network.sha256,
            "rows": None,
        }
    ]
    places = (
        ("stations", scenario.inputs.stations, tables.stations),
        ("posts", scenario.inputs.posts, tables.posts),
    )
    for name, source, read in places:
        files.append({"name": name, "file": source.file, "sha256": read.sha256, "rows": read.count})
        if read.join is not None:
            join = read.join
            files.append(
                {
                    "name": f"{name}.join",
                    "file": join.file,
                    "sha256": join.sha256,
                    "rows": join.rows,
                }
            )
    if tables.personnel is not None:
        files.append(entry_of_list(tables.personnel))
    return tuple(files)


def entry_of_list(personnel: Read[Officer]) -> dict[str, Any]:
    """Say which list of personnel was read, as a plan records it.

    Parameters
    ----------
    personnel
        As read.

    Returns
    -------
    dict
        ``name, file, sha256, rows``.
    """
    return {
        "name": "personnel",
        "file": personnel.file,
        "sha256": personnel.sha256,
        "rows": personnel.count,
    }


def build_problem(inputs: Inputs, scenario: Scenario, progress: Progress | None = None) -> Problem:
    """Compute travel minutes and state the problem.

    Parameters
    ----------
    inputs
        What was read.
    scenario
        Rules and limits.
    progress
        Hears how far the minutes are.

    Returns
    -------
    Problem
        Ready for the optimizer.
    """
    progress = progress or Silent()
    progress.step("minutes")
    minutes = travel_times(
        inputs.network,
        inputs.post_snaps,
        inputs.station_snaps,
        access_kph=float(scenario.travel.access_kph),
        beat_limit_minutes=scenario.limits.beat_minutes,
        progress=progress.count,
    )
    travel = TravelTimes(
        deploy=minutes.deploy.astype(np.int32),
        beat_indptr=minutes.beat_indptr.astype(np.int32),
        beat_indices=minutes.beat_indices.astype(np.int32),
        beat_tenths=minutes.beat_tenths.astype(np.int32),
    )
    return Problem(
        stations=inputs.stations,
        posts=inputs.posts,
        doctrine=scenario.doctrine,
        deploy_limit_tenths=limit_tenths(scenario.limits.deploy_minutes),
        beat_limit_tenths=limit_tenths(scenario.limits.beat_minutes),
        rules=rules_of(scenario),
        travel=travel,
    )
