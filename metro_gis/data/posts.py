"""Read the table of posts (Polres, Polsek, staging points)."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from metro_gis.data.flaws import Flaw
from metro_gis.data.points import read_points
from metro_gis.data.schema import TABLES
from metro_gis.data.table_reader import TableReader
from metro_gis.data.words import parse_name, parse_word
from metro_gis.errors import Fault
from metro_gis.problem import Post

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.data.flaws import Params
    from metro_gis.data.reading import Read
    from metro_gis.scenario import TableInput
    from metro_gis.workspace import Workspace

__all__ = ["read_posts"]

OFFICERS_MOST = 20_000
"""More officers than any post has; the largest Polda has about as many."""


def read_posts(
    source: TableInput,
    workspace: Workspace,
    *,
    officers: Mapping[str, int] | None = None,
    listed: Mapping[str, int] | None = None,
) -> Read[Post]:
    """Read the posts.

    Parameters
    ----------
    source
        The table, and how its columns map to ours.
    workspace
        Where its paths start from.
    officers
        Post id to all officers of that post: replaces what the table says.
    listed
        Post id to its officers on the list of personnel, where there is one. They count; another
        number in the table is a warning, one in ``officers`` an error.

    Returns
    -------
    Read
        Posts of the rows without an error; every fault is collected, none is raised.
    """
    stated = {_folded_id(post): count for post, count in (officers or {}).items()}
    required = [
        column.name
        for column in TABLES["posts"]
        if column.need == "required" and (column.name != "officers" or listed is None)
    ]
    reader = TableReader("posts", source, workspace, required)
    ids = reader.read_names("post_id")
    reader.refuse_repeated("post_id", ids)
    points = read_points(reader)
    headcounts = _read_headcounts(reader, ids, stated)
    if listed is not None:
        _refuse_stated(reader, stated)
        headcounts = _count_listed(reader, ids, headcounts, listed)
    fixed = reader.read_wholes("fixed_officers", default=0, most=OFFICERS_MOST)
    reserve = reader.read_wholes("reserve_officers", default=0, most=OFFICERS_MOST)
    serves: list[tuple[str, ...]] = reader.read_cells("serves", _parse_serves, default=())
    names = reader.read_texts("name")
    kinds = reader.read_cells("kind", lambda cell: parse_word("posts", "kind", cell), default="")
    kecamatan = reader.read_names("kecamatan")
    reader.refuse_alike("kecamatan", kecamatan)
    sources: list[str | None] = reader.read_cells(
        "location_source", lambda cell: parse_word("posts", "location_source", cell), default=None
    )
    for row in reader.good_rows():
        _refuse_excess(reader, row, headcounts[row] or 0, fixed[row], reserve[row])
    posts = {}
    for row in reader.good_rows():
        point, count = points[row], headcounts[row]
        if point is not None and count is not None:
            posts[row] = Post(
                post_id=ids[row],
                lon=point[0],
                lat=point[1],
                officers=count,
                fixed_officers=fixed[row],
                reserve_officers=reserve[row],
                serves=serves[row],
                name=names[row],
                kind=kinds[row],
                kecamatan=kecamatan[row],
                location_source=sources[row],
            )
    return reader.finish(posts)


def _read_headcounts(
    reader: TableReader, ids: Sequence[str], stated: Mapping[str, int]
) -> list[int | None]:
    replaced = {row: stated[one] for row, one in enumerate(ids) if one in stated}
    read: list[int | None] = reader.read_wholes(
        "officers", default=None, most=OFFICERS_MOST, without=replaced
    )
    for post in stated:
        if post not in ids and any(ids):
            known = ", ".join(one for one in ids if one)
            reader.faults.append(
                Fault(
                    "officers-post-unknown", file=reader.file, value=post, params={"known": known}
                )
            )
    return [replaced.get(row, one) for row, one in enumerate(read)]


def _refuse_stated(reader: TableReader, stated: Mapping[str, int]) -> None:
    # whom such a number takes away or adds, a list of names does not say
    reader.faults += [Fault("officers-listed", file=reader.file, value=post) for post in stated]


def _count_listed(
    reader: TableReader,
    ids: Sequence[str],
    written: Sequence[int | None],
    listed: Mapping[str, int],
) -> list[int | None]:
    for row, (one, count) in enumerate(zip(ids, written, strict=True)):
        if one and count is not None and count != listed.get(one, 0):
            params: Params = {"id": one, "listed": listed.get(one, 0)}
            flaw = Flaw("officers-counted", params)
            reader.fault(row, "officers", flaw, reader.cell(row, "officers"), warning=True)
    return [listed.get(one, 0) for one in ids]


def _refuse_excess(reader: TableReader, row: int, officers: int, fixed: int, reserve: int) -> None:
    if fixed + reserve > officers:
        params = {"officers": officers, "fixed": fixed, "reserve": reserve}
        reader.fault(
            row, "officers", Flaw("officers-exceeded", params), reader.cell(row, "officers")
        )


def _parse_serves(cell: str) -> tuple[str, ...]:
    parts = [part for part in cell.split(";") if part.strip()]
    return tuple(dict.fromkeys(parse_name(part) for part in parts))


def _folded_id(post: str) -> str:
    return unicodedata.normalize("NFC", post.strip())
