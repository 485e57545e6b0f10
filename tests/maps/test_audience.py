"""Pages for some readers only: what these may not see is not in the file."""

from __future__ import annotations

import base64
import json
import random
import re
from dataclasses import fields, replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metro_gis.errors import UsageError
from metro_gis.maps import restrict
from metro_gis.maps.audience import (
    COMMANDER,
    PUBLIC,
    Audience,
    file_mark,
    parse_audience,
)
from metro_gis.maps.compact import ALPHABET, encode_integers, encode_lines, encode_points
from metro_gis.maps.page import render_page
from metro_gis.maps.payload import payload
from metro_gis.messages import LANGUAGES
from metro_gis.workspace import Workspace, checked_stem

DATA = re.compile(r'<script type="application/json" id="metro-gis-data">(.*?)</script>', re.DOTALL)
SOUTH = Audience("polsek", "polsek-4", "Polsek Metro Selatan", "Metro Selatan")
POSTS = [
    {"post_id": "polres", "name": "Polres Metro", "kecamatan": "", "serves": ""},
    {"post_id": "utara-1", "name": "Polsek  Metro Utara", "kecamatan": "Utara", "serves": "A; B"},
    {"post_id": "UTARA-1", "name": "Pos Aju", "kecamatan": None, "serves": None},
    {"post_id": "x", "name": "Pos Aju", "kecamatan": "X", "serves": ""},
    {"post_id": "bare", "name": "", "kecamatan": "", "serves": ""},
]

# what nobody but the commander may find: no text or number of a page or of our scripts
SECRET_TEXTS = {
    "post id": "kancil-post-id",
    "post name": "Polsek Kancil Wulung",
    "team id": "REGU-KANCIL-77",
    "team id in the district": "REGU-KANCIL-88",
    "station id": "18729999kancil",
    "station name": "TPS Balai Kancil",
    "kelurahan": "Kelurahan Kancil Tua",
    "kecamatan": "Kecamatan Kancil",
    "note of a witness": "kancil-note-in-a-witness",
    "post of a witness": "kancil-post-in-a-witness",
    "station of a witness": "kancil-station-in-a-witness",
    "unit of a rung": "Kancil/Rung",
}
SECRET_NUMBERS = {
    "officers": 791_977_393,
    "fixed": 684_170_237,
    "reserve": 541_790_141,
    "posted": 937_751_209,
    "free": 881_934_173,
    "officers of a team": 613_511_219,
    "voters": 868_128_683,
    "minutes of a team": 713_317_331.7,
    "minutes of a round": 819_373_117.3,
    "minutes of a station": 427_713_971.9,
    "officers of a witness": 359_913_577,
    "officer-minutes": 913_771_357.3,
    "bound": 907_113_331.1,
    "strength": 287_711_939,
    "gap": 0.037713137,
    "gap to the certified bound": 0.041931377,
}
SECRET_PLACES = {
    "post": (105.277131, -5.133717),
    "station": (105.266177, -5.166713),
    "round": (105.261931, -5.161371),
}
# beside those, what a post may know and the public may not
SECRET_FROM_PUBLIC = {
    "plan": "feedfacecafe7713",
    "version": "77.13.kancil",
    "source of roads": "kancil-extract.osm",
    "own post": "polsek-4",
    "own post's name": "Polsek Metro Selatan",
    "own voters": "646311733",
    "own officers": "577113391",
    "own team": "REGU-SELATAN-99",
    "limit": "733191.5",
}


def changed(rows, key, new):
    """Replace columns of rows by a function of the row."""
    return [{**row, **new(row)} if key(row) else row for row in rows]


@pytest.fixture(scope="module")
def planted(page_of):
    """Plant every secret in a toy town: post 0 is another's, post 4 the reader's own."""
    data = page_of(60, uncovered=3)
    text, number, place = SECRET_TEXTS, SECRET_NUMBERS, SECRET_PLACES
    old = data.stations[0]["station_id"]
    home = data.stations[0]["team_id"]
    own, south = (team["team_id"] for team in data.teams[-2:])
    named = {
        "Metro Pusat": text["kecamatan"],
        "polsek-0": text["post id"],
        home: text["team id"],
        south: text["team id in the district"],
        own: SECRET_FROM_PUBLIC["own team"],
        old: text["station id"],
    }
    keys = ("kecamatan", "unit", "team_id", "station_id", "anchor_station_id", "post_id")

    def renamed(row):
        own = {key: named.get(row[key], row[key]) for key in keys if key in row}
        if "station_ids" in row:
            own["station_ids"] = [named.get(one, one) for one in row["station_ids"]]
        return row | own

    stations, teams, posts = (
        [renamed(row) for row in rows] for rows in (data.stations, data.teams, data.posts)
    )
    lon, lat = place["station"]
    stations[0] |= {"lon": lon, "lat": lat, "name": text["station name"]}
    stations[0] |= {"kelurahan": text["kelurahan"], "voters": number["voters"]}
    stations[50] |= {"voters": 646311733}
    for row in stations:
        if row["team_id"] == text["team id in the district"]:
            row["deploy_minutes"] = number["minutes of a station"]
    detail = {
        "kind": "count",
        "posts": [text["post of a witness"], "polsek-4"],
        "stations": [text["station of a witness"]],
        "officers": number["officers of a witness"],
        "officers_needed": 5,
        "note": text["note of a witness"],
        "enough": {"post_id": text["post of a witness"], "officers": 2},
    }
    stations[59] |= {"reason": "no_officers", "witness": detail}
    post = {key: number[key] for key in ("officers", "fixed", "reserve", "posted", "free")}
    lon, lat = place["post"]
    posts[0] |= {**post, "name": text["post name"], "lon": lon, "lat": lat}
    posts[4] |= {"officers": 577113391}
    teams[0] |= {
        "officers": number["officers of a team"],
        "deploy_minutes": number["minutes of a team"],
        "round_minutes": number["minutes of a round"],
        "path": [[place["round"], (105.2705, -5.1511)]],
    }
    # a team of the other post in the reader's own district
    teams[-1] |= {"post_id": text["post id"]}
    aims = [
        {"name": "cover", "value": [0, 0, 3], "bound": [0, 0, 3], "gap": 0},
        {"name": "strength", "value": number["strength"], "bound": None, "gap": None},
        {
            "name": "nearness",
            "value": number["officer-minutes"],
            "bound": number["bound"],
            "gap": number["gap"],
        },
    ]
    return replace(
        data,
        plan_id=SECRET_FROM_PUBLIC["plan"],
        stations=stations,
        teams=teams,
        posts=posts,
        units=[named.get(unit, unit) for unit in data.units],
        aims=aims,
        gap=number["gap"],
        gap_certified=number["gap to the certified bound"],
        stopped_by="exhausted",
        rung_low={text["unit of a rung"]: 4},
        versions={"metro_gis": SECRET_FROM_PUBLIC["version"]},
        roads_source=SECRET_FROM_PUBLIC["source of roads"],
        limits={"deploy_minutes": 733191.5, "beat_minutes": 8.0},
    )


def spellings(secret):
    """Give every way in which a text may stand in a file."""
    raw = secret.encode()
    ways = {raw, secret.encode("utf-16-le"), secret.encode("utf-16-be")}
    ways.add(json.dumps(secret)[1:-1].encode())
    units = [secret.encode("utf-16-be")[at : at + 2].hex() for at in range(0, 2 * len(secret), 2)]
    escaped = "".join(f"\\u{unit}" for unit in units)
    percent = "".join(f"%{byte:02X}" for byte in raw)
    for text in (escaped, percent, quote(secret), quote(secret, safe=""), raw.hex()):
        ways |= {text.encode(), text.upper().encode(), text.lower().encode()}
    ways.add(escaped.upper().replace("\\U", "\\u").encode())
    for offset in range(3):
        # letters that a neighbour has a part in are left off at both ends
        first = -(-offset * 8 // 6)
        last = (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            ways.add(encode(bytes(offset) + raw)[first:last])
    return ways


def holds(page, secret):
    """Tell in which way a page holds a secret; None where it does not."""
    content = page.encode()
    if secret.lower().encode() in content.lower():
        return secret
    return next((way for way in spellings(secret) if way in content), None)


def block_of(page):
    (found,) = DATA.findall(page)
    return json.loads(found)


def integers(text):
    """Read back what ``encode_integers`` wrote."""
    numbers, value, weight = [], 0, 1
    for letter in text:
        digit = ALPHABET.index(letter)
        value += digit % 32 * weight
        weight *= 32
        if digit < 32:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value, weight = 0, 1
    return numbers


def points_of(block):
    """Give every point of a data block, in hundred-thousandths of a degree."""
    found = set()
    for table in ("stations", "posts"):
        numbers = integers(block.get(table, {"at": ""})["at"])
        x = y = 0
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            found.add((round(x / 10), round(y / 10)))
    for text in (*block["basemap"].values(), *block.get("teams", {"path": []})["path"]):
        numbers, at, x, y = integers(text), 0, 0, 0
        while at < len(numbers):
            for step in range(at + 1, at + 1 + 2 * numbers[at], 2):
                x, y = x + numbers[step], y + numbers[step + 1]
                found.add((x, y))
            at += 1 + 2 * numbers[at]
    return found


def place_of(point):
    return round(point[0] * 1e5), round(point[1] * 1e5)


def test_the_commander_s_page_holds_every_secret(planted):
    """What the other tests look for is there to be found, in the way they look for it."""
    page = render_page(planted, lang="en")
    # of a witness too: that file holds what the plan holds
    texts = [*SECRET_TEXTS.values(), *map(str, SECRET_NUMBERS.values())]
    assert [one for one in (*texts, *SECRET_FROM_PUBLIC.values()) if not holds(page, one)] == []
    assert set(map(place_of, SECRET_PLACES.values())) <= points_of(block_of(page))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("audience", [SOUTH, PUBLIC], ids=["polsek", "public"])
def test_no_secret_is_in_the_file_in_any_encoding(planted, audience, lang):
    """No text, number or place of others stands in the page of an audience, however written."""
    page = render_page(restrict(planted, audience), lang=lang)
    secrets = [*SECRET_TEXTS.values(), *map(str, SECRET_NUMBERS.values())]
    if audience == PUBLIC:
        # where stations are is no secret from the public
        public = {SECRET_TEXTS[key] for key in ("station id", "station name")}
        public |= {SECRET_TEXTS[key] for key in ("kelurahan", "kecamatan")}
        secrets = [one for one in secrets if one not in public]
        secrets += SECRET_FROM_PUBLIC.values()
        assert all(holds(page, one) for one in public)
    assert {one: holds(page, one) for one in secrets if holds(page, one)} == {}
    hidden = dict(SECRET_PLACES)
    if audience == PUBLIC:
        del hidden["station"]
    assert not set(map(place_of, hidden.values())) & points_of(block_of(page))
    for point in hidden.values():
        alone = (encode_points([point]), encode_lines([[point, (0, 0)]])[1:9])
        plain = [f"{value:.4f}" for value in point]
        assert not [one for one in (*alone, *plain) if one in page]


def test_every_spelling_is_found():
    """The search itself finds a secret in each encoding that it is meant to know."""
    asked = "Polsek Kancil/7?\u00e9"
    raw = asked.encode()
    pieces = [
        raw,
        json.dumps(asked).encode(),
        "".join(f"\\u{ord(letter):04X}" for letter in asked).encode(),
        "".join(f"%{byte:02x}" for byte in raw).encode(),
        quote(asked, safe="").encode(),
        raw.hex().upper().encode(),
        asked.encode("utf-16-le"),
        asked.encode("utf-16-be"),
        *(base64.b64encode(bytes(before) + raw + b"tail") for before in range(5)),
        *(base64.urlsafe_b64encode(b"\xff" * before + raw + b"\xff") for before in range(5)),
    ]
    ways = spellings(asked)
    assert [one for one in pieces if not any(way in one for way in ways)] == []


def test_a_data_block_for_the_public_has_these_keys_alone(planted):
    """Classes, teams, posts, reasons and figures have no place in the public's data block."""
    block = block_of(render_page(restrict(planted, PUBLIC), lang="id"))
    assert set(block) == {
        "lang",
        "texts",
        "plan",
        "units",
        "stations",
        "basemap",
        "streets",
        "areas",
    }
    modelled = {"roads_modelled", "points_modelled"}
    assert set(block["plan"]) == modelled | {"title", "audience", "voting"}
    assert block["plan"]["audience"] == {"kind": "public"}
    assert block["plan"]["title"] == planted.title
    places = {f"{place}{part}" for place in ("kecamatan", "kelurahan") for part in ("", "_names")}
    assert set(block["stations"]) == {"id", "name", "at", *places}
    assert len(block["stations"]["id"]) == len(planted.stations)


def test_the_page_of_a_post_holds_what_it_needs(planted):
    """A post finds its teams and stations whole, and every other station of its kecamatan."""
    block = block_of(render_page(restrict(planted, SOUTH), lang="en"))
    own = [team for team in planted.teams if team["post_id"] == "polsek-4"]
    assert block["teams"]["id"] == [team["team_id"] for team in own]
    assert block["posts"]["id"] == ["polsek-4"]
    assert block["posts"]["officers"] == [577113391]
    assert block["plan"]["audience"] == {"kind": "polsek", "name": "Polsek Metro Selatan"}
    assert block["units"] == ["Metro Selatan"]
    district = [row for row in planted.stations if row["kecamatan"] == "Metro Selatan"]
    assert block["stations"]["id"] == [row["station_id"] for row in district]
    for row, team in zip(district, block["stations"]["team"], strict=True):
        mine = {one["team_id"] for one in own}
        assert (block["teams"]["id"][team] if team >= 0 else None) == (
            row["team_id"] if row["team_id"] in mine else None
        )
    told = {
        block["stations"]["id"][at]: (why, what) for at, why, what in block["stations"]["uncovered"]
    }
    others = planted.teams[-1]["station_ids"]
    assert {one: told.pop(one) for one in others} == dict.fromkeys(others, ("other_post", None))
    assert told == {
        "T0058": ("no_road", {"snap_m": 812.4, "snap_limit_m": 300.0}),
        "T0059": ("too_far", None),
        "T0060": ("not_sent", None),
    }


@pytest.mark.parametrize(
    ("reason", "witness", "told"),
    [
        ("too_far", {"post_id": "polsek-4", "minutes": 41.7}, True),
        ("too_far", {"post_id": "polsek-1", "minutes": 41.7}, False),
        ("no_officers", {"kind": "unproven"}, True),
        ("no_officers", {"enough": {"post_id": "polsek-4", "officers": 1}}, True),
        ("no_officers", {"enough": {"post_id": "polsek-1", "officers": 0}}, False),
        ("no_officers", {"kind": "count", "posts": ["polsek-4"], "stations": ["T0060"]}, True),
        ("no_officers", {"kind": "count", "posts": ["polsek-4"], "stations": ["T0001"]}, False),
        ("no_officers", {"kind": "count", "posts": ["polsek-3"], "stations": []}, False),
    ],
)  # fmt: skip
def test_a_witness_is_told_where_it_names_nobody_else(page_of, reason, witness, told):
    """A reason keeps its witness where that names the post's own and the page's stations alone."""
    data = page_of(60, uncovered=3)
    last = {**data.stations[-1], "reason": reason, "witness": witness}
    row = restrict(replace(data, stations=[*data.stations[:-1], last]), SOUTH).stations[-1]
    # that no officers are left would be untrue where another post has some
    without = "too_far" if reason == "too_far" else "not_sent"
    assert (row["reason"], row["witness"]) == ((reason, witness) if told else (without, None))


@pytest.mark.parametrize(
    ("kecamatan", "serves", "district"),
    [
        ("Metro Timur", ("Metro Barat",), {"Metro Timur"}),
        ("METRO  timur", (), {"Metro Timur"}),
        ("", ("Metro Barat", "Metro Utara", "Nowhere"), {"Metro Barat", "Metro Utara"}),
        ("Nowhere", ("Metro Barat",), {"Metro Barat"}),
        ("", (), {"Metro Selatan"}),
    ],
)
def test_the_district_of_a_post(page_of, kecamatan, serves, district):
    """A post stands for its kecamatan, else for those it serves, else for those of its teams."""
    data = page_of(60)
    page = restrict(data, replace(SOUTH, kecamatan=kecamatan, serves=serves))
    assert {row["kecamatan"] for row in page.stations} == district | {"Metro Selatan"}


def test_without_kecamatan_only_own_stations_are_shown(page_of):
    """Where the tables name no kecamatan, the whole city is not taken for the post's own."""
    data = page_of(60, uncovered=3, border="none")
    nowhere = [{**row, "kecamatan": None} for row in data.stations]
    teams = [{**team, "unit": ""} for team in data.teams]
    data = replace(data, stations=nowhere, teams=teams, units=("",))
    page = restrict(data, replace(SOUTH, kecamatan=""))
    own = {one for team in page.teams for one in team["station_ids"]}
    assert {row["station_id"] for row in page.stations} == own


def test_roads_of_a_post_end_beyond_its_stations(page_of):
    """A post's page draws the roads around its stations, and none of another end of the city."""
    near, across = [(105.33, -5.1), (105.331, -5.1)], [(105.2, -5.12), (105.34, -5.12)]
    far = [(105.2, -5.3), (105.21, -5.3)]
    in_and_out = [(105.1, -5.1), (105.2, -5.1), (105.33, -5.1), (105.5, -5.1), (105.6, -5.1)]
    roads = {"primary": [near, across, in_and_out], "track": [far]}
    page = restrict(replace(page_of(60), basemap=roads), SOUTH)
    assert page.basemap == {"primary": [near, across, in_and_out[1:4]]}
    assert restrict(replace(page_of(60), basemap=roads), PUBLIC).basemap == roads


def test_the_public_s_order_is_not_that_of_the_table(page_of):
    """Stations come by place and number, however the table was sorted."""
    data = page_of(60)
    by_class = sorted(data.stations, key=lambda row: row["risk_class"])
    assert restrict(replace(data, stations=by_class), PUBLIC) == restrict(data, PUBLIC)


def test_a_post_without_teams_has_a_page(page_of):
    """A post that sends nobody still sees its district, guarded by others."""
    data = page_of(60, uncovered=3)
    teams = [
        {**team, "post_id": "polsek-0"} if team["post_id"] == "polsek-4" else team
        for team in data.teams
    ]
    page = restrict(replace(data, teams=teams), SOUTH)
    assert not page.teams
    assert [row["reason"] for row in page.stations[:9]] == ["other_post"] * 9
    assert render_page(page, lang="id")


def test_a_restricted_page_stays_as_it_is(page_of):
    """No page is made from one that was restricted, and none holds a post it may not."""
    page = restrict(page_of(20), SOUTH)
    for audience in (COMMANDER, PUBLIC, SOUTH):
        with pytest.raises(ValueError, match="already one for 'polsek'"):
            restrict(page, audience)
    with pytest.raises(ValueError, match="a page for 'public' holds post 'polsek-0'"):
        replace(page_of(20), audience=PUBLIC)


def test_a_field_that_nobody_decided_on_reaches_no_audience(page_of):
    """A field of the page that is new is left as it is by default, until `restrict` names it."""
    data, shown = page_of(20), {}
    for audience in (SOUTH, PUBLIC):
        page = restrict(data, audience)
        names = [one.name for one in fields(data)]
        shown[audience.kind] = {one for one in names if getattr(page, one) == getattr(data, one)}
    always = {"title", "roads_modelled", "points_modelled", "stopped_by", "gap_certified"}
    empty = {"curve", "reserve", "previous", "tiles"}  # in this toy town, for the commander too
    always |= empty | {"made", "superseded_by", "streets", "areas", "voting"}
    assert shown["public"] == always | {"basemap", "border", "rung_low"}
    assert shown["polsek"] == always | {
        "plan_id", "roads_source", "roads_date", "versions", "limits", "border", "rung_low",
    }  # fmt: skip


# every audience of the toy town
AUDIENCES = st.one_of(
    st.just(PUBLIC),
    st.builds(
        lambda number, kecamatan, serves: Audience(
            "polsek", f"polsek-{number}", f"Polsek {number}", kecamatan, tuple(serves)
        ),
        st.integers(0, 4),
        st.sampled_from(("", "Metro Timur", "Metro Utara", "Nowhere")),
        st.lists(st.sampled_from(("Metro Barat", "Metro Utara")), max_size=2),
    ),
)


def stirred(data, seed):
    """Send each team from any post, and uncover some."""
    chance = random.Random(seed)
    teams, gone = [], set()
    for team in data.teams:
        if chance.random() < 0.2:
            gone.add(team["team_id"])
        else:
            teams.append({**team, "post_id": f"polsek-{chance.randrange(5)}"})
    enough = {"post_id": f"polsek-{seed % 5}", "officers": seed % 3}
    witness = {"kind": "unproven", "enough": enough}
    stations = changed(
        data.stations,
        lambda row: row["team_id"] in gone,
        lambda _: {"team_id": None, "reason": "no_officers", "witness": witness},
    )
    return replace(data, stations=stations, teams=teams)


@given(audience=AUDIENCES, seed=st.integers(0, 10**6))
def test_an_audience_sees_its_own_and_nothing_else(page_of, audience, seed):
    """A post sees itself, its teams and its district, the public sees places, whoever is sent."""
    data = stirred(page_of(60, uncovered=2, basemap=False), seed)
    page = restrict(data, audience)
    whole = {row["station_id"]: row for row in data.stations}
    if audience == PUBLIC:
        assert {row["station_id"] for row in page.stations} == set(whole)
        assert not page.teams
        return
    own = {team["team_id"] for team in data.teams if team["post_id"] == audience.post_id}
    assert [post["post_id"] for post in page.posts] == [audience.post_id]
    assert {team["team_id"] for team in page.teams} == own
    for row in page.stations:
        before = whole[row["station_id"]]
        if before["team_id"] in own:
            assert row == before
        else:
            assert row["team_id"] is row["deploy_minutes"] is row["beat_minutes"] is None
            assert (row["reason"] == "other_post") == (before["team_id"] is not None)
            assert audience.post_id in str(row["witness"]) or "polsek" not in str(row["witness"])
    # nobody's station of the district is kept from it
    kept = {row["station_id"] for row in page.stations}
    if audience.kecamatan in data.units:
        assert kept >= {one for one, row in whole.items() if row["kecamatan"] == audience.kecamatan}


def disturbed(data, audience, page, seed):
    """Change all that an audience may not see."""
    chance = random.Random(seed)
    kept = {row["station_id"]: row for row in page.stations}
    if audience == PUBLIC:
        stations = [
            {**row, "risk_class": "special", "voters": 7, "team_id": None, "witness": {"n": seed}}
            for row in data.stations
        ]
        chance.shuffle(stations)
        secret = {"plan_id": "0", "versions": {"x": "1"}, "limits": {}, "border": "none"}
        return replace(data, stations=stations, teams=(), posts=(), roads_date="2001", **secret)
    strange = {**data.posts[0], "post_id": f"strange-{seed}", "officers": seed}
    teams, stations = list(page.teams), []
    for row in data.stations:
        if kept.get(row["station_id"], {}).get("reason") == "other_post":
            team = {**data.teams[0], "team_id": f"S{seed}-{len(teams)}", "unit": row["kecamatan"]}
            team |= {"post_id": strange["post_id"], "station_ids": [row["station_id"]]}
            teams.insert(0, team | {"anchor_station_id": row["station_id"]})
            stations.append({**row, "team_id": team["team_id"], "deploy_minutes": 1.0})
        elif row["station_id"] in kept:
            stations.append(row)
        elif chance.random() < 0.5:
            # some go, the others are somebody else
            stations.append({**row, "team_id": None, "name": "?", "voters": seed, "witness": None})
    posts = [strange, *page.posts]
    return replace(data, stations=stations, teams=teams, posts=posts, status="optimal", gap=0.5)


@given(audience=AUDIENCES, seed=st.integers(0, 10**6))
def test_what_is_hidden_leaves_no_trace(page_of, audience, seed):
    """Cities that differ in hidden things alone have one data block: no index or order tells."""
    data = stirred(page_of(60, uncovered=2, basemap=False), seed)
    page = restrict(data, audience)
    # a district that is found by its teams is found again
    again = restrict(disturbed(data, audience, page, seed), audience)
    assert payload(again, lang="id") == payload(page, lang="id")
    assert (again.stations, again.posts) == (page.stations, page.posts)


def test_what_is_hidden_leaves_no_trace_in_the_file(page_of):
    """Two such cities have the same page, byte for byte."""
    data = page_of(60, uncovered=2)
    for audience in (SOUTH, PUBLIC):
        page = restrict(data, audience)
        again = restrict(disturbed(data, audience, page, 7), audience)
        assert render_page(again, lang="en") == render_page(page, lang="en")


@pytest.mark.parametrize(
    ("text", "post_id"),
    [
        ("polsek:utara-1", "utara-1"),
        ("POLSEK:UTARA-1", "UTARA-1"),
        (" polsek: polsek metro  UTARA ", "utara-1"),
        ("Polsek:POLRES", "polres"),
        ("polsek:polres metro", "polres"),
        ("polsek:bare", "bare"),
    ],
)
def test_a_post_is_found_by_id_or_name(text, post_id):
    """An id or a name, in any case, names a post; an exact id goes before."""
    found = parse_audience(text, POSTS)
    assert (found.kind, found.post_id) == ("polsek", post_id)


def test_an_audience_knows_its_post():
    """Name, kecamatan and what it serves come from the post's row."""
    found = parse_audience("polsek:utara-1", POSTS)
    assert found == Audience("polsek", "utara-1", "Polsek  Metro Utara", "Utara", ("A", "B"))
    assert parse_audience("polsek:bare", POSTS) == Audience("polsek", "bare", "bare")
    assert parse_audience("Commander", POSTS) == COMMANDER
    assert parse_audience(" PUBLIC", []) == PUBLIC


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("polsek:nowhere", "audience-post-unknown", "polres (Polres Metro), utara-1"),
        ("polsek:", "audience-post-unknown", "x (Pos Aju), bare"),
        ("polsek:pos aju", "audience-post-twice", "UTARA-1 (Pos Aju), x (Pos Aju)"),
        ("polsek:Utara-1", "audience-post-twice", "utara-1"),
        ("press", "audience-unknown", "polsek:"),
        ("", "audience-unknown", "public"),
    ],
)
def test_unknown_readers_are_refused_with_what_there_is(text, code, told):
    """A post that is unknown, or one of several, is refused with the posts to choose from."""
    with pytest.raises(UsageError) as refused:
        parse_audience(text, POSTS)
    assert refused.value.code == code
    for lang in LANGUAGES:
        assert told in refused.value.lines(lang)[0]


def test_the_commander_s_page_has_the_plan_s_name():
    """Only the commander's page is called as the plan; others cannot be the page of a plan."""
    assert file_mark(COMMANDER) == ""
    for audience in (PUBLIC, SOUTH):
        with pytest.raises(UsageError):
            checked_stem(f"default{file_mark(audience)}")
    assert Workspace("w").page_path("default", file_mark(PUBLIC)).name == "default@public.html"
    assert file_mark(replace(SOUTH, post_id="polsek-metro-utara")) == "@polsek-metro-utara"


@given(ids=st.lists(st.text(st.characters() | st.sampled_from("aA-./"), max_size=12), min_size=2))
def test_no_two_posts_share_a_file(ids):
    """Each post has a file of its own on any disk, and never the public's."""
    strange = ["public", "PUBLIC", "", "..", "a/b", "a-b", "A-b", "x" * 90, *ids]
    marks = {one: file_mark(replace(SOUTH, post_id=one)) for one in strange}
    assert all(re.fullmatch(r"@[a-z0-9][a-z0-9._-]{0,69}", mark) for mark in marks.values())
    assert len(set(marks.values()) | {"@public"}) == len(set(strange)) + 1


def test_integers_read_back():
    """The reader of points that these tests use reads what the page writes."""
    values = [0, 31, -32, 105_262_000, -5_179_000]
    assert integers(encode_integers(values)) == values
