"""What a program of moves says of teams and stations, and how a plan is told to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metro_gis.plan import beat_officers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pulp

    from metro_gis.optimize.fewest_moves import Label, MovesProgram
    from metro_gis.plan import Beat

__all__ = ["Group", "groups", "outside", "values_of"]


@dataclass(frozen=True, slots=True)
class Group:
    """Stations that the program puts into one team, or into some fresh ones.

    Parameters
    ----------
    pool
        Place of the pool.
    team
        Place of the former team; None for fresh teams.
    stations
        Station indices, rising.
    teams
        Teams by post and size; of a former team there is one.
    """

    pool: int
    team: int | None
    stations: tuple[int, ...]
    teams: tuple[tuple[tuple[int, int], int], ...]


def groups(program: MovesProgram, values: Mapping[str, float]) -> list[Group]:
    """Read which stations go together.

    Parameters
    ----------
    program
        The program.
    values
        Of the program's variables, by name.

    Returns
    -------
    list of Group
        Of every former team that goes on, and of the fresh teams of every pool.
    """
    held: dict[Label, list[int]] = {}
    for (t, label), one in program.stay.items():
        if values[one.name]:
            held.setdefault(label, []).append(t)
    found = [
        Group(label[1], label[0], tuple(sorted(stations)), _teams(program.sent[label], values))
        for label, stations in held.items()
    ]
    for q, pool in enumerate(program.pools):
        stations = tuple(t for t in pool.stations if values[program.fresh[t].name])
        if stations:
            found.append(Group(q, None, stations, _teams(program.added[q], values)))
    return found


def values_of(
    program: MovesProgram, beats: Sequence[Beat], former: Sequence[int | None]
) -> dict[str, float]:
    """Write a plan as values of the program's variables.

    Parameters
    ----------
    program
        The program.
    beats
        A plan that keeps all rules.
    former
        For every beat the place of the team it is matched with, or None.

    Returns
    -------
    dict
        Name to value, of the variables that stations and teams have; anchors are left out.
    """
    ones: list[pulp.LpVariable] = []
    guarded: set[int] = set()
    for beat, k in zip(beats, former, strict=True):
        q, way = program.pool_of[beat.anchor], (beat.post, beat_officers(program.problem, beat))
        guarded.update(beat.stations)
        own = () if k is None else program.labels.get((k, q), ())
        if k is not None and not {*own}.isdisjoint(beat.stations):
            ones += [program.stay[t, (k, q)] for t in beat.stations]
            ones.append(program.sent[k, q][way])
        else:
            ones += [program.fresh[t] for t in beat.stations]
            ones.append(program.added[q][way])
    ones += [one for t, one in program.missed.items() if t not in guarded]
    values = {one.name: 0.0 for one in _of_plans(program)}
    for one in ones:
        values[one.name] += 1
    return values


def _of_plans(program: MovesProgram) -> Iterator[pulp.LpVariable]:
    """Give the variables that stations and teams have."""
    yield from program.stay.values()
    yield from program.fresh.values()
    yield from program.missed.values()
    for ways in (*program.sent.values(), *program.added):
        yield from ways.values()


def outside(
    program: MovesProgram, pools: set[int], values: Mapping[str, float]
) -> dict[str, float]:
    """Keep what was proposed for other pools.

    Parameters
    ----------
    program
        The program.
    pools
        Places of the pools to leave out.
    values
        Of the program's variables, by name.

    Returns
    -------
    dict
        Name to value, of the variables that stations and teams of other pools have.
    """
    kept = [one for (_, label), one in program.stay.items() if label[1] not in pools]
    for some in (program.fresh, program.missed):
        kept += [one for t, one in some.items() if program.pool_of[t] not in pools]
    for label, ways in program.sent.items():
        kept += ways.values() if label[1] not in pools else ()
    for q, ways in enumerate(program.added):
        kept += ways.values() if q not in pools else ()
    return {one.name: values[one.name] for one in kept}


def _teams(
    ways: Mapping[tuple[int, int], pulp.LpVariable], values: Mapping[str, float]
) -> tuple[tuple[tuple[int, int], int], ...]:
    return tuple((way, round(values[one.name])) for way, one in ways.items() if values[one.name])
