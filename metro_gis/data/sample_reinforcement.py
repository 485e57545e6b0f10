"""Posts of the sample in two further states: short of officers, and reinforced (BKO).

On 21 November 2024, six days before voting, 260 officers came to Kota Metro: 100 of Brimob, 100 of
Samapta, 30 each of Polres Lampung Timur and Lampung Tengah (tribratanews.lampung.polri.go.id). What
they found, and where they were quartered, is assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metro_gis.data.sample_points import make_posts

if TYPE_CHECKING:
    from metro_gis.data.sample_points import Row

SHORT_POST: Final = "polsek-metro-timur"
"""Has lost half of its officers."""
HELD_BACK: Final = 60
"""Officers whom Polres keeps in reserve until help comes."""
_ARRIVALS: Final = (
    # post, name, quartered at, officers, in reserve
    ("bko-brimob", "BKO Brimob", "polres-metro", 100, 100),
    ("bko-lampung-tengah", "BKO Polres Lampung Tengah", "polsek-metro-utara", 30, 0),
    ("bko-lampung-timur", "BKO Polres Lampung Timur", "polsek-metro-timur", 30, 0),
    ("bko-samapta", "BKO Samapta", "polres-metro", 100, 100),
)


def make_short_posts() -> list[Row]:
    """List the posts while help is awaited.

    Returns
    -------
    list of dict
        As `metro_gis.data.sample_points.make_posts`, with fewer officers for stations.
    """
    rows = []
    for row in make_posts():
        changed = dict(row)
        if row["post_id"] == SHORT_POST:
            changed["officers"] = int(row["officers"]) // 2
        if row["kind"] == "polres":
            changed["reserve_officers"] = int(row["reserve_officers"]) + HELD_BACK
        rows.append(changed)
    return rows


def make_reinforced_posts() -> list[Row]:
    """List the posts once help is there: 200 officers for the reserve, 60 for stations.

    Returns
    -------
    list of dict
        Sorted by ``post_id``; those who came start from where they are quartered.
    """
    rows = make_short_posts()
    before = {row["post_id"]: row for row in make_posts()}
    for row in rows:
        row["reserve_officers"] = before[row["post_id"]]["reserve_officers"]
    for post_id, name, quarter, officers, reserve in _ARRIVALS:
        rows.append(
            before[quarter]
            | {
                "post_id": post_id,
                "name": name,
                "kind": "staging",
                "officers": officers,
                "fixed_officers": 0,
                "reserve_officers": reserve,
            }
        )
    return sorted(rows, key=lambda row: str(row["post_id"]))
