"""Work out anew what no plan can be below, from its multipliers and from what the checker knows.

The second file of the second opinion: `verify` reads the plan and the inputs, works out who reaches
whom, and asks here. Standard library only, importing nothing of the package.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Bounds"]

_PRICES: Final = "certificate prices"
_Row = dict[str, Any]
_Area = tuple[tuple[int, ...], bool]  # places in a pool; whether above so many of them, or below
_Mates = list[tuple[int, list[tuple[int, int]]]]  # by weight: cost and place of each


@dataclass(frozen=True)
class Bounds:
    """What the checker knows, as far as bounds rest on it, and the bounds that follow.

    Parameters
    ----------
    stations
        Rows of all stations by id, each with its border ``unit``.
    near
        Of each station: tenths of minutes from the posts in reach of it.
    have
        Officers for stations, of each post.
    rungs
        Rung of *low*, of each unit.
    patterns, beats
        As the scenario has them.
    limit
        Most tenths of minutes between an anchor and a station of its beat.
    ways
        Gives tenths of minutes from a station to others, as far as some limit.
    """

    stations: dict[str, _Row]
    near: dict[str, dict[str, int]]
    have: dict[str, int]
    rungs: dict[str, int]
    patterns: _Row
    beats: _Row
    limit: int
    ways: Callable[[str, list[str], int], dict[str, int]]

    def certified(self, parts: list[tuple[str, str]]) -> tuple[int, list[str]]:
        """Work out the bound of nearness that a certificate proves.

        Parameters
        ----------
        parts
            Name and JSON of each part of the certificate.

        Returns
        -------
        tenths : int
            No plan that covers all in reach, at these rungs, is below it.
        wrong : list
            Parts that are missing or malformed; with any, there is no bound.
        """
        pools, name = self.pools([t for t in self.stations if self.near[t]]), _PRICES
        left = {tuple(sorted(pool)): unit for (unit, _), pool in pools.items()}
        try:
            (prices,) = (json.loads(text) for part, text in parts if part == _PRICES)
            charges, scale = Counter[str](prices["officers"]), prices["scale"]
            _whole([scale - 1, *charges.values()])
            total: int = -sum(charge * self._sent(p) for p, charge in charges.items())
            for part, text in parts:
                if part != _PRICES:
                    name, told = part, json.loads(text)
                    left.pop(tuple(sorted(told["stations"])))
                    total += self._pool(told, charges, scale).bound(told["tree"])
        except Exception:  # noqa: BLE001 - whatever a damaged certificate raises is a breach
            return 0, [name]
        step = math.gcd(*(size for p in self.have for size in self._sizes(p))) or 1
        return int(step * -(-total // (scale * step))), list(left.values())

    def _sizes(self, post: str) -> set[int]:
        """List the sizes of teams that a post may send."""
        classes = {s["risk_class"] for t, s in self.stations.items() if post in self.near[t]}
        return {int(self.patterns[risk]["officers"]) for risk in classes}

    def _sent(self, post: str) -> int:
        """Count the officers that a post can send at most, its teams being whole."""
        sums, sizes = {0}, self._sizes(post)
        for n in range(1, self.have[post] + 1):
            sums |= {n} if any(n - size in sums for size in sizes) else set()
        return max(sums)

    def pools(self, listed: Iterable[str]) -> dict[tuple[str, Any], list[str]]:
        """Group stations that may share a beat: of one border unit, and class unless these mix.

        Parameters
        ----------
        listed
            Ids of stations.

        Returns
        -------
        dict
            Ids by unit, and by class or True.
        """
        pools: dict[tuple[str, Any], list[str]] = defaultdict(list)
        for s in (self.stations[t] for t in listed):
            pools[s["unit"], self.beats["mix"] or s["risk_class"]].append(s["station_id"])
        return pools

    def officers(self, *pools: list[str]) -> int:
        """Count the officers of all posts that reach some of these stations.

        Parameters
        ----------
        *pools
            Ids of stations.

        Returns
        -------
        int
            Officers for stations.
        """
        return sum(self.have[p] for p in {p for pool in pools for t in pool for p in self.near[t]})

    def needed(self, pool: list[str], rung: int) -> int:
        """Count the officers without whom the load of a pool cannot be carried.

        Parameters
        ----------
        pool
            Ids of its stations.
        rung
            Rung of *low*.

        Returns
        -------
        int
            Those of the smallest teams, as many as the load calls for.
        """
        classes = Counter(self.stations[t]["risk_class"] for t in pool)
        rules = [(self.patterns[risk], count) for risk, count in classes.items()]
        load = sum(Fraction(count, rule.get("stations") or rung) for rule, count in rules)
        return math.ceil(load) * int(min(rule["officers"] for rule, _ in rules))

    def strengths(self) -> tuple[int, int | None]:
        """Work out whether counting singles out the rungs.

        Returns
        -------
        strength : int
            The sum of the rungs over all stations that are *low*.
        other : int or None
            The least that other rungs come to, whose loads leave officers enough; None where none
            of these come to as little.
        """
        low = Counter(s["unit"] for s in self.stations.values() if s["risk_class"] == "low")
        pools = self.pools([t for t in self.stations if self.near[t]])
        units = low.keys() | {unit for unit, _ in pools}
        within = {u: [pool for (unit, _), pool in pools.items() if unit == u] for u in units}
        strength = sum(count * self.rungs[unit] for unit, count in low.items())
        most, others = self.officers(*pools.values()), [0]
        states = [(0, 0, False)]  # officers needed, strength, and whether a rung is another
        for unit, some in within.items():
            own, have = self.rungs.get(unit, 1), self.officers(*some)
            ladder = self.patterns["low"]["ladder"] if low[unit] else [own]
            need = {r: sum(self.needed(pool, r) for pool in some) for r in ladder}
            steps = [(n, low[unit] * r, r != own) for r, n in need.items() if n <= have]
            grown = sorted((n + m, x + y, d or e) for n, x, d in states for m, y, e in steps)
            states, others = [state for state in grown if not state[2]], [strength + 1]
            for n, x, other in grown:
                if other and n <= most and x < others[-1]:
                    states.append((n, x, other))
                    others.append(x)
        return strength, others[-1] if others[1:] else None

    def _pool(self, told: _Row, charges: Counter[str], scale: int) -> _Pool:
        """Price teams in a pool, as listed; no mate is farther than any is worth, in tenths."""
        listed, worth = told["stations"], _Pool.most(told["tree"]) // scale
        stations = {t: self.stations[t] for t in listed}
        rung: Any = self.rungs.get(stations[listed[0]]["unit"])
        patterns = [self.patterns[s["risk_class"]] for s in stations.values()]
        most = [pattern.get("stations") or rung for pattern in patterns]
        full, sizes = math.lcm(*most), [pattern["officers"] for pattern in patterns]
        weights, place = [full // m for m in most], {t: i for i, t in enumerate(listed)}
        team = round(10 * self.beats["team_minutes"])
        penalty = round(10 * self.beats["kelurahan_penalty_minutes"])
        wards = {t: (s["kecamatan"], s["kelurahan"]) for t, s in stations.items()}
        limit = min(self.limit, worth // min(sizes))
        ways = {t: self.ways(t, listed, limit) for t in listed}
        pool = _Pool(weights, full, told["rows"])
        for j, own in enumerate(listed):
            both = [(t, max(m, ways[t][own])) for t, m in ways[own].items() if own in ways[t]]
            near = [(m + penalty * (wards[t] != wards[own]), place[t]) for t, m in both if t != own]
            prices = [(scale * (team + m) + charges[p], p) for p, m in self.near[own].items()]
            teams = list[tuple[int, _Mates]]()
            for size in {size for size in sizes if size >= sizes[j]}:
                able, seen = [(m, i) for m, i in near if sizes[i] <= size], list[set[int]]()
                for price, p in sorted(prices):
                    served = {i for _, i in able if p in self.near[listed[i]]}
                    if not any(served <= other for other in seen):  # which cost no more
                        seen.append(served)
                        some = [(weights[i], size * scale * m, i) for m, i in able if i in served]
                        mates = [(w, [x[1:] for x in some if x[0] == w]) for w in set(weights)]
                        teams.append((size * price, mates))
            pool.anchors.append((full - weights[j], teams))
        return pool


def _whole(numbers: list[int]) -> list[int]:
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError
    return numbers


def _listed(rows: list[Any]) -> list[Any]:
    if type(rows) is not list:
        raise TypeError
    return rows


class _Pool:
    """Stations that may share beats, and the least that any plan spends on them (weak duality).

    Let covering a station be worth something, and so each team, up to the needed ones, and each
    anchor in an area where so many must be or may be. An anchor has one team at most: at best all
    whose cheapest team costs less than what it brings have that one, and no other anchor has any.

    A capacity row (Magnanti, Mirchandani and Vachani 1993, https://doi.org/10.1007/BF01580612) is
    true of any anchors and any stations. The load of the stations calls for so many teams, of which
    the last carries a part. Count that part once for each team of the anchors, less what these
    teams carry of the load: this is at least the part as often as teams are called for, less the
    load. It is with so many teams or more, since they carry no more than the load; with fewer, each
    that is missing takes away one part, and at least as much from what can be carried.
    """

    def __init__(self, weights: list[int], full: int, rows: list[_Row]) -> None:
        # of each anchor: the load left in its team, the price of each team and who may join it
        self.weights, self.anchors = weights, list[tuple[int, list[tuple[int, _Mates]]]]()
        self.needed = -(-sum(weights) // full)
        # of each row: its anchors, its stations, the part of the last team, and the least there is
        self.rows = list[tuple[list[int], list[int], int, int]]()
        for row in _listed(rows):
            anchors, stations = self.places(row["anchors"]), self.places(row["stations"])
            load = sum(weights[i] for i in stations)
            teams = -(-load // full)
            part = load - full * (teams - 1)
            self.rows.append((anchors, stations, part, part * teams - load))

    def places(self, listed: list[int]) -> list[int]:
        """Take places in the pool: at least one, rising, none twice."""
        last = _whole(listed)[-1]
        if last >= len(self.weights) or any(a >= b for a, b in itertools.pairwise(listed)):
            raise ValueError
        return listed

    def bound(self, tree: _Row, path: tuple[tuple[_Area, int], ...] = ()) -> int:
        """Least of what plans spend on either side of each split, the posts' charges included."""
        if "worth" in tree:
            return self.leaf(tree, path)
        area, most = tuple(self.places(tree["area"])), _whole([tree["most"]])[0]
        sides = {"below": ((area, False), most), "above": ((area, True), most)}
        return min(self.bound(tree[name], (*path, side)) for name, side in sides.items())

    def leaf(self, leaf: _Row, path: tuple[tuple[_Area, int], ...]) -> int:
        on, off, shared = self.settled(path)
        worth, (team,) = _whole(leaf["worth"]), _whole([leaf["team"]])
        total, brings = sum(worth) + team * self.needed, [team] * len(worth)
        for ((area, above), most), one in zip(shared.items(), leaf["sides"], strict=True):
            total += _whole([one if above else -one])[0] * (most + 1 if above else -most)
            for j in area:
                brings[j] += one
        charges, rows = self.charges(leaf["rows"]), defaultdict[int, list[int]](list)
        for k, one in charges.items():
            anchors, _, part, least = self.rows[k]
            total += one * least
            for j in anchors:
                brings[j] += one * part
                rows[j].append(k)
        worths: dict[tuple[int, ...], list[int]] = {(): worth}  # to the anchors of these rows
        for j, ((room, teams), brought) in enumerate(zip(self.anchors, brings, strict=True)):
            if j not in off:
                if (some := tuple(rows.get(j, ()))) not in worths:
                    worths[some] = self.less(worth, {k: charges[k] for k in some})
                own = worths[some]
                least = min(price + self.join(room, near, own) for price, near in teams)
                least -= own[j] + brought
                total += least if j in on else min(0, least)
        return total

    def settled(
        self, path: tuple[tuple[_Area, int], ...]
    ) -> tuple[set[int], set[int], dict[_Area, int]]:
        """Places that must be anchors, that may not be; the strictest other sides of each area."""
        on, off, shared = set[int](), set[int](), dict[_Area, int]()
        for (area, above), most in path:
            if above and most + 1 == len(area):
                on.update(area)
            elif not above and most == 0:
                off.update(area)
            else:
                known = shared.get((area, above), most)
                shared[area, above] = max(known, most) if above else min(known, most)
        return on, off, shared

    def charges(self, listed: list[list[int]]) -> dict[int, int]:
        """Take multipliers of rows, which rise; those that are nothing charge nothing."""
        charges, last = dict[int, int](), -1
        for k, one in _listed(listed):
            if not last < _whole([k, one])[0] < len(self.rows):
                raise ValueError
            charges[k], last = one, k
        return {k: one for k, one in charges.items() if one}

    def less(self, worth: list[int], charges: dict[int, int]) -> list[int]:
        """Take off what stations are charged by rows, for their share of a team."""
        left = worth.copy()
        for k, one in charges.items():
            for i in self.rows[k][1]:
                left[i] -= one * self.weights[i]
        return left

    def join(self, room: int, near: _Mates, worth: list[int]) -> int:
        """Least cost of stations, less their worth, that fit into what is left of a team."""
        if not near:
            return 0
        (weight, mates), *others = near
        costs = sorted([cost - worth[i] for cost, i in mates if cost < worth[i]])[: room // weight]
        if not others:
            return sum(costs)
        sums = itertools.accumulate(costs, initial=0)
        return min(x + self.join(room - n * weight, others, worth) for n, x in enumerate(sums))

    @staticmethod
    def most(tree: _Row) -> int:
        """Most that a station is worth anywhere."""
        return int(max(tree.get("worth") or map(_Pool.most, (tree["below"], tree["above"]))))
