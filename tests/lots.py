"""Draws by brute force, and as the page on rules states them in plain Python."""

import hashlib
import itertools
import re
from pathlib import Path

from hypothesis import strategies as st

from metro_gis.optimize.draw import Room, Team
from metro_gis.people import Officer, PeopleRules, folded

PAGE = Path(__file__).parents[1] / "optimize/README.md"
BESIDE = ("fixed", "reserve", "free")
WARDS = ("Imopuro", "Metro", "Ganjar Agung")
LEAD = ("Aipda", "Bripka")
DUTIES = {"station": {"free"}, "fixed": {"fixed"}, "reserve": {"reserve"}, "any": set(BESIDE)}


@st.composite
def rooms(draw):
    """A room of up to six seats, its officers, rules, a seed, and places of an earlier draw."""
    teams = tuple(
        Team(f"T{n:03}", draw(st.integers(1, 2)), frozenset(draw(st.sets(st.sampled_from(WARDS)))))
        for n in range(1, draw(st.integers(1, 3)))
    )
    fixed, reserve, free = (draw(st.integers(0, 1)) for _ in range(3))
    room = Room("polsek", teams, fixed, reserve, free)
    officers = [
        Officer(
            f"{n:03}", "", draw(st.sampled_from(("Bripda", *LEAD))), "polsek",
            draw(st.sampled_from(("any", "any", "any", "station", "fixed", "reserve"))),
            draw(st.sampled_from(WARDS)),
        )
        for n in range(room.size)
    ]  # fmt: skip
    rules = PeopleRules(draw(st.sampled_from(((), LEAD))), draw(st.booleans()))
    wishes = {
        one.officer_id: draw(st.sampled_from(room.places))
        for one in officers
        if draw(st.integers(0, 3)) == 0
    }
    return room, officers, rules, draw(st.integers(0, 10**20)), wishes


def stated():
    """Give the function `draw` that the page on rules states."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (code,) = (block for block in blocks if "def draw(" in block)
    names = {}
    exec(compile(code, "optimize/README.md", "exec"), names)  # noqa: S102 (this is the test)
    return names["draw"]


def sizes(room):
    """List the places of a room with their seats."""
    beside = zip(BESIDE, (room.fixed, room.reserve, room.free), strict=True)
    return [*((team.team_id, team.officers) for team in room.teams), *beside]


def may_stand(room, officers, rules):
    """State the rules, written anew: may an officer take a place, on its first seat or another."""
    people = {one.officer_id: one for one in officers}
    teams = {team.team_id: team for team in room.teams}
    ranks = {folded(rank) for rank in rules.lead_ranks}

    def may(officer_id, place, first):
        one = people[officer_id]
        if place not in teams:
            return place in DUTIES[one.duty]
        led = not first or not ranks or folded(one.rank) in ranks
        wards = {folded(ward) for ward in teams[place].kelurahan}
        home = rules.avoid_home and folded(one.home_kelurahan) in wards
        return one.duty in ("station", "any") and led and not home

    return may


def every_assignment(room, officers, rules):
    """Give every assignment that keeps the rules, officer id to place."""
    may, places = may_stand(room, officers, rules), sizes(room)
    ids = [one.officer_id for one in officers]
    seats = [place for place, size in places for _ in range(size)]
    for order in set(itertools.permutations(seats)):
        given = dict(zip(ids, order, strict=True))
        fits = all(may(one, place, False) for one, place in given.items())  # noqa: FBT003
        led = all(
            any(may(one, place, True) for one in ids if given[one] == place)  # noqa: FBT003
            for place, _ in places
            if place not in BESIDE
        )
        if fits and led:
            yield given


def first_by_force(room, officers, rules, seed, wishes):
    """Give the assignment that follows the drawn order best, or None where there is none."""
    order = sorted(
        (one.officer_id for one in officers),
        key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest(),
    )
    places = [place for place, _ in sizes(room)]

    def key(given):
        lost = [given[one] != wishes[one] for one in order if one in wishes]
        kept = {one for one in order if one in wishes and given[one] == wishes[one]}
        return lost, [places.index(given[one]) for one in order if one not in kept]

    return min(every_assignment(room, officers, rules), key=key, default=None)
