"""Two plans side by side, in lines for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from metro_gis.change_lines import order_line
from metro_gis.compare import COMPARED
from metro_gis.messages import clean, number, percent, text
from metro_gis.summary import truth_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console

SHOWN: Final = 10
"""Stations, teams or posts of a kind that are listed; ``--json`` has all."""
LABEL_WIDTH: Final = 42
HASH_DIGITS: Final = 8

MINUTES: Final = ("officer_minutes", "deploy_minutes_max", "beat_minutes_max")
GAPS: Final = ("gap", "gap_certified")
MORE_IS_BETTER: Final = ("covered",)
LESS_IS_BETTER: Final = ("uncovered", "strength", "officer_minutes", "gap")
HEADCOUNT: Final = ("officers", "fixed_officers", "reserve_officers", "station_officers")
POSTED: Final = ("posted_officers", "free_officers")
OF_CLASS: Final = "uncovered_"
SIDES: Final = ("a", "b")

__all__ = ["print_comparison"]

Cells = tuple[str, str, str, str, str | None]
"""Label, A, B, difference and the style of the difference."""


def print_comparison(facts: Mapping[str, Any], console: Console, lang: str) -> None:
    """Show a comparison: what either plan is worth, figures side by side, and what differs.

    Parameters
    ----------
    facts
        From `metro_gis.compare_files.Compared.as_dict`.
    console
        Where to.
    lang
        ``"id"`` or ``"en"``.
    """
    for side in SIDES:
        console.print(_head(facts, side, lang), style="bold", markup=False)
        if not facts[side]["verified"]:
            console.print(f"   {_unverified(facts[side], lang)}", style="yellow", markup=False)
    for heading, style, lines in _notes(facts, lang):
        console.print(f"{heading}:", style=style, markup=False)
        for line in lines:
            console.print(f"  {line}", markup=False)
    _print_figures(facts, console, lang)
    for label, line in _differences(facts, lang):
        console.print(f"  {label:<{LABEL_WIDTH}}{line}", markup=False)


def _head(facts: Mapping[str, Any], side: str, lang: str) -> str:
    numbers = {name: figure[side] for name, figure in facts["figures"].items()}
    plan = f"{clean(facts[side]['plan'])}: {truth_line({**facts[side], **numbers}, lang)}"
    return text("compare.side", lang, side=side.upper(), plan=plan)


def _unverified(side: Mapping[str, Any], lang: str) -> str:
    inputs = ", ".join(clean(one) for one in side["changed_inputs"])
    return text("compare.unverified", lang, inputs=inputs)


def _notes(facts: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str, list[str]]]:
    """Give what keeps figures from being compared apart from what is merely good to know."""
    for grave, heading, style in ((True, "incomparable", "bold yellow"), (False, "notes", "bold")):
        lines = [
            text(f"compare.note-{note['code']}", lang, **note["params"])
            for note in facts["notes"]
            if note["incomparable"] is grave
        ]
        if lines:
            yield text(f"compare.{heading}", lang), style, lines


def _print_figures(facts: Mapping[str, Any], console: Console, lang: str) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(Text("  " + text("compare.figure", lang)), no_wrap=True)
    for head in ("A", "B", text("compare.difference", lang)):
        table.add_column(Text(head), justify="right", overflow="fold")
    for label, a, b, difference, style in _figure_rows(facts, lang):
        # names in labels come from tables: as Text they are no markup
        cells = (Text(f"  {label}"), Text(a), Text(b), Text(difference, style or ""))
        table.add_row(*cells)
    console.print(table)


def _figure_rows(facts: Mapping[str, Any], lang: str) -> Iterator[Cells]:
    for name, figure in facts["figures"].items():
        if name.startswith(OF_CLASS) and not any(figure.values()):
            continue
        a, b = (_figure(name, figure[side], lang) for side in SIDES)
        told, style = _difference(name, figure["difference"], lang)
        yield text(f"compare.figure.{name}", lang), a, b, told, style
    yield from _rung_rows(facts["rungs"], lang)
    modelled = [facts[side]["roads"]["modelled"] for side in SIDES]
    roads = [text(f"compare.{'yes' if one else 'no'}", lang) for one in modelled]
    yield text("compare.roads-modelled", lang), *_compared(roads, lang)
    yield from _input_rows(facts, lang)
    ids = [facts[side]["plan_id"] for side in SIDES]
    yield text("compare.plan-id", lang), *_compared(ids, lang)


def _rung_rows(rungs: Sequence[Mapping[str, Any]], lang: str) -> Iterator[Cells]:
    """Tell the rung of every unit; where they are many, of those that differ."""
    rows = [row for row in rungs if len(rungs) <= SHOWN or row["a"] != row["b"]]
    for row in rows[:SHOWN]:
        unit = text("compare.whole-area", lang) if row["unit"] == "*" else clean(row["unit"])
        a, b = ("-" if row[side] is None else str(row[side]) for side in SIDES)
        known = None not in (row["a"], row["b"])
        told = _signed(row["b"] - row["a"], 0, lang) if known else ""
        yield text("compare.rung-of", lang, unit=unit), a, b, told, "bold" if a != b else None
    if len(rows) > SHOWN:
        yield text("cli.more", lang, count=len(rows) - SHOWN), "", "", "", None


def _input_rows(facts: Mapping[str, Any], lang: str) -> Iterator[Cells]:
    inputs = [{one["name"]: one for one in facts[side]["inputs"]} for side in SIDES]
    for name in dict.fromkeys([*inputs[0], *inputs[1]]):
        files = [_file(one.get(name)) for one in inputs]
        yield text("compare.input", lang, name=clean(name)), *_compared(files, lang)


def _file(entry: Mapping[str, Any] | None) -> str:
    return "-" if entry is None else f"{clean(entry['file'])} {entry['sha256'][:HASH_DIGITS]}"


def _compared(sides: Sequence[str], lang: str) -> tuple[str, str, str, str | None]:
    a, b = sides
    return (
        a,
        b,
        text(f"compare.{'equal' if a == b else 'differs'}", lang),
        None if a == b else "bold",
    )


def _figure(name: str, value: float | None, lang: str) -> str:
    if value is None:
        return "-"
    if name in GAPS:
        return percent(value, lang)
    return number(value, lang, 1 if name in MINUTES else 0)


def _difference(name: str, value: float | None, lang: str) -> tuple[str, str | None]:
    if value is None:
        return "", None
    if name in GAPS:
        told = "" if not value else ("+" if value > 0 else "-") + percent(abs(value), lang)
    else:
        told = _signed(value, 1 if name in MINUTES else 0, lang)
    if not value:
        return told, None
    better = value > 0 if name in MORE_IS_BETTER else value < 0
    judged = name in (*MORE_IS_BETTER, *LESS_IS_BETTER) or name.startswith(OF_CLASS)
    return told, ("green" if better else "red") if judged else "bold"


def _signed(value: float, digits: int, lang: str) -> str:
    return ("+" if value > 0 else "") + number(value, lang, digits)


def _differences(facts: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str]]:
    if facts["same"]:
        yield text("compare.changes", lang), text("compare.nothing", lang)
        return
    yield text("compare.changes", lang), text("compare.changes-counted", lang, **facts["changes"])
    told = {"stations": _station, "teams": _team, "posts": _post}
    for what in COMPARED:
        for kind, count in facts["counts"][what].items():
            if not count:
                continue
            rows = [row for row in facts[what] if kind in row["kinds"]]
            label = f"{text(f'compare.{what}.{kind}', lang)}: {number(count, lang)}"
            # a rung is that of a whole unit, whose stations need no list
            lines = [] if kind == "rung_changed" else [told[what](r, kind, lang) for r in rows]
            for line in lines[:SHOWN] or [""]:
                yield label, line
                label = ""
            if len(lines) > SHOWN:
                yield "", text("cli.more", lang, count=len(lines) - SHOWN)


def _side_texts(row: Mapping[str, Any], tell: Callable[[Mapping[str, Any]], str]) -> dict[str, str]:
    return {side: tell(row[side]) for side in SIDES}


def _station(row: Mapping[str, Any], kind: str, lang: str) -> str:
    one = row["b"] or row["a"]
    told = clean(one["station_id"])
    if one["name"]:
        told = text("compare.named", lang, id=told, name=clean(one["name"]))
    return f"{told}: {_of_station(row, kind, lang)}"


def _of_station(row: Mapping[str, Any], kind: str, lang: str) -> str:
    def fate(side: Mapping[str, Any]) -> str:
        if side["team_id"] is None:
            return text("compare.fate-none", lang)
        team, post = clean(side["team_id"]), clean(side["post_id"])
        return text("compare.fate-team", lang, team=team, post=post)

    if kind in ("added", "dropped"):
        return fate(row["b"] or row["a"])
    if kind == "place_changed":
        return text("compare.apart", lang, metres=number(row["apart_m"], lang, 0))
    tell = {
        "class_changed": lambda side: text(f"cli.class-{side['risk_class']}", lang),
        "area_changed": _area,
    }.get(kind, fate)
    return text("compare.a-b", lang, **_side_texts(row, tell))


def _area(side: Mapping[str, Any]) -> str:
    return ", ".join(clean(side[name]) for name in ("kecamatan", "kelurahan") if side[name]) or "-"


def _team(row: Mapping[str, Any], kind: str, lang: str) -> str:
    a, b = row["a"], row["b"]
    names = list(dict.fromkeys(clean(side["team_id"]) for side in (a, b) if side))
    named = " = ".join(names)
    if kind == "anchor_changed":
        anchors = _side_texts(row, lambda side: clean(side["anchor_station_id"]))
        return f"{named}: {text('compare.a-b', lang, **anchors)}"
    if kind == "officers_changed":
        sizes = _side_texts(row, lambda side: number(side["officers"], lang))
        return f"{named}: {text('compare.a-b', lang, **sizes)}"
    order = {
        "team_id": named,
        "post_id": b["post_id"] if b else None,
        "former_post_id": a["post_id"] if a else None,
        "officers": row["new_orders"],
    }
    return order_line({**row, **order}, lang)


def _post(row: Mapping[str, Any], kind: str, lang: str) -> str:
    one = row["b"] or row["a"]
    named = clean(one["post_id"])
    if kind in ("added", "gone"):
        fields = (
            f"{text(f'compare.field.{name}', lang)} {number(one[name], lang)}"
            for name in (*HEADCOUNT, *POSTED)
        )
        return f"{named}: {', '.join(fields)}"
    if kind == "place_changed":
        return f"{named}: {text('compare.apart', lang, metres=number(row['apart_m'], lang, 0))}"
    if kind == "serves_changed":
        everywhere = text("compare.everywhere", lang)
        served = _side_texts(row, lambda side: clean(side["serves"] or "") or everywhere)
        return f"{named}: {text('compare.a-b', lang, **served)}"
    parts = [
        text(
            "compare.a-b-difference",
            lang,
            field=text(f"compare.field.{name}", lang),
            difference=_signed(row["b"][name] - row["a"][name], 0, lang),
            a=number(row["a"][name], lang),
            b=number(row["b"][name], lang),
        )
        for name in (HEADCOUNT if kind == "officers_changed" else POSTED)
        if row["a"][name] != row["b"][name]
    ]
    return f"{named}: {'; '.join(parts)}"
