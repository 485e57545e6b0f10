"""Read orders back, to compare what a file says with what was decided."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from metro_gis.maps.orders.csv_file import DELIMITERS, KEYS, LEADING, TRAILING, unguard
from metro_gis.maps.orders.gpx import NAMESPACE as GPX
from metro_gis.maps.orders.kml import NAMESPACE as KML
from metro_gis.maps.orders.table import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from metro_gis.maps.orders.content import Orders

__all__ = ["ReadRound", "read_rounds", "require_same", "rounds_of"]


@dataclass(frozen=True, slots=True)
class ReadRound:
    """A team's round, as far as a file tells it.

    Parameters
    ----------
    stations
        Ids in the order of the round.
    deploy_minutes
        From the post to each of them; empty where the format tells minutes in words only.
    round_minutes
        The closed round; None where the format does not tell it as a number.
    """

    stations: tuple[str, ...]
    deploy_minutes: tuple[float, ...] = ()
    round_minutes: float | None = None


def rounds_of(orders: Orders) -> dict[str, ReadRound]:
    """Give the rounds that were decided.

    Parameters
    ----------
    orders
        The orders.

    Returns
    -------
    dict
        Team id to its round.
    """
    return {
        team.team_id: ReadRound(
            tuple(stop.station_id for stop in team.stops),
            tuple(float(stop.deploy_minutes or 0) for stop in team.stops),
            float(team.round_minutes),
        )
        for team in orders.teams
    }


def require_same(orders: Orders, contents: Mapping[str, bytes], lang: str) -> None:
    """Compare files with the orders that they were written from.

    Parameters
    ----------
    orders
        The orders.
    contents
        Format to content.
    lang
        Language they were written in.

    Raises
    ------
    RuntimeError
        If a file names other stations, another order or other minutes: a fault of ours.
    """
    decided = rounds_of(orders)
    for name, content in contents.items():
        if name not in _READERS:
            continue
        found = read_rounds(name, content, lang)
        wrong = [
            team_id
            for team_id in sorted(decided.keys() | found.keys())
            if not _agree(decided.get(team_id), found.get(team_id))
        ]
        if wrong:
            message = f"the {name} file tells another round than the plan of {', '.join(wrong[:5])}"
            raise RuntimeError(message)


def _agree(decided: ReadRound | None, found: ReadRound | None) -> bool:
    return (
        decided is not None
        and found is not None
        and found.stations == decided.stations
        and found.deploy_minutes in ((), decided.deploy_minutes)
        and found.round_minutes in (None, decided.round_minutes)
    )


def read_rounds(name: str, content: bytes, lang: str) -> dict[str, ReadRound]:
    """Read the rounds that a file tells.

    Parameters
    ----------
    name
        ``"xlsx"``, ``"csv"``, ``"geojson"``, ``"kml"`` or ``"gpx"``.
    content
        A file written by `metro_gis.maps.orders.render_orders`.
    lang
        Language it was written in.

    Returns
    -------
    dict
        Team id to its round.
    """
    return _READERS[name](content, lang)


def _gathered(rows: Iterable[tuple[str, str, float | None, float | None]]) -> dict[str, ReadRound]:
    """Put rows of team, station, minutes from the post and minutes of the round together."""
    teams: dict[str, list[tuple[str, float | None, float | None]]] = {}
    for team_id, station_id, minutes, whole in rows:
        teams.setdefault(team_id, []).append((station_id, minutes, whole))
    return {
        team_id: ReadRound(
            tuple(stop for stop, _, _ in stops),
            tuple(one for _, one, _ in stops if one is not None),
            stops[0][2],
        )
        for team_id, stops in teams.items()
    }


def _from_table(row: Mapping[str, Any]) -> tuple[str, str, float, float]:
    return (
        str(row["team"]),
        str(row["station_id"]),
        float(row["deploy_minutes"]),
        float(row["round_minutes"]),
    )


def _read_xlsx(content: bytes, _: str) -> dict[str, ReadRound]:
    from openpyxl import load_workbook

    keys = [column.key for column in COLUMNS]
    book = load_workbook(io.BytesIO(content), read_only=True)
    rows = []
    for sheet in book.worksheets:
        for values in sheet.iter_rows(values_only=True):
            row = dict(zip(keys, values, strict=False))
            # rows of an annex bear a number and a place in the round
            if len(values) == len(keys) and all(
                isinstance(row[key], int) for key in ("number", "order")
            ):
                rows.append(_from_table(row))
    book.close()
    return _gathered(rows)


def _read_csv(content: bytes, lang: str) -> dict[str, ReadRound]:
    stream = io.StringIO(content.decode("utf-8-sig"), newline="")
    reader = csv.reader(stream, delimiter=DELIMITERS[lang], strict=True)
    next(reader)
    keys = (*LEADING, *KEYS, *TRAILING)
    rows = []
    for cells in reader:
        row = {key: unguard(cell) for key, cell in zip(keys, cells, strict=True)}
        if row["team"]:
            for key in ("deploy_minutes", "round_minutes"):
                row[key] = row[key].replace(",", ".")
            rows.append(_from_table(row))
    return _gathered(rows)


def _read_geojson(content: bytes, _: str) -> dict[str, ReadRound]:
    kinds: dict[str, list[dict[str, Any]]] = {"station": [], "team": [], "post": []}
    for feature in json.loads(content)["features"]:
        kinds[feature["properties"]["kind"]].append(feature["properties"])
    stops = {one["station_id"]: one for one in kinds["station"]}
    return _gathered(
        (
            team["team_id"],
            station_id,
            float(stops[station_id]["deploy_minutes"]),
            float(team["round_minutes"]),
        )
        for team in kinds["team"]
        for station_id in team["round"]
    )


def _read_kml(content: bytes, _: str) -> dict[str, ReadRound]:
    rows = []
    for mark in _parsed(content).iter(f"{{{KML}}}Placemark"):
        facts = {
            data.attrib["name"]: data.findtext(f"{{{KML}}}value", "")
            for data in mark.iter(f"{{{KML}}}Data")
        }
        if "order" in facts:
            minutes = float(facts["deploy_minutes"])
            rows.append((facts["team_id"], facts["station_id"], minutes, None))
    return _gathered(rows)


def _read_gpx(content: bytes, _: str) -> dict[str, ReadRound]:
    return _gathered(
        (
            route.findtext(f"{{{GPX}}}name", ""),
            point.findtext(f"{{{GPX}}}cmt", ""),
            None,
            None,
        )
        for route in _parsed(content).iter(f"{{{GPX}}}rte")
        for point in route.iter(f"{{{GPX}}}rtept")
    )


def _parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314 (written here, a moment ago)


_READERS: dict[str, Callable[[bytes, str], dict[str, ReadRound]]] = {
    "xlsx": _read_xlsx,
    "csv": _read_csv,
    "geojson": _read_geojson,
    "kml": _read_kml,
    "gpx": _read_gpx,
}
