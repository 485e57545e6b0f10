"""Checks of the list of personnel against posts and stations."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

from metro_gis.data.reading import fold_text
from metro_gis.errors import Fault
from metro_gis.people import FIXED, RESERVE, STATION, folded, masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metro_gis.data.reading import Read
    from metro_gis.people import Officer, PeopleRules
    from metro_gis.problem import Post, Station

__all__ = ["check_people"]

NEAR_NAME = 0.85
"""Wards as alike as this are more likely one misspelt than two."""


def check_people(
    personnel: Read[Officer], stations: Read[Station], posts: Read[Post], *, rules: PeopleRules
) -> tuple[Fault, ...]:
    """Check that every officer has a post, and that its numbers leave room for all duties.

    Parameters
    ----------
    personnel
        The list as read.
    stations
        Stations as read.
    posts
        Posts as read, their officers counted from the list.
    rules
        Who may stand where.

    Returns
    -------
    tuple of Fault
        Errors where officers belong to no post, where more are set aside for a duty than the post
        has places for it, and where a rule cannot be checked; warnings where a ward seems to be
        misspelt or a rank is nobody's.
    """
    faults: list[Fault] = []
    if not posts.has_errors:
        faults += _check_posts(personnel, posts)
        if not personnel.has_errors:
            faults += _check_duties(personnel, posts)
    if rules.lead_ranks and not personnel.has_errors:
        faults += _check_ranks(personnel, rules)
    if rules.avoid_home and not stations.has_errors:
        faults += _check_homes(personnel, stations)
    return tuple(faults)


def _check_posts(personnel: Read[Officer], posts: Read[Post]) -> Iterator[Fault]:
    known = [post.post_id for post in posts.items]
    for officer, row in zip(personnel.items, personnel.rows, strict=True):
        if officer.post_id not in known:
            near = difflib.get_close_matches(officer.post_id, known, 1)
            yield Fault(
                "officer-post-unknown",
                file=personnel.place,
                row=row,
                column=personnel.label("post_id"),
                value=officer.post_id,
                params={"nearest": near[0] if near else "-", "known": ", ".join(known) or "-"},
            )


def _check_duties(personnel: Read[Officer], posts: Read[Post]) -> Iterator[Fault]:
    listed: Counter[tuple[str, str]] = Counter((one.post_id, one.duty) for one in personnel.items)
    for post, row in zip(posts.items, posts.rows, strict=True):
        places = {
            FIXED: (post.fixed_officers, "fixed_officers"),
            RESERVE: (post.reserve_officers, "reserve_officers"),
            STATION: (post.station_officers, "officers"),
        }
        for duty, (most, column) in places.items():
            count = listed[post.post_id, duty]
            if count > most:
                yield Fault(
                    "duty-exceeded",
                    file=posts.place,
                    row=row,
                    column=posts.label(column),
                    value=str(most),
                    params={"id": post.post_id, "duty": duty, "listed": count, "most": most},
                )


def _check_ranks(personnel: Read[Officer], rules: PeopleRules) -> Iterator[Fault]:
    held = {folded(one.rank) for one in personnel.items}
    missing = [rank for rank in rules.lead_ranks if folded(rank) not in held]
    if missing:
        all_missing = len(missing) == len(rules.lead_ranks)
        yield Fault(
            "lead-ranks-nobody" if all_missing else "lead-rank-nobody",
            "error" if all_missing else "warning",
            file=personnel.place,
            column=personnel.label("rank"),
            value=", ".join(missing),
            params={"known": ", ".join(sorted({one.rank for one in personnel.items})) or "-"},
        )


def _check_homes(personnel: Read[Officer], stations: Read[Station]) -> Iterator[Fault]:
    nameless = [
        row
        for one, row in zip(stations.items, stations.rows, strict=True)
        if not one.kelurahan.strip()
    ]
    if nameless:
        yield Fault(
            "home-needs-kelurahan",
            file=stations.place,
            row=nameless[0],
            column=stations.label("kelurahan"),
            params={"count": len(nameless)},
        )
    known = {fold_text(one.kelurahan): one.kelurahan for one in stations.items if one.kelurahan}
    for officer, row in zip(personnel.items, personnel.rows, strict=True):
        home = folded(officer.home_kelurahan)
        near = difflib.get_close_matches(home, known, 1, NEAR_NAME)
        if home and home not in known and near:
            yield Fault(
                "home-near",
                "warning",
                file=personnel.place,
                row=row,
                column=personnel.label("home_kelurahan"),
                value=masked(officer.home_kelurahan),
            )
