"""Certificates of a bound, worked out the plain way: each formula as it stands, by trying subsets.

They are drawn at random or written by hand, and stored in plans made by hand (`test_verify.Town`).
Nothing comes from the planner or from the checker.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from toys import travel

from metro_gis.doctrine import Doctrine, Pattern, RiskClass
from metro_gis.problem import BeatRules, Post, Problem, Station

if TYPE_CHECKING:
    from collections.abc import Iterable

Tree = dict[str, Any]
Path = tuple[tuple[tuple[int, ...], bool, int], ...]  # area, whether above, most


@dataclass
class Certificate:
    """What is charged for an officer of each post, and a tree of multipliers for each pool."""

    scale: int
    officers: dict[str, int]
    pools: list[dict[str, Any]]


class Ground:
    """A town as a bound sees it: who reaches whom, in tenths, and which stations share beats."""

    def __init__(self, town: Any) -> None:
        self.town, self.rules = town, town.scenario
        times = town.times(town.attach())
        limits = {k[:-8]: math.floor(v * 10 + 1e-9) for k, v in self.rules["limits"].items()}
        self.stations = {row["station_id"]: row for row in town.stations}
        extra = self.rules.get("officers", {})
        self.have = {row["post_id"]: extra.get(row["post_id"], row["officers"])
                     - row["fixed_officers"] - row["reserve_officers"]
                     for row in town.posts}  # fmt: skip
        serves = {row["post_id"]: [area for area in row["serves"].split(";") if area]
                  for row in town.posts}  # fmt: skip

        def tenths(*ends: str) -> float:
            return -(-times[ends] // 6_000_000_000) if ends in times else math.inf

        self.deploy = {
            (p, t): tenths("post", p, "station", t)
            for p, t in itertools.product(serves, self.stations)
            if not serves[p] or self.stations[t]["kecamatan"] in serves[p]
        }
        self.deploy = {ends: m for ends, m in self.deploy.items() if m <= limits["deploy"]}
        self.beat = {
            (j, t): max(tenths("station", j, "station", t), tenths("station", t, "station", j))
            for j, t in itertools.product(self.stations, repeat=2)
        }
        self.beat = {ends: m for ends, m in self.beat.items() if m <= limits["beat"]}
        self.limits = limits
        groups: dict[Any, list[str]] = {}
        for t, row in self.stations.items():
            if any((p, t) in self.deploy for p in self.have):
                risk = "any" if self.rules["beats"]["mix"] else row["risk_class"]
                groups.setdefault((self.unit(t), risk), []).append(t)
        self.pools = list(groups.values())

    def unit(self, t: str) -> str:
        """Name the border unit of a station."""
        row = self.stations[t]
        ward = f"{row['kecamatan']}/{row['kelurahan']}"
        border = self.rules["beats"]["border"]
        return {"none": "*", "kelurahan": ward}.get(border, row["kecamatan"])

    def share(self, t: str) -> Fraction:
        """Part of a team that a station takes up."""
        pattern = self.rules["patterns"][self.stations[t]["risk_class"]]
        return Fraction(1, pattern.get("stations") or self.town.info["rung_low"][self.unit(t)])

    def size(self, t: str) -> int:
        """Officers of a team that guards a station."""
        return self.rules["patterns"][self.stations[t]["risk_class"]]["officers"]

    def full(self, stations: list[str]) -> int:
        """Count a full team in the smallest whole numbers that share it out."""
        return math.lcm(*(self.share(t).denominator for t in stations))

    def load(self, stations: list[str], places: Iterable[int]) -> int:
        """Add up what some stations take up, in parts of a full team."""
        full = self.full(stations)
        return sum(int(self.share(stations[i]) * full) for i in places)

    def capacity(self, stations: list[str], row: dict[str, list[int]]) -> tuple[int, int]:
        """Part that the last team carries of the load of a row, and what the row is never below."""
        full, load = self.full(stations), self.load(stations, row["stations"])
        teams = math.ceil(Fraction(load, full))
        part = load - full * (teams - 1)
        return part, part * teams - load

    def cheapest(
        self, certificate: Certificate, pool: dict[str, Any], j: int, leaf: dict[str, Any]
    ) -> int:
        """Try every beat of an anchor: its cost, less all that it is worth."""
        stations, worth = pool["stations"], leaf["worth"]
        rows = [(pool["rows"][k], m) for k, m in leaf["rows"] if j in pool["rows"][k]["anchors"]]
        scale, anchor, beats = certificate.scale, stations[j], self.rules["beats"]
        costs = []
        others = [i for i in range(len(stations)) if i != j]
        subsets = itertools.chain.from_iterable(
            itertools.combinations(others, n) for n in range(len(stations))
        )
        for mates in subsets:
            ids = [stations[i] for i in mates]
            if sum(map(self.share, [anchor, *ids])) > 1:
                continue
            if any((anchor, t) not in self.beat for t in ids):
                continue
            size = max(map(self.size, [anchor, *ids]))
            brings, away = sum(worth[i] for i in (j, *mates)), 0
            for row, m in rows:
                carried = self.load(stations, {j, *mates} & {*row["stations"]})
                brings += m * (self.capacity(stations, row)[0] - carried)
            for t in ids:
                a, b = self.stations[t], self.stations[anchor]
                stranger = any(a[key] != b[key] for key in ("kecamatan", "kelurahan"))
                penalty = round(10 * beats["kelurahan_penalty_minutes"]) * stranger
                away += self.beat[anchor, t] + penalty
            for p in self.have:
                if all((p, t) in self.deploy for t in [anchor, *ids]):
                    each = 10 * beats["team_minutes"] + self.deploy[p, anchor] + away
                    cost = size * (round(scale * each) + certificate.officers.get(p, 0))
                    costs.append(cost - brings)
        return min(costs)

    def of_tree(
        self, certificate: Certificate, pool: dict[str, Any], tree: Tree, path: Path = ()
    ) -> int:
        """Bound a pool by a tree: the smaller side of every split."""
        if "area" in tree:
            area, most = tuple(tree["area"]), tree["most"]
            below = self.of_tree(certificate, pool, tree["below"], (*path, (area, False, most)))
            above = self.of_tree(certificate, pool, tree["above"], (*path, (area, True, most)))
            return min(below, above)
        stations, worth, team = pool["stations"], tree["worth"], tree["team"]
        on = {j for area, above, most in path if above and most + 1 == len(area) for j in area}
        off = {j for area, above, most in path if not above and most == 0 for j in area}
        asked = shared(path)
        total = sum(worth) + team * math.ceil(sum(map(self.share, stations)))
        total += sum(
            m * (most + 1 if above else most)
            for m, (_, above, most) in zip(tree["sides"], asked, strict=True)
        )
        total += sum(m * self.capacity(stations, pool["rows"][k])[1] for k, m in tree["rows"])
        for j in range(len(stations)):
            reduced = self.cheapest(certificate, pool, j, tree) - team
            reduced -= sum(
                m for m, (area, _, _) in zip(tree["sides"], asked, strict=True) if j in area
            )
            if j not in off:
                total += reduced if j in on else min(0, reduced)
        return total

    def bound(self, certificate: Certificate) -> int:
        """Bound the whole town, in tenths."""
        total = sum(self.of_tree(certificate, pool, pool["tree"]) for pool in certificate.pools)
        total -= sum(charge * self.sent(p) for p, charge in certificate.officers.items())
        sizes = [self.size(t) for _, t in self.deploy]
        step = math.gcd(*sizes) or 1
        return step * math.ceil(Fraction(total, certificate.scale * step))

    def sent(self, post: str) -> int:
        """Try every number of teams of each size: the most officers of a post in whole teams."""
        sizes = {self.size(t) for p, t in self.deploy if p == post}
        counts = [range(self.have[post] // size + 1) for size in sizes]
        teams = [zip(sizes, some, strict=True) for some in itertools.product(*counts)]
        sums = [sum(size * n for size, n in some) for some in teams]
        return max(one for one in sums if one <= self.have[post])

    def store(self, certificate: Certificate, *, bound: int | None = None) -> None:
        """Write a certificate into the town's plan, with the bound that follows from it."""
        rows = self.town.tables["bounds"]
        rows[:] = [row for row in rows if not row["part"].startswith("certificate ")]
        prices = {"scale": certificate.scale, "officers": certificate.officers}
        parts = {"prices": prices} | {str(n): pool for n, pool in enumerate(certificate.pools, 1)}
        rows += [
            {"aim": "nearness", "part": f"certificate {part}", "bound": json.dumps(content)}
            for part, content in parts.items()
        ]
        tenths = self.bound(certificate) if bound is None else bound
        value = self.town.info["aims"][2]["value"]
        gap = max(0.0, (value - tenths / 10) / max(value, 1))
        self.town.info["certified"] = {"bound": tenths / 10, "gap": gap}

    def problem(self) -> Problem:
        """Give the town as the planner and `brute` see it."""
        patterns, beats = self.rules["patterns"], self.rules["beats"]
        ids, posts = list(self.stations), self.town.posts
        between = [[self.beat.get((j, t), -1) for t in ids] for j in ids]
        deploy = np.array([[self.deploy.get((p, t), -1) for t in ids] for p in self.have])
        return Problem(
            tuple(
                Station(t, row["lon"], row["lat"], RiskClass(row["risk_class"]),
                        row["kecamatan"], row["kelurahan"])
                for t, row in self.stations.items()
            ),
            tuple(
                Post(row["post_id"], row["lon"], row["lat"], self.have[row["post_id"]],
                     serves=tuple(area for area in row["serves"].split(";") if area))
                for row in posts
            ),
            Doctrine({
                risk: Pattern(patterns[risk]["officers"],
                              tuple(patterns[risk].get("ladder", [patterns[risk].get("stations")])))
                for risk in RiskClass
            }),
            self.limits["deploy"],
            self.limits["beat"],
            BeatRules(beats["border"], beats["mix"],
                      round(10 * beats["kelurahan_penalty_minutes"]),
                      round(10 * beats["team_minutes"])),
            travel(deploy, between, self.limits["beat"]),
        )  # fmt: skip


def shared(path: Path) -> Path:
    """List the sides that settle no station, the strictest of each area, in order of the first."""
    open_ = [
        (area, above, most)
        for area, above, most in path
        if not (above and most + 1 == len(area)) and not (not above and most == 0)
    ]
    firsts = list(dict.fromkeys((area, above) for area, above, _ in open_))
    return tuple(
        (
            area,
            above,
            (max if above else min)(k for a, side, k in open_ if (a, side) == (area, above)),
        )
        for area, above in firsts
    )


def draw_rows(draw: Any, n: int) -> list[dict[str, list[int]]]:
    """Draw capacity rows of any anchors and any stations, some of them the same or all."""

    def places() -> list[int]:
        return sorted(draw.sample(range(n), draw.choice([n, draw.randint(1, n)])))

    rows = []
    for _ in range(draw.randint(0, 3)):
        anchors = places()
        rows.append({"anchors": anchors, "stations": draw.choice([anchors, places()])})
    return rows


def draw_tree(draw: Any, n: int, rows: int, scale: int, depth: int, path: Path = ()) -> Tree:
    """Draw a tree of multipliers that are all of the right sign, some of its areas twice."""
    if depth and draw.random() < 0.7:
        area = tuple(sorted(draw.sample(range(n), draw.randint(1, n))))
        if path and draw.random() < 0.4:
            area = draw.choice(path)[0]
        most = draw.randint(0, len(area) - 1)
        sides = {name: (area, name == "above", most) for name in ("below", "above")}
        return {"area": list(area), "most": most} | {
            name: draw_tree(draw, n, rows, scale, depth - 1, (*path, side))
            for name, side in sides.items()
        }
    signs = [1 if above else -1 for _, above, _ in shared(path)]
    return {
        "worth": [draw.randint(0, 900 * scale) for _ in range(n)],
        "team": draw.choice([0, draw.randint(0, 300 * scale)]),
        "sides": [sign * draw.randint(0, 200 * scale) for sign in signs],
        "rows": [
            [k, draw.choice([0, draw.randint(0, 150 * scale)])]
            for k in range(rows)
            if draw.random() < 0.8
        ],
    }


def draw_certificate(draw: Any, ground: Ground, *, depth: int = 2) -> Certificate:
    """Draw a certificate of all pools, in any order."""
    scale = draw.choice([1, 7, 1000])
    charged = [p for p in ground.have if draw.random() < 0.5]
    officers = {p: draw.randint(0, 20 * scale) for p in charged}
    pools = []
    for pool in draw.sample(ground.pools, len(ground.pools)):
        stations = draw.sample(pool, len(pool))
        rows = draw_rows(draw, len(pool))
        tree = draw_tree(draw, len(pool), len(rows), scale, draw.randint(0, depth))
        pools.append({"stations": stations, "rows": rows, "tree": tree})
    return Certificate(scale, officers, pools)
