from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from metro_gis.errors import InputError
from metro_gis.maps import render_page, sealing
from metro_gis.maps.compact import encode_points
from metro_gis.maps.sealing import OPENING_TAG, ROUNDS, open_sealed, seal_block

PHRASE = "bakila siruma jukali masiba rujasu limaka"
SHELL, POLICY = "shell", "policy"
SALT, NONCE = bytes(range(16)), bytes(range(16, 28))
BLOCK = re.compile(re.escape(OPENING_TAG) + r"(.*?)\n(.*?)</script>")
DATA = re.compile(r'<script type="application/json" id="metro-gis-data">(.*?)</script>', re.DOTALL)
# both worked out by WebCrypto, for the phrase, salt and nonce above
KEY = "51ec25e51623ef7d7ceceb78eeb2a3f81fb230d6bd7950e925add4548206d2f1"
SEALED = (
    '{"format":"metro-gis-sealed-1","cipher":"AES-256-GCM","kdf":"PBKDF2-HMAC-SHA256",'
    '"rounds":600000,"salt":"AAECAwQFBgcICQoLDA0ODw==","nonce":"EBESExQVFhcYGRob",'
    '"packing":"gzip","language":"id",'
    '"shell":"ce635c4eabff5e4f56dba8fb1e39ca235530aa2b6b18533eef1af3862016c577",'
    '"policy":"823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812"}\n'
    "h1qrifzyZ3CaXlsamhIZkdzgF8qjrSSet2+PK0ItKJE="
)
SECRETS = {
    "title": "Kota Canary-Title",
    "plan": "c4na12e9f00dfeed",
    "station_id": "TPS-7310482",
    "station": "Balai Kenari Séntosa",
    "kelurahan": "Kelurahan Rahasiamulya",
    "kecamatan": "Kecamatan Sembunyiraya",
    "post_id": "polsek-tersembunyi",
    "post": "Polsek Tersembunyi",
    "team": "REGU-551907",
    "roads": "jalan-kenari-2031",
}


@pytest.fixture
def cheap(monkeypatch):
    """Derive keys in a few rounds where a test needs hundreds of them."""
    monkeypatch.setattr(sealing, "ROUNDS", 1000)


def planted(page_of):
    """Build a page whose every text and place is a secret."""
    data = page_of(20, title=SECRETS["title"], plan_id=SECRETS["plan"])
    old = data.stations[0]
    place = {"lon": 105.9141592, "lat": -5.9718281}
    first = {**old, **place, "station_id": SECRETS["station_id"], "name": SECRETS["station"]}
    first |= {"kelurahan": SECRETS["kelurahan"], "kecamatan": SECRETS["kecamatan"]}
    named = {old["station_id"]: SECRETS["station_id"]}
    teams = [
        {
            **team,
            "anchor_station_id": named.get(team["anchor_station_id"], team["anchor_station_id"]),
            "station_ids": [named.get(one, one) for one in team["station_ids"]],
        }
        for team in data.teams
    ]
    own = {old["team_id"]: SECRETS["team"], data.posts[0]["post_id"]: SECRETS["post_id"]}
    teams = [
        {**team, **{key: own.get(team[key], team[key]) for key in ("team_id", "post_id")}}
        for team in teams
    ]
    stations = [
        {**row, "team_id": own.get(row["team_id"], row["team_id"])}
        for row in (first, *data.stations[1:])
    ]
    posts = [{**data.posts[0], "post_id": SECRETS["post_id"], "name": SECRETS["post"]}]
    return replace(
        data,
        stations=stations,
        teams=teams,
        posts=[*posts, *data.posts[1:]],
        units=(*data.units, SECRETS["kecamatan"]),
        roads_source=SECRETS["roads"],
    )


def writings(secret):
    """Write a text in every encoding that a page might hide it in."""
    octets = secret.encode()
    yield secret.casefold()
    yield json.dumps(secret)[1:-1].casefold()
    yield "".join(f"\\u{ord(mark):04x}" for mark in secret)
    yield quote(secret).casefold()
    yield "".join(f"%{octet:02x}" for octet in octets)
    yield "".join(f"&#{ord(mark)};" for mark in secret)
    yield octets.hex()
    yield octets[::-1].hex()
    yield secret[::-1].casefold()
    for encoded in (octets, secret.encode("utf-16-le")):
        for offset in range(3):
            # the letters that hold nothing but the secret, wherever it begins
            written = base64.b64encode(
                bytes(offset) + encoded + bytes(-(offset + len(encoded)) % 3)
            )
            inner = written[-(-offset * 8 // 6) : (offset + len(encoded)) * 8 // 6].decode()
            yield inner.casefold()
            yield inner.replace("+", "-").replace("/", "_").casefold()


def found_in(page, secret):
    """Say in which writings a file holds a secret; capitals do not matter."""
    texts = [page.decode("latin-1").casefold(), page.decode(errors="replace").casefold()]
    wide = [secret.encode(coding) for coding in ("utf-16-le", "utf-16-be", "utf-32-le")]
    return [
        *(one for one in writings(secret) if any(one in text for text in texts)),
        *(one for one in wide if one in page),
    ]


def told(page, phrase):
    """Say what is told of a page that does not open."""
    with pytest.raises(InputError) as refused:
        open_sealed(page, phrase)
    assert refused.value.code == "sealed-shut"
    return refused.value.lines("en"), refused.value.lines("id")


def test_a_block_is_what_webcrypto_makes_of_it(monkeypatch):
    """Key, header, ciphertext and tag equal those that another program worked out."""
    monkeypatch.setattr(gzip, "compress", lambda content, mtime: content)
    block = seal_block(
        "who stands where",
        PHRASE,
        lang="id",
        shell=SHELL,
        policy=POLICY,
        salt=SALT,
        nonce=NONCE,
    )
    assert block == SEALED
    assert hashlib.pbkdf2_hmac("sha256", PHRASE.encode(), SALT, 600_000).hex() == KEY


def test_a_page_is_sealed_by_the_book(page_of):
    """A sealed page holds the plain page's data block, by PBKDF2, AES-256-GCM and its header."""
    data = page_of(20)
    page = render_page(data, lang="id", passphrase=PHRASE)
    ((header, sealed),) = BLOCK.findall(page)
    facts = json.loads(header)
    salt, nonce = (base64.b64decode(facts[key]) for key in ("salt", "nonce"))
    assert (len(salt), len(nonce), facts["language"]) == (16, 12, "id")
    assert facts["rounds"] == ROUNDS >= 600_000
    key = hashlib.pbkdf2_hmac("sha256", PHRASE.encode(), salt, facts["rounds"])
    octets = base64.b64decode(sealed)
    opened = Cipher(algorithms.AES256(key), modes.GCM(nonce, octets[-16:])).decryptor()
    opened.authenticate_additional_data(header.encode())
    content = gzip.decompress(opened.update(octets[:-16]) + opened.finalize()).decode()
    assert content == DATA.search(render_page(data, lang="id"))[1]
    assert open_sealed(page.encode(), PHRASE) == content
    shell = page.replace(f"{header}\n{sealed}", "")
    assert facts["shell"] == hashlib.sha256(shell.encode()).hexdigest()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert facts["policy"] == hashlib.sha256(policy.encode()).hexdigest()


@pytest.mark.usefixtures("cheap")
def test_two_sealings_differ(page_of):
    """Sealed twice, a page has another salt, nonce and ciphertext, and nothing else differs."""
    pages = [render_page(page_of(20), lang="en", passphrase=PHRASE) for _ in range(2)]
    (first, second) = (BLOCK.search(page).groups() for page in pages)
    for key in ("salt", "nonce"):
        assert json.loads(first[0])[key] != json.loads(second[0])[key]
    assert first[1] != second[1]
    assert BLOCK.sub("", pages[0]) == BLOCK.sub("", pages[1])


@pytest.mark.usefixtures("cheap")
def test_phrases_open_as_they_are_spoken(page_of):
    """Capitals and spaces do not keep a page shut; another word does."""
    page = render_page(page_of(5), lang="en", passphrase=PHRASE).encode()
    assert open_sealed(page, f"  {PHRASE.title()}\n".replace(" ", "\u00a0 "))
    told(page, PHRASE.replace("limaka", "limaku"))
    told(page, "")


@pytest.mark.usefixtures("cheap")
def test_no_changed_bit_opens(page_of):
    """Of 200 files with one bit changed, none opens, and each says what a wrong phrase does."""
    page = render_page(page_of(60), lang="en", passphrase=PHRASE).encode()
    assert open_sealed(page, PHRASE)
    begin = page.index(OPENING_TAG.encode()) + len(OPENING_TAG)
    line = page.index(b"\n", begin)
    end = page.index(b"</script>", line)
    chance = random.Random(5)
    parts = [(0, len(page), 80), (begin, line, 50), (line + 1, end, 50), (end - 24, end, 20)]
    spots = [(chance.randrange(a, b), n % 8) for a, b, count in parts for n in range(count)]
    wrong = told(page, PHRASE + "x")
    assert len(set(spots)) >= 195
    for place, bit in spots:
        changed = bytearray(page)
        changed[place] ^= 1 << bit
        assert told(bytes(changed), PHRASE) == wrong, (place, bit)


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("cut", [0, 100, -1, -40, -2000])
def test_cut_files_do_not_open(page_of, cut):
    """A file that was sent in part says no more than a wrong phrase."""
    page = render_page(page_of(5), lang="en", passphrase=PHRASE).encode()
    told(page[:cut], PHRASE)
    told(page + page, PHRASE)


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("rounds", [999, 10_000_001, "1000", None, 1e9, True])
def test_rounds_are_taken_within_bounds(page_of, rounds):
    """A header that asks for too few rounds, or for hours of them, is refused at once."""
    page = render_page(page_of(5), lang="en", passphrase=PHRASE)
    asked = page.replace('"rounds":1000', f'"rounds":{json.dumps(rounds)}')
    assert asked != page
    told(asked.encode(), PHRASE)


@pytest.mark.usefixtures("cheap")
def test_nothing_of_the_plan_is_readable(page_of):
    """No name, id, place or title stands in a sealed file in any encoding; the plain has all."""
    data = planted(page_of)
    plain = render_page(data, lang="id").encode()
    sealed = render_page(data, lang="id", passphrase=PHRASE).encode()
    points = ((row["lon"], row["lat"]) for row in data.stations)
    places = ["105.9141592", "-5.9718281", encode_points(points)]
    assert all(secret in open_sealed(sealed, PHRASE) for secret in [*SECRETS.values(), places[2]])
    for secret in (*SECRETS.values(), *places):
        assert found_in(plain, secret), secret
        assert found_in(sealed, secret) == [], secret


def test_the_search_for_secrets_finds_them(page_of):
    """Each writing of a secret is found in the middle of a file, wherever it begins."""
    for secret in SECRETS.values():
        for head in (b"", b"a", b"ab"):
            hidden = base64.b64encode(head + secret.encode() + b"tail")
            assert found_in(b"<p>" + hidden + b"</p>", secret)
            assert found_in(base64.urlsafe_b64encode(head + secret.encode("utf-16-le")), secret)
        assert found_in(secret.encode("utf-16-be"), secret)
        assert found_in(json.dumps(secret).encode(), secret)
        assert found_in(secret.encode().hex().upper().encode(), secret)
        assert found_in(quote(secret, safe="").encode(), secret)


@pytest.mark.usefixtures("cheap")
def test_the_shell_is_the_same_for_every_plan(page_of):
    """What stands outside the sealed block does not depend on the plan, its size or its place."""
    shells = {
        BLOCK.sub("", render_page(data, lang="en", passphrase=PHRASE))
        for data in (page_of(5), page_of(90, uncovered=4), planted(page_of))
    }
    assert len(shells) == 1
