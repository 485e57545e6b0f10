"""What people read, in Indonesian and English.

Every text lives in a catalogue, ``messages/LANG/AREA.toml``: flat keys, templates with named
placeholders. Both languages hold the same keys and placeholders; a test keeps it so.
"""

from __future__ import annotations

import json
import math
import os
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("id", "en")
CUT_MARK: Final = "..."
FINE_BELOW: Final = 0.001
"""Percentages below this fraction are shown with two decimals."""

__all__ = [
    "LANGUAGES",
    "catalogue",
    "clean",
    "default_language",
    "json_line",
    "number",
    "percent",
    "text",
]


@cache
def catalogue(lang: str) -> dict[str, str]:
    """Load every text of a language.

    Parameters
    ----------
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    dict
        Full key (``area.key``) to template; all ``fault_*.toml`` share the area ``fault``.

    Raises
    ------
    ValueError
        If there is no such language.
    """
    if lang not in LANGUAGES:
        message = f"no language {lang!r}: use one of {', '.join(LANGUAGES)}"
        raise ValueError(message)
    texts: dict[str, str] = {}
    for entry in sorted(files(__package__).joinpath(lang).iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        area = entry.name.removesuffix(".toml")
        area = "fault" if area.startswith("fault_") else area
        for key, template in tomllib.loads(entry.read_text(encoding="utf-8")).items():
            full = f"{area}.{key}"
            if full in texts:
                message = f"text {full!r} stands twice in messages/{lang}"
                raise ValueError(message)
            texts[full] = template
    return texts


def text(key: str, lang: str = "en", **params: str | float) -> str:
    """Look a text up and fill its placeholders.

    Parameters
    ----------
    key
        Full key, ``area.key``.
    lang
        ``"id"`` or ``"en"``.
    **params
        Values of the placeholders.

    Returns
    -------
    str
        The text; floats are written with the language's decimal sign.

    Raises
    ------
    KeyError
        If the catalogue lacks the key or the call lacks a placeholder.
    """
    shown = {
        name: number(value, lang) if isinstance(value, float) else value
        for name, value in params.items()
    }
    return catalogue(lang)[key].format(**shown)


def number(value: float, lang: str = "en", digits: int | None = None) -> str:
    """Write a number as readers of a language expect it.

    Parameters
    ----------
    value
        The number.
    lang
        ``"id"`` writes a decimal comma and points between thousands, ``"en"`` the reverse.
    digits
        Decimals to show; by default as many as the number has, at most four.

    Returns
    -------
    str
        The number as text.
    """
    if digits is None:
        plain = f"{value:,.4f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
    else:
        plain = f"{value:,.{digits}f}"
    return plain.translate(str.maketrans(",.", ".,")) if lang == "id" else plain


def percent(fraction: float, lang: str = "en") -> str:
    """Write a fraction as a percentage that never says less than it is.

    Parameters
    ----------
    fraction
        For example a gap: 0.0042.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        For example ``"0.5 %"``: rounded up to a tenth, to a hundredth below 0.1 %.
    """
    digits = 1 if fraction >= FINE_BELOW else 2
    steps = 10.0**digits
    # the small subtraction keeps 0.3 % from becoming 0.4 % by the dust of binary fractions
    shown = max(0, math.ceil(fraction * 100 * steps - 1e-9)) / steps
    return f"{number(shown, lang, digits)} %"


def default_language() -> str:
    """Choose the language of the locale: Indonesian or else English.

    Returns
    -------
    str
        ``"id"`` or ``"en"``.
    """
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "id" if value.lower().startswith(("id", "in_id")) else "en"
    return "en"


def clean(value: str, length: int = 200) -> str:
    """Make foreign text safe for a terminal: no control or direction marks, cut to a length.

    Parameters
    ----------
    value
        Text from an input.
    length
        Longest text to return.

    Returns
    -------
    str
        The text in one line.
    """
    kept = "".join(
        char if unicodedata.category(char)[0] != "C" else " " if char in "\t\r\n" else ""
        for char in value[: length * 2]
    )
    return kept if len(kept) <= length else kept[: length - len(CUT_MARK)] + CUT_MARK


def json_line(value: object) -> str:
    r"""Write a value as one line of JSON in which every character can be seen.

    Parameters
    ----------
    value
        Plain values.

    Returns
    -------
    str
        Control and direction marks, which a terminal would obey, and half characters, which no
        stream can hold, are spelled as JSON spells them.

    Examples
    --------
    >>> print(json_line({"name": "\x9b31m"}))
    {"name": "\u009b31m"}
    """
    line = json.dumps(value, ensure_ascii=False)
    return "".join(mark if mark.isprintable() else json.dumps(mark)[1:-1] for mark in line)
