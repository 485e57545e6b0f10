"""Passphrases: made up, judged, and written the same way on every keyboard."""

from __future__ import annotations

import math
import re
import secrets
import unicodedata
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from metro_gis.errors import Fault, Phrase, UsageError

# one consonant of a kind and the three vowels that lie farthest apart: heard right over a bad radio
CONSONANTS: Final = "bjklmrs"
VOWELS: Final = "aiu"
SYLLABLES: Final = 3
WORDS: Final = 6
LEAST_LENGTH: Final = 12
COMMON_WORD_BITS: Final = 11
"""A word that somebody thinks of is one of about two thousand."""
LEAST_BITS: Final = 4 * COMMON_WORD_BITS
GOOD_BITS: Final = WORDS * COMMON_WORD_BITS
GUESSES_PER_SECOND: Final = 10_000
"""What one graphics card tries: some ten thousand million hashes, a phrase costs over a million."""
# the same letters as in sealed.js; `\s` means other ones in either language
UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
SPACES: Final = re.compile("[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
CAPITALS: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
RUN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w ]+|_+")
LETTERS: Final = 26
SIGNS: Final = 32
SPANS: Final = ((365.25 * 86_400, "years"), (86_400, "days"), (60, "minutes"))

__all__ = ["bits_of", "new_passphrase", "normalised", "weakness"]


def new_passphrase() -> str:
    """Make a passphrase up: six words that can be spoken over a radio.

    Returns
    -------
    str
        Different words of three syllables, joined by spaces; 79 bits, whoever knows how they are
        made.

    Examples
    --------
    >>> len(new_passphrase().split())
    6
    """
    words: list[str] = []
    while len(words) < WORDS:
        word = "".join(
            secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(SYLLABLES)
        )
        # a word that stands there already is worth nothing to whoever judges the phrase
        if word not in words:
            words.append(word)
    return " ".join(words)


def normalised(phrase: str) -> str:
    """Write a passphrase as it is used, whichever keyboard it was typed on.

    Parameters
    ----------
    phrase
        As it was typed.

    Returns
    -------
    str
        Composed letters (NFC), no marks without width, single spaces and none at either end, the
        letters A to Z small. The script of a sealed page does the same.

    Examples
    --------
    >>> normalised("  Bakila\u00a0 SIRUMA ")
    'bakila siruma'
    """
    seen = unicodedata.normalize("NFC", UNSEEN.sub("", phrase))
    return SPACES.sub(" ", seen).strip(" ").translate(CAPITALS)


def bits_of(phrase: str) -> float:
    """Estimate how hard a typed passphrase is to guess, rather too high than too low.

    Parameters
    ----------
    phrase
        As it was typed.

    Returns
    -------
    float
        Bits: the binary logarithm of the number of phrases that are as likely. A run of letters
        counts as a common word, however long; a run that stands there already counts nothing.
    """
    runs = set(RUN.findall(normalised(phrase)))
    return sum(_run_bits(run) for run in runs)


def weakness(phrase: str) -> Fault | None:
    """Judge a passphrase that somebody typed.

    Parameters
    ----------
    phrase
        As it was typed.

    Returns
    -------
    Fault or None
        A warning if the phrase may be used but is weak.

    Raises
    ------
    UsageError
        If it is too short or too easily guessed, or holds what no keyboard types.
    """
    told = normalised(phrase)
    if not told.isprintable():
        raise UsageError(Fault("passphrase-unreadable"))
    if len(told) < LEAST_LENGTH:
        raise UsageError(Fault("passphrase-short", params={"least": LEAST_LENGTH}))
    bits = bits_of(told)
    if bits >= GOOD_BITS:
        return None
    params: dict[str, int | Phrase] = {"bits": math.floor(bits), "span": _span(bits)}
    if bits < LEAST_BITS:
        raise UsageError(Fault("passphrase-guessed", params=params))
    return Fault("passphrase-weak", severity="warning", params=params)


def _run_bits(run: str) -> float:
    if run.isdigit():
        return len(run) * math.log2(10)
    if run[0].isalpha():
        return min(len(run) * math.log2(LETTERS), COMMON_WORD_BITS)
    return len(run) * math.log2(SIGNS)


def _span(bits: float) -> Phrase:
    """Say how long one graphics card takes to try every phrase that is as likely."""
    seconds = 2**bits / GUESSES_PER_SECOND
    for size, name in SPANS:
        if seconds >= 2 * size:
            return Phrase(f"cli.span-{name}", {"count": round(seconds / size)})
    return Phrase("cli.span-seconds")
