"""The wall map: true to scale, nothing hidden, nothing dropped without a word."""

import hashlib
import json
import math
import re
import stat
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from shapely import STRtree, box

from metro_gis.maps.wall import PAPERS, render_wall
from metro_gis.maps.wall.city import lay_city
from metro_gis.maps.wall.looks import CORNERS, HUES, LOOKS, ROADS, SECRET, TONES
from metro_gis.maps.wall.names import SHIELD, find_names
from metro_gis.maps.wall.rows import Flow
from metro_gis.maps.wall.sheet import _choose
from metro_gis.maps.wall.widths import fit, one_line, width_mm, wrap
from metro_gis.maps.wall.words import short_name
from metro_gis.messages import LANGUAGES

SVG = "{http://www.w3.org/2000/svg}"
ASSETS = files("metro_gis.maps") / "assets"
EARTH_KM = 6371.0088
SHOWN = {
    "post": "post names shown",
    "kecamatan": "kecamatan names shown",
    "kelurahan": "kelurahan names shown",
    "team": "team numbers shown",
}


def parsed(content):
    """Read a sheet back."""
    return ET.fromstring(content)  # noqa: S314 (written by ourselves a moment ago)


@pytest.fixture(scope="module")
def town(page_of):
    """A toy town of the size of Kota Metro, nine stations uncovered."""
    return page_of(462, uncovered=9)


@pytest.fixture(scope="module")
def wall(town):
    """Its sheet on A3."""
    return render_wall(town, paper="A3", lang="en")


@pytest.fixture(scope="module")
def drawing(wall):
    """The sheet, read back."""
    return parsed(wall.content)


def squeezed(data, share):
    """Press a town flat, or pull it up."""
    south = min(row["lat"] for row in data.stations)

    def flat(rows):
        return [row | {"lat": south + (row["lat"] - south) * share} for row in rows]

    return replace(data, stations=flat(data.stations), posts=flat(data.posts))


def words_of(drawing):
    """Every text of a sheet."""
    return [node.text for node in drawing.iter(f"{SVG}text")]


def of_class(drawing, name):
    """The one element of a class."""
    (found,) = [node for node in drawing.iter() if node.get("class") == name]
    return found


def names_of(drawing):
    """Names on the map by their kind, without what shines around them."""
    return {
        group.get("class"): [node.text for node in group] for group in of_class(drawing, "names")
    }


def great_circle_km(a, b):
    """Distance of two stations on a globe (haversine)."""
    lon_a, lat_a, lon_b, lat_b = (
        math.radians(value) for value in (a["lon"], a["lat"], b["lon"], b["lat"])
    )
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def test_sheet_asks_for_nothing_and_runs_nothing(wall, drawing):
    """A sheet is plain SVG: no script, link, picture or address but that of its vocabulary."""
    text = wall.content.decode()
    assert drawing.tag == f"{SVG}svg"
    assert set(re.findall(r"\w+://[^\"']*", text)) == {"http://www.w3.org/2000/svg"}
    tags = {node.tag.removeprefix(SVG) for node in drawing.iter()}
    assert not tags & {"script", "a", "use", "image", "foreignObject", "link", "animate", "set"}
    attributes = {name for node in drawing.iter() for name in node.attrib}
    assert not {name for name in attributes if name.startswith("on") or "href" in name}
    (style,) = drawing.iter(f"{SVG}style")
    assert re.fullmatch(r"@page \{ size: [\d.]+mm [\d.]+mm; margin: 0 \}", style.text)
    assert "sans-serif" in drawing.get("font-family")


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("share", [1.6, 0.4])
def test_sheet_has_the_size_of_its_paper(page_of, paper, share):
    """A sheet is as large as ISO 216 says, upright for a tall town, on its side for a broad one."""
    sides = {"A0": (841, 1189), "A1": (594, 841), "A2": (420, 594), "A3": (297, 420)}
    short, long = (sides | {"A4": (210, 297)})[paper]
    wall = render_wall(squeezed(page_of(60), share), paper=paper, lang="en")
    root = parsed(wall.content)
    size = (long, short) if wall.landscape else (short, long)
    # on so small a sheet the legend leaves more room beside it than above
    assert wall.landscape == (share < 1 or paper == "A4")
    assert (root.get("width"), root.get("height")) == tuple(f"{side}mm" for side in size)
    assert root.get("viewBox") == f"0 0 {size[0]} {size[1]}"


@pytest.mark.parametrize("paper", ["A0", "A3"])
def test_names_cover_neither_each_other_nor_a_shield(town, paper):
    """No name overlaps another name, a post's shield, an uncovered station or the map's frame."""
    city = lay_city(town, _choose(town, paper, "en"))
    _, placed = find_names(city)
    boxes = [box(*one.box) for one in placed]
    half_width, half_height = (side * city.unit for side in SHIELD)
    kept = [
        box(x - half_width, y - half_height, x + half_width, y + half_height)
        for x, y in city.posts.tolist()
    ]
    kept += [
        box(x - city.radius, y - city.radius, x + city.radius, y + city.radius)
        for index, (x, y) in enumerate(city.stations.tolist())
        if city.look(index) == "uncovered"
    ]
    shrunk = [one.buffer(-1e-6) for one in boxes]
    pairs = STRtree(shrunk).query(shrunk, predicate="intersects").T.tolist()
    assert [pair for pair in pairs if pair[0] < pair[1]] == []
    assert STRtree(kept).query(shrunk, predicate="intersects").size == 0
    frame = box(city.map.left, city.map.top, city.map.right, city.map.bottom)
    assert all(frame.contains(one) for one in boxes)


def test_every_name_is_shown_or_counted(town, wall, drawing):
    """The legend says of every kind how many names are shown; what it says is what stands there."""
    shown = Counter({kind: len(names) for kind, names in names_of(drawing).items()})
    assert {kind: own[0] for kind, own in wall.names.items()} == {
        kind: shown[kind] for kind in wall.names
    }
    every = {
        "post": 5,
        "kecamatan": 5,
        "uncovered": 9,
        "team": len(town.teams),
        "kelurahan": 20,
        "station": 453,
    }
    assert {kind: own[1] for kind, own in wall.names.items()} == every
    assert shown["station"] < 453
    told = words_of(of_class(drawing, "legend"))
    for kind, words in SHOWN.items():
        assert f"{shown[kind]} of {every[kind]} {words}" in told
    assert f"{shown['station'] + 9} of 462 station names shown" in told
    assert "among them, not covered: 9 of 9" in told
    assert any(line.startswith("Where names would cover each other") for line in told)


def test_every_sign_is_drawn(town, drawing):
    """Every station and post is drawn in the look of its class, named or not."""
    counts = Counter(row["risk_class"] if row["team_id"] else "uncovered" for row in town.stations)
    anchors = {team["anchor_station_id"] for team in town.teams}
    for look, count in counts.items():
        group = of_class(drawing, f"stations {look}")
        own = [
            row
            for row in town.stations
            if (row["risk_class"] if row["team_id"] else "uncovered") == look
        ]
        dots = sum(row["station_id"] in anchors for row in own)
        signs = [node for node in group if node.get("fill") == LOOKS[look].fill]
        assert len(signs) == count
        whites = [node for node in group if node.get("fill") == "#ffffff"]
        assert len(whites) == (count if look == "uncovered" else dots)
    assert len(of_class(drawing, "posts")) == len(town.posts)


@pytest.mark.parametrize("paper", ["A1", "A3"])
def test_uncovered_stations_always_bear_their_names(page_of, paper):
    """Uncovered stations are named, even forty of them of which twelve stand at one place."""
    data = page_of(462, uncovered=40)
    spot = {"lon": data.stations[-1]["lon"], "lat": data.stations[-1]["lat"]}
    rows = [*data.stations[:-12], *(row | spot for row in data.stations[-12:])]
    wall = render_wall(replace(data, stations=rows), paper=paper, lang="en")
    assert wall.names["uncovered"] == (40, 40)
    drawing = parsed(wall.content)
    assert sorted(names_of(drawing)["uncovered"]) == sorted(row["name"] for row in rows[-40:])
    assert len(of_class(drawing, "leaders")) > 0


def test_hostile_names_arrive_as_text(page_of, hostile_name):
    """Markup and templates in a name are its letters; control and direction marks are gone."""
    data = page_of(40, uncovered=1, name=f"\x00\x1b[31m\u202e{hostile_name}\ud800\ufffe")
    content = render_wall(data, paper="A2", lang="en").content
    drawing = parsed(content)
    told = "[31m</script><img src=x onerror=alert(1)>${1+1}{{7*7}} <!--<script>&amp;"
    names = names_of(drawing)
    assert told in names["kecamatan"]
    assert f"Polsek {told}" in names["post"]
    assert told in names["station"]
    assert "".join(of_class(drawing, "head")[0].itertext()) == told
    assert drawing.find(f"{SVG}title").text.startswith(told)
    assert b"<script" not in content
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", content.decode())


def test_scale_is_true(town, wall, drawing):
    """Scale bar, "1:N" and places agree with distances on the globe within a hundredth."""
    bar = of_class(drawing, "scale-bar")
    (length,) = [float(node.get("width")) for node in bar if node.get("class") == "whole"]
    km = float(bar[-1].text.removesuffix(" km"))
    assert length * wall.scale / 1e6 == pytest.approx(km, rel=1e-3)
    assert f"Scale 1:{wall.scale:,}" in words_of(drawing)
    rows = [row for row in town.stations if row["team_id"] and row["risk_class"] == "special"]
    signs = [
        [[float(value) for value in corner.split(",")] for corner in node.get("points").split()]
        for node in of_class(drawing, "stations special").iter(f"{SVG}polygon")
    ]
    middles = [(corners[0][0], corners[1][1]) for corners in signs]
    assert len(middles) == len(rows) > 10
    for (a, at_a), (b, at_b) in combinations(list(zip(rows, middles, strict=True))[::4], 2):
        mm = math.dist(at_a, at_b)
        if mm > 20:
            assert mm / length * km == pytest.approx(great_circle_km(a, b), rel=0.01)
    north = max(rows, key=lambda row: row["lat"])
    assert min(middles, key=lambda at: at[1]) == middles[rows.index(north)]


def test_map_uses_its_paper(town):
    """The next larger round scale would not fit: signs reach close to the frame."""
    for paper in PAPERS:
        city = lay_city(town, _choose(town, paper, "en"))
        low, high = city.stations.min(axis=0), city.stations.max(axis=0)
        shares = (high - low) / (city.map.width, city.map.height)
        assert 0.7 < max(shares) < 1


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_legend_stays_within_its_columns(page_of, monkeypatch, lang, paper, share):
    """No row of the legend reaches beyond its column, and lists say how much they leave out."""
    data = squeezed(page_of(462, uncovered=70), share)
    kelurahan = [row | {"kelurahan": f"Kelurahan {n}"} for n, row in enumerate(data.stations)]
    flows = []
    monkeypatch.setattr(Flow, "__init__", remembering(Flow.__init__, flows))
    wall = render_wall(replace(data, stations=kelurahan), paper=paper, lang=lang)
    (flow,) = flows
    assert all(room >= -0.01 for room in flow.room())
    for row in of_class(parsed(wall.content), "legend"):
        x, y = map(float, re.findall(r"[\d.]+", row.get("transform")))
        assert any(
            abs(column.left - x) < 0.01 and column.top - 0.01 <= y < column.bottom
            for column in flow.columns
        )
    listed = words_of(of_class(parsed(wall.content), "legend"))
    more = {"en": "and", "id": "dan"}[lang]
    assert any(re.fullmatch(rf"{more} [\d.,]+ (more|lagi)", line) for line in listed)


def remembering(method, found):
    """Wrap a method so that whom it is called on is kept."""

    def called(self, *args, **words):
        found.append(self)
        return method(self, *args, **words)

    return called


def test_lists_count_what_they_leave_out(page_of):
    """Entries of the index and those it leaves out are all kelurahan together."""
    data = page_of(300)
    rows = [row | {"kelurahan": f"K{n // 2}"} for n, row in enumerate(data.stations)]
    drawing = parsed(render_wall(replace(data, stations=rows), paper="A4", lang="en").content)
    told = words_of(of_class(drawing, "legend"))
    listed = [line for line in told if re.fullmatch(r"K\d+", line)]
    (more,) = [int(line.split()[1]) for line in told if line.startswith("and ")]
    assert more > 0
    assert len(listed) + more == 150


def test_index_names_the_square(town, drawing):
    """A kelurahan of the index stands in the lettered square that it is said to stand in."""
    city = lay_city(town, _choose(town, "A3", "en"))
    told = words_of(of_class(drawing, "legend"))
    for (_, kelurahan), own in city.by_unit("kecamatan", "kelurahan").items():
        x, y = city.middle(own)
        column = int((x - city.map.left) / city.map.width * city.squares.columns)
        row = int((y - city.map.top) / city.map.height * city.squares.rows)
        place = told.index(kelurahan)
        assert f"{'ABCDEFGH'[column]}{row + 1}" in told[place - 1 : place + 2]
    marks = of_class(drawing, "squares")
    letters = [node.text for node in marks.iter(f"{SVG}text")]
    assert Counter(letters) == Counter(
        2 * [*"ABCDEFGH"[: city.squares.columns], *"12345678"[: city.squares.rows]]
    )


def test_head_says_what_the_page_says(page_of):
    """Truth line, banner, marking, plan id and attribution are those of the page."""
    data = page_of(462, uncovered=3)
    told = words_of(parsed(render_wall(data, paper="A1", lang="en").content))
    assert (
        "459 of 462 stations covered; within 0.4 % of the best possible; "
        "roads and points modelled: not for operations"
    ) in told
    assert any(line.startswith("MODELLED ROADS AND POINTS: not for operations.") for line in told)
    assert told.count("RAHASIA / SECRET") == 2
    assert "Plan 0123456789abcdef" in told
    assert "Modelled roads" in told
    versioned = replace(data, versions={"metro-gis": "0.1.0"})
    content = render_wall(versioned, paper="A1", lang="en").content
    assert "metro-gis 0.1.0" in words_of(parsed(content))
    real = replace(
        data,
        roads_modelled=False,
        points_modelled=False,
        stopped_by="time_limit",
        gap_certified=0.0041,
    )
    told = words_of(parsed(render_wall(real, paper="A0", lang="id").content))
    assert (
        "459 dari 462 TPS terjaga; selisih paling banyak 0,4 % dari hasil terbaik yang mungkin; "
        "selisih paling banyak 0,5 % menurut batas yang dihitung ulang verify; "
        "dihentikan oleh batas waktu"
    ) in told
    assert not any("PEMODELAN" in line for line in told)
    assert told.count("© Kontributor OpenStreetMap") == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "optimal", "gap": 0.0}, "proven best"),
        ({"status": "optimal", "gap": 0.0001}, "proven best, to within 0.01 %"),
        ({"gap": None}, "not proven: how far from the best possible is not known"),
        ({"gap": 1.0}, "not proven: how far from the best possible is not known"),
    ],
)
def test_nothing_is_called_proven_that_is_not(page_of, changes, words):
    """The proof is told in the page's words."""
    data = page_of(20, **changes)
    told = words_of(parsed(render_wall(data, paper="A1", lang="en").content))
    (truth,) = [line for line in told if line.startswith("20 of 20 stations covered")]
    assert truth.split("; ")[1] == words


def test_looks_are_those_of_the_page():
    """Colours, shapes, sizes and roads are those of the page's script."""
    script = (ASSETS / "looks.js").read_text(encoding="utf-8")
    looks = re.findall(r'(\w+): \{ shape: "(\w+)", fill: "(#\w+)", size: ([\d.]+) \}', script)
    # the wall map is the commander's: signs for other readers are not among its looks
    own = [found for found in looks if found[0] not in ("elsewhere", "station")]
    assert own == [(name, look.shape, look.fill, f"{look.size:g}") for name, look in LOOKS.items()]
    block = re.search(r"const ROADS = (\[.*?\]);", script, re.DOTALL).group(1)
    block = re.sub(r"\s//[^\n]*", "", block)
    plain = re.sub(r"(\w+): ", r'"\1": ', re.sub(r",(\s*[}\]])", r"\1", block))
    assert json.loads(plain) == [
        {
            "classes": list(road.classes),
            "width": road.width,
            "fill": road.fill,
            "casing": road.casing,
            "from": road.first,
            "group": road.group,
            **({} if road.dash is None else {"dash": road.dash}),
        }
        for road in ROADS
    ]
    for shape, corners in CORNERS.items():
        drawn = re.search(rf"  {shape}: (\[.*?\n  \]),", script, re.DOTALL).group(1)
        assert json.loads(re.sub(r",(\s*\])", r"\1", drawn)) == [list(corner) for corner in corners]
    assert f"const HUES = {list(HUES)};" in script
    tones = re.search(r"const TONES = (\[.*?\n\]);", script, re.DOTALL).group(1)
    assert json.loads(re.sub(r",(\s*\])", r"\1", tones)) == [list(tone) for tone in TONES]
    assert f"--secret: {SECRET};" in (ASSETS / "page.css").read_text(encoding="utf-8")


def test_two_processes_write_the_same_bytes(page_of):
    """The same plan gives the same file, whatever the seed of hashes."""
    here = render_wall(page_of(60, uncovered=3), paper="A2", lang="en").content
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); from conftest import build_page;"
        "from metro_gis.maps.wall import render_wall;"
        "wall = render_wall(build_page(60, uncovered=3), paper='A2', lang='en');"
        "print(hashlib.sha256(wall.content).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert hashlib.sha256(here).hexdigest() == there.stdout.strip()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_small_and_bare_plans_are_drawn(page_of, lang):
    """One station, no roads, no posts, no names: there is a sheet all the same."""
    one = page_of(1, basemap=False)
    bare = replace(
        one,
        posts=[],
        teams=[],
        units=[""],
        stations=[
            one.stations[0]
            | {"team_id": None, "reason": None, "kecamatan": None, "kelurahan": None, "name": ""}
        ],
    )
    empty = replace(bare, stations=[], units=[])
    for data in (one, bare, empty):
        wall = render_wall(data, paper="A4", lang=lang)
        drawing = parsed(wall.content)
        assert wall.names["station"][1] + wall.names["uncovered"][1] == len(data.stations)
        assert f"1:{wall.scale:,}".replace(",", "") in "".join(words_of(drawing)).replace(
            ",", ""
        ).replace(".", "")
    assert names_of(parsed(render_wall(bare, paper="A4", lang=lang).content)) == {
        "uncovered": ["T0001"]
    }


def test_long_titles_are_whole(page_of):
    """A title that is too long for a line takes several, and the map makes room for it."""
    title = " ".join(f"Pemilihan{n:03d}" for n in range(14))
    data = page_of(30, title=title)
    root = parsed(render_wall(data, paper="A4", lang="en").content)
    lines = [node.text for node in root.iter(f"{SVG}text") if node.get("class") == "title"]
    assert len(lines) > 1
    assert " ".join(lines) == title


def test_roads_that_are_too_small_are_told(page_of):
    """Where a scale has no room for a class of roads, the legend says so."""
    data = page_of(30)
    far = [*data.stations[:-1], data.stations[-1] | {"lon": 108.9, "lat": -2.0}]
    told = words_of(parsed(render_wall(replace(data, stations=far), paper="A4", lang="en").content))
    assert "Local streets (not drawn at this scale)" in told
    near = words_of(parsed(render_wall(data, paper="A0", lang="en").content))
    assert "Local streets" in near


def test_roads_without_classes_are_drawn_as_streets(page_of):
    """Where the graph tells no class of any road, its roads are no faint tracks."""
    data = page_of(30)
    lines = [line for lines in data.basemap.values() for line in lines]
    drawing = parsed(
        render_wall(replace(data, basemap={"unknown": lines}), paper="A3", lang="en").content
    )
    casing, road = of_class(drawing, "roads")
    assert casing.get("stroke") == "#c6c9c1"
    assert float(casing.get("stroke-width")) > float(road.get("stroke-width")) > 20
    assert len(casing.get("d")) > 1000


def test_roads_outside_the_frame_are_left_behind(page_of):
    """A road that does not cross the frame takes no room in the file, and none hides the rest."""
    data = page_of(30)
    plain = render_wall(data, paper="A3", lang="en").content
    far = {"primary": [*data.basemap["primary"], [(100.0, 3.0), (100.1, 3.1)]]}
    assert render_wall(
        replace(data, basemap=data.basemap | far), paper="A3", lang="en"
    ).content == (plain)


def test_shields_of_posts_bear_their_names(town, drawing):
    """Every post is named."""
    assert sorted(names_of(drawing)["post"]) == sorted(row["name"] for row in town.posts)


@pytest.mark.parametrize(
    ("name", "kelurahan", "short"),
    [
        ("TPS 005 Purwosari", "Purwosari", "TPS 005"),
        ("tps 12", None, "tps 12"),
        ("TPS. 901A Lapas", "Metro", "TPS. 901A"),
        ("SDN 2 Metro", "Metro", "SDN 2"),
        ("Balai Kota", "Metro", "Balai Kota"),
        ("Metro", "Metro", "Metro"),
        ("TPS 5Xyz", "Metro", "TPS 5Xyz"),
        ("", "Metro", "1872"),
    ],
)
def test_short_names_still_tell_stations_apart(name, kelurahan, short):
    """A short name drops the kelurahan, which stands on the map, and nothing else."""
    assert short_name({"station_id": "1872", "name": name, "kelurahan": kelurahan}) == short


def test_widths_are_on_the_safe_side():
    """Words are broken and cut so that they fit, and breaking loses no letter."""
    words = "Penyelenggara Pemilihan Umum " + "W" * 60 + " ©…中文e\u0301"
    for room in (8.0, 30.0, 200.0):
        lines = wrap(words, room, 2.5)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")
        assert all(width_mm(line, 2.5) <= room for line in lines)
        assert width_mm(fit(words, room, 2.5), 2.5) <= room
    assert fit("TPS 005", 50.0, 2.5) == "TPS 005"
    assert width_mm("e\u0301", 2.5) == width_mm("é", 2.5) == width_mm("e", 2.5)
    assert one_line(" a\u2028b\tc\x00\u202ed ") == "a b cd"


def test_command_writes_the_sheet_and_no_page(small_workspace, metro_gis):
    """`maps draw --paper` writes one file for its owner, and says its name and scale."""
    metro_gis("optimize", "plan", workspace=small_workspace, check=0)
    before = {file: file.read_bytes() for file in (small_workspace / "maps").glob("*.html")}
    ran = metro_gis("--json", "--lang", "en", "maps", "draw", "default", "--paper", "a3",
                    workspace=small_workspace, check=0)  # fmt: skip
    assert before == {file: file.read_bytes() for file in (small_workspace / "maps").glob("*.html")}
    (path,) = (small_workspace / "maps").glob("default*.svg")
    assert path.name == "default@A3.svg"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = words_of(parsed(path.read_bytes()))
    assert {"wall": "maps/default@A3.svg", "paper": "A3"}.items() <= ran.json.items()
    assert f"Scale 1:{ran.json['scale']:,}" in told
    assert ran.json["names"]["post"] == {"shown": 6, "all": 6}
    wrong = metro_gis("maps", "draw", "default", "--paper", "B1", workspace=small_workspace)
    assert wrong.code == 2
