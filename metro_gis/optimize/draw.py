"""The draw: which officer of a post stands where, by lot and within the rules.

Places of a post are its teams in the order of the plan, then its fixed posts, its reserve and the
officers who stay free. Officers come out of the urn in the order of their tickets, and each takes
the first place with room that keeps the rules and leaves a place for everyone after. That is one
assignment and no other: of all that keep the rules, the one that is lexicographically first when
the places are written down in drawn order. Officers of the same post, duty, ward and kind of rank
have the same chance of every place.

Whether the others still find places is a perfect matching of officers to seats: a team's first
seat asks for a rank that leads, where the rules do. ``maximum_bipartite_matching`` of scipy finds
one (Hopcroft and Karp 1973, https://doi.org/10.1137/0202019); where there is none, the seats that
cannot all be filled follow from it (Hall 1935, https://doi.org/10.1112/jlms/s1-10.37.26).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from metro_gis.people import FIXED, FREE, RESERVE, STATION, drawn_order, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.people import Officer, PeopleRules

    Matrix = NDArray[np.bool_]

__all__ = ["Conflict", "Room", "Team", "draw_post", "find_conflict"]

RULES: Final = ("duty", "home", "lead")
"""What may keep an officer from a place."""
_DUTY_PLACES: Final = {
    STATION: (STATION, FREE),
    FIXED: (FIXED,),
    RESERVE: (RESERVE,),
    "any": (STATION, FIXED, RESERVE, FREE),
}


@dataclass(frozen=True, slots=True)
class Team:
    """A team that waits for its officers.

    Parameters
    ----------
    team_id
        Its id.
    officers
        How many it has.
    kelurahan
        Wards of its stations.
    """

    team_id: str
    officers: int
    kelurahan: frozenset[str]


@dataclass(frozen=True, slots=True)
class Room:
    """The places of a post, as many as it has officers.

    Parameters
    ----------
    post_id
        The post.
    teams
        Its teams, in the order in which they are filled.
    fixed, reserve, free
        How many officers are on fixed posts, in reserve, and for stations but in no team.
    """

    post_id: str
    teams: tuple[Team, ...]
    fixed: int
    reserve: int
    free: int

    @property
    def places(self) -> tuple[str, ...]:
        """Places in the order in which they are filled: team ids, then the other duties."""
        return (*(team.team_id for team in self.teams), FIXED, RESERVE, FREE)

    @property
    def size(self) -> int:
        """Seats of all places together."""
        return sum(team.officers for team in self.teams) + self.fixed + self.reserve + self.free


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a post's places cannot be filled: more seats than officers who may take them.

    Parameters
    ----------
    post_id
        The post.
    rules
        Rules that cannot hold together; without any one of them the places could be filled.
    places
        Places whose seats are too many, in order.
    needed
        Their seats.
    found
        Officers of the post who may take any of them.
    """

    post_id: str
    rules: tuple[str, ...]
    places: tuple[str, ...]
    needed: int
    found: int


def draw_post(
    room: Room,
    officers: Sequence[Officer],
    rules: PeopleRules,
    *,
    seed: int,
    wishes: Mapping[str, str] | None = None,
) -> dict[str, str] | Conflict:
    """Draw the places of a post's officers.

    Parameters
    ----------
    room
        The places.
    officers
        The post's officers, as many as there are seats, in any order.
    rules
        Who may stand where.
    seed
        Of the lot.
    wishes
        Officer id to the place of an earlier draw. In drawn order, before anyone else is placed,
        each of these officers keeps it where the rules still allow it and the others find places.

    Returns
    -------
    dict or Conflict
        Officer id to place, in drawn order; or why there is no such assignment.

    Raises
    ------
    ValueError
        If there are more or fewer officers than seats.

    Examples
    --------
    >>> from metro_gis.people import Officer, PeopleRules
    >>> pair = Room("polsek", (Team("T001", 2, frozenset({"Imopuro"})),), 0, 0, 1)
    >>> trio = [Officer(f"00{n}", "", "", "polsek", "any", "Imopuro") for n in (1, 2, 3)]
    >>> draw_post(pair, trio, PeopleRules(), seed=1)
    {'001': 'T001', '003': 'T001', '002': 'free'}
    >>> draw_post(pair, trio, PeopleRules(avoid_home=True), seed=1).found
    0
    """
    order = drawn_order(officers, seed)
    if len(order) != room.size:
        message = f"post {room.post_id}: {len(order)} officers for {room.size} seats"
        raise ValueError(message)
    lot = _Lot(room, order, rules)
    if not lot.fill():
        return find_conflict(room, order, rules)
    wished = wishes or {}
    for i, officer in enumerate(order):
        place = wished.get(officer.officer_id)
        if place in lot.places:
            lot.settle(i, lot.places.index(place))
    for i in range(len(order)):
        if not lot.done[i]:
            lot.settle_first(i)
    return {one.officer_id: lot.places[lot.place_of(i)] for i, one in enumerate(order)}


def find_conflict(room: Room, officers: Sequence[Officer], rules: PeopleRules) -> Conflict:
    """Say why a post's places cannot be filled.

    Parameters
    ----------
    room
        The places.
    officers
        The post's officers.
    rules
        Rules under which there is no assignment.

    Returns
    -------
    Conflict
        Rules of which none can be left out, and of the seats that are too many for the officers
        who may take them as few as lack most officers.

    Raises
    ------
    ValueError
        If the places can be filled.
    """
    kept = list(RULES)
    for rule in RULES:
        rest = [one for one in kept if one != rule]
        if not _Lot(room, officers, rules, rest).fill():
            kept = rest
    lot = _Lot(room, officers, rules, kept)
    if lot.fill():
        message = f"post {room.post_id}: the places can be filled"
        raise ValueError(message)
    # seats that stay empty, and those whose officers could move to one of them
    short = set(range(room.size)).difference(lot.seat_of)
    while True:
        able = np.flatnonzero(lot.allowed[:, sorted(short)].any(axis=1)).tolist()
        grown = short | {lot.seat_of[i] for i in able if lot.seat_of[i] >= 0}
        if grown == short:
            break
        short = grown
    places = sorted({lot.seat_place[c] for c in short})
    return Conflict(
        room.post_id,
        tuple(kept),
        tuple(lot.places[place] for place in places),
        len(short),
        len(able),
    )


class _Lot:
    """Officers and seats: who may sit where, who sits where, and for whom that is final."""

    def __init__(
        self,
        room: Room,
        order: Sequence[Officer],
        rules: PeopleRules,
        heeded: Iterable[str] = RULES,
    ) -> None:
        self.places = room.places
        sizes = [*(team.officers for team in room.teams), room.fixed, room.reserve, room.free]
        self.seat_place = [p for p, size in enumerate(sizes) for _ in range(size)]
        self.seats_of: list[list[int]] = [[] for _ in sizes]
        for c, p in enumerate(self.seat_place):
            self.seats_of[p].append(c)
        # a team's first seat is for one who leads
        self.lead_seat = {p: self.seats_of[p][0] for p in range(len(room.teams))}
        self.allowed = self._allowed(room, order, rules, frozenset(heeded))
        self.seat_of = [-1] * len(order)
        self.holder = [-1] * len(self.seat_place)
        self.done = [False] * len(order)
        self.open = list(sizes)

    def _allowed(
        self, room: Room, order: Sequence[Officer], rules: PeopleRules, heeded: frozenset[str]
    ) -> Matrix:
        """Say who may take which seat: shape ``(n_officers, n_seats)``."""
        duties = [*(STATION for _ in room.teams), FIXED, RESERVE, FREE]
        able = np.ones((len(order), len(duties)), dtype=np.bool_)
        if "duty" in heeded:
            for i, one in enumerate(order):
                able[i] = [duty in _DUTY_PLACES[one.duty] for duty in duties]
        if rules.avoid_home and "home" in heeded:
            wards = [frozenset(map(folded, team.kelurahan)) for team in room.teams]
            for i, one in enumerate(order):
                home = folded(one.home_kelurahan)
                # where a home or a ward is not told, nothing is known to be away from it
                for p, ward in enumerate(wards):
                    able[i, p] &= bool(home) and not {"", home} & ward
        allowed: Matrix = able[:, np.array(self.seat_place, dtype=np.intp)]
        if "lead" in heeded:
            leads = np.array([rules.leads(one) for one in order], dtype=np.bool_)
            allowed[:, np.array([*self.lead_seat.values()], dtype=np.intp)] &= leads[:, None]
        return allowed

    def fill(self) -> bool:
        """Seat as many as possible; tell whether that is everyone."""
        self.seat_of = _match(self.allowed)
        self._list_holders()
        return -1 not in self.seat_of

    def place_of(self, i: int) -> int:
        """Give the place of an officer's seat."""
        return self.seat_place[self.seat_of[i]]

    def settle_first(self, i: int) -> None:
        """Give an officer the first place that can be had; his own seat is one."""
        for p in range(self.place_of(i) + 1):
            if self.open[p] and self.settle(i, p):
                return

    def settle(self, i: int, p: int) -> bool:
        """Give an officer a seat of a place for good, if everyone else still finds one."""
        open_seats = [
            c for c in self.seats_of[p] if self.allowed[i, c] and not self.done[self.holder[c]]
        ]
        if not open_seats:
            return False
        mine = self.seat_of[i]
        # to change seats with one other officer is enough nearly always
        likely = [c for c in open_seats if self.allowed[self.holder[c], mine]]
        if mine in open_seats:
            likely = [mine]
        if likely:
            self._swap(i, likely[0])
        elif not self._seat_anew(i, open_seats):
            return False
        self.done[i] = True
        self.open[p] -= 1
        lead = self.lead_seat.get(p)
        # whoever leads takes the seat that asks for it, and leaves the other to anyone
        if lead is not None and self.allowed[i, lead] and not self.done[self.holder[lead]]:
            self._swap(i, lead)
        return True

    def _swap(self, i: int, c: int) -> None:
        other, mine = self.holder[c], self.seat_of[i]
        self.seat_of[i], self.seat_of[other] = c, mine
        self.holder[c], self.holder[mine] = i, other

    def _seat_anew(self, i: int, seats: Sequence[int]) -> bool:
        """Seat all who are not settled anew, one of them on one of some seats, if that works."""
        rows = [row for row, done in enumerate(self.done) if not done]
        columns = [self.seat_of[row] for row in rows]
        part = self.allowed[np.ix_(rows, columns)]
        part[rows.index(i)] &= np.isin(columns, seats)
        found = _match(part)
        if -1 in found:
            return False
        for row, place in zip(rows, found, strict=True):
            self.seat_of[row] = columns[place]
        self._list_holders()
        return True

    def _list_holders(self) -> None:
        for i, c in enumerate(self.seat_of):
            if c >= 0:
                self.holder[c] = i


def _match(allowed: Matrix) -> list[int]:
    """Give as many rows as possible a column of their own; -1 for those that get none."""
    if not allowed.size:
        return [-1] * len(allowed)
    found: list[int] = maximum_bipartite_matching(csr_array(allowed), perm_type="column").tolist()
    return found
