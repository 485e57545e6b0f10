"""Check a finished plan against the rules and the raw inputs, trusting nothing the planner said.

The second opinion: written from the specification, standard library only, importing nothing of the
package but its own other files: `verify_bounds`, `verify_changes`, `verify_people`,
`verify_roads` and `verify_ways`. Where they lie in one folder, ``python verify.py PLAN --workspace
DIR [--json]`` runs alone: 0 the plan holds, 5 a breach, an unreadable plan or changed inputs, 2
called wrongly. With ``-`` for the plan, paths are read from stdin, a line each. A
certified bound of nearness is worked out anew, so are the changes of a re-plan, and a draw of names
is repeated. Taken as told, and noted: other bounds (checked for sense), shortages that are not
proven by counting, a plan before that is not in the same folder, and places kept from an earlier
draw.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import itertools
import json
import math
import re
import sqlite3
import struct
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING or __package__:
    from metro_gis.verify_bounds import Bounds
    from metro_gis.verify_changes import Guard, could_keep_more, count_changes, read_guards
    from metro_gis.verify_people import People, masked
    from metro_gis.verify_roads import Roads
    from metro_gis.verify_ways import Known, Ways
else:  # run as a file: the others lie beside it
    sys.path.append(str(Path(__file__).parent))
    from verify_bounds import Bounds
    from verify_changes import Guard, could_keep_more, count_changes, read_guards
    from verify_people import People, masked
    from verify_roads import Roads
    from verify_ways import Known, Ways

__all__ = ["BREACHES", "Breach", "Known", "Verdict", "verify_plan"]

BREACHES: Final[dict[str, str]] = {
    "access-missing": "{kind} {id} is not attached to {edge}, one of its nearest roads.",
    "access-wrong": "{kind} {id} is attached to {edge} twice, wrongly, or one does not exist.",
    "beat-limit": "Team {team_id}: {station_id} is {minutes} minutes from anchor, above {limit}.",
    "bound-forged": "The certified bound is recorded as {recorded}; it is {recomputed}.",
    "bound-wrong": "The bound of aim {aim} is malformed, or beyond the aim's value.",
    "certificate-wrong": "The certificate of nearness is missing, malformed or wrong in {part}.",
    "changes-wrong": "The changes against the plan before are missing, malformed or wrong: {part}.",
    "check-stopped": "Check {check} stopped: {why} is missing or holds what it may not.",
    "closed-wrong": "Streets recorded as closed are not the nearest to the points that name them.",
    "cover-unproven": "Nothing is certified while {station_id}, in reach, stays uncovered.",
    "deploy-limit": "Team {team_id}: {station_id} is {minutes} minutes from post, above {limit}.",
    "draw-missing": "The plan has {found} of a draw and lacks {missing}.",
    "draw-order": "Post {post_id}: officer {officer} could have had an earlier place in the draw.",
    "fate-wrong": "Station {station_id} needs a known team and minutes, or a reason and none.",
    "figure-wrong": "{kind} {id}: {field} is recorded as {recorded}; it is {expected}.",
    "id-twice": "{kind}: id {id} is empty or occurs twice.",
    "input-changed": "Input {input}: {file} is not the file that was planned with.",
    "no-path": "Team {team_id}: no road from {start} to {station_id}, or none back.",
    "officer-count": "Officer {officer} stands in the plan {plan} times, on the list {listed}.",
    "officer-differs": "Officer {officer}: {field} differs from the list.",
    "officer-duty": "Post {post_id}: officer {officer} is {duty}, and listed as {listed}.",
    "officer-previous": "Post {post_id}: officer {officer} had no earlier place {previous}.",
    "officer-team": "Officer {officer} of {post_id} has no right place: team {team_id}.",
    "plan-id-wrong": "The plan was changed: its id is {recorded}, its content gives {expected}.",
    "post-capacity": "Post {post_id} sends {posted} officers and has {available} for stations.",
    "post-duty": "Post {post_id} names {named} officers as {duty}; it has {expected}.",
    "reason-false": "Station {station_id} is no case of {reason}; a post is {minutes} minutes off.",
    "round-longer": "Team {team_id}: its round takes {minutes} minutes, {shortest} would do.",
    "round-wrong": "Team {team_id}: its round is not its anchor, then each other station once.",
    "row-differs": "{kind} {id}: {field} differs from the input.",
    "row-missing": "{kind} {id} is missing from the {side}.",
    "rung-unit-wrong": "The rung of {unit} is missing, not in the ladder, or of no border unit.",
    "rungs-unproven": "Counting allows other rungs of strength {other}; the plan has {strength}.",
    "serves-wrong": "Team {team_id}: post {post_id} does not serve where {station_id} lies.",
    "shortage-false": "Station {station_id}: {officers} officers are there, {needed} are needed.",
    "status-wrong": "The plan calls itself {status}, which its aims do not bear out.",
    "team-border": "Team {team_id} crosses a border: {station_id} lies outside {unit}.",
    "team-broken": "Team {team_id} has no station, no anchor among them, or no post {post_id}.",
    "team-home": "Team {team_id}: officer {officer} may live where it guards.",
    "team-lead": "Team {team_id} has nobody of a rank that leads.",
    "team-load": "Team {team_id} has more stations than its pattern allows: load {load}.",
    "team-mix": "Team {team_id} mixes risk classes.",
    "team-size": "Team {team_id} names {named} officers and has {officers}.",
    "unreadable": "{file} cannot be read ({why}).",
    "witness-wrong": "Station {station_id}: its witness is missing, malformed or wrong on {id}.",
}
_TABLES: Final = "stations teams posts access witnesses bounds plan_info"
_FIELDS: Final = {
    "station": "station_id lon lat risk_class kecamatan kelurahan voters name location_source",
    "post": "post_id lon lat officers fixed_officers reserve_officers serves name kind kecamatan "
    "location_source",
    "officer": "officer_id name rank post_id duty home_kelurahan",
}
_INPUTS: Final = {"station": "stations", "post": "posts", "officer": "personnel"}
_CLASSES: Final = {
    "kurangrawan": "low", "rawan": "elevated", "sangatrawan": "high", "khusus": "special",
}  # fmt: skip
_MAX_BYTES, _MAX_UNPACKED, _MAX_PARTS, _MAX_RATIO, _SMALL = 2**30, 2**28, 1000, 100, 102_400
_MAX_COLUMNS, _HEADER_ROWS, _SHOWN = 500, 20, 80
_MM, _SAME_DEGREES, _NOISE, _OPTIMAL_GAP = 1e-3, 1e-9, 1e-6, 1e-4
_SHORT_ROUND, _WGS_84 = 7, 4326  # stations up to which a round must be the shortest; EPSG code
_CERTIFICATE: Final = "certificate "
_Row = dict[str, Any]
_Shape = list[list[tuple[float, float]]]  # rings of an area, or points as rings of one


@dataclass(frozen=True)
class Breach:
    """One rule that the plan breaks.

    Parameters
    ----------
    code, params, text
        Key of `BREACHES`; what fills its sentence (no person's name); the sentence in English.
    """

    code: str
    params: dict[str, Any]
    text: str


@dataclass(frozen=True)
class Verdict:
    """What the checker found.

    Parameters
    ----------
    ok, plan_id, breaches, checks, notes, counts
        Whether no rule is broken; the id by content; what is broken; checks finished; what was
        taken as told; own figures, under the names of ``optimize plan --json``.
    """

    ok: bool
    plan_id: str
    breaches: tuple[Breach, ...]
    checks: tuple[str, ...]
    notes: tuple[str, ...]
    counts: dict[str, Any]


class _StopError(Exception):
    """What is wrong with a file, so that nothing further can be checked."""


def _clean(value: object) -> str:
    """Text as two spellings share it: NFC, blanks folded, no control marks, 12.0 as 12."""
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    text = "" if value is None or isinstance(value, bytes) else str(value)
    if not (text.isascii() and text.isprintable()):
        letters = unicodedata.normalize("NFC", text)
        text = "".join(c for c in letters if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(text.split())


def _number(text: str) -> float:
    if not math.isfinite(value := float(text.replace(",", "."))):  # or with a decimal comma
        raise ValueError
    return value


def _understand(name: str, text: str) -> Any:  # noqa: ANN401 - as the column is
    """Read a cell of an input: degrees, a class, whole numbers, kecamatan served, or text."""
    if name in ("lon", "lat"):
        return _number(text)
    if name == "voters" or name.endswith("officers"):
        return int(_number(text)) if text else None if name == "voters" else 0
    if name == "serves":
        return ";".join(sorted({_clean(part) for part in text.split(";")} - {""}))
    word = "".join(text.split()).casefold()
    known = {"risk_class": _CLASSES.get(word, word), "location_source": word}
    return (known | {"duty": word or "any"}).get(name, text)


def _parse_xml(data: bytes) -> ET.Element:
    """Parse XML that holds no document type, in any encoding, and so declares no entity."""
    if b"<!DOCTYPE" in data.replace(b"\0", b""):
        raise _StopError("document type")  # noqa: EM101, TRY003
    return ET.fromstring(data)  # noqa: S314 - see above


def _read_shape(blob: object) -> _Shape:
    """Points or rings of a GeoPackage's cell, of all parts in one list; none where it is empty."""
    if not isinstance(blob, bytes) or blob[3] & 16:
        return []
    shape, at = _Shape(), 8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7]
    while at < len(blob):
        order = "<" if blob[at] else ">"
        code, size = struct.unpack_from(f"{order}II", blob, at + 1)
        # a point has no count, a line or ring one of points; parts follow with heads of their own
        kind, width, at = code % 1000, (2, 3, 3, 4)[code // 1000], at + 5
        at += 0 if kind in (1, 2) else 4
        for _ in range({1: 1, 2: 1, 3: size}.get(kind, 0)):
            count = 1 if kind == 1 else struct.unpack_from(f"{order}I", blob, at)[0]
            at += 4 * (kind != 1)
            numbers = struct.unpack_from(f"{order}{count * width}d", blob, at)
            shape.append(list(zip(numbers[::width], numbers[1::width], strict=True)))
            at += 8 * count * width
    return shape


def _inside(shape: _Shape, x: float, y: float) -> bool:
    """Whether a point lies in an area with holes: a ray from it crosses its rings an odd time."""
    ends = (pair for ring in shape for pair in itertools.pairwise(ring))
    sides = ((a, b) for a, b in ends if (a[1] > y) != (b[1] > y))
    return sum(x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] for a, b in sides) % 2 == 1


class _Source:
    """One file, read once, and its rows with their shapes."""

    def __init__(self, path: Path) -> None:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            raise _StopError("missing or too large")  # noqa: EM101, TRY003
        self.path, self.data = path, path.read_bytes()
        self.sha256 = hashlib.sha256(self.data).hexdigest()

    def layer(self, name: str | None, where: str = "") -> list[tuple[_Row, _Shape]]:
        """Rows of a GeoPackage's table, of its first one where none is named."""
        # immutable: nothing beside the file is read; untrusted: nothing in it can act
        url = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(url, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            tables = database.execute("SELECT table_name FROM gpkg_contents ORDER BY rowid")
            name = name or str(next(tables)[0])
            query = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?"
            found = database.execute(query, (name,)).fetchone()
            if found and found[1] != _WGS_84:
                raise _StopError("not EPSG:4326")  # noqa: EM101, TRY003
            quoted = '"' + name.replace('"', '""') + '"'
            query = f"SELECT * FROM {quoted} {where} ORDER BY rowid"  # noqa: S608
            cursor = database.execute(query)
            heads = [head[0] for head in cursor.description]
            rows = [dict(zip(heads, row, strict=True)) for row in cursor]
        return [(row, _read_shape(row.pop(found[0], None) if found else None)) for row in rows]

    def records(self, layer: str | None, wanted: str) -> list[tuple[dict[str, str], _Shape]]:
        """Rows as text under folded names, of the layer or else where the wanted column is."""
        kind = self.path.suffix.lower()
        if kind in (".geojson", ".json", ".gpkg"):
            found = self.layer(layer) if kind == ".gpkg" else self.features()
            texts = [{_clean(k).casefold(): _clean(v) for k, v in row.items()} for row, _ in found]
            return list(zip(texts, (shape for _, shape in found), strict=True))
        if kind == ".xlsx":
            tables = self.sheets(layer)
        else:
            utf16 = self.data[:2] in (b"\xff\xfe", b"\xfe\xff")
            text = self.data.decode("utf-16" if utf16 else "utf-8-sig")
            tables = [list(csv.reader(io.StringIO(text), delimiter=d)) for d in ",;\t|"]
        best: list[list[str]] = [[]]
        for rows in tables:  # the sheet, or the delimiter, that gives the header most columns
            for at, row in enumerate(rows[:_HEADER_ROWS]):
                head = [_clean(cell).casefold() for cell in row]
                if wanted in head and len(head) > len(best[0]):
                    best = [head, *(cells for cells in rows[at + 1 :] if any(map(_clean, cells)))]
        if not best[0] or any(any(map(_clean, cells[len(best[0]) :])) for cells in best):
            raise ValueError  # no header, or a row has shifted
        return [(dict(zip(best[0], cells, strict=False)), []) for cells in best[1:]]

    def features(self) -> list[tuple[_Row, _Shape]]:
        tree, found = json.loads(self.data.decode("utf-8-sig")), []
        for feature in tree["features"]:
            geometry = feature["geometry"] or {"type": None}
            rings = geometry.get("coordinates") or []
            rings = {"Point": [[rings]], "MultiPoint": [rings]}.get(geometry["type"], rings)
            rings = itertools.chain(*rings) if geometry["type"] == "MultiPolygon" else rings
            shape = [[(float(p[0]), float(p[1])) for p in ring] for ring in rings]
            found.append((feature["properties"] or {}, shape))
        return found

    def sheets(self, layer: str | None) -> list[list[list[str]]]:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            sizes = [(entry.file_size, entry.compress_size) for entry in archive.infolist()]
            tight = any(size > max(_SMALL, _MAX_RATIO * packed) for size, packed in sizes)
            if tight or sum(s for s, _ in sizes) > _MAX_UNPACKED or len(sizes) > _MAX_PARTS:
                raise _StopError("packed too tight or too large")  # noqa: EM101, TRY003
            parts = {name: archive.read(name) for name in archive.namelist() if "xl/" in name}
        shared, tables = [], []
        for item in _parse_xml(parts.get("xl/sharedStrings.xml", b"<sst/>")):
            texts = [*item.iterfind("{*}t"), *item.iterfind("{*}r/{*}t")]  # no reading aids
            shared.append("".join(text.text or "" for text in texts))
        links = _parse_xml(parts["xl/_rels/workbook.xml.rels"])
        targets = {link.get("Id"): link.get("Target", "").split("/")[-1] for link in links}
        for sheet in _parse_xml(parts["xl/workbook.xml"]).iterfind("{*}sheets/{*}sheet"):
            if layer in (None, sheet.get("name")):
                link = next(v for k, v in sheet.items() if k.endswith("}id"))
                table = _parse_xml(parts[f"xl/worksheets/{targets[link]}"])
                tables.append([self.cells(row, shared) for row in table.iterfind("*/{*}row")])
        return tables

    def cells(self, row: ET.Element, shared: list[str]) -> list[str]:
        cells: list[str] = []
        for cell in row:
            column, kind, value = 0, cell.get("t", "n"), cell.findtext("{*}v") or ""
            for letter in re.sub("[^A-Z]", "", cell.get("r", "")):
                column = column * 26 + ord(letter) - ord("A") + 1
            if kind == "inlineStr":
                value = "".join(text.text or "" for text in cell.iterfind(".//{*}t"))
            elif value and kind in "sn":
                value = shared[int(value)] if kind == "s" else _clean(float(value))
            if column <= _MAX_COLUMNS:  # no table is wider
                cells += [""] * (column - 1 - len(cells)) + [value]
        return cells


class _Checker:
    """All checks of one plan, in an order in which each may rely on those before."""

    def __init__(self, plan_file: Path, workspace: Path, shared: Known) -> None:
        self.plan_file, self.workspace, self.plan_id, self.reading = plan_file, workspace, "", ""
        self.shared = shared
        self.breaches, self.notes, self.counts = list[Breach](), list[str](), _Row()

    def run(self) -> Verdict:
        done: list[str] = []
        first = [self.form, self.provenance, self.inputs, self.access, self.teams]
        last = [self.minutes, self.posts, self.aims, self.certificate, self.reasons, self.changes]
        last.append(self.names)
        for check in [*first, *last]:
            if check == self.names and not self.has_names:
                continue
            try:
                check()
            except Exception as e:  # noqa: BLE001 - whatever a damaged plan raises is a breach
                code = "unreadable" if self.reading else "check-stopped"
                why = str(e) if isinstance(e, _StopError | KeyError) else type(e).__name__
                self.deny(code, code, file=self.reading, check=check.__name__, why=why)
                break
            done.append(check.__name__)
            if {"id-twice", "row-missing"} & {breach.code for breach in self.breaches}:
                break  # what follows would mean nothing
        found, notes = tuple(self.breaches), tuple(self.notes)
        return Verdict(not found, self.plan_id, found, tuple(done), notes, self.counts)

    def deny(self, broken: object, code: str, **params: object) -> None:
        if broken:
            shown = {k: _clean(v)[:_SHOWN] if isinstance(v, str) else v for k, v in params.items()}
            self.breaches.append(Breach(code, shown, BREACHES[code].format(**shown)))

    def same(self, kind: str, one: str, /, **figures: tuple[Any, Any]) -> None:
        for key, (told, right) in figures.items():
            near = type(told) is type(right) is float and abs(told - right) < _NOISE
            params = {"kind": kind, "id": one, "field": key, "recorded": told, "expected": right}
            self.deny(told != right and not near, "figure-wrong", **params)

    def form(self) -> None:
        """Tables, columns, entries, one row for each id, and the id of the whole."""
        self.reading, self.rows, content = self.plan_file.name, dict[str, list[_Row]](), _Row()
        source, rows = _Source(self.plan_file), list[_Row]()
        named = bool(source.layer("gpkg_contents", "WHERE table_name = 'officers'"))
        for table in ["officers"] * named + _TABLES.split():
            rows = self.rows[table] = [{**row, "*": shape} for row, shape in source.layer(table)]
            key = "key" if table == "plan_info" else f"{table[:-1]}_id"
            for name, times in Counter(_clean(row[key]) for row in rows if key in row).items():
                shown = masked(name) if table == "officers" else name
                self.deny(times > 1 or not name, "id-twice", kind=table, id=shown)
            content[table] = [{k: r[k] for k in r if k not in ("*", "fid")} for r in rows]
        self.reading = ""
        self.info = {e["key"]: json.loads(e["value"], parse_constant=_number) for e in rows}
        content["plan_info"] = {k: v for k, v in self.info.items() if k != "plan_id"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.plan_id, told = hashlib.sha256(text.encode()).hexdigest()[:16], self.info["plan_id"]
        self.deny(told != self.plan_id, "plan-id-wrong", recorded=told, expected=self.plan_id)
        self.same("plan", self.plan_id, format=(self.info["format"], "metro-gis-plan/1"))
        self.has_names, parts = named and "draw" in self.info, ["the layer", "the key"]
        found, missing = parts if named else parts[::-1]
        half = named != ("draw" in self.info)
        self.deny(half, "draw-missing", found=found, missing=missing)
        for row in itertools.chain(*self.rows.values()):  # from here on spellings are shared
            row.update({k: _clean(v) for k, v in row.items() if isinstance(v, str)})

    def provenance(self) -> None:
        """Every input is the file that was planned with, and the one the scenario names."""
        self.scenario, self.files = self.info["scenario"], dict[str, _Source]()
        specs, self.entries = (
            dict(self.scenario["inputs"]),
            {e["name"]: e for e in self.info["inputs"]},
        )
        specs.pop("areas", None)  # outlines are drawn only: nothing in a plan depends on them
        parts = {f"{name}.join": spec and spec.get("join") for name, spec in specs.items()} | specs
        for name, file in ((name, part["file"]) for name, part in parts.items() if part):
            entry = self.entries.get(name, {"file": file, "sha256": None})
            same = (self.workspace / file).resolve() == (self.workspace / entry["file"]).resolve()
            self.reading = entry["file"]
            self.files[name] = _Source(self.workspace / entry["file"])
            wrong = not same or self.files[name].sha256 != entry["sha256"]
            self.deny(wrong, "input-changed", input=name, file=file)
        self.reading, limits, self.beats = "", self.scenario["limits"], self.scenario["beats"]
        self.limits = {k[:-8]: math.floor(limit * 10 + 1e-9) for k, limit in limits.items()}
        self.patterns, self.travel = self.scenario["patterns"], self.scenario["travel"]

    def load(self, kind: str) -> dict[str, _Row]:
        """Rows of an input by id, with constants laid over, areas joined, values understood."""
        spec, table, name = self.scenario["inputs"][_INPUTS[kind]], dict[str, _Row](), _INPUTS[kind]
        columns, values, join = (spec.get(key) or {} for key in ("columns", "values", "join"))
        fields = _FIELDS[kind].split()
        heads = {f: _clean(columns.get(f, f)).casefold() for f in fields}
        areas = self.files[f"{name}.join"].records(join.get("layer"), "") if join else []
        self.reading, key = spec["file"], f"{kind}_id"
        records = self.files[name].records(spec.get("layer"), heads[key])
        for number, (cells, shape) in enumerate(records, 1):
            self.reading = f"{spec['file']}, data row {number}"
            row: _Row = {f: _clean(values.get(f, cells.get(h, ""))) for f, h in heads.items()}
            if shape and "lon" in row and not row["lon"] + row["lat"]:
                row["lon"], row["lat"] = map(repr, shape[0][0])
            row = {f: _understand(f, text) for f, text in row.items()}
            near = [area for area, ring in areas if _inside(ring, row["lon"], row["lat"])]
            for f, head in join.get("columns", {}).items():
                row[f] = [_clean(area.get(_clean(head).casefold())) for area in near] or row[f]
            shown = masked(row[key]) if kind == "officer" else row[key]
            self.deny(not row[key] or row[key] in table, "id-twice", kind=name, id=shown)
            table[row[key]] = row
        self.reading = ""
        self.same("input", name, rows=(self.entries[name]["rows"], len(records)))
        return table

    def inputs(self) -> None:
        """Every row of the inputs stands in the plan once and unchanged, and nothing else."""
        self.known: dict[str, dict[str, _Row]] = {"station": {}, "post": {}}
        listed = self.scenario["inputs"].get("personnel") is not None
        self.listed = self.load("officer") if listed else None
        for kind, known in self.known.items():
            planned = {row[f"{kind}_id"]: row for row in self.rows[f"{kind}s"]}
            raws = self.load(kind)
            for one in raws | planned:
                both, side = one in raws and one in planned, "plan" if one in raws else "input"
                self.deny(not both, "row-missing", kind=kind, id=one, side=side)
                if both:
                    known[one] = planned[one] | self._compare(kind, one, raws[one], planned[one])
        source, self.reading = self.files["roads"], self.entries["roads"]["file"]
        travel, told = self.travel, self.info["roads"]
        places = [(one["lon"], one["lat"]) for one in travel.get("closed", [])]
        closed = [(u, v, key) for u, v, key in told.get("closed", [])]

        def lay() -> tuple[Roads, bool]:
            roads = Roads(_parse_xml(source.data), travel["speeds_kph"], travel["factor"])
            self.reading = ""
            return roads, roads.close(places, closed)

        laid = (source.sha256, travel["speeds_kph"], travel["factor"], places, closed)
        self.roads, right = self.shared.once("roads", laid, lay)
        self.reading = ""
        self.deny(not right, "closed-wrong")
        found: _Row = {"nodes": len(self.roads.onward), "edges": len(self.roads.index)}
        found |= {"sha256": source.sha256, "modelled": self.roads.modelled}
        self.same("roads", "graph", **{key: (told[key], value) for key, value in found.items()})
        points = itertools.chain(*(rows.values() for rows in self.known.values()))
        modelled = self.roads.modelled or any(p["location_source"] == "modelled" for p in points)
        self.same("plan", self.plan_id, modelled=(self.info["modelled"], modelled))

    def _compare(self, kind: str, one: str, raw: _Row, row: _Row) -> _Row:
        place = row["*"][0][0] if row["*"] else (math.inf, math.inf)
        apart = math.dist(place, (raw["lon"], raw["lat"])) > _SAME_DEGREES
        self.deny(apart, "row-differs", kind=kind, id=one, field="point")
        if kind == "post":
            raw["officers"] = (self.scenario.get("officers") or {}).get(one, raw["officers"])
            if self.listed is not None:  # the list of personnel counts
                raw["officers"] = sum(row["post_id"] == one for row in self.listed.values())
            row["serves"] = _understand("serves", row["serves"] or "")
        for f in _FIELDS[kind].split()[3:]:
            told = "" if row[f] is None and f != "voters" else row[f]
            if isinstance(raw[f], list):  # where areas overlap, either is right
                raw[f] = told if told in raw[f] else raw[f][0]
            differs = told != raw[f] and (raw[f] != "" or f not in ("name", "kind"))
            self.deny(differs, "row-differs", kind=kind, id=one, field=f)
        border = "none" if kind == "post" else self.beats["border"]
        ward = f"/{raw.get('kelurahan')}" * (border == "kelurahan")  # a name alone is not unique
        raw["unit"] = "*" if border == "none" else raw["kecamatan"] + ward
        self.deny(raw.get(border) == "", "row-differs", kind=kind, id=one, field=border)
        return raw

    def access(self) -> None:
        """Every point hangs on all of its nearest edges and no other, where the plan says."""
        # of each point its place, its snaps, and edge, u, v, from u, to v, position, leg in ns
        points = [(kind, p) for kind, rows in self.known.items() for p in rows.values()]
        self.places = {(kind, p[f"{kind}_id"]): (p["lon"], p["lat"]) for kind, p in points}
        self.snaps: dict[tuple[str, str], float | None] = {}
        self.hangs: dict[tuple[str, str], list[tuple[int, str, str, int, int, int, int]]] = {}
        listed: dict[tuple[str, str], dict[int, _Row]] = defaultdict(dict)
        for row in self.rows["access"]:
            point, ends = (row["point_kind"], row["point_id"]), (row["u"], row["v"], row["key"])
            number, edge = self.roads.index.get(ends, -1), "{}-{}-{}".format(*ends)
            wrong = number < 0 or number in listed[point] or point not in self.places
            self.deny(wrong, "access-wrong", kind=point[0], id=point[1], edge=edge)
            listed[point] |= {number: row} if number >= 0 else {}
        limit_m = self.travel["snap_limit_m"]
        feet_of: dict[Any, Any] = self.shared.once("feet", (self.roads, limit_m), dict)
        for point, place in self.places.items():
            if place not in feet_of:
                feet_of[place] = self.roads.nearest(*place, limit_m)
            near = feet_of[place]
            least = min((min(feet)[0] for feet in near.values()), default=0.0)
            self.hangs[point] = []
            for number in sorted(near.keys() | listed[point].keys()):
                u, v, length_m, edge_ns, _ = self.roads.edges[number]
                told, feet = listed[point].get(number), near.get(number, [(math.inf, 0.0)])
                away, names = min(feet)[0], {"kind": point[0], "id": point[1], "edge": f"{u}-{v}"}
                if told is None:
                    self.deny(away <= least + 0.9 * _MM, "access-missing", **names)
                    continue
                metres, along = told["access_m"], told["along_m"]
                meets = any(m <= away + _MM and abs(at - along) <= _MM for m, at in feet)
                meets &= 0 <= along <= length_m + _NOISE and abs(metres - away) <= _MM
                self.deny(not meets or away > least + 1.1 * _MM, "access-wrong", **names)
                leg = round(round(metres * 1e6) * 3600 / self.travel["access_kph"])
                pos = edge_ns * round(along * 1e6) // max(1, round(length_m * 1e6))
                self.hangs[point].append((number, u, v, pos + leg, leg + edge_ns - pos, pos, leg))
            snaps = [row["access_m"] for row in listed[point].values()]
            self.snaps[point] = round(min(snaps), 1) if snaps else None
            if point[0] == "station":
                snap_m = self.known["station"][point[1]]["snap_m"]
                self.same(*point, snap_m=(snap_m, self.snaps[point]))

    def teams(self) -> None:
        """Each station in one beat or uncovered for a reason; each beat within its pattern."""
        stations, rungs = self.known["station"], self.info["rung_low"]
        low = {s["unit"] for s in stations.values() if s["risk_class"] == "low"}
        units, ladder = {s["unit"] for s in stations.values()}, self.patterns["low"]["ladder"]
        for unit in sorted(low | rungs.keys()):
            good = unit in units and rungs.get(unit) in ladder
            self.deny(not good, "rung-unit-wrong", unit=unit)
        self.served: dict[str, set[str]] = {}
        for p, post in self.known["post"].items():
            only = set(filter(None, post["serves"].split(";")))
            self.served[p] = {t for t in stations if not only or stations[t]["kecamatan"] in only}
        beats: dict[str, list[str]] = {team["team_id"]: [] for team in self.rows["teams"]}
        for t, s in stations.items():
            absent = {s[key] is None for key in ("team_id", "deploy_minutes", "beat_minutes")}
            wrong = absent != {s["reason"] is not None} or s["team_id"] not in (None, *beats)
            self.deny(wrong, "fate-wrong", station_id=t)
            beats.get(s["team_id"], []).append(t)
        self.sound = [(k, b) for k in self.rows["teams"] if self._fits(k, b := beats[k["team_id"]])]

    def _fits(self, team: _Row, beat: list[str]) -> bool:
        """Check a team against its pattern; tell whether it can be timed at all."""
        ids = {"team_id": team["team_id"], "post_id": team["post_id"]}
        post, anchor = self.known["post"].get(team["post_id"]), team["anchor_station_id"]
        if post is None or anchor not in beat:
            self.deny(ids, "team-broken", **ids)
            return False
        members = {t: self.known["station"][t] for t in beat}
        unit, classes = members[anchor]["unit"], {s["risk_class"] for s in members.values()}
        self.deny(len(classes) > 1 and not self.beats["mix"], "team-mix", **ids)
        for t, s in members.items():
            self.deny(s["unit"] != unit, "team-border", **ids, station_id=t, unit=unit)
            self.deny(t not in self.served[team["post_id"]], "serves-wrong", **ids, station_id=t)
        rung = self.info["rung_low"].get(unit, max(self.patterns["low"]["ladder"]))
        sizes = {risk: self.patterns[risk].get("stations") or rung for risk in classes}
        load = sum((Fraction(1, sizes[s["risk_class"]]) for s in members.values()), Fraction())
        self.deny(load > 1, "team-load", **ids, load=str(load))
        officers = max(self.patterns[risk]["officers"] for risk in classes)
        right = {"stations": len(beat), "officers": officers}
        right["kecamatan"] = members[anchor]["kecamatan"]
        right["rung"] = rung if "low" in classes else None
        self.same("team", team["team_id"], **{key: (team[key], right[key]) for key in right})
        self.same("team", team["team_id"], load=(round(team["load"], 3), round(float(load), 3)))
        return True

    def minutes(self) -> None:
        """Every way of a team is within its limit and as recorded, its round a round."""
        stations, self.tenths = self.known["station"], list[int]()
        hung = (self.roads, self.places, self.hangs)
        self.between = self.shared.once("ways", hung, lambda: Ways(*hung))
        between: Ways = self.between
        everywhere = list(stations), math.inf
        self.ways = {p: between.near(("post", p), *everywhere) for p in self.known["post"]}
        within = ((t, self.reach(t), self.limits["deploy"]) for t in stations)
        self.near = {t: {p: m for p, m in ways.items() if m <= most} for t, ways, most in within}
        for team, beat in self.sound:
            k, anchor, post = team["team_id"], team["anchor_station_id"], team["post_id"]
            order, legs = team["round"].split(";"), {(anchor, anchor): 0}
            tour, short = set(itertools.pairwise([*order, anchor])), len(beat) <= _SHORT_ROUND
            for a in beat:  # in a long beat only the ways of use
                ends = [b for b in beat if b != a and (short or anchor in (a, b) or (a, b) in tour)]
                legs |= {(a, b): way for b, way in between.legs(a, ends).items()}
            ways = {"deploy": self.ways[post], "beat": {}}
            for t in beat:
                both = [legs.get(pair, -1) for pair in ((anchor, t), (t, anchor))]
                ways["beat"] |= {} if min(both) < 0 else {t: max(both)}
                for name, start in (("deploy", post), ("beat", anchor)):
                    value, limit, key = ways[name].get(t), self.limits[name], f"{name}_minutes"
                    self.deny(value is None, "no-path", team_id=k, start=start, station_id=t)
                    if value is not None:
                        self.same("station", t, **{key: (stations[t][key], value / 10)})
                        told = {"minutes": value / 10, "limit": limit / 10}
                        self.deny(value > limit, f"{name}-limit", team_id=k, station_id=t, **told)
            if all(t in way for way in ways.values() for t in beat):
                deploy, away = ways["deploy"][anchor], [ways["beat"][t] for t in beat]
                wards = [
                    (stations[t]["kecamatan"], stations[t]["kelurahan"]) for t in (anchor, *beat)
                ]
                penalty = round(10 * self.beats["kelurahan_penalty_minutes"])
                strangers = penalty * sum(ward != wards[0] for ward in wards)
                each = round(10 * self.beats["team_minutes"]) + deploy + sum(away) + strangers
                self.tenths.append(team["officers"] * each)
                self.same("team", k, deploy_minutes=(team["deploy_minutes"], deploy / 10))
                self.same("team", k, beat_minutes=(team["beat_minutes"], max(away) / 10))
                self._round(team, beat, legs)

    def _round(self, team: _Row, beat: list[str], legs: dict[tuple[str, str], int]) -> None:
        k, anchor, order = team["team_id"], team["anchor_station_id"], team["round"].split(";")
        if order[0] != anchor or sorted(order) != sorted(beat):
            self.deny(k, "round-wrong", team_id=k)
            return
        others = itertools.permutations([t for t in beat if t != anchor])
        orders = [order[1:], *(others if len(beat) <= _SHORT_ROUND else ())]
        tours = (itertools.pairwise((anchor, *some, anchor)) for some in orders)
        told, *better = [sum(legs[leg] for leg in tour) for tour in tours]
        best = min(better, default=told)
        self.same("team", k, round_minutes=(team["round_minutes"], told / 10))
        self.deny(told > best, "round-longer", team_id=k, minutes=told / 10, shortest=best / 10)

    def posts(self) -> None:
        """No post sends more officers than it has for stations."""
        self.have: dict[str, int] = {}
        for p, post in self.known["post"].items():
            posted = sum(t["officers"] for t in self.rows["teams"] if t["post_id"] == p)
            have = post["officers"] - post["fixed_officers"] - post["reserve_officers"]
            self.deny(have < posted, "post-capacity", post_id=p, posted=posted, available=have)
            told, self.have[p] = (post["posted_officers"], post["free_officers"]), have
            self.same("post", p, posted_officers=(told[0], posted))
            self.same("post", p, free_officers=(told[1], have - posted))
        self.bounds = Bounds(
            stations=self.known["station"], near=self.near, have=self.have,
            rungs=self.info["rung_low"], patterns=self.patterns, beats=self.beats,
            limit=self.limits["beat"], ways=lambda t, *to: self.between.near(("station", t), *to),
        )  # fmt: skip

    def aims(self) -> None:
        """Values recomputed, bounds possible, gaps as these make them."""
        stations, rungs = self.known["station"].values(), self.info["rung_low"]
        left = Counter(s["risk_class"] for s in stations if s["team_id"] is None)
        minutes = sum(self.tenths) / 10 if len(self.tenths) == len(self.rows["teams"]) else None
        values = {
            "cover": [left["special"] + left["high"], left["elevated"], left["low"]],
            "strength": sum(rungs[s["unit"]] for s in stations if s["risk_class"] == "low"),
            "nearness": minutes,
        }
        on = sum(team["officers"] for team in self.rows["teams"])
        self.counts = {
            "stations": len(stations), "covered": len(stations) - left.total(),
            "uncovered": left.total(), "teams": len(self.rows["teams"]), "officer_minutes": minutes,
            "uncovered_by_class": {risk: left[risk] for risk in self.patterns},
            "officers_on_stations": on, "officers_free": sum(self.have.values()) - on,
        }  # fmt: skip
        proven, gap = True, None
        for aim, (name, value) in zip(self.info["aims"], values.items(), strict=True):
            bound, told, gap = aim["bound"], aim["gap"], None
            self.same("aim", name, name=(aim["name"], name), value=(aim["value"], value))
            kinds = (type(value), int) if name == "nearness" else (type(value),)
            near = name == "nearness" and type(bound) in kinds and abs(bound - value) < _NOISE
            bound = value if near else bound
            good = bound is None or (type(bound) in kinds and bound <= value)
            self.deny(not good, "bound-wrong", aim=name)
            if proven and good and bound == value:
                gap = 0.0
            elif proven and good and bound is not None and name != "cover":
                gap = (value - bound) / max(value, 1)
            spared = name == "strength" and told is None and gap != 0  # need not be told
            self.same("aim", name, gap=(told, None if spared else gap))
            proven = proven and (bound == value or name == "nearness")
        parts = (row for row in self.rows["bounds"] if not row["part"].startswith(_CERTIFICATE))
        told = [json.loads(row["bound"]) for row in parts if row["aim"] in values]
        self.notes.append(f"bounds of the aims: checked for sense, {len(told)} parts taken as told")
        self.proven = proven and gap is not None and gap <= _OPTIMAL_GAP

    def certificate(self) -> None:
        """Certified bounds follow from their multipliers, and the status claims no more."""
        told, minutes = self.info["certified"], self.counts["officer_minutes"]
        bound, gap = None, None
        tenths = self._certify() if told["bound"] is not None else None
        if tenths is not None and minutes is not None:
            bound, gap = tenths / 10, max(0.0, (minutes - tenths / 10) / max(minutes, 1))
            wrong = abs(told["bound"] - bound) > _NOISE
            self.deny(wrong, "bound-forged", recorded=told["bound"], recomputed=bound)
            self.notes.append(f"certified bound of nearness: recomputed, gap {gap:.6f}")
        self.counts |= {"bound_certified": bound, "gap_certified": gap}
        if bound is not None or told["bound"] is None:
            self.same("aim", "nearness", gap_certified=(told["gap"], gap))
        status, stopped = self.info["status"], self.info["stopped_by"]
        optimal = status == "optimal" and self.proven and gap is not None and gap <= _OPTIMAL_GAP
        known = stopped in (None, "time_limit", "interrupted", "gap", "nodes", "exhausted")
        self.deny(not known or not (optimal or status == "feasible"), "status-wrong", status=status)

    def _certify(self) -> int | None:
        """Tenths that no plan with the best cover and strength is below; None if not certain."""
        before = len(self.breaches)
        for t, s in self.known["station"].items():
            self.deny(self.near[t] and s["team_id"] is None, "cover-unproven", station_id=t)
        strength, other = self.bounds.strengths()
        self.deny(other is not None, "rungs-unproven", other=other, strength=strength)
        rows = [row for row in self.rows["bounds"] if row["aim"] == "nearness"]
        parts = [(r["part"], r["bound"]) for r in rows if r["part"].startswith(_CERTIFICATE)]
        tenths, wrong = self.bounds.certified(parts)
        for part in wrong:
            self.deny(wrong, "certificate-wrong", part=part)
        return tenths if len(self.breaches) == before else None

    def reach(self, t: str, *, every: bool = False) -> dict[str, int]:
        posts = (p for p, served in self.served.items() if every or t in served)
        return {p: self.ways[p][t] for p in posts if t in self.ways[p]}

    def reasons(self) -> None:
        """Each uncovered station has one witness, and the witness is right."""
        left = {t: s for t, s in self.known["station"].items() if s["team_id"] is None}
        witnesses = self.rows["witnesses"]
        for t in sorted({row["station_id"] for row in witnesses} | left.keys()):
            rows = [row for row in witnesses if row["station_id"] == t]
            detail: Any = json.loads(rows[0]["detail"]) if rows else None
            reasons = [row["reason"] for row in rows]
            wrong = t not in left or reasons != [left[t]["reason"]] or not isinstance(detail, dict)
            self.deny(wrong, "witness-wrong", station_id=t, id=t)
            if not wrong:
                self._reason(t, left[t]["reason"], detail)

    def _reason(self, t: str, reason: str, detail: _Row) -> None:
        reach, limit = self.reach(t), self.limits["deploy"]
        ways = reach or (self.reach(t, every=True) if reason == "too_far" else {})
        least, hangs = min(ways.values(), default=sys.maxsize), self.hangs["station", t]
        false = {"no_road": reach and hangs, "too_far": reach and least <= limit}
        told = {"station_id": t, "reason": reason, "minutes": least / 10}
        self.deny(false.get(reason, least > limit), "reason-false", **told)
        if reason == "no_road":
            limit_m, snap_m = self.travel["snap_limit_m"], detail["snap_m"] or 0.0
            self.same("witness", t, snap_limit_m=(detail["snap_limit_m"], limit_m))
            wrong = snap_m not in (0.0, self.snaps["station", t]) and (hangs or snap_m < limit_m)
            self.deny(wrong, "witness-wrong", station_id=t, id=t)
        elif reason == "too_far":
            p = detail["post_id"]
            self.same("witness", t, minutes=(detail["minutes"], least / 10))
            self.deny(ways.get(p) != least, "witness-wrong", station_id=t, id=p)
        elif detail["kind"] == "count":
            self._count(t, detail["stations"], detail)
        else:
            known = detail["kind"] in ("bound", "unproven")
            self.deny(not known, "witness-wrong", station_id=t, id=t)
            self.notes.append(f"{t}: shortage taken as told, kind {detail['kind']}")

    def _count(self, t: str, listed: list[str], detail: _Row) -> None:
        """Check by counting that the listed stations need more officers than reach any of them.

        A team that guards a listed station may guard others too, but what it guards of the listed
        ones is a load of at most 1 in one border unit (and of one class, unless classes mix). So at
        least ceil(their load at the last rung) teams are needed there, all from posts in reach.
        """
        stations = self.known["station"]
        wrong = [x for x in {*listed, t} if x not in stations or listed.count(x) != 1]
        known = [x for x in listed if x in stations]
        near = {p for x in known for p in self.near[x]}
        wrong += [p for p in near ^ set(detail["posts"]) if p not in near or self.have[p]]
        for one in sorted(wrong):
            self.deny(one, "witness-wrong", station_id=t, id=one)
        pools, last = self.bounds.pools(known).values(), max(self.patterns["low"]["ladder"])
        needed = sum(self.bounds.needed(pool, last) for pool in pools)
        officers, told = self.bounds.officers(known), detail["officers_needed"]
        self.same("witness", t, officers=(detail["officers"], officers))
        short = officers < told <= needed
        self.deny(not short, "shortage-false", station_id=t, officers=officers, needed=needed)

    def changes(self) -> None:
        """No change is left out or told twice, and no other matching of teams keeps more."""
        told, previous = self.info.get("changes"), self.info["previous_plan_id"]
        self.deny((told is None) != (previous is None), "changes-wrong", part="previous_plan_id")
        if told is None:
            return
        now = {
            team["team_id"]: Guard(team["post_id"], team["officers"], frozenset(beat))
            for team, beat in self.sound
        }
        try:
            before = self._spelt(read_guards(told["former"]["teams"]))
            bound, count = told["bound"], told["stations"] + told["officers"]
            sound = bound is None or (type(bound) is int and 0 <= bound <= count)
            self.deny(not sound, "changes-wrong", part="bound")
        except Exception:  # noqa: BLE001 - whatever damaged changes raise is a breach
            self.deny("damaged", "changes-wrong", part="former")
            return
        stations, officers = count_changes(now, before)
        self.same("changes", previous, stations=(told["stations"], stations))
        self.same("changes", previous, officers=(told["officers"], officers))
        self.deny(could_keep_more(now, before), "changes-wrong", part="teams")
        self.notes.append(f"changes: {stations + officers} counted anew, bound taken as told")
        self._before(previous, before)

    def _before(self, previous: str, before: dict[str, Guard]) -> None:
        """Compare the plan before with its file, where that lies in the same folder."""
        for path in sorted(self.plan_file.parent.glob("*.gpkg")):
            try:
                found = self._guards_of(path, previous)
            except Exception:  # noqa: BLE001, S112 - another file of the folder is not on trial
                continue
            if found is not None:
                self.deny(found != before, "changes-wrong", part=path.name)
                return
        self.notes.append(f"plan before {previous}: not found, taken as told")

    def _guards_of(self, path: Path, plan_id: str) -> dict[str, Guard] | None:
        """Teams of a plan file; None where it is another plan."""
        source = _Source(path)
        info = {row["key"]: row["value"] for row, _ in source.layer("plan_info")}
        if json.loads(info["plan_id"]) != plan_id:
            return None
        held: dict[str, set[str]] = defaultdict(set)
        for row, _ in source.layer("stations"):
            held[row["team_id"]].add(row["station_id"])
        teams = ((row["team_id"], row) for row, _ in source.layer("teams"))
        return self._spelt(
            {k: Guard(t["post_id"], t["officers"], frozenset(held[k])) for k, t in teams}
        )

    @staticmethod
    def _spelt(guards: dict[str, Guard]) -> dict[str, Guard]:
        """Let ids be spelt as in all other rows."""
        return {
            _clean(k): Guard(_clean(t.post), t.officers, frozenset(map(_clean, t.stations)))
            for k, t in guards.items()
        }

    def names(self) -> None:
        """Every officer of the list stands where the rules allow it and the lot has put him."""
        if self.listed is None:
            raise _StopError("list of personnel")  # noqa: EM101, TRY003
        wards: dict[str, set[str]] = defaultdict(set)
        for s in self.known["station"].values():
            wards[s["team_id"]].add(s["kelurahan"])
        people = People(
            listed=self.listed, named=self.rows["officers"], teams=self.rows["teams"],
            posts=self.rows["posts"], wards=wards, rules=self.scenario["people"],
            told=self.info["draw"],
        )  # fmt: skip
        for code, params in people.breaches():
            self.deny(code, code, **params)
        self.notes.append(f"draw: repeated for {len(self.rows['officers'])} officers")
        if self.info["draw"]["previous_plan_id"] is not None:
            told = sum(row["previous"] is not None for row in self.rows["officers"])
            self.notes.append(f"draw: {told} places of an earlier draw taken as told")


def verify_plan(plan_file: Path, workspace: Path, known: Known | None = None) -> Verdict:
    """Check a plan file against the rules and against the inputs that it was made from.

    Parameters
    ----------
    plan_file, workspace
        The plan, a GeoPackage, and the folder that its input files are relative to.
    known
        What was worked out of the same inputs for other plans, and is added to.

    Returns
    -------
        All breaches found, and the checker's own counts.
    """
    return _Checker(plan_file, workspace, known or Known()).run()


def _main() -> int:
    parser = argparse.ArgumentParser(description="Check a plan against its rules and its inputs.")
    parser.add_argument("plan", help="the plan, a GeoPackage; - reads paths from stdin")
    parser.add_argument("--workspace", type=Path, required=True, help="folder of its inputs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    told = parser.parse_args()
    known, worst = Known(), 0
    for path in (line.rstrip("\n") for line in sys.stdin) if told.plan == "-" else [told.plan]:
        verdict = verify_plan(Path(path), told.workspace, known)
        holds = [f"Plan {verdict.plan_id} holds.", *verdict.notes]
        lines = [breach.text for breach in verdict.breaches] or holds
        text = json.dumps(asdict(verdict), ensure_ascii=False) if told.json else "\n".join(lines)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        worst = worst if verdict.ok else 5
    return worst


if __name__ == "__main__":
    sys.exit(_main())
