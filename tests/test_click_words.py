"""What click itself tells, in both languages."""

import gettext
from importlib import resources

import pytest
from babel.messages import pofile

WORDS = resources.files("metro_gis.messages") / "id" / "LC_MESSAGES"


def test_compiled_words_are_those_of_the_catalogue():
    """The catalogue that is read holds every text of the one that people edit, and no other."""
    with (WORDS / "click.po").open("rb") as source:
        edited = [one for one in pofile.read_po(source) if one.id]
    with (WORDS / "click.mo").open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)
    for one in edited:
        if isinstance(one.id, tuple):
            assert {known.ngettext(*one.id, number) for number in (1, 2)} == {one.string[0]}
        else:
            assert known.gettext(one.id) == one.string
    keys = {key if isinstance(key, str) else key[0] for key in known._catalog} - {""}
    assert keys == {one.id if isinstance(one.id, str) else one.id[0] for one in edited}


@pytest.mark.parametrize(
    ("words", "indonesian", "english"),
    [
        (["optimize", "plan", "--foo"], "Tidak ada opsi '--foo'.", "No such option"),
        (["optimise"], "Maksud Anda 'optimize'?", "Did you mean"),
        (["verify"], "Kurang argumen 'PLAN'.", "Missing argument"),
        (["maps", "draw", "p", "--paper", "a9"], "bukan salah satu dari 'a0'", "is not one of"),
        (["optimize", "plan", "--time-limit", "x"], "'x' bukan bilangan", "is not a valid"),
        (["optimize", "curve", "--points", "1"], "di luar rentang", "is not in the range"),
    ],
)
def test_usage_mistakes_are_told_in_both_languages(metro_gis, tmp_path, words, indonesian, english):
    """A mistake in typing is told in the language asked for, whatever the machine's own is."""
    for lang, told in (("id", indonesian), ("en", english)):
        ran = metro_gis("--lang", lang, *words, workspace=tmp_path, check=2)
        assert told in ran.err
        label = "Kesalahan: " if lang == "id" else "Error: "
        assert label in ran.err
        as_json = metro_gis("--json", "--lang", lang, *words, workspace=tmp_path, check=2)
        assert told in as_json.json["error"]["messages"][0]


def test_help_is_headed_in_the_language_asked_for(metro_gis):
    """Headings of help follow the language, too."""
    assert "Pemakaian:" in metro_gis("--lang", "id", "--help", check=0).out
    assert "Usage:" in metro_gis("--lang", "en", "--help", check=0).out
