"""Reading the table of posts."""

import pytest

from metro_gis.data.posts import read_posts
from metro_gis.messages import LANGUAGES
from metro_gis.scenario import TableInput
from metro_gis.workspace import Workspace

HEADER = "post_id,lon,lat,officers,fixed_officers,reserve_officers,serves,name,kind,kecamatan\n"
GOOD = {
    "post_id": "polres", "lon": "105.3071", "lat": "-5.1134", "officers": "300", "fixed": "54",
    "reserve": "134", "serves": "", "name": "Polres Metro", "kind": "polres",
    "kecamatan": "Metro Pusat",
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """Read a table of posts written as CSV."""

    def read_text(text, *, officers=None, **source):
        (tmp_path / "posts.csv").write_text(text, encoding="utf-8")
        result = read_posts(
            TableInput(file="posts.csv", **source), Workspace(tmp_path), officers=officers
        )
        for fault in result.faults:
            assert all(fault.line(lang) for lang in LANGUAGES)
        return result

    return read_text


def row(**cells):
    """Write one good row with some cells changed."""
    return ",".join((GOOD | cells).values()) + "\n"


def errors(result):
    """Give code, row and column of every error."""
    return [(one.code, one.row, one.column) for one in result.faults if one.severity == "error"]


def test_a_good_table_gives_posts(read):
    """Every column becomes a field; blank numbers of fixed and reserve officers are zero."""
    served = " Metro Pusat ;Metro Timur;;Metro Pusat"
    result = read(HEADER + row() + row(post_id="p2", fixed="", reserve="", serves=served))
    assert result.faults == ()
    first, second = result.items
    assert (first.officers, first.fixed_officers, first.reserve_officers) == (300, 54, 134)
    assert (first.station_officers, first.serves, first.kind) == (112, (), "polres")
    assert (second.station_officers, second.serves) == (300, ("Metro Pusat", "Metro Timur"))


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        pytest.param({"officers": ""}, "value-missing", "officers", id="P05-blank"),
        pytest.param({"officers": "-5"}, "number-negative", "officers", id="P05-negative"),
        pytest.param({"officers": "2.5"}, "number-not-whole", "officers", id="P05-decimal"),
        pytest.param({"officers": '"2,5"'}, "number-not-whole", "officers", id="P05-comma"),
        pytest.param({"officers": "banyak"}, "number-word", "officers", id="P05-word"),
        pytest.param({"officers": "1.200"}, "number-ambiguous", "officers", id="P05-thousands"),
        pytest.param({"fixed": "-1"}, "number-negative", "fixed_officers", id="fixed"),
        pytest.param({"fixed": "200"}, "officers-exceeded", "officers", id="too-many-fixed"),
        pytest.param({"kind": "kodim"}, "word-unknown", "kind", id="P07"),
        pytest.param({"lon": "", "lat": ""}, "value-missing", "lon, lat", id="P10"),
        pytest.param({"post_id": "NA"}, "value-placeholder", "post_id", id="no-id"),
        pytest.param({"serves": "Metro\u200b"}, "text-character", "serves", id="serves"),
    ],
)
def test_a_faulty_cell_is_told_by_its_place(read, cells, code, column):
    """A damaged cell gives one error at its row and column, and its row alone is left out."""
    result = read(HEADER + row(post_id="good") + row(**cells))
    assert errors(result) == [(code, 3, column)]
    assert [one.post_id for one in result.items] == ["good"]


def test_no_officers_at_a_post_is_no_fault_of_the_table(read):
    """Zero is a number; whether it will do is checked with all posts together (P04)."""
    result = read(HEADER + row(officers="0", fixed="0", reserve="0"))
    assert (errors(result), result.items[0].officers) == ([], 0)


def test_more_officers_than_any_post_has_are_doubted(read):
    """A digit too many is a warning (P06)."""
    result = read(HEADER + row(officers="300000"))
    assert [one.code for one in result.faults] == ["number-great"]


def test_a_post_stands_once(read):
    """The same id twice is an error that names both rows (P01)."""
    result = read(HEADER + row() + row(post_id="POLRES"))
    assert errors(result) == [("id-alike", 3, "post_id")]


def test_the_command_line_replaces_the_number(read):
    """A stated number counts in place of the cell, whatever that holds."""
    result = read(HEADER + row(officers="banyak") + row(post_id="p2"), officers={"polres": 190})
    assert errors(result) == []
    assert [one.officers for one in result.items] == [190, 300]


def test_a_stated_number_is_checked_too(read):
    """It must leave room for fixed and reserve officers, and name a post that is there."""
    assert errors(read(HEADER + row(), officers={"polres": 100})) == [
        ("officers-exceeded", 2, "officers")
    ]
    result = read(HEADER + row(), officers={"polsek": 100})
    assert errors(result) == [("officers-post-unknown", None, None)]


def test_officers_may_be_stated_for_all_posts(read):
    """Where the file has no headcounts, the scenario states one for every post."""
    result = read(
        "post_id,lon,lat\na,105.3071,-5.1134\nb,105.3072,-5.1135\n", values={"officers": 40}
    )
    assert [one.officers for one in result.items] == [40, 40]
    wrong = read("post_id,lon,lat\na,105.3071,-5.1134\n", values={"officers": 2.5})
    assert errors(wrong) == [("number-not-whole", None, "values.officers")]


def test_a_table_of_stations_is_recognised(read):
    """Stations in the place of posts are told as one fault (P14)."""
    result = read("ID TPS,Bujur,Lintang,Kerawanan\n1,105.3044,-5.1216,rawan\n")
    assert ("table-swapped", None, None) in errors(result)
