"""What keeps the figures of two plans from being compared as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metro_gis.plan_file import PlanFile

INCOMPARABLE: Final = frozenset(
    ("other-stations", "other-roads", "other-travel", "other-limits", "other-rules")
)
"""Notes after which a figure of one plan says nothing about the other."""

TASK_KINDS: Final = ("added", "dropped", "class_changed", "place_changed", "area_changed")
"""How stations differ that come from the table and not from the plan."""

POST_FIELDS: Final = ("officers", "fixed_officers", "reserve_officers", "serves")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know before figures are compared.

    Parameters
    ----------
    code
        Key of the message catalogue, without its prefix ``compare.note-``.
    params
        What the message's placeholders stand for; sides are named ``A`` and ``B``.
    """

    code: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)


def find_notes(a: PlanFile, b: PlanFile, stations: Mapping[str, int]) -> tuple[Note, ...]:
    """Find how two plans come from different tasks.

    Parameters
    ----------
    a, b
        The plans.
    stations
        How many stations differ, by kind.

    Returns
    -------
    tuple of Note
        Those of `INCOMPARABLE` first.
    """
    return (*_tasks(a, b, stations), *_origins(a, b))


def _tasks(a: PlanFile, b: PlanFile, stations: Mapping[str, int]) -> Iterator[Note]:
    told = {name: stations[name] for name in TASK_KINDS}
    if any(told.values()):
        yield Note("other-stations", told)
    one, other = a.info["scenario"], b.info["scenario"]
    if a.info["roads"]["sha256"] != b.info["roads"]["sha256"]:
        yield Note("other-roads")
    if one["travel"] != other["travel"]:
        yield Note("other-travel")
    if one["limits"] != other["limits"]:
        yield Note("other-limits", {**_limits("a", one), **_limits("b", other)})
    if one["beats"] != other["beats"] or one["patterns"] != other["patterns"]:
        yield Note("other-rules")
    if _posts(a) != _posts(b):
        yield Note("other-posts")


def _limits(side: str, scenario: Mapping[str, Any]) -> dict[str, float]:
    limits = scenario["limits"]
    return {f"{side}_{name}": float(limits[f"{name}_minutes"]) for name in ("deploy", "beat")}


def _posts(plan: PlanFile) -> dict[str, tuple[Any, ...]]:
    rows = zip(plan.tables["posts"], plan.points["posts"], strict=True)
    return {row["post_id"]: (*(row[name] for name in POST_FIELDS), point) for row, point in rows}


def _origins(a: PlanFile, b: PlanFile) -> Iterator[Note]:
    if _reached(a) != _reached(b):
        yield Note("other-aims")
    if a.info["modelled"] != b.info["modelled"]:
        yield Note("modelled-one", {"one": "A" if a.info["modelled"] else "B"})
    if a.plan_id == b.plan_id:
        yield Note("same-plan")
    elif b.info["previous_plan_id"] == a.plan_id:
        yield Note("made-from", {"one": "B", "other": "A"})
    elif a.info["previous_plan_id"] == b.plan_id:
        yield Note("made-from", {"one": "A", "other": "B"})


def _reached(plan: PlanFile) -> tuple[Any, ...]:
    """Give what comes before minutes: which stations are covered, at which rungs."""
    covered = {row["station_id"] for row in plan.tables["stations"] if row["team_id"] is not None}
    return covered, plan.info["rung_low"]
