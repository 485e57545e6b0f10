"""The officers curve, in lines for the terminal: a table with bars, and what is lacking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metro_gis.messages import clean, number, percent, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BAR = 12
"""Marks of a full bar."""
GAP = "  "


def curve_lines(facts: Mapping[str, Any], lang: str) -> Iterator[str]:
    """Tell the points, the fewest officers for each rung, and what is lacking.

    Parameters
    ----------
    facts
        From `metro_gis.officers_curve.draw_curve`.
    lang
        ``"id"`` or ``"en"``.

    Yields
    ------
    str
        A line.
    """
    points = facts["points"]
    rows = [_heads(lang), *(_row(point, facts, lang) for point in points)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        yield GAP.join(
            cell.ljust(width) if cell.startswith("#") else cell.rjust(width)
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
    yield ""
    yield text("curve.fewest", lang)
    for need in facts["fewest"]:
        yield GAP + text(
            f"curve.fewest-{_proof(need)}", lang, rung=need["rung"], officers=need["officers"]
        )
    yield text("curve.ask", lang, officers=facts["officers_available"])
    for need in facts["ask"]:
        yield GAP + _ask_line(need, lang)
    if facts["modelled"]:
        yield text("curve.modelled", lang)


def _heads(lang: str) -> Sequence[str]:
    names = ("officers", "covered", "bar", "low", "bar", "minutes", "gap")
    return ["#" if name == "bar" else text(f"curve.{name}", lang) for name in names]


def _row(point: Mapping[str, Any], facts: Mapping[str, Any], lang: str) -> Sequence[str]:
    stations = point["covered"] + point["uncovered"]
    longest = max(facts["scenario"]["patterns"]["low"]["ladder"])
    low = point["stations_per_team_low"]
    gap = point["gap"]
    return [
        number(point["officers"], lang),
        f"{number(point['covered'], lang)}/{number(stations, lang)}",
        _bar(point["covered"] / max(1, stations)),
        "-" if low is None else number(low, lang, 1),
        _bar((low or 0) / longest),
        number(float(point["officer_minutes"]), lang, 1),
        "-" if gap is None else percent(gap, lang),
    ]


def _bar(share: float) -> str:
    return "#" * max(1, round(BAR * share))


def _proof(need: Mapping[str, Any]) -> str:
    return "proven" if need["proven"] else "unproven"


def _ask_line(need: Mapping[str, Any], lang: str) -> str:
    """Tell what is lacking at a rung, where, and why no fewer would do."""
    if not need["officers"]:
        return text("curve.ask-none", lang, rung=need["rung"])
    posts = ", ".join(f"{clean(post)} +{count}" for post, count in need["posts"].items())
    line = text(
        f"curve.ask-{_proof(need)}", lang,
        rung=need["rung"], officers=need["officers"], bound=need["bound"], posts=posts,
    )  # fmt: skip
    why = need["shortage"]
    if why is None:
        return line
    return line + " " + text("curve.ask-why", lang, **{k: v for k, v in why.items() if k != "units"}
                             | {"posts": len(why["posts"])})  # fmt: skip
