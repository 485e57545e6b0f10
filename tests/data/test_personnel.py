"""Reading the list of personnel, and checking it against posts and stations."""

import openpyxl
import pytest

from metro_gis.data.people_checks import check_people
from metro_gis.data.personnel import read_personnel
from metro_gis.data.posts import read_posts
from metro_gis.data.stations import read_stations
from metro_gis.messages import LANGUAGES
from metro_gis.people import PeopleRules, canonical, list_sha256, masked, ticket
from metro_gis.scenario import ListInput, TableInput
from metro_gis.workspace import Workspace

HEADER = "officer_id,name,rank,post_id,duty,home_kelurahan\n"
GOOD = {"officer_id": "35010001", "name": "Officer 001", "rank": "Bripka", "post_id": "polres",
        "duty": "any", "home": "Imopuro"}  # fmt: skip
ALL_RULES = PeopleRules(("Bripka",), avoid_home=True)
POSTS = "post_id,lon,lat,officers,fixed_officers,reserve_officers\n"
STATIONS = (
    "station_id,lon,lat,risk_class,kecamatan,kelurahan\n"
    "001,105.3071,-5.1134,low,Metro Pusat,Imopuro\n"
)


@pytest.fixture
def read(tmp_path):
    """Read a list of personnel written as CSV; every message is told in both languages."""

    def read_text(text, *, rules=ALL_RULES, **source):
        (tmp_path / "personnel.csv").write_text(text, encoding="utf-8")
        listed = ListInput(file="personnel.csv", **source)
        result = read_personnel(listed, Workspace(tmp_path), rules=rules)
        for fault in result.faults:
            assert all(fault.line(lang) for lang in LANGUAGES)
        return result

    return read_text


@pytest.fixture
def check(tmp_path, read):
    """Read list, posts and stations, and check them together."""

    def check_texts(listed, posts, stations=STATIONS, *, rules=ALL_RULES, counted=None):
        personnel = read(listed, rules=rules)
        (tmp_path / "posts.csv").write_text(posts, encoding="utf-8")
        (tmp_path / "stations.csv").write_text(stations, encoding="utf-8")
        workspace = Workspace(tmp_path)
        bases = read_posts(TableInput(file="posts.csv"), workspace, listed=counted or {"polres": 3})
        guarded = read_stations(TableInput(file="stations.csv"), workspace)
        faults = [*bases.faults, *check_people(personnel, guarded, bases, rules=rules)]
        for fault in faults:
            assert all(fault.line(lang) for lang in LANGUAGES)
        return [(one.code, one.severity, one.row) for one in faults], bases

    return check_texts


def row(**cells):
    """Write one good row with some cells changed."""
    return ",".join((GOOD | cells).values()) + "\n"


def trio(*changes):
    """Write a list of three officers of one post."""
    changed = [*changes, {}, {}, {}][:3]
    rows = [row(**({"officer_id": f"3501000{n}"} | one)) for n, one in enumerate(changed)]
    return HEADER + "".join(rows)


def errors(result):
    """Give code, row and column of every error."""
    return [(one.code, one.row, one.column) for one in result.faults if one.severity == "error"]


def test_a_good_list_gives_officers(read):
    """Every column becomes a field; a blank duty is any; words take any case."""
    result = read(HEADER + row() + row(officer_id="00010002", duty="", rank="AIPDA"))
    assert result.faults == ()
    first, second = result.items
    assert (first.officer_id, first.duty, first.home_kelurahan) == ("35010001", "any", "Imopuro")
    assert (second.officer_id, second.duty, second.rank) == ("00010002", "any", "AIPDA")
    assert read(HEADER + row(duty="STATION")).items[0].duty == "station"


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        pytest.param({"officer_id": ""}, "value-missing", "officer_id", id="no-number"),
        pytest.param({"officer_id": "NA"}, "value-placeholder", "officer_id", id="placeholder"),
        pytest.param({"officer_id": "3.501E+07"}, "number-exponent", "officer_id", id="exponent"),
        pytest.param({"officer_id": "1872011203800010"}, "officer-id-nik", "officer_id", id="P02"),
        pytest.param({"officer_id": "10002"}, "officer-id-length", "officer_id", id="P03"),
        pytest.param({"officer_id": "35010000"}, "id-twice", "officer_id", id="P01-P13"),
        pytest.param({"name": ""}, "value-missing", "name", id="no-name"),
        pytest.param({"post_id": ""}, "value-missing", "post_id", id="no-post"),
        pytest.param({"duty": "driver"}, "word-unknown", "duty", id="P07"),
        pytest.param({"rank": ""}, "value-missing", "rank", id="no-rank"),
        pytest.param({"home": ""}, "value-missing", "home_kelurahan", id="no-home"),
        pytest.param({"rank": "Brip\u202eka"}, "text-character", "rank", id="bidi"),
        pytest.param({"officer_id": "3501\u200b0001"}, "text-character", "officer_id", id="hidden"),
    ],
)
def test_a_faulty_cell_is_told_by_its_place(read, cells, code, column):
    """A damaged cell gives one error at its row and column, and its row alone is left out."""
    result = read(HEADER + row(officer_id="35010000") + row(**cells))
    assert errors(result) == [(code, 3, column)]
    assert [one.officer_id for one in result.items] == ["35010000"]


def test_all_faults_are_told_at_once(read):
    """Several damaged rows give as many errors in one run."""
    result = read(HEADER + row(duty="x") + row(officer_id="1") + row(name="", rank=""))
    assert {code for code, _, _ in errors(result)} >= {"word-unknown", "value-missing", "id-twice"}


def test_numbers_of_civil_servants_may_stand_among_others(read):
    """Eighteen digits (NIP) are no lost zero."""
    result = read(HEADER + row() + row(officer_id="198001012005011001"))
    assert errors(result) == []


def test_personal_values_are_masked_in_messages(read):
    """No message, nor its JSON, holds a service number, a name or a ward in full."""
    secrets = ("35019876", "Budi Santoso", "Rahasiawaru")
    text = HEADER + "".join(
        row(officer_id=secrets[0], name=f"{secrets[1]}\u202e", home=f"{secrets[2]}\u200b")
        for _ in range(2)
    )
    result = read(text)
    told = " ".join(f"{one.line(lang)} {one.as_dict(lang)}" for one in result.faults
                    for lang in LANGUAGES)  # fmt: skip
    assert "35…76" in told
    assert not [secret for secret in secrets if secret in told]


def test_columns_that_rules_need_may_else_be_missing(read):
    """Rank and ward are asked for by their rules alone."""
    text = "NRP,Nama,Kesatuan\n35010001,Officer 001,polres\n"
    plain = read(text, rules=PeopleRules())
    assert [fault.code for fault in plain.faults] == ["columns-understood"]
    assert plain.items[0].post_id == "polres"
    assert {code for code, _, _ in errors(read(text))} == {"column-missing"}


def test_a_list_in_place_of_another_table_is_told(read, tmp_path):
    """A TPS table given as the list, and the list given as TPS table, say what they are (P14)."""
    assert [code for code, _, _ in errors(read(STATIONS))] == ["table-swapped"]
    (tmp_path / "stations.csv").write_text(HEADER + row(), encoding="utf-8")
    found = read_stations(TableInput(file="stations.csv"), Workspace(tmp_path))
    swapped = [one for one in found.faults if one.code == "table-swapped"]
    assert [one.params["other"] for one in swapped] == ["personnel"]


def test_hostile_names_are_taken_as_text(read):
    """Formulas and markup are names like others; control and direction marks get a warning."""
    names = ["=1+1", "<b>x</b>", "{{7*7}}", "a\u202eb\x1b[31m"]
    rows = "".join(row(officer_id=f"3501000{n}", name=name) for n, name in enumerate(names))
    result = read(HEADER + rows)
    assert [one.name for one in result.items] == names
    assert [(one.code, one.severity) for one in result.faults] == [("text-hidden", "warning")]


def test_a_workbook_is_read_with_its_zeros(tmp_path):
    """Text cells keep leading zeros; a number of sixteen digits is refused (P02)."""
    book = openpyxl.Workbook()
    book.active.append(["NRP", "Nama", "Pangkat", "Pos", "Tugas", "Domisili"])
    book.active.append(["00010001", "Officer 001", "Bripka", "polres", "any", "Imopuro"])
    book.active.append([1872011203800010, "Officer 002", "Bripka", "polres", "any", "Imopuro"])
    book.save(tmp_path / "list.xlsx")
    found = read_personnel(ListInput(file="list.xlsx"), Workspace(tmp_path), rules=ALL_RULES)
    assert [one.officer_id for one in found.items] == ["00010001"]
    assert [code for code, _, _ in errors(found)] == ["cell-digits"]
    assert not any("1872011203800010" in one.line() for one in found.faults)


def test_the_list_counts_and_the_table_may_be_silent(check):
    """Posts have as many officers as rows; another number is a warning, none is well."""
    told, posts = check(trio(), POSTS + "polres,105.3071,-5.1134,5,1,0\n")
    assert told == [("officers-counted", "warning", 2)]
    assert posts.items[0].officers == 3
    told, posts = check(trio(), "post_id,lon,lat\npolres,105.3071,-5.1134\n")
    assert (told, posts.items[0].officers) == ([], 3)


def test_officers_of_no_post_are_refused(check):
    """A post that the table does not have is an error at the officer's row (P04)."""
    told, _ = check(trio({"post_id": "polsek"}), POSTS + "polres,105.3071,-5.1134,3,0,0\n")
    assert told == [("officer-post-unknown", "error", 2)]


@pytest.mark.parametrize(("duty", "places"), [("fixed", "0,0"), ("reserve", "0,0"),
                                              ("station", "3,0")])  # fmt: skip
def test_more_set_aside_than_places_are_refused(check, duty, places):
    """A duty of the list beyond the post's numbers contradicts the posts table."""
    told, _ = check(trio({"duty": duty}), POSTS + f"polres,105.3071,-5.1134,3,{places}\n")
    assert told == [("duty-exceeded", "error", 2)]


def test_ranks_and_wards_must_be_ones_that_rules_can_use(check):
    """Nobody of any leading rank, or a station without a ward, is an error; a near name a doubt."""
    posts = POSTS + "polres,105.3071,-5.1134,3,0,0\n"
    none, _ = check(trio(), posts, rules=PeopleRules(("Kompol", "AKP")))
    some, _ = check(trio(), posts, rules=PeopleRules(("Kompol", "BRIPKA")))
    assert none == [("lead-ranks-nobody", "error", None)]
    assert some == [("lead-rank-nobody", "warning", None)]
    near, _ = check(trio({"home": "Imopura"}, {"home": "Jakarta"}, {"home": "IMOPURO"}), posts)
    assert near == [("home-near", "warning", 2)]
    bare, _ = check(trio(), posts, STATIONS.replace("Imopuro", ""))
    assert bare == [("home-needs-kelurahan", "error", 2)]


def test_stated_numbers_do_not_go_with_a_list(tmp_path):
    """`--officers` does not say who is there, so that a list refuses it."""
    (tmp_path / "posts.csv").write_text(POSTS + "polres,105.3071,-5.1134,3,0,0\n", encoding="utf-8")
    found = read_posts(
        TableInput(file="posts.csv"), Workspace(tmp_path), officers={"polres": 2},
        listed={"polres": 3},
    )  # fmt: skip
    assert [code for code, _, _ in errors(found)] == ["officers-listed"]


def test_a_list_is_hashed_as_the_page_says(read):
    """Spaces, invisible marks and the order of rows leave the hash as it is; a rank does not."""
    one, two = row(), row(officer_id="35010002", name="Jos\u00e9  A")
    first = list_sha256(read(HEADER + one + two).items)
    twin = two.replace("Jos\u00e9  A", " Jose\u0301 A\u200b")
    assert list_sha256(read(HEADER + twin + one).items) == first
    assert list_sha256(read(HEADER + one + two.replace("Bripka", "Aipda")).items) != first
    assert canonical(" a\t\u202eb ") == "a b"
    assert (masked("35010001"), masked("35010"), masked("Ani")) == ("35…01", "…", "…")
    assert ticket(7, "35010001") != ticket(8, "35010001")
