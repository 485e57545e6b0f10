"""Orders in words: the texts that several of the files share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metro_gis.messages import number, text
from metro_gis.summary import truth_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.maps.orders.content import Orders, Stop, TeamOrders

__all__ = [
    "class_word",
    "minutes_word",
    "modelled_line",
    "pattern_line",
    "reason_line",
    "secret_word",
    "status_line",
    "stop_line",
    "stop_title",
    "team_line",
]


def secret_word(lang: str) -> str:
    """Give the marking that stands on every sheet.

    Parameters
    ----------
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        With the word RAHASIA in both languages.
    """
    return text("page.secret", lang)


def status_line(orders: Orders, lang: str) -> str:
    """Say what a plan reaches and what is proven of it.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        The line that the command line shows of the same plan.
    """
    return truth_line(orders.summary, lang)


def modelled_line(orders: Orders, lang: str) -> str:
    """Warn of what was invented.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Empty where everything was mapped and surveyed.
    """
    roads, points = orders.roads_modelled, orders.points_modelled
    if not roads and not points:
        return ""
    kind = "both" if roads and points else "roads" if roads else "points"
    return text(f"page.banner.{kind}", lang)


def class_word(risk_class: str, lang: str) -> str:
    """Name a risk class.

    Parameters
    ----------
    risk_class
        ``"low"``, ``"elevated"``, ``"high"`` or ``"special"``.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Its name, for example "Sangat rawan".
    """
    return text(f"page.look.{risk_class}", lang)


def pattern_line(team: TeamOrders, stop: Stop, lang: str) -> str:
    """Name the parts of a guard pattern: a bare triple is read in two ways.

    Parameters
    ----------
    team
        The team.
    stop
        One of its stations.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Police officers and stations of the team, civil guards at the station.
    """
    return text(
        "orders.pattern", lang, police=team.officers, stations=len(team.stops), linmas=stop.linmas
    )


def team_line(team: TeamOrders, lang: str) -> str:
    """Say what a team is and what it drives.

    Parameters
    ----------
    team
        The team.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Our own words and figures only.
    """
    return text(
        "orders.team_line",
        lang,
        police=team.officers,
        stations=len(team.stops),
        deploy=minutes_word(team.deploy_minutes, lang),
        round=minutes_word(team.round_minutes, lang),
    )


def stop_title(stop: Stop) -> str:
    """Name a station on a map: its place in the round and its name.

    Parameters
    ----------
    stop
        The station.

    Returns
    -------
    str
        For example "2. TPS 003"; the id where it has no name.
    """
    name = stop.name or stop.station_id
    return f"{stop.order}. {name}" if stop.order else name


def stop_line(orders: Orders, team: TeamOrders | None, stop: Stop, lang: str) -> str:
    """Say of a station what whoever stands before it must know.

    Parameters
    ----------
    orders
        The orders.
    team
        The team that covers it, if any.
    stop
        The station.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Class, then place in the round and minutes, or the reason why nobody comes.
    """
    parts = [class_word(stop.risk_class, lang)]
    if team is None:
        parts.append(reason_line(orders, stop, lang))
    else:
        parts += [
            text("orders.stop", lang, order=stop.order, stations=len(team.stops)),
            text("orders.from_post", lang, minutes=minutes_word(stop.deploy_minutes, lang)),
            pattern_line(team, stop, lang),
        ]
    if stop.modelled:
        parts.append(text("orders.place_modelled", lang))
    return "; ".join(parts)


def minutes_word(value: float | None, lang: str) -> str:
    """Write minutes with their unit.

    Parameters
    ----------
    value
        Minutes; None where nobody drives.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        With one decimal.
    """
    return "-" if value is None else text("page.minutes", lang, value=number(value, lang, 1))


def reason_line(orders: Orders, stop: Stop, lang: str, *, full: bool = True) -> str:
    """Say why no team covers a station, with the witness that the plan carries.

    Parameters
    ----------
    orders
        The orders.
    stop
        A station without a team.
    lang
        ``"id"`` or ``"en"``.
    full
        Whether to say how a shortage was proven, beside what would end it.

    Returns
    -------
    str
        The words of the page.
    """
    witness: Mapping[str, Any] = stop.witness or {}
    parts = [text(f"page.reason.{_reason_key(stop)}", lang)]
    if stop.reason == "no_road":
        parts.append(_no_road(witness, lang))
    elif stop.reason == "too_far" and "post_id" in witness:
        parts.append(
            text(
                "page.witness.too_far_limit",
                lang,
                post=orders.post_name(witness["post_id"]),
                minutes=minutes_word(witness.get("minutes"), lang),
                limit=minutes_word(orders.deploy_limit, lang),
            )
        )
    elif stop.reason == "no_officers":
        parts += _shortage(stop, lang) if full else []
        parts += _remedy(orders, stop, lang)
    return " ".join(parts)


def _reason_key(stop: Stop) -> str:
    # where a post has officers free, that none are left would be untrue
    return "not_sent" if _has_free(stop) else stop.reason or "unknown"


def _has_free(stop: Stop) -> bool:
    enough = (stop.witness or {}).get("enough") or {}
    return stop.reason == "no_officers" and enough.get("officers") == 0


def _no_road(witness: Mapping[str, Any], lang: str) -> str:
    if witness.get("snap_m") is None:
        return text("page.witness.no_road", lang)
    snap, limit = (
        text("page.metres", lang, value=number(float(witness[key]), lang, 0))
        for key in ("snap_m", "snap_limit_m")
    )
    return text("page.witness.no_road_near", lang, snap=snap, limit=limit)


def _shortage(stop: Stop, lang: str) -> list[str]:
    witness: Mapping[str, Any] = stop.witness or {}
    if witness.get("kind") == "count":
        told = text(
            "page.witness.count",
            lang,
            stations=number(len(witness["stations"]), lang),
            needed=number(witness["officers_needed"], lang),
            posts=number(len(witness["posts"]), lang),
            officers=number(witness["officers"], lang),
        )
        return [told]
    return [] if _has_free(stop) else [text("page.witness.unproven", lang)]


def _remedy(orders: Orders, stop: Stop, lang: str) -> list[str]:
    enough = (stop.witness or {}).get("enough")
    if not enough:
        return []
    key = {0: "free", 1: "enough_one"}.get(enough["officers"], "enough")
    told = {"post": orders.post_name(enough["post_id"])}
    if key == "enough":
        told["officers"] = number(enough["officers"], lang)
    return [text(f"page.witness.{key}", lang, **told)]
