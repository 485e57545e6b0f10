"""The independent checker accepts honest plans and names every damage done to one.

The plans here are made by hand: written with plain SQL, timed by networkx on a graph in which every
point splits the roads it hangs on, measured by shapely. Nothing comes from the planner.
"""

from __future__ import annotations

import ast
import copy
import csv
import hashlib
import itertools
import json
import math
import random
import re
import sqlite3
import struct
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import openpyxl
import pytest
from certificates import Certificate, Ground
from openpyxl.cell.rich_text import CellRichText
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from metro_gis import (
    verify,
    verify_bounds,
    verify_changes,
    verify_people,
    verify_roads,
    verify_ways,
)
from metro_gis.verify_roads import Roads

K = 6371009 * math.pi / 180
WEST, SOUTH, STEP = 105.30, -5.12, 0.004
PERSONAL = "Budi Santoso"
CODES_OF_PEOPLE = {
    "draw-missing", "draw-order", "officer-count", "officer-differs", "officer-duty",
    "officer-previous", "officer-team", "post-duty", "team-home", "team-lead", "team-size",
}  # fmt: skip
"""Tried in `test_verify_people`."""
COLUMNS = {
    "stations": "station_id name kecamatan kelurahan voters:INTEGER risk_class location_source "
    "team_id reason deploy_minutes:REAL beat_minutes:REAL snap_m:REAL",
    "teams": "team_id post_id kecamatan officers:INTEGER anchor_station_id stations:INTEGER "
    "rung:INTEGER load:REAL deploy_minutes:REAL beat_minutes:REAL round_minutes:REAL round",
    "posts": "post_id name kind kecamatan officers:INTEGER fixed_officers:INTEGER "
    "reserve_officers:INTEGER posted_officers:INTEGER free_officers:INTEGER serves location_source",
    "access": "point_kind point_id u v key:INTEGER along_m:REAL access_m:REAL",
    "witnesses": "station_id reason detail",
    "bounds": "aim part bound",
}
SPEEDS = {
    "motorway": 80, "trunk": 50, "primary": 45, "secondary": 40, "tertiary": 35,
    "unclassified": 30, "residential": 25, "living_street": 15, "service": 15, "track": 12,
    "unknown": 25,
}  # fmt: skip


def scenario() -> dict[str, Any]:
    """Return the defaults of a scenario, with tables beside the roads."""
    return {
        "stem": "toy",
        "inputs": {
            "roads": {"file": "roads.graphml"},
            "stations": {"file": "stations.csv", "layer": None, "columns": {}, "values": {},
                         "join": None},
            "posts": {"file": "posts.csv", "layer": None, "columns": {}, "values": {},
                      "join": None},
        },
        "limits": {"deploy_minutes": 30, "beat_minutes": 8},
        "beats": {"border": "kecamatan", "mix": False, "kelurahan_penalty_minutes": 2,
                  "team_minutes": 30},
        "patterns": {
            "low": {"officers": 2, "ladder": [4, 5, 6], "linmas": 2},
            "elevated": {"officers": 2, "stations": 2, "linmas": 2},
            "high": {"officers": 3, "stations": 1, "linmas": 2},
            "special": {"officers": 4, "stations": 1, "linmas": 2},
        },
        "travel": {"snap_limit_m": 300, "access_kph": 5, "factor": 1.0, "speeds_kph": SPEEDS},
        "solver": {"time_limit_s": 60, "gap": 0.001, "seed": 1, "processes": 2},
    }  # fmt: skip


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Length between two places on the plane at the first one."""
    return math.hypot((b[0] - a[0]) * math.cos(math.radians(a[1])) * K, (b[1] - a[1]) * K)


@dataclass
class Town:
    """A workspace with roads, tables and one plan, all of it open to damage."""

    folder: Path
    scenario: dict[str, Any] = field(default_factory=scenario)
    nodes: dict[str, tuple[float, float]] = field(default_factory=dict)
    # u, v, key: length, highway, maxspeed, line
    edges: dict[tuple[str, str, int], dict[str, Any]] = field(default_factory=dict)
    stations: list[dict[str, Any]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    modelled: bool = True

    def street(self, u: str, v: str, *, both: bool = True, key: int = 0, **tags: Any) -> None:
        """Add a street with a straight line, or with the line given."""
        line = tags.pop("line", None)
        length = tags.pop("length", metres(self.nodes[u], self.nodes[v]) * (1.3 if line else 1))
        self.edges[u, v, key] = {"length": length, "line": line, **tags}
        if both:
            self.edges[v, u, key] = {"length": length, "line": line and line[::-1], **tags}

    def station(self, name: str, x: float, y: float, risk: str = "low", **more: Any) -> None:
        """Add a station at a place counted in blocks from the south-west corner."""
        row = {"station_id": name, "name": f"Balai {name}", "lon": WEST + x * STEP,
               "lat": SOUTH + y * STEP, "risk_class": risk, "kecamatan": "Metro Pusat",
               "kelurahan": "Imopuro", "voters": 250, "location_source": "modelled"}  # fmt: skip
        self.stations.append(row | more)

    def post(self, name: str, x: float, y: float, officers: int = 40, **more: Any) -> None:
        """Add a post likewise."""
        row = {"post_id": name, "name": f"Polsek {name}", "kind": "polsek",
               "kecamatan": "Metro Pusat", "lon": WEST + x * STEP, "lat": SOUTH + y * STEP,
               "officers": officers, "fixed_officers": 2, "reserve_officers": 1, "serves": "",
               "location_source": "modelled"}  # fmt: skip
        self.posts.append(row | more)

    def write_inputs(self) -> None:
        """Write roads and tables."""
        names = ("length", "highway", "maxspeed", "geometry")
        keys = [f'<key id="d{i}" for="edge" attr.name="{n}" attr.type="string"/>'
                for i, n in enumerate(names)]  # fmt: skip
        keys += ['<key id="x" for="node" attr.name="x" attr.type="string"/>',
                 '<key id="y" for="node" attr.name="y" attr.type="string"/>',
                 '<key id="c" for="graph" attr.name="crs" attr.type="string"/>',
                 '<key id="m" for="graph" attr.name="modelled" attr.type="string"/>']  # fmt: skip
        body = ['<data key="c">epsg:4326</data>', f'<data key="m">{self.modelled}</data>']
        body += [f'<node id="{n}"><data key="x">{x!r}</data><data key="y">{y!r}</data></node>'
                 for n, (x, y) in self.nodes.items()]  # fmt: skip
        for (u, v, key), edge in self.edges.items():
            line = edge["line"]
            text = "LINESTRING (" + ", ".join(f"{x!r} {y!r}" for x, y in line or []) + ")"
            values = (repr(edge["length"]), edge.get("highway"), edge.get("maxspeed"),
                      text if line else None)  # fmt: skip
            data = "".join(
                f'<data key="d{i}">{value}</data>' for i, value in enumerate(values) if value
            )
            body.append(f'<edge source="{u}" target="{v}" id="{key}">{data}</edge>')
        (self.folder / "roads.graphml").write_text(
            "<?xml version='1.0' encoding='utf-8'?>\n"
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n' + "\n".join(keys)
            + '<graph edgedefault="directed">' + "\n".join(body) + "</graph></graphml>",
        )  # fmt: skip
        for name in ("stations", "posts"):
            rows = getattr(self, name)
            with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    # -- an honest plan ----------------------------------------------------------------------------

    def ns(self, edge: dict[str, Any]) -> int:
        """Nanoseconds of an edge whose tags are plain."""
        speeds = self.scenario["travel"]["speeds_kph"]
        kph = float(edge.get("maxspeed") or speeds[edge.get("highway") or "unknown"])
        hours = kph * self.scenario["travel"]["factor"]
        return max(1, round(edge["length"] * 3.6e9 / hours))

    def attach(self) -> list[dict[str, Any]]:
        """Measure every point against every edge."""
        rows = []
        for kind, table in (("station", self.stations), ("post", self.posts)):
            for row in table:
                lon, lat = row["lon"], row["lat"]
                kx, found = math.cos(math.radians(lat)) * K, []
                for (u, v, key), edge in self.edges.items():
                    line = edge["line"] or [self.nodes[u], self.nodes[v]]
                    drawn = LineString([((x - lon) * kx, (y - lat) * K) for x, y in line])
                    at = drawn.project(Point(0, 0)) / drawn.length * edge["length"]
                    found.append((drawn.distance(Point(0, 0)), at, u, v, key))
                least = min(found)[0]
                rows += [
                    {"point_kind": kind, "point_id": row[f"{kind}_id"], "u": u, "v": v, "key": key,
                     "along_m": round(at, 6), "access_m": round(distance, 6)}
                    for distance, at, u, v, key in found
                    if distance <= least + 0.001
                    and least <= self.scenario["travel"]["snap_limit_m"]
                ]  # fmt: skip
        return rows

    def times(self, access: list[dict[str, Any]]) -> dict[tuple[str, str, str, str], int]:
        """Nanoseconds between all points, on a graph in which points split the edges."""
        graph = nx.DiGraph()
        hung: dict[tuple[str, str, int], list[tuple[int, int, tuple[str, str]]]] = {}
        for row in access:
            edge = self.edges[row["u"], row["v"], row["key"]]
            pos = self.ns(edge) * round(row["along_m"] * 1e6) // round(edge["length"] * 1e6)
            leg = round(round(row["access_m"] * 1e6) * 3600 / self.scenario["travel"]["access_kph"])
            point = (row["point_kind"], row["point_id"])
            hung.setdefault((row["u"], row["v"], row["key"]), []).append((pos, leg, point))
        for ends, edge in self.edges.items():
            before, walked = ("node", ends[0]), 0
            for pos, leg, point in sorted(hung.get(ends, [])):
                here = ("foot", ends, pos)
                if here != before:
                    graph.add_edge(before, here, weight=pos - walked)
                graph.add_edge(here, ("in", point), weight=leg)
                graph.add_edge(("out", point), here, weight=leg)
                before, walked = here, pos
            last = graph.get_edge_data(before, ("node", ends[1]), {"weight": math.inf})["weight"]
            weight = min(last, self.ns(edge) - walked)
            graph.add_edge(before, ("node", ends[1]), weight=weight)
        found = {}
        places = {("station", row["station_id"]): (row["lon"], row["lat"]) for row in self.stations}
        places |= {("post", row["post_id"]): (row["lon"], row["lat"]) for row in self.posts}
        for source, place in places.items():
            far = {}
            if ("out", source) in graph:
                far = nx.single_source_dijkstra_path_length(graph, ("out", source))
            for target in places:
                if places[target] == place:
                    found[*source, *target] = 0
                elif ("in", target) in far:
                    found[*source, *target] = far["in", target]
        return found

    def plan(self, rung: int = 4) -> None:  # noqa: C901, PLR0915 - a whole planner, greedy
        """Guard stations greedily, in the order of the table, and tell all that a plan tells."""
        rules, access = self.scenario, self.attach()
        times = self.times(access)
        border = rules["beats"]["border"]
        limits = {k: math.floor(v * 10 + 1e-9) for k, v in rules["limits"].items()}
        size = {c: p.get("stations", rung) for c, p in rules["patterns"].items()}
        pair = {c: p["officers"] for c, p in rules["patterns"].items()}

        def tenths(*ends: str) -> int | None:
            return -(-times[ends] // 6_000_000_000) if ends in times else None

        def deploy(p: str, t: str) -> int | None:
            return tenths("post", p, "station", t)

        def beat(j: str, t: str) -> int | None:
            both = tenths("station", j, "station", t), tenths("station", t, "station", j)
            return None if None in both else max(both)

        def unit(row: dict[str, Any]) -> str:
            ward = f"{row['kecamatan']}/{row['kelurahan']}"
            return {"none": "*", "kelurahan": ward}.get(border, row["kecamatan"])

        def serving(row: dict[str, Any]) -> list[str]:
            area = row["kecamatan"]
            return [post["post_id"] for post in self.posts
                    if not post["serves"] or area in post["serves"].split(";")]  # fmt: skip

        def within(value: int | None, limit: str) -> bool:
            return value is not None and value <= limits[f"{limit}_minutes"]

        extra = rules.get("officers", {})
        posts = [row | {"officers": extra.get(row["post_id"], row["officers"])}
                 for row in self.posts]  # fmt: skip
        free = {row["post_id"]: row["officers"] - row["fixed_officers"] - row["reserve_officers"]
                for row in posts}  # fmt: skip
        teams, witnesses, value = [], [], 0
        stations = {row["station_id"]: row | {"team_id": None, "reason": None,
                                             "deploy_minutes": None, "beat_minutes": None}
                    for row in self.stations}  # fmt: skip
        snaps = {row["point_id"]: round(row["access_m"], 1) for row in access}
        for t, row in stations.items():
            row["snap_m"] = snaps.get(t)
            if row["team_id"]:
                continue
            near = [p for p in serving(row) if within(deploy(p, t), "deploy")]
            able = [p for p in near if free[p] >= pair[row["risk_class"]]]
            if not able:
                reach = {p: deploy(p, t) for p in serving(row) if deploy(p, t) is not None}
                reach = {p: m for p, m in reach.items() if t in snaps}
                nearest = min(reach, key=reach.get, default=None)
                row["reason"] = "no_officers" if near else "too_far" if reach else "no_road"
                detail = {
                    "no_road": {"snap_m": snaps.get(t), "snap_limit_m": 300},
                    "too_far": {"post_id": nearest, "minutes": reach.get(nearest, 0) / 10},
                    "no_officers": {"kind": "unproven"},
                }[row["reason"]]
                witnesses.append({"station_id": t, "reason": row["reason"],
                                  "detail": json.dumps(detail)})  # fmt: skip
                continue
            p = min(able, key=lambda p, t=t: (deploy(p, t), p))
            members: list[str] = []
            for other, mate in stations.items():
                same = mate["risk_class"] == row["risk_class"] or rules["beats"]["mix"]
                load = sum(Fraction(1, size[stations[x]["risk_class"]]) for x in [*members, other])
                larger = max(pair[stations[x]["risk_class"]] for x in [*members, other])
                if (not mate["team_id"] and not mate["reason"] and same and unit(mate) == unit(row)
                        and p in serving(mate) and within(deploy(p, other), "deploy")
                        and within(beat(t, other), "beat")
                        and load <= 1 and larger <= free[p]):  # fmt: skip
                    members.append(other)
            name = f"T{len(teams) + 1:02}"
            officers = max(pair[stations[x]["risk_class"]] for x in members)
            free[p] -= officers
            tours = [(t, *rest) for rest in itertools.permutations(x for x in members if x != t)]
            length = {tour: sum(tenths("station", a, "station", b)
                                for a, b in itertools.pairwise((*tour, t)))
                      for tour in tours[:5040]}  # fmt: skip
            best = min(length, key=length.get)
            each = 0
            for x in members:
                stations[x] |= {"team_id": name, "deploy_minutes": deploy(p, x) / 10,
                                "beat_minutes": beat(t, x) / 10}  # fmt: skip
                stranger = any(stations[x][f] != row[f] for f in ("kecamatan", "kelurahan"))
                each += beat(t, x) + 10 * rules["beats"]["kelurahan_penalty_minutes"] * stranger
            value += officers * (10 * rules["beats"]["team_minutes"] + deploy(p, t) + each)
            low = any(stations[x]["risk_class"] == "low" for x in members)
            load = sum(Fraction(1, size[stations[x]["risk_class"]]) for x in members)
            teams.append({
                "team_id": name, "post_id": p, "kecamatan": row["kecamatan"], "officers": officers,
                "anchor_station_id": t, "stations": len(members), "rung": rung if low else None,
                "load": float(load), "deploy_minutes": deploy(p, t) / 10,
                "beat_minutes": max(beat(t, x) for x in members) / 10,
                "round_minutes": length[best] / 10, "round": ";".join(best),
            })  # fmt: skip
        for row in posts:
            sent = sum(team["officers"] for team in teams if team["post_id"] == row["post_id"])
            row |= {"posted_officers": sent, "free_officers": free[row["post_id"]]}
        left = [row["risk_class"] for row in stations.values() if not row["team_id"]]
        cover = [left.count("special") + left.count("high"), left.count("elevated"),
                 left.count("low")]  # fmt: skip
        lows = [unit(row) for row in stations.values() if row["risk_class"] == "low"]
        strength = rung * len(lows)
        bound = value / 10 - 1
        done = not any(cover)
        self.tables = {
            "stations": list(stations.values()), "teams": teams, "posts": posts, "access": access,
            "witnesses": witnesses, "bounds": [{"aim": "cover", "part": "*", "bound": "[0, 0, 0]"}],
        }  # fmt: skip
        self.info = {
            "format": "metro-gis-plan/1", "status": "feasible", "stopped_by": None,
            "certified": {"bound": None, "gap": None},
            "aims": [
                {"name": "cover", "value": cover, "bound": [0, 0, 0],
                 "gap": None if any(cover) else 0},
                {"name": "strength", "value": strength, "bound": strength,
                 "gap": None if any(cover) else 0},
                {"name": "nearness", "value": value / 10, "bound": bound,
                 "gap": (value / 10 - bound) / max(value / 10, 1) if done else None},
            ],
            "solver": "greedy", "seed": 1, "versions": {"metro_gis": "0"}, "scenario": rules,
            "rung_low": dict.fromkeys(sorted(set(lows)), rung), "previous_plan_id": None,
            "modelled": self.modelled or any(row["location_source"] == "modelled"
                                             for row in [*self.stations, *self.posts]),
            "roads": {"source": "toy", "date": "", "modelled": self.modelled,
                      "nodes": len(self.nodes), "edges": len(self.edges)},
        }  # fmt: skip
        self.record()

    def record(self) -> None:
        """Record the inputs as they now are."""
        rows = {"stations": len(self.stations), "posts": len(self.posts), "roads": None}
        self.info["inputs"] = []
        for name, spec in self.scenario["inputs"].items():
            files = {name: spec["file"]}
            files |= {f"{name}.join": spec["join"]["file"]} if spec.get("join") else {}
            for part, file in files.items():
                sha = hashlib.sha256((self.folder / file).read_bytes()).hexdigest()
                self.info["inputs"].append({"name": part, "file": file, "sha256": sha,
                                            "rows": rows.get(part)})  # fmt: skip
        self.info["roads"]["sha256"] = self.info["inputs"][0]["sha256"]

    def save(self, *, plan_id: str | None = None) -> Path:
        """Write the plan as a GeoPackage, in SQL, with the id that its content gives."""
        path = self.folder / "plan.gpkg"
        path.unlink(missing_ok=True)
        places = {}
        content: dict[str, Any] = {}
        for table, columns in COLUMNS.items():
            names = [column.partition(":")[0] for column in columns.split()]
            kinds = dict(column.partition(":")[::2] for column in columns.split())
            content[table] = [
                {n: float(row[n]) if kinds[n] == "REAL" and row.get(n) is not None else row.get(n)
                 for n in names} for row in self.tables[table]
            ]  # fmt: skip
            places[table] = [(row.get("lon"), row.get("lat")) for row in self.tables[table]]
        content["plan_info"] = {k: v for k, v in self.info.items() if k != "plan_id"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        own = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.info["plan_id"] = plan_id or own
        with sqlite3.connect(path) as database:
            database.executescript(
                "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY,"
                " organization TEXT, organization_coordsys_id INTEGER, definition TEXT);"
                "CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT);"
                "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT,"
                " geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER);"
                "INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, '');"
                "CREATE TABLE plan_info (key TEXT, value TEXT);"
            )
            for table, columns in COLUMNS.items():
                geometry = "fid INTEGER PRIMARY KEY, geom BLOB, " if table in self.layers else ""
                plain = columns.replace(" ", ", ").replace(":", " ")
                database.execute(f"CREATE TABLE {table} ({geometry}{plain})")
                kind = "features" if geometry else "attributes"
                database.execute("INSERT INTO gpkg_contents VALUES (?, ?)", (table, kind))
                for number, row in enumerate(content[table]):
                    place = places[table][number]
                    blob = None
                    if geometry and place[0] is not None:
                        header = struct.pack("<2sBBi", b"GP", 0, 1, 4326)
                        blob = header + struct.pack("<BIdd", 1, 1, *place)
                    cells = [number + 1, blob, *row.values()] if geometry else [*row.values()]
                    marks = ", ".join("?" * len(cells))
                    database.execute(f"INSERT INTO {table} VALUES ({marks})", cells)  # noqa: S608
            for table in self.layers:
                database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POINT',"
                                 " 4326, 0, 0)", (table,))  # fmt: skip
            for key, value in self.info.items():
                database.execute("INSERT INTO plan_info VALUES (?, ?)", (key, json.dumps(value)))
        database.close()
        return path

    layers = ("stations", "teams", "posts")

    def verdict(self, known: verify.Known | None = None) -> verify.Verdict:
        """Save the plan and have it checked."""
        return verify.verify_plan(self.save(), self.folder, known)

    def row(self, table: str, **wanted: Any) -> dict[str, Any]:
        """Find the first row of a plan table with these values."""
        return next(r for r in self.tables[table] if all(r[k] == v for k, v in wanted.items()))


def grid(town: Town, side: int = 5) -> None:
    """Lay out blocks with a one-way street, parallel edges and a speed sign."""
    gap = "" if side <= 10 else "-"
    for i, j in itertools.product(range(side), repeat=2):
        town.nodes[f"{i}{gap}{j}"] = (WEST + i * STEP, SOUTH + j * STEP)
    for i, j in itertools.product(range(side), repeat=2):
        here, east, north = f"{i}{gap}{j}", f"{i + 1}{gap}{j}", f"{i}{gap}{j + 1}"
        if i + 1 < side:
            town.street(here, east, both=j != 1, highway="residential")
        if j + 1 < side:
            town.street(here, north, highway="tertiary", maxspeed="40" * (i == 2))
    here, east = f"0{gap}0", f"1{gap}0"
    a, b = town.nodes[here], town.nodes[east]
    bulge = [a, ((a[0] + b[0]) / 2, a[1] - STEP / 4), b]
    town.street(here, east, key=1, highway="primary", line=bulge)


def make_town(folder: Path) -> Town:
    """Make the town whose plan has every kind of team and every reason."""
    town = Town(folder)
    grid(town)
    town.nodes |= {
        "far": (WEST + 5, SOUTH),
        "isle": (WEST - 0.02, SOUTH),
        "cay": (WEST - 0.024, SOUTH),
    }
    steps = [(WEST + 4 * STEP + 0.02 * n, SOUTH) for n in range(12)]
    for n, place in enumerate(steps[1:], 1):  # a long road to the east, a kilometre or two a step
        town.nodes[f"e{n}"] = place
        town.street("40" if n == 1 else f"e{n - 1}", f"e{n}", highway="track")
    del town.nodes["far"]
    town.street("isle", "cay")
    for n, (x, y) in enumerate([(0.3, 0.02), (1.4, 0.01), (0.02, 1.5), (1.2, 1.0), (2.0, 2.0),
                                (2.6, 1.97)], 1):  # fmt: skip
        town.station(f"L{n}", x, y, kelurahan="Imopuro" if n < 4 else "Metro")
    town.station("E1", 3.0, 3.3, "elevated", voters=None)
    town.station("E2", 3.4, 3.0, "elevated")
    town.station("H1", 3.5, 1.02, "high")
    town.station("S1", 4.0, 4.0, "special", kelurahan="Iring Mulyo")
    town.station("B1", 1.5, 3.98, kecamatan="Metro Barat")
    town.station("B2", 1.9, 3.5, kecamatan="Metro Barat")
    town.station("B3", 0.5, 4.02, "high", kecamatan="Metro Barat")
    town.station("B4", 1.5, 4.02, "high", kecamatan="Metro Barat")
    town.station("FAR", 4 + 0.21 / STEP, 0.02)
    town.station("ISLE", -5.5, 0.01)
    town.station("SEA", 2.0, -3.0)
    town.post("P1", 2.2, 2.01)
    town.post("P2", 0.5, 3.99, 8, serves="Metro Barat")
    town.posts[0]["serves"] = "Metro Pusat"
    town.write_inputs()
    town.plan()
    # the shortage of Metro Barat: five officers, one pair on B1 and B2, three needed twice
    town.row("witnesses", station_id="B4")["detail"] = json.dumps(
        {"kind": "count", "stations": ["B1", "B2", "B3", "B4"], "posts": ["P2"],
         "officers_needed": 8, "officers": 5}
    )  # fmt: skip
    return town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Return the town, fresh for each test."""
    return make_town(tmp_path)


@pytest.fixture
def calm(tmp_path: Path) -> Town:
    """Return a town whose plan is optimal, certified by what each station costs by itself."""
    town = Town(tmp_path)
    grid(town)
    town.scenario["limits"]["beat_minutes"] = 0.1
    for n in range(5):
        town.station(f"L{n}", 0.3 + n * 0.6, 2.02)
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    town.plan()
    value = town.info["aims"][2]["value"]
    town.info["aims"][2] |= {"bound": value, "gap": 0}
    town.info["status"] = "optimal"
    ground = Ground(town)
    worth = [2 * (300 + ground.deploy["P1", t]) for t in ground.stations]
    leaf = {"worth": worth, "team": 0, "sides": [], "rows": []}
    pool = {"stations": list(ground.stations), "rows": [], "tree": leaf}
    ground.store(Certificate(1, {}, [pool]))
    assert town.info["certified"] == {"bound": value, "gap": 0}
    return town


def codes(verdict: verify.Verdict) -> list[str]:
    """Return the codes of a verdict's breaches."""
    return [breach.code for breach in verdict.breaches]


def test_honest_plan_is_accepted_with_recomputed_counts(town: Town) -> None:
    """A plan with every class and every reason passes all checks, and the counts are right."""
    verdict = town.verdict()
    assert verdict.breaches == ()
    assert verdict.ok
    assert verdict.checks == (
        "form", "provenance", "inputs", "access", "teams", "minutes", "posts", "aims",
        "certificate", "reasons", "changes",
    )  # fmt: skip
    reasons = {row["station_id"]: row["reason"] for row in town.tables["stations"] if row["reason"]}
    assert reasons == {"FAR": "too_far", "ISLE": "no_road", "SEA": "no_road", "B4": "no_officers"}
    assert verdict.plan_id == town.info["plan_id"]
    assert verdict.counts["uncovered_by_class"] == {
        "low": 3,
        "elevated": 0,
        "high": 1,
        "special": 0,
    }
    assert verdict.counts["teams"] == len(town.tables["teams"])
    on = sum(team["officers"] for team in town.tables["teams"])
    assert verdict.counts["officers_on_stations"] == on
    assert verdict.counts["officers_free"] == 48 - 6 - on
    assert verdict.counts["officer_minutes"] == town.info["aims"][2]["value"]


@pytest.mark.parametrize("told", ["time_limit", "interrupted", "gap", "nodes", "exhausted"])
def test_whatever_ended_the_search_is_known(town: Town, told: str) -> None:
    """Every end that a search may have is one that the checker knows."""
    town.info["stopped_by"] = told
    assert town.verdict().ok


def test_optimal_plan_is_accepted(calm: Town) -> None:
    """A plan whose bounds meet its values, the last one certified, may call itself optimal."""
    assert calm.verdict().breaches == ()


def _info(**values: Any) -> Any:
    return lambda town: town.info.update(values)


def _row(table: str, where: dict[str, Any], **values: Any) -> Any:
    return lambda town: town.row(table, **where).update(values)


def _raise(table: str, where: dict[str, Any], column: str, step: float) -> Any:
    def damage(town: Town) -> None:
        row = town.row(table, **where)
        row[column] = round(row[column] + step, 6)

    return damage


def _aim(number: int, **values: Any) -> Any:
    return lambda town: town.info["aims"][number].update(values)


def _witness(station: str, **values: Any) -> Any:
    def damage(town: Town) -> None:
        row = town.row("witnesses", station_id=station)
        row["detail"] = json.dumps(json.loads(row["detail"]) | values)

    return damage


def _drop(table: str, **where: Any) -> Any:
    return lambda town: town.tables[table].remove(town.row(table, **where))


def _twice(table: str, **where: Any) -> Any:
    return lambda town: town.tables[table].append(dict(town.row(table, **where)))


def _setting(*path: str, value: Any) -> Any:
    def damage(town: Town) -> None:
        part = town.scenario
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value

    return damage


def _swap_teams(town: Town) -> None:
    a, b = town.row("stations", station_id="L3"), town.row("stations", station_id="B2")
    a["team_id"], b["team_id"] = b["team_id"], a["team_id"]


def _other_round(town: Town) -> None:
    team = next(team for team in town.tables["teams"] if team["stations"] >= 4)
    first, *rest = team["round"].split(";")
    access = town.attach()
    times = town.times(access)

    def length(order: tuple[str, ...]) -> int:
        legs = itertools.pairwise((*order, order[0]))
        return sum(-(-times["station", a, "station", b] // 6_000_000_000) for a, b in legs)

    longest = max(((first, *order) for order in itertools.permutations(rest)), key=length)
    team.update(round=";".join(longest), round_minutes=length(longest) / 10)


def _move_point(town: Town) -> None:
    town.row("stations", station_id="L1")["lon"] += 1e-6


def _far_access(town: Town) -> None:
    row = town.row("access", point_id="L1")
    row.update(u="44", v="43", key=0, along_m=10.0)


def _no_access(town: Town) -> None:
    town.tables["access"].remove(town.row("access", point_id="L1"))


def _lie_no_road(town: Town) -> None:
    town.row("stations", station_id="FAR")["reason"] = "no_road"
    town.row("witnesses", station_id="FAR").update(
        reason="no_road", detail=json.dumps({"snap_m": None, "snap_limit_m": 300})
    )


def _lie_too_far(town: Town) -> None:
    town.row("stations", station_id="B4")["reason"] = "too_far"
    times = town.times(town.tables["access"])
    minutes = -(-times["post", "P2", "station", "B4"] // 6_000_000_000) / 10
    town.row("witnesses", station_id="B4").update(
        reason="too_far", detail=json.dumps({"post_id": "P2", "minutes": minutes})
    )


def _lie_no_officers(town: Town) -> None:
    town.row("stations", station_id="FAR")["reason"] = "no_officers"
    town.row("witnesses", station_id="FAR").update(
        reason="no_officers", detail=json.dumps({"kind": "unproven"})
    )


def _stranded(town: Town) -> None:
    town.row("stations", station_id="ISLE").update(
        team_id="T01", reason=None, deploy_minutes=1.0, beat_minutes=1.0
    )


def _merge_teams(town: Town) -> None:
    high, special = town.row("stations", station_id="H1"), town.row("stations", station_id="S1")
    special["team_id"] = high["team_id"]


LOW = {"team_id": "T01"}
CLOSED = {"lon": WEST + 3.5 * STEP, "lat": SOUTH + 4 * STEP, "why": "flood"}
"""A point on the street between the nodes 34 and 44, on which no station lies."""
L2 = {"station_id": "L2"}

DAMAGES: dict[str, tuple[Any, str, str]] = {
    "format": (_info(format="metro-gis-plan/2"), "figure-wrong", "format"),
    "entry missing": (lambda t: t.info.pop("rung_low"), "check-stopped", "rung_low"),
    "entry not finite": (_info(seed=math.nan), "check-stopped", "form"),
    "text for number": (_row("teams", LOW, officers="two"), "figure-wrong", "officers"),
    "number for text": (_row("stations", L2, risk_class="medium"), "row-differs", "risk_class"),
    "infinite minutes": (_row("stations", L2, deploy_minutes=math.inf), "figure-wrong", "deploy"),
    "station twice": (_twice("stations", station_id="L2"), "id-twice", "L2"),
    "team twice": (_twice("teams", team_id="T01"), "id-twice", "T01"),
    "station dropped": (_drop("stations", station_id="S1"), "row-missing", "S1"),
    "station invented": (_row("stations", L2, station_id="L9"), "row-missing", "L9"),
    "post dropped": (_drop("posts", post_id="P2"), "row-missing", "P2"),
    "class lowered": (_row("stations", {"station_id": "H1"}, risk_class="elevated"),
                      "row-differs", "risk_class"),
    "kecamatan": (_row("stations", L2, kecamatan="Metro Utara"), "row-differs", "kecamatan"),
    "kelurahan": (_row("stations", L2, kelurahan="Metro"), "row-differs", "kelurahan"),
    "voters": (_row("stations", L2, voters=25), "row-differs", "voters"),
    "name": (_row("stations", L2, name="Balai L3"), "row-differs", "name"),
    "location source": (_row("stations", L2, location_source="surveyed"), "row-differs", ""),
    "point moved": (_move_point, "row-differs", "point"),
    "officers of a post": (_raise("posts", {"post_id": "P1"}, "officers", 1), "row-differs", ""),
    "serves widened": (_row("posts", {"post_id": "P2"}, serves=None), "row-differs", "serves"),
    "modelled hidden": (_info(modelled=False), "figure-wrong", "modelled"),
    "edges miscounted": (lambda t: t.info["roads"].update(edges=7), "figure-wrong", "edges"),
    "closed without a record": (_setting("travel", "closed", value=[CLOSED]), "closed-wrong", ""),
    "closed by nobody": (lambda t: t.info["roads"].update(closed=[["43", "44", 0]]),
                         "closed-wrong", ""),
    "rows miscounted": (lambda t: t.info["inputs"][1].update(rows=3), "figure-wrong", "rows"),
    "input unrecorded": (lambda t: t.info["inputs"].pop(1), "input-changed", "stations"),
    "input renamed": (lambda t: t.info["inputs"][1].update(file="posts.csv"), "input-changed", ""),
    "access elsewhere": (_far_access, "access-wrong", "L1"),
    "access missing": (_no_access, "access-missing", "L1"),
    "access of no edge": (_row("access", {"point_id": "L1"}, key=7), "access-wrong", "L1"),
    "access of no point": (_row("access", {"point_id": "L1"}, point_id="L9"), "access-wrong", ""),
    "access twice": (_twice("access", point_id="L1"), "access-wrong", "L1"),
    "access shortened": (_raise("access", {"point_id": "L1"}, "access_m", -0.002),
                         "access-wrong", "L1"),
    "access slid": (_raise("access", {"point_id": "L1"}, "along_m", 0.002),
                    "access-wrong", "L1"),
    "snap told": (_raise("stations", L2, "snap_m", 0.2), "figure-wrong", "snap_m"),
    "swapped between units": (_swap_teams, "team-border", ""),
    "team unknown": (_row("stations", L2, team_id="T99"), "fate-wrong", "L2"),
    "no team, no reason": (_row("stations", L2, team_id=None), "fate-wrong", "L2"),
    "team and reason": (_row("stations", L2, reason="no_road"), "fate-wrong", "L2"),
    "team without minutes": (_row("stations", L2, beat_minutes=None), "fate-wrong", "L2"),
    "team without station": (lambda t: t.tables["teams"].append(
        dict(t.tables["teams"][0], team_id="T98")), "team-broken", "T98"),
    "team from nowhere": (_row("teams", LOW, post_id="P9"), "team-broken", "P9"),
    "anchor outside": (_row("teams", LOW, anchor_station_id="S1"), "team-broken", "T01"),
    "stations of a team": (_raise("teams", LOW, "stations", 1), "figure-wrong", "stations"),
    "officers of a team": (_raise("teams", LOW, "officers", 1), "figure-wrong", "officers"),
    "unit of a team": (_row("teams", LOW, kecamatan="Metro Barat"), "figure-wrong", "kecamatan"),
    "load of a team": (_raise("teams", LOW, "load", -0.01), "figure-wrong", "load"),
    "rung of a team": (_row("teams", LOW, rung=5), "figure-wrong", "rung"),
    "rung told of no low": (_row("teams", {"rung": None}, rung=4), "figure-wrong", "rung"),
    "rung not in the ladder": (_info(rung_low={"Metro Pusat": 7, "Metro Barat": 4}),
                               "rung-unit-wrong", "Metro Pusat"),
    "rung of no unit": (lambda t: t.info["rung_low"].update(Metro=4), "rung-unit-wrong", "Metro"),
    "rung missing": (lambda t: t.info["rung_low"].pop("Metro Barat"), "rung-unit-wrong", ""),
    "overloaded": (_merge_teams, "team-load", ""),
    "mixed": (_row("stations", {"station_id": "H1"}, team_id="T01"), "team-mix", "T01"),
    "from a post that serves others": (_row("teams", LOW, post_id="P2"), "serves-wrong", ""),
    "deploy minutes": (_raise("stations", L2, "deploy_minutes", -0.1), "figure-wrong", "deploy"),
    "deploy minutes in hundredths": (_raise("stations", L2, "deploy_minutes", 0.01),
                                     "figure-wrong", "deploy"),
    "beat minutes": (_raise("stations", L2, "beat_minutes", 0.1), "figure-wrong", "beat"),
    "team deploy": (_raise("teams", LOW, "deploy_minutes", 0.1), "figure-wrong", "deploy"),
    "team beat": (_raise("teams", LOW, "beat_minutes", -0.1), "figure-wrong", "beat_minutes"),
    "round minutes": (_raise("teams", LOW, "round_minutes", -0.1), "figure-wrong", "round"),
    "round short of one": (_row("teams", LOW, round="L1"), "round-wrong", "T01"),
    "round from elsewhere": (lambda t: t.row("teams", team_id="T01").update(round=";".join(
        t.row("teams", team_id="T01")["round"].split(";")[::-1])), "round-wrong", "T01"),
    "round not shortest": (_other_round, "round-longer", ""),
    "no way there": (_stranded, "no-path", "ISLE"),
    "bound no JSON": (_row("bounds", {"aim": "cover"}, bound="{"), "check-stopped", "aims"),
    "deploy limit": (_setting("limits", "deploy_minutes", value=1.9), "deploy-limit", ""),
    "beat limit": (_setting("limits", "beat_minutes", value=1.5), "beat-limit", ""),
    "posted": (_raise("posts", {"post_id": "P1"}, "posted_officers", 1), "figure-wrong", "posted"),
    "free": (_raise("posts", {"post_id": "P1"}, "free_officers", -1), "figure-wrong", "free"),
    "capacity": (_setting("officers", value={"P1": 9}), "post-capacity", "P1"),
    "cover": (_aim(0, value=[0, 0, 3]), "figure-wrong", "value"),
    "strength": (_aim(1, value=43), "figure-wrong", "value"),
    "nearness": (_aim(2, value=500.0), "figure-wrong", "value"),
    "nearness under penalty": (_setting("beats", "kelurahan_penalty_minutes", value=2.1),
                               "figure-wrong", "value"),
    "aims out of order": (lambda t: t.info["aims"].reverse(), "figure-wrong", "aim"),
    "cover bound above": (_aim(0, bound=[1, 0, 4]), "bound-wrong", "cover"),
    "strength bound above": (_aim(1, bound=10_000), "bound-wrong", "strength"),
    "nearness bound above": (_aim(2, bound=10_000.0), "bound-wrong", "nearness"),
    "gap while unproven": (_aim(2, gap=0.0), "figure-wrong", "gap"),
    "gap of cover": (_aim(0, gap=0), "figure-wrong", "gap"),
    "bound certified of nothing": (_info(certified={"bound": 1.0, "gap": 1.0}),
                                   "certificate-wrong", "certificate prices"),
    "bound certified though one in reach is left": (_info(certified={"bound": 1.0, "gap": 1.0}),
                                                    "cover-unproven", "B4"),
    "certified gap of no bound": (_info(certified={"bound": None, "gap": 0.0}),
                                  "figure-wrong", "gap_certified"),
    "certified entry missing": (lambda t: t.info.pop("certified"), "check-stopped", "certified"),
    "optimal unproven": (_info(status="optimal"), "status-wrong", "optimal"),
    "status unknown": (_info(status="best"), "status-wrong", "best"),
    "stopped by whim": (_info(stopped_by="whim"), "status-wrong", ""),
    "witness missing": (_drop("witnesses", station_id="SEA"), "witness-wrong", "SEA"),
    "witness twice": (_twice("witnesses", station_id="SEA"), "witness-wrong", "SEA"),
    "witness uncalled for": (_row("witnesses", {"station_id": "SEA"}, station_id="L2"),
                             "witness-wrong", "L2"),
    "witness of another reason": (_row("witnesses", {"station_id": "SEA"}, reason="too_far"),
                                  "witness-wrong", "SEA"),
    "witness no JSON": (_row("witnesses", {"station_id": "SEA"}, detail="{"), "check-stopped", ""),
    "snap limit of a witness": (_witness("SEA", snap_limit_m=200), "figure-wrong", "snap_limit_m"),
    "snap of a witness": (_witness("SEA", snap_m=20), "witness-wrong", "SEA"),
    "no road, they say": (_lie_no_road, "reason-false", "FAR"),
    "too far, they say": (_lie_too_far, "reason-false", "B4"),
    "too few, they say": (_lie_no_officers, "reason-false", "FAR"),
    "too far, minutes": (_witness("FAR", minutes=99.0), "figure-wrong", "minutes"),
    "too far, post": (_witness("FAR", post_id="P2"), "witness-wrong", "P2"),
    "kind of shortage": (_witness("B4", kind="felt"), "witness-wrong", "B4"),
    "count without the station": (_witness("B4", stations=["B1", "B2", "B3"]),
                                  "witness-wrong", "B4"),
    "count of a stranger": (_witness("B4", stations=["B3", "B4", "B9"]), "witness-wrong", "B9"),
    "count of one twice": (_witness("B4", stations=["B3", "B4", "B4"]), "witness-wrong", "B4"),
    "count short of a post": (_witness("B4", posts=[]), "witness-wrong", "P2"),
    "count with a post too many": (_witness("B4", posts=["P1", "P2"]), "witness-wrong", "P1"),
    "count of officers": (_witness("B4", officers=4), "figure-wrong", "officers"),
    "count of need": (_witness("B4", officers_needed=9), "shortage-false", "B4"),
    "count without shortage": (_witness("B4", stations=["B4"], officers_needed=3),
                               "shortage-false", "B4"),
}  # fmt: skip


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Return the town that damages are done to copies of."""
    return make_town(tmp_path_factory.mktemp("town"))


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named(pristine: Town, name: str) -> None:
    """Each kind of damage, its plan id recomputed, is refused by its own code."""
    town, (damage, code, mark) = copy.deepcopy(pristine), DAMAGES[name]
    town.info["scenario"] = town.scenario
    damage(town)
    verdict = town.verdict()
    assert not verdict.ok
    found = [breach for breach in verdict.breaches if breach.code == code]
    assert found, codes(verdict)
    assert any(mark in breach.text for breach in found), [breach.text for breach in found]
    assert "plan-id-wrong" not in codes(verdict)
    assert PERSONAL not in " ".join(breach.text for breach in verdict.breaches)


def test_what_is_known_of_one_plan_hides_no_damage_of_another(pristine: Town) -> None:
    """A checker that has seen honest and damaged plans says of each what a new one says."""
    known = verify.Known()
    honest = pristine.verdict(known)
    assert honest.ok
    for damage, _, _ in DAMAGES.values():
        town = copy.deepcopy(pristine)
        town.info["scenario"] = town.scenario
        damage(town)
        assert town.verdict(known) == town.verdict()
    assert pristine.verdict(known) == honest


def test_ways_are_worked_out_once_for_plans_of_the_same_inputs(
    pristine: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a second plan no road is read again, nor any way from a post looked for."""
    known, asked = verify.Known(), list[int]()
    search = Roads.search
    monkeypatch.setattr(
        Roads, "search", lambda roads, *words: asked.append(1) or search(roads, *words)
    )
    assert pristine.verdict(known).ok
    first = len(asked)
    monkeypatch.setattr(verify, "Roads", None)
    assert pristine.verdict(known).ok
    assert len(asked) - first < first


def test_damages_are_many() -> None:
    """At least sixty kinds of damage are tried."""
    assert len(DAMAGES) >= 60


# -- honest plans of other kinds ---------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_honest_random_towns_are_accepted(tmp_path: Path, seed: int) -> None:
    """No honest plan of a random town, under random rules, is refused."""
    draw = random.Random(seed)
    town = Town(tmp_path, modelled=draw.random() < 0.5)
    grid(town, 4)
    for ends in draw.sample(sorted(town.edges), 6):  # more one-way streets, speeds and bends
        town.edges.pop(ends)
    for edge in town.edges.values():
        edge["length"] *= draw.uniform(1, 1.4)
        edge["maxspeed"] = draw.choice(["", "20", "30", "45.5"])
    rules = town.scenario
    rules["beats"] |= {"border": draw.choice(["kecamatan", "kelurahan", "none"]),
                       "mix": draw.random() < 0.5, "team_minutes": draw.choice([0, 12.5, 30]),
                       "kelurahan_penalty_minutes": draw.choice([0, 0.7, 2])}  # fmt: skip
    rules["limits"] = {
        "deploy_minutes": draw.choice([4, 6.5, 30]),
        "beat_minutes": draw.choice([2, 8]),
    }
    rules["travel"]["factor"] = draw.choice([0.8, 1.0, 1.1])
    areas = ["Metro Pusat", "Metro Barat"]
    for n in range(14):
        risk = draw.choice(["low"] * 5 + ["elevated", "high", "special"])
        town.station(f"S{n:02}", draw.uniform(0, 3), draw.uniform(0, 3), risk,
                     kecamatan=draw.choice(areas), kelurahan=draw.choice("ABC"),
                     voters=draw.choice([None, 199]))  # fmt: skip
    town.stations[3] |= {key: town.stations[2][key] for key in ("lon", "lat")}
    town.post("P1", draw.uniform(0, 3), draw.uniform(0, 3), draw.randint(6, 30))
    town.post("P2", draw.uniform(0, 3), draw.uniform(0, 3), draw.randint(6, 30),
              serves=draw.choice(["", "Metro Barat", "Metro Barat; Metro Pusat"]))  # fmt: skip
    if draw.random() < 0.5:
        rules["officers"] = {"P1": draw.randint(6, 30)}
    town.posts[1] |= {"serves": town.posts[1]["serves"].replace("; ", ";")}
    town.write_inputs()
    town.plan(draw.choice([4, 5]))
    assert town.verdict().breaches == ()


@pytest.mark.parametrize("seed", range(12))
def test_random_swaps_are_refused(tmp_path: Path, seed: int) -> None:
    """A plan in which two stations of different teams were swapped is never accepted."""
    town, draw = make_town(tmp_path), random.Random(seed)
    teams = sorted({row["team_id"] for row in town.tables["stations"] if row["team_id"]})
    a, b = draw.sample(teams, 2)
    one, other = (
        draw.choice([r for r in town.tables["stations"] if r["team_id"] == k]) for k in (a, b)
    )
    one["team_id"], other["team_id"] = b, a
    assert not town.verdict().ok


def test_minutes_equal_to_the_limit_are_within(town: Town) -> None:
    """A limit that the farthest way just meets holds, and a station at the limit is not too far."""
    teams = town.tables["teams"]
    rows = [row for row in town.tables["stations"] if row["team_id"]]
    town.scenario["limits"]["beat_minutes"] = max(row["beat_minutes"] for row in rows)
    times = town.times(town.tables["access"])
    shortage = -(-times["post", "P2", "station", "B4"] // 6_000_000_000) / 10
    farthest = max(row["deploy_minutes"] for row in rows)
    town.scenario["limits"]["deploy_minutes"] = max(farthest, shortage)
    assert teams
    assert town.verdict().ok
    _lie_too_far(town)
    town.scenario["limits"]["deploy_minutes"] = shortage
    assert "reason-false" in codes(town.verdict())


def test_count_holds_posts_at_the_limit(tmp_path: Path) -> None:
    """A post exactly at the deploy limit is in reach, so a witness must list it."""
    town = Town(tmp_path)
    grid(town)
    town.station("A", 1.0, 1.5, "high")
    town.station("B", 1.0, 1.6, "high")
    town.post("P1", 2.2, 2.01, 8)
    town.write_inputs()
    town.plan()
    times = town.times(town.tables["access"])
    tenths = [-(-times["post", "P1", "station", t] // 6_000_000_000) for t in "AB"]
    town.scenario["limits"]["deploy_minutes"] = max(tenths) / 10
    count = {"kind": "count", "stations": ["A", "B"], "posts": ["P1"],
             "officers_needed": 6, "officers": 5}  # fmt: skip
    town.row("witnesses", station_id="B")["detail"] = json.dumps(count)
    assert town.verdict().ok
    town.row("witnesses", station_id="B")["detail"] = json.dumps(
        count | {"stations": ["B", "A"][:1]}
    )
    assert "shortage-false" in codes(town.verdict())


def test_round_of_seven_must_be_the_shortest(tmp_path: Path) -> None:
    """The longest beat whose round is proven has seven stations."""
    town = Town(tmp_path)
    grid(town)
    town.scenario["patterns"]["low"]["ladder"] = [7]
    for n in range(7):
        town.station(f"L{n}", 0.1 + n * 0.3, 2.02)
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    town.plan(7)
    assert [team["stations"] for team in town.tables["teams"]] == [7]
    assert town.verdict().ok
    _other_round(town)
    assert codes(town.verdict()) == ["round-longer"]


def test_station_without_kecamatan_has_no_border(town: Town) -> None:
    """A station that lies in no kecamatan cannot be kept within one."""
    for row in (town.stations[0], town.tables["stations"][0]):
        row["kecamatan"] = ""
    town.write_inputs()
    town.record()
    assert "row-differs" in codes(town.verdict())


def test_station_twice_in_the_input_is_told(town: Town) -> None:
    """A station that stands twice in the table cannot be matched with the plan."""
    town.stations.append(town.stations[0])
    town.write_inputs()
    town.record()
    assert codes(town.verdict()) == ["id-twice"]


def test_borderless_team_names_its_anchors_kecamatan(tmp_path: Path) -> None:
    """Without borders too, a team is recorded in its anchor's kecamatan."""
    town = Town(tmp_path)
    grid(town)
    town.scenario["beats"]["border"] = "none"
    town.station("A", 1.0, 1.5)
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    town.plan()
    for name, ok in (("*", False), ("Metro Pusat", True), ("Metro Barat", False)):
        town.tables["teams"][0]["kecamatan"] = name
        assert town.verdict().ok is ok


def test_kelurahan_of_one_name_are_two(tmp_path: Path) -> None:
    """Two kelurahan of the same name in two kecamatan are two border units."""
    town = Town(tmp_path)
    grid(town)
    town.scenario["beats"]["border"] = "kelurahan"
    town.station("A", 1.0, 1.5)
    town.station("B", 1.0, 1.6, kecamatan="Metro Barat")
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    town.plan()
    assert len(town.tables["teams"]) == 2
    assert town.verdict().ok
    town.row("stations", station_id="B")["team_id"] = "T01"
    assert "team-border" in codes(town.verdict())


def test_long_beat_needs_a_true_round_not_the_shortest(tmp_path: Path) -> None:
    """A beat of more than seven stations has its round added up, not proven shortest."""
    town = Town(tmp_path)
    grid(town)
    town.scenario["patterns"]["low"]["ladder"] = [10]
    for n in range(9):
        town.station(f"L{n}", 0.1 + n * 0.3, 2.02)
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    town.plan(10)
    assert max(team["stations"] for team in town.tables["teams"]) == 9
    assert town.verdict().ok
    town.tables["teams"][0]["round_minutes"] += 0.1
    assert codes(town.verdict()) == ["figure-wrong"]


def test_way_over_a_one_way_street_is_not_free_both_ways(tmp_path: Path) -> None:
    """Two stations on one one-way street are as far apart as the longer way round."""
    town = Town(tmp_path)
    grid(town)
    town.station("A", 0.25, 1.0)
    town.station("B", 0.75, 1.0)
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    town.plan()
    times = town.times(town.tables["access"])
    assert times["station", "A", "station", "B"] < times["station", "B", "station", "A"] / 2
    assert town.verdict().ok


def test_optimal_needs_a_small_gap(calm: Town) -> None:
    """A gap above one in ten thousand is feasible, not optimal; one below may be either."""
    aim = calm.info["aims"][2]
    aim["bound"] = aim["value"] * (1 - 9e-5)
    aim["gap"] = (aim["value"] - aim["bound"]) / aim["value"]
    assert calm.verdict().ok
    aim["bound"] = aim["value"] * (1 - 2e-4)
    aim["gap"] = (aim["value"] - aim["bound"]) / aim["value"]
    assert codes(calm.verdict()) == ["status-wrong"]
    aim["gap"] = 5e-5
    assert "figure-wrong" in codes(calm.verdict())


def test_shortage_told_but_not_counted_is_noted(town: Town) -> None:
    """A shortage without a count is accepted, and the verdict says that it was taken as told."""
    _witness("B4", kind="unproven")(town)
    verdict = town.verdict()
    assert verdict.ok
    assert any(note.startswith("B4:") and "unproven" in note for note in verdict.notes)


def test_post_that_serves_nobody_near_may_be_named(tmp_path: Path) -> None:
    """Where no post serves a station, its witness names the nearest post of all."""
    town = Town(tmp_path)
    grid(town)
    town.station("A", 1.0, 1.5)
    town.station("B", 1.0, 1.6, kecamatan="Metro Utara")
    town.post("P1", 2.2, 2.01, serves="Metro Pusat")
    town.write_inputs()
    town.plan()
    minutes = -(-town.times(town.tables["access"])["post", "P1", "station", "B"] // 6_000_000_000)
    town.row("stations", station_id="B")["reason"] = "too_far"
    town.row("witnesses", station_id="B").update(
        reason="too_far", detail=json.dumps({"post_id": "P1", "minutes": minutes / 10})
    )
    assert town.verdict().ok


# -- inputs ------------------------------------------------------------------------------------


def test_changed_input_is_named(town: Town) -> None:
    """A station table that was changed after planning is told, with its file."""
    path = town.folder / "stations.csv"
    path.write_text(path.read_text().replace("L2,", "L2 ,"))
    found = [b for b in town.verdict().breaches if b.code == "input-changed"]
    assert [b.params["file"] for b in found] == ["stations.csv"]


def test_closed_streets_are_those_nearest_to_their_points(town: Town) -> None:
    """A closed street that is recorded in both directions holds; one direction more or less not."""
    town.scenario["travel"]["closed"] = [CLOSED]
    both = [["34", "44", 0], ["44", "34", 0]]
    town.info["roads"]["edges"] = len(town.edges) - 2
    for told, good in ((both, True), (both[:1], False), ([*both, ["43", "44", 0]], False)):
        town.info["roads"]["closed"] = told
        town.record()
        assert ("closed-wrong" not in codes(town.verdict())) is good


def test_nobody_drives_through_a_closed_street(town: Town) -> None:
    """Minutes that lead through a closed street are refused, though its closing is recorded."""
    (lon, lat), (lon_2, lat_2) = town.nodes["00"], town.nodes["01"]
    town.scenario["travel"]["closed"] = [{"lon": (lon + lon_2) / 2, "lat": (lat + lat_2) / 2}]
    town.info["roads"] |= {"closed": [["00", "01", 0], ["01", "00", 0]]}
    town.info["roads"]["edges"] = len(town.edges) - 2
    town.record()
    found = codes(town.verdict())
    assert "closed-wrong" not in found
    assert "figure-wrong" in found


def test_changed_roads_are_caught_twice(town: Town) -> None:
    """Roads changed and recorded anew no longer bear the minutes out."""
    path = town.folder / "roads.graphml"
    path.write_text(path.read_text().replace(">tertiary<", ">track<"))
    town.record()
    found = codes(town.verdict())
    assert "input-changed" not in found
    assert "figure-wrong" in found


def test_missing_input_is_unreadable(town: Town) -> None:
    """An input that is gone ends the check."""
    (town.folder / "posts.csv").unlink()
    verdict = town.verdict()
    assert codes(verdict) == ["unreadable"]
    assert "posts.csv" in verdict.breaches[0].text


def test_document_type_is_refused(town: Town) -> None:
    """Roads with a document type are refused before an entity is declared, in any encoding."""
    path = town.folder / "roads.graphml"
    bomb = "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
    text = path.read_text().replace("<graphml", bomb + "<graphml", 1)
    for encoding in ("utf-8", "utf-16"):
        path.write_text(text.replace("'utf-8'", f"'{encoding}'"), encoding=encoding)
        town.record()
        assert [b.params["why"] for b in town.verdict().breaches] == ["document type"]


def test_roads_tell_speeds_in_every_way() -> None:
    """Signs in several forms are understood where plausible, classes where not."""
    speeds = {"motorway": 80.0, "residential": 25.0, "track": 12.0, "unknown": 20.0}
    kph = Roads.speed_kph
    for highway, maxspeed, right in [
        ("residential", "50", 50.0), ("residential", "50 km/h", 50.0),
        ("residential", "50 kph", 50.0),
        ("residential", "30 mph", 30 * 1.609344), ("residential", "['50', '30']", 30.0),
        ("residential", "30;50", 30.0), ("residential", "['999', '40']", 40.0),
        ("residential", "none", 25.0), ("residential", "0", 25.0), ("residential", "131", 25.0),
        ("residential", "ID:urban", 25.0), ("motorway_link", "", 80.0),
        ("['motorway', 'track']", "", 12.0), ("['bridleway', 'residential']", "", 25.0),
        ("bridleway", "", 20.0), ("", "", 20.0),
    ]:  # fmt: skip
        assert kph(None, highway, maxspeed, speeds) == right, (highway, maxspeed)


def _frame(town: Town, name: str) -> gpd.GeoDataFrame:
    rows = getattr(town, name)
    points = [Point(row["lon"], row["lat"]) for row in rows]
    plain = [{k: v for k, v in row.items() if k not in ("lon", "lat")} for row in rows]
    return gpd.GeoDataFrame(plain, geometry=points, crs="EPSG:4326")


def _write_xlsx(town: Town, path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "petunjuk"
    sheet = book.create_sheet("TPS")
    sheet.append(["Daftar TPS"])
    sheet.append(list(town.stations[0]))
    for row in town.stations:
        sheet.append([row[key] for key in town.stations[0]])
    sheet["B3"].value = CellRichText("Balai ", "L1")
    book.save(path)


def _write_semicolons(town: Town, path: Path) -> None:
    lines = [";".join(town.stations[0])]
    lines += [";".join("" if v is None else str(v) for v in row.values()) for row in town.stations]
    path.write_text(
        "\ufeff" + "\r\n".join(line.replace(".", ",") for line in lines) + "\r\n;;;\r\n"
    )


@pytest.mark.parametrize("file", ["stations.xlsx", "stations.gpkg", "stations.geojson", "semi.csv"])
def test_tables_of_every_kind_are_read(town: Town, file: str) -> None:
    """A station table says the same as XLSX, GeoPackage, GeoJSON and CSV with semicolons."""
    path = town.folder / file
    if file.endswith(".xlsx"):
        _write_xlsx(town, path)
    elif file.endswith(".csv"):
        _write_semicolons(town, path)
    else:
        _frame(town, "stations").to_file(path)
    town.scenario["inputs"]["stations"]["file"] = file
    town.record()
    assert town.verdict().breaches == ()
    town.row("stations", station_id="L2")["voters"] = 25
    assert codes(town.verdict()) == ["row-differs"]


def test_columns_constants_and_areas_are_applied(town: Town) -> None:
    """Mapped columns, stated constants and a join by place give what a plain table says."""
    path = town.folder / "tps.csv"
    skipped = ("kecamatan", "location_source", "station_id", "risk_class")
    words = {
        "low": "Kurang Rawan",
        "elevated": "RAWAN",
        "high": "sangat  rawan",
        "special": "khusus",
    }
    with path.open("w", newline="") as file:
        keys = [key for key in town.stations[0] if key not in skipped]
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(["No TPS", *keys, "Kerawanan"])
        for row in town.stations:
            writer.writerow([row["station_id"], *(row[k] for k in keys), words[row["risk_class"]]])
    west, north = WEST, SOUTH + 3.45 * STEP
    barat = Polygon([(west, north), (west + 2.5 * STEP, north), (west + 2.5 * STEP, north + 1),
                     (west, north + 1)])  # fmt: skip
    world = Polygon([(west - 1, SOUTH - 1), (west + 1, SOUTH - 1), (west + 1, SOUTH + 1),
                     (west - 1, SOUTH + 1)]).difference(barat)  # fmt: skip
    areas = gpd.GeoDataFrame(
        {"WADMKC": ["Metro Barat", "Metro Pusat"]}, geometry=[MultiPolygon([barat]), world],
        crs="EPSG:4326",
    )  # fmt: skip
    for name in ("areas.gpkg", "areas.geojson"):
        areas.to_file(town.folder / name)
        town.scenario["inputs"]["stations"] |= {
            "file": "tps.csv", "columns": {"station_id": "no tps", "risk_class": "Kerawanan"},
            "values": {"location_source": "modelled"},
            "join": {"file": name, "columns": {"kecamatan": "WADMKC"}},
        }  # fmt: skip
        town.record()
        assert town.verdict().breaches == ()
        assert town.info["inputs"][2]["name"] == "stations.join"
    town.row("stations", station_id="B2")["kecamatan"] = "Metro Pusat"
    assert "row-differs" in codes(town.verdict())


def test_hole_in_an_area_is_outside(town: Town) -> None:
    """A point in the hole of an area belongs to what fills the hole, or to nothing."""
    shape = [[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)],
             [(1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0), (1.0, 1.0)]]  # fmt: skip
    inside = [verify._inside(shape, x, y) for x, y in [(0.5, 0.5), (2, 2), (3.5, 2), (5, 2)]]
    assert inside == [True, False, True, False]


@pytest.mark.parametrize("damage", ["bomb", "bytes", "doctype", "header", "shifted", "error"])
def test_damaged_tables_are_unreadable(town: Town, damage: str) -> None:
    """A table that is no table, or packed like a bomb, ends the check quickly."""
    path = town.folder / ("stations.csv" if damage in ("header", "shifted") else "stations.xlsx")
    if damage == "header":
        path.write_text("nama,bujur\nA,1\n")
    elif damage == "shifted":
        path.write_text("station_id,lon,lat,risk_class\nA,105,3,-5,1,low\n")
    elif damage == "bytes":
        path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    elif damage == "error":
        town.stations[0]["lat"] = "#REF!"
        _write_xlsx(town, path)
    else:
        _write_xlsx(town, path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            if damage == "bomb":
                archive.writestr("xl/media/a", bytes(2**24))
            else:
                archive.writestr("xl/sharedStrings.xml", "<!DOCTYPE sst><sst/>")
    town.scenario["inputs"]["stations"]["file"] = path.name
    town.record()
    started = time.process_time()
    assert codes(town.verdict()) == ["unreadable"]
    assert time.process_time() - started < 1


# -- plan files --------------------------------------------------------------------------------


def test_edited_plan_is_told_by_its_id(town: Town) -> None:
    """A plan changed without a new id is told to have been changed."""
    town.save()
    old = town.info["plan_id"]
    town.row("stations", station_id="L2")["name"] = "Balai  L2"
    verdict = verify.verify_plan(town.save(plan_id=old), town.folder)
    assert codes(verdict) == ["plan-id-wrong"]


@pytest.mark.parametrize("content", [b"", b"{}", b"SQLite format 3\x00" + bytes(900)])
def test_what_is_no_plan_is_unreadable(tmp_path: Path, content: bytes) -> None:
    """An empty file, another format and a torn database are unreadable, and no exception."""
    path = tmp_path / "plan.gpkg"
    path.write_bytes(content)
    assert codes(verify.verify_plan(path, tmp_path)) == ["unreadable"]
    assert codes(verify.verify_plan(tmp_path / "none.gpkg", tmp_path)) == ["unreadable"]
    assert codes(verify.verify_plan(tmp_path, tmp_path)) == ["unreadable"]


def test_truncated_plan_is_unreadable(town: Town) -> None:
    """A plan cut short is refused."""
    path = town.save()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert not verify.verify_plan(path, town.folder).ok


def test_flipped_bits_never_raise_and_never_pass(town: Town) -> None:
    """A plan with one bit flipped is refused, unless what it says is the same to the letter."""
    path, draw = town.save(), random.Random(5)
    whole = path.read_bytes()
    for at in draw.sample(range(100, len(whole)), 60):
        torn = bytearray(whole)
        torn[at] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(torn))
        verdict = verify.verify_plan(path, town.folder)
        assert verdict.ok == (verdict.breaches == ())
        assert not verdict.ok or verdict.plan_id == town.info["plan_id"]


def test_nothing_is_written_or_opened_beside_the_plan(town: Town) -> None:
    """Checking leaves the folder as it was."""
    town.save()
    before = {path.name: path.stat().st_mtime_ns for path in town.folder.iterdir()}
    assert verify.verify_plan(town.folder / "plan.gpkg", town.folder).ok
    assert {path.name: path.stat().st_mtime_ns for path in town.folder.iterdir()} == before


def test_breaches_name_no_person(town: Town) -> None:
    """What a name column holds is never repeated, and control marks never reach a terminal."""
    town.row("stations", station_id="L2")["name"] = PERSONAL
    town.row("stations", station_id="L3")["station_id"] = "L3\x1b[31m\u202e"
    told = " ".join(breach.text for breach in town.verdict().breaches)
    assert PERSONAL not in told
    assert not re.search("[\x1b\u202e]", told)


# -- alone -------------------------------------------------------------------------------------


def imported(text: str) -> set[str]:
    """Return the modules that a file imports, wherever in it; those of its own package by dots."""
    nodes = list(ast.walk(ast.parse(text)))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {*plain, *("." * node.level + (node.module or "") for node in froms)}


OTHERS = {"verify_bounds", "verify_changes", "verify_people", "verify_roads", "verify_ways"}


@pytest.mark.parametrize(
    ("checker", "lines", "own"),
    [
        (verify, 1000, OTHERS | {f"metro_gis.{name}" for name in OTHERS}),
        (verify_bounds, 400, set()),
        (verify_changes, 200, set()),
        (verify_people, 400, set()),
        (verify_roads, 300, set()),
        (verify_ways, 200, {"metro_gis.verify_roads"}),
    ],
)
def test_checker_is_short_files_that_import_the_standard_library(
    checker: Any, lines: int, own: set[str]
) -> None:
    """The checker can be read in one sitting and shipped alone, its files together."""
    text = Path(checker.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= lines
    names = imported(text)
    assert {name for name in names if name.split(".")[0] not in sys.stdlib_module_names} == own
    assert not {"importlib", "runpy"} & names
    assert "__import__" not in text


def test_every_code_is_tried() -> None:
    """Each code of a breach is told of some damage above, or in a test of its own."""
    tried = {code for _, code, _ in DAMAGES.values()}
    elsewhere = {"plan-id-wrong", "unreadable", "bound-forged", "rungs-unproven", "changes-wrong"}
    assert set(verify.BREACHES) - tried == elsewhere | CODES_OF_PEOPLE


def code_of(line: str) -> str:
    """Give the code of the first breach that a line of JSON tells."""
    return str(json.loads(line)["breaches"][0]["code"])


def test_file_runs_alone(town: Town, tmp_path: Path) -> None:
    """Copied elsewhere, all files, and run as a file, it answers 0, 5 or 2, in words or JSON."""
    alone = tmp_path / "alone.py"
    alone.write_bytes(Path(verify.__file__).read_bytes())
    for name in OTHERS:
        beside = tmp_path / f"{name}.py"
        beside.write_bytes(Path(verify.__file__).with_name(beside.name).read_bytes())
    plan = town.save()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", str(alone), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    good = run(str(plan), "--workspace", str(town.folder), "--json")
    assert (good.returncode, json.loads(good.stdout)["ok"]) == (0, True)
    assert run(str(plan)).returncode == 2
    town.row("teams", team_id="T01")["officers"] += 1
    bad = run(str(town.save()), "--workspace", str(town.folder))
    assert bad.returncode == 5
    # several, a line each
    command = [
        sys.executable,
        "-I",
        "-S",
        str(alone),
        "-",
        "--workspace",
        str(town.folder),
        "--json",
    ]
    both = f"{town.save()}\n{tmp_path / 'none.gpkg'}\n"
    told = subprocess.run(command, input=both, capture_output=True, text=True, check=False)
    assert told.returncode == 5
    assert [code_of(line) for line in told.stdout.splitlines()] == ["figure-wrong", "unreadable"]
    assert "team T01: officers is recorded as 3; it is 2." in bad.stdout.splitlines()


def test_thousand_stations_take_seconds(tmp_path: Path) -> None:
    """A thousand stations on seven thousand nodes are checked in a few seconds."""
    town, draw = Town(tmp_path), random.Random(1)
    grid(town, 60)
    for n in range(300):
        town.station(f"S{n:03}", draw.uniform(0, 59), draw.uniform(0, 59))
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    source = verify._Source(tmp_path / "roads.graphml")
    roads = Roads(verify._parse_xml(source.data), dict.fromkeys(SPEEDS, 25.0), 1.0)
    started = time.process_time()
    for row in town.stations:
        near = roads.nearest(row["lon"], row["lat"], 300.0)
        assert near
        number = min(near)
        roads.search([(0, roads.edges[number][1])], {roads.edges[number][0]})
    assert time.process_time() - started < 3


@pytest.mark.parametrize("seed", range(5))
def test_thinned_roads_keep_every_way(tmp_path: Path, seed: int) -> None:
    """Nodes that are taken out change no shortest way between those that are kept."""
    town, draw = Town(tmp_path), random.Random(seed)
    grid(town, 12)
    for edge in draw.sample(list(town.edges), 200):  # dead ends, one-way streets, islands
        del town.edges[edge]
    town.station("S1", 1.1, 1.02)
    town.post("P1", 2.2, 2.01)
    town.write_inputs()
    source = verify._Source(tmp_path / "roads.graphml")
    roads = Roads(verify._parse_xml(source.data), dict.fromkeys(SPEEDS, 25.0), 1.0)
    some, others = (set(draw.sample(list(roads.onward), 25)) for _ in range(2))

    def ways(kept: set[str]) -> dict[str, dict[str, int]]:
        return {node: roads.search([(0, node)], kept) for node in kept}

    before = [ways(some), ways(others)]
    for kept, right in zip((some, others), before, strict=True):  # a second time for other points
        roads.thin(kept)
        assert ways(kept) == right
        assert kept <= roads.numbers.keys()
        assert len(roads.numbers) < 0.7 * len(roads.onward)
