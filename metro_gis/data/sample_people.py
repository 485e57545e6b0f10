"""Officers of the modelled city: an invented list, and obviously so.

**Invented: not for operations.** Officer 001 to Officer 565 have the service numbers 00000001 to
00000565, which no one has; ranks, duties and wards go round in turns. See ``sample``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metro_gis.data.sample_city import make_ground_plan
from metro_gis.data.sample_points import make_posts

if TYPE_CHECKING:
    from metro_gis.data.sample_points import Row

__all__ = ["LEAD_RANKS", "PERSONNEL_COLUMNS", "make_personnel"]

PERSONNEL_COLUMNS: Final = ("officer_id", "name", "rank", "post_id", "duty", "home_kelurahan")
LEAD_RANKS: Final = ("Aiptu", "Aipda", "Bripka")
_RANKS: Final = ("Bripda", "Aiptu", "Briptu", "Bripka", "Brigpol", "Aipda", "Bripda")
_ELSEWHERE: Final = "Outside Metro"
_SET_ASIDE: Final = 3  # one in so many fixed and reserve places is bound to an officer of the list
_STATION: Final = 10  # one in so many other officers is bound to stations


def make_personnel() -> list[Row]:
    """Invent the officers of all posts.

    Returns
    -------
    list of dict
        Columns ``PERSONNEL_COLUMNS``, as many rows for each post as it has officers.
    """
    wards = [*(one.name for one in make_ground_plan().kelurahan), _ELSEWHERE]
    rows: list[Row] = []
    for post in make_posts():
        fixed, reserve = (int(post[f"{duty}_officers"]) for duty in ("fixed", "reserve"))
        duties = ["fixed"] * (fixed // _SET_ASIDE) + ["reserve"] * (reserve // _SET_ASIDE)
        for turn in range(int(post["officers"])):
            number = len(rows) + 1
            bound = "any" if turn % _STATION else "station"
            rows.append(
                {
                    "officer_id": f"{number:08}",
                    "name": f"Officer {number:03}",
                    "rank": _RANKS[number % len(_RANKS)],
                    "post_id": post["post_id"],
                    "duty": duties[turn] if turn < len(duties) else bound,
                    "home_kelurahan": wards[number * 5 % len(wards)],
                }
            )
    return rows
