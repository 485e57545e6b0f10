"""How wide words are, without a font: a table of widths, on the safe side.

A wall map is set in whatever sans-serif face the reader's computer has. For each letter the table
holds the greater of its widths in DejaVu Sans, a wide face, and in Arial: words that keep clear of
each other by this table do so in these and in their kin.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from metro_gis.messages import clean

FAMILY: Final = "Arial, Helvetica, sans-serif"
LINE: Final = 1.2
"""Height of a line, ascender to descender, as a share of the letters' size."""
BASELINE: Final = 0.35
"""From the middle of a line down to its baseline, as a share of the letters' size."""
BOLDER: Final = 1.13
WIDE: Final = 1.05
UNKNOWN: Final = 0.9
CUT: Final = "…"
LONGEST: Final = 200

# width in hundredths of the letters' size
_CLASSES: Final = {
    29: "ijl'",
    34: " .,:;/\\I|·",
    43: "frt()[]!-",
    53: 'sz*"`°J',
    57: "?_L",
    61: "ckvxyTF",
    64: "abdeghnopqu0123456789${}",
    69: "ABEKPSVXYZ",
    73: "CR",
    79: "DGHNOQU&",
    84: "w+=<>~^#",
    102: "mMW%@—©…",
}
_WIDTHS: Final = {mark: width / 100 for width, marks in _CLASSES.items() for mark in marks}

__all__ = ["BASELINE", "CUT", "FAMILY", "LINE", "fit", "one_line", "width_mm", "wrap"]


def one_line(words: str) -> str:
    """Make foreign text fit to be drawn: one line, no control or direction marks.

    Parameters
    ----------
    words
        Text from an input.

    Returns
    -------
    str
        The text, of at most 200 characters.
    """
    return " ".join(clean(words, LONGEST).split())


def width_mm(words: str, size_mm: float, *, bold: bool = False) -> float:
    """Measure words, rather too wide than too narrow.

    Parameters
    ----------
    words
        A line of text.
    size_mm
        Size of the letters, mm.
    bold
        Whether they are bold.

    Returns
    -------
    float
        Width in mm.

    Examples
    --------
    >>> round(width_mm("TPS 005", 2.0), 2)
    8.06
    """
    return sum(_letter(mark) for mark in words) * size_mm * (BOLDER if bold else 1.0)


def _letter(mark: str) -> float:
    known = _WIDTHS.get(mark)
    if known is not None:
        return known
    if unicodedata.combining(mark):
        return 0.0
    plain = unicodedata.normalize("NFD", mark)[0]
    if plain in _WIDTHS:
        return _WIDTHS[plain]
    return WIDE if unicodedata.east_asian_width(mark) in "WF" else UNKNOWN


def fit(words: str, room_mm: float, size_mm: float, *, bold: bool = False) -> str:
    """Cut words to a width; an ellipsis says that they were cut.

    Parameters
    ----------
    words
        A line of text.
    room_mm
        Width that there is, mm.
    size_mm
        Size of the letters, mm.
    bold
        Whether they are bold.

    Returns
    -------
    str
        The words, or their beginning.
    """
    if width_mm(words, size_mm, bold=bold) <= room_mm:
        return words
    kept = words
    while kept and width_mm(kept + CUT, size_mm, bold=bold) > room_mm:
        kept = kept[:-1]
    return kept.rstrip() + CUT


def wrap(words: str, room_mm: float, size_mm: float, *, bold: bool = False) -> list[str]:
    """Break words into lines, between words where there is a gap, else within one.

    Parameters
    ----------
    words
        Text.
    room_mm
        Width of a line, mm.
    size_mm
        Size of the letters, mm.
    bold
        Whether they are bold.

    Returns
    -------
    list of str
        Lines that hold every word.
    """
    lines: list[str] = []
    line = ""
    for word in words.split():
        longer = f"{line} {word}" if line else word
        if width_mm(longer, size_mm, bold=bold) <= room_mm:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while len(line) > 1 and width_mm(line, size_mm, bold=bold) > room_mm:
            head = _head(line, room_mm, size_mm, bold=bold)
            lines.append(line[:head])
            line = line[head:]
    return [*lines, line] if line else lines


def _head(word: str, room_mm: float, size_mm: float, *, bold: bool) -> int:
    """Count the letters of a word that fit into a line; one always does."""
    used = 0.0
    for place, mark in enumerate(word):
        used += width_mm(mark, size_mm, bold=bold)
        if used > room_mm:
            return max(place, 1)
    return len(word)
