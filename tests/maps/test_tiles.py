"""Map tiles: which addresses will do, and what a page may ask then."""

import re
from dataclasses import replace

import pytest

from metro_gis.errors import UsageError
from metro_gis.maps import render_page
from metro_gis.maps.tiles import OPENSTREETMAP, TileServer, refuse_sealed
from metro_gis.messages import LANGUAGES

POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


@pytest.mark.parametrize(
    "template",
    [
        "http://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "//tile.openstreetmap.org/{z}/{x}/{y}.png",
        "tile.openstreetmap.org/{z}/{x}/{y}.png",
        "default",
        "",
        "https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png",
        "https://tile.openstreetmap.org/{z}/{x}.png",
        "https://tile.openstreetmap.org/{z}/{x}/{y}/{y}.png",
        "https://tile.openstreetmap.org/{z}/{x}/{-y}.png",
        "https://{z}.example/{x}/{y}.png",
        "https://name:word@tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example; script-src *;/{z}/{x}/{y}.png",
        "https://tiles.example https://other.example/{z}/{x}/{y}.png",
        "https://*.example/{z}/{x}/{y}.png",
        "https://*/{z}/{x}/{y}.png",
        'https://tiles.example/{z}/{x}/{y}.png"><script>',
        "https://tiles.example/{z}/{x}/{y}.png\n",
        "https://tiles.ex\u0430mple/{z}/{x}/{y}.png",
        "file:///tiles/{z}/{x}/{y}.png",
        "data:image/png,{z}{x}{y}",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(template):
    """Only one encrypted, plainly named host is taken, and no word that could widen the policy."""
    with pytest.raises(UsageError) as caught:
        TileServer(template)
    assert [fault.code for fault in caught.value.faults] == ["tiles-template"]
    assert all(caught.value.lines(lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("template", "host"),
    [
        (OPENSTREETMAP, "tile.openstreetmap.org"),
        ("https://tiles.example:8443/a/{z}/{x}/{y}@2x.png?key=a1-_", "tiles.example:8443"),
        ("https://127.0.0.1/{x}/{y}/{z}", "127.0.0.1"),
    ],
)
def test_the_policy_is_widened_for_one_host_only(page_of, template, host):
    """A page with tiles may load images of that host; every other rule stays as it is."""
    plain = page_of(5)
    policy = POLICY.search(render_page(plain, lang="en"))[1]
    tiled = render_page(replace(plain, tiles=TileServer(template)), lang="en")
    assert POLICY.search(tiled)[1] == policy.replace("data:", f"data: https://{host}")
    assert policy.count("https:") == 0


def test_what_tiles_give_away_is_told():
    """A warning names the server; OpenStreetMap's own is said to refuse pages on a disk."""
    told = TileServer(OPENSTREETMAP).warnings()
    assert [fault.code for fault in told] == ["tiles-asked", "tiles-disk"]
    other = TileServer("https://tiles.example/{z}/{x}/{y}.png").warnings()
    assert [fault.code for fault in other] == ["tiles-asked"]
    for lang in LANGUAGES:
        assert "tiles.example" in other[0].line(lang)
        assert all("openstreetmap" in fault.line(lang) for fault in told)


def test_sealing_and_tiles_exclude_each_other():
    """A page that is sealed asks nobody."""
    refuse_sealed(None)
    with pytest.raises(UsageError) as caught:
        refuse_sealed(TileServer(OPENSTREETMAP))
    assert [fault.code for fault in caught.value.faults] == ["tiles-sealed"]
    assert all("openstreetmap" in " ".join(caught.value.lines(lang)) for lang in LANGUAGES)
