"""Check who stands where: the rules of people, and the lot that the places were drawn by.

The third file of the second opinion: `verify` reads the plan and the raw list, and asks here.
Standard library only, importing nothing of the package. Nobody's name is in what it tells, and
service numbers are masked.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIELDS", "People", "masked"]

FIELDS: Final = ("officer_id", "name", "rank", "post_id", "duty", "home_kelurahan")
_METHOD: Final = "metro-gis-draw/1"
_BESIDE: Final = ("fixed", "reserve", "free")
_FITS: Final = {
    "station": {"station", "free"},
    "fixed": {"fixed"},
    "reserve": {"reserve"},
    "any": {"station", *_BESIDE},
}
_SHORTEST: Final = 6  # characters from which some of a number are shown
_Row = dict[str, Any]
_Found = tuple[str, _Row]  # code of a breach, and what fills its sentence
_Seat = tuple[str, str]  # a place, and whether it is the seat that asks for a rank


def masked(number: str) -> str:
    """Hide a service number but for its ends.

    Parameters
    ----------
    number
        The number.

    Returns
    -------
    str
        Its first and last two characters, or none.
    """
    return f"{number[:2]}…{number[-2:]}" if len(number) >= _SHORTEST else "…"


def _fold(text: object) -> str:
    return " ".join(unicodedata.normalize("NFKC", str(text or "")).casefold().split())


@dataclass(frozen=True)
class People:
    """What the checker knows of a plan with names.

    Parameters
    ----------
    listed
        Rows of the raw list by officer id, cleaned.
    named
        Rows of the plan's layer ``officers``.
    teams, posts
        Rows of the plan's teams and posts, in the plan's order.
    wards
        Kelurahan of each team's stations.
    rules
        Section ``people`` of the scenario.
    told
        What the plan tells of its draw.
    """

    listed: dict[str, _Row]
    named: list[_Row]
    teams: list[_Row]
    posts: list[_Row]
    wards: dict[str, set[str]]
    rules: _Row
    told: _Row

    def breaches(self) -> Iterator[_Found]:
        """Check list, duties, teams and lot, the lot only where the rest is in order.

        Yields
        ------
        tuple
            Code of a breach and what fills its sentence.
        """
        found = [*self._draw(), *self._everyone()]
        if not found:
            found = [*self._places(), *self._rules()]
        yield from found
        if not found:
            yield from self._lot()

    def _draw(self) -> Iterator[_Found]:
        """Seed, hash and rules are those of scenario and list."""
        lines = (
            "\t".join(row[field] for field in FIELDS) + "\n"
            for _, row in sorted(self.listed.items())
        )
        ranks, home = self.rules["lead_ranks"], self.rules["avoid_home"]
        right = {
            "method": _METHOD,
            "seed": self.rules["seed"],
            "list_sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
            "officers": len(self.listed),
            "rules": {"lead_ranks": ranks, "avoid_home": home},
        }
        for key, value in right.items():
            if self.told.get(key) != value:
                shown = {"field": key, "recorded": str(self.told.get(key)), "expected": str(value)}
                yield "figure-wrong", {"kind": "draw", "id": "names", **shown}

    def _everyone(self) -> Iterator[_Found]:
        """Each officer of the list stands in the plan once, as on the list, and nobody else."""
        times = Counter(row["officer_id"] for row in self.named)
        for one in sorted(times.keys() | self.listed.keys()):
            if times[one] != 1 or one not in self.listed:
                count = {"plan": times[one], "listed": int(one in self.listed)}
                yield "officer-count", {"officer": masked(one), **count}
        for row in self.named:
            raw = self.listed.get(row["officer_id"], row)
            for field in ("name", "rank", "post_id"):
                if (row[field] or "") != raw[field]:
                    yield "officer-differs", {"officer": masked(row["officer_id"]), "field": field}

    def _places(self) -> Iterator[_Found]:
        """Duties fit the list, teams are of the own post, and every place has its number."""
        homes = {team["team_id"]: team["post_id"] for team in self.teams}
        known = {post["post_id"] for post in self.posts}
        filled: Counter[tuple[str, str]] = Counter()
        for row in self.named:
            one, post, duty, team = (row[k] for k in ("officer_id", "post_id", "duty", "team_id"))
            who, listed = {"officer": masked(one), "post_id": post}, self.listed[one]["duty"]
            if duty not in _FITS.get(listed, ()):
                yield "officer-duty", {**who, "duty": str(duty), "listed": listed}
            strange = post not in known or (team is not None and homes.get(team) != post)
            if strange or (duty == "station") != (team is not None):
                yield "officer-team", {**who, "team_id": str(team)}
            if row["previous"] is not None and not self._known_wish(row, homes):
                yield "officer-previous", {**who, "previous": str(row["previous"])}
            filled[post, team or duty] += 1
        for team in self.teams:
            named = filled[team["post_id"], team["team_id"]]
            if named != team["officers"]:
                count = {"named": named, "officers": team["officers"]}
                yield "team-size", {"team_id": team["team_id"], **count}
        for post in self.posts:
            for duty in _BESIDE:
                named, right = filled[post["post_id"], duty], post[f"{duty}_officers"]
                if named != right:
                    count = {"duty": duty, "named": named, "expected": right}
                    yield "post-duty", {"post_id": post["post_id"], **count}

    def _known_wish(self, row: _Row, homes: dict[str, str]) -> bool:
        mine = homes.get(row["previous"]) == row["post_id"] or row["previous"] in _BESIDE[:2]
        return mine and self.told.get("previous_plan_id") is not None

    def _rules(self) -> Iterator[_Found]:
        """Every team is led, and nobody guards where he lives."""
        led = {row["team_id"] for row in self.named if self._leads(row["officer_id"])}
        for team in self.teams:
            if team["team_id"] not in led:
                yield "team-lead", {"team_id": team["team_id"]}
        for row in self.named:
            if row["team_id"] and not self._is_away(row["officer_id"], row["team_id"]):
                who = {"team_id": row["team_id"], "officer": masked(row["officer_id"])}
                yield "team-home", who

    def _leads(self, one: str) -> bool:
        ranks = {_fold(rank) for rank in self.rules["lead_ranks"]}
        return not ranks or _fold(self.listed[one]["rank"]) in ranks

    def _is_away(self, one: str, team: str) -> bool:
        home = _fold(self.listed[one]["home_kelurahan"])
        wards = {_fold(ward) for ward in self.wards.get(team, ())}
        # where a home or a ward is not told, nothing is known to be away from it
        return not self.rules["avoid_home"] or ("" not in wards | {home} and home not in wards)

    def _lot(self) -> Iterator[_Found]:
        """Nobody could have had an earlier place, those drawn before keeping theirs."""
        for post in self.posts:
            mine = [row for row in self.named if row["post_id"] == post["post_id"]]
            teams = [t["team_id"] for t in self.teams if t["post_id"] == post["post_id"]]
            for one in _Urn(self, mine, [*teams, *_BESIDE]).cheated():
                yield "draw-order", {"post_id": post["post_id"], "officer": masked(one)}


class _Urn:
    """The officers of a post in drawn order, on their seats.

    A plan is right when nobody can be moved to an earlier place by a chain of officers who were
    drawn later: the first takes the place, whoever sat there moves on, until the last takes the
    seat that the first left.
    """

    def __init__(self, people: People, rows: list[_Row], places: list[str]) -> None:
        self.people, self.places = people, places
        drawn = {
            row["officer_id"]: hashlib.sha256(
                f"{people.rules['seed']}:{row['officer_id']}".encode()
            ).hexdigest()
            for row in rows
        }
        self.rows = sorted(rows, key=lambda row: (drawn[row["officer_id"]], row["officer_id"]))
        self.at = {row["officer_id"]: row["team_id"] or row["duty"] for row in rows}
        self.leads = {one: people._leads(one) for one in self.at}  # noqa: SLF001
        self.able = {one: self._able(one) for one in self.at}
        self.seat: dict[str, _Seat] = {}

    def cheated(self) -> Iterator[str]:
        wishing = [row for row in self.rows if row["previous"] is not None]
        kept = [r for r in wishing if self.at[r["officer_id"]] == r["previous"]]
        rest = [row for row in self.rows if row not in kept]
        self._sit([row["officer_id"] for row in (*kept, *rest)])
        settled = set[str]()
        for row in wishing:
            one = row["officer_id"]
            if row in kept:
                settled.add(one)
            elif self._could(one, [row["previous"]], settled):
                yield one
        for row in rest:
            one = row["officer_id"]
            if self._could(one, self.places[: self.places.index(self.at[one])], settled):
                yield one
            settled.add(one)

    def _sit(self, order: list[str]) -> None:
        """Give the seat of each team that asks for a rank to its first officer of such a rank."""
        led = set[str]()
        for one in order:
            place = self.at[one]
            first = self.leads[one] and place not in (*led, *_BESIDE)
            led |= {place} if first else set()
            self.seat[one] = (place, "lead" if first else "")

    def _able(self, one: str) -> set[_Seat]:
        fits, found = _FITS[self.people.listed[one]["duty"]], set[_Seat]()
        for place in self.places:
            team = place not in _BESIDE
            if (place if not team else "station") in fits:
                away = not team or self.people._is_away(one, place)  # noqa: SLF001
                found |= {(place, "")} if away else set()
                found |= {(place, "lead")} if away and team and self.leads[one] else set()
        return found

    def _could(self, one: str, places: list[str], settled: set[str]) -> bool:
        """Tell whether an officer could have one of some places, the settled ones unmoved."""
        loose = [other for other in self.seat if other not in settled and other != one]
        wanted = {seat for seat in self.able[one] if seat[0] in places}
        if not wanted & {self.seat[other] for other in loose}:
            return False
        sitting: dict[_Seat, list[str]] = defaultdict(list)
        for other in loose:
            sitting[self.seat[other]].append(other)
        waiting, seen = [self.seat[one]], {self.seat[one]}
        while waiting:
            goal = waiting.pop()
            for seat in sitting.keys() - seen:
                if any(goal in self.able[other] for other in sitting[seat]):
                    if seat in wanted:
                        return True
                    seen.add(seat)
                    waiting.append(seat)
        return False
