"""One page that tells what a plan is worth: as blocks of text, for a sheet and for a text file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from metro_gis.maps.orders.content import CLASSES
from metro_gis.maps.orders.words import (
    class_word,
    modelled_line,
    reason_line,
    secret_word,
    status_line,
    stop_title,
)
from metro_gis.messages import clean, number, percent, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.maps.orders.content import Orders

SHOWN_STATIONS: Final = 6
SHOWN_POSTS: Final = 16
SHOWN_UNITS: Final = 12
WHOLE_AREA: Final = "*"
WIDTH: Final = 92
NAME_WIDTH: Final = 34
REASONS: Final = ("no_road", "too_far", "no_officers")

__all__ = ["Block", "render_text", "summary_blocks"]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the page.

    Parameters
    ----------
    heading
        Words above it; empty for none.
    lines
        Sentences.
    table
        Rows of cells, the first of which are headings; the first column holds names.
    """

    heading: str = ""
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


def summary_blocks(orders: Orders, lang: str) -> list[Block]:
    """Put the page together.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    list of Block
        What is not covered comes first.
    """
    warning, before = modelled_line(orders, lang), orders.previous_plan_id
    head = (
        text("orders.plan", lang, plan=orders.plan_id),
        *([text("orders.plan_before", lang, plan=before)] if before else []),
        status_line(orders, lang),
        *([warning] if warning else []),
    )
    return [
        Block(f"{secret_word(lang)}   {orders.title}", head),
        Block(_say("uncovered", lang), _uncovered(orders, lang)),
        Block(_say("by_class", lang), table=_by_class(orders, lang)),
        Block(_say("by_post", lang), table=_by_post(orders, lang)),
        Block(_say("proof", lang), _rungs(orders, lang), _aims(orders, lang)),
        Block(_say("inputs", lang), _inputs(orders)),
    ]


def render_text(orders: Orders, lang: str) -> bytes:
    """Write the page as plain text.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    bytes
        UTF-8; fits on one sheet of A4 in a fixed-width face of 9 points.
    """
    lines: list[str] = []
    for block in summary_blocks(orders, lang):
        lines += ["", _plain(block.heading)]
        for line in block.lines:
            lines += _wrapped(_plain(line))
        lines += _columns(block.table)
    return ("\n".join(lines[1:]) + "\n").encode("utf-8")


def _say(key: str, lang: str) -> str:
    return text(f"orders.{key}", lang)


def _uncovered(orders: Orders, lang: str) -> tuple[str, ...]:
    if not orders.uncovered:
        return (_say("none_uncovered", lang),)
    shown = [
        f"{stop.station_id} {stop_title(stop)} ({class_word(stop.risk_class, lang)}): "
        f"{reason_line(orders, stop, lang, full=False)}"
        for stop in orders.uncovered[:SHOWN_STATIONS]
    ]
    left = len(orders.uncovered) - len(shown)
    return (*shown, *([text("orders.more", lang, count=left)] if left else []))


def _by_class(orders: Orders, lang: str) -> tuple[tuple[str, ...], ...]:
    reasons = Counter((stop.risk_class, stop.reason) for stop in orders.uncovered)
    head = [text("page.risk_class", lang), text("page.stations", lang), text("page.covered", lang)]
    rows = [(*head, *(_say(f"short.{reason}", lang) for reason in REASONS))]
    for cls in (*CLASSES, None):
        names = CLASSES if cls is None else (cls,)
        lacking = [sum(reasons[name, reason] for name in names) for reason in REASONS]
        all_of = sum(orders.stations[name] for name in names)
        counts = (all_of, all_of - sum(lacking), *lacking)
        name = text("page.total", lang) if cls is None else class_word(cls, lang)
        rows.append((name, *(number(count, lang) for count in counts)))
    return tuple(rows)


def _by_post(orders: Orders, lang: str) -> tuple[tuple[str, ...], ...]:
    keys = ("post", "teams", "stations", "on_stations", "free", "fixed", "reserve", "all")
    rows = [tuple(text(f"page.{key}", lang) for key in keys)]
    figures = [
        (
            len(post.teams),
            sum(len(team.stops) for team in post.teams),
            post.posted,
            post.free,
            post.fixed,
            post.reserve,
            post.officers,
        )
        for post in orders.posts
    ]
    shown = list(zip(orders.posts, figures, strict=True))[:SHOWN_POSTS]
    rows += [(post.name, *(number(one, lang) for one in row)) for post, row in shown]
    rest = figures[len(shown) :]
    if rest:
        name = text("orders.other_posts", lang, count=len(rest))
        rows.append((name, *(number(sum(one), lang) for one in zip(*rest, strict=True))))
    totals = (number(sum(one), lang) for one in zip(*figures, strict=True))
    rows.append((text("page.total", lang), *totals))
    return tuple(rows)


def _rungs(orders: Orders, lang: str) -> tuple[str, ...]:
    rungs = orders.summary["rung_low"]
    if set(rungs) == {WHOLE_AREA}:
        told = str(rungs[WHOLE_AREA])
    elif len(rungs) <= SHOWN_UNITS:
        told = ", ".join(f"{clean(unit)} {rung}" for unit, rung in rungs.items()) or "-"
    else:
        counts = sorted(Counter(rungs.values()).items())
        told = ", ".join(
            text("cli.units-at-rung", lang, rung=rung, count=count) for rung, count in counts
        )
    return (f"{text('cli.rungs', lang)}: {told}",)


def _aims(orders: Orders, lang: str) -> tuple[tuple[str, ...], ...]:
    rows = [tuple(text(f"page.{key}", lang) for key in ("aim", "value", "bound", "proof"))]
    for aim in orders.summary["aims"]:
        proof = _say_proof(aim["gap"], lang)
        digits = 1 if aim["name"] == "nearness" else 0
        values = [_figure(aim[key], lang, digits) for key in ("value", "bound")]
        rows.append((text(f"page.aim.{aim['name']}", lang), *values, proof))
    checked = orders.summary["gap_certified"]
    told = "-" if checked is None else percent(checked, lang)
    rows.append((text("cli.gap_certified", lang), "", "", told))
    return tuple(rows)


def _say_proof(gap: float | None, lang: str) -> str:
    if gap is None:
        return text("page.aim.unproven", lang)
    if gap == 0:
        return text("page.aim.proven", lang)
    return text("page.aim.within", lang, gap=percent(gap, lang))


def _figure(value: float | list[int] | None, lang: str, digits: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return " / ".join(number(one, lang) for one in value)
    return number(value, lang, digits)


def _inputs(orders: Orders) -> tuple[str, ...]:
    return (
        *(
            f"{clean(one['name'])}: {clean(one['file'])}, sha256 {one['sha256']}"
            for one in orders.inputs
        ),
        ", ".join(clean(f"{name} {version}") for name, version in orders.versions.items()),
    )


def _plain(line: str) -> str:
    """Keep a line a line: a name may hold marks that some editors break lines at."""
    return " ".join(line.split())


def _wrapped(line: str) -> list[str]:
    import textwrap

    return textwrap.wrap(
        line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def _columns(table: Sequence[Sequence[str]]) -> list[str]:
    """Set a table in columns; a name that is too long for its own stands in a line above."""
    if not table:
        return []
    rows = [[_plain(cell) for cell in row] for row in table]
    first = max(len(row[0]) for row in rows if len(row[0]) <= NAME_WIDTH)
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)][1:]
    lines = []
    for name, *cells in rows:
        long = len(name) > NAME_WIDTH
        lines += _wrapped(name) if long else []
        figures = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append(f"  {'' if long else name:<{first}}  {figures}".rstrip())
    return lines
