"""The figures of a plan, as ``--json`` gives them and the terminal shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from metro_gis.doctrine import RiskClass
from metro_gis.former_plan import transfer_orders
from metro_gis.messages import percent, text
from metro_gis.plan_file import OFFICERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.plan_file import PlanFile


def summarize(plan: PlanFile) -> dict[str, Any]:
    """Take a plan's figures from its file.

    Parameters
    ----------
    plan
        The plan.

    Returns
    -------
    dict
        Keys as ``optimize plan --json`` prints them, without ``seconds`` and ``plan``.
    """
    stations, teams, posts = (plan.tables[name] for name in ("stations", "teams", "posts"))
    uncovered = [row for row in stations if row["team_id"] is None]
    by_class = {str(cls): 0 for cls in RiskClass}
    for row in uncovered:
        by_class[row["risk_class"]] += 1
    details = {row["station_id"]: row["detail"] for row in plan.tables["witnesses"]}
    posted = sum(row["posted_officers"] for row in posts)
    free = sum(row["free_officers"] for row in posts)
    aims = plan.info["aims"]
    return (
        {
            "status": plan.info["status"],
            "stopped_by": plan.info["stopped_by"],
            "gap": plan.info["gap"],
            "gap_certified": plan.info["certified"]["gap"],
            "aims": aims,
            "stations": len(stations),
            "covered": len(stations) - len(uncovered),
            "uncovered": len(uncovered),
            "uncovered_by_class": by_class,
            "teams": len(teams),
            "officers_available": posted + free,
            "officers_on_stations": posted,
            "officers_free": free,
            "officers_fixed": sum(row["fixed_officers"] for row in posts),
            "officers_reserve": sum(row["reserve_officers"] for row in posts),
            "rung_low": plan.info["rung_low"],
            "deploy_minutes_max": _largest(stations, "deploy_minutes"),
            "beat_minutes_max": _largest(stations, "beat_minutes"),
            "officer_minutes": aims[2]["value"],
            "uncovered_stations": [
                {"station_id": row["station_id"], "reason": row["reason"]}
                | json.loads(details[row["station_id"]])
                for row in uncovered
            ],
            "plan_id": plan.plan_id,
            "modelled": plan.info["modelled"],
        }
        | _changes(plan)
        | _names(plan)
    )


def _changes(plan: PlanFile) -> dict[str, Any]:
    """Tell what a re-plan changes; nothing of a plan that was made anew."""
    told = plan.info.get("changes")
    if told is None:
        return {}
    count = told["stations"] + told["officers"]
    bound = told["bound"]
    return {
        "previous_plan_id": plan.info["previous_plan_id"],
        "changes": {
            "count": count,
            "stations": told["stations"],
            "officers": told["officers"],
            "bound": bound,
            "gap": None if bound is None else max(0.0, (count - bound) / max(count, 1)),
            "strength": told["strength"],
            "locks": told["locks"],
            "max_moves": told["max_moves"],
            "trade_off": told["trade_off"],
            "free": told["free"],
        },
        "orders": transfer_orders(plan),
    }


def _names(plan: PlanFile) -> dict[str, Any]:
    """Tell of the draw without naming anyone; nothing where the plan knows no list."""
    if plan.info["scenario"]["inputs"].get("personnel") is None:
        return {}
    draw = plan.info.get("draw")
    if draw is None:
        return {"names": {"drawn": False}}
    rows = plan.tables[OFFICERS]
    kept = [row for row in rows if row["previous"] in (row["team_id"], row["duty"])]
    told = {key: draw[key] for key in ("seed", "list_sha256", "previous_plan_id")}
    count = len([row for row in kept if row["previous"] is not None])
    return {"names": {"drawn": True, "officers": len(rows), "kept": count} | told}


def _largest(rows: list[dict[str, Any]], column: str) -> float | None:
    values = [row[column] for row in rows if row[column] is not None]
    return max(values, default=None)


def truth_line(summary: Mapping[str, Any], lang: str) -> str:
    """Say in one line what a plan reaches and what is proven of it.

    Parameters
    ----------
    summary
        From `summarize`.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        For example "462 of 462 covered; within 0.4 % of the best possible".
    """
    parts = [
        text(
            "summary.covered",
            lang,
            covered=summary["covered"],
            stations=summary["stations"],
        )
    ]
    gap = summary["gap"]
    if summary["status"] == "optimal":
        parts.append(text("summary.optimal", lang))
    elif gap is None:
        parts.append(text("summary.unproven", lang))
    else:
        parts.append(text("summary.within", lang, gap=percent(gap, lang)))
    if summary["stopped_by"] in ("time_limit", "interrupted", "nodes"):
        parts.append(text(f"summary.{summary['stopped_by']}", lang))
    if summary["modelled"]:
        parts.append(text("summary.modelled", lang))
    return "; ".join(parts)
