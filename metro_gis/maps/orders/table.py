"""The annex as a table: its columns, and a row for every stop of every team.

Workbook and CSV file hold the same rows. A row stands alone: it repeats its team, so that a sheet
of paper that was torn off, or a sorted table, still says who goes where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from metro_gis.maps.orders.words import class_word, pattern_line, reason_line
from metro_gis.messages import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metro_gis.maps.orders.content import Orders, PostOrders, Stop, TeamOrders

Kind = Literal["text", "lines", "whole", "minutes", "degrees"]
Value = str | int | float | tuple[str, ...] | None
TableRow = dict[str, Value]

__all__ = ["COLUMNS", "UNCOVERED_COLUMNS", "Column", "team_rows", "uncovered_rows"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the annex.

    Parameters
    ----------
    key
        Its name; ``orders.column.KEY`` of the catalogue is its heading.
    width
        Characters on paper.
    kind
        What its cells hold; ``"lines"`` is a line for each officer of the team.
    """

    key: str
    width: int
    kind: Kind = "text"

    def heading(self, lang: str) -> str:
        """Give the heading of the column.

        Parameters
        ----------
        lang
            ``"id"`` or ``"en"``.

        Returns
        -------
        str
            A word or two.
        """
        return text(f"orders.column.{self.key}", lang)


_STATION: Final = (
    Column("station_id", 14),
    Column("name", 18),
    Column("lat", 9, "degrees"),
    Column("lon", 10, "degrees"),
    Column("risk_class", 13),
)
COLUMNS: Final = (
    Column("number", 4, "whole"),
    Column("team", 6),
    Column("officer", 24, "lines"),
    Column("rank", 8, "lines"),
    Column("nrp", 11, "lines"),
    Column("unit", 9, "lines"),
    Column("kecamatan", 12),
    Column("kelurahan", 14),
    Column("order", 6, "whole"),
    *_STATION,
    Column("pattern", 16),
    Column("voters", 7, "whole"),
    Column("controller", 10),
    Column("deploy_minutes", 7, "minutes"),
    Column("round_minutes", 8, "minutes"),
    Column("ppk", 8),
    Column("remarks", 11),
)
"""The annex of an order, in the order of its columns."""
UNCOVERED_COLUMNS: Final = (
    Column("number", 5, "whole"),
    Column("kecamatan", 16),
    Column("kelurahan", 18),
    *_STATION,
    Column("voters", 8, "whole"),
    Column("reason", 80),
)
"""Stations without a team, and why."""


def team_rows(post: PostOrders, lang: str) -> Iterator[list[TableRow]]:
    """Lay out the teams of a post.

    Parameters
    ----------
    post
        The post.
    lang
        ``"id"`` or ``"en"``.

    Yields
    ------
    list of dict
        For each team the rows of its stops in the order of the round; keys are `COLUMNS`.
    """
    number = 0
    for team in post.teams:
        rows = []
        for stop in team.stops:
            number += 1
            rows.append(_station(stop, lang) | _team_cells(team, stop, lang) | {"number": number})
        yield rows


def uncovered_rows(orders: Orders, lang: str) -> list[TableRow]:
    """Lay out the stations that no team covers.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    list of dict
        A row a station, the strictest class first; keys are `UNCOVERED_COLUMNS`.
    """
    return [
        _station(stop, lang) | {"number": number, "reason": reason_line(orders, stop, lang)}
        for number, stop in enumerate(orders.uncovered, start=1)
    ]


def _station(stop: Stop, lang: str) -> TableRow:
    return {
        "kecamatan": stop.kecamatan,
        "kelurahan": stop.kelurahan,
        "station_id": stop.station_id,
        "name": stop.name,
        "lat": stop.lat,
        "lon": stop.lon,
        "risk_class": class_word(stop.risk_class, lang),
        "voters": stop.voters,
        "remarks": "; ".join(_remarks(stop, lang)),
    }


def _team_cells(team: TeamOrders, stop: Stop, lang: str) -> TableRow:
    return {
        "team": team.team_id,
        "officer": tuple(one.name for one in team.people),
        "rank": tuple(one.rank for one in team.people),
        "nrp": tuple(one.nrp for one in team.people),
        "unit": tuple(one.unit for one in team.people),
        "order": stop.order,
        "pattern": pattern_line(team, stop, lang),
        # written by hand: no plan knows who is in control, or which PPK takes the boxes
        "controller": "",
        "ppk": "",
        "deploy_minutes": stop.deploy_minutes,
        "round_minutes": team.round_minutes,
    }


def _remarks(stop: Stop, lang: str) -> Iterator[str]:
    if stop.order == 1:
        yield text("orders.anchor", lang)
    if stop.modelled:
        yield text("orders.place_modelled", lang)
