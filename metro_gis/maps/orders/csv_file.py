"""The annex as CSV, for spreadsheets and other programs."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, Final

from metro_gis.maps.orders.table import COLUMNS, team_rows, uncovered_rows
from metro_gis.maps.orders.words import secret_word, status_line
from metro_gis.messages import text

if TYPE_CHECKING:
    from metro_gis.maps.orders.content import Orders
    from metro_gis.maps.orders.table import TableRow, Value

DELIMITERS: Final = {"id": ";", "en": ","}
"""What a spreadsheet of that language takes for the sign between columns."""
LEADING: Final = ("post_id", "post")
KEYS: Final = (*(column.key for column in COLUMNS), "reason")
TRAILING: Final = ("secret", "plan", "status")
GUARD: Final = "'"
# a spreadsheet computes what starts so, in some languages in full width too
STARTERS: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

__all__ = ["guard", "render_csv", "unguard"]


def render_csv(orders: Orders, lang: str) -> bytes:
    """Write the annex as CSV.

    Parameters
    ----------
    orders
        The orders.
    lang
        ``"id"`` writes semicolons and decimal commas, ``"en"`` commas and decimal points: what
        a spreadsheet of that language reads without being told.

    Returns
    -------
    bytes
        UTF-8 with a byte order mark; uncovered stations first, then a row for every stop.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=DELIMITERS[lang], lineterminator="\r\n")
    writer.writerow([text(f"orders.column.{key}", lang) for key in (*LEADING, *KEYS, *TRAILING)])
    label: TableRow = {
        "secret": secret_word(lang),
        "plan": orders.plan_id,
        "status": status_line(orders, lang),
    }
    rows: list[TableRow] = [
        row | {"post_id": "", "post": ""} for row in uncovered_rows(orders, lang)
    ]
    for post in orders.posts:
        place: TableRow = {"post_id": post.post_id, "post": post.name}
        rows += [row | place for block in team_rows(post, lang) for row in block]
    for row in rows:
        full = row | label
        writer.writerow([_cell(full.get(key), lang) for key in (*LEADING, *KEYS, *TRAILING)])
    return codecs.BOM_UTF8 + stream.getvalue().encode("utf-8")


def guard(value: str) -> str:
    """Keep a spreadsheet from taking a text for a formula.

    Parameters
    ----------
    value
        A text.

    Returns
    -------
    str
        With an apostrophe before it where it starts like a formula, or with an apostrophe.

    Examples
    --------
    >>> guard("=1+1"), guard("TPS 001"), guard("'t Huis")
    ("'=1+1", 'TPS 001', "''t Huis")
    """
    risky = value.startswith(GUARD) or value.lstrip(" \u00a0")[:1] in STARTERS
    return f"{GUARD}{value}" if value and risky else value


def unguard(value: str) -> str:
    """Take back what `guard` put before a text.

    Parameters
    ----------
    value
        A text from a file written here.

    Returns
    -------
    str
        The text as it was.

    Examples
    --------
    >>> unguard(guard("=1+1"))
    '=1+1'
    """
    return value.removeprefix(GUARD)


def _cell(value: Value, lang: str) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return guard("; ".join(value))
    if isinstance(value, str):
        return guard(value)
    # the shortest text that is read back as the same number
    plain = repr(value)
    return plain.replace(".", ",") if lang == "id" else plain
