"""Two plans of a city side by side: what differs between them, one by one and in figures.

Neither plan needs to be older than the other, nor made from the same inputs. They are called *A*
and *B*; whatever is added, new or moved is so from *A* to *B*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from metro_gis.compare_differences import (
    count_kinds,
    differing_posts,
    differing_stations,
    differing_teams,
    match_plans,
)
from metro_gis.compare_notes import INCOMPARABLE, Note, find_notes
from metro_gis.doctrine import RiskClass
from metro_gis.summary import summarize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.compare_differences import Difference
    from metro_gis.plan_file import PlanFile

FIGURES: Final = (
    "stations",
    "covered",
    "uncovered",
    *(f"uncovered_{risk}" for risk in RiskClass),
    "teams",
    "officers_available",
    "officers_on_stations",
    "officers_free",
    "officers_fixed",
    "officers_reserve",
    "strength",
    "officer_minutes",
    "gap",
    "gap_certified",
    "deploy_minutes_max",
    "beat_minutes_max",
)
"""What is told of both plans in numbers, with the difference."""

COMPARED: Final = ("stations", "teams", "posts")

__all__ = ["COMPARED", "FIGURES", "Comparison", "compare_plans"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between plan *A* and plan *B*.

    Parameters
    ----------
    a, b
        Facts of either plan that are no numbers: ``plan_id, title, stem, status, stopped_by,
        modelled, previous_plan_id, roads, limits`` (minutes) and ``inputs``.
    figures
        Each of `FIGURES` as ``{"a", "b", "difference"}``; None where a plan has no such figure.
        Minutes are minutes, gaps fractions, all others counts.
    rungs
        Rung of *low* by border unit, where any plan has one: ``{"unit", "a", "b"}``.
    stations, teams, posts
        All that is not the same in both plans, in the order of *B*, then of *A*.
    matched
        Ids of teams that are matched, *A* before *B*, in the order of *B*.
    changes
        ``stations`` that move and ``officers`` with new orders from *A* to *B*, and their sum
        ``count``, as a re-plan counts them.
    notes
        What to know before figures are compared.
    """

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    figures: Mapping[str, Mapping[str, float | None]]
    rungs: tuple[Mapping[str, Any], ...]
    stations: tuple[Difference, ...]
    teams: tuple[Difference, ...]
    posts: tuple[Difference, ...]
    matched: tuple[tuple[str, str], ...]
    changes: Mapping[str, int]
    notes: tuple[Note, ...]

    @property
    def same(self) -> bool:
        """Whether no station, team or post differs."""
        return not (self.stations or self.teams or self.posts)

    @property
    def comparable(self) -> bool:
        """Whether both plans answer the same question, so that figures compare as they stand."""
        return not any(note.code in INCOMPARABLE for note in self.notes)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Differences of stations, teams and posts by kind; every kind is there, 0 too."""
        return {what: count_kinds(what, getattr(self, what)) for what in COMPARED}

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as plain values, for ``--json``.

        Returns
        -------
        dict
            The same keys for any two plans.
        """
        return {
            "same": self.same,
            "comparable": self.comparable,
            "a": dict(self.a),
            "b": dict(self.b),
            "notes": [
                {
                    "code": note.code,
                    "incomparable": note.code in INCOMPARABLE,
                    "params": dict(note.params),
                }
                for note in self.notes
            ],
            "figures": {name: dict(sides) for name, sides in self.figures.items()},
            "rungs": [dict(row) for row in self.rungs],
            "changes": dict(self.changes),
            "counts": self.counts,
            **{what: [one.as_dict() for one in getattr(self, what)] for what in COMPARED},
            "matched": [{"a": one, "b": other} for one, other in self.matched],
        }


def compare_plans(a: PlanFile, b: PlanFile) -> Comparison:
    """Tell what differs between two plans.

    Parameters
    ----------
    a, b
        The plans, from `metro_gis.plan_file.read_plan`.

    Returns
    -------
    Comparison
        From *A* to *B*. Exchanged plans give the same, the other way round.
    """
    matching = match_plans(a, b)
    stations = differing_stations(a, b, matching.moved)
    changes = matching.changes
    return Comparison(
        a=_facts(a),
        b=_facts(b),
        figures=_figures(a, b),
        rungs=_rungs(a, b),
        stations=stations,
        teams=differing_teams(a, b, matching),
        posts=differing_posts(a, b),
        matched=matching.pairs,
        changes={
            "count": changes.count,
            "stations": len(changes.stations),
            "officers": sum(changes.officers),
        },
        notes=find_notes(a, b, count_kinds("stations", stations)),
    )


def _facts(plan: PlanFile) -> dict[str, Any]:
    info, scenario = plan.info, plan.info["scenario"]
    told = ("status", "stopped_by", "modelled", "previous_plan_id")
    return {
        "plan_id": plan.plan_id,
        "title": scenario["title"],
        "stem": scenario["stem"],
        **{name: info[name] for name in told},
        "roads": dict(info["roads"]),
        "limits": dict(scenario["limits"]),
        "inputs": [dict(entry) for entry in info["inputs"]],
    }


def _figures(a: PlanFile, b: PlanFile) -> dict[str, dict[str, float | None]]:
    one, other = _numbers(a), _numbers(b)
    figures = {}
    for name in FIGURES:
        sides = one[name], other[name]
        # binary fractions leave dust behind, which is no difference
        difference = None if None in sides else round(sides[1] - sides[0], 6)
        figures[name] = {"a": sides[0], "b": sides[1], "difference": difference}
    return figures


def _numbers(plan: PlanFile) -> dict[str, Any]:
    summary = summarize(plan)
    classes = {f"uncovered_{risk}": n for risk, n in summary["uncovered_by_class"].items()}
    return {**summary, **classes, "strength": plan.info["aims"][1]["value"]}


def _rungs(a: PlanFile, b: PlanFile) -> tuple[dict[str, Any], ...]:
    one, other = a.info["rung_low"], b.info["rung_low"]
    return tuple(
        {"unit": unit, "a": one.get(unit), "b": other.get(unit)} for unit in sorted({*one, *other})
    )
