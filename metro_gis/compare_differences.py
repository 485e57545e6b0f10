"""What differs between two plans, station by station, team by team, post by post.

Teams are matched as in a re-plan, so that as much as possible stays together (`metro_gis.changes`).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from metro_gis.changes import changes_by, match_teams
from metro_gis.doctrine import RiskClass
from metro_gis.former_plan import (
    former_among,
    former_facts,
    guarded_stations,
    officers_for_stations,
    reason_for,
)
from metro_gis.plan import Beat
from metro_gis.problem import border_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.changes import Changes
    from metro_gis.plan_file import PlanFile, Row

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "stations": (
        "added",
        "dropped",
        "moved",
        "uncovered",
        "covered",
        "class_changed",
        "rung_changed",
        "place_changed",
        "area_changed",
    ),
    "teams": (
        "new",
        "gone",
        "post_changed",
        "beat_changed",
        "anchor_changed",
        "officers_changed",
    ),
    "posts": (
        "added",
        "gone",
        "officers_changed",
        "posted_changed",
        "place_changed",
        "serves_changed",
    ),
}
"""How a station, a team or a post may differ."""

PLACE_M: Final = 1.0
"""Points nearer to each other than this are the same place, rounded otherwise."""
EARTH_M: Final = 6_371_000.0
HEADCOUNT: Final = ("officers", "fixed_officers", "reserve_officers")

__all__ = [
    "KINDS",
    "Difference",
    "Matching",
    "count_kinds",
    "differing_posts",
    "differing_stations",
    "differing_teams",
    "match_plans",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """A station, a team or a post that is not the same in both plans.

    Parameters
    ----------
    kinds
        How it differs, as `KINDS` has it.
    a, b
        What either plan says of it; None where it is not there.
    more
        What belongs to neither side alone: ``apart_m`` of a place (metres), and of a team
        ``new_orders`` (officers), ``stations_in``, ``stations_out`` and ``why``, as transfer orders
        have it.
    """

    kinds: tuple[str, ...]
    a: Row | None
    b: Row | None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """Side *B*, or *A* where that is all there is."""
        return self.b if self.b is not None else self.a or {}

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain values, for ``--json``.

        Returns
        -------
        dict
            ``kinds, a, b`` and what is in ``more``.
        """
        return {"kinds": list(self.kinds), "a": self.a, "b": self.b, **self.more}


@dataclass(frozen=True)
class Matching:
    """Teams of *A* and *B* that are taken for the same.

    Parameters
    ----------
    pairs
        Ids, *A* before *B*, in the order of *B*.
    changes
        What changes from *A* to *B*, as a re-plan counts it.
    moved
        Ids of stations that are covered in both plans, but by another team.
    """

    pairs: tuple[tuple[str, str], ...]
    changes: Changes
    moved: frozenset[str]


def count_kinds(what: str, rows: Sequence[Difference]) -> dict[str, int]:
    """Count differences by kind.

    Parameters
    ----------
    what
        ``"stations"``, ``"teams"`` or ``"posts"``.
    rows
        Differences of these.

    Returns
    -------
    dict
        Every kind to its count, 0 too.
    """
    counts = Counter(kind for row in rows for kind in row.kinds)
    return {kind: counts[kind] for kind in KINDS[what]}


def match_plans(a: PlanFile, b: PlanFile) -> Matching:
    """Match teams, and count changes from *A* to *B*.

    Parameters
    ----------
    a, b
        The plans.

    Returns
    -------
    Matching
        Of several that keep as much, the same is found whichever plan is called *A*, and teams of
        the same name are matched rather than others.
    """
    stations, posts = (_places(kind, a, b) for kind in ("station", "post"))
    first, second = sorted((a, b), key=lambda plan: plan.plan_id)
    former = former_among(first, stations, posts)
    names = {team.team_id: k for k, team in enumerate(former.teams)}
    rows = second.tables["teams"]
    found = match_teams(
        former,
        _beats(second, stations, posts),
        [row["officers"] for row in rows],
        [(n, names[row["team_id"]]) for n, row in enumerate(rows) if row["team_id"] in names],
    )
    both = [
        (former.teams[k].team_id, row["team_id"])
        for k, row in zip(found, rows, strict=True)
        if k is not None
    ]
    earlier = {other: one for one, other in both} if first is a else dict(both)
    places = {row["team_id"]: k for k, row in enumerate(a.tables["teams"])}
    teams = [row["team_id"] for row in b.tables["teams"]]
    changes = changes_by(
        former_among(a, stations, posts),
        _beats(b, stations, posts),
        [row["officers"] for row in b.tables["teams"]],
        [places[earlier[one]] if one in earlier else None for one in teams],
    )
    ids = list(stations)
    return Matching(
        tuple((earlier[one], one) for one in teams if one in earlier),
        changes,
        frozenset(ids[t] for t in changes.stations),
    )


def _places(kind: str, *plans: PlanFile) -> dict[str, int]:
    ids = dict.fromkeys(row[f"{kind}_id"] for plan in plans for row in plan.tables[f"{kind}s"])
    return {one: place for place, one in enumerate(ids)}


def _beats(plan: PlanFile, stations: Mapping[str, int], posts: Mapping[str, int]) -> list[Beat]:
    guarded = guarded_stations(plan)
    return [
        Beat(
            posts[row["post_id"]],
            stations[row["anchor_station_id"]],
            tuple(sorted(stations[one] for one in guarded.get(row["team_id"], ()))),
        )
        for row in plan.tables["teams"]
    ]


def differing_stations(a: PlanFile, b: PlanFile, moved: frozenset[str]) -> tuple[Difference, ...]:
    """Find stations that are not the same in both plans.

    Parameters
    ----------
    a, b
        The plans.
    moved
        Ids of stations that another team covers.

    Returns
    -------
    tuple of Difference
        In the order of *B*, then of *A*.
    """
    sides, points = (
        (_station_sides(a), _station_sides(b)),
        (_points("station", a), _points("station", b)),
    )
    found = []
    for one, before, now in _both(*sides):
        apart_m = _apart_m(points[0].get(one), points[1].get(one))
        kinds = _station_kinds(before, now, apart_m, moved=one in moved)
        found.append(_difference("stations", kinds, before, now, apart_m=apart_m))
    return tuple(one for one in found if one.kinds)


def _station_sides(plan: PlanFile) -> dict[str, Row]:
    border, rungs = plan.info["scenario"]["beats"]["border"], plan.info["rung_low"]
    teams = {row["team_id"]: row for row in plan.tables["teams"]}
    sides = {}
    for row in plan.tables["stations"]:
        low = row["risk_class"] == RiskClass.LOW
        unit = border_unit(border, row["kecamatan"], row["kelurahan"])
        team = teams.get(row["team_id"], {})
        copied = ("station_id", "name", "kecamatan", "kelurahan", "risk_class", "team_id")
        sides[row["station_id"]] = {
            **{name: row[name] for name in copied},
            "post_id": team.get("post_id"),
            "anchor_station_id": team.get("anchor_station_id"),
            "rung": rungs.get(unit) if low else None,
            "reason": row["reason"],
            "deploy_minutes": row["deploy_minutes"],
            "beat_minutes": row["beat_minutes"],
        }
    return sides


def _station_kinds(a: Row | None, b: Row | None, apart_m: float | None, *, moved: bool) -> set[str]:
    if a is None or b is None:
        return {"added" if a is None else "dropped"}
    had, has = a["team_id"] is not None, b["team_id"] is not None
    place = ("kecamatan", "kelurahan")
    rungs = None not in (a["rung"], b["rung"]) and a["rung"] != b["rung"]
    return _holding(
        moved=moved,
        uncovered=had and not has,
        covered=has and not had,
        class_changed=a["risk_class"] != b["risk_class"],
        rung_changed=rungs,
        place_changed=apart_m is not None and apart_m > PLACE_M,
        area_changed=any((a[name] or "") != (b[name] or "") for name in place),
    )


def differing_teams(a: PlanFile, b: PlanFile, matching: Matching) -> tuple[Difference, ...]:
    """Find teams that are not the same in both plans.

    Parameters
    ----------
    a, b
        The plans.
    matching
        Which teams are taken for the same.

    Returns
    -------
    tuple of Difference
        In the order of *B*, then of *A*.
    """
    before, now = _team_sides(a), _team_sides(b)
    earlier = {other: one for one, other in matching.pairs}
    pairs = [(before.get(earlier.get(one, "")), side) for one, side in now.items()]
    gone = before.keys() - earlier.values()
    former = former_facts(a)
    found = [
        _team(one, other, former, b)
        for one, other in [*pairs, *((side, None) for one, side in before.items() if one in gone)]
    ]
    return tuple(one for one in found if one.kinds)


def _team_sides(plan: PlanFile) -> dict[str, Row]:
    guarded = guarded_stations(plan)
    copied = ("team_id", "post_id", "kecamatan", "officers", "anchor_station_id", "rung", "load",
              "deploy_minutes", "beat_minutes", "round_minutes")  # fmt: skip
    return {
        row["team_id"]: {
            **{name: row[name] for name in copied},
            "stations": guarded.get(row["team_id"], []),
        }
        for row in plan.tables["teams"]
    }


def _team(a: Row | None, b: Row | None, former: Mapping[str, Any], plan: PlanFile) -> Difference:
    had, has = (set(side["stations"]) if side else set() for side in (a, b))
    orders = b["officers"] if b else 0
    if a and b:
        same_post = a["post_id"] == b["post_id"]
        orders -= min(a["officers"], b["officers"]) if same_post else 0
        kinds = _holding(
            post_changed=not same_post,
            beat_changed=had != has,
            anchor_changed=a["anchor_station_id"] != b["anchor_station_id"],
            officers_changed=a["officers"] != b["officers"],
        )
    else:
        kinds = {"new" if a is None else "gone"}
    order = {
        "post_id": b["post_id"] if b else None,
        "former_post_id": a["post_id"] if a else None,
        "stations_in": sorted(has - had),
        "stations_out": sorted(had - has),
    }
    return _difference(
        "teams",
        kinds,
        a,
        b,
        new_orders=orders,
        stations_in=order["stations_in"],
        stations_out=order["stations_out"],
        why=reason_for(order, former, plan),
    )


def differing_posts(a: PlanFile, b: PlanFile) -> tuple[Difference, ...]:
    """Find posts that are not the same in both plans.

    Parameters
    ----------
    a, b
        The plans.

    Returns
    -------
    tuple of Difference
        In the order of *B*, then of *A*.
    """
    points = _points("post", a), _points("post", b)
    found = []
    for one, before, now in _both(_post_sides(a), _post_sides(b)):
        apart_m = _apart_m(points[0].get(one), points[1].get(one))
        if before is None or now is None:
            kinds = {"added" if before is None else "gone"}
        else:
            kinds = _holding(
                officers_changed=any(before[name] != now[name] for name in HEADCOUNT),
                posted_changed=before["posted_officers"] != now["posted_officers"],
                place_changed=apart_m is not None and apart_m > PLACE_M,
                serves_changed=(before["serves"] or "") != (now["serves"] or ""),
            )
        found.append(_difference("posts", kinds, before, now, apart_m=apart_m))
    return tuple(one for one in found if one.kinds)


def _post_sides(plan: PlanFile) -> dict[str, Row]:
    copied = ("post_id", "name", *HEADCOUNT, "posted_officers", "free_officers", "serves")
    return {
        row["post_id"]: {name: row[name] for name in copied}
        | {"station_officers": officers_for_stations(row)}
        for row in plan.tables["posts"]
    }


def _both(a: Mapping[str, Row], b: Mapping[str, Row]) -> list[tuple[str, Row | None, Row | None]]:
    """Put both sides together, in the order of B, then of A."""
    ids = [*b, *(one for one in a if one not in b)]
    return [(one, a.get(one), b.get(one)) for one in ids]


def _points(kind: str, plan: PlanFile) -> dict[str, tuple[float, float]]:
    rows = plan.tables[f"{kind}s"]
    ids = (row[f"{kind}_id"] for row in rows)
    return dict(zip(ids, plan.points[f"{kind}s"], strict=True))


def _apart_m(a: tuple[float, float] | None, b: tuple[float, float] | None) -> float | None:
    """Measure how far two points (lon, lat) of a city lie from each other, in metres."""
    if a is None or b is None:
        return None
    shrink = math.cos(math.radians((a[1] + b[1]) / 2))
    x, y = (b[0] - a[0]) * shrink, b[1] - a[1]
    return round(EARTH_M * math.radians(math.hypot(x, y)), 1)


def _holding(**kinds: bool) -> set[str]:
    return {kind for kind, holds in kinds.items() if holds}


def _difference(
    what: str, kinds: set[str], a: Row | None, b: Row | None, **more: object
) -> Difference:
    return Difference(tuple(kind for kind in KINDS[what] if kind in kinds), a, b, more)
