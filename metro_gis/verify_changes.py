"""Changes of a re-plan, counted anew for the independent checker (`verify.py`).

Standard library alone, written from the rules in ``optimize/README.md``: teams that share their id
in both plans are matched; a station that both guard stays, an officer whose post sends both stays.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

_Row = dict[str, Any]


@dataclass(frozen=True)
class Guard:
    """A team.

    Parameters
    ----------
    post, officers, stations
        Id of its post, how many officers it has, and the ids of its stations.
    """

    post: str
    officers: int
    stations: frozenset[str]


def read_guards(listed: list[_Row]) -> dict[str, Guard]:
    """Read the teams of the plan before.

    Parameters
    ----------
    listed
        As they stand in ``plan_info``.

    Returns
    -------
    dict
        Team id to team.

    Raises
    ------
    ValueError
        If a team or a station is named twice, or officers are no whole number.
    """
    guards = {
        team["team_id"]: Guard(team["post_id"], team["officers"], frozenset(team["stations"]))
        for team in listed
    }
    stations = [t for team in listed for t in team["stations"]]
    sound = len(guards) == len(listed) and len(set(stations)) == len(stations)
    if not sound or any(type(one.officers) is not int for one in guards.values()):
        message = "teams of the plan before"
        raise ValueError(message)
    return guards


def kept(one: Guard, other: Guard) -> int:
    """Count what stays together when a new team goes on as another.

    Parameters
    ----------
    one, other
        The new team and the one before.

    Returns
    -------
    int
        Stations that both guard, and officers whose post sends both.
    """
    officers = min(one.officers, other.officers) if one.post == other.post else 0
    return len(one.stations & other.stations) + officers


def count_changes(now: dict[str, Guard], before: dict[str, Guard]) -> tuple[int, int]:
    """Count changes, teams being matched by their ids.

    Parameters
    ----------
    now, before
        Teams of both plans by id.

    Returns
    -------
    tuple of int
        Moved stations, and officers with new orders.
    """
    home = {t: k for k, team in before.items() for t in team.stations}
    moved = sum(t in home and home[t] != k for k, team in now.items() for t in team.stations)
    ordered = 0
    for k, team in now.items():
        same = k in before and before[k].post == team.post
        ordered += team.officers - (min(team.officers, before[k].officers) if same else 0)
    return moved, ordered


def could_keep_more(now: dict[str, Guard], before: dict[str, Guard]) -> bool:
    """Tell whether another matching keeps more: a round of takeovers that gains.

    Teams are places, and taking over what another was matched with is a step from one to the
    other; a last place stands for nobody. Where no matching is better, longest walks end.

    Parameters
    ----------
    now, before
        Teams of both plans by id.

    Returns
    -------
    bool
        Whether the ids hide that fewer changes would do.
    """
    by_station: dict[str, str] = {t: k for k, team in before.items() for t in team.stations}
    by_post: dict[str, list[str]] = defaultdict(list)
    for k, team in before.items():
        by_post[team.post].append(k)
    nobody, steps = "", list[tuple[str, str, int]]()
    for k, team in now.items():
        own = kept(team, before[k]) if k in before else 0
        near = {by_station[t] for t in team.stations if t in by_station} | {*by_post[team.post]}
        for other in near - {k}:
            gain = kept(team, before[other]) - own
            steps.append((k, other if other in now else nobody, gain))
        steps += [(k, nobody, -own), (nobody, k, 0)]
    longest = dict.fromkeys([*now, nobody], 0)
    for _ in range(len(longest)):
        news = False
        for start, end, gain in steps:
            if longest[start] + gain > longest[end]:
                longest[end], news = longest[start] + gain, True
        if not news:
            return False
    return True
