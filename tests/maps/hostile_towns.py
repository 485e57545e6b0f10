"""Towns in which every text is hostile: each in every field that a page or an order shows."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import toys
from compare_towns import by_hand, changed_info

from metro_gis.maps import PageData
from metro_gis.plan import Beat

WEST, SOUTH, STEP = 105.25, -5.18, 0.006
REASONS = ("no_road", "too_far", "no_officers")
COVERED = 2
"""Stations of every team, so that a round is told as well."""


def joined(texts):
    """Put all texts into one, for a field that a page has once."""
    return " ".join(texts)


def hostile_page(texts):
    """Build a page: for each text a post, a team, a unit and three stations called so."""
    texts = list(texts)
    return PageData(
        title=joined(texts),
        plan_id=joined(texts),
        status="feasible",
        stopped_by=None,
        gap=None,
        gap_certified=None,
        aims=[],
        roads_modelled=True,
        points_modelled=True,
        roads_source=joined(texts),
        roads_date=joined(texts),
        stations=[_station(texts, place, turn) for place in range(len(texts)) for turn in range(3)],
        teams=[_team(texts, place) for place in range(len(texts))],
        posts=[_post(texts, place) for place in range(len(texts))],
        basemap={
            text: [[_point(texts, n, 0), _point(texts, n, 2)]] for n, text in enumerate(texts)
        },
        units=texts,
        versions={text: text for text in texts},
        limits={"deploy_minutes": 30.0, "beat_minutes": 8.0},
        rung_low=dict.fromkeys(texts, 2),
    )


def station_id(text, turn):
    """Name the first station of a text by the text alone, the others apart from it."""
    return f"{text}{' ' * (turn > 0)}{turn or ''}"


def _point(texts, place, turn):
    wide = math.isqrt(len(texts)) + 1
    return WEST + (place % wide) * STEP + turn * STEP / 3, SOUTH + (place // wide) * STEP


def _station(texts, place, turn):
    text = texts[place]
    lon, lat = _point(texts, place, turn)
    has_team = turn < COVERED
    witness = {"post_id": text, "minutes": 41.7}
    if REASONS[place % 3] == "no_officers":
        enough = {"post_id": text, "officers": 2}
        witness = {"kind": "unproven", "enough": enough, "stations": [text]}
    return {
        "station_id": station_id(text, turn),
        "name": text,
        "lon": lon,
        "lat": lat,
        "risk_class": "low",
        "kecamatan": text,
        "kelurahan": text,
        "voters": 250,
        "team_id": text if has_team else None,
        "reason": None if has_team else REASONS[place % 3],
        "witness": None if has_team else witness,
        "deploy_minutes": 4.2 if has_team else None,
        "beat_minutes": 1.5 if has_team else None,
        "snap_m": 12.3,
    }


def _team(texts, place):
    text = texts[place]
    return {
        "team_id": text,
        "post_id": text,
        "unit": text,
        "officers": 2,
        "anchor_station_id": text,
        "station_ids": [station_id(text, turn) for turn in range(COVERED)],
        "rung": 2,
        "load": 1.0,
        "deploy_minutes": 4.2,
        "beat_minutes": 1.5,
        "round_minutes": 3.0,
        "path": [[_point(texts, place, 0), _point(texts, place, 1)]],
    }


def _post(texts, place):
    lon, lat = _point(texts, place, 0)
    return {
        "post_id": texts[place],
        "name": texts[place],
        "kind": texts[place],
        "lon": lon,
        "lat": lat + STEP / 2,
        "officers": 4,
        "fixed": 0,
        "reserve": 1,
        "posted": 2,
        "free": 1,
    }


def hostile_plan(texts, *, ids=None, uncovered=0, turned=False):
    """Build a plan file: for each text a post, a team, a kecamatan and a station called so.

    `ids` stand for the texts where an id or a place is named; the teams of the first stations
    are left out; `turned` sends each station's team from the post next to its own.
    """
    texts, ids = list(texts), list(ids or texts)
    count = len(texts)
    between = np.where(np.eye(count), 0, 999)
    problem = toys.problem(
        [toys.LOW] * count,
        np.full((count, count), 10),
        between,
        [4] * count,
        kecamatan=ids,
        kelurahan=ids,
        station_ids=ids,
        post_ids=ids,
        ladder=(2,),
    )
    stations = tuple(
        dataclasses.replace(one, name=text)
        for one, text in zip(problem.stations, texts, strict=True)
    )
    posts = tuple(
        dataclasses.replace(one, name=text, kind="polsek", kecamatan=own)
        for one, text, own in zip(problem.posts, texts, ids, strict=True)
    )
    problem = dataclasses.replace(problem, stations=stations, posts=posts)
    beats = [Beat((t + turned) % count, t, (t,)) for t in range(uncovered, count)]
    plan = by_hand(problem, beats, dict.fromkeys(ids, 2), team_ids=ids[uncovered:])
    for row, own in zip(plan.tables["witnesses"], ids, strict=False):
        row["detail"] = row["detail"].replace('"P0"', json.dumps(own))
    return changed_info(
        plan,
        scenario={**plan.info["scenario"], "title": joined(texts)},
        roads={**plan.info["roads"], "source": joined(texts), "date": joined(texts)},
        inputs=[{**plan.info["inputs"][0], "name": text, "file": text} for text in texts],
        versions={text: text for text in texts},
    )
