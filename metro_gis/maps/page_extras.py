"""What a page may tell beside its plan: curve, reserves, plans before and after, its file's day.

Each is a field of ``PageData`` that may be left out; the page then says nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from metro_gis.maps.compact import encode_integers, encode_marks, merge_directions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.maps.page_data import PageData, Point

    Lines = Sequence[tuple[tuple[float, float], ...]]

NOT_THERE = -1
"""Stands for no post and for no minutes."""

__all__ = [
    "CurveFacts",
    "CurvePoint",
    "OrderRow",
    "PlanName",
    "PreviousFacts",
    "ReserveFacts",
    "extra_payload",
]


class CurvePoint(TypedDict):
    """A number of officers for stations, and the plan that it comes to."""

    officers: int
    covered: int
    low: float | None
    officer_minutes: float
    gap: float | None
    optimal: bool


class CurveFacts(TypedDict):
    """The officers curve of the plan's inputs, from few officers to many."""

    points: Sequence[CurvePoint]
    complete: bool


class ReserveFacts(TypedDict):
    """How far officers in reserve or free come.

    ``nearest`` gives a station's nearest post with enough of them for a team and the minutes from
    it; stations that no road leads to are left out. ``roads`` are those lines of the basemap whose
    ends are both reached within ``limit_minutes``.
    """

    limit_minutes: float
    nearest: Mapping[str, tuple[str, float]]
    roads: Sequence[Sequence[Point]]


class PlanName(TypedDict):
    """A plan of the workspace, by the stem of its file and its id."""

    name: str
    plan_id: str


class OrderRow(TypedDict):
    """What changes for one team; ``why`` is a code with what fills its sentence."""

    team_id: str
    post_id: str | None
    former_post_id: str | None
    officers: int
    stations_in: Sequence[str]
    stations_out: Sequence[str]
    why: Mapping[str, Any]


class PreviousFacts(TypedDict):
    """The plan that this one was made from, and what changed."""

    name: str | None
    plan_id: str
    stations: int
    officers: int
    bound: int | None
    orders: Sequence[OrderRow]


def extra_payload(data: PageData, basemap: Mapping[str, Lines]) -> dict[str, Any]:
    """Lay what stands beside the plan out as the page's script reads it.

    Parameters
    ----------
    data
        What the page shows.
    basemap
        Road class to lines, each street once, in the order in which they are written.

    Returns
    -------
    dict
        Plain values; null where nothing is told.
    """
    return {
        "curve": None if data.curve is None else _curve(data.curve),
        "reserve": None if data.reserve is None else _reserve(data, data.reserve, basemap),
        "superseded_by": [dict(one) for one in data.superseded_by],
        "previous": None if data.previous is None else dict(data.previous),
        "made": data.made,
    }


def _curve(facts: CurveFacts) -> dict[str, Any]:
    points = facts["points"]
    columns = ("officers", "covered", "low", "officer_minutes", "gap", "optimal")
    # mypy knows the keys of a typed dict only as literals
    rows: Sequence[Mapping[str, Any]] = points
    return {key: [row[key] for row in rows] for key in columns} | {"complete": facts["complete"]}


def _reserve(data: PageData, facts: ReserveFacts, basemap: Mapping[str, Lines]) -> dict[str, Any]:
    place = {row["post_id"]: index for index, row in enumerate(data.posts)}
    found = [facts["nearest"].get(row["station_id"]) for row in data.stations]
    near = [one if one is not None and one[0] in place else None for one in found]
    reached = set(merge_directions(facts["roads"]))
    return {
        "limit_minutes": facts["limit_minutes"],
        "post": encode_integers(NOT_THERE if one is None else place[one[0]] for one in near),
        "tenths": encode_integers(NOT_THERE if one is None else round(one[1] * 10) for one in near),
        "roads": {name: encode_marks(lines, reached) for name, lines in basemap.items()},
    }
