"""Read the table of stations (TPS)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metro_gis.data.flaws import CellError, Flaw
from metro_gis.data.points import read_points
from metro_gis.data.reading import fold_text
from metro_gis.data.schema import CLASS_WORDS, TABLES
from metro_gis.data.table_reader import TableReader
from metro_gis.data.words import parse_word
from metro_gis.doctrine import parse_risk_class
from metro_gis.problem import Station

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.data.flaws import Params
    from metro_gis.data.reading import Read
    from metro_gis.doctrine import RiskClass
    from metro_gis.problem import Border
    from metro_gis.scenario import TableInput
    from metro_gis.workspace import Workspace

__all__ = ["read_stations"]

VOTERS_MOST = 2000
"""More voters than any station has; 2024: at most 600."""
_NUMBER_NAME = re.compile(r"(?:tps|no\.?|nomor|tps no\.?)?[ .\-/]*0*([0-9]+)")


def read_stations(
    source: TableInput, workspace: Workspace, *, border: Border = "kecamatan"
) -> Read[Station]:
    """Read the stations.

    Parameters
    ----------
    source
        The table, and how its columns map to ours.
    workspace
        Where its paths start from.
    border
        What a beat must not cross; its column must be there.

    Returns
    -------
    Read
        Stations of the rows without an error; every fault is collected, none is raised.
    """
    reader = TableReader("stations", source, workspace, _required(border))
    ids = reader.read_names("station_id")
    reader.refuse_repeated("station_id", ids)
    points = read_points(reader)
    classes: list[RiskClass | None] = reader.read_cells("risk_class", _parse_class, default=None)
    kecamatan = reader.read_names("kecamatan")
    reader.refuse_alike("kecamatan", kecamatan)
    kelurahan = reader.read_names("kelurahan")
    reader.refuse_alike("kelurahan", kelurahan, kecamatan)
    if border == "kelurahan" and "kecamatan" not in reader.sources and len(reader):
        reader.fault(None, "kelurahan", Flaw("kelurahan-alone"), warning=True)
    names = reader.read_texts("name")
    _refuse_numbers(reader, kecamatan, kelurahan, names)
    voters: list[int | None] = reader.read_wholes("voters", default=None, most=VOTERS_MOST)
    sources: list[str | None] = reader.read_cells(
        "location_source",
        lambda cell: parse_word("stations", "location_source", cell),
        default=None,
    )
    stations = {}
    for row in reader.good_rows():
        point, risk_class = points[row], classes[row]
        if point is not None and risk_class is not None:
            stations[row] = Station(
                station_id=ids[row],
                lon=point[0],
                lat=point[1],
                risk_class=risk_class,
                kecamatan=kecamatan[row],
                kelurahan=kelurahan[row],
                name=names[row],
                voters=voters[row],
                location_source=sources[row],
            )
    return reader.finish(stations)


def _required(border: Border) -> list[str]:
    always = [column.name for column in TABLES["stations"] if column.need == "required"]
    return always if border == "none" else [*always, border]


def _parse_class(cell: str) -> RiskClass:
    found = parse_risk_class(cell)
    if found is None:
        raise CellError(Flaw("class-unknown", {"words": ", ".join(CLASS_WORDS)}))
    return found


def _refuse_numbers(
    reader: TableReader, kecamatan: Sequence[str], kelurahan: Sequence[str], names: Sequence[str]
) -> None:
    # a TPS is known by its number within its kelurahan; other names, as of a school, may repeat
    first: dict[tuple[str, str, str], int] = {}
    for row, name in enumerate(names):
        ward = fold_text(kelurahan[row])
        number = _NUMBER_NAME.fullmatch(fold_text(name).removesuffix(ward).strip())
        if number is None or not ward:
            continue
        key = (fold_text(kecamatan[row]), ward, number[1])
        earlier = first.setdefault(key, row)
        if earlier != row:
            params: Params = {
                "first": reader.table.numbers[earlier],
                "other": names[earlier],
                "kelurahan": kelurahan[row],
            }
            reader.fault(row, "name", Flaw("station-number-twice", params), name)
