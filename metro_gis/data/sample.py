"""The embedded sample: polling stations, posts, officers and roads of a modelled Kota Metro.

**Modelled: not for operations.** No open list of the coordinates of TPS, Polres and Polsek of
Kota Metro was found, nor an open road file; so the sample invents them, and says so in every file.

What is fact (``kota_metro.csv`` and the figures here): the 5 kecamatan and 22 kelurahan with
codes, areas and centroids; 462 TPS of Pemilu 2024, 460 regular and the prison's two in Iring
Mulyo; 128,370 voters in all and at most 300 per TPS; the TPS that were classed *elevated* in 2020.
What is assumed: officers of each post, and that the classes of 2020 hold for TPS of the same
number. What is modelled: every place, every street and its name, and the voters of each TPS.

How the city is made, each step in a module of its own and from fixed seeds:

1. ``sample_city``: kelurahan become the cells of a power diagram around their real centroids, with
   areas in the proportion of the real ones; hamlets in them get a street bearing and a block size,
   which follows from the TPS per square kilometre.
2. ``sample_arterials``: main roads, a square with a one-way ring, a one-way pair, a river and two
   canals are sketched by hand.
3. ``sample_streets`` on ``sample_sheet``: collectors, streets, alleys and field tracks grow from
   the main roads.
4. ``sample_net``: streets are cut where they meet, and cleaned; ``sample_names`` names them;
   ``sample_roads`` makes the OSMnx graph, chooses small one-way streets while every place can still
   be reached from every other, and measures lengths along great circles.
5. ``sample_points``: TPS stand 7 to 26 m beside streets of their own kelurahan, in neighbourhoods;
   numbers follow a walk from the kelurahan's middle. Posts stand beside a main street near the
   middle of their kecamatan's TPS.
6. ``sample_people``: officers without a face, numbered from 1, for each post as many as it has.

The files come out the same, bit for bit, on every machine: chance comes from ``random.random()``
of seeded generators alone, and places are whole centimetres before they become degrees.
"""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING, Final

from metro_gis.data.sample_city import kelurahan_csv
from metro_gis.data.sample_people import PERSONNEL_COLUMNS, make_personnel
from metro_gis.data.sample_points import (
    POST_COLUMNS,
    STATION_COLUMNS,
    VOTERS,
    Row,
    make_posts,
    make_stations,
)
from metro_gis.data.sample_reinforcement import make_reinforced_posts, make_short_posts
from metro_gis.data.sample_roads import GRAPH, make_roads, roads_graphml
from metro_gis.workspace import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = [
    "FACTS_FILE",
    "SOURCE_COLUMNS",
    "make_personnel",
    "make_posts",
    "make_roads",
    "make_stations",
    "personnel_csv",
    "posts_csv",
    "roads_graphml",
    "sample_files",
    "sources_csv",
    "sources_rows",
    "stations_csv",
    "table_csv",
    "write_sample",
]

FACTS_FILE: Final = "metro_gis/data/kota_metro.csv"
SOURCE_COLUMNS: Final = ("file", "what", "source", "date", "licence", "sha256", "kind", "note")
_WARNING: Final = "modelled: not for operations"
_KPU: Final = "KPU list of TPS, as kept by KawalPemilu (kawalpemilu.org)"
_OUTLINES: Final = "github.com/cahyadsn/wilayah_boundaries"
_MODEL: Final = "metro_gis.data.sample"
_MODEL_DATE: Final = GRAPH["created_date"][:10]

# file, what, source, date, licence, kind, note
_SOURCES: Final = (
    (
        FACTS_FILE,
        "codes, kecamatan and number of TPS of the 22 kelurahan",
        _KPU,
        "2024",
        "facts",
        "real",
        "460 regular and 2 special TPS, agreeing with the total of KPU Metro",
    ),
    (
        FACTS_FILE,
        "areas and centroids of the kelurahan",
        _OUTLINES,
        "undated",
        "MIT",
        "real",
        "facts carried over, no outlines",
    ),
    (
        "personnel.csv",
        "officers, their numbers, ranks, duties and wards",
        _MODEL,
        _MODEL_DATE,
        "MIT",
        "modelled",
        "invented throughout: no such officer exists",
    ),
    (
        "posts.csv",
        "officers of each post, fixed and in reserve",
        "assumed for the sample",
        _MODEL_DATE,
        "MIT",
        "modelled",
        "565 officers in all as reported for Pemilu 2024; the split is assumed",
    ),
    (
        "posts.csv",
        "places of Polres and Polsek",
        _MODEL,
        _MODEL_DATE,
        "MIT",
        "modelled",
        _WARNING,
    ),
    (
        "posts-bko.csv",
        "officers who came on 21 November 2024, and from where",
        "tribratanews.lampung.polri.go.id",
        "2024-11-21",
        "facts",
        "real",
        "100 Brimob, 100 Samapta, 30 of Lampung Timur, 30 of Lampung Tengah",
    ),
    (
        "posts-bko.csv",
        "where they are quartered, who is in reserve",
        _MODEL,
        _MODEL_DATE,
        "MIT",
        "modelled",
        _WARNING,
    ),
    (
        "posts-short.csv",
        "who is lacking before help comes",
        _MODEL,
        _MODEL_DATE,
        "MIT",
        "modelled",
        _WARNING,
    ),
    (
        "roads.graphml",
        "streets, their names, classes, limits and one-way rules",
        _MODEL,
        _MODEL_DATE,
        "MIT",
        "modelled",
        _WARNING,
    ),
    (
        "stations.csv",
        "station_id, kecamatan and kelurahan of 462 TPS",
        _KPU,
        "2024",
        "facts",
        "real",
        "station_id is the code of the kelurahan and the number of the TPS",
    ),
    (
        "stations.csv",
        "sum of voters",
        "KPU Kota Metro, Pemilu 2024",
        "2024",
        "facts",
        "real",
        f"{VOTERS} in all, at most 300 per TPS",
    ),
    (
        "stations.csv",
        "voters of each TPS",
        _MODEL,
        _MODEL_DATE,
        "MIT",
        "modelled",
        "the sum is real, the shares are not",
    ),
    (
        "stations.csv",
        "risk classes",
        "lampung.antaranews.com/berita/466168",
        "2020",
        "facts",
        "real",
        "of 2020, assumed for the same numbers in 2024; the prison as Polda Lampung had it in 2024",
    ),
    (
        "stations.csv",
        "places of the TPS",
        _MODEL,
        _MODEL_DATE,
        "MIT",
        "modelled",
        _WARNING,
    ),
)


def table_csv(rows: Iterable[Mapping[str, str | int | float]], columns: Iterable[str]) -> bytes:
    r"""Write rows as CSV.

    Parameters
    ----------
    rows
        One mapping per row.
    columns
        Their keys, in the order to write.

    Returns
    -------
    bytes
        UTF-8 with a header; lines end in a line feed.

    Examples
    --------
    >>> table_csv([{"station_id": "1872011001001", "voters": 281}], ["station_id", "voters"])
    b'station_id,voters\n1872011001001,281\n'
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8")


def stations_csv() -> bytes:
    """Write the table of polling stations.

    Returns
    -------
    bytes
        CSV; 462 rows; degrees of EPSG:4326.
    """
    return table_csv(make_stations(), STATION_COLUMNS)


def personnel_csv() -> bytes:
    """Write the invented list of personnel.

    Returns
    -------
    bytes
        CSV; 565 rows.
    """
    return table_csv(make_personnel(), PERSONNEL_COLUMNS)


def posts_csv() -> bytes:
    """Write the table of posts.

    Returns
    -------
    bytes
        CSV; 6 rows; degrees of EPSG:4326.
    """
    return table_csv(make_posts(), POST_COLUMNS)


def sources_rows(files: Mapping[str, bytes]) -> list[Row]:
    """Say for every file of the sample where what is in it comes from.

    Parameters
    ----------
    files
        Content by file name: every file but ``sources.csv``.

    Returns
    -------
    list of dict
        Columns ``SOURCE_COLUMNS``; several rows for a file of several sources; ``kind`` is
        ``real`` or ``modelled``; ``sha256`` is that of the whole file.
    """
    contents = {FACTS_FILE: kelurahan_csv(), **files}
    rows: list[Row] = []
    for file, what, source, date, licence, kind, note in _SOURCES:
        digest = hashlib.sha256(contents[file]).hexdigest()
        values = (file, what, source, date, licence, digest, kind, note)
        rows.append(dict(zip(SOURCE_COLUMNS, values, strict=True)))
    return rows


def sources_csv(files: Mapping[str, bytes]) -> bytes:
    """Write the table of sources.

    Parameters
    ----------
    files
        Content by file name: every file but ``sources.csv``.

    Returns
    -------
    bytes
        CSV with the columns ``SOURCE_COLUMNS``.
    """
    return table_csv(sources_rows(files), SOURCE_COLUMNS)


def sample_files() -> dict[str, bytes]:
    """Make every file of the sample.

    Returns
    -------
    dict
        Content by file name; the same bytes on every machine.
    """
    files = {
        "personnel.csv": personnel_csv(),
        "posts.csv": posts_csv(),
        "posts-bko.csv": table_csv(make_reinforced_posts(), POST_COLUMNS),
        "posts-short.csv": table_csv(make_short_posts(), POST_COLUMNS),
        "roads.graphml": roads_graphml(),
        "stations.csv": stations_csv(),
    }
    return {**files, "sources.csv": sources_csv(files)}


def write_sample(folder: Path) -> list[Path]:
    """Write the sample's files, each all or nothing.

    Parameters
    ----------
    folder
        Folder to write to, usually ``data``; made where it does not exist.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    written = []
    for name, content in sample_files().items():
        write_bytes(folder / name, content)
        written.append(folder / name)
    return written
