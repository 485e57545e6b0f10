"""Put a plan together: what was read, what was decided, and every team's round along the roads."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.data.inputs import Inputs
    from metro_gis.data.snapping import Snaps
    from metro_gis.optimize import Settings
    from metro_gis.plan import Beat, Outcome
    from metro_gis.plan_file import PlanFile
    from metro_gis.plan_rows import Attachment, Round
    from metro_gis.problem import Problem
    from metro_gis.scenario import Scenario

__all__ = ["Decided", "put_together", "settings_of"]

VERSIONED = ("metro-gis", "pulp", "highspy", "osmnx", "scipy", "numpy")


@dataclass(frozen=True)
class Decided:
    """What the optimizer decided, and what a plan file tells beside.

    Parameters
    ----------
    outcome
        The plan.
    facts
        Further keys of ``plan_info``.
    team_ids
        Names of the teams, in the order of the beats; new ones by default.
    former
        A plan before, whose names are kept where teams are the same.
    """

    outcome: Outcome
    facts: Mapping[str, Any] = field(default_factory=dict)
    team_ids: Sequence[str] | None = None
    former: PlanFile | None = None


def settings_of(scenario: Scenario) -> Settings:
    """Read from a scenario when to stop.

    Parameters
    ----------
    scenario
        A scenario.

    Returns
    -------
    Settings
        For the optimizer.
    """
    from metro_gis.optimize import Settings

    solver = scenario.solver
    return Settings(
        time_limit_s=float(solver.time_limit_s),
        gap=float(solver.gap),
        seed=solver.seed,
        threads=min(2, solver.processes),
        nodes=solver.nodes,
    )


def put_together(
    inputs: Inputs, problem: Problem, decided: Decided, scenario: Scenario
) -> PlanFile:
    """Make a plan file of what was read and what was decided.

    Parameters
    ----------
    inputs
        Tables and roads.
    problem
        What was made of them.
    decided
        The plan.
    scenario
        What was asked for.

    Returns
    -------
    PlanFile
        Without names of officers.
    """
    from metro_gis.data.inputs import resolved_scenario
    from metro_gis.plan_rows import Access, build_plan_file

    network = inputs.network
    closed = [list(edge) for edge in inputs.closed_edges]
    return build_plan_file(
        problem,
        decided.outcome,
        _rounds(inputs, decided.outcome.beats, float(scenario.travel.access_kph)),
        Access(
            _attachments(inputs, inputs.station_snaps),
            _attachments(inputs, inputs.post_snaps),
            inputs.station_snaps.nearest_m.tolist(),
        ),
        {
            "scenario": resolved_scenario(scenario, inputs.columns),
            "seed": scenario.solver.seed,
            "inputs": list(inputs.files),
            "roads": {
                "source": network.source,
                "date": network.created_date,
                "sha256": network.sha256,
                "modelled": network.modelled,
                "nodes": network.n_nodes,
                "edges": network.n_edges,
            }
            | ({"closed": closed} if closed else {}),
            "modelled": inputs.modelled,
            "versions": {name: version(name) for name in VERSIONED},
            "snap_limit_m": float(scenario.travel.snap_limit_m),
        }
        | dict(decided.facts),
        team_ids=decided.team_ids,
    )


def _rounds(inputs: Inputs, beats: Sequence[Beat], access_kph: float) -> list[Round]:
    """Order every beat into its shortest round, and draw it along the roads."""
    from metro_gis.data.legs import directed_legs, directed_tenths
    from metro_gis.optimize.rounds import round_tenths, shortest_round
    from metro_gis.plan_rows import Round

    groups = [(beat.anchor, *(t for t in beat.stations if t != beat.anchor)) for beat in beats]
    snaps = inputs.station_snaps
    matrices = directed_tenths(inputs.network, snaps, groups, access_kph=access_kph)
    tours, tenths = [], []
    for group, matrix in zip(groups, matrices, strict=True):
        order = shortest_round(matrix.astype("int64"))
        tours.append(tuple(group[place] for place in order))
        tenths.append(round_tenths(matrix.astype("int64"), order) if len(group) > 1 else 0)
    closed = [(*tour, tour[0]) if len(tour) > 1 else tour for tour in tours]
    legs = directed_legs(inputs.network, snaps, closed, access_kph=access_kph)
    rounds = []
    for tour, total, ways in zip(tours, tenths, legs, strict=True):
        line: list[tuple[float, float]] = []
        for way in ways:
            points = list(zip(way.lon.tolist(), way.lat.tolist(), strict=True))
            line += [point for point in points if not line or point != line[-1]]
        rounds.append(Round(tour, total, tuple(line)))
    return rounds


def _attachments(inputs: Inputs, snaps: Snaps) -> list[list[Attachment]]:
    from metro_gis.plan_rows import Attachment

    network = inputs.network
    result = []
    for start, stop in zip(snaps.indptr[:-1].tolist(), snaps.indptr[1:].tolist(), strict=True):
        edges = snaps.edge[start:stop]
        result.append(
            [
                Attachment(str(u), str(v), int(key), float(along), float(access))
                for u, v, key, along, access in zip(
                    network.node_id[network.edge_u[edges]],
                    network.node_id[network.edge_v[edges]],
                    network.edge_key[edges],
                    snaps.along_m[start:stop],
                    snaps.access_m[start:stop],
                    strict=True,
                )
            ]
        )
    return result
