"""What a re-plan changes, in lines for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metro_gis.messages import clean, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHOWN_ORDERS = 20
SHOWN_STATIONS = 6


def change_lines(summary: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str]]:
    """Tell changes, what a free plan would do, and the orders.

    Parameters
    ----------
    summary
        From `metro_gis.summary.summarize`, of a re-plan.
    lang
        ``"id"`` or ``"en"``.

    Yields
    ------
    tuple
        Key of a label, empty where the line goes on, and the line.
    """
    changes = summary["changes"]
    yield "changes", _counted(changes, lang)
    free = changes["free"]
    difference = round(free["officer_minutes"] - summary["officer_minutes"], 1)
    yield (
        "changes-free",
        text(
            "cli.changes-free-told",
            lang,
            count=free["stations"] + free["officers"],
            minutes=number(free["officer_minutes"], lang, 1),
            difference=("+" if difference > 0 else "") + number(difference, lang, 1),
        ),
    )
    held_back = summary["uncovered"] - sum(free["cover"])
    if held_back > 0:
        yield "", text("cli.held-back", lang, count=held_back)
    for place, point in enumerate(changes["trade_off"]):
        yield (
            "" if place else "limits",
            text(
                "cli.limit",
                lang,
                most=point["max_moves"],
                uncovered=sum(point["uncovered"]),
            ),
        )
    orders = summary["orders"]
    for place, order in enumerate(orders[:SHOWN_ORDERS]):
        yield "" if place else "orders", order_line(order, lang)
    if len(orders) > SHOWN_ORDERS:
        yield "", text("cli.more", lang, count=len(orders) - SHOWN_ORDERS)


def _counted(changes: Mapping[str, Any], lang: str) -> str:
    if not changes["count"]:
        return text("cli.changes-none", lang)
    bound = changes["bound"]
    kind = "unproven" if bound is None else "proven" if bound == changes["count"] else "within"
    figures = {name: changes[name] for name in ("count", "stations", "officers", "bound")}
    return text(f"cli.changes-{kind}", lang, **figures)


def order_line(order: Mapping[str, Any], lang: str) -> str:
    """Word one transfer order.

    Parameters
    ----------
    order
        From `metro_gis.former_plan.transfer_orders`.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Team, from, to, stations, and why.
    """
    post, former = order["post_id"], order["former_post_id"]
    if post is None:
        kind = "gone"
    elif former is None:
        kind = "new"
    elif former != post:
        kind = "from"
    else:
        kind = "officers" if order["officers"] else "stays"
    parts = [
        text(
            f"cli.order-{kind}",
            lang,
            team=clean(order["team_id"]),
            officers=order["officers"],
            post=clean(post or ""),
            former=clean(former or ""),
        )
    ]
    for side in ("in", "out"):
        stations = order[f"stations_{side}"]
        if stations:
            parts.append(text(f"cli.order-{side}", lang, stations=_listed(stations)))
    return "; ".join(parts) + f" ({_why(order['why'], lang)})"


def _listed(stations: Sequence[str]) -> str:
    shown = ", ".join(clean(one) for one in stations[:SHOWN_STATIONS])
    return shown if len(stations) <= SHOWN_STATIONS else f"{shown}, ..."


def _why(why: Mapping[str, Any], lang: str) -> str:
    classes = {
        side: text(f"cli.class-{why[side]}", lang) for side in ("before", "now") if side in why
    }
    return text(
        f"cli.why-{why['code']}",
        lang,
        post=clean(why.get("post_id", "")),
        station=clean(why.get("station_id", "")),
        officers=why.get("officers", 0),
        unit=clean(why.get("unit", "")),
        rung_before=why.get("rung_before", 0),
        rung_now=why.get("rung_now", 0),
        **classes,
    )
