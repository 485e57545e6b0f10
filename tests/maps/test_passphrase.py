from __future__ import annotations

import math

import pytest

from metro_gis.errors import UsageError
from metro_gis.maps.passphrase import (
    CONSONANTS,
    GOOD_BITS,
    LEAST_BITS,
    SYLLABLES,
    VOWELS,
    WORDS,
    bits_of,
    new_passphrase,
    normalised,
    weakness,
)


def test_made_up_phrases_have_77_bits():
    """Six different words of three syllables leave more choices than six words of diceware."""
    words = (len(set(CONSONANTS)) * len(set(VOWELS))) ** SYLLABLES
    assert math.log2(math.perm(words, WORDS)) >= 77


def test_made_up_phrases_use_every_letter_and_differ():
    """Each phrase is six words of consonant and vowel in turn, and no two are the same."""
    phrases = [new_passphrase() for _ in range(200)]
    assert len(set(phrases)) == 200
    for phrase in phrases:
        words = phrase.split(" ")
        assert len(words) == 6
        for word in words:
            assert len(word) == 6
            assert set(word[::2]) <= set(CONSONANTS)
            assert set(word[1::2]) <= set(VOWELS)
    assert set("".join(phrases)) == {*CONSONANTS, *VOWELS, " "}
    assert all(weakness(phrase) is None for phrase in phrases)


def test_made_up_words_differ(monkeypatch):
    """A word that was drawn before is drawn anew: twice the same counts once."""
    letters = iter("bababa" * 2 + "babibu" + "bababa" + "kakaka" + "lalala" + "mamama" + "rarara")
    monkeypatch.setattr("metro_gis.maps.passphrase.secrets.choice", lambda _: next(letters))
    phrase = new_passphrase()
    assert phrase == "bababa babibu kakaka lalala mamama rarara"
    assert weakness(phrase) is None


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("  bakila   siruma ", "bakila siruma"),
        ("Bakila SIRUMA", "bakila siruma"),
        ("bakila\u00a0siruma\t\u3000jukali\r\n", "bakila siruma jukali"),
        ("cafe\u0301 \u00c9", "caf\u00e9 \u00c9"),
        ("\ufeffbakila\u200b \u202asiruma\u202c", "bakila siruma"),
        (" \u200e ", ""),
    ],
)
def test_phrases_are_the_same_on_every_keyboard(typed, used):
    """Capitals, spaces and marks without width that a phone or a chat adds do not count."""
    assert normalised(typed) == used
    assert normalised(used) == used


@pytest.mark.parametrize("typed", ["", "short", "bakila siru", " b a k i l a "])
def test_short_phrases_are_refused(typed):
    """Fewer than twelve characters are refused, however they are spaced."""
    with pytest.raises(UsageError) as refused:
        weakness(typed)
    assert refused.value.code == "passphrase-short"


@pytest.mark.parametrize(
    "typed",
    [
        "passwordpassword",
        "polresmetro2024",
        "Kota Metro 2024",
        "aaaaaaaaaaaaaaaa",
        "ha ha ha ha ha ha",
    ],
)
def test_guessed_phrases_are_refused(typed):
    """What a dictionary and a calendar find is refused, with the time that it takes."""
    with pytest.raises(UsageError) as refused:
        weakness(typed)
    assert refused.value.code == "passphrase-guessed"
    for lang in ("en", "id"):
        line = refused.value.lines(lang)[0]
        assert str(math.floor(bits_of(typed))) in line
        assert typed not in line


def test_weak_phrases_are_told():
    """Four words may be used and are called weak; six are not."""
    words = ["lampu", "kereta", "bukit", "senja", "garam", "pintu"]
    weak = weakness(" ".join(words[:4]))
    assert weak.severity == "warning"
    assert "56 years" in weak.line("en")
    assert "56 tahun" in weak.line("id")
    assert bits_of(" ".join(words[:4])) == LEAST_BITS
    assert bits_of(" ".join(words)) == GOOD_BITS
    assert weakness(" ".join(words)) is None
    assert weakness("x7#Qp2!vR9zK&h4_Lm8") is None


def test_what_no_keyboard_types_is_refused():
    """A control character or half a letter would not be typed again."""
    for typed in ("lampu kereta \x07 bukit senja", "lampu kereta bukit senja \ud800"):
        with pytest.raises(UsageError) as refused:
            weakness(typed)
        assert refused.value.code == "passphrase-unreadable"
